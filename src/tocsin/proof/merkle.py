"""The Merkle tree of RFC 6962, section 2.1: hashes, proofs and growth.

A leaf's hash is SHA-256(0x00 || entry), a node's SHA-256(0x01 || left || right), the root of no
entries SHA-256(""). A tree of n entries splits at the largest power of two below n:

    root of 5 entries = node(node(node(a, b), node(c, d)), e)

*Complete subtree* n of height L covers the entries n*2^L up to (n+1)*2^L and never changes once it
is there. Every other hash is folded from complete ones, so a log keeps only those: here (0,0) to
(0,4), (1,0), (1,1) and (2,0). The proofs below ask for them through ``read(level, n)``.

Worked example: the proof that c (index 2) is in the tree of 5 is [d, node(a, b), e], which are
(0,3), (1,0) and (0,4). The reader of the proof computes c+d, then (a+b)+that, then that+e.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from tocsin.proof.errors import AlteredError

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()

ReadHash = Callable[[int, int], bytes]
"""``read(level, n)``: the hash of complete subtree ``n`` of height ``level``."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf of the tree."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbouring subtrees."""
    return sha256(b"\x01" + left + right).digest()


def parents_of(row: Sequence[bytes]) -> list[bytes]:
    """The hashes of the pairs of a row; a last one without a neighbour waits for it."""
    # Written out, since a call for each pair would cost as much as the hash.
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over all these leaves."""
    return Frontier().append(leaf_hashes)[0].root()


# --- Which hashes a proof is made of ------------------------------------------------------------

Node = tuple[int, int]
"""A complete subtree: (level, n)."""


def complete_subtrees(low: int, high: int) -> list[Node]:
    """The complete subtrees, left to right, that together cover the entries low to high-1.

    ``low`` must be where a subtree of the tree begins, as every range of a proof does.
    """
    nodes = []
    while low < high:
        level = (high - low).bit_length() - 1
        nodes.append((level, low >> level))
        low += 1 << level
    return nodes


def inclusion_nodes(index: int, size: int) -> list[list[Node]]:
    """For each hash of an inclusion proof, leaf's sibling first, the subtrees it is folded from."""
    if not 0 <= index < size:
        raise ValueError(f"no entry {index} in a tree of {size}")
    low, high = 0, size
    siblings = []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            siblings.append((middle, high))
            high = middle
        else:
            siblings.append((low, middle))
            low = middle
    return [complete_subtrees(*sibling) for sibling in reversed(siblings)]


def consistency_nodes(old: int, size: int) -> list[list[Node]]:
    """For each hash of a consistency proof (RFC 6962, 2.1.2), the subtrees it is folded from."""
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {size} does not continue one of {old}")
    if old in (0, size):
        return []
    low, high = 0, size
    ranges = []
    while old < high:
        middle = low + _split(high - low)
        if old <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    if low > 0:  # else the first hash would be the old root itself, which the reader has
        ranges.append((low, high))
    return [complete_subtrees(*part) for part in reversed(ranges)]


def prove_inclusion(index: int, size: int, read: ReadHash) -> list[bytes]:
    """The proof that the entry ``index`` is in the tree of ``size`` entries."""
    return [folded(nodes, read) for nodes in inclusion_nodes(index, size)]


def prove_consistency(old: int, size: int, read: ReadHash) -> list[bytes]:
    """The proof that the tree of ``size`` entries begins with the whole tree of ``old``."""
    return [folded(nodes, read) for nodes in consistency_nodes(old, size)]


def tree_root(size: int, read: ReadHash) -> bytes:
    """The root of the tree of ``size`` entries."""
    return folded(complete_subtrees(0, size), read) if size else EMPTY_ROOT


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def folded(nodes: Iterable[Node], read: ReadHash) -> bytes:
    """The hash that these complete subtrees, left to right, fold to."""
    return _fold_hashes([read(level, n) for level, n in nodes])


def _fold_hashes(hashes: Sequence[bytes]) -> bytes:
    folded = hashes[-1]
    for left in reversed(hashes[:-1]):
        folded = node_hash(left, folded)
    return folded


