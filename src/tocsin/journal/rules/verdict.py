"""What a few neighbouring entries, their tile and the hash above it say of one another.

An entry's event and salt give its commitment, the commitment gives a hash in a tile of level 0, and
the tile gives one hash in the tile above (or, at the end of the log, a root that was signed). Where
two of these disagree, the others tell which one was altered:

    event and salt   commitment   tile 0   hash above, or root
    --------------   ----------   ------   -------------------
    A                B            B                              event or salt altered
    A                B            A                              commitment altered
    A                A            B        B                     the entry was replaced
    A                A            B        A                     the tile was altered
    A                B            none     B                     event or salt altered
    A                B            none     A                     commitment altered
    (erased)         A            B        either                as for a replaced entry or an altered tile
    (no row)         (no row)     B                              the entry is missing
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

from tocsin.base.instant import Instant
from tocsin.proof.merkle import leaf_hash


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it lies in the database."""

    index: int
    commitment: bytes
    salt: bytes | None
    event: str | None
    kind: str
    at: Instant
    about: str | None
    erased_by: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """A leaf with all that is said of its hash; ``None`` where nothing is."""

    leaf: int
    row: Row | None
    opened: bytes | None
    """As event and salt give it."""
    stored: bytes | None
    """As the commitment gives it."""
    tile: bytes | None
    """As the tile holds it."""

    @classmethod
    def of(cls, leaf: int, row: Row | None, tile: bytes | None) -> "Place":
        """Compute what the row says."""
        if row is None:
            return cls(leaf, None, None, None, tile)
        opened = None
        if row.salt is not None and row.event is not None:
            opened = leaf_hash(sha256(row.salt + row.event.encode()).digest())
        return cls(leaf, row, opened, leaf_hash(row.commitment), tile)

    @property
    def erased(self) -> bool:
        """Whether there is a row and nothing in it to open."""
        return self.row is not None and self.opened is None

    @property
    def settled(self) -> bool:
        """Whether the hash is beyond doubt without a look at the hash above."""
        if self.tile is not None:
            return self.row is None or self.tile in (self.stored, self.opened)
        return self.row is None or self.erased or self.stored == self.opened


Leaves: TypeAlias = "list[bytes | None]"
"""The hash of each place; ``None`` where neither row nor tile is left."""


def decided(places: Sequence[Place], *, fits: Callable[[Sequence[bytes]], bool]) -> tuple[Leaves, bool]:
    """The hash of each place, and whether nothing was left in doubt.

    ``fits`` tells whether hashes lead to the hash above, or to the root that was signed.
    """
    by_default: Leaves = [place.tile or place.stored for place in places]
    if all(place.settled for place in places):
        return by_default, True
    for said in (_as_in_tile, _as_stored, _as_opened):
        leaves = [hash_ if place.settled else said(place) for place, hash_ in zip(places, by_default, strict=True)]
        whole = [leaf for leaf in leaves if leaf is not None]
        if len(whole) == len(leaves) and fits(whole):
            return leaves, True
    return by_default, False


def _as_in_tile(place: Place) -> bytes | None:
    return place.tile or place.stored


def _as_stored(place: Place) -> bytes | None:
    return place.stored


def _as_opened(place: Place) -> bytes | None:
    return place.opened or place.stored


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one leaf; ``in_tile`` when the tile is accused and not the entry."""

    leaf: int
    rule: str
    in_tile: bool = False


def faults(place: Place, leaf: bytes | None, *, certain: bool) -> Iterator[Fault]:
    """What is wrong at one place, whose hash ought to be ``leaf``."""
    if place.row is None:
        yield Fault(place.leaf, "it is missing")
        return
    if not place.settled and not certain:
        rule = "its event and salt, its commitment and the tree do not agree, and nothing says which is right"
        yield Fault(place.leaf, rule)
        return
    if place.tile not in (None, leaf):
        yield Fault(place.leaf, "it was altered: the entry and the hash above agree on another", in_tile=True)
    if place.stored != leaf and place.opened not in (None, leaf):
        yield Fault(place.leaf, "it was replaced: the tree holds another entry in its place")
    elif place.stored != leaf:
        yield Fault(place.leaf, "its commitment was altered" + (" (the entry is erased)" if place.erased else ""))
    elif place.opened not in (None, leaf):
        yield Fault(place.leaf, "its event or its salt was altered")
