"""Composing: from the need to the open ways, from a way to the form of its instrument, to the letter that leaves.

What is pasted holds personal data and stands in no address of a page: the start is a form that is posted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tocsin.base.actor import Actor
from tocsin.base.errors import RuleError, TocsinError
from tocsin.base.ids import MEMBER_PATTERN, MemberId, is_uuid
from tocsin.desk import drafting, letters, words
from tocsin.desk.drafting import Section, Told
from tocsin.desk.needs import CATEGORIES, DANGERS, NEEDS
from tocsin.desk.once import answer_once
from tocsin.desk.viewer import DeskRequest, zone_of_node
from tocsin.directory import reads as directory
from tocsin.directory.errors import UnknownMemberError
from tocsin.directory.rules.card import Card, CardKind
from tocsin.directory.rules.hearsay import is_hearsay
from tocsin.directory.rules.sight import ContactView
from tocsin.directory.rules.sight import Known as HowKnown
from tocsin.dossiers.errors import DossierReasonError
from tocsin.exercise.acts.send import note_stopped
from tocsin.law.faults import FaultCode, Severity
from tocsin.law.instrument import instrument
from tocsin.law.provisions import FieldKind, Instrument
from tocsin.law.rendering import fields_kept_from_addressee
from tocsin.law.routes import Route, channels_in_order, routes
from tocsin.law.setting import CarriedClock, Party, circumstances_of_form
from tocsin.law.treaty import name_of, states
from tocsin.law.vocabulary import Confidence, Danger, DataCategory, Known, LetterKind, PartyKind, StateCode
from tocsin.people import reads as people
from tocsin.people.errors import SignOffMissingError
from tocsin.people.rules import four_eyes, rights
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import Json, canonical
from tocsin.requests import reads
from tocsin.requests.acts.by_form import goes_as_form
from tocsin.requests.acts.draft import change_draft, discard_draft, write_draft
from tocsin.requests.acts.look import look_at_draft
from tocsin.requests.acts.send import send_request, would_leave
from tocsin.requests.acts.sign_off import sign_off
from tocsin.requests.counterparts import counterpart_of, party_of
from tocsin.requests.errors import DraftChangedError, DraftMovedError, UnknownDraftError
from tocsin.requests.reads import DraftView
from tocsin.requests.rules.drafts import merged, read_content
from tocsin.requests.rules.pasted import recognised

_BY_PAGE = "HX-Request"
"""The header of what a page asks by itself, while somebody still chooses."""
_ASKS = {
    "at": gettext_noop("when it was seen"),
    "zone": gettext_noop("the time zone"),
    "port": gettext_noop("the source port"),
}
"""What is still asked of an address."""
_LOOKED = "drafts-looked"
"""Under which the session keeps which drafts were opened in it."""


# --- The need, the counterpart, the data, and the ways ------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What was chosen at the start."""

    need: str
    to: str
    category: str
    danger: str
    case_reference: str
    pasted: str
    dossier: str

    @property
    def member(self) -> MemberId | None:
        """The contact point, where one was chosen."""
        return MemberId(self.to) if MEMBER_PATTERN.fullmatch(self.to) else None


def _asked(sent: QueryDict) -> _Asked:
    need = NEEDS.get(sent.get("need", ""))
    category, danger = sent.get("category", ""), sent.get("danger", "")
    if need and category not in list(DataCategory):
        category = need.category.value
    if need and not danger:
        danger = need.danger.value if need.danger else "none"
    dossier = sent.get("dossier", "")
    return _Asked(
        need=need.id if need else "",
        to=sent.get("to", ""),
        category=category,
        danger=danger,
        case_reference=sent.get("case_reference", "").strip()[:200],
        pasted=sent.get("pasted", ""),
        dossier=dossier if is_uuid(dossier) else "",
    )


@require_http_methods(["GET", "POST"])
def start(request: DeskRequest) -> HttpResponse:
    """What is needed, from whom, which data; the open ways; and a draft under the one that is chosen."""
    rights.check(request.viewer, Right.DRAFT)
    asked = _asked(request.POST if request.method == "POST" else request.GET)
    chosen = request.POST.get("instrument", "")
    if chosen and asked.need and asked.member:
        return _begin(request, asked, chosen)
    return _start_page(request, asked)


