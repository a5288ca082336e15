"""Receipts: given for what persons did with a letter, and taken in for letters of ours."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction

from tocsin.base import jose
from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.ids import LetterId, MemberId, RequestId
from tocsin.base.instant import Instant
from tocsin.base.jose import EnvelopeError, Typ
from tocsin.base.problem import Problem, problem_of
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.journal import reads as journal_reads
from tocsin.journal.entries import Entry
from tocsin.wire import handlers, jobs, locks, peers
from tocsin.wire.acts.admit import Caller
from tocsin.wire.acts.receive import RECEIPT_COLUMNS, count_refusals, own_opening_keys
from tocsin.wire.entries import LetterAccepted, LetterOpened, ReceiptStored
from tocsin.wire.errors import NoSuchLetterError, ReceiptUnknownError
from tocsin.wire.models import Direction, Outgoing, StoredLetter, StoredReceipt, add_rows, take_out
from tocsin.wire.rules.batch import Taken
from tocsin.wire.rules.peer import Peer, signing_key_of
from tocsin.wire.rules.receipt import (
    Opening,
    Receipt,
    Receipted,
    Stage,
    claimed_letter,
    sign_receipt,
    verify_receipt,
)
from tocsin.wire.rules.seal import SealedLetter

_ENTRIES: Mapping[Stage, type[LetterOpened | LetterAccepted]] = {
    Stage.OPENED: LetterOpened,
    Stage.ACCEPTED: LetterAccepted,
}


def give_receipt(letter_sha256: str, *, stage: Stage, by: Actor, at: Instant) -> None:
    """Say, signed and journalled, that a person opened or accepted a letter; its sender is told.

    Said once: a second time changes nothing. Raises ``NoSuchLetterError`` for a letter that was not
    received here.
    """
    with transaction.atomic():
        row = StoredLetter.objects.filter(sha256=letter_sha256, direction=Direction.RECEIVED).first()
        if row is None:
            raise NoSuchLetterError(letter=letter_sha256)
        locks.hold(f"receipt:{letter_sha256}")
        if row.receipts.filter(stage=stage).exists():
            return
        receipt = _given(row, stage=stage, by=by, at=at)
        Outgoing.objects.create(peer=row.peer, receipt=receipt, thread=row.thread, since=at)
        jobs.deliver_soon(MemberId(row.peer))


def _given(row: StoredLetter, *, stage: Stage, by: Actor, at: Instant) -> StoredReceipt:
    node = this_node()
    told = _ENTRIES[stage](letter=str(row.letter), letter_sha256=row.sha256, thread=str(row.thread))
    place = journal.record(told, by=by, at=at)
    checkpoint = journal.checkpoint(at=at)
    proof = journal_reads.tlog_proofs([place.index], checkpoint=checkpoint)[0]
    jws = sign_receipt(
        Receipted(
            letter=LetterId(str(row.letter)), sha256=row.sha256, sender=MemberId(row.peer), addressee=node.member
        ),
        stage=stage,
        opening=Opening(salt=place.salt, event=place.event),
        proof=proof,
        key=jose.signing_key(node.keys.signing),
        at=at,
    )
    return StoredReceipt.objects.create(
        letter=row,
        stage=stage,
        at=at,
        jws=jws.decode("ascii"),
        origin=place.origin,
        index=place.leaf,
        entry=place.index,
    )


# --- Taking in ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proved:
    """A receipt that proves what it says, beside the row of the letter that it is about."""

    receipt: Receipt
    letter: "SentLetter"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLetter:
    """A letter of ours, as far as a receipt or a problem needs it. ``row`` is the id of its row."""

    row: int
    id: LetterId
    thread: RequestId
    peer: MemberId
    seq: int
    sha256: str

    @classmethod
    def of(cls, row: StoredLetter) -> "SentLetter":
        """The letter of a row."""
        return cls(
            row=row.pk,
            id=LetterId(str(row.letter)),
            thread=RequestId(str(row.thread)),
            peer=MemberId(row.peer),
            seq=row.seq,
            sha256=row.sha256,
        )


def take_receipts(sealed: Sequence[SealedLetter], *, caller: Caller, at: Instant) -> list[Taken | Problem]:
    """Take in the receipts that a caller brought; one answer for each.

    A receipt that was taken before is taken again without effect.
    """
    keys = own_opening_keys()
    return take_opened_receipts([_opened(one, keys) for one in sealed], peer=caller.peer, at=at)


def take_opened_receipts(opened: Sequence[bytes | TocsinError], *, peer: Peer, at: Instant) -> list[Taken | Problem]:
    """Take in receipts of ``peer`` that were opened, by whatever way they came; see ``take_receipts``."""
    giver = peer.member
    with transaction.atomic():
        rows = _rows([one for one in opened if isinstance(one, bytes)], giver)
        looked_at = [_proved(one, rows, peer, at=at) for one in opened]
        store_receipts([one for one in looked_at if isinstance(one, Proved)], giver=giver, at=at)
        answers = [Taken() if isinstance(one, Proved) else problem_of(one) for one in looked_at]
        count_refusals([answer for answer in answers if isinstance(answer, Problem)], at=at)
    return answers


def store_receipts(proved: Sequence[Proved], *, giver: MemberId, at: Instant, more: Sequence[Entry] = ()) -> None:
    """Keep receipts that were proved, take the letters that are stored out of the outbox and record it, with ``more``.

    Inside the caller's transaction. What is kept already changes nothing. Word that a letter was opened does not
    end its waiting: whoever missed the answer to the letter itself still has to get that, since clocks run from it.
    """
    locks.hold(f"receipts:{giver}")
    stored = [one.letter.row for one in proved if one.receipt.stage is Stage.STORED]
    known = take_out([one.letter.row for one in proved], stored=stored) if proved else set()
    fresh = _fresh(proved, known)
    told = handlers.tell_receipts([(one.letter.thread, one.receipt) for one in fresh], at=at)
    entries = [*(_stored(one) for one in fresh), *told, *more]
    places = journal.record_all(entries, by=Actor.node(this_node().member), at=at) if entries else []
    add_rows(
        StoredReceipt,
        RECEIPT_COLUMNS,
        [
            (
                one.letter.row,
                one.receipt.stage.value,
                one.receipt.at,
                one.receipt.jws.decode("ascii"),
                one.receipt.origin,
                one.receipt.index,
                place.index,
            )
            for one, place in zip(fresh, places, strict=False)
        ],
    )


def proved(jws: bytes, letter: SentLetter, peer: Peer, *, at: Instant) -> Proved:
    """The receipt of ``peer`` for the letter of ``row``, proved; raises the ``TocsinError`` that says why not."""
    key = signing_key_of(peer, kid=jose.header_of(jws).kid, at=peers.machine_instant(at)).key
    about = Receipted(letter=letter.id, sha256=letter.sha256, sender=this_node().member, addressee=peer.member)
    return Proved(verify_receipt(jws, about=about, key=key, logs=peer.logs), letter)


def _opened(sealed: SealedLetter, keys: Mapping[str, jose.OpeningKey]) -> bytes | TocsinError:
    try:
        jws = jose.open_sealed(sealed.jwe, keys=keys)
        if jose.header_of(jws).typ is not Typ.RECEIPT:
            return EnvelopeError(thing="signature", rule=f"typ must be {Typ.RECEIPT.value}")
    except TocsinError as error:
        return error
    return jws


def _rows(receipts: Sequence[bytes], giver: MemberId) -> dict[LetterId, SentLetter]:
    ids = []
    for jws in receipts:
        try:
            ids.append(claimed_letter(jws))
        except TocsinError:
            continue  # told when it is looked at
    found = StoredLetter.objects.filter(letter__in=ids, peer=giver, direction=Direction.SENT)
    return {letter.id: letter for letter in map(SentLetter.of, found)}


def _proved(
    one: bytes | TocsinError, rows: Mapping[LetterId, SentLetter], peer: Peer, *, at: Instant
) -> Proved | TocsinError:
    if isinstance(one, TocsinError):
        return one
    try:
        letter = claimed_letter(one)
        if letter not in rows:
            return ReceiptUnknownError(letter=letter[:64], sender=peer.member)
        return proved(one, rows[letter], peer, at=at)
    except TocsinError as error:
        return error


def _fresh(proved: Sequence[Proved], known: Collection[tuple[int, str]]) -> list[Proved]:
    fresh = {(one.letter.row, one.receipt.stage.value): one for one in proved}
    return [one for place, one in fresh.items() if place not in known]


def _stored(one: Proved) -> ReceiptStored:
    return ReceiptStored(
        letter=one.receipt.letter,
        thread=one.letter.thread,
        stage=one.receipt.stage.value,
        giver=one.receipt.sender,
        receipt_sha256=sha256(one.receipt.jws).hexdigest(),
    )
