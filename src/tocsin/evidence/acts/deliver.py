"""Handing a package over: its files, its manifest and its chain of custody go with a *deliver* letter.

The attachments of the letter are ``manifest.json``, ``custody.jsonl`` and every file of the manifest, each encrypted to
the addressee. What the letter says of each (size, SHA-256, SHA-512) is what the manifest says. A package that came from
somebody else is encrypted anew to its next addressee, without touching a disk in the clear, and its chain goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.evidence import folders, reads
from tocsin.evidence.acts import carry
from tocsin.evidence.acts.custody import check_usable, next_signed, record_event
from tocsin.evidence.acts.keys import own_identity, recipient_of
from tocsin.evidence.acts.pack import Sealed, keep_sealed, storing
from tocsin.evidence.acts.quarantine import quarantining
from tocsin.evidence.acts.sweep import sweep_folders
from tocsin.evidence.entries import PackageHandedOver
from tocsin.evidence.errors import PackageStateError
from tocsin.evidence.folders import Making
from tocsin.evidence.models import Delivery, Package, SealedFile
from tocsin.evidence.rules.custody import CustodyEvent, CustodyKind, chain_lines, event_hash
from tocsin.evidence.rules.manifest import EvidenceFile, check_file, read_manifest_bytes
from tocsin.evidence.streams import Progress, reseal, seal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads as requests
from tocsin.requests.acts.write import write_letter
from tocsin.requests.rules.letters import Deliver
from tocsin.wire.rules.letter import Attachment, Letter

MANIFEST, CUSTODY = "manifest.json", "custody.jsonl"
"""The names of the two attachments that describe the others."""


@dataclass(frozen=True, slots=True)
class _Carried:
    """An attachment and the encrypted file that it is."""

    attachment: Attachment
    path: Path


def deliver(
    package: str,
    *,
    by: Actor,
    at: Instant,
    complete: bool = True,
    words: str = "",
    place: str = "",
) -> Letter:
    """Hand a package over to the side that its request came from.

    Raises ``UnknownPackageError``, ``PackageStateError`` for one in quarantine or in other hands, and what
    ``write_letter`` raises when the thread does not take a delivery now.
    """
    row = reads.package_row(by, package)
    return _hand_over(row, str(row.request), by=by, at=at, complete=complete, words=words, place=place, progress=None)


def pass_on(
    package: str,
    *,
    request: str,
    by: Actor,
    at: Instant,
    complete: bool = True,
    words: str = "",
    place: str = "",
    progress: Progress | None = None,
) -> Letter:
    """Hand a package that this node holds over with another request: a State relays what a provider delivered.

    Raises like ``deliver``, and ``FileHashError`` when what lies here is not what the manifest states.
    """
    row = reads.package_row(by, package)
    return _hand_over(row, request, by=by, at=at, complete=complete, words=words, place=place, progress=progress)


def _hand_over(
    row: Package,
    request: str,
    *,
    by: Actor,
    at: Instant,
    complete: bool,
    words: str,
    place: str,
    progress: Progress | None,
) -> Letter:
    rights.check(by, Right.ANSWER)
    addressee = requests.line_for(by, request).counterpart
    requests.check_may_change(by, request)
    check_usable(row)
    _check_in_our_hands(row, addressee)
    sweep_folders()
    with quarantining(row, by=by, at=at), folders.making(str(row.id), addressee) as files:
        fresh = (
            [] if reads.is_known(str(row.id), addressee) else _resealed(row, files, addressee, at=at, progress=progress)
        )
        event = next_signed(row, CustodyKind.HANDED_OVER, by=by, at=at, place=place, to=addressee)
        with folders.making(str(row.id), f"{addressee}.{event.seq}") as described:
            carried = [
                *_described(row, event, described, recipient=recipient_of(addressee, at=at)),
                *_files(row, fresh, addressee, kept=files.place),
            ]
            with transaction.atomic():
                if fresh:
                    keep_sealed(row, fresh, member=addressee)
                    files.keep()
                described.keep()
                return _posted(row, request, carried, event, by=by, at=at, said=_said(row, complete, words))


def _said(row: Package, complete: bool, words: str) -> Deliver:  # noqa: FBT001 - the field of the letter
    return Deliver(package=row.manifest_sha256, complete=complete, words=words or None)


def _check_in_our_hands(row: Package, addressee: str) -> None:
    view = reads.view_of(row)
    if view.custody.holder != this_node().member:
        raise PackageStateError(package=row.id, rule=f"{view.custody.holder} holds it")
    if view.custody.offered_to not in (None, addressee):
        raise PackageStateError(
            package=row.id,
            rule=f"it was handed over to {view.custody.offered_to}: for somebody else make a package of its own, so "
            "that nobody learns from its custody who else was given it",
        )
    if this_node().member not in {file.member for file in view.files} and addressee not in {
        file.member for file in view.files
    }:
        raise PackageStateError(package=row.id, rule="its files are encrypted to somebody else")


def _resealed(row: Package, made: Making, addressee: str, *, at: Instant, progress: Progress | None) -> list[Sealed]:
    """The files that lie here encrypted to us, encrypted to the addressee, each compared with the manifest."""
    ours, recipient = this_node().member, recipient_of(addressee, at=at)
    found = []
    for number, file in enumerate(read_manifest_bytes(bytes(row.manifest)).files, start=1):
        source, target = folders.sealed_path(str(row.id), ours, number), made.folder / folders.file_name(number)
        with carry.reading(source, file.name) as reading, storing(file.name), folders.new_file(target) as writing:
            hashes = reseal(
                reading, writing, identity=own_identity(), recipient=recipient, name=file.name, progress=progress
            )
        check_file(file, size=hashes.clear.size, sha256=hashes.clear.sha256, sha512=hashes.clear.sha512)
        found.append(Sealed(file, hashes.age_size, hashes.age_sha256))
    return found


def _described(row: Package, event: CustodyEvent, made: Making, *, recipient: str) -> list[_Carried]:
    """Manifest and custody as attachments; the custody ends with this hand-over."""
    chain = [*reads.chain_of(row), event]
    return [
        _described_by(name, content, made, recipient=recipient)
        for name, content in ((MANIFEST, bytes(row.manifest)), (CUSTODY, chain_lines(chain)))
    ]


def _described_by(name: str, content: bytes, made: Making, *, recipient: str) -> _Carried:
    file = f"{name}.age"
    with storing(name), folders.new_file(made.folder / file) as writing:
        found = seal(BytesIO(content), writing, recipient=recipient)
    attachment = Attachment(
        id=new_uuid(),
        name=name,
        size=found.clear.size,
        sha256=found.clear.sha256,
        sha512=found.clear.sha512,
        age_size=found.age_size,
        age_sha256=found.age_sha256,
    )
    return _Carried(attachment, made.place / file)


def _files(row: Package, fresh: Sequence[Sealed], addressee: str, *, kept: Path) -> list[_Carried]:
    sealed = fresh or [_sealed_of(file) for file in row.files.filter(member=addressee).order_by("number")]
    names = attachment_names([one.file.name for one in sealed])
    return [
        _Carried(
            Attachment(
                id=new_uuid(),
                name=name,
                size=one.file.size,
                sha256=one.file.sha256,
                sha512=one.file.sha512,
                age_size=one.age_size,
                age_sha256=one.age_sha256,
            ),
            kept / folders.file_name(number),
        )
        for number, (name, one) in enumerate(zip(names, sealed, strict=True), start=1)
    ]


def _sealed_of(row: SealedFile) -> Sealed:
    file = EvidenceFile(name=row.name, size=row.size, sha256=row.sha256, sha512=row.sha512)
    return Sealed(file, row.age_size, row.age_sha256)


def attachment_names(names: Sequence[str]) -> list[str]:
    """What files are called as attachments: their own last name where that is plain and free, else with a number."""
    taken, found = {MANIFEST, CUSTODY}, list[str]()
    for number, name in enumerate(names, start=1):
        last = name.rpartition("/")[2]
        short = last if last not in taken and len(last) <= _LONGEST_NAME else f"{number:04d}-{last}"[:_LONGEST_NAME]
        taken.add(short)
        found.append(short)
    return found


_LONGEST_NAME = 200


def _posted(
    row: Package,
    request: str,
    carried: Sequence[_Carried],
    event: CustodyEvent,
    *,
    by: Actor,
    at: Instant,
    said: Deliver,
) -> Letter:
    attachments = [one.attachment for one in carried]
    letter = write_letter(request, said, by=by, at=at, attachments=attachments)
    carry.send([(one.attachment, one.path) for one in carried], to=letter.addressee, by=by, at=at)
    Delivery.objects.create(
        package=row,
        request=letter.thread,
        letter=letter.id,
        letter_sha256=letter.sha256,
        sender=letter.sender,
        addressee=letter.addressee,
        at=at,
    )
    told = PackageHandedOver(
        package=str(row.id),
        request=letter.thread,
        manifest_sha256=row.manifest_sha256,
        custody_sha256=event_hash(event.jws),
        addressee=letter.addressee,
        letter=letter.id,
        letter_sha256=letter.sha256,
    )
    record_event(row, event, told, by=by, at=at)
    return letter
