"""Work with those who have no node: taking a request in, taking down what was said, reading it a second time, joining.

One form for a request that came by mail, upload, on paper or by telephone: the instrument is chosen first, then only
its fields are asked; none is needed, since what is missing is asked for by a query. What came stands beside it in its
own words, and what is recognised in them goes into the form.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.base.errors import RuleError, TocsinError
from tocsin.base.ids import InstrumentId, MemberId
from tocsin.desk import drafting, from_mail, inputs, letters, steps, strips, words
from tocsin.desk.beside import CHECKED, OTHER, WAYS_IN, members
from tocsin.desk.downloads import BYTES, guarded
from tocsin.desk.drafting import Section
from tocsin.desk.once import answer_once
from tocsin.desk.requests import done_in, line_seen, looked_at_or_asked, may_act, path_of
from tocsin.desk.viewer import DeskRequest, zone_of_node
from tocsin.directory import reads as directory
from tocsin.law.instrument import instruments
from tocsin.law.provisions import FieldKind, Instrument, Side
from tocsin.law.setting import Party, circumstances_of_form
from tocsin.law.treaty import name_of, states
from tocsin.law.vocabulary import LetterKind
from tocsin.people.errors import RightMissingError
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import Json
from tocsin.requests import reads
from tocsin.requests.acts.brought import open_brought
from tocsin.requests.acts.by_form import record_form_receipt, send_by_form
from tocsin.requests.acts.elsewhere import Heard, read_again, take_down
from tocsin.requests.acts.take_in import TakenIn, identify_sender, join, take_in
from tocsin.requests.counterparts import counterpart_of, unknown_sender
from tocsin.requests.errors import NotYourMoveError, ThreadMovedError, UnknownBroughtError, UnknownDraftError
from tocsin.requests.reads import Standing
from tocsin.requests.rules.pasted import recognised
from tocsin.requests.rules.ways import UNKNOWN, Checked, Way

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


# --- Taking in ----------------------------------------------------------------------------------


class TakeInForm(forms.Form):
    """What is known of a request that came on another way; the instrument's own fields stand beside."""

    way = forms.ChoiceField(label=_("How it came"), choices=WAYS_IN, widget=forms.RadioSelect)
    sender = forms.ChoiceField(label=_("From whom"))
    country = forms.ChoiceField(label=_("From which State, as it says"), required=False)
    sender_name = inputs.line(_("Who signed it, as it stands there"), most=200)
    sender_address = inputs.line(
        _("Address or number, as it stands there"),
        most=200,
        help_text=_("Kept to compare; never one to call back."),
    )
    checked = forms.ChoiceField(label=_("How it was checked who sent it"), choices=CHECKED)
    checked_words = inputs.line(_("What was found"), most=500)
    case_reference = inputs.line(_("Their reference"), most=200)
    language = forms.ChoiceField(label=_("Language of it"))
    words = inputs.text_area(_("What it says, in its own words"))
    file = forms.FileField(
        label=_("The scan, the message or the form"),
        required=False,
        help_text=_("At most 20 MB. It is kept encrypted and never shown; whoever needs it takes it out."),
    )

    def __init__(self, data: Any = None, files: Any = None, *, zone: str, initial: Any = None) -> None:
        super().__init__(data, files, auto_id="f-%s", use_required_attribute=False, initial=initial)
        self.fields["received_at"] = inputs.InstantField(
            label=f"{gettext('Received there at')} ({words.city(zone)})",
            zone=zone,
            help_text=gettext("The clocks run from this instant."),
        )
        _choose(self, "sender", [(UNKNOWN, gettext("unknown sender")), *members()])
        countries = sorted(((each, name_of(each)) for each in states()), key=lambda each: each[1])
        _choose(self, "country", [inputs.NOT_SAID, *countries])
        tongues = sorted(((code, letters.language_name(code)) for code, _name in settings.LANGUAGES), key=_by_name)
        _choose(self, "language", tongues)
        self.order_fields(["way", "received_at", "sender", "country", "checked", "checked_words"])


