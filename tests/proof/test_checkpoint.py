"""Checkpoints: ours, another log's, and those that are none."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.proof.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from tocsin.proof.errors import AlteredError
from tocsin.proof.merkle import EMPTY_ROOT, leaf_hash, root_of
from tocsin.proof.note import SIGNER, WITNESS, Note, VerifierKey, cosign_text, parse_note, sign_text
from tocsin.proof.tiles import Tile, unpack_entries

LOG = Path(__file__).parent.parent / "vectors" / "tlog" / "tessera-log"
LOG_KEY = VerifierKey.parse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")

JOURNAL, WITNESS_KEY, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3))
ORIGIN = "ro.example/journal"
ROOT = leaf_hash(b"only")


def verifier(key: Ed25519PrivateKey, name: str, kind: int = SIGNER) -> VerifierKey:
    return VerifierKey(name, kind, key.public_key().public_bytes_raw())


def entries(size: int) -> list[bytes]:
    return unpack_entries((LOG / Tile(-1, 0, size).path()).read_bytes(), width=size) if size else []


@pytest.mark.parametrize("size", range(16))
def test_the_checkpoints_of_another_log_verify(size: int) -> None:
    verified = open_checkpoint((LOG / f"checkpoint.{size}").read_bytes(), logs=[LOG_KEY])
    assert verified.checkpoint.origin == "example.com/log/testdata"
    assert verified.checkpoint.size == size
    assert verified.checkpoint.root == root_of([leaf_hash(entry) for entry in entries(size)])


def test_what_a_journal_signs_is_opened_with_who_cosigned_it() -> None:
    checkpoint = Checkpoint(ORIGIN, 1, ROOT)
    witness = verifier(WITNESS_KEY, "pt.example/witness", WITNESS)
    note = parse_note(sign_checkpoint(checkpoint, key=JOURNAL)).with_signatures(
        [cosign_text(checkpoint.text(), name=witness.name, key=WITNESS_KEY, seconds=1_790_000_000)]
    )
    verified = open_checkpoint(note.written(), logs=[verifier(JOURNAL, ORIGIN)], witnesses=[witness])
    assert verified.checkpoint == checkpoint
    assert verified.log.name == ORIGIN
    assert [(signed.key, signed.seconds) for signed in verified.cosigned] == [(witness, 1_790_000_000)]


def test_a_witness_alone_does_not_make_a_checkpoint() -> None:
    text = Checkpoint(ORIGIN, 1, ROOT).text()
    witness = verifier(WITNESS_KEY, "pt.example/witness", WITNESS)
    written = Note(text, (cosign_text(text, name=witness.name, key=WITNESS_KEY, seconds=9),)).written()
    with pytest.raises(AlteredError, match="not signed by a known key of ro"):
        open_checkpoint(written, logs=[verifier(JOURNAL, ORIGIN)], witnesses=[witness])


def test_one_log_cannot_sign_for_another() -> None:
    text = Checkpoint(ORIGIN, 1, ROOT).text()
    written = Note(text, (sign_text(text, name="pt.example/journal", key=STRANGER),)).written()
    with pytest.raises(AlteredError, match="not signed by a known key of ro"):
        open_checkpoint(written, logs=[verifier(STRANGER, "pt.example/journal"), verifier(JOURNAL, ORIGIN)])


ROOT_LINE = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
MALFORMED = {
    "two lines": f"{ORIGIN}\n1\n",
    "no newline at the end": f"{ORIGIN}\n1\n{ROOT_LINE}",
    "an empty line inside": f"{ORIGIN}\n1\n{ROOT_LINE}\n\nmore\n",
    "an empty origin": f"\n1\n{ROOT_LINE}\n",
    "an origin with a space": f"ro example\n1\n{ROOT_LINE}\n",
    "a leading zero": f"{ORIGIN}\n01\n{ROOT_LINE}\n",
    "a sign": f"{ORIGIN}\n+1\n{ROOT_LINE}\n",
    "a negative size": f"{ORIGIN}\n-1\n{ROOT_LINE}\n",
    "a size beyond 2^63-1": f"{ORIGIN}\n9223372036854775808\n{ROOT_LINE}\n",
    "a short root": f"{ORIGIN}\n1\n47DEQpj8HBSa\n",
    "a root with stray bits": f"{ORIGIN}\n1\n{ROOT_LINE.replace('U=', 'V=')}\n",
    "hexadecimal": f"{ORIGIN}\n1\n{EMPTY_ROOT.hex()}\n",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(AlteredError):
        parse_checkpoint(text)


def test_extension_lines_are_kept() -> None:
    text = f"{ORIGIN}\n0\n{ROOT_LINE}\nmore\nand more\n"
    assert parse_checkpoint(text).extensions == ("more", "and more")
    assert parse_checkpoint(text).text() == text
