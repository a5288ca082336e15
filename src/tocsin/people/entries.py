"""What the journal is told about people."""

from dataclasses import dataclass
from typing import ClassVar

from tocsin.journal.entries import Entry


@dataclass(frozen=True, slots=True)
class PersonAdded(Entry):
    """Somebody was given a place at this node."""

    kind: ClassVar[str] = "person-added"
    erasure: ClassVar[str] = "with the person's record, when nobody needs to answer for his acts any more"

    person: str
    name: str
    person_roles: tuple[str, ...]
    function: str


@dataclass(frozen=True, slots=True)
class PersonLeft(Entry):
    """Somebody's place ended; the tokens stopped with it."""

    kind: ClassVar[str] = "person-left"
    erasure: ClassVar[str] = "with the person's record"

    person: str


@dataclass(frozen=True, slots=True)
class TokenIssued(Entry):
    """A token was made; the journal knows its id and scopes and never its value."""

    kind: ClassVar[str] = "token-issued"
    erasure: ClassVar[str] = "with the person's record"

    person: str
    token_id: str
    scopes: tuple[str, ...]
    until: str


@dataclass(frozen=True, slots=True)
class TokenWithdrawn(Entry):
    """A token stopped being good before its time."""

    kind: ClassVar[str] = "token-withdrawn"
    erasure: ClassVar[str] = "with the person's record"

    person: str
    token_id: str
