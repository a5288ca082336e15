"""Taking in what a member brings: each letter answered by a receipt or a problem, in one commit.

Nothing is answered before the commit. A sender that heard nothing sends again and gets the receipts
that it would have heard, byte for byte.

Opening and verifying cost most and touch no database: they are done first. Then, in one transaction
and under one lock per sender: what came before is recognised by its hash; what is new gets its place
in its chain, is kept and handed over; all entries are recorded together; one checkpoint is signed and
each receipt proves its entry in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import islice

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, SerializationFailure

from tocsin.base import instant, jose
from tocsin.base.actor import Actor
from tocsin.base.errors import ProofError, RuleError, TocsinError
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.problem import Problem, problem_of
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.journal import reads as journal_reads
from tocsin.journal.entries import Entry
from tocsin.journal.rules.place import EntryPlace
from tocsin.wire import handlers, jobs, locks, peers
from tocsin.wire.acts.admit import Caller, use_up
from tocsin.wire.acts.post import Held, entries_held, keep_letters
from tocsin.wire.acts.quarantine import sound_quarantine
from tocsin.wire.entries import DownStated, LetterQuarantined, LetterStored
from tocsin.wire.errors import LetterForkedError, LetterTooLargeError
from tocsin.wire.models import (
    Direction,
    DownStatement,
    QuarantinedLetter,
    StoredLetter,
    StoredReceipt,
    add_rows,
    attempt_at_once,
    last_places,
    same_letters,
)
from tocsin.wire.rules.admit import check_rate, minute_of
from tocsin.wire.rules.batch import Answer, Given
from tocsin.wire.rules.chain import Head, check_place
from tocsin.wire.rules.letter import Letter
from tocsin.wire.rules.open import Door, SignedLetter, check_letter, open_letter, really_written, verify_letter
from tocsin.wire.rules.peer import Peer, check_made, signing_key_of
from tocsin.wire.rules.receipt import Opening, Receipted, Stage, sign_receipt
from tocsin.wire.rules.seal import SealedLetter
from tocsin.wire.rules.ticket import Ticket

_TRIES = 3
_NOT_NOW = 503


def receive(sealed: Sequence[SealedLetter], *, caller: Caller, at: Instant) -> list[Answer]:
    """Take in the letters that a caller brought; one answer for each.

    Raises ``TicketUsedError`` and ``TooManyLettersError``; then nothing was kept. Everything else is an
    answer of its own.
    """
    answers = take(_opened(sealed), peer=caller.peer, at=at, ticket=caller.ticket)
    _try_at_once(caller.peer.member, at=at)
    return answers


def _try_at_once(peer: MemberId, *, at: Instant) -> None:
    """Who calls us can be called: what waits for a peer that was away does not wait for its next attempt."""
    now = peers.machine_instant(at)
    if attempt_at_once(peer, now=now):
        jobs.deliver_soon(peer)


def take(brought: Sequence["Brought"], *, peer: Peer, at: Instant, ticket: Ticket | None = None) -> list[Answer]:
    """Take in letters of ``peer`` that were opened, by whatever way they came; see ``receive``."""
    at = instant.as_told(at)  # the sender knows it from the receipt: clocks have to begin at one instant on both sides
    looked_at = [_verified(one, peer, at=at) for one in brought]
    for tries in range(_TRIES):
        try:
            return _take_in(looked_at, peer, ticket, at=at)
        except OperationalError as error:
            # Somebody held what we wanted and wanted what we held: nothing was kept, so begin again.
            if tries == _TRIES - 1 or not isinstance(error.__cause__, DeadlockDetected | SerializationFailure):
                raise
    raise AssertionError("the last try returns or raises")


# --- Without the database: open and verify ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Brought:
    """One envelope of a batch and what was in it, or why it did not open."""

    envelope: bytes
    inside: SignedLetter | TocsinError


@dataclass(frozen=True, slots=True)
class _LookedAt:
    """One envelope of a batch and the letter in it, or what is wrong with it."""

    envelope: bytes
    found: Letter | TocsinError


def _opened(sealed: Sequence[SealedLetter]) -> list[Brought]:
    keys = own_opening_keys()
    return [_open(one, keys) for one in sealed]


def own_opening_keys() -> dict[str, jose.OpeningKey]:
    """The keys of this node that open letters, the retired ones as well, by key id."""
    keyring = this_node().keys
    keys = [jose.opening_key(key) for key in (keyring.sealing, *keyring.older_sealing)]
    return {key.kid: key for key in keys}


def _open(sealed: SealedLetter, keys: Mapping[str, jose.OpeningKey]) -> Brought:
    try:
        return Brought(sealed.jwe, open_letter(sealed, keys=keys))
    except TocsinError as error:
        return Brought(sealed.jwe, error)


def _verified(brought: Brought, peer: Peer, *, at: Instant) -> _LookedAt:
    if isinstance(brought.inside, TocsinError):
        return _LookedAt(brought.envelope, brought.inside)
    try:
        return _LookedAt(brought.envelope, _letter(brought.inside, peer, at=at))
    except TocsinError as error:
        return _LookedAt(brought.envelope, error)


def _letter(signed: SignedLetter, peer: Peer, *, at: Instant) -> Letter:
    node, clock = this_node(), peers.machine_instant(at)
    if len(signed.jws) > node.limits.letter_bytes:
        raise LetterTooLargeError(size=len(signed.jws), most=node.limits.letter_bytes)
    found = signing_key_of(peer, kid=signed.kid, at=clock)
    letter = verify_letter(signed, key=found.key)
    check_letter(
        letter,
        door=Door(
            member=node.member,
            caller=peer.member,
            competences=peer.competences,
            exercise=node.exercise,
            clock=clock,
        ),
    )
    check_made(found, made=really_written(letter), peer=peer)
    return letter


# --- In one transaction -------------------------------------------------------------------------


@dataclass(slots=True)
class _Batch:
    """What is known while a batch is taken in; answers by the letter's hash, or by the place of a problem."""

    sender: MemberId
    at: Instant
    ticket: Ticket | None
    answers: dict[str, Answer] = field(default_factory=dict)
    kept: list[tuple[Letter, int]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    held: Held = field(default_factory=Held)


def _take_in(looked_at: Sequence[_LookedAt], peer: Peer, ticket: Ticket | None, *, at: Instant) -> list[Answer]:
    letters = list({letter.sha256: letter for letter in _letters(looked_at)}.values())
    batch = _Batch(sender=peer.member, at=at, ticket=ticket)
    with transaction.atomic():
        locks.hold(f"receive:{peer.member}")
        if ticket is not None:
            use_up(ticket)
        _count(peer.member, len(looked_at), at=peers.machine_instant(at))
        fresh = _without_twins(letters, batch)
        _keep_and_hand_over(fresh, batch)
        _record(batch, _false_ones(looked_at, batch))
        answers = [_answer(one, batch) for one in looked_at]
        count_refusals([answer for answer in answers if isinstance(answer, Problem)], at=at)
    return answers


def _letters(looked_at: Sequence[_LookedAt]) -> list[Letter]:
    return [one.found for one in looked_at if isinstance(one.found, Letter)]


def _answer(one: _LookedAt, batch: _Batch) -> Answer:
    return batch.answers[one.found.sha256] if isinstance(one.found, Letter) else problem_of(one.found)


def _count(sender: MemberId, letters: int, *, at: Instant) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO wire_ratecount (member, minute, letters) VALUES (%s, %s, %s)"
            " ON CONFLICT (member, minute) DO UPDATE SET letters = wire_ratecount.letters + excluded.letters"
            " RETURNING letters",
            [sender, minute_of(at), letters],
        )
        brought = cursor.fetchone()[0]
    check_rate(brought, most=this_node().limits.letters_per_minute, sender=sender, at=at)


