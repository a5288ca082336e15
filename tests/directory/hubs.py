"""A hub of tests: its node, the root holders' keys on their sticks, and the States' directory keys in their safes."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tuf.api.metadata import Targets

from tests.directory.simulator import true_now
from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.directory import reads
from tocsin.directory.acts import ceremony, key_files, submit
from tocsin.directory.acts.ceremony import Plan
from tocsin.directory.acts.key_files import ONLINE_KEY, make_key
from tocsin.directory.acts.publish import publish
from tocsin.directory.rules import tuf
from tocsin.directory.rules.submission import Submission
from tocsin.directory.rules.tuf import Delegation

ADMINISTRATOR = Actor(MemberId("hub"), person="p2", name="Ion Exemplu", roles=frozenset({"administrator"}))


@dataclass
class Hub:
    """What the hub and the holders do in a test."""

    folder: Path
    holders: dict[str, Path] = field(default_factory=dict)
    roles: dict[str, Ed25519PrivateKey] = field(default_factory=dict)
    ceremonies: int = 0

    def hold(self, *plan: Any, signers: tuple[str, ...] = ("ro", "pt"), **changes: Any) -> ceremony.Ceremony:
        """A whole ceremony."""
        folder = self.begin(Plan(*plan, **changes))
        for name in signers:
            ceremony.sign_ceremony(folder, key=key_files.load_key(self.holders[name]))
        return ceremony.finish(folder, by=ADMINISTRATOR, at=instant.now())

    def begin(self, plan: Plan) -> Path:
        self.ceremonies += 1
        folder = self.folder / f"ceremony-{self.ceremonies}"
        ceremony.begin(folder, plan=plan)
        return folder

    def role(self, role: str) -> Delegation:
        key = self.roles.setdefault(role, Ed25519PrivateKey.generate())
        return Delegation(role=role, publics=(key.public_key().public_bytes_raw(),))

    def submission(self, role: str, listed: dict[str, bytes], **changes: Any) -> Submission:
        """What a member with this role's key would hand in."""
        published = reads.published_metadata()
        before = tuf.read(published[role], Targets) if role in published else None
        metadata = tuf.role_draft(before, files=listed, at=changes.pop("at", true_now()))
        changes.pop("spoil", lambda _: None)(metadata)
        tuf.sign(metadata, changes.pop("key", self.roles.get(role) or Ed25519PrivateKey.generate()))
        return replace(Submission(role=role, metadata=tuf.written(metadata), files=listed), **changes)

    def take(self, role: str, listed: dict[str, bytes], **changes: Any) -> None:
        submit.take_submission(self.submission(role, listed, **changes).written(), at=instant.now())

    def publish(self) -> None:
        publish(by=ADMINISTRATOR, at=instant.now())

    def first_plan(self) -> dict[str, Any]:
        """What the first ceremony decides, beside the roles."""
        holders = tuple(key_files.load_public(key_files.public_path(path)) for path in self.holders.values())
        online = key_files.load_public(key_files.public_path(key_files.own_key_path(ONLINE_KEY))).public
        return {"holders": holders, "threshold": 2, "online": online}


def hub_with_keys(folder: Path) -> Hub:
    """A hub before its first ceremony; this process is its node."""
    made = Hub(folder=folder / "ceremonies")
    for name in ("hub", "ro", "pt"):
        path = folder / "sticks" / f"{name}.pem"
        make_key(path, member=MemberId(name))
        made.holders[name] = path
    make_key(key_files.own_key_path(ONLINE_KEY), member=MemberId("hub"))
    return made


def found(hub: Hub) -> None:
    """A directory with two States, the hub and room for private members."""
    grants = tuple(hub.role(role) for role in ("state-ro", "state-pt", "hub", "private"))
    hub.hold(**hub.first_plan(), grant=grants)
    hub.publish()
