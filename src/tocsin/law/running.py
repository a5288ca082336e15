"""How a running clock stands at an instant: a function of what happened, and of nothing else.

A `RunningClock` holds the facts (when it was triggered, what was received, what stopped it);
`state_of` puts them to an instant. Only facts up to that instant count, and none after the act that
the clock waits for: what came later cannot change whether that was in time. So the state at any past
instant can be asked for again and comes out the same.

What each kind makes of the two ends of its span (`counting.Span`):

====================  ==========================================================================
a deadline            met by an act *received* before the legal latest end (C-171/03, Toeters);
                      strict passed, then missed; an act after the end is met late
a minimum duration    what is kept may not be let go before the *later* end, nor while a follow-up
                      that arrived is undecided; after it somebody may decide to let it go
a maximum duration    ends by itself, at the later end for the one who keeps
an extension          to be received before the *earlier* end of what it extends, unextended
due at the end        an act before the end without confirmation is a fault; at the end it is due;
                      with a confirmation it is a deadline
a look forward        (``retroactive_min``) an act before the later end is a fault
a target              passed or not; never missed, never late
====================  ==========================================================================

A stop holds a deadline; when it ends the period runs anew, because the
law says so or because it is silent (`counting.Readings`). A line that was down is told beside a
miss and moves nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from tocsin.base.instant import Instant
from tocsin.law.calendar import Holidays, Place, in_utc
from tocsin.law.clock import ClockKind, ClockRule, Due, NationalLimit, Standing, due, due_extended
from tocsin.law.counting import Interpretation, Length, Span, day_ended_by
from tocsin.law.errors import ClockFactsFaultyError
from tocsin.law.vocabulary import ClockId

_LONG_WARNINGS = (timedelta(days=14), timedelta(days=7), timedelta(days=2))
_NO_TIME = timedelta(0)
_HELD = {ClockKind.MINIMUM_DURATION, ClockKind.MAXIMUM_DURATION}
_SLOW = _HELD | {ClockKind.EXTENSION, ClockKind.PERIODIC, ClockKind.PERIODIC_BEFORE}
RESETTABLE = {ClockKind.DEADLINE_MAX, ClockKind.EXACT_OR_AFTER_CONFIRMATION}
"""Kinds whose end an authority may set anew."""
_MET_BY_ACT = {ClockKind.DEADLINE_MAX, ClockKind.QUALITATIVE, ClockKind.PERIODIC, ClockKind.EXTENSION}
_STOPPABLE = {ClockKind.DEADLINE_MAX, ClockKind.EXACT_OR_AFTER_CONFIRMATION, ClockKind.QUALITATIVE}


@dataclass(frozen=True)
class Interval:
    """From ``since``, included, to ``until``, excluded; ``None`` while it lasts."""

    since: Instant
    until: Instant | None = None


class Restart(StrEnum):
    """What runs when a stop is over."""

    FULL_PERIOD = "full-period"
    """The law says that the whole period begins then."""
    SILENT = "silent"
    """The law does not say: as the clock's readings choose, and flagged."""


@dataclass(frozen=True)
class StopRule:
    """Why a clock may stop."""

    source: str
    restart: Restart = Restart.SILENT
    confirmed: bool = True
    forbids_act: bool = False
    """Whether doing the act meanwhile is a fault, and not merely no duty."""


STOPS = {
    "eev.10.6": StopRule("2023/1543, Art. 10(6): the addressee asked for clarification"),
    "eev.12.2": StopRule("2023/1543, Art. 12(2): a ground for refusal was raised", forbids_act=True),
    "eev.17.3": StopRule("2023/1543, Art. 17(3): a reasoned objection lies before the court", forbids_act=True),
    "tco.3.7": StopRule("2021/784, Art. 3(7): force majeure or de facto impossibility", Restart.FULL_PERIOD),
    "tco.3.8": StopRule("2021/784, Art. 3(8): manifest error or missing information", Restart.FULL_PERIOD),
    "eio.15": StopRule("2014/41/EU, Art. 15: postponement", confirmed=False),
}
"""The stops that the law names. Directive 2023/977, Art. 5(2), is none: a deviation, no stop."""


