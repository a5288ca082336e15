r"""The directory's signed history: as much of TUF (The Update Framework 1.0) as a court needs.

A TUF file is JSON with two members, ``signed`` and ``signatures``:

    {"signatures": [{"keyid": "ab12…", "sig": "<128 hex digits>"}],
     "signed": {"_type": "root", "version": 2, "expires": "2027-11-24T00:00:00Z",
                "keys": {"ab12…": {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": "<64 hex>"}}},
                "roles": {"root": {"keyids": ["ab12…", …], "threshold": 2}, "targets": {…}, …}, …}}

What is signed is ``signed`` in OLPC canonical JSON: keys sorted, no white space, only ``"`` and ``\\``
escaped. A role's signature holds when at least ``threshold`` of its different keys signed.

    root N      names the keys of root N+1 (which those of N and its own must sign) and of targets
    targets     delegates paths such as ``cards/ro.json`` to roles such as ``state-ro``, with their keys;
                a path belongs to the first role whose patterns match it
    role        states length and SHA-256 of each card under its paths

Snapshot and timestamp protect a living client against old files; for the question "which card did
the directory state" they add nothing, so they are not looked at here. Nor is a file refused because
it has expired since: what counts is that it had not when the card was used, and its day is shown.

The same is checked by any TUF client and, from the root on, by hand with these rules.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tocsin.proof.canonical import Json, parse_strict
from tocsin.proof.errors import AlteredError, CanonicalError
from tocsin.proof.fields import Fields

_SIGNATURE = re.compile(r"[0-9a-f]{128}")


@dataclass(frozen=True, slots=True)
class Metadata:
    """A TUF file, taken apart. Nothing says yet that its signatures are good or enough."""

    thing: str
    signed: Fields
    version: int
    expires: datetime
    signatures: tuple[tuple[str, bytes], ...]
    content: bytes


@dataclass(frozen=True, slots=True)
class Root:
    """A root that was verified against the one before it, or that the reader brought."""

    metadata: Metadata

    @property
    def version(self) -> int:
        """The number of this root."""
        return self.metadata.version


@dataclass(frozen=True, slots=True)
class Stated:
    """What the directory states of a card: by which role, and how long that was good."""

    role: str
    version: int
    root_version: int
    expires: datetime


def parse_metadata(content: bytes, *, kind: str, thing: str) -> Metadata:
    """Take a TUF file of this ``kind`` apart; raises ``AlteredError`` that accuses ``thing``."""
    try:
        whole = Fields(thing, parse_strict(content))
    except CanonicalError as error:
        raise AlteredError(thing, str(error)) from error
    signed = whole.object("signed").expect(_type=kind)
    signatures = tuple((one.text("keyid"), _hex(one.text("sig"), thing)) for one in whole.objects("signatures"))
    if len({keyid for keyid, _ in signatures}) != len(signatures):
        raise AlteredError(thing, "one key signed twice")
    return Metadata(thing, signed, signed.number("version"), signed.instant("expires"), signatures, content)


def root_chain(trusted: Metadata, later: Iterable[Metadata]) -> list[Root]:
    """The roots from the trusted one on, each signed by the keys of the one before it and by its own.

    Raises ``AlteredError`` that accuses the first root that does not follow.
    """
    _check_role(trusted, trusted.signed, "root")
    chain = [Root(trusted)]
    for metadata in later:
        if metadata.version != chain[-1].version + 1:
            raise AlteredError(metadata.thing, f"root {metadata.version} does not follow root {chain[-1].version}")
        _check_role(metadata, chain[-1].metadata.signed, "root")
        _check_role(metadata, metadata.signed, "root")
        chain.append(Root(metadata))
    return chain


def stated_target(
    path: str, content: bytes, *, root: Root, targets: Metadata, roles: Sequence[tuple[str, Metadata]], thing: str
) -> Stated:
    """Check that the directory stated this file under this path; raises ``AlteredError``.

    ``roles`` are the delegations from targets down, the last of which states the file.
    """
    _check_role(targets, root.metadata.signed, "targets")
    name, parent = "targets", targets
    for name, role in roles:
        _check_delegation(role, parent.signed.object("delegations"), name, path)
        parent = role
    _check_stated(parent, path, content, thing)
    return Stated(name, parent.version, root.version, min(targets.expires, *(role.expires for _, role in roles)))


def _check_stated(metadata: Metadata, path: str, content: bytes, thing: str) -> None:
    stated = metadata.signed.object("targets").members.get(path)
    if stated is None:
        raise AlteredError(thing, f"{metadata.thing} states no file {path}")
    target = Fields(metadata.thing, stated)
    if target.number("length") != len(content):
        raise AlteredError(thing, f"longer or shorter than {metadata.thing} states for {path}")
    if target.object("hashes").hex64("sha256") != sha256(content).hexdigest():
        raise AlteredError(thing, f"not the file that {metadata.thing} states for {path}")


def _check_role(metadata: Metadata, keepers: Fields, role: str) -> None:
    """Check that the keys which ``keepers`` names for ``role`` signed ``metadata``."""
    _check_threshold(metadata, keepers.object("keys"), keepers.object("roles").object(role), role)


def _check_delegation(metadata: Metadata, delegations: Fields, name: str, path: str) -> None:
    """Check that ``metadata`` is that of the role to which the path belongs: the first one that matches it."""
    for role in delegations.objects("roles"):
        if any(_matches(path, pattern) for pattern in role.texts("paths")):
            if role.text("name") != name:
                raise AlteredError(metadata.thing, f"{path} is not for the role {name} but for {role.text('name')}")
            _check_threshold(metadata, delegations.object("keys"), role, name)
            return
    raise AlteredError(metadata.thing, f"{delegations.thing} delegates {path} to nobody")


def _check_threshold(metadata: Metadata, keys: Fields, role: Fields, name: str) -> None:
    threshold, signed, good = role.number("threshold"), olpc_canonical(metadata.signed.members), set[str]()
    for keyid, signature in metadata.signatures:
        if keyid in role.texts("keyids") and keyid in keys.members:
            public = _public(keys.object(keyid))
            if public is not None:
                _check_signature(metadata.thing, keyid, public, signature, signed)
                good.add(public)
    if threshold < 1 or len(good) < threshold:
        raise AlteredError(metadata.thing, f"signed by {len(good)} keys of {name} where {threshold} are needed")


def _public(key: Fields) -> str | None:
    """The public key in hexadecimal; keys of other kinds are not counted."""
    if (key.members.get("keytype"), key.members.get("scheme")) != ("ed25519", "ed25519"):
        return None
    return key.object("keyval").hex64("public")


def _check_signature(thing: str, keyid: str, public: str, signature: bytes, signed: bytes) -> None:
    # A client would pass over a bad signature while enough others are good; a court should hear of it.
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, signed)
    except (InvalidSignature, ValueError) as error:
        raise AlteredError(thing, f"the signature of the key {keyid[:16]} does not verify") from error


def _matches(path: str, pattern: str) -> bool:
    """TUF's path patterns: shell wildcards, none of which crosses a slash."""
    parts, patterns = path.split("/"), pattern.split("/")
    return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))


def _hex(text: str, thing: str) -> bytes:
    if not _SIGNATURE.fullmatch(text):
        raise AlteredError(thing, "a signature is not 128 lower-case hexadecimal digits")
    return bytes.fromhex(text)


def olpc_canonical(value: Json) -> bytes:
    """OLPC canonical JSON, as python-tuf and securesystemslib sign it. Not RFC 8785: see the top."""
    try:
        return _olpc(value).encode("utf-8")
    except UnicodeEncodeError as error:
        raise CanonicalError("a string holds half of a surrogate pair") from error


def _olpc(value: Json) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, dict):
        return "{" + ",".join(f"{_olpc(key)}:{_olpc(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_olpc, value)) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value)
