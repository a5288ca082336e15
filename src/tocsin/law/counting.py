"""How law counts time: from an event and a length to two instants.

Every period has two ends, and neither stands for the other:

- *strict*: the event plus n units of elapsed time, no rounding, no roll-over. Alarms run on it.
- *legal latest*: the end under the counting rule. It decides what was missed.

Both are exclusive: the first instant outside the period. An example, under Regulation (EEC, Euratom)
No 1182/71, for 10 days from an order received in Berlin on Tuesday 15 December 2026 at 09:00:

    Art. 3(1)     the 15th is not counted                      first day  16 December
    Art. 3(2)(b)  the period ends with the tenth day           last day   25 December, a holiday
    Art. 3(4)     the following working day                    last day   28 December
    legal latest  24:00 of 28 December, shown as "until the end of 28 December"
    strict        25 December, 09:00

A counting rule is data (`CountingRule`): that Regulation, a treaty without any rule, and whatever a
State records of its own law are lines of one table. Where the law is silent or disputed the choice
is a `Readings` of the clock, and the `Span` names each choice that its result rests on.
"""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from tocsin.base.instant import Instant
from tocsin.law.calendar import (
    Holidays,
    Place,
    day_of,
    end_of_day,
    first_showing,
    in_utc,
    is_working_day,
    start_of_day,
    working_day_from,
)
from tocsin.law.errors import (
    LengthNotPositiveError,
    LengthNotWholeError,
    LengthTooLongError,
    NationalLawNotRecordedError,
    UnitNotCountedError,
)

