"""Opening a package: every file is decrypted, compared with the manifest and put in its place, or none is."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import DossierId, new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.dossiers.acts.look import note_look
from tocsin.evidence import folders, reads
from tocsin.evidence.acts import carry
from tocsin.evidence.acts.custody import check_usable, next_signed, record_event
from tocsin.evidence.acts.keys import own_identity
from tocsin.evidence.acts.pack import storing
from tocsin.evidence.acts.quarantine import quarantining
from tocsin.evidence.entries import PackageOpened, PackageVerified
from tocsin.evidence.errors import FolderTakenError, PackageStateError, ReasonMissingError, SourceFileError
from tocsin.evidence.models import Package
from tocsin.evidence.reads import PackageView
from tocsin.evidence.rules.custody import CustodyKind, event_hash
from tocsin.evidence.rules.manifest import EvidenceFile, Manifest, check_file, read_manifest_bytes
from tocsin.evidence.streams import Progress, hashes_of, unseal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads as requests


@dataclass(frozen=True, slots=True)
class OpenedPackage:
    """A package in the clear: where it lies and what it is."""

    folder: Path
    package: PackageView


def open_package(
    package: str,
    *,
    into: Path,
    reason: str,
    by: Actor,
    at: Instant,
    place: str = "",
    progress: Progress | None = None,
) -> OpenedPackage:
    """Decrypt a package into ``into``, a folder that does not exist yet or is empty.

    That it is opened, by whom and why is in the journal and in the custody before the first byte is decrypted; that
    every file was what the manifest states, after the last. Raises ``FolderTakenError``, ``StorageError``, and
    ``FileHashError`` or ``FileSealError`` for a file that was altered: then the package is in quarantine and
    nothing of it lies in ``into``.
    """
    rights.check(by, Right.OPEN_EVIDENCE)
    if not reason.strip():
        raise ReasonMissingError
    row = reads.package_row(by, package)
    check_held(row)
    _check_free(into)
    tell_opened(row, reason, by=by, at=at, place=place)
    manifest = read_manifest_bytes(bytes(row.manifest))
    apart = into.parent / f".{into.name}.{new_uuid()}"
    try:
        with quarantining(row, by=by, at=at):
            decrypt_all(row, manifest, apart, progress=progress)
        tell_verified(row, manifest, by=by, at=at, place=place)
        with storing(str(into)):
            apart.rename(into)
            folders.sync(into.parent)
    finally:
        shutil.rmtree(apart, ignore_errors=True)
    return OpenedPackage(into, reads.view_of(row))


def check_held(row: Package) -> None:
    """Raise ``PackageStateError`` unless this node holds the package and can decrypt its files."""
    check_usable(row)
    holder = reads.view_of(row).custody.holder
    if holder != this_node().member or not reads.is_known(str(row.id), this_node().member):
        raise PackageStateError(package=row.id, rule="its files are not encrypted to this node")


def decrypt_all(row: Package, manifest: Manifest, folder: Path, *, progress: Progress | None = None) -> None:
    """Decrypt every file of a package that this node holds, each compared with the manifest, into a new folder."""
    with storing(folder.name):
        folder.mkdir(mode=0o700, parents=True)
    for number, file in enumerate(manifest.files, start=1):
        decrypt_file(row, number, file, folder / file.name, progress=progress)


def decrypt_file(
    row: Package, number: int, file: EvidenceFile, target: Path, *, progress: Progress | None = None
) -> None:
    """Decrypt one file and compare it with the manifest.

    Raises ``FileHashError`` or ``FileSizeError``, ``FileSealError`` and ``StorageError``.
    """
    source = folders.sealed_path(str(row.id), this_node().member, number)
    with storing(file.name):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with carry.reading(source, file.name) as reading, storing(file.name), folders.new_file(target) as writing:
        found = unseal(reading, writing, identity=own_identity(), name=file.name, progress=progress).clear
    check_file(file, size=found.size, sha256=found.sha256, sha512=found.sha512)
    with storing(file.name):
        folders.sync(target)


def verify_folder(manifest: Manifest, folder: Path) -> None:
    """Compare files in the clear with a manifest; raises what accuses the first that differs."""
    for file in manifest.files:
        with carry.reading(folder / file.name, file.name) as reading:
            found = hashes_of(reading)
        check_file(file, size=found.size, sha256=found.sha256, sha512=found.sha512)


def _check_free(into: Path) -> None:
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise FolderTakenError(folder=into)
    if not into.parent.is_dir():
        raise SourceFileError(name=str(into), rule=f"there is no folder {into.parent}")


def tell_opened(  # the package, why, what the custody says of it, who, when and where
    row: Package,
    reason: str,
    *,
    by: Actor,
    at: Instant,
    place: str,
    note: str = "",
    dossier: DossierId | None = None,
) -> None:
    """Record that a package is opened, before it is: the look, the entry and the custody event.

    ``note`` is what the custody says instead of the reason; ``dossier`` the one by way of which it is seen.
    """
    with transaction.atomic():
        Package.objects.select_for_update(of=("self",)).get(pk=row.pk)
        lies_in = dossier or requests.dossier_of(str(row.request))
        note_look("package", str(row.id), dossier=lies_in, reason=reason, by=by, at=at)
        event = next_signed(row, CustodyKind.OPENED, by=by, at=at, place=place, note=note or reason)
        told = PackageOpened(
            package=str(row.id),
            manifest_sha256=row.manifest_sha256,
            custody_sha256=event_hash(event.jws),
            reason=note or reason,
        )
        record_event(row, event, told, by=by, at=at)


def tell_verified(row: Package, manifest: Manifest, *, by: Actor, at: Instant, place: str) -> None:
    """Record that every file of a package was what the manifest states."""
    with transaction.atomic():
        reads.package_row(by, str(row.id), lock=True)
        note = f"{len(manifest.files)} files: sizes, SHA-256 and SHA-512 as the manifest states"
        event = next_signed(row, CustodyKind.VERIFIED, by=by, at=at, place=place, note=note)
        told = PackageVerified(
            package=str(row.id),
            manifest_sha256=row.manifest_sha256,
            custody_sha256=event_hash(event.jws),
            files=len(manifest.files),
        )
        record_event(row, event, told, by=by, at=at)
