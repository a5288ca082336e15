"""Clocks: what an instrument says about time, and how a running clock stands at an instant."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction

from tocsin.law.counting import Counting, Readings, Unit
from tocsin.law.vocabulary import ClockId


class ClockKind(StrEnum):
    """What the software makes of a clock (instruments.md, section 1)."""

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
    """How far back from an act something counts. Never runs."""
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
    """A day that comes back every year: 31 March."""

    month: int
    day: int


@dataclass(frozen=True, kw_only=True)
class ClockRule:
    """One clock of an instrument, as its file states it."""

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
