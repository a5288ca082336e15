"""What a shift leaves behind, as somebody may see it: the note as it stands now, and notes that were kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef, UUIDField
from django.db.models.functions import Cast

from tocsin.base.actor import Actor
from tocsin.base.ids import PersonId, RequestId
from tocsin.base.instant import Instant
from tocsin.duty import reads as duty
from tocsin.duty.rules.rota import FIRST
from tocsin.journal import reads as journal
from tocsin.law.provisions import Side
from tocsin.law.running import Phase
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.entries import ReleaseDecided
from tocsin.requests.models import Alarm, Request, StoredClock
from tocsin.requests.reads import RequestLine
from tocsin.requests.rules.alarms import UNOPENED
from tocsin.requests.rules.clocks import PROMISED
from tocsin.requests.rules.letters import Indicate, parse_body
from tocsin.requests.rules.shift_note import (
    DUE_WITHIN,
    Decided,
    Note,
    OpenRequest,
    Promised,
    decided_by_letter,
    note_of,
)
from tocsin.wire import reads as wire
from tocsin.wire.entries import LetterSent
from tocsin.wire.errors import NoSuchLetterError

LONGEST = timedelta(hours=24)
USUAL = timedelta(hours=12)
_MOST = 60
"""So many lines of each kind a note has at most: it is one page."""
_MOST_OVERDUE = 15
_GIVEN = (Phase.MET, Phase.MET_LATE, Phase.STOPPED, Phase.LIFTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownNote:
    """A note with the requests that its reader may see, and what was said in each promise."""

    note: Note
    lines: dict[RequestId, RequestLine]
    forms: dict[str, str]
    """By the hash of the letter that promises: in what form the answer will come."""
    hidden: int
    """How many of its requests lie where the reader may not look."""


def shift_since(viewer: Actor, *, at: Instant) -> Instant:
    """When somebody's shift began: when she took it over, else as the rota has it, else twelve hours ago."""
    taken = duty.last_taken_by(viewer)
    if taken is not None and taken.acknowledged_at is not None and at - taken.acknowledged_at < LONGEST:
        return taken.acknowledged_at
    own = [
        turn
        for turn in duty.turns(since=at, until=at + timedelta(seconds=1))
        if turn.person == viewer.person and at - turn.begins < LONGEST
    ]
    first = sorted(own, key=lambda turn: (turn.place != FIRST, turn.begins))
    return first[0].begins if first else at - USUAL


def shift_note(viewer: Actor, *, since: Instant, at: Instant) -> Note:
    """The note of a shift that began at ``since``, of what its viewer may see."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = list(_rows(viewer, at=at))
    return note_of(
        (_open(row) for row in rows),
        promises=_promises(viewer),
        decisions=_decisions(viewer, since=since, at=at),
        since=since,
        at=at,
    )


def shown_note(viewer: Actor, note: Note) -> ShownNote:
    """A note as somebody may see it: of requests that lie in others' dossiers only how many they are."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = reads.seen_by(viewer).filter(id__in=note.requests)
    lines = {RequestId(str(row.id)): reads.line_of(row) for row in rows}
    forms = {each.letter: _form(each.letter) for each in note.promised if each.request in lines}
    return ShownNote(note=note, lines=lines, forms=forms, hidden=len(note.requests - lines.keys()))


def calling(viewer: Actor) -> list[RequestLine]:
    """The urgent requests for which somebody was called, and which nobody has opened yet, the oldest first."""
    rights.check(viewer, Right.READ_REQUESTS)
    if not viewer.person:
        return []
    rung = Alarm.objects.filter(kind__startswith=UNOPENED, told__contains=[viewer.person])
    waiting = reads.seen_by(viewer).filter(ended_at=None, urgent=True, unread_since__isnull=False)
    rows = waiting.filter(id__in=rung.values("request")).order_by("unread_since", "id")
    return [reads.line_of(row) for row in rows[:_MOST]]


# --- Steps --------------------------------------------------------------------------------------


def _rows(viewer: Actor, *, at: Instant) -> Iterable[Request]:
    """Open requests that are due or unread; each list by an index of its own, however many requests there are."""
    open_ones = reads.seen_by(viewer).filter(ended_at=None)
    soon = open_ones.filter(due_strict__gte=at, due_strict__lte=at + DUE_WITHIN).order_by("due_strict", "id")[:_MOST]
    late = open_ones.filter(due_strict__lt=at).order_by("-due_strict", "-id")[:_MOST_OVERDUE]
    unread = open_ones.filter(unread_since__isnull=False).order_by("unread_since", "id")[:_MOST]
    pressing = open_ones.filter(unread_since__isnull=False, urgent=True).order_by("unread_since", "id")[:_MOST]
    found = {row.id: row for rows in (soon, late, pressing, unread) for row in rows}
    return found.values()


def _open(row: Request) -> OpenRequest:
    return OpenRequest(
        request=RequestId(str(row.id)),
        urgent=row.urgent,
        clock=row.due_clock,
        due=row.due_strict,
        due_by_us=row.due_by == row.side,
        unread_since=row.unread_since,
    )


def _promises(viewer: Actor) -> list[Promised]:
    """Answers that were promised and have not come, ours and theirs; of too many those that end last."""
    rows = StoredClock.objects.filter(
        clock=PROMISED, strict__isnull=False, request__in=reads.seen_by(viewer).filter(ended_at=None)
    ).exclude(phase__in=[phase.value for phase in _GIVEN])
    found = []
    for row in rows.select_related("request").order_by("-strict", "id")[:_MOST]:
        letter = row.key.partition(":")[2]
        if row.strict is not None:
            ours = row.request.side == Side.ASKED.value
            found.append(Promised(request=RequestId(str(row.request_id)), letter=letter, until=row.strict, ours=ours))
    return found


def _form(letter: str) -> str:
    """In what form an answer was promised; nothing where the letter says none, or is gone."""
    try:
        kept = wire.kept_letter(letter).letter
    except NoSuchLetterError:
        return ""
    said = parse_body(kept.kind, kept.body) if kept is not None else None
    return said.form or "" if isinstance(said, Indicate) else ""


def _decisions(viewer: Actor, *, since: Instant, at: Instant) -> list[Decided]:
    """What was decided between two instants, as the journal has it, in requests that the viewer may see."""
    kinds = {LetterSent.kind, ReleaseDecided.kind}
    seen = Exists(reads.seen_by(viewer).filter(id=Cast(OuterRef("about"), UUIDField())))
    done = journal.done_between(kinds, seen=seen, since=since, until=at)
    told = [(each, _what(each)) for each in done]
    lines = [
        Decided(request=RequestId(each.about), what=what, person=PersonId(each.person), at=each.at)
        for each, what in told
        if what and each.person
    ]
    return lines[-_MOST:]


def _what(done: journal.Done) -> str:
    if done.kind == ReleaseDecided.kind:
        return f"release:{done.fields.get('decision')}"
    kind = str(done.fields.get("letter_kind"))
    return f"letter:{kind}" if decided_by_letter(kind) else ""
