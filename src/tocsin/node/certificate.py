"""The TLS key and certificate of a node, its own or signed by an authority that was given.

Other nodes pin the certificate by the card and ask no authority on the web, so a node's own
certificate is as good as any; an authority serves people's browsers and older tools.

A certificate is replaced in two steps, so that nobody is cut off: the next one is announced on the
card beside the present one, and taken when the others have that card::

    tls/key.pem  tls/certificate.pem                what the web server uses
    tls/next/key.pem  tls/next/certificate.pem      announced, not used yet; whole or not there
    tls/replaced-20261124T030000Z.pem               a certificate that was replaced then, without its key

A switch is two renames, the key's first. One that was cut short between them is finished by ``settle``
at the next start: the next key is not in its folder any more, and its certificate still is.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tocsin.base.instant import Instant
from tocsin.directory.rules.own_card import OVERLAP
from tocsin.node.errors import KeyFileError
from tocsin.node.files import put_in_place, write_new, write_whole

GOOD_FOR = timedelta(days=3653)
"""Ten years: what is pinned is replaced by a new card, not by an expiry at night."""
EARLIER = timedelta(days=1)
"""It is good from a day before, for those whose clock is behind."""
MOST_PINNED = 4
"""How many certificates a card may name."""
_STAMP = "%Y%m%dT%H%M%SZ"


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
    key_path(home).parent.mkdir(mode=0o700, exist_ok=True)
    _write_pair(key_path(home).parent, endpoint=endpoint, at=at, authority=authority)


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


def pinned(home: Path, *, at: Instant) -> tuple[str, ...]:
    """What the card pins: the present certificate, the announced one, and those replaced within the last hour.

    Processes that were not started again yet still show a replaced one. Raises ``KeyFileError``.
    """
    coming = [found for found in [announced_certificate(home)] if found is not None]
    replaced = [path.read_text(encoding="ascii") for path in _replaced(home) if at - _replaced_at(path) < OVERLAP]
    return tuple(dict.fromkeys([pem_of(home), *coming, *replaced]))[:MOST_PINNED]


def announced_certificate(home: Path) -> str | None:
    """The certificate (PEM) that was announced and is not used yet; raises ``KeyFileError`` for a broken one."""
    path = _coming(home) / "certificate.pem"
    if not (_coming(home) / "key.pem").exists():
        return None
    try:
        return _pem(x509.load_pem_x509_certificates(path.read_bytes())[0]).decode("ascii")
    except (OSError, ValueError) as error:
        raise KeyFileError(path=path, rule=f"cannot be read: {error}") from error


def announce_certificate(home: Path, *, endpoint: str, at: Instant, authority: Authority | None = None) -> None:
    """Make the next key and certificate, if they are not there yet: nothing uses them before ``rotate_certificate``."""
    settle(home)
    if _coming(home).exists():
        return
    with TemporaryDirectory(prefix=".next-", dir=certificate_path(home).parent) as made:
        _write_pair(Path(made), endpoint=endpoint, at=at, authority=authority)
        Path(made).rename(_coming(home))
        Path(made).mkdir()  # for what makes it, to take away


def rotate_certificate(home: Path, *, at: Instant, keep_old: bool = True) -> None:
    """Put the announced key and certificate in the place of the present ones.

    The replaced certificate stays, for the card, for an hour; not so without ``keep_old``, when its key was
    stolen. Raises ``KeyFileError`` when nothing was announced.
    """
    settle(home)
    if announced_certificate(home) is None:
        raise KeyFileError(path=_coming(home), rule="holds no certificate that was announced")
    if keep_old:
        aside = certificate_path(home).parent / f"replaced-{at:{_STAMP}}.pem"
        with contextlib.suppress(FileExistsError):
            write_new(aside, pem_of(home).encode(), mode=0o644)
    else:
        for path in _replaced(home):
            path.unlink(missing_ok=True)
    put_in_place(_coming(home) / "key.pem", key_path(home))
    settle(home)


def withdraw_announced(home: Path) -> None:
    """Throw the announced key and certificate away."""
    settle(home)
    for path in (_coming(home) / "key.pem", _coming(home) / "certificate.pem"):
        path.unlink(missing_ok=True)
    if _coming(home).exists():
        _coming(home).rmdir()


def settle(home: Path) -> None:
    """Finish a switch that was cut short; without one, nothing happens."""
    coming = _coming(home)
    if coming.exists() and not (coming / "key.pem").exists():
        with contextlib.suppress(FileNotFoundError):  # another process was quicker
            put_in_place(coming / "certificate.pem", certificate_path(home))
        with contextlib.suppress(FileNotFoundError):
            coming.rmdir()


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


def _coming(home: Path) -> Path:
    return certificate_path(home).parent / "next"


def _replaced(home: Path) -> list[Path]:
    """The certificates that were replaced, the latest first."""
    return sorted(certificate_path(home).parent.glob("replaced-*.pem"), reverse=True)


def _replaced_at(path: Path) -> Instant:
    """When, by its file's name; one that is not ours is long past."""
    try:
        return datetime.strptime(path.stem.removeprefix("replaced-"), _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)


def _write_pair(folder: Path, *, endpoint: str, at: Instant, authority: Authority | None) -> None:
    """A new key and its certificate, as files of ``folder``."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _signed(key, host=urlsplit(endpoint).hostname or "localhost", at=at, authority=authority)
    chain = [certificate, *([authority.certificate] if authority else [])]
    write_whole(folder / "key.pem", _key_pem(key))
    write_whole(folder / "certificate.pem", b"".join(map(_pem, chain)), mode=0o644)


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
