"""The HTTP API: what a person does at the desk, for programs (OpenAPI 3.1, described by itself at ``/api/docs``).

A call carries ``Authorization: Bearer <token>``; a token stands for a person of this node and reaches as far as its
scopes and his roles both do. Every refusal is a problem document (RFC 9457). An entrance here parses, calls one act or
a few reads, and answers; what may be done is decided in the acts.
"""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Body, Query, Schema, Status
from ninja.security import HttpBearer

from tocsin.base import instant
from tocsin.base.ids import MemberId
from tocsin.base.plain import plain
from tocsin.base.this_node import this_node
from tocsin.gate import dossiers_api, evidence_api, notices_api, records_api
from tocsin.gate.callers import MADE, OK, Caller, caller_of, caller_with, instant_in, seen_by_caller, shown_letter
from tocsin.gate.described import DescribedAPI, PlainPage
from tocsin.gate.errors import CallFieldError
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import LetterKind
from tocsin.people import reads as people
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.acts import draft as drafting
from tocsin.requests.acts.elsewhere import export_request, record_channel_receipt, record_step_elsewhere
from tocsin.requests.acts.look import look_at_draft, look_at_request, take_request
from tocsin.requests.acts.notify import notify_authority, tell_addressee
from tocsin.requests.acts.release import decide_release
from tocsin.requests.acts.send import send_request
from tocsin.requests.acts.shift import shift_clock
from tocsin.requests.acts.sign_off import confirm_document, enter_document, sign_off
from tocsin.requests.acts.write import write_letter
from tocsin.requests.errors import LetterKindError
from tocsin.requests.provenance import provenance_of
from tocsin.requests.rules.letters import Obtained, parse_body
from tocsin.requests.shown import (
    shown_alarm,
    shown_clock,
    shown_draft,
    shown_elsewhere,
    shown_export,
    shown_line,
    shown_places,
    shown_standing,
)


class Bearer(HttpBearer):
    """A token of this node."""

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """The caller that the token stands for; raises ``UnknownTokenError``."""
        del request
        at = instant.now()
        return Caller(people.holder_of(token, at=at).actor, at)


api = DescribedAPI(
    title="Tocsin",
    version="1",
    description="Urgent requests for electronic evidence: drafts, letters, clocks and proof.",
    docs=PlainPage(),
    auth=Bearer(),
    urls_namespace="api",
)
api.add_decorator(seen_by_caller)


class LetterIn(Schema):
    """A letter to write: its kind and its body (docs/reference/protocol.md)."""

    kind: str
    body: dict[str, Any]


class SignIn(Schema):
    """A signature under a draft as it was read."""

    sha256: str
    validates: bool = False


class DocumentIn(Schema):
    """A signed document (file or scan) of somebody who has no account here; a second person confirms it."""

    sha256: str
    document_sha256: str
    signer: str
    function: str
    validates: bool = False


class ReleaseIn(Schema):
    """A decision about a drafted release."""

    release: bool
    scope: str = ""


class ShiftIn(Schema):
    """How far an exercise's clock is to stand ahead of the machine's."""

    seconds: int


class ReceiptIn(Schema):
    """What another system calls a request that was written out for it, and when it received it."""

    reference: str
    at: str


class StepIn(Schema):
    """What a side said in the other system: ``asked`` answers, ``asker`` is this office."""

    side: str
    kind: str
    body: dict[str, Any]
    at: str
    reference: str = ""


class NotifyIn(Schema):
    """The enforcing State's contact point."""

    to: str


class TellIn(Schema):
    """What became of data that had come, where a withdrawal tells the addressee."""

    obtained: str | None = None


class WatchIn(Schema):
    """Which requests to list."""

    ended: bool = False
    urgent: bool | None = None
    state: str = ""


Content = Annotated[dict[str, Any], Body(...)]
"""A draft's content: its members the rules of requests check, and not the entrance."""


# --- This node ----------------------------------------------------------------------------------


@api.get("/node", response=OK, summary="Which node this is, and its clock")
def node(request: HttpRequest) -> Any:
    caller = caller_of(request)
    shift = int(instant.shift().total_seconds())
    return Status(
        200,
        plain(
            {"member": this_node().member, "exercise": this_node().exercise, "at": caller.at, "shift_seconds": shift}
        ),
    )


@api.post("/clock", response=OK, summary="Shift the clock of an exercise node; journalled, and shown in every letter")
def clock(request: HttpRequest, shift: ShiftIn) -> Any:
    caller = caller_with(request, Right.RUN_NODE)
    shift_clock(shift.seconds, by=caller.actor, at=caller.at)
    return Status(200, plain({"shift_seconds": shift.seconds, "at": instant.now()}))


# --- Requests -----------------------------------------------------------------------------------


@api.get("/requests", response=OK, summary="The watch: requests by time left")
def watch(request: HttpRequest, which: Query[WatchIn]) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    found = reads.watch(caller.actor, ended=which.ended, urgent=which.urgent, state=which.state)
    others = reads.overlapping(caller.actor, found)
    return Status(200, [shown_line(each) | {"same_person": others.get(each.id, 0)} for each in found])


