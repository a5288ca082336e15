"""A card: a contact point's entry in the directory, signed by the member itself.

The payload of a JWS ``tocsin-card+jws``, canonical JSON with exactly these fields::

    {"v": 1, "type": "card", "member": "ro", "name": "Example point of Romania", "kind": "state",
     "country": "RO", "zone": "Europe/Bucharest", "holidays": {"country": "RO", "subdivision": null},
     "languages": ["ro", "en"], "hours": "24/7", "phone": "+40 20 7946 0123",
     "endpoint": "https://node.ro.example:8443", "tls": ["-----BEGIN CERTIFICATE-----…"],
     "keys": [{"kid": "…", "use": "sign", "suite": "tocsin-1", "public": "…", "from": "…", "until": null}, …],
     "competences": ["budapest-29-preserve"], "journal": {"origin": "…", "vkey": "…"},
     "witness": {"name": "…", "vkey": "…"}, "suites": ["tocsin-1"], "serial": 1, "issued": "…"}

The card of a node that was made for exercises has ``"exercise": true`` beside them; every other has no such field. A
node takes no card, and writes to nobody, of the other kind (decision 0152).

The rules between cards:

* A card is signed by a ``sign`` key that it names itself and that is in force when it is issued. That proves
  that its maker holds the key, and nothing about who that is: see ``trust.py``.
* ``serial`` grows with every card of a member. Two different cards with one serial are an alarm.
* A key that is **retired** stays on the card with ``until``: it verifies what was signed before.
* A key that is **revoked** is left out of the next card: from then on it verifies nothing that comes in.
  What was signed before is judged by the card in force at that time, which the directory's history keeps.

A card travels as a file: ``{"card":"<JWS>"}`` and a line feed, and not one byte else. So it is a TUF target
too (``cards/<member>.json``). JSON Schema: ``docs/formats/card.schema.json``; vectors: ``tests/vectors/card``.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.base import instant, jose
from tocsin.base.ids import InstrumentId, MemberId
from tocsin.base.instant import Instant
from tocsin.base.jose import SUITE, SignatureWrongError, Typ, kid_of
from tocsin.directory.errors import (
    CardAlteredError,
    CardFaultyError,
    CardNotOursError,
    KeyNotInForceError,
    SignedFormError,
)
from tocsin.directory.rules import signed
from tocsin.directory.rules.card_form import faults_of, raw_key
from tocsin.proof.canonical import Json, canonical, parse_canonical
from tocsin.proof.errors import CanonicalError

CARD_LIMIT = 64 * 1024
"""The most characters that a card may have."""
CLOCK_SLACK = timedelta(minutes=5)
"""How far another member's clock may be ahead of ours."""


class CardKind(StrEnum):
    """What a member is."""

    STATE = "state"
    PROVIDER = "provider"
    HUB = "hub"
    PRIVATE = "private"


class Use(StrEnum):
    """What a key is for; a key has one use."""

    SIGN = "sign"
    SEAL = "seal"
    JOURNAL = "journal"
    WITNESS = "witness"
    AGE = "age"


@dataclass(frozen=True, slots=True)
class CardKey:
    """A public key as a card names it."""

    kid: str
    use: Use
    suite: str
    public: str
    """Base64 of the raw key, or ``age1…``."""
    since: Instant
    until: Instant | None

    @property
    def raw(self) -> bytes:
        """The 32 raw bytes of a key of this suite."""
        return raw_key(self.use, self.public)

    def in_force(self, at: Instant) -> bool:
        """Whether the key may be used at ``at``: from the first instant on, up to and without the last."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Holidays:
    """Whose public holidays count at the contact point."""

    country: str
    subdivision: str | None


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A name and its verifier key, as signed notes write it."""

    name: str
    vkey: str


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says. Only ``read_card`` and ``sign_card`` make a ``SignedCard`` of it."""

    member: MemberId
    name: str
    kind: CardKind
    country: str
    zone: str
    holidays: Holidays
    languages: tuple[str, ...]
    hours: str
    phone: str | None
    """For call-back; every State's contact point has one."""
    endpoint: str
    tls: tuple[str, ...]
    keys: tuple[CardKey, ...]
    competences: tuple[InstrumentId, ...]
    journal: NoteKey
    witness: NoteKey
    suites: tuple[str, ...]
    serial: int
    issued: Instant
    exercise: bool = False
    """Whether its node is for exercises alone."""


