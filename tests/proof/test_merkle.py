"""The tree of RFC 6962 against its own definition and the published vectors."""

import json
from base64 import b64decode
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.proof.errors import AlteredError
from tocsin.proof.merkle import (
    EMPTY_ROOT,
    Frontier,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

VECTORS = Path(__file__).parent.parent / "vectors" / "tlog" / "merkle"
MOST = 300
LEAVES = [leaf_hash(b"entry %d" % index) for index in range(MOST)]


@cache
def definition(low: int, high: int) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word and slowly."""
    if high == low:
        return sha256(b"").digest()
    if high - low == 1:
        return LEAVES[low]
    k = 1
    while k * 2 < high - low:
        k *= 2
    return sha256(b"\x01" + definition(low, low + k) + definition(low + k, high)).digest()


def read(level: int, n: int) -> bytes:
    assert (n + 1) << level <= MOST, "a proof asked for a subtree that is not complete"
    return definition(n << level, (n + 1) << level)


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert b64decode("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=") == EMPTY_ROOT == root_of([]) == tree_root(0, read)


def test_the_root_is_the_definition_at_every_size() -> None:
    for size in range(MOST + 1):
        assert root_of(LEAVES[:size]) == tree_root(size, read) == definition(0, size)


def test_every_entry_of_every_tree_proves_its_place() -> None:
    for size in range(1, MOST):
        root = definition(0, size)
        for index in range(size):
            proof = prove_inclusion(index, size, read)
            verify_inclusion(index=index, size=size, leaf=LEAVES[index], proof=proof, root=root)


def test_every_tree_proves_that_it_continues_every_earlier_one() -> None:
    for size in range(MOST):
        for old in range(size + 1):
            proof = prove_consistency(old, size, read)
            verify_consistency(old=old, size=size, old_root=definition(0, old), root=definition(0, size), proof=proof)


def flipped(text: bytes, bit: int) -> bytes:
    changed = bytearray(text)
    changed[bit // 8 % len(text)] ^= 1 << bit % 8
    return bytes(changed)


bits = st.integers(0, 255)


@given(st.data(), st.integers(1, MOST), bits)
def test_an_inclusion_proof_with_anything_changed_fails(data: st.DataObject, size: int, bit: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size + 5).filter(lambda value: value != index))
    good: dict[str, Any] = {
        "index": index,
        "size": size,
        "leaf": LEAVES[index],
        "proof": prove_inclusion(index, size, read),
        "root": definition(0, size),
    }
    proof = good["proof"]
    changes: list[dict[str, Any]] = [
        {"index": other},
        {"index": -1},
        {"leaf": flipped(good["leaf"], bit)},
        {"root": flipped(good["root"], bit)},
        {"proof": [*proof, EMPTY_ROOT]},
        {"proof": [EMPTY_ROOT, *proof]},
        {"leaf": good["leaf"][:31]},
        *({"proof": [*proof[:at], flipped(proof[at], bit), *proof[at + 1 :]]} for at in range(len(proof))),
        *({"proof": [*proof[:at], *proof[at + 1 :]]} for at in range(len(proof))),
    ]
    for change in changes:
        with pytest.raises(AlteredError):
            verify_inclusion(**good | change)


@given(st.data(), st.integers(1, MOST))
def test_a_proof_for_a_tree_of_another_shape_fails(data: st.DataObject, size: int) -> None:
    # Index and root fixed, another size: only a size under which the path has the same shape can pass,
    # and then the checkpoint's signature over the size is what protects it.
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(index + 1, 2 * MOST))
    proof = prove_inclusion(index, size, read)
    same_shape = shape(index, other) == shape(index, size)
    try:
        verify_inclusion(index=index, size=other, leaf=LEAVES[index], proof=proof, root=definition(0, size))
    except AlteredError:
        assert not same_shape
    else:
        assert same_shape


def shape(index: int, size: int) -> list[bool]:
    """Which side the sibling stands on, from the leaf up, walked on the definition's split."""
    low, high, sides = 0, size, []
    while high - low > 1:
        k = 1
        while k * 2 < high - low:
            k *= 2
        right = index >= low + k
        sides.append(right)
        low, high = (low + k, high) if right else (low, low + k)
    return sides[::-1]


@given(st.data(), st.integers(2, MOST), bits)
def test_a_consistency_proof_with_anything_changed_fails(data: st.DataObject, size: int, bit: int) -> None:
    old = data.draw(st.integers(1, size - 1))
    good: dict[str, Any] = {
        "old": old,
        "size": size,
        "old_root": definition(0, old),
        "root": definition(0, size),
        "proof": prove_consistency(old, size, read),
    }
    proof = good["proof"]
    changes: list[dict[str, Any]] = [
        {"old": size + 1},
        {"old": size},
        {"old": 0},
        {"old": -1},
        {"old_root": flipped(good["old_root"], bit)},
        {"root": flipped(good["root"], bit)},
        {"root": good["old_root"], "old_root": good["root"]},
        {"proof": [*proof, EMPTY_ROOT]},
        {"proof": [EMPTY_ROOT, *proof]},
        {"proof": [proof[0][:31], *proof[1:]]},
        *({"proof": [*proof[:at], flipped(proof[at], bit), *proof[at + 1 :]]} for at in range(len(proof))),
        *({"proof": [*proof[:at], *proof[at + 1 :]]} for at in range(len(proof))),
    ]
    for change in changes:
        with pytest.raises(AlteredError):
            verify_consistency(**good | change)


def test_trees_of_one_size_with_two_roots_are_inconsistent() -> None:
    with pytest.raises(AlteredError, match="two roots"):
        verify_consistency(old=5, size=5, old_root=definition(0, 5), root=definition(0, 6), proof=[])


def test_nothing_can_be_proved_about_what_is_not_there() -> None:
    with pytest.raises(ValueError, match="tree of"):
        prove_inclusion(5, 5, read)
    with pytest.raises(ValueError, match="tree of"):
        prove_inclusion(-1, 5, read)
    with pytest.raises(ValueError, match="tree of"):
        prove_consistency(6, 5, read)


# --- Growing ------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(st.lists(st.integers(0, 40), max_size=12))
def test_batches_of_any_size_grow_the_same_tree(batches: list[int]) -> None:
    stored: dict[tuple[int, int], bytes] = {}

    def read_stored(level: int, n: int) -> bytes:
        return stored[level, n]

    frontier = Frontier()
    for count in batches:
        leaves = LEAVES[frontier.size : frontier.size + count]
        before = frontier
        frontier, runs = frontier.append(leaves)
        assert before == Frontier.read(before.size, read_stored), "append changed its own past"
        for run in runs:
            stored |= {(run.level, run.first + i): digest for i, digest in enumerate(run.hashes)}
        assert frontier.root() == definition(0, frontier.size)
    complete = {
        (level, n): read(level, n) for level in range(frontier.size.bit_length()) for n in range(frontier.size >> level)
    }
    assert stored == complete


def test_a_frontier_with_a_missing_peak_is_refused() -> None:
    with pytest.raises(ValueError, match="2 complete subtrees"):
        Frontier(5, (EMPTY_ROOT,))


# --- The published vectors (transparency-dev/merkle) --------------------------------------------


def vectors(kind: str) -> list[Any]:
    files = sorted((VECTORS / kind).rglob("*.json"))
    assert files, f"the vectors for {kind} are missing"
    return [pytest.param(json.loads(file.read_text()), id=str(file.relative_to(VECTORS))) for file in files]


def decoded(vector: dict[str, Any], *names: str) -> list[bytes]:
    return [b64decode(vector[name]) for name in names]


def outcome(check: Callable[[], None]) -> bool:
    try:
        check()
    except AlteredError:
        return False
    return True


@pytest.mark.parametrize("vector", vectors("inclusion"))
def test_inclusion_vectors_of_another_implementation_are_judged_alike(vector: dict[str, Any]) -> None:
    leaf, root = decoded(vector, "leafHash", "root")
    proof = [b64decode(text) for text in vector["proof"] or []]
    good = outcome(
        lambda: verify_inclusion(index=vector["leafIdx"], size=vector["treeSize"], leaf=leaf, proof=proof, root=root)
    )
    assert good is not vector["wantErr"]


@pytest.mark.parametrize("vector", vectors("consistency"))
def test_consistency_vectors_of_another_implementation_are_judged_alike(vector: dict[str, Any]) -> None:
    old_root, root = decoded(vector, "root1", "root2")
    proof = [b64decode(text) for text in vector["proof"] or []]
    good = outcome(
        lambda: verify_consistency(old=vector["size1"], size=vector["size2"], old_root=old_root, root=root, proof=proof)
    )
    assert good is not vector["wantErr"]


def test_a_node_is_not_a_leaf() -> None:
    left, right = LEAVES[:2]
    assert node_hash(left, right) != leaf_hash(left + right)
