"""Counting rules: the worked examples, Regulation 1182/71 article by article, treaties, national law."""

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.law.limits import DAYS, HOURS, LIMITS, instants, places
from tests.law.places import PLACES, VECTORS, place_in
from tocsin.law.calendar import GivenHolidays, Place, day_of
from tocsin.law.counting import (
    RULES,
    Back,
    Counting,
    CountingRule,
    Initiates,
    Interpretation,
    Length,
    Readings,
    Span,
    Step,
    Unit,
    count,
    count_back,
    count_extended,
    day_ended_by,
    rule_for,
    takes_effect,
    until_end_of,
    until_start_of,
)
from tocsin.law.errors import (
    CalendarUnknownError,
    InstantOutOfReachError,
    InstantWithoutZoneError,
    LengthNotPositiveError,
    LengthNotWholeError,
    LengthTooLongError,
    NationalLawNotRecordedError,
    UnitNotCountedError,
)

EU = RULES[Counting.EU_1182_71]
TREATY = RULES[Counting.TREATY_NO_RULE]
BRUSSELS = place_in("Europe/Brussels")
BERLIN = place_in("Europe/Berlin")
AZORES = place_in("Atlantic/Azores")
NONE = GivenHolidays.of([])

EXAMPLES: list[dict[str, Any]] = tomllib.loads(
    (VECTORS / "regulation-1182-71.toml").read_text(encoding="utf-8")
)["vector"]  # fmt: skip


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def length_of(example: dict[str, Any]) -> Length:
    return Length(example["value"], Unit(example["unit"]))


def counted(example: dict[str, Any], *, readings: Readings | None = None) -> Span:
    return count(
        length_of(example),
        since=instant(example["event"]),
        place=place_in(example["zone"]),
        rule=EU,
        holidays=GivenHolidays.of(date.fromisoformat(day) for day in example["holidays"]),
        readings=readings or Readings(),
    )


def example(name: str) -> dict[str, Any]:
    return next(each for each in EXAMPLES if each["id"] == name)


# The worked examples


def test_there_are_34_worked_examples() -> None:
    assert [each["id"] for each in EXAMPLES] == [f"V{number:02}" for number in range(1, 35)]


@pytest.mark.parametrize("worked", EXAMPLES, ids=lambda worked: worked["id"])
def test_a_worked_example_ends_where_it_says(worked: dict[str, Any]) -> None:
    end = counted(worked).legal_latest
    assert end == instant(worked["expected_end_utc"])
    shown = end.astimezone(place_in(worked["zone"]).clock_face)
    assert shown.isoformat() == worked["expected_end_local"]


@pytest.mark.parametrize("worked", EXAMPLES, ids=lambda worked: worked["id"])
def test_a_worked_example_ends_there_by_the_calendar_of_its_country_too(worked: dict[str, Any]) -> None:
    """The holidays that the examples give are a selection; the whole calendar must not change the end."""
    span = count(length_of(worked), since=instant(worked["event"]), place=place_in(worked["zone"]), rule=EU)
    assert span.legal_latest == instant(worked["expected_end_utc"])


@pytest.mark.parametrize(
    ("name", "strict", "legal_latest", "last_day"),
    [
        ("V03", "2026-11-24T00:59:59+01:00", "2026-11-24T01:00:00+01:00", None),
        ("V11", "2026-12-03T16:00:00+01:00", "2026-12-04T00:00:00+01:00", date(2026, 12, 3)),
        ("V13", "2026-12-25T09:00:00+01:00", "2026-12-29T00:00:00+01:00", date(2026, 12, 28)),
        ("V07", "2026-10-25T14:20:00+01:00", "2026-10-25T15:00:00+01:00", None),
        ("V22", "2026-12-31T14:00:00+01:00", "2027-01-01T00:00:00+01:00", date(2026, 12, 31)),
        ("V29", "2028-02-29T09:00:00+01:00", "2028-03-01T00:00:00+01:00", date(2028, 2, 29)),
    ],
)
def test_a_period_has_two_ends(name: str, strict: str, legal_latest: str, last_day: date | None) -> None:
    span = counted(example(name))
    assert (span.strict, span.legal_latest, span.last_day) == (instant(strict), instant(legal_latest), last_day)


