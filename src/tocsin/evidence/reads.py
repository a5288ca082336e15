"""What may be seen of packages: what they hold, whose hands they were in, and what waits to be taken in.

Who may read a request may see its packages' lists and custody; to open one is another right.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum

from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, PackageId, is_uuid
from tocsin.base.instant import Instant
from tocsin.dossiers import reads as dossiers
from tocsin.dossiers.reads import LookLine
from tocsin.evidence.errors import PackageErasedError, UnknownPackageError
from tocsin.evidence.models import CustodyLink, Delivery, Package, SealedFile, Stamp
from tocsin.evidence.rules.custody import Custody, CustodyEvent, custody_of, event_of_jws
from tocsin.evidence.rules.manifest import Manifest, read_manifest_bytes
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import looks
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageLine:
    """A package at a glance."""

    id: PackageId
    request: str
    title: str
    state: str
    member: MemberId
    """Who made it."""
    made_at: Instant
    at: Instant
    """When it was made or taken in here."""
    files: int
    bytes: int


def package_page(viewer: Actor, *, after: str = "", size: int = 50) -> tuple[list[PackageLine], str]:
    """The packages that somebody may see, the latest first; and where the next page begins, or nothing at the end."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = _seen_by(viewer).order_by("-at", "-id")
    before = Package.objects.filter(id=after).values_list("at", flat=True).first() if is_uuid(after) else None
    if before is not None:
        rows = rows.filter(Q(at__lt=before) | Q(at=before, id__lt=after))
    found = list(_counted(rows)[: size + 1])
    return [_package_line(row) for row in found[:size]], str(found[size - 1].id) if len(found) > size else ""


def packages_among(viewer: Actor, of: Iterable[str]) -> list[PackageLine]:
    """The packages of these requests, as far as the viewer may see them, the oldest first."""
    rights.check(viewer, Right.READ_REQUESTS)
    asked = list(of)
    rows = _seen_by(viewer).filter(Q(request__in=asked) | Q(id__in=_delivered_with(asked)))
    return [_package_line(row) for row in _counted(rows.order_by("at", "id"))]


def _seen_by(viewer: Actor) -> QuerySet[Package]:
    """The packages that came with a request that somebody may see."""
    seen = requests.seen_by(viewer)
    delivered = Delivery.objects.filter(package=OuterRef("pk")).filter(Exists(seen.filter(id=OuterRef("request"))))
    return Package.objects.filter(Exists(seen.filter(id=OuterRef("request"))) | Exists(delivered), erased_at=None)


def _delivered_with(of: Sequence[str]) -> "QuerySet[Delivery, Any]":
    return Delivery.objects.filter(request__in=of, package__isnull=False).values("package")


def _counted(rows: QuerySet[Package]) -> QuerySet[Package]:
    """With how many files each states, and their bytes: of one encryption of it, whoever it was for."""
    own = SealedFile.objects.filter(package=OuterRef("pk"), member=OuterRef("sealed_to")).values("package")
    return rows.annotate(
        files_in=Subquery(own.annotate(n=Count("id")).values("n")),
        bytes_in=Subquery(own.annotate(n=Sum("size")).values("n")),
    )


def _package_line(row: Package) -> PackageLine:
    return PackageLine(
        id=PackageId(str(row.id)),
        request=str(row.request),
        title=row.title,
        state=row.state,
        member=MemberId(row.member),
        made_at=row.made_at,
        at=row.at,
        files=getattr(row, "files_in", None) or 0,
        bytes=getattr(row, "bytes_in", None) or 0,
    )


def looks_about(viewer: Actor, request: str) -> list[LookLine]:
    """Who looked at a request, at its packages and at the draft that it was, oldest first.

    For the data protection officer, who answers the person whom it is about; for an owner as far as it lay in his
    dossiers. Raises ``RightMissingError`` for who is neither.
    """
    return sorted(
        [*looks.looks_about(viewer, request), *dossiers.looks_at(viewer, _things_of(request))],
        key=lambda each: each.at,
    )


def _things_of(request: str) -> list[str]:
    """What hangs on a request, by id, for who may read the looks at it (migration 0005)."""
    if not is_uuid(request):
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT thing FROM evidence_things_of(%s)", [request])
        return [str(thing) for (thing,) in cursor.fetchall()]


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
