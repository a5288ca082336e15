"""Signed JSON: compact JWS (RFC 7515) with Ed25519 (RFC 9864), and nothing else of JOSE.

    base64url(header) . base64url(payload) . base64url(signature)         all unpadded
    header, exactly: {"alg": "Ed25519", "kid": <16 hex digits>, "typ": "tocsin-letter+jws"}

The signature is over the first two parts with their dot. ``kid`` is the beginning of the SHA-256 of
the raw public key. The payload is canonical JSON (canonical.py). A header with anything more or less
is refused, so a message cannot bring its own key or choose another algorithm; base64url with stray
bits is refused, so that one signature has one spelling.

Worked example: the header {"alg":"Ed25519","kid":"34750f98bd59fcfc","typ":"tocsin-letter+jws"} is
``eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiMzQ3NTBmOThiZDU5ZmNmYyIsInR5cCI6InRvY3Npbi1sZXR0ZXIrandzIn0``.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tocsin.proof.canonical import Json, canonical, parse_canonical, parse_strict
from tocsin.proof.errors import AlteredError, CanonicalError

LETTER = "tocsin-letter+jws"
RECEIPT = "tocsin-receipt+jws"
CARD = "tocsin-card+jws"
CUSTODY = "tocsin-custody+jws"

ALGORITHM = "Ed25519"
_SHAPE = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_KID_DIGITS = 16


@dataclass(frozen=True, slots=True)
class ClaimedJws:
    """A JWS taken apart. Nothing says yet that ``kid`` signed it."""

    kid: str
    payload: Json
    payload_bytes: bytes
    signed: bytes
    signature: bytes

    def verify(self, public: bytes) -> None:
        """Raise ``AlteredError`` unless the holder of the raw Ed25519 key ``public`` signed it."""
        if kid_of(public) != self.kid:
            raise AlteredError("signature", f"made with another key than {self.kid}")
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(self.signature, self.signed)
        except (InvalidSignature, ValueError) as error:
            raise AlteredError("signature", f"it is not that of the key {self.kid} over this content") from error


def kid_of(public: bytes) -> str:
    """The short name of a key: the first 16 hexadecimal digits of the SHA-256 of its raw bytes."""
    return sha256(public).hexdigest()[:_KID_DIGITS]


def parse_jws(compact: bytes, *, typ: str) -> ClaimedJws:
    """Take a JWS apart; raises ``AlteredError`` when it is not exactly as the top of this file says."""
    if not _SHAPE.fullmatch(compact):
        raise AlteredError("signature", "not a compact JWS of three base64url parts")
    head, body, tail = compact.split(b".")
    header, payload = _decoded(head), _decoded(body)
    try:
        stated, content = parse_strict(header), parse_canonical(payload)
    except CanonicalError as error:
        raise AlteredError("signed content", str(error)) from error
    if not isinstance(stated, dict) or stated != {"alg": ALGORITHM, "typ": typ, "kid": stated.get("kid")}:
        raise AlteredError("signature", f"its header is not alg Ed25519, typ {typ} and kid alone")
    return ClaimedJws(str(stated["kid"]), content, payload, head + b"." + body, _decoded(tail))


def sign_jws(payload: object, *, typ: str, key: Ed25519PrivateKey) -> bytes:
    """The compact JWS over the canonical form of ``payload``."""
    header = {"alg": ALGORITHM, "kid": kid_of(key.public_key().public_bytes_raw()), "typ": typ}
    signed = _encoded(canonical(header)) + b"." + _encoded(canonical(payload))
    return signed + b"." + _encoded(key.sign(signed))


def _encoded(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")


def _decoded(segment: bytes) -> bytes:
    try:
        raw = urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except ValueError as error:
        raise AlteredError("signature", "not base64url") from error
    if _encoded(raw) != segment:
        raise AlteredError("signature", "base64url with stray bits")
    return raw
