"""The private keys of a node, as files that only its owner may read.

``keys/signing.pem``, ``sealing.pem``, ``journal.pem`` and ``witness.pem`` are PKCS #8 in PEM without a
passphrase (a node starts by itself at three in the morning); ``age.txt`` is what ``age-keygen``
writes, so ``age -d -i keys/age.txt`` opens evidence; ``secret`` signs Django's short-lived tokens and encrypts what is
kept of sessions and authenticator apps; ``openid`` is what the organisation's OpenID Connect provider gave this node.

``keys/next/`` holds keys that were announced on the card and are not used yet, under the same names.
``keys/older/`` holds what is still needed of replaced keys, under their kid: the private keys that
open letters and evidence from before (``sealing-<kid>.pem``, ``age-<kid>.txt``), and of those that
signed the public halves alone (``journal-<kid>.pub.pem``), since nothing may be signed with them again.
"""

import contextlib
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import pyrage
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tocsin.base.jose import kid_of
from tocsin.base.this_node import Keyring
from tocsin.directory.rules.age_key import public_of
from tocsin.node.errors import KeyFileError
from tocsin.node.files import put_in_place, secret_in, write_new, write_whole

PrivateKey = Ed25519PrivateKey | X25519PrivateKey

MAKERS: Mapping[str, Callable[[], PrivateKey]] = {
    "signing": Ed25519PrivateKey.generate,
    "sealing": X25519PrivateKey.generate,
    "journal": Ed25519PrivateKey.generate,
    "witness": Ed25519PrivateKey.generate,
}
"""The uses whose keys lie in PEM files, and what makes a new one."""
SIGNING = ("signing", "journal", "witness")
OPENING = frozenset({"sealing", "age"})
"""The uses whose replaced keys still open something."""
AGE = "age.txt"
SECRET = "secret"  # noqa: S105 - the name of a file
OPENID = "openid"


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
        older_sealing=tuple(map(_sealing_key, _older(folder, "sealing-*.pem"))),
        older_age=tuple(map(_load_age, _older(folder, "age-*.txt"))),
        older_journal=tuple(map(_public_of, _older(folder, "journal-*.pub.pem"))),
    )


def load_secret(home: Path) -> str:
    """What signs Django's short-lived tokens."""
    return _private_text(_folder(home) / SECRET)


def load_openid_secret(home: Path) -> str:
    """The secret that the organisation's provider gave this node; empty where it has none."""
    path = _folder(home) / OPENID
    return _private_text(path).strip() if path.exists() else ""


def announce_key(home: Path, use: str) -> None:
    """Make the next key of a use, if it is not there yet: nothing uses it before ``rotate_key``."""
    folder = _folder(home) / "next"
    folder.mkdir(mode=0o700, exist_ok=True)
    _keep_new(folder / f"{use}.pem", _pem(MAKERS[use]()))


def announced_keys(home: Path) -> dict[str, Ed25519PrivateKey]:
    """The keys of uses that sign which were announced and are not used yet; raises ``KeyFileError``."""
    folder = _folder(home) / "next"
    return {use: _signature_key(folder / f"{use}.pem") for use in SIGNING if (folder / f"{use}.pem").exists()}


def rotate_key(home: Path, use: str, *, fresh: bool = False) -> None:
    """Put the announced key of a use in the place of the present one, or a new one where none was announced.

    Of the old key stays what is still needed (see the top of this file). With ``fresh`` an announced key is
    thrown away: whoever had the old one may have seen it too. A kill at any line leaves the old key in its
    place, or the new one. A process that runs goes on with the old key until it is started again. Raises
    ``KeyFileError``.
    """
    folder = _folder(home)
    path, coming = folder / _file(use), folder / "next" / _file(use)
    _set_aside(folder, use)
    if fresh:
        coming.unlink(missing_ok=True)
    if coming.exists():
        put_in_place(coming, path)
    else:
        write_whole(path, _age_file() if use == "age" else _pem(MAKERS[use]()))


def key_files(home: Path) -> list[Path]:
    """Every file in which a private key or secret of the node lies, present or not."""
    folder = _folder(home)
    kept = [
        path for part in ("next", "older") for path in sorted((folder / part).glob("*")) if ".pub." not in path.name
    ]
    return [*(folder / f"{use}.pem" for use in MAKERS), folder / AGE, folder / SECRET, *kept]


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


def _public_of(path: Path) -> bytes:
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise KeyFileError(path=path, rule="is no public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(path=path, rule="is no Ed25519 key")
    return key.public_bytes_raw()


def _set_aside(folder: Path, use: str) -> None:
    """Keep of the present key what is needed after it is replaced."""
    older = folder / "older"
    older.mkdir(mode=0o700, exist_ok=True)
    path = folder / _file(use)
    if use == "age":
        public = pyrage.x25519.Identity.from_str(_load_age(path)).to_public()
        _keep_new(older / f"age-{kid_of(public_of(str(public)))}.txt", path.read_bytes())
    elif use in OPENING:
        _keep_new(older / f"{use}-{_kid(_sealing_key(path))}.pem", path.read_bytes())
    else:
        key = _signature_key(path).public_key()
        content = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        _keep_new(older / f"{use}-{kid_of(key.public_bytes_raw())}.pub.pem", content)


def _file(use: str) -> str:
    return AGE if use == "age" else f"{use}.pem"


def _older(folder: Path, names: str) -> list[Path]:
    """What is kept of replaced keys, the latest first."""
    return sorted((folder / "older").glob(names), key=lambda path: path.stat().st_mtime_ns, reverse=True)


def _kid(key: PrivateKey) -> str:
    return kid_of(key.public_key().public_bytes_raw())
