"""A request reckoned up at an instant: its state, its clocks, which of them matters now, and when to look again.

A pure function of letters, receipts, surroundings and the instant: a read reckons what it shows, an act what it writes
down to find requests by, and both come to the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from tocsin.base.instant import Instant
from tocsin.law.provisions import Side
from tocsin.law.running import ClockState, Phase, RunningClock, next_change
from tocsin.law.running import state_of as clock_state_of
from tocsin.requests.rules.alarms import deputy_at
from tocsin.requests.rules.clocks import RequestClock, Surroundings, clocks_of
from tocsin.requests.rules.permits import Permits
from tocsin.requests.rules.thread import ThreadState

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""When nothing changes any more by itself."""
_LOOK_AGAIN = timedelta(hours=1)
_TICKING = frozenset(
    {Phase.RUNNING, Phase.WARNING, Phase.STRICT_PASSED, Phase.MISSED, Phase.DUE_NOW, Phase.WAITING, Phase.LAPSED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockLine:
    """A clock of a request and how it stands."""

    key: str
    clock: RequestClock
    state: ClockState
    changes: Instant | None
    """When time alone changes something about it next: its phase, a warning, or that a deputy is told."""

    @property
    def strict(self) -> Instant | None:
        """The instant that drives alarms; none where the law gives no number."""
        return self.state.due.span.strict if self.state.due.span else None

    @property
    def legal_latest(self) -> Instant | None:
        """The instant that decides "missed"."""
        return self.state.due.span.legal_latest if self.state.due.span else None

    @property
    def ticking(self) -> bool:
        """Whether somebody still has to do something, or may, by an instant."""
        return self.state.phase in _TICKING and self.strict is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """State and clocks of a request at an instant, for the node that is on ``side``."""

    state: ThreadState
    side: Side
    clocks: tuple[ClockLine, ...]
    at: Instant

    @property
    def nearest(self) -> ClockLine | None:
        """The clock that matters now: of those that tick the one whose strict end comes first."""
        ticking = [each for each in self.clocks if each.ticking]
        open_ones = [each for each in ticking if each.state.phase is not Phase.LAPSED]
        return min(open_ones or ticking, key=lambda each: (each.strict, each.key), default=None)

    @property
    def next_change(self) -> Instant:
        """When time alone changes something next: a phase, a warning, or the hour at which a deputy is told."""
        later = [each.changes for each in self.clocks if each.changes is not None]
        if self._waits_for_release:
            later.append(self.at + _LOOK_AGAIN)
        return min(later, default=NEVER)

    @property
    def _waits_for_release(self) -> bool:
        """Whether what is kept here has lapsed: that its follow-up ended elsewhere, no clock of this thread tells."""
        lapsed = any(each.clock.keeps and each.state.phase is Phase.LAPSED for each in self.clocks)
        return lapsed and self.side is Side.ASKED

    @property
    def line_is_down(self) -> bool:
        """Whether what the other side has sent cannot be known now."""
        cuts = (cut for each in self.clocks for cut in each.clock.running.line_down)
        return any(cut.until is None or cut.since <= self.at < cut.until for cut in cuts)


def reckoning_of(
    state: ThreadState,
    receipts: Mapping[str, Instant],
    *,
    side: Side,
    permits: Permits,
    around: Surroundings,
    at: Instant,
) -> Reckoning:
    """What the letters of ``state``, stored at the instants in ``receipts`` (by hash), come to at ``at``."""
    if state.asker is None:
        return Reckoning(state=state, side=side, clocks=(), at=at)
    clocks = clocks_of(state, receipts, permits=permits, around=around)
    return Reckoning(state=state, side=side, clocks=tuple(_line(each, at=at) for each in clocks), at=at)


def _line(clock: RequestClock, *, at: Instant) -> ClockLine:
    state, changes = _standing(clock.running, at)
    return ClockLine(key=clock.key, clock=clock, state=state, changes=changes)


@lru_cache(maxsize=1024)
def _standing(running: RunningClock, at: Instant) -> tuple[ClockState, Instant | None]:
    """How a clock stands and when that changes next.

    Kept, for the same facts at the same instant come up again and again: letters of one batch are stored at one
    instant, and what a duty is at a place on a day is counted once for all of them.
    """
    later = (next_change(running, at=at), deputy_at(running, at=at))
    return clock_state_of(running, at=at), min((each for each in later if each is not None and each > at), default=None)
