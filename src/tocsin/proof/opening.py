r"""An opened entry of a journal: what the entry stands for, and the proof of its place.

    {"v": 1, "type": "opening", "member": "ro",
     "entry": {"salt": "<32 bytes in base64>",
               "event": {"v": 1, "kind": "letter-sent", "at": "2026-11-24T03:00:00.000Z",
                         "by": {"member": "ro", "person": "…", "roles": ["duty-officer"]},
                         "letter": "…", "letter_sha256": "…"}},
     "proof": "c2sp.org/tlog-proof@v1\nindex 41\n…"}

Worked: the entry is SHA-256(salt || canonical(event)), its leaf SHA-256(0x00 || entry); the proof's
hashes lead from the leaf at place 41 to the root that its checkpoint, signed by the journal, states.
A receipt carries the same two members ``entry`` and ``proof``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.proof.canonical import parse_canonical
from tocsin.proof.checkpoint import VerifiedCheckpoint
from tocsin.proof.commitment import leaf_of
from tocsin.proof.errors import AlteredError, CanonicalError
from tocsin.proof.fields import Fields
from tocsin.proof.lines import bytes_of
from tocsin.proof.note import VerifierKey
from tocsin.proof.tlog_proof import TlogProof, parse_tlog_proof, verify_tlog_proof


@dataclass(frozen=True, slots=True)
class Opening:
    """An opened entry with its proof. Nothing is believed before ``verify``."""

    member: str
    salt: bytes
    event: Fields
    proof: TlogProof

    def verify(self, logs: Sequence[VerifierKey], witnesses: Sequence[VerifierKey] = ()) -> VerifiedCheckpoint:
        """Check that the entry stands at its place in the journal; raises ``AlteredError``."""
        try:
            leaf = leaf_of(self.salt, self.event.members)
        except ValueError as error:
            raise AlteredError("entry", str(error)) from error
        return verify_tlog_proof(self.proof, leaf=leaf, logs=logs, witnesses=witnesses)

    def kind(self) -> str:
        """What was done, as the journal calls it."""
        return self.event.text("kind")


def parse_opening(path: str, content: bytes) -> Opening:
    """Take an opening's file apart; raises ``AlteredError``."""
    try:
        fields = Fields(path, parse_canonical(content)).expect(v=1, type="opening")
    except CanonicalError as error:
        raise AlteredError(path, str(error)) from error
    return opening_in(fields, member=fields.text("member"))


def opening_in(fields: Fields, *, member: str) -> Opening:
    """The opening in an object that has ``entry`` and ``proof``; raises ``AlteredError``."""
    entry = fields.object("entry")
    salt = bytes_of(entry.text("salt"), thing="salt")
    return Opening(member, salt, entry.object("event"), parse_tlog_proof(fields.text("proof")))
