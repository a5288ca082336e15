"""A letter: one signed step of a thread, as a value.

The payload of a letter's JWS (``typ`` ``tocsin-letter+jws``) is one JSON object in canonical form
(``tocsin.proof.canonical``) with exactly these members; a member that is missing, unknown or of
another shape makes the letter malformed::

    {"v": 1, "type": "letter", "suite": "tocsin-1",
     "id": "8f2d…",                       a UUID, chosen by the sender
     "kind": "ask",                       see tocsin.law.vocabulary.LetterKind
     "thread": "51c0…",                   the request's UUID, chosen by the side that asks
     "from": "ro", "to": "pt",            member ids; one addressee, so that nobody can pass it on
     "seq": 1,                            1, 2, 3 … in this sender's letters of this thread
     "prev": null,                        hash of this sender's letter before it; null for the first
     "seen": null,                        hash of the last letter seen from the other side, or null
     "written": "2026-11-24T03:00:00.000Z",
     "exercise": null,                    {"shift_seconds": 86400} from an exercise node; 0 without a shift
     "directory": {"source": "tuf", "stale_since": null},
     "by": {"name": "Ioana Exemplu", "role": "duty-officer"},
     "instrument": "budapest-29-preserve",
     "body": {…},                         what this kind of letter says: tocsin.requests.rules.letters
     "parts": [{"name": "grounds", "commitment": "<64 hex>", "sealed": null}],
     "attachments": [{"id": "…", "name": "package.tar", "size": 1, "sha256": "<64 hex>",
                      "sha512": "<128 hex>", "age_size": 1, "age_sha256": "<64 hex>"}]}

A letter's hash is the SHA-256 of its compact JWS, so it covers the signature too. ``prev`` and
``seen`` make the letters of a thread a directed acyclic graph of two chains
(``tocsin.requests.rules.thread``). Changing a member here changes what every other node accepts:
that needs a new ``v``, a schema and vectors, and a time in which both are read.

Source: design, section 5 (the wire).
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NoReturn

from tocsin.base import instant
from tocsin.base.ids import MEMBER_PATTERN, InstrumentId, LetterId, MemberId, RequestId, is_uuid
from tocsin.base.instant import Instant
from tocsin.law.vocabulary import LetterKind as LetterKind  # noqa: PLC0414 - whoever reads a letter needs its kinds
from tocsin.proof.canonical import MAX_INT, Json, parse_canonical
from tocsin.proof.errors import CanonicalError
from tocsin.wire.errors import (
    LetterFieldError,
    LetterFieldMissingError,
    LetterFieldUnknownError,
    LetterKindUnknownError,
    LetterNotJsonError,
    LetterSuiteError,
    LetterVersionError,
)

VERSION = 1
SUITE = "tocsin-1"

MOST_PARTS = 32
MOST_ATTACHMENTS = 256
MOST_DEPTH = 16
MOST_TEXT = 65_536
MOST_NAME = 200
MOST_SHIFT_SECONDS = 100 * 366 * 86_400

_HEX_64 = re.compile(r"[0-9a-f]{64}")
_HEX_128 = re.compile(r"[0-9a-f]{128}")
_INSTRUMENT = re.compile(r"(?=.{1,64}\Z)[a-z0-9]+(?:-[a-z0-9]+)*")
_PART_NAME = re.compile(r"(?=.{1,64}\Z)[a-z0-9]+(?:-[a-z0-9]+)*")
_ROLE = re.compile(r"(?=.{1,64}\Z)[a-z]+(?:-[a-z]+)*")
_COMPACT_JWE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class CardSource(StrEnum):
    """How the sender knew its addressee: the two sources of the directory, always shown apart.

    ``hearsay`` stands in letters alone that went as forms to somebody who has no node: on the wire it is refused, for
    there nobody writes to whom he has no keys of.
    """

    TUF = "tuf"
    VOICE = "voice"
    HEARSAY = "hearsay"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryNote:
    """What the sender's directory was worth when it wrote; ``stale_since`` says the hub was away."""

    source: CardSource
    stale_since: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """The person who wrote, by name and by the role she acted under."""

    name: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part that only its own readers may read.

    ``commitment`` is the SHA-256 of salt and canonical plaintext; ``sealed`` is the JWE to this
    letter's addressee when he is a reader, else nothing: then he learns that a part of this name
    exists and can check it later, and no more.
    """

    name: str
    commitment: str
    sealed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that travels beside the letter as an ``age`` file; sizes in bytes, hashes in hex."""

    id: str
    name: str
    size: int
    sha256: str
    sha512: str
    age_size: int
    age_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnsignedLetter:
    """What a letter says, before its sender has signed it."""

    id: LetterId
    kind: LetterKind
    thread: RequestId
    sender: MemberId
    addressee: MemberId
    seq: int
    prev: str | None
    seen: str | None
    written: Instant
    by: Writer
    instrument: InstrumentId
    directory: DirectoryNote
    body: Mapping[str, Json] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    exercise_shift_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Letter(UnsignedLetter):
    """A letter whose signature was verified; ``jws`` are its bytes, ``sha256`` their hash.

    Two letters are the same letter when their bytes are the same.
    """

    jws: bytes
    sha256: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Letter) and other.sha256 == self.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)