@dataclass(frozen=True)
class Stop:
    """A time during which the duty did not run."""

    since: Instant
    until: Instant | None = None
    why: StopRule = StopRule("an answer was needed first")


@dataclass(frozen=True)
class Extension:
    """A lengthening, received by the one whose duty it lengthens."""

    at: Instant
    length: Length


@dataclass(frozen=True)
class NewEnd:
    """An end that an authority set anew, as 2023/1543, Art. 10(8) lets it."""

    at: Instant
    until: Instant


@dataclass(frozen=True, kw_only=True)
class RunningClock:
    """A clock and all that is known to have happened to it.

    Raises `ClockFactsFaultyError` for facts that cannot be, `InstantWithoutZoneError` for instants
    that cannot be placed.
    """

    rule: ClockRule
    place: Place
    """Where the act is due: the card of the one who must act."""
    since: Instant
    """When the trigger happened."""
    act: Instant | None = None
    """When the act was received; for what is kept, when it was let go."""
    confirmation: Instant | None = None
    """For an act due at the end: when it was released to be done before."""
    follow_up: Interval | None = None
    """For what is kept: from the arrival of a follow-up request to its decision (ETS 185, Art. 29(7);
    2023/1543, Annex V)."""
    extension: Extension | None = None
    new_ends: tuple[NewEnd, ...] = ()
    """In the order in which they were received; the last counts."""
    stops: tuple[Stop, ...] = ()
    lifted: Instant | None = None
    """When the duty fell away without being done: withdrawn, refused, exempted (2023/1543, Art. 11(5))."""
    deviation: Instant | None = None
    """When a delay that the law allows was announced (2023/977, Art. 5(2)); told beside a miss."""
    line_down: tuple[Interval, ...] = ()
    """When the way to the other side was cut, proved by both sides' attempts; told beside a miss."""
    of: Span | None = None
    """The unextended span of the clock that this one extends, or follows."""
    target: Instant | None = None
    """What the office aims at where the law gives no number."""
    national: NationalLimit | None = None
    law_of: str | None = None
    """Whose national law counts, if not that of the place."""
    is_right: bool = False
    """Whether it is a right that lapses: one that nobody used is lapsed, never missed (2023/1543, Art. 12(1))."""
    holidays: Holidays | None = None
    """Instead of the calendar of the place."""

    def __post_init__(self) -> None:
        _check(self)

    def __hash__(self) -> int:
        # What most often differs; all else is compared where this is the same, and seldom needs to be.
        return hash((self.rule.id, self.since, self.act, self.lifted))

    @property
    def id(self) -> ClockId:
        return self.rule.id


class Phase(StrEnum):
    """Where a clock stands."""

    OPEN = "open"
    """Nothing done yet, and no number to measure it by."""
    NOT_RECORDED = "not-recorded"
    """Nothing done yet; how long is left to national law that is not recorded."""
    RUNNING = "running"
    WARNING = "warning"
    """Running, and less than a warning's time before the strict end."""
    STRICT_PASSED = "strict-passed"
    """Between the two ends."""
    MISSED = "missed"
    MET = "met"
    MET_LATE = "met-late"
    STOPPED = "stopped"
    LIFTED = "lifted"
    """The duty fell away."""
    WAITING = "waiting"
    """The act may not be done yet."""
    MAY_ACT = "may-act"
    """The act may be done now; nothing says by when."""
    DUE_NOW = "due-now"
    """The act is due at the end, and the end is here."""
    TOO_EARLY = "too-early"
    """The act was done before it was allowed, or what was to be kept was let go: a fault."""
    OPEN_ENDED = "open-ended"
    """The end was taken away: kept until the follow-up is decided."""
    LAPSED = "lapsed"
    """Nothing holds any longer what was kept, or the right was not used; a person decides what follows."""
    TARGET_PASSED = "target-passed"
    ARRIVED = "arrived"
    """The day is here."""


