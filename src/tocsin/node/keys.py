"""The private keys of a node, as files that only its owner may read.

``keys/signing.pem``, ``sealing.pem``, ``journal.pem`` and ``witness.pem`` are PKCS #8 in PEM without a
passphrase (a node starts by itself at three in the morning); ``age.txt`` is what ``age-keygen``
writes, so ``age -d -i keys/age.txt`` opens evidence; ``secret`` signs Django's short-lived tokens.
``keys/older/`` holds replaced keys under their kid; older sealing keys still open letters.
"""

import contextlib
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import pyrage
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tocsin.base.jose import kid_of
from tocsin.base.this_node import Keyring
from tocsin.node.errors import KeyFileError
from tocsin.node.files import secret_in, write_new, write_whole

PrivateKey = Ed25519PrivateKey | X25519PrivateKey

MAKERS: Mapping[str, Callable[[], PrivateKey]] = {
    "signing": Ed25519PrivateKey.generate,
    "sealing": X25519PrivateKey.generate,
    "journal": Ed25519PrivateKey.generate,
    "witness": Ed25519PrivateKey.generate,
}
"""The uses whose keys lie in PEM files, and what makes a new one."""
AGE = "age.txt"
SECRET = "secret"  # noqa: S105 - the name of a file


def make_keys(home: Path) -> None:
    """Make every key that ``home`` lacks; a key that is there stays, so it may be called again after a crash."""
    folder = _folder(home)
    folder.mkdir(mode=0o700, exist_ok=True)
    for use, new_key in MAKERS.items():
        _keep_new(folder / f"{use}.pem", _pem(new_key()))
    _keep_new(folder / AGE, _age_file())
    secret_in(folder / SECRET)


def load_keys(home: Path) -> Keyring:
    """The keyring in ``home``; raises ``KeyFileError`` for a file that is missing, open to others or no key."""
    folder = _folder(home)
    return Keyring(
        signing=_signature_key(folder / "signing.pem"),
        sealing=_sealing_key(folder / "sealing.pem"),
        journal=_signature_key(folder / "journal.pem"),
        witness=_signature_key(folder / "witness.pem"),
        age=_load_age(folder / AGE),
        older_sealing=tuple(map(_sealing_key, _older(folder, "sealing"))),
    )


def load_secret(home: Path) -> str:
    """What signs Django's short-lived tokens."""
    return _private_text(_folder(home) / SECRET)


def rotate_key(home: Path, use: str) -> str:
    """Replace the key of a use by a new one and keep the old one aside; the new key's ``kid``.

    A sealing key that was replaced still opens letters. A process that runs goes on with the old
    key until it is started again. Raises ``KeyFileError``.
    """
    folder = _folder(home)
    path = folder / f"{use}.pem"
    old = _sealing_key(path) if use == "sealing" else _signature_key(path)
    (folder / "older").mkdir(mode=0o700, exist_ok=True)
    aside = folder / "older" / f"{use}-{_kid(old)}.pem"
    if not aside.exists():
        write_new(aside, path.read_bytes())
    new = MAKERS[use]()
    write_whole(path, _pem(new))
    return _kid(new)


def key_files(home: Path) -> list[Path]:
    """Every file in which a private key or secret of the node lies, present or not."""
    folder = _folder(home)
    return [*(folder / f"{use}.pem" for use in MAKERS), folder / AGE, folder / SECRET]


def check_mode(path: Path) -> None:
    """Raise ``KeyFileError`` unless the file is there and closed to everybody but its owner."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise KeyFileError(path=path, rule=f"cannot be read: {error.strerror}") from error
    if mode & 0o077:
        raise KeyFileError(path=path, rule=f"is open to other users (mode {mode:04o}): run chmod 600 on it")


def _folder(home: Path) -> Path:
    return home / "keys"


def _keep_new(path: Path, content: bytes) -> None:
    with contextlib.suppress(FileExistsError):
        write_new(path, content)


def _pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _age_file() -> bytes:
    identity = pyrage.x25519.Identity.generate()
    return f"# public key: {identity.to_public()}\n{identity}\n".encode()


def _signature_key(path: Path) -> Ed25519PrivateKey:
    key = _read(path)
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(path=path, rule="is no Ed25519 key")
    return key


def _sealing_key(path: Path) -> X25519PrivateKey:
    key = _read(path)
    if not isinstance(key, X25519PrivateKey):
        raise KeyFileError(path=path, rule="is no X25519 key")
    return key


def _read(path: Path) -> object:
    try:
        return serialization.load_pem_private_key(_private_text(path).encode(), password=None)
    except (ValueError, TypeError) as error:
        raise KeyFileError(path=path, rule="is no private key in PEM (PKCS #8) without a passphrase") from error


def _load_age(path: Path) -> str:
    for line in _private_text(path).splitlines():
        if line.startswith("AGE-SECRET-KEY-1"):
            return line.strip()
    raise KeyFileError(path=path, rule="holds no age identity (a line AGE-SECRET-KEY-1…)")


def _private_text(path: Path) -> str:
    check_mode(path)
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(path=path, rule=f"cannot be read: {error}") from error


def _older(folder: Path, use: str) -> list[Path]:
    """The replaced keys of a use, the latest first."""
    return sorted((folder / "older").glob(f"{use}-*.pem"), key=lambda path: path.stat().st_mtime_ns, reverse=True)


def _kid(key: PrivateKey) -> str:
    return kid_of(key.public_key().public_bytes_raw())