def _choose(form: forms.Form, name: str, choices: list[Any]) -> None:
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = choices


def _by_name(pair: tuple[str, str]) -> str:
    return pair[1]


@require_http_methods(["GET", "POST"])
def take_in_page(request: DeskRequest) -> HttpResponse:
    """The instrument, then the form; posted, a request that runs from its receipt."""
    rights.check(request.viewer, Right.ANSWER)
    law = instruments().get(InstrumentId(request.POST.get("instrument") or request.GET.get("instrument", "")))
    if law is None or law.notifies_of is not None:
        shown = {"section": "take-in", "instruments": _instruments(), "mail": from_mail.mail_in(request)}
        return render(request, "desk/by_form/choose.html", shown)
    if request.method == "GET":
        first = {"received_at": request.at, "language": get_language() or "en", **from_mail.came_from(request)}
        form = TakeInForm(zone=request.zone, initial=first)
        return _take_in_form(request, law, form, {})
    form = TakeInForm(request.POST, request.FILES, zone=request.zone)
    typed = _fields_of(law, request.POST)
    if request.POST.get("do") == "recognise":
        form = TakeInForm(zone=request.zone, initial=request.POST.dict())
        return _take_in_form(request, law, form, _with_recognised(law, typed, request.POST.get("words", "")))
    if not form.is_valid():
        return _take_in_form(request, law, form, typed, status=HTTPStatus.UNPROCESSABLE_ENTITY)

    def act() -> str:
        came = _came(law, form.cleaned_data, typed)
        came = replace(came, file=came.file or from_mail.file_from(request))
        taken = take_in(came, by=request.viewer, at=request.at).thread.line.id
        from_mail.sorted_to(request, taken)
        return path_of(taken)

    try:
        answer = answer_once(request, act)
    except TocsinError as error:
        form.add_error(_place(error, form), words.said(error))
        return _take_in_form(request, law, form, typed, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, gettext("Taken in: its clocks run from its receipt, and you have it."))
    return answer


def _place(error: TocsinError, form: forms.Form) -> str | None:
    """The field of the form that an error names; the instrument's own fields have their faults above the form."""
    return "received_at" if error.fields.get("field") == "at" else inputs.field_of(error, form)


def _instruments() -> list[tuple[str, list[tuple[str, str]]]]:
    grouped: dict[str, list[tuple[str, str]]] = {}
    for each in instruments().values():
        if each.notifies_of is None:
            across = gettext("between two States") if each.parties.across else gettext("inside one State")
            grouped.setdefault(across, []).append((each.id, f"{words.law(each.title)} · {each.basis}"))
    return [(title, sorted(found, key=_by_name)) for title, found in grouped.items()]


def _fields_of(law: Instrument, sent: QueryDict) -> dict[str, Json]:
    return {name: value for name, value in drafting.form_of(law, sent, {}).items() if value is not None}


def _with_recognised(law: Instrument, typed: dict[str, Json], pasted: str) -> dict[str, Json]:
    field = law.form.of_kind(FieldKind.IDENTIFIERS)
    found: list[Json] = [each.identifier for each in recognised(pasted)]
    if field is None or not found:
        return typed
    before = typed.get(field.id)
    known = [each for each in before if isinstance(each, Mapping)] if isinstance(before, list) else []
    values = {each.get("value") for each in known}
    fresh = [each for each in found if isinstance(each, Mapping) and each.get("value") not in values]
    return {**typed, field.id: [*known, *fresh]}


def _came(law: Instrument, said: Mapping[str, Any], typed: Mapping[str, Json]) -> TakenIn:
    known = said["sender"] != UNKNOWN
    return TakenIn(
        way=Way(said["way"]),
        received_at=said["received_at"],
        instrument=law.id,
        sender=MemberId(said["sender"]),
        country="" if known else said["country"],
        sender_name=said["sender_name"],
        sender_address=said["sender_address"],
        checked=Checked(said["checked"]),
        checked_words=said["checked_words"],
        case_reference=said["case_reference"],
        form=typed,
        words=said["words"].replace("\r\n", "\n"),
        language=said["language"],
        file=inputs.brought_in(said["file"]),
    )