def letter_hash(jws: bytes) -> str:
    """A letter's hash: the SHA-256 of its compact JWS, in hex."""
    return hashlib.sha256(jws).hexdigest()


def letter_payload(letter: UnsignedLetter) -> dict[str, Json]:
    """The payload to sign; ``parse_letter`` gives the same letter back."""
    return {
        "v": VERSION,
        "type": "letter",
        "suite": SUITE,
        "id": letter.id,
        "kind": letter.kind.value,
        "thread": letter.thread,
        "from": letter.sender,
        "to": letter.addressee,
        "seq": letter.seq,
        "prev": letter.prev,
        "seen": letter.seen,
        "written": instant.text(letter.written),
        "exercise": _exercise_payload(letter.exercise_shift_seconds),
        "directory": {
            "source": letter.directory.source.value,
            "stale_since": _optional_text(letter.directory.stale_since),
        },
        "by": {"name": letter.by.name, "role": letter.by.role},
        "instrument": letter.instrument,
        "body": dict(letter.body),
        "parts": [_part_payload(part) for part in letter.parts],
        "attachments": [_attachment_payload(attachment) for attachment in letter.attachments],
    }


def parse_letter(payload: bytes, *, jws: bytes) -> Letter:
    """The letter in ``payload``, which must be the verified content of ``jws``.

    Raises a ``PeerError`` that names the field and the rule for anything that is not exactly as
    the top of this module says. What the body means is not looked at here.
    """
    return _letter_of(_json_object(payload), jws=jws)


def parse_own_letter(payload: bytes, *, jws: bytes) -> Letter:
    """What ``parse_letter`` does, for a payload that ``canonical`` wrote just now: its form is not looked at again.

    Raises what ``parse_letter`` raises.
    """
    return _letter_of(json.loads(payload), jws=jws)


def _letter_of(payload: dict[str, Json], *, jws: bytes) -> Letter:
    fields = _Fields("", payload)
    _check_version(fields)
    letter = Letter(
        id=LetterId(fields.uuid("id")),
        kind=_kind(fields),
        thread=RequestId(fields.uuid("thread")),
        sender=fields.member("from"),
        addressee=fields.member("to"),
        seq=fields.integer("seq", at_least=1),
        prev=fields.optional_match("prev", _HEX_64, "null or 64 lower-case hexadecimal digits"),
        seen=fields.optional_match("seen", _HEX_64, "null or 64 lower-case hexadecimal digits"),
        written=fields.instant("written"),
        exercise_shift_seconds=_exercise(fields),
        directory=_directory(fields.object("directory")),
        by=_writer(fields.object("by")),
        instrument=InstrumentId(fields.match("instrument", _INSTRUMENT, "an instrument id")),
        body=_body(fields),
        parts=_parts(fields),
        attachments=_attachments(fields),
        jws=jws,
        sha256=letter_hash(jws),
    )
    fields.check_nothing_left()
    _check_whole(letter)
    return letter


