"""RFC 8785 without floats: one value, one sequence of bytes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.proof.canonical import MAX_INT, canonical, parse_canonical, parse_strict
from tocsin.proof.errors import CanonicalError

values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INT, MAX_INT) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)

WRITTEN = {
    "keys are sorted": ({"to": "pt", "n": 1, "é": [True, None]}, b'{"n":1,"to":"pt","\xc3\xa9":[true,null]}'),
    # RFC 8785, section 3.2.3: the sorted example, without the line that names a float
    "keys are sorted by UTF-16 unit, not by code point": (
        {"€": "Euro", "\r": "CR", "\ufb33": "Dalet", "1": "One", "😀": "Smiley", "\u0080": "Control", "ö": "o"},
        '{"\\r":"CR","1":"One","\u0080":"Control","ö":"o","€":"Euro","😀":"Smiley","\ufb33":"Dalet"}'.encode(),
    ),
    "keys that differ beyond their first character too": (
        {"a\ue000": 1, "a\U00010000": 2},
        '{"a\U00010000":2,"a\ue000":1}'.encode(),
    ),
    # RFC 8785, section 3.2.2.2
    "only the escapes that JSON demands": (
        '€$\u000f\nA\'B"\\\\"/\b\t\f\r\u007f',
        b'"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\\b\\t\\f\\r\x7f"',
    ),
    "tuples are lists": ((1, (2,)), b"[1,[2]]"),
    "the largest integers": ([MAX_INT, -MAX_INT], b"[9007199254740991,-9007199254740991]"),
    "nothing": ({}, b"{}"),
}


@pytest.mark.parametrize(("value", "expected"), WRITTEN.values(), ids=WRITTEN.keys())
def test_a_value_is_written_in_its_one_form(value: object, expected: bytes) -> None:
    assert canonical(value) == expected


REFUSED_VALUES = {
    "a float": 1.0,
    "a float inside": {"a": [0.5]},
    "not a number": float("nan"),
    "a key that is a number": {1: "a"},
    "a key that is nothing": {None: "a"},
    "too large": MAX_INT + 1,
    "too small": -MAX_INT - 1,
    "half a surrogate pair": "\ud800",
    "half a surrogate pair as a key": {"\udc00": 1},
    "bytes": b"a",
    "a set": {1, 2},
}


@pytest.mark.parametrize("value", REFUSED_VALUES.values(), ids=REFUSED_VALUES.keys())
def test_a_value_without_one_form_is_refused(value: object) -> None:
    with pytest.raises(CanonicalError):
        canonical(value)


def test_a_value_nested_without_end_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(CanonicalError):
        canonical(endless)


REFUSED_BYTES = {
    "a key twice": b'{"a":1,"a":1}',
    "a key twice, deep inside": b'[{"a":{"b":1,"b":2}}]',
    "a key twice, once escaped": b'{"a":1,"\\u0061":1}',
    "a float": b"1.0",
    "an exponent": b"1e2",
    "NaN": b"NaN",
    "infinity": b"-Infinity",
    "too large": b"9007199254740992",
    "far too large": b"1" * 5000,
    "half a surrogate pair": b'"\\ud800"',
    "a pair the wrong way round": b'"\\udc00\\ud800"',
    "a raw half": b'"\xed\xa0\x80"',
    "a byte-order mark": b"\xef\xbb\xbf{}",
    "Latin-1": b'"\xe9"',
    "rest after the value": b"{} {}",
    "nothing": b"",
    "a comma too many": b"[1,]",
    "nested too deeply": b"[" * 100_000,
    "a raw line end in a string": b'"\n"',
}


@pytest.mark.parametrize("written", REFUSED_BYTES.values(), ids=REFUSED_BYTES.keys())
def test_bytes_with_more_than_one_meaning_are_refused(written: bytes) -> None:
    with pytest.raises(CanonicalError):
        parse_strict(written)


@given(values)
def test_what_is_written_is_read_back(value: object) -> None:
    assert parse_canonical(canonical(value)) == value


@given(values)
def test_the_form_does_not_depend_on_the_order_of_keys_or_on_white_space(value: object) -> None:
    written = json.dumps(value, indent=2, sort_keys=True).encode()
    assert canonical(parse_strict(written)) == canonical(value)


@given(st.dictionaries(st.text(), st.integers(0, 9)))
def test_keys_stand_in_the_order_of_their_utf16_units(value: dict[str, int]) -> None:
    keys = list(json.loads(canonical(value)))
    assert keys == sorted(keys, key=lambda key: key.encode("utf-16-be"))


@pytest.mark.parametrize("written", [b'{"b":1,"a":2}', b'{"a": 1}', b'"\\u00e9"', b"-0", b"1\n"])
def test_bytes_in_another_form_are_not_canonical(written: bytes) -> None:
    parse_strict(written)
    with pytest.raises(CanonicalError):
        parse_canonical(written)
