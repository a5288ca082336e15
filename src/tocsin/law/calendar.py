"""Places, their days and their public holidays.

Regulation (EEC, Euratom) No 1182/71, Article 2: a public holiday is a day designated as such where
the action is to be taken; a working day is any day other than public holidays, Sundays and
Saturdays. So a clock needs the *place* of the act: a time zone and a calendar of holidays, both from
the card of the one who must act. A Saturday on which a State makes its people work is still no
working day, and a bridging day that a State made a public holiday is one.

Two sources, both pinned by this distribution and never taken from the machine, so that two nodes of
one release come to the same instants whatever they run on (`edition()` says which):

- time zones from the ``tzdata`` package, read as files, past the system's ``/usr/share/zoneinfo``;
- public holidays from the ``holidays`` library. For a year outside its knowledge that library gives
  an empty calendar and no error; here it is an error (`CalendarUnknownError`).

A local day begins and ends at local midnights. Where the clock jumps over midnight (the Azores in
spring: 23:59:59 is followed by 01:00) the day ends at the jump; where it passes midnight twice,
the day ends when the clock leaves it for good.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from re import fullmatch
from typing import Protocol
from zoneinfo import TZPATH, ZoneInfo

import holidays as library

from tocsin.base.instant import Instant
from tocsin.law.errors import (
    CalendarUnknownError,
    CountryUnknownError,
    InstantOutOfReachError,
    InstantWithoutZoneError,
    SubdivisionUnknownError,
    ZoneUnknownError,
)

_TZDATA = resources.files("tzdata")
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_WEEK_END = (5, 6)  # Saturday, Sunday
_REACH = range(1900, 2201)
_MOVES_DAYS_YEARLY = {"BG", "HU", "LV"}
"""States whose governments decide for each year which days off move; the library has them year by year."""


class Holidays(Protocol):
    """The public holidays of one place."""

    def is_holiday(self, day: date) -> bool:
        """Raises `CalendarUnknownError` when nothing is known of that day's year."""

    def is_settled(self, year: int) -> bool:
        """Whether no yearly decision of the State can still move a holiday of that year."""


@dataclass(frozen=True)
class Place:
    """Where an act is due, as the card of the one who must act says.

    Raises `ZoneUnknownError`, `CountryUnknownError` or `SubdivisionUnknownError`.
    """

    zone: str
    """``Europe/Bucharest``."""
    country: str
    """Whose public holidays count, by ISO 3166-1: ``RO``."""
    subdivision: str | None = None
    """A part of the country with holidays of its own, as the calendar names it: ``BY``."""

    def __post_init__(self) -> None:
        zone_named(self.zone)
        _check_calendar(self.country, self.subdivision)

    @property
    def clock_face(self) -> ZoneInfo:
        return zone_named(self.zone)

    @property
    def holidays(self) -> Holidays:
        return KnownHolidays(self.country, self.subdivision)


@dataclass(frozen=True)
class KnownHolidays:
    """The public holidays of a country, or of a part of it, as the holiday library knows them."""

    country: str
    subdivision: str | None = None

    def is_holiday(self, day: date) -> bool:
        return day in _holidays_of_year(self.country, self.subdivision, day.year)

    def is_settled(self, year: int) -> bool:
        return self.country not in _MOVES_DAYS_YEARLY or year <= _decided_until(self.country)


@dataclass(frozen=True)
class GivenHolidays:
    """Public holidays given one by one: from a published list, or from an example."""

    days: frozenset[date]
    years: range | None = None
    """The years that the list speaks of; ``None`` for all."""

    @classmethod
    def of(cls, days: Iterable[date], *, years: range | None = None) -> "GivenHolidays":
        return cls(frozenset(days), years)

    def is_holiday(self, day: date) -> bool:
        if self.years is not None and day.year not in self.years:
            raise CalendarUnknownError(
                country="the given list", year=day.year, first=self.years.start, last=self.years.stop - 1
            )
        return day in self.days

    def is_settled(self, year: int) -> bool:
        return self.years is None or year in self.years


@dataclass(frozen=True)
class Edition:
    """Which tables of zones and holidays the clocks run on."""

    tzdata: str
    """The IANA name: ``2026f``."""
    holidays: str
    """The version of the holiday library."""


def edition() -> Edition:
    """What this node computes with; two nodes that differ here may differ in an instant."""
    release = _TZDATA.joinpath("zoneinfo", "tzdata.zi").read_text(encoding="ascii")
    return Edition(tzdata=_release_of(release), holidays=metadata.version("holidays"))