def read_kept_letter(payload: bytes, *, jws: bytes) -> Letter:
    """The letter in ``payload`` that ``parse_letter`` has read before it was kept, read again without its checks.

    A thread is read again with every letter and receipt that comes into it, and checking costs five times what reading
    does. Only for bytes out of a row of our own: whether that still is what it was, the journal's audit tells. Raises
    ``ValueError`` or ``LookupError`` for what is no letter at all.
    """
    said = json.loads(payload)
    exercise, directory, stale = said["exercise"], said["directory"], said["directory"]["stale_since"]
    return Letter(
        id=LetterId(said["id"]),
        kind=LetterKind(said["kind"]),
        thread=RequestId(said["thread"]),
        sender=MemberId(said["from"]),
        addressee=MemberId(said["to"]),
        seq=said["seq"],
        prev=said["prev"],
        seen=said["seen"],
        written=instant.parse(said["written"]),
        exercise_shift_seconds=None if exercise is None else exercise["shift_seconds"],
        directory=DirectoryNote(
            source=CardSource(directory["source"]), stale_since=None if stale is None else instant.parse(stale)
        ),
        by=Writer(**said["by"]),
        instrument=InstrumentId(said["instrument"]),
        body=said["body"],
        parts=tuple(Part(**part) for part in said["parts"]),
        attachments=tuple(Attachment(**attachment) for attachment in said["attachments"]),
        jws=jws,
        sha256=letter_hash(jws),
    )


def _check_version(fields: "_Fields") -> None:
    # The version comes first: what a later version means by its members is not for this code to judge.
    version = fields.take("v")
    if version != VERSION or isinstance(version, bool):
        raise LetterVersionError(version=version)
    if fields.take("type") != "letter":
        fields.fail("type", 'it must be "letter"')
    suite = fields.take("suite")
    if suite != SUITE:
        raise LetterSuiteError(suite=suite)


def _check_whole(letter: Letter) -> None:
    if letter.sender == letter.addressee:
        raise LetterFieldError(field="to", rule="nobody writes to himself")
    if (letter.prev is None) != (letter.seq == 1):
        raise LetterFieldError(field="prev", rule="null in a sender's first letter of a thread, and only there")


def _kind(fields: "_Fields") -> LetterKind:
    written = fields.text("kind", most=64)
    try:
        return LetterKind(written)
    except ValueError:
        raise LetterKindUnknownError(kind=written) from None


def _exercise(fields: "_Fields") -> int | None:
    if fields.peek("exercise") is None:
        fields.take("exercise")
        return None
    exercise = fields.object("exercise")
    shift = exercise.integer("shift_seconds", at_least=-MOST_SHIFT_SECONDS, at_most=MOST_SHIFT_SECONDS)
    exercise.check_nothing_left()
    return shift


def _directory(fields: "_Fields") -> DirectoryNote:
    source = fields.text("source", most=16)
    if source not in {each.value for each in CardSource}:
        fields.fail("source", 'it must be "tuf", "voice" or, in a letter that goes as a form, "hearsay"')
    note = DirectoryNote(source=CardSource(source), stale_since=fields.optional_instant("stale_since"))
    fields.check_nothing_left()
    return note


def _writer(fields: "_Fields") -> Writer:
    writer = Writer(
        name=fields.line("name", most=200),
        role=fields.match("role", _ROLE, "a role in lower-case words joined by hyphens"),
    )
    fields.check_nothing_left()
    return writer


def _body(fields: "_Fields") -> dict[str, Json]:
    body = fields.take("body")
    if not isinstance(body, dict):
        fields.fail("body", "it must be an object")
    if not _is_bounded(body, MOST_DEPTH):
        _check_depth(body, "body", depth=1)  # says which member it is
    return body


