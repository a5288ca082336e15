"""A log as files: paths, widths, content, and proofs read from them."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.proof import tiles as tiles_module
from tocsin.proof.checkpoint import open_checkpoint
from tocsin.proof.errors import AlteredError
from tocsin.proof.merkle import (
    Frontier,
    leaf_hash,
    node_hash,
    parents_of,
    prove_consistency,
    prove_inclusion,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from tocsin.proof.note import VerifierKey
from tocsin.proof.tiles import (
    ENTRIES,
    Tile,
    TileHashes,
    entry_bundles_of,
    pack_entries,
    tile_content,
    tiles_of,
    unpack_entries,
)

LOG = Path(__file__).parent.parent / "vectors" / "tlog" / "tessera-log"
LOG_KEY = VerifierKey.parse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")

PATHS = {
    "tile/0/x001/x234/067": Tile(0, 1234067),
    "tile/0/000": Tile(0, 0),
    "tile/0/273.p/112": Tile(0, 273, 112),
    "tile/1/000.p/17": Tile(1, 0, 17),
    "tile/63/x001/000.p/1": Tile(63, 1000, 1),
    "tile/entries/000.p/255": Tile(ENTRIES, 0, 255),
    "tile/entries/x039/062": Tile(ENTRIES, 39062),
}


@pytest.mark.parametrize(("path", "tile"), PATHS.items())
def test_a_tile_stands_where_the_specification_says(path: str, tile: Tile) -> None:
    assert tile.path() == path
    assert Tile.parse(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "", "tile", "tile/0", "tile/0/", "tile/00/000", "tile/64/000", "tile/-1/000", "tile/0/0", "tile/0/1234",
        "tile/0/x000/001", "tile/0/001/002", "tile/0/x001", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01",
        "tile/0/000.p/", "tile/0/000.p/1.p/1", "tile/0/../000", "tile/0/ 01", "tile/0/0_1", "tile/0/\u0660\u0660\u0660",
        "/tile/0/000", "tile/0/000/", "tile/entries/-01", "tiles/0/000", "tile/8/0/000",
        "tile/0/" + "x999/" * 2000 + "000",
    ],
)  # fmt: skip
def test_another_path_is_none(path: str) -> None:
    with pytest.raises(AlteredError):
        Tile.parse(path)


@given(st.integers(-1, 63), st.integers(0, 2**55), st.integers(1, 256))
def test_a_path_is_read_back(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert Tile.parse(tile.path()) == tile


def test_a_log_of_70000_entries_has_the_tiles_of_the_specification() -> None:
    found = list(tiles_of(70_000))
    assert [tile for tile in found if tile.level == 0] == [*(Tile(0, n) for n in range(273)), Tile(0, 273, 112)]
    assert [tile for tile in found if tile.level == 1] == [Tile(1, 0), Tile(1, 1, 17)]
    assert [tile for tile in found if tile.level > 1] == [Tile(2, 0, 1)]


def test_a_full_tile_stands_alone_one_level_up() -> None:
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(entry_bundles_of(256)) == [Tile(ENTRIES, 0)]
    assert list(tiles_of(0)) == list(entry_bundles_of(0)) == []


@given(st.integers(0, 70_000), st.integers(0, 1000))
def test_growing_adds_only_the_tiles_that_were_not_there(old: int, more: int) -> None:
    size = old + more
    new = list(tiles_of(size, since=old))
    assert set(tiles_of(size)) <= set(tiles_of(old)) | set(new)
    assert not set(new) & set(tiles_of(old))


# --- Content ------------------------------------------------------------------------------------

MOST = 700
LEAVES = [leaf_hash(b"entry %d" % index) for index in range(MOST)]


@cache
def read(level: int, n: int) -> bytes:
    if level == 0:
        return LEAVES[n]
    return node_hash(read(level - 1, 2 * n), read(level - 1, 2 * n + 1))


def fetch(tile: Tile) -> bytes | None:
    return tile_content(tile, read)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, MOST))
def test_proofs_read_from_tiles_are_those_read_from_the_tree(data: st.DataObject, size: int) -> None:
    hashes = TileHashes(fetch, size)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    assert tree_root(size, hashes.read) == tree_root(size, read) == Frontier().append(LEAVES[:size])[0].root()
    assert prove_inclusion(index, size, hashes.read) == prove_inclusion(index, size, read)
    assert prove_consistency(old, size, hashes.read) == prove_consistency(old, size, read)


def test_a_partial_tile_that_is_gone_is_read_from_the_full_one() -> None:
    gone = Tile(0, 1, 44)
    asked: list[Tile] = []

    def fetch_without(tile: Tile) -> bytes | None:
        asked.append(tile)
        return None if tile == gone else fetch(tile)

    assert tree_root(300, TileHashes(fetch_without, 300).read) == tree_root(300, read)
    assert asked.index(Tile(0, 1)) == asked.index(gone) + 1


@pytest.mark.parametrize("content", [None, b"", bytes(32 * 43), bytes(32 * 45), bytes(32 * 44 - 1)])
def test_a_tile_of_another_length_is_accused(content: bytes | None) -> None:
    hashes = TileHashes(lambda tile: content if tile.width < 256 else None, 44)
    with pytest.raises(AlteredError, match=r"tile/0/000.p/44"):
        hashes.read(0, 0)


def test_a_subtree_that_is_not_complete_cannot_be_read() -> None:
    hashes = TileHashes(fetch, 300)
    for level, n in ((0, 300), (8, 1), (9, 0), (0, -1)):
        with pytest.raises(ValueError, match="not complete"):
            hashes.read(level, n)


class Uniform:
    """A log in which all entries are alike, so that one of ten million takes no room."""

    def __init__(self) -> None:
        self.reads = 0
        self.levels = [leaf_hash(b"same")]
        for _ in range(40):
            self.levels.append(node_hash(self.levels[-1], self.levels[-1]))

    def fetch(self, tile: Tile) -> bytes:
        self.reads += 1
        return self.levels[8 * tile.level] * tile.width

    def read(self, level: int, _n: int) -> bytes:
        return self.levels[level]


INDEXES = [0, 1, 4095, 8191, 8192, 9000, 9900, 9999]


def reads_for(size: int, index: int) -> int:
    log = Uniform()
    proof = prove_inclusion(index, size, TileHashes(log.fetch, size).read)
    root = tree_root(size, log.read)
    verify_inclusion(index=index, size=size, leaf=log.levels[0], proof=proof, root=root)
    return log.reads


def test_a_proof_at_ten_million_entries_reads_at_most_twice_the_tiles_of_one_at_ten_thousand() -> None:
    small = [reads_for(10_000, index) for index in INDEXES]
    large = [reads_for(10_000_000, index * 1000 + 999) for index in INDEXES]
    assert max(small) <= 4
    assert max(large) <= 6
    assert sum(large) <= 2 * sum(small)


def test_a_warm_reader_folds_no_more_at_ten_million_entries_than_a_cold_one_at_ten_thousand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folds: list[int] = []

    def counting(row: Sequence[bytes]) -> list[bytes]:
        folded = parents_of(row)
        folds.extend([1] * len(folded))
        return folded

    monkeypatch.setattr(tiles_module, "parents_of", counting)
    for index in range(5, 10_000, 250):
        prove_inclusion(index, 10_000, TileHashes(Uniform().fetch, 10_000).read)
    cold_and_small = len(folds)
    warm = TileHashes(Uniform().fetch, 10_000_000)
    for index in range(0, 10_000_000, 50_000):  # what many proofs share is there now
        prove_inclusion(index, 10_000_000, warm.read)
    folds.clear()
    for index in range(5, 10_000_000, 250_000):
        prove_inclusion(index, 10_000_000, warm.read)
    assert 0 < len(folds) <= cold_and_small


def test_what_is_kept_stays_bounded_and_right() -> None:
    hashes = TileHashes(fetch, MOST, keep=2)
    for index in range(0, MOST, 7):
        assert prove_inclusion(index, MOST, hashes.read) == prove_inclusion(index, MOST, read)
    assert len(hashes._kept) <= 2


# --- Entries ------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_entries_are_read_back(entries: list[bytes]) -> None:
    assert unpack_entries(pack_entries(entries), width=len(entries)) == entries


@pytest.mark.parametrize("bundle", [b"\0", b"\0\2a", b"\0\1ab", b"", b"\0\1a\0\1b"])
def test_a_bundle_with_more_or_less_than_its_entries_is_accused(bundle: bytes) -> None:
    with pytest.raises(AlteredError, match="exactly 1"):
        unpack_entries(bundle, width=1)


def test_an_entry_too_long_for_a_bundle_is_refused() -> None:
    with pytest.raises(ValueError, match="65535"):
        pack_entries([bytes(65_536)])


# --- A log written by another implementation ----------------------------------------------------


def fetch_vector(tile: Tile) -> bytes | None:
    file = LOG / tile.path()
    return file.read_bytes() if file.exists() else None


@pytest.mark.parametrize("size", range(1, 16))
def test_the_tiles_of_another_log_lead_to_its_root(size: int) -> None:
    tree = open_checkpoint((LOG / f"checkpoint.{size}").read_bytes(), logs=[LOG_KEY]).checkpoint
    hashes = TileHashes(fetch_vector, size)
    assert tree_root(size, hashes.read) == tree.root
    entries = unpack_entries(fetch_vector(Tile(ENTRIES, 0, size)) or b"", width=size)
    for index, entry in enumerate(entries):
        proof = prove_inclusion(index, size, hashes.read)
        verify_inclusion(index=index, size=size, leaf=leaf_hash(entry), proof=proof, root=tree.root)
    for old in range(1, size):
        before = open_checkpoint((LOG / f"checkpoint.{old}").read_bytes(), logs=[LOG_KEY]).checkpoint
        proof = prove_consistency(old, size, hashes.read)
        verify_consistency(old=old, size=size, old_root=before.root, root=tree.root, proof=proof)
