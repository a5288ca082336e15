"""Whether what lies in the database agrees with itself and with what was signed, and else what was altered.

Everything is said more than once (see ``verdict.py``). The commitments are computed again from events
and salts, the tree from the commitments, every tile and the root of every checkpoint from the tree;
every signature and cosignature is verified. Since all roots are computed from one tree, checkpoints
that hold are consistent with one another.

An erased entry has no event to compare: its commitment is held by the tree, its kind and instant by
the entry that records the erasure. Whoever rewrites entries, tiles and checkpoints together needs the
journal's private key as well, and is found out by a witness that holds an older root.

The audit reads the journal once from front to back and keeps one chunk of it, whatever its size.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from tocsin.base.instant import text
from tocsin.journal.rules.place import Head
from tocsin.journal.rules.verdict import Leaves, Place, Row, decided, faults
from tocsin.proof.checkpoint import open_checkpoint
from tocsin.proof.errors import AlteredError
from tocsin.proof.merkle import HASH_SIZE, Frontier, Run, root_of
from tocsin.proof.note import VerifierKey, open_note, parse_note
from tocsin.proof.tiles import HEIGHT, WIDTH

CHUNK = 16 * WIDTH
"""Entries that are read at once."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint as it lies in the database. A cosignature is a vkey and a signature line."""

    size: int
    root: bytes
    note: str
    verifier: str
    cosignatures: Sequence[tuple[str, str]]


Graves: TypeAlias = Mapping[tuple[int, int], tuple[str, str]]
"""What entries record of erasures: (the one that records, the one that was erased) → kind and instant."""


class Source(Protocol):
    """Where the audit reads from. Places are leaves of the log's tree, not indexes."""

    def rows(self, log: Head, low: int, high: int) -> list[Row]:
        """The entries that are there of the leaves ``low`` to ``high - 1``."""

    def tiles(self, log: Head, level: int, low: int, high: int) -> Mapping[int, bytes]:
        """The tiles that are there of the numbers ``low`` to ``high - 1``."""

    def checkpoints(self, log: Head, *, above: int) -> Iterator[Signed]:
        """The checkpoints of sizes above ``above``, the smallest first."""

    def graves(self, erased_by: Collection[int]) -> Graves:
        """What these entries say was erased."""

    def hashes(self, log: Head) -> Mapping[int, int]:
        """How many hashes lie in the tiles of each level."""

    def beyond(self, log: Head) -> int:
        """How many entries of the log lie outside of what its head says it holds."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not what it was: ``thing`` is accused, ``rule`` says of what."""

    origin: str
    thing: str
    rule: str
    index: int | None = None
    """The entry, where it is one that is accused."""

    def sentence(self) -> str:
        """The finding as a person reads it."""
        return f"{self.thing}: {self.rule}"


@dataclass(slots=True)
class Counts:
    """What an audit has looked at so far."""

    entries: int = 0
    erased: int = 0
    hashes: int = 0
    checkpoints: int = 0
    cosignatures: int = 0


