"""The directory as a repository of The Update Framework (TUF 1.0), made with python-tuf's Metadata API.

    metadata/1.root.json …            who may sign what; by a threshold of root key holders, who are members
    metadata/3.targets.json           one delegation for each State, one for the hub, one for private members;
                                      by the same holders: the hub alone can admit nobody
    metadata/7.state-ro.json          the files of RO: its cards and its national table; by RO's own directory key
    metadata/2.hub.json               the hub's card, by the hub's directory key
    metadata/9.private.json           the cards of private members, by the key of whoever admits them
    metadata/41.snapshot.json         which version of each is current, with its hash; by the hub's online key
    metadata/timestamp.json           which snapshot is current; same key, ends within a day
    targets/cards/<sha256>.ro.json    a card file (``card.py``)
    targets/national/<sha256>.ro.jws  a signed national law table

Snapshots are consistent (TUF, section 6.2): a file never changes once it is there, except ``timestamp.json``.

What each key can do if it is stolen: the online key can hold the directory back until the timestamp ends, and
no more; a State's key can change that State's cards; the private role's key can change private members' cards.
States' delegations end the search and stand before the private one, and the ids of States are told from
others by their form, so the private role can never speak for a State. Two root holders together can change
everything, and everybody sees that a new root came.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from securesystemslib.signer import CryptoSigner, Key, SSlibKey
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Role,
    Root,
    Snapshot,
    T,
    TargetFile,
    Targets,
    Timestamp,
)

from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.directory.errors import CeremonyError
from tocsin.directory.rules.card import Card, CardKind
from tocsin.directory.rules.card_form import state_of_member

HUB, PRIVATE = "hub", "private"
_STATE = "state-"
HOLDER_FIELD = "x-tocsin-holder"
"""Beside a root key: which member holds it. TUF keeps fields that it does not know."""

ROOT_LIFE = timedelta(days=365)
TARGETS_LIFE = timedelta(days=365)
ROLE_LIFE = timedelta(days=365)
SNAPSHOT_LIFE = timedelta(days=7)
TIMESTAMP_LIFE = timedelta(days=1)
RENEW_BEFORE: Mapping[str, timedelta] = {"snapshot": timedelta(days=3), "timestamp": timedelta(hours=18)}
"""How long before their end the hub renews what it may renew alone."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A root key and the member that holds it."""

    member: MemberId
    public: bytes


@dataclass(frozen=True, slots=True)
class Delegation:
    """Who may sign the files of a role: any ``threshold`` of these keys."""

    role: str
    publics: tuple[bytes, ...]
    threshold: int = 1


# --- Roles and paths ----------------------------------------------------------------------------


def role_of(member: MemberId, kind: CardKind) -> str:
    """The role that signs a member's card."""
    state = state_of_member(member)
    if kind is CardKind.STATE and state is not None:
        return _STATE + state.lower()
    return HUB if kind is CardKind.HUB else PRIVATE


def state_role(country: str) -> str:
    """The role of a State, by its country code."""
    return _STATE + country.lower()


def card_path(member: MemberId) -> str:
    """Where a member's card lies among the targets."""
    return f"cards/{member}.json"


def national_path(member: MemberId) -> str:
    """Where a member's national table lies among the targets."""
    return f"national/{member}.jws"


def paths_of(role: str, *, hub: MemberId | None = None) -> list[str]:
    """What a role may sign. Raises ``CeremonyError`` for a role that there is not."""
    if role == HUB and hub is not None:
        return [card_path(hub)]
    if role == PRIVATE:
        return ["cards/*.json"]
    state = role.removeprefix(_STATE)
    if role != _STATE + state or state_of_member(state) is None or len(state) != 2:  # noqa: PLR2004 - a country code
        raise CeremonyError(rule=f"{role} is no role of the directory")
    return [f"{folder}/{state}{rest}" for folder, end in (("cards", "json"), ("national", "jws")) for rest in
            (f".{end}", f"-*.{end}")]  # fmt: skip


