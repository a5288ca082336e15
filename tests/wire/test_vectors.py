"""The published examples of the wire, replayed: what another implementation has to get as well."""

import json
from typing import Any

import pytest

from tests.wire.examples import NIGHT, PT, RO, Side
from tests.wire.make_wire_vectors import VECTORS, vectors
from tocsin.base import jose
from tocsin.base.errors import TocsinError
from tocsin.base.ids import LetterId
from tocsin.base.jose import Typ
from tocsin.proof.canonical import canonical
from tocsin.wire.rules.letter import Part, letter_payload
from tocsin.wire.rules.open import open_letter, signed_letter, verify_letter
from tocsin.wire.rules.receipt import Receipted, verify_receipt
from tocsin.wire.rules.refusal import verify_refusal
from tocsin.wire.rules.seal import SealedLetter, open_part
from tocsin.wire.rules.ticket import Asked, body_hash, ticket_in, verify_ticket
from tocsin.wire.rules.wire_file import read_head, read_line

SIDES: dict[str, Side] = {"ro": RO, "pt": PT}


def read(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text())


def test_the_published_files_are_those_that_are_made() -> None:
    made = vectors()
    assert {path.name for path in VECTORS.iterdir()} == made.keys()
    for name, content in made.items():
        assert (VECTORS / name).read_bytes() == content, name


@pytest.mark.parametrize("vector", read("letters"), ids=lambda vector: vector["name"])
def test_a_letter_verifies_and_says_what_stands_beside_it(vector: dict[str, Any]) -> None:
    letter = verify_letter(signed_letter(vector["jws"].encode()), key=RO.verifying_key)
    assert letter_payload(letter) == vector["payload"]
    assert letter.sha256 == vector["sha256"]
    assert jose.sign(canonical(vector["payload"]), typ=Typ.LETTER, key=RO.signing_key).decode() == vector["jws"]


@pytest.mark.parametrize("vector", read("envelopes"), ids=lambda vector: vector["name"])
def test_an_envelope_made_by_other_code_opens(vector: dict[str, Any]) -> None:
    opened = jose.open_sealed(vector["jwe"].encode(), keys=SIDES[vector["to"]].opening_keys)
    assert opened.decode() == vector["content"]


def about_the_first_letter() -> Receipted:
    letter = read("letters")[0]
    return Receipted(
        letter=LetterId(letter["payload"]["id"]), sha256=letter["sha256"], sender=RO.member, addressee=PT.member
    )


@pytest.mark.parametrize("vector", read("receipts")[:2], ids=lambda vector: vector["name"])
def test_a_receipt_proves_its_stage(vector: dict[str, Any]) -> None:
    about = about_the_first_letter()
    receipt = verify_receipt(vector["jws"].encode(), about=about, key=PT.verifying_key, logs=[PT.log])
    assert (receipt.stage, receipt.index, receipt.size) == (vector["payload"]["stage"], vector["index"], vector["size"])


def test_a_refusal_tells_its_problem() -> None:
    vector = read("receipts")[2]
    problem = verify_refusal(vector["jws"].encode(), about=about_the_first_letter(), key=PT.verifying_key)
    assert problem.document() == vector["payload"]["problem"]


@pytest.mark.parametrize("vector", read("tickets"), ids=lambda vector: vector["name"])
def test_a_ticket_admits(vector: dict[str, Any]) -> None:
    payload, body = vector["payload"], vector["body"].encode()
    asked = Asked(method=payload["method"], path=payload["path"], body=body_hash(body) if body else None)
    jws = ticket_in(vector["header"].removeprefix("Authorization: "))
    ticket = verify_ticket(jws, key=RO.verifying_key, asked=asked, to=PT.member, at=NIGHT)
    assert ticket.nonce == payload["nonce"]


def test_a_part_opens_for_its_reader() -> None:
    vector = read("part")
    part = Part(name=vector["name"], commitment=vector["commitment"], sealed=vector["sealed"])
    opened = open_part(part, keys=PT.opening_keys)
    assert (opened.salt.hex(), opened.content) == (vector["salt"], vector["content"])


def take(vector: dict[str, Any]) -> None:
    if "envelope" in vector:
        open_letter(SealedLetter(vector["envelope"].encode()), keys=PT.opening_keys)
    else:
        verify_letter(signed_letter(vector["letter"].encode()), key=RO.verifying_key)


@pytest.mark.parametrize("vector", read("refused"), ids=lambda vector: vector["name"])
def test_what_must_be_refused_is_refused_by_its_code(vector: dict[str, Any]) -> None:
    with pytest.raises(TocsinError) as raised:
        take(vector)
    assert raised.value.code == vector["code"]


def test_a_file_of_letters_reads() -> None:
    head, *lines = (VECTORS / "letters.tocsin").read_bytes().splitlines(keepends=True)
    assert read_head(head).sender == RO.member
    assert [type(read_line(line, number=n)).__name__ for n, line in enumerate(lines, start=2)] == [
        "FiledCheckpoint",
        "FiledEnvelope",
    ]
