"""Read a file of law as data strictly: every fault at once, each with its line and its rule.

A ``Table`` hands out the values of one TOML table by name and type. What is missing, of another
type or not in a closed list becomes a ``FileFault``; what nobody asked for is an unknown key. So a
file that loads has been read whole.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from tocsin.law.located import Lines, Place

_Word = TypeVar("_Word", bound=StrEnum)
_SYNTAX_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_LINE_OF_END = 1


class FileRule(StrEnum):
    """The rules that a file of law can break; the value is the rule's stable code."""

    TOML = "law-file.toml"
    KEY_MISSING = "law-file.key-missing"
    KEY_UNKNOWN = "law-file.key-unknown"
    TYPE = "law-file.type"
    WORD_UNKNOWN = "law-file.word-unknown"
    ID_TWICE = "law-file.id-twice"
    NAME_OF_FILE = "law-file.name-of-file"
    BASIS = "law-file.basis"
    SOURCE_UNKNOWN = "law-file.source-unknown"
    FORCE = "law-file.force"
    TREATY_UNKNOWN = "law-file.treaty-unknown"
    RESERVATION_UNKNOWN = "law-file.reservation-unknown"
    COMPETENCE_GAP = "law-file.competence-gap"
    COMPETENCE_SHAPE = "law-file.competence-shape"
    CHANNEL_ORDER = "law-file.channel-order"
    FIELD_UNKNOWN = "law-file.field-unknown"
    FIELD_SHAPE = "law-file.field-shape"
    OPTION_UNKNOWN = "law-file.option-unknown"
    CLOCK_UNKNOWN = "law-file.clock-unknown"
    CLOCK_SHAPE = "law-file.clock-shape"
    GROUND_UNKNOWN = "law-file.ground-unknown"
    INSTRUMENT_UNKNOWN = "law-file.instrument-unknown"
    ANSWER = "law-file.answer"
    LIST_UNKNOWN = "law-file.list-unknown"
    CELL = "law-file.cell"


@dataclass(frozen=True, slots=True, order=True)
class FileFault:
    """One thing wrong in one file."""

    file: str
    line: int
    rule: FileRule
    detail: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.detail} [{self.rule}]"


@dataclass(slots=True)
class FaultList:
    """Where the faults of one file gather."""

    file: str
    found: list[FileFault] = field(default_factory=list)

    def add(self, line: int, rule: FileRule, detail: str) -> None:
        self.found.append(FileFault(self.file, line, rule, detail))


