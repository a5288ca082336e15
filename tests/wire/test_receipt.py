import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from tests.wire.examples import EVE, NIGHT, PT, RO, a_letter, proof_of
from tocsin.base import instant, jose
from tocsin.base.ids import LetterId
from tocsin.base.jose import EnvelopeError, Typ
from tocsin.proof.canonical import canonical, parse_strict
from tocsin.wire.errors import ReceiptFaultyError
from tocsin.wire.rules.receipt import Opening, Receipted, Stage, claimed_letter, sign_receipt, verify_receipt
from tocsin.wire.rules.seal import sign_letter

LETTER = sign_letter(a_letter(), key=RO.signing_key)
ABOUT = Receipted(letter=LETTER.id, sha256=LETTER.sha256, sender=RO.member, addressee=PT.member)


def an_opening(**changes: object) -> Opening:
    event = {
        "v": 1,
        "kind": "letter-stored",
        "at": instant.text(NIGHT),
        "by": {"member": "pt", "person": "", "roles": ["node"]},
        "letter": LETTER.id,
        "letter_sha256": LETTER.sha256,
        "thread": LETTER.thread,
    }
    return Opening(salt=b"\x07" * 32, event=event | changes)


def a_receipt(opening: Opening | None = None) -> bytes:
    opening = opening or an_opening()
    proof = proof_of(opening, side=PT).text()
    return sign_receipt(ABOUT, stage=Stage.STORED, opening=opening, proof=proof, key=PT.signing_key, at=NIGHT)


def verify(jws: bytes, about: Receipted = ABOUT) -> object:
    return verify_receipt(jws, about=about, key=PT.verifying_key, logs=[PT.log])


def altered(change: Callable[[dict[str, Any]], None]) -> bytes:
    """The receipt, changed and signed again: only a liar at the addressee's can make this."""
    payload = parse_strict(jose.unverified_payload(a_receipt()))
    assert isinstance(payload, dict)
    change(payload)
    return jose.sign(canonical(payload), typ=Typ.RECEIPT, key=PT.signing_key)


def test_a_receipt_proves_its_stage_and_the_place_in_the_journal() -> None:
    receipt = verify_receipt(a_receipt(), about=ABOUT, key=PT.verifying_key, logs=[PT.log])
    assert (receipt.stage, receipt.letter, receipt.sender) == (Stage.STORED, LETTER.id, PT.member)
    assert (receipt.origin, receipt.index, receipt.size) == (PT.origin, 6, 7)
    assert claimed_letter(receipt.jws) == LETTER.id


LIES: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "another letter": (lambda r: r.update(letter="00000000-0000-0000-0000-000000000002"), "letter is"),
    "other bytes": (lambda r: r.update(letter_sha256="0" * 64), "letter_sha256 is"),
    "from somebody else": (lambda r: r.update({"from": "eve"}), "from is"),
    "to somebody else": (lambda r: r.update(to="eve"), "to is"),
    "a stage that nobody knows": (lambda r: r.update(stage="delivered"), "stage is one of"),
    "a later stage than the journal says": (lambda r: r.update(stage="opened"), "entry.event.kind"),
    "another instant than the journal says": (lambda r: r.update(at="2026-11-24T02:00:00.000Z"), "entry.event.at"),
    "another salt": (lambda r: r["entry"].update(salt=b64encode(b"\x08" * 32).decode()), "another root"),
    "a short salt": (lambda r: r["entry"].update(salt="AAAA"), "salt is 32 bytes"),
    "a salt that is a number": (lambda r: r["entry"].update(salt=7), "entry.salt is base64"),
    "another event": (lambda r: r["entry"]["event"].update(thread="other"), "another root"),
    "an event that is a list": (lambda r: r["entry"].update(event=[]), "entry.event is an object"),
    "an entry of another journal": (
        lambda r: r.update(proof=proof_of(an_opening(), side=EVE).text()),
        "signed by no known key",
    ),
    "another index": (lambda r: r.update(proof=r["proof"].replace("index 6", "index 5")), "too short"),
    "an index beyond the tree": (lambda r: r.update(proof=r["proof"].replace("index 6", "index 7")), "outside a tree"),
    "a proof cut short": (lambda r: r.update(proof=r["proof"][:60]), "holds no checkpoint"),
    "a larger tree than was signed": (
        lambda r: r.update(proof=r["proof"].replace("\n7\n", "\n8\n")),
        "does not verify",
    ),
    "a proof that is null": (lambda r: r.update(proof=None), "proof is a text"),
    "no proof": (lambda r: r.pop("proof"), "it holds exactly"),
    "a member more": (lambda r: r.update(note="x"), "it holds exactly"),
    "another version": (lambda r: r.update(v=2), "v is 1"),
}


@pytest.mark.parametrize(("change", "rule"), LIES.values(), ids=LIES.keys())
def test_a_receipt_that_proves_less_than_it_says_is_refused(
    change: Callable[[dict[str, Any]], None], rule: str
) -> None:
    with pytest.raises(ReceiptFaultyError) as raised:
        verify(altered(change))
    assert rule in str(raised.value)


EVENTS: dict[str, dict[str, object]] = {
    "the entry is of another kind": {"kind": "letter-sent"},
    "the entry is about another letter": {"letter": "other"},
    "the entry is about other bytes": {"letter_sha256": "0" * 64},
    "the entry is by another member": {"by": {"member": "eve"}},
    "the entry is by nobody": {"by": None},
}


@pytest.mark.parametrize("changes", EVENTS.values(), ids=EVENTS.keys())
def test_an_entry_that_says_something_else_is_no_proof(changes: dict[str, object]) -> None:
    with pytest.raises(ReceiptFaultyError):
        verify(a_receipt(an_opening(**changes)))


def test_a_receipt_signed_by_another_is_refused() -> None:
    payload = jose.unverified_payload(a_receipt())
    for typ, key in ((Typ.RECEIPT, EVE.signing_key), (Typ.LETTER, PT.signing_key)):
        with pytest.raises(ReceiptFaultyError):
            verify(jose.sign(payload, typ=typ, key=key))


def test_a_receipt_for_another_letter_is_not_ours() -> None:
    other = Receipted(letter=LetterId("other"), sha256=LETTER.sha256, sender=RO.member, addressee=PT.member)
    with pytest.raises(ReceiptFaultyError):
        verify(a_receipt(), other)


def test_a_receipt_that_is_not_canonical_is_refused() -> None:
    payload = json.loads(jose.unverified_payload(a_receipt()))
    loose = jose.sign(json.dumps(payload).encode(), typ=Typ.RECEIPT, key=PT.signing_key)
    with pytest.raises(ReceiptFaultyError):
        verify(loose)
    with pytest.raises(EnvelopeError):
        claimed_letter(loose)


def test_every_byte_of_a_receipt_counts() -> None:
    good = a_receipt()
    for place in range(0, len(good), 7):
        false = good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]
        with pytest.raises(ReceiptFaultyError):
            verify(false)
