"""A request: its conversation as a timeline, the next step, notes, hands, and the proof of each thing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tocsin.base.actor import Actor
from tocsin.base.errors import PeerError, RuleError, TocsinError
from tocsin.base.ids import MemberId, new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.desk import letters, proofs, steps, strips, words
from tocsin.desk.beside import shown_beside
from tocsin.desk.letters import Said
from tocsin.desk.once import answer_once, told_once
from tocsin.desk.viewer import DeskRequest
from tocsin.directory import reads as directory
from tocsin.evidence import folders
from tocsin.evidence import reads as evidence
from tocsin.evidence.acts.bundle import EvidenceIn, write_bundle
from tocsin.evidence.acts.deliver import deliver
from tocsin.evidence.acts.pack import pack
from tocsin.evidence.acts.take_in import deliveries_waiting, take_in
from tocsin.evidence.acts.upload import forget_uploads, take_upload, uploaded, uploads_for
from tocsin.law.instrument import instruments
from tocsin.law.provisions import Side
from tocsin.law.running import Phase
from tocsin.law.vocabulary import LetterKind, PartyKind, Purpose
from tocsin.people import reads as people
from tocsin.people.errors import RightMissingError
from tocsin.people.rules.rights import Right, rights_of
from tocsin.proof.canonical import canonical
from tocsin.requests import reads
from tocsin.requests.acts.draft import write_draft
from tocsin.requests.acts.look import hand_over_request, look_at_request, take_request
from tocsin.requests.acts.note import write_note
from tocsin.requests.acts.release import decide_release
from tocsin.requests.acts.write import write_letter
from tocsin.requests.beside import FormReceiptLine, StepLine
from tocsin.requests.errors import LookReasonError, ThreadMovedError, UnknownRequestError
from tocsin.requests.provenance import provenance_of
from tocsin.requests.reads import RequestLine, Standing
from tocsin.requests.rules.letters import body_payload
from tocsin.requests.rules.reckoning import ClockLine
from tocsin.requests.rules.thread import Effect
from tocsin.wire.reads import KeptLetter
from tocsin.wire.rules.letter import Letter

if TYPE_CHECKING:
    from tocsin.directory.rules.sight import ContactView
    from tocsin.directory.rules.trust import TrustedCard

_MOST_FILES = 20
_REASONS = "reasons"
"""Under which the session keeps why each request was opened in it."""


# --- The page -----------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def thread(request: DeskRequest, request_id: UUID) -> HttpResponse:
    """The whole request; the look and its reason are journalled, and a reason is asked for where none is plain."""
    line = line_seen(request, request_id)
    if request.method == "POST":
        return _open_for(request, line, request.POST.get("reason", ""))
    try:
        standing = looked_at(request, line)
    except LookReasonError:
        return ask_reason(request, line)
    return render(request, "desk/requests/thread.html", _thread_shown(request, standing))


def line_seen(request: DeskRequest, request_id: UUID) -> RequestLine:
    """The request at a glance, if the viewer may see it; else the same answer as for one that there is not."""
    try:
        return reads.line_for(request.viewer, str(request_id))
    except UnknownRequestError:
        raise Http404 from None


def looked_at(request: DeskRequest, line: RequestLine) -> Standing:
    """The request, looked at; once in a session, and again when a letter came that nobody opened."""
    told: dict[str, str] = request.session.get(_REASONS, {})
    plain = derived_reason(line, request.viewer)
    reason = told.get(line.id) or plain
    if line.id in told and line.unread_since is None:
        return reads.standing_for(request.viewer, line.id, at=request.at)
    derived = reason == plain
    standing = look_at_request(line.id, reason=reason, by=request.viewer, at=request.at, derived=derived)
    request.session[_REASONS] = {**told, line.id: reason}
    return standing


def looked_at_or_asked(request: DeskRequest, line: RequestLine) -> Standing | HttpResponse:
    """The request, looked at; or the page that asks for the reason."""
    try:
        return looked_at(request, line)
    except LookReasonError:
        return ask_reason(request, line)


def derived_reason(line: RequestLine, viewer: Actor) -> str:
    """Why somebody opens a request, where that is plain: he has it, or a step of this side is due that he may take."""
    if line.held_by and line.held_by == viewer.person:
        return "has the request"
    needed = Right.SEND if line.side is Side.ASKER else Right.ANSWER
    if line.ours and line.ended_at is None and needed in rights_of(viewer.roles):
        return "a step of this side is due"
    return ""


def _open_for(request: DeskRequest, line: RequestLine, reason: str) -> HttpResponse:
    try:
        look_at_request(line.id, reason=reason, by=request.viewer, at=request.at)
    except LookReasonError as error:
        return ask_reason(request, line, error=words.said(error), typed=reason)
    request.session[_REASONS] = {**request.session.get(_REASONS, {}), line.id: reason}
    return HttpResponseRedirect(path_of(line.id))


def ask_reason(request: DeskRequest, line: RequestLine, *, error: str = "", typed: str = "") -> HttpResponse:
    """The page that asks why the request is opened."""
    (strip,) = strips.strips([line], viewer=request.viewer, at=request.at)
    shown = {"s": strip, "error": error, "typed": typed, "section": "watch"}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render(request, "desk/requests/reason.html", shown, status=status)


def path_of(request_id: str, anchor: str = "") -> str:
    """The path of a request's page, at a place on it."""
    return reverse("request", args=[request_id]) + (f"#{anchor}" if anchor else "")


