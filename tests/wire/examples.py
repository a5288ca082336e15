"""Two members with fixed keys, and letters between them, for tests of rules."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tocsin.base import jose
from tocsin.base.ids import InstrumentId, LetterId, MemberId, RequestId
from tocsin.proof.checkpoint import Checkpoint, sign_checkpoint
from tocsin.proof.commitment import leaf_of
from tocsin.proof.merkle import Frontier, prove_inclusion
from tocsin.proof.note import SIGNER, VerifierKey
from tocsin.proof.tlog_proof import TlogProof
from tocsin.wire.rules.letter import CardSource, DirectoryNote, LetterKind, UnsignedLetter, Writer
from tocsin.wire.rules.receipt import Opening

NIGHT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
THREAD = RequestId("51c0a7de-7f0a-4f63-8c8b-0d6c4f0f4c9e")


@dataclass(frozen=True)
class Side:
    """A member with keys that are made from one byte: the same in every run."""

    member: MemberId
    signing: Ed25519PrivateKey
    sealing: X25519PrivateKey
    journal: Ed25519PrivateKey

    @classmethod
    def of(cls, member: str, seed: int) -> "Side":
        return cls(
            MemberId(member),
            Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32),
            X25519PrivateKey.from_private_bytes(bytes([seed + 1]) * 32),
            Ed25519PrivateKey.from_private_bytes(bytes([seed + 2]) * 32),
        )

    @property
    def signing_key(self) -> jose.SigningKey:
        return jose.signing_key(self.signing)

    @property
    def verifying_key(self) -> jose.VerifyingKey:
        return jose.verifying_key(self.signing.public_key().public_bytes_raw())

    @property
    def sealing_key(self) -> jose.SealingKey:
        return jose.sealing_key(self.sealing.public_key().public_bytes_raw())

    @property
    def opening_keys(self) -> dict[str, jose.OpeningKey]:
        key = jose.opening_key(self.sealing)
        return {key.kid: key}

    @property
    def origin(self) -> str:
        return f"{self.member}.example/journal"

    @property
    def log(self) -> VerifierKey:
        return VerifierKey(self.origin, SIGNER, self.journal.public_key().public_bytes_raw())


RO = Side.of("ro", 10)
PT = Side.of("pt", 20)
EVE = Side.of("eve", 30)


def a_letter(sender: Side = RO, addressee: Side = PT, **changes: object) -> UnsignedLetter:
    fields: dict[str, object] = {
        "id": LetterId(str(uuid.UUID(int=1))),
        "kind": LetterKind.ASK,
        "thread": THREAD,
        "sender": sender.member,
        "addressee": addressee.member,
        "seq": 1,
        "prev": None,
        "seen": None,
        "written": NIGHT,
        "by": Writer(name="Ioana Exemplu", role="duty-officer"),
        "instrument": InstrumentId("budapest-29-preserve"),
        "directory": DirectoryNote(source=CardSource.VOICE),
        "body": {"account": "someone@mail.example"},
    }
    return UnsignedLetter(**(fields | changes))  # type: ignore[arg-type]


def proof_of(opening: Opening, *, side: Side, others: int = 6) -> TlogProof:
    """The proof that this entry is in a journal of ``side`` beside ``others``."""
    leaves = [leaf_of(bytes(32), {"n": n}) for n in range(others)] + [leaf_of(opening.salt, opening.event)]
    frontier, runs = Frontier().append(leaves)
    hashes = {(run.level, run.first + n): digest for run in runs for n, digest in enumerate(run.hashes)}
    signed = sign_checkpoint(Checkpoint(side.origin, frontier.size, frontier.root()), key=side.journal)
    proof = prove_inclusion(others, frontier.size, lambda level, n: hashes[level, n])
    return TlogProof(others, tuple(proof), signed)