@api.get("/requests/{request_id}", response=OK, summary="Open a request; the look and its reason are journalled")
def show(request: HttpRequest, request_id: str, reason: str) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    standing = look_at_request(request_id, reason=reason, by=caller.actor, at=caller.at)
    others = reads.overlaps_for(caller.actor, request_id)
    issued = provenance_of(caller.actor, standing)
    return Status(200, shown_standing(standing, same_person=others, provenance=issued))


@api.get("/requests/{request_id}/line", response=OK, summary="A request at a glance, without its content")
def line(request: HttpRequest, request_id: str) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    return Status(200, shown_line(reads.line_for(caller.actor, request_id)))


@api.get("/requests/{request_id}/places", response=OK, summary="Letters by place and receipt, without their content")
def places(request: HttpRequest, request_id: str) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    return Status(200, shown_places(reads.thread_for(caller.actor, request_id).kept))


@api.get("/requests/{request_id}/clocks", response=OK, summary="The clocks of a request as they stand now")
def clocks(request: HttpRequest, request_id: str) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    return Status(
        200, [shown_clock(each) for each in reads.standing_for(caller.actor, request_id, at=caller.at).clocks]
    )


@api.get("/requests/{request_id}/children", response=OK, summary="Requests made to carry this one out")
def children(request: HttpRequest, request_id: str) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    return Status(200, [shown_line(each) for each in reads.children_for(caller.actor, request_id)])


@api.get("/requests/{request_id}/alarms", response=OK, summary="Who was told what about this request's clocks")
def alarms(request: HttpRequest, request_id: str) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    return Status(200, [shown_alarm(each) for each in reads.alarms_for(caller.actor, request_id)])


@api.get("/requests/{request_id}/looks", response=OK, summary="Who looked at this request, when and why")
def looks(request: HttpRequest, request_id: str) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    return Status(200, plain(reads.looks_for(caller.actor, request_id)))


@api.post("/requests/{request_id}/take", response=OK, summary="Take a request into one's hands")
def take(request: HttpRequest, request_id: str) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    take_request(request_id, by=caller.actor, at=caller.at)
    return Status(200, {"taken": request_id})


@api.post("/requests/{request_id}/letters", response=MADE, summary="Write the next letter of a thread")
def write(request: HttpRequest, request_id: str, letter: LetterIn) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)  # to send or to answer: the act knows the side
    body = parse_body(_kind(letter.kind), letter.body)
    return Status(201, shown_letter(write_letter(request_id, body, by=caller.actor, at=caller.at)))


@api.get("/requests/{request_id}/export", response=OK, summary="The files that were written out for another system")
def exported(request: HttpRequest, request_id: str) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    return Status(200, shown_export(reads.elsewhere_for(caller.actor, request_id)))


@api.post("/requests/{request_id}/receipt", response=OK, summary="Record another system's reference and receipt")
def receipt(request: HttpRequest, request_id: str, said: ReceiptIn) -> Any:
    caller = caller_with(request, Right.SEND)
    made = record_channel_receipt(
        request_id, reference=said.reference, received_at=instant_in("at", said.at), by=caller.actor, at=caller.at
    )
    return Status(200, shown_elsewhere(made))


@api.post("/requests/{request_id}/steps", response=MADE, summary="Record what a side said in the other system")
def record(request: HttpRequest, request_id: str, step: StepIn) -> Any:
    caller = caller_with(request, Right.SEND)
    standing = record_step_elsewhere(
        request_id,
        parse_body(_kind(step.kind), step.body),
        side=_side(step.side),
        received_at=instant_in("at", step.at),
        reference=step.reference,
        by=caller.actor,
        at=caller.at,
    )
    return Status(201, shown_line(standing.thread.line))


@api.post("/requests/{request_id}/notify", response=MADE, summary="Notify the enforcing authority of an order")
def notify(request: HttpRequest, request_id: str, whom: NotifyIn) -> Any:
    caller = caller_with(request, Right.SEND)
    return Status(201, shown_letter(notify_authority(request_id, to=MemberId(whom.to), by=caller.actor, at=caller.at)))


@api.post("/requests/{request_id}/tell", response=MADE, summary="Tell an order's addressee what its authority said")
def tell(request: HttpRequest, request_id: str, what: TellIn) -> Any:
    caller = caller_with(request, Right.SEND)
    made = tell_addressee(request_id, obtained=_obtained(what.obtained), by=caller.actor, at=caller.at)
    return Status(201, shown_letter(made))


@api.post("/requests/{request_id}/release", response=OK, summary="Decide about a drafted release")
def release(request: HttpRequest, request_id: str, decision: ReleaseIn) -> Any:
    caller = caller_with(request, Right.ANSWER)
    decide_release(request_id, release=decision.release, scope=decision.scope, by=caller.actor, at=caller.at)
    return Status(200, {"decided": "release" if decision.release else "keep"})


