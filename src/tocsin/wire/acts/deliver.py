"""Sending what waits for a peer: in order, in batches, until the other side's receipt is stored.

One process at a time sends to a peer (a lock of the session, held over the network). A batch is read,
sealed and posted outside any transaction; its answers are settled in one. Between the two anything
may die: the letters still wait and are sent again, and the peer answers with the receipts that it
gave the first time.

What blocks what (decision 0071): the letters of one thread leave in their order, so a letter that was
refused for good, or waits for its next attempt, holds back those of its thread behind it, and no
others. A peer that does not answer holds back everything to itself, and nothing to anybody else.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from tocsin.base import jose
from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.ids import LetterId, MemberId, RequestId
from tocsin.base.instant import Instant, text
from tocsin.base.problem import Problem, problem_of
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.journal.entries import Entry
from tocsin.wire import handlers, jobs, line, locks, peers
from tocsin.wire.acts.receipts import Proved, proved, store_receipts
from tocsin.wire.entries import AttemptFailed, LetterQuarantined, LetterRefused, LineUp
from tocsin.wire.errors import LetterGapError, LineDownError
from tocsin.wire.models import Attempt, Direction, Line, Outgoing, QuarantinedLetter, StoredLetter
from tocsin.wire.rules.backoff import LONGEST_DELAY, LineState, after_failure, delay_after, goes_round, is_due
from tocsin.wire.rules.batch import Answer, Given, Taken, answers_in, envelope_bytes, posted
from tocsin.wire.rules.peer import Peer
from tocsin.wire.rules.ticket import Down

INBOX: Final = "/wire/inbox"
RECEIPTS: Final = "/wire/receipts"
_TOO_LARGE: Final = 413
_TOO_MANY: Final = 429
_LONGEST_RETRY_AFTER: Final = 300
_LATEST_SET: Final = LONGEST_DELAY * 1.5


def deliver(peer: MemberId, *, at: Instant) -> bool:
    """Send one batch of what waits for ``peer``; whether more waits that can be sent now.

    Does nothing while another process sends to this peer, and before the next attempt is due.
    """
    with locks.held_if_free(f"deliver:{peer}") as free:
        if not free or not _is_due(peer, at=at):
            return False
        _send_batch(peer, at=at)
    # Asked after the lock is free: who posted meanwhile and found it taken has gone.
    return _is_due(peer, at=at) and waiting(peer, at=at).exists()


def waiting(peer: MemberId, *, at: Instant) -> QuerySet[Outgoing]:
    """What may be sent to ``peer`` now, letters in their order and then receipts."""
    now = peers.machine_instant(at)
    not_due = Q(next_attempt_at__gt=now, next_attempt_at__lte=now + _LATEST_SET)
    ahead = Outgoing.objects.filter(
        Q(refused=True) | not_due, peer=peer, thread=OuterRef("thread"), letter__lt=OuterRef("letter")
    )
    return Outgoing.objects.filter(peer=peer, refused=False).exclude(not_due).exclude(Exists(ahead))


def line_state(peer: MemberId) -> LineState:
    """How the line to ``peer`` is."""
    row = Line.objects.filter(peer=peer).first()
    if row is None:
        return LineState()
    return LineState(failures=row.failures, down_since=row.down_since, next_attempt_at=row.next_attempt_at)


def _is_due(peer: MemberId, *, at: Instant) -> bool:
    return is_due(line_state(peer).next_attempt_at, at=peers.machine_instant(at))


def _send_batch(member: MemberId, *, at: Instant) -> None:
    limits = this_node().limits
    rows = list(
        waiting(member, at=at)
        .filter(letter__isnull=False)
        .select_related("letter")
        .order_by("letter_id")[: limits.batch_letters]
    )
    receipts = list(
        waiting(member, at=at)
        .filter(receipt__isnull=False)
        .select_related("receipt")
        .order_by("receipt_id")[: limits.batch_letters]
    )
    if not rows and not receipts:
        return
    try:
        peer = peers.peer_of(member, at=peers.machine_instant(at))
        if rows:
            _send_letters(peer, _within(rows, limits.batch_bytes), at=at)
        if receipts:
            _send_receipts(peer, receipts, at=at)
    except TocsinError as error:
        _note_failure(member, error, at=at)


def _within(rows: Sequence[Outgoing], most: int) -> list[Outgoing]:
    """As many of the rows, from the first, as fit into a batch of ``most`` bytes; at least one."""
    fitting: list[Outgoing] = []
    size = 0
    for row in rows:
        size += envelope_bytes(len(_jws(row)))
        if fitting and size > most:
            break
        fitting.append(row)
    return fitting


def _jws(row: Outgoing) -> bytes:
    signed = row.letter if row.letter is not None else row.receipt
    return ((signed.jws if signed is not None else None) or "").encode("ascii")


def sealed_for(peer: Peer, row: Outgoing) -> bytes:
    """What waits in ``row``, sealed to the key that its addressee has now."""
    if peer.seal is None:
        raise LineDownError(peer=peer.member, reason="its card names no key to seal to")
    return jose.seal(_jws(row), key=peer.seal)


# --- Letters ------------------------------------------------------------------------------------


def _send_letters(peer: Peer, rows: Sequence[Outgoing], *, at: Instant) -> None:
    body = posted([sealed_for(peer, row) for row in rows], field="letters", to=peer.member)
    reply = line.ask(peer, "POST", INBOX, at=at, body=body, down=_down(peer.member))
    if reply.status == _TOO_LARGE and len(rows) > 1:  # its limits are narrower than ours
        _send_letters(peer, rows[: len(rows) // 2], at=at)
        return
    if reply.status == _TOO_MANY:
        _come_back(peer.member, reply.headers.get("Retry-After", ""), at=at)
        return
    if not reply.good:
        raise LineDownError(peer=peer.member, reason=f"answered {reply.status}: {reply.problem().detail}")
    _settle(peer, rows, answers_in(reply.body, count=len(rows)), at=at)


def _down(peer: MemberId) -> Down | None:
    row = Line.objects.filter(peer=peer, down_since__isnull=False).first()
    if row is None or row.down_since is None:
        return None
    return Down(since=row.down_since, attempts=row.failures, reason=row.reason)


def _come_back(peer: MemberId, retry_after: str, *, at: Instant) -> None:
    """The peer is there and has had enough for now: not a failure of the line."""
    seconds = int(retry_after) if retry_after.isdecimal() and len(retry_after) < 6 else 60  # noqa: PLR2004 - digits
    wait = timedelta(seconds=min(seconds, _LONGEST_RETRY_AFTER))
    Line.objects.update_or_create(peer=peer, defaults={"next_attempt_at": peers.machine_instant(at) + wait})
    jobs.deliver_later(peer, wait)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A letter that was sent."""

    letter: StoredLetter
    attempts: int = 0

    @property
    def id(self) -> LetterId:
        return LetterId(str(self.letter.letter))

    @property
    def thread(self) -> RequestId:
        return RequestId(str(self.letter.thread))


