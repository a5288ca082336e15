import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.errors import PeerError
from tocsin.wire.errors import (
    LetterFieldError,
    LetterFieldMissingError,
    LetterFieldUnknownError,
    LetterKindUnknownError,
    LetterNotJsonError,
    LetterSuiteError,
    LetterVersionError,
)
from tocsin.wire.rules.letter import LetterKind, letter_hash, letter_payload, parse_letter

JWS = b"eyJhbGciOiJFZDI1NTE5In0.e30.c2ln"


def an_ask() -> dict[str, Any]:
    return {
        "v": 1,
        "type": "letter",
        "suite": "tocsin-1",
        "id": "8f2d1a4e-4b1f-4d55-9d0e-2f6f2b9a7c11",
        "kind": "supplement",
        "thread": "51c0a7de-7f0a-4f63-8c8b-0d6c4f0f4c9e",
        "from": "ro",
        "to": "pt",
        "seq": 2,
        "prev": "a" * 64,
        "seen": "b" * 64,
        "written": "2026-11-24T03:00:00.000Z",
        "exercise": {"shift_seconds": -3600},
        "directory": {"source": "voice", "stale_since": "2026-11-23T00:00:00.000Z"},
        "by": {"name": "Ioana Exemplu", "role": "duty-officer"},
        "instrument": "budapest-29-preserve",
        "body": {"fields": {"facts": "An account was taken over."}, "list": [1, None, True, "x"]},
        "parts": [{"name": "grounds", "commitment": "c" * 64, "sealed": None}],
        "attachments": [
            {
                "id": "0b0f7a3e-91f0-4a4b-8f3c-55a1f2f1b0aa",
                "name": "package.tar",
                "size": 0,
                "sha256": "d" * 64,
                "sha512": "e" * 128,
                "age_size": 200,
                "age_sha256": "f" * 64,
            }
        ],
    }


def written(payload: object) -> bytes:
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass")


def parse(payload: object) -> Any:
    return parse_letter(written(payload), jws=JWS)


def test_a_letter_comes_back_as_it_was_written() -> None:
    letter = parse(an_ask())
    assert letter_payload(letter) == an_ask()
    assert letter.jws == JWS
    assert letter.sha256 == letter_hash(JWS)


def test_two_letters_are_the_same_when_their_bytes_are() -> None:
    other = parse_letter(written(an_ask()), jws=JWS + b"x")
    assert parse(an_ask()) == parse(an_ask())
    assert len({parse(an_ask()), parse(an_ask()), other}) == 2


def every_path(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict):
        return [p for name, inner in value.items() for p in [(*path, name), *every_path(inner, (*path, name))]]
    if isinstance(value, list):
        return [p for place, inner in enumerate(value) for p in every_path(inner, (*path, place))]
    return []


FIXED = [path for path in every_path(an_ask()) if "body" not in path]


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


@pytest.mark.parametrize("path", FIXED, ids=lambda path: ".".join(map(str, path)))
def test_each_field_has_to_be_there(path: tuple[str | int, ...]) -> None:
    payload = an_ask()
    del at(payload, path[:-1])[path[-1]]
    with pytest.raises(LetterFieldMissingError) as refused:
        parse(payload)
    assert refused.value.fields["field"] == ".".join(map(str, path))


@pytest.mark.parametrize("path", FIXED, ids=lambda path: ".".join(map(str, path)))
@pytest.mark.parametrize("wrong", [[], True, "", " ", {"x": 1}, -(2**40)], ids=repr)
def test_each_field_of_a_wrong_shape_is_named(path: tuple[str | int, ...], wrong: object) -> None:
    payload = an_ask()
    if at(payload, path) == wrong or (path[-1] in {"parts", "attachments"} and wrong == []):
        return
    at(payload, path[:-1])[path[-1]] = wrong
    with pytest.raises(PeerError) as refused:
        parse(payload)
    told = str(refused.value.fields.get("field", path[-1]))
    assert told.startswith(".".join(map(str, path)))


@pytest.mark.parametrize(
    "path", [(), ("exercise",), ("directory",), ("by",), ("parts", 0), ("attachments", 0)], ids=repr
)
def test_a_field_that_the_protocol_does_not_know_is_refused(path: tuple[str | int, ...]) -> None:
    payload = an_ask()
    at(payload, path)["more"] = 1
    with pytest.raises(LetterFieldUnknownError) as refused:
        parse(payload)
    assert refused.value.fields["field"] == ".".join(map(str, (*path, "more")))


