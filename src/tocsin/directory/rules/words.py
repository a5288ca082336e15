r"""The six words of a card: what two contact points read to each other on the telephone.

Each side reads the six words of its **own** card, and the other compares them with those of the card that it
received. Words that both sides would have in common could be met in the middle: an attacker who sits between
the two chooses a card for each side, and needs only two that give the same words (a collision, some 2^39
tries). Words of one card leave him the search for a second card that gives *these* words: some 2^77 tries.

    fingerprint = scrypt(password = the card's compact JWS, salt = "tocsin card words v1\0" + member,
                         N = 2^17, r = 8, p = 2, 32 bytes)                               (RFC 7914)
    words       = the six lowest digits of that number (big-endian) in base 7,776, highest first,
                  each looked up in the EFF's long word list

A try costs the attacker 128 MiB of memory and most of a second of a processor core. The member in the
salt makes work spent on one member worthless for another. What that means in money and years is in
``docs/security/card-words.md``, with the measurement.

The list is the EFF's long list (7,776 words, CC BY 3.0 US), as the package ``xkcdpass`` carries it; its SHA-256
is checked, since another list would give other words and two desks that do not agree.

**Never change a constant here**: the same card would get other words on the other side.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from hashlib import scrypt, sha256
from hmac import compare_digest
from importlib.resources import files

from tocsin.base.ids import MemberId
from tocsin.directory.errors import WordListChangedError, WordsFormError

COUNT = 6
LIST_SIZE = 7776
LIST_SHA256 = "6d557f0693958fb5e650b68b5bee585eb82cf4da32965505c789e924743bc522"
DOMAIN = b"tocsin card words v1\0"
_N, _R, _P = 2**17, 8, 2
_MEMORY = 128 * _R * (_N + _P) + 1024 * 1024
_BYTES = 32
_BETWEEN = re.compile(r"[\s,.;/]+")


@dataclass(frozen=True, slots=True)
class Words:
    """Six words of the list."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.words)


def words_of(jws: str, *, member: MemberId) -> Words:
    """The six words of a card; takes most of a second and 128 MiB, by design.

    Raises ``WordListChangedError`` when the installed list is another one.
    """
    return words_of_fingerprint(fingerprint_of(jws, member=member))


def fingerprint_of(jws: str, *, member: MemberId) -> bytes:
    """The slow hash of a card: 32 bytes."""
    salt = DOMAIN + member.encode("ascii")
    return scrypt(jws.encode("ascii"), salt=salt, n=_N, r=_R, p=_P, maxmem=_MEMORY, dklen=_BYTES)


def words_of_fingerprint(fingerprint: bytes) -> Words:
    """The words that a fingerprint is read as."""
    number, digits = int.from_bytes(fingerprint, "big"), list[int]()
    for _ in range(COUNT):
        number, digit = divmod(number, LIST_SIZE)
        digits.append(digit)
    known = word_list()
    return Words(tuple(known[digit] for digit in reversed(digits)))


def words_heard(typed: str) -> Words:
    """The words as somebody typed what she heard: any case, any space or comma between them.

    Raises ``WordsFormError`` unless they are six words of the list.
    """
    heard = tuple(word for word in _BETWEEN.split(typed.strip().lower()) if word)
    if len(heard) != COUNT:
        raise WordsFormError(fault=f"{len(heard)} words were typed")
    strange = [word for word in heard if not _is_listed(word)]
    if strange:
        raise WordsFormError(fault=f"{', '.join(word[:30] for word in strange)} is not in the list")
    return Words(heard)


def same_words(one: Words, other: Words) -> bool:
    """Whether the words are the same, compared without telling where they part."""
    return compare_digest(str(one).encode(), str(other).encode())


def _is_listed(word: str) -> bool:
    listed = word_list()  # in alphabetical order
    place = bisect_left(listed, word)
    return place < LIST_SIZE and listed[place] == word


@lru_cache(maxsize=1)
def word_list() -> tuple[str, ...]:
    """The 7,776 words; raises ``WordListChangedError`` when they are not those of the EFF's long list."""
    content = files("xkcdpass").joinpath("static", "eff-long").read_bytes()
    found = sha256(content).hexdigest()
    if found != LIST_SHA256:
        raise WordListChangedError(found=found, expected=LIST_SHA256)
    return tuple(content.decode("ascii").split())
