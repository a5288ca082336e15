"""Asking for a job, by its name: acts stand below ``tasks.py`` and do not know it.

A job only makes something happen sooner. Rows and locks decide what has to happen, and a sweep asks
again for everything that waits, at start and every minute; so a job that was lost, or ran twice,
changes nothing. Jobs are asked for after the commit: one that waits then surely sees the rows.
"""

import contextlib
from datetime import timedelta
from typing import Final

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from tocsin.base import instant
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant, parse

DELIVER = "tocsin.wire.deliver"
SEND_FILES = "tocsin.wire.send_files"
RELAY = "tocsin.wire.relay"
PICK_UP = "tocsin.wire.pick_up"
ASK_WITNESSES = "tocsin.wire.ask_witnesses"
SWEEP = "tocsin.wire.sweep"
EXPIRE = "tocsin.wire.expire"
_AT_ONCE: Final = timedelta(0)
_TICK: Final = timedelta(milliseconds=100)
_BEGINNING: Final = parse("1970-01-01T00:00:00.000Z")


def deliver_soon(peer: MemberId) -> None:
    """Send what waits for ``peer``."""
    _ask(DELIVER, once=f"deliver {peer}", peer=peer)


def send_files_soon(peer: MemberId) -> None:
    """Send the files that wait for ``peer``."""
    _ask(SEND_FILES, once=f"send files {peer}", peer=peer)


def send_files_later(peer: MemberId, wait: timedelta) -> None:
    """Send the files that wait for ``peer`` when the next attempt is due."""
    _ask(SEND_FILES, once=f"send files {peer}", wait=wait, peer=peer)


def deliver_later(peer: MemberId, wait: timedelta) -> None:
    """Send what waits for ``peer`` when its next attempt is due."""
    _ask(DELIVER, once=f"deliver {peer}", wait=wait, peer=peer)


def relay_soon(peer: MemberId) -> None:
    """Leave what waits for ``peer`` in the hub's mailbox as well."""
    _ask(RELAY, once=f"relay {peer}", peer=peer)


def pick_up_soon() -> None:
    """Fetch what waits for us in the hub's mailbox."""
    _ask(PICK_UP, once="pick up")


def _ask(name: str, *, once: str, wait: timedelta = _AT_ONCE, **arguments: str) -> None:
    begin = _tick_after(wait) if wait else None
    # One that waits for a later tick is another: it would begin too late for this.
    lock = once if begin is None else f"{once} at {begin:%H:%M:%S.%f}"

    def defer() -> None:
        # One that waits already will begin after this commit and see its rows.
        with contextlib.suppress(AlreadyEnqueued):
            app.configure_task(name, queueing_lock=lock, schedule_at=begin).defer(**arguments)

    # Robust: what was committed stands, whether or not it could be made to happen sooner.
    transaction.on_commit(defer, robust=True)


def _tick_after(wait: timedelta) -> Instant:
    """The tick at or after the end of ``wait``: a job that began before its attempt is due would do nothing."""
    due = instant.true_now() + wait
    return due + (_BEGINNING - due) % _TICK
