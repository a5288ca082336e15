"""Putting entries into the journal.

The entries of one batch join at the end of the current log in the order in which they are given.
The head row is locked from the append to the end of the transaction, so the order of the entries is
the order in which their transactions commit, and no entry is ever followed by one that became
visible before it. The price is that acts wait for one another from here on: an act does all else
first and records last. It is also why nobody deadlocks: whoever holds the head takes no other lock.
"""

from collections.abc import Sequence

from django.db import connection

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.journal.entries import Entry
from tocsin.journal.errors import JournalHaltedError, OtherNodeError
from tocsin.journal.models import Log, StoredEntry, Tile
from tocsin.journal.rules.event import batch_of
from tocsin.journal.rules.place import EntryPlace, Head, Seen
from tocsin.proof.merkle import HASH_SIZE, leaf_hash, root_of
from tocsin.proof.tiles import WIDTH


def record(entry: Entry, *, by: Actor, at: Instant) -> EntryPlace:
    """Record one entry as the last step of an act, inside the act's transaction.

    Raises ``JournalHaltedError`` while witnesses have seen more of the journal than is here, and
    ``RuntimeError`` outside a transaction: there an entry could stand without its act.
    """
    return record_all([entry], by=by, at=at)[0]


def record_all(entries: Sequence[Entry], *, by: Actor, at: Instant) -> list[EntryPlace]:
    """Record the entries of one act in this order; what ``record`` says holds for all of them."""
    node = this_node()
    return put(entries, member=node.member, origin=node.origin, by=by, at=at)


def put(entries: Sequence[Entry], *, member: str, origin: str, by: Actor, at: Instant) -> list[EntryPlace]:
    """What ``record_all`` does, for the log of this origin."""
    if not connection.in_atomic_block:
        raise RuntimeError("an entry is recorded inside the transaction of what it records")
    if not entries:
        return []
    batch = batch_of(entries, by=by, at=at)
    head = StoredEntry.objects.append(batch, member=member, origin=origin)
    if head is None:
        _begin_first_log(at=at)
        return put(entries, member=member, origin=origin, by=by, at=at)
    check_takes_entries(head, member=member, origin=origin)
    _complete_tiles(head, batch.commitments)
    return [
        EntryPlace(head.first + leaf, head.origin, leaf, salt, event)
        for leaf, (salt, event) in enumerate(zip(batch.salts, batch.events, strict=True), start=head.size)
    ]


def _begin_first_log(*, at: Instant) -> None:
    """Begin the journal of this node; of two that begin it at once, one finds it begun."""
    node = this_node()
    Log.objects.bulk_create(
        [Log(number=1, origin=node.origin, member=node.member, first=0, size=0, began=at)], ignore_conflicts=True
    )


def check_takes_entries(head: Head, *, member: str, origin: str) -> None:
    """Raise ``OtherNodeError`` or ``JournalHaltedError`` unless this is the log and it goes on."""
    if (head.member, head.origin) != (member, origin):
        raise OtherNodeError(theirs=f"{head.origin} of {head.member}", mine=f"{origin} of {member}")
    if head.halted is not None:
        seen = Seen.parse(head.halted)
        raise JournalHaltedError(origin=head.origin, who=seen.who, seen=seen.size, held=head.size)


# --- Tiles --------------------------------------------------------------------------------------


def _complete_tiles(head: Head, commitments: Sequence[bytes]) -> None:
    """Store each tile that the batch completes, and what that adds to the tiles above it.

    A tile is written once when it is full. The hashes of a tile that is not full yet follow from its
    entries, so a batch that completes none writes none.
    """
    begins = head.size - head.size % WIDTH
    if (head.size + len(commitments)) // WIDTH == head.size // WIDTH:
        return
    waiting = StoredEntry.objects.commitments(head.first + begins, head.first + head.size)
    hashes = [leaf_hash(entry) for entry in (*waiting, *commitments)]
    hashes = hashes[: len(hashes) // WIDTH * WIDTH]
    level, place = 0, begins
    while hashes:
        full = Tile.objects.grow(head.number, level, _by_tile(place, hashes))
        level, place = level + 1, place // WIDTH
        hashes = [_root(full[number]) for number in sorted(full)]


def _by_tile(place: int, hashes: Sequence[bytes]) -> dict[int, bytes]:
    """The hashes from ``place`` on, joined for each tile that they belong to."""
    tiles: dict[int, bytes] = {}
    at = 0
    while at < len(hashes):
        number, taken = divmod(place + at, WIDTH)
        until = at + WIDTH - taken
        tiles[number] = b"".join(hashes[at:until])
        at = until
    return tiles


def _root(tile: bytes) -> bytes:
    return root_of([tile[at : at + HASH_SIZE] for at in range(0, len(tile), HASH_SIZE)])
