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
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.db.models import F

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
from tocsin.wire.acts.quarantine import sound_quarantine
from tocsin.wire.acts.receipts import Proved, SentLetter, proved, store_receipts
from tocsin.wire.entries import AttemptFailed, LetterQuarantined, LetterRefused, LineUp
from tocsin.wire.errors import LetterGapError, LineDownError
from tocsin.wire.models import Attempt, Direction, Due, Line, Outgoing, QuarantinedLetter, StoredLetter, line_to
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
        went = free and _send_batch(peer, at=at)
    # Asked after the lock is free: who posted meanwhile and found it taken has gone.
    return went and _due(peer, at=at).anything()


def _due(peer: MemberId, *, at: Instant) -> Due:
    now = peers.machine_instant(at)
    return Due(peer, now, now + _LATEST_SET)


def line_row(peer: MemberId) -> Line:
    """How the line to ``peer`` is; a row that is not kept yet when nothing ever failed."""
    return line_to(peer) or Line(peer=peer)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ToSend:
    """Something that waits: a letter, or a receipt, and its place in the outbox."""

    place: int
    attempts: int
    jws: bytes
    letter: SentLetter | None = None


def _send_batch(member: MemberId, *, at: Instant) -> bool:
    """Send a batch, if the line is due; whether the line carried it, or there was nothing."""
    row = line_row(member)
    if not is_due(row.next_attempt_at, at=peers.machine_instant(at)):
        return False
    letters = _within(waiting_letters(member, at=at), this_node().limits.batch_bytes)
    receipts = waiting_receipts(member, at=at)
    if not letters and not receipts:
        return True
    try:
        peer = peers.peer_of(member, at=peers.machine_instant(at))
        went = not letters or _send_letters(peer, letters, row, at=at)
        if receipts and went:
            _send_receipts(peer, receipts, row, at=at)
    except TocsinError as error:
        _note_failure(member, error, at=at)
        return False
    return went


def waiting_letters(peer: MemberId, *, at: Instant) -> list[_ToSend]:
    """The letters that may be sent to ``peer`` now, in their order, as many as one batch has at most."""
    due, found = _due(peer, at=at), []
    rows = due.letters(due.held(), most=this_node().limits.batch_letters)
    for place, attempts, row, jws, letter, thread, seq, sha in rows:
        sent = SentLetter(row=row, id=LetterId(letter), thread=RequestId(thread), peer=peer, seq=seq, sha256=sha)
        found.append(_ToSend(place=place, attempts=attempts, jws=(jws or "").encode("ascii"), letter=sent))
    return found


def waiting_receipts(peer: MemberId, *, at: Instant) -> list[_ToSend]:
    """The receipts that may be told ``peer`` now, as many as one batch has at most."""
    rows = _due(peer, at=at).receipts(most=this_node().limits.batch_letters)
    return [_ToSend(place=place, attempts=attempts, jws=jws.encode("ascii")) for place, attempts, jws in rows]


def _within(waiting: Sequence[_ToSend], most: int) -> list[_ToSend]:
    """As many, from the first, as fit into a batch of ``most`` bytes; at least one."""
    fitting: list[_ToSend] = []
    size = 0
    for one in waiting:
        size += envelope_bytes(len(one.jws))
        if fitting and size > most:
            break
        fitting.append(one)
    return fitting


def sealed_for(peer: Peer, jws: bytes) -> bytes:
    """A signed thing, sealed to the key that its addressee has now; raises ``LineDownError`` without one."""
    if peer.seal is None:
        raise LineDownError(peer=peer.member, reason="its card names no key to seal to")
    return jose.seal(jws, key=peer.seal)


# --- Letters ------------------------------------------------------------------------------------


