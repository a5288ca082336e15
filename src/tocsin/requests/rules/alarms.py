"""Which alarms a clock rings at an instant, whom each tells, and which lawful choices it names.

===================  =====================================================================================
a deadline of ours   at three quarters of its strict time the deputy is told; when the strict end passes the
                     duty officer and the deputy; when the legal latest passes the chief (scenario S04: of
                     eight hours at six, and at eight)
a deadline of theirs when the legal latest passes our duty officer: it is recorded on both sides
what is kept         14, 7 and 2 days before the strict end the asking side's duty officer, with the lawful
                     choices; when it lapsed the duty officers of both sides (Art. 29(7); scenario S05)
a target             when it passes, the duty officer of the side that had it
what lies unopened   an urgent letter, at once whoever is first on the rota, then the deputy, then the chief, then
                     all of them every hour until somebody opens it (``duty.rules.rota``); no clock of the law
===================  =====================================================================================

An alarm rings once for a clock and a kind; that somebody was told is an act and stands in the journal.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from tocsin.base.instant import Instant
from tocsin.law.clock import ClockKind
from tocsin.law.provisions import Side
from tocsin.law.running import Phase, RunningClock, state_of
from tocsin.law.vocabulary import LetterKind
from tocsin.requests.rules.clocks import RequestClock

DEPUTY, OFFICER, CHIEF = "deputy", "duty-officer", "chief"
UNOPENED = "unopened"
"""How the kinds of alarm begin that tell of an urgent letter which nobody has opened."""
_DEPUTY_AT = 0.75
_DEADLINES = frozenset({ClockKind.DEADLINE_MAX, ClockKind.EXACT_OR_AFTER_CONFIRMATION})
_STILL_DUE = frozenset({Phase.RUNNING, Phase.WARNING, Phase.STRICT_PASSED, Phase.MISSED, Phase.DUE_NOW})
_BEFORE_LAPSE = (timedelta(days=14), timedelta(days=7), timedelta(days=2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringing:
    """An alarm that rings now, if it has not rung before."""

    clock: RequestClock
    kind: str
    told: tuple[str, ...]
    choices: tuple[LetterKind, ...] = field(default=())
    line_down: bool = False


def ringing(
    clocks: Iterable[RequestClock], *, side: Side, at: Instant, choices: dict[str, tuple[LetterKind, ...]]
) -> tuple[Ringing, ...]:
    """The alarms that are due at ``at`` for the node on ``side``; ``choices`` by a clock's key."""
    return tuple(each for clock in clocks for each in _of_clock(clock, side, at, choices.get(clock.key, ())))


def deputy_at(clock: RunningClock, *, at: Instant) -> Instant | None:
    """When the deputy is told of a deadline, if nothing happens before."""
    state = state_of(clock, at=at)
    if clock.rule.kind not in _DEADLINES or state.due.span is None or state.phase not in _STILL_DUE:
        return None
    return state.since + (state.due.span.strict - state.since) * _DEPUTY_AT


def _of_clock(clock: RequestClock, side: Side, at: Instant, choices: tuple[LetterKind, ...]) -> Iterator[Ringing]:
    state = state_of(clock.running, at=at)
    if clock.keeps:
        yield from _of_kept(clock, side, at, state.phase, choices)
    elif clock.running.rule.kind in _DEADLINES and state.phase in _STILL_DUE:
        yield from _of_deadline(clock, side, at, down=bool(state.line_down))
    elif state.phase is Phase.TARGET_PASSED and clock.by is side:
        yield Ringing(clock=clock, kind="target-passed", told=(OFFICER,))


def _of_deadline(clock: RequestClock, side: Side, at: Instant, *, down: bool) -> Iterator[Ringing]:
    state = state_of(clock.running, at=at)
    span = state.due.span
    if span is None:
        return
    missed = state.phase is Phase.MISSED
    if clock.by is not side:
        if missed:
            yield Ringing(clock=clock, kind="missed-by-them", told=(OFFICER,), line_down=down)
        return
    told_at = deputy_at(clock.running, at=at)
    if told_at is not None and at >= told_at:
        yield Ringing(clock=clock, kind="deputy", told=(DEPUTY,))
    if at >= span.strict:
        yield Ringing(clock=clock, kind="strict-passed", told=(OFFICER, DEPUTY), line_down=down)
    if missed:
        yield Ringing(clock=clock, kind="missed", told=(CHIEF, OFFICER), line_down=down)


def _of_kept(
    clock: RequestClock, side: Side, at: Instant, phase: Phase, choices: tuple[LetterKind, ...]
) -> Iterator[Ringing]:
    state = state_of(clock.running, at=at)
    if phase is Phase.LAPSED:
        yield Ringing(clock=clock, kind="lapsed", told=(OFFICER,), choices=choices if side is Side.ASKER else ())
        return
    span = state.due.span
    if side is not Side.ASKER or span is None or phase not in _STILL_DUE | {Phase.WAITING}:
        return
    reached = [before for before in _BEFORE_LAPSE if state.since < span.strict - before <= at]
    for before in reached[-1:]:
        yield Ringing(clock=clock, kind=f"lapses-in-{before.days}-days", told=(OFFICER,), choices=choices)
