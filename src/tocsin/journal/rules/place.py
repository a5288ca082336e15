"""Values that tell where things stand in the journal."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.proof.canonical import Json, canonical, parse_strict
from tocsin.proof.checkpoint import open_checkpoint
from tocsin.proof.note import VerifierKey


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """Where an entry stands, with what opens it.

    ``index`` counts over all logs of the node: rows keep it, reads take it. ``leaf`` is its index
    in the tree of ``origin``, as proofs tell it; the two differ only after a new origin was begun.
    """

    index: int
    origin: str
    leaf: int
    salt: bytes
    event: dict[str, object]


@dataclass(frozen=True, slots=True)
class Opening:
    """What shows that an entry stands for an event: salt and event."""

    salt: bytes
    event: Json


@dataclass(frozen=True, slots=True)
class Head:
    """A log and how far it reaches."""

    number: int
    origin: str
    member: str
    first: int
    size: int
    halted: str | None

    def leaf(self, index: int) -> int:
        """The leaf of an entry of this log."""
        return index - self.first


@dataclass(frozen=True, slots=True)
class Last:
    """What was signed last of a log."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Seen:
    """What a witness says it has cosigned of a log: the largest tree, and who says so."""

    origin: str
    size: int
    root: bytes
    who: str

    def written(self) -> str:
        """As it is kept with a halted log."""
        fields = {"origin": self.origin, "size": self.size, "root": self.root.hex(), "who": self.who}
        return canonical(fields).decode()

    @classmethod
    def parse(cls, written: str) -> "Seen":
        """Read what ``written`` wrote; raises ``ValueError`` for anything else."""
        fields = parse_strict(written.encode())
        match fields:
            case {"origin": str(origin), "size": int(size), "root": str(root), "who": str(who)}:
                return cls(origin, size, bytes.fromhex(root), who)
        raise ValueError("not a witness's word on a log")


def seen_in(note: bytes, *, who: str, ours: Sequence[VerifierKey]) -> Seen:
    """What a witness has cosigned of our log, out of the checkpoint it keeps.

    ``ours`` are the keys that ever signed for the log: a witness could say anything, but a checkpoint
    with our own signature was ours. Raises ``AlteredError`` for any other.
    """
    checkpoint = open_checkpoint(note, logs=ours).checkpoint
    return Seen(checkpoint.origin, checkpoint.size, checkpoint.root, who)


def witness_name(origin: str) -> str:
    """The name under which a node cosigns, as its card tells it."""
    return f"{origin}/witness"
