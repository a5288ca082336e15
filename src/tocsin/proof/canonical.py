"""One value, one sequence of bytes: the JSON Canonicalization Scheme (RFC 8785) without floats.

Object keys are sorted by their UTF-16 code units (RFC 8785, section 3.2.3), there is no white
space, strings are UTF-8 with only the escapes that JSON demands (3.2.2.2). Only integers between
-(2^53-1) and 2^53-1 are numbers here (RFC 7493, section 2.2), since a float can be written in two
ways by two programs. What has no single form is refused: floats, NaN, keys that are not strings,
half surrogate pairs, more than 64 levels, and on reading a key that stands twice in one object.

Worked example: ``{"to": "pt", "n": 1, "é": [true, null]}`` becomes ``{"n":1,"to":"pt","é":[true,null]}``.

A change here changes every hash and signature that was ever made: do not.
"""

import json
import re
from collections.abc import Iterable
from typing import NoReturn, TypeAlias

from tocsin.proof.errors import CanonicalError

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | None"
"""What canonical JSON can hold."""

MAX_INT = 2**53 - 1
MAX_DEPTH = 64
_MAX_DIGITS = 17
_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"
_FROM_SURROGATES = re.compile(rb"[\xed-\xff]")

_WRITE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False).encode
_WRITE_SORTED = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False, sort_keys=True
).encode


def canonical(value: object) -> bytes:
    """The one byte form of ``value``; raises ``CanonicalError`` when it has none."""
    try:
        if _is_plain(value):
            written = _WRITE_SORTED(value).encode("utf-8")
            if _sorts_by_code_points(written):
                return written
        return _WRITE(_ordered(value, MAX_DEPTH)).encode("utf-8")
    except UnicodeEncodeError as error:
        raise CanonicalError("a string holds half of a surrogate pair") from error


def parse_strict(written: bytes) -> Json:
    """Read JSON bytes that could have one meaning only; raises ``CanonicalError`` otherwise.

    The bytes need not be in canonical form: use ``parse_canonical`` where they must be.
    """
    try:
        text = written.decode("utf-8")
        value: Json = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise CanonicalError("not UTF-8") from error
    except json.JSONDecodeError as error:
        raise CanonicalError(f"not JSON: {error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise CanonicalError(_TOO_DEEP) from error
    _check_depth(value, written)
    if "\\u" in text:  # only an escape can smuggle in half of a surrogate pair
        canonical(value)
    return value


def parse_canonical(written: bytes) -> Json:
    """Read JSON bytes that must already be in canonical form; raises ``CanonicalError``."""
    try:
        value: Json = _DECODER_OF_CANONICAL.decode(written.decode("utf-8"))
        again = _written_again(value)
    except (ValueError, RecursionError):
        again = None
    if again != written:
        parse_strict(written)  # what has no one meaning is told as that
        raise CanonicalError("not in canonical form")
    _check_depth(value, written)
    return value


def _written_again(value: Json) -> bytes:
    # What was read holds only what can be written, so nothing is left to do but sort the keys.
    written = _WRITE_SORTED(value).encode("utf-8")
    return written if _sorts_by_code_points(written) else canonical(value)


def _sorts_by_code_points(written: bytes) -> bool:
    # Below U+D800, whose UTF-8 begins with 0xED, code points sort as UTF-16 units do.
    return written.isascii() or not _FROM_SURROGATES.search(written)


_LEAVES = frozenset({str, bool, type(None)})


def _is_plain(value: object, depth: int = MAX_DEPTH) -> bool:
    """Whether there is nothing in ``value`` but JSON's own types within their bounds: then sorting is all to be done.

    A quarter of what ``_ordered`` costs, which has to build everything anew.
    """
    if type(value) in _LEAVES:
        return True
    if type(value) is int:
        return -MAX_INT <= value <= MAX_INT
    if depth == 0:
        return False
    if type(value) is dict:
        for key, inner in value.items():
            if type(key) is not str or not (type(inner) in _LEAVES or _is_plain(inner, depth - 1)):
                return False
        return True
    return type(value) is list and all(type(inner) in _LEAVES or _is_plain(inner, depth - 1) for inner in value)


_AS_IT_IS = (str, bool, type(None))


def _ordered(value: object, depth: int) -> object:
    if isinstance(value, _AS_IT_IS):
        return value
    if isinstance(value, int):
        return _exact(value)
    if depth == 0:
        raise CanonicalError(_TOO_DEEP)
    if isinstance(value, dict):
        return {key: _ordered(value[key], depth - 1) for key in _sorted_keys(value)}
    if isinstance(value, list | tuple):
        return [_ordered(item, depth - 1) for item in value]
    raise CanonicalError(f"a {type(value).__name__} has no canonical form")


def _exact(number: int) -> int:
    if not -MAX_INT <= number <= MAX_INT:
        raise CanonicalError("an integer is beyond 2^53-1")
    return number


def _sorted_keys(value: dict[str, object]) -> list[str]:
    try:
        plain = "".join(value).isascii()
    except TypeError as error:
        raise CanonicalError("an object's key is not a string") from error
    # Code points and UTF-16 units sort alike in ASCII, where nearly all keys are.
    return sorted(value) if plain else sorted(value, key=_utf_16)


def _utf_16(key: str) -> bytes:
    return key.encode("utf-16-be")


def _check_depth(value: Json, written: bytes) -> None:
    if written.count(b"{") + written.count(b"[") <= MAX_DEPTH:
        return
    row: list[Json] = [value]
    for _ in range(MAX_DEPTH + 1):
        row = [item for one in row if isinstance(one, dict | list) for item in _items(one)]
        if not row:
            return
    raise CanonicalError(_TOO_DEEP)


def _items(value: dict[str, Json] | list[Json]) -> Iterable[Json]:
    return value.values() if isinstance(value, dict) else value


def _object_of(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise CanonicalError("a key stands twice in one object")
    return value


def _int_of(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise CanonicalError("an integer is beyond 2^53-1")
    return _exact(int(digits))


def _refuse(number: str) -> NoReturn:
    raise CanonicalError(f"{number[:20]} is not an integer")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object_of, parse_int=_int_of, parse_float=_refuse, parse_constant=_refuse
)
# A key that stands twice is written once, so what is compared with its canonical form needs no look at each object.
_DECODER_OF_CANONICAL = json.JSONDecoder(parse_int=_int_of, parse_float=_refuse, parse_constant=_refuse)
