"""Clocks as an instrument states them, and what is due when.

A `ClockRule` is one line of an instrument. `due` puts it to an event at a place and says what the
result may be called (`Standing`): the number of a law is a deadline only if that law also says how
to count it; a bare word ("promptly") is never one, whatever target an office sets itself; and where
the answer lies in the law of a State that has not recorded it, there is no number at all.

`tocsin.law.running` tells how a clock stands at an instant.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from tocsin.base.errors import RuleError
from tocsin.base.instant import Instant
from tocsin.law.calendar import Holidays, Place, day_of, in_utc
from tocsin.law.counting import (
    RULES,
    Counting,
    CountingRule,
    Length,
    Readings,
    Span,
    Unit,
    count,
    count_extended,
    day_ended_by,
    takes_effect,
    until_end_of,
    until_start_of,
)
from tocsin.law.errors import ClockFactsFaultyError, ClockRuleFaultyError, NationalLimitElsewhereError
from tocsin.law.vocabulary import ClockId

_A_COMMON_YEAR = 2001


class ClockKind(StrEnum):
    """What the software makes of a clock (the kinds of clock that docs/law lists)."""

    DEADLINE_MAX = "deadline_max"
    """The act must have been received before the end."""
    MINIMUM_DURATION = "minimum_duration"
    """A state must last at least this long."""
    MAXIMUM_DURATION = "maximum_duration"
    """A duty that ends then by itself."""
    EXTENSION = "extension"
    """A right to lengthen another clock (``of``), to be used before that one's unextended end."""
    EXACT_OR_AFTER_CONFIRMATION = "exact_or_after_confirmation"
    """Act at the end, not before it, unless released by a confirmation."""
    RETROACTIVE_MIN = "retroactive_min"
    """Something must lie at least this far before an act."""
    LOOKBACK_WINDOW = "lookback_window"
    """How far back from an act something counts. Never runs: `counting.count_back` gives its start."""
    PERIODIC = "periodic"
    """Due again and again: each period, or by the end of a date of the following year."""
    PERIODIC_BEFORE = "periodic_before"
    """Due before a date of the following year begins."""
    COMPUTED_DATE = "computed_date"
    """A day on which something happens by itself."""
    QUALITATIVE = "qualitative"
    """The law gives words and no number: a target of one's own at most, never a deadline."""


@dataclass(frozen=True)
class FixedDate:
    """A day that comes back every year: 31 March. Raises ``ValueError`` for one that does not."""

    month: int
    day: int

    def __post_init__(self) -> None:
        self.in_year(_A_COMMON_YEAR)

    def in_year(self, year: int) -> date:
        return date(year, self.month, self.day)


@dataclass(frozen=True, kw_only=True)
class ClockRule:
    """One clock of an instrument, as its file states it.

    Raises `ClockRuleFaultyError`, which names the field, for a line that contradicts itself.
    """

    id: ClockId
    article: str
    kind: ClockKind
    unit: Unit
    counting: Counting
    value: int | Fraction | None = None
    """How many of ``unit``; ``None`` for a date and for bare words. Parts only of months."""
    date: FixedDate | None = None
    """For ``Unit.DATE`` alone."""
    of: ClockId | None = None
    """The clock that this one extends (kind ``extension``) or follows (``same_as_production_deadline``)."""
    confirmed: bool = False
    """Read on a stored page of the legal text; otherwise from memory, and said so wherever it shows."""
    source: str = ""
    trigger: str = ""
    actor: str = ""
    on_miss: str = ""
    extension: str = ""
    note: str = ""
    warnings: tuple[timedelta, ...] | None = None
    """How long before the strict end to warn; ``None`` takes what the kind suggests."""
    readings: Readings = field(default_factory=Readings)

    def __post_init__(self) -> None:
        _check(self)

    @property
    def length(self) -> Length | None:
        return None if self.value is None else Length(self.value, self.unit)


@dataclass(frozen=True, kw_only=True)
class NationalLimit:
    """A line of a member's own table: how its law counts a clock that an instrument leaves to it."""

    country: str
    clock: ClockId
    rule: CountingRule
    length: Length | None = None
    """What national law sets; ``None`` where the instrument's number stands and only the counting is national."""


