"""A proof for the pocket: that an entry is in a log, checkable offline (c2sp.org/tlog-proof@v1).

    c2sp.org/tlog-proof@v1
    extra c2FsdA==                                      optional, base64, proves nothing by itself
    index 1
    bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=        the inclusion proof, leaf's sibling first
                                                        an empty line
    ro.example/journal                                  the checkpoint with all its signatures
    2
    …

The entry itself is not inside: whoever checks brings its leaf hash (see commitment.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.proof.checkpoint import VerifiedCheckpoint, open_checkpoint
from tocsin.proof.errors import AlteredError
from tocsin.proof.lines import base64_of, bytes_of, hash_of, number_of
from tocsin.proof.merkle import verify_inclusion
from tocsin.proof.note import MAX_BYTES, VerifierKey

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63
_THING = "log proof"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """The parts of a proof, not verified. ``checkpoint`` is a signed note."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def text(self) -> str:
        """The proof as a file."""
        extra = [] if self.extra is None else [f"extra {base64_of(self.extra)}"]
        lines = [HEADER, *extra, f"index {self.index}", *(base64_of(digest) for digest in self.hashes)]
        return "\n".join(lines) + "\n\n" + self.checkpoint.decode("utf-8")


def parse_tlog_proof(text: str) -> TlogProof:
    """Take a proof apart; raises ``AlteredError`` when it is malformed."""
    if len(text) > MAX_BYTES:
        raise AlteredError(_THING, f"larger than {MAX_BYTES} characters")
    head, gap, checkpoint = text.partition("\n\n")
    header, *lines = head.split("\n")
    if header != HEADER or not gap:
        raise AlteredError(_THING, f"does not begin with {HEADER} or holds no checkpoint")
    extra = bytes_of(_after("extra ", lines), thing=_THING) if lines and lines[0].startswith("extra ") else None
    index = number_of(_after("index ", lines), thing=_THING)
    if len(lines) > MAX_HASHES:
        raise AlteredError(_THING, f"more than {MAX_HASHES} hashes")
    hashes = tuple(hash_of(line, thing=_THING) for line in lines)
    try:
        return TlogProof(index, hashes, checkpoint.encode("utf-8"), extra)
    except UnicodeEncodeError as error:
        raise AlteredError(_THING, "not UTF-8") from error


def verify_tlog_proof(
    proof: TlogProof, *, leaf: bytes, logs: Sequence[VerifierKey], witnesses: Sequence[VerifierKey] = ()
) -> VerifiedCheckpoint:
    """Check that ``leaf`` is in the log that one of ``logs`` signed; raises ``AlteredError``.

    First the log's signature and the cosignatures, then the inclusion, since a root that nobody
    signed proves nothing. Which witnesses are enough is for the caller to say (see policy.py).
    """
    verified = open_checkpoint(proof.checkpoint, logs=logs, witnesses=witnesses)
    tree = verified.checkpoint
    verify_inclusion(index=proof.index, size=tree.size, leaf=leaf, proof=proof.hashes, root=tree.root)
    return verified


def _after(word: str, lines: list[str]) -> str:
    """What follows ``word`` on the first line, which is taken off."""
    if not lines or not lines[0].startswith(word):
        raise AlteredError(_THING, f"the line {word.strip()!r} is missing")
    return lines.pop(0).removeprefix(word)
