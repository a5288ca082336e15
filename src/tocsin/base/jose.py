"""Signed and sealed bytes: the suite ``tocsin-1`` of JOSE, and nothing else of JOSE.

    signed   JWS compact (RFC 7515), ``alg`` ``Ed25519`` (RFC 9864)
             header, exactly:  {"alg": "Ed25519", "kid": <16 hex digits>, "typ": <see Typ>}
    sealed   JWE compact (RFC 7516), ``alg`` ``ECDH-ES`` direct on X25519 (RFC 8037), ``enc`` ``A256GCM``
             header, exactly:  {"alg": "ECDH-ES", "enc": "A256GCM", "epk": {"crv": "X25519", "kty": "OKP",
                                "x": …}, "kid": <16 hex digits>, "typ": "tocsin-sealed+jwe"}

``kid`` is the first 16 hexadecimal digits of the SHA-256 of the raw public key. A header with a
member more or less is refused, so ``none``, ``zip``, ``jwk``, ``jku``, ``x5u``, ``x5c``, ``b64`` and
``crit`` need no rule of their own: a key comes from a card, never from the message, and nothing is
inflated. Segments are base64url without padding, and the last digit of a signature carries no idle
bits: one signature has one spelling, since a letter's hash covers it.

Two of the library's bounds are set by hand. A JWS or JWE may be ``CEILING`` bytes long (the library
stops at 128,000 and 65,536); a node's own limit for letters lies below and is checked where letters
come in. Compression stays off, so nothing grows while it is opened.
"""

import hashlib
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from tocsin.base.errors import PeerError, ProofError

SUITE: Final = "tocsin-1"
CEILING: Final = 4 * 1024 * 1024
"""Bytes of the longest JWS or JWE that any node may be set up to accept."""

_KID = re.compile(r"[0-9a-f]{16}")
_JWS = re.compile(rb"([A-Za-z0-9_-]{1,512})\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{85}[AQgw]")
_JWE = re.compile(rb"([A-Za-z0-9_-]{1,1024})\.\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{22}")
_EPK_X = re.compile(r"[A-Za-z0-9_-]{43}")


class Typ(StrEnum):
    """What a signature or a seal is for; one made for one thing is never good for another."""

    LETTER = "tocsin-letter+jws"
    RECEIPT = "tocsin-receipt+jws"
    CARD = "tocsin-card+jws"
    TICKET = "tocsin-ticket+jws"
    CUSTODY = "tocsin-custody+jws"
    NATIONAL = "tocsin-national+jws"
    ALIVE = "tocsin-alive+jws"
    DRILL = "tocsin-drill+jws"
    WARNING = "tocsin-warning+jws"
    NOTICE = "tocsin-notice+jws"
    SEALED = "tocsin-sealed+jwe"


class EnvelopeError(PeerError):
    """These bytes are not a signed or sealed thing as the suite asks."""

    code = "envelope"
    sentence = "The {thing} breaks a rule of the suite tocsin-1: {rule}."


class EnvelopeKeyError(PeerError):
    """A seal names a key that is not ours."""

    code = "envelope-key"
    sentence = "The envelope is sealed to the key {kid}, which is not a key of this node."


class EnvelopeBrokenError(ProofError):
    """A seal does not open with the key that it names: it was altered or cut short."""

    code = "envelope-broken"
    sentence = "The envelope does not open with the key {kid} that it names; it was altered on its way."


class SignatureWrongError(ProofError):
    """A signature is not that of the key it names over these bytes."""

    code = "envelope-signature"
    sentence = "The signature on the {thing} is not that of the key {kid}."


def kid_of(public: bytes) -> str:
    """The key id of a raw public key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private Ed25519 key, ready for use."""

    kid: str
    jwk: OKPKey


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public Ed25519 key, ready for use."""

    kid: str
    jwk: OKPKey


@dataclass(frozen=True, slots=True)
class OpeningKey:
    """A private X25519 key, ready for use."""

    kid: str
    jwk: OKPKey


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A public X25519 key, ready for use."""

    kid: str
    jwk: OKPKey


