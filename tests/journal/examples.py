"""Entries, acts and logs of the tests of the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.journal import acts
from tocsin.journal.entries import NOT_ERASED, Entry
from tocsin.journal.reads import SignedCheckpoint
from tocsin.journal.rules.place import EntryPlace
from tocsin.proof.checkpoint import Checkpoint, sign_checkpoint
from tocsin.proof.merkle import Frontier, leaf_hash, prove_consistency
from tocsin.proof.note import SIGNER, VerifierKey
from tocsin.proof.witness import add_checkpoint_body

NIGHT = datetime(2026, 11, 24, 3, 0, 0, 123456, tzinfo=UTC)
RO = Actor.node(MemberId("ro"))
OFFICER = Actor(MemberId("ro"), person="5f0c8f0e-6d3b-4c39-8b3c-0d5a1f2e7c11", roles=frozenset({"duty-officer"}))
AUDITOR = Actor(MemberId("ro"), person="0b9a4c52-1f6e-4a57-9f51-5a2f7b8e9d20", roles=frozenset({"auditor"}))


@dataclass(frozen=True, slots=True)
class FileLookedAt(Entry):
    """A look, which changes nothing."""

    kind: ClassVar[str] = "test-file-looked-at"
    erasure: ClassVar[str] = "with the file"
    about_field: ClassVar[str] = "file"
    changes_rows: ClassVar[bool] = False

    file: str
    reason: str = "a test"


@dataclass(frozen=True, slots=True)
class ThingChanged(Entry):
    """An act, which changes a row."""

    kind: ClassVar[str] = "test-thing-changed"
    erasure: ClassVar[str] = NOT_ERASED

    thing: int


def looks(count: int, *, first: int = 0) -> list[Entry]:
    """So many looks at files of different names."""
    return [FileLookedAt(file=f"file {first + n}") for n in range(count)]


def record_looks(count: int, *, at: datetime = NIGHT) -> list[EntryPlace]:
    """Record so many looks in a transaction of their own."""
    with transaction.atomic():
        return acts.record_all(looks(count), by=OFFICER, at=at)


def grown_to(*sizes: int) -> list[SignedCheckpoint]:
    """Let the journal grow to each of these sizes and sign it there."""
    signed: list[SignedCheckpoint] = []
    for size in sizes:
        before = signed[-1].size if signed else 0
        record_looks(size - before, at=NIGHT + timedelta(seconds=size))
        signed.append(acts.checkpoint(at=NIGHT))
    return signed


def execute(sql: str, *values: str | int | bytes) -> list[tuple[object, ...]]:
    """What the database answers."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall() if cursor.description else []


def as_administrator(*statements: str) -> None:
    """Change rows as somebody with root on the database could, past all that the tables refuse."""
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    tables = [f"journal_{name}" for name in ("storedentry", "tile", "log", "storedcheckpoint", "cosignature")]
    for table in tables:
        execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for statement in statements:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            assert cursor.rowcount > 0, f"nothing changed by: {statement}"
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in tables:
        execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        execute(f"ALTER TABLE {table} DISABLE TRIGGER journal_no_truncate")
    execute("SET CONSTRAINTS ALL DEFERRED")


class OtherLog:
    """The journal of another node, in memory: its checkpoints and what it posts to a witness."""

    def __init__(self, origin: str = "pt.example/journal", *, entries: Sequence[bytes] = ()) -> None:
        self.origin = origin
        self.key = Ed25519PrivateKey.generate()
        self._hashes: dict[tuple[int, int], bytes] = {}
        self._frontier = Frontier()
        self.grow(entries)

    @property
    def verifier(self) -> VerifierKey:
        return VerifierKey(self.origin, SIGNER, self.key.public_key().public_bytes_raw())

    def grow(self, entries: Sequence[bytes]) -> None:
        self._frontier, runs = self._frontier.append([leaf_hash(entry) for entry in entries])
        for run in runs:
            self._hashes |= {(run.level, run.first + n): digest for n, digest in enumerate(run.hashes)}

    def checkpoint(self) -> bytes:
        tree = Checkpoint(self.origin, self._frontier.size, self._frontier.root())
        return sign_checkpoint(tree, key=self.key)

    def submission(self, *, old: int) -> bytes:
        proof = prove_consistency(old, self._frontier.size, lambda level, n: self._hashes[level, n])
        return add_checkpoint_body(old=old, proof=proof, signed=self.checkpoint())

    def keys_of(self, origin: str) -> Sequence[VerifierKey]:
        return [self.verifier] if origin == self.origin else []
