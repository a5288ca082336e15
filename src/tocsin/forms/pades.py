"""The seal on a form: PAdES B-B (ETSI EN 319 142-1) with this node's own certificate, in ``keys/form-seal.pem``.

The certificate is made by the node itself and says so. It is no qualified seal (Regulation (EU) No 910/2014, Article
38), and no browser or reader trusts it by itself: who wants to rely on it compares the fingerprint that stands on each
form with the one that the issuer names by telephone, or asks on the issuer's page, which needs no certificate at all.

The key is ECDSA on P-256, not Ed25519: validators of PDFs that courts use know it. The seal is an incremental update
that leaves every byte before it, without a picture: what is on the page is on the page that typst made.
"""

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from secrets import token_hex

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.forms.errors import FormSealError

FIELD = "Seal"
_YEARS = timedelta(days=3653)
_MOST_NAME = 64


@dataclass(frozen=True, slots=True)
class Seal:
    """The key and certificate of this node for forms."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in DER, as hex."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def own_seal(*, name: str, at: Instant) -> Seal:
    """The seal in this node's home, made when first asked for; raises ``FormSealError`` for a file that is no seal."""
    path = this_node().home / "keys" / "form-seal.pem"
    if not path.exists():
        _keep(path, _new(name, at=at))
    return _read(path)


def sealed(pdf: bytes, *, seal: Seal, reason: str) -> bytes:
    """The form with the seal over all of it."""
    # pyHanko runs an event loop of its own, and a thread has one at most: the caller's may be in use.
    with ThreadPoolExecutor(max_workers=1) as beside:
        return beside.submit(_sealed, pdf, seal, reason).result()


def _sealed(pdf: bytes, seal: Seal, reason: str) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    told = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason=reason,
        subfilter=fields.SigSeedSubFilter.PADES,
        embed_validation_info=False,
    )
    out = signers.PdfSigner(told, signer=_signer(seal), new_field_spec=fields.SigFieldSpec(FIELD)).sign_pdf(
        writer, output=BytesIO()
    )
    return bytes(out.getvalue())


def _signer(seal: Seal) -> signers.SimpleSigner:
    der = seal.certificate.public_bytes(serialization.Encoding.DER)
    key = seal.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(der),
        signing_key=asn1_keys.PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # it has no types
    )


# --- The file -------------------------------------------------------------------------------------


def _new(name: str, *, at: Instant) -> Seal:
    key = ec.generate_private_key(ec.SECP256R1())
    node = this_node()
    whose = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, f"Seal of node {node.member}, not qualified"[:_MOST_NAME]),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, (name or node.member)[:_MOST_NAME]),
        ]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(whose)
        .issuer_name(whose)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + _YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Seal(key, made)


def _usage() -> x509.KeyUsage:
    named = dict.fromkeys(
        (
            *("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"),
            *("encipher_only", "decipher_only"),
        ),
        False,
    )
    return x509.KeyUsage(digital_signature=True, content_commitment=True, **named)


def _keep(path: Path, seal: Seal) -> None:
    """Put the whole file in its place at once; another process that was quicker stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    whole = seal.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + seal.certificate.public_bytes(serialization.Encoding.PEM)
    beside = path.with_name(f".{path.name}.{token_hex(6)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(whole)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _read(path: Path) -> Seal:
    if path.stat().st_mode & 0o077:
        raise FormSealError(path=path, rule="is open to other users: run chmod 600 on it")
    whole = path.read_bytes()
    try:
        key = serialization.load_pem_private_key(whole, password=None)
        certificates = x509.load_pem_x509_certificates(whole)
    except (ValueError, TypeError) as error:
        raise FormSealError(path=path, rule="holds no private key and certificate in PEM") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificates[0].public_key():
        raise FormSealError(path=path, rule="holds a key and a certificate that do not belong together")
    return Seal(key, certificates[0])
