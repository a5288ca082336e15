"""What this process is: which member, with which keys, under which limits.

``node/wiring.py`` calls ``become`` once at start; everything else asks ``this_node()``. Private
keys live in files under the node's home, never in the database, so a copy of the database signs
nothing.
"""

from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tocsin.base.ids import MemberId


@dataclass(frozen=True, slots=True)
class Keyring:
    """A node's private keys, one for each use, so that no signature can be taken for another.

    ``signing`` signs letters, receipts, cards and tickets; ``sealing`` opens letters; ``journal``
    signs checkpoints; ``witness`` cosigns other nodes' checkpoints; ``age`` is the identity
    (``AGE-SECRET-KEY-1…``) that opens evidence.
    ``older_sealing`` still opens letters that were sealed before a rotation, and ``older_age`` evidence.
    ``older_journal`` are the public keys (32 bytes) of checkpoints that were signed before one: they
    lie beside the private keys, so whoever can write to the database alone adds none.
    """

    signing: Ed25519PrivateKey
    sealing: X25519PrivateKey
    journal: Ed25519PrivateKey
    witness: Ed25519PrivateKey
    age: str
    older_sealing: tuple[X25519PrivateKey, ...] = ()
    older_age: tuple[str, ...] = ()
    older_journal: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a node accepts from others; bytes, counts and seconds."""

    letter_bytes: int = 256 * 1024
    batch_letters: int = 50
    batch_bytes: int = 8 * 1024 * 1024
    attachment_bytes: int = 1024**4
    letters_per_minute: int = 6000
    outbox_letters: int = 1_000_000
    open_calls_per_address: int = 600
    """Calls a minute of entrances that ask nobody who he is: of one address, or of one member with a ticket."""
    open_calls: int = 6000
    """The same, of all without a ticket together, for each process that answers."""
    mask_below: int = 3
    """Reports do not tell counts from 1 up to and without this one: they could be somebody's."""
    call_back_minutes: int = 30
    """For how long an authority that asks in an emergency is called back in vain before an officer may go without."""


@dataclass(frozen=True, slots=True)
class ThisNode:
    """The member this process acts for."""

    member: MemberId
    home: Path
    keys: Keyring
    origin: str
    """The journal's origin line, for instance ``ro.example/journal``."""
    exercise: bool = False
    private_endpoints: bool = False
    """Whether endpoints on loopback and private addresses may be called."""
    hub: MemberId | None = None
    limits: Limits = field(default_factory=Limits)


_node: ThisNode | None = None


def this_node() -> ThisNode:
    """The node that this process is; raises ``RuntimeError`` before ``become``."""
    if _node is None:
        msg = "this process has not become a node yet"
        raise RuntimeError(msg)
    return _node


def become(node: ThisNode) -> None:
    """Say once, at start, which node this process is (tests call it to change sides)."""
    global _node  # noqa: PLW0603 - one visible place for what the process is
    _node = node
