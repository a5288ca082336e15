"""What of this process's node bells need: the settings, the gateways of the house, and the key for push.

``node/wiring.py`` says the settings once, at start. Gateways and key are read from their files when they are needed;
the key is made when the first browser asks for it.
"""

import contextlib
import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tocsin.base.this_node import this_node
from tocsin.bells.errors import BellFilesError
from tocsin.bells.rules.settings import BellSettings, Gateway, gateways_in

GATEWAYS, KEY = "bells.toml", "vapid.pem"
_OTHERS = 0o077

_settings = BellSettings()


def use(settings: BellSettings) -> None:
    """Say at start which bells there may be."""
    global _settings  # noqa: PLW0603 - one visible place for what the process is
    _settings = settings


def settings() -> BellSettings:
    """Which bells there may be."""
    return _settings


def gateways() -> dict[str, Gateway]:
    """The gateways that persons may choose; none where they are off. Raises ``BellFilesError``."""
    return gateways_of(this_node().home) if _settings.gateways else {}


def gateways_of(home: Path) -> dict[str, Gateway]:
    """The gateways in a home; raises ``BellFilesError``."""
    path = home / "keys" / GATEWAYS
    try:
        return gateways_in(_closed(path).decode("utf-8", "replace"))
    except ValueError as error:
        raise BellFilesError(path=path, rule=str(error)) from None


def push_key(*, home: Path | None = None) -> ec.EllipticCurvePrivateKey:
    """The key of this node for push; raises ``BellFilesError`` for a file that is none."""
    path = (home or this_node().home) / "keys" / KEY
    if not path.exists():
        _make(path)
    try:
        found = serialization.load_pem_private_key(_closed(path), password=None)
    except (ValueError, TypeError) as error:
        raise BellFilesError(path=path, rule="is no private key in PEM") from error
    if not isinstance(found, ec.EllipticCurvePrivateKey) or found.curve.name != "secp256r1":
        raise BellFilesError(path=path, rule="is no key on P-256")
    return found


def _make(path: Path) -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):  # another process was quicker: its key is as good
        os.link(draft, path)
    draft.unlink()


def _closed(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise BellFilesError(path=path, rule=f"cannot be read ({error.strerror})") from error
    if mode & _OTHERS:
        raise BellFilesError(path=path, rule="is open to other users: chmod 600 it")
    return content