class Standing(StrEnum):
    """What the end of a clock may be called."""

    DEADLINE = "deadline"
    """An act must have been received before the legal latest end."""
    DURATION = "duration"
    """A duty to keep or to be silent lasts until then."""
    RIGHT = "right"
    """A right that can be used until then."""
    OPENING = "opening"
    """An act may be done from then on."""
    DATE = "date"
    """Something happens by itself then."""
    TARGET = "target"
    """No deadline: an office's own aim, or a treaty's number that nothing says how to count."""
    WORD = "word"
    """The law gives a word and no number, and nobody set a target."""
    NOT_RECORDED = "not-recorded"
    """National law that its State has not recorded."""


@dataclass(frozen=True)
class Due:
    """What is due when. ``span`` is ``None`` where there is no number."""

    standing: Standing
    span: Span | None = None
    country: str | None = None
    """Whose law it is, where that is not recorded: show "national law of X: not recorded"."""


@dataclass(frozen=True)
class Until:
    """The end of a clock as people read it."""

    day: date | None
    """Say "until the end of" this day; ``None`` when the end is no local midnight."""
    face: datetime
    """What the local clock shows at the end, with its UTC offset."""
    zone: str

    def __str__(self) -> str:
        """English: ``until the end of 3 December 2026 (Europe/Brussels)``."""
        if self.day is not None:
            return f"until the end of {self.day.day} {self.day:%B %Y} ({self.zone})"
        precision = "%H:%M:%S" if self.face.second or self.face.microsecond else "%H:%M"
        return f"until {self.face:{precision}} on {self.face.day} {self.face:%B %Y} ({self.zone})"


def due(
    rule: ClockRule,
    *,
    since: Instant,
    place: Place,
    holidays: Holidays | None = None,
    national: NationalLimit | None = None,
    law_of: str | None = None,
    target: Instant | None = None,
    of: Span | None = None,
) -> Due:
    """What ``rule`` makes due when its trigger happens at ``since`` and the act is due at ``place``.

    ``national`` is the line that the State ``law_of`` (by default that of ``place``) recorded;
    ``target`` an instant that the office aims at where the law gives no number; ``of`` the
    unextended span of the clock that ``rule`` extends or follows.

    Raises what `counting.count` raises, `NationalLimitElsewhereError` for a line that speaks of
    something else, and `ClockFactsFaultyError` when ``of`` is missing or the rule never runs.
    """
    event = in_utc(since)
    if rule.kind is ClockKind.LOOKBACK_WINDOW:
        raise ClockFactsFaultyError(clock=rule.id, field="since", reason="it looks back and never runs")
    if rule.of is not None:
        return _due_by_another(rule, of, place)
    if rule.kind is ClockKind.QUALITATIVE:
        return _aim(Due(Standing.WORD), target, place)
    if rule.date is not None:
        return Due(Standing.DEADLINE, _following_date(rule, rule.date, event, place))
    counted = counted_by(rule, national=national, law_of=law_of or place.country)
    if counted is None:
        answer = Due(Standing.NOT_RECORDED, country=law_of or place.country)
        # An aim helps with an answer; nothing is to be let go, or done early, on the strength of one
        return _aim(answer, target, place) if rule.kind is ClockKind.DEADLINE_MAX else answer
    length, by = counted
    if rule.kind is ClockKind.COMPUTED_DATE:
        return Due(Standing.DATE, takes_effect(length, since=event, place=place))
    span = count(length, since=event, place=place, rule=by, holidays=holidays, readings=rule.readings)
    return Due(_standing(rule), span)


def due_extended(
    rule: ClockRule,
    extra: Length,
    *,
    since: Instant,
    place: Place,
    holidays: Holidays | None = None,
    national: NationalLimit | None = None,
    law_of: str | None = None,
) -> Due:
    """What is due once the clock was lengthened in time by ``extra``; as `due` otherwise."""
    counted = counted_by(rule, national=national, law_of=law_of or place.country)
    if counted is None or rule.of is not None:
        raise ClockFactsFaultyError(clock=rule.id, field="extension", reason="it has no number to extend")
    length, by = counted
    span = count_extended(length, extra, since=since, place=place, rule=by, holidays=holidays, readings=rule.readings)
    return Due(_standing(rule), span)