# --- Drafts -------------------------------------------------------------------------------------


@api.get("/drafts", response=OK, summary="Open drafts")
def drafts(request: HttpRequest) -> Any:
    caller = caller_with(request, Right.DRAFT)
    return Status(200, [shown_draft(each, []) for each in reads.drafts_for(caller.actor)])


@api.post("/drafts", response=MADE, summary="Keep a new draft; what is missing is told, not refused")
def new_draft(request: HttpRequest, content: Content, parent: str | None = None) -> Any:
    caller = caller_with(request, Right.DRAFT)
    made = drafting.write_draft(content, by=caller.actor, at=caller.at, parent=parent)
    return Status(201, _shown(made, caller))


@api.get("/drafts/{draft_id}", response=OK, summary="A draft with every fault, its rule and its cure")
def show_draft(request: HttpRequest, draft_id: str, reason: str = "") -> Any:
    caller = caller_with(request, Right.DRAFT)
    found = look_at_draft(draft_id, reason=reason, by=caller.actor, at=caller.at)
    return Status(200, _shown(found, caller))


@api.patch("/drafts/{draft_id}", response=OK, summary="Change a draft; sign-offs under the old content fall away")
def change(request: HttpRequest, draft_id: str, content: Content) -> Any:
    caller = caller_with(request, Right.DRAFT)
    made = drafting.change_draft(draft_id, content, by=caller.actor, at=caller.at)
    return Status(200, _shown(made, caller))


@api.delete("/drafts/{draft_id}", response=OK, summary="Give a draft up")
def discard(request: HttpRequest, draft_id: str) -> Any:
    caller = caller_with(request, Right.DRAFT)
    drafting.discard_draft(draft_id, by=caller.actor, at=caller.at)
    return Status(200, {"discarded": draft_id})


@api.post("/drafts/{draft_id}/sign-offs", response=MADE, summary="Sign a draft off as it was read")
def sign(request: HttpRequest, draft_id: str, signature: SignIn) -> Any:
    caller = caller_with(request, Right.SIGN_OFF)
    made = sign_off(
        draft_id, draft_sha256=signature.sha256, validates=signature.validates, by=caller.actor, at=caller.at
    )
    return Status(201, _shown(made, caller))


@api.post("/drafts/{draft_id}/documents", response=MADE, summary="Enter a sign-off that came as a signed document")
def enter(request: HttpRequest, draft_id: str, document: DocumentIn) -> Any:
    caller = caller_with(request, Right.DRAFT)
    made = enter_document(
        draft_id,
        draft_sha256=document.sha256,
        document_sha256=document.document_sha256,
        signer=document.signer,
        function=document.function,
        validates=document.validates,
        by=caller.actor,
        at=caller.at,
    )
    return Status(201, _shown(made, caller))


@api.post("/sign-offs/{sign_off_id}/confirm", response=OK, summary="Confirm a signed document somebody else entered")
def confirm(request: HttpRequest, sign_off_id: str) -> Any:
    caller = caller_with(request, Right.SEND)
    made = confirm_document(sign_off_id, by=caller.actor, at=caller.at)
    return Status(200, _shown(made, caller))


@api.post("/drafts/{draft_id}/send", response=MADE, summary="Send a draft that is fit and signed off")
def send(request: HttpRequest, draft_id: str) -> Any:
    caller = caller_with(request, Right.SEND)
    return Status(201, shown_letter(send_request(draft_id, by=caller.actor, at=caller.at)))


@api.post("/drafts/{draft_id}/export", response=MADE, summary="Write a draft out for the system that is its lawful way")
def export(request: HttpRequest, draft_id: str) -> Any:
    caller = caller_with(request, Right.SEND)
    return Status(201, shown_export(export_request(draft_id, by=caller.actor, at=caller.at)))


# --- Small things -------------------------------------------------------------------------------


def _shown(draft: reads.DraftView, caller: Caller) -> dict[str, Any]:
    """A draft as it stands for who calls: with its faults, and the requests of this office that it may double."""
    return shown_draft(draft, reads.faults_of_draft(draft, at=caller.at, viewer=caller.actor))


def _side(written: str) -> Side:
    if written not in {Side.ASKER.value, Side.ASKED.value}:
        raise CallFieldError(field="side", rule="asker or asked")
    return Side(written)


def _obtained(written: str | None) -> Obtained | None:
    if written is not None and written not in set(Obtained):
        raise CallFieldError(field="obtained", rule=f"one of {', '.join(Obtained)}")
    return None if written is None else Obtained(written)


def _kind(written: str) -> LetterKind:
    try:
        return LetterKind(written)
    except ValueError:
        raise LetterKindError(kind=written, kinds=", ".join(LetterKind)) from None


api.add_router("", evidence_api.router)
api.add_router("", dossiers_api.router)
api.add_router("", records_api.router)
api.add_router("", notices_api.router)