# --- What the page shows ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something on the timeline: a letter, an alarm, a hand-over, a note."""

    at: Instant
    kind: str
    shown: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLetter:
    """A letter in words, with how far it came."""

    kept: KeptLetter
    letter: Letter | None
    title: str
    sender: str
    ours: bool
    said: list[Said]
    language: str
    effect: str
    urgent: str
    by_form: bool
    """Whether it went as a form."""
    receipt: FormReceiptLine | None
    """When it was received there, where it went as a form and somebody said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownClock:
    """A clock in words."""

    line: ClockLine
    title: str
    duty: str
    whose: str
    ours: bool
    tone: str
    """``late``, ``soon``, ``met`` or nothing: how it is coloured, beside its word."""
    confidence: str


_TONES = {
    **dict.fromkeys((Phase.MISSED, Phase.MET_LATE, Phase.STRICT_PASSED, Phase.TOO_EARLY, Phase.TARGET_PASSED), "late"),
    **dict.fromkeys((Phase.WARNING, Phase.DUE_NOW, Phase.LAPSED), "soon"),
    Phase.MET: "met",
}
_TARGETS = {"promised": "Promised answer", "wished": "Answer wished by", "postponed": "Postponed until"}


def _thread_shown(request: DeskRequest, standing: Standing) -> dict[str, Any]:
    viewer, found = request.viewer, standing.thread
    line = reads.line_for(viewer, found.line.id)
    (strip,) = strips.strips([line], viewer=viewer, at=request.at)
    events, names = _events(viewer, standing, strip.name)
    return {
        "section": "watch",
        "standing": standing,
        "s": strip,
        "law": found.instrument,
        "events": events,
        "names": names,
        "clocks": shown_clocks(standing, strip),
        "line_is_down": standing.line_is_down,
        "issuer": _issuer(standing)
        if line.side is Side.ASKED and (line.urgent or line.by_form or standing.call_back.standing.emergency)
        else None,
        "provenance": provenance_of(viewer, standing),
        "call_back": standing.call_back,
        "may_answer_here": line.side is Side.ASKED and may_act(viewer, line),
        "steps": _steps(request, standing),
        "colleagues": _colleagues(viewer, line),
        "may_act": may_act(viewer, line),
        "children": strips.strips(reads.children_for(viewer, line.id), viewer=viewer, at=request.at),
        "drafts": reads.drafts_of(viewer, line.id) if Right.DRAFT in rights_of(viewer.roles) else [],
        "packages": evidence.packages_for(viewer, line.id),
        "waiting": deliveries_waiting(viewer, line.id) if Right.TAKE_IN_EVIDENCE in rights_of(viewer.roles) else [],
        "release": _release_waits(viewer, line),
        "looks": [(people_name(names, each.person), each) for each in reads.looks_for(viewer, line.id)[:5]],
        "may_export": Right.EXPORT_PROOF in rights_of(viewer.roles),
        "may_pass_on": _may_pass_on(viewer, standing),
        **shown_beside(request, standing, acts=may_act(viewer, line)),
    }


def _events(viewer: Actor, standing: Standing, counterpart: str) -> tuple[list[Event], Mapping[str, str]]:
    found = standing.thread
    notes = reads.notes_for(viewer, found.line.id)
    hands = reads.hand_overs_for(viewer, found.line.id)
    looks = reads.looks_for(viewer, found.line.id)[:5]
    persons = {*(n.person for n in notes), *(p for h in hands for p in (h.given_by, h.before or "", h.to))}
    persons |= {p for each in found.taken_down for p in (each.recorded_by, each.second_reader) if p}
    persons |= {each.recorded_by for each in standing.beside.arrivals if each.recorded_by}
    alarms = reads.alarms_for(viewer, found.line.id)
    called = {who for each in alarms for who in each.told}
    names = people.names_of({*persons, *called, *(each.person for each in looks)})
    told = [
        *(Event(at=each.at, kind="letter", shown=shown_letter(standing, each, counterpart)) for each in found.kept),
        *(
            Event(at=each.received_at, kind="step", shown=shown_step(standing, each, counterpart, viewer))
            for each in found.taken_down
        ),
        *(Event(at=each.at, kind="alarm", shown=each) for each in alarms),
        *(Event(at=each.at, kind="note", shown=(people_name(names, each.person), each)) for each in notes),
        *(Event(at=each.at, kind="hand", shown=_hand(each, names)) for each in hands),
    ]
    return sorted(told, key=lambda each: each.at), names


def people_name(names: Mapping[str, str], person: str | None) -> str:
    """A person's name; ``nobody`` for none."""
    return names.get(str(person or ""), gettext("nobody"))


