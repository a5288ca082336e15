"""S/MIME (RFC 8551): signing and encrypting what leaves, checking and opening what comes.

A signature that fits proves that who has the certificate's key signed these bytes, and nothing about who that is: the
certificate is compared with the one that a person has recorded of a contact. Nobody else vouches for one here: no list
of authorities that every mail program trusts makes a stranger's mail genuine.

What is signed is checked with pyHanko's CMS code, bytes as they came. Signatures over SHA-1 or MD5, and keys of less
than 2048 bits (RSA), are none.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization import pkcs7

from tocsin.base.instant import Instant

LEAST_RSA_BITS = 2048
_DIGESTS = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_MOST_CMS = 64 * 1024 * 1024
_BOUNDARY = re.compile(rb'boundary\s*=\s*(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_FOLDED = re.compile(rb"\r?\n[ \t]+")
_MOST_HEAD = 64 * 1024

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Seal(StrEnum):
    """What a signature on a mail is worth, before it is known whose it is."""

    NONE = "none"
    FITS = "fits"
    """The bytes are those that the certificate's key signed."""
    BROKEN = "broken"
    """It fits no certificate in it, or the bytes were altered."""
    UNREADABLE = "unreadable"
    """It is written in a way that is not read here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a mail's signature showed, and the entity that it covers."""

    seal: Seal
    certificate: x509.Certificate | None = None
    entity: bytes = b""
    """The bytes that were signed; nothing where none were."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as hex."""
        return self.certificate.fingerprint(hashes.SHA256()).hex() if self.certificate else ""


# --- What leaves --------------------------------------------------------------------------------


def signature_over(
    entity: bytes, *, key: SigningKey, certificate: x509.Certificate, above: Sequence[x509.Certificate] = ()
) -> bytes:
    """The detached signature of an entity, in DER."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(entity).add_signer(certificate, key, hashes.SHA256())
    for each in above:
        builder = builder.add_certificate(each)
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    return builder.sign(serialization.Encoding.DER, options)


def envelope_of(entity: bytes, *, to: Sequence[x509.Certificate]) -> bytes:
    """An entity that only these certificates' keys open (AES-256-CBC, RSA key transport), in DER."""
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(entity).set_content_encryption_algorithm(AES256)
    for each in to:
        builder = builder.add_recipient(each)
    return builder.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def fault_of_certificate(certificate: x509.Certificate, *, at: Instant) -> str:
    """Why nothing can be encrypted to a certificate; nothing where it can."""
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < LEAST_RSA_BITS:
        return f"holds an RSA key of {LEAST_RSA_BITS} bits or more: nothing else can be encrypted to here"
    if not is_valid_at(certificate, at):
        return "is valid today"
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return ""
    return "" if usage.key_encipherment else "is for encrypting (keyEncipherment)"


def is_valid_at(certificate: x509.Certificate, at: Instant) -> bool:
    """Whether a certificate holds at an instant."""
    return bool(certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc)


# --- What comes ---------------------------------------------------------------------------------


def check_signature(raw: bytes) -> Checked:
    """What the signature of a mail, or of an entity, shows. Never raises: what cannot be read is ``UNREADABLE``."""
    kind = _head_of(raw)
    try:
        if kind.startswith(b"multipart/signed") and b"pkcs7-signature" in kind:
            return _check_detached(raw, kind)
        if kind.startswith((b"application/pkcs7-mime", b"application/x-pkcs7-mime")) and b"enveloped" not in kind:
            return _check_opaque(raw)
    except Exception:  # noqa: BLE001 - bytes of strangers, read by three libraries: whatever they raise, it is no signature
        return Checked(seal=Seal.UNREADABLE)
    return Checked(seal=Seal.NONE)


def is_encrypted(raw: bytes) -> bool:
    """Whether a mail is an S/MIME envelope."""
    kind = _head_of(raw)
    return kind.startswith((b"application/pkcs7-mime", b"application/x-pkcs7-mime")) and b"signed-data" not in kind


def opened(raw: bytes, *, key: SigningKey, certificate: x509.Certificate) -> bytes | None:
    """The entity in an envelope to ``certificate``; nothing where it cannot be opened with this key."""
    if not isinstance(key, rsa.RSAPrivateKey):
        return None
    try:
        return pkcs7.pkcs7_decrypt_der(_body_of(raw), certificate, key, [])
    except (ValueError, TypeError, UnsupportedAlgorithm, binascii.Error):
        return None


