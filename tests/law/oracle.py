"""The same arithmetic of time once more, by walking: the judge of `tocsin.law.counting`.

It imports nothing of Tocsin. It finds the end of a period as a clerk would with a calendar and a
watch: minute by minute to the next full hour, hour by hour along the time line, turning a leaf of
the calendar whenever the local date changes, and ticking off working days as they come. No formula,
no midnight that is computed, no date that is added. It holds for zones whose offset is a whole number
of hours, as all those of the Union are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import holidays

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Where:
    zone: str
    country: str
    subdivision: str | None = None


@dataclass(frozen=True)
class Leaf:
    """One day as it passes at a place."""

    day: date
    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Ends:
    strict: datetime
    legal_latest: datetime


def regulation(event: datetime, value: int, unit: str, where: Where) -> Ends:
    """The two ends under Regulation 1182/71."""
    if unit == "hours":
        return _hours(event, value, where)
    last, unrolled = _last_leaf(event, value, unit, where)
    return Ends(min(_strict(event, value, unit, where, unrolled), last.ends), last.ends)


def treaty(event: datetime, days: int, where: Where) -> Ends:
    """The two ends where a treaty says how many days and not how to count them."""
    strict = _later(event, days * 24)
    leaf = _leaf_with(strict, where)
    return Ends(strict, leaf.ends)


def _hours(event: datetime, hours: int, where: Where) -> Ends:
    watch = event.replace(second=0, microsecond=0)
    while True:
        watch += MINUTE
        if _face(watch, where).minute == 0:
            break
    return Ends(_later(event, hours), _later(watch, hours))


def _later(start: datetime, hours: int) -> datetime:
    for _ in range(hours):
        start += HOUR
    return start


def _last_leaf(event: datetime, value: int, unit: str, where: Where) -> tuple[Leaf, Leaf]:
    """The last day of the period, and the day that would have been the last had nothing moved it."""
    long = not (value == 1 and unit in {"days", "calendar_days", "working_days"})
    working_days, reached = 0, None
    for leaf in _is_reached(event, value, unit, where):
        works = _is_working_day(leaf.day, where)
        working_days += works
        if reached is None and leaf.is_the_one:
            reached = leaf
        if reached is not None and works and (working_days >= 2 or not long):
            return leaf, reached
    raise AssertionError


@dataclass(frozen=True)
class MarkedLeaf(Leaf):
    is_the_one: bool


def _is_reached(event: datetime, value: int, unit: str, where: Where) -> Iterator[MarkedLeaf]:
    """The days after the event, each with whether it is the one that the number and the unit point to."""
    began = _face(event, where).date()
    gone = 0
    for leaf, following in _pairs(_leaves_after(event, where)):
        if unit in {"days", "calendar_days"}:
            gone += 1
            hit = gone == value
        elif unit == "working_days":
            works = _is_working_day(leaf.day, where)
            gone += works
            hit = works and gone == value
        elif unit == "weeks":
            same_name = leaf.day.strftime("%A") == began.strftime("%A")
            gone += same_name
            hit = same_name and gone == value
        else:
            gone += leaf.day.day == 1
            is_last_of_month = following.day.day == 1
            is_date = leaf.day.day == began.day or (is_last_of_month and leaf.day.day < began.day)
            hit = is_date and gone == value * (12 if unit == "year" else 1)
        yield MarkedLeaf(leaf.day, leaf.begins, leaf.ends, is_the_one=hit)


def _strict(event: datetime, value: int, unit: str, where: Where, unrolled: Leaf) -> datetime:
    if unit in {"days", "calendar_days"}:
        return _later(event, value * 24)
    if unit == "weeks":
        return _later(event, value * 7 * 24)
    face = _face(event, where)
    if unit == "working_days" and not _is_working_day(face.date(), where):
        return unrolled.ends
    return _same_time_of_day(face, unrolled, where)


def _same_time_of_day(face: datetime, leaf: Leaf, where: Where) -> datetime:
    """When the watch first shows, on that day, what it showed at the event, or has jumped past it."""
    watch = leaf.begins
    while watch < leaf.ends:
        shown = _face(watch, where)
        if (shown.hour, shown.minute) == (face.hour, face.minute):
            return watch + timedelta(seconds=face.second, microseconds=face.microsecond)
        if (shown.hour, shown.minute) > (face.hour, face.minute):
            return watch
        watch += MINUTE
    return leaf.ends


def _leaves_after(event: datetime, where: Where) -> Iterator[Leaf]:
    """The days after the day of the event, one by one."""
    begins = _leaf_with(event, where).ends
    while True:
        leaf = _leaf_with(begins, where)
        yield leaf
        begins = leaf.ends


def _pairs(leaves: Iterator[Leaf]) -> Iterator[tuple[Leaf, Leaf]]:
    leaf = next(leaves)
    for following in leaves:
        yield leaf, following
        leaf = following


def _leaf_with(instant: datetime, where: Where) -> Leaf:
    """The local day around an instant, found by walking to both its ends by the hour."""
    hour = instant.replace(minute=0, second=0, microsecond=0)
    return _leaf_around(hour, where)


@cache
def _leaf_around(hour: datetime, where: Where) -> Leaf:
    day = _face(hour, where).date()
    begins = hour
    while _face(begins - HOUR, where).date() == day:
        begins -= HOUR
    ends = hour + HOUR
    while _face(ends, where).date() == day:
        ends += HOUR
    return Leaf(day, begins, ends)


def _face(instant: datetime, where: Where) -> datetime:
    """What the watch shows."""
    return instant.astimezone(UTC).astimezone(_zone(where.zone))


@cache
def _zone(name: str) -> ZoneInfo:
    with resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file)


def _is_working_day(day: date, where: Where) -> bool:
    return day.strftime("%A") not in {"Saturday", "Sunday"} and day not in _calendar(where.country, where.subdivision)


@cache
def _calendar(country: str, subdivision: str | None) -> holidays.HolidayBase:
    return holidays.country_holidays(country, subdiv=subdivision, years=range(2000, 2061))
