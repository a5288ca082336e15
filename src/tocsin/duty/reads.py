"""Who is on duty, and which shifts went from hand to hand."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import F, Q

from tocsin.base.actor import Actor
from tocsin.base.ids import PersonId, is_uuid
from tocsin.base.instant import Instant
from tocsin.duty.errors import UnknownShiftNoteError
from tocsin.duty.models import Chain, ShiftNote
from tocsin.duty.models import Turn as TurnRow
from tocsin.duty.rules.rota import MINUTES, Turn
from tocsin.people import reads as people
from tocsin.people.errors import RightMissingError
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import Json

_MOST_NOTES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftNoteView:
    """A hand-over as its reader sees it; ``note`` is what ``requests.rules.shift_note`` wrote."""

    id: str
    given_by: PersonId
    to: PersonId
    since: Instant
    at: Instant
    words: str
    note: Mapping[str, Json]
    sha256: str
    acknowledged_at: Instant | None


def may_plan(viewer: Actor) -> bool:
    """Whether somebody may change the rota: those who run the node, and the duty officers among themselves."""
    return rights.reaches(viewer, Right.RUN_NODE) or rights.reaches(viewer, Right.ANSWER)


def check_sees_rota(viewer: Actor) -> None:
    """Raise ``RightMissingError`` for who neither works at the desk nor runs the node."""
    if not (rights.reaches(viewer, Right.READ_REQUESTS) or rights.reaches(viewer, Right.RUN_NODE)):
        raise RightMissingError(right=Right.READ_REQUESTS.value)


def turns(*, since: Instant, until: Instant) -> list[Turn]:
    """The turns that hold at some instant from ``since`` on and before ``until``, in order.

    Those of people who have left are on nobody's shoulders any more, and are left out.
    """
    here = [each.id for each in people.people()]
    rows = TurnRow.objects.filter(begins__lt=until, ends__gt=since, person__in=here)
    kept = rows.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=F("begins")))
    return [turn_of(row) for row in kept.order_by("begins", "place", "id")]


def is_planned() -> bool:
    """Whether a rota was ever begun here: before that nobody is called by it."""
    return TurnRow.objects.exists()


def minutes() -> int:
    """How many minutes an urgent letter may lie unopened before the next in the chain is told."""
    last = Chain.objects.order_by("-id").first()
    return last.minutes if last else MINUTES


def notes_for(viewer: Actor) -> list[ShiftNoteView]:
    """The last hand-overs, the latest first."""
    rights.check(viewer, Right.READ_REQUESTS)
    return [_note(row) for row in ShiftNote.objects.order_by("-at", "-id")[:_MOST_NOTES]]


def note_for(viewer: Actor, note: str) -> ShiftNoteView:
    """One hand-over; raises ``UnknownShiftNoteError``."""
    rights.check(viewer, Right.READ_REQUESTS)
    row = ShiftNote.objects.filter(id=note).first() if is_uuid(note) else None
    if row is None:
        raise UnknownShiftNoteError(note=note)
    return _note(row)


def waiting_for(viewer: Actor) -> list[ShiftNoteView]:
    """What was handed over to somebody and not acknowledged yet, the oldest first."""
    if not viewer.person:
        return []
    return [_note(row) for row in ShiftNote.objects.filter(to=viewer.person, acknowledged_at=None).order_by("at")]


def last_taken_by(viewer: Actor) -> ShiftNoteView | None:
    """The shift that somebody acknowledged last."""
    if not viewer.person:
        return None
    rows = ShiftNote.objects.filter(to=viewer.person, acknowledged_at__isnull=False)
    row = rows.order_by("-acknowledged_at").first()
    return _note(row) if row else None


def unacknowledged() -> list[ShiftNoteView]:
    """Every shift that was handed over and that nobody has acknowledged; for the node's own ringing."""
    return [_note(row) for row in ShiftNote.objects.filter(acknowledged_at=None).order_by("at")]


def turn_of(row: TurnRow) -> Turn:
    """A turn's row as a value. For this package's own acts."""
    return Turn(
        id=str(row.id),
        person=PersonId(str(row.person)),
        place=row.place,
        zone=row.zone,
        begins=row.begins,
        ends=row.ends,
    )


def _note(row: ShiftNote) -> ShiftNoteView:
    return ShiftNoteView(
        id=str(row.id),
        given_by=PersonId(str(row.given_by)),
        to=PersonId(str(row.to)),
        since=row.since,
        at=row.at,
        words=row.words,
        note=row.note,
        sha256=row.sha256,
        acknowledged_at=row.acknowledged_at,
    )