@dataclass(frozen=True, slots=True)
class SignedCard:
    """A card whose form and own signature were checked."""

    card: Card
    jws: str
    signer: str
    """The ``kid`` of the key that signed it, one of the card's own."""

    @property
    def sha256(self) -> str:
        """The card's hash: of its compact JWS."""
        return sha256(self.jws.encode("ascii")).hexdigest()

    @property
    def file(self) -> bytes:
        """The card as it travels, and as a TUF target."""
        return file_of(self.jws)


def file_of(jws: str) -> bytes:
    """A card's JWS as it travels, and as a TUF target."""
    return canonical({"card": jws}) + b"\n"


def sign_card(card: Card, *, key: Ed25519PrivateKey) -> SignedCard:
    """Sign a card with one of the sign keys that it names.

    Raises ``CardFaultyError`` with every fault of its form, ``KeyNotInForceError`` when the key is not on it.
    """
    payload = payload_of(card)
    _check_form(payload)
    kid = kid_of(key.public_key().public_bytes_raw())
    key_named(card, kid=kid, use=Use.SIGN, at=card.issued)
    jws = signed.sign(payload, typ=Typ.CARD, key=key)
    return SignedCard(card=_card_of(payload), jws=jws, signer=kid)  # as it will be read: instants to the millisecond


def read_card(jws: str, *, expected: MemberId | None = None) -> SignedCard:
    """The card that ``jws`` holds, with its form and own signature checked.

    Raises ``CardAlteredError`` for anything that its member did not sign, ``CardFaultyError`` with every fault
    of its form, ``CardNotOursError`` when it is another member's than the one expected.
    """
    # The signature comes first: what its member did not sign is altered, whatever else is wrong with it.
    payload = _signed_payload(jws)
    _check_form(payload)
    card = _card_of(payload)
    signer = jose.header_of(jws.encode("ascii")).kid
    try:
        key_named(card, kid=signer, use=Use.SIGN, at=card.issued)
    except KeyNotInForceError as error:
        raise CardAlteredError(reason="it was signed by a key that was not in force") from error
    if expected is not None and card.member != expected:
        raise CardNotOursError(member=card.member, expected=expected)
    return SignedCard(card=card, jws=jws, signer=signer)


def read_card_file(content: bytes, *, expected: MemberId | None = None) -> SignedCard:
    """The card in a file (or TUF target); raises like ``read_card``.

    A final line feed may have become a carriage return and line feed, or been lost, on its way; nothing else.
    """
    body = content.removesuffix(b"\n").removesuffix(b"\r")
    try:
        parsed = parse_canonical(body) if len(body) <= CARD_LIMIT else None
    except CanonicalError as error:
        raise CardAlteredError(reason=str(error)) from error
    if not isinstance(parsed, dict) or set(parsed) != {"card"} or not isinstance(parsed["card"], str):
        raise CardAlteredError(reason='the file is not {"card": …} and nothing else')
    return read_card(parsed["card"], expected=expected)


def check_issued(card: Card, *, at: Instant) -> None:
    """Raise ``CardFaultyError`` for a card from the future."""
    if card.issued > at + CLOCK_SLACK:
        raise CardFaultyError(faults="issued: lies in the future")


def payload_of(card: Card) -> dict[str, Json]:
    """The card as the JSON object that is signed."""
    return {
        "v": 1,
        "type": "card",
        "member": card.member,
        "name": card.name,
        "kind": card.kind.value,
        "country": card.country,
        "zone": card.zone,
        "holidays": {"country": card.holidays.country, "subdivision": card.holidays.subdivision},
        "languages": list(card.languages),
        "hours": card.hours,
        "phone": card.phone,
        "endpoint": card.endpoint,
        "tls": list(card.tls),
        "keys": [_key_payload(key) for key in card.keys],
        "competences": list(card.competences),
        "journal": {"origin": card.journal.name, "vkey": card.journal.vkey},
        "witness": {"name": card.witness.name, "vkey": card.witness.vkey},
        "suites": list(card.suites),
        "serial": card.serial,
        "issued": instant.text(card.issued),
        **({"exercise": True} if card.exercise else {}),
    }


def key_named(card: Card, *, kid: str, use: Use, at: Instant) -> CardKey:
    """The key of this id, when the card names it for ``use`` at ``at``; raises ``KeyNotInForceError``."""
    for key in card.keys:
        if key.kid == kid and key.use is use and key.suite == SUITE and key.in_force(at):
            return key
    raise KeyNotInForceError(member=card.member, kid=kid, use=use.value, instant=instant.text(at))