def _hand(hand: reads.HandOverView, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "by": people_name(names, hand.given_by),
        "to": people_name(names, hand.to),
        "taken": hand.given_by == hand.to,
        "words": hand.words,
    }


def shown_letter(standing: Standing, kept: KeptLetter, counterpart: str) -> ShownLetter:
    """A letter of a thread in words."""
    letter, law = kept.letter, standing.thread.instrument
    placed = standing.thread.state.placed(kept.sha256)
    language = _language_of(standing)
    level, _reason, _by = (
        letters.urgency_of(letter.body) if letter and letter.kind is LetterKind.ASK else ("", "", None)
    )
    return ShownLetter(
        kept=kept,
        letter=letter,
        title=words.word(f"letter:{kept.kind}"),
        sender=gettext("We") if kept.sent else counterpart,
        ours=kept.sent,
        said=letters.said_in(letter.kind, letter.body, law) if letter else [],
        language=language,
        effect="" if placed is None or placed.effect is Effect.EFFECTIVE else words.word(placed.effect.value),
        urgent=level if level in {"urgent", "emergency"} else "",
        by_form=kept.sent and standing.thread.line.by_form,
        receipt=next((each for each in standing.beside.receipts if each.letter_sha256 == kept.sha256), None),
    )


def _language_of(standing: Standing) -> str:
    ask = standing.thread.ask_body.get("form")
    return str(ask.get("language") or "") if isinstance(ask, Mapping) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStep:
    """A step that no letter carries, in words."""

    line: StepLine
    title: str
    sender: str
    ours: bool
    said: list[Said]
    language: str
    effect: str
    may_read: bool
    """Whether the viewer may be its second reader."""


def shown_step(standing: Standing, line: StepLine, counterpart: str, viewer: Actor) -> ShownStep:
    """A step that was taken down, in words."""
    step, side = line.step, standing.thread.line.side
    placed = standing.thread.state.placed(step.sha256)
    ours = placed is not None and placed.side is side
    found = may_act(viewer, standing.thread.line)
    return ShownStep(
        line=line,
        title=words.word(f"letter:{step.kind.value}"),
        sender=gettext("We") if ours else counterpart,
        ours=ours,
        said=letters.said_in(step.kind, dict(line.body), standing.thread.instrument) if line.body else [],
        language=_language_of(standing),
        effect="" if placed is None or placed.effect is Effect.EFFECTIVE else words.word(placed.effect.value),
        may_read=found and line.unread and line.recorded_by != viewer.person and bool(line.record),
    )