def _send_letters(peer: Peer, letters: Sequence[_ToSend], row: Line, *, at: Instant) -> bool:
    """Post letters and settle what is answered; whether the peer takes more now."""
    body = posted([sealed_for(peer, one.jws) for one in letters], field="letters", to=peer.member)
    reply = line.ask(peer, "POST", INBOX, body=body, down=_down(row))
    if reply.status == _TOO_LARGE:  # its limits are narrower than ours
        if len(letters) > 1:
            return _send_letters(peer, letters[: len(letters) // 2], row, at=at)
        _settle(peer, letters, [replace(reply.problem(), retryable=False)], row, at=at)
        return True
    if reply.status == _TOO_MANY:
        _come_back(peer.member, reply.headers.get("Retry-After", ""), at=at)
        return False
    if not reply.good:
        raise LineDownError(peer=peer.member, reason=f"answered {reply.status}: {reply.problem().detail}")
    _settle(peer, letters, answers_in(reply.body, count=len(letters)), row, at=at)
    return True


def _down(row: Line) -> Down | None:
    if row.down_since is None:
        return None
    return Down(since=row.down_since, attempts=row.failures, reason=row.reason)


def _come_back(peer: MemberId, retry_after: str, *, at: Instant) -> None:
    """The peer is there and has had enough for now: not a failure of the line."""
    seconds = int(retry_after) if retry_after.isdecimal() and len(retry_after) < 6 else 60  # noqa: PLR2004 - digits
    wait = timedelta(seconds=min(seconds, _LONGEST_RETRY_AFTER))
    Line.objects.update_or_create(peer=peer, defaults={"next_attempt_at": peers.machine_instant(at) + wait})
    jobs.deliver_later(peer, wait)


@dataclass(slots=True)
class _Answers:
    """What a peer answered, sorted; beside what is sent again, how often it was tried before."""

    good: list[Proved] = field(default_factory=list)
    false: list[tuple[SentLetter, bytes, TocsinError]] = field(default_factory=list)
    again: list[tuple[SentLetter, int, Problem]] = field(default_factory=list)
    refused: list[tuple[SentLetter, Problem]] = field(default_factory=list)


def _settle(peer: Peer, sent: Sequence[_ToSend], results: Sequence[Answer | Taken], row: Line, *, at: Instant) -> None:
    answers = _Answers()
    for one, result in zip(sent, results, strict=True):
        if one.letter is not None:
            _sort(one.letter, one.attempts, result, answers, peer, at=at)
    with transaction.atomic():
        entries = [entry for letter, problem in answers.refused for entry in _refused(letter, problem, at=at)]
        for letter, attempts, problem in answers.again:
            _try_again(letter, attempts, problem, at=at)
        store_receipts(answers.good, giver=peer.member, at=at, more=[*entries, *_line_is_up(row)])
    for letter, jws, error in answers.false:
        _quarantine(letter, jws, error, at=at)


def _sort(  # what was answered, to which letter, by whom, into where
    letter: SentLetter, attempts: int, result: Answer | Taken, answers: _Answers, peer: Peer, *, at: Instant
) -> None:
    match result:
        case Given(jws=jws):
            try:
                answers.good.append(proved(jws, letter, peer, at=at))
            except TocsinError as error:
                answers.false.append((letter, jws, error))
        case Problem(retryable=True):
            answers.again.append((letter, attempts, result))
        case Problem():
            answers.refused.append((letter, result))
        case Taken():
            raise LineDownError(peer=peer.member, reason="answered a letter as if it were a receipt")


def note_refusal(letter: SentLetter, problem: Problem, *, at: Instant) -> None:
    """Note that the addressee refused a letter of ours for good; a person decides what becomes of it."""
    with transaction.atomic():
        journal.record_all(_refused(letter, problem, at=at), by=Actor.node(this_node().member), at=at)


def _refused(letter: SentLetter, problem: Problem, *, at: Instant) -> list[Entry]:
    document = problem.document()
    Outgoing.objects.filter(letter=letter.row).update(refused=True, problem=document)
    StoredLetter.objects.filter(pk=letter.row).update(refused=at, problem=document)
    refused = LetterRefused(letter=letter.id, thread=letter.thread, addressee=letter.peer, code=problem.code)
    return [refused, *handlers.tell_refusal(letter.thread, letter.id, problem, at=at)]


def _try_again(letter: SentLetter, attempts: int, problem: Problem, *, at: Instant) -> None:
    """Note that the addressee wants a letter later, or letters before it that he says he has not got."""
    wait = delay_after(attempts + 1, jitter=_jitter())
    if problem.code == LetterGapError.code and _send_again(letter, problem):
        wait = timedelta(0)
    Outgoing.objects.filter(letter=letter.row).update(
        attempts=attempts + 1, next_attempt_at=peers.machine_instant(at) + wait, problem=problem.document()
    )
    jobs.deliver_later(letter.peer, wait)


def _send_again(letter: SentLetter, problem: Problem) -> bool:
    """Put letters that have a receipt back in the outbox: their addressee lost them with a restored backup.

    Whether there were any.
    """
    head = problem.fields.get("head", "")
    if not head.isdecimal() or len(head) > 9:  # noqa: PLR2004 - digits of a place in a chain
        return False
    lost = StoredLetter.objects.filter(
        thread=letter.thread,
        direction=Direction.SENT,
        peer=letter.peer,
        set_aside=None,
        erased=None,
        seq__gt=int(head),
        seq__lt=letter.seq,
        outgoing=None,
    )
    again = Outgoing.objects.bulk_create(
        [Outgoing(peer=row.peer, letter=row, thread=row.thread, since=row.at) for row in lost], ignore_conflicts=True
    )
    return bool(again)


def _quarantine(letter: SentLetter, jws: bytes, error: TocsinError, *, at: Instant) -> None:
    """Keep a receipt that proves nothing for a person; its letter is sent again later."""
    sha = sha256(jws).hexdigest()
    with transaction.atomic():
        Outgoing.objects.filter(letter=letter.row).update(
            attempts=F("attempts") + 1,
            next_attempt_at=peers.machine_instant(at) + LONGEST_DELAY,
            problem=problem_of(error).document(),
        )
        if QuarantinedLetter.objects.filter(sha256=sha).exists():
            return
        entry = LetterQuarantined(sender=letter.peer, code=error.code, envelope_sha256=sha)
        place = journal.record(entry, by=Actor.node(this_node().member), at=at)
        QuarantinedLetter.objects.create(
            peer=letter.peer,
            at=at,
            code=error.code,
            sentence=str(error),
            envelope=jws.decode("ascii"),
            sha256=sha,
            entry=place.index,
        )
        sound_quarantine(letter.peer, code=error.code, sha256=sha, at=at)


# --- Receipts -----------------------------------------------------------------------------------


def _send_receipts(peer: Peer, receipts: Sequence[_ToSend], row: Line, *, at: Instant) -> None:
    body = posted([sealed_for(peer, one.jws) for one in receipts], field="receipts", to=peer.member)
    reply = line.ask(peer, "POST", RECEIPTS, body=body, down=_down(row))
    if not reply.good:
        raise LineDownError(peer=peer.member, reason=f"answered {reply.status}: {reply.problem().detail}")
    results = answers_in(reply.body, count=len(receipts))
    again = [
        one for one, result in zip(receipts, results, strict=True) if isinstance(result, Problem) and result.retryable
    ]
    with transaction.atomic():
        # A receipt that the other side will not have is told: it can be had again with its letter.
        Outgoing.objects.filter(pk__in=[one.place for one in receipts if one not in again]).delete()
        for one in again:
            wait = delay_after(one.attempts + 1, jitter=_jitter())
            Outgoing.objects.filter(pk=one.place).update(
                attempts=one.attempts + 1, next_attempt_at=peers.machine_instant(at) + wait
            )
        journal.record_all(_line_is_up(row), by=Actor.node(this_node().member), at=at)


# --- The line -----------------------------------------------------------------------------------


def _line_is_up(row: Line) -> list[Entry]:
    """Note that the peer answered; what to record when it had been down."""
    since, failures = row.down_since, row.failures
    if since is None:
        return []
    row.failures, row.down_since, row.next_attempt_at, row.reason = 0, None, None, ""
    row.save()
    return [LineUp(peer=row.peer, down_since=text(since), failures=failures)]


def _note_failure(peer: MemberId, error: TocsinError, *, at: Instant) -> None:
    """Note a failed attempt, journalled: one half of the proof that the line was down."""
    now, reason = peers.machine_instant(at), _reason(error)
    with transaction.atomic():
        row = line_row(peer)
        state = after_failure(_state(row), at=now, jitter=_jitter())
        row.failures, row.down_since, row.next_attempt_at = state.failures, state.down_since, state.next_attempt_at
        row.reason = reason
        row.save()
        count = Outgoing.objects.filter(peer=peer, refused=False).count()
        failed = AttemptFailed(peer=peer, reason=reason, failures=state.failures, waiting=count)
        place = journal.record(failed, by=Actor.node(this_node().member), at=at)
        Attempt.objects.create(peer=peer, at=now, reason=reason, waiting=count, entry=place.index)
    if state.next_attempt_at is not None:
        jobs.deliver_later(peer, state.next_attempt_at - now)
    if goes_round(state, at=now):
        jobs.relay_soon(peer)


def _state(row: Line) -> LineState:
    return LineState(failures=row.failures, down_since=row.down_since, next_attempt_at=row.next_attempt_at)


def _reason(error: TocsinError) -> str:
    told = error.fields.get("reason") if isinstance(error, LineDownError) else str(error)
    return "".join(character for character in str(told)[:500] if character.isprintable())


def _jitter() -> float:
    return secrets.randbelow(1_000_000) / 1_000_000
