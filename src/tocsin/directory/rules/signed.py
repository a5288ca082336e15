"""Signed objects of the directory: a JWS of the suite (``tocsin.base.jose``) whose payload is canonical JSON.

The JWS gives one spelling to header and signature; here the payload too has one form (RFC 8785), so
that a signed object has one sequence of bytes and one hash.

A type says what was checked: a ``Claim`` is what the bytes say; ``verified`` gives the payload only after
the signature was checked with a key that the caller trusts for it.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.base import jose
from tocsin.base.jose import Typ
from tocsin.directory.errors import SignedFormError
from tocsin.proof.canonical import Json, canonical, parse_canonical
from tocsin.proof.errors import CanonicalError


@dataclass(frozen=True, slots=True)
class Claim:
    """What a signed object says, before its signature was checked: never act on it."""

    compact: str
    typ: Typ
    kid: str
    payload: dict[str, Json]


def sign(payload: dict[str, Json], *, typ: Typ, key: Ed25519PrivateKey) -> str:
    """The compact JWS over the canonical form of ``payload``."""
    return jose.sign(canonical(payload), typ=typ, key=jose.signing_key(key)).decode("ascii")


def claim(compact: str, *, typ: Typ, limit: int) -> Claim:
    """What ``compact`` claims, when it has the right form; raises ``SignedFormError``.

    ``limit`` is the most characters that are looked at.
    """
    try:
        return _claim(compact, typ=typ, limit=limit)
    except (CanonicalError, jose.EnvelopeError, UnicodeEncodeError, ValueError) as error:
        raise SignedFormError(expected=thing_of(typ), rule=str(error)) from error


def verified(claim: Claim, *, public: bytes) -> dict[str, Json]:
    """The payload, after its signature was checked with the raw key ``public``.

    Raises ``tocsin.base.jose.SignatureWrongError``.
    """
    try:
        jose.payload_of(claim.compact.encode("ascii"), typ=claim.typ, key=jose.verifying_key(public))
    except jose.EnvelopeError as error:  # a spelling that the claim's reader took and the verifier does not
        raise jose.SignatureWrongError(thing=thing_of(claim.typ), kid=claim.kid) from error
    return claim.payload


def thing_of(typ: Typ) -> str:
    """The type in words: ``card`` for ``tocsin-card+jws``."""
    return typ.value.removeprefix("tocsin-").removesuffix("+jws")


def _claim(compact: str, *, typ: Typ, limit: int) -> Claim:
    if len(compact) > limit:
        raise ValueError(f"longer than {limit} characters")
    signed = compact.encode("ascii")
    header = jose.header_of(signed)
    if header.typ is not typ:
        raise ValueError(f"its header names the type {header.typ.value}")
    payload = parse_canonical(jose.unverified_payload(signed))
    if not isinstance(payload, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - all faults of form leave alike
    return Claim(compact=compact, typ=typ, kid=header.kid, payload=payload)