def newest_key(card: Card, *, use: Use, at: Instant, revoked: Iterable[str] = ()) -> CardKey:
    """The key to use at ``at`` for something new: the one that came into force last.

    Raises ``KeyNotInForceError`` when the card has none that is in force and not among ``revoked``.
    """
    refused = frozenset(revoked)
    candidates = [
        key
        for key in card.keys
        if key.use is use and key.suite == SUITE and key.in_force(at) and key.kid not in refused
    ]
    if not candidates:
        raise KeyNotInForceError(member=card.member, kid="at all", use=use.value, instant=instant.text(at))
    return max(candidates, key=lambda key: (key.since, key.kid))


def kids_left_out(newer: Card, older: Card) -> frozenset[str]:
    """The keys that ``older`` names and ``newer`` does not: revoked by the newer card."""
    return frozenset(key.kid for key in older.keys) - frozenset(key.kid for key in newer.keys)


def _signed_payload(jws: str) -> dict[str, Json]:
    """What the card says, proved to be signed by a sign key that it names; its form is not checked yet."""
    try:
        claim = signed.claim(jws, typ=Typ.CARD, limit=CARD_LIMIT)
    except SignedFormError as error:
        raise CardAlteredError(reason=error.fields["rule"]) from error
    for public in _own_sign_keys(claim.payload):
        if jose.kid_of(public) == claim.kid:
            try:
                return signed.verified(claim, public=public)
            except SignatureWrongError as error:
                raise CardAlteredError(reason="its signature does not fit") from error
    raise CardAlteredError(reason="its signature is not by a sign key that it names")


def _own_sign_keys(payload: dict[str, Json]) -> Iterator[bytes]:
    keys = payload.get("keys")
    for key in keys if isinstance(keys, list) else []:
        if isinstance(key, dict) and (key.get("use"), key.get("suite")) == (Use.SIGN.value, SUITE):
            with suppress(ValueError):
                yield raw_key(Use.SIGN, str(key.get("public")))


def _check_form(payload: dict[str, Json]) -> None:
    faults = faults_of(payload)
    if faults:
        raise CardFaultyError(faults="; ".join(map(str, faults)))


def _key_payload(key: CardKey) -> dict[str, Json]:
    return {
        "kid": key.kid,
        "use": key.use.value,
        "suite": key.suite,
        "public": key.public,
        "from": instant.text(key.since),
        "until": instant.text(key.until) if key.until else None,
    }


def _card_of(payload: dict[str, Json]) -> Card:
    """The value of a payload whose form was checked: the casts below say what the form has proved."""
    holidays = cast("dict[str, str | None]", payload["holidays"])
    journal, witness = (cast("dict[str, str]", payload[name]) for name in ("journal", "witness"))
    return Card(
        member=MemberId(cast("str", payload["member"])),
        name=cast("str", payload["name"]),
        kind=CardKind(cast("str", payload["kind"])),
        country=cast("str", payload["country"]),
        zone=cast("str", payload["zone"]),
        holidays=Holidays(country=str(holidays["country"]), subdivision=holidays["subdivision"]),
        languages=_texts(payload["languages"]),
        hours=cast("str", payload["hours"]),
        phone=cast("str | None", payload["phone"]),
        endpoint=cast("str", payload["endpoint"]),
        tls=_texts(payload["tls"]),
        keys=tuple(_card_key(key) for key in cast("list[dict[str, str | None]]", payload["keys"])),
        competences=tuple(InstrumentId(name) for name in _texts(payload["competences"])),
        journal=NoteKey(name=journal["origin"], vkey=journal["vkey"]),
        witness=NoteKey(name=witness["name"], vkey=witness["vkey"]),
        suites=_texts(payload["suites"]),
        serial=cast("int", payload["serial"]),
        issued=instant.parse(cast("str", payload["issued"])),
        exercise=payload.get("exercise") is True,
    )


def _card_key(key: dict[str, str | None]) -> CardKey:
    until = key["until"]
    return CardKey(
        kid=str(key["kid"]),
        use=Use(str(key["use"])),
        suite=str(key["suite"]),
        public=str(key["public"]),
        since=instant.parse(str(key["from"])),
        until=instant.parse(until) if until is not None else None,
    )


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(cast("list[str]", value))
