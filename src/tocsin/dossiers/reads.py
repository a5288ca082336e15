"""What somebody may see of dossiers; absent and forbidden are one answer.

What lies in a dossier its own package tells: ``requests.reads.in_dossier``.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from tocsin.base.actor import Actor
from tocsin.base.ids import DossierId, PersonId, is_uuid
from tocsin.base.instant import Instant
from tocsin.dossiers.errors import DossierCapacityError, DossierEndedError, UnknownDossierError
from tocsin.dossiers.models import Dossier, DossierNote, Look, Member
from tocsin.dossiers.rules.sight import WORKING, Capacity, Membership, Sight
from tocsin.dossiers.viewing import membership_of, sight_of
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierLine:
    """A dossier at a glance."""

    id: DossierId
    title: str
    reference: str
    members_only: bool
    capacity: Capacity | None
    """As what the viewer is in it; nothing for the desk in a dossier that is open to it."""
    until: Instant | None
    """When the viewer's place in it ends."""
    made_at: Instant
    ended_at: Instant | None


@dataclass(frozen=True, slots=True)
class Place:
    """A dossier as what is put into it has to know it."""

    id: DossierId
    members_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine:
    """Somebody's place in a dossier."""

    person: PersonId
    capacity: Capacity
    since: Instant
    until: Instant | None
    reason: str
    let_in_by: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    """An internal note."""

    id: str
    person: PersonId
    words: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class LookLine:
    """Who looked at what, and why."""

    person: PersonId
    what: str
    thing: str
    dossier: DossierId | None
    reason: str
    derived: bool
    at: Instant


# --- Dossiers -----------------------------------------------------------------------------------


def dossiers_for(viewer: Actor, *, ended: bool = False, most: int = 500) -> list[DossierLine]:
    """The dossiers that the viewer sees, newest first."""
    rights.check(viewer, Right.READ_DOSSIERS)
    sight = sight_of(viewer)
    rows = _seen(sight).filter(ended_at__isnull=not ended).order_by("-made_at", "id")
    return [_line(row, sight) for row in rows[:most]]


def dossier_for(viewer: Actor, dossier: str) -> DossierLine:
    """A dossier; raises ``UnknownDossierError``."""
    rights.check(viewer, Right.READ_DOSSIERS)
    sight = sight_of(viewer)
    return _line(row_for(viewer, dossier), sight)


def members_for(viewer: Actor, dossier: str) -> list[MemberLine]:
    """Everybody who is or was in a dossier, first let in first; not for counsel."""
    row = read_whole(viewer, dossier)
    return [
        MemberLine(
            person=PersonId(str(each.person)),
            capacity=Capacity(each.capacity),
            since=each.since,
            until=each.until,
            reason=each.reason,
            let_in_by=PersonId(str(each.let_in_by)),
        )
        for each in Member.objects.filter(dossier=row).order_by("since", "id")
    ]


def notes_for(viewer: Actor, dossier: str) -> list[NoteLine]:
    """The internal notes of a dossier, oldest first; not for counsel."""
    row = read_whole(viewer, dossier)
    return [
        NoteLine(id=str(each.id), person=PersonId(str(each.person)), words=each.words, at=each.at)
        for each in DossierNote.objects.filter(dossier=row).order_by("at", "id")
    ]


def to_call(dossier: DossierId, *, at: Instant) -> list[PersonId]:
    """Who works in a dossier at an instant: whom a running clock of its requests is told, and nobody else.

    For the node's own work: alarms and escalation.
    """
    return sorted({each.person for each in memberships(dossier) if each.in_force(at) and each.capacity in WORKING})


# --- Looks --------------------------------------------------------------------------------------


def looks_for(viewer: Actor, *, since: datetime, until: datetime, dossier: str = "") -> list[LookLine]:
    """Looks at dossiers, drafts and packages from ``since`` on and before ``until``, oldest first.

    All of them for the data protection officer; for an owner those at his dossiers and at what lies in them.
    """
    sight = sight_of(viewer)
    rows = Look.objects.filter(at__gte=since, at__lt=until)
    if not sight.all_looks:
        rows = rows.filter(dossier_id__in=sight.owns)
    if dossier:
        rows = rows.filter(dossier_id=_id(dossier) if sight.all_looks else row_for(viewer, dossier).id)
    return [_look(row) for row in rows.order_by("at", "id")]


def looks_at(viewer: Actor, things: Collection[str]) -> list[LookLine]:
    """Looks at these dossiers, drafts and packages, oldest first; for the same two readers."""
    sight = sight_of(viewer)
    rows = Look.objects.filter(thing__in=list(things))
    if not sight.all_looks:
        rows = rows.filter(dossier_id__in=sight.owns)
    return [_look(row) for row in rows.order_by("at", "id")]