def _parts(fields: "_Fields") -> tuple[Part, ...]:
    parts = tuple(_part(one) for one in fields.objects("parts", most=MOST_PARTS))
    _check_distinct("parts", "name", (part.name for part in parts))
    return parts


def _part(fields: "_Fields") -> Part:
    part = Part(
        name=fields.match("name", _PART_NAME, "lower-case words joined by hyphens"),
        commitment=fields.match("commitment", _HEX_64, "64 lower-case hexadecimal digits"),
        sealed=fields.optional_match("sealed", _COMPACT_JWE, "null or a compact JWE"),
    )
    fields.check_nothing_left()
    return part


def _attachments(fields: "_Fields") -> tuple[Attachment, ...]:
    attachments = tuple(_attachment(one) for one in fields.objects("attachments", most=MOST_ATTACHMENTS))
    _check_distinct("attachments", "id", (attachment.id for attachment in attachments))
    _check_distinct("attachments", "name", (attachment.name for attachment in attachments))
    return attachments


def _attachment(fields: "_Fields") -> Attachment:
    attachment = Attachment(
        id=fields.uuid("id"),
        name=_file_name(fields),
        size=fields.integer("size", at_least=0),
        sha256=fields.match("sha256", _HEX_64, "64 lower-case hexadecimal digits"),
        sha512=fields.match("sha512", _HEX_128, "128 lower-case hexadecimal digits"),
        age_size=fields.integer("age_size", at_least=1),
        age_sha256=fields.match("age_sha256", _HEX_64, "64 lower-case hexadecimal digits"),
    )
    fields.check_nothing_left()
    return attachment


def _file_name(fields: "_Fields") -> str:
    """A plain name: the receiver may use it as a file's name, so it must not lead elsewhere."""
    name = fields.line("name", most=200)
    if name in {".", ".."} or "/" in name or "\\" in name:
        fields.fail("name", "a plain file name, without a folder")
    return name


def _check_distinct(where: str, what: str, names: Iterable[str]) -> None:
    known: set[str] = set()
    for name in names:
        if name in known:
            raise LetterFieldError(field=f"{where}.{what}", rule=f"each only once, but {name!r} stands there twice")
        known.add(name)


def _part_payload(part: Part) -> dict[str, Json]:
    return {"name": part.name, "commitment": part.commitment, "sealed": part.sealed}


def _attachment_payload(attachment: Attachment) -> dict[str, Json]:
    return {
        "id": attachment.id,
        "name": attachment.name,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "sha512": attachment.sha512,
        "age_size": attachment.age_size,
        "age_sha256": attachment.age_sha256,
    }


def _exercise_payload(shift_seconds: int | None) -> Json:
    return None if shift_seconds is None else {"shift_seconds": shift_seconds}


def _optional_text(at: Instant | None) -> str | None:
    return None if at is None else instant.text(at)


# --- reading JSON strictly -------------------------------------------------------------------


def _json_object(payload: bytes) -> dict[str, Json]:
    try:
        read = parse_canonical(payload)
    except CanonicalError as error:
        raise LetterNotJsonError(rule=str(error)) from None
    if not isinstance(read, dict):
        raise LetterNotJsonError(rule="the payload must be one object")
    return read


def _is_bounded(value: dict[str, Json] | list[Json], levels: int) -> bool:
    """Whether ``_check_depth`` has nothing against what it holds: asked first, since naming each member costs more."""
    inside: Iterable[Json] = value
    if isinstance(value, dict):
        inside = value.values()
        for name in value:
            if len(name) > MOST_NAME or "\x00" in name:
                return False
    for inner in inside:
        if type(inner) is str:
            if len(inner) > MOST_TEXT or "\x00" in inner:
                return False
        elif isinstance(inner, dict | list) and not (levels > 1 and _is_bounded(inner, levels - 1)):
            return False
    return levels > 1 or not value