class Audit:
    """One audit of one log.

    ``ours`` are the public keys that this node signs or ever signed checkpoints with. ``since`` is the
    tree as the tiles have it at a multiple of ``CHUNK``: what lies before is believed and not read.
    """

    def __init__(self, source: Source, log: Head, *, ours: Collection[bytes], since: Frontier | None = None) -> None:
        self.counts = Counts()
        self._source = source
        self._log = log
        self._ours = ours
        self._tree = since or Frontier()
        self._agreed = self._tree.size  # the size of the last checkpoint that the tree led to
        self._whole = True  # no leaf was lost, and the roots that were signed can be computed
        self._parted = False  # the tree is not the one that was signed, which is said once
        self._upper: dict[int, tuple[int, bytes]] = {}

    def findings(self, progress: Callable[[int], None] = lambda _: None) -> Iterator[Finding]:
        """Read the log once and yield what is wrong as it is met: nothing, if all is well.

        ``progress`` is told how many more entries were looked at.
        """
        signed = _Coming(self._source.checkpoints(self._log, above=self._tree.size))
        for low in range(self._tree.size, self._log.size, CHUNK):
            high = min(low + CHUNK, self._log.size)
            for places, graves in self._blocks(low, high):
                yield from self._block(places, graves, signed.until(places[-1].leaf + 1))
            progress(high - low)
        for checkpoint in signed.rest():
            yield from self._note(checkpoint)
            yield self._about(
                checkpoint, f"it covers {self._named(self._log.size, checkpoint.size)}, not there any more"
            )
        yield from self._surplus()

    # -- entries ---------------------------------------------------------------------------------

    def _blocks(self, low: int, high: int) -> Iterator[tuple[list[Place], Graves]]:
        """What is said of 256 leaves and of their erasures, again and again."""
        rows = {row.index - self._log.first: row for row in self._source.rows(self._log, low, high)}
        tiles = self._source.tiles(self._log, 0, low // WIDTH, high // WIDTH)
        graves = self._source.graves({row.erased_by for row in rows.values() if row.erased_by is not None})
        for begins in range(low, high, WIDTH):
            tile = tiles.get(begins // WIDTH)
            leaves = range(begins, min(begins + WIDTH, high))
            yield [Place.of(leaf, rows.get(leaf), _slot(tile, leaf - begins)) for leaf in leaves], graves

    def _block(self, places: list[Place], graves: Graves, signed: list[Signed]) -> Iterator[Finding]:
        number = places[0].leaf // WIDTH
        if len(places) == WIDTH and all(place.tile is None for place in places):
            yield self._finding(f"tile 0/{number}", "it is missing")
        doubtful = max((place.leaf for place in places if not place.settled), default=-1)
        covering = [checkpoint for checkpoint in signed if checkpoint.size > doubtful]
        leaves, certain = decided(places, fits=lambda tried: self._fits(number, tried, covering))
        for place, leaf in zip(places, leaves, strict=True):
            self.counts.entries += 1
            for fault in faults(place, leaf, certain=certain):
                index = self._log.first + fault.leaf
                if fault.in_tile:
                    thing = f"tile 0/{number}, hash {fault.leaf % WIDTH} (of entry {index})"
                    yield self._finding(thing, fault.rule)
                else:
                    yield self._finding(f"entry {index}", fault.rule, index)
            if place.row is not None:
                yield from self._columns(place.row, graves, genuine=place.opened == leaf)
        yield from self._grow(leaves, signed)

    def _fits(self, number: int, leaves: Sequence[bytes], signed: Sequence[Signed]) -> bool:
        """Whether these leaves lead to the hash above their tile, or to a root that covers all in doubt."""
        if len(leaves) == WIDTH:
            above = self._stored(1, number)
            if above is not None:
                return root_of(leaves) == above
        if not self._whole or not signed:
            return False
        last = signed[-1]
        tree, _ = self._tree.append(leaves[: last.size - self._tree.size])
        return tree.root() == self._root_in(last)

    def _columns(self, row: Row, graves: Graves, *, genuine: bool) -> Iterator[Finding]:
        """Whether the columns beside the event, or the erasure, say what they should."""
        if row.erased_by is not None:
            self.counts.erased += 1
            recorded = graves.get((row.erased_by, row.index))
            if recorded is None:
                yield self._of(row, f"it is erased, and entry {row.erased_by} does not record that")
            elif recorded != (row.kind, text(row.at)):
                yield self._of(row, "its kind or instant is not the one that the record of its erasure tells")
        elif genuine and row.event is not None:
            event = json.loads(row.event)
            if event.get("kind") != row.kind:
                yield self._of(row, f"its column kind is {row.kind!r}, and its event says {event.get('kind')!r}")
            if event.get("at") != text(row.at):
                yield self._of(row, f"its column at is {text(row.at)}, and its event says {event.get('at')}")
            if row.about is not None and row.about not in map(str, event.values()):
                yield self._of(row, f"its column about is {row.about!r}, which its event does not name")

    # -- tree ------------------------------------------------------------------------------------

    def _grow(self, leaves: Leaves, signed: Sequence[Signed]) -> Iterator[Finding]:
        """Take the leaves into the tree, stop at every size that was signed and compare."""
        begins = self._tree.size
        whole = [leaf for leaf in leaves if leaf is not None]
        self._whole = self._whole and len(whole) == len(leaves)
        for checkpoint in signed:
            if self._whole:
                yield from self._append(whole[self._tree.size - begins : checkpoint.size - begins])
            yield from self._note(checkpoint)
            yield from self._compare_root(checkpoint)
        if self._whole:
            yield from self._append(whole[self._tree.size - begins :])

    def _append(self, leaves: Sequence[bytes]) -> Iterator[Finding]:
        self._tree, runs = self._tree.append(leaves)
        for run in runs:
            if run.level > 0 and run.level % HEIGHT == 0:
                yield from self._compare_tile(run)

    def _compare_tile(self, run: Run) -> Iterator[Finding]:
        """Compare hashes that were computed with those stored above level 0."""
        level = run.level // HEIGHT
        for place, computed in enumerate(run.hashes, start=run.first):
            self.counts.hashes += 1
            number, slot = divmod(place, WIDTH)
            stored = self._stored(level, place)
            below = self._named(place << run.level, (place + 1) << run.level)
            if stored is None:
                yield self._finding(f"tile {level}/{number}, hash {slot} (over {below})", "it is missing")
            elif stored != computed:
                rule = "it is not the hash over what lies below it"
                yield self._finding(f"tile {level}/{number}, hash {slot} (over {below})", rule)

    def _stored(self, level: int, place: int) -> bytes | None:
        """A hash as it is stored above level 0; one tile of each level is kept at hand."""
        number, slot = divmod(place, WIDTH)
        if self._upper.get(level, (-1, b""))[0] != number:
            content = self._source.tiles(self._log, level, number, number + 1).get(number, b"")
            self._upper[level] = (number, content)
        return _slot(self._upper[level][1], slot)

    def _compare_root(self, checkpoint: Signed) -> Iterator[Finding]:
        if not self._whole or self._parted:
            return
        signed = self._root_in(checkpoint)
        if signed is None:  # of another size, which was said
            return
        if self._tree.root() == signed:
            self._agreed = checkpoint.size
            return
        self._parted = True
        span = self._named(self._agreed, checkpoint.size)
        yield self._about(checkpoint, f"it was signed for another tree: something in {span} is not as it was")

    # -- checkpoints -----------------------------------------------------------------------------

    def _root_in(self, checkpoint: Signed) -> bytes | None:
        """The root that was signed for this size; the column beside it when the note does not hold."""
        try:
            opened = open_checkpoint(checkpoint.note.encode(), logs=[VerifierKey.parse(checkpoint.verifier)])
        except AlteredError:
            return checkpoint.root
        return opened.checkpoint.root if opened.checkpoint.size == checkpoint.size else None

    def _note(self, checkpoint: Signed) -> Iterator[Finding]:
        """Whether a checkpoint is what this node signed, and its cosignatures what witnesses signed."""
        self.counts.checkpoints += 1
        try:
            key = VerifierKey.parse(checkpoint.verifier)
            tree = open_checkpoint(checkpoint.note.encode(), logs=[key]).checkpoint
        except AlteredError as error:
            yield self._about(checkpoint, f"its note or its key was altered: {error.rule}")
            return
        if key.public not in self._ours:
            yield self._about(checkpoint, "it is signed with a key that is not this node's")
        if (tree.origin, tree.size) != (self._log.origin, checkpoint.size):
            yield self._about(checkpoint, f"what was signed is {tree.size} entries of {tree.origin}")
        elif tree.root != checkpoint.root:
            yield self._about(checkpoint, "its column root is not the root that was signed")
        for verifier, line in checkpoint.cosignatures:
            yield from self._cosignature(checkpoint, verifier, line)

    def _cosignature(self, checkpoint: Signed, verifier: str, line: str) -> Iterator[Finding]:
        self.counts.cosignatures += 1
        try:
            text_ = parse_note(checkpoint.note.encode()).text
            open_note(f"{text_}\n{line}".encode(), [VerifierKey.parse(verifier)])
        except AlteredError as error:
            witness = verifier.partition("+")[0]
            yield self._about(checkpoint, f"the cosignature of {witness} was altered: {error.rule}")

    # -- the rest --------------------------------------------------------------------------------

    def _surplus(self) -> Iterator[Finding]:
        """What is there and belongs to nothing."""
        for level, there in sorted(self._source.hashes(self._log).items()):
            due = self._log.size >> (HEIGHT * level)
            due -= due % WIDTH if level == 0 else 0
            if there > due:
                yield self._finding(
                    f"level {level} of the tiles", f"it holds {there - due} hashes more than the log has"
                )
        beyond = self._source.beyond(self._log)
        if beyond:
            yield self._finding("the head", f"{beyond} entries lie outside of the {self._log.size} that it tells")

    def _named(self, low: int, high: int) -> str:
        first = self._log.first
        return f"entry {first + low}" if high - low == 1 else f"entries {first + low} to {first + high - 1}"

    def _of(self, row: Row, rule: str) -> Finding:
        return self._finding(f"entry {row.index}", rule, row.index)

    def _about(self, checkpoint: Signed, rule: str) -> Finding:
        return self._finding(f"checkpoint of {checkpoint.size}", rule)

    def _finding(self, thing: str, rule: str, index: int | None = None) -> Finding:
        return Finding(self._log.origin, thing, rule, index)


class _Coming:
    """Checkpoints in order, taken as far as they are due."""

    def __init__(self, all_of_them: Iterator[Signed]) -> None:
        self._all = all_of_them
        self._next = next(self._all, None)

    def until(self, size: int) -> list[Signed]:
        """Those of at most this size that were not taken yet."""
        due = []
        while self._next is not None and self._next.size <= size:
            due.append(self._next)
            self._next = next(self._all, None)
        return due

    def rest(self) -> Iterator[Signed]:
        """Those that are left."""
        if self._next is not None:
            yield self._next
            yield from self._all


def _slot(tile: bytes | None, slot: int) -> bytes | None:
    """A hash of a tile, ``None`` where there is none."""
    if tile is None or len(tile) < (slot + 1) * HASH_SIZE:
        return None
    return tile[slot * HASH_SIZE : (slot + 1) * HASH_SIZE]