def test_one_hour_may_legally_be_one_hour_and_almost_another() -> None:
    """Twenty facts, no. 9; the example of 10:17."""
    span = count(Length(1, Unit.HOURS), since=instant("2026-11-23T10:17:00+01:00"), place=BRUSSELS, rule=EU)
    assert span.strict == instant("2026-11-23T11:17:00+01:00")
    assert span.legal_latest == instant("2026-11-23T12:00:00+01:00")
    widest = count(Length(1, Unit.HOURS), since=instant("2026-11-23T10:00:00+01:00"), place=BRUSSELS, rule=EU)
    assert widest.legal_latest - instant("2026-11-23T10:00:00+01:00") == timedelta(hours=2)


def test_the_place_of_the_act_decides_and_not_the_place_of_the_asker() -> None:
    """Twenty facts, no. 10: V31 and V32 are one instant."""
    assert example("V31")["event"] == example("V32")["event"]
    assert counted(example("V31")).last_day == date(2026, 12, 4)
    assert counted(example("V32")).last_day == date(2026, 12, 3)


# 1182/71, Article 3(1) and 3(2)(a): hours


@pytest.mark.parametrize(
    ("event", "zone", "hours", "end"),
    [
        # the clock hour in which the event falls, in each of the two hours of a night that has it twice
        ("2026-10-25T02:30:00+02:00", "Europe/Paris", 1, "2026-10-25T03:00:00+01:00"),
        ("2026-10-25T02:30:00+01:00", "Europe/Paris", 1, "2026-10-25T04:00:00+01:00"),
        ("2026-10-25T02:00:00+02:00", "Europe/Paris", 1, "2026-10-25T03:00:00+01:00"),
        # the hour that is left out: 01:59:59 is followed by 03:00
        ("2027-03-28T01:59:59+01:00", "Europe/Paris", 1, "2027-03-28T04:00:00+02:00"),
        # midnight that comes twice, and that does not come
        ("2026-10-25T00:30:00+00:00", "Atlantic/Azores", 1, "2026-10-25T01:00:00-01:00"),
        ("2027-03-27T23:59:00-01:00", "Atlantic/Azores", 1, "2027-03-28T02:00:00+00:00"),
        # clock hours that do not begin on the hour of the time line
        ("2026-11-23T10:17:00+05:45", "Asia/Kathmandu", 1, "2026-11-23T12:00:00+05:45"),
        ("2026-11-23T04:20:00+00:00", "Asia/Kathmandu", 1, "2026-11-23T12:00:00+05:45"),
    ],
)
def test_hours_run_from_the_end_of_the_local_clock_hour_of_the_event(
    event: str, zone: str, hours: int, end: str
) -> None:
    place = Place(zone, "FR")
    assert count(Length(hours, Unit.HOURS), since=instant(event), place=place, rule=EU).legal_latest == instant(end)


def test_hours_neither_roll_nor_ask_for_a_calendar() -> None:
    """Article 3(4): "expressed otherwise than in hours"."""
    christmas = instant("2101-12-24T21:40:00+01:00")  # of that year no holidays are known
    span = count(Length(8, Unit.HOURS), since=christmas, place=BERLIN, rule=EU)
    assert span.legal_latest == instant("2101-12-25T06:00:00+01:00")


def test_elapsed_hours_are_named_as_a_choice_where_the_clock_was_changed_meanwhile() -> None:
    assert counted(example("V07")).interpretations == {Interpretation.HOURS_ELAPSE}
    assert counted(example("V01")).interpretations == set()


