"""What the audit reads: the rows as they are, in chunks, with no regard to what they should be."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping

from django.db.models import Prefetch

from tocsin.base.this_node import this_node
from tocsin.journal.entries import EntriesErased
from tocsin.journal.models import Cosignature, StoredCheckpoint, StoredEntry, Tile
from tocsin.journal.reads.tree import Tree, logs
from tocsin.journal.rules.audit import CHUNK, Audit, Finding, Graves, Signed
from tocsin.journal.rules.place import Head
from tocsin.journal.rules.verdict import Row
from tocsin.proof.errors import AlteredError
from tocsin.proof.merkle import Frontier, complete_subtrees

PAGE = 500
"""Checkpoints that are read at once."""


class Database:
    """The database of this node, as a ``rules.audit.Source``."""

    def rows(self, log: Head, low: int, high: int) -> list[Row]:
        """The entries that are there of the leaves ``low`` to ``high - 1``."""
        return StoredEntry.objects.rows(log.first + low, log.first + high)

    def tiles(self, log: Head, level: int, low: int, high: int) -> Mapping[int, bytes]:
        """The tiles that are there of the numbers ``low`` to ``high - 1``."""
        found = Tile.objects.read(log.number, [(level, number) for number in range(low, high)])
        return {number: hashes for (_, number), hashes in found.items()}

    def checkpoints(self, log: Head, *, above: int) -> Iterator[Signed]:
        """The checkpoints of sizes above ``above``, the smallest first."""
        by_witness = Prefetch("cosignatures", Cosignature.objects.order_by("id"))
        while True:
            rows = StoredCheckpoint.objects.filter(log_id=log.number, size__gt=above).order_by("size")
            page = list(rows.prefetch_related(by_witness)[:PAGE])
            for row in page:
                cosigned = [(one.verifier, one.line) for one in row.cosignatures.all()]
                yield Signed(row.size, bytes(row.root), row.note, row.verifier, cosigned)
                above = row.size
            if len(page) < PAGE:
                return

    def graves(self, erased_by: Collection[int]) -> Graves:
        """What these entries say was erased."""
        rows = StoredEntry.objects.filter(index__in=erased_by, kind=EntriesErased.kind, event__isnull=False)
        return {
            (index, one["index"]): (one["kind"], one["at"])
            for index, event in rows.values_list("index", "event")
            for one in json.loads(event or "{}").get("erased", ())
        }

    def hashes(self, log: Head) -> Mapping[int, int]:
        """How many hashes lie in the tiles of each level."""
        return Tile.objects.hashes(log.number)

    def beyond(self, log: Head) -> int:
        """How many entries of the log lie outside of what its head says it holds."""
        mine = StoredEntry.objects.filter(log_id=log.number)
        return mine.filter(index__gte=log.first + log.size).count()


def audits(*, ours: Collection[bytes] = (), last: int | None = None) -> list[Audit]:
    """An audit of each of this node's logs, or with ``last`` of the last so many entries of the current one.

    ``ours`` are public keys that this node signed checkpoints with before, beside those of its key files.
    """
    held = this_node().keys
    keys = {held.journal.public_key().public_bytes_raw(), *held.older_journal, *ours}
    if last is None:
        return [Audit(Database(), log, ours=keys) for log in logs()]
    return [Audit(Database(), log, ours=keys, since=_since(log, last)) for log in logs()[-1:]]


def _since(log: Head, last: int) -> Frontier | None:
    """The tree as the tiles have it, so many entries before its end; ``None`` for all of it."""
    size = max(log.size - last, 0) // CHUNK * CHUNK
    if size == 0:
        return None
    tree = Tree(log, size)
    try:
        return Frontier(size, tuple(tree.hash(level, n) for level, n in complete_subtrees(0, size)))
    except AlteredError:
        return None


def findings(audits: Collection[Audit], *, progress: Callable[[int], None] = lambda _: None) -> Iterator[Finding]:
    """What these audits find, one after the other."""
    for audit in audits:
        yield from audit.findings(progress)
