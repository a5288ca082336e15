"""The public side of the journal: logs, trees, checkpoints, proofs and the static files.

Nothing here says anything about anybody; ``opening_of`` does, and is for the node's own receipts and
proof bundles.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.journal.errors import EntryErasedError, NoCheckpointError, UnknownEntryError
from tocsin.journal.models import Cosignature, Log, StoredCheckpoint, StoredEntry, Tile
from tocsin.journal.rules.place import Head, Opening
from tocsin.proof.canonical import parse_strict
from tocsin.proof.merkle import (
    HASH_SIZE,
    Node,
    complete_subtrees,
    consistency_nodes,
    folded,
    inclusion_nodes,
    leaf_hash,
    prove_consistency,
    tree_root,
)
from tocsin.proof.note import SIGNER, VerifierKey
from tocsin.proof.tiles import ENTRIES, HEIGHT, WIDTH, TileHashes, pack_entries
from tocsin.proof.tiles import Tile as TileName
from tocsin.proof.tlog_proof import TlogProof

# --- Logs ---------------------------------------------------------------------------------------


def head() -> Head | None:
    """The current log and how far it reaches; ``None`` before anything was recorded."""
    return Log.objects.head()


def origin() -> str:
    """The origin under which this node signs checkpoints now: the database knows better than the settings."""
    current = head()
    return current.origin if current is not None else this_node().origin


def verifier() -> VerifierKey:
    """The key that verifies this node's checkpoints now."""
    return VerifierKey(origin(), SIGNER, this_node().keys.journal.public_key().public_bytes_raw())


def verifiers() -> list[VerifierKey]:
    """The keys that this node ever signed a checkpoint of the current log with, the present one included.

    Those of its key files count although no row speaks of them: a restored database does not know what was
    signed after the backup.
    """
    log = head()
    rows = StoredCheckpoint.objects.filter(log_id=log.number) if log is not None else StoredCheckpoint.objects.none()
    used = (VerifierKey.parse(vkey) for vkey in rows.values_list("verifier", flat=True).distinct())
    older = (VerifierKey(origin(), SIGNER, public) for public in this_node().keys.older_journal)
    return list(dict.fromkeys([verifier(), *older, *used]))


def logs() -> list[Head]:
    """All logs of this node, the oldest first."""
    return Log.objects.heads()


def log_of(origin: str | None = None) -> Head | None:
    """The log of this origin, or the current one."""
    return next((log for log in logs() if log.origin == origin), None) if origin is not None else head()


def _log_holding(index: int) -> Head:
    """The log that the entry of this index is in; raises ``UnknownEntryError``."""
    for log in reversed(logs()):
        if log.first <= index < log.first + log.size:
            return log
    raise UnknownEntryError(index=index)


# --- The tree -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That ``leaf`` of the tree of ``size`` entries is what it is."""

    leaf: int
    size: int
    hashes: tuple[bytes, ...]


class Tree:
    """A log's tree as it was at ``size``, read from tiles and, at its end, from entries.

    What a question needs is fetched at once, and kept for the next question to this same object. Use
    it within one transaction: what was read of a transaction that is rolled back never was.
    """

    def __init__(self, log: Head, size: int) -> None:
        self.log = log
        self.size = size
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._hashes = TileHashes(self._fetch, size)

    def root(self) -> bytes:
        """The root over the first ``size`` entries."""
        self._fetch_for([complete_subtrees(0, self.size)])
        return tree_root(self.size, self._hashes.read)

    def hash(self, level: int, n: int) -> bytes:
        """The hash of complete subtree ``n`` of height ``level``."""
        self._fetch_for([[(level, n)]])
        return self._hashes.read(level, n)

    def inclusion(self, leaf: int) -> InclusionProof:
        """The proof for one leaf."""
        return self.inclusions([leaf])[0]

    def inclusions(self, leaves: Sequence[int]) -> list[InclusionProof]:
        """The proofs for several leaves, which cost little more than one where they are neighbours."""
        nodes = [inclusion_nodes(leaf, self.size) for leaf in leaves]
        self._fetch_for(list(chain.from_iterable(nodes)))
        read = self._hashes.read
        proofs = [tuple(folded(each, read) for each in parts) for parts in nodes]
        return [InclusionProof(leaf, self.size, proof) for leaf, proof in zip(leaves, proofs, strict=True)]

    def consistency(self, old: int) -> list[bytes]:
        """The proof that this tree begins with the whole tree of ``old`` entries."""
        self._fetch_for(consistency_nodes(old, self.size))
        return prove_consistency(old, self.size, self._hashes.read)

    def tile(self, name: TileName) -> bytes | None:
        """The hashes of a tile, ``None`` if this tree has no such tile."""
        if (name.index * WIDTH + name.width) << (HEIGHT * name.level) > self.size:
            return None
        return self._fetch(name)

    def _fetch_for(self, parts: Iterable[Sequence[Node]]) -> None:
        places = {_place(level, n) for level, n in chain.from_iterable(parts)}
        missing = [place for place in places if place not in self._tiles and self._is_stored(*place)]
        if missing:
            self._tiles.update(Tile.objects.read(self.log.number, missing))

    def _is_stored(self, level: int, number: int) -> bool:
        return level > 0 or (number + 1) * WIDTH <= self.log.size

    def _fetch(self, name: TileName) -> bytes | None:
        place = (name.level, name.index)
        if not self._is_stored(*place):
            low = self.log.first + name.index * WIDTH
            entries = StoredEntry.objects.commitments(low, low + name.width)
            return b"".join(leaf_hash(entry) for entry in entries)
        if place not in self._tiles:
            self._tiles.update(Tile.objects.read(self.log.number, [place]))
        content = self._tiles.get(place)
        return content[: name.width * HASH_SIZE] if content is not None else None


