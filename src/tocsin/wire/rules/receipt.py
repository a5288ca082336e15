r"""A receipt: how far a letter has come at its addressee, with the entry of his journal that says so.

The payload of a JWS (``typ`` ``tocsin-receipt+jws``) by the addressee's signing key, canonical JSON
with exactly these members::

    {"v": 1, "type": "receipt", "stage": "stored", "letter": "8f2d…", "letter_sha256": "<64 hex>",
     "from": "pt", "to": "ro", "at": "2026-11-24T03:00:01.250Z",
     "entry": {"salt": "<32 bytes in base64>", "event": {"v": 1, "kind": "letter-stored", "at": "…",
               "by": {…}, "letter": "8f2d…", "letter_sha256": "<64 hex>", …}},
     "proof": "c2sp.org/tlog-proof@v1\nindex 41\n…"}

Stages, each with its own entry: ``stored`` by the node, ``opened`` by a person, ``accepted`` (or
answered) by a person. None of them is ever given because some gateway took the letter.

What ``verify_receipt`` establishes, in this order: the addressee signed it; it is about this letter,
byte for byte; entry and salt make a commitment; that commitment is in the tree of a checkpoint which
the addressee's journal key signed; and the entry says of this letter what the receipt says. So a
receipt binds its giver's journal: he cannot later have a history without it.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NoReturn

from tocsin.base import instant, jose
from tocsin.base.ids import LetterId, MemberId, is_uuid
from tocsin.base.instant import Instant
from tocsin.base.jose import EnvelopeError, SignatureWrongError, SigningKey, Typ, VerifyingKey
from tocsin.proof.canonical import Json, canonical, parse_canonical
from tocsin.proof.checkpoint import Checkpoint, open_checkpoint
from tocsin.proof.commitment import leaf_of
from tocsin.proof.errors import AlteredError, CanonicalError
from tocsin.proof.merkle import verify_inclusion
from tocsin.proof.note import VerifierKey
from tocsin.proof.tlog_proof import TlogProof, parse_tlog_proof
from tocsin.wire.errors import ReceiptFaultyError

_MEMBERS = {"v", "type", "stage", "letter", "letter_sha256", "from", "to", "at", "entry", "proof"}


class Stage(StrEnum):
    """How far a letter has come. The values are on the wire: never rename one."""

    STORED = "stored"
    OPENED = "opened"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What opens an entry of a journal: the salt and the event that the commitment was made from."""

    salt: bytes
    event: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipted:
    """The letter that a receipt is about: ``sender`` wrote it, ``addressee`` gives the receipt."""

    letter: LetterId
    sha256: str
    sender: MemberId
    addressee: MemberId
    what: str = "letter"
    """Of a notice outside any thread, ``notice``: the entry's kind then is ``notice-stored``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A receipt that proves what it says; ``jws`` are its bytes."""

    stage: Stage
    letter: LetterId
    letter_sha256: str
    sender: MemberId
    """Who gives the receipt."""
    at: Instant
    origin: str
    index: int
    size: int
    """The place of the entry in the giver's journal, and the size of the tree that holds it."""
    jws: bytes


def sign_receipt(
    letter: Receipted, *, stage: Stage, opening: Opening, proof: str, key: SigningKey, at: Instant
) -> bytes:
    """The receipt's JWS; ``opening`` and ``proof`` (``tlog-proof@v1``) are of the entry that records this stage."""
    payload = {
        "v": 1,
        "type": "receipt",
        "stage": stage.value,
        "letter": letter.letter,
        "letter_sha256": letter.sha256,
        "from": letter.addressee,
        "to": letter.sender,
        "at": instant.text(at),
        "entry": {"salt": b64encode(opening.salt).decode("ascii"), "event": dict(opening.event)},
        "proof": proof,
    }
    return jose.sign(canonical(payload), typ=Typ.RECEIPT, key=key)


def claimed_letter(jws: bytes) -> LetterId:
    """Which letter a receipt claims to be about, only to find the letter. Raises ``EnvelopeError``."""
    try:
        payload = parse_canonical(jose.unverified_payload(jws))
    except CanonicalError:
        payload = None
    letter = payload.get("letter") if isinstance(payload, dict) else None
    if not is_uuid(letter):
        raise EnvelopeError(thing="receipt", rule="canonical JSON whose field letter is a UUID")
    return LetterId(str(letter))