@dataclass(frozen=True, slots=True)
class Header:
    """What a signed thing says of itself before anything was checked."""

    kid: str
    typ: Typ


# Preparing a key costs as much as signing with it; a process meets few keys.
@lru_cache(maxsize=64)
def signing_key(private: Ed25519PrivateKey) -> SigningKey:
    """The prepared form of a private signing key."""
    return SigningKey(kid_of(private.public_key().public_bytes_raw()), OKPKey.import_key(private))


@lru_cache(maxsize=64)
def opening_key(private: X25519PrivateKey) -> OpeningKey:
    """The prepared form of a private key that opens seals."""
    return OpeningKey(kid_of(private.public_key().public_bytes_raw()), OKPKey.import_key(private))


@lru_cache(maxsize=4096)
def verifying_key(public: bytes) -> VerifyingKey:
    """The prepared form of a raw Ed25519 public key; raises ``ValueError`` for other than 32 bytes."""
    return VerifyingKey(kid_of(public), OKPKey.import_key(Ed25519PublicKey.from_public_bytes(public)))


@lru_cache(maxsize=4096)
def sealing_key(public: bytes) -> SealingKey:
    """The prepared form of a raw X25519 public key; raises ``ValueError`` for other than 32 bytes."""
    return SealingKey(kid_of(public), OKPKey.import_key(X25519PublicKey.from_public_bytes(public)))


# --- Signing ------------------------------------------------------------------------------------


class _SignatureBounds(jws.JWSRegistry):
    max_payload_length = CEILING


class _SealBounds(jwe.JWERegistry):
    max_ciphertext_length = 2 * CEILING


_SIGNATURES = _SignatureBounds(algorithms=["Ed25519"])
_SEALS = _SealBounds(algorithms=["ECDH-ES", "A256GCM"])


def sign(payload: bytes, *, typ: Typ, key: SigningKey) -> bytes:
    """The compact JWS over ``payload``; Ed25519 gives the same bytes each time."""
    protected = {"alg": "Ed25519", "kid": key.kid, "typ": typ.value}
    return jws.serialize_compact(protected, payload, key.jwk, registry=_SIGNATURES).encode("ascii")


def header_of(signed: bytes) -> Header:
    """The type and key that a JWS names; nothing is verified. Raises ``EnvelopeError``."""
    shape = _JWS.fullmatch(signed)
    if shape is None or len(signed) > CEILING:
        raise EnvelopeError(thing="signature", rule="a compact JWS of three base64url segments, signed by Ed25519")
    return _signed_header(shape[1])


def payload_of(signed: bytes, *, typ: Typ, key: VerifyingKey) -> bytes:
    """The payload of ``signed``, once it is proved to be of this type and signed by this key.

    Raises ``EnvelopeError`` for another shape or type, ``SignatureWrongError`` for a signature that
    is not the key's.
    """
    header = header_of(signed)
    if header.typ is not typ:
        raise EnvelopeError(thing="signature", rule=f"typ must be {typ.value}")
    if header.kid != key.kid:
        raise SignatureWrongError(thing=typ.value, kid=key.kid)
    try:
        found = jws.extract_compact(signed, registry=_SIGNATURES)
        good = jws.validate_compact(found, key.jwk, registry=_SIGNATURES)
    except (JoseError, ValueError) as error:
        raise EnvelopeError(thing="signature", rule=str(error)) from None
    if not good:
        raise SignatureWrongError(thing=typ.value, kid=key.kid)
    return found.payload


def unverified_payload(signed: bytes) -> bytes:
    """The payload of a JWS whose signature nobody has looked at: only to find out whom it claims.

    Raises ``EnvelopeError``.
    """
    header_of(signed)
    try:
        return _decoded(signed.split(b".")[1])
    except ValueError:
        raise EnvelopeError(thing="signature", rule="the payload is base64url") from None


