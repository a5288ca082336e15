"""What the journal is told about bells: that somebody has one, never where it rings."""

from dataclasses import dataclass
from typing import ClassVar

from tocsin.journal.entries import Entry

_WITH_THE_PERSON = "with the person's record"


@dataclass(frozen=True, slots=True)
class BellHung(Entry):
    """Somebody is told away from the desk from now on."""

    kind: ClassVar[str] = "bell-hung"
    erasure: ClassVar[str] = _WITH_THE_PERSON
    about_field: ClassVar[str] = "person"

    person: str
    bell: str
    way: str
    occasions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BellTakenDown(Entry):
    """Somebody is not told in this way any more."""

    kind: ClassVar[str] = "bell-taken-down"
    erasure: ClassVar[str] = _WITH_THE_PERSON
    about_field: ClassVar[str] = "person"

    person: str
    bell: str
    why: str
    """``by-herself``, or ``gone``: the browser's service knows it no longer."""