def _without_twins(letters: Sequence[Letter], batch: _Batch) -> list[Letter]:
    """The letters whose id is new; another letter under a known id is a fork.

    One that came before, the same bytes, gets the same receipt.
    """
    same = same_letters([letter.id for letter in letters], batch.sender) if letters else []
    receipts = {sha: jws for _, sha, jws in same if jws is not None}
    taken, fresh = {known for known, _, _ in same}, []
    for letter in letters:
        if letter.sha256 in receipts:
            batch.answers[letter.sha256] = Given(receipts[letter.sha256].encode("ascii"))
        elif letter.id in taken:
            _refuse(batch, letter, LetterForkedError(sender=letter.sender, seq=letter.seq))
        else:
            fresh.append(letter)
            taken.add(letter.id)
    return fresh


def _heads(letters: Sequence[Letter], sender: MemberId) -> dict[str, Head]:
    places = last_places({letter.thread for letter in letters}, Direction.RECEIVED)
    return {thread: Head(seq, sha) for thread, peer, seq, sha in places if peer == sender}


def _keep_and_hand_over(letters: Sequence[Letter], batch: _Batch) -> None:
    """Keep each letter that is the next of its chain and hand it over.

    Nearly always all are taken, so all are tried within one savepoint; when one is refused, that is
    taken back and each gets a savepoint of its own.
    """
    heads = _heads(letters, batch.sender) if letters else {}
    in_place = _those_in_place(letters, dict(heads), batch)
    if not in_place:
        return
    try:
        with transaction.atomic():
            _keep_all(in_place, batch)
    except TocsinError:
        _keep_each(letters, heads, batch)