def _begin(request: DeskRequest, asked: _Asked, chosen: str) -> HttpResponse:
    def act() -> str:
        content = first_content(asked, chosen, viewer=request.viewer)
        made = write_draft(content, by=request.viewer, at=request.at, dossier=asked.dossier or None)
        return reverse("draft", args=[made.id])

    try:
        return answer_once(request, act)
    except TocsinError as error:
        return _start_page(request, asked, error=words.said(error))


def _start_page(request: DeskRequest, asked: _Asked, *, error: str = "") -> HttpResponse:
    found = recognised(asked.pasted)
    faults = _not_said(asked) if request.method == "POST" else {}
    open_ways: list[dict[str, Any]] = []
    closed: list[dict[str, Any]] = []
    if asked.need and asked.to and not faults:
        open_ways, closed = _ways(request, asked)
    shown = {
        "section": "compose",
        "asked": asked,
        "needs": NEEDS.values(),
        "counterparts": _counterparts(),
        "countries": [(each.code, name_of(each.code)) for each in states().values()],
        "categories": [(each.value, *said) for each, said in CATEGORIES.items()],
        "dangers": [(each.value, said) for each, said in DANGERS.items()],
        "found": [(each, [gettext(_ASKS[need]) for need in each.asks]) for each in found],
        "nothing_found": bool(asked.pasted.strip()) and not found,
        "open": open_ways,
        "closed": closed,
        "silent": _silent(asked),
        "to_nobody": bool(asked.to) and asked.member is None,
        "error": error,
        "faults": faults,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error or (faults and _BY_PAGE not in request.headers) else HTTPStatus.OK
    return render(request, "desk/compose/start.html", shown, status=status)


def _not_said(asked: _Asked) -> dict[str, str]:
    missing = {}
    if not asked.need:
        missing["need"] = gettext("Say what you need.")
    if not asked.to:
        missing["to"] = gettext("Choose whom you ask.")
    return missing


def _counterparts() -> list[tuple[str, list[tuple[str, str]]]]:
    """Everybody that is known, by country, those that answer first: id, and name with what is to be known of it."""
    grouped: dict[str, list[tuple[str, str]]] = {}
    for each in directory.contacts():
        kind = gettext("provider") if each.kind is CardKind.PROVIDER else gettext("contact point")
        grouped.setdefault(each.country, []).append((each.member, f"{each.name} · {kind}{_doubt(each)}"))
    return sorted(((name_of(country), members) for country, members in grouped.items()), key=lambda each: each[0])


def _doubt(contact: ContactView) -> str:
    told = {HowKnown.HEARSAY: gettext("by hearsay, no node"), HowKnown.UNCONFIRMED: gettext("no letters pass")}
    said = [told[contact.known]] if contact.known in told else []
    if contact.fades:
        said.append(gettext("does not answer"))
    return f" ({', '.join(said)})" if said else ""


def _silent(asked: _Asked) -> dict[str, Any] | None:
    """What is said of somebody who does not answer: since when, and who of the same country does."""
    try:
        found = directory.contact(asked.member) if asked.member else None
    except UnknownMemberError:
        return None
    if found is None or not found.fades:
        return None
    names = directory.contacts_named(found.instead)
    return {"since": found.last_answer, "instead": [(each, names.get(each, each)) for each in found.instead[:3]]}


def _ways(request: DeskRequest, asked: _Asked) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    need = NEEDS[asked.need]
    party = _party(asked.to)
    if party is None:
        return [], []
    danger = Danger(asked.danger) if asked.danger in list(Danger) else None
    found = routes(
        reads.own_party(),
        party,
        category=DataCategory(asked.category),
        on=request.at.date(),
        danger=danger,
        urgent=need.urgent or danger is not None,
        tables=directory.national_tables(),
    )
    mine = [_way(each, request) for each in found if each.instrument.purpose in need.purposes]
    return [each for each in mine if not each["closed"]], [each for each in mine if each["closed"]]


def _party(to: str) -> Party | None:
    member = MemberId(to) if MEMBER_PATTERN.fullmatch(to) else None
    if member:
        card = directory.cards_shown([member]).get(member)
        return party_of(card) if card else _party_by_hearsay(member)
    if to in states():
        return Party(kind=PartyKind.STATE, state=StateCode(to))
    return None


def _party_by_hearsay(member: MemberId) -> Party | None:
    try:
        return counterpart_of(member).party if is_hearsay(member) else None
    except UnknownMemberError:
        return None


def _way(route: Route, request: DeskRequest) -> dict[str, Any]:
    law, who = route.instrument, route.signatories
    return {
        "id": law.id,
        "title": words.law(law.title),
        "basis": replace(law.basis, confidence=Confidence.PAGE),
        "memory": law.basis.confidence is not Confidence.PAGE,
        "confidence": str(law.basis.confidence),
        "sure": route.answer is Known.YES,
        "closed": [(gettext(each.text), each.rule) for each in route.closed_because],
        "warnings": [(gettext(each.text), each.rule) for each in route.warnings if each.code != _COMPETENCE],
        "who": _who(route),
        "who_rule": who.rule if who else "",
        "who_known": bool(who and who.recorded),
        "coercive": law.coercive,
        "clocks": [_clock(each) for each in route.clocks if each.clock.starts],
        "channels": [words.law(each.label) for each in channels_in_order(law, on=request.at.date())],
        "ours_first": next(iter(route.channels)).ours,
        "emergency": route.is_emergency,
    }


_COMPETENCE = "competence-not-recorded"
"""Said where it is said who signs."""


def _who(route: Route) -> str:
    who = route.signatories
    if who is None:
        return ""
    if not who.recorded:
        return who.rule
    said = [", ".join(words.word(each.value) for each in who.alone)] if who.alone else []
    if who.validated:
        first = ", ".join(words.word(each.value) for each in who.validated)
        second = ", ".join(words.word(each.value) for each in who.validators)
        said.append(gettext("%(first)s, validated by %(second)s") % {"first": first, "second": second})
    return gettext("; or ").join(said)


def _clock(carried: CarriedClock) -> dict[str, Any]:
    clock, rule = carried.clock, carried.clock.rule
    unit = gettext(str(rule.unit).replace("_", " "))
    return {
        "step": words.law(clock.step),
        "duty": words.law(clock.obligation),
        "length": unit if rule.value is None else f"{rule.value} {unit}",
        "article": rule.article,
        "memory": not rule.confirmed,
        "unknown": carried.applies is Known.UNKNOWN,
    }


# --- A draft's first content --------------------------------------------------------------------


def first_content(asked: _Asked, chosen: str, *, viewer: Actor) -> dict[str, Any]:
    """What a draft says before anybody filled in its form: what is known already."""
    law, to = instrument(chosen), MemberId(asked.to)
    card = directory.cards_shown([to]).get(to)
    language = _language_for(card.languages if card else _read_by_hearsay(to))
    form: dict[str, Json] = {}
    for field in law.form.fields:
        value = _known(field.id, field.kind, asked, law=law, viewer=viewer, language=language)
        if value:
            form[field.id] = value
    channels = [each.id for each in law.channels]
    return {
        "instrument": law.id,
        "to": to,
        "case_reference": asked.case_reference,
        "language": language,
        "form": form,
        "channel": "tocsin" if "tocsin" in channels else channels[0],
    }


def _known(  # noqa: PLR0911 - one flat table of kinds
    name: str, kind: FieldKind, asked: _Asked, *, law: Instrument, viewer: Actor, language: str
) -> Json:
    match kind:
        case FieldKind.CATEGORIES:
            return [asked.category] if asked.category in law.categories else None
        case FieldKind.IDENTIFIERS:
            return [each.identifier for each in recognised(asked.pasted)]
        case FieldKind.LANGUAGE:
            return language
        case FieldKind.EMERGENCY | FieldKind.URGENCY:
            counted = law.emergency if kind is FieldKind.EMERGENCY else law.urgency
            fits = counted is not None and asked.danger in {each.id for each in counted.options}
            return {"ground": asked.danger} if fits else None
        case FieldKind.AUTHORITY if name == "requesting_authority":
            own = directory.own_card()
            return {"name": own.card.name, "person": viewer.name, "phone": own.card.phone or ""} if own else None
        case FieldKind.TEXT if name == "reference":
            return asked.case_reference
        case FieldKind.CHOICE if name == "status":
            field = law.form.field(name)
            return "new" if field and "new" in {each.id for each in field.options} else None
        case _:
            return None


def _read_by_hearsay(member: MemberId) -> Sequence[str]:
    try:
        return directory.contact(member).languages if is_hearsay(member) else ()
    except UnknownMemberError:
        return ()


def _language_for(languages: Sequence[str]) -> str:
    """The writer's own language where the other side reads it; else English, else what it reads."""
    takes = [each.partition("-")[0] for each in languages]
    own = (translation.get_language() or "en").partition("-")[0]
    return next((each for each in (own, "en") if each in takes), takes[0] if takes else "en")


# --- Drafts -------------------------------------------------------------------------------------


@require_GET
def drafts(request: DeskRequest) -> HttpResponse:
    """The drafts that are open, with what they wait for."""
    found = reads.drafts_for(request.viewer)
    names = people.names_of({each.written_by for each in found})
    called = directory.contacts_named({each.content.to for each in found})
    shown = [
        {
            "draft": each,
            "title": words.law(instrument(each.content.instrument).title),
            "to": called.get(each.content.to, each.content.to),
            "by": names.get(each.written_by, ""),
            "coercive": instrument(each.content.instrument).coercive,
        }
        for each in found
    ]
    return render(request, "desk/compose/drafts.html", {"section": "drafts", "drafts": shown})


def _draft(request: DeskRequest, draft: UUID) -> DraftView:
    try:
        return reads.draft_for(request.viewer, str(draft))
    except UnknownDraftError:
        raise Http404 from None


def _looked_at(request: DeskRequest, draft: UUID, reason: str = "") -> DraftView:
    """The draft, looked at; once in a session. Raises ``DossierReasonError`` where the reason is not plain."""
    view = _draft(request, draft)
    looked: list[str] = request.session.get(_LOOKED, [])
    if view.id not in looked:
        look_at_draft(view.id, reason=reason, by=request.viewer, at=request.at)
        request.session[_LOOKED] = [*looked, view.id]
    return view


def _ask_reason(request: DeskRequest, draft: UUID, *, error: str = "") -> HttpResponse:
    view = _draft(request, draft)
    shown = {"section": "drafts", "draft": view, "error": error, "title": _title(view)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render(request, "desk/compose/reason.html", shown, status=status)


def _title(view: DraftView) -> str:
    return words.law(instrument(view.content.instrument).title)


@require_POST
def open_draft(request: DeskRequest, draft_id: UUID) -> HttpResponse:
    """Open a draft for a reason that is said."""
    try:
        _looked_at(request, draft_id, request.POST.get("reason", ""))
    except DossierReasonError as error:
        return _ask_reason(request, draft_id, error=words.said(error))
    return HttpResponseRedirect(reverse("draft", args=[draft_id]))


# --- The form -----------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def draft(request: DeskRequest, draft_id: UUID) -> HttpResponse:
    """The form of a draft: filled in, checked, kept."""
    try:
        view = _looked_at(request, draft_id)
    except DossierReasonError:
        return _ask_reason(request, draft_id)
    if request.method == "GET":
        return _form_page(request, view, missing="missing" in request.GET)
    if request.POST.get("do") == "check":
        return _form_page(request, _typed(request, view), missing=True, asked_for=True)
    return _keep(request, view)


@require_POST
def check(request: DeskRequest, draft_id: UUID) -> HttpResponse:
    """What would be said of the draft as it is typed now; nothing is kept."""
    view = _typed(request, _draft(request, draft_id))
    return render(request, "desk/compose/check.html", _form_shown(request, view, missing=False))


def _typed(request: DeskRequest, view: DraftView) -> DraftView:
    """The draft as if what is typed were kept."""
    content = read_content(merged(view.content.raw, _written(request.POST, view)))
    return replace(view, content=content)


def _written(sent: QueryDict, view: DraftView) -> dict[str, Any]:
    """What was typed, as a change of a draft."""
    law = instrument(view.content.instrument)
    form = drafting.form_of(law, sent, view.content.form)
    field = law.form.of_kind(FieldKind.LANGUAGE)
    language = form.get(field.id) if field else None
    ground = sent.get("other_way.ground", "")
    reasons = {name.removeprefix("override."): sent.get(name, "").strip() for name in sent if _is_override(name)}
    return {
        "form": form,
        "case_reference": sent.get("case_reference", "").strip(),
        "language": language if isinstance(language, str) else view.content.language,
        "channel": sent.get("channel", view.content.channel),
        "other_way": {"ground": ground, "words": sent.get("other_way.words", "").strip()} if ground else None,
        "earlier": sorted({each for each in sent.getlist("earlier") if is_uuid(each)}),
        "overrides": [{"rule": rule, "reason": reason} for rule, reason in sorted(reasons.items()) if reason],
    }


def _is_override(name: str) -> bool:
    return name.startswith("override.") and name.removeprefix("override.") in list(FaultCode)


def _keep(request: DeskRequest, view: DraftView) -> HttpResponse:
    onward = request.POST.get("do", "")
    page = "draft-letter" if onward == "letter" else "draft"

    def act() -> str:
        written, seen = _written(request.POST, view), request.POST.get("seen", "")
        content = read_content(merged(view.content.raw, written))
        if content.sha256 != view.content.sha256 or seen != view.content.sha256:
            change_draft(view.id, written, by=request.viewer, at=request.at, expects=seen)
        return reverse(page, args=[view.id]) + ("?more" if onward == "more" else "")

    try:
        answer = answer_once(request, act)
    except DraftMovedError as error:
        return _form_page(
            request, _typed(request, view), missing=False, status=HTTPStatus.CONFLICT, moved=words.said(error)
        )
    except TocsinError as error:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _form_page(request, view, missing=False, status=status, error=words.said(error))
    if page == "draft":
        messages.success(request, gettext("The draft is kept."))
    return answer


def _form_page(
    request: DeskRequest,
    view: DraftView,
    *,
    missing: bool,
    status: HTTPStatus = HTTPStatus.OK,
    asked_for: bool = False,
    moved: str = "",
    error: str = "",
) -> HttpResponse:
    shown = _form_shown(request, view, missing=missing)
    if asked_for and shown["stops"]:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    found = {**shown, "asked_for": asked_for, "moved": moved, "error": error, "kept": _draft(request, UUID(view.id))}
    return render(request, "desk/compose/draft.html", found, status=status)


def _form_shown(request: DeskRequest, view: DraftView, *, missing: bool) -> dict[str, Any]:
    law = instrument(view.content.instrument)
    card = directory.cards_shown([view.content.to]).get(view.content.to)
    parts = _sections(request, view, law, card)
    faults = drafting.told(reads.faults_of_draft(view, at=request.at, viewer=request.viewer), parts)
    drafting.place(faults, parts, missing=missing)
    channels = channels_in_order(law, on=request.at.date())
    return {
        "section": "drafts",
        "draft": view,
        "law": law,
        "title": words.law(law.title),
        "article": replace(law.basis, confidence=Confidence.PAGE),
        "memory": law.basis.confidence is not Confidence.PAGE,
        "to": card.name if card else directory.contacts_named([view.content.to]).get(view.content.to, view.content.to),
        "parts": parts,
        "asked": " ".join(spec.id for part in parts for spec in part.fields if spec.asked),
        "needed": " ".join(spec.id for part in parts for spec in part.fields if spec.needed),
        "language": view.content.language,
        "channels": [(each.id, words.law(each.label)) for each in channels],
        "channel_grounds": [(ground.id, words.law(ground.label)) for each in channels for ground in each.grounds],
        "other_way": view.content.other_way,
        "reasons": {each.rule: each.reason for each in view.content.overrides},
        "may_change": Right.DRAFT in rights.rights_of(request.viewer.roles),
        "may_sign": Right.SIGN_OFF in rights.rights_of(request.viewer.roles),
        "unsigned": _unsigned(view, law),
        "every_part": "more" in request.GET,
        **_sorted(faults, view),
    }


def _unsigned(view: DraftView, law: Instrument) -> str:
    """What is said while nobody signed what may not leave unsigned."""
    if not law.coercive:
        return ""
    try:
        four_eyes.check_signed(view.signed, rule=str(law.basis))
    except SignOffMissingError as error:
        return words.said(error)
    return ""


def _sections(request: DeskRequest, view: DraftView, law: Instrument, card: Card | None) -> list[Section]:
    around = circumstances_of_form(
        law,
        view.content.form,
        sender=reads.own_party(),
        recipient=(party_of(card) if card else _party_by_hearsay(view.content.to)) or reads.own_party(),
        on=request.at.date(),
        tables=directory.national_tables(),
    )
    zones = list(dict.fromkeys([request.zone, zone_of_node(), *([card.zone] if card else [])]))
    every_part = "more" in request.GET
    return drafting.sections(law, view.content.form, around, zones=zones, every_part=every_part)


def _sorted(faults: Sequence[Told], view: DraftView) -> dict[str, Any]:
    """Faults by what they do: those that will get it refused, what is missing, signatures, doubts, double work."""
    stops = [each for each in faults if each.fault.severity is Severity.STOPS]
    reasons = {each.rule for each in view.content.overrides}
    ends = {each.fault.code: each for each in faults if each.fault.overridable}
    return {
        "stops": stops,
        "wrong": [each for each in stops if not each.missing and not _of_hands(each)],
        "missing_ones": [each for each in stops if each.missing],
        "hands": [each for each in stops if _of_hands(each)],
        "doubts": [each for each in faults if _warns(each) and each.fault.code is not FaultCode.ALREADY_ASKED],
        "double": [(each, dict(each.fault.named)) for each in faults if each.fault.code is FaultCode.ALREADY_ASKED],
        "overridable": [each for code, each in ends.items() if code not in reasons],
    }


def _of_hands(each: Told) -> bool:
    """Whether a signature is what it lacks."""
    return each.fault.field == "sign_offs"


def _warns(each: Told) -> bool:
    return each.fault.severity is Severity.WARNS


@require_POST
def discard(request: DeskRequest, draft_id: UUID) -> HttpResponse:
    """Give a draft up."""

    def act() -> str:
        discard_draft(str(draft_id), by=request.viewer, at=request.at)
        return reverse("drafts")

    try:
        answer = answer_once(request, act)
    except UnknownDraftError:
        raise Http404 from None
    messages.success(request, gettext("The draft was given up."))
    return answer


# --- The letter ---------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def letter(request: DeskRequest, draft_id: UUID) -> HttpResponse:
    """The letter as the other side will read it, and the button that sends it."""
    if request.method == "POST":
        return _send(request, draft_id)
    try:
        return _letter_page(request, _looked_at(request, draft_id))
    except DossierReasonError:
        return _ask_reason(request, draft_id)


def _send(request: DeskRequest, draft_id: UUID) -> HttpResponse:
    seen = request.POST.get("seen", "")

    def act() -> str:
        sent = send_request(str(draft_id), by=request.viewer, at=request.at, expects=seen)
        return reverse("request", args=[sent.thread])

    try:
        answer = answer_once(request, act)
    except UnknownDraftError:
        raise Http404 from None
    except TocsinError as error:
        note_stopped(str(draft_id), error, by=request.viewer, at=request.at)
        return _letter_page(request, _draft(request, draft_id), error=words.said(error), status=error.status)
    messages.success(request, gettext("The request is signed and on its way."))
    return answer


def _letter_page(
    request: DeskRequest, view: DraftView, *, error: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    shown = _form_shown(request, view, missing=False)
    card = directory.cards_shown([view.content.to]).get(view.content.to)
    theirs = _their_language(card)
    held = rights.rights_of(request.viewer.roles)
    with translation.override(theirs):
        read_there = _as_read(view, shown["law"], request)
        read_there["title"] = words.law(shown["law"].title)
    found = {
        **shown,
        **read_there,
        "own_title": shown["title"],
        "theirs": theirs,
        "theirs_name": letters.language_name(theirs),
        "untranslated": theirs != "en" and read_there["title"] == shown["law"].title,
        "their_zone": card.zone if card else "UTC",
        "signatures": _signatures(view),
        "may_send": Right.SEND in held and not shown["stops"] and not shown["unsigned"],
        "has_send": Right.SEND in held,
        "by_form": goes_as_form(view),
        "error": error,
        "channel_label": dict(shown["channels"]).get(view.content.channel, view.content.channel),
    }
    return render(request, "desk/compose/letter.html", found, status=status)


def _their_language(card: Card | None) -> str:
    """The language in which the other side's desk shows letters: the first that its card names and we have words in."""
    known = {code for code, _name in settings.LANGUAGES}
    takes = [each.partition("-")[0] for each in card.languages] if card else []
    official = states()[StateCode(card.country)].languages if card and card.country in states() else ()
    own = [each for each in official if each in takes]
    return next((each for each in (*own, *takes) if each in known), "en")


def _as_read(view: DraftView, law: Instrument, request: DeskRequest) -> dict[str, Any]:
    """The letter in the language that is active."""
    try:
        body: Mapping[str, Json] = would_leave(view, at=request.at)
        whole = True
    except (RuleError, ValueError):  # a draft that is no letter yet: its form alone
        body, whole = {"form": dict(view.content.form)}, False
    level, reason, reply_by = letters.urgency_of(body)
    return {
        "letter": letters.said_in(LetterKind.ASK, body, law),
        "level": words.word(f"urgency:{level}") if level in {"urgent", "emergency"} else "",
        "reason": reason,
        "reply_by": reply_by,
        "whole": whole,
        "exactly": canonical(dict(body)).decode(),
    }


def _signatures(view: DraftView) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "function": words.word(each.function),
            "at": each.at,
            "validates": each.validates,
            "counts": each in view.signed,
            "document": each.document_sha256,
        }
        for each in view.sign_offs
    ]


# --- Signing off --------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def sign(request: DeskRequest, draft_id: UUID) -> HttpResponse:
    """Exactly what is signed, to the one who has the power; never by one who wrote in it."""
    rights.check(request.viewer, Right.SIGN_OFF)
    try:
        view = _looked_at(request, draft_id)
    except DossierReasonError:
        return _ask_reason(request, draft_id)
    if request.method == "GET":
        return _sign_page(request, view)
    read, validates = request.POST.get("seen", ""), request.POST.get("as") == "validates"

    def act() -> str:
        sign_off(view.id, draft_sha256=read, by=request.viewer, at=request.at, validates=validates)
        return reverse("draft-letter", args=[view.id])

    try:
        answer = answer_once(request, act)
    except DraftChangedError as error:
        return _sign_page(request, _draft(request, draft_id), error=words.said(error), status=error.status)
    except TocsinError as error:
        return _sign_page(request, view, error=words.said(error), status=error.status)
    messages.success(request, gettext("You signed it off; it leaves when somebody sends it."))
    return answer


def _sign_page(request: DeskRequest, view: DraftView, *, error: str = "", status: int = HTTPStatus.OK) -> HttpResponse:
    shown = _form_shown(request, view, missing=False)
    me = people.person(request.viewer.person)
    found = {
        **shown,
        **_as_read(view, shown["law"], request),
        "content": canonical(dict(view.content.raw)).decode(),
        "sha256": view.content.sha256,
        "me": me,
        "function": words.word(me.function) if me.function else "",
        "written_by": people.name_of(view.written_by),
        "validators": any(each.validators for each in shown["law"].competences),
        "signatures": _signatures(view),
        "kept_words": _kept_from_addressee(view, shown["law"]),
        "error": error,
    }
    return render(request, "desk/compose/sign.html", found, status=status)


def _kept_from_addressee(view: DraftView, law: Instrument) -> list[letters.Said]:
    """What the addressee never reads, and the signer has to."""
    kept = fields_kept_from_addressee(law)
    form = {name: value for name, value in view.content.form.items() if name in kept}
    return letters.said_in(LetterKind.ASK, {"form": form}, law)
