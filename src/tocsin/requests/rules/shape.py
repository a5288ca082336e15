"""Reading what a letter says, strictly, and telling every fault at once.

A ``Shape`` takes the members of one JSON object one by one. A member that is missing, of a wrong
form, too long, or unknown becomes a fault with its path and its rule; reading goes on with a
stand-in, so that one answer names all that is to be mended.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from tocsin.base import instant
from tocsin.base.ids import is_uuid
from tocsin.base.instant import Instant
from tocsin.proof.canonical import MAX_INT, Json

_T = TypeVar("_T")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NEVER = instant.parse("1970-01-01T00:00:00.000Z")


@dataclass(frozen=True, slots=True)
class Fault:
    """A member that breaks its rule."""

    field: str
    rule: str

    def __str__(self) -> str:
        return f"{self.field}: {self.rule}"


class Shape:
    """The members of one object, and the faults found so far in it and in what encloses it."""

    def __init__(self, members: Mapping[str, Json], *, where: str = "", faults: list[Fault] | None = None) -> None:
        self._left = dict(members)
        self._where = where
        self.faults: list[Fault] = [] if faults is None else faults

    def fault(self, name: str, rule: str) -> None:
        self.faults.append(Fault(field=f"{self._where}.{name}" if self._where else name, rule=rule))

    def finish(self) -> None:
        """Every member that nobody took is unknown."""
        for name in sorted(self._left) if self._left else ():
            self.fault(name, "not a member of this kind of letter")
        self._left = {}

    def take(self, name: str) -> Json:
        """The raw member; a missing one is a fault and reads as null."""
        if name not in self._left:
            self.fault(name, "it has to be there (null where there is nothing to say)")
            return None
        return self._left.pop(name)

    def peek(self, name: str) -> Json:
        """The raw member, which is not taken; null where there is none."""
        return self._left.get(name)

    def is_null(self, name: str) -> bool:
        """Whether the member is there and null, in which case it is taken."""
        if name in self._left and self._left[name] is None:
            del self._left[name]
            return True
        return False

    def text(self, name: str, *, most: int) -> str:
        value = self.take(name)
        if not isinstance(value, str) or not value.strip() or len(value) > most:
            self.fault(name, f"a text of at most {most} characters that is not blank")
            return ""
        if _CONTROL_BUT_LINES.search(value):
            self.fault(name, "no control characters other than tab and line feed")
        return value

    def words(self, name: str, *, most: int) -> str | None:
        return self.optional(name, lambda: self.text(name, most=most))

    def match(self, name: str, pattern: re.Pattern[str], rule: str) -> str:
        value = self.take(name)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            self.fault(name, rule)
            return ""
        return value

    def one_of(self, name: str, choices: Iterable[str]) -> str:
        allowed = tuple(choices)
        value = self.take(name)
        if not isinstance(value, str) or value not in allowed:
            self.fault(name, f"one of {', '.join(allowed)}")
            return allowed[0]
        return value

    def uuid(self, name: str) -> str:
        value = self.take(name)
        if not isinstance(value, str) or not is_uuid(value):
            self.fault(name, "a UUID in lower case")
            return ""
        return value

    def boolean(self, name: str) -> bool:
        value = self.take(name)
        if not isinstance(value, bool):
            self.fault(name, "true or false")
            return False
        return value

    def integer(self, name: str, *, at_least: int, at_most: int = MAX_INT) -> int:
        value = self.take(name)
        if not isinstance(value, int) or isinstance(value, bool) or not at_least <= value <= at_most:
            self.fault(name, f"a whole number from {at_least} to {at_most}")
            return at_least
        return value

    def instant(self, name: str) -> Instant:
        value = self.take(name)
        read = instant.parse_told(value) if isinstance(value, str) else None
        if read is None:
            self.fault(name, "an instant in UTC with milliseconds, such as 2026-11-24T03:00:00.000Z")
            return _NEVER
        return read

    def optional(self, name: str, read: Callable[[], _T]) -> _T | None:
        """Nothing where the member is null, else what ``read`` makes of it."""
        return None if self.is_null(name) else read()

    def object(self, name: str) -> "Shape":
        value = self.take(name)
        if not isinstance(value, dict):
            self.fault(name, "an object")
            # What would be said of members that cannot be there would only hide this fault.
            return Shape({}, where=self._path(name), faults=[])
        return Shape(value, where=self._path(name), faults=self.faults)

    def objects(self, name: str, *, most: int, at_least: int = 0) -> list["Shape"]:
        items = self._list(name, most=most, at_least=at_least)
        shapes = [
            Shape(item, where=self._path(f"{name}.{place}"), faults=self.faults)
            for place, item in enumerate(items)
            if isinstance(item, dict)
        ]
        if len(shapes) != len(items):
            self.fault(name, "a list of objects only")
        return shapes

    def matches(self, name: str, pattern: re.Pattern[str], rule: str, *, most: int) -> tuple[str, ...]:
        """A list of distinct texts of one pattern."""
        values = self._list(name, most=most, at_least=0)
        texts = tuple(value for value in values if isinstance(value, str) and pattern.fullmatch(value))
        if len(texts) != len(values):
            self.fault(name, f"a list of which each is {rule}")
        if len(set(texts)) != len(texts):
            self.fault(name, "each only once")
        return texts

    def mapping(self, name: str, pattern: re.Pattern[str], rule: str, *, most: int) -> dict[str, Json]:
        """An object whose member names all have one pattern and whose values may be anything."""
        value = self.take(name)
        if not isinstance(value, dict) or len(value) > most:
            self.fault(name, f"an object of at most {most} members")
            return {}
        for key in value:
            if not pattern.fullmatch(key):
                self.fault(f"{name}.{key[:40]}", f"its name has to be {rule}")
        return value

    def _list(self, name: str, *, most: int, at_least: int) -> list[Json]:
        value = self.take(name)
        if not isinstance(value, list) or not at_least <= len(value) <= most:
            self.fault(name, f"a list of {at_least} to {most}")
            return []
        return value

    def _path(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name
