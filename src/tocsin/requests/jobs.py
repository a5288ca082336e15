"""Asking for a job, by its name: acts stand below ``tasks.py`` and do not know it.

A job only makes something happen sooner; the schedule makes it happen at all.
"""

import contextlib
from datetime import timedelta
from typing import Final

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from tocsin.base import instant

RING = "tocsin.requests.ring"
COUNT = "tocsin.requests.count"
_KNOWN_AFTER: Final = timedelta(milliseconds=250)
"""A process may believe the shift that it read last for a moment: ``node/wiring.py`` says how long."""


def ring_by_the_new_clock() -> None:
    """Ring what is due by the clock that this transaction moved, as soon as every process knows of it."""
    transaction.on_commit(_ask_to_ring, robust=True)  # what was committed stands, rung or not


def _ask_to_ring() -> None:
    at = instant.true_now() + _KNOWN_AFTER
    with contextlib.suppress(AlreadyEnqueued):
        app.configure_task(RING, queueing_lock=f"{RING} by the new clock", schedule_at=at).defer(timestamp=0)
