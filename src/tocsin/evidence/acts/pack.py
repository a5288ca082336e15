"""Packing: files become a package, hashed and encrypted to its addressee in one read of each."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import BinaryIO

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.evidence import folders, reads
from tocsin.evidence.acts.custody import next_signed, own_place, record_event
from tocsin.evidence.acts.keys import recipient_of
from tocsin.evidence.acts.sweep import sweep_folders
from tocsin.evidence.entries import PackageMade
from tocsin.evidence.errors import SourceFileError, StorageError
from tocsin.evidence.folders import Making
from tocsin.evidence.models import Package, SealedFile
from tocsin.evidence.reads import PackageView
from tocsin.evidence.rules.custody import CustodyKind, event_hash
from tocsin.evidence.rules.manifest import (
    EvidenceFile,
    Manifest,
    check_name,
    manifest_bytes,
    manifest_hash,
)
from tocsin.evidence.streams import Progress, SealedHashes, seal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads as requests
from tocsin.wire.rules.letter import MOST_ATTACHMENTS

TOOL = "tocsin"
MOST_FILES = MOST_ATTACHMENTS - 2
"""Files of a package that goes with one letter: manifest and custody are attachments too."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file as the manifest states it, and the ``age`` file that was made of it."""

    file: EvidenceFile
    age_size: int
    age_sha256: str


def pack(
    request: str,
    *,
    title: str,
    files: Sequence[Path],
    by: Actor,
    at: Instant,
    place: str = "",
    progress: Progress | None = None,
) -> PackageView:
    """Make a package of files (and of all files in folders) for the other side of a request.

    Raises ``UnknownRequestError``, ``SourceFileError``, ``ManifestError``, ``StorageError`` when the disk is full, and
    what the directory raises for an addressee without a card. Nothing of a package that was not made is left.
    """
    rights.check(by, Right.ANSWER)
    line = requests.line_for(by, request)
    requests.check_may_change(by, request)
    named = list(_named(files))
    sweep_folders()
    package, addressee = new_uuid(), line.counterpart
    recipient = recipient_of(addressee, at=at)
    with folders.making(package, addressee) as made:
        sealed = [
            seal_file(path, name, made.folder / folders.file_name(number), recipient=recipient, progress=progress)
            for number, (name, path) in enumerate(named, start=1)
        ]
        manifest = new_manifest(package, str(line.id), title, [one.file for one in sealed], by=by, at=at, place=place)
        return keep_package(manifest, sealed, made, sealed_to=addressee, by=by, at=at)


def new_manifest(
    package: str, request: str, title: str, files: Sequence[EvidenceFile], *, by: Actor, at: Instant, place: str
) -> Manifest:
    """The manifest of a package that is made here and now."""
    return Manifest(
        package=package,
        request=request,
        title=title,
        made_at=at,
        member=this_node().member,
        person=by.name,
        place=place or own_place(),
        tool_name=TOOL,
        tool_version=_version(),
        files=tuple(files),
    )


def _version() -> str:
    """The version of this program; of a tree that nobody installed, that."""
    try:
        return version("tocsin")
    except PackageNotFoundError:
        return "not installed"


def keep_package(
    manifest: Manifest,
    sealed: Sequence[Sealed],
    made: Making,
    *,
    sealed_to: str,
    by: Actor,
    at: Instant,
    converted_from: str = "",
    note: str = "",
) -> PackageView:
    """Keep a new package with the first event of its custody: rows, entry and files, or nothing."""
    content = manifest_bytes(manifest)
    with transaction.atomic():
        row = Package.objects.create(
            id=manifest.package,
            request=manifest.request,
            title=manifest.title,
            member=manifest.member,
            made_at=manifest.made_at,
            manifest=content,
            manifest_sha256=manifest_hash(content),
            sealed_to=sealed_to,
            state=Package.State.HELD if sealed_to == this_node().member else Package.State.MADE,
            at=at,
        )
        keep_sealed(row, sealed, member=sealed_to)
        event = next_signed(row, CustodyKind.MADE, by=by, at=at, place=manifest.place, note=note)
        told = PackageMade(
            package=manifest.package,
            request=manifest.request,
            manifest_sha256=row.manifest_sha256,
            custody_sha256=event_hash(event.jws),
            addressee=sealed_to,
            files=len(sealed),
            bytes=sum(one.file.size for one in sealed),
            converted_from=converted_from,
        )
        record_event(row, event, told, by=by, at=at)
        with storing(manifest.title):
            made.keep()
    return reads.view_of(row)


def keep_sealed(row: Package, sealed: Sequence[Sealed], *, member: str) -> None:
    """Rows for files of a package that are encrypted to a member, in the manifest's order."""
    SealedFile.objects.bulk_create(
        SealedFile(
            package=row,
            member=member,
            number=number,
            name=one.file.name,
            size=one.file.size,
            sha256=one.file.sha256,
            sha512=one.file.sha512,
            age_size=one.age_size,
            age_sha256=one.age_sha256,
        )
        for number, one in enumerate(sealed, start=1)
    )


def seal_file(path: Path, name: str, target: Path, *, recipient: str, progress: Progress | None = None) -> Sealed:
    """Hash and encrypt one file; raises ``SourceFileError`` for one that changes meanwhile, ``StorageError``."""
    with _reading(path, name) as source:
        before = os.fstat(source.fileno())
        with storing(name), folders.new_file(target) as writing:
            found = seal(source, writing, recipient=recipient, progress=progress)
        after = os.fstat(source.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or found.clear.size != after.st_size:
        raise SourceFileError(name=name, rule="it changed while it was read")
    return Sealed(_evidence_file(name, found, before.st_mtime), found.age_size, found.age_sha256)


@contextmanager
def storing(name: str) -> Iterator[None]:
    """Say plainly that the disk did not take something: raises ``StorageError``."""
    try:
        yield
    except OSError as fault:
        raise StorageError(name=name, rule=fault.strerror or str(fault)) from fault


def _evidence_file(name: str, found: SealedHashes, modified: float) -> EvidenceFile:
    clear = found.clear
    return EvidenceFile(
        name=name,
        size=clear.size,
        sha256=clear.sha256,
        sha512=clear.sha512,
        modified=datetime.fromtimestamp(int(modified), UTC),
    )


@contextmanager
def _reading(path: Path, name: str) -> Iterator[BinaryIO]:
    try:
        # A pipe would keep whoever opens it waiting for somebody who writes.
        stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", 0)
    except OSError as fault:
        raise SourceFileError(name=name, rule=fault.strerror or str(fault)) from fault
    with stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise SourceFileError(name=name, rule="it is no plain file")
        yield stream


def _named(files: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Each file with the name that the manifest gives it: files by their name, those in a folder from it on."""
    found = [pair for path in files for pair in _of(path)]
    if not 1 <= len(found) <= MOST_FILES:
        raise SourceFileError(
            name=str(len(found)), rule=f"a package that goes with one letter has 1 to {MOST_FILES} files"
        )
    for number, (name, _) in enumerate(found):
        check_name(name, field=f"files[{number}].name")
    return iter(found)


def _of(path: Path) -> list[tuple[str, Path]]:
    if not path.is_dir():
        return [(path.name, path)]
    inside = sorted(each for each in path.rglob("*") if not each.is_dir() or each.is_symlink())
    return [(f"{path.name}/{each.relative_to(path).as_posix()}", each) for each in inside]
