"""Dossiers: those that somebody was let into and those of the desk; one with all that lies in it, and acts in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.desk import inputs, strips, words
from tocsin.desk.once import answer_once
from tocsin.desk.viewer import DeskRequest
from tocsin.dossiers import reads
from tocsin.dossiers.acts import dossiers as acts
from tocsin.dossiers.acts import members
from tocsin.dossiers.acts.look import look_at_dossier
from tocsin.dossiers.errors import DossierReasonError, UnknownDossierError
from tocsin.dossiers.reads import DossierLine
from tocsin.dossiers.rules.sight import READING, WORKING, Capacity
from tocsin.evidence import defence
from tocsin.evidence import reads as evidence
from tocsin.evidence.acts.withhold import lift_withholding, review_withholding, withhold
from tocsin.evidence.rules.withholding import MOST_REASON, MOST_TOLD, WithholdingGround
from tocsin.people import reads as people
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right, reaches, rights_of
from tocsin.requests import reads as requests
from tocsin.requests.acts.dossier import put_in_dossier, take_out_of_dossier
from tocsin.requests.reads import WatchFilter
from tocsin.retention import reads as retention
from tocsin.retention.acts.hold import ask_release, release_hold, set_hold

_REASONS = "reasons-of-dossiers"
_ALL = "all"
_LISTED = 200


# --- The list -----------------------------------------------------------------------------------


class NewForm(forms.Form):
    """A dossier to make."""

    title = inputs.line(_("Title"), most=acts.MOST_TITLE, required=True)
    reference = inputs.line(_("File number of the house"), most=acts.MOST_TITLE)
    access = forms.ChoiceField(
        label=_("Who reads it"),
        widget=forms.RadioSelect,
        choices=[
            ("desk", _("the desk as well")),
            ("members", _("its members alone: nobody else learns that it exists")),
        ],
        initial="desk",
    )


@require_http_methods(["GET", "POST"])
def dossiers(request: DeskRequest) -> HttpResponse:
    """The dossiers that somebody sees; a POST makes one. Counsel is led to what he was let into."""
    rights.check(request.viewer, Right.READ_DOSSIERS)
    if not reaches(request.viewer, Right.READ_REQUESTS):
        return redirect("defence")
    if request.method == "GET":
        return _list_page(request, NewForm())
    rights.check(request.viewer, Right.KEEP_DOSSIERS)
    form = NewForm(request.POST)
    if form.is_valid():
        try:
            answer = answer_once(request, lambda: _made(request, form.cleaned_data))
        except TocsinError as error:
            form.add_error(inputs.field_of(error, form), words.said(error))
        else:
            messages.success(request, gettext("The dossier is made, and you answer for it."))
            return answer
    return _list_page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _made(request: DeskRequest, told: Mapping[str, Any]) -> str:
    made = acts.make_dossier(
        told["title"],
        reference=told["reference"],
        members_only=told["access"] == "members",
        by=request.viewer,
        at=request.at,
    )
    return reverse("dossier", args=[made])


def _list_page(request: DeskRequest, form: NewForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    ended = "ended" in request.GET
    found = reads.dossiers_for(request.viewer, ended=ended)
    shown = {
        "section": "dossiers",
        "mine": [each for each in found if each.capacity is not None],
        "others": [each for each in found if each.capacity is None],
        "ended": ended,
        "form": form,
        "may_keep": reaches(request.viewer, Right.KEEP_DOSSIERS),
    }
    return render(request, "desk/dossiers/dossiers.html", shown, status=status)


# --- One dossier --------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def dossier(request: DeskRequest, dossier_id: UUID) -> HttpResponse:
    """One dossier. The look and its reason are journalled once a session; who works there is not asked for it."""
    line = line_or_404(request, dossier_id)
    if line.capacity is Capacity.COUNSEL:
        return redirect("defence-dossier", line.id)
    if request.method == "POST":
        return _open_for(request, line, request.POST.get("reason", ""))
    told: dict[str, str] = request.session.get(_REASONS, {})
    if line.id not in told:
        plain = _plain(line)
        if not plain:
            return _ask_reason(request, line)
        look_at_dossier(line.id, reason=plain, by=request.viewer, at=request.at, derived=True)
        request.session[_REASONS] = {**told, line.id: plain}
    return render(request, "desk/dossiers/dossier.html", _shown(request, line))


def line_or_404(request: DeskRequest, dossier_id: UUID) -> DossierLine:
    """A dossier that the viewer sees; any other is not there."""
    try:
        return reads.dossier_for(request.viewer, str(dossier_id))
    except UnknownDossierError:
        raise Http404 from None


def _plain(line: DossierLine) -> str:
    """Why somebody opens a dossier, where that is plain."""
    if line.capacity in WORKING:
        return "works in it"
    return "was let in to read it" if line.capacity in READING else ""


def _open_for(request: DeskRequest, line: DossierLine, reason: str) -> HttpResponse:
    try:
        look_at_dossier(line.id, reason=reason, by=request.viewer, at=request.at)
    except DossierReasonError as error:
        return _ask_reason(request, line, error=words.said(error), typed=reason)
    request.session[_REASONS] = {**request.session.get(_REASONS, {}), line.id: reason}
    return redirect("dossier", line.id)


def _ask_reason(request: DeskRequest, line: DossierLine, *, error: str = "", typed: str = "") -> HttpResponse:
    shown = {
        "section": "dossiers",
        "heading": gettext("Why do you open this dossier?"),
        "what": line.title,
        "reference": line.reference,
        "action": reverse("dossier", args=[line.id]),
        "back": reverse("dossiers"),
        "error": error,
        "typed": typed,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render(request, "desk/dossiers/reason.html", shown, status=status)


def _shown(request: DeskRequest, line: DossierLine) -> dict[str, Any]:
    viewer, at = request.viewer, request.at
    lines = requests.in_dossier(viewer, line.id)
    places, notes = reads.members_for(viewer, line.id), reads.notes_for(viewer, line.id)
    lying = {each.id for each in lines}
    holds = [each for each in retention.holds(viewer) if each.request in lying]
    held = defence.withheld_in(viewer, line.id)
    names = people.names_of(
        {
            *(each.person for each in places),
            *(each.let_in_by for each in places),
            *(each.person for each in notes),
            *(each.set_by for each in holds),
            *(each.release_asked_by or "" for each in holds),
            *(each.person for each in held),
        }
    )
    works = line.capacity in WORKING or (line.capacity is None and not line.members_only)
    return {
        "section": "dossiers",
        "d": line,
        "strips": strips.strips(lines, viewer=viewer, at=at),
        "packages": evidence.packages_among(viewer, [each.id for each in lines]),
        "drafts": requests.drafts_in_dossier(viewer, line.id) if reaches(viewer, Right.DRAFT) else [],
        "notes": notes,
        "inside": [each for each in places if each.since <= at and (each.until is None or at < each.until)],
        "ended_places": [each for each in places if each.until is not None and each.until <= at],
        "names": names,
        "holds": holds,
        "withheld": held,
        "owns": line.capacity is Capacity.OWNER,
        "works": works and reaches(viewer, Right.KEEP_DOSSIERS),
        "may_hold": reaches(viewer, Right.HOLD),
        "may_withhold": works and reaches(viewer, Right.WITHHOLD),
        "day": at.astimezone(words.zone_of(request.zone)).date().isoformat(),
    }


# --- What is done in a dossier --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that is done in a dossier: its form, what does it, and the words around it."""

    title: Any
    button: Any
    told: Any
    form: Callable[[DeskRequest, DossierLine], dict[str, forms.Field]]
    do: Callable[[DeskRequest, DossierLine, Mapping[str, Any]], None]
    needs: tuple[Right, ...] = (Right.KEEP_DOSSIERS,)
    grave: bool = False
    help: Any = ""
    icon: str = "check"
    anchor: str = ""


