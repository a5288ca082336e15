"""The hub's part: keeping the repository's files, renewing snapshot and timestamp, writing it all to a folder.

The files are rows, so that every machine of the hub serves the same. A snapshot and its timestamp become visible in
one transaction, and nothing else ever changes, so a reader never meets half of a change. ``write_repository`` makes
a folder of it, for a plain web server and for other TUF clients, and switches it in one rename.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import transaction
from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Timestamp

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads
from tocsin.directory.acts.key_files import ONLINE_KEY, load_key, own_key_path
from tocsin.directory.acts.rows import check_may, one_at_a_time
from tocsin.directory.entries import DirectoryPublished
from tocsin.directory.errors import CeremonyError, NotTheHubError
from tocsin.directory.models import PublishedFile
from tocsin.directory.rules import tuf
from tocsin.journal.acts import record
from tocsin.people.rules.rights import Right

METADATA, TARGETS = "metadata/", "targets/"
_RENEWED = ("snapshot", "timestamp")
_STAMP = "timestamp.json"


@dataclass(frozen=True, slots=True)
class Published:
    """Which snapshot and timestamp are current."""

    snapshot: int
    timestamp: int
    new: bool


def publish(*, by: Actor, at: Instant) -> Published:
    """Bring out what was decided and submitted, and renew what is about to end; nothing, if nothing is to do.

    Raises ``NotTheHubError`` before the first ceremony, ``KeyFileError`` without the online key,
    ``CeremonyError`` when the online key is not the one that the root names.
    """
    check_may(by, Right.RUN_NODE)
    with transaction.atomic():
        one_at_a_time()
        return publish_within(by=by, at=at)


def renew(*, at: Instant) -> Published:
    """What the hub does by itself, again and again: renew what is about to end."""
    return publish(by=Actor.node(this_node().member), at=at)


def publish_within(*, by: Actor, at: Instant) -> Published:
    """``publish`` as a step of an act that has its transaction and the lock already."""
    published, when = reads.published_metadata(), instant.true_now()
    if "root" not in published or "targets" not in published:
        raise NotTheHubError
    key = load_key(own_key_path(ONLINE_KEY))
    if tuf.online_key_of(tuf.read(published["root"], Root).signed) != key.public_key().public_bytes_raw():
        raise CeremonyError(rule="the online key in this node's home is not the one that the root names")
    snapshot, new_snapshot = _next_snapshot(published, when=when)
    stamp, new_stamp = _next_timestamp(published, snapshot, renewed=new_snapshot, when=when)
    result = Published(snapshot.signed.version, stamp.signed.version, new=new_snapshot or new_stamp)
    if result.new:
        for metadata, new in ((snapshot, new_snapshot), (stamp, new_stamp)):
            if new:
                keep_metadata(metadata.signed.type, tuf.written(metadata), when=when)
        record(DirectoryPublished(snapshot=result.snapshot, timestamp=result.timestamp), by=by, at=at)
    return result


def keep_metadata(role: str, content: bytes, *, when: Instant) -> None:
    """Keep metadata of a role as a file of the repository; it is visible once a snapshot lists it."""
    version = Metadata[Any].from_bytes(content).signed.version
    name = _STAMP if role == "timestamp" else f"{version}.{role}.json"
    _keep(METADATA + name, content, role=role, version=version, when=when)


def keep_target(path: str, content: bytes, *, when: Instant) -> None:
    """Keep a target file under the name that consistent snapshots give it; the same one again has no effect."""
    name = TARGETS + tuf.target_file_name(path, TargetFile.from_data(path, content, ["sha256"]))
    if not PublishedFile.objects.filter(path=name).exists():
        _keep(name, content, role="", version=1, when=when)


def write_repository(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the whole repository beside ``folder`` and put it in its place in one step.

    ``folder`` becomes a symbolic link to the folder just written; a reader sees the old one or the new one.
    Raises ``CeremonyError`` when ``folder`` is something else than such a link.
    """
    if folder.exists() and not folder.is_symlink():
        raise CeremonyError(rule=f"{folder} is there already and is no directory that was written before")
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = folder.with_name(f".{folder.name}.{new_uuid()}")
    for path, content in files.items():
        place = fresh / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    _switch(folder, fresh)


def _switch(folder: Path, fresh: Path) -> None:
    old = folder.resolve() if folder.is_symlink() else None
    link = fresh.with_name(fresh.name + ".link")
    link.symlink_to(fresh.name, target_is_directory=True)
    os.replace(link, folder)  # noqa: PTH105 - the one call that replaces a link at once
    if old is not None and old != fresh and old.name.startswith(f".{folder.name}."):
        shutil.rmtree(old, ignore_errors=True)


# --- Steps --------------------------------------------------------------------------------------


def _next_snapshot(published: Mapping[str, bytes], *, when: Instant) -> tuple[Metadata[Snapshot], bool]:
    before = tuf.read(published["snapshot"], Snapshot) if "snapshot" in published else None
    listed = {role: content for role, content in published.items() if role not in {"root", *_RENEWED}}
    current = {role: (Metadata[Any].from_bytes(content).signed.version, content) for role, content in listed.items()}
    draft = tuf.snapshot_draft(before, current=current, at=when)
    if before is not None and draft.signed.meta == before.signed.meta and not _ends_soon(before, published, when=when):
        return before, False
    tuf.sign(draft, load_key(own_key_path(ONLINE_KEY)))
    return draft, True


def _next_timestamp(
    published: Mapping[str, bytes], snapshot: Metadata[Snapshot], *, renewed: bool, when: Instant
) -> tuple[Metadata[Timestamp], bool]:
    before = tuf.read(published["timestamp"], Timestamp) if "timestamp" in published else None
    if before is not None and not renewed and not _ends_soon(before, published, when=when):
        return before, False
    content = tuf.written(snapshot) if renewed else published["snapshot"]
    draft = tuf.timestamp_draft(before, snapshot=snapshot, snapshot_bytes=content, at=when)
    tuf.sign(draft, load_key(own_key_path(ONLINE_KEY)))
    return draft, True


def _ends_soon(metadata: Metadata[Any], published: Mapping[str, bytes], *, when: Instant) -> bool:
    """Whether it is about to end, or was signed by an online key that is none any more."""
    role = metadata.signed.type
    root = tuf.read(published["root"], Root).signed
    replaced = tuf.missing_signatures(metadata, delegator=root, role=role) > 0
    return bool(replaced or metadata.signed.expires - when < tuf.RENEW_BEFORE[role])


def _keep(path: str, content: bytes, *, role: str, version: int, when: Instant) -> None:
    PublishedFile.objects.create(
        path=path, role=role, version=version, content=content, sha256=sha256(content).hexdigest(), since=when
    )
