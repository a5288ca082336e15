"""Checkpoints: a log's own signed statement of how large it is and what its root is.

A checkpoint (c2sp.org/tlog-checkpoint v1.0.0) is a signed note whose text has three lines: the
log's origin, the number of entries, the root in base64. Further lines are allowed, none is used.

    example.com/log/testdata
    15
    rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=

    — example.com/log/testdata M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/d…=

The log signs with a key (0x01) named like its origin; witnesses add cosignatures (0x04). A log must
never sign two checkpoints between which there is no consistency proof.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.proof.errors import AlteredError
from tocsin.proof.lines import MAX_NUMBER, base64_of, hash_of, number_of
from tocsin.proof.merkle import HASH_SIZE
from tocsin.proof.note import SIGNER, Note, SignedBy, VerifiedNote, VerifierKey, is_name, open_note, sign_text

_THING = "checkpoint"
_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How large a log is and what its root is. Who says so is another question."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not is_name(self.origin) or not 0 <= self.size <= MAX_NUMBER or len(self.root) != HASH_SIZE:
            raise ValueError("a checkpoint needs an origin, a size and a root of 32 bytes")

    def text(self) -> str:
        """The text that is signed."""
        lines = [self.origin, str(self.size), base64_of(self.root), *self.extensions]
        return "".join(line + "\n" for line in lines)


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint:
    """A checkpoint that its log signed. ``cosigned`` holds the witnesses that signed it as well."""

    checkpoint: Checkpoint
    log: VerifierKey
    cosigned: tuple[SignedBy, ...]


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's text; raises ``AlteredError``."""
    lines = text.split("\n")
    if lines.pop() != "" or len(lines) < _LINES or not all(lines):
        raise AlteredError(_THING, "not three or more full lines")
    origin, size, root, *extensions = lines
    if not is_name(origin):
        raise AlteredError(_THING, "its origin could not name a key")
    return Checkpoint(origin, number_of(size, thing=_THING), hash_of(root, thing=_THING), tuple(extensions))


def sign_checkpoint(checkpoint: Checkpoint, *, key: Ed25519PrivateKey) -> bytes:
    """The checkpoint as a note signed by the log; the key is named like the origin."""
    text = checkpoint.text()
    return Note(text, (sign_text(text, name=checkpoint.origin, key=key),)).written()


def open_checkpoint(
    written: bytes, *, logs: Sequence[VerifierKey], witnesses: Sequence[VerifierKey] = ()
) -> VerifiedCheckpoint:
    """Verify a checkpoint; raises ``AlteredError``.

    One of the ``logs`` keys must have signed it and must be named like its origin. Every
    cosignature of a known witness must verify; how many there must be is for the caller to say.
    """
    note = open_note(written, [*logs, *witnesses])
    checkpoint = parse_checkpoint(note.text)
    return VerifiedCheckpoint(checkpoint, _log_of(note, checkpoint, logs), _cosigned(note, witnesses))


def _log_of(note: VerifiedNote, checkpoint: Checkpoint, logs: Sequence[VerifierKey]) -> VerifierKey:
    for signed in note.by:
        if signed.key.kind == SIGNER and signed.key in logs and signed.key.name == checkpoint.origin:
            return signed.key
    raise AlteredError(_THING, f"not signed by a known key of {checkpoint.origin}")


def _cosigned(note: VerifiedNote, witnesses: Sequence[VerifierKey]) -> tuple[SignedBy, ...]:
    return tuple(signed for signed in note.by if signed.seconds is not None and signed.key in witnesses)