def card_fault(card: Card, *, role: str) -> str | None:
    """Why a card may not be signed by ``role``, or ``None``."""
    if role_of(card.member, card.kind) != role:
        return f"a card of {card.member}, which is a {card.kind.value}, is not signed by the role {role}"
    return None


# --- Keys ---------------------------------------------------------------------------------------


def tuf_key(public: bytes, *, holder: str | None = None) -> SSlibKey:
    """A raw Ed25519 key as TUF writes it; its id follows from the key."""
    key = SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(public))
    if holder is not None:
        key.unrecognized_fields[HOLDER_FIELD] = holder
    return key


def key_id(public: bytes) -> str:
    """The id of a key in TUF: the SHA-256 of its canonical JSON form."""
    return str(tuf_key(public).keyid)


def signer_of(key: Ed25519PrivateKey) -> CryptoSigner:
    """A private key as python-tuf signs with it."""
    return CryptoSigner(key, tuf_key(key.public_key().public_bytes_raw()))


def public_of(key: Key) -> bytes:
    """The raw bytes of an Ed25519 key of TUF metadata."""
    return bytes.fromhex(str(key.keyval["public"]))


def sign(metadata: Metadata[Any], key: Ed25519PrivateKey) -> None:
    """Add a signature to those that are there."""
    metadata.sign(signer_of(key), append=True)


# --- What the holders sign ----------------------------------------------------------------------


def root_draft(
    before: Metadata[Root] | None, *, holders: Sequence[Holder], threshold: int, online: bytes, at: Instant
) -> Metadata[Root]:
    """The next root, unsigned. The holders sign the list of delegations too; the online key renews.

    Raises ``CeremonyError`` for a threshold that one holder alone could meet or that all together cannot.
    """
    publics = {holder.public for holder in holders}
    if len(publics) != len(holders) or online in publics:
        raise CeremonyError(rule="each holder has a key of its own, and none of them is the hub's online key")
    if not 2 <= threshold <= len(holders):  # noqa: PLR2004 - one alone decides nothing
        raise CeremonyError(rule=f"a threshold of {threshold} of {len(holders)} holders; it is 2 or more of them")
    keys: dict[str, Key] = {key_id(holder.public): tuf_key(holder.public, holder=holder.member) for holder in holders}
    held = Role(sorted(keys), threshold)
    renewing = Role([key_id(online)], 1)
    keys[key_id(online)] = tuf_key(online)
    root = Root(
        version=before.signed.version + 1 if before else 1,
        expires=at + ROOT_LIFE,
        keys=keys,
        roles={"root": held, "targets": held, "snapshot": renewing, "timestamp": renewing},
        consistent_snapshot=True,
    )
    return Metadata(root)


def targets_draft(
    before: Metadata[Targets] | None, *, delegations: Iterable[Delegation], hub: MemberId, at: Instant
) -> Metadata[Targets]:
    """The next list of delegations, unsigned: States and the hub first, the private members' last."""
    ordered = sorted(delegations, key=lambda delegation: (delegation.role == PRIVATE, delegation.role))
    keys: dict[str, Key] = {}
    roles: dict[str, DelegatedRole] = {}
    for delegation in ordered:
        keys.update((key_id(public), tuf_key(public)) for public in delegation.publics)
        ids = sorted(key_id(public) for public in delegation.publics)
        roles[delegation.role] = DelegatedRole(
            name=delegation.role,
            keyids=ids,
            threshold=delegation.threshold,
            terminating=True,  # nobody else is asked about what belongs to this role
            paths=paths_of(delegation.role, hub=hub),
        )
    return Metadata(
        Targets(
            version=before.signed.version + 1 if before else 1,
            expires=at + TARGETS_LIFE,
            delegations=Delegations(keys=keys, roles=roles),
        )
    )


def holders_of(root: Root) -> list[Holder]:
    """Who holds the root keys."""
    keys = [root.keys[keyid] for keyid in root.roles["root"].keyids]
    return [
        Holder(member=MemberId(str(key.unrecognized_fields.get(HOLDER_FIELD, "?"))), public=public_of(key))
        for key in keys
    ]


