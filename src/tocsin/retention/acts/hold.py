"""Legal hold: one person sets it, for a reason; it ends when one asks and another agrees."""

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant
from tocsin.journal import acts as journal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads as requests
from tocsin.requests.acts.persons import check_person
from tocsin.retention import reads
from tocsin.retention.entries import LegalHoldReleaseAsked, LegalHoldReleased, LegalHoldSet
from tocsin.retention.errors import (
    AlreadyErasedError,
    OwnReleaseError,
    ReasonNeededError,
    ReleaseAskedError,
    ReleaseNotAskedError,
)
from tocsin.retention.models import LegalHold
from tocsin.retention.reads import HoldView
from tocsin.wire import locks

MOST_REASON = 500
ONE_AT_A_TIME = "retention"
"""The lock under which holds are set and requests erased, so that none slips in beside the other."""


def set_hold(request: str, *, reason: str, by: Actor, at: Instant) -> HoldView:
    """Order that a request, open or ended, is not to be erased.

    Several may stand beside each other. Raises ``ReasonNeededError``, ``UnknownRequestError``, ``AlreadyErasedError``.
    """
    rights.check(by, Right.HOLD)
    check_person(by, kind="hold")
    _check_reason(reason)
    with transaction.atomic():
        line = requests.line_for(by, request)
        locks.hold(ONE_AT_A_TIME)
        if line.id not in requests.not_erased([line.id]):
            raise AlreadyErasedError(request=request)
        row = LegalHold.objects.create(id=new_uuid(), request=line.id, reason=reason, set_by=by.person, set_at=at)
        journal.record(LegalHoldSet(request=line.id, hold=str(row.id), reason=reason), by=by, at=at)
    return reads.view_of_hold(row)


def ask_release(hold: str, *, reason: str, by: Actor, at: Instant) -> HoldView:
    """Ask that a hold end. Raises ``ReasonNeededError``, ``UnknownHoldError``, ``ReleaseAskedError``."""
    rights.check(by, Right.HOLD)
    check_person(by, kind="hold")
    _check_reason(reason)
    with transaction.atomic():
        row = reads.hold_row(by, hold)
        if row.release_asked_at is not None:
            raise ReleaseAskedError(hold=hold)
        row.release_reason, row.release_asked_at = reason, at
        row.release_asked_by = by.person
        row.save()
        asked = LegalHoldReleaseAsked(request=str(row.request), hold=hold, reason=reason)
        journal.record(asked, by=by, at=at)
    return reads.view_of_hold(row)


def release_hold(hold: str, *, by: Actor, at: Instant) -> HoldView:
    """Agree that a hold ends, which another person has asked for.

    Raises ``UnknownHoldError``, ``ReleaseNotAskedError``, ``OwnReleaseError``.
    """
    rights.check(by, Right.HOLD)
    check_person(by, kind="hold")
    with transaction.atomic():
        row = reads.hold_row(by, hold)
        if row.release_asked_by is None:
            raise ReleaseNotAskedError(hold=hold)
        if str(row.release_asked_by) == by.person:
            raise OwnReleaseError(hold=hold)
        row.released_by, row.released_at = by.person, at
        row.save()
        told = LegalHoldReleased(request=str(row.request), hold=hold, asked_by=str(row.release_asked_by))
        journal.record(told, by=by, at=at)
    return reads.view_of_hold(row)


def _check_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > MOST_REASON or not reason.isprintable():
        raise ReasonNeededError(most=MOST_REASON)
