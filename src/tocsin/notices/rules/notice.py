"""What a node tells others outside any thread: a warning of a forgery to everybody, a word about a call-back to one.

A **warning** is the payload of a JWS of ``typ`` ``tocsin-warning+jws``, canonical JSON with exactly these members; the
same bytes go to every member, sealed to each::

    {"v": 1, "type": "warning", "id": "8f2d…",   a UUID, chosen by the issuer
     "from": "ro",                               who warns, and signs
     "version": 1,                               1 warns, 2 withdraws
     "issued": "2026-11-24T03:12:00.000Z",       true time: of the warning, also in its withdrawal
     "until": "2027-02-22T03:12:00.000Z",        when it ends by itself; at most MOST_DAYS later
     "exercise": false,
     "by": {"role": "duty-officer"},             who confirmed it, by role
     "withdrawn": null,                          {"at": instant, "why": "mistaken" | "settled"} in version 2
     "features": {…}}                            see ``rules.features``

Version 2 says all of version 1 again, so whichever comes first, or alone, the reader ends with a warning that is
withdrawn: no order has to be kept (decision 0162).

A **word about a call-back** is the payload of ``tocsin-notice+jws``, from the side that is asked to the side in whose
name the ask came::

    {"v": 1, "type": "call-back", "id": "…", "from": "pt", "to": "ro", "at": "…", "exercise": false,
     "thread": "51c0…", "letter_sha256": "<64 hex>",       the request, and its ask
     "said": "denied",                                     see ``Said``
     "by": {"name": "Inês Exemplo", "role": "duty-officer"}}
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from tocsin.base import instant, jose
from tocsin.base.ids import MEMBER_PATTERN, MemberId, RequestId, is_uuid
from tocsin.base.instant import Instant
from tocsin.base.jose import SigningKey, Typ, VerifyingKey
from tocsin.notices.errors import NoticeFaultyError, NoticeTimeError
from tocsin.notices.rules.features import Features, features_payload, read_features
from tocsin.proof.canonical import Json, canonical, parse_canonical
from tocsin.proof.errors import CanonicalError

LIMIT: Final = 32 * 1024
"""Bytes of the longest notice."""
USUAL_DAYS: Final = 90
MOST_DAYS: Final = 180
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
WARNS, WITHDRAWS = 1, 2
_ROLE = re.compile(r"(?=.{1,64}\Z)[a-z]+(?:-[a-z]+)*")
_HEX_64 = re.compile(r"[0-9a-f]{64}")
_MOST_NAME = 200
_WARNING = {"v", "type", "id", "from", "version", "issued", "until", "exercise", "by", "withdrawn", "features"}
_WORD = {"v", "type", "id", "from", "to", "at", "exercise", "thread", "letter_sha256", "said", "by"}


class Why(StrEnum):
    """Why a warning was withdrawn."""

    MISTAKEN = "mistaken"
    """The request was genuine after all."""
    SETTLED = "settled"
    """It was a forgery, and there is nothing to look out for any more."""


class Said(StrEnum):
    """What became of a call-back."""

    DENIED = "denied"
    """Who answered at the authority's number says that it did not ask."""
    UNANSWERED = "unanswered"
    """Nobody answered at the authority's number; nothing was disclosed yet."""
    DISCLOSED = "disclosed-unconfirmed"
    """Nobody answered within the set minutes, a life is at risk, and the data were given."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """When a warning was withdrawn, and why."""

    at: Instant
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A warning; ``withdrawn`` in its second version."""

    id: str
    sender: MemberId
    issued: Instant
    until: Instant
    exercise: bool
    role: str
    features: Features
    withdrawn: Withdrawn | None = None

    @property
    def version(self) -> int:
        """1 warns, 2 withdraws."""
        return WITHDRAWS if self.withdrawn else WARNS

    @property
    def made(self) -> Instant:
        """When this version was signed."""
        return self.withdrawn.at if self.withdrawn else self.issued


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackWord:
    """What the asked side tells the side in whose name an ask came."""

    id: str
    sender: MemberId
    addressee: MemberId
    at: Instant
    exercise: bool
    thread: RequestId
    letter_sha256: str
    said: Said
    name: str
    role: str

    @property
    def made(self) -> Instant:
        """When it was signed."""
        return self.at