def _place(level: int, n: int) -> tuple[int, int]:
    """The tile, as level and number, that holds or yields this hash."""
    return level // HEIGHT, n // (WIDTH >> level % HEIGHT)


def tree(size: int | None = None, *, origin: str | None = None) -> Tree:
    """The tree of the current log, or of the log of ``origin``, as it is or as it was at ``size``.

    Raises ``NoCheckpointError`` when the log never was that large.
    """
    log = log_of(origin)
    if log is None or (size is not None and size > log.size):
        raise NoCheckpointError(size=size or 0)
    return Tree(log, log.size if size is None else size)


# --- Checkpoints --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint of this node's journal. ``note`` has the witnesses' cosignatures that are here."""

    log: Head
    size: int
    root: bytes
    note: bytes
    verifier: str
    """The key it was signed for, as a vkey line."""
    at: Instant
    witnesses: tuple[str, ...] = ()
    """The keys of the witnesses that cosigned it, as vkey lines."""
    tree: Tree | None = field(default=None, compare=False, repr=False)
    """What was read of the tree to sign it, for the proofs that follow in the same transaction."""


def latest_checkpoint(*, origin: str | None = None, cosigned: bool = False) -> SignedCheckpoint | None:
    """The largest checkpoint that was signed, or the largest that a witness has cosigned."""
    log = log_of(origin)
    if log is None:
        return None
    rows = StoredCheckpoint.objects.filter(log_id=log.number).order_by("-size")
    row = (rows.filter(cosignatures__isnull=False) if cosigned else rows).first()
    return _signed(log, row) if row is not None else None


def checkpoint_of(size: int, *, origin: str | None = None) -> SignedCheckpoint:
    """The checkpoint of this size; raises ``NoCheckpointError`` if none was signed."""
    log = log_of(origin)
    row = StoredCheckpoint.objects.filter(log_id=log.number, size=size).first() if log is not None else None
    if log is None or row is None:
        raise NoCheckpointError(size=size)
    return _signed(log, row)


def _signed(log: Head, row: StoredCheckpoint) -> SignedCheckpoint:
    lines = Cosignature.objects.filter(checkpoint_id=row.pk).order_by("id").values_list("verifier", "line")
    note = row.note + "".join(line for _, line in lines)
    witnesses = tuple(verifier for verifier, _ in lines)
    return SignedCheckpoint(log, row.size, bytes(row.root), note.encode(), row.verifier, row.at, witnesses)


# --- Proofs -------------------------------------------------------------------------------------


def proof_of(index: int, *, size: int | None = None) -> InclusionProof:
    """The proof that the entry is in its log's tree, as it is now or as it was at ``size``.

    Raises ``UnknownEntryError``, also for an entry that the tree of ``size`` did not have yet.
    """
    log = _log_holding(index)
    size = log.size if size is None else min(size, log.size)
    if log.leaf(index) >= size:
        raise UnknownEntryError(index=index)
    return Tree(log, size).inclusion(log.leaf(index))


def tlog_proof(index: int, *, size: int | None = None) -> str:
    """A proof for the pocket (``c2sp.org/tlog-proof@v1``), with the checkpoint it leads to.

    That is the checkpoint of ``size``; otherwise the largest cosigned one that covers the entry, or
    the largest one. Raises ``UnknownEntryError`` or ``NoCheckpointError``.
    """
    log = _log_holding(index)
    return tlog_proofs([index], checkpoint=_checkpoint_for(log, index, size))[0]


def tlog_proofs(indexes: Sequence[int], *, checkpoint: SignedCheckpoint) -> list[str]:
    """Proofs for several entries that lead to one checkpoint, which covers them all."""
    log = checkpoint.log
    read = checkpoint.tree or Tree(log, checkpoint.size)
    proofs = read.inclusions([log.leaf(index) for index in indexes])
    return [TlogProof(proof.leaf, proof.hashes, checkpoint.note).text() for proof in proofs]


def _checkpoint_for(log: Head, index: int, size: int | None) -> SignedCheckpoint:
    if size is not None:
        return checkpoint_of(size, origin=log.origin)
    for cosigned in (True, False):
        found = latest_checkpoint(origin=log.origin, cosigned=cosigned)
        if found is not None and found.size > log.leaf(index):
            return found
    raise NoCheckpointError(size=log.leaf(index) + 1)


def opening_of(index: int) -> Opening:
    """Salt and event of an entry; raises ``UnknownEntryError`` or ``EntryErasedError``."""
    row = StoredEntry.objects.filter(index=index).first()
    if row is None:
        raise UnknownEntryError(index=index)
    if row.salt is None or row.event is None:
        raise EntryErasedError(index=index, erased_by=row.erased_by)
    return Opening(bytes(row.salt), parse_strict(row.event.encode()))


# --- Static files -------------------------------------------------------------------------------


def tile(name: TileName, *, origin: str | None = None) -> bytes | None:
    """The content of a tile or entry bundle that a signed checkpoint covers; ``None`` for any other."""
    signed = latest_checkpoint(origin=origin)
    if signed is None:
        return None
    if name.level != ENTRIES:
        return Tree(signed.log, signed.size).tile(name)
    return bundle(signed.log, name) if name.index * WIDTH + name.width <= signed.size else None


def bundle(log: Head, name: TileName) -> bytes:
    """The content of an entry bundle: the commitments."""
    low = log.first + name.index * WIDTH
    return pack_entries(StoredEntry.objects.commitments(low, low + name.width))
