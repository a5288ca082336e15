"""Putting a letter of ours in the outbox."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection

from tocsin.base import instant, jose
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, RequestId
from tocsin.base.instant import Instant
from tocsin.base.jose import SUITE
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.journal.entries import Entry
from tocsin.wire import jobs, locks, peers
from tocsin.wire.entries import LetterSent, LetterWrittenDown
from tocsin.wire.errors import (
    ExercisePeerError,
    LetterForkedError,
    LetterGapError,
    LetterOutOfPlaceError,
    LetterTooLargeError,
    OutboxFullError,
    SuiteUnsupportedError,
)
from tocsin.wire.models import Direction, Outgoing, StoredLetter, add_rows, last_places, outbox_span
from tocsin.wire.rules.chain import Head, check_place
from tocsin.wire.rules.letter import DirectoryNote, Letter, UnsignedLetter
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
    return post_all([letter], by=by, at=at)[0]


def post_all(letters: Sequence[UnsignedLetter], *, by: Actor, at: Instant) -> list[Letter]:
    """``post`` for many letters, in their order; one that cannot be posted stops all."""
    if not connection.in_atomic_block:
        raise RuntimeError("a letter is posted inside the transaction of the act that writes it")
    found = {to: _peer(to, at=at) for to in dict.fromkeys(letter.addressee for letter in letters)}
    _check_room()
    signed = [_signed(letter, found[letter.addressee].note) for letter in letters]
    _check_next(signed)
    _keep(signed, by=by, at=at)
    for addressee in found:
        jobs.deliver_soon(addressee)
    return signed


def write_down(letter: UnsignedLetter, *, by: Actor, at: Instant) -> Letter:
    """Sign a letter that goes as a form, and keep it in its place of the chain; it never waits to be delivered.

    Its addressee has no node, so no key of his is needed and no receipt of his will come. How he is known stands in
    ``letter.directory``. Raises ``RuntimeError`` outside a transaction, ``LetterTooLargeError`` and
    ``LetterOutOfPlaceError``.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a letter is written inside the transaction of the act that writes it")
    signed = _signed(letter, letter.directory)
    _check_later(signed)
    entry = LetterWrittenDown(**_told(signed))
    place = journal.record(entry, by=by, at=at)
    keep_letters([signed], direction=Direction.SENT, entries=[place.index], at=at)
    return signed


def _peer(addressee: MemberId, *, at: Instant) -> Peer:
    peer = peers.peer_of(addressee, at=peers.machine_instant(at))
    _check_suite(peer)
    _check_same_kind(peer)
    return peer


def _check_same_kind(peer: Peer) -> None:
    """Nothing leaves an exercise for the real world, and nothing real goes into one: not even to be refused there."""
    if peer.exercise is not this_node().exercise:
        kinds = {True: "exercises", False: "real work"}
        raise ExercisePeerError(member=peer.member, peer=kinds[peer.exercise], node=kinds[this_node().exercise])


def _check_suite(peer: Peer) -> None:
    if SUITE not in peer.suites or peer.seal is None:
        raise SuiteUnsupportedError(member=peer.member, suites=", ".join(peer.suites) or "none")


def _check_room() -> None:
    # The span of ids is never less than their count and costs two looks at an index.
    most = this_node().limits.outbox_letters
    if outbox_span() >= most:
        count = Outgoing.objects.count()
        if count >= most:
            raise OutboxFullError(count=count)


def _signed(letter: UnsignedLetter, note: DirectoryNote) -> Letter:
    node = this_node()
    shift = int(instant.shift().total_seconds())
    stamped = replace(letter, directory=note, exercise_shift_seconds=shift if node.exercise else None)
    signed = sign_letter(stamped, key=jose.signing_key(node.keys.signing))
    if len(signed.jws) > node.limits.letter_bytes:
        raise LetterTooLargeError(size=len(signed.jws), most=node.limits.letter_bytes)
    return signed