def _those_in_place(letters: Sequence[Letter], heads: dict[str, Head], batch: _Batch) -> list[Letter]:
    in_place = []
    for letter in letters:
        try:
            heads[letter.thread] = check_place(letter, head=heads.get(letter.thread, Head()))
            in_place.append(letter)
        except TocsinError as error:
            _refuse(batch, letter, error)
    return in_place


def _keep_all(letters: Sequence[Letter], batch: _Batch) -> None:
    rows = keep_letters(letters, direction=Direction.RECEIVED, entries=[None] * len(letters), at=batch.at)
    with entries_held() as held:
        entries = handlers.take_letters(letters, at=batch.at)
    batch.kept += zip(letters, rows, strict=True)
    batch.entries += entries
    batch.held.entries += held.entries


def _keep_each(letters: Sequence[Letter], heads: dict[str, Head], batch: _Batch) -> None:
    for letter in letters:
        batch.answers.pop(letter.sha256, None)
        try:
            head = check_place(letter, head=heads.get(letter.thread, Head()))
            with transaction.atomic():
                _keep_all([letter], batch)
            heads[letter.thread] = head
        except TocsinError as error:
            _refuse(batch, letter, error)


def _refuse(batch: _Batch, letter: Letter, error: TocsinError) -> None:
    problem = problem_of(error)
    if isinstance(error, RuleError):  # ours to mend, not the sender's: he may send it again
        problem = replace(problem, status=_NOT_NOW, retryable=True)
    batch.answers[letter.sha256] = problem


# --- Recording, last ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _False:
    """Something that proves an alteration, or that its sender says two things."""

    envelope: bytes
    problem: Problem


def _false_ones(looked_at: Sequence[_LookedAt], batch: _Batch) -> list[_False]:
    found = []
    for one in looked_at:
        if isinstance(one.found, ProofError):
            found.append(_False(one.envelope, problem_of(one.found)))
        if isinstance(one.found, Letter):
            answer = batch.answers.get(one.found.sha256)
            if isinstance(answer, Problem) and answer.code == LetterForkedError.code:
                found.append(_False(one.found.jws, answer))
    return _not_seen_yet(found)


def _not_seen_yet(found: Sequence[_False]) -> list[_False]:
    by_hash = {_hash(one.envelope): one for one in found}
    known = QuarantinedLetter.objects.filter(sha256__in=by_hash).values_list("sha256", flat=True) if found else ()
    return [one for sha, one in by_hash.items() if sha not in set(known)]


def _record(batch: _Batch, false: Sequence[_False]) -> None:
    stored = [stored_entry(letter) for letter, _ in batch.kept]
    quarantined = [LetterQuarantined(batch.sender, one.problem.code, _hash(one.envelope)) for one in false]
    stated = _stated(batch)
    posted = [entry for entry, _ in batch.held.entries]
    entries = [*stored, *quarantined, *stated, *posted, *batch.entries]
    if not entries:
        return
    places = iter(journal.record_all(entries, by=Actor.node(this_node().member), at=batch.at))
    of_stored = list(islice(places, len(stored)))
    _keep_false(false, list(islice(places, len(quarantined))), batch)
    _keep_statement(list(islice(places, len(stated))), batch)
    _note_posted(batch, list(islice(places, len(posted))))
    if stored:
        _give_receipts(batch, of_stored)