def test_hours_may_be_read_on_the_face_of_the_local_clock() -> None:
    on_the_face = counted(example("V07"), readings=Readings(hours_on_wall_clock=True))
    assert on_the_face.legal_latest == instant("2026-10-25T16:00:00+01:00")
    in_spring = count(
        Length(8, Unit.HOURS),
        since=instant("2027-03-27T23:10:00+01:00"),
        place=BRUSSELS,
        rule=EU,
        readings=Readings(hours_on_wall_clock=True),
    )
    assert in_spring.strict == in_spring.legal_latest == instant("2027-03-28T08:00:00+02:00")


# 1182/71, Article 3(5) and hours: not by default


def test_72_hours_over_a_weekend_are_stretched_to_two_working_days_only_where_the_clock_says_so() -> None:
    as_usual = counted(example("V09"))
    assert as_usual.legal_latest == instant("2026-11-30T19:00:00+01:00")
    assert as_usual.interpretations == {Interpretation.HOURS_NOT_STRETCHED}
    stretched = counted(example("V09"), readings=Readings(hours_min_two_working_days=True))
    assert stretched.legal_latest == instant("2026-12-02T00:00:00+01:00")
    assert stretched.last_day == date(2026, 12, 1)
    assert stretched.steps == (Step("3(5)", date(2026, 11, 30), date(2026, 12, 1)),)
    assert stretched.interpretations == {Interpretation.HOURS_STRETCHED}
    assert stretched.strict == as_usual.strict


@pytest.mark.parametrize(
    ("event", "hours", "end"),
    [
        ("2026-11-27T18:45:00+01:00", 24, "2026-11-28T19:00:00+01:00"),  # less than two days
        ("2026-11-23T10:20:00+01:00", 48, "2026-11-25T11:00:00+01:00"),  # Tuesday and Wednesday
        ("2026-11-27T23:20:00+01:00", 48, "2026-12-02T00:00:00+01:00"),  # ends with Sunday, at midnight
        ("2026-11-27T23:20:00+01:00", 72, "2026-12-02T00:00:00+01:00"),  # ends with Monday: Tuesday is not in it
    ],
)
def test_stretching_hours_leaves_those_with_two_working_days_alone(event: str, hours: int, end: str) -> None:
    span = count(
        Length(hours, Unit.HOURS),
        since=instant(event),
        place=BRUSSELS,
        rule=EU,
        readings=Readings(hours_min_two_working_days=True),
    )
    assert span.legal_latest == instant(end)


# 1182/71, Article 3(2)(c) and (d): weeks, months, years and their parts


@pytest.mark.parametrize(
    ("event", "value", "unit", "last_day"),
    [
        ("2026-11-23", 1, Unit.WEEKS, date(2026, 11, 30)),
        ("2027-01-30", 1, Unit.MONTHS, date(2027, 3, 1)),  # 28 February, a Sunday
        ("2028-02-29", 1, Unit.YEAR, date(2029, 2, 28)),  # the date does not occur
        ("2027-12-31", 2, Unit.MONTHS, date(2028, 2, 29)),
        ("2026-11-30", 3, Unit.MONTHS, date(2027, 3, 1)),
        ("2026-11-16", Fraction(1, 2), Unit.MONTHS, date(2026, 12, 1)),  # a month has thirty days for its parts
        ("2027-01-31", Fraction(3, 2), Unit.MONTHS, date(2027, 3, 15)),  # 28 February, and fifteen days
    ],
)
def test_weeks_months_and_years_end_on_the_same_day(
    event: str, value: int | Fraction, unit: Unit, last_day: date
) -> None:
    span = count(Length(value, unit), since=instant(f"{event}T09:00:00+01:00"), place=BRUSSELS, rule=EU, holidays=NONE)
    assert span.last_day == last_day


def test_parts_of_a_month_are_named_as_a_choice() -> None:
    span = count(
        Length(Fraction(3, 2), Unit.MONTHS), since=instant("2027-01-31T09:00:00+01:00"), place=BRUSSELS, rule=EU
    )
    assert Interpretation.PARTS_AFTER_MONTHS in span.interpretations