def counted_by(rule: ClockRule, *, national: NationalLimit | None, law_of: str) -> tuple[Length, CountingRule] | None:
    """The length and the counting rule that apply; ``None`` where ``law_of`` has not recorded its law.

    Raises `NationalLimitElsewhereError`.
    """
    if rule.length is None:
        return None
    if rule.counting in RULES:
        return rule.length, RULES[rule.counting]
    if national is None:
        return None
    if (national.clock, national.country) != (rule.id, law_of):
        raise NationalLimitElsewhereError(
            clock=national.clock, country=national.country, wanted_clock=rule.id, wanted_country=law_of
        )
    return national.length or rule.length, national.rule


def until(end: Instant, place: Place) -> Until:
    """How to show an end, which is exclusive: local midnight is the end of the day before."""
    zone = place.clock_face
    return Until(day=day_ended_by(end, zone), face=end.astimezone(zone), zone=place.zone)


def _standing(rule: ClockRule) -> Standing:
    if rule.kind in {ClockKind.MINIMUM_DURATION, ClockKind.MAXIMUM_DURATION}:
        return Standing.DURATION
    if rule.kind is ClockKind.RETROACTIVE_MIN:
        return Standing.OPENING
    # A treaty's number that nothing says how to count is an aim for an answer (an engineering choice)
    return Standing.TARGET if rule.counting is Counting.TREATY_NO_RULE else Standing.DEADLINE


def _due_by_another(rule: ClockRule, of: Span | None, place: Place) -> Due:
    if of is None:
        raise ClockFactsFaultyError(clock=rule.id, field="of", reason=f"it hangs on {rule.of}, which is not given")
    if rule.kind is not ClockKind.EXTENSION:
        return Due(Standing.DEADLINE, of)
    # The earlier value, unextended and unrolled: 2023/1543, Art. 11(1), read on the safe side
    end = replace(of, legal_latest=of.strict, last_day=day_ended_by(of.strict, place.clock_face), steps=())
    return Due(Standing.RIGHT, end)


def _aim(without: Due, target: Instant | None, place: Place) -> Due:
    if target is None:
        return without
    aim = in_utc(target)
    return Due(Standing.TARGET, Span(aim, aim, day_ended_by(aim, place.clock_face)), without.country)


def _following_date(rule: ClockRule, day: FixedDate, event: Instant, place: Place) -> Span:
    """The date in the year after the one in which the event lies, in local time."""
    on = day.in_year(day_of(event, place.clock_face).year + 1)
    return until_start_of(on, place=place) if rule.kind is ClockKind.PERIODIC_BEFORE else until_end_of(on, place=place)


def _check(rule: ClockRule) -> None:
    for name, is_wrong, reason in _faults(rule):
        if is_wrong:
            raise ClockRuleFaultyError(clock=rule.id, field=name, reason=reason)
    try:
        length = rule.length
    except RuleError as error:
        raise ClockRuleFaultyError(clock=rule.id, field="value", reason=str(error)) from error
    by = RULES.get(rule.counting)
    if length is not None and length.unit is Unit.WORKING_DAYS and by is not None and not by.has_working_days:
        raise ClockRuleFaultyError(clock=rule.id, field="unit", reason=f"{rule.counting} has no working days")


def _faults(rule: ClockRule) -> tuple[tuple[str, bool, str], ...]:
    is_word = not rule.unit.is_counted and rule.unit is not Unit.DATE
    is_qualitative = rule.kind is ClockKind.QUALITATIVE
    hangs = rule.kind is ClockKind.EXTENSION or rule.unit is Unit.SAME_AS_PRODUCTION_DEADLINE
    dated = {ClockKind.PERIODIC, ClockKind.PERIODIC_BEFORE}
    return (
        ("unit", is_word != is_qualitative, f"a {rule.kind} clock cannot be in {rule.unit}"),
        ("value", rule.unit.is_counted and rule.value is None, f"{rule.unit} need a number"),
        ("value", not rule.unit.is_counted and rule.value is not None, f"{rule.unit} takes no number"),
        ("date", (rule.unit is Unit.DATE) != (rule.date is not None), "a date goes with the unit date alone"),
        ("kind", rule.unit is Unit.DATE and rule.kind not in dated, "only a periodic clock has a date"),
        ("kind", rule.kind is ClockKind.PERIODIC_BEFORE and rule.unit is not Unit.DATE, "it needs a date"),
        ("of", hangs != (rule.of is not None), "an extension, and no other number, names the clock it hangs on"),
        ("warnings", any(each <= timedelta(0) for each in rule.warnings or ()), "a warning comes before the end"),
    )