class ExtensionStanding(StrEnum):
    """What became of an extension."""

    NONE = "none"
    IN_TIME = "in-time"
    IN_ROLLED_DAYS = "in-rolled-days"
    """Received after the strict end and before the legal latest: kept by, and doubtful."""
    TOO_LATE = "too-late"
    """Received when the duty had ended: without effect."""


@dataclass(frozen=True)
class Warn:
    """A warning before the strict end."""

    before: timedelta
    at: Instant


@dataclass(frozen=True, kw_only=True)
class ClockState:
    """How a clock stands at an instant."""

    phase: Phase
    due: Due
    """What is due now, after stops, extensions and new ends."""
    since: Instant
    """When the period that now runs, or ran last, began."""
    left: timedelta | None = None
    """To the strict end, negative after it; ``None`` when nothing runs."""
    warning: timedelta | None = None
    """The shortest warning that has been reached, while the clock runs."""
    may_act_from: Instant | None = None
    """Before this an act is a fault."""
    early_by: timedelta = _NO_TIME
    late_by: timedelta = _NO_TIME
    extension: ExtensionStanding = ExtensionStanding.NONE
    stopped_by: StopRule | None = None
    announced_deviation: Instant | None = None
    line_down: tuple[Interval, ...] = ()
    """The cuts within the period that was missed; never an excuse by themselves, always told."""

    @property
    def is_over(self) -> bool:
        """Whether nothing that can still happen will change the verdict."""
        return self.phase in {Phase.MET, Phase.MET_LATE, Phase.TOO_EARLY, Phase.LIFTED, Phase.ARRIVED}


def state_of(clock: RunningClock, *, at: Instant) -> ClockState:
    """How ``clock`` stands at ``at``. Raises what `clock.due` raises."""
    now = in_utc(at)
    known = _as_of(clock, now)
    view = _View(known, _closing(known, now), now)
    phase = _phase(view)
    return ClockState(
        phase=phase,
        due=view.due,
        since=view.leg.since,
        left=view.span.strict - now if view.span is not None and phase in _TICKING else None,
        warning=view.warning if phase in _RUNNING else None,
        may_act_from=view.may_act_from,
        early_by=view.early_by if phase is Phase.TOO_EARLY else _NO_TIME,
        late_by=view.late_by if phase in _LATE else _NO_TIME,
        extension=view.leg.extension,
        stopped_by=view.leg.stop.why if view.leg.stop is not None and phase is Phase.STOPPED else None,
        announced_deviation=known.deviation if phase in _LATE else None,
        line_down=tuple(_cuts(view)) if phase in _LATE else (),
    )


def warnings_of(clock: RunningClock, *, at: Instant) -> tuple[Warn, ...]:
    """The warnings of the period that runs at ``at``, in their order; those before its start are none."""
    view = _View(_as_of(clock, in_utc(at)), in_utc(at), in_utc(at))
    return view.warnings


def next_change(clock: RunningClock, *, at: Instant) -> Instant | None:
    """When the state changes next if nothing else happens; ``None`` when time alone changes nothing more.

    A warning that follows another counts as a change.
    """
    now = in_utc(at)
    view = _View(_as_of(clock, now), now, now)
    if view.span is None:
        return None
    ends = {view.span.strict, view.span.legal_latest, view.grace_end}
    later = sorted(each for each in ends | {warn.at for warn in view.warnings} if each > now)
    before = state_of(clock, at=now)
    for instant in later:
        after = state_of(_as_of(clock, now), at=instant)
        if (after.phase, after.warning) != (before.phase, before.warning):
            return instant
    return None


_RUNNING = {Phase.WARNING, Phase.RUNNING, Phase.WAITING}
_TICKING = _RUNNING | {Phase.STRICT_PASSED, Phase.DUE_NOW, Phase.MISSED, Phase.TARGET_PASSED}
_LATE = {Phase.MISSED, Phase.MET_LATE, Phase.TARGET_PASSED}