def test_a_month_may_be_read_from_the_day_after_the_event() -> None:
    from_next_day = Readings(initiates=Initiates.FIRST_DAY)
    assert counted(example("V34"), readings=from_next_day).last_day == date(2026, 10, 1)
    assert counted(example("V24"), readings=from_next_day).last_day == date(2026, 12, 8)
    assert counted(example("V11"), readings=from_next_day).last_day == date(2026, 12, 3)  # days as before


# 1182/71, Article 3(3) to 3(5): working days


def test_each_move_of_the_last_day_is_told_with_its_article() -> None:
    assert counted(example("V18")).steps == (
        Step("3(4)", date(2026, 11, 29), date(2026, 11, 30)),
        Step("3(5)", date(2026, 11, 30), date(2026, 12, 1)),
    )
    assert counted(example("V11")).steps == ()


def test_one_day_needs_no_two_working_days() -> None:
    for unit in (Unit.DAYS, Unit.CALENDAR_DAYS, Unit.WORKING_DAYS):
        span = count(Length(1, unit), since=instant("2026-11-27T12:00:00+01:00"), place=BRUSSELS, rule=EU)
        assert span.last_day == date(2026, 11, 30)


def test_working_time_begins_with_the_first_working_day() -> None:
    """So that what begins later never ends earlier: not at the hour of a Saturday."""
    span = count(Length(5, Unit.WORKING_DAYS), since=instant("2026-11-28T15:00:00+01:00"), place=BRUSSELS, rule=EU)
    assert span.strict == span.legal_latest == instant("2026-12-05T00:00:00+01:00")


def test_calendar_days_roll_in_the_legal_latest_alone_and_only_by_choice() -> None:
    """2023/977: three calendar days from a Thursday."""
    thursday = instant("2026-11-26T12:00:00+01:00")
    span = count(Length(3, Unit.CALENDAR_DAYS), since=thursday, place=BRUSSELS, rule=EU)
    assert span.strict == instant("2026-11-29T12:00:00+01:00")
    assert span.last_day == date(2026, 11, 30)
    assert Interpretation.CALENDAR_DAYS in span.interpretations
    unrolled = count(
        Length(3, Unit.CALENDAR_DAYS),
        since=thursday,
        place=BRUSSELS,
        rule=EU,
        readings=Readings(calendar_days_roll_over=False),
    )
    assert (unrolled.strict, unrolled.last_day) == (span.strict, date(2026, 11, 29))


@pytest.mark.parametrize("unit", [Unit.DAYS, Unit.WORKING_DAYS, Unit.WEEKS, Unit.MONTHS, Unit.YEAR])
def test_a_period_into_a_year_without_a_calendar_is_an_error_and_never_a_year_without_holidays(unit: Unit) -> None:
    with pytest.raises(CalendarUnknownError) as raised:
        count(Length(1, unit), since=instant("2100-12-31T09:00:00+01:00"), place=BERLIN, rule=EU)
    assert raised.value.fields["year"] == 2101


def test_a_holiday_that_a_government_may_still_move_is_told() -> None:

    def choices(length: Length, zone: str) -> frozenset[Interpretation]:
        event = instant("2090-03-01T09:00:00+01:00")
        return count(length, since=event, place=place_in(zone), rule=EU).interpretations

    assert choices(Length(10, Unit.DAYS), "Europe/Budapest") == {Interpretation.HOLIDAYS_NOT_SETTLED}
    assert choices(Length(10, Unit.DAYS), "Europe/Bratislava") == set()
    assert choices(Length(8, Unit.HOURS), "Europe/Budapest") == set()


# 1182/71, Articles 4 and 5: fixed dates


def test_a_fixed_date_does_not_roll() -> None:
    """31 March 2029 is a Saturday."""
    span = until_end_of(date(2029, 3, 31), place=BRUSSELS)
    assert span.strict == span.legal_latest == instant("2029-04-01T00:00:00+02:00")
    assert (span.last_day, span.steps) == (date(2029, 3, 31), ())


