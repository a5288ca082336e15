"""What the journal is told: the base of every entry, and the journal's own entries.

A capability declares its entries in its own ``entries.py``, one frozen dataclass each::

    @dataclass(frozen=True, slots=True)
    class LetterSent(Entry):
        kind: ClassVar[str] = "letter-sent"
        erasure: ClassVar[str] = "with the request, under its instrument's retention"
        about_field: ClassVar[str] = "thread"

        letter: str
        thread: str

The event that is committed to has the members ``v``, ``kind``, ``at`` and ``by`` beside the fields
of the entry (see ``rules/event.py``). A kind is on the record for ever: never rename one, never
give an old kind a new meaning, never take a field away.
"""

import re
from dataclasses import dataclass, fields
from inspect import get_annotations
from typing import ClassVar

KIND = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
RESERVED = frozenset({"v", "kind", "at", "by"})
"""Members of the event that no entry may use as a field."""

NOT_ERASED = "never: it holds no personal data"
"""What an entry says of its erasure when there is nothing in it to erase."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What was done, in the past tense, as fields that canonical JSON can hold."""

    kind: ClassVar[str]
    """The event's ``kind``: lower-case words with hyphens, one meaning for ever."""
    erasure: ClassVar[str]
    """When and with what event and salt are erased, as a sentence for the records officer."""
    about_field: ClassVar[str] = ""
    """The field that names what the entry is about (a thread, a person), to find entries by; or ``""``."""
    changes_rows: ClassVar[bool] = True
    """``False`` for an act that changes nothing (a look at a file, an export).

    Of every other entry the database demands that its transaction changed a guarded row.
    """

    def __init_subclass__(cls, **arguments: object) -> None:
        # object's own, by name: with slots the dataclass is a second class that super() does not know
        object.__init_subclass__(**arguments)
        if not KIND.fullmatch(getattr(cls, "kind", "")):
            raise TypeError(f"{cls.__name__} names no kind, in lower-case words with hyphens")
        if not getattr(cls, "erasure", ""):
            raise TypeError(f"{cls.__name__} does not say how it is erased")
        taken = RESERVED & _fields_declared_in(cls)
        if taken:
            raise TypeError(f"{cls.__name__} uses the reserved name {', '.join(sorted(taken))} for a field")

    def event(self) -> dict[str, object]:
        """The fields of this entry, as they stand in the event."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def about(self) -> str | None:
        """What the entry is about, to find it by; ``None`` if it is about nothing that is looked for."""
        return str(getattr(self, self.about_field)) if self.about_field else None


def _fields_declared_in(cls: type) -> set[str]:
    declared = get_annotations(cls)
    return {name for name, kind in declared.items() if "ClassVar" not in str(kind)}


@dataclass(frozen=True, slots=True)
class EntriesErased(Entry):
    """Salt and event of these entries are gone; their places in the tree stand."""

    kind: ClassVar[str] = "entries-erased"
    erasure: ClassVar[str] = NOT_ERASED

    erased: tuple[dict[str, object], ...]
    """What stays of each entry: ``index``, ``kind`` and ``at``."""
    rule: str
    """The retention rule or the order that demanded it, by its name."""


@dataclass(frozen=True, slots=True)
class JournalAlarmRaised(Entry):
    """The journal saw something that must not be; the evidence is kept beside it."""

    kind: ClassVar[str] = "journal-alarm-raised"
    erasure: ClassVar[str] = NOT_ERASED

    code: str
    origin: str
    evidence_sha256: str


@dataclass(frozen=True, slots=True)
class JournalAlarmSeen(Entry):
    """A person looked at an alarm and said so."""

    kind: ClassVar[str] = "journal-alarm-seen"
    erasure: ClassVar[str] = NOT_ERASED

    alarm: int


@dataclass(frozen=True, slots=True)
class OriginBegun(Entry):
    """The first entry of a log that goes on where another one was lost."""

    kind: ClassVar[str] = "origin-begun"
    erasure: ClassVar[str] = NOT_ERASED

    origin: str
    old_origin: str
    old_size: int
    """How many entries of the old log are here."""
    old_root: str
    """The root over them, in hex."""
    seen_size: int
    """How many entries of the old log a witness has cosigned."""
    seen_root: str
    seen_by: str
    fetched_back: int
    """How many letters the peers gave back before this entry."""


@dataclass(frozen=True, slots=True)
class AuditAsked(Entry):
    """Somebody asked that all of the journal be looked at now."""

    kind: ClassVar[str] = "audit-asked"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "audit"
    changes_rows: ClassVar[bool] = False

    audit: str


@dataclass(frozen=True, slots=True)
class AuditEnded(Entry):
    """An audit that somebody asked for came to its end: over so many entries, with so many findings."""

    kind: ClassVar[str] = "audit-ended"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "audit"
    changes_rows: ClassVar[bool] = False

    audit: str
    entries: int
    findings: int
