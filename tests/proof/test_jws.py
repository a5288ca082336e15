"""Signed JSON, with joserfc as the other implementation."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base import jose
from tocsin.base.jose import Typ
from tocsin.proof.canonical import canonical
from tocsin.proof.errors import AlteredError
from tocsin.proof.jws import CARD, CUSTODY, LETTER, RECEIPT, kid_of, parse_jws, sign_jws

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
PAYLOAD = {"v": 1, "type": "letter", "text": "é"}


def test_what_the_product_signs_is_read_here_and_the_other_way_round() -> None:
    theirs = jose.sign(canonical(PAYLOAD), typ=Typ.LETTER, key=jose.signing_key(KEY))
    ours = sign_jws(PAYLOAD, typ=LETTER, key=KEY)
    assert ours == theirs
    claimed = parse_jws(theirs, typ=LETTER)
    claimed.verify(PUBLIC)
    assert claimed.payload == PAYLOAD
    assert jose.payload_of(ours, typ=Typ.LETTER, key=jose.verifying_key(PUBLIC)) == canonical(PAYLOAD)


def test_the_types_are_those_of_the_product() -> None:
    assert {LETTER, RECEIPT, CARD, CUSTODY} == {Typ.LETTER, Typ.RECEIPT, Typ.CARD, Typ.CUSTODY}
    assert kid_of(PUBLIC) == jose.kid_of(PUBLIC)


@given(st.integers(0), st.integers(0, 7))
def test_one_signature_has_one_spelling(at: int, bit: int) -> None:
    good = sign_jws(PAYLOAD, typ=LETTER, key=KEY)
    changed = bytearray(good)
    changed[at % len(good)] ^= 1 << bit
    with pytest.raises(AlteredError):
        parse_jws(bytes(changed), typ=LETTER).verify(PUBLIC)


def test_another_key_of_the_same_name_is_refused() -> None:
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with pytest.raises(AlteredError, match="another key"):
        parse_jws(sign_jws(PAYLOAD, typ=LETTER, key=KEY), typ=LETTER).verify(other)


MALFORMED = {
    "nothing": b"",
    "two parts": b"YQ.YQ",
    "four parts": b"YQ.YQ.YQ.YQ",
    "an empty payload": b"YQ..YQ",
    "padding": sign_jws(PAYLOAD, typ=LETTER, key=KEY) + b"==",
    "a line end": sign_jws(PAYLOAD, typ=LETTER, key=KEY) + b"\n",
    "base64 of the other alphabet": sign_jws(PAYLOAD, typ=LETTER, key=KEY).replace(b".", b".+", 1),
    "a header that is no object": b"W10.e30.YQ",
    "a header that is no JSON": b"YQ.e30.YQ",
    "one byte of base64": b"e30.e30.Y",
    "another type": sign_jws(PAYLOAD, typ=RECEIPT, key=KEY),
}


@pytest.mark.parametrize("compact", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_signed_json_is_refused(compact: bytes) -> None:
    with pytest.raises(AlteredError):
        parse_jws(compact, typ=LETTER)


def test_a_payload_in_another_than_its_canonical_form_is_refused() -> None:
    loose = json.dumps(PAYLOAD, indent=1).encode()
    signed = jose.sign(loose, typ=Typ.LETTER, key=jose.signing_key(KEY))
    with pytest.raises(AlteredError, match="canonical"):
        parse_jws(signed, typ=LETTER)