Notice = Warned | CallBackWord


# --- Signing --------------------------------------------------------------------------------------


def sign_notice(notice: Notice, *, key: SigningKey) -> bytes:
    """The JWS of a notice."""
    if isinstance(notice, Warned):
        return jose.sign(canonical(warning_payload(notice)), typ=Typ.WARNING, key=key)
    return jose.sign(canonical(word_payload(notice)), typ=Typ.NOTICE, key=key)


def warning_payload(warned: Warned) -> dict[str, Json]:
    """The payload of a warning."""
    gone = warned.withdrawn
    return {
        "v": 1,
        "type": "warning",
        "id": warned.id,
        "from": warned.sender,
        "version": warned.version,
        "issued": instant.text(warned.issued),
        "until": instant.text(warned.until),
        "exercise": warned.exercise,
        "by": {"role": warned.role},
        "withdrawn": {"at": instant.text(gone.at), "why": gone.why.value} if gone else None,
        "features": features_payload(warned.features),
    }


def word_payload(word: CallBackWord) -> dict[str, Json]:
    """The payload of a word about a call-back."""
    return {
        "v": 1,
        "type": "call-back",
        "id": word.id,
        "from": word.sender,
        "to": word.addressee,
        "at": instant.text(word.at),
        "exercise": word.exercise,
        "thread": word.thread,
        "letter_sha256": word.letter_sha256,
        "said": word.said.value,
        "by": {"name": word.name, "role": word.role},
    }


# --- Reading --------------------------------------------------------------------------------------


def verify_notice(jws: bytes, *, key: VerifyingKey) -> Notice:
    """The notice, once its signature is proved to be by ``key``.

    Raises ``EnvelopeError`` and ``SignatureWrongError``, and ``NoticeFaultyError`` with every rule that it breaks.
    """
    typ = jose.header_of(jws).typ
    return parse_notice(jose.payload_of(jws, typ=Typ.NOTICE if typ is Typ.NOTICE else Typ.WARNING, key=key))


def parse_notice(payload: bytes) -> Notice:
    """The notice in a payload; raises ``NoticeFaultyError``."""
    try:
        value = parse_canonical(payload) if len(payload) <= LIMIT else None
    except CanonicalError:
        value = None
    if not isinstance(value, dict):
        raise NoticeFaultyError(faults=f"one object in canonical JSON, of at most {LIMIT} bytes")
    reader = _Reader(value)
    kind = value.get("type")
    if value.get("v") != 1 or value.get("v") is True or kind not in ("warning", "call-back"):
        raise NoticeFaultyError(faults="v: 1, and type: warning or call-back")
    notice = _warned(reader) if kind == "warning" else _word(reader)
    if reader.faults:
        raise NoticeFaultyError(faults="; ".join(reader.faults[:20]))
    return notice


def check_time(notice: Notice, *, at: Instant) -> None:
    """Raise ``NoticeTimeError`` for a notice of the future, and for a warning that has ended or lasts too long."""
    if notice.made > at + CLOCK_TOLERANCE:
        raise NoticeTimeError(field="issued", at=instant.text(notice.made), rule="not in the future")
    if isinstance(notice, Warned):
        if notice.until <= at:
            raise NoticeTimeError(field="until", at=instant.text(notice.until), rule="not over")
        if not notice.issued < notice.until <= notice.issued + timedelta(days=MOST_DAYS):
            rule = f"at most {MOST_DAYS} days after it was issued"
            raise NoticeTimeError(field="until", at=instant.text(notice.until), rule=rule)


