"""Whose word is enough."""

from itertools import combinations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.proof.checkpoint import Checkpoint, sign_checkpoint
from tocsin.proof.errors import AlteredError
from tocsin.proof.merkle import EMPTY_ROOT
from tocsin.proof.note import SIGNER, WITNESS, VerifierKey, cosign_text, parse_note
from tocsin.proof.policy import parse_policy

ORIGIN = "ro.example/journal"
NAMES = ["x1", "x2", "x3", "y1", "y2", "y3"]
PRIVATE = {name: Ed25519PrivateKey.from_private_bytes(name.encode() * 16) for name in [*NAMES, "lg"]}


def key(name: str, kind: int = WITNESS) -> VerifierKey:
    full = ORIGIN if name == "lg" else f"{name}.example/witness"
    return VerifierKey(full, kind, PRIVATE[name].public_key().public_bytes_raw())


LOG = f"log {key('lg', SIGNER).text()}\n"
WITNESSES = "".join(f"witness {name} {key(name).text()}\n" for name in NAMES)
TWO_LEVELS = (
    "# two of ours and any of theirs\n"
    + LOG
    + "\n"
    + WITNESSES
    + "group X-witnesses 2 x1 x2 x3\n\tgroup  Y-witnesses\tany y1 y2 y3 \n"
    + "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
)


def test_the_specifications_example_asks_for_two_and_one() -> None:
    policy = parse_policy(TWO_LEVELS)
    for count in range(len(NAMES) + 1):
        for seen in combinations(NAMES, count):
            enough = sum(name[0] == "x" for name in seen) >= 2 and any(name[0] == "y" for name in seen)
            assert policy.is_met_by([key(name) for name in seen]) is enough


def test_a_quorum_may_be_one_witness_or_none() -> None:
    one = parse_policy(WITNESSES + "quorum x1\n")
    assert one.is_met_by([key("x1")])
    assert not one.is_met_by([key("x2")])
    assert parse_policy("quorum none").is_met_by([])


def test_a_checkpoint_needs_the_log_and_the_quorum() -> None:
    policy = parse_policy(LOG + WITNESSES + "group any-two 2 x1 x2 y1\nquorum any-two\n")
    tree = Checkpoint(ORIGIN, 0, EMPTY_ROOT)

    def cosigned(*names: str) -> bytes:
        lines = [cosign_text(tree.text(), name=key(name).name, key=PRIVATE[name], seconds=9) for name in names]
        return parse_note(sign_checkpoint(tree, key=PRIVATE["lg"])).with_signatures(lines).written()

    assert len(policy.open_checkpoint(cosigned("x1", "y1", "y3")).cosigned) == 3
    with pytest.raises(AlteredError, match="quorum 'any-two'"):
        policy.open_checkpoint(cosigned("x1", "x1", "y3"))
    with pytest.raises(AlteredError, match="no known key"):
        policy.open_checkpoint(sign_checkpoint(tree, key=PRIVATE["x1"]))


def test_a_large_policy_is_read() -> None:
    keys = [Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32).public_key().public_bytes_raw() for n in range(64)]
    logs = [f"log {VerifierKey(f'l{n}.example', SIGNER, keys[n]).text()} https://l{n}.example/" for n in range(32)]
    witnesses = [
        f"witness w{n} {VerifierKey(f'w{n}.example', WITNESS, keys[32 + n]).text()} https://w{n}.example/"
        for n in range(32)
    ]
    groups = ["group g0 any w0"] + [f"group g{n} all g{n - 1} w{n}" for n in range(1, 32)]
    policy = parse_policy("\n".join([*logs, *witnesses, *groups, "quorum g31"]))
    assert (len(policy.logs), len(policy.witnesses), len(policy.groups)) == (32, 32, 32)
    assert policy.is_met_by(list(policy.witnesses.values()))
    assert not policy.is_met_by(list(policy.witnesses.values())[:-1])


W1, W2 = (f"witness {name} {key(name).text()}\n" for name in ("x1", "x2"))
FAULTS = {
    "no quorum": (W1, "no quorum"),
    "two quorums": (W1 + "quorum x1\nquorum x1\n", "line 3: a second quorum"),
    "an undefined quorum": ("quorum x1\n", "not defined"),
    "a quorum before its definition": ("quorum x1\n" + W1, "line 1: 'x1' is not defined"),
    "an undefined member": (W1 + "group g all x1 x9\nquorum g\n", "'x9' is not defined"),
    "a group in itself": ("group g any g\nquorum g\n", "'g' is not defined"),
    "a member of two groups": (W1 + "group g any x1\ngroup h any x1\nquorum h\n", "'x1' is a member twice"),
    "a member twice": (W1 + "group g any x1 x1\nquorum g\n", "'x1' is a member twice"),
    "a member called none": (W1 + "group g any none\nquorum g\n", "'none' is not defined"),
    "a witness called none": (W1.replace(" x1 ", " none ") + "quorum none\n", "'none' is taken"),
    "a name twice": (W1 + W2.replace(" x2 ", " x1 ") + "quorum x1\n", "'x1' is taken"),
    "a key twice": (W1 + W1.replace(" x1 ", " x2 ") + "quorum x1\n", "same key"),
    "a log twice": (LOG + LOG + "quorum none\n", "same key"),
    "more than there are": (W1 + "group g 2 x1\nquorum g\n", "2 of 1"),
    "zero of them": (W1 + "group g 0 x1\nquorum g\n", "0 of 1"),
    "a number in another spelling": (W1 + "group g 01 x1\nquorum g\n", "shortest form"),
    "a group of nobody": ("group g all\nquorum g\n", "too few"),
    "a quorum of two": (W1 + W2 + "quorum x1 x2\n", "too few or too many"),
    "an unknown keyword": ("policy x\nquorum none\n", "'policy'"),
    "a log's key for a witness": (f"witness w {key('lg', SIGNER).text()}\nquorum w\n", "wrong kind"),
    "a witness's key for a log": (f"log {key('x1').text()}\nquorum none\n", "wrong kind"),
    "a key that is none": ("log example.com+00000000+AAAA\nquorum none\n", "verifier key"),
    "a control character": ("quorum none\r\n", "control character"),
}


@pytest.mark.parametrize(("text", "rule"), FAULTS.values(), ids=FAULTS.keys())
def test_a_faulty_policy_is_refused_by_line_and_rule(text: str, rule: str) -> None:
    with pytest.raises(AlteredError, match=rule.replace("(", r"\(")):
        parse_policy(text)