@dataclass(frozen=True)
class _Leg:
    """The period that runs, or ran last: each stop begins a new one."""

    since: Instant
    due: Due
    stop: Stop | None = None
    extension: ExtensionStanding = ExtensionStanding.NONE


class _View:
    """A clock's facts as they were at one instant, and what follows from them."""

    def __init__(self, clock: RunningClock, closing: Instant, now: Instant) -> None:
        self.clock = _as_of(clock, closing)
        self.now = now
        self.leg = _leg(self.clock)
        self.due = self.leg.due
        self.span = self.due.span

    @property
    def is_aim(self) -> bool:
        return self.due.standing is Standing.TARGET

    @property
    def grace_end(self) -> Instant:
        """Until when an unconfirmed act due at the end is in time."""
        grace = timedelta(hours=self.clock.rule.readings.at_the_end_hours)
        return self._certain.legal_latest + (grace if self._is_due_at_the_end else _NO_TIME)

    @property
    def may_act_from(self) -> Instant | None:
        if self.span is None or self.clock.lifted is not None:
            return None
        if self._is_due_at_the_end:
            return self.span.legal_latest
        if self.clock.rule.kind is ClockKind.EXACT_OR_AFTER_CONFIRMATION:
            return self.clock.confirmation
        if self.clock.rule.kind is ClockKind.RETROACTIVE_MIN:
            return self.span.legal_latest
        return self._may_let_go_from if self.clock.rule.kind in _HELD else None

    @property
    def early_by(self) -> timedelta:
        """How much too early the act was; for what had no end any more, nothing to measure by."""
        if self.clock.act is None or self.may_act_from is None:
            return _NO_TIME
        return max(self.may_act_from - self.clock.act, _NO_TIME)

    @property
    def late_by(self) -> timedelta:
        moment = min(each for each in (self.clock.act, self.clock.lifted, self.now) if each is not None)
        return max(moment - self._certain.legal_latest, _NO_TIME)

    @property
    def is_forbidden(self) -> bool:
        """Whether the act was done while a stop forbade it."""
        act = self.clock.act
        stops = (each for each in self.clock.stops if each.why.forbids_act)
        return act is not None and any(each.since <= act and (each.until is None or act < each.until) for each in stops)

    @property
    def follow_up(self) -> Interval | None:
        """The follow-up that holds what is kept; one that came when the duty had ended by itself holds nothing."""
        follow_up = self.clock.follow_up
        ends_by_itself = self.clock.rule.kind is ClockKind.MAXIMUM_DURATION
        is_late = follow_up is not None and self.span is not None and follow_up.since >= self.span.legal_latest
        return None if ends_by_itself and is_late else follow_up

    @property
    def is_held_open(self) -> bool:
        return self.follow_up is not None and self.follow_up.until is None

    @property
    def warnings(self) -> tuple[Warn, ...]:
        if self.span is None or self.is_held_open or self.clock.rule.kind is ClockKind.COMPUTED_DATE:
            return ()
        found = tuple(Warn(each, self.span.strict - each) for each in sorted(self._wanted_warnings, reverse=True))
        return tuple(warn for warn in found if warn.at > self.leg.since)

    @property
    def _wanted_warnings(self) -> tuple[timedelta, ...]:
        if self.clock.rule.warnings is not None:
            return self.clock.rule.warnings
        if self.clock.rule.kind in _SLOW:
            return _LONG_WARNINGS
        quarter = (self._certain.strict - self.leg.since) / 4
        return (quarter,) if quarter > _NO_TIME else ()

    @property
    def warning(self) -> timedelta | None:
        reached = [warn.before for warn in self.warnings if warn.at <= self.now]
        return min(reached, default=None)

    @property
    def _certain(self) -> Span:
        if self.span is None:
            raise ClockFactsFaultyError(clock=self.clock.id, field="since", reason="it has no end")
        return self.span

    @property
    def _is_due_at_the_end(self) -> bool:
        is_kind = self.clock.rule.kind is ClockKind.EXACT_OR_AFTER_CONFIRMATION
        confirmation = self.clock.confirmation
        return is_kind and (confirmation is None or confirmation >= self._certain.legal_latest)

    @property
    def _may_let_go_from(self) -> Instant | None:
        """``None`` while a follow-up is undecided."""
        if self.is_held_open:
            return None
        decided = self.follow_up.until if self.follow_up is not None else None
        return max(decided or self._certain.legal_latest, self._certain.legal_latest)