Change = Callable[[dict[str, Any]], object]
FAULTS: dict[str, tuple[Change, type[PeerError], str | None]] = {
    "another version": (lambda p: p.update(v=2), LetterVersionError, None),
    "another suite": (lambda p: p.update(suite="none"), LetterSuiteError, None),
    "an unknown kind": (lambda p: p.update(kind="query-all"), LetterKindUnknownError, None),
    "a letter to oneself": (lambda p: p.update(to="ro"), LetterFieldError, "to"),
    "a first letter with one before it": (lambda p: p.update(seq=1), LetterFieldError, "prev"),
    "a second letter with none before it": (lambda p: p.update(prev=None), LetterFieldError, "prev"),
    "place nought": (lambda p: p.update(seq=0), LetterFieldError, "seq"),
    "an instant without a zone": (lambda p: p.update(written="2026-11-24T03:00:00.000"), LetterFieldError, "written"),
    "an instant in local time": (
        lambda p: p.update(written="2026-11-24T05:00:00.000+02:00"),
        LetterFieldError,
        "written",
    ),
    "an instant in microseconds": (
        lambda p: p.update(written="2026-11-24T03:00:00.000001Z"),
        LetterFieldError,
        "written",
    ),
    "a UUID in capitals": (lambda p: p.update(id=p["id"].upper()), LetterFieldError, "id"),
    "a hash in capitals": (lambda p: p.update(seen="B" * 64), LetterFieldError, "seen"),
    "a name of two lines": (lambda p: p["by"].update(name="Ioana\nExemplu"), LetterFieldError, "by.name"),
    "a file name that leads elsewhere": (
        lambda p: p["attachments"][0].update(name="../../etc/passwd"),
        LetterFieldError,
        "attachments.0.name",
    ),
    "a part twice": (lambda p: p["parts"].append(dict(p["parts"][0])), LetterFieldError, "parts.name"),
    "a part that is no JWE": (lambda p: p["parts"][0].update(sealed="a.b.c"), LetterFieldError, "parts.0.sealed"),
    "an attachment twice": (
        lambda p: p["attachments"].append(dict(p["attachments"][0])),
        LetterFieldError,
        "attachments.id",
    ),
    "too many parts": (lambda p: p.update(parts=p["parts"] * 33), LetterFieldError, "parts"),
    "a null character": (lambda p: p["body"].update(x=["a\0b"]), LetterFieldError, "body.x.0"),
    "a lone surrogate": (lambda p: p["body"].update(x="\ud800"), LetterNotJsonError, None),
    "a number that JSON readers round": (lambda p: p["body"].update(x=2**53), LetterNotJsonError, None),
    "a fraction in the body": (lambda p: p["body"].update(x=0.5), LetterNotJsonError, None),
    "a body too deep": (
        lambda p: p["body"].update(x=json.loads("[" * 30 + "]" * 30)),
        LetterFieldError,
        "body.x" + ".0" * 15,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_refused_by_its_name(fault: str) -> None:
    change, error, field = FAULTS[fault]
    payload = an_ask()
    change(payload)
    with pytest.raises(error) as refused:
        parse(payload)
    if field is not None:
        assert refused.value.fields["field"] == field


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b'{"v":1,"v":1}',
        b'{"v":NaN}',
        b'{"v":1e3}',
        b"{" * 5000,
        b'{"a":' * 100_000,
        b"1" * 10_000,
        b'{"v": 1}',
        b'{"v":1,"type":"letter"}',
    ],
    ids=lambda payload: repr(payload[:12]),
)
def test_what_is_not_one_strict_object_is_refused(payload: bytes) -> None:
    with pytest.raises((LetterNotJsonError, LetterFieldMissingError)):
        parse_letter(payload, jws=JWS)


@given(
    st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(repr).map(str.encode)
)
def test_nothing_else_than_a_peer_error_comes_of_any_bytes(payload: bytes) -> None:
    with pytest.raises(PeerError):
        parse_letter(payload, jws=JWS)


def test_the_kinds_on_the_wire_do_not_change() -> None:
    assert [kind.value for kind in LetterKind] == [
        "ask",
        "acknowledge",
        "indicate",
        "query",
        "supplement",
        "accept",
        "refuse",
        "postpone",
        "extend",
        "preserved",
        "disclose",
        "deliver",
        "release",
        "follow-up",
        "withdraw",
        "close",
    ]


def nested(levels: int, leaf: Any) -> dict[str, Any]:
    value = leaf
    for level in range(levels):
        value = [value] if level % 2 else {"in": value}
    return {"body": value}


@pytest.mark.parametrize(
    ("leaf", "most"),
    [("x", 15), (1, 15), ({}, 15), ([], 15), ("x" * 65_537, -1), ("\0", -1), ({"n" * 201: 1}, -1), ({"\0": 1}, -1)],
)
def test_a_body_is_bounded_in_depth_and_texts_and_the_member_is_named(leaf: Any, most: int) -> None:
    for levels in range(18):
        letter = an_ask() | {"body": nested(levels, leaf)}
        if levels + 1 <= most:
            assert parse(letter).body == letter["body"]
        else:
            with pytest.raises(LetterFieldError) as refused:
                parse(letter)
            assert str(refused.value.fields["field"]).startswith("body.body")
