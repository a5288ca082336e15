"""The edge of languages: everything that is data (errors, law, coded words, instants) in the reader's own.

The message id is the English text itself; a catalogue that lacks it leaves it English.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from django.utils.translation import get_language, gettext

from tocsin.base.durations import many
from tocsin.base.errors import TocsinError
from tocsin.base.instant import Instant
from tocsin.desk.coded_words import CODED

_DAY = timedelta(days=1)
_UNITS = (("day", _DAY), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def said(error: TocsinError) -> str:
    """An error's sentence in the reader's language, with its fields in it; the rule that it names as well."""
    named = rule(error)
    return gettext(error.sentence).format(**({**error.fields, "rule": named} if named else error.fields))


def rule(error: TocsinError) -> str:
    """The rule alone that an error names, in the reader's language; nothing where it names none."""
    return law(str(error.fields.get("rule") or ""))


def law(text: str) -> str:
    """Words of the law data: titles, labels, duties, grounds."""
    return gettext(text) if text else ""


def word(code: str) -> str:
    """A coded word; one that is not in the list is said as it is written, with blanks."""
    return gettext(CODED[code]) if code in CODED else code.rpartition(":")[2].replace("-", " ")


def is_coded(code: str) -> bool:
    """Whether the list of coded words has this one."""
    return code in CODED


# --- Instants and durations ---------------------------------------------------------------------


def in_zone(at: Instant, zone: str) -> str:
    """Day and time in a zone; with the year where it is not near."""
    there = at.astimezone(zone_of(zone))
    return f"{_day(there)}, {_hour(there)}"


def due_in_zone(at: Instant, zone: str, *, now: Instant | None) -> str:
    """By when something is due: near days by their word, and an exclusive midnight as the end of its day."""
    there = at.astimezone(zone_of(zone))
    today = now.astimezone(zone_of(zone)).date() if now else None
    if there.hour == there.minute == there.second == 0:
        ended = there - _DAY
        if today == ended.date():
            return gettext("end of today")
        return gettext("end of {day}").format(day=_day(ended))
    if today is not None and there.date() == today:
        return gettext("today {time}").format(time=_hour(there))
    if today is not None and there.date() == today + _DAY:
        return gettext("tomorrow {time}").format(time=_hour(there))
    if today is not None and there.date() == today - _DAY:
        return gettext("yesterday {time}").format(time=_hour(there))
    return in_zone(at, zone)


def day(written: str) -> str:
    """A day of a calendar, as ``2026-12-13`` says it; what is no day stays as it is."""
    try:
        return format_date(date.fromisoformat(written), "long", locale=locale())
    except ValueError:
        return written


def lasting(much: timedelta) -> str:
    """A duration in its two greatest units, rounded down: what is left is never said to be more."""
    rest = abs(much)
    parts: list[str] = []
    for name, unit in _UNITS:
        count, rest = divmod(rest, unit)
        if count or parts or name == "minute":
            parts.append(many(count, name, length="narrow", locale=locale()))
    return " ".join(parts[:2])


def reaction(much: timedelta) -> str:
    """How long somebody took: in minutes and seconds up to ten minutes, then as any duration."""
    if much >= timedelta(minutes=10):
        return lasting(much)
    minutes, seconds = divmod(round(much.total_seconds()), 60)
    parts = [many(minutes, "minute", length="narrow", locale=locale())] if minutes else []
    return " ".join([*parts, many(seconds, "second", length="narrow", locale=locale())])


def hour_in_zone(at: Instant, zone: str) -> str:
    """The time of day in a zone."""
    return _hour(at.astimezone(zone_of(zone)))


def city(zone: str) -> str:
    """The city that a zone is named after: "Lisbon" of ``Europe/Lisbon``."""
    return zone.rpartition("/")[2].replace("_", " ")


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; UTC for one that is not known."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def locale() -> Locale:
    """What Babel knows of the reader's language; dates in English as Europe writes them."""
    return _locale(get_language() or "en")


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse("en_GB" if language == "en" else language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


def _day(there: datetime) -> str:
    return format_skeleton("MMMEd", there, locale=locale())


def _hour(there: datetime) -> str:
    return format_time(there, "HH:mm", locale=locale())
