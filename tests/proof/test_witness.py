"""The witness's table: every answer, in the order of the specification."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.proof.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from tocsin.proof.errors import AlteredError
from tocsin.proof.merkle import EMPTY_ROOT, leaf_hash, prove_consistency, root_of
from tocsin.proof.note import SIGNER, WITNESS, Note, Signature, VerifierKey, cosign_text, sign_text
from tocsin.proof.witness import Answer, Recorded, add_checkpoint_body, decide, parse_add_checkpoint

ORIGIN = "ro.example/journal"
LOG, OURS, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3))
LOGS = {ORIGIN: [VerifierKey(ORIGIN, SIGNER, LOG.public_key().public_bytes_raw())]}
WITNESS_KEY = VerifierKey("pt.example/witness", WITNESS, OURS.public_key().public_bytes_raw())
LEAVES = [leaf_hash(b"%d" % n) for n in range(20)]
NOW = 1_790_000_000


def read(level: int, n: int) -> bytes:
    return root_of(LEAVES[n << level : (n + 1) << level])


def signed(size: int, root: bytes | None = None, key: Ed25519PrivateKey = LOG, origin: str = ORIGIN) -> bytes:
    return sign_checkpoint(Checkpoint(origin, size, root or root_of(LEAVES[:size])), key=key)


def state(size: int) -> Recorded:
    return Recorded(size, root_of(LEAVES[:size]))


def cosign(text: str) -> Signature:
    return cosign_text(text, name=WITNESS_KEY.name, key=OURS, seconds=NOW)


def ask(body: bytes, last: Recorded) -> Answer:
    return decide(body, logs=LOGS, recorded=lambda _origin: last, cosign=cosign)


def body(old: int, size: int, **changed: bytes) -> bytes:
    proof = prove_consistency(old, size, read)
    return add_checkpoint_body(old=old, proof=proof, signed=changed.get("signed", signed(size)))


@pytest.mark.parametrize(("old", "size"), [(0, 0), (0, 1), (0, 20), (1, 1), (1, 2), (4, 7), (7, 20), (20, 20), (8, 16)])
def test_a_tree_that_continues_the_last_one_is_cosigned(old: int, size: int) -> None:
    answer = ask(body(old, size), state(old))
    assert (answer.status, answer.record, answer.alarm) == (200, state(size), None)
    verified = open_checkpoint(signed(size) + answer.body.encode(), logs=LOGS[ORIGIN], witnesses=[WITNESS_KEY])
    assert [one.seconds for one in verified.cosigned] == [NOW]


def no_checkpoint() -> bytes:
    return b"old 5\n\n" + Note("x\n", (sign_text("x\n", name=ORIGIN, key=LOG),)).written()


def two_roots() -> bytes:
    return add_checkpoint_body(old=5, proof=[], signed=signed(5, root_of(LEAVES[1:6])))


def broken_line() -> bytes:
    text = Checkpoint(ORIGIN, 7, root_of(LEAVES[:7])).text()
    good = sign_text(text, name=ORIGIN, key=LOG)
    broken = Signature(good.name, good.key_id, bytes(64))
    return body(5, 7, signed=Note(text, (broken,)).written())


def unknown_and_unsigned() -> bytes:
    return body(5, 7, signed=signed(7, key=STRANGER, origin="xx.example"))


def bad_in_two_ways() -> bytes:
    return add_checkpoint_body(old=4, proof=[EMPTY_ROOT], signed=signed(7))


ANSWERS: dict[str, tuple[int, Callable[[], bytes]]] = {
    "no body": (400, lambda: b""),
    "no empty line": (400, lambda: b"old 5\n" + signed(7)),
    "no old line": (400, lambda: b"\n" + signed(7)),
    "an old size that is no number": (400, lambda: b"old five\n\n" + signed(7)),
    "a leading zero": (400, lambda: b"old 05\n\n" + signed(7)),
    "a hash that is none": (400, lambda: b"old 5\nAAAA\n\n" + signed(7)),
    "lines that are not ASCII": (400, lambda: "old 5\né\n\n".encode() + signed(7)),
    "64 hashes": (400, lambda: add_checkpoint_body(old=5, proof=[EMPTY_ROOT] * 64, signed=signed(7))),
    "a checkpoint without signatures": (400, lambda: b"old 5\n\nro.example/journal\n7\n"),
    "a checkpoint that is none": (400, no_checkpoint),
    "an old size beyond the checkpoint": (400, lambda: add_checkpoint_body(old=8, proof=[], signed=signed(7))),
    "a body too large": (400, lambda: body(5, 7) + b"\n" * 1_000_001),
    "an unknown origin": (404, lambda: body(5, 7, signed=signed(7, origin="xx.example/journal"))),
    "an unknown origin comes before a bad signature": (404, unknown_and_unsigned),
    "a stranger's signature": (403, lambda: body(5, 7, signed=signed(7, key=STRANGER))),
    "a known key's line that fails": (403, broken_line),
    "a bad signature comes before a wrong size": (403, lambda: body(4, 7, signed=signed(7, key=STRANGER))),
    "an older size": (409, lambda: body(4, 7)),
    "a newer size": (409, lambda: body(6, 7)),
    "size zero, to ask": (409, lambda: body(0, 7)),
    "a wrong size comes before a bad proof": (409, bad_in_two_ways),
    "a proof that does not hold": (422, lambda: add_checkpoint_body(old=5, proof=[EMPTY_ROOT] * 4, signed=signed(7))),
    "no proof": (422, lambda: add_checkpoint_body(old=5, proof=[], signed=signed(7))),
    "a tree that does not continue the last one": (422, lambda: body(5, 7, signed=signed(7, root_of(LEAVES[1:8])))),
    "two roots for one size": (422, two_roots),
    "a proof between equal sizes": (422, lambda: add_checkpoint_body(old=5, proof=[EMPTY_ROOT], signed=signed(5))),
}  # fmt: skip


@pytest.mark.parametrize(("status", "made"), ANSWERS.values(), ids=ANSWERS.keys())
def test_a_request_gets_the_answer_of_the_table(status: int, made: Callable[[], bytes]) -> None:
    answer = ask(made(), state(5))
    assert answer.status == status
    assert answer.record is None
    assert (answer.alarm is not None) == (status == 422)


def test_a_wrong_size_is_answered_with_the_right_one() -> None:
    answer = ask(body(4, 7), state(5))
    assert (answer.body, answer.content_type) == ("5\n", "text/x.tlog.size")


@pytest.mark.parametrize(
    "made",
    [
        lambda: add_checkpoint_body(old=0, proof=[], signed=signed(0, LEAVES[0])),
        lambda: add_checkpoint_body(old=0, proof=[EMPTY_ROOT], signed=signed(7)),
    ],
    ids=["an empty tree with a root", "a proof from nothing"],
)
def test_a_first_checkpoint_must_be_plain(made: Callable[[], bytes]) -> None:
    assert ask(made(), Recorded()).status == 422


def test_nothing_is_signed_that_was_not_checked() -> None:
    def refuse(_text: str) -> Signature:
        pytest.fail("a witness signed what it refused")

    for status, made in ANSWERS.values():
        answer = decide(made(), logs=LOGS, recorded=lambda _origin: state(5), cosign=refuse)
        assert answer.status == status


def test_a_request_is_read_back() -> None:
    request = parse_add_checkpoint(body(5, 7))
    assert request.body() == body(5, 7)
    assert (request.old, request.checkpoint.size, request.checkpoint.origin) == (5, 7, ORIGIN)


def test_a_malformed_request_is_named() -> None:
    with pytest.raises(AlteredError, match="larger than the checkpoint's 7"):
        parse_add_checkpoint(add_checkpoint_body(old=8, proof=[], signed=signed(7)))
