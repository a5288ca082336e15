"""Putting a letter of ours in the outbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.db.models import Max, Min

from tocsin.base import instant, jose
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, RequestId
from tocsin.base.instant import Instant
from tocsin.base.jose import SUITE
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.journal.entries import Entry
from tocsin.wire import jobs, locks, peers
from tocsin.wire.entries import LetterSent
from tocsin.wire.errors import (
    LetterForkedError,
    LetterGapError,
    LetterOutOfPlaceError,
    LetterTooLargeError,
    OutboxFullError,
    SuiteUnsupportedError,
)
from tocsin.wire.models import Direction, Outgoing, StoredLetter
from tocsin.wire.rules.chain import Head, check_place
from tocsin.wire.rules.letter import Letter, UnsignedLetter
from tocsin.wire.rules.peer import Peer
from tocsin.wire.rules.seal import sign_letter


def post(letter: UnsignedLetter, *, by: Actor, at: Instant) -> Letter:
    """Sign a letter and put it in the outbox, inside the caller's transaction.

    It leaves when its addressee can be reached; until his receipt is stored it is sent again. What
    the directory is worth and how far an exercise's clock is shifted the wire says itself, whatever
    ``letter`` says of them.

    Raises ``RuntimeError`` outside a transaction, what ``peers.peer_of`` raises for an addressee
    who is not in the directory, ``SuiteUnsupportedError``, ``LetterTooLargeError``,
    ``LetterOutOfPlaceError`` when it is not the next of its chain, ``OutboxFullError``, and what
    ``sign_letter`` raises.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a letter is posted inside the transaction of the act that writes it")
    peer = peers.peer_of(letter.addressee, at=peers.machine_instant(at))
    _check_suite(peer)
    _check_room()
    signed = _signed(letter, peer)
    _check_next(signed)
    entry, held = LetterSent(**_told(signed)), _held_for(by)
    row = _keep(signed, entry=journal.record(entry, by=by, at=at).index if held is None else None, at=at)
    if held is not None:
        held.entries.append((entry, row))
    jobs.deliver_soon(letter.addressee)
    return signed


def _check_suite(peer: Peer) -> None:
    if SUITE not in peer.suites or peer.seal is None:
        raise SuiteUnsupportedError(member=peer.member, suites=", ".join(peer.suites) or "none")


def _check_room() -> None:
    # The span of ids is never less than their count and costs two looks at an index.
    most = this_node().limits.outbox_letters
    span = Outgoing.objects.aggregate(first=Min("id"), last=Max("id"))
    if span["last"] is not None and span["last"] - span["first"] + 1 >= most:
        count = Outgoing.objects.count()
        if count >= most:
            raise OutboxFullError(count=count)


def _signed(letter: UnsignedLetter, peer: Peer) -> Letter:
    node = this_node()
    shift = int(instant.shift().total_seconds())
    stamped = replace(letter, directory=peer.note, exercise_shift_seconds=shift or None)
    signed = sign_letter(stamped, key=jose.signing_key(node.keys.signing))
    if len(signed.jws) > node.limits.letter_bytes:
        raise LetterTooLargeError(size=len(signed.jws), most=node.limits.letter_bytes)
    return signed


def _check_next(letter: Letter) -> None:
    locks.hold(f"chain:{letter.thread}")
    try:
        check_place(letter, head=head_of_ours(letter.thread, letter.addressee))
    except (LetterGapError, LetterForkedError):
        raise LetterOutOfPlaceError(seq=letter.seq) from None


def head_of_ours(thread: RequestId, addressee: MemberId) -> Head:
    """The last letter that we sent in this thread and that still counts."""
    last = (
        StoredLetter.objects.filter(thread=thread, direction=Direction.SENT, peer=addressee, set_aside=None)
        .order_by("-seq")
        .values_list("seq", "sha256")
        .first()
    )
    return Head(*last) if last else Head()


def _keep(letter: Letter, *, entry: int | None, at: Instant) -> StoredLetter:
    row = StoredLetter.objects.create(
        letter=letter.id,
        direction=Direction.SENT,
        peer=letter.addressee,
        thread=letter.thread,
        seq=letter.seq,
        kind=letter.kind.value,
        instrument=letter.instrument,
        sha256=letter.sha256,
        prev=letter.prev,
        seen=letter.seen,
        written=letter.written,
        at=at,
        jws=letter.jws.decode("ascii"),
        entry=entry,
    )
    Outgoing.objects.create(peer=letter.addressee, letter=row, thread=letter.thread, since=at)
    return row


def _told(letter: Letter) -> dict[str, Any]:
    stale = letter.directory.stale_since
    return {
        "letter": letter.id,
        "letter_sha256": letter.sha256,
        "letter_kind": letter.kind.value,
        "thread": letter.thread,
        "addressee": letter.addressee,
        "seq": letter.seq,
        "card_source": letter.directory.source.value,
        "stale_since": instant.text(stale) if stale else None,
    }


# --- Recording together -------------------------------------------------------------------------


@dataclass(slots=True)
class Held:
    """Entries of letters that were posted while others came in, to be recorded with theirs."""

    entries: list[tuple[Entry, StoredLetter]] = field(default_factory=list)


_held: ContextVar[Held | None] = ContextVar("tocsin_wire_held", default=None)


@contextmanager
def entries_held() -> Iterator[Held]:
    """Keep back the entries of letters posted in here: whoever records locks the head of the journal.

    A handler that answers a letter by a letter would else lock it before the next letter of the
    batch is taken, and wait for rows that somebody holds who waits for the head.
    """
    held = Held()
    token = _held.set(held)
    try:
        yield held
    finally:
        _held.reset(token)


def _held_for(by: Actor) -> Held | None:
    """Where the node itself puts its entries while a batch is taken in; a person's acts record at once."""
    return None if by.person else _held.get()
