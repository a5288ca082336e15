"""Asking for the delivery of notices, by the job's name: acts stand below ``tasks.py`` and do not know it."""

import contextlib
from typing import Final

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

DELIVER: Final = "tocsin.notices.deliver"
_FIRST: Final = 100
"""Before everything else that waits: a warning is to be everywhere within a minute."""


def deliver_soon() -> None:
    """Tell what waits to be told, after the commit; the schedule does it again in any case."""

    def defer() -> None:
        with contextlib.suppress(AlreadyEnqueued):
            app.configure_task(DELIVER, queueing_lock=DELIVER, priority=_FIRST).defer(timestamp=0)

    transaction.on_commit(defer, robust=True)