_TICK = timedelta(microseconds=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_MONTHS_IN_YEAR = 12
_DAYS_IN_MONTH = 30  # 1182/71, Art. 3(2)(d), for parts of months alone
_HOURS_IN_TWO_DAYS = 48


class Counting(StrEnum):
    """By whose rule a time limit is counted."""

    EU_1182_71 = "eu_1182_71"
    """Regulation (EEC, Euratom) No 1182/71."""
    TREATY_NO_RULE = "treaty_no_rule"
    """The treaty gives a number and no way to count it."""
    NATIONAL_LAW = "national_law"
    """The law of the State where the act is due: a number only once that State has recorded it."""
    NATIONAL_LAW_OF_ISSUING_AUTHORITY = "national_law_of_issuing_authority"
    """The law of the State that issued the order (2023/1543, Article 17(9))."""


class Unit(StrEnum):
    """What a time limit is measured in: first those that are counted, then a date, then bare words."""

    HOURS = "hours"
    DAYS = "days"
    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEAR = "year"

    DATE = "date"

    IMMEDIATELY = "immediately"
    PROMPTLY = "promptly"
    EXPEDITIOUSLY = "expeditiously"
    RAPIDLY_EXPEDITED = "rapidly_expedited"
    WITHOUT_UNDUE_DELAY = "without_undue_delay"
    SIMULTANEOUSLY = "simultaneously"
    BEFORE_TRANSMISSION = "before_transmission"
    AT_EFFECT = "at_effect"
    AT_RESTRICTION = "at_restriction"
    ON_REQUEST = "on_request"
    NATIONAL = "national"
    SAME_AS_PRODUCTION_DEADLINE = "same_as_production_deadline"
    AS_PROMISED = "as_promised"
    """No law: the other side said when it would answer (2013/40, Article 13(1)), which becomes a target."""

    @property
    def is_counted(self) -> bool:
        return self in _COUNTED


_COUNTED = {
    Unit.HOURS: 100 * 366 * 24,
    Unit.DAYS: 100 * 366,
    Unit.CALENDAR_DAYS: 100 * 366,
    Unit.WORKING_DAYS: 100 * 260,
    Unit.WEEKS: 100 * 52,
    Unit.MONTHS: 100 * 12,
    Unit.YEAR: 100,
}
"""The units that are counted, and the most of each that can be meant: a hundred years."""


@dataclass(frozen=True)
class Length:
    """How long: 8 hours, 10 days, one and a half months.

    Raises `UnitNotCountedError`, `LengthNotPositiveError`, `LengthNotWholeError` or `LengthTooLongError`.
    """

    value: int | Fraction
    unit: Unit

    def __post_init__(self) -> None:
        if not self.unit.is_counted:
            raise UnitNotCountedError(unit=self.unit, counting="any rule", reason="it gives no number")
        if self.value <= 0:
            raise LengthNotPositiveError(value=self.value, unit=self.unit)
        if self.value > _COUNTED[self.unit]:
            raise LengthTooLongError(value=self.value, unit=self.unit)
        if not self._is_whole:
            raise LengthNotWholeError(value=self.value, unit=self.unit)

    @property
    def _is_whole(self) -> bool:
        parts = _DAYS_IN_MONTH if self.unit is Unit.MONTHS else 1
        return Fraction(self.value * parts).denominator == 1

    @property
    def is_two_days_or_more(self) -> bool:
        """1182/71, Article 3(5); hours are two days only by conversion."""
        if self.unit is Unit.HOURS:
            return self.value >= _HOURS_IN_TWO_DAYS
        days_in_unit = {Unit.WEEKS: 7, Unit.MONTHS: _DAYS_IN_MONTH, Unit.YEAR: 365}.get(self.unit, 1)
        return self.value * days_in_unit >= 2  # noqa: PLR2004 - the number in the law


@dataclass(frozen=True)
class CountingRule:
    """A way to count, as data. Two are ours to give (`RULES`); a State may record its own."""

    source: str
    """Where it is written."""
    skips_event_hour: bool = False
    """Hours run from the end of the clock hour in which the event happens, not from the event."""
    skips_event_day: bool = False
    """Days, weeks, months and years run from the day after the event, whole days; otherwise from the
    event itself, and then to the end of the local day that they reach."""
    rolls_over: bool = False
    """A last day that is no working day gives way to the next working day. Never for hours."""
    least_working_days: int = 0
    """How many working days a period of two days or more holds at least."""
    has_working_days: bool = False
    """Whether the rule says what a working day is."""


RULES = {
    Counting.EU_1182_71: CountingRule(
        source="Regulation (EEC, Euratom) No 1182/71, Articles 2 and 3",
        skips_event_hour=True,
        skips_event_day=True,
        rolls_over=True,
        least_working_days=2,
        has_working_days=True,
    ),
    Counting.TREATY_NO_RULE: CountingRule(source="none: the treaty does not say how to count"),
}


class Initiates(StrEnum):
    """Which day "initiates" a period of weeks, months or years (1182/71, Article 3(2)(c))."""

    EVENT_DAY = "event_day"
    """5 March + 1 month ends with 5 April (C-171/03, Toeters and Verberk)."""
    FIRST_DAY = "first_day"
    """5 March + 1 month ends with 6 April."""


@dataclass(frozen=True)
class Readings:
    """Where the law is silent or disputed, the choice made: engineering, and it can be switched.

    A reading belongs to the clock's line in the instrument, never to a node's settings: both sides
    of a thread must come to the same instants.
    """

    initiates: Initiates = Initiates.EVENT_DAY
    hours_min_two_working_days: bool = False
    """1182/71, Art. 3(5) also for periods of 48 hours and more."""
    hours_on_wall_clock: bool = False
    """Count hours on the local clock's face instead of as elapsed time, when it is put forward or back."""
    calendar_days_roll_over: bool = True
    """1182/71, Art. 3(4)-(5) also for "calendar days" (2023/977), in the legal latest alone."""
    treaty_to_end_of_day: bool = True
    """A treaty's days run to the end of the local day that they reach."""
    stop_gives_full_period: bool = True
    """After a stop of which the law does not say more the full period runs anew, not what was left."""
    at_the_end_hours: int = 24
    """For how many hours after its end an act due "at the end" of a period is still done in time."""


AS_USUAL = Readings()


class Interpretation(StrEnum):
    """A choice of ours that an instant rests on, because the law is silent or disputed."""

    EVENT_DAY_INITIATES = "event-day-initiates"
    HOURS_NOT_STRETCHED = "hours-not-stretched"
    HOURS_STRETCHED = "hours-stretched"
    HOURS_ELAPSE = "hours-elapse"
    CALENDAR_DAYS = "calendar-days"
    TREATY_COUNTED = "treaty-counted"
    PARTS_AFTER_MONTHS = "parts-after-months"
    PERIOD_AFTER_STOP = "period-after-stop"
    EXTENSION_COUNTED = "extension-counted"
    EXTENSION_IN_ROLLED_DAYS = "extension-in-rolled-days"
    DUE_AT_THE_END = "due-at-the-end"
    HOLIDAYS_NOT_SETTLED = "holidays-not-settled"
    """No reading of the law: a State may still move holidays of a year that the period reaches."""


@dataclass(frozen=True)
class Step:
    """One place at which the rule moved the last day."""

    article: str
    """``3(4)`` or ``3(5)``."""
    was: date
    now: date


@dataclass(frozen=True)
class Span:
    """The two ends of a period, in UTC, exclusive. ``strict`` is never after ``legal_latest``."""

    strict: Instant
    legal_latest: Instant
    last_day: date | None = None
    """The local day with whose end ``legal_latest`` coincides: show "until the end of" it."""
    steps: tuple[Step, ...] = ()
    interpretations: frozenset[Interpretation] = frozenset()


@dataclass(frozen=True)
class Back:
    """The two starts of a period counted backwards; what must lie before it must lie before ``legal``."""

    elapsed: Instant
    """The event less n units of elapsed time."""
    legal: Instant
    """The start of the period under the counting rule; a change of the clock may put it after ``elapsed``."""

    @property
    def earlier(self) -> Instant:
        """What lies before this lies before the period on any reading: alarms run on it."""
        return min(self.elapsed, self.legal)


def rule_for(counting: Counting, *, country: str) -> CountingRule:
    """The counting rule; raises `NationalLawNotRecordedError` where it is left to ``country``."""
    if counting not in RULES:
        raise NationalLawNotRecordedError(country=country)
    return RULES[counting]


def count(
    length: Length,
    *,
    since: Instant,
    place: Place,
    rule: CountingRule,
    holidays: Holidays | None = None,
    readings: Readings = AS_USUAL,
) -> Span:
    """When a period ends that an event starts.

    ``holidays`` stands in for the calendar of ``place``. Raises `InstantWithoutZoneError`,
    `UnitNotCountedError`, or `CalendarUnknownError` for a year whose holidays the answer needs and
    nobody knows.
    """
    period = _Period(length, in_utc(since), place, rule, place.holidays if holidays is None else holidays, readings)
    return period.hours() if length.unit is Unit.HOURS else period.days()


def count_extended(
    length: Length,
    extra: Length,
    *,
    since: Instant,
    place: Place,
    rule: CountingRule,
    holidays: Holidays | None = None,
    readings: Readings = AS_USUAL,
) -> Span:
    """When a period ends that was lengthened once, in time.

    The law does not say whether 60 days and 30 more are 90 days from the event or 30 days after the
    day to which the 60 had rolled. *Strict* takes what is elapsed, *legal latest* the later of the
    two, so that what is to be kept is kept. Raises what `count` raises.
    """
    calendar = place.holidays if holidays is None else holidays
    first = count(length, since=since, place=place, rule=rule, holidays=calendar, readings=readings)
    then = count(extra, since=first.legal_latest - _TICK, place=place, rule=rule, holidays=calendar, readings=readings)
    elapsed = count(extra, since=first.strict, place=place, rule=rule, holidays=calendar, readings=readings)
    latest = then
    if length.unit is extra.unit:
        total = Length(length.value + extra.value, length.unit)
        whole = count(total, since=since, place=place, rule=rule, holidays=calendar, readings=readings)
        latest = max(whole, then, key=lambda span: span.legal_latest)
    return replace(
        latest,
        strict=min(elapsed.strict, latest.legal_latest),
        interpretations=first.interpretations | then.interpretations | {Interpretation.EXTENSION_COUNTED},
    )


def takes_effect(length: Length, *, since: Instant, place: Place) -> Span:
    """When something happens by itself, a number of days after an event: as that day begins.

    1182/71, Article 4(2); the day of the event is not counted and nothing rolls.
    """
    if length.unit in {Unit.HOURS, Unit.WORKING_DAYS}:
        raise UnitNotCountedError(unit=length.unit, counting="a day of effect", reason="it is a day of the calendar")
    zone = place.clock_face
    return until_start_of(_day_after(length, day_of(in_utc(since), zone)), place=place)


def count_back(length: Length, *, before: Instant, place: Place, rule: CountingRule) -> Back:
    """Where a period begins that ends with an event: a notice to be given, a window to look back over.

    Nothing rolls (1182/71, Article 3(4), second subparagraph), so no calendar is needed; periods in
    working days are refused with `UnitNotCountedError`.
    """
    event, zone = in_utc(before), place.clock_face
    if length.unit is Unit.WORKING_DAYS:
        raise UnitNotCountedError(unit=length.unit, counting=rule.source, reason="not backwards")
    elapsed = _elapsed(length, event, zone, sign=-1)
    if length.unit is Unit.HOURS:
        legal = _full_hour(event, zone) - int(length.value) * _HOUR if rule.skips_event_hour else elapsed
    else:
        legal = start_of_day(_day_after(length, day_of(event, zone), sign=-1), zone)
    return Back(elapsed=elapsed, legal=legal)


def until_end_of(day: date, *, place: Place) -> Span:
    """A fixed date to act on or by: it ends with that day and does not roll (1182/71, Article 5)."""
    end = end_of_day(day, place.clock_face)
    return Span(strict=end, legal_latest=end, last_day=day)


def until_start_of(day: date, *, place: Place) -> Span:
    """A fixed date to act before: it ends with the day before and does not roll."""
    return until_end_of(day - _DAY, place=place)


def day_ended_by(instant: Instant, zone: ZoneInfo) -> date | None:
    """The local day that ends at this very instant, if one does."""
    day = day_of(instant, zone) - _DAY
    return day if end_of_day(day, zone) == instant else None


@dataclass(frozen=True)
class _Period:
    """One count: the length, the event and everything that it is counted by."""

    length: Length
    event: Instant
    place: Place
    rule: CountingRule
    holidays: Holidays
    readings: Readings

    @property
    def zone(self) -> ZoneInfo:
        return self.place.clock_face

    # Hours

    def hours(self) -> Span:
        strict = self.event + int(self.length.value) * _HOUR
        latest = self._last_hour()
        choices = self._choices_on_hours(latest)
        if not self._is_stretched:
            return self._span(strict, latest, (), choices)
        last, steps = self._stretched(day_of(latest - _TICK, self.zone))
        stretched = end_of_day(last, self.zone) if steps else latest
        return self._span(strict, stretched, steps, choices | self._unsettled(last))

    def _last_hour(self) -> Instant:
        """1182/71, Article 3(1) and 3(2)(a)."""
        start = _full_hour(self.event, self.zone) + _HOUR if self.rule.skips_event_hour else self.event
        hours = int(self.length.value) * _HOUR
        if not self.readings.hours_on_wall_clock:
            return start + hours
        face = start.astimezone(self.zone).replace(tzinfo=None)
        return first_showing(face + hours, self.zone)

    @property
    def _is_stretched(self) -> bool:
        asked = self.readings.hours_min_two_working_days and self.rule.least_working_days > 0
        return asked and self.length.is_two_days_or_more

    def _choices_on_hours(self, latest: Instant) -> set[Interpretation]:
        choices = set() if self.rule.skips_event_hour else {Interpretation.TREATY_COUNTED}
        if self.event.astimezone(self.zone).utcoffset() != latest.astimezone(self.zone).utcoffset():
            choices.add(Interpretation.HOURS_ELAPSE)
        if self.rule.least_working_days and self.length.is_two_days_or_more:
            choices.add(Interpretation.HOURS_STRETCHED if self._is_stretched else Interpretation.HOURS_NOT_STRETCHED)
        return choices

    # Days, weeks, months and years

    def days(self) -> Span:
        last, steps = self._moved(self._last_day())
        latest = end_of_day(last, self.zone)
        if not self.rule.skips_event_day and not self.readings.treaty_to_end_of_day:
            latest = self._strict()
        return self._span(self._strict(), latest, steps, self._choices_on_days() | self._unsettled(last))

    def _last_day(self) -> date:
        """The last day before it is moved: 1182/71, Article 3(1) and 3(2)(b)-(d)."""
        if self.length.unit is Unit.WORKING_DAYS:
            return self._last_working_day()
        if not self.rule.skips_event_day:
            return day_of(self._strict(), self.zone)
        initiating = day_of(self.event, self.zone)
        if self._is_weeks_or_longer and self.readings.initiates is Initiates.FIRST_DAY:
            initiating += _DAY
        return _day_after(self.length, initiating)

    def _last_working_day(self) -> date:
        if not self.rule.has_working_days:
            raise UnitNotCountedError(
                unit=self.length.unit, counting=self.rule.source, reason="it does not say what a working day is"
            )
        day = day_of(self.event, self.zone)
        for _ in range(int(self.length.value)):
            day = working_day_from(day + _DAY, self.holidays)
        return day

    def _moved(self, last: date) -> tuple[date, tuple[Step, ...]]:
        """1182/71, Article 3(4), then 3(5)."""
        if self.length.unit is Unit.CALENDAR_DAYS and not self.readings.calendar_days_roll_over:
            return last, ()
        rolled = working_day_from(last, self.holidays) if self.rule.rolls_over else last
        steps = (Step("3(4)", last, rolled),) if rolled != last else ()
        if not self.rule.least_working_days or not self.length.is_two_days_or_more:
            return rolled, steps
        stretched, more = self._stretched(rolled)
        return stretched, steps + more

    def _stretched(self, last: date) -> tuple[date, tuple[Step, ...]]:
        """1182/71, Article 3(5): to the end of the day that makes the working days complete."""
        wanted, day = self.rule.least_working_days, day_of(self.event, self.zone)
        while wanted and day < last:
            day += _DAY
            wanted -= is_working_day(day, self.holidays)
        while wanted:
            day = working_day_from(day + _DAY, self.holidays)
            wanted -= 1
        return (day, (Step("3(5)", last, day),)) if day > last else (last, ())

    def _strict(self) -> Instant:
        if self.length.unit is not Unit.WORKING_DAYS:
            return _elapsed(self.length, self.event, self.zone)
        last = self._last_working_day()
        if not is_working_day(day_of(self.event, self.zone), self.holidays):
            return end_of_day(last, self.zone)  # working time begins with the first working day
        return first_showing(datetime.combine(last, self.event.astimezone(self.zone).time()), self.zone)

    @property
    def _is_weeks_or_longer(self) -> bool:
        return self.length.unit in {Unit.WEEKS, Unit.MONTHS, Unit.YEAR}

    def _choices_on_days(self) -> set[Interpretation]:
        choices = set()
        if not self.rule.skips_event_day:
            choices.add(Interpretation.TREATY_COUNTED)
        elif self._is_weeks_or_longer:
            choices.add(Interpretation.EVENT_DAY_INITIATES)
        if self.length.unit is Unit.CALENDAR_DAYS and self.rule.rolls_over:
            choices.add(Interpretation.CALENDAR_DAYS)
        if Fraction(self.length.value).denominator > 1:
            choices.add(Interpretation.PARTS_AFTER_MONTHS)
        return choices

    def _unsettled(self, last: date) -> set[Interpretation]:
        years = range(day_of(self.event, self.zone).year, last.year + 1)
        is_settled = not self.rule.has_working_days or all(self.holidays.is_settled(year) for year in years)
        return set() if is_settled else {Interpretation.HOLIDAYS_NOT_SETTLED}

    def _span(self, strict: Instant, latest: Instant, steps: tuple[Step, ...], choices: set[Interpretation]) -> Span:
        return Span(
            strict=min(strict, latest),  # a night on which the clock is put forward may be 23 hours long
            legal_latest=latest,
            last_day=day_ended_by(latest, self.zone),
            steps=steps,
            interpretations=frozenset(choices),
        )


def _full_hour(event: Instant, zone: ZoneInfo) -> Instant:
    """When the local clock hour of the event began, under the offset in force at the event."""
    face = event.astimezone(zone)
    return event - timedelta(minutes=face.minute, seconds=face.second, microseconds=face.microsecond)


def _elapsed(length: Length, event: Instant, zone: ZoneInfo, *, sign: int = 1) -> Instant:
    """The event moved by n units of elapsed time; months and years by the local clock and the date."""
    hours = {Unit.HOURS: 1, Unit.DAYS: 24, Unit.CALENDAR_DAYS: 24, Unit.WEEKS: 7 * 24}.get(length.unit)
    if hours is not None:
        return event + sign * int(length.value) * hours * _HOUR
    face = event.astimezone(zone)
    return first_showing(datetime.combine(_day_after(length, face.date(), sign=sign), face.time()), zone)


def _day_after(length: Length, day: date, *, sign: int = 1) -> date:
    """The day that lies a length after (or before) another; the last of the month where it has no such date."""
    if length.unit in {Unit.MONTHS, Unit.YEAR}:
        months = length.value * (_MONTHS_IN_YEAR if length.unit is Unit.YEAR else 1)
        whole = int(months)
        parts = int((months - whole) * _DAYS_IN_MONTH)  # 1182/71, Art. 3(2)(d)
        return _months_after(day, sign * whole) + sign * parts * _DAY
    return day + sign * int(length.value) * (7 if length.unit is Unit.WEEKS else 1) * _DAY


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * _MONTHS_IN_YEAR + day.month - 1 + months, _MONTHS_IN_YEAR)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
