"""When to try a line again that did not answer, and when to go round by the hub.

After n failures in a row the next attempt comes 1, 2, 4 … seconds later, at most five minutes,
each stretched or shortened by up to a half, so that the nodes that lost one peer do not all come
back at once. After three failures, or thirty seconds, letters also go to the hub's sealed mailbox.

Leases and back-off follow the machine's clock, and a clock can jump. An attempt that is due later
than any back-off can set is due now: the clock was put back meanwhile.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tocsin.base.instant import Instant

FIRST_DELAY: Final = timedelta(seconds=1)
LONGEST_DELAY: Final = timedelta(minutes=5)
_LONGEST_STRETCH: Final = 1.5
RELAY_AFTER_FAILURES: Final = 3
RELAY_AFTER: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """How the line to one peer is: ``down_since`` is the first of the failures in a row."""

    failures: int = 0
    down_since: Instant | None = None
    next_attempt_at: Instant | None = None


UP = LineState()


def after_failure(line: LineState, *, at: Instant, jitter: float) -> LineState:
    """The line after one more attempt failed; ``jitter`` is a random number in [0, 1)."""
    return LineState(
        failures=line.failures + 1,
        down_since=line.down_since or at,
        next_attempt_at=at + delay_after(line.failures + 1, jitter=jitter),
    )


def delay_after(failures: int, *, jitter: float) -> timedelta:
    """How long to wait after this many failures in a row."""
    doublings = min(failures - 1, 16)  # 2^16 seconds is far beyond the longest delay
    longest: timedelta = min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)
    return longest * (0.5 + jitter)


def is_due(next_attempt_at: Instant | None, *, at: Instant) -> bool:
    """Whether the next attempt may be made now."""
    if next_attempt_at is None or next_attempt_at <= at:
        return True
    return next_attempt_at - at > LONGEST_DELAY * _LONGEST_STRETCH  # the clock was put back


def goes_round(line: LineState, *, at: Instant) -> bool:
    """Whether letters on this line are also to be left in the hub's mailbox."""
    if line.down_since is None:
        return False
    return line.failures >= RELAY_AFTER_FAILURES or at - line.down_since >= RELAY_AFTER
