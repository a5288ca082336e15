"""Places, local days and public holidays: what is known, and what is not known and says so."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from importlib import metadata

import holidays as library
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.law.places import PARTS, PLACES, STATES
from tocsin.law import calendar
from tocsin.law.calendar import (
    GivenHolidays,
    KnownHolidays,
    Place,
    day_of,
    edition,
    end_of_day,
    first_showing,
    in_utc,
    is_working_day,
    known_years,
    start_of_day,
    system_tzdata,
    working_day_from,
    zone_named,
)
from tocsin.law.errors import (
    CalendarUnknownError,
    CountryUnknownError,
    InstantOutOfReachError,
    InstantWithoutZoneError,
    SubdivisionUnknownError,
    ZoneUnknownError,
)

NAIVE = datetime(2026, 11, 23, 10, 17)  # noqa: DTZ001 - the fault itself


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Places


@pytest.mark.parametrize(
    "zone", ["Europe/Atlantis", "", "CEST", "+01:00", "../../../etc/passwd", "/etc/localtime", "europe/paris", "Europe"]
)
def test_a_zone_that_the_tz_database_does_not_have_is_an_error(zone: str) -> None:
    with pytest.raises(ZoneUnknownError) as raised:
        Place(zone, "FR")
    assert raised.value.fields == {"zone": zone}


@pytest.mark.parametrize("country", ["EL", "XX", "", "fr", "FRA", "France", "__", "UN\n"])
def test_a_country_without_a_calendar_is_an_error(country: str) -> None:
    with pytest.raises(CountryUnknownError):
        Place("Europe/Paris", country)


@pytest.mark.parametrize(("country", "part"), [("DE", "XX"), ("DE", ""), ("RO", "B"), ("FR", "Île-de-France")])
def test_a_part_that_the_calendar_does_not_tell_apart_is_an_error(country: str, part: str) -> None:
    with pytest.raises(SubdivisionUnknownError) as raised:
        Place("Europe/Paris", country, part)
    assert raised.value.fields["known"] == (", ".join(getattr(library, country).subdivisions) or "none")


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    epiphany = date(2027, 1, 6)
    assert not Place("Europe/Berlin", "DE").holidays.is_holiday(epiphany)
    assert Place("Europe/Berlin", "DE", "BY").holidays.is_holiday(epiphany)


# What is known of a year, in both directions


@pytest.mark.parametrize("country", STATES)
def test_each_year_that_is_known_has_holidays_and_each_that_is_not_is_an_error(country: str) -> None:
    years = known_years(country)
    known = KnownHolidays(country)
    assert years.start <= 2008  # the youngest calendar is that of Spain
    assert years.stop > 2099
    for year in range(years.start - 60, years.stop + 60):
        new_year = date(year, 1, 1)
        if year in years:
            assert isinstance(known.is_holiday(new_year), bool)
            assert any(known.is_holiday(new_year + timedelta(days=day)) for day in range(365))
        else:
            with pytest.raises(CalendarUnknownError) as raised:
                known.is_holiday(new_year)
            assert raised.value.fields == {
                "country": country, "year": year, "first": years.start, "last": years.stop - 1,
            }  # fmt: skip


@pytest.mark.parametrize("country", STATES)
def test_the_library_itself_says_nothing_about_a_year_it_does_not_know(country: str) -> None:
    """The trap that the error is for; should the library one day raise, this will tell."""
    years = known_years(country)
    assert not library.country_holidays(country, years=[years.start - 1, years.stop], expand=False)


def test_every_part_of_every_state_has_holidays_in_the_years_of_our_clocks() -> None:
    for part in PARTS:
        for year in (2024, 2026, 2030):
            assert part.holidays.is_holiday(date(year, 12, 25))


@pytest.mark.parametrize("country", STATES)
def test_a_year_has_the_same_holidays_whichever_year_was_asked_for_before(country: str) -> None:
    known = KnownHolidays(country)
    for year in range(2024, 2035):
        around = library.country_holidays(country, years=[year - 1, year, year + 1], expand=False)
        expected = {day for day in around if day.year == year}
        days = {date(year, 1, 1) + timedelta(days=day) for day in range(366)}
        assert {day for day in days if day.year == year and known.is_holiday(day)} == expected


def test_a_year_that_an_empty_calendar_stands_for_is_an_error_even_within_its_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calendar._holidays_of_year.cache_clear()
    monkeypatch.setattr(library, "country_holidays", lambda *_, **__: {})
    with pytest.raises(CalendarUnknownError):
        KnownHolidays("LU").is_holiday(date(2091, 12, 25))


def test_a_weekend_of_an_unknown_year_is_an_error_too() -> None:
    with pytest.raises(CalendarUnknownError):
        is_working_day(date(2101, 1, 1), KnownHolidays("RO"))  # a Saturday


def test_a_given_list_answers_for_the_years_it_speaks_of_alone() -> None:
    listed = GivenHolidays.of([date(2026, 12, 25)], years=range(2026, 2028))
    assert listed.is_holiday(date(2026, 12, 25))
    assert not listed.is_holiday(date(2027, 12, 25))
    with pytest.raises(CalendarUnknownError) as raised:
        listed.is_holiday(date(2028, 1, 1))
    assert raised.value.fields["last"] == 2027
    assert not GivenHolidays.of([]).is_holiday(date(1600, 1, 1))


@pytest.mark.parametrize("country", STATES)
def test_a_year_is_not_settled_where_a_government_has_still_to_move_its_days(country: str) -> None:
    known = KnownHolidays(country)
    assert known.is_settled(2026)
    assert known.is_settled(2090) is (country not in {"BG", "HU", "LV"})


# Working days: 1182/71, Article 2(2)


@pytest.mark.parametrize(
    ("day", "country", "works"),
    [
        (date(2026, 11, 23), "RO", True),  # Monday
        (date(2026, 11, 28), "RO", False),  # Saturday
        (date(2026, 11, 29), "RO", False),  # Sunday
        (date(2026, 11, 30), "RO", False),  # Saint Andrew's
        (date(2026, 11, 30), "BG", True),
        (date(2026, 12, 26), "DE", False),  # a holiday on a Saturday
        (date(2025, 5, 17), "HU", False),  # a Saturday worked in exchange for a bridging day is still a Saturday
        (date(2025, 5, 2), "HU", False),  # and that bridging day is a day off
    ],
)
def test_a_working_day_is_no_holiday_no_saturday_and_no_sunday(day: date, country: str, *, works: bool) -> None:
    assert is_working_day(day, KnownHolidays(country)) is works


def test_the_next_working_day_may_lie_days_away_and_in_another_year() -> None:
    german = KnownHolidays("DE")
    assert working_day_from(date(2026, 12, 25), german) == date(2026, 12, 28)
    assert working_day_from(date(2027, 1, 1), german) == date(2027, 1, 4)
    assert working_day_from(date(2026, 12, 28), german) == date(2026, 12, 28)


# Local days


@pytest.mark.parametrize(
    ("zone", "day", "begins", "hours"),
    [
        ("Europe/Paris", date(2026, 11, 23), "2026-11-22T23:00", 24),
        ("Europe/Paris", date(2027, 3, 28), "2027-03-27T23:00", 23),
        ("Europe/Paris", date(2026, 10, 25), "2026-10-24T22:00", 25),
        # the Azores put their clocks forward at midnight, so the day begins at 01:00
        ("Atlantic/Azores", date(2027, 3, 27), "2027-03-27T01:00", 24),
        ("Atlantic/Azores", date(2027, 3, 28), "2027-03-28T01:00", 23),
        # and back at 01:00, so midnight is shown twice and the day begins with the first
        ("Atlantic/Azores", date(2026, 10, 24), "2026-10-24T00:00", 24),
        ("Atlantic/Azores", date(2026, 10, 25), "2026-10-25T00:00", 25),
        # midnight shown twice because the clock fell back over it: the day before goes on
        ("America/Sao_Paulo", date(2018, 2, 17), "2018-02-17T02:00", 25),
        ("America/St_Johns", date(2010, 11, 6), "2010-11-06T02:30", 25),
        # a day that was left out of the calendar
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00", 0),
        # at 23:30 the clock was put forward to 00:30
        ("America/Toronto", date(1919, 3, 30), "1919-03-30T05:00", 23.5),
        # half an hour
        ("Australia/Lord_Howe", date(2026, 10, 4), "2026-10-03T13:30", 23.5),
    ],
)
def test_a_day_lasts_from_local_midnight_to_local_midnight(zone: str, day: date, begins: str, hours: float) -> None:
    place = zone_named(zone)
    assert start_of_day(day, place) == utc(begins)
    assert end_of_day(day, place) - start_of_day(day, place) == timedelta(hours=hours)


@settings(max_examples=150, deadline=None)
@given(place=st.sampled_from(PLACES), day=st.dates(date(1990, 1, 1), date(2060, 1, 1)))
def test_the_last_instant_of_a_day_belongs_to_it_and_the_next_does_not(place: Place, day: date) -> None:
    end = end_of_day(day, place.clock_face)
    assert day_of(end - timedelta(microseconds=1), place.clock_face) == day
    assert day_of(end, place.clock_face) == day + timedelta(days=1)
    assert end == start_of_day(day + timedelta(days=1), place.clock_face)


def test_a_time_of_day_that_comes_twice_is_taken_at_first_and_one_that_does_not_come_at_the_jump() -> None:
    paris = zone_named("Europe/Paris")
    assert first_showing(datetime(2026, 10, 25, 2, 30), paris) == utc("2026-10-25T00:30")  # noqa: DTZ001 - a clock face
    assert first_showing(datetime(2027, 3, 28, 2, 30), paris) == utc("2027-03-28T01:00")  # noqa: DTZ001
    assert first_showing(datetime(2027, 3, 28, 3, 0), paris) == utc("2027-03-28T01:00")  # noqa: DTZ001


# Instants


def test_an_instant_without_an_offset_is_an_error() -> None:
    with pytest.raises(InstantWithoutZoneError) as raised:
        in_utc(NAIVE)
    with pytest.raises(InstantWithoutZoneError):
        day_of(NAIVE, zone_named("Europe/Paris"))
    assert raised.value.fields == {"instant": "2026-11-23T10:17:00"}


@pytest.mark.parametrize("year", [1, 1899, 2201, 9999])
def test_an_instant_of_another_age_is_an_error(year: int) -> None:
    with pytest.raises(InstantOutOfReachError):
        in_utc(datetime(year, 12, 31, 23, 59, tzinfo=UTC))


# Editions


def test_the_editions_are_named() -> None:
    now = edition()
    assert now.holidays == metadata.version("holidays")
    assert now.tzdata[:4].isdigit()
    assert now.tzdata >= "2026a"


def test_the_zones_of_the_machine_are_not_used() -> None:
    """In a process whose system zones are broken on purpose the answers are the same."""
    code = (
        "import zoneinfo; from tocsin.law import calendar; from datetime import date;"
        "assert zoneinfo.TZPATH == ('/nowhere',), zoneinfo.TZPATH;"
        "print(calendar.end_of_day(date(2026, 10, 25), calendar.zone_named('Atlantic/Azores')).isoformat(),"
        " calendar.system_tzdata())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONTZPATH": "/nowhere", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["2026-10-26T01:00:00+00:00", "None"]


def test_the_edition_of_the_machine_is_told_apart() -> None:
    found = system_tzdata()
    assert found is None or found[:4].isdigit()
