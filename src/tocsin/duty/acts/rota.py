"""Planning who is on duty. What has been stays: a turn that began ends now, one that is over is not changed."""

from datetime import timedelta

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import is_uuid, new_uuid
from tocsin.base.instant import Instant, text
from tocsin.duty import reads
from tocsin.duty.entries import ChainSet, TurnPlanned, TurnWithdrawn
from tocsin.duty.errors import ChainMinutesError, TurnFieldError, TurnOverError, UnknownTurnError
from tocsin.duty.models import Chain, Turn
from tocsin.duty.rules.rota import LEAST_MINUTES, LONGEST, MOST_MINUTES, MOST_WEEKS, PLACES, repeated
from tocsin.journal.acts import record, record_all
from tocsin.law.calendar import zone_named
from tocsin.people import reads as people
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right

_NO_TIME = timedelta(0)


def plan_turn(
    person: str, *, place: str, begins: Instant, ends: Instant, zone: str, by: Actor, at: Instant, weeks: int = 1
) -> list[str]:
    """Put somebody on duty, in so many weeks at the same time of ``zone``; the turns' ids.

    Raises ``TurnFieldError``, ``UnknownPersonError``, ``ZoneUnknownError``; ``RightMissingError`` for who may not plan.
    """
    _check_plans(by)
    _check_turn(place=place, begins=begins, ends=ends, zone=zone, weeks=weeks, at=at)
    colleague = people.actor_of(person)
    if Right.READ_REQUESTS not in rights.rights_of(colleague.roles):
        raise TurnFieldError(field="person", rule=f"{colleague.name} may not read requests, and could open no letter")
    with transaction.atomic():
        rows = [
            Turn(
                id=new_uuid(),
                person=colleague.person,
                place=place,
                zone=zone,
                begins=begin,
                ends=end,
                planned_by=by.person or None,
                planned_at=at,
            )
            for begin, end in repeated(begins, ends, zone=zone, weeks=weeks)
        ]
        Turn.objects.bulk_create(rows)
        record_all([_planned(row) for row in rows], by=by, at=at)
    return [str(row.id) for row in rows]


def withdraw_turn(turn: str, *, by: Actor, at: Instant) -> None:
    """Take a turn off the rota; one that has begun ends now. Raises ``UnknownTurnError`` and ``TurnOverError``."""
    _check_plans(by)
    with transaction.atomic():
        rows = Turn.objects.select_for_update().filter(withdrawn_at=None)
        row = rows.filter(id=turn).first() if is_uuid(turn) else None
        if row is None:
            raise UnknownTurnError(turn=turn)
        if row.ends <= at:
            raise TurnOverError
        row.withdrawn_at = at
        if row.begins < at:
            row.ends = at
        row.save(update_fields=["withdrawn_at", "ends"])
        told = TurnWithdrawn(turn=str(row.id), person=str(row.person), ends=text(max(row.begins, at)))
        record(told, by=by, at=at)


def set_minutes(minutes: int, *, by: Actor, at: Instant) -> None:
    """Set how long an urgent letter may lie unopened before the next is told; the same again changes nothing.

    Raises ``ChainMinutesError``.
    """
    _check_plans(by)
    if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        raise ChainMinutesError(least=LEAST_MINUTES, most=MOST_MINUTES)
    with transaction.atomic():
        before = reads.minutes()
        if before == minutes and Chain.objects.exists():
            return
        Chain.objects.create(minutes=minutes, set_by=by.person or None, at=at)
        record(ChainSet(minutes=minutes, before=before), by=by, at=at)


def _check_plans(by: Actor) -> None:
    if not reads.may_plan(by):
        rights.check(by, Right.RUN_NODE)


def _check_turn(*, place: str, begins: Instant, ends: Instant, zone: str, weeks: int, at: Instant) -> None:
    if place not in PLACES:
        raise TurnFieldError(field="place", rule=f"one of {', '.join(PLACES)}")
    if not _NO_TIME < ends - begins <= LONGEST:
        raise TurnFieldError(field="ends", rule=f"after it begins, and at most {LONGEST.days} days later")
    if ends <= at:
        raise TurnFieldError(field="ends", rule="to come: the rota is no record of the past")
    if not 1 <= weeks <= MOST_WEEKS:
        raise TurnFieldError(field="weeks", rule=f"from 1 to {MOST_WEEKS}")
    zone_named(zone)


def _planned(row: Turn) -> TurnPlanned:
    return TurnPlanned(
        turn=str(row.id),
        person=str(row.person),
        place=row.place,
        begins=text(row.begins),
        ends=text(row.ends),
        zone=row.zone,
    )
