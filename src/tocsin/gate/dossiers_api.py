"""The HTTP API of dossiers: making them, letting people in, what lies in them, and who looked at what."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from tocsin.base.plain import plain
from tocsin.dossiers import reads
from tocsin.dossiers.acts.dossiers import change_access, close_dossier, make_dossier, write_dossier_note
from tocsin.dossiers.acts.look import look_at_dossier
from tocsin.dossiers.acts.members import let_in, take_out
from tocsin.evidence import reads as evidence
from tocsin.gate.callers import MADE, OK, caller_of, caller_with, instant_in
from tocsin.gate.errors import CallFieldError
from tocsin.people.rules.rights import Right
from tocsin.requests import reads as requests
from tocsin.requests.acts.dossier import put_draft_in_dossier, put_in_dossier, take_out_of_dossier
from tocsin.requests.shown import shown_draft, shown_line

router = Router()


class DossierIn(Schema):
    """A dossier to make."""

    title: str
    members_only: bool
    reference: str = ""


class MemberIn(Schema):
    """Whom to let in (an id or a name), as what, why, and until when."""

    person: str
    capacity: str
    reason: str
    until: str | None = None


class AccessIn(Schema):
    """Whether it is its members' alone."""

    members_only: bool
    reason: str


class ReasonIn(Schema):
    """Why."""

    reason: str


class NoteIn(Schema):
    """An internal note."""

    words: str


class ThingIn(Schema):
    """A request or a draft to put in, and why."""

    reason: str
    request: str = ""
    draft: str = ""


class LooksIn(Schema):
    """From when on and until when; of one dossier, about one request with what hangs on it, or all."""

    since: str
    until: str
    dossier: str = ""
    request: str = ""


@router.get("/dossiers", response=OK, summary="The dossiers that you see")
def dossiers(request: HttpRequest, *, ended: bool = False) -> Any:
    return Status(200, plain(reads.dossiers_for(caller_with(request, Right.READ_DOSSIERS).actor, ended=ended)))


@router.post("/dossiers", response=MADE, summary="Make a dossier that you answer for")
def make(request: HttpRequest, dossier: DossierIn) -> Any:
    caller = caller_with(request, Right.KEEP_DOSSIERS)
    made = make_dossier(
        dossier.title,
        members_only=dossier.members_only,
        reference=dossier.reference,
        by=caller.actor,
        at=caller.at,
    )
    return Status(201, {"dossier": made})


@router.get("/dossiers/{dossier_id}", response=OK, summary="Open a dossier; the look and its reason are journalled")
def show(request: HttpRequest, dossier_id: str, reason: str) -> Any:
    caller = caller_with(request, Right.READ_DOSSIERS)
    return Status(200, plain(look_at_dossier(dossier_id, reason=reason, by=caller.actor, at=caller.at)))


@router.get("/dossiers/{dossier_id}/members", response=OK, summary="Who is or was in a dossier")
def members(request: HttpRequest, dossier_id: str) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    return Status(200, plain(reads.members_for(caller.actor, dossier_id)))


@router.get("/dossiers/{dossier_id}/requests", response=OK, summary="The requests that lie in a dossier")
def lies_in(request: HttpRequest, dossier_id: str) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    return Status(200, [shown_line(each) for each in requests.in_dossier(caller.actor, dossier_id)])


@router.get("/dossiers/{dossier_id}/drafts", response=OK, summary="The open drafts that lie in a dossier")
def drafts(request: HttpRequest, dossier_id: str) -> Any:
    caller = caller_with(request, Right.DRAFT)
    return Status(200, [shown_draft(each, []) for each in requests.drafts_in_dossier(caller.actor, dossier_id)])


@router.get("/dossiers/{dossier_id}/notes", response=OK, summary="The internal notes of a dossier")
def notes(request: HttpRequest, dossier_id: str) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    return Status(200, plain(reads.notes_for(caller.actor, dossier_id)))


