"""The proof for the pocket."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.proof.checkpoint import Checkpoint, sign_checkpoint
from tocsin.proof.errors import AlteredError
from tocsin.proof.lines import base64_of
from tocsin.proof.merkle import EMPTY_ROOT, leaf_hash, prove_inclusion, root_of
from tocsin.proof.note import SIGNER, WITNESS, VerifierKey, cosign_text, parse_note
from tocsin.proof.tlog_proof import TlogProof, parse_tlog_proof, verify_tlog_proof

ORIGIN = "ro.example/journal"
LOG, WITNESS_PRIVATE = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
LOG_KEY = VerifierKey(ORIGIN, SIGNER, LOG.public_key().public_bytes_raw())
WITNESS_KEY = VerifierKey("pt.example/witness", WITNESS, WITNESS_PRIVATE.public_key().public_bytes_raw())
LEAVES = [leaf_hash(b"%d" % n) for n in range(5)]


def read(level: int, n: int) -> bytes:
    return root_of(LEAVES[n << level : (n + 1) << level])


def proof_of(index: int, extra: bytes | None = None) -> TlogProof:
    tree = Checkpoint(ORIGIN, len(LEAVES), root_of(LEAVES))
    note = parse_note(sign_checkpoint(tree, key=LOG)).with_signatures(
        [cosign_text(tree.text(), name=WITNESS_KEY.name, key=WITNESS_PRIVATE, seconds=1_790_000_000)]
    )
    return TlogProof(index, tuple(prove_inclusion(index, len(LEAVES), read)), note.written(), extra)


@pytest.mark.parametrize("extra", [None, b"", b"salt"])
@pytest.mark.parametrize("index", range(5))
def test_a_proof_is_read_back_and_verifies(index: int, extra: bytes | None) -> None:
    proof = parse_tlog_proof(proof_of(index, extra).text())
    assert proof == proof_of(index, extra)
    verified = verify_tlog_proof(proof, leaf=LEAVES[index], logs=[LOG_KEY], witnesses=[WITNESS_KEY])
    assert [signed.seconds for signed in verified.cosigned] == [1_790_000_000]


def test_a_proof_for_the_only_entry_has_no_hashes() -> None:
    written = (
        "c2sp.org/tlog-proof@v1\nindex 0\n\n" + sign_checkpoint(Checkpoint(ORIGIN, 1, LEAVES[0]), key=LOG).decode()
    )
    proof = parse_tlog_proof(written)
    assert proof.text() == written
    verify_tlog_proof(proof, leaf=LEAVES[0], logs=[LOG_KEY])


def test_the_text_is_that_of_the_specification() -> None:
    lines = proof_of(2, b"salt").text().split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra c2FsdA==", "index 2"]
    assert lines[3:7] == [base64_of(LEAVES[3]), base64_of(root_of(LEAVES[:2])), base64_of(LEAVES[4]), ""]
    assert lines[7:9] == [ORIGIN, "5"]


def test_every_part_of_a_proof_counts() -> None:
    proof = proof_of(2)
    wrong = [
        replace(proof, index=3),
        replace(proof, index=5),
        replace(proof, hashes=proof.hashes[:-1]),
        replace(proof, hashes=(*proof.hashes, EMPTY_ROOT)),
        replace(proof, checkpoint=proof.checkpoint.replace(b"\n5\n", b"\n6\n")),
        replace(proof, checkpoint=proof_of(2).checkpoint.replace(b"ro.example", b"xx.example")),
    ]
    for changed in wrong:
        with pytest.raises(AlteredError):
            verify_tlog_proof(changed, leaf=LEAVES[2], logs=[LOG_KEY], witnesses=[WITNESS_KEY])
    with pytest.raises(AlteredError, match="another root"):
        verify_tlog_proof(proof, leaf=LEAVES[1], logs=[LOG_KEY])
    with pytest.raises(AlteredError, match="no known key"):
        verify_tlog_proof(proof, leaf=LEAVES[2], logs=[])


HASH = base64_of(EMPTY_ROOT)
MALFORMED = {
    "another header": f"c2sp.org/tlog-proof@v2\nindex 0\n{HASH}\n\nx\n",
    "no index": f"c2sp.org/tlog-proof@v1\n{HASH}\n\nx\n",
    "nothing but the header": "c2sp.org/tlog-proof@v1\n\nx\n",
    "extra that is not base64": "c2sp.org/tlog-proof@v1\nextra !!\nindex 0\n\nx\n",
    "extra after the index": "c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n\nx\n",
    "extra twice": "c2sp.org/tlog-proof@v1\nextra AAAA\nextra AAAA\nindex 0\n\nx\n",
    "a word for an index": "c2sp.org/tlog-proof@v1\nindex two\n\nx\n",
    "a negative index": "c2sp.org/tlog-proof@v1\nindex -5\n\nx\n",
    "a leading zero": "c2sp.org/tlog-proof@v1\nindex 05\n\nx\n",
    "a hash that is not base64": "c2sp.org/tlog-proof@v1\nindex 0\n!!\n\nx\n",
    "a hash of another length": f"c2sp.org/tlog-proof@v1\nindex 0\n{base64_of(bytes(64))}\n\nx\n",
    "no checkpoint": f"c2sp.org/tlog-proof@v1\nindex 0\n{HASH}\n",
    "too many hashes": "c2sp.org/tlog-proof@v1\nindex 0\n" + f"{HASH}\n" * 64 + "\nx\n",
    "far too large": "c2sp.org/tlog-proof@v1\nindex 0\n\n" + "x" * 1_000_001,
    "nothing": "",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_proof_is_refused(text: str) -> None:
    with pytest.raises(AlteredError):
        parse_tlog_proof(text)
