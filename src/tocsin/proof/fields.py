"""Reading the fields of a JSON object, one by one; whatever is not as promised is accused."""

import re
from datetime import UTC, datetime

from tocsin.proof.canonical import Json
from tocsin.proof.errors import AlteredError

_YEARS = range(1900, 9000)
_HEX_64 = re.compile(r"[0-9a-f]{64}")


class Fields:
    """The members of one JSON object. ``thing`` is what a fault is blamed on.

    Every method raises ``AlteredError`` when the member is missing or of another kind.
    """

    def __init__(self, thing: str, members: Json) -> None:
        if not isinstance(members, dict):
            raise AlteredError(thing, "not a JSON object")
        self.thing = thing
        self.members: dict[str, Json] = members

    def expect(self, **fixed: Json) -> "Fields":
        """Check members that can have one value only, such as ``v=1, type="letter"``."""
        for name, value in fixed.items():
            if name not in self.members or self.members[name] != value or self.members[name] is True:
                raise AlteredError(self.thing, f"{name} is not {value!r}")
        return self

    def text(self, name: str) -> str:
        """A text that is not empty."""
        value = self.members.get(name)
        if not isinstance(value, str) or not value:
            raise AlteredError(self.thing, f"{name} is not a text")
        return value

    def optional_text(self, name: str) -> str | None:
        """A text, or ``null``."""
        return None if self.members.get(name, "") is None else self.text(name)

    def number(self, name: str) -> int:
        """A whole number that is not negative."""
        value = self.members.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise AlteredError(self.thing, f"{name} is not a whole number")
        return value

    def hex64(self, name: str) -> str:
        """32 bytes (a SHA-256, a key) as 64 lower-case hexadecimal digits."""
        value = self.text(name)
        if not _HEX_64.fullmatch(value):
            raise AlteredError(self.thing, f"{name} is not 64 lower-case hexadecimal digits")
        return value

    def optional_hex64(self, name: str) -> str | None:
        """32 bytes in hexadecimal, or ``null``."""
        return None if self.members.get(name, "") is None else self.hex64(name)

    def instant(self, name: str) -> datetime:
        """An instant with its zone (RFC 3339)."""
        return instant_of(self.text(name), thing=self.thing)

    def optional_instant(self, name: str) -> datetime | None:
        """An instant, or ``null``."""
        return None if self.members.get(name, "") is None else self.instant(name)

    def object(self, name: str) -> "Fields":
        """An object inside this one."""
        return Fields(self.thing, self.members.get(name))

    def items(self, name: str) -> list[Json]:
        """A list."""
        value = self.members.get(name)
        if not isinstance(value, list):
            raise AlteredError(self.thing, f"{name} is not a list")
        return value

    def objects(self, name: str) -> "list[Fields]":
        """A list of objects."""
        return [Fields(self.thing, item) for item in self.items(name)]

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        texts = [item for item in self.items(name) if isinstance(item, str)]
        if len(texts) != len(self.items(name)):
            raise AlteredError(self.thing, f"{name} is not a list of texts")
        return texts


def instant_of(written: str, *, thing: str) -> datetime:
    """The instant, in UTC; raises ``AlteredError`` when it names no zone or is none."""
    try:
        instant = datetime.fromisoformat(written)
        if instant.tzinfo is None or instant.year not in _YEARS:
            raise AlteredError(thing, f"{written!r} names no time zone, or no year that can be meant")
        return instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise AlteredError(thing, f"{written!r} is not an instant") from error


def said(instant: datetime) -> str:
    """An instant as it is said in a finding: ``2026-11-24 03:00:00.000 UTC``."""
    return instant.astimezone(UTC).isoformat(sep=" ", timespec="milliseconds").replace("+00:00", " UTC")


def said_seconds(seconds: int) -> str:
    """POSIX seconds as they are said in a finding."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"second {seconds} after 1970"
