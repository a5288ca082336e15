"""Moving the clock of an exercise node: an act like any other, and every letter sent from then on shows it."""

from datetime import timedelta

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests.entries import ClockShifted
from tocsin.requests.errors import ClockNotShiftableError, ShiftOutOfReachError
from tocsin.requests.models import ClockShift

MOST_SECONDS = 10 * 366 * 86_400


def shift_clock(seconds: int, *, by: Actor, at: Instant) -> None:
    """Let this node's clock stand ``seconds`` ahead of the machine's.

    Raises ``ClockNotShiftableError`` on a node that was not made for exercises, ``ShiftOutOfReachError`` for a shift
    that goes back before the one in force (letters would be written before those they follow) or too far.
    """
    rights.check(by, Right.RUN_NODE)
    if not this_node().exercise:
        raise ClockNotShiftableError
    with transaction.atomic():
        last = ClockShift.objects.select_for_update().order_by("-id").first()
        before = last.seconds if last else 0
        if not before <= seconds <= MOST_SECONDS:
            raise ShiftOutOfReachError(seconds=seconds, least=before, most=MOST_SECONDS)
        ClockShift.objects.create(seconds=seconds, at=at)
        told = ClockShifted(shift_seconds=seconds, before_seconds=before)
        journal.record(told, by=by, at=at)


def shift_in_force() -> timedelta:
    """The shift that was made last; nothing before the first."""
    row = ClockShift.objects.order_by("-id").first()
    return timedelta(seconds=row.seconds if row else 0)
