"""The key ceremony: root holders, who are several members, sign what nobody may decide alone.

Files go in and signatures come out, so that a holder's key never meets a network::

    FOLDER/root.json                      the next root, not signed (absent if it stays)
    FOLDER/targets.json                   the next list of delegations, not signed (absent if it stays)
    FOLDER/before.root.json               the root before, for the holders to compare with (absent the first time)
    FOLDER/before.targets.json            the list before
    FOLDER/signatures/<key id>.json       what one holder signed: {"root":"<hex>"|null,"targets":"<hex>"|null, …}

The hub **begins** one (``begin``), each holder looks at it (``ceremony_in``) and **signs** (``sign_ceremony``) on
a machine of his own, and the hub **finishes** (``finish``) once enough signatures are back in the folder. Beginning
and signing change nothing anywhere, so only the finish is an act with an entry.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from securesystemslib.signer import Signature
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Targets

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads
from tocsin.directory.acts.publish import keep_metadata
from tocsin.directory.acts.rows import check_may, one_at_a_time
from tocsin.directory.entries import CeremonyFinished
from tocsin.directory.errors import CeremonyError
from tocsin.directory.rules import tuf
from tocsin.directory.rules.tuf import Delegation, Holder
from tocsin.journal.acts import record
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import Json, canonical, parse_strict
from tocsin.proof.errors import CanonicalError

_DRAFTS = ("root", "targets")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a ceremony is to change; what is left out stays as it is."""

    holders: tuple[Holder, ...] | None = None
    threshold: int | None = None
    online: bytes | None = None
    grant: tuple[Delegation, ...] = ()
    """Roles whose delegation is new, or gets other keys."""
    withdraw: tuple[str, ...] = ()
    """Roles whose delegation ends: their members' cards are withdrawn."""
    renew: bool = False
    """Sign both anew although nothing changes, before they end."""


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What lies in a ceremony's folder, as a holder must see it before signing."""

    root: Root | None
    targets: Targets | None
    holders: tuple[Holder, ...]
    threshold: int
    roles: tuple[Delegation, ...]
    changes: tuple[str, ...]
    """What is another than before, in words."""
    signed_by: tuple[MemberId, ...]
    missing: int
    """How many signatures are still needed at least."""


def begin(folder: Path, *, plan: Plan) -> Ceremony:
    """Write the drafts of a ceremony into a new folder. Raises ``CeremonyError`` when there is nothing to decide."""
    published = reads.published_metadata()
    before_root = tuf.read(published["root"], Root) if "root" in published else None
    before_targets = tuf.read(published["targets"], Targets) if "targets" in published else None
    drafts = _drafts(plan, before_root, before_targets)
    try:
        (folder / "signatures").mkdir(parents=True)
    except FileExistsError as error:
        raise CeremonyError(rule=f"{folder} holds a ceremony already") from error
    for name, draft in drafts.items():
        (folder / f"{name}.json").write_bytes(tuf.written(draft))
    for name in _DRAFTS:
        if name in published:
            (folder / f"before.{name}.json").write_bytes(published[name])
    return ceremony_in(folder)


def ceremony_in(folder: Path) -> Ceremony:
    """What would be signed, checked against what was before. Raises ``CeremonyError``."""
    root, targets = _draft(folder, "root", Root), _draft(folder, "targets", Targets)
    before_root, before_targets = _draft(folder, "before.root", Root), _draft(folder, "before.targets", Targets)
    _check_follows(root, before_root)
    _check_follows(targets, before_targets)
    decisive, listed = root or before_root, targets or before_targets
    if decisive is None or listed is None or (root is None and targets is None):
        raise CeremonyError(rule=f"{folder} holds no drafts")
    signed = _gathered(folder, root, targets)
    return Ceremony(
        root=root.signed if root else None,
        targets=targets.signed if targets else None,
        holders=tuple(tuf.holders_of(decisive.signed)),
        threshold=decisive.signed.roles["root"].threshold,
        roles=tuple(tuf.delegations_of(listed.signed)),
        changes=tuple(_changes(root, before_root, targets, before_targets)),
        signed_by=tuple(_members(signed, decisive.signed, before_root)),
        missing=max(_missing(root, targets, before_root)),
    )