def _phase(view: _View) -> Phase:
    phase = _phase_of_duty(view)
    return Phase.LAPSED if view.clock.is_right and phase is Phase.MISSED else phase


def _phase_of_duty(view: _View) -> Phase:
    if view.clock.lifted is not None:
        before = _phase(_View(replace(view.clock, lifted=None), view.clock.lifted, view.clock.lifted))
        return Phase.MISSED if before is Phase.MISSED else Phase.LIFTED
    if view.is_forbidden:
        return Phase.TOO_EARLY
    if view.span is None:
        return _phase_without_number(view)
    return _PHASES[view.clock.rule.kind](view, view.span)


def _phase_without_number(view: _View) -> Phase:
    """Without a number nobody can say whether what was kept was kept long enough."""
    if view.is_held_open:
        return Phase.OPEN_ENDED
    if view.clock.act is not None and view.clock.rule.kind in _MET_BY_ACT:
        return Phase.MET
    if view.leg.stop is not None:
        return Phase.STOPPED
    return Phase.NOT_RECORDED if view.due.standing is Standing.NOT_RECORDED else Phase.OPEN


def _of_deadline(view: _View, span: Span) -> Phase:
    if view.clock.act is not None:
        return Phase.MET if view.clock.act < span.legal_latest or view.is_aim or view.leg.stop else Phase.MET_LATE
    if view.leg.stop is not None:
        return Phase.STOPPED
    if view.now >= span.legal_latest:
        return Phase.TARGET_PASSED if view.is_aim else Phase.MISSED
    return _before_the_end(view, span)


def _of_held(view: _View, span: Span) -> Phase:
    free = view.may_act_from
    if view.clock.act is not None:
        return Phase.MET if free is not None and view.clock.act >= free else Phase.TOO_EARLY
    if free is None:
        return Phase.OPEN_ENDED
    return Phase.LAPSED if view.now >= free else _before_the_end(view, span)


def _of_extension(view: _View, span: Span) -> Phase:
    if view.clock.act is not None:
        return Phase.MET if view.clock.act < span.legal_latest else Phase.MET_LATE
    return Phase.LAPSED if view.now >= span.legal_latest else _before_the_end(view, span)


def _of_exact(view: _View, span: Span) -> Phase:
    free = view.may_act_from
    if view.clock.act is not None and free is not None and view.clock.act < free:
        return Phase.TOO_EARLY
    if free != span.legal_latest:  # a confirmation came before the end: now a deadline like others
        return _of_deadline(view, span)
    if view.clock.act is not None:
        return Phase.MET if view.clock.act < view.grace_end else Phase.MET_LATE
    if view.leg.stop is not None:
        return Phase.STOPPED
    if view.now < span.legal_latest:
        return Phase.WAITING
    return Phase.DUE_NOW if view.now < view.grace_end else Phase.MISSED


def _of_look_forward(view: _View, span: Span) -> Phase:
    if view.clock.act is not None:
        return Phase.TOO_EARLY if view.clock.act < span.legal_latest else Phase.MET
    return Phase.MAY_ACT if view.now >= span.legal_latest else Phase.WAITING


def _of_date(view: _View, span: Span) -> Phase:
    return Phase.ARRIVED if view.now >= span.legal_latest else _before_the_end(view, span)


def _before_the_end(view: _View, span: Span) -> Phase:
    if view.now >= span.strict:
        return Phase.STRICT_PASSED
    return Phase.RUNNING if view.warning is None else Phase.WARNING