def system_tzdata() -> str | None:
    """The IANA name of the machine's own time zones, which are *not* used; ``None`` if it has none or does not say."""
    for folder in TZPATH:
        try:
            return _release_of((Path(folder) / "tzdata.zi").read_text(encoding="ascii"))
        except OSError:
            continue
    return None


@cache
def zone_named(name: str) -> ZoneInfo:
    """The time zone, from the pinned tz database; raises `ZoneUnknownError`."""
    if name not in _zone_names():
        raise ZoneUnknownError(zone=name)
    with _TZDATA.joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def in_utc(instant: Instant) -> Instant:
    """The same instant in UTC.

    Raises `InstantWithoutZoneError` for one that names no offset and `InstantOutOfReachError` for one
    of a century in which no clock of ours can run.
    """
    _check_offset(instant)
    if instant.year not in _REACH:
        raise InstantOutOfReachError(instant=instant.isoformat(), first=_REACH.start, last=_REACH.stop - 1)
    return instant.astimezone(UTC)


def day_of(instant: Instant, zone: ZoneInfo) -> date:
    """The local day in which an instant lies; local midnight belongs to the new day."""
    _check_offset(instant)
    return instant.astimezone(zone).date()


def start_of_day(day: date, zone: ZoneInfo) -> Instant:
    """The first instant of a local day, which is the end of the day before."""
    return end_of_day(day - _DAY, zone)


def end_of_day(day: date, zone: ZoneInfo) -> Instant:
    """24:00 of a local day: the first instant that no longer belongs to it."""
    midnight = datetime.combine(day + _DAY, time.min)
    first, second = _readings(midnight, zone)
    if first > second:
        return _jump_between(second, first, zone)
    if first < second and day_of(second - _SECOND, zone) <= day:
        return second  # the clock fell back over midnight into the day that had ended
    return first


def first_showing(wall: datetime, zone: ZoneInfo) -> Instant:
    """When the local clock first shows ``wall``, or first shows something later if it jumps over it."""
    first, second = _readings(wall, zone)
    return first if first <= second else _jump_between(second, first, zone)


def is_working_day(day: date, holidays: Holidays) -> bool:
    """1182/71, Article 2(2); raises `CalendarUnknownError`, on a Saturday or Sunday too."""
    is_holiday = holidays.is_holiday(day)
    return not is_holiday and day.weekday() not in _WEEK_END


def working_day_from(day: date, holidays: Holidays) -> date:
    """``day`` itself if it is a working day, otherwise the next one."""
    while not is_working_day(day, holidays):
        day += _DAY
    return day


def known_years(country: str, subdivision: str | None = None) -> range:
    """The years whose public holidays are known."""
    calendar = _check_calendar(country, subdivision)
    return range(calendar.start_year, calendar.end_year + 1)


def _check_offset(instant: Instant) -> None:
    if instant.utcoffset() is None:
        raise InstantWithoutZoneError(instant=instant.isoformat())


def _readings(wall: datetime, zone: ZoneInfo) -> tuple[Instant, Instant]:
    """What a reading of the local clock may mean: equal once, rising if shown twice, falling if never."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second


def _jump_between(before: Instant, after: Instant, zone: ZoneInfo) -> Instant:
    """The second at which the local clock jumps, somewhere after ``before`` and up to ``after``."""
    offset_after = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
        if middle.astimezone(zone).utcoffset() == offset_after:
            after = middle
        else:
            before = middle
    return after


def _release_of(tzdata_zi: str) -> str:
    return tzdata_zi.partition("\n")[0].removeprefix("# version ")


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(_TZDATA.joinpath("zones").read_text(encoding="ascii").split())


@cache
def _check_calendar(country: str, subdivision: str | None) -> type[library.HolidayBase]:
    calendar = getattr(library, country, None) if fullmatch("[A-Z]{2}", country) else None
    if calendar is None:
        raise CountryUnknownError(country=country)
    kind: type[library.HolidayBase] = calendar
    if subdivision is not None and subdivision not in kind.subdivisions:
        raise SubdivisionUnknownError(
            country=country, subdivision=subdivision, known=", ".join(kind.subdivisions) or "none"
        )
    return kind


@cache
def _decided_until(country: str) -> int:
    calendar = _check_calendar(country, None)
    return max(getattr(calendar(), "special_public_holidays", {}), default=calendar.start_year)


@cache
def _holidays_of_year(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    known = known_years(country, subdivision)
    days: frozenset[date] = frozenset()
    if year in known:
        found = library.country_holidays(country, subdiv=subdivision, years=year, expand=False)
        days = frozenset(day for day in found if day.year == year)
    if not days:  # the library's silence: it knows no State without a holiday
        raise CalendarUnknownError(country=country, year=year, first=known.start, last=known.stop - 1)
    return days