def stored_entry(letter: Letter) -> LetterStored:
    """What is recorded when a letter of another member is kept."""
    return LetterStored(
        letter=letter.id,
        letter_sha256=letter.sha256,
        letter_kind=letter.kind.value,
        thread=letter.thread,
        sender=letter.sender,
        seq=letter.seq,
    )


def _keep_false(false: Sequence[_False], places: Sequence[EntryPlace], batch: _Batch) -> None:
    rows = [
        QuarantinedLetter(
            peer=batch.sender,
            at=batch.at,
            code=one.problem.code,
            sentence=one.problem.detail,
            envelope=one.envelope.decode("ascii"),
            sha256=_hash(one.envelope),
            entry=place.index,
        )
        for one, place in zip(false, places, strict=True)
    ]
    QuarantinedLetter.objects.bulk_create(rows)
    for row in rows:
        sound_quarantine(row.peer, code=row.code, sha256=row.sha256, at=batch.at)


def _stated(batch: _Batch) -> list[DownStated]:
    """What the sender states, signed, of its attempts to reach us before."""
    ticket = batch.ticket
    if ticket is None or ticket.down is None:
        return []
    since = instant.text(ticket.down.since)
    return [DownStated(batch.sender, since, ticket.down.attempts, _hash(ticket.jws))]


def _keep_statement(places: Sequence[EntryPlace], batch: _Batch) -> None:
    ticket = batch.ticket
    if not places or ticket is None or ticket.down is None:
        return
    DownStatement.objects.update_or_create(
        peer=batch.sender,
        since=ticket.down.since,
        defaults={
            "until": ticket.at,
            "attempts": ticket.down.attempts,
            "reason": ticket.down.reason,
            "ticket": ticket.jws.decode("ascii"),
            "entry": places[0].index,
        },
    )


def _note_posted(batch: _Batch, places: Sequence[EntryPlace]) -> None:
    for (_, row), place in zip(batch.held.entries, places, strict=True):
        StoredLetter.objects.filter(pk=row).update(entry=place.index)


def _give_receipts(batch: _Batch, places: Sequence[EntryPlace]) -> None:
    node = this_node()
    checkpoint = journal.checkpoint(at=batch.at)
    proofs = journal_reads.tlog_proofs([place.index for place in places], checkpoint=checkpoint)
    key = jose.signing_key(node.keys.signing)
    rows = []
    for (letter, row), place, proof in zip(batch.kept, places, proofs, strict=True):
        about = Receipted(letter=letter.id, sha256=letter.sha256, sender=letter.sender, addressee=node.member)
        opening = Opening(salt=place.salt, event=place.event)
        jws = sign_receipt(about, stage=Stage.STORED, opening=opening, proof=proof, key=key, at=batch.at)
        batch.answers[letter.sha256] = Given(jws)
        rows.append((row, Stage.STORED.value, batch.at, jws.decode("ascii"), place.origin, place.leaf, place.index))
    add_rows(StoredReceipt, RECEIPT_COLUMNS, rows)


RECEIPT_COLUMNS = ("letter_id", "stage", "at", "jws", "origin", "index", "entry")


def count_refusals(problems: Sequence[Problem], *, at: Instant) -> None:
    """Add to the day's counts of what was refused, by reason; of who was refused nothing is kept."""
    codes = sorted(problem.code for problem in problems)  # one order of locks for all
    if not codes:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO wire_refusalcount (day, code, count)"
            " SELECT %s, code, count(*) FROM unnest(%s::text[]) AS code GROUP BY code ORDER BY code"
            " ON CONFLICT (day, code) DO UPDATE SET count = wire_refusalcount.count + excluded.count",
            [peers.machine_instant(at).date(), codes],
        )


def _hash(envelope: bytes) -> str:
    return sha256(envelope).hexdigest()