@pytest.mark.parametrize(("year", "last_day"), [(2027, date(2027, 2, 28)), (2028, date(2028, 2, 29))])
def test_before_1_march_ends_with_the_last_day_of_february(year: int, last_day: date) -> None:
    assert until_start_of(date(year, 3, 1), place=BRUSSELS).last_day == last_day


def test_what_takes_effect_on_the_90th_day_does_so_as_it_begins() -> None:
    span = takes_effect(Length(90, Unit.DAYS), since=instant("2026-11-23T09:00:00+01:00"), place=BRUSSELS)
    assert span.legal_latest == instant("2027-02-21T00:00:00+01:00")  # a Sunday
    with pytest.raises(UnitNotCountedError):
        takes_effect(Length(90, Unit.HOURS), since=instant("2026-11-23T09:00:00+01:00"), place=BRUSSELS)


# Backwards: 1182/71, Article 3(4), second subparagraph


@pytest.mark.parametrize(
    ("before", "value", "unit", "elapsed", "legal"),
    [
        # 12 hours before the first removal order: the hour of the order is not counted
        ("2026-11-23T21:00:00+01:00", 12, Unit.HOURS, "2026-11-23T09:00:00+01:00", "2026-11-23T09:00:00+01:00"),
        ("2026-11-23T21:59:59+01:00", 12, Unit.HOURS, "2026-11-23T09:59:59+01:00", "2026-11-23T09:00:00+01:00"),
        # the start falls on a Sunday and stays there
        ("2026-12-02T10:00:00+01:00", 3, Unit.DAYS, "2026-11-29T10:00:00+01:00", "2026-11-29T00:00:00+01:00"),
        # on Christmas Day and stays there
        ("2027-01-01T10:00:00+01:00", 1, Unit.WEEKS, "2026-12-25T10:00:00+01:00", "2026-12-25T00:00:00+01:00"),
        # 12 months to look back over, from a day that February does not have
        ("2028-02-29T10:00:00+01:00", 12, Unit.MONTHS, "2027-02-28T10:00:00+01:00", "2027-02-28T00:00:00+01:00"),
        ("2027-01-01T10:00:00+01:00", 1, Unit.MONTHS, "2026-12-01T10:00:00+01:00", "2026-12-01T00:00:00+01:00"),
    ],
)
def test_a_period_counted_backwards_does_not_roll(
    before: str, value: int, unit: Unit, elapsed: str, legal: str
) -> None:
    back = count_back(Length(value, unit), before=instant(before), place=BERLIN, rule=EU)
    assert back == Back(instant(elapsed), instant(legal))


def test_a_period_of_working_days_is_not_counted_backwards() -> None:
    with pytest.raises(UnitNotCountedError):
        count_back(Length(5, Unit.WORKING_DAYS), before=instant("2026-11-23T10:00:00+01:00"), place=BERLIN, rule=EU)


@settings(max_examples=300, deadline=None)
@given(told=instants(), act=instants(), hours=st.sampled_from(HOURS), place=st.sampled_from(PLACES))
def test_hours_forwards_and_backwards_agree(told: datetime, act: datetime, hours: Length, place: Place) -> None:
    forwards = count(hours, since=told, place=place, rule=EU).legal_latest <= act
    assert forwards == (told < count_back(hours, before=act, place=place, rule=EU).legal)


@settings(max_examples=300, deadline=None)
@given(told=instants(), days=st.sampled_from(DAYS), place=st.sampled_from(PLACES), after=st.integers(-2, 3))
def test_days_forwards_and_backwards_agree_where_nothing_rolls(
    told: datetime, days: Length, place: Place, after: int
) -> None:
    act = told + timedelta(days=int(days.value) + after)
    plain = replace(EU, rolls_over=False, least_working_days=0)
    forwards = count(days, since=told, place=place, rule=plain).legal_latest <= act
    assert forwards == (told < count_back(days, before=act, place=place, rule=plain).legal)


