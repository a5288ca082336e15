"""What the journal is told of exercises. Wiping leaves these, and the tombstones of everything else."""

from dataclasses import dataclass
from typing import ClassVar

from tocsin.journal.entries import NOT_ERASED, Entry

_WITH_THE_RECORD = "with the person's record: it says how somebody did in an exercise"


@dataclass(frozen=True, slots=True)
class ExerciseBegun(Entry):
    """An exercise began at this node; the hash is of its scenario."""

    kind: ClassVar[str] = "exercise-begun"
    erasure: ClassVar[str] = NOT_ERASED

    exercise: str
    scenario_sha256: str
    plays: bool


@dataclass(frozen=True, slots=True)
class MovePlayed(Entry):
    """Played by the exercise: what follows in this transaction no person decided, a scenario did."""

    kind: ClassVar[str] = "move-played"
    erasure: ClassVar[str] = NOT_ERASED

    exercise: str
    move: str
    """``inject:`` and its id, or the request that is answered."""
    number: int
    letter_kind: str
    fault: str
    """The code of what refused it; nothing where it was done."""


@dataclass(frozen=True, slots=True)
class SendBlocked(Entry):
    """In an exercise: somebody wanted to send a draft and the checks did not let it go, for these reasons."""

    kind: ClassVar[str] = "send-blocked"
    erasure: ClassVar[str] = _WITH_THE_RECORD
    about_field: ClassVar[str] = "person"

    exercise: str
    person: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MarksKept(Entry):
    """What somebody reached in an exercise, for the training record."""

    kind: ClassVar[str] = "marks-kept"
    erasure: ClassVar[str] = _WITH_THE_RECORD
    about_field: ClassVar[str] = "person"

    exercise: str
    person: str
    points: int
    most: int
    marks: int


@dataclass(frozen=True, slots=True)
class ExerciseEnded(Entry):
    """An exercise ended; how many marks were kept."""

    kind: ClassVar[str] = "exercise-ended"
    erasure: ClassVar[str] = NOT_ERASED

    exercise: str
    marks: int


@dataclass(frozen=True, slots=True)
class WipeAsked(Entry):
    """Somebody who runs the node wants everything wiped that exercises made here."""

    kind: ClassVar[str] = "wipe-asked"
    erasure: ClassVar[str] = NOT_ERASED

    wipe: str


@dataclass(frozen=True, slots=True)
class ExerciseWiped(Entry):
    """Everything that exercises made here was erased; tombstones stand in its places."""

    kind: ClassVar[str] = "exercise-wiped"
    erasure: ClassVar[str] = NOT_ERASED

    wipe: str
    requests: int
    letters: int
    entries: int
    rows: int


@dataclass(frozen=True, slots=True)
class WipedFilesGone(Entry):
    """The files of what was wiped are off the disk."""

    kind: ClassVar[str] = "wiped-files-gone"
    erasure: ClassVar[str] = NOT_ERASED

    wipe: str