@router.post("/dossiers/{dossier_id}/notes", response=MADE, summary="Write an internal note; it never leaves")
def note(request: HttpRequest, dossier_id: str, written: NoteIn) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS, Right.KEEP_DOSSIERS)
    made = write_dossier_note(dossier_id, written.words, by=caller.actor, at=caller.at)
    return Status(201, {"note": made})


@router.post("/dossiers/{dossier_id}/members", response=MADE, summary="Let somebody in, or change what he is there")
def let(request: HttpRequest, dossier_id: str, member: MemberIn) -> Any:
    caller = caller_with(request, Right.KEEP_DOSSIERS)
    until = instant_in("until", member.until) if member.until else None
    person = let_in(
        dossier_id,
        member.person,
        capacity=member.capacity,
        reason=member.reason,
        until=until,
        by=caller.actor,
        at=caller.at,
    )
    return Status(201, {"dossier": dossier_id, "person": person})


@router.post("/dossiers/{dossier_id}/members/{person}/end", response=OK, summary="Take somebody out")
def end(request: HttpRequest, dossier_id: str, person: str, why: ReasonIn) -> Any:
    caller = caller_with(request, Right.KEEP_DOSSIERS)
    gone = take_out(dossier_id, person, reason=why.reason, by=caller.actor, at=caller.at)
    return Status(200, {"dossier": dossier_id, "person": gone})


@router.post("/dossiers/{dossier_id}/access", response=OK, summary="Its members' alone, or read by the desk as well")
def access(request: HttpRequest, dossier_id: str, wanted: AccessIn) -> Any:
    caller = caller_with(request, Right.KEEP_DOSSIERS)
    change_access(dossier_id, members_only=wanted.members_only, reason=wanted.reason, by=caller.actor, at=caller.at)
    return Status(200, {"dossier": dossier_id, "members_only": wanted.members_only})


@router.post("/dossiers/{dossier_id}/close", response=OK, summary="Close a dossier: nothing is put into it any more")
def close(request: HttpRequest, dossier_id: str, why: ReasonIn) -> Any:
    caller = caller_with(request, Right.KEEP_DOSSIERS)
    close_dossier(dossier_id, reason=why.reason, by=caller.actor, at=caller.at)
    return Status(200, {"closed": dossier_id})


@router.post("/dossiers/{dossier_id}/things", response=OK, summary="Put a request or a draft into a dossier")
def put(request: HttpRequest, dossier_id: str, thing: ThingIn) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS, Right.KEEP_DOSSIERS)
    if bool(thing.request) == bool(thing.draft):
        raise CallFieldError(field="request", rule="either a request or a draft")
    if thing.request:
        put_in_dossier(thing.request, dossier_id, reason=thing.reason, by=caller.actor, at=caller.at)
    else:
        put_draft_in_dossier(thing.draft, dossier_id, reason=thing.reason, by=caller.actor, at=caller.at)
    return Status(200, {"dossier": dossier_id})


@router.post("/requests/{request_id}/leave-dossier", response=OK, summary="Take a request out of its dossier")
def leave(request: HttpRequest, request_id: str, why: ReasonIn) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS, Right.KEEP_DOSSIERS)
    take_out_of_dossier(request_id, reason=why.reason, by=caller.actor, at=caller.at)
    return Status(200, {"request": request_id})


# Who answers for a dossier gets the list of its looks without the right to all of them: the read asks.
@router.get("/looks", response=OK, summary="Who looked at what, and why: for owners and the data protection officer")
def looks(request: HttpRequest, which: Query[LooksIn]) -> Any:
    caller = caller_of(request)
    since, until = instant_in("since", which.since), instant_in("until", which.until)
    if which.request:
        found = evidence.looks_about(caller.actor, which.request)
        return Status(200, plain([each for each in found if since <= each.at < until]))
    return Status(200, plain(requests.all_looks_for(caller.actor, since=since, until=until, dossier=which.dossier)))
