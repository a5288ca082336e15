"""Keys of the directory, as files: those of root holders, of roles, and the hub's online key.

A private key is PKCS #8 in PEM, readable by its owner alone, with a passphrase if one is given (a holder's key
lies on a stick in a safe; the hub's online key has none, since the hub renews at night). Beside it lies its public
half, which is what travels::

    {"member":"ro","public":"<base64 of 32 bytes>","type":"directory-key","v":1}

In a node's home they lie in ``keys/`` under the names below.
"""

import base64
import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.base.ids import MEMBER_PATTERN, MemberId
from tocsin.base.this_node import this_node
from tocsin.directory.errors import KeyFileError
from tocsin.directory.rules.card_form import raw_key
from tocsin.directory.rules.tuf import Holder
from tocsin.proof.canonical import Json, canonical, parse_strict
from tocsin.proof.errors import CanonicalError

ROLE_KEY = "directory.pem"
"""What this member signs its part of the directory with: a State its cards, the hub its own."""
PRIVATE_ROLE_KEY = "directory-private.pem"
"""At the hub: what private members' cards are signed with."""
ONLINE_KEY = "directory-online.pem"
"""At the hub: what snapshot and timestamp are signed with."""


def own_key_path(name: str) -> Path:
    """Where a key of the directory lies in this node's home."""
    return this_node().home / "keys" / name


def make_key(path: Path, *, member: MemberId, passphrase: bytes | None = None) -> Path:
    """Make a private key at ``path`` and its public half beside it; the path of the public half.

    Raises ``KeyFileError`` when something is there already.
    """
    key = Ed25519PrivateKey.generate()
    protection = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_new(path, pem, mode=0o600)
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode("ascii")
    beside = public_path(path)
    _write_new(beside, canonical({"v": 1, "type": "directory-key", "member": member, "public": public}) + b"\n")
    return beside


def public_path(path: Path) -> Path:
    """Where the public half of the key at ``path`` lies."""
    return path.with_suffix(".pub.json")


def load_key(path: Path, *, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """A private key; raises ``KeyFileError`` for a file that is absent, open to others, or no such key."""
    _check_closed(path)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=passphrase)
    except (OSError, ValueError, TypeError) as error:
        raise KeyFileError(path=path, rule=f"cannot be read as a private key: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(path=path, rule="is no Ed25519 key")
    return key


def load_public(path: Path) -> Holder:
    """Whose public key lies in a file, and the key; raises ``KeyFileError``."""
    try:
        return _holder_in(parse_strict(path.read_bytes()))
    except (OSError, CanonicalError, ValueError) as error:
        raise KeyFileError(path=path, rule=f"is no public key of the directory: {error}") from error


def _holder_in(fields: Json) -> Holder:
    if not isinstance(fields, dict) or fields.keys() != {"v", "type", "member", "public"}:
        raise ValueError("it has v, type, member and public")
    if (fields["v"], fields["type"]) != (1, "directory-key"):
        raise ValueError("it is of type directory-key, version 1")
    if not MEMBER_PATTERN.fullmatch(str(fields["member"])):
        raise ValueError("it names a member")
    return Holder(member=MemberId(str(fields["member"])), public=raw_key("sign", str(fields["public"])))


def _check_closed(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise KeyFileError(path=path, rule=f"cannot be read: {error.strerror}") from error
    if mode & 0o077:
        raise KeyFileError(path=path, rule=f"is open to other users (mode {mode:04o}): run chmod 600 on it")


def _write_new(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise KeyFileError(path=path, rule="is there already, and is not replaced") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