_PHASES: dict[ClockKind, Callable[[_View, Span], Phase]] = {
    ClockKind.DEADLINE_MAX: _of_deadline,
    ClockKind.PERIODIC: _of_deadline,
    ClockKind.PERIODIC_BEFORE: _of_deadline,
    ClockKind.QUALITATIVE: _of_deadline,
    ClockKind.MINIMUM_DURATION: _of_held,
    ClockKind.MAXIMUM_DURATION: _of_held,
    ClockKind.EXTENSION: _of_extension,
    ClockKind.EXACT_OR_AFTER_CONFIRMATION: _of_exact,
    ClockKind.RETROACTIVE_MIN: _of_look_forward,
    ClockKind.COMPUTED_DATE: _of_date,
}


def _cuts(view: _View) -> Iterator[Interval]:
    """The cuts of the line within the period, as far as they lie in it."""
    end = view.now if view.span is None else view.span.legal_latest
    for cut in view.clock.line_down:
        if cut.since < end and (cut.until is None or cut.until > view.leg.since):
            yield Interval(max(cut.since, view.leg.since), min(cut.until or end, end))


# What runs


def _leg(clock: RunningClock) -> _Leg:
    """The period that runs after all stops; a stop after the end stops nothing."""
    leg = _ended_anew(clock, _Leg(clock.since, _plain_due(clock, clock.since)))
    for stop in _merged(clock.stops):
        if leg.due.span is not None and stop.since >= leg.due.span.legal_latest:
            return leg
        if stop.until is None:
            return replace(leg, stop=stop)
        leg = _ended_anew(clock, _resumed(clock, leg.since, stop, stop.until))
    return leg


def _resumed(clock: RunningClock, since: Instant, stop: Stop, until: Instant) -> _Leg:
    if stop.why.restart is Restart.FULL_PERIOD:
        return _Leg(until, _plain_due(clock, until))
    if clock.rule.readings.stop_gives_full_period:
        return _Leg(until, _flagged(_plain_due(clock, until), Interpretation.PERIOD_AFTER_STOP))
    shifted = since + (until - stop.since)  # what was left at the stop is left at its end
    return _Leg(shifted, _flagged(_plain_due(clock, shifted), Interpretation.PERIOD_AFTER_STOP))


def _plain_due(clock: RunningClock, since: Instant) -> Due:
    answer = due(
        clock.rule,
        since=since,
        place=clock.place,
        holidays=clock.holidays,
        national=clock.national,
        law_of=clock.law_of,
        target=clock.target,
        of=clock.of,
    )
    if clock.rule.kind is ClockKind.EXACT_OR_AFTER_CONFIRMATION:
        return _flagged(answer, Interpretation.DUE_AT_THE_END)
    return answer


def _ended_anew(clock: RunningClock, leg: _Leg) -> _Leg:
    """The leg with the end that an extension or a new end gives it."""
    new = next((each for each in reversed(clock.new_ends) if each.at >= leg.since), None)
    if new is not None:
        end = Span(new.until, new.until, day_ended_by(new.until, clock.place.clock_face))
        return replace(leg, due=replace(leg.due, span=end))
    if clock.extension is None or leg.due.span is None or leg.due.country is not None:
        return leg
    return _extended(clock, leg, leg.due.span, clock.extension)


def _extended(clock: RunningClock, leg: _Leg, unextended: Span, extension: Extension) -> _Leg:
    if extension.at >= unextended.legal_latest:
        return replace(leg, extension=ExtensionStanding.TOO_LATE)
    answer = due_extended(
        clock.rule,
        extension.length,
        since=leg.since,
        place=clock.place,
        holidays=clock.holidays,
        national=clock.national,
        law_of=clock.law_of,
    )
    if extension.at < unextended.strict:
        return replace(leg, due=answer, extension=ExtensionStanding.IN_TIME)
    doubtful = _flagged(answer, Interpretation.EXTENSION_IN_ROLLED_DAYS)
    return replace(leg, due=doubtful, extension=ExtensionStanding.IN_ROLLED_DAYS)