def shown_clocks(standing: Standing, strip: strips.Strip) -> list[ShownClock]:
    """The clocks in words, those that tick first."""
    ordered = sorted(standing.clocks, key=lambda each: (not each.ticking, each.strict or each.state.since))
    return [_shown_clock(each, standing, strip) for each in ordered]


def _shown_clock(line: ClockLine, standing: Standing, strip: strips.Strip) -> ShownClock:
    clock, side = line.clock, standing.thread.line.side
    law = clock.law
    sure = clock.running.rule.confirmed
    return ShownClock(
        line=line,
        title=words.law(law.step) if law else gettext(_TARGETS.get(clock.id, clock.id)),
        duty=words.law(law.obligation) if law else gettext("a target; it rests on no article"),
        whose=gettext("ours") if clock.by is side else strip.name,
        ours=clock.by is side,
        tone=_TONES.get(line.state.phase, ""),
        confidence="" if sure or law is None else gettext("the limit is from memory: look it up before you rely on it"),
    )


def _issuer(standing: Standing) -> dict[str, Any]:
    """Who really issued an urgent request, in what power and on what ground: from card, keys and law, not its text."""
    ask, law, line = standing.thread.ask_body, standing.thread.instrument, standing.thread.line
    level, reason, reply_by = letters.urgency_of(ask)
    trusted, fault = _trusted(line.counterpart)
    form = ask.get("form")
    basis = form.get("legal_basis") if isinstance(form, Mapping) else None
    signed = ask.get("signed_off")
    return {
        "letter": standing.thread.letters[0] if standing.thread.ask_step is None else None,
        "heard": _heard_of(line.counterpart) if trusted is None and not line.unknown_sender else None,
        "unknown": line.unknown_sender,
        "trusted": trusted,
        "card": trusted.card if trusted else None,
        "fault": fault,
        "calm": level not in {"urgent", "emergency"} and not line.unknown_sender,
        "level": words.word(f"urgency:{level}"),
        "reason": reason,
        "reply_by": reply_by,
        "article": str(law.basis),
        "basis": basis if isinstance(basis, str) else "",
        "signed": [each for each in signed if isinstance(each, Mapping)] if isinstance(signed, (list, tuple)) else [],
        "validation_follows": ask.get("validation_follows") is True,
    }


def _heard_of(member: MemberId) -> "ContactView | None":
    try:
        return directory.contact(member)
    except RuleError:
        return None


def _trusted(member: MemberId) -> "tuple[TrustedCard | None, str]":
    try:
        return directory.card_of(member), ""
    except RuleError as error:
        return None, words.said(error)


def _steps(request: DeskRequest, standing: Standing) -> list[dict[str, Any]]:
    line = standing.thread.line
    if not may_act(request.viewer, line):
        return []
    return [
        {
            "kind": kind.value,
            "words": words.word(f"step:{kind.value}"),
            "grave": kind in steps.GRAVE,
            "url": reverse("request-step", args=[line.id, kind.value]),
        }
        for kind in steps.steps_of(standing)
    ]


def may_act(viewer: Actor, line: RequestLine) -> bool:
    """Whether somebody may write for this side of a request."""
    needed = Right.SEND if line.side is Side.ASKER else Right.ANSWER
    return bool(viewer.person) and needed in rights_of(viewer.roles)


def _colleagues(viewer: Actor, line: RequestLine) -> list[people.PersonView]:
    needed = Right.SEND if line.side is Side.ASKER else Right.ANSWER
    able = [each for each in people.people() if needed in rights_of(frozenset(each.roles))]
    return [each for each in able if each.id not in {viewer.person, line.held_by}]


def _release_waits(viewer: Actor, line: RequestLine) -> str:
    return reads.release_draft_for(viewer, line.id) if line.side is Side.ASKED and may_act(viewer, line) else ""


