"""What of this process's node mail needs: its settings, its secrets, and the key that signs.

``node/wiring.py`` says the settings once, at start. Keys and secrets are read from their files when they are needed: of
this node, unless ``home`` names another.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tocsin.base.this_node import this_node
from tocsin.mail.errors import MailFilesError
from tocsin.mail.rules.settings import MailSettings
from tocsin.mail.rules.smime import SigningKey

SMTP, IMAP = "smtp", "imap"
KEY, CERTIFICATE = "smime-key.pem", "smime.pem"
_OTHERS = 0o077

_settings = MailSettings()


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that signs mail of this node, its certificate, and those above it."""

    key: SigningKey
    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...]


def use(settings: MailSettings) -> None:
    """Say at start how mail leaves and comes in."""
    global _settings  # noqa: PLW0603 - one visible place for what the process is
    _settings = settings


def settings() -> MailSettings:
    """How mail leaves and comes in."""
    return _settings


def secret(which: str, *, home: Path | None = None) -> str:
    """The password at a server, from the environment or its file; empty where there is none.

    Raises ``MailFilesError`` for a file that others may read.
    """
    told = os.environ.get(f"TOCSIN_{which.upper()}_SECRET")
    if told:
        return told
    path = _folder(home) / which
    return _closed(path).decode("utf-8", "replace").strip() if path.exists() else ""


def signer(*, home: Path | None = None) -> Signer:
    """What signs; raises ``MailFilesError`` where it is missing, open to others, or does not belong together."""
    key = _key(_folder(home) / KEY)
    path = _folder(home) / CERTIFICATE
    try:
        own, *above = x509.load_pem_x509_certificates(_read(path))
    except ValueError as error:
        raise MailFilesError(path=path, rule="is no certificate in PEM") from error
    if own.public_key() != key.public_key():
        raise MailFilesError(path=path, rule=f"does not begin with the certificate of the key in {KEY}")
    return Signer(key=key, certificate=own, above=tuple(above))


def opener() -> Signer | None:
    """What opens mail that was encrypted to this node; nothing where it has no key for that."""
    try:
        return signer()
    except MailFilesError:
        return None


def _key(path: Path) -> SigningKey:
    try:
        found = serialization.load_pem_private_key(_closed(path), password=None)
    except (ValueError, TypeError) as error:
        raise MailFilesError(path=path, rule="is no private key in PEM without a passphrase") from error
    if not isinstance(found, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
        raise MailFilesError(path=path, rule="is no RSA and no ECDSA key: mail programs know no other")
    return found


def _closed(path: Path) -> bytes:
    content = _read(path)
    if stat.S_IMODE(path.stat().st_mode) & _OTHERS:
        raise MailFilesError(path=path, rule="is open to other users: chmod 600 it")
    return content


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MailFilesError(path=path, rule=f"cannot be read ({error.strerror})") from error


def _folder(home: Path | None) -> Path:
    return (home or this_node().home) / "keys"
