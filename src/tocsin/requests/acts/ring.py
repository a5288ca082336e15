"""Ringing: what the node does by rule as time passes. It tells people, and drafts; it decides nothing.

``ring_clocks`` looks at every open request whose next instant has come. A worker calls it again and again; an alarm
that rang is a row, so no alarm rings twice, whoever calls.
"""

from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.db.models import Q

from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.ids import DossierId, new_uuid
from tocsin.base.instant import Instant, text
from tocsin.base.this_node import this_node
from tocsin.dossiers import reads as dossiers
from tocsin.journal import acts as journal
from tocsin.journal.entries import Entry
from tocsin.law.provisions import Side
from tocsin.requests import reads
from tocsin.requests.acts.renew import renew
from tocsin.requests.entries import AlarmRaised, ReleaseDrafted
from tocsin.requests.models import Alarm, ReleaseDraft, Request
from tocsin.requests.reads import Standing
from tocsin.requests.rules.alarms import Ringing, ringing
from tocsin.requests.rules.release import FollowUpKnown, lawful_choices, release_may_be_drafted

_MOST_AT_ONCE = 500


def ring_clocks(*, at: Instant) -> int:
    """Ring every alarm that is due; how many rang.

    One transaction a request, so that none waits for another; one that cannot be rung silences no other, and is raised
    after them.
    """
    due = Request.objects.filter(Q(ended_at=None), Q(next_look=None) | Q(next_look__lte=at)).order_by("next_look", "id")
    rang, failed = 0, None
    for request in list(due.values_list("id", flat=True)[:_MOST_AT_ONCE]):
        try:
            rang += _ring(request, at=at)
        except (TocsinError, LookupError, ValueError, IntegrityError, DataError) as error:
            failed = failed or error
    if failed is not None:
        raise failed
    return rang


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