def _check_next(letters: Sequence[Letter]) -> None:
    """Raise ``LetterOutOfPlaceError`` unless each letter is the next of its chain; hold the chains."""
    locks.hold(*(f"chain:{letter.thread}" for letter in letters))
    heads = heads_of_ours({(letter.thread, letter.addressee) for letter in letters})
    for letter in letters:
        place = letter.thread, letter.addressee
        try:
            heads[place] = check_place(letter, head=heads.get(place, Head()))
        except (LetterGapError, LetterForkedError):
            raise LetterOutOfPlaceError(seq=letter.seq) from None


def _check_later(letter: Letter) -> None:
    """Raise ``LetterOutOfPlaceError`` unless a letter comes after those of its chain that are letters; hold the chain.

    What we told somebody before he was known was taken down, and has its place between them: the thread knows it.
    """
    locks.hold(f"chain:{letter.thread}")
    head = heads_of_ours({(letter.thread, letter.addressee)}).get((letter.thread, letter.addressee), Head())
    follows = letter.prev == head.sha256 if letter.seq == head.seq + 1 and head.seq else letter.seq > head.seq
    if not follows:
        raise LetterOutOfPlaceError(seq=letter.seq)


def heads_of_ours(chains: Iterable[tuple[RequestId, MemberId]]) -> dict[tuple[RequestId, MemberId], Head]:
    """The last letter of ours that counts in each of these chains, where there is one."""
    return _heads(chains, Direction.SENT)


def heads_of_theirs(chains: Iterable[tuple[RequestId, MemberId]]) -> dict[tuple[RequestId, MemberId], Head]:
    """The last letter of the other side in each of these chains, where there is one."""
    return _heads(chains, Direction.RECEIVED)


def _heads(
    chains: Iterable[tuple[RequestId, MemberId]], direction: Direction
) -> dict[tuple[RequestId, MemberId], Head]:
    wanted = set(chains)
    rows = last_places({thread for thread, _ in wanted}, direction)
    found = {(RequestId(thread), MemberId(peer)): Head(seq, sha) for thread, peer, seq, sha in rows}
    return {chain: head for chain, head in found.items() if chain in wanted}


def _keep(letters: Sequence[Letter], *, by: Actor, at: Instant) -> None:
    entries, held = [LetterSent(**_told(letter)) for letter in letters], _held_for(by)
    places: Sequence[int | None] = [None] * len(letters)
    if held is None:
        places = [place.index for place in journal.record_all(entries, by=by, at=at)]
    ids = keep_letters(letters, direction=Direction.SENT, entries=places, at=at)
    add_rows(
        Outgoing,
        ("peer", "letter_id", "thread", "since", "attempts", "refused"),
        [(letter.addressee, row, letter.thread, at, 0, False) for letter, row in zip(letters, ids, strict=True)],
    )
    if held is not None:
        held.entries += zip(entries, ids, strict=True)


_COLUMNS = (
    "letter", "direction", "peer", "thread", "seq", "kind", "instrument", "sha256", "prev", "seen", "written", "at",
    "jws", "entry",
)  # fmt: skip


def keep_letters(
    letters: Sequence[Letter], *, direction: Direction, entries: Sequence[int | None], at: Instant
) -> list[int]:
    """Keep letters byte for byte, and tell the ids of their rows."""
    sent = direction is Direction.SENT
    return add_rows(
        StoredLetter,
        _COLUMNS,
        [
            (
                letter.id,
                direction.value,
                letter.addressee if sent else letter.sender,
                letter.thread,
                letter.seq,
                letter.kind.value,
                letter.instrument,
                letter.sha256,
                letter.prev,
                letter.seen,
                letter.written,
                at,
                letter.jws.decode("ascii"),
                entry,
            )
            for letter, entry in zip(letters, entries, strict=True)
        ],
    )


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
    """Entries of letters that were posted while others came in, to be recorded with theirs.

    Beside each the id of the letter's row, to note the entry's index in.
    """

    entries: list[tuple[Entry, int]] = field(default_factory=list)


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
