"""The next steps of a request: for each kind of letter a form with its own fields, and the body that it becomes.

What a letter may say is judged by ``requests.rules.letters`` and by the thread; here is only what is typed. A fault
that those find stands at its field.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tocsin.desk import inputs, letters, words
from tocsin.desk.coded_words import CODED
from tocsin.law.grounds import grounds
from tocsin.law.instrument import instruments
from tocsin.law.provisions import Field, Side
from tocsin.law.vocabulary import GroundUse, LetterKind
from tocsin.proof.canonical import Json
from tocsin.requests.reads import Standing
from tocsin.requests.rules import letters as say
from tocsin.requests.rules.marks import Stage, Whether

_ORDER = (
    *(LetterKind.ACCEPT, LetterKind.INDICATE, LetterKind.PRESERVED, LetterKind.DISCLOSE, LetterKind.DELIVER),
    *(LetterKind.SUPPLEMENT, LetterKind.QUERY, LetterKind.EXTEND, LetterKind.FOLLOW_UP, LetterKind.ACKNOWLEDGE),
    *(LetterKind.POSTPONE, LetterKind.REFUSE, LetterKind.RELEASE, LetterKind.WITHDRAW, LetterKind.CLOSE),
)
GRAVE = frozenset({LetterKind.REFUSE, LetterKind.WITHDRAW, LetterKind.RELEASE})
"""Steps that end what somebody hopes for: their buttons are not the main ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a step is taken in: the request as it stands, and the zone of the one who takes it."""

    standing: Standing
    zone: str
    speaks: Side | None = None
    """Whose step it is, where what the other side said is taken down."""

    @property
    def side(self) -> Side:
        """The side whose step it is: that of this node, but where another is taken down."""
        return self.speaks or self.standing.thread.line.side


def steps_of(standing: Standing) -> list[LetterKind]:
    """The letters that may be written next, the likely ones first."""
    may = set(standing.may_write)
    return [kind for kind in _ORDER if kind in may]


class StepForm(forms.Form):
    """What is common to all: it knows the request, and becomes the body of a letter."""

    kind: ClassVar[LetterKind]
    template_name = "desk/parts/fields.html"
    required_css_class = "required"

    def __init__(self, data: Any = None, *, about: About, **traits: Any) -> None:
        self.about = about
        super().__init__(data, auto_id="f-%s", use_required_attribute=False, **traits)
        self.prepare()

    def prepare(self) -> None:
        """Add what depends on the request."""

    def payload(self) -> dict[str, Json]:
        """The body as a letter has it."""
        raise NotImplementedError

    def body(self) -> say.Body:
        """The body, checked; only after ``is_valid``."""
        return say.parse_body(self.kind, self.payload())

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        for fault in say.faults_of(self.kind, self.payload()):
            name = fault.field.partition(".")[0].partition("[")[0]
            self.add_error(name if name in self.fields else None, gettext(fault.rule))

    @property
    def law(self) -> Any:
        """The instrument."""
        return self.about.standing.thread.instrument

    def said(self, name: str) -> Any:
        """What was typed; ``None`` for nothing, as letters have it."""
        return self.cleaned_data.get(name) or None

    def instant(self, label: Any, **traits: Any) -> inputs.InstantField:
        """An input for an instant in the zone of the one who writes."""
        return inputs.InstantField(label=f"{label} ({words.city(self.about.zone)})", zone=self.about.zone, **traits)


class Acknowledge(StepForm):
    kind = LetterKind.ACKNOWLEDGE
    reference = inputs.line(_("Our reference"))
    words = inputs.text_area(_("Remarks"))

    def payload(self) -> dict[str, Json]:
        return {"reference": self.said("reference"), "words": self.said("words")}


class Indicate(StepForm):
    kind = LetterKind.INDICATE
    whether = forms.ChoiceField(
        label=_("Will it be answered?"),
        choices=[(each.value, _(CODED[f"whether:{each.value}"])) for each in Whether],
        widget=forms.RadioSelect,
    )
    form = inputs.line(_("In what form"), help_text=_("For instance: a confirmation of preservation."))
    words = inputs.text_area(_("Remarks"))

    def prepare(self) -> None:
        self.fields["when"] = self.instant(gettext("By when"), required=False)
        self.order_fields(["whether", "form", "when", "words"])

    def payload(self) -> dict[str, Json]:
        return {
            "whether": self.cleaned_data["whether"],
            "form": self.said("form"),
            "when": inputs.written(self.said("when")),
            "words": self.said("words"),
        }


class Query(StepForm):
    kind = LetterKind.QUERY

    def prepare(self) -> None:
        reasons = [inputs.NOT_SAID, *((each.value, words.word(f"why:{each.value}")) for each in say.Why)]
        for field in self.law.form.fields:
            self.fields[f"why-{field.id}"] = forms.ChoiceField(
                label=words.law(field.label), choices=reasons, required=False
            )
        self.fields["preserved"] = inputs.yes_or_no(gettext("Are the data held meanwhile?"))
        self.fields["words"] = inputs.text_area(gettext("Remarks"))

    def payload(self) -> dict[str, Json]:
        asked = [
            {"field": field.id, "why": self.cleaned_data[f"why-{field.id}"]}
            for field in self.law.form.fields
            if self.cleaned_data.get(f"why-{field.id}")
        ]
        return {
            "fields": asked,
            "preserved": inputs.truth(self.cleaned_data["preserved"]),
            "words": self.said("words"),
        }

    def clean(self) -> dict[str, Any] | None:
        if not any(self.cleaned_data.get(f"why-{field.id}") for field in self.law.form.fields):
            raise forms.ValidationError(gettext("Say at least for one field what is wrong with it."))
        return self.cleaned_data


class Supplement(StepForm):
    kind = LetterKind.SUPPLEMENT

    def prepare(self) -> None:
        for field in self.asked():
            for part, made in inputs.inputs_of(field, self.law, zone=self.about.zone).items():
                self.fields[f"{field.id}.{part}"] = made
            cannot = gettext("It cannot be given, because")
            self.fields[f"cannot-{field.id}"] = inputs.line(f"{words.law(field.label)}: {cannot}", most=2000)
        if self.about.standing.thread.state.standing.validation_due:
            self.fields["validated_by"] = inputs.line(gettext("Validated by"), most=200)
            roles = ("judge", "court", "investigating-judge", "prosecutor")
            self.fields["validated_as"] = forms.ChoiceField(
                label=gettext("as"),
                required=False,
                choices=[inputs.NOT_SAID, *((each, words.word(each)) for each in roles)],
            )
            self.fields["validated_at"] = self.instant(gettext("on"), required=False)
        self.fields["words"] = inputs.text_area(gettext("Remarks"))

    def asked(self) -> list[Field]:
        """The fields that a query asks for; without one all that may be supplemented."""
        standing = self.about.standing.thread.state.standing
        wanted = {name for query in standing.open_queries for name in query.fields}
        fields: tuple[Field, ...] = self.law.form.fields
        return [field for field in fields if field.id in wanted] or list(fields)

    def payload(self) -> dict[str, Json]:
        given: dict[str, Json] = {}
        for field in self.asked():
            parts = inputs.PARTS.get(field.kind, ("",))
            value = inputs.value_of(field, {part: self.cleaned_data.get(f"{field.id}.{part}") for part in parts})
            if value is not None:
                given[field.id] = value
        cannot = {f.id: said for f in self.asked() if (said := self.said(f"cannot-{f.id}"))}
        return {
            "fields": given,
            "cannot": dict(cannot),
            "validation": self._validation(),
            "words": self.said("words"),
        }

    def _validation(self) -> Json:
        name, role, at = (self.said(each) for each in ("validated_by", "validated_as", "validated_at"))
        return {"name": name, "role": role, "at": inputs.written(at)} if name and role and at else None

    def clean(self) -> dict[str, Any] | None:
        if not self.errors:
            said = self.payload()
            if not (said["fields"] or said["cannot"] or said["validation"]):
                raise forms.ValidationError(gettext("Fill in a field, or say why it cannot be given."))
        return self.cleaned_data


class Accept(StepForm):
    kind = LetterKind.ACCEPT
    reference = inputs.line(_("Our reference"))
    condition = forms.ChoiceField(
        label=_("Under a condition"),
        required=False,
        choices=[("", _("none")), *((each.value, _(CODED[f"kind:{each.value}"])) for each in say.ConditionKind)],
    )
    condition_words = inputs.text_area(_("What the condition is"))
    words = inputs.text_area(_("Remarks"))

    def payload(self) -> dict[str, Json]:
        kind, told = self.said("condition"), self.said("condition_words")
        conditions: list[Json] = [{"kind": kind, "words": told}] if kind else []
        return {"conditions": conditions, "reference": self.said("reference"), "words": self.said("words")}

    def clean(self) -> dict[str, Any] | None:
        kind, told = self.said("condition"), self.said("condition_words")
        if kind and not told:
            self.add_error("condition_words", inputs.needed())
        if told and not kind:
            self.add_error("condition", gettext("Say what the condition is about."))
        return self.cleaned_data


class _OnGround(StepForm):
    """A step that needs a ground of the instrument."""

    use: ClassVar[GroundUse]

    def prepare(self) -> None:
        self.fields["ground"] = forms.ChoiceField(
            label=gettext("Ground"), choices=list(self._grounds()), widget=forms.RadioSelect
        )
        self.fields["reason"] = inputs.text_area(
            gettext("Reason"), required=True, help_text=gettext("It goes to the other side, and a judge may read it.")
        )
        self.order_fields(["ground", "reason"])

    def _grounds(self) -> Iterator[tuple[str, str]]:
        permits = self.about.standing.thread.permits
        own = [each.code for each in permits.grounds if self.use in each.uses]
        for code in own or (["NATIONAL_LAW"] if self.use in permits.silent_on else []):
            yield code, letters.ground_words(code) if code in grounds() else gettext("national law")

    def payload(self) -> dict[str, Json]:
        return {"ground": self.cleaned_data["ground"], "reason": self.cleaned_data["reason"]}


class Refuse(_OnGround):
    kind = LetterKind.REFUSE
    use = GroundUse.REFUSE

    def payload(self) -> dict[str, Json]:
        return {**super().payload(), "part": self.said("part")}

    def prepare(self) -> None:
        super().prepare()
        parts = [("", gettext("the whole request"))]
        ask = self.about.standing.thread.ask_body.get("categories")
        named = ask if isinstance(ask, (list, tuple)) else []
        if len(named) > 1:
            parts += [(str(each).lower(), words.word(str(each))) for each in named]
        self.fields["part"] = forms.ChoiceField(label=gettext("What is refused"), choices=parts, required=False)


class Postpone(_OnGround):
    kind = LetterKind.POSTPONE
    use = GroundUse.POSTPONE

    def prepare(self) -> None:
        super().prepare()
        self.fields["until"] = self.instant(gettext("Until"), required=False)

    def payload(self) -> dict[str, Json]:
        return {**super().payload(), "until": inputs.written(self.said("until"))}


class Extend(StepForm):
    kind = LetterKind.EXTEND

    def prepare(self) -> None:
        mine = [each for each in self.about.standing.thread.permits.extensions if self.about.side in each.by]
        self.fields["clock"] = forms.ChoiceField(
            label=gettext("What is extended"),
            choices=[(each.clock, letters.clock_words(self.law, each.clock)) for each in mine],
        )
        fixed = next((each.days for each in mine if each.days), None)
        self.fields["days"] = forms.IntegerField(
            label=gettext("By how many days"), required=False, min_value=1, max_value=3660, initial=fixed
        )
        self.fields["until"] = self.instant(gettext("or until"), required=False)
        self.fields["reason"] = inputs.text_area(gettext("Reason"))

    def payload(self) -> dict[str, Json]:
        return {
            "clock": self.cleaned_data["clock"],
            "days": self.said("days"),
            "until": inputs.written(self.said("until")),
            "reason": self.said("reason"),
        }


class Preserved(StepForm):
    kind = LetterKind.PRESERVED

    def prepare(self) -> None:
        self.fields["effected_at"] = self.instant(gettext("Held since"))
        self.fields["scope"] = inputs.text_area(gettext("What is held"), required=True)
        self.fields["complete"] = forms.ChoiceField(
            label=gettext("Is it all that was asked for?"),
            choices=[("yes", gettext("yes, all of it")), ("no", gettext("no, more will follow"))],
            widget=forms.RadioSelect,
            initial="yes",
        )
        self.fields["keeps_until"] = self.instant(gettext("Kept until"), required=False)
        self.fields["reference"] = inputs.line(gettext("Our reference"))

    def payload(self) -> dict[str, Json]:
        return {
            "effected_at": inputs.written(self.cleaned_data["effected_at"]),
            "scope": self.cleaned_data["scope"],
            "complete": self.cleaned_data["complete"] == "yes",
            "keeps_until": inputs.written(self.said("keeps_until")),
            "reference": self.said("reference"),
        }


_LINES = 4


class Disclose(StepForm):
    kind = LetterKind.DISCLOSE

    def prepare(self) -> None:
        for number in range(1, _LINES + 1):
            self.fields[f"provider-{number}"] = inputs.line(gettext("Provider %(n)s") % {"n": number})
            self.fields[f"path-{number}"] = inputs.line(
                gettext("Path through provider %(n)s") % {"n": number}, most=2000
            )
            self.fields[f"country-{number}"] = inputs.line(
                gettext("Country of provider %(n)s") % {"n": number}, most=2, help_text=gettext("Two letters, like PT.")
            )
        permits = self.about.standing.thread.permits
        held = [
            (each.code, letters.ground_words(each.code)) for each in permits.grounds if GroundUse.WITHHOLD in each.uses
        ]
        self.fields["withheld"] = forms.ChoiceField(
            label=gettext("Or: the lines are withheld"),
            required=False,
            choices=[("", gettext("they are not withheld")), *held],
        )
        self.fields["withheld_reason"] = inputs.text_area(gettext("Why they are withheld"))

    def payload(self) -> dict[str, Json]:
        lines: list[Json] = [
            {
                "provider": self.cleaned_data[f"provider-{n}"],
                "path": self.cleaned_data[f"path-{n}"],
                "country": (self.said(f"country-{n}") or "").upper() or None,
            }
            for n in range(1, _LINES + 1)
            if self.said(f"provider-{n}")
        ]
        ground = self.said("withheld")
        withheld: Json = {"ground": ground, "reason": self.cleaned_data["withheld_reason"]} if ground else None
        return {"lines": lines, "withheld": withheld}

    def clean(self) -> dict[str, Any] | None:
        for n in range(1, _LINES + 1):
            if self.said(f"provider-{n}") and not self.said(f"path-{n}"):
                self.add_error(f"path-{n}", inputs.needed())
            if not self.said(f"provider-{n}") and (self.said(f"path-{n}") or self.said(f"country-{n}")):
                self.add_error(f"provider-{n}", inputs.needed())
        lines = any(self.said(f"provider-{n}") for n in range(1, _LINES + 1))
        if self.said("withheld") and not self.said("withheld_reason"):
            self.add_error("withheld_reason", inputs.needed())
        if lines == bool(self.said("withheld")):
            raise forms.ValidationError(gettext("Either name providers, or say why the lines are withheld; not both."))
        return self.cleaned_data


class Release(StepForm):
    kind = LetterKind.RELEASE

    def prepare(self) -> None:
        self.fields["released_at"] = self.instant(gettext("Released at"), initial=self.about.standing.at)
        self.fields["scope"] = inputs.text_area(gettext("What is released"), required=True)
        self.fields["why"] = forms.ChoiceField(
            label=gettext("Why"),
            choices=[(each.value, words.word(f"why:{each.value}")) for each in say.ReleaseReason],
        )

    def payload(self) -> dict[str, Json]:
        return {
            "released_at": inputs.written(self.cleaned_data["released_at"]),
            "scope": self.cleaned_data["scope"],
            "why": self.cleaned_data["why"],
        }


class FollowUp(StepForm):
    kind = LetterKind.FOLLOW_UP

    def prepare(self) -> None:
        asks = self.about.side is Side.ASKER
        stages = [each for each in Stage if (each is not Stage.DECIDED) is asks]
        self.fields["stage"] = forms.ChoiceField(
            label=gettext("How far it has come"),
            choices=[(each.value, words.word(f"stage:{each.value}")) for each in stages],
        )
        self.fields["reference"] = inputs.line(gettext("Its reference"), required=True)
        self.fields["at"] = self.instant(gettext("Since"), initial=self.about.standing.at)
        known = [inputs.NOT_SAID, *((each.id, words.law(each.title)) for each in instruments().values())]
        self.fields["instrument"] = forms.ChoiceField(
            label=gettext("Under which instrument"), required=False, choices=known
        )
        self.fields["authority"] = inputs.line(gettext("Authority"))
        if not asks:
            outcomes = [(each.value, words.word(f"outcome:{each.value}")) for each in say.Outcome]
            self.fields["outcome"] = forms.ChoiceField(label=gettext("Outcome"), choices=outcomes)

    def payload(self) -> dict[str, Json]:
        return {
            "stage": self.cleaned_data["stage"],
            "reference": self.cleaned_data["reference"],
            "at": inputs.written(self.cleaned_data["at"]),
            "instrument": self.said("instrument"),
            "authority": self.said("authority"),
            "outcome": self.said("outcome"),
        }


class Withdraw(StepForm):
    kind = LetterKind.WITHDRAW
    reason = inputs.text_area(_("Reason"), required=True)
    obtained = forms.ChoiceField(
        label=_("What becomes of data that were obtained already"),
        choices=[(each.value, _(CODED[f"obtained:{each.value}"])) for each in say.Obtained],
    )

    def payload(self) -> dict[str, Json]:
        return {"reason": self.cleaned_data["reason"], "obtained": self.cleaned_data["obtained"]}


class Close(StepForm):
    kind = LetterKind.CLOSE
    words = inputs.text_area(_("Remarks"))

    def payload(self) -> dict[str, Json]:
        return {"words": self.said("words")}


class Delivered(StepForm):
    """Data that go or came on another way than the wire: named by the hash of what is handed over."""

    kind = LetterKind.DELIVER
    complete = forms.ChoiceField(
        label=_("Is it all that was asked for?"),
        choices=[("yes", _("yes, all of it")), ("no", _("no, more will follow"))],
        widget=forms.RadioSelect,
        initial="yes",
    )
    words = inputs.text_area(_("Remarks"), help_text=_("On what medium or way it is handed over."))
    package = inputs.line(_("SHA-256 of what is handed over"), most=64)
    file_sha256 = ""
    """Of the file that came with it."""

    def payload(self) -> dict[str, Json]:
        return {
            "package": self.file_sha256 or str(self.cleaned_data.get("package") or "").strip().lower(),
            "complete": self.cleaned_data.get("complete") == "yes",
            "words": self.said("words"),
        }


FORMS: Mapping[LetterKind, type[StepForm]] = {
    form.kind: form
    for form in (
        *(Acknowledge, Indicate, Query, Supplement, Accept, Refuse, Postpone, Extend, Preserved),
        *(Disclose, Release, FollowUp, Withdraw, Close),
    )
}
"""The form of each step; a delivery by the wire is packed first and has a page of its own."""


def form_for(kind: LetterKind, standing: Standing, *, zone: str, typed: Any = None) -> StepForm:
    """The form of a step, empty or with what was typed."""
    made = Delivered if kind is LetterKind.DELIVER else FORMS[kind]
    return made(typed, about=About(standing=standing, zone=zone))
