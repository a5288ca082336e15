"""What may be seen of packages: what they hold, whose hands they were in, and what waits to be taken in.

Who may read a request may see its packages' lists and custody; to open one is another right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, PackageId, is_uuid
from tocsin.base.instant import Instant
from tocsin.evidence.errors import PackageErasedError, UnknownPackageError
from tocsin.evidence.models import CustodyLink, Delivery, Package, SealedFile, Stamp
from tocsin.evidence.rules.custody import Custody, CustodyEvent, custody_of, event_of_jws
from tocsin.evidence.rules.manifest import Manifest, read_manifest_bytes
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads as requests


@dataclass(frozen=True, slots=True, kw_only=True)
class StampLine:
    """A time stamp and what it is over."""

    kind: str
    over: bytes
    over_sha256: str
    authority: str
    root: str
    reply: bytes
    stamped_at: Instant
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLine:
    """A letter by which a package was handed over."""

    request: str
    letter: str
    letter_sha256: str
    sender: str
    addressee: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedLine:
    """A file of a package, encrypted to ``member``."""

    member: str
    number: int
    name: str
    size: int
    sha256: str
    sha512: str
    age_size: int
    age_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageView:
    """A package: its manifest, its chain of custody, and where its files are."""

    id: PackageId
    request: str
    state: str
    fault: str
    manifest: Manifest
    manifest_bytes: bytes
    manifest_sha256: str
    sealed_to: MemberId
    chain: tuple[CustodyEvent, ...]
    entries: tuple[int | None, ...]
    """For each event of the chain, our journal's entry of it."""
    custody: Custody
    files: tuple[SealedLine, ...]
    deliveries: tuple[DeliveryLine, ...]
    stamps: tuple[StampLine, ...]
    at: Instant


def packages_for(viewer: Actor, request: str) -> list[PackageView]:
    """The packages of a request, oldest first: those it was made for and those that were handed on with it."""
    requests.line_for(viewer, request)
    found = Package.objects.filter(request=request) | Package.objects.filter(deliveries__request=request)
    return [_view(row) for row in found.filter(erased_at=None).distinct().order_by("at", "id")]


def package_for(viewer: Actor, package: str) -> PackageView:
    """A package by its id; raises ``UnknownPackageError`` or ``PackageErasedError``."""
    rights.check(viewer, Right.READ_REQUESTS)
    return _view(package_row(viewer, package))


def package_row(viewer: Actor, package: str, *, lock: bool = False) -> Package:
    """The row of a package that the viewer may see: with one of the requests that it came with.

    Raises ``UnknownPackageError`` or ``PackageErasedError``. For this package's own acts.
    """
    rows = Package.objects.select_for_update(of=("self",)) if lock else Package.objects
    row = rows.filter(id=package).first() if is_uuid(package) else None
    if row is None or not requests.any_in_sight(viewer, _requests_of(row)):
        raise UnknownPackageError(package=package)
    if row.erased_at is not None:
        raise PackageErasedError(package=package, day=row.erased_at.date().isoformat())
    return row


def package_to_change(viewer: Actor, package: str) -> Package:
    """The same, for somebody who may change what lies with its request; raises ``DossierCapacityError``."""
    row = package_row(viewer, package)
    if requests.any_in_sight(viewer, [str(row.request)]):  # otherwise it was handed on to one that he sees
        requests.check_may_change(viewer, str(row.request))
    return row


def _requests_of(row: Package) -> list[str]:
    return [str(row.request), *(str(each) for each in row.deliveries.values_list("request", flat=True))]


def view_of(row: Package) -> PackageView:
    """A package's row as others may see it."""
    return _view(row)


def chain_of(row: Package) -> tuple[CustodyEvent, ...]:
    """The custody events of a package in order."""
    return tuple(event_of_jws(link.jws.encode("ascii")) for link in _links(row))


def is_known(package: str, member: str) -> bool:
    """Whether there are rows for the folder of a package of this name (``folders.py`` says what these are)."""
    if not is_uuid(package):
        return False
    to, _, seq = member.partition(".")
    if seq:
        return CustodyLink.objects.filter(package_id=package, seq=seq, event="handed-over").exists()
    return SealedFile.objects.filter(package_id=package, member=to).exists()


def deliveries_taken(request: str) -> set[str]:
    """The letters of a request, by hash, whose packages were taken in or found altered, or that are ours."""
    return set(Delivery.objects.filter(request=request).values_list("letter_sha256", flat=True))


def stamps_of_checkpoints() -> list[StampLine]:
    """The time stamps over checkpoints of this node's journal, oldest first."""
    return [stamp_line(row) for row in Stamp.objects.filter(kind="checkpoint").order_by("stamped_at", "id")]


def _links(row: Package) -> Sequence[CustodyLink]:
    return list(row.links.order_by("seq"))


def _view(row: Package) -> PackageView:
    links = _links(row)
    chain = tuple(event_of_jws(link.jws.encode("ascii")) for link in links)
    manifest = bytes(row.manifest)
    return PackageView(
        id=PackageId(str(row.id)),
        request=str(row.request),
        state=row.state,
        fault=row.fault,
        manifest=read_manifest_bytes(manifest),
        manifest_bytes=manifest,
        manifest_sha256=row.manifest_sha256,
        sealed_to=MemberId(row.sealed_to),
        chain=chain,
        entries=tuple(link.entry for link in links),
        custody=custody_of(chain),
        files=tuple(_sealed(file) for file in row.files.order_by("member", "number")),
        deliveries=tuple(_delivery(one) for one in row.deliveries.order_by("at", "id")),
        stamps=tuple(stamp_line(one) for one in row.stamps.order_by("stamped_at", "id")),
        at=row.at,
    )


def _sealed(row: SealedFile) -> SealedLine:
    return SealedLine(
        member=row.member,
        number=row.number,
        name=row.name,
        size=row.size,
        sha256=row.sha256,
        sha512=row.sha512,
        age_size=row.age_size,
        age_sha256=row.age_sha256,
    )


def _delivery(row: Delivery) -> DeliveryLine:
    return DeliveryLine(
        request=str(row.request),
        letter=str(row.letter),
        letter_sha256=row.letter_sha256,
        sender=row.sender,
        addressee=row.addressee,
        at=row.at,
    )


def stamp_line(row: Stamp) -> StampLine:
    """A time stamp's row as others may see it."""
    return StampLine(
        kind=row.kind,
        over=bytes(row.over),
        over_sha256=row.over_sha256,
        authority=row.authority,
        root=row.root,
        reply=bytes(row.reply),
        stamped_at=row.stamped_at,
        entry=row.entry,
    )
