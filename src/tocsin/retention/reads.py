"""What may be seen of retention: what is due, what is held, what was erased and until when backups still have it."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.base.actor import Actor
from tocsin.base.ids import PersonId, RequestId, is_uuid
from tocsin.base.instant import Instant
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.people.viewing.seen import the_node_acts
from tocsin.requests import reads as requests
from tocsin.retention import own
from tocsin.retention.errors import UnknownHoldError
from tocsin.retention.models import Erasure, LegalHold


@dataclass(frozen=True, slots=True, kw_only=True)
class DueErasure:
    """A request that is due to be erased."""

    request: RequestId
    rule: str
    due_at: Instant
    proposed_at: Instant
    erased_by_itself_at: Instant | None
    """When it goes if nobody stops it; nothing where a person decides, or while a hold stands."""
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldView:
    """A legal hold."""

    id: str
    request: RequestId
    reason: str
    set_by: PersonId
    set_at: Instant
    release_reason: str
    release_asked_by: PersonId | None
    release_asked_at: Instant | None
    released_by: PersonId | None
    released_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedRequest:
    """A request that was erased, by what rule, and how far that has come."""

    request: RequestId
    rule: str
    erased_at: Instant
    decided_by: PersonId | None
    """The person who erased it; nothing where it followed by itself."""
    letters: int
    packages: int
    entries: int
    files_gone: bool
    backups_until: Instant
    """When the last backup that may still hold it has expired."""


def due(viewer: Actor) -> list[DueErasure]:
    """What is due to be erased, the oldest first."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = list(Erasure.objects.filter(erased_at=None, stopped_at=None).order_by("due_at", "id"))
    seen = requests.seen_among(viewer, [str(row.request) for row in rows])
    rows = [row for row in rows if str(row.request) in seen]
    held: dict[str, list[str]] = {}
    for hold in LegalHold.objects.filter(released_at=None, request__in=[row.request for row in rows]).order_by(
        "set_at"
    ):
        held.setdefault(str(hold.request), []).append(str(hold.id))
    return [_due(row, held.get(str(row.request), [])) for row in rows]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is due, held and erased, of all requests; nothing says which."""

    due: int
    held: int
    erased: int


def counts(viewer: Actor) -> Counts:
    """The same for who runs the node and reads no request: numbers alone. Raises ``RightMissingError``."""
    rights.check(viewer, Right.RUN_NODE)
    with the_node_acts():
        return Counts(
            due=Erasure.objects.filter(erased_at=None, stopped_at=None).count(),
            held=LegalHold.objects.filter(released_at=None).count(),
            erased=Erasure.objects.filter(erased_at__isnull=False).count(),
        )


def holds(viewer: Actor, request: str | None = None) -> list[HoldView]:
    """The legal holds that stand; of one request also those that were released. Newest first."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = LegalHold.objects.order_by("-set_at", "-id")
    if request is None:
        rows = rows.filter(released_at=None)
    else:
        rows = rows.filter(request=request) if is_uuid(request) else rows.none()
    seen = requests.seen_among(viewer, [str(row.request) for row in rows])
    return [view_of_hold(row) for row in rows if str(row.request) in seen]


def erased(viewer: Actor, request: str | None = None, *, most: int = 200) -> list[ErasedRequest]:
    """What was erased, newest first; of one request or of all."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = Erasure.objects.filter(erased_at__isnull=False).order_by("-erased_at", "-id")
    if request is not None:
        rows = rows.filter(request=request) if is_uuid(request) else rows.none()
    listed = list(rows[:most])
    seen = requests.seen_among(viewer, [str(row.request) for row in listed])
    views = (view_of_erasure(row) for row in listed if str(row.request) in seen)
    return [view for view in views if view is not None]


def standing_holds(request: str) -> list[str]:
    """The holds of a request that stand. For this package's own acts."""
    rows = LegalHold.objects.filter(request=request, released_at=None).order_by("set_at", "id")
    return [str(each) for each in rows.values_list("id", flat=True)]


def hold_row(viewer: Actor, hold: str) -> LegalHold:
    """The row of a hold that stands on a request that the viewer may see, locked; raises ``UnknownHoldError``.

    For this package's own acts.
    """
    rows = LegalHold.objects.select_for_update().filter(id=hold, released_at=None) if is_uuid(hold) else ()
    row = next(iter(rows), None)
    if row is None or not requests.seen_among(viewer, [str(row.request)]):
        raise UnknownHoldError(hold=hold)
    return row


def view_of_hold(row: LegalHold) -> HoldView:
    """A hold's row as others may see it."""
    return HoldView(
        id=str(row.id),
        request=RequestId(str(row.request)),
        reason=row.reason,
        set_by=PersonId(str(row.set_by)),
        set_at=row.set_at,
        release_reason=row.release_reason,
        release_asked_by=_person(row.release_asked_by),
        release_asked_at=row.release_asked_at,
        released_by=_person(row.released_by),
        released_at=row.released_at,
    )


def view_of_erasure(row: Erasure) -> ErasedRequest | None:
    """An erasure's row as others may see it; nothing before it was done."""
    if row.erased_at is None or row.backups_until is None:
        return None
    return ErasedRequest(
        request=RequestId(str(row.request)),
        rule=row.rule,
        erased_at=row.erased_at,
        decided_by=_person(row.decided_by),
        letters=row.letters,
        packages=row.packages,
        entries=row.entries,
        files_gone=row.finished_at is not None,
        backups_until=row.backups_until,
    )


def _due(row: Erasure, held: Sequence[str]) -> DueErasure:
    return DueErasure(
        request=RequestId(str(row.request)),
        rule=row.rule,
        due_at=row.due_at,
        proposed_at=row.proposed_at,
        erased_by_itself_at=None if held else own.policy().erased_by_itself_at(row.proposed_at),
        holds=tuple(held),
    )


def _person(person: object) -> PersonId | None:
    return None if person is None else PersonId(str(person))