def read_toml(text: str, *, file: str) -> "Table | FileFault":
    """The top table of ``text``; a fault when it is not TOML."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX_LINE.search(str(error))
        line = int(found.group(1)) if found else text.count("\n") + _LINE_OF_END
        return FileFault(file, line, FileRule.TOML, f"not TOML: {error}")
    return Table(document, place=(), lines=Lines(text), faults=FaultList(file))


class Table:
    """One TOML table, its place in the file, and the keys that were read from it."""

    def __init__(self, values: Mapping[str, object], *, place: Place, lines: Lines, faults: FaultList) -> None:
        self._values = values
        self._place = place
        self._lines = lines
        self._read: set[str] = set()
        self.faults = faults

    @property
    def line(self) -> int:
        """The line on which the table begins."""
        return self._lines.of(self._place)

    def has(self, key: str) -> bool:
        return key in self._values

    def fault(self, rule: FileRule, detail: str, *, key: str = "", item: int | None = None) -> None:
        """Note a fault at ``key`` (or at one item of its list), or at the table itself."""
        place: Place = (*self._place, key) if key else self._place
        if item is not None:
            place = (*place, item)
        self.faults.add(self._lines.of(place), rule, detail)

    def text(self, key: str, default: str | None = None) -> str:
        value = self._take(key, str, default)
        if isinstance(value, str) and (value.strip() or default == ""):
            return value
        if isinstance(value, str):
            self.fault(FileRule.TYPE, f"{key} is blank", key=key)
        return ""

    def number(self, key: str) -> int | None:
        """A whole number, or ``None`` when the key is not there."""
        value = self._take(key, int, None, needed=False)
        return value if isinstance(value, int) else None

    def truth(self, key: str, *, default: bool | None = None) -> bool:
        return self._take(key, bool, default) is True

    def maybe_truth(self, key: str) -> bool | None:
        value = self._take(key, bool, None, needed=False)
        return value if isinstance(value, bool) else None

    def day(self, key: str) -> date | None:
        value = self._take(key, date, None, needed=False)
        return value if isinstance(value, date) else None

    def texts(self, key: str, *, needed: bool = False) -> tuple[str, ...]:
        items = self._list(key, needed=needed)
        for number, item in enumerate(items):
            if not isinstance(item, str):
                self.fault(FileRule.TYPE, f"{key} holds something that is not text", key=key, item=number)
        return tuple(item for item in items if isinstance(item, str))

    def word(self, key: str, words: type[_Word], *, default: _Word | None = None) -> _Word | None:
        """A word of a closed list; ``None`` (and a fault) when it is none of them."""
        text = self.text(key, str(default) if default is not None else None)
        return self._word(text, words, key) if text else None

    def words(self, key: str, words: type[_Word], *, needed: bool = False) -> tuple[_Word, ...]:
        found = [
            self._word(text, words, key, item=number) for number, text in enumerate(self.texts(key, needed=needed))
        ]
        return tuple(word for word in found if word is not None)

    def table(self, key: str, *, needed: bool = True) -> "Table | None":
        value = self._take(key, dict, None, needed=needed)
        return self._inner(value, (*self._place, key)) if isinstance(value, dict) else None

    def tables(self, key: str, *, needed: bool = False) -> "list[Table]":
        inner = []
        for number, item in enumerate(self._list(key, needed=needed)):
            if isinstance(item, dict):
                inner.append(self._inner(item, (*self._place, key, number)))
            else:
                self.fault(FileRule.TYPE, f"{key} holds something that is not a table", key=key, item=number)
        return inner

    def named_tables(self) -> "list[tuple[str, Table]]":
        """Every table of this one by its name, for files in which the names are the data."""
        inner = []
        for key in self._values:
            table = self.table(key)
            if table is not None:
                inner.append((key, table))
        return inner

    def done(self) -> None:
        """Everything has been read: what is left is unknown."""
        for key in self._values:
            if key not in self._read:
                self.fault(FileRule.KEY_UNKNOWN, f"unknown key {key}", key=key)

    def _inner(self, values: Mapping[str, object], place: Place) -> "Table":
        return Table(values, place=place, lines=self._lines, faults=self.faults)

    def _list(self, key: str, *, needed: bool) -> Sequence[object]:
        value = self._take(key, list, None, needed=needed)
        if needed and value == []:
            self.fault(FileRule.KEY_MISSING, f"{key} is empty", key=key)
        return value if isinstance(value, list) else ()

    def _word(self, text: str, words: type[_Word], key: str, item: int | None = None) -> _Word | None:
        try:
            return words(text)
        except ValueError:
            known = ", ".join(words)
            self.fault(FileRule.WORD_UNKNOWN, f"{key}: {text!r} is none of {known}", key=key, item=item)
            return None

    def _take(self, key: str, kind: type, default: object, *, needed: bool = True) -> object:
        self._read.add(key)
        if key not in self._values:
            if needed and default is None:
                self.fault(FileRule.KEY_MISSING, f"{key} is missing")
            return default
        value = self._values[key]
        # bool is an int and datetime a date in Python; in a file they are different things
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)) or isinstance(value, datetime):
            self.fault(FileRule.TYPE, f"{key} is a {type(value).__name__}, not a {kind.__name__}", key=key)
            return default
        return value
