"""What the journal is told about who is on duty, and about shifts that go from hand to hand."""

from dataclasses import dataclass
from typing import ClassVar

from tocsin.journal.entries import NOT_ERASED, Entry

_WITH_THE_PERSON = "with the person's record, when nobody needs to answer for his acts any more"


@dataclass(frozen=True, slots=True)
class TurnPlanned(Entry):
    """Somebody is to be on duty, in a place of the chain."""

    kind: ClassVar[str] = "turn-planned"
    erasure: ClassVar[str] = _WITH_THE_PERSON
    about_field: ClassVar[str] = "person"

    turn: str
    person: str
    place: str
    begins: str
    ends: str
    zone: str


@dataclass(frozen=True, slots=True)
class TurnWithdrawn(Entry):
    """A turn that was planned falls away, or ends now if it had begun."""

    kind: ClassVar[str] = "turn-withdrawn"
    erasure: ClassVar[str] = _WITH_THE_PERSON
    about_field: ClassVar[str] = "person"

    turn: str
    person: str
    ends: str


@dataclass(frozen=True, slots=True)
class ChainSet(Entry):
    """How long an urgent letter may lie unopened before the next in the chain is told."""

    kind: ClassVar[str] = "chain-set"
    erasure: ClassVar[str] = NOT_ERASED

    minutes: int
    before: int


@dataclass(frozen=True, slots=True)
class ShiftHandedOver(Entry):
    """A shift was handed over to somebody by name, with a note; here is the hash of what it lists."""

    kind: ClassVar[str] = "shift-handed-over"
    erasure: ClassVar[str] = _WITH_THE_PERSON
    about_field: ClassVar[str] = "note"

    note: str
    person: str
    since: str
    note_sha256: str


@dataclass(frozen=True, slots=True)
class ShiftAcknowledged(Entry):
    """The one to whom a shift was handed over has read the note and has it now."""

    kind: ClassVar[str] = "shift-acknowledged"
    erasure: ClassVar[str] = _WITH_THE_PERSON
    about_field: ClassVar[str] = "note"

    note: str
    note_sha256: str