# Treaties without a counting rule


@pytest.mark.parametrize(
    ("event", "strict", "last_day"),
    [
        # 60 days of preservation, to the end of the local day that 60 x 24 hours reach; a Saturday stays
        ("2026-09-01T11:00:00+02:00", "2026-10-31T10:00:00+01:00", date(2026, 10, 31)),
        # late in the evening, in spring: 24 x 60 hours reach the next date, and never less is kept
        ("2027-02-10T23:30:00+01:00", "2027-04-12T00:30:00+02:00", date(2027, 4, 12)),
        # exactly at local midnight: that day to its end
        ("2026-09-02T01:00:00+02:00", "2026-11-01T00:00:00+01:00", date(2026, 11, 1)),
    ],
)
def test_days_of_a_treaty_run_from_the_instant_to_the_end_of_the_local_day(
    event: str, strict: str, last_day: date
) -> None:
    span = count(Length(60, Unit.DAYS), since=instant(event), place=place_in("Europe/Paris"), rule=TREATY)
    assert (span.strict, span.last_day, span.steps) == (instant(strict), last_day, ())
    assert span.interpretations == {Interpretation.TREATY_COUNTED}


def test_days_of_a_treaty_may_be_read_without_the_rest_of_the_day() -> None:
    span = count(
        Length(60, Unit.DAYS),
        since=instant("2026-09-01T11:00:00+02:00"),
        place=place_in("Europe/Paris"),
        rule=TREATY,
        readings=Readings(treaty_to_end_of_day=False),
    )
    assert span.strict == span.legal_latest == instant("2026-10-31T10:00:00+01:00")


def test_hours_of_a_treaty_elapse_and_are_not_rounded() -> None:
    span = count(Length(8, Unit.HOURS), since=instant("2026-11-23T10:17:00+01:00"), place=BRUSSELS, rule=TREATY)
    assert span.strict == span.legal_latest == instant("2026-11-23T18:17:00+01:00")
    assert span.interpretations == {Interpretation.TREATY_COUNTED}


def test_a_treaty_needs_no_calendar_and_knows_no_working_days() -> None:
    far = instant("2150-09-01T11:00:00+02:00")
    assert count(Length(60, Unit.DAYS), since=far, place=BRUSSELS, rule=TREATY).last_day == date(2150, 10, 31)
    with pytest.raises(UnitNotCountedError) as raised:
        count(Length(5, Unit.WORKING_DAYS), since=far, place=BRUSSELS, rule=TREATY)
    assert raised.value.fields["unit"] == Unit.WORKING_DAYS


# National law


def test_national_law_that_is_not_recorded_gives_no_number() -> None:
    for counting in (Counting.NATIONAL_LAW, Counting.NATIONAL_LAW_OF_ISSUING_AUTHORITY):
        with pytest.raises(NationalLawNotRecordedError) as raised:
            rule_for(counting, country="RO")
        assert str(raised.value) == "National law of RO: not recorded."
    assert rule_for(Counting.EU_1182_71, country="RO") is EU


def test_national_law_that_is_recorded_counts_as_it_says() -> None:
    """An invented law: the day of the event is not counted, Saturdays end a period, nothing is stretched."""
    invented = CountingRule(source="an example", skips_event_day=True)
    span = count(Length(2, Unit.DAYS), since=instant("2026-11-27T12:00:00+01:00"), place=BRUSSELS, rule=invented)
    assert (span.last_day, span.steps) == (date(2026, 11, 29), ())


# Lengths and units


@pytest.mark.parametrize("value", [0, -1, Fraction(0), Fraction(-1, 2)])
@pytest.mark.parametrize("unit", [unit for unit in Unit if unit.is_counted])
def test_a_length_of_nothing_or_less_is_an_error(value: int | Fraction, unit: Unit) -> None:
    with pytest.raises(LengthNotPositiveError):
        Length(value, unit)


