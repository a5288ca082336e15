"""What the C2SP text formats are made of: base64 that can be written in one way only, and numbers.

Base64 is RFC 4648, section 4, padded; a number is decimal ASCII without sign or leading zero
(``0`` for zero). Both are refused in any other spelling, so that no changed character stays unseen.
Hashes are SHA-256: 32 bytes, 44 characters.
"""

from base64 import b64decode, b64encode
from functools import lru_cache

from tocsin.proof.errors import AlteredError

MAX_NUMBER = 2**63 - 1
_MAX_DIGITS = 19
_HASH_SIZE = 32


def base64_of(raw: bytes) -> str:
    """The base64 form of ``raw``."""
    return b64encode(raw).decode("ascii")


def bytes_of(text: str, *, thing: str) -> bytes:
    """The bytes behind base64 ``text``; raises ``AlteredError`` that accuses ``thing``."""
    try:
        raw = b64decode(text.encode("ascii"), validate=True)
    except ValueError as error:
        raise AlteredError(thing, "not base64") from error
    if base64_of(raw) != text:
        raise AlteredError(thing, "base64 with stray bits or padding")
    return raw


# Proofs of one tree share most of their hashes.
@lru_cache(maxsize=4096)
def hash_of(text: str, *, thing: str) -> bytes:
    """The 32 bytes behind base64 ``text``; raises ``AlteredError`` that accuses ``thing``."""
    raw = bytes_of(text, thing=thing)
    if len(raw) != _HASH_SIZE:
        raise AlteredError(thing, "a hash is not 32 bytes long")
    return raw


def number_of(text: str, *, thing: str) -> int:
    """The number written as ``text``; raises ``AlteredError`` that accuses ``thing``."""
    plain = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
    if not plain or (text[0] == "0" and text != "0") or int(text) > MAX_NUMBER:
        raise AlteredError(thing, "not a decimal number in its shortest form")
    return int(text)
