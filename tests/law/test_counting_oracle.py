"""Regulation 1182/71 and the treaty rule against a clerk who walks the calendar (`tests.law.oracle`)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.law import oracle
from tests.law.limits import DAYS, DST_NIGHTS, LIMITS, instants, places
from tests.law.places import PLACES, STATES
from tocsin.law.calendar import Place
from tocsin.law.counting import RULES, Counting, Length, Span, Unit, count

EU = RULES[Counting.EU_1182_71]
TREATY = RULES[Counting.TREATY_NO_RULE]


def ends_of(span: Span) -> oracle.Ends:
    return oracle.Ends(span.strict, span.legal_latest)


def where(place: Place) -> oracle.Where:
    return oracle.Where(place.zone, place.country, place.subdivision)


def test_the_places_are_those_of_27_states() -> None:
    assert len(STATES) == 27
    assert len(PLACES) == 34


@settings(max_examples=900, deadline=None)
@given(event=instants(), length=st.sampled_from(LIMITS), place=places(), ends_there=st.booleans())
def test_every_limit_ends_where_the_calendar_walker_ends(
    event: datetime, length: Length, place: Place, *, ends_there: bool
) -> None:
    since = event - about(length) if ends_there else event
    walked = oracle.regulation(since, int(length.value), length.unit, where(place))
    assert ends_of(count(length, since=since, place=place, rule=EU)) == walked


@settings(max_examples=500, deadline=None)
@given(event=instants(), length=st.sampled_from(DAYS), place=places(), ends_there=st.booleans())
def test_a_treaty_without_a_rule_ends_where_the_calendar_walker_ends(
    event: datetime, length: Length, place: Place, *, ends_there: bool
) -> None:
    since = event - about(length) if ends_there else event
    walked = oracle.treaty(since, int(length.value), where(place))
    assert ends_of(count(length, since=since, place=place, rule=TREATY)) == walked


# Not drawn but all of them: the nights on which clocks are changed, in every zone of every State


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.zone)
def test_every_limit_begun_or_ended_around_a_change_of_the_clock(place: Place) -> None:
    for night in DST_NIGHTS[:2]:
        for length in LIMITS:
            for start in (night, night - about(length)):
                for event in (start - HALF_AN_HOUR, start + HALF_AN_HOUR):
                    walked = oracle.regulation(event, int(length.value), length.unit, where(place))
                    assert ends_of(count(length, since=event, place=place, rule=EU)) == walked, (event, length)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.zone)
def test_every_month_that_ends_in_the_hours_in_which_the_clock_is_changed(place: Place) -> None:
    """28 February and a month is 28 March 2027, at a time of day that comes twice, once or never."""
    for first_half_hour in FIRST_HALF_HOURS:
        for half_hours in range(10):
            event = first_half_hour + half_hours * HALF_AN_HOUR + timedelta(seconds=5)
            walked = oracle.regulation(event, 1, Unit.MONTHS, where(place))
            assert ends_of(count(Length(1, Unit.MONTHS), since=event, place=place, rule=EU)) == walked, event


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.zone)
def test_every_limit_of_a_treaty_that_ends_on_the_day_before_on_or_after_a_change(place: Place) -> None:
    for night in DST_NIGHTS[:2]:
        for length in DAYS:
            for half_hours in (-49, -30, -3, -1, 1, 3, 30):
                event = night - about(length) + half_hours * HALF_AN_HOUR
                walked = oracle.treaty(event, int(length.value), where(place))
                assert ends_of(count(length, since=event, place=place, rule=TREATY)) == walked, (event, length)


HALF_AN_HOUR = timedelta(minutes=30)
FIRST_HALF_HOURS = (datetime(2027, 2, 27, 23, tzinfo=UTC), datetime(2026, 9, 24, 22, tzinfo=UTC))
DAYS_IN = {Unit.WEEKS: 7, Unit.MONTHS: 30, Unit.YEAR: 365}


def about(length: Length) -> timedelta:
    """Roughly how long it is: to begin that much before an instant and end near it."""
    if length.unit is Unit.HOURS:
        return timedelta(hours=int(length.value))
    return timedelta(days=int(length.value) * DAYS_IN.get(length.unit, 1))