@pytest.mark.parametrize("unit", [unit for unit in Unit if not unit.is_counted])
def test_a_word_and_a_date_are_not_counted(unit: Unit) -> None:
    with pytest.raises(UnitNotCountedError) as raised:
        Length(1, unit)
    assert raised.value.fields["unit"] == unit


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (Fraction(1, 2), Unit.HOURS),
        (Fraction(3, 2), Unit.DAYS),
        (Fraction(1, 2), Unit.YEAR),
        (Fraction(1, 7), Unit.MONTHS),
    ],
)
def test_only_months_have_parts_and_only_of_whole_days(value: Fraction, unit: Unit) -> None:
    with pytest.raises(LengthNotWholeError):
        Length(value, unit)


@pytest.mark.parametrize(("value", "unit"), [(10**12, Unit.HOURS), (101, Unit.YEAR), (10**9, Unit.DAYS)])
def test_a_length_of_more_than_a_hundred_years_is_an_error(value: int, unit: Unit) -> None:
    with pytest.raises(LengthTooLongError):
        Length(value, unit)


def test_the_longest_lengths_are_counted_without_a_crash() -> None:
    for unit in (Unit.HOURS, Unit.DAYS, Unit.WEEKS, Unit.MONTHS, Unit.YEAR):
        longest = Length(100 if unit is Unit.YEAR else 1200, unit)
        count(longest, since=datetime(2200, 12, 31, tzinfo=UTC), place=BRUSSELS, rule=TREATY)
        count_back(longest, before=datetime(1900, 1, 1, tzinfo=UTC), place=BRUSSELS, rule=TREATY)


def test_an_event_without_an_offset_or_of_another_age_is_an_error() -> None:
    for rule in (EU, TREATY):
        for unit in (Unit.HOURS, Unit.DAYS):
            with pytest.raises(InstantWithoutZoneError):
                count(Length(8, unit), since=datetime(2026, 11, 23, 10), place=BRUSSELS, rule=rule)  # noqa: DTZ001
            with pytest.raises(InstantOutOfReachError):
                count(Length(8, unit), since=datetime(9999, 12, 31, tzinfo=UTC), place=BRUSSELS, rule=rule)


# Extensions


def test_60_days_and_30_more_alarm_by_90_days_and_hold_to_the_later_reading() -> None:
    """V16: 90 days from receipt end with Monday 14 December; 30 days after the rolled 60th end with Monday 14 too."""
    french = GivenHolidays.of([date(2026, 11, 1), date(2026, 11, 11), date(2026, 12, 25)])
    paris = place_in("Europe/Paris")

    def extended(event: str) -> Span:
        sixty, thirty = Length(60, Unit.DAYS), Length(30, Unit.DAYS)
        return count_extended(sixty, thirty, since=instant(event), place=paris, rule=EU, holidays=french)

    v16 = extended("2026-09-14T11:00:00+02:00")
    assert v16.legal_latest == instant("2026-12-15T00:00:00+01:00")
    assert v16.strict == instant("2026-12-13T10:00:00+01:00")
    # V14's event: the 60th day rolls from Saturday 31 October to Monday 2 November; 90 days from
    # receipt end with Monday 30 November, 30 days after the roll with Wednesday 2 December
    v14 = extended("2026-09-01T11:00:00+02:00")
    assert v14.strict == instant("2026-11-30T10:00:00+01:00")
    assert v14.last_day == date(2026, 12, 2)
    assert Interpretation.EXTENSION_COUNTED in v14.interpretations


def test_an_extension_in_another_unit_is_counted_after_the_first_period() -> None:
    span = count_extended(
        Length(48, Unit.HOURS),
        Length(1, Unit.WEEKS),
        since=instant("2026-11-23T10:17:00+01:00"),
        place=BRUSSELS,
        rule=EU,
        holidays=NONE,
    )
    assert span.strict == instant("2026-12-02T10:17:00+01:00")
    assert span.last_day == date(2026, 12, 2)


# What is true of every period