def _check_detached(raw: bytes, kind: bytes) -> Checked:
    found = _BOUNDARY.search(kind)
    if found is None:
        return Checked(seal=Seal.UNREADABLE)
    parts = _parts(raw, found.group(1) or found.group(2))
    if len(parts) != 2:  # noqa: PLR2004 - what is signed, and the signature (RFC 1847, 2.1)
        return Checked(seal=Seal.UNREADABLE)
    entity = re.sub(rb"\r?\n", b"\r\n", parts[0])
    return _verified(_body_of(parts[1]), entity)


def _check_opaque(raw: bytes) -> Checked:
    content = cms.ContentInfo.load(_body_of(raw))
    if content["content_type"].native != "signed_data":
        return Checked(seal=Seal.NONE)
    inside = content["content"]["encap_content_info"]["content"].native
    return _verified(_body_of(raw), inside) if isinstance(inside, bytes) else Checked(seal=Seal.UNREADABLE)


def _verified(signature: bytes, entity: bytes) -> Checked:
    """Of several signers the first: two who sign one mail are no case of ours."""
    if len(signature) > _MOST_CMS:
        return Checked(seal=Seal.UNREADABLE)
    signed = cms.ContentInfo.load(signature, strict=False)["content"]
    signer = signed["signer_infos"][0]
    digest = _DIGESTS.get(signer["digest_algorithm"]["algorithm"].native)
    certificate = _certificate_of(signer, signed["certificates"])
    if digest is None or certificate is None:
        return Checked(seal=Seal.UNREADABLE)
    ours = x509.load_der_x509_certificate(certificate.dump())
    key = ours.public_key()
    weak = isinstance(key, rsa.RSAPublicKey) and key.key_size < LEAST_RSA_BITS
    fits = not weak and _fits(signer, certificate, digest(entity).digest())
    return Checked(seal=Seal.FITS if fits else Seal.BROKEN, certificate=ours, entity=entity if fits else b"")


def _fits(signer: cms.SignerInfo, certificate: asn1_x509.Certificate, digest: bytes) -> bool:
    # It takes long to load, and every command would wait for it.
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity  # noqa: PLC0415

    def check() -> tuple[bool, bool]:
        intact, valid = validate_sig_integrity(signer, certificate, "data", digest)
        return bool(intact), bool(valid)

    # pyHanko may run an event loop of its own, and a thread has one at most: the caller's may be in use.
    with ThreadPoolExecutor(max_workers=1) as beside:
        try:
            return all(beside.submit(check).result())
        except Exception:  # noqa: BLE001 - it raises for what breaks a rule of CMS; all of that is no signature
            return False


def _certificate_of(signer: cms.SignerInfo, certificates: cms.CertificateSet) -> asn1_x509.Certificate | None:
    wanted = signer["sid"].chosen
    for choice in certificates:
        found = choice.chosen
        if not isinstance(found, asn1_x509.Certificate):
            continue
        if isinstance(wanted, cms.IssuerAndSerialNumber):
            if found.serial_number == wanted["serial_number"].native and found.issuer == wanted["issuer"]:
                return found
        elif found.key_identifier == wanted.native:
            return found
    return None


# --- Bytes of a mail ----------------------------------------------------------------------------


def _head_of(raw: bytes) -> bytes:
    """The value of a mail's own Content-Type, on one line, in small letters but for the boundary; or nothing."""
    head = re.split(rb"\r?\n\r?\n", raw[:_MOST_HEAD], maxsplit=1)[0]
    for line in _FOLDED.sub(b" ", head).splitlines():
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-type":
            kind, _, rest = value.strip().partition(b";")
            return kind.strip().lower() + b";" + rest
    return b""


def _body_of(entity: bytes) -> bytes:
    """What an entity holds: base64 opened where it says so."""
    head, _, body = _split(entity)
    if re.search(rb"(?im)^content-transfer-encoding:\s*base64", _FOLDED.sub(b" ", head)):
        return base64.b64decode(re.sub(rb"\s", b"", body), validate=True)
    return body


def _split(entity: bytes) -> tuple[bytes, bytes, bytes]:
    found = re.search(rb"\r?\n\r?\n", entity)
    return (entity[: found.start()], found.group(), entity[found.end() :]) if found else (entity, b"", b"")


def _parts(raw: bytes, boundary: bytes) -> list[bytes]:
    """The parts between a multipart's own boundary lines, without the line end that belongs to the boundary."""
    _, _, body = _split(raw)
    mark = re.compile(rb"(?:^|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    found, begins = list[bytes](), -1
    for each in mark.finditer(body):
        if begins >= 0:
            found.append(body[begins : each.start()])
        if each.group(1):
            break
        begins = _after_line(body, each.end())
    return found


def _after_line(body: bytes, at: int) -> int:
    return at + (2 if body[at : at + 2] == b"\r\n" else 1)