def _flagged(answer: Due, choice: Interpretation) -> Due:
    if answer.span is None:
        return answer
    span = answer.span
    return replace(answer, span=replace(span, interpretations=span.interpretations | {choice}))


def _merged(stops: tuple[Stop, ...]) -> list[Stop]:
    """Stops in their order, those that overlap or touch made one; the reason is that of the last to end."""
    merged: list[Stop] = []
    for stop in sorted(stops, key=lambda each: each.since):
        last = merged[-1] if merged else None
        if last is None or (last.until is not None and stop.since > last.until):
            merged.append(stop)
        elif last.until is not None and (stop.until is None or stop.until > last.until):
            merged[-1] = replace(stop, since=last.since)
    return merged


# What was known when


def _closing(clock: RunningClock, now: Instant) -> Instant:
    """Until when facts count: the act or the lifting, whichever came first, or now."""
    return min(each for each in (clock.act, clock.lifted, now) if each is not None)


def _as_of(clock: RunningClock, at: Instant) -> RunningClock:
    """The clock with the facts up to ``at``, that instant included."""
    return replace(
        clock,
        act=_if_known(clock.act, at),
        confirmation=_if_known(clock.confirmation, at),
        lifted=_if_known(clock.lifted, at),
        deviation=_if_known(clock.deviation, at),
        extension=clock.extension if clock.extension and clock.extension.at <= at else None,
        new_ends=tuple(each for each in clock.new_ends if each.at <= at),
        follow_up=next(_known_intervals((clock.follow_up,) if clock.follow_up else (), at), None),
        line_down=tuple(_known_intervals(clock.line_down, at)),
        stops=tuple(replace(s, until=_if_known(s.until, at)) for s in clock.stops if s.since <= at),
    )


def _if_known(instant: Instant | None, at: Instant) -> Instant | None:
    return instant if instant is not None and instant <= at else None


def _known_intervals(intervals: tuple[Interval, ...], at: Instant) -> Iterator[Interval]:
    for each in intervals:
        if each.since <= at:
            yield Interval(each.since, _if_known(each.until, at))


# What cannot be


def _check(clock: RunningClock) -> None:
    singles = (clock.since, clock.act, clock.confirmation, clock.lifted, clock.deviation, clock.target)
    for instant in singles:
        if instant is not None:
            in_utc(instant)
    for name, intervals in _intervals(clock) if _has_intervals(clock) else ():
        for since, until in intervals:
            if until is not None and in_utc(until) < in_utc(since):
                raise ClockFactsFaultyError(clock=clock.id, field=name, reason="it ends before it begins")
    if clock.stops and clock.rule.kind not in _STOPPABLE:
        raise ClockFactsFaultyError(clock=clock.id, field="stops", reason=f"nothing stops a {clock.rule.kind}")
    if clock.follow_up and clock.rule.kind not in _HELD:
        raise ClockFactsFaultyError(clock=clock.id, field="follow_up", reason="it keeps nothing")
    if clock.extension and (clock.rule.length is None or clock.rule.of is not None):
        raise ClockFactsFaultyError(clock=clock.id, field="extension", reason="it has no number to extend")
    if clock.new_ends and clock.rule.kind not in RESETTABLE:
        raise ClockFactsFaultyError(clock=clock.id, field="new_ends", reason=f"nobody sets a {clock.rule.kind} anew")


def _has_intervals(clock: RunningClock) -> bool:
    return bool(clock.stops or clock.line_down or clock.follow_up or clock.new_ends or clock.extension)


def _intervals(clock: RunningClock) -> tuple[tuple[str, list[tuple[Instant, Instant | None]]], ...]:
    return (
        ("stops", [(each.since, each.until) for each in clock.stops]),
        ("line_down", [(each.since, each.until) for each in clock.line_down]),
        ("follow_up", [(clock.follow_up.since, clock.follow_up.until)] if clock.follow_up else []),
        ("new_ends", [(each.at, each.until) for each in clock.new_ends]),
        ("extension", [(clock.extension.at, None)] if clock.extension else []),
    )
