"""Carrying notices of ours: to all members at once, each until its receipt is proved and kept.

One process at a time (a lock of the session). What is due is read and sealed; then every member is asked at the same
time, in threads that touch no database, so that one that does not answer holds nobody else back; each answer is settled
as it comes. Whatever dies in between is sent again, and the same bytes get the same receipt.

A member that does not answer is tried after 1, 2, 4 … seconds, at most five minutes, and finds the notice in the hub's
mailbox as well. A member that joined after a warning was issued gets it while it is in force.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.db.models import F, Q, QuerySet

from tocsin.base import jose
from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.ids import LetterId, MemberId
from tocsin.base.instant import Instant
from tocsin.base.problem import Problem, problem_of
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.notices.acts.issue import everybody, issued_entry
from tocsin.notices.entries import NoticeDelivered
from tocsin.notices.models import OutgoingNotice, StoredNotice
from tocsin.wire import line, locks, peers
from tocsin.wire.acts.deliver import sealed_for
from tocsin.wire.acts.go_round import mailbox_path
from tocsin.wire.errors import LineDownError
from tocsin.wire.rules.backoff import LONGEST_DELAY, delay_after
from tocsin.wire.rules.batch import Answer, Given, Taken, answers_in, posted
from tocsin.wire.rules.mailbox import LEAVE_AGAIN_AFTER
from tocsin.wire.rules.peer import Peer, signing_key_of
from tocsin.wire.rules.receipt import Receipted, verify_receipt

PATH: Final = "/wire/notices"
MOST_AT_ONCE: Final = 20
"""Notices in one request; the receiver takes no more."""
_CALLS_AT_ONCE: Final = 32
_LATEST_SET: Final = LONGEST_DELAY * 1.5
_ROUNDS: Final = 20


def deliver_notices(*, at: Instant) -> int:
    """Tell every member what waits for it; how many notices were delivered.

    Does nothing while another process does it.
    """
    delivered = 0
    for _ in range(_ROUNDS):
        with locks.held_if_free("notices") as free:
            delivered += _round(at=at) if free else 0
        # Asked after the lock is free: who issued meanwhile and found it taken has gone.
        if not free or not _due(at=at).exists():
            break
    return delivered


def _round(*, at: Instant) -> int:
    _tell_newcomers(at=at)
    calls = list(_calls(at=at))
    delivered = 0
    with ThreadPoolExecutor(max_workers=_CALLS_AT_ONCE) as pool:
        asked: dict[Future[Sequence[Answer | Taken]], _Call] = {pool.submit(_ask, each): each for each in calls}
        for done in as_completed(asked):
            call = asked[done]
            try:
                delivered += _settle(call, done.result(), at=at)
            except TocsinError as error:
                _later(call.rows, problem_of(error), at=at)
                _leave_at_hub(call, at=at)
    return delivered


# --- What waits -----------------------------------------------------------------------------------


def _due(*, at: Instant) -> QuerySet[OutgoingNotice]:
    now = peers.machine_instant(at)
    due = Q(next_attempt_at=None) | Q(next_attempt_at__lte=now) | Q(next_attempt_at__gt=now + _LATEST_SET)
    return OutgoingNotice.objects.filter(due, delivered_at=None, refused=False)


def _tell_newcomers(*, at: Instant) -> None:
    """Put warnings in force in the outbox for members that have become known since."""
    now = peers.machine_instant(at)
    in_force = list(StoredNotice.objects.filter(ours=True, kind="warning", until__gt=now))
    withdrawn = {row.notice for row in in_force if row.version > 1}
    rows = [row for row in in_force if row.notice not in withdrawn]
    if not rows:
        return
    told = set(OutgoingNotice.objects.filter(notice__in=rows).values_list("notice_id", "peer"))
    members = everybody()
    missing = {row: [peer for peer in members if (row.pk, peer) not in told] for row in rows}
    fresh = [OutgoingNotice(notice=row, peer=peer, since=now) for row, peers_of in missing.items() for peer in peers_of]
    if not fresh:
        return
    with transaction.atomic():
        OutgoingNotice.objects.bulk_create(fresh, ignore_conflicts=True)
        entries = [issued_entry(row, to=peers_of) for row, peers_of in missing.items() if peers_of]
        journal.record_all(entries, by=Actor.node(this_node().member), at=at)


@dataclass(frozen=True, slots=True)
class _Call:
    """A request that is to be made of one member."""

    peer: Peer
    rows: tuple[OutgoingNotice, ...]
    envelopes: tuple[bytes, ...]


def _calls(*, at: Instant) -> Iterator[_Call]:
    waiting: dict[MemberId, list[OutgoingNotice]] = {}
    for row in _due(at=at).select_related("notice").order_by("id"):
        waiting.setdefault(MemberId(row.peer), []).append(row)
    for member, rows in waiting.items():
        chosen = tuple(rows[:MOST_AT_ONCE])
        try:
            peer = peers.peer_of(member, at=peers.machine_instant(at))
            sealed = tuple(sealed_for(peer, row.notice.jws.encode("ascii")) for row in chosen)
        except TocsinError as error:  # no card of it is trusted now, or it names no key to seal to
            _later(chosen, problem_of(error), at=at)
            continue
        yield _Call(peer, chosen, sealed)


def _ask(call: _Call) -> Sequence[Answer | Taken]:
    """Make the request; runs in a thread of its own and touches no database."""
    body = posted(call.envelopes, field="notices", to=call.peer.member)
    reply = line.ask(call.peer, "POST", PATH, body=body)
    if not reply.good:
        raise LineDownError(peer=call.peer.member, reason=f"answered {reply.status}: {reply.problem().detail}")
    return answers_in(reply.body, count=len(call.rows))


# --- What is answered -----------------------------------------------------------------------------


def _settle(call: _Call, answers: Sequence[Answer | Taken], *, at: Instant) -> int:
    with transaction.atomic():
        entries = []
        for row, answer in zip(call.rows, answers, strict=True):
            found = _proved(call.peer, row, answer, at=at)
            if isinstance(found, Problem):
                _refused_or_later(row, found, at=at)
                continue
            row.receipt, row.delivered_at, row.problem = found.decode("ascii"), peers.machine_instant(at), None
            row.save(update_fields=["receipt", "delivered_at", "problem"])
            entries.append(_delivered(row, found))
        if entries:
            journal.record_all(entries, by=Actor.node(this_node().member), at=at)
    return len(entries)


def _proved(peer: Peer, row: OutgoingNotice, answer: Answer | Taken, *, at: Instant) -> bytes | Problem:
    if isinstance(answer, Problem):
        return answer
    if not isinstance(answer, Given):
        return problem_of(LineDownError(peer=peer.member, reason="it answered no receipt"))
    notice = row.notice
    about = Receipted(
        letter=LetterId(str(notice.notice)),
        sha256=notice.sha256,
        sender=this_node().member,
        addressee=peer.member,
        what="notice",
    )
    try:
        key = signing_key_of(peer, kid=jose.header_of(answer.jws).kid, at=peers.machine_instant(at)).key
        verify_receipt(answer.jws, about=about, key=key, logs=peer.logs)
    except TocsinError as error:
        return problem_of(error)
    return answer.jws


def _delivered(row: OutgoingNotice, receipt: bytes) -> NoticeDelivered:
    return NoticeDelivered(
        notice=str(row.notice.notice),
        version=row.notice.version,
        member=row.peer,
        receipt_sha256=sha256(receipt).hexdigest(),
    )


def _refused_or_later(row: OutgoingNotice, problem: Problem, *, at: Instant) -> None:
    if problem.retryable or problem.status >= 500:  # noqa: PLR2004 - HTTP: it cannot now
        _later([row], problem, at=at)
        return
    OutgoingNotice.objects.filter(pk=row.pk).update(refused=True, problem=problem.document())


def _later(rows: Sequence[OutgoingNotice], problem: Problem, *, at: Instant) -> None:
    now = peers.machine_instant(at)
    for row in rows:
        wait = delay_after(row.attempts + 1, jitter=secrets.randbelow(1000) / 1000)
        wait = max(wait, timedelta(seconds=_seconds(problem.fields)))
        OutgoingNotice.objects.filter(pk=row.pk).update(
            attempts=F("attempts") + 1, next_attempt_at=now + min(wait, LONGEST_DELAY), problem=problem.document()
        )


def _seconds(fields: Mapping[str, str]) -> int:
    told = fields.get("retry_after", "")
    return int(told) if told.isdecimal() and len(told) < 6 else 0  # noqa: PLR2004 - digits


def _leave_at_hub(call: _Call, *, at: Instant) -> None:
    """Leave it in the hub's mailbox as well: whoever cannot be reached may reach the hub."""
    hub, now = peers.our_hub(), peers.machine_instant(at)
    if hub is None or hub == call.peer.member:
        return
    rows = [
        (row, envelope)
        for row, envelope in zip(call.rows, call.envelopes, strict=True)
        if row.relayed_at is None or row.relayed_at <= now - LEAVE_AGAIN_AFTER
    ]
    if not rows:
        return
    try:
        body = posted([envelope for _, envelope in rows], field="items", to=call.peer.member)
        reply = line.ask(peers.peer_of(hub, at=now), "POST", mailbox_path(call.peer.member), body=body)
    except TocsinError:
        return
    if reply.good:
        OutgoingNotice.objects.filter(pk__in=[row.pk for row, _ in rows]).update(relayed_at=now)
