"""On which line of a TOML text each key stands.

``tomllib`` says where a text breaks the grammar, but not where a key stands whose value breaks a
rule of ours. This scanner walks a text that ``tomllib`` has already accepted and notes, for every
key, table and array item, the line on which it begins:

    [[field]]            # ("field", 0) and ("field",) -> 1
    id = "facts"         # ("field", 0, "id") -> 2
    options = [
      "a",               # ("field", 0, "options", 0) -> 4
    ]

It follows TOML 1.0: bare, quoted and dotted keys, comments, the four kinds of string, arrays over
several lines and inline tables.
"""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Mapping
from functools import cached_property

Place = tuple[str | int, ...]
"""The way to a value: keys and array indexes from the top of the document."""

_BLANK = " \t"
_SPACE = " \t\r\n"
_ENDS_BARE_VALUE = ",]}#\r\n"
_ENDS_BARE_KEY = " \t.=]"
_LINE_END = re.compile("\n")
_STRINGS = (  # the long ones first; up to two quotes may stand before the closing three
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}(?!")', re.DOTALL),
    re.compile(r"'''.*?'{3,5}(?!')", re.DOTALL),
    re.compile(r'"(?:[^"\\]|\\.)*"'),
    re.compile(r"'[^']*'"),
)


def lines_of(text: str) -> dict[Place, int]:
    """The line (from 1) of each place in ``text``, which must be valid TOML."""
    return _Scanner(text).scan()


def line_of(lines: Mapping[Place, int], place: Place) -> int:
    """The line of ``place``, or of the nearest thing around it that has one; 1 for the top."""
    for length in range(len(place), 0, -1):
        found = lines.get(place[:length])
        if found is not None:
            return found
    return 1


class Lines:
    """The lines of one text, worked out when somebody first asks: a file without a fault needs none."""

    def __init__(self, text: str) -> None:
        self._text = text

    def of(self, place: Place) -> int:
        """As `line_of`."""
        return line_of(self._lines, place)

    @cached_property
    def _lines(self) -> Mapping[Place, int]:
        return lines_of(self._text)


class _Scanner:
    """One pass over one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._ends = [found.start() for found in _LINE_END.finditer(text)]
        self._lines: dict[Place, int] = {}
        self._last_item: dict[Place, int] = {}

    def scan(self) -> dict[Place, int]:
        table: Place = ()
        while self._skip_to_something():
            if self._next_is("[["):
                table = self._array_header()
            elif self._next_is("["):
                table = self._table_header()
            else:
                self._pair(table)
        return self._lines

    def _array_header(self) -> Place:
        line = self._line()
        self._at += 2
        *above, last = self._key()
        self._at = self._text.index("]]", self._at) + 2
        array = (*self._resolve(above), last)
        self._note(array, line)
        item = self._last_item.get(array, -1) + 1
        self._last_item[array] = item
        self._note((*array, item), line)
        return (*array, item)

    def _table_header(self) -> Place:
        line = self._line()
        self._at += 1
        table = self._resolve(self._key())
        self._at = self._text.index("]", self._at) + 1
        self._note(table, line)
        return table

    def _resolve(self, keys: list[str]) -> Place:
        """The place that a header names: an array of tables stands for its latest item."""
        place: Place = ()
        for key in keys:
            place = (*place, key)
            if place in self._last_item:
                place = (*place, self._last_item[place])
        return place

    def _pair(self, table: Place) -> None:
        line = self._line()
        place = table
        for key in self._key():
            place = (*place, key)
            self._note(place, line)
        self._at = self._text.index("=", self._at) + 1
        self._skip(_BLANK)
        self._value(place)

    def _key(self) -> list[str]:
        keys = [self._one_key()]
        while self._next_is("."):
            self._at += 1
            keys.append(self._one_key())
        return keys

    def _one_key(self) -> str:
        self._skip(_BLANK)
        start = self._at
        if self._text[start] in "\"'":
            self._string()
            key = str(tomllib.loads(f"key = {self._text[start : self._at]}")["key"])
        else:
            while self._text[self._at] not in _ENDS_BARE_KEY:
                self._at += 1
            key = self._text[start : self._at]
        self._skip(_BLANK)
        return key

    def _value(self, place: Place) -> None:
        first = self._text[self._at]
        if first in "\"'":
            self._string()
        elif first == "[":
            self._array(place)
        elif first == "{":
            self._inline_table(place)
        else:
            while self._at < len(self._text) and self._text[self._at] not in _ENDS_BARE_VALUE:
                self._at += 1

    def _array(self, place: Place) -> None:
        self._at += 1
        item = 0
        while self._skip_to_something() and not self._next_is("]"):
            if self._next_is(","):
                self._at += 1
                continue
            self._note((*place, item), self._line())
            self._value((*place, item))
            item += 1
        self._at += 1

    def _inline_table(self, place: Place) -> None:
        self._at += 1
        while self._skip_to_something() and not self._next_is("}"):
            if self._next_is(","):
                self._at += 1
                continue
            self._pair(place)
        self._at += 1

    def _string(self) -> None:
        for string in _STRINGS:
            found = string.match(self._text, self._at)
            if found is not None:
                self._at = found.end()
                return

    def _skip_to_something(self) -> bool:
        """Pass over white space and comments; false at the end of the text."""
        self._skip(_SPACE)
        while self._next_is("#"):
            end = self._text.find("\n", self._at)
            self._at = len(self._text) if end < 0 else end
            self._skip(_SPACE)
        return self._at < len(self._text)

    def _skip(self, characters: str) -> None:
        while self._at < len(self._text) and self._text[self._at] in characters:
            self._at += 1

    def _next_is(self, expected: str) -> bool:
        return self._text.startswith(expected, self._at)

    def _line(self) -> int:
        return bisect_left(self._ends, self._at) + 1

    def _note(self, place: Place, line: int) -> None:
        self._lines.setdefault(place, line)