@dataclass(slots=True)
class _Answers:
    """What a peer answered, sorted."""

    good: list[Proved] = field(default_factory=list)
    false: list[tuple[_Sent, bytes, TocsinError]] = field(default_factory=list)
    again: list[tuple[_Sent, Problem]] = field(default_factory=list)
    refused: list[tuple[_Sent, Problem]] = field(default_factory=list)


def _settle(peer: Peer, rows: Sequence[Outgoing], results: Sequence[Answer | Taken], *, at: Instant) -> None:
    answers = _Answers()
    for row, result in zip(rows, results, strict=True):
        if row.letter is not None:
            _sort(_Sent(row.letter, row.attempts), result, answers, peer, at=at)
    with transaction.atomic():
        entries = [entry for sent, problem in answers.refused for entry in _refused(sent.letter, problem, at=at)]
        for sent, problem in answers.again:
            _try_again(sent, problem, at=at)
        store_receipts(answers.good, giver=peer.member, at=at, more=[*entries, *_line_is_up(peer.member)])
    for sent, jws, error in answers.false:
        _quarantine(sent, jws, error, at=at)


def _sort(sent: _Sent, result: Answer | Taken, answers: _Answers, peer: Peer, *, at: Instant) -> None:
    match result:
        case Given(jws=jws):
            try:
                answers.good.append(proved(jws, sent.letter, peer, at=at))
            except TocsinError as error:
                answers.false.append((sent, jws, error))
        case Problem(retryable=True):
            answers.again.append((sent, result))
        case Problem():
            answers.refused.append((sent, result))
        case Taken():
            raise LineDownError(peer=peer.member, reason="answered a letter as if it were a receipt")


def note_refusal(letter: StoredLetter, problem: Problem, *, at: Instant) -> None:
    """Note that the addressee refused a letter of ours for good; a person decides what becomes of it."""
    with transaction.atomic():
        journal.record_all(_refused(letter, problem, at=at), by=Actor.node(this_node().member), at=at)


def _refused(letter: StoredLetter, problem: Problem, *, at: Instant) -> list[Entry]:
    document = problem.document()
    Outgoing.objects.filter(letter=letter).update(refused=True, problem=document)
    StoredLetter.objects.filter(pk=letter.pk).update(refused=at, problem=document)
    sent = _Sent(letter)
    refused = LetterRefused(letter=sent.id, thread=sent.thread, addressee=letter.peer, code=problem.code)
    return [refused, *handlers.tell_refusal(sent.thread, sent.id, problem, at=at)]


def _try_again(sent: _Sent, problem: Problem, *, at: Instant) -> None:
    """Note that the addressee wants a letter later, or letters before it that he says he has not got."""
    attempts = sent.attempts + 1
    wait = delay_after(attempts, jitter=_jitter())
    if problem.code == LetterGapError.code and _send_again(sent, problem):
        wait = timedelta(0)
    Outgoing.objects.filter(letter=sent.letter).update(
        attempts=attempts, next_attempt_at=peers.machine_instant(at) + wait, problem=problem.document()
    )
    jobs.deliver_later(MemberId(sent.letter.peer), wait)


