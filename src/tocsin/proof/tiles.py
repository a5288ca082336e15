"""A log as static files (c2sp.org/tlog-tiles v0.1.0): where each hash stands.

    <prefix>/checkpoint                       the latest checkpoint
    <prefix>/tile/<L>/<N>[.p/<W>]             up to 256 hashes of 32 bytes
    <prefix>/tile/entries/<N>[.p/<W>]         up to 256 entries, each with its length (2 bytes, big-endian)

Tile N of level L holds the hashes of the complete subtrees N*256 to N*256+255 of height 8*L. N is
written in groups of three digits, all but the last prefixed ``x``. A tile that is not full yet is
*partial*: its width W is in its name, so that each file's content is fixed for ever.

Worked example: a log of 70000 entries has 273 full tiles and one of width 112 at level 0, one full
and one of width 17 at level 1, and one of width 1 at level 2. Hash (level 3, n 8750), which covers
entries 70000-8 up to 70000, is folded from slots 104 to 111 of ``tile/0/273.p/112``.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from tocsin.proof.errors import AlteredError
from tocsin.proof.merkle import HASH_SIZE, ReadHash, parents_of

HEIGHT = 8
WIDTH = 256
ENTRIES = -1
"""The level of tiles that hold entries instead of hashes."""

MAX_LEVEL = 63
MAX_ENTRY = 0xFFFF
_LENGTH = 2
_GROUP = 1000


@dataclass(frozen=True, slots=True)
class Tile:
    """The coordinates of one tile. ``level`` is ``ENTRIES`` for an entry bundle."""

    level: int
    index: int
    width: int = WIDTH

    def path(self) -> str:
        """Where the tile stands below the log's prefix."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_grouped(self.index)}{partial}"

    def full(self) -> "Tile":
        """The tile that this one becomes."""
        return Tile(self.level, self.index)

    @classmethod
    def parse(cls, path: str) -> "Tile":
        """Read a path; raises ``AlteredError`` for any that ``path`` would not write."""
        try:
            tile = _parsed(path)
        except ValueError as error:
            raise AlteredError(f"tile path {path[:80]!r}", "not one of this log's paths") from error
        if tile.path() != path or not ENTRIES <= tile.level <= MAX_LEVEL or not 0 < tile.width <= WIDTH:
            raise AlteredError(f"tile path {path[:80]!r}", "not one of this log's paths")
        return tile


def _grouped(index: int) -> str:
    groups = [f"{index % _GROUP:03d}"]
    while index >= _GROUP:
        index //= _GROUP
        groups.insert(0, f"x{index % _GROUP:03d}")
    return "/".join(groups)


def _parsed(path: str) -> Tile:
    whole, _, width = path.partition(".p/")
    _, level, *groups = whole.split("/")
    index = int("".join(group.removeprefix("x") for group in groups))
    return Tile(ENTRIES if level == "entries" else int(level), index, int(width) if width else WIDTH)


def tiles_of(size: int, *, since: int = 0) -> Iterator[Tile]:
    """The tiles that a log of ``size`` entries has and had not when it was ``since`` long.

    Hash tiles, level by level; full ones first, then the partial one. ``entry_bundles_of`` gives
    the entries.
    """
    level = 0
    while (count := size >> (HEIGHT * level)) > 0:
        yield from _row(level, count, since >> (HEIGHT * level))
        level += 1


def entry_bundles_of(size: int, *, since: int = 0) -> Iterator[Tile]:
    """The entry bundles that a log of ``size`` entries has and had not when it was ``since`` long."""
    yield from _row(ENTRIES, size, since)


def _row(level: int, count: int, before: int) -> Iterator[Tile]:
    for index in range(before // WIDTH, count // WIDTH):
        yield Tile(level, index)
    if count % WIDTH and count != before:
        yield Tile(level, count // WIDTH, count % WIDTH)


def tile_content(tile: Tile, read: ReadHash) -> bytes:
    """What stands in a hash tile, from the log's stored hashes."""
    first = tile.index * WIDTH
    return b"".join(read(tile.level * HEIGHT, n) for n in range(first, first + tile.width))


def pack_entries(entries: Sequence[bytes]) -> bytes:
    """What stands in an entry bundle."""
    if any(len(entry) > MAX_ENTRY for entry in entries):
        raise ValueError(f"an entry is at most {MAX_ENTRY} bytes long")
    return b"".join(len(entry).to_bytes(_LENGTH, "big") + entry for entry in entries)


def unpack_entries(bundle: bytes, *, width: int) -> list[bytes]:
    """The ``width`` entries of a bundle; raises ``AlteredError`` when it holds more or fewer."""
    entries, at = [], 0
    while at < len(bundle):
        start = at + _LENGTH
        at = start + int.from_bytes(bundle[at:start], "big")
        entries.append(bundle[start:at])
    if at != len(bundle) or len(entries) != width:
        raise AlteredError("entry bundle", f"does not hold exactly {width} entries")
    return entries


FetchTile = Callable[[Tile], bytes | None]
"""Gives a tile's content, or ``None`` when there is no such file."""


_Rows: TypeAlias = list[list[bytes]]
"""The hashes in a tile and those folded from them: row h holds the complete subtrees of height h."""


def _folded(content: bytes) -> _Rows:
    row = [content[at : at + HASH_SIZE] for at in range(0, len(content), HASH_SIZE)]
    rows = [row]
    while len(rows) < HEIGHT:
        row = parents_of(row)
        rows.append(row)
    return rows


@dataclass(slots=True)
class TileHashes:
    """Reads any hash of a log of ``size`` entries from its tiles: ``read`` is a ``ReadHash``.

    Tiles never change, so what was read and folded is kept (the last ``keep`` tiles, about 40 kB
    each when full) and one reader may serve many proofs. A proof takes at most two tiles of each
    level: the one above the entry and the last one.

    The content is not checked here; a proof made of false hashes does not verify.
    """

    fetch: FetchTile
    size: int
    keep: int = 256
    _kept: OrderedDict[tuple[int, int, int], _Rows] = field(default_factory=OrderedDict)

    def resized(self, size: int) -> "TileHashes":
        """A reader for the log as it was or became at ``size``, sharing what was kept."""
        return TileHashes(self.fetch, size, self.keep, self._kept)

    def read(self, level: int, n: int) -> bytes:
        """The hash of complete subtree ``n`` of height ``level``; raises ``AlteredError``."""
        if n < 0 or (n + 1) << level > self.size:
            raise ValueError(f"subtree {n} of height {level} is not complete in a log of {self.size}")
        index, place = divmod(n, WIDTH >> level % HEIGHT)
        return self._rows(level // HEIGHT, index)[level % HEIGHT][place]

    def _rows(self, level: int, index: int) -> _Rows:
        width = min((self.size >> (HEIGHT * level)) - index * WIDTH, WIDTH)
        rows = self._kept.get((level, index, width))
        if rows is not None:
            self._kept.move_to_end((level, index, width))
            return rows
        rows = self._kept[level, index, width] = _folded(self._content(Tile(level, index, width)))
        if len(self._kept) > self.keep:
            self._kept.popitem(last=False)
        return rows

    def _content(self, tile: Tile) -> bytes:
        content = self.fetch(tile)
        if content is None:  # a partial tile may be deleted once the full one is there
            content = self.fetch(tile.full())
            wanted = tile.full()
        else:
            wanted = tile
        if content is None or len(content) != wanted.width * HASH_SIZE:
            raise AlteredError(tile.path(), "missing or of the wrong length")
        return content
