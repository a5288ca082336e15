"""When preserved data may be set free: never by itself, and never while something may follow.

As a preservation comes to its end the asking side is warned (``tocsin.law.running.warnings_of``: 14,
7 and 2 days before the strict end) and told what it can lawfully do; when it has lapsed the holding
side may be given a *draft* of a release, for a person to decide. Budapest Convention, Art. 29(7);
Regulation 2023/1543, Arts. 11(1)-(2); scenario S05.
"""

from collections.abc import Iterable
from enum import StrEnum

from tocsin.base.instant import Instant
from tocsin.law.provisions import Side
from tocsin.law.running import Phase, state_of
from tocsin.law.vocabulary import LetterKind
from tocsin.requests.rules.clocks import RequestClock
from tocsin.requests.rules.marks import Stage
from tocsin.requests.rules.moves import kind_objection
from tocsin.requests.rules.permits import Permits
from tocsin.requests.rules.thread import ThreadState


class FollowUpKnown(StrEnum):
    """What the holding side knows, beside the thread, of a request that follows the preservation."""

    RECORDED = "recorded"
    ON_ITS_WAY = "on-its-way"
    UNKNOWN = "unknown"
    """Nobody can say: the line is down, the other side has not been heard of."""
    NONE = "none"


class NoRelease(StrEnum):
    """Why no release may be drafted."""

    NOT_LAWFUL = "not-lawful"
    """Nothing is held in this thread, or a release was made, or the request is still to be answered."""
    FOLLOW_UP_RECORDED = "follow-up-recorded"
    FOLLOW_UP_ON_ITS_WAY = "follow-up-on-its-way"
    FOLLOW_UP_UNKNOWN = "follow-up-unknown"
    STILL_KEPT = "still-kept"
    """The time for which the data have to be kept is not over."""


def release_may_be_drafted(
    state: ThreadState,
    clocks: Iterable[RequestClock],
    *,
    at: Instant,
    follow_up_known: FollowUpKnown,
    permits: Permits,
) -> bool:
    """Whether a draft of a release may be laid before a person."""
    why = why_no_release(state, clocks, at=at, follow_up_known=follow_up_known, permits=permits)
    return why is None


def why_no_release(
    state: ThreadState,
    clocks: Iterable[RequestClock],
    *,
    at: Instant,
    follow_up_known: FollowUpKnown,
    permits: Permits,
) -> NoRelease | None:
    """Why no release may be drafted at ``at``, or nothing when one may."""
    keeping = tuple(clock for clock in clocks if clock.keeps)
    follow_up = _follow_up(state, keeping, at, follow_up_known)
    if follow_up is not None:
        return follow_up
    if kind_objection(state.standing, LetterKind.RELEASE, side=Side.ASKED, permits=permits) is not None:
        return NoRelease.NOT_LAWFUL
    return None if _is_over(state, keeping, at) else NoRelease.STILL_KEPT


def lawful_choices(state: ThreadState, clock: RequestClock, *, permits: Permits) -> tuple[LetterKind, ...]:
    """What the asking side can still do before a preservation lapses: extend it, or send the order.

    An extension is a choice as long as the instrument gives one that was not used.
    """
    choices = []
    rule = permits.extension_of(clock.id, by=Side.ASKER)
    used = state.standing.extensions.count(clock.id)
    if rule is not None and (rule.times is None or used < rule.times):
        choices.append(LetterKind.EXTEND)
    choices.append(LetterKind.FOLLOW_UP)
    return tuple(
        kind for kind in choices if kind_objection(state.standing, kind, side=Side.ASKER, permits=permits) is None
    )


def _follow_up(
    state: ThreadState, keeping: Iterable[RequestClock], at: Instant, known: FollowUpKnown
) -> NoRelease | None:
    stages = {each.stage for each in state.standing.pending_follow_ups}
    if known is FollowUpKnown.RECORDED or Stage.ISSUED in stages:
        return NoRelease.FOLLOW_UP_RECORDED
    if known is FollowUpKnown.ON_ITS_WAY or Stage.ANNOUNCED in stages:
        return NoRelease.FOLLOW_UP_ON_ITS_WAY
    if known is FollowUpKnown.UNKNOWN or not state.complete or _is_cut_off(keeping, at):
        return NoRelease.FOLLOW_UP_UNKNOWN
    return None


def _is_cut_off(keeping: Iterable[RequestClock], at: Instant) -> bool:
    """Whether the line is down: what the other side has sent cannot be known."""
    cuts = (cut for clock in keeping for cut in clock.running.line_down)
    return any(cut.since <= at and (cut.until is None or at < cut.until) for cut in cuts)


def _is_over(state: ThreadState, keeping: tuple[RequestClock, ...], at: Instant) -> bool:
    """Whether every time for which data have to be kept has run out; without any, only when withdrawn."""
    if not keeping:
        return state.standing.withdrawn
    return all(state_of(clock.running, at=at).phase in {Phase.LAPSED, Phase.LIFTED} for clock in keeping)
