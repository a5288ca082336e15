r"""Letters, receipts, cards and checkpoints as a file, for networks that do not touch.

A text file of lines, each one JSON object in canonical form; the first says what the file is, each
other one holds one thing exactly as it would travel over a line::

    {"at":"2026-11-24T03:00:00.000Z","from":"ro","kind":"tocsin-wire-file","to":"pt","v":1}
    {"card":"<JWS>"}
    {"checkpoint":"ro.example/journal\n41\n…"}
    {"envelope":"<JWE>"}

``envelope`` is a letter or a receipt, sealed to ``to``: the file may go by any hand. ``from`` and ``at``
are for people; what is believed is believed for the signatures inside. Reading a file twice has the
effect of reading it once. A line longer than ``MOST_LINE`` bytes ends the reading.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tocsin.base import instant
from tocsin.base.ids import MEMBER_PATTERN, MemberId
from tocsin.base.instant import Instant
from tocsin.proof.canonical import Json, canonical, parse_canonical
from tocsin.proof.errors import CanonicalError
from tocsin.wire.errors import WireFileError

KIND: Final = "tocsin-wire-file"
MOST_LINE: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHead:
    """What a file says of itself."""

    sender: MemberId
    addressee: MemberId
    at: Instant


@dataclass(frozen=True, slots=True)
class FiledCard:
    """A card, as it travels."""

    jws: str


@dataclass(frozen=True, slots=True)
class FiledCheckpoint:
    """A checkpoint, with its cosignatures."""

    note: str


@dataclass(frozen=True, slots=True)
class FiledEnvelope:
    """A letter or a receipt, sealed."""

    jwe: bytes


Filed = FiledCard | FiledCheckpoint | FiledEnvelope


def lines_of(head: FileHead, things: Iterable[Filed]) -> Iterator[bytes]:
    """The lines of a file."""
    first = {"kind": KIND, "v": 1, "from": head.sender, "to": head.addressee, "at": instant.text(head.at)}
    yield canonical(first) + b"\n"
    for thing in things:
        yield canonical(_line(thing)) + b"\n"


def read_head(line: bytes) -> FileHead:
    """What the first line says; raises ``WireFileError``."""
    members = _members(line, number=1)
    if members.keys() != {"kind", "v", "from", "to", "at"} or (members["kind"], members["v"]) != (KIND, 1):
        raise WireFileError(line=1, rule=f"an object of kind {KIND}, v 1, from, to and at")
    sender, addressee = (_member(members[name], name=name) for name in ("from", "to"))
    try:
        return FileHead(sender=sender, addressee=addressee, at=instant.parse(str(members["at"])))
    except (ValueError, OverflowError):
        raise WireFileError(line=1, rule="at is an instant, RFC 3339 with an offset") from None


def read_line(line: bytes, *, number: int) -> Filed:
    """What a line after the first holds; raises ``WireFileError``, which names the line."""
    match _members(line, number=number):
        case {"card": str(jws), **rest} if not rest:
            return FiledCard(jws)
        case {"checkpoint": str(note), **rest} if not rest:
            return FiledCheckpoint(note)
        case {"envelope": str(jwe), **rest} if not rest and jwe.isascii():
            return FiledEnvelope(jwe.encode("ascii"))
    raise WireFileError(line=number, rule="one of card, checkpoint and envelope, and nothing else")


def _line(thing: Filed) -> dict[str, str]:
    match thing:
        case FiledCard(jws=jws):
            return {"card": jws}
        case FiledCheckpoint(note=note):
            return {"checkpoint": note}
        case FiledEnvelope(jwe=jwe):
            return {"envelope": jwe.decode("ascii")}


def _members(line: bytes, *, number: int) -> dict[str, Json]:
    if len(line) > MOST_LINE:
        raise WireFileError(line=number, rule=f"at most {MOST_LINE} bytes long")
    try:
        members = parse_canonical(line.removesuffix(b"\n").removesuffix(b"\r"))
    except CanonicalError as error:
        raise WireFileError(line=number, rule=f"one JSON object in canonical form: {error}") from None
    if not isinstance(members, dict):
        raise WireFileError(line=number, rule="one JSON object")
    return members


def _member(value: Json, *, name: str) -> MemberId:
    if not isinstance(value, str) or MEMBER_PATTERN.fullmatch(value) is None:
        raise WireFileError(line=1, rule=f"{name} is a member's id")
    return MemberId(value)
