import base64
import contextlib
import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base import jose
from tocsin.base.jose import EnvelopeBrokenError, EnvelopeError, EnvelopeKeyError, SignatureWrongError, Typ

SIGNING = jose.signing_key(Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
OTHER = jose.signing_key(Ed25519PrivateKey.from_private_bytes(b"\x02" * 32))
OPENING = jose.opening_key(X25519PrivateKey.from_private_bytes(b"\x03" * 32))


def verifying(seed: bytes = b"\x01" * 32) -> jose.VerifyingKey:
    return jose.verifying_key(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())


def sealing(seed: bytes = b"\x03" * 32) -> jose.SealingKey:
    return jose.sealing_key(X25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())


def segment(header: object) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=")


GOOD_JWS = {"alg": "Ed25519", "kid": SIGNING.kid, "typ": Typ.LETTER.value}
GOOD_JWE = {
    "alg": "ECDH-ES",
    "enc": "A256GCM",
    "epk": {"crv": "X25519", "kty": "OKP", "x": "A" * 43},
    "kid": OPENING.kid,
    "typ": Typ.SEALED.value,
}
TAMPERED_JWS = {
    "alg none": GOOD_JWS | {"alg": "none"},
    "alg HS256, keyed with the public key": GOOD_JWS | {"alg": "HS256"},
    "alg EdDSA, the name before RFC 9864": GOOD_JWS | {"alg": "EdDSA"},
    "a key in the message": GOOD_JWS | {"jwk": {"kty": "OKP"}},
    "an address to fetch a key from": GOOD_JWS | {"jku": "https://keys.example/"},
    "an address to fetch a certificate from": GOOD_JWS | {"x5u": "https://keys.example/"},
    "a critical extension": GOOD_JWS | {"crit": ["exp"]},
    "an unencoded payload": GOOD_JWS | {"b64": False},
    "no typ": {"alg": "Ed25519", "kid": SIGNING.kid},
    "no kid": {"alg": "Ed25519", "typ": Typ.LETTER.value},
    "a kid of another form": GOOD_JWS | {"kid": "../../etc/passwd"},
    "a kid that is a number": GOOD_JWS | {"kid": 16},
    "a typ that is a list": GOOD_JWS | {"typ": ["tocsin-letter+jws"]},
    "a list": [GOOD_JWS],
}
TAMPERED_JWE = {
    "zip": GOOD_JWE | {"zip": "DEF"},
    "another alg": GOOD_JWE | {"alg": "ECDH-ES+A256KW"},
    "dir": GOOD_JWE | {"alg": "dir"},
    "another enc": GOOD_JWE | {"enc": "A128CBC-HS256"},
    "another typ": GOOD_JWE | {"typ": "JWE"},
    "no kid": {name: value for name, value in GOOD_JWE.items() if name != "kid"},
    "no epk": {name: value for name, value in GOOD_JWE.items() if name != "epk"},
    "an epk with a private part": GOOD_JWE | {"epk": {"crv": "X25519", "kty": "OKP", "x": "A" * 43, "d": "A" * 43}},
    "an epk on another curve": GOOD_JWE | {"epk": {"crv": "P-256", "kty": "EC", "x": "A" * 43}},
    "apu": GOOD_JWE | {"apu": "QQ"},
    "a key in the message": GOOD_JWE | {"jwk": {"kty": "OKP"}},
    "a critical extension": GOOD_JWE | {"crit": ["exp"]},
}


def test_what_is_signed_verifies_and_is_the_same_each_time() -> None:
    signed = jose.sign(b"a letter", typ=Typ.LETTER, key=SIGNING)
    assert signed == jose.sign(b"a letter", typ=Typ.LETTER, key=SIGNING)
    assert jose.payload_of(signed, typ=Typ.LETTER, key=verifying()) == b"a letter"
    assert jose.unverified_payload(signed) == b"a letter"


@given(st.binary(max_size=2000))
def test_what_is_sealed_opens_again(content: bytes) -> None:
    sealed = jose.seal(content, key=sealing())
    assert jose.sealed_to(sealed) == OPENING.kid
    assert jose.open_sealed(sealed, keys={OPENING.kid: OPENING}) == content


@pytest.mark.parametrize("header", TAMPERED_JWS.values(), ids=TAMPERED_JWS.keys())
def test_a_signature_with_any_other_header_is_refused(header: object) -> None:
    signed = segment(header) + b"." + segment("x") + b"." + b"A" * 86
    with pytest.raises(EnvelopeError):
        jose.header_of(signed)
    with pytest.raises(EnvelopeError):
        jose.payload_of(signed, typ=Typ.LETTER, key=verifying())


@pytest.mark.parametrize("header", TAMPERED_JWE.values(), ids=TAMPERED_JWE.keys())
def test_a_seal_with_any_other_header_is_refused(header: object) -> None:
    sealed = b".".join([segment(header), b"", b"A" * 16, b"AAAA", b"A" * 22])
    with pytest.raises(EnvelopeError):
        jose.open_sealed(sealed, keys={OPENING.kid: OPENING})


def test_a_member_that_stands_twice_in_a_header_is_refused() -> None:
    raw = b'{"alg":"none","alg":"Ed25519","kid":"' + SIGNING.kid.encode() + b'","typ":"tocsin-letter+jws"}'
    twice = base64.urlsafe_b64encode(raw).rstrip(b"=")
    with pytest.raises(EnvelopeError):
        jose.header_of(twice + b".AAAA." + b"A" * 86)


def test_a_signature_for_one_purpose_is_refused_for_another() -> None:
    ticket = jose.sign(b"{}", typ=Typ.TICKET, key=SIGNING)
    with pytest.raises(EnvelopeError):
        jose.payload_of(ticket, typ=Typ.LETTER, key=verifying())


def test_a_signature_by_another_key_is_refused_whatever_it_names() -> None:
    posing = jose.SigningKey(kid=SIGNING.kid, jwk=OTHER.jwk)
    for forged in (jose.sign(b"x", typ=Typ.LETTER, key=OTHER), jose.sign(b"x", typ=Typ.LETTER, key=posing)):
        with pytest.raises(SignatureWrongError):
            jose.payload_of(forged, typ=Typ.LETTER, key=verifying())


def test_a_seal_to_somebody_else_is_refused() -> None:
    with pytest.raises(EnvelopeKeyError):
        jose.open_sealed(jose.seal(b"x", key=sealing(b"\x09" * 32)), keys={OPENING.kid: OPENING})


def test_a_point_of_low_order_is_refused() -> None:
    low = GOOD_JWE | {"epk": {"crv": "X25519", "kty": "OKP", "x": "A" * 43}}
    sealed = b".".join([segment(low), b"", b"A" * 16, b"AAAA", b"A" * 22])
    with pytest.raises(EnvelopeBrokenError):
        jose.open_sealed(sealed, keys={OPENING.kid: OPENING})


def test_more_bytes_than_the_ceiling_are_refused_unread() -> None:
    with pytest.raises(EnvelopeError):
        jose.header_of(b"A" * (jose.CEILING + 1))
    with pytest.raises(EnvelopeError):
        jose.sealed_to(b"A" * (jose.CEILING + 1))


def test_the_last_digit_of_a_signature_has_one_spelling() -> None:
    signed = jose.sign(b"a letter", typ=Typ.LETTER, key=SIGNING)
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = signed[:-1] + alphabet[alphabet.index(signed[-1:]) + 1 :][:1]  # the same 64 bytes, decoded leniently
    with pytest.raises(EnvelopeError):
        jose.payload_of(other, typ=Typ.LETTER, key=verifying())


def alterations(whole: bytes) -> Callable[[int, int], bytes]:
    def altered(place: int, other: int) -> bytes:
        place %= len(whole)
        replaced = whole[place] ^ (other % 255 + 1)
        return whole[:place] + bytes([replaced]) + whole[place + 1 :]

    return altered


SIGNED = jose.sign(b'{"a":1}', typ=Typ.LETTER, key=SIGNING)
SEALED = jose.seal(SIGNED, key=sealing())
LOOK_ALIKE = (EnvelopeError, EnvelopeKeyError, EnvelopeBrokenError, SignatureWrongError)


@given(st.integers(0, 10**6), st.integers(0, 254))
def test_one_altered_byte_of_a_signed_thing_is_noticed(place: int, other: int) -> None:
    with pytest.raises(LOOK_ALIKE):
        jose.payload_of(alterations(SIGNED)(place, other), typ=Typ.LETTER, key=verifying())


@given(st.integers(0, 10**6), st.integers(0, 254))
def test_one_altered_byte_of_a_sealed_thing_never_yields_other_content(place: int, other: int) -> None:
    with contextlib.suppress(*LOOK_ALIKE):
        assert jose.open_sealed(alterations(SEALED)(place, other), keys={OPENING.kid: OPENING}) == SIGNED


@given(st.integers(0, len(SEALED) - 1))
def test_a_sealed_thing_cut_short_is_refused(length: int) -> None:
    with pytest.raises(LOOK_ALIKE):
        jose.open_sealed(SEALED[:length], keys={OPENING.kid: OPENING})


@given(st.binary(max_size=400))
def test_noise_is_refused_by_name_and_never_by_a_crash(noise: bytes) -> None:
    for read in (jose.header_of, jose.sealed_to, jose.unverified_payload):
        with pytest.raises(EnvelopeError):
            read(noise)