def _look(row: Look) -> LookLine:
    return LookLine(
        person=PersonId(str(row.person)),
        what=row.what,
        thing=str(row.thing),
        dossier=DossierId(str(row.dossier_id)) if row.dossier_id else None,
        reason=row.reason,
        derived=row.derived,
        at=row.at,
    )


# --- For the acts of this package and of those above ---------------------------------------------


def row_for(viewer: Actor, dossier: str, *, lock: bool = False) -> Dossier:
    """The row of a dossier that the viewer sees; raises ``UnknownDossierError``."""
    rows = _seen(sight_of(viewer))
    if lock:
        rows = rows.select_for_update(of=("self",))
    row = rows.filter(id=dossier).first() if is_uuid(dossier) else None
    if row is None:
        raise UnknownDossierError(dossier=dossier)
    return row


def row_to_change(viewer: Actor, dossier: str, *, as_owner: bool = False) -> Dossier:
    """The same, locked, for somebody who works in it, or with ``as_owner`` answers for it.

    In a dossier that is open to the desk whoever keeps dossiers works. Raises ``DossierCapacityError``.
    """
    row = row_for(viewer, dossier, lock=True)
    check_works_in(viewer, DossierId(dossier), members_only=row.members_only, as_owner=as_owner)
    return row


def place_to_fill(viewer: Actor, dossier: str) -> Place:
    """A dossier, locked, for somebody who puts something into it; raises ``DossierEndedError`` as well."""
    row = row_to_change(viewer, dossier)
    if row.ended_at is not None:
        raise DossierEndedError(day=f"{row.ended_at:%Y-%m-%d}")
    return Place(DossierId(str(row.id)), row.members_only)


def read_whole(viewer: Actor, dossier: str) -> Dossier:
    """The row of a dossier for somebody who reads all of it; raises ``UnknownDossierError`` for counsel as well."""
    row = row_for(viewer, dossier)
    if not reads_whole(viewer, DossierId(dossier), members_only=row.members_only):
        raise UnknownDossierError(dossier=dossier)
    return row


def reads_whole(viewer: Actor, dossier: DossierId, *, members_only: bool) -> bool:
    """Whether somebody who sees a dossier reads all of it, and is not there as counsel alone."""
    sight = sight_of(viewer)
    return dossier in sight.reads or (sight.desk and not members_only)


def check_defends(viewer: Actor, dossier: str) -> None:
    """Raise ``UnknownDossierError``, or ``DossierCapacityError`` for who is not in it as counsel."""
    line = dossier_for(viewer, dossier)
    if line.capacity is not Capacity.COUNSEL:
        raise DossierCapacityError(
            capacity=line.capacity.value if line.capacity else "desk", needed=Capacity.COUNSEL.value
        )


def check_works_in(viewer: Actor, dossier: DossierId, *, members_only: bool, as_owner: bool = False) -> None:
    """Raise ``DossierCapacityError`` unless the viewer may change what lies in a dossier, or answers for it."""
    sight = sight_of(viewer)
    capacity = sight.places.get(dossier)
    if dossier in (sight.owns if as_owner else sight.works_in):
        return
    # Whoever was let in is what he was let in as, even where the desk reads along.
    if capacity is None and not members_only and sight.desk and not as_owner:
        return
    needed = Capacity.OWNER.value if as_owner else Capacity.MEMBER.value
    raise DossierCapacityError(capacity=capacity.value if capacity else "desk", needed=needed)


def memberships(dossier: DossierId) -> list[Membership]:
    """Every place in a dossier, ended ones as well."""
    return [membership_of(row) for row in Member.objects.filter(dossier_id=dossier)]


def lies_in_sight(sight: Sight, *, prefix: str = "") -> Q:
    """The condition on rows that name a dossier (``dossier``, ``members_only``) to be read whole by somebody."""
    of_desk = Q(**{f"{prefix}members_only": False})
    let_in = Q(**{f"{prefix}dossier_id__in": sorted(sight.reads)})
    if not sight.desk:
        return let_in
    return of_desk | let_in if sight.reads else of_desk


def _seen(sight: Sight) -> QuerySet[Dossier]:
    let_in = Q(id__in=sorted(sight.places))
    return Dossier.objects.filter(let_in | Q(members_only=False) if sight.desk else let_in)


def _line(row: Dossier, sight: Sight) -> DossierLine:
    return DossierLine(
        id=DossierId(str(row.id)),
        title=row.title,
        reference=row.reference,
        members_only=row.members_only,
        capacity=sight.places.get(DossierId(str(row.id))),
        until=sight.ends.get(DossierId(str(row.id))),
        made_at=row.made_at,
        ended_at=row.ended_at,
    )


def _id(dossier: str) -> str:
    if not is_uuid(dossier):
        raise UnknownDossierError(dossier=dossier)
    return dossier