# A sender's headers are few and the same in each of its letters.
@lru_cache(maxsize=1024)
def _signed_header(segment: bytes) -> Header:
    header = _json_header(segment, thing="signature")
    if header.keys() != {"alg", "kid", "typ"}:
        raise EnvelopeError(thing="signature", rule="the header holds alg, kid and typ, and nothing else")
    if header["alg"] != "Ed25519":
        raise EnvelopeError(thing="signature", rule="alg must be Ed25519")
    return Header(kid=_kid(header["kid"], thing="signature"), typ=_typ(header["typ"]))


# --- Sealing ------------------------------------------------------------------------------------


def seal(content: bytes, *, key: SealingKey) -> bytes:
    """The compact JWE over ``content`` that only the holder of ``key`` can open."""
    protected: dict[str, Any] = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": key.kid, "typ": Typ.SEALED.value}
    return jwe.encrypt_compact(protected, content, key.jwk, registry=_SEALS).encode("ascii")


def sealed_to(sealed: bytes) -> str:
    """The id of the key that a JWE is sealed to. Raises ``EnvelopeError``."""
    shape = _JWE.fullmatch(sealed)
    if shape is None or len(sealed) > CEILING:
        raise EnvelopeError(thing="seal", rule="a compact JWE of five base64url segments, the second empty")
    header = _json_header(shape[1], thing="seal")
    if header.keys() != {"alg", "enc", "epk", "kid", "typ"}:
        raise EnvelopeError(thing="seal", rule="the header holds alg, enc, epk, kid and typ, and nothing else")
    if (header["alg"], header["enc"], header["typ"]) != ("ECDH-ES", "A256GCM", Typ.SEALED.value):
        raise EnvelopeError(thing="seal", rule=f"alg ECDH-ES, enc A256GCM and typ {Typ.SEALED.value}")
    _check_epk(header["epk"])
    return _kid(header["kid"], thing="seal")


def open_sealed(sealed: bytes, *, keys: Mapping[str, OpeningKey]) -> bytes:
    """What ``sealed`` holds, opened with that of ``keys`` (by key id) which it names.

    Raises ``EnvelopeError`` for another shape, ``EnvelopeKeyError`` when it is not sealed to us and
    ``EnvelopeBrokenError`` when it was altered.
    """
    kid = sealed_to(sealed)
    key = keys.get(kid)
    if key is None:
        raise EnvelopeKeyError(kid=kid)
    try:
        opened = jwe.decrypt_compact(sealed, key.jwk, registry=_SEALS).plaintext
    except (JoseError, ValueError):  # ValueError: a point of low order, or a segment cut short
        raise EnvelopeBrokenError(kid=kid) from None
    return opened or b""


def _check_epk(epk: object) -> None:
    good = (
        isinstance(epk, dict)
        and epk.keys() == {"crv", "kty", "x"}
        and (epk["crv"], epk["kty"]) == ("X25519", "OKP")
        and isinstance(epk["x"], str)
        and _EPK_X.fullmatch(epk["x"])
    )
    if not good:
        raise EnvelopeError(thing="seal", rule="epk is an X25519 public key with crv, kty and x, and nothing else")


# --- Headers ------------------------------------------------------------------------------------


def _json_header(segment: bytes, *, thing: str) -> dict[str, Any]:
    try:
        header = _HEADERS.decode(_decoded(segment).decode("utf-8"))
    except (ValueError, RecursionError):
        raise EnvelopeError(thing=thing, rule="the header is one JSON object, each member once") from None
    if not isinstance(header, dict):
        raise EnvelopeError(thing=thing, rule="the header is one JSON object, each member once")
    return header


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


_HEADERS = json.JSONDecoder(object_pairs_hook=_without_doubles)


def _decoded(segment: bytes) -> bytes:
    return urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))


def _kid(value: object, *, thing: str) -> str:
    if not isinstance(value, str) or _KID.fullmatch(value) is None:
        raise EnvelopeError(thing=thing, rule="kid is 16 lower-case hexadecimal digits")
    return value


def _typ(value: object) -> Typ:
    try:
        return Typ(str(value))
    except ValueError:
        raise EnvelopeError(thing="signature", rule="typ is one of tocsin's types") from None
