"""To which of our requests a mail may belong: what in it points at one. A person decides.

Four things point: the number of a form of ours in subject or text; the Message-ID of a mail of ours that it answers; a
file that is a form of ours, byte for byte; and the signed letter inside a file. A stranger who knows a number can write
it: a hint says where to look, never that a mail is genuine.

The letter inside a PDF is found without reading the PDF: each stream is opened as far as a letter can be long, and no
further, and compared by its hash with the letters that are here.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.base.ids import MemberId
from tocsin.forms.rules.number import plain
from tocsin.mail.rules.parsed import Attachment, Parsed

_STREAM = re.compile(rb"stream\r?\n")
_LETTER = re.compile(rb"[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{80,}\s*")
_MOST_LETTER = 512 * 1024
_MOST_STREAMS = 300
_MOST_NUMBERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What to look up."""

    numbers: tuple[str, ...]
    """Of forms, without what does not matter when they are typed."""
    answers: tuple[str, ...]
    files: tuple[str, ...]
    letters: tuple[str, ...]
    """SHA-256 of what may be a letter inside a file."""


def hints_of(parsed: Parsed, *, member: MemberId) -> Hints:
    """What in a mail may point at a request of ``member``."""
    return Hints(
        numbers=_numbers(f"{parsed.subject}\n{parsed.text}", member),
        answers=parsed.answers,
        files=tuple(each.sha256 for each in parsed.attachments),
        letters=tuple(dict.fromkeys(found for each in parsed.attachments for found in _letters(each))),
    )


def _numbers(text: str, member: MemberId) -> tuple[str, ...]:
    own = re.compile(rf"\b{re.escape(member)}[-\s]?([0-9a-z]{{4}})[-\s]?([0-9a-z]{{4}})\b", re.IGNORECASE)
    found = (plain(f"{member}-{each.group(1)}-{each.group(2)}") for each in own.finditer(text))
    return tuple(dict.fromkeys(found))[:_MOST_NUMBERS]


def _letters(file: Attachment) -> Iterator[str]:
    if _LETTER.fullmatch(file.content[:_MOST_LETTER]):
        yield hashlib.sha256(file.content.strip()).hexdigest()
    if file.content[:1024].find(b"%PDF-") < 0:
        return
    for number, each in enumerate(_STREAM.finditer(file.content)):
        if number >= _MOST_STREAMS:
            return
        held = _opened(file.content[each.end() : each.end() + _MOST_LETTER])
        if _LETTER.fullmatch(held):
            yield hashlib.sha256(held.strip()).hexdigest()


def _opened(stream: bytes) -> bytes:
    """A stream that was deflated, as far as a letter can be long; or as it lies there."""
    try:
        return zlib.decompressobj().decompress(stream, _MOST_LETTER)
    except zlib.error:
        return stream.partition(b"endstream")[0].strip()
