"""So many of a unit of time, in the words of a language (CLDR)."""

from collections.abc import Mapping
from typing import Final, Literal

from babel.core import Locale
from babel.dates import format_timedelta

_SECONDS: Final[Mapping[str, int]] = {
    "second": 1,
    "minute": 60,
    "hour": 3_600,
    "day": 86_400,
    "week": 7 * 86_400,
    "month": 30 * 86_400,
    "year": 365 * 86_400,
}


def many(count: int, unit: str, *, locale: Locale | str, length: Literal["narrow", "short", "long"] = "long") -> str:
    """``48 Min.``: so many of a unit, never turned into others. ``unit`` is one like ``day``; else ``KeyError``.

    Not ``babel.units.format_unit``: where a language has one pattern for two lengths, CLDR writes it once, and that
    function then says ``48 duration-minute``; this one of the same library knows where to look.
    """
    delta = count * _SECONDS[unit]
    said = {"granularity": unit, "threshold": _NEVER, "format": length, "locale": locale}
    return format_timedelta(delta, **said)  # type: ignore[arg-type]  # a table knows the units


_NEVER: Final = 10**12
"""So many of a greater unit and it would be said in that one."""
