"""Putting requests and drafts into dossiers, and taking requests out; each with a reason."""

from uuid import UUID

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import DossierId, new_uuid
from tocsin.base.instant import Instant
from tocsin.dossiers import reads as dossiers
from tocsin.dossiers.acts.dossiers import check_reason
from tocsin.dossiers.errors import SecondWorkerError
from tocsin.dossiers.reads import Place
from tocsin.dossiers.rules.sight import keeps_two_workers
from tocsin.journal import acts as journal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.acts.persons import check_person
from tocsin.requests.entries import PutInDossier, TakenOutOfDossier
from tocsin.requests.models import Draft, HandOver, Request


def put_in_dossier(request: str, dossier: str, *, reason: str, by: Actor, at: Instant) -> None:
    """Put a request into a dossier, out of the one in which it lay.

    In a dossier of its members alone it is in the hands of one of those who work there: if it was in another's, it is
    in those of who does this. Raises ``SecondWorkerError`` where only one could be called when its clock runs out.
    """
    _check(reason, by=by)
    with transaction.atomic():
        row = reads.row_to_change(by, request)
        _check_leaves(row, by=by)
        place = _fit(dossier, by=by, at=at)
        row.dossier_id, row.members_only = UUID(place.id), place.members_only
        row.save(update_fields=["dossier", "members_only"])
        _keep_in_hands(row, place, by=by, at=at)
        told = PutInDossier(what="request", id=str(row.id), dossier=place.id, reason=reason)
        journal.record(told, by=by, at=at)


def take_out_of_dossier(request: str, *, reason: str, by: Actor, at: Instant) -> None:
    """Take a request out of its dossier: it is the desk's again. Of a dossier of its members alone its owner does it.

    Nothing happens to a request that lies in none.
    """
    _check(reason, by=by)
    with transaction.atomic():
        row = reads.row_to_change(by, request)
        if row.dossier_id is None:
            return
        _check_leaves(row, by=by)
        left = str(row.dossier_id)
        row.dossier_id, row.members_only = None, False
        row.save(update_fields=["dossier", "members_only"])
        told = TakenOutOfDossier(what="request", id=str(row.id), dossier=left, reason=reason)
        journal.record(told, by=by, at=at)


def put_draft_in_dossier(draft: str, dossier: str, *, reason: str, by: Actor, at: Instant) -> None:
    """Put a draft into a dossier; the request that it becomes lies there as well."""
    rights.check(by, Right.DRAFT)
    _check(reason, by=by)
    with transaction.atomic():
        row = reads.draft_to_change(by, draft)
        _check_leaves(row, by=by)
        place = _fit(dossier, by=by, at=at)
        row.dossier_id, row.members_only = UUID(place.id), place.members_only
        row.save(update_fields=["dossier", "members_only"])
        journal.record(PutInDossier(what="draft", id=str(row.id), dossier=place.id, reason=reason), by=by, at=at)


def place_of_draft(parent: Request | None, dossier: str | None, *, by: Actor) -> Place | None:
    """Where a new draft lies: in the dossier that is named, else where the request lies that it carries out."""
    if dossier:
        return dossiers.place_to_fill(by, dossier)
    if parent is not None and parent.dossier_id is not None:
        return Place(DossierId(str(parent.dossier_id)), parent.members_only)
    return None


def _check(reason: str, *, by: Actor) -> None:
    rights.check(by, Right.READ_REQUESTS)
    rights.check(by, Right.KEEP_DOSSIERS)
    check_person(by, kind="dossier")
    check_reason(reason)


def _check_leaves(row: Request | Draft, *, by: Actor) -> None:
    """What lies in a dossier of its members alone leaves it by its owner's act: others will see it then."""
    if row.dossier_id is not None and row.members_only:
        dossiers.check_works_in(by, DossierId(str(row.dossier_id)), members_only=True, as_owner=True)


def _fit(dossier: str, *, by: Actor, at: Instant) -> Place:
    place = dossiers.place_to_fill(by, dossier)
    if place.members_only and not keeps_two_workers(dossiers.memberships(place.id), at=at):
        raise SecondWorkerError
    return place


def _keep_in_hands(row: Request, place: Place, *, by: Actor, at: Instant) -> None:
    held_by_member = str(row.case_holder or "") in dossiers.to_call(place.id, at=at)
    if not place.members_only or row.case_holder is None or held_by_member:
        return
    HandOver.objects.create(
        id=new_uuid(), request=row, given_by=by.person, before=row.case_holder, to=by.person, words="", at=at
    )
    row.case_holder = UUID(by.person)
    row.save(update_fields=["case_holder"])
