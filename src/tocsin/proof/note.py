r"""Signed notes: text with signatures under it (c2sp.org/signed-note v1.0.0).

    This is an example message.
                                                          <- the last empty line parts text from signatures
    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=

A signature line is an em dash, a space, the key's name, a space, and base64 of the 4-byte key ID
followed by the signature. Two kinds of key are known here:

    0x01  Ed25519 over the text with its final newline: the one who wrote the note
    0x04  timestamped cosignature (c2sp.org/tlog-cosignature v1.0.1): a witness of a checkpoint.
          8 bytes of POSIX seconds, then Ed25519 over "cosignature/v1\ntime <seconds>\n" + text

A verifier key is written ``name+<8 hex digits of the key ID>+<base64 of kind and 32-byte key>``:

    example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k

where key ID = SHA-256(name || 0x0A || kind || key)[:4]. Lines of unknown keys are ignored; a known
key whose line does not verify spoils the note; a note that no known key signed is refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tocsin.proof.errors import AlteredError
from tocsin.proof.lines import MAX_NUMBER, base64_of, bytes_of

SIGNER = 0x01
WITNESS = 0x04

MAX_BYTES = 1_000_000
MAX_SIGNATURES = 100

_DASH = "\u2014 "
_KEY_ID = 4
_PUBLIC = 32
_SIGNATURE = 64
_SECONDS = 8
_FIRST_PRINTABLE = " "


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name it signs under. ``kind`` is ``SIGNER`` or ``WITNESS``."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise ValueError(f"{self.name!r} cannot be a key's name")
        if self.kind not in (SIGNER, WITNESS) or len(self.public) != _PUBLIC:
            raise ValueError("a verifier key is 32 bytes of a known kind")

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature line names this key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_KEY_ID]

    def text(self) -> str:
        """The key as it is written in cards and policies (a *vkey*)."""
        return f"{self.name}+{self.key_id.hex()}+{base64_of(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, vkey: str) -> "VerifierKey":
        """Read a vkey; raises ``AlteredError`` when its parts do not belong together."""
        name, _, rest = vkey.partition("+")
        key_id, _, encoded = rest.partition("+")
        material = bytes_of(encoded, thing="verifier key")
        try:
            key = cls(name, material[0], material[1:])
        except (ValueError, IndexError) as error:
            raise AlteredError("verifier key", "not a name with an Ed25519 key of a known kind") from error
        if key.key_id.hex() != key_id:
            raise AlteredError("verifier key", "its key ID is not that of its name and key")
        return key


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line. Nothing says yet that it is good."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """The line, with its newline."""
        return f"{_DASH}{self.name} {base64_of(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was taken apart and not verified. Its text must not be believed."""

    text: str
    signatures: tuple[Signature, ...]

    def written(self) -> bytes:
        """The note as bytes."""
        return (self.text + "\n" + "".join(signature.line() for signature in self.signatures)).encode()

    def with_signatures(self, more: Iterable[Signature]) -> "Note":
        """The same text with further signature lines, each only once."""
        return Note(self.text, tuple(dict.fromkeys([*self.signatures, *more])))


@dataclass(frozen=True, slots=True)
class SignedBy:
    """A signature that was verified. ``seconds`` is the POSIX time that a cosignature states."""

    key: VerifierKey
    seconds: int | None


@dataclass(frozen=True, slots=True)
class VerifiedNote:
    """A note whose text at least one known key signed: only ``open_note`` makes it."""

    text: str
    by: tuple[SignedBy, ...]


def is_name(name: str) -> bool:
    """Whether a key may have this name: not empty, no space, no plus, no control character."""
    return bool(name) and not any(c.isspace() or c == "+" or c < _FIRST_PRINTABLE for c in name)


def sign_text(text: str, *, name: str, key: Ed25519PrivateKey) -> Signature:
    """The signature of the one who wrote the note."""
    _check_text(text)
    signer = VerifierKey(name, SIGNER, _public(key))
    return Signature(name, signer.key_id, key.sign(text.encode()))


def cosign_text(text: str, *, name: str, key: Ed25519PrivateKey, seconds: int) -> Signature:
    """A witness's signature: "at this time this is the largest tree of this origin that I saw"."""
    _check_text(text)
    if not 0 < seconds <= MAX_NUMBER:
        raise ValueError("a cosignature states a time after 1970")
    witness = VerifierKey(name, WITNESS, _public(key))
    stamp = seconds.to_bytes(_SECONDS, "big")
    return Signature(name, witness.key_id, stamp + key.sign(_cosigned(text, seconds)))


def parse_note(written: bytes) -> Note:
    """Take a note apart without believing it; raises ``AlteredError`` when it is malformed."""
    if len(written) > MAX_BYTES:
        raise AlteredError("note", f"larger than {MAX_BYTES} bytes")
    try:
        whole = written.decode("utf-8")
    except UnicodeDecodeError as error:
        raise AlteredError("note", "not UTF-8") from error
    if any(c < _FIRST_PRINTABLE and c != "\n" for c in whole):
        raise AlteredError("note", "holds a control character")
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise AlteredError("note", "no signature lines after an empty line")
    split = lines[:-1].split("\n")
    if len(split) > MAX_SIGNATURES:
        raise AlteredError("note", f"more than {MAX_SIGNATURES} signatures")
    return Note(text + "\n", tuple(_parse_line(line) for line in split))


def open_note(written: bytes, keys: Sequence[VerifierKey]) -> VerifiedNote:
    """Verify a note under these keys; raises ``AlteredError``."""
    note = parse_note(written)
    known = {(key.name, key.key_id): key for key in keys}
    verified: dict[VerifierKey, SignedBy] = {}
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is not None:
            verified.setdefault(key, _verified(note.text, signature, key))
    if not verified:
        raise AlteredError("note", "signed by no known key")
    return VerifiedNote(note.text, tuple(verified.values()))


def _parse_line(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not is_name(name):
        raise AlteredError("note", "a signature line is malformed")
    raw = bytes_of(encoded, thing="note")
    if len(raw) <= _KEY_ID:
        raise AlteredError("note", "a signature is too short")
    return Signature(name, raw[:_KEY_ID], raw[_KEY_ID:])


def _verified(text: str, signature: Signature, key: VerifierKey) -> SignedBy:
    raw, message, seconds = signature.signature, text.encode(), None
    if key.kind == WITNESS:
        seconds, raw = int.from_bytes(raw[:_SECONDS], "big"), raw[_SECONDS:]
        message = _cosigned(text, seconds)
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(raw, message)
    except (InvalidSignature, ValueError) as error:
        raise AlteredError("note", f"the signature of {key.name} does not verify") from error
    return SignedBy(key, seconds)


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(c < _FIRST_PRINTABLE and c != "\n" for c in text):
        raise ValueError("a note's text ends in a newline and holds no control characters")


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()
