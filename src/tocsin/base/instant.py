"""The only clock of the product.

An instant is an aware ``datetime`` in UTC. ``now()`` is called once at each entrance and handed
down as ``at``; rules and acts never look at a clock themselves, so tests and replays move time.

A node made for exercises may run under a shifted clock. The shift comes from a source that
``node/wiring.py`` names; without one the shift is nothing.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Instant = datetime

_NO_SHIFT = timedelta(0)
_AS_TOLD = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_shift_source: Callable[[], timedelta] | None = None


def now() -> Instant:
    """The present instant, shifted when this node runs an exercise."""
    return true_now() + shift()


def true_now() -> Instant:
    """The present instant of the machine, never shifted: for leases, back-off and the directory."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one place


def shift() -> timedelta:
    """How far this node's clock is moved; zero outside exercises."""
    return _shift_source() if _shift_source is not None else _NO_SHIFT


def use_shift_source(source: Callable[[], timedelta] | None) -> None:
    """Name the function that tells the shift (``node/wiring.py`` alone calls this)."""
    global _shift_source  # noqa: PLW0603 - one visible place for the process's one clock
    _shift_source = source


def text(instant: Instant) -> str:
    """RFC 3339 in UTC with milliseconds: ``2026-11-24T03:00:00.000Z``.

    Raises ``ValueError`` for an instant without a zone.
    """
    if instant.tzinfo is None:
        msg = "an instant needs a time zone"
        raise ValueError(msg)
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_told(instant: Instant) -> Instant:
    """The instant that ``text`` tells: what was signed and what is kept beside it are then one instant for all."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def parse(written: str) -> Instant:
    """Read an RFC 3339 instant; raises ``ValueError`` when it names no offset, or lies beyond the years 1 to 9999."""
    instant = datetime.fromisoformat(written)
    if instant.tzinfo is None:
        msg = f"{written!r} names no UTC offset"
        raise ValueError(msg)
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        msg = f"{written!r} is no instant of the years 1 to 9999 in UTC"
        raise ValueError(msg) from error


def parse_told(written: str) -> Instant | None:
    """Read an instant in the one form that ``text`` tells it; ``None`` for anything else."""
    if _AS_TOLD.fullmatch(written) is None:
        return None
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return None
