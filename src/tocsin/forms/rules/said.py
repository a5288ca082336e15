"""Words on a form: in the reader's language, and in English beside it where nobody has read the translation.

``Words`` is given the catalogue of a language and says each text once or twice, and counts what it lacks. What somebody
typed is never translated; characters that would hide or turn what stands around them are shown by their number.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_time

from tocsin.base.durations import many
from tocsin.base.instant import Instant
from tocsin.forms.rules import labels
from tocsin.proof.canonical import Json

ENGLISH = "en"
_DAY = timedelta(days=1)
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_KEPT = frozenset("\n\t\u00ad\u200b\u200c\u200d")
_NO_GLYPH = frozenset("\u0485\u0486\u2041\u2043\u2053\u211f\u2121\u2123\u2125")
_GLYPHS = (
    *((0x20, 0x24F), (0x250, 0x2AF), (0x2B0, 0x2FF), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x4FF)),
    *((0x1E00, 0x1FFF), (0x2010, 0x2027), (0x2030, 0x205E), (0x2070, 0x209F), (0x20A0, 0x20BF), (0x2100, 0x214F)),
    *((0x2190, 0x22FF), (0x2500, 0x257F), (0x25A0, 0x25FF)),
)
"""What the fonts in typst's wheel can draw: all scripts of the Union's languages; PDF/A allows no missing glyph."""


@dataclass(slots=True)
class Words:
    """A language, its catalogue, and whether a native speaker has read it."""

    language: str
    find: Callable[[str], str]
    """A text in the language; empty where the catalogue has none."""
    reviewed: bool
    zone: str = "UTC"
    missing: set[str] = field(default_factory=set)
    """The texts that were wanted and are not there."""

    @property
    def bilingual(self) -> bool:
        """Whether English stands beside the reader's language."""
        return self.language != ENGLISH and not self.reviewed

    def said(self, text: str, **fields: object) -> Json:
        """A text as it is printed: ``t`` in the language, ``en`` beside it or nothing, ``x`` where it lacks."""
        english = text.format(**fields) if fields else text
        if self.language == ENGLISH or not text:
            return {"t": english, "en": None, "x": False}
        found = self.find(text)
        if not found:
            self.missing.add(text)
            return {"t": english, "en": None, "x": True}
        own = found.format(**fields) if fields else found
        return {"t": own, "en": english if self.bilingual and own != english else None, "x": False}

    def as_is(self, text: str) -> Json:
        """A name, a number, an article: the same in every language."""
        return {"t": drawable(text), "en": None, "x": False}

    def at(self, at: Instant) -> Json:
        """Day and time in the reader's zone, with its offset from UTC."""
        there = at.astimezone(_zone(self.zone))
        return self.as_is(
            f"{self._day(there.date())}, {format_time(there, 'HH:mm', locale=self._locale)} {_offset(there)}"
        )

    def due(self, at: Instant) -> Json:
        """By when something is due: an exclusive midnight is the end of its day."""
        there = at.astimezone(_zone(self.zone))
        if there.hour == there.minute == there.second == there.microsecond == 0:
            both = self.said(labels.END_OF_DAY, day=self._day((there - _DAY).date()))
            return {**both, "t": f"{both['t']} {_offset(there)}"} if isinstance(both, dict) else both
        return self.at(at)

    def lasting(self, count: int, unit: str) -> Json:
        """How many of a unit of CLDR, like ``day``."""
        return self.as_is(many(count, unit, locale=self._locale))

    def day(self, written: str) -> Json:
        """A day of the calendar; what is no day stays as it is."""
        try:
            return self.as_is(self._day(date.fromisoformat(written)))
        except ValueError:
            return self.as_is(written)

    def name_of_language(self, tag: str) -> Json:
        """A language by its name, with its tag."""
        try:
            name = Locale.parse(tag.replace("-", "_")).get_display_name(self._locale)
        except (ValueError, UnknownLocaleError):
            name = None
        return self.as_is(f"{name} ({tag})" if name else tag)

    def _day(self, day: date) -> str:
        return format_date(day, "long", locale=self._locale)

    @property
    def _locale(self) -> str:
        return self.language


def drawable(text: str) -> str:
    """A text in which every character can be seen: one that hides, turns others or has no glyph is shown by number."""
    return "".join(each if _is_drawn(each) else f"⟨U+{ord(each):04X}⟩" for each in text)


def _is_drawn(each: str) -> bool:
    if each in _KEPT:
        return True
    if each in _NO_GLYPH or unicodedata.category(each) in _HIDDEN:
        return False
    return any(first <= ord(each) <= last for first, last in _GLYPHS)


def _offset(there: datetime) -> str:
    return f"UTC{there.isoformat()[-6:]}" if there.utcoffset() else "UTC"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