def _warned(reader: "_Reader") -> Warned:
    reader.exactly(_WARNING)
    features, faults = read_features(reader.members.get("features"))
    reader.faults += [f"features.{each}" for each in faults]
    gone = _withdrawn(reader)
    warned = Warned(
        id=reader.uuid("id"),
        sender=reader.member("from"),
        issued=reader.instant("issued"),
        until=reader.instant("until"),
        exercise=reader.truth("exercise"),
        role=reader.inside("by", {"role"}).match("role", _ROLE),
        features=features,
        withdrawn=gone,
    )
    if reader.members.get("version") != warned.version or reader.members.get("version") is True:
        reader.fault("version", "1 where nothing is withdrawn, 2 where it is")
    return warned


def _withdrawn(reader: "_Reader") -> Withdrawn | None:
    if reader.members.get("withdrawn") is None:
        return None
    inside = reader.inside("withdrawn", {"at", "why"})
    why = inside.members.get("why")
    if why not in list(Why):
        inside.fault("why", f"one of {', '.join(Why)}")
        why = Why.MISTAKEN
    return Withdrawn(at=inside.instant("at"), why=Why(str(why)))


def _word(reader: "_Reader") -> CallBackWord:
    reader.exactly(_WORD)
    by = reader.inside("by", {"name", "role"})
    said = reader.members.get("said")
    if said not in list(Said):
        reader.fault("said", f"one of {', '.join(Said)}")
        said = Said.DENIED
    return CallBackWord(
        id=reader.uuid("id"),
        sender=reader.member("from"),
        addressee=reader.member("to"),
        at=reader.instant("at"),
        exercise=reader.truth("exercise"),
        thread=RequestId(reader.uuid("thread")),
        letter_sha256=reader.match("letter_sha256", _HEX_64),
        said=Said(str(said)),
        name=by.line("name"),
        role=by.match("role", _ROLE),
    )


class _Reader:
    """The members of one object; each that breaks its rule becomes a fault, and reading goes on with a stand-in."""

    def __init__(self, members: Mapping[str, Json], *, where: str = "", faults: list[str] | None = None) -> None:
        self.members, self._where = members, where
        self.faults: list[str] = [] if faults is None else faults

    def fault(self, name: str, rule: str) -> None:
        self.faults.append(f"{self._where}{name}: {rule}")

    def exactly(self, names: set[str]) -> None:
        for name in sorted(names ^ self.members.keys()):
            self.fault(name[:64], "every member has to be there, and no other")

    def inside(self, name: str, names: set[str]) -> "_Reader":
        value = self.members.get(name)
        if not isinstance(value, Mapping):
            self.fault(name, "an object")
            value = dict.fromkeys(names, "")
        reader = _Reader(value, where=f"{self._where}{name}.", faults=self.faults)
        reader.exactly(names)
        return reader

    def match(self, name: str, pattern: re.Pattern[str]) -> str:
        value = self.members.get(name)
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        self.fault(name, f"it matches {pattern.pattern}")
        return ""

    def member(self, name: str) -> MemberId:
        return MemberId(self.match(name, MEMBER_PATTERN))

    def uuid(self, name: str) -> str:
        value = self.members.get(name)
        if is_uuid(value):
            return str(value)
        self.fault(name, "a UUID in lower case")
        return ""

    def truth(self, name: str) -> bool:
        value = self.members.get(name)
        if not isinstance(value, bool):
            self.fault(name, "true or false")
        return value is True

    def line(self, name: str) -> str:
        value = self.members.get(name)
        if isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= _MOST_NAME:
            return value
        self.fault(name, f"one line of 1 to {_MOST_NAME} characters")
        return ""

    def instant(self, name: str) -> Instant:
        value = self.members.get(name)
        try:
            found = instant.parse(str(value))
        except (ValueError, OverflowError):
            found = None
        if found is None or instant.text(found) != value:
            self.fault(name, "an instant in UTC with milliseconds")
            return instant.parse("1970-01-01T00:00:00.000Z")
        return found