# --- The next step ------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def step(request: DeskRequest, request_id: UUID, kind: str) -> HttpResponse:
    """A step's form; what leaves is shown before it leaves, and what moved meanwhile is told."""
    line = line_seen(request, request_id)
    try:
        wanted = LetterKind(kind)
    except ValueError:
        raise Http404 from None
    if not may_act(request.viewer, line):
        raise RightMissingError(right=(Right.SEND if line.side is Side.ASKER else Right.ANSWER).value)
    try:
        standing = looked_at(request, line)
    except LookReasonError:
        return ask_reason(request, line)
    if wanted is LetterKind.DELIVER and not line.by_form:
        return _delivery(request, standing)
    if wanted not in steps.FORMS and wanted is not LetterKind.DELIVER:
        raise Http404
    if request.method == "GET":
        return _step_page(request, standing, steps.form_for(wanted, standing, zone=request.zone))
    form = steps.form_for(wanted, standing, zone=request.zone, typed=request.POST)
    if not form.is_valid():
        return _step_page(request, standing, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if request.POST.get("do") == "preview":
        return _step_page(request, standing, form, preview=True)
    return _send_step(request, standing, form)


def _send_step(request: DeskRequest, standing: Standing, form: steps.StepForm) -> HttpResponse:
    line = standing.thread.line

    def act() -> str:
        seen = request.POST.get("seen", "") or None
        letter = write_letter(line.id, form.body(), by=request.viewer, at=request.at, expects=seen)
        return path_of(line.id, f"l-{letter.sha256[:12]}")

    try:
        answer = answer_once(request, act)
    except ThreadMovedError as error:
        moved = reads.standing_for(request.viewer, line.id, at=request.at)
        return _step_page(request, moved, form, status=HTTPStatus.CONFLICT, moved=words.said(error))
    except (RuleError, PeerError) as error:
        form.add_error(None, words.said(error))
        return _step_page(request, standing, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(
        request, gettext("{letter}: signed and on its way.").format(letter=words.word(f"letter:{form.kind.value}"))
    )
    return answer


def _step_page(
    request: DeskRequest,
    standing: Standing,
    form: steps.StepForm,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    preview: bool = False,
    moved: str = "",
) -> HttpResponse:
    found = standing.thread
    (strip,) = strips.strips([found.line], viewer=request.viewer, at=request.at)
    theirs = [each for each in found.kept if not each.sent and each.letter is not None]
    since = _since(found.kept, request.POST.get("seen", "")) if moved else []
    payload = body_payload(form.body()) if preview else {}
    shown = {
        "section": "watch",
        "s": strip,
        "law": found.instrument,
        "form": form,
        "kind": form.kind.value,
        "step_words": words.word(f"step:{form.kind.value}"),
        "grave": form.kind in steps.GRAVE,
        "head": found.head,
        "preview": letters.said_in(form.kind, payload, found.instrument) if preview else None,
        "exactly": canonical(payload).decode() if preview else "",
        "moved": moved,
        "since": [shown_letter(standing, each, strip.name) for each in since],
        "possible": form.kind in standing.may_write,
        "last": shown_letter(standing, theirs[-1], strip.name) if theirs else None,
        "clocks": [each for each in shown_clocks(standing, strip) if each.line.ticking],
    }
    return render(request, "desk/requests/step.html", shown, status=status)


def _since(kept: Iterable[KeptLetter], head: str) -> list[KeptLetter]:
    """The letters that came or left after the one that was the last."""
    after: list[KeptLetter] = []
    seen = False
    for each in kept:
        if seen:
            after.append(each)
        seen = seen or each.sha256 == head
    return after


# --- Delivering ---------------------------------------------------------------------------------


class DeliverForm(forms.Form):
    """A package of what was put here, and how it is handed over."""

    title = forms.CharField(max_length=200)
    complete = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])
    words = forms.CharField(max_length=20_000, required=False)