def _send_again(sent: _Sent, problem: Problem) -> bool:
    """Put letters that have a receipt back in the outbox: their addressee lost them with a restored backup.

    Whether there were any.
    """
    head = problem.fields.get("head", "")
    if not head.isdecimal() or len(head) > 9:  # noqa: PLR2004 - digits of a place in a chain
        return False
    lost = StoredLetter.objects.filter(
        thread=sent.letter.thread,
        direction=Direction.SENT,
        peer=sent.letter.peer,
        set_aside=None,
        erased=None,
        seq__gt=int(head),
        seq__lt=sent.letter.seq,
        outgoing=None,
    )
    again = Outgoing.objects.bulk_create(
        [Outgoing(peer=row.peer, letter=row, thread=row.thread, since=row.at) for row in lost], ignore_conflicts=True
    )
    return bool(again)


def _quarantine(sent: _Sent, jws: bytes, error: TocsinError, *, at: Instant) -> None:
    """Keep a receipt that proves nothing for a person; its letter is sent again later."""
    sha = sha256(jws).hexdigest()
    wait = delay_after(sent.attempts + 1, jitter=_jitter())
    with transaction.atomic():
        Outgoing.objects.filter(letter=sent.letter).update(
            attempts=sent.attempts + 1,
            next_attempt_at=peers.machine_instant(at) + wait,
            problem=problem_of(error).document(),
        )
        if QuarantinedLetter.objects.filter(sha256=sha).exists():
            return
        entry = LetterQuarantined(sender=sent.letter.peer, code=error.code, envelope_sha256=sha)
        place = journal.record(entry, by=Actor.node(this_node().member), at=at)
        QuarantinedLetter.objects.create(
            peer=sent.letter.peer,
            at=at,
            code=error.code,
            sentence=str(error),
            envelope=jws.decode("ascii"),
            sha256=sha,
            entry=place.index,
        )


# --- Receipts -----------------------------------------------------------------------------------


def _send_receipts(peer: Peer, rows: Sequence[Outgoing], *, at: Instant) -> None:
    body = posted([sealed_for(peer, row) for row in rows], field="receipts", to=peer.member)
    reply = line.ask(peer, "POST", RECEIPTS, at=at, body=body, down=_down(peer.member))
    if not reply.good:
        raise LineDownError(peer=peer.member, reason=f"answered {reply.status}: {reply.problem().detail}")
    results = answers_in(reply.body, count=len(rows))
    again = [row for row, result in zip(rows, results, strict=True) if isinstance(result, Problem) and result.retryable]
    told = [row.pk for row in rows if row not in again]
    with transaction.atomic():
        # A receipt that the other side will not have is told: it can be had again with its letter.
        Outgoing.objects.filter(pk__in=told).delete()
        for row in again:
            wait = delay_after(row.attempts + 1, jitter=_jitter())
            Outgoing.objects.filter(pk=row.pk).update(
                attempts=row.attempts + 1, next_attempt_at=peers.machine_instant(at) + wait
            )
        entries = _line_is_up(peer.member)
        if entries:
            journal.record_all(entries, by=Actor.node(this_node().member), at=at)


# --- The line -----------------------------------------------------------------------------------


def _line_is_up(peer: MemberId) -> list[Entry]:
    """Note that the peer answered; what to record when it had been down."""
    row = Line.objects.select_for_update().filter(peer=peer, down_since__isnull=False).first()
    if row is None or row.down_since is None:
        return []
    Line.objects.filter(peer=peer).update(failures=0, down_since=None, next_attempt_at=None, reason="")
    return [LineUp(peer=peer, down_since=text(row.down_since), failures=row.failures)]


def _note_failure(peer: MemberId, error: TocsinError, *, at: Instant) -> None:
    """Note a failed attempt, journalled: one half of the proof that the line was down."""
    now, reason = peers.machine_instant(at), _reason(error)
    with transaction.atomic():
        state = after_failure(line_state(peer), at=now, jitter=_jitter())
        Line.objects.update_or_create(
            peer=peer,
            defaults={
                "failures": state.failures,
                "down_since": state.down_since,
                "next_attempt_at": state.next_attempt_at,
                "reason": reason,
            },
        )
        count = Outgoing.objects.filter(peer=peer, refused=False).count()
        failed = AttemptFailed(peer=peer, reason=reason, failures=state.failures, waiting=count)
        place = journal.record(failed, by=Actor.node(this_node().member), at=at)
        Attempt.objects.create(peer=peer, at=now, reason=reason, waiting=count, entry=place.index)
    if state.next_attempt_at is not None:
        jobs.deliver_later(peer, state.next_attempt_at - now)
    if goes_round(state, at=now):
        jobs.relay_soon(peer)


def _reason(error: TocsinError) -> str:
    told = error.fields.get("reason") if isinstance(error, LineDownError) else str(error)
    return "".join(character for character in str(told)[:500] if character.isprintable())


def _jitter() -> float:
    return secrets.randbelow(1_000_000) / 1_000_000
