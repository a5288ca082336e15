"""Erasing the packages of a request when its retention is over.

Part of an act that ``retention`` does: rows go inside the caller's transaction, the caller records the entries that
this gives, and files go after the commit (``let_folders_go``). What stays of a package: its id, who made it, when, the
hash of its manifest; of each custody event its place, kind, member, instant and hash.
"""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.base.ids import RequestId
from tocsin.base.instant import Instant
from tocsin.dossiers.acts.look import erase_looks
from tocsin.evidence import folders
from tocsin.evidence.entries import PackageErased
from tocsin.evidence.models import Conversion, Delivery, Package, SealedFile, Stamp
from tocsin.requests import reads as requests


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedPackages:
    """What was erased with a request: entries to record, and folders to take away once that is committed."""

    entries: tuple[PackageErased, ...]
    folders: tuple[Path, ...]
    shared: tuple[str, ...]
    """Packages that stay, because another request of this node has them too: they go with the last."""

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages that were erased."""
        return tuple(entry.package for entry in self.entries)


def erase_packages(request: RequestId, *, rule: str, at: Instant) -> ErasedPackages:
    """Erase every package of a request that no other request of this node still has."""
    linked = Package.objects.filter(request=request, erased_at=None).values("id") | Package.objects.filter(
        deliveries__request=request, erased_at=None
    ).values("id")
    rows = list(Package.objects.select_for_update().filter(id__in=linked).order_by("id"))
    gone = [row for row in rows if not requests.not_erased(_other_requests(row, request))]
    for row in gone:
        _erase(row, at=at)
    erase_looks([str(row.id) for row in gone])
    Delivery.objects.filter(request=request).exclude(fault="").update(fault="erased")
    evidence = folders.evidence_folder()
    doomed = [path for row in gone for path in (evidence / "packages" / str(row.id), evidence / "opened" / str(row.id))]
    told = (PackageErased(str(row.id), request, row.manifest_sha256, rule) for row in gone)
    return ErasedPackages(
        entries=tuple(told),
        folders=(*doomed, evidence / "uploads" / request),
        shared=tuple(str(row.id) for row in rows if row not in gone),
    )


def let_folders_go(paths: Iterable[Path]) -> int:
    """Take folders off the disk, after the commit of what let them go; how many were there. May be done again."""
    there = [path for path in paths if path.exists()]
    for path in there:
        shutil.rmtree(path)
    return len(there)


def _other_requests(row: Package, request: RequestId) -> Sequence[str]:
    with_it = {str(row.request), *(str(each) for each in row.deliveries.values_list("request", flat=True))}
    return sorted(with_it - {request})


def _erase(row: Package, *, at: Instant) -> None:
    Conversion.objects.filter(source=row).delete()
    Conversion.objects.filter(made=row).delete()
    Stamp.objects.filter(package=row).delete()
    SealedFile.objects.filter(package=row).delete()
    row.links.update(jws="")
    row.deliveries.exclude(fault="").update(fault="erased")
    Package.objects.filter(pk=row.pk).update(title="", manifest=b"", fault="", state=Package.State.ERASED, erased_at=at)
