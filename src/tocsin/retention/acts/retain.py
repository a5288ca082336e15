"""What the node does about retention by rule, again and again: it proposes, erases what nobody stopped, and finishes.

One transaction a request, so that none waits for another; one that cannot be erased keeps none of the others, and is
raised after them.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import DataError, IntegrityError, OperationalError, transaction

from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.ids import RequestId, new_uuid
from tocsin.base.instant import Instant, text
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.requests import reads as requests
from tocsin.requests.acts.erase import stale_drafts
from tocsin.requests.reads import EndedRequest
from tocsin.retention import own, reads
from tocsin.retention.acts.erase import erase_draft, erase_due, finish_erasures
from tocsin.retention.acts.hold import ONE_AT_A_TIME
from tocsin.retention.entries import ErasureProposed, ErasureStopped
from tocsin.retention.models import Erasure
from tocsin.retention.rules.policy import Policy
from tocsin.wire import locks
from tocsin.wire.acts.erase import sweep_files

_T = TypeVar("_T")


def retain(*, at: Instant) -> None:
    """Finish what a kill left, propose what is due, and erase what was proposed long enough ago."""
    finish_erasures(at=at)
    propose_erasures(at=at)
    erase_what_nobody_stopped(at=at)
    erase_stale_drafts(at=at)
    sweep_files(at=at)


def propose_erasures(*, at: Instant) -> int:
    """Propose every request whose retention is over, and stop proposals that are no longer due; how many are new."""
    policy = own.policy()
    with transaction.atomic():
        locks.hold(ONE_AT_A_TIME)
        due = {each.id: each for each in _due(policy, at=at)}
        rows = Erasure.objects.select_for_update().filter(erased_at=None, stopped_at=None)
        waiting = {RequestId(str(row.request)): row for row in rows}
        stopped = [row for request, row in waiting.items() if request not in due]
        fresh = [_proposed(each, policy, at=at) for request, each in due.items() if request not in waiting]
        Erasure.objects.filter(pk__in=[row.pk for row in stopped]).update(stopped_at=at)
        Erasure.objects.bulk_create(fresh)
        told = [*(_told_stopped(row) for row in stopped), *(_told(row, policy) for row in fresh)]
        if told:
            journal.record_all(told, by=Actor.node(this_node().member), at=at)
    return len(fresh)


def erase_what_nobody_stopped(*, at: Instant) -> int:
    """Where the settings say so, erase what was proposed a notice ago and is on no hold; how many."""
    policy = own.policy()
    if not policy.automatic:
        return 0
    rows = Erasure.objects.filter(erased_at=None, stopped_at=None).order_by("due_at", "id")
    ripe = [
        RequestId(str(row.request))
        for row in rows
        if (when := policy.erased_by_itself_at(row.proposed_at)) is not None and when <= at
    ]
    node = Actor.node(this_node().member)
    free = [request for request in ripe if not reads.standing_holds(request)]
    return _each(free, lambda request: erase_due(request, by=node, at=at))


def erase_stale_drafts(*, at: Instant) -> int:
    """Erase drafts that never left and that nobody touched for their time; how many were looked at."""
    stale = stale_drafts(until=at - own.policy().for_drafts.kept)
    return _each(stale, lambda one: erase_draft(one[0], one[1], at=at))


def _due(policy: Policy, *, at: Instant) -> Iterable[EndedRequest]:
    for each in requests.ended_requests(until=at - policy.shortest):
        if policy.rule_for(each.instrument).due_at(each.ended_at) <= at:
            yield each


def _proposed(ended: EndedRequest, policy: Policy, *, at: Instant) -> Erasure:
    rule = policy.rule_for(ended.instrument)
    return Erasure(
        id=new_uuid(),
        request=ended.id,
        rule=rule.written(),
        due_at=rule.due_at(ended.ended_at),
        proposed_at=at,
    )


def _told(row: Erasure, policy: Policy) -> ErasureProposed:
    by_itself = policy.erased_by_itself_at(row.proposed_at)
    return ErasureProposed(
        request=str(row.request),
        proposal=str(row.id),
        rule=row.rule,
        due_at=text(row.due_at),
        erased_by_itself_at=text(by_itself) if by_itself else "",
    )


def _told_stopped(row: Erasure) -> ErasureStopped:
    return ErasureStopped(request=str(row.request), proposal=str(row.id))


def _each(things: Iterable[_T], do: Callable[[_T], object]) -> int:
    done, failed = 0, None
    for thing in things:
        try:
            do(thing)
            done += 1
        except (TocsinError, OSError, LookupError, ValueError, IntegrityError, DataError, OperationalError) as error:
            failed = failed or error
    if failed is not None:
        raise failed
    return done
