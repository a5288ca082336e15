"""Converting a file of a package: what is made lies beside the raw file, in a package of its own, and says how."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.evidence import folders, reads
from tocsin.evidence.acts import carry
from tocsin.evidence.acts.custody import next_signed, record_event
from tocsin.evidence.acts.keys import own_identity, recipient_of
from tocsin.evidence.acts.open import check_held
from tocsin.evidence.acts.pack import Sealed, keep_package, new_manifest, storing
from tocsin.evidence.acts.quarantine import quarantining
from tocsin.evidence.acts.sweep import sweep_folders
from tocsin.evidence.entries import FileConverted, PackageVerified
from tocsin.evidence.errors import ConversionError, FileMissingError
from tocsin.evidence.models import Conversion as ConversionRow
from tocsin.evidence.models import Package
from tocsin.evidence.reads import PackageView
from tocsin.evidence.rules.conversion import (
    COUNTED,
    PROGRAM,
    SUFFIX,
    VERSION,
    Converted,
    Writer,
    arguments_of,
    csv_to_table,
    delimiter_in,
)
from tocsin.evidence.rules.custody import CustodyKind, event_hash
from tocsin.evidence.rules.manifest import (
    Conversion,
    EvidenceFile,
    Manifest,
    check_file,
    check_name,
    read_manifest_bytes,
)
from tocsin.evidence.streams import Hashing, SealedHashes, sealing, unsealing
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right


def convert(  # what, how, who, when and where
    package: str, *, name: str, by: Actor, at: Instant, delimiter: str = ",", place: str = ""
) -> PackageView:
    """Make a table of a CSV file in a package that this node holds; gives the new package.

    The conversion runs twice and both runs have to give the same bytes. Raises ``ConversionError`` when a row would
    be lost, ``FileMissingError`` for a name that the manifest does not have, and what accuses an altered file.
    """
    rights.check(by, Right.OPEN_EVIDENCE)
    row = reads.package_to_change(by, package)
    check_held(row)
    number, raw = _raw_file(read_manifest_bytes(bytes(row.manifest)), name)
    made_name = f"{raw.name}{SUFFIX}"
    check_name(made_name, field="name")
    sweep_folders()
    ours, made_id = this_node().member, new_uuid()
    with folders.making(made_id, ours) as made, quarantining(row, by=by, at=at):
        with storing(made_name):
            folders.link_or_copy(folders.sealed_path(str(row.id), ours, number), made.folder / folders.file_name(1))
        target = made.folder / folders.file_name(2)
        with storing(made_name), folders.new_file(target) as writing:
            counted, found = _sealed_run(row, number, raw, writing, delimiter=delimiter, at=at)
        _check_same(_run(row, number, raw, delimiter=delimiter), found, raw.name)
        table = EvidenceFile(
            name=made_name,
            size=found.clear.size,
            sha256=found.clear.sha256,
            sha512=found.clear.sha512,
            converted=Conversion(
                source=raw.name,
                program=PROGRAM,
                version=VERSION,
                arguments=arguments_of(delimiter),
                counted=COUNTED,
                before=counted.before,
                after=counted.after,
            ),
        )
        held = row.files.get(member=ours, number=number)
        sealed = [Sealed(raw, held.age_size, held.age_sha256), Sealed(table, found.age_size, found.age_sha256)]
        title = f"{row.title}: {raw.name} as a table"
        manifest = new_manifest(made_id, str(row.request), title, [raw, table], by=by, at=at, place=place)
        with transaction.atomic():
            _told(row, manifest, counted, raw.name, by=by, at=at, place=place)
            note = f"{raw.name} of the package {row.id} (manifest {row.manifest_sha256}), and {made_name} made of it"
            view = keep_package(
                manifest, sealed, made, sealed_to=ours, by=by, at=at, converted_from=str(row.id), note=note
            )
            _keep_conversion(row, manifest, table, at=at)
            return view


def rerun_conversions(package: str, *, by: Actor, at: Instant, place: str = "") -> list[str]:
    """Run every conversion of a package again from its raw files; gives the names that came out the same.

    Raises ``ConversionError`` for the first that gives other bytes, and records that all were the same.
    """
    rights.check(by, Right.OPEN_EVIDENCE)
    row = reads.package_to_change(by, package)
    check_held(row)
    manifest = read_manifest_bytes(bytes(row.manifest))
    converted = [file for file in manifest.files if file.converted is not None]
    for file in converted:
        _check_again(row, manifest, file)
    with transaction.atomic():
        note = f"{len(converted)} conversions run again: the same bytes each time"
        event = next_signed(row, CustodyKind.VERIFIED, by=by, at=at, place=place, note=note)
        told = PackageVerified(
            package=str(row.id),
            manifest_sha256=row.manifest_sha256,
            custody_sha256=event_hash(event.jws),
            files=len(converted),
        )
        record_event(row, event, told, by=by, at=at)
    return [file.name for file in converted]


def _check_again(row: Package, manifest: Manifest, file: EvidenceFile) -> None:
    how = file.converted
    if how is None:
        return
    if (how.program, how.version) != (PROGRAM, VERSION):
        raise ConversionError(
            name=file.name, program=f"{how.program} {how.version}", rule="it is not a program of ours"
        )
    number, raw = _raw_file(manifest, how.source)
    counted, sha256 = _run(row, number, raw, delimiter=delimiter_in(how.arguments))
    if sha256 != file.sha256 or (counted.before, counted.after) != (how.before, how.after):
        raise ConversionError(
            name=file.name, program=f"{PROGRAM} {VERSION}", rule="a re-run does not give the same bytes"
        )


def _raw_file(manifest: Manifest, name: str) -> tuple[int, EvidenceFile]:
    for number, file in enumerate(manifest.files, start=1):
        if file.name == name and file.raw:
            return number, file
    raise FileMissingError(name=name)


def _sealed_run(  # as above
    row: Package, number: int, raw: EvidenceFile, target: BinaryIO, *, delimiter: str, at: Instant
) -> tuple[Converted, SealedHashes]:
    """Convert into an encrypted file; raw and table are in the clear in memory alone, piece by piece."""
    with sealing(target, recipient=recipient_of(this_node().member, at=at)) as (table, made):
        counted = _converted(row, number, raw, table, delimiter=delimiter)
    return counted, made[0]


def _run(row: Package, number: int, raw: EvidenceFile, *, delimiter: str) -> tuple[Converted, str]:
    """Convert and keep nothing but the counts and the SHA-256 of what came out."""
    with Hashing("sha256") as hashing:
        counted = _converted(row, number, raw, _To(hashing.update), delimiter=delimiter)
        return counted, hashing.done().sha256


def _converted(row: Package, number: int, raw: EvidenceFile, table: Writer, *, delimiter: str) -> Converted:
    with _raw_stream(row, number, raw) as source:
        return csv_to_table(source, table, delimiter=delimiter, name=raw.name)


@contextmanager
def _raw_stream(row: Package, number: int, raw: EvidenceFile) -> Iterator[BinaryIO]:
    """The raw file in the clear; its end raises what accuses it, where it is not what the manifest states."""
    path = folders.sealed_path(str(row.id), this_node().member, number)
    with carry.reading(path, raw.name) as sealed, Hashing("sha256", "sha512") as hashing:
        with unsealing(sealed, identity=own_identity(), name=raw.name) as clear:
            yield io.BufferedReader(_Seen(clear, hashing.update))
        found = hashing.done()
    check_file(raw, size=found.size, sha256=found.sha256, sha512=found.sha512)


def _check_same(again: tuple[Converted, str], found: SealedHashes, name: str) -> None:
    if again[1] != found.clear.sha256:
        raise ConversionError(name=name, program=f"{PROGRAM} {VERSION}", rule="two runs did not give the same bytes")


def _told(
    row: Package, manifest: Manifest, counted: Converted, name: str, *, by: Actor, at: Instant, place: str
) -> None:
    counts = f"{counted.before} {COUNTED} before and {counted.after} after"
    note = f"{name} converted by {PROGRAM} {VERSION}, {counts}: in the package {manifest.package}"
    event = next_signed(row, CustodyKind.CONVERTED, by=by, at=at, place=place, note=note)
    told = FileConverted(
        package=str(row.id),
        manifest_sha256=row.manifest_sha256,
        custody_sha256=event_hash(event.jws),
        made=manifest.package,
        program=PROGRAM,
        version=VERSION,
        before=counted.before,
        after=counted.after,
    )
    record_event(row, event, told, by=by, at=at)


def _keep_conversion(row: Package, manifest: Manifest, table: EvidenceFile, *, at: Instant) -> None:
    how = table.converted
    if how is not None:
        ConversionRow.objects.create(
            source=row,
            made_id=manifest.package,
            source_name=how.source,
            name=table.name,
            program=how.program,
            version=how.version,
            before=how.before,
            after=how.after,
            at=at,
        )


class _To:
    """A writer that hands on what it gets."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    def write(self, block: bytes) -> int:
        self._take(block)
        return len(block)


class _Seen(io.RawIOBase):
    """A stream that shows what is read from it."""

    def __init__(self, stream: BinaryIO, seen: Callable[[bytes], None]) -> None:
        self._stream, self._seen = stream, seen

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a RawIOBase's buffer is a memoryview
        block = self._stream.read(len(buffer))
        self._seen(block)
        buffer[: len(block)] = block
        return len(block)