def sign_ceremony(folder: Path, *, key: Ed25519PrivateKey) -> Path:
    """One holder signs the drafts; the file with his signatures, which goes back to the hub.

    Raises ``CeremonyError`` when the key is no holder's, before or after.
    """
    root, targets = _draft(folder, "root", Root), _draft(folder, "targets", Targets)
    before = _draft(folder, "before.root", Root)
    ceremony_in(folder)
    keyid = tuf.key_id(key.public_key().public_bytes_raw())
    allowed = {holder for metadata in (root, before) if metadata for holder in metadata.signed.roles["root"].keyids}
    if keyid not in allowed:
        raise CeremonyError(rule="the key is no root holder's, neither before nor after")
    signer = tuf.signer_of(key)
    content: dict[str, Json] = {"v": 1, "type": "ceremony-signature", "keyid": keyid}
    for name, metadata in (("root", root), ("targets", targets)):
        content[name] = str(signer.sign(metadata.signed_bytes).signature) if metadata else None
    path = folder / "signatures" / f"{keyid[:16]}.json"
    path.write_bytes(canonical(content) + b"\n")
    return path


def finish(folder: Path, *, by: Actor, at: Instant) -> Ceremony:
    """Gather the holders' signatures and keep what they decided; ``publish`` brings it out.

    Raises ``CeremonyError`` when signatures are missing, or when something else was decided meanwhile.
    """
    check_may(by, Right.RUN_NODE)
    ceremony = ceremony_in(folder)
    root, targets = _draft(folder, "root", Root), _draft(folder, "targets", Targets)
    keyids = _gathered(folder, root, targets)
    with transaction.atomic():
        one_at_a_time()
        published = reads.published_metadata()
        before = tuf.read(published["root"], Root) if "root" in published else None
        _check_still_follows(root, targets, published)
        _check_signed(root, targets, before)
        for metadata in (root, targets):
            if metadata is not None:
                keep_metadata(metadata.signed.type, tuf.written(metadata), when=instant.true_now())
        entry = CeremonyFinished(
            root_version=root.signed.version if root else 0,
            targets_version=targets.signed.version if targets else 0,
            signed_by=tuple(sorted(keyids)),
        )
        record(entry, by=by, at=at)
    return ceremony


# --- Drafting -----------------------------------------------------------------------------------


def _drafts(plan: Plan, root: Metadata[Root] | None, targets: Metadata[Targets] | None) -> dict[str, Metadata[Any]]:
    when = instant.true_now()
    drafts: dict[str, Metadata[Any]] = {}
    others_decide = bool(plan.holders or plan.threshold)
    if root is None or others_decide or plan.online or plan.renew:
        drafts["root"] = _next_root(plan, root, when=when)
    if targets is None or plan.grant or plan.withdraw or others_decide or plan.renew:
        delegations = {each.role: each for each in (tuf.delegations_of(targets.signed) if targets else ())}
        unknown = set(plan.withdraw) - set(delegations)
        if unknown:
            raise CeremonyError(rule=f"{', '.join(sorted(unknown))} is no role of the directory")
        delegations |= {each.role: each for each in plan.grant}
        left = [each for role, each in delegations.items() if role not in plan.withdraw]
        drafts["targets"] = tuf.targets_draft(targets, delegations=left, hub=this_node().member, at=when)
    if not drafts:
        raise CeremonyError(rule="it changes nothing")
    return drafts


def _next_root(plan: Plan, before: Metadata[Root] | None, *, when: Instant) -> Metadata[Root]:
    holders = plan.holders or (tuple(tuf.holders_of(before.signed)) if before else ())
    threshold = plan.threshold or (before.signed.roles["root"].threshold if before else 0)
    online = plan.online or (tuf.online_key_of(before.signed) if before else None)
    if online is None:
        raise CeremonyError(rule="the first root names the hub's online key")
    return tuf.root_draft(before, holders=holders, threshold=threshold, online=online, at=when)


# --- Looking ------------------------------------------------------------------------------------


def _draft(folder: Path, name: str, kind: type[Any]) -> Metadata[Any] | None:
    path = folder / f"{name}.json"
    return tuf.read(path.read_bytes(), kind) if path.exists() else None


def _check_follows(draft: Metadata[Any] | None, before: Metadata[Any] | None) -> None:
    if draft is not None and draft.signed.version != (before.signed.version + 1 if before else 1):
        raise CeremonyError(rule=f"the {draft.signed.type} does not follow the one before")