def _delivery(request: DeskRequest, standing: Standing) -> HttpResponse:
    line = standing.thread.line
    if request.method == "GET":
        return _delivery_page(request, standing)
    if request.POST.get("do") == "upload":
        return _upload(request, standing)
    form = DeliverForm(request.POST)
    waiting = uploads_for(request.viewer, line.id)
    errors = {name: [str(each) for each in found] for name, found in form.errors.items()}
    if not waiting:
        errors["files"] = [gettext("Put at least one file here first.")]
    if errors:
        return _delivery_page(request, standing, errors=errors, status=HTTPStatus.UNPROCESSABLE_ENTITY)

    def act() -> str:
        files = uploaded(line.id, waiting)
        made = pack(line.id, title=form.cleaned_data["title"], files=files, place="", by=request.viewer, at=request.at)
        letter = deliver(
            made.id,
            complete=form.cleaned_data["complete"] == "yes",
            words=form.cleaned_data["words"],
            by=request.viewer,
            at=request.at,
        )
        forget_uploads(line.id)
        return path_of(line.id, f"l-{letter.sha256[:12]}")

    try:
        answer = answer_once(request, act)
    except TocsinError as error:
        return _delivery_page(
            request, standing, errors={"": [words.said(error)]}, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    messages.success(request, gettext("The package is made, sealed and on its way."))
    return answer


def _upload(request: DeskRequest, standing: Standing) -> HttpResponse:
    line, files = standing.thread.line, request.FILES.getlist("files")[:_MOST_FILES]
    try:
        for each in files:
            take_upload(line.id, name=each.name or "", size=each.size or 0, read=each.read, by=request.viewer)
    except TocsinError as error:
        errors = {"files": [words.said(error)]}
        return _delivery_page(request, standing, errors=errors, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return HttpResponseRedirect(reverse("request-step", args=[line.id, LetterKind.DELIVER.value]))


def _delivery_page(
    request: DeskRequest,
    standing: Standing,
    *,
    errors: Mapping[str, list[str]] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    line = standing.thread.line
    (strip,) = strips.strips([line], viewer=request.viewer, at=request.at)
    shown = {
        "section": "watch",
        "s": strip,
        "law": standing.thread.instrument,
        "uploads": uploads_for(request.viewer, line.id),
        "errors": errors or {},
        "typed": request.POST,
        "possible": LetterKind.DELIVER in standing.may_write,
    }
    return render(request, "desk/requests/deliver.html", shown, status=status)


# --- Hands, notes, release, passing on ----------------------------------------------------------


def done_in(
    request: DeskRequest, line: RequestLine, act: Callable[[], None], *, told: str, anchor: str = ""
) -> HttpResponse:
    """Do an act once and go back to the request; what it refuses is told there."""
    back = path_of(line.id, anchor)

    def doing() -> str:
        act()
        return back

    return told_once(request, doing, told=told, back=back)


@require_POST
def take(request: DeskRequest, request_id: UUID) -> HttpResponse:
    """Take it."""
    line = line_seen(request, request_id)
    expects = request.POST.get("holder")

    def act() -> None:
        take_request(line.id, by=request.viewer, at=request.at, expects=expects)

    return done_in(request, line, act, told=gettext("You have the request now."))


@require_POST
def hand_over(request: DeskRequest, request_id: UUID) -> HttpResponse:
    """Give it to a colleague."""
    line = line_seen(request, request_id)
    to, said, expects = (request.POST.get(name, "") for name in ("to", "words", "holder"))

    def act() -> None:
        hand_over_request(line.id, to=to, words=said, by=request.viewer, at=request.at, expects=expects)

    return done_in(request, line, act, told=gettext("The request was handed over."))


@require_POST
def note(request: DeskRequest, request_id: UUID) -> HttpResponse:
    """Write an internal note."""
    line = line_seen(request, request_id)
    said = request.POST.get("words", "").replace("\r\n", "\n")
    language = get_language() or "en"

    def act() -> None:
        write_note(line.id, said, language=language, by=request.viewer, at=request.at)

    return done_in(request, line, act, told=gettext("The note is kept; it stays in this house."), anchor="notes")


@require_POST
def release(request: DeskRequest, request_id: UUID) -> HttpResponse:
    """Decide about a drafted release."""
    line = line_seen(request, request_id)
    lets_go, scope = request.POST.get("decision") == "release", request.POST.get("scope", "")

    def act() -> None:
        decide_release(line.id, release=lets_go, scope=scope, by=request.viewer, at=request.at)

    told = gettext("The data are released, and the other side is told.") if lets_go else gettext("The data are kept.")
    return done_in(request, line, act, told=told)


@require_POST
def take_in_packages(request: DeskRequest, request_id: UUID) -> HttpResponse:
    """Take in the packages that are here whole."""
    line = line_seen(request, request_id)

    def act() -> None:
        take_in(line.id, by=request.viewer, at=request.at)

    return done_in(
        request, line, act, told=gettext("Every size and hash was checked, and custody is ours now."), anchor="packages"
    )


_ORDERS = {
    Purpose.PRESERVE: "budapest-16-order",
    Purpose.DISCLOSE: "budapest-17-order",
    Purpose.PRODUCE: "budapest-18-order",
    Purpose.ASSIST: "budapest-16-order",
}
"""The national order that carries out what another State asks for."""


def _may_pass_on(viewer: Actor, standing: Standing) -> list[tuple[str, str]]:
    """The providers of this State to whom the request may be passed on as an order: id and name."""
    law, line = standing.thread.instrument, standing.thread.line
    fits = (
        line.side is Side.ASKED
        and line.ended_at is None
        and not line.unknown_sender
        and law.parties.recipient is PartyKind.STATE
    )
    if not fits or Right.DRAFT not in rights_of(viewer.roles) or law.purpose not in _ORDERS:
        return []
    own = directory.own_card()
    order = _ORDERS[law.purpose]
    return [
        (each.member, each.shown.card.name)
        for each in directory.points()
        if own and each.shown.card.country == own.card.country and order in each.shown.card.competences
    ]


@require_POST
def pass_on(request: DeskRequest, request_id: UUID) -> HttpResponse:
    """Draft the national order that carries this request out; what both forms ask for is taken over."""
    line = line_seen(request, request_id)
    standing = reads.standing_for(request.viewer, line.id, at=request.at)
    order = instruments()[_order_for(standing)]
    asked = standing.thread.ask_body.get("form")
    form = asked if isinstance(asked, Mapping) else {}
    shared = {field.id for field in order.form.fields} & {field.id for field in standing.thread.instrument.form.fields}
    content = {
        "instrument": order.id,
        "to": request.POST.get("to", ""),
        "case_reference": line.case_reference,
        "form": {name: value for name, value in form.items() if name in shared and name not in _OWN_FIELDS},
    }

    def act() -> None:
        write_draft(content, by=request.viewer, at=request.at, parent=line.id)

    told = gettext("The order is drafted: it needs the rest of its form, and whoever signs it off.")
    return done_in(request, line, act, told=told, anchor="orders")


_OWN_FIELDS = frozenset(
    {"reference", "legal_basis", "language", "requesting_authority", "issuing_authority", "urgency"}
)
"""What an order says for itself, and never takes over."""


def _order_for(standing: Standing) -> Any:
    try:
        return _ORDERS[standing.thread.instrument.purpose]
    except KeyError:
        raise Http404 from None


# --- Proof --------------------------------------------------------------------------------------


@require_GET
def proof(request: DeskRequest, request_id: UUID, letter: str) -> HttpResponse:
    """The proof of a letter: its entries in both journals, checked now, in words and as they are."""
    line = line_seen(request, request_id)
    standing = reads.standing_for(request.viewer, line.id, at=request.at)
    kept = next((each for each in standing.thread.kept if each.sha256 == letter), None)
    if kept is None:
        raise Http404
    (strip,) = strips.strips([line], viewer=request.viewer, at=request.at)
    shown = {
        "section": "watch",
        "s": strip,
        "letter": shown_letter(standing, kept, strip.name),
        "proofs": proofs.proofs_of(kept),
        "may_export": Right.EXPORT_PROOF in rights_of(request.viewer.roles),
        "member": this_node().member,
    }
    return render(request, "desk/requests/proof.html", shown)


@require_POST
def bundle(request: DeskRequest, request_id: UUID) -> HttpResponseBase:
    """The proof bundle as a file; it is written, and that it was is journalled."""
    line = line_seen(request, request_id)
    chosen = EvidenceIn.SEALED if request.POST.get("evidence") == EvidenceIn.SEALED.value else EvidenceIn.WITHOUT
    target = folders.private_folder(folders.evidence_folder() / "bundles") / f"{new_uuid()}.zip"
    try:
        write_bundle(line.id, target, by=request.viewer, at=request.at, evidence=chosen)
    except TocsinError as error:
        messages.error(request, words.said(error))
        return HttpResponseRedirect(path_of(line.id))
    stream = target.open("rb")
    target.unlink()  # what is open is read to its end, and nothing is left behind
    answer = FileResponse(stream, content_type="application/zip", filename=f"{line.id}.zip", as_attachment=True)
    answer["Cache-Control"] = "no-store"
    return answer
