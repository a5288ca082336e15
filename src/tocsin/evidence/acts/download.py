"""Downloading one file of a package in the clear, for a stated reason.

That it is opened, by whom and why, is in the journal and in the custody before the first byte is decrypted. The file is
decrypted twice: once to compare it with the manifest, with nothing kept, and once more to hand it out. So nobody gets a
byte of a file that was altered, nothing in the clear touches a disk, and memory does not grow with the file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tocsin.base.actor import Actor
from tocsin.base.ids import DossierId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.dossiers import reads as dossiers
from tocsin.evidence import defence, folders, reads
from tocsin.evidence.acts import carry
from tocsin.evidence.acts.keys import own_identity
from tocsin.evidence.acts.open import check_held, tell_opened
from tocsin.evidence.acts.quarantine import quarantining
from tocsin.evidence.errors import FileHashError, FileMissingError, ReasonMissingError, WithheldError
from tocsin.evidence.models import Package
from tocsin.evidence.rules.manifest import EvidenceFile, check_file, read_manifest_bytes
from tocsin.evidence.streams import BLOCK, Hashing, unseal, unsealing
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right

BY_COUNSEL = "by counsel for the defence"
"""What the custody says of why counsel opened a file: his reason stands with his look."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file in the clear, piece by piece; ``blocks`` is read once, to its end."""

    name: str
    size: int
    sha256: str
    blocks: Iterator[bytes]


def download_file(package: str, number: int, *, reason: str, by: Actor, at: Instant, place: str = "") -> Download:
    """The ``number``-th file of a package that this node holds.

    Raises ``ReasonMissingError``, ``UnknownPackageError``, ``PackageStateError`` and ``FileMissingError``; and for a
    file that was altered ``FileHashError``, ``FileSizeError`` or ``FileSealError``: then the package is in quarantine.
    """
    rights.check(by, Right.OPEN_EVIDENCE)
    _check_reason(reason)
    row = reads.package_row(by, package)
    file = _file(row, number)
    check_held(row)
    tell_opened(row, reason, note=f"{file.name}: {reason}", by=by, at=at, place=place)
    return _opened(row, number, file, by=by, at=at)


def download_as_counsel(dossier: str, package: str, number: int, *, reason: str, by: Actor, at: Instant) -> Download:
    """The same for counsel, of a package of the dossier that he was let into.

    Raises ``UnknownDossierError``, ``DossierCapacityError`` for who is there as something else, and ``WithheldError``.
    """
    rights.check(by, Right.READ_DOSSIERS)
    dossiers.check_defends(by, dossier)
    _check_reason(reason)
    shown = defence.defended_package(by, dossier, package)
    which = next((each for each in shown.files if each.number == number), None)
    if which is None:
        raise FileMissingError(name=str(number))
    if which.withheld:
        raise WithheldError
    row = Package.objects.get(id=shown.view.id)
    check_held(row)
    note = f"{which.file.name}: {BY_COUNSEL}"
    tell_opened(row, reason, note=note, dossier=DossierId(dossier), by=by, at=at, place="")
    return _opened(row, number, which.file, by=by, at=at)


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissingError


def _file(row: Package, number: int) -> EvidenceFile:
    files = read_manifest_bytes(bytes(row.manifest)).files
    if not 1 <= number <= len(files):
        raise FileMissingError(name=str(number))
    return files[number - 1]


def _opened(row: Package, number: int, file: EvidenceFile, *, by: Actor, at: Instant) -> Download:
    path = folders.sealed_path(str(row.id), this_node().member, number)
    with quarantining(row, by=by, at=at):
        compare(path, file)
    return Download(name=file.name, size=file.size, sha256=file.sha256, blocks=_blocks(path, file))


def compare(path: Path, file: EvidenceFile) -> None:
    """Decrypt a file and keep nothing of it; raises what accuses it, where it is not what the manifest states."""
    with carry.reading(path, file.name) as sealed:
        found = unseal(sealed, _Nowhere(), identity=own_identity(), name=file.name).clear
    check_file(file, size=found.size, sha256=found.sha256, sha512=found.sha512)


def _blocks(path: Path, file: EvidenceFile) -> Iterator[bytes]:
    """The file in the clear; what was changed since it was compared ends the transfer before its last block."""
    with carry.reading(path, file.name) as sealed, Hashing("sha256") as hashing:
        with unsealing(sealed, identity=own_identity(), name=file.name) as clear:
            kept = b""
            while block := clear.read(BLOCK):
                hashing.update(block)
                if kept:
                    yield kept
                kept = block
        found = hashing.done()
    if found.sha256 != file.sha256:
        raise FileHashError(name=file.name, algorithm="SHA-256", found=found.sha256, stated=file.sha256)
    if kept:
        yield kept


class _Nowhere:
    """Takes bytes and keeps none."""

    def write(self, block: bytes, /) -> int:
        return len(block)