def verify_receipt(jws: bytes, *, about: Receipted, key: VerifyingKey, logs: Sequence[VerifierKey]) -> Receipt:
    """The receipt, when it proves that ``about`` came as far as it says; raises ``ReceiptFaultyError``.

    ``key`` is the addressee's signing key that the receipt names, ``logs`` his journal's keys.
    """
    check = _Check(about)
    payload = check.payload(jws, key=key)
    check.letter(payload)
    stage = check.stage(payload["stage"])
    salt, event = check.entry(payload["entry"])
    proof, checkpoint = check.proof(payload["proof"], leaf=check.leaf(salt, event), logs=tuple(logs))
    check.event(event, stage=stage, at=payload["at"])
    return Receipt(
        stage=stage,
        letter=about.letter,
        letter_sha256=about.sha256,
        sender=about.addressee,
        at=check.instant(payload["at"]),
        origin=checkpoint.origin,
        index=proof.index,
        size=checkpoint.size,
        jws=jws,
    )


# The receipts of one batch share a checkpoint, so its signature is looked at once.
@lru_cache(maxsize=256)
def _opened(signed: bytes, logs: tuple[VerifierKey, ...]) -> Checkpoint:
    return open_checkpoint(signed, logs=logs).checkpoint


@dataclass(frozen=True, slots=True)
class _Check:
    """The checks in their order; each raises with the rule that the receipt breaks."""

    about: Receipted

    def fail(self, rule: str) -> NoReturn:
        raise ReceiptFaultyError(sender=self.about.addressee, letter=self.about.letter, rule=rule)

    def payload(self, jws: bytes, *, key: VerifyingKey) -> dict[str, Json]:
        try:
            payload = parse_canonical(jose.payload_of(jws, typ=Typ.RECEIPT, key=key))
        except (EnvelopeError, SignatureWrongError, CanonicalError) as error:
            self.fail(str(error))
        if not isinstance(payload, dict) or payload.keys() != _MEMBERS:
            self.fail(f"it holds exactly {', '.join(sorted(_MEMBERS))}")
        if (payload["v"], payload["type"]) != (1, "receipt") or payload["v"] is True:
            self.fail("v is 1 and type is receipt")
        return payload

    def letter(self, payload: Mapping[str, Json]) -> None:
        about = self.about
        expected = {
            "letter": about.letter,
            "letter_sha256": about.sha256,
            "from": about.addressee,
            "to": about.sender,
        }
        for name, value in expected.items():
            if payload[name] != value:
                self.fail(f"{name} is {value}")

    def stage(self, value: Json) -> Stage:
        try:
            return Stage(str(value))
        except ValueError:
            self.fail(f"stage is one of {', '.join(Stage)}")

    def entry(self, entry: Json) -> tuple[bytes, dict[str, Json]]:
        if not isinstance(entry, dict) or entry.keys() != {"salt", "event"}:
            self.fail("entry holds exactly salt and event")
        event = entry["event"]
        if not isinstance(event, dict):
            self.fail("entry.event is an object")
        try:
            return b64decode(str(entry["salt"]), validate=True), event
        except ValueError:
            self.fail("entry.salt is base64")

    def leaf(self, salt: bytes, event: dict[str, Json]) -> bytes:
        try:
            return leaf_of(salt, event)
        except ValueError as error:
            self.fail(f"the entry makes a commitment: {error}")

    def proof(self, text: Json, *, leaf: bytes, logs: tuple[VerifierKey, ...]) -> tuple[TlogProof, Checkpoint]:
        if not isinstance(text, str):
            self.fail("proof is a text")
        try:
            proof = parse_tlog_proof(text)
            tree = _opened(proof.checkpoint, logs)
            verify_inclusion(index=proof.index, size=tree.size, leaf=leaf, proof=proof.hashes, root=tree.root)
        except AlteredError as error:
            self.fail(str(error))
        return proof, tree

    def event(self, event: Mapping[str, Json], *, stage: Stage, at: Json) -> None:
        by = event.get("by")
        expected = {
            "kind": (event.get("kind"), f"{self.about.what}-{stage.value}"),
            "letter": (event.get("letter"), self.about.letter),
            "letter_sha256": (event.get("letter_sha256"), self.about.sha256),
            "at": (event.get("at"), at),
            "by.member": (by.get("member") if isinstance(by, dict) else None, self.about.addressee),
        }
        for name, (found, wanted) in expected.items():
            if found != wanted:
                self.fail(f"entry.event.{name} is {wanted}")

    def instant(self, value: Json) -> Instant:
        try:
            return instant.parse(str(value))
        except (ValueError, OverflowError):
            self.fail("at is an instant, RFC 3339 with an offset")