def _take_in_form(
    request: DeskRequest,
    law: Instrument,
    form: TakeInForm,
    typed: Mapping[str, Json],
    *,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    shown = {
        "section": "take-in",
        "law": law,
        "title": words.law(law.title),
        "form": form,
        "parts": _sections(request, law, form, typed),
        "language": form["language"].value() or "",
    }
    return render(request, "desk/by_form/take_in.html", shown, status=status)


def _sections(request: DeskRequest, law: Instrument, form: TakeInForm, typed: Mapping[str, Json]) -> list[Section]:
    sender = _party(law, str(form["sender"].value() or ""), str(form["country"].value() or ""))
    around = circumstances_of_form(
        law,
        typed,
        sender=sender,
        recipient=reads.own_party(),
        on=request.at.date(),
        tables=directory.national_tables(),
    )
    zones = list(dict.fromkeys([request.zone, zone_of_node()]))
    found = drafting.sections(law, dict(typed), around, zones=zones)
    for section in found:
        for each in section.fields:
            each.needed = False  # what is missing is asked for by a query
            each.folds = not each.plain and not any(one.value or one.chosen for one in each.inputs())
    return found


def _party(law: Instrument, member: str, country: str) -> Party:
    try:
        return counterpart_of(MemberId(member)).party
    except RuleError:
        own = directory.own_card()
        return unknown_sender(law, country if country in states() else own.card.country if own else "LU")


# --- Taking down --------------------------------------------------------------------------------


class HeardForm(forms.Form):
    """How something was said that no letter carries."""

    way = forms.ChoiceField(label=_("How it came"), choices=WAYS_IN, widget=forms.RadioSelect)
    said_by = inputs.line(_("Who said it, as it stands there"), most=200)
    reference = inputs.line(_("Their reference"), most=200)
    file = forms.FileField(
        label=_("The scan or the message"),
        required=False,
        help_text=_("At most 20 MB. It is kept encrypted and never shown; whoever needs it takes it out."),
    )
    template_name = "desk/parts/fields.html"

    def __init__(self, data: Any = None, files: Any = None, *, zone: str, initial: Any = None) -> None:
        super().__init__(data, files, auto_id="h-%s", use_required_attribute=False, initial=initial)
        self.fields["received_at"] = inputs.InstantField(
            label=f"{gettext('Received there at')} ({words.city(zone)})",
            zone=zone,
            help_text=gettext("It counts from this instant."),
        )
        self.order_fields(["way", "received_at", "said_by"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Typed:
    """Both forms of a step that is taken down."""

    step: steps.StepForm
    heard: HeardForm
    side: Side


@require_http_methods(["GET", "POST"])
def record(request: DeskRequest, request_id: UUID, kind: str) -> HttpResponse:
    """What somebody without a node said, typed in: it counts from its receipt, and waits for a second reader."""
    line = line_seen(request, request_id)
    if not may_act(request.viewer, line):
        raise RightMissingError(right=(Right.SEND if line.side is Side.ASKER else Right.ANSWER).value)
    standing = looked_at_or_asked(request, line)
    if isinstance(standing, HttpResponse):
        return standing
    wanted = next((each for each in LetterKind if each.value == kind), None)
    if wanted is None or (wanted not in steps.FORMS and wanted is not LetterKind.DELIVER):
        raise Http404
    side = _side(standing, wanted)
    if request.method == "GET":
        typed = _forms(standing, wanted, side, request)
        return _record_page(request, standing, typed)
    typed = _forms(standing, wanted, side, request, sent=True)
    if not (typed.heard.is_valid() & typed.step.is_valid()):
        return _record_page(request, standing, typed, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _record(request, standing, typed)


def _side(standing: Standing, kind: LetterKind) -> Side:
    """Whose step it is: the other side's, but where nobody knows it and we say something ourselves."""
    other = OTHER[standing.thread.line.side]
    if kind in standing.may_take_down(other):
        return other
    return standing.thread.line.side if kind in standing.may_take_down(standing.thread.line.side) else other


def _forms(standing: Standing, kind: LetterKind, side: Side, request: DeskRequest, *, sent: bool = False) -> _Typed:
    about = steps.About(standing=standing, zone=request.zone, speaks=side)
    made = steps.Delivered if kind is LetterKind.DELIVER else steps.FORMS[kind]
    if not sent:
        first = {"received_at": request.at, "way": Way.PAPER.value, **from_mail.heard_from(request)}
        return _Typed(step=made(about=about), heard=HeardForm(zone=request.zone, initial=first), side=side)
    heard = HeardForm(request.POST, request.FILES, zone=request.zone)
    step = made(request.POST, about=about)
    if isinstance(step, steps.Delivered):
        step.file_sha256 = _sha256_of(request.FILES.get("file")) or _sha256_of_mail(request)
    return _Typed(step=step, heard=heard, side=side)


def _sha256_of(file: "UploadedFile[bytes] | None") -> str:
    if file is None:
        return ""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _sha256_of_mail(request: DeskRequest) -> str:
    line = from_mail.mail_in(request)
    return line.sha256 if line else ""


def _record(request: DeskRequest, standing: Standing, typed: _Typed) -> HttpResponse:
    line, said = standing.thread.line, typed.heard.cleaned_data

    def act() -> str:
        heard = Heard(
            body=typed.step.body(),
            side=typed.side,
            way=Way(said["way"]),
            received_at=said["received_at"],
            said_by=said["said_by"],
            reference=said["reference"],
            file=inputs.brought_in(said["file"]) or from_mail.file_from(request),
        )
        seen = request.POST.get("seen", "") or None
        made = take_down(line.id, heard, by=request.viewer, at=request.at, expects=seen)
        from_mail.sorted_to(request, line.id)
        return path_of(line.id, f"s-{made.thread.said_last[:12]}")

    try:
        answer = answer_once(request, act)
    except ThreadMovedError as error:
        moved = reads.standing_for(request.viewer, line.id, at=request.at)
        return _record_page(request, moved, typed, status=HTTPStatus.CONFLICT, moved=words.said(error))
    except NotYourMoveError as error:
        typed.step.add_error(None, words.said(error))
        return _record_page(request, standing, typed, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except TocsinError as error:
        typed.heard.add_error(_place(error, typed.heard), words.said(error))
        return _record_page(request, standing, typed, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, gettext("It is taken down and counts. A second person reads it against the scan."))
    return answer


def _record_page(
    request: DeskRequest,
    standing: Standing,
    typed: _Typed,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    moved: str = "",
) -> HttpResponse:
    found = standing.thread
    (strip,) = strips.strips([found.line], viewer=request.viewer, at=request.at)
    kind = typed.step.kind
    shown = {
        "section": "watch",
        "s": strip,
        "form": typed.step,
        "heard": typed.heard,
        "kind": kind.value,
        "title": words.word(f"letter:{kind.value}"),
        "theirs": typed.side is not found.line.side,
        "head": found.head,
        "moved": moved,
        "possible": kind in standing.may_take_down(typed.side),
    }
    return render(request, "desk/by_form/record.html", shown, status=status)


# --- Reading again, taking out, who it is, joining, receipts --------------------------------------


@require_POST
def second_reading(request: DeskRequest, request_id: UUID, step: str) -> HttpResponse:
    """Say that what was typed in is what came, or what differs."""
    line = line_seen(request, request_id)
    differs = request.POST.get("differs", "").strip() if request.POST.get("agrees") != "yes" else ""
    if request.POST.get("agrees") == "no" and not differs:
        messages.error(request, gettext("Say what differs."))
        return HttpResponseRedirect(path_of(line.id, f"s-{step[:12]}"))

    def act() -> None:
        read_again(line.id, step, differs=differs, by=request.viewer, at=request.at)

    return done_in(request, line, act, told=gettext("Read by a second person: you."), anchor=f"s-{step[:12]}")


@require_POST
def brought_file(request: DeskRequest, request_id: UUID, file: UUID) -> HttpResponse:
    """A scan or message as a download, whatever it is; that it was taken out is journalled with its reason."""
    line = line_seen(request, request_id)
    reason = request.POST.get("reason", "").strip() or gettext("reads what came")
    try:
        found = open_brought(line.id, str(file), reason=reason, by=request.viewer, at=request.at)
    except UnknownBroughtError:
        raise Http404 from None
    except TocsinError as error:
        messages.error(request, words.said(error))
        return HttpResponseRedirect(path_of(line.id))
    return guarded(HttpResponse(found.content, content_type=BYTES), found.name)


@require_POST
def sender(request: DeskRequest, request_id: UUID) -> HttpResponse:
    """Put a known member in the place of a sender who was not known."""
    line = line_seen(request, request_id)
    member, reason = MemberId(request.POST.get("member", "")), request.POST.get("reason", "").strip()
    how = request.POST.get("checked", "")
    checked = Checked(how) if how in list(Checked) else Checked.NOT

    def act() -> None:
        identify_sender(line.id, member, checked=checked, reason=reason, by=request.viewer, at=request.at)

    return done_in(request, line, act, told=gettext("The sender is known now; the journal says how."))


@require_POST
def joined(request: DeskRequest, request_id: UUID) -> HttpResponse:
    """Say that another request that was taken in is this one."""
    line = line_seen(request, request_id)
    other, reason = request.POST.get("other", ""), request.POST.get("reason", "").strip()

    def act() -> None:
        join(line.id, other, reason=reason, by=request.viewer, at=request.at)

    return done_in(request, line, act, told=gettext("The two are one request now; both stay as they came."))


class ReceiptForm(forms.Form):
    """When a letter that went as a form was received, and who said so."""

    way = forms.ChoiceField(choices=WAYS_IN)
    said_by = forms.CharField(max_length=200)

    def __init__(self, *given: Any, zone: str, **traits: Any) -> None:
        super().__init__(*given, **traits)
        self.fields["received_at"] = inputs.InstantField(label=gettext("Received there at"), zone=zone)


@require_POST
def receipt(request: DeskRequest, request_id: UUID, letter: str) -> HttpResponse:
    """Write down when a letter that went as a form was received."""
    line = line_seen(request, request_id)
    form = ReceiptForm(request.POST, zone=request.zone)
    anchor = f"l-{letter[:12]}"
    if not form.is_valid():
        messages.error(request, " ".join(str(each) for found in form.errors.values() for each in found))
        return HttpResponseRedirect(path_of(line.id, anchor))
    said = form.cleaned_data

    def act() -> None:
        record_form_receipt(
            line.id,
            letter,
            way=Way(said["way"]),
            received_at=said["received_at"],
            said_by=said["said_by"],
            by=request.viewer,
            at=request.at,
        )

    return done_in(request, line, act, told=gettext("Its receipt is written down."), anchor=anchor)


@require_POST
def send(request: DeskRequest, draft_id: UUID) -> HttpResponse:
    """Sign the ask of a draft for a form to carry it, and go on to its forms."""
    rights.check(request.viewer, Right.SEND)
    seen = request.POST.get("seen", "") or None

    def act() -> str:
        sent = send_by_form(str(draft_id), by=request.viewer, at=request.at, expects=seen)
        return reverse("request-form", args=[sent.thread])

    try:
        answer = answer_once(request, act)
    except UnknownDraftError:
        raise Http404 from None
    except TocsinError as error:
        messages.error(request, words.said(error))
        return HttpResponseRedirect(reverse("draft-letter", args=[draft_id]))
    messages.success(request, gettext("The letter is signed. Print the form that carries it, and send that."))
    return answer
