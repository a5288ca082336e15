"""What counsel for the defence sees of a dossier: its requests, its evidence, and what is withheld on whose decision.

What is withheld is left out here, and by the database for counsel himself (decision 0146). Whoever else sees the
dossier gets the same: so an owner can look at what counsel is shown.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from tocsin.base.actor import Actor
from tocsin.base.ids import DossierId, PersonId, is_uuid
from tocsin.base.instant import Instant
from tocsin.dossiers import reads as dossiers
from tocsin.dossiers.reads import DossierLine
from tocsin.evidence import reads
from tocsin.evidence.errors import UnknownPackageError, UnknownWithholdingError
from tocsin.evidence.models import Package, Withholding
from tocsin.evidence.reads import PackageView
from tocsin.evidence.rules.custody import CustodyKind
from tocsin.evidence.rules.manifest import EvidenceFile
from tocsin.evidence.rules.withholding import Withheld, WithholdingGround
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests.defence import DefendedRequest, requests_defended


@dataclass(frozen=True, slots=True, kw_only=True)
class WithholdingLine:
    """A decision that the defence is not shown something."""

    id: str
    what: Withheld
    thing: str
    told: str
    """What the defence is told that it is."""
    ground: WithholdingGround
    reason: str
    """For who reviews it; empty for counsel."""
    person: PersonId
    at: Instant
    reviewed_by: PersonId | None
    reviewed_at: Instant | None
    review: str
    lifted_by: PersonId | None
    lifted_at: Instant | None
    lifting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DefendedFile:
    """A file of a package as the defence sees it."""

    number: int
    file: EvidenceFile
    withheld: bool
    """Then its name is not told: its place, size and hashes are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DefendedPackage:
    """A package as the defence sees it: the reasons of those who opened it are not in the chain."""

    view: PackageView
    files: tuple[DefendedFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defence:
    """A dossier as the defence sees it."""

    dossier: DossierLine
    requests: tuple[DefendedRequest, ...]
    packages: tuple[DefendedPackage, ...]
    withheld: tuple[WithholdingLine, ...]


def defence_of(viewer: Actor, dossier: str) -> Defence:
    """Everything that counsel is shown of a dossier; raises ``UnknownDossierError``."""
    line = dossiers.dossier_for(viewer, dossier)
    held = _standing(line.id)
    found = [_without_letters(each, held) for each in requests_defended(viewer, dossier)]
    return Defence(
        dossier=line,
        requests=tuple(found),
        packages=tuple(_defended(_packages(found, held), held)),
        withheld=tuple(withheld_in(viewer, dossier)),
    )


def defended_package(viewer: Actor, dossier: str, package: str) -> DefendedPackage:
    """A package of a dossier as counsel is shown it; raises ``UnknownDossierError`` and ``UnknownPackageError``."""
    line = dossiers.dossier_for(viewer, dossier)
    held = _standing(line.id)
    for each in _defended(_packages(requests_defended(viewer, dossier), held), held):
        if each.view.id == package:
            return each
    raise UnknownPackageError(package=package)


def withheld_in(viewer: Actor, dossier: str) -> list[WithholdingLine]:
    """Every decision to withhold something of a dossier, lifted ones as well; to counsel without the reasons."""
    rights.check(viewer, Right.READ_DOSSIERS)
    row = dossiers.row_for(viewer, dossier)
    whole = dossiers.reads_whole(viewer, DossierId(str(row.id)), members_only=row.members_only)
    return [_line(each, whole=whole) for each in Withholding.objects.filter(dossier_id=row.id).order_by("at", "id")]


# --- For the acts of this package -----------------------------------------------------------------


def withholding_row(dossier: str, withholding: str) -> Withholding:
    """A decision that stands, locked; raises ``UnknownWithholdingError``."""
    rows = Withholding.objects.select_for_update().filter(dossier_id=dossier, lifted_at=None)
    row = rows.filter(id=withholding).first() if is_uuid(withholding) else None
    if row is None:
        raise UnknownWithholdingError(withholding=withholding)
    return row


# --- Steps ----------------------------------------------------------------------------------------


def _standing(dossier: DossierId) -> set[tuple[str, str]]:
    """What is withheld now, as what it is and by its name."""
    rows = Withholding.objects.filter(dossier_id=dossier, lifted_at=None)
    return set(rows.values_list("what", "thing"))


def _without_letters(request: DefendedRequest, held: set[tuple[str, str]]) -> DefendedRequest:
    shown = (each for each in request.letters if (Withheld.LETTER.value, each.sha256) not in held)
    return replace(request, letters=tuple(shown))


def _packages(requests: Iterable[DefendedRequest], held: set[tuple[str, str]]) -> list[Package]:
    ids = [each.id for each in requests]
    found = Package.objects.filter(request__in=ids) | Package.objects.filter(deliveries__request__in=ids)
    whole = found.filter(erased_at=None).distinct().order_by("at", "id")
    return [row for row in whole if (Withheld.PACKAGE.value, str(row.id)) not in held]


def _defended(rows: Sequence[Package], held: set[tuple[str, str]]) -> list[DefendedPackage]:
    views = [reads.view_of(row) for row in rows]
    hidden = {file.name for view in views for file in view.manifest.files if _is_held(file, view, held)}
    return [_shown(view, held, hidden) for view in views]


def _is_held(file: EvidenceFile, view: PackageView, held: set[tuple[str, str]]) -> bool:
    """Whether a file is withheld, or the one that it was made of."""
    sources = {each.name: each.sha256 for each in view.manifest.files}
    made_of = sources.get(file.converted.source, "") if file.converted else ""
    return any((Withheld.FILE.value, each) in held for each in (file.sha256, made_of))


def _shown(view: PackageView, held: set[tuple[str, str]], hidden: Collection[str]) -> DefendedPackage:
    """A package without names of withheld files: they stand in titles and in notes of the custody as well."""
    files = tuple(
        DefendedFile(number=number, file=replace(file, name="", converted=None), withheld=True)
        if _is_held(file, view, held)
        else DefendedFile(number=number, file=file, withheld=False)
        for number, file in enumerate(view.manifest.files, start=1)
    )
    chain = (
        replace(each, note="" if each.event is CustodyKind.OPENED else _veiled(each.note, hidden))
        for each in view.chain
    )
    manifest = replace(view.manifest, title=_veiled(view.manifest.title, hidden), files=())
    return DefendedPackage(
        view=replace(view, manifest=manifest, manifest_bytes=b"", chain=tuple(chain), files=()), files=files
    )


def _veiled(text: str, hidden: Collection[str]) -> str:
    for name in sorted(hidden, key=len, reverse=True):
        text = text.replace(name, "…")
    return text


def _line(row: Withholding, *, whole: bool) -> WithholdingLine:
    return WithholdingLine(
        id=str(row.id),
        what=Withheld(row.what),
        thing=row.thing if whole or row.what != Withheld.LETTER else "",
        told=row.told,
        ground=WithholdingGround(row.ground),
        reason=row.reason if whole else "",
        person=PersonId(str(row.person)),
        at=row.at,
        reviewed_by=_person(row.reviewed_by),
        reviewed_at=row.reviewed_at,
        review=row.review if whole else "",
        lifted_by=_person(row.lifted_by),
        lifted_at=row.lifted_at,
        lifting=row.lifting if whole else "",
    )


def _person(person: object) -> PersonId | None:
    return None if person is None else PersonId(str(person))