@settings(max_examples=300, deadline=None)
@given(event=instants(), length=st.sampled_from(LIMITS), place=places())
def test_the_strict_end_is_never_after_the_legal_one_and_both_lie_after_the_event(
    event: datetime, length: Length, place: Place
) -> None:
    for rule in (EU, TREATY):
        if rule is TREATY and length.unit is Unit.WORKING_DAYS:
            continue
        span = count(length, since=event, place=place, rule=rule)
        assert event < span.strict <= span.legal_latest


@settings(max_examples=400, deadline=None)
@given(event=instants(), later=st.integers(0, 5 * 86400), length=st.sampled_from(LIMITS), place=places())
def test_a_later_event_never_has_an_earlier_legal_end(
    event: datetime, later: int, length: Length, place: Place
) -> None:
    first = count(length, since=event, place=place, rule=EU)
    second = count(length, since=event + timedelta(seconds=later), place=place, rule=EU)
    assert first.legal_latest <= second.legal_latest
    if length.unit not in {Unit.MONTHS, Unit.YEAR}:
        assert first.strict <= second.strict


def test_strict_months_may_cross_because_february_is_short() -> None:
    """Where the property above is not true, and why it says so."""
    month = Length(1, Unit.MONTHS)
    evening = count(month, since=instant("2027-01-30T18:00:00+01:00"), place=BRUSSELS, rule=EU)
    morning = count(month, since=instant("2027-01-31T09:00:00+01:00"), place=BRUSSELS, rule=EU)
    assert evening.strict > morning.strict
    assert evening.legal_latest == morning.legal_latest


@settings(max_examples=200, deadline=None)
@given(event=instants(), shorter=st.integers(1, 90), more=st.integers(0, 30), place=st.sampled_from(PLACES))
def test_a_longer_period_never_ends_earlier(event: datetime, shorter: int, more: int, place: Place) -> None:
    for unit in (Unit.HOURS, Unit.DAYS, Unit.WORKING_DAYS, Unit.WEEKS, Unit.MONTHS):
        first = count(Length(shorter, unit), since=event, place=place, rule=EU)
        second = count(Length(shorter + more, unit), since=event, place=place, rule=EU)
        assert first.legal_latest <= second.legal_latest
        assert first.strict <= second.strict


@settings(max_examples=200, deadline=None)
@given(event=instants(), length=st.sampled_from(LIMITS), place=places())
def test_an_end_at_local_midnight_is_shown_by_its_last_day(event: datetime, length: Length, place: Place) -> None:
    span = count(length, since=event, place=place, rule=EU)
    assert span.last_day == day_ended_by(span.legal_latest, place.clock_face)
    if length.unit is Unit.HOURS:
        return
    assert span.last_day is not None
    assert day_of(span.legal_latest - timedelta(microseconds=1), place.clock_face) == span.last_day


@settings(max_examples=100, deadline=None)
@given(event=instants(), length=st.sampled_from(LIMITS), place=places(), offset=st.integers(-12, 12))
def test_the_offset_in_which_an_event_is_written_changes_nothing(
    event: datetime, length: Length, place: Place, offset: int
) -> None:
    elsewhere = event.astimezone(timezone(timedelta(hours=offset)))
    assert count(length, since=elsewhere, place=place, rule=EU) == count(length, since=event, place=place, rule=EU)


def test_the_azores_have_days_that_begin_at_one() -> None:
    """Two days from Thursday evening, over the night in which midnight is left out (a Sunday, so to Tuesday)."""
    span = count(Length(2, Unit.DAYS), since=instant("2027-03-26T22:00:00-01:00"), place=AZORES, rule=EU, holidays=NONE)
    assert span.last_day == date(2027, 3, 30)
    saturday = count(Length(1, Unit.DAYS), since=instant("2027-03-26T22:00:00-01:00"), place=AZORES, rule=TREATY)
    assert saturday.legal_latest == instant("2027-03-28T01:00:00+00:00")
    assert saturday.last_day == date(2027, 3, 27)
