"""Ringing: what the node does by rule as time passes. It tells people, and drafts; it decides nothing.

``ring_clocks`` looks at every open request whose next instant has come. A worker calls it again and again; an alarm
that rang is a row, so no alarm rings twice, whoever calls.
"""

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.db.models import Q

from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.ids import DossierId, new_uuid
from tocsin.base.instant import Instant, text
from tocsin.base.this_node import this_node
from tocsin.dossiers import reads as dossiers
from tocsin.duty import reads as duty
from tocsin.duty.rules.rota import Call, calls
from tocsin.journal import acts as journal
from tocsin.journal.entries import Entry
from tocsin.law.provisions import Side
from tocsin.requests import reads
from tocsin.requests.acts.renew import renew
from tocsin.requests.entries import AlarmRaised, ReleaseDrafted
from tocsin.requests.models import Alarm, ReleaseDraft, Request
from tocsin.requests.reads import Standing
from tocsin.requests.rules.alarms import OFFICER, UNOPENED, Ringing, ringing
from tocsin.requests.rules.release import FollowUpKnown, lawful_choices, release_may_be_drafted

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_AT_ONCE = 500
_AN_INSTANT = timedelta(milliseconds=1)


def ring_clocks(*, at: Instant) -> int:
    """Ring every alarm that is due; how many rang.

    One transaction a request, so that none waits for another; one that cannot be rung silences no other, and is raised
    after them. Urgent letters that lie unopened ring as the rota says, where there is one.
    """
    due = Request.objects.filter(Q(ended_at=None), Q(next_look=None) | Q(next_look__lte=at)).order_by("next_look", "id")
    clocks = list(due.values_list("id", flat=True)[:_MOST_AT_ONCE])
    rings: list[tuple[Callable[..., int], UUID]] = [(_ring, request) for request in clocks]
    rings += [(_call, request) for request in _unopened(at=at)]
    rang, failed = 0, None
    for ring, request in rings:
        try:
            rang += ring(request, at=at)
        except (TocsinError, LookupError, ValueError, IntegrityError, DataError) as error:
            failed = failed or error
    if failed is not None:
        raise failed
    return rang


def _unopened(*, at: Instant) -> list[UUID]:
    """Urgent requests with a letter that nobody has opened; none before a rota was begun."""
    if not duty.is_planned():
        return []
    rows = Request.objects.filter(ended_at=None, urgent=True, unread_since__lte=at).order_by("unread_since", "id")
    return list(rows.values_list("id", flat=True)[:_MOST_AT_ONCE])


def _call(request: UUID, *, at: Instant) -> int:
    """Tell those on duty of a letter that lies unopened, as far as they were not told; how many calls were new."""
    with transaction.atomic():
        rows = Request.objects.select_for_update(of=("self",), skip_locked=True)
        row = rows.filter(id=request, ended_at=None, unread_since__isnull=False).first()
        if row is None or row.unread_since is None:
            return 0
        since = row.unread_since
        turns = duty.turns(since=since, until=at + _AN_INSTANT)
        due = calls(turns, since=since, minutes=duty.minutes(), at=at)
        rung = set(row.alarms.filter(kind__startswith=UNOPENED).values_list("key", flat=True))
        fresh = [each for each in due if _key(since, each) not in rung]
        entries = [_called(row, each, since=since, at=at) for each in fresh]
        if entries:
            journal.record_all(entries, by=Actor.node(this_node().member), at=at)
    return len(fresh)


def _called(row: Request, each: Call, *, since: Instant, at: Instant) -> AlarmRaised:
    told = _who_is_called(row, each, at=at)
    kind = f"{UNOPENED}-{each.place}"
    Alarm.objects.create(request=row, key=_key(since, each), clock="", kind=kind, told=told, at=at)
    return AlarmRaised(
        request=str(row.id), clock="", alarm=kind, told=tuple(told), due_strict="", due_latest="", line_down=False
    )


def _who_is_called(row: Request, each: Call, *, at: Instant) -> list[str]:
    """Persons; the duty officers by their role where the rota names nobody. Members alone, as for every alarm."""
    if row.members_only:
        return [*dossiers.to_call(DossierId(str(row.dossier_id)), at=at)]
    leaving = [note.given_by for note in duty.unacknowledged() if each.told and note.at <= each.at]
    return list(dict.fromkeys([*each.told, *leaving])) or [OFFICER]


def _key(since: Instant, each: Call) -> str:
    return f"{UNOPENED}:{text(since)}:{each.number}"


def _ring(request: UUID, *, at: Instant) -> int:
    with transaction.atomic():
        row = Request.objects.select_for_update(of=("self",), skip_locked=True).filter(id=request).first()
        if row is None:
            return 0
        standing = renew(row, at=at)
        entries = [*_alarms(row, standing, at=at), *_release(row, standing, at=at)]
        if entries:
            journal.record_all(entries, by=Actor.node(this_node().member), at=at)
    return len(entries)


def _alarms(row: Request, standing: Standing, *, at: Instant) -> list[Entry]:
    thread = standing.thread
    clocks = [line.clock for line in standing.clocks]
    choices = {each.key: lawful_choices(thread.state, each, permits=thread.permits) for each in clocks if each.keeps}
    due = ringing(clocks, side=Side(row.side), at=at, choices=choices)
    rung = set(row.alarms.values_list("key", "kind"))
    fresh = [each for each in due if (each.clock.key, each.kind) not in rung]
    for each in fresh:
        Alarm.objects.create(
            request=row,
            key=each.clock.key,
            clock=each.clock.id,
            kind=each.kind,
            told=_whom(row, each, at=at),
            choices=[kind.value for kind in each.choices],
            line_down=each.line_down,
            at=at,
        )
    return [_told(row, each, standing, at=at) for each in fresh]


def _whom(row: Request, each: Ringing, *, at: Instant) -> list[str]:
    """Roles; for what lies in a dossier of its members alone those who work in it, and nobody else (decision 0105)."""
    return [*dossiers.to_call(DossierId(str(row.dossier_id)), at=at)] if row.members_only else list(each.told)


def _told(row: Request, each: Ringing, standing: Standing, *, at: Instant) -> AlarmRaised:
    line = next(line for line in standing.clocks if line.key == each.clock.key)
    return AlarmRaised(
        request=str(row.id),
        clock=each.clock.id,
        alarm=each.kind,
        told=tuple(_whom(row, each, at=at)),
        due_strict=text(line.strict) if line.strict else "",
        due_latest=text(line.legal_latest) if line.legal_latest else "",
        line_down=each.line_down,
    )


def _release(row: Request, standing: Standing, *, at: Instant) -> list[Entry]:
    """Lay a draft release before a person when what is kept has lapsed and nothing can still follow."""
    thread = standing.thread
    if row.side != Side.ASKED.value or ReleaseDraft.objects.filter(request=row).exists():
        return []
    clocks = [line.clock for line in standing.clocks]
    known = _follow_up_known(row, standing)
    if not release_may_be_drafted(thread.state, clocks, at=at, follow_up_known=known, permits=thread.permits):
        return []
    draft = ReleaseDraft.objects.create(id=new_uuid(), request=row, drafted_at=at)
    return [ReleaseDrafted(request=str(row.id), draft=str(draft.id))]


def _follow_up_known(row: Request, standing: Standing) -> FollowUpKnown:
    """What this node knows beside the thread: a request of the same side that names this one as earlier."""
    if reads.follow_ups_of(row):
        return FollowUpKnown.RECORDED
    return FollowUpKnown.UNKNOWN if standing.line_is_down else FollowUpKnown.NONE
