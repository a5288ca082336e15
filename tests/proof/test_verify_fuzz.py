"""Whatever members sign, the check comes to an end with findings: nothing that is signed can stop it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.proof.bundles import story
from tests.proof.test_canonical import values
from tests.proof.test_verify_attacks import card_jws, payload, with_files
from tocsin.proof.canonical import canonical
from tocsin.proof.jws import CARD, CUSTODY, LETTER, RECEIPT, sign_jws
from tocsin.proof.verify import verify

Read = Callable[[bytes], dict[str, Any]]
Write = Callable[[dict[str, Any]], bytes]


def plain() -> tuple[Read, Write]:
    return json.loads, canonical


def signed(typ: str, who: str) -> tuple[Read, Write]:
    return payload, lambda content: sign_jws(content, typ=typ, key=getattr(story(), who).signing)


def card(who: str) -> tuple[Read, Write]:
    def write(content: dict[str, Any]) -> bytes:
        compact = sign_jws(content, typ=CARD, key=getattr(story(), who).signing)
        return canonical({"card": compact.decode()}) + b"\n"

    return lambda content: payload(card_jws(content)), write


SIGNED: dict[str, tuple[Read, Write]] = {
    "letters/005.jws": signed(LETTER, "pt"),
    "letters/001.jws": signed(LETTER, "ro"),
    "receipts/001.jws": signed(RECEIPT, "pt"),
    "evidence/1/custody/06.jws": signed(CUSTODY, "ro"),
    "evidence/1/manifest.json": plain(),
    "journal/001.opening.json": plain(),
    "journal/001.consistency.json": plain(),
    "directory/cards/ro.1.json": card("ro"),
    "directory/3.state-ro.json": plain(),
    "directory/2.root.json": plain(),
    "bundle.json": plain(),
}


def spots(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    if at:
        yield at
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield from spots(inner, (*at, key))


def replaced(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    key, *rest = at
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[key] = replaced(value[key], tuple(rest), new)
    return copy


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return story().bundle.write(tmp_path_factory.mktemp("written"))


odd = values | st.sampled_from(
    ["", "0" * 64, "-", "9" * 400, "2026-11-24", "0000-01-01T00:00:00Z", -1, 2**53 - 1, "\U0001f600"]
)


@pytest.mark.parametrize("path", SIGNED)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_no_field_that_was_signed_can_stop_the_check(path: str, data: st.DataObject, written: Path) -> None:
    read, write = SIGNED[path]
    bundle = story().bundle
    content = read(bundle.files[path] if path != "bundle.json" else bundle.index.written())
    at = data.draw(st.sampled_from(list(spots(content))))
    changed = write(replaced(content, at, data.draw(odd)))
    index = with_files(bundle, {path: changed}).index if path != "bundle.json" else bundle.index
    try:
        (written / "bundle.json").write_bytes(index.written())
        (written / path).write_bytes(changed)
        assert verify(written, anchors=[bundle.anchor])
    finally:
        (written / path).write_bytes((bundle.files | {"bundle.json": bundle.index.written()})[path])
