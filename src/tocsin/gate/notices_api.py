"""The HTTP API of call-backs, forgeries and warnings."""

from typing import Any, TypeVar

from django.http import HttpRequest
from ninja import Router, Schema, Status

from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant, parse
from tocsin.gate.callers import MADE, OK, Caller, caller_with
from tocsin.gate.errors import CallFieldError
from tocsin.notices import reads as notices
from tocsin.notices.rules.features import Features, Typed, features_of
from tocsin.notices.rules.notice import USUAL_DAYS, Why
from tocsin.people.rules.rights import Right
from tocsin.requests import forged
from tocsin.requests.acts.call_back import confirm_call_back, go_without_call_back, record_call_back
from tocsin.requests.acts.forgery import confirm_forgery, mark_forged, take_back_forgery
from tocsin.requests.rules.call_back import Outcome
from tocsin.requests.shown import shown_forgery, shown_warning
from tocsin.wire import peers

router = Router()
_Code = TypeVar("_Code", Outcome, Why)


class CallBackIn(Schema):
    """A call to the number in the directory, and what came of it."""

    number_from_card: str
    outcome: str
    answered_by: str = ""
    words: str = ""
    claimed: str = ""


class ReasonIn(Schema):
    """Why, in writing."""

    reason: str


class ForgeryIn(Schema):
    """What lets others know a forgery again. Addresses are told as hashes; ``words`` stay in this house."""

    channel: str
    seen: str
    member: str = ""
    country: str = ""
    office: str = ""
    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    wording: tuple[str, ...] = ()
    instrument: str = ""
    asked: tuple[str, ...] = ()
    words: str = ""


class ConfirmIn(Schema):
    """For how many days everybody is warned."""

    days: int = USUAL_DAYS


class WhyIn(Schema):
    """Why it is taken back: ``mistaken`` or ``settled``."""

    why: str


@router.post("/requests/{request_id}/call-backs", response=MADE, summary="Write down that an authority was called back")
def call_back(request: HttpRequest, request_id: str, call: CallBackIn) -> Any:
    caller = caller_with(request, Right.ANSWER)
    made = record_call_back(
        request_id,
        number_from_card=call.number_from_card,
        answered_by=call.answered_by,
        words=call.words,
        outcome=_one_of(Outcome, "outcome", call.outcome),
        claimed=MemberId(call.claimed) if call.claimed else None,
        by=caller.actor,
        at=caller.at,
    )
    return Status(201, {"call_back": made})


@router.post("/call-backs/{call_back_id}/confirm", response=OK, summary="Confirm a call-back as a second person")
def confirm_call(request: HttpRequest, call_back_id: str) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    confirm_call_back(call_back_id, by=caller.actor, at=caller.at)
    return Status(200, {"confirmed": call_back_id})


@router.post(
    "/requests/{request_id}/go-without",
    response=OK,
    summary="Decide to give data although nobody answered, where a life is at risk",
)
def go_without(request: HttpRequest, request_id: str, why: ReasonIn) -> Any:
    caller = caller_with(request, Right.ANSWER)
    go_without_call_back(request_id, reason=why.reason, by=caller.actor, at=caller.at)
    return Status(200, {"without": request_id})


@router.post("/requests/{request_id}/forgery", response=MADE, summary="Say that a request is forged")
def mark(request: HttpRequest, request_id: str, forgery: ForgeryIn) -> Any:
    return _marked(caller_with(request, Right.ANSWER), request_id, forgery)


@router.post("/forgeries", response=MADE, summary="Say that something is forged which nobody took in")
def mark_what_came(request: HttpRequest, forgery: ForgeryIn) -> Any:
    return _marked(caller_with(request, Right.ANSWER), None, forgery)


@router.get("/forgeries", response=OK, summary="What is said forged and waits for a second person")
def waiting(request: HttpRequest) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    return Status(200, [shown_forgery(each) for each in forged.waiting_for_second(caller.actor)])


@router.post("/forgeries/{forgery_id}/confirm", response=OK, summary="Confirm a forgery: everybody is warned")
def confirm(request: HttpRequest, forgery_id: str, until: ConfirmIn) -> Any:
    caller = caller_with(request, Right.ANSWER)
    return Status(200, {"warning": confirm_forgery(forgery_id, by=caller.actor, at=caller.at, days=until.days)})


@router.post("/forgeries/{forgery_id}/take-back", response=OK, summary="Take it back; whoever was warned is told")
def take_back(request: HttpRequest, forgery_id: str, said: WhyIn) -> Any:
    caller = caller_with(request, Right.ANSWER)
    take_back_forgery(forgery_id, why=_one_of(Why, "why", said.why), by=caller.actor, at=caller.at)
    return Status(200, {"taken_back": forgery_id})


@router.get(
    "/warnings", response=OK, summary="What everybody is warned of; those that ended or were withdrawn on demand"
)
def warnings(request: HttpRequest, *, past: bool = False) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    found = notices.warnings(caller.actor, at=peers.machine_instant(caller.at), all_of_them=past)
    return Status(200, [shown_warning(each) for each in found])


@router.get("/warnings/{warning_id}", response=OK, summary="A warning, and how far one of ours has come")
def warning(request: HttpRequest, warning_id: str) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    return Status(200, shown_warning(notices.warning_for(caller.actor, warning_id)))


def _marked(caller: Caller, request_id: str | None, said: ForgeryIn) -> Any:
    made = mark_forged(request_id, _features(said), words=said.words, by=caller.actor, at=caller.at)
    return Status(201, {"forgery": made})


def _features(said: ForgeryIn) -> Features:
    listed = {
        name: tuple(getattr(said, name))
        for name in ("addresses", "domains", "phones", "files", "keys", "wording", "asked")
    }
    return features_of(
        Typed(
            channel=said.channel,
            seen=_instant(said.seen),
            member=said.member,
            country=said.country,
            office=said.office,
            instrument=said.instrument,
            **listed,
        )
    )


def _instant(written: str) -> Instant:
    try:
        return parse(written)
    except (ValueError, OverflowError):
        raise CallFieldError(field="seen", rule="an instant, RFC 3339 with an offset") from None


def _one_of(codes: type[_Code], field: str, said: str) -> _Code:
    if said not in list(codes):
        raise CallFieldError(field=field, rule=f"one of {', '.join(codes)}")
    return codes(said)
