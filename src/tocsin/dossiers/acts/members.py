"""Letting people into a dossier and taking them out: its owner's acts, each with a reason."""

from dataclasses import replace
from datetime import timedelta

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import DossierId, PersonId, new_uuid
from tocsin.base.instant import Instant, text
from tocsin.dossiers import reads
from tocsin.dossiers.acts.dossiers import check_reason
from tocsin.dossiers.entries import MemberLetIn, MemberTakenOut
from tocsin.dossiers.errors import (
    DossierFieldError,
    DossierOwnerError,
    MemberRightsError,
    NotMemberError,
    SecondWorkerError,
)
from tocsin.dossiers.models import Dossier, Member
from tocsin.dossiers.rules.sight import READING, Capacity, Membership, keeps_two_workers
from tocsin.journal import acts as journal
from tocsin.people import reads as people
from tocsin.people.reads import PersonView
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right

_SHORTEST = timedelta(minutes=1)


def let_in(
    dossier: str, person: str, *, capacity: str, reason: str, by: Actor, at: Instant, until: Instant | None = None
) -> PersonId:
    """Let somebody (an id or a name) into a dossier, until an instant or for good; or change what he is in it.

    Raises ``UnknownPersonError``, ``MemberRightsError`` for a reader who may not read requests, ``DossierFieldError``
    for an end that lies behind or counsel without one, and ``DossierOwnerError`` or ``SecondWorkerError`` when the
    change would leave the dossier without an owner or with one worker alone.
    """
    check_reason(reason)
    if until is not None and until < at + _SHORTEST:
        raise DossierFieldError(field="until", rule="later than now")
    with transaction.atomic():
        row = reads.row_to_change(by, dossier, as_owner=True)
        someone, wanted = people.person(person), _capacity(capacity)
        if wanted is Capacity.COUNSEL and until is None:
            raise DossierFieldError(field="until", rule="counsel is let in until an instant")
        _check_rights(someone, wanted)
        _end(row, someone.id, at=at)
        Member.objects.create(
            id=new_uuid(),
            dossier=row,
            person=someone.id,
            capacity=wanted.value,
            since=at,
            until=until,
            reason=reason,
            let_in_by=by.person,
        )
        _check_left(row, at=at)
        told = MemberLetIn(
            dossier=dossier,
            person=someone.id,
            capacity=wanted.value,
            until=text(until) if until else "",
            reason=reason,
        )
        journal.record(told, by=by, at=at)
    return someone.id


def take_out(dossier: str, person: str, *, reason: str, by: Actor, at: Instant) -> PersonId:
    """End somebody's place in a dossier now; from this instant it does not exist for him.

    Raises ``UnknownPersonError``, ``NotMemberError``, ``DossierOwnerError`` and ``SecondWorkerError``. Somebody whose
    place at the node ended is named by his id.
    """
    check_reason(reason)
    with transaction.atomic():
        row = reads.row_to_change(by, dossier, as_owner=True)
        inside = {each.person for each in reads.memberships(DossierId(dossier)) if each.in_force(at)}
        who = PersonId(person) if person in inside else people.person(person).id
        if who not in inside:
            raise NotMemberError(person=person)
        _end(row, who, at=at)
        _check_left(row, at=at)
        journal.record(MemberTakenOut(dossier=dossier, person=who, reason=reason), by=by, at=at)
    return who


def _end(row: Dossier, person: PersonId, *, at: Instant) -> None:
    places = Member.objects.filter(dossier=row, person=person)
    places.filter(until=None).update(until=at)
    places.filter(until__gt=at).update(until=at)


def _check_left(row: Dossier, *, at: Instant) -> None:
    """The dossier still has an owner for good and, where nobody else knows of it, two who can be called."""
    left = reads.memberships(DossierId(str(row.id)))
    owners = [each for each in left if each.capacity is Capacity.OWNER and each.in_force(at) and each.until is None]
    if not owners:
        raise DossierOwnerError
    if row.members_only and row.ended_at is None and _had_two(left, at=at) and not keeps_two_workers(left, at=at):
        raise SecondWorkerError


def _had_two(memberships: list[Membership], *, at: Instant) -> bool:
    """Whether two worked in it for good before what is done at ``at``."""
    before = [replace(each, until=None) if each.until == at else each for each in memberships if each.since < at]
    return keeps_two_workers(before, at=at)


def _capacity(said: str) -> Capacity:
    try:
        return Capacity(said)
    except ValueError:
        raise DossierFieldError(field="capacity", rule=f"one of {', '.join(Capacity)}") from None


def _check_rights(someone: PersonView, capacity: Capacity) -> None:
    if capacity in READING and Right.READ_REQUESTS not in rights.rights_of(frozenset(someone.roles)):
        raise MemberRightsError(person=someone.name)
