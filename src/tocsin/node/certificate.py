"""The TLS key and certificate of a node, its own or signed by an authority that was given.

Other nodes pin the certificate by the card and ask no authority on the web, so a node's own
certificate is as good as any; an authority serves people's browsers and older tools.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tocsin.base.instant import Instant
from tocsin.node.errors import KeyFileError
from tocsin.node.files import write_whole

GOOD_FOR = timedelta(days=3653)
"""Ten years: what is pinned is replaced by a new card, not by an expiry at night."""
EARLIER = timedelta(days=1)
"""It is good from a day before, for those whose clock is behind."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Who signs certificates."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def key_path(home: Path) -> Path:
    """Where a node's TLS key lies."""
    return home / "tls" / "key.pem"


def certificate_path(home: Path) -> Path:
    """Where a node's certificate lies, followed by its authority's if it has one."""
    return home / "tls" / "certificate.pem"


def make_certificate(home: Path, *, endpoint: str, at: Instant, authority: Authority | None = None) -> None:
    """Make a new TLS key and certificate for ``endpoint``; whatever was there is replaced."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _signed(key, host=urlsplit(endpoint).hostname or "localhost", at=at, authority=authority)
    chain = [certificate, *([authority.certificate] if authority else [])]
    key_path(home).parent.mkdir(mode=0o700, exist_ok=True)
    write_whole(key_path(home), _key_pem(key))
    write_whole(certificate_path(home), b"".join(map(_pem, chain)), mode=0o644)


def load_certificate(home: Path) -> x509.Certificate:
    """The node's own certificate; raises ``KeyFileError`` when it is missing, broken or not the key's."""
    path = certificate_path(home)
    try:
        certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
        key = serialization.load_pem_private_key(key_path(home).read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise KeyFileError(path=path, rule=f"and its key cannot be read: {error}") from error
    if key.public_key() != certificate.public_key():
        raise KeyFileError(path=path, rule=f"does not belong to {key_path(home)}")
    return certificate


def pem_of(home: Path) -> str:
    """The node's own certificate as its card pins it; raises ``KeyFileError``."""
    return _pem(load_certificate(home)).decode("ascii")


def make_authority(folder: Path, *, name: str, at: Instant) -> Authority:
    """Make an authority in ``folder`` (``authority.key.pem``, ``authority.pem``), or load the one that is there."""
    if not (folder / "authority.pem").exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        write_whole(folder / "authority.key.pem", _key_pem(key))
        write_whole(folder / "authority.pem", _pem(_authority_certificate(key, name=name, at=at)), mode=0o644)
    return load_authority(folder)


def load_authority(folder: Path) -> Authority:
    """The authority in ``folder``; raises ``KeyFileError``."""
    path = folder / "authority.pem"
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        key = serialization.load_pem_private_key((folder / "authority.key.pem").read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise KeyFileError(path=path, rule=f"and its key cannot be read: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise KeyFileError(path=path, rule="does not belong to authority.key.pem beside it")
    return Authority(key=key, certificate=certificate)


def _signed(
    key: ec.EllipticCurvePrivateKey, *, host: str, at: Instant, authority: Authority | None
) -> x509.Certificate:
    subject = _name(host)
    issuer = authority.certificate.subject if authority else subject
    by = authority.key if authority else key
    return (
        _begun(subject, issuer, key.public_key(), at=at)
        .add_extension(x509.SubjectAlternativeName(_alternative_names(host)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        .sign(by, hashes.SHA256())
    )


def _authority_certificate(key: ec.EllipticCurvePrivateKey, *, name: str, at: Instant) -> x509.Certificate:
    subject = _name(name)
    return (
        _begun(subject, subject, key.public_key(), at=at)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, at: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - EARLIER)
        .not_valid_after(at + GOOD_FOR)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative_names(host: str) -> Sequence[x509.GeneralName]:
    """The endpoint's own host, and this machine for its own tools."""
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    try:
        own: x509.GeneralName = x509.IPAddress(ip_address(host))
    except ValueError:
        own = x509.DNSName(host)
    return [own, *(name for name in names if name != own)]


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