@require_http_methods(["GET", "POST"])
def act(request: DeskRequest, dossier_id: UUID, act: str) -> HttpResponse:
    """The form of an act on a page of its own, and the act; what it refuses is said at the field."""
    line = line_or_404(request, dossier_id)
    if act not in ACTS or line.capacity is Capacity.COUNSEL:
        raise Http404
    chosen = ACTS[act]
    for right in chosen.needs:
        rights.check(request.viewer, right)
    form = _form(request, line, chosen)
    if request.method == "GET":
        return _act_page(request, line, chosen, form)
    if form.is_valid():
        try:
            answer = answer_once(request, lambda: _done(request, line, chosen, form.cleaned_data))
        except TocsinError as error:
            inputs.refuse(form, error)
        else:
            messages.success(request, str(chosen.told))
            return answer
    return _act_page(request, line, chosen, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _form(request: DeskRequest, line: DossierLine, chosen: Act) -> forms.Form:
    given = request.POST if request.method == "POST" else None
    form = forms.Form(given, initial=request.GET.dict())
    form.fields.update(chosen.form(request, line))
    return form


def _done(request: DeskRequest, line: DossierLine, chosen: Act, told: Mapping[str, Any]) -> str:
    chosen.do(request, line, told)
    return reverse("dossier", args=[line.id]) + (f"#{chosen.anchor}" if chosen.anchor else "")


def _act_page(
    request: DeskRequest, line: DossierLine, chosen: Act, form: forms.Form, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    shown = {"section": "dossiers", "d": line, "act": chosen, "form": form}
    return render(request, "desk/dossiers/act.html", shown, status=status)


def _reason() -> forms.CharField:
    return inputs.line(_("Reason"), most=acts.MOST_REASON, required=True, help_text=_("It stands in the journal."))


def _reason_alone(request: DeskRequest, line: DossierLine) -> dict[str, forms.Field]:
    del request, line
    return {"reason": _reason()}


def _to_let_in(request: DeskRequest, line: DossierLine) -> dict[str, forms.Field]:
    del line
    able = [each for each in people.people() if Right.READ_DOSSIERS in rights_of(frozenset(each.roles))]
    until = gettext("Until ({city})").format(city=words.city(request.zone))
    return {
        "person": forms.ChoiceField(label=_("Who"), choices=[(each.id, each.name) for each in able]),
        "capacity": forms.ChoiceField(
            label=_("As"), choices=[(each.value, words.word(f"capacity:{each.value}")) for each in Capacity]
        ),
        "until": inputs.InstantField(
            label=until,
            zone=request.zone,
            required=False,
            help_text=_("Without an end it holds until you take her out. Counsel is let in with an end."),
        ),
        "reason": _reason(),
    }


def _let_in(request: DeskRequest, line: DossierLine, told: Mapping[str, Any]) -> None:
    members.let_in(
        line.id,
        told["person"],
        capacity=told["capacity"],
        until=told["until"],
        reason=told["reason"],
        by=request.viewer,
        at=request.at,
    )


def _to_take_out(request: DeskRequest, line: DossierLine) -> dict[str, forms.Field]:
    places = reads.members_for(request.viewer, line.id)
    inside = {each.person for each in places if each.until is None or request.at < each.until}
    names = people.names_of(inside)
    listed = sorted(((each, names.get(each, each)) for each in inside), key=lambda pair: pair[1])
    return {"person": forms.ChoiceField(label=_("Who"), choices=listed), "reason": _reason()}


def _take_out(request: DeskRequest, line: DossierLine, told: Mapping[str, Any]) -> None:
    members.take_out(line.id, told["person"], reason=told["reason"], by=request.viewer, at=request.at)


def _to_put(request: DeskRequest, line: DossierLine) -> dict[str, forms.Field]:
    found = requests.watch_page(request.viewer, WatchFilter(), at=request.at, size=_LISTED).all
    lying = {each.id for each in requests.in_dossier(request.viewer, line.id)}
    named = strips.strips([each for each in found if each.id not in lying], viewer=request.viewer, at=request.at)
    choices = [(s.line.id, f"{s.line.case_reference or s.line.id[:8]} · {s.name} · {s.short}") for s in named]
    return {"request": forms.ChoiceField(label=_("Request"), choices=choices), "reason": _reason()}


def _put(request: DeskRequest, line: DossierLine, told: Mapping[str, Any]) -> None:
    put_in_dossier(told["request"], line.id, reason=told["reason"], by=request.viewer, at=request.at)


def _lying(request: DeskRequest, line: DossierLine) -> list[tuple[str, str]]:
    found = strips.strips(requests.in_dossier(request.viewer, line.id), viewer=request.viewer, at=request.at)
    return [(s.line.id, f"{s.line.case_reference or s.line.id[:8]} · {s.name}") for s in found]


def _to_leave(request: DeskRequest, line: DossierLine) -> dict[str, forms.Field]:
    return {"request": forms.ChoiceField(label=_("Request"), choices=_lying(request, line)), "reason": _reason()}


def _leave(request: DeskRequest, line: DossierLine, told: Mapping[str, Any]) -> None:
    del line
    take_out_of_dossier(told["request"], reason=told["reason"], by=request.viewer, at=request.at)


def _to_note(request: DeskRequest, line: DossierLine) -> dict[str, forms.Field]:
    del request, line
    return {"words": inputs.text_area(_("Internal note"), most=acts.MOST_NOTE, required=True)}


def _note(request: DeskRequest, line: DossierLine, told: Mapping[str, Any]) -> None:
    said = told["words"].replace("\r\n", "\n")
    acts.write_dossier_note(line.id, said, by=request.viewer, at=request.at)


def _change_access(request: DeskRequest, line: DossierLine, told: Mapping[str, Any]) -> None:
    wanted = not line.members_only
    acts.change_access(line.id, members_only=wanted, reason=told["reason"], by=request.viewer, at=request.at)


def _close(request: DeskRequest, line: DossierLine, told: Mapping[str, Any]) -> None:
    acts.close_dossier(line.id, reason=told["reason"], by=request.viewer, at=request.at)


def _to_hold(request: DeskRequest, line: DossierLine) -> dict[str, forms.Field]:
    choices = [(_ALL, gettext("every request in it")), *_lying(request, line)]
    return {"request": forms.ChoiceField(label=_("What is not to be erased"), choices=choices), "reason": _reason()}


def _hold(request: DeskRequest, line: DossierLine, told: Mapping[str, Any]) -> None:
    asked = [each for each, _name in _lying(request, line)] if told["request"] == _ALL else [told["request"]]
    for each in asked:
        set_hold(each, reason=told["reason"], by=request.viewer, at=request.at)


def _to_end_hold(request: DeskRequest, line: DossierLine) -> dict[str, forms.Field]:
    del request, line
    return {"hold": forms.UUIDField(widget=forms.HiddenInput()), "reason": _reason()}


def _end_hold(request: DeskRequest, line: DossierLine, told: Mapping[str, Any]) -> None:
    del line
    ask_release(str(told["hold"]), reason=told["reason"], by=request.viewer, at=request.at)


def _to_agree(request: DeskRequest, line: DossierLine) -> dict[str, forms.Field]:
    del request, line
    return {"hold": forms.UUIDField(widget=forms.HiddenInput())}


def _agree(request: DeskRequest, line: DossierLine, told: Mapping[str, Any]) -> None:
    del line
    release_hold(str(told["hold"]), by=request.viewer, at=request.at)


def _to_withhold(request: DeskRequest, line: DossierLine) -> dict[str, forms.Field]:
    grounds = [(each.value, words.word(f"ground:{each.value}")) for each in WithholdingGround]
    return {
        "item": forms.ChoiceField(label=_("What is withheld"), choices=_items(request.viewer, line)),
        "ground": forms.ChoiceField(label=_("Ground"), choices=grounds),
        "told": inputs.line(
            _("What the defence is told that it is"),
            most=MOST_TOLD,
            required=True,
            help_text=_("Counsel reads this, the ground, your name and the date, and not your reason."),
        ),
        "reason": inputs.text_area(
            _("Reason"), most=MOST_REASON, required=True, help_text=_("In writing, for whoever reviews the decision.")
        ),
    }


def _items(viewer: Actor, line: DossierLine) -> list[tuple[str, str]]:
    """What the defence is shown now, each by what it is and its name."""
    shown = defence.defence_of(viewer, line.id)
    letters = [
        (
            f"letter:{letter.sha256}",
            f"{words.word(f'letter:{letter.kind}')} · {each.case_reference or each.id[:8]} · {letter.seq}",
        )
        for each in shown.requests
        for letter in each.letters
    ]
    packages = [(f"package:{each.view.id}", each.view.manifest.title) for each in shown.packages]
    files = {
        f"file:{each.file.sha256}": each.file.name for one in shown.packages for each in one.files if not each.withheld
    }
    return [*packages, *files.items(), *letters]


def _withhold(request: DeskRequest, line: DossierLine, told: Mapping[str, Any]) -> None:
    what, _sep, thing = told["item"].partition(":")
    withhold(
        line.id,
        what=what,
        thing=thing,
        told=told["told"],
        ground=told["ground"],
        reason=told["reason"].replace("\r\n", "\n"),
        by=request.viewer,
        at=request.at,
    )


def _of_withholding(request: DeskRequest, line: DossierLine) -> dict[str, forms.Field]:
    del request, line
    return {
        "withholding": forms.UUIDField(widget=forms.HiddenInput()),
        "reason": inputs.text_area(_("Reason"), most=MOST_REASON, required=True),
    }


def _review(request: DeskRequest, line: DossierLine, told: Mapping[str, Any]) -> None:
    named, why = str(told["withholding"]), told["reason"].replace("\r\n", "\n")
    review_withholding(line.id, named, reason=why, by=request.viewer, at=request.at)


def _lift(request: DeskRequest, line: DossierLine, told: Mapping[str, Any]) -> None:
    named, why = str(told["withholding"]), told["reason"].replace("\r\n", "\n")
    lift_withholding(line.id, named, reason=why, by=request.viewer, at=request.at)


_KEEPS = (Right.READ_REQUESTS, Right.KEEP_DOSSIERS)
ACTS: Mapping[str, Act] = {
    "let-in": Act(
        title=_("Let somebody in"),
        button=_("Let her in"),
        told=_("She is in the dossier now."),
        form=_to_let_in,
        do=_let_in,
        icon="user-round-plus",
        anchor="members",
    ),
    "take-out": Act(
        title=_("Take somebody out"),
        button=_("Take her out"),
        told=_("Her place ended: from now on the dossier does not exist for her."),
        form=_to_take_out,
        do=_take_out,
        grave=True,
        icon="user-round-minus",
        anchor="members",
    ),
    "put": Act(
        title=_("Put a request into the dossier"),
        button=_("Put it in"),
        told=_("The request lies in the dossier now."),
        form=_to_put,
        do=_put,
        needs=_KEEPS,
        icon="folder-input",
    ),
    "leave": Act(
        title=_("Take a request out of the dossier"),
        button=_("Take it out"),
        told=_("The request belongs to the desk again."),
        form=_to_leave,
        do=_leave,
        needs=_KEEPS,
        grave=True,
        icon="folder-output",
    ),
    "note": Act(
        title=_("Internal note"),
        button=_("Keep the note"),
        told=_("The note is kept; it stays in this house."),
        form=_to_note,
        do=_note,
        needs=_KEEPS,
        icon="sticky-note",
        anchor="notes",
        help=_("It never leaves this house, and counsel never sees it."),
    ),
    "access": Act(
        title=_("Change who reads it"),
        button=_("Change it"),
        told=_("Who reads the dossier is changed."),
        form=_reason_alone,
        do=_change_access,
        grave=True,
        icon="lock",
        help=_("Open to the desk becomes known to its members alone, and the other way round."),
    ),
    "close": Act(
        title=_("Close the dossier"),
        button=_("Close it"),
        told=_("The dossier is closed: it stays readable, and nothing is put into it any more."),
        form=_reason_alone,
        do=_close,
        grave=True,
        icon="folder-lock",
    ),
    "hold": Act(
        title=_("Set a legal hold"),
        button=_("Set the hold"),
        told=_("It is not erased while the hold stands."),
        form=_to_hold,
        do=_hold,
        needs=(Right.READ_REQUESTS, Right.HOLD),
        icon="anchor",
        anchor="holds",
    ),
    "end-hold": Act(
        title=_("Ask that a hold end"),
        button=_("Ask"),
        told=_("It is asked for: the hold ends when another person agrees."),
        form=_to_end_hold,
        do=_end_hold,
        needs=(Right.READ_REQUESTS, Right.HOLD),
        anchor="holds",
    ),
    "agree-hold": Act(
        title=_("Agree that a hold ends"),
        button=_("Agree"),
        told=_("The hold ended."),
        form=_to_agree,
        do=_agree,
        needs=(Right.READ_REQUESTS, Right.HOLD),
        grave=True,
        anchor="holds",
        help=_("Another person asked for it. What is due may be erased after that."),
    ),
    "withhold": Act(
        title=_("Withhold something from the defence"),
        button=_("Withhold it"),
        told=_("It is withheld: counsel sees that, on what ground, when and by whom."),
        form=_to_withhold,
        do=_withhold,
        needs=(Right.READ_REQUESTS, Right.WITHHOLD),
        grave=True,
        icon="eye-off",
        anchor="withheld",
        help=_("Directive 2012/13/EU, Article 7(4): decided by an authority, on these grounds alone, and reviewable."),
    ),
    "review": Act(
        title=_("Review a decision to withhold"),
        button=_("It stands"),
        told=_("The review is kept."),
        form=_of_withholding,
        do=_review,
        needs=(Right.READ_REQUESTS, Right.WITHHOLD),
        icon="scale",
        anchor="withheld",
        help=_("As another person than decided it. If it is not to stand, lift it instead."),
    ),
    "lift": Act(
        title=_("Lift a decision to withhold"),
        button=_("Lift it"),
        told=_("It is lifted: counsel is shown it from now on."),
        form=_of_withholding,
        do=_lift,
        needs=(Right.READ_REQUESTS, Right.WITHHOLD),
        icon="eye",
        anchor="withheld",
    ),
}
"""What can be done in a dossier; each asks its own right, and the act behind it asks again."""