def online_key_of(root: Root) -> bytes:
    """The hub's online key."""
    return public_of(root.keys[root.roles["timestamp"].keyids[0]])


def delegations_of(targets: Targets) -> list[Delegation]:
    """Who may sign the files of each role."""
    found = targets.delegations
    if found is None or found.roles is None:
        return []
    return [
        Delegation(
            role=role.name,
            publics=tuple(public_of(found.keys[keyid]) for keyid in role.keyids),
            threshold=role.threshold,
        )
        for role in found.roles.values()
    ]


def roles_and_paths(targets: Targets) -> list[tuple[str, str]]:
    """Each delegated role with one path that is its own to sign."""
    roles = targets.delegations.roles if targets.delegations and targets.delegations.roles else {}
    return [(role.name, role.paths[0].replace("*", "any")) for role in roles.values() if role.paths]


def missing_signatures(metadata: Metadata[Any], *, delegator: Root | Targets, role: str) -> int:
    """How many signatures ``role`` still needs under ``delegator``."""
    result = delegator.get_verification_result(role, metadata.signed_bytes, metadata.signatures)
    return max(0, result.threshold - len(result.signed))


# --- What a role signs --------------------------------------------------------------------------


def role_draft(
    before: Metadata[Targets] | None, *, files: Mapping[str, bytes], at: Instant, without: str = ""
) -> Metadata[Targets]:
    """The next list of a role's files, unsigned: those before, with ``files`` put in or in the place of theirs.

    The path ``without`` is taken out of it.
    """
    listed = {path: target for path, target in before.signed.targets.items() if path != without} if before else {}
    listed.update({path: TargetFile.from_data(path, content, ["sha256"]) for path, content in files.items()})
    version = before.signed.version + 1 if before else 1
    return Metadata(Targets(version=version, expires=at + ROLE_LIFE, targets=dict(sorted(listed.items()))))


def target_file_name(path: str, target: TargetFile) -> str:
    """The name under which a target lies, with its hash (consistent snapshots)."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{target.hashes['sha256']}.{name}"


# --- What the hub renews ------------------------------------------------------------------------


def snapshot_draft(
    before: Metadata[Snapshot] | None, *, current: Mapping[str, tuple[int, bytes]], at: Instant
) -> Metadata[Snapshot]:
    """The next snapshot, unsigned, over the current version and bytes of each role (``targets`` among them).

    What a snapshot once listed stays listed (TUF, section 5.5.5), also when the delegation is gone.
    """
    meta = dict(before.signed.meta) if before else {}
    meta.update({f"{role}.json": MetaFile.from_data(version, content, ["sha256"])
                 for role, (version, content) in current.items()})  # fmt: skip
    version = before.signed.version + 1 if before else 1
    return Metadata(Snapshot(version=version, expires=at + SNAPSHOT_LIFE, meta=meta))


def timestamp_draft(
    before: Metadata[Timestamp] | None, *, snapshot: Metadata[Snapshot], snapshot_bytes: bytes, at: Instant
) -> Metadata[Timestamp]:
    """The next timestamp, unsigned, over the current snapshot."""
    version = before.signed.version + 1 if before else 1
    meta = MetaFile.from_data(snapshot.signed.version, snapshot_bytes, ["sha256"])
    return Metadata(Timestamp(version=version, expires=at + TIMESTAMP_LIFE, snapshot_meta=meta))


# --- Bytes --------------------------------------------------------------------------------------


def written(metadata: Metadata[Any]) -> bytes:
    """The bytes that are published; they are never written a second time."""
    return metadata.to_bytes()


def read(content: bytes, kind: type[T]) -> Metadata[T]:
    """Metadata of one kind; nothing is verified. Raises ``CeremonyError``."""
    try:
        metadata: Metadata[T] = Metadata.from_bytes(content)
    except RepositoryError as error:
        raise CeremonyError(rule=f"not metadata of TUF: {error.__cause__ or error}") from error
    if not isinstance(metadata.signed, kind):
        raise CeremonyError(rule=f"{kind.type} was expected, not {metadata.signed.type}")
    return metadata