def _check_depth(value: Json, where: str, *, depth: int) -> None:
    """Bound what lies in the body, and refuse what a database or another JSON reader cannot hold."""
    if depth > MOST_DEPTH:
        raise LetterFieldError(field=where, rule=f"at most {MOST_DEPTH} levels deep")
    if isinstance(value, str):
        _check_text(value, where, most=MOST_TEXT)
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name, where, most=MOST_NAME)
            _check_depth(inner, f"{where}.{name}", depth=depth + 1)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            _check_depth(inner, f"{where}.{place}", depth=depth + 1)


def _check_text(text: str, where: str, *, most: int) -> None:
    if len(text) > most:
        raise LetterFieldError(field=where, rule=f"at most {most} characters")
    if "\x00" in text:
        raise LetterFieldError(field=where, rule="no character U+0000")


class _Fields:
    """The members of one object, taken one by one; each taker names the field when it refuses."""

    def __init__(self, where: str, members: dict[str, Json]) -> None:
        self._where = where
        self._members = members

    def path(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name

    def fail(self, name: str, rule: str) -> NoReturn:
        raise LetterFieldError(field=self.path(name), rule=rule)

    def peek(self, name: str) -> Json:
        if name not in self._members:
            raise LetterFieldMissingError(field=self.path(name))
        return self._members[name]

    def take(self, name: str) -> Json:
        if name not in self._members:
            raise LetterFieldMissingError(field=self.path(name))
        return self._members.pop(name)

    def check_nothing_left(self) -> None:
        for name in sorted(self._members):
            raise LetterFieldUnknownError(field=self.path(name))

    def text(self, name: str, *, most: int) -> str:
        value = self.take(name)
        if not isinstance(value, str) or not value:
            self.fail(name, "it must be a text that is not empty")
        _check_text(value, self.path(name), most=most)
        return value

    def line(self, name: str, *, most: int) -> str:
        value = self.text(name, most=most)
        if _CONTROL.search(value) or value != value.strip():
            self.fail(name, "one line without control characters or blanks around it")
        return value

    def match(self, name: str, pattern: re.Pattern[str], rule: str) -> str:
        value = self.take(name)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            self.fail(name, rule)
        return value

    def optional_match(self, name: str, pattern: re.Pattern[str], rule: str) -> str | None:
        if self.peek(name) is None:
            self.take(name)
            return None
        return self.match(name, pattern, rule)

    def uuid(self, name: str) -> str:
        value = self.take(name)
        if not isinstance(value, str) or not is_uuid(value):
            self.fail(name, "a UUID in lower case")
        return value

    def member(self, name: str) -> MemberId:
        return MemberId(self.match(name, MEMBER_PATTERN, "a member id"))

    def integer(self, name: str, *, at_least: int, at_most: int = MAX_INT) -> int:
        value = self.take(name)
        if not isinstance(value, int) or isinstance(value, bool) or not at_least <= value <= at_most:
            self.fail(name, f"an integer from {at_least} to {at_most}")
        return value

    def instant(self, name: str) -> Instant:
        value = self.take(name)
        read = instant.parse_told(value) if isinstance(value, str) else None
        if read is None:
            self.fail(name, "an instant in UTC with milliseconds, such as 2026-11-24T03:00:00.000Z")
        return read

    def optional_instant(self, name: str) -> Instant | None:
        if self.peek(name) is None:
            self.take(name)
            return None
        return self.instant(name)

    def object(self, name: str) -> "_Fields":
        value = self.take(name)
        if not isinstance(value, dict):
            self.fail(name, "it must be an object")
        return _Fields(self.path(name), value)

    def objects(self, name: str, *, most: int) -> list["_Fields"]:
        value = self.take(name)
        if not isinstance(value, list) or len(value) > most:
            self.fail(name, f"a list of at most {most} objects")
        return [self._object_at(name, place, inner) for place, inner in enumerate(value)]

    def _object_at(self, name: str, place: int, inner: Json) -> "_Fields":
        if not isinstance(inner, dict):
            self.fail(f"{name}.{place}", "it must be an object")
        return _Fields(self.path(f"{name}.{place}"), inner)
