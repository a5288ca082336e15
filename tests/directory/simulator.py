"""A TUF repository in memory, and a fetcher that reads it without a network.

The idea is python-tuf's own (``tests/repository_simulator.py``): the other side is plain values, so an
attack is written as what the attacker would serve. What is served is made by the same rules as the hub's.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tuf.api.exceptions import DownloadHTTPError
from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.ngclient.fetcher import FetcherInterface

from tests.directory.cards import Member
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.directory.rules import tuf
from tocsin.directory.rules.card import SignedCard


def true_now() -> Instant:
    return datetime.now(UTC)  # noqa: TID251 - python-tuf measures expiry by the machine's clock


@dataclass
class Repository:
    """A directory with its keys, and what it serves by path."""

    hub: MemberId = field(default_factory=lambda: MemberId("hub"))
    holders: dict[str, Ed25519PrivateKey] = field(
        default_factory=lambda: {name: Ed25519PrivateKey.generate() for name in ("hub", "ro", "pt")}
    )
    online: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    role_keys: dict[str, Ed25519PrivateKey] = field(default_factory=dict)
    roots: list[Metadata[Root]] = field(default_factory=list)
    targets: Metadata[Targets] | None = None
    roles: dict[str, Metadata[Targets]] = field(default_factory=dict)
    snapshot: Metadata[Snapshot] | None = None
    timestamp: Metadata[Timestamp] | None = None
    served: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def with_members(cls, *members: Member, at: Instant | None = None) -> "Repository":
        """A directory in which each member has a card."""
        repository = cls()
        repository.admit({"state-ro", "state-pt", "hub", "private"}, at=at)
        for member in members:
            repository.put(member.card() if not member.cards else member.cards[-1], at=at)
        repository.publish(at=at)
        return repository

    @property
    def root(self) -> bytes:
        """The first root: what a node is given when it joins."""
        return self.served["metadata/1.root.json"]

    def admit(self, roles: set[str], *, at: Instant | None = None) -> None:
        """A ceremony: a root, if there is none, and the delegations of these roles."""
        if not self.roots:
            self.new_root(at=at)
        for role in roles:
            self.role_keys.setdefault(role, Ed25519PrivateKey.generate())
        delegations = [
            tuf.Delegation(role=role, publics=(key.public_key().public_bytes_raw(),))
            for role, key in self.role_keys.items()
        ]
        self.targets = tuf.targets_draft(self.targets, delegations=delegations, hub=self.hub, at=at or true_now())
        self.sign_by_holders(self.targets)

    def new_root(
        self,
        *,
        at: Instant | None = None,
        holders: dict[str, Ed25519PrivateKey] | None = None,
        threshold: int = 2,
        online: Ed25519PrivateKey | None = None,
    ) -> Metadata[Root]:
        """The next root, signed by the holders before and after."""
        old = dict(self.holders)
        self.holders = holders or self.holders
        self.online = online or self.online
        root = tuf.root_draft(
            self.roots[-1] if self.roots else None,
            holders=[
                tuf.Holder(member=MemberId(name), public=key.public_key().public_bytes_raw())
                for name, key in self.holders.items()
            ],
            threshold=threshold,
            online=self.online.public_key().public_bytes_raw(),
            at=at or true_now(),
        )
        for key in {id(key): key for key in (*old.values(), *self.holders.values())}.values():
            tuf.sign(root, key)
        self.roots.append(root)
        self.served[f"metadata/{root.signed.version}.root.json"] = tuf.written(root)
        return root

    def sign_by_holders(self, metadata: Metadata[Any], *, count: int = 2) -> None:
        """The signatures of so many holders."""
        metadata.signatures.clear()
        for key in list(self.holders.values())[:count]:
            tuf.sign(metadata, key)

    def put(self, card: SignedCard, *, role: str | None = None, at: Instant | None = None) -> None:
        """A card into the role that signs it."""
        role = role or tuf.role_of(card.card.member, card.card.kind)
        self.put_files(role, {tuf.card_path(card.card.member): card.file}, at=at)

    def put_files(self, role: str, files: dict[str, bytes], *, at: Instant | None = None) -> None:
        """Files into a role, signed by its key."""
        metadata = tuf.role_draft(self.roles.get(role), files=files, at=at or true_now())
        tuf.sign(metadata, self.role_keys[role])
        self.roles[role] = metadata
        for path, content in files.items():
            self.serve_target(path, content)

    def serve_target(self, path: str, content: bytes) -> None:
        """A file under the name that consistent snapshots give it."""
        name = tuf.target_file_name(path, TargetFile.from_data(path, content, ["sha256"]))
        self.served[f"targets/{name}"] = content

    def publish(self, *, at: Instant | None = None) -> None:
        """A new snapshot and timestamp over what is there."""
        assert self.targets is not None
        current = {"targets": (self.targets.signed.version, tuf.written(self.targets))}
        current |= {role: (metadata.signed.version, tuf.written(metadata)) for role, metadata in self.roles.items()}
        self.snapshot = tuf.snapshot_draft(self.snapshot, current=current, at=at or true_now())
        tuf.sign(self.snapshot, self.online)
        for role, (version, content) in current.items():
            self.served[f"metadata/{version}.{role}.json"] = content
        self.served[f"metadata/{self.snapshot.signed.version}.snapshot.json"] = tuf.written(self.snapshot)
        self.renew(at=at)

    def renew(self, *, at: Instant | None = None) -> None:
        """A new timestamp over the snapshot."""
        assert self.snapshot is not None
        self.timestamp = tuf.timestamp_draft(
            self.timestamp, snapshot=self.snapshot, snapshot_bytes=tuf.written(self.snapshot), at=at or true_now()
        )
        tuf.sign(self.timestamp, self.online)
        self.served["metadata/timestamp.json"] = tuf.written(self.timestamp)

    def fetcher(self) -> "MemoryFetcher":
        """Reads what is served now and later."""
        return MemoryFetcher(self.served)


class MemoryFetcher(FetcherInterface):
    """Serves from a dictionary; ``asked`` lists what was asked for."""

    def __init__(self, served: dict[str, bytes]) -> None:
        self.served = served
        self.asked: list[str] = []
        self.down: Callable[[], None] = lambda: None

    def _fetch(self, url: str) -> Iterator[bytes]:
        self.down()
        path = url.partition("/directory/")[2]
        self.asked.append(path)
        if path not in self.served:
            raise DownloadHTTPError("not there", 404)
        return iter([self.served[path]])


LONG_AGO = timedelta(days=400)
