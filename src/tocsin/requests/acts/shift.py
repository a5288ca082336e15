"""Moving the clock of an exercise node: an act like any other, and every letter sent from then on shows it.

It goes forward only. What was written would otherwise come after what follows it; so a node that has nothing written
yet may begin in the past, once (decision 0149).
"""

from datetime import timedelta

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import jobs
from tocsin.requests.entries import ClockShifted
from tocsin.requests.errors import ClockNotShiftableError, ShiftOutOfReachError
from tocsin.requests.models import ClockShift, Draft, Request

MOST_SECONDS = 10 * 366 * 86_400
MOST_BACK_SECONDS = 92 * 86_400
"""So far back an exercise may begin, as long as nothing was written."""


def shift_clock(seconds: int, *, by: Actor, at: Instant) -> None:
    """Let this node's clock stand ``seconds`` ahead of the machine's, or before anything was written behind it.

    What is due by then rings at once.
    Raises ``ClockNotShiftableError`` on a node that was not made for exercises, ``ShiftOutOfReachError`` for a shift
    that goes back before the one in force (letters would be written before those they follow) or too far.
    """
    rights.check(by, Right.RUN_NODE)
    if not this_node().exercise:
        raise ClockNotShiftableError
    with transaction.atomic():
        last = ClockShift.objects.select_for_update().order_by("-id").first()
        before = last.seconds if last else 0
        least = before if last or _something_is_written() else -MOST_BACK_SECONDS
        if not least <= seconds <= MOST_SECONDS:
            raise ShiftOutOfReachError(seconds=seconds, least=least, most=MOST_SECONDS)
        ClockShift.objects.create(seconds=seconds, at=at)
        told = ClockShifted(shift_seconds=seconds, before_seconds=before)
        journal.record(told, by=by, at=at)
        jobs.ring_by_the_new_clock()


def shift_in_force() -> timedelta:
    """The shift that was made last; nothing before the first."""
    row = ClockShift.objects.order_by("-id").first()
    return timedelta(seconds=row.seconds if row else 0)


def _something_is_written() -> bool:
    """Whether a request, or a draft of one, was ever made here."""
    return Request.objects.exists() or Draft.objects.exists()
