"""Regulation 1182/71 and the treaty rule against a clerk who walks the calendar (`tests.law.oracle`)."""

from datetime import datetime, timedelta

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


@settings(max_examples=1500, deadline=None)
@given(event=instants(), length=st.sampled_from(LIMITS), place=places())
def test_every_limit_ends_where_the_calendar_walker_ends(event: datetime, length: Length, place: Place) -> None:
    walked = oracle.regulation(event, int(length.value), length.unit, where(place))
    assert ends_of(count(length, since=event, place=place, rule=EU)) == walked


@settings(max_examples=800, deadline=None)
@given(event=instants(), length=st.sampled_from(DAYS), place=places())
def test_a_treaty_without_a_rule_ends_where_the_calendar_walker_ends(
    event: datetime, length: Length, place: Place
) -> None:
    walked = oracle.treaty(event, int(length.value), where(place))
    assert ends_of(count(length, since=event, place=place, rule=TREATY)) == walked


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.zone)
def test_every_limit_of_every_state_over_the_nights_on_which_clocks_are_changed(place: Place) -> None:
    """Not drawn but all of them: each limit begun in the hours around the change, and ended in them."""
    for night in DST_NIGHTS[:2]:
        for length in LIMITS:
            for event in _around(night, length):
                walked = oracle.regulation(event, int(length.value), length.unit, where(place))
                assert ends_of(count(length, since=event, place=place, rule=EU)) == walked, (event, length)


def _around(night: datetime, length: Length) -> list[datetime]:
    if length.unit is Unit.HOURS:
        back = timedelta(hours=int(length.value))
    else:
        back = timedelta(days=int(length.value) * {Unit.WEEKS: 7, Unit.MONTHS: 30, Unit.YEAR: 365}.get(length.unit, 1))
    half_hour = timedelta(minutes=30)
    return [night - half_hour, night + half_hour, night - back - half_hour, night - back + half_hour]