# --- Checking a proof ---------------------------------------------------------------------------


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Raise ``AlteredError`` unless ``leaf`` is entry ``index`` of the tree with this root."""
    thing = "inclusion proof"
    _check_sizes(thing, leaf, root, *proof)
    if not 0 <= index < size:
        raise AlteredError(thing, f"index {index} lies outside a tree of {size}")
    folded = leaf
    for sibling, side in _sides(thing, index, size - 1, proof):
        folded = node_hash(sibling, folded) if side is _LEFT else node_hash(folded, sibling)
    if folded != root:
        raise AlteredError(thing, "the proof leads to another root")


def verify_consistency(*, old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Raise ``AlteredError`` unless the tree with ``root`` begins with the one with ``old_root``."""
    thing = "consistency proof"
    _check_sizes(thing, old_root, root, *proof)
    if not 0 <= old <= size:
        raise AlteredError(thing, f"a tree of {size} does not continue one of {old}")
    if old in (0, size):
        _verify_trivial(thing, old_root, root if old else EMPTY_ROOT, proof)
        return
    whole = (old & -old).bit_length() - 1  # the last complete subtree of the old tree has this height
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        raise AlteredError(thing, "the proof is too short")
    folded_old = folded = path[0]
    for sibling, side in _sides(thing, (old - 1) >> whole, (size - 1) >> whole, path[1:]):
        if side is _LEFT:  # a left sibling lies in both trees, a right one only in the new
            folded_old, folded = node_hash(sibling, folded_old), node_hash(sibling, folded)
        else:
            folded = node_hash(folded, sibling)
    if folded_old != old_root:
        raise AlteredError(thing, "the proof leads to another old root")
    if folded != root:
        raise AlteredError(thing, "the proof leads to another root")


_LEFT, _RIGHT = "left", "right"


def _sides(thing: str, at: int, last: int, siblings: Sequence[bytes]) -> Iterator[tuple[bytes, str]]:
    """Each sibling with the side it stands on, going up from node ``at`` of a row that ends in ``last``.

    The walk of RFC 9162, sections 2.1.3.2 and 2.1.4.2. Raises ``AlteredError`` for a proof of the
    wrong length.
    """
    for sibling in siblings:
        if last == 0:
            raise AlteredError(thing, "the proof is too long")
        if at % 2 == 1 or at == last:
            yield sibling, _LEFT
            while at % 2 == 0 and at != 0:  # an incomplete subtree rises until it has a left sibling
                at, last = at >> 1, last >> 1
        else:
            yield sibling, _RIGHT
        at, last = at >> 1, last >> 1
    if last != 0:
        raise AlteredError(thing, "the proof is too short")


def _verify_trivial(thing: str, old_root: bytes, expected: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise AlteredError(thing, "the proof is too long")
    if old_root != expected:
        raise AlteredError(thing, "two roots for one size")


def _check_sizes(thing: str, *hashes: bytes) -> None:
    if any(len(digest) != HASH_SIZE for digest in hashes):
        raise AlteredError(thing, "a hash is not 32 bytes long")


# --- Growing ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """New complete subtrees of one level: ``hashes[i]`` is subtree ``first + i``."""

    level: int
    first: int
    hashes: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that is needed of a tree to append to it: the complete subtrees it ends in.

    ``peaks`` holds one hash for each bit that is set in ``size``, largest subtree first. The value
    is never changed, so a transaction that rolls back leaves the old one standing.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if len(self.peaks) != self.size.bit_count():
            raise ValueError(f"a tree of {self.size} ends in {self.size.bit_count()} complete subtrees")

    @classmethod
    def read(cls, size: int, read: ReadHash) -> "Frontier":
        """The frontier of a tree of ``size`` entries, from its stored hashes."""
        return cls(size, tuple(read(level, n) for level, n in complete_subtrees(0, size)))

    def root(self) -> bytes:
        """The root of the tree."""
        return _fold_hashes(self.peaks) if self.peaks else EMPTY_ROOT

    def append(self, leaf_hashes: Sequence[bytes]) -> tuple["Frontier", list[Run]]:
        """The frontier after these leaves, and every complete subtree that they finish.

        The first run holds the leaves themselves, at level 0.
        """
        peaks = dict(zip(_levels(self.size), self.peaks, strict=True))
        runs: list[Run] = []
        level, first, row = 0, self.size, leaf_hashes
        while row:
            runs.append(Run(level, first, row))
            waiting = peaks.pop(level, None)
            if waiting is not None:  # the last of the old row was an odd one
                first, row = first - 1, [waiting, *row]
            if len(row) % 2:
                peaks[level] = row[-1]
            row = parents_of(row)
            level, first = level + 1, first >> 1
        size = self.size + len(leaf_hashes)
        return Frontier(size, tuple(peaks[level] for level in _levels(size))), runs


def _levels(size: int) -> list[int]:
    """The heights of the complete subtrees a tree ends in, largest first."""
    return [level for level in reversed(range(size.bit_length())) if size >> level & 1]