def _changes(
    root: Metadata[Root] | None,
    before_root: Metadata[Root] | None,
    targets: Metadata[Targets] | None,
    before_targets: Metadata[Targets] | None,
) -> Iterable[str]:
    if root is not None:
        yield from _root_changes(root.signed, before_root.signed if before_root else None)
    if targets is not None:
        old = {each.role: each for each in (tuf.delegations_of(before_targets.signed) if before_targets else ())}
        new = {each.role: each for each in tuf.delegations_of(targets.signed)}
        for role in sorted(old.keys() | new.keys()):
            if role not in new:
                yield f"{role} is withdrawn"
            elif role not in old:
                yield f"{role} is admitted, with key {_short(new[role])}"
            elif old[role] != new[role]:
                yield f"{role} gets other keys: {_short(new[role])} in place of {_short(old[role])}"


def _root_changes(root: Root, before: Root | None) -> Iterable[str]:
    old = {holder.public: holder for holder in (tuf.holders_of(before) if before else ())}
    new = {holder.public: holder for holder in tuf.holders_of(root)}
    yield from (f"{new[public].member} becomes a root holder" for public in new if public not in old)
    yield from (f"{old[public].member} is a root holder no more" for public in old if public not in new)
    if before is None or before.roles["root"].threshold != root.roles["root"].threshold:
        yield f"{root.roles['root'].threshold} of {len(new)} holders decide"
    if before is None or tuf.online_key_of(before) != tuf.online_key_of(root):
        yield f"the hub renews with the key {tuf.key_id(tuf.online_key_of(root))[:16]}"


def _short(delegation: Delegation) -> str:
    return ", ".join(tuf.key_id(public)[:16] for public in delegation.publics)


# --- Signatures ---------------------------------------------------------------------------------


def _gathered(folder: Path, root: Metadata[Root] | None, targets: Metadata[Targets] | None) -> list[str]:
    """Put the signatures of the folder onto the drafts; the ids of the keys."""
    keyids = []
    for path in sorted((folder / "signatures").glob("*.json")):
        found = _signature_file(path)
        keyid = str(found["keyid"])
        keyids.append(keyid)
        for metadata, name in ((root, "root"), (targets, "targets")):
            if metadata is not None and found[name] is not None:
                metadata.signatures[keyid] = Signature(keyid, str(found[name]))
    return keyids


def _signature_file(path: Path) -> dict[str, Json]:
    try:
        found = parse_strict(path.read_bytes())
    except CanonicalError as error:
        raise CeremonyError(rule=f"{path.name}: {error}") from error
    if not isinstance(found, dict) or found.keys() != {"v", "type", "keyid", "root", "targets"}:
        raise CeremonyError(rule=f"{path.name} is no signature of a ceremony")
    return found


def _missing(
    root: Metadata[Root] | None, targets: Metadata[Targets] | None, before: Metadata[Root] | None
) -> list[int]:
    """How many signatures are missing, for each thing that has to be signed."""
    decisive = root or before
    missing = [0]
    if root is not None:
        missing.append(tuf.missing_signatures(root, delegator=root.signed, role="root"))
        if before is not None:
            missing.append(tuf.missing_signatures(root, delegator=before.signed, role="root"))
    if targets is not None and decisive is not None:
        missing.append(tuf.missing_signatures(targets, delegator=decisive.signed, role="targets"))
    return missing


def _members(keyids: list[str], root: Root, before: Metadata[Root] | None) -> Iterable[MemberId]:
    holders = [*tuf.holders_of(root), *(tuf.holders_of(before.signed) if before else ())]
    known = {tuf.key_id(holder.public): holder.member for holder in holders}
    return dict.fromkeys(known[keyid] for keyid in keyids if keyid in known)


def _check_still_follows(
    root: Metadata[Root] | None, targets: Metadata[Targets] | None, published: dict[str, bytes]
) -> None:
    """The drafts follow what is published now, not only what the folder says was before."""
    for draft, name, kind in ((root, "root", Root), (targets, "targets", Targets)):
        _check_follows(draft, tuf.read(published[name], kind) if name in published else None)


def _check_signed(
    root: Metadata[Root] | None, targets: Metadata[Targets] | None, before: Metadata[Root] | None
) -> None:
    """The client's own check (TUF, 5.3.4, 5.6.3): the root by the holders before and after, targets by the latter."""
    decisive = root or before
    try:
        if root is not None:
            for delegator in filter(None, (before, root)):
                delegator.signed.verify_delegate("root", root.signed_bytes, root.signatures)
        if targets is not None and decisive is not None:
            decisive.signed.verify_delegate("targets", targets.signed_bytes, targets.signatures)
    except (RepositoryError, ValueError) as error:
        raise CeremonyError(rule=str(error)) from error
