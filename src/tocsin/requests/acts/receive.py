"""What comes in: letters of a thread, receipts of ours. Called by ``wire`` inside the transaction that stores them."""

from collections.abc import Sequence

from tocsin.base.ids import RequestId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.journal.entries import Entry
from tocsin.law.instrument import instrument
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import LetterKind
from tocsin.requests.acts.renew import keep_subjects, renew
from tocsin.requests.entries import RequestOpened
from tocsin.requests.models import Request
from tocsin.requests.rules.letters import Ask, parse_body
from tocsin.requests.rules.marks import Urgency
from tocsin.requests.rules.permits import permits_of
from tocsin.requests.rules.thread import check_letter
from tocsin.wire import reads as wire
from tocsin.wire.rules.letter import Letter
from tocsin.wire.rules.receipt import Receipt, Stage


def receive(letter: Letter, at: Instant) -> Sequence[Entry]:
    """Take a letter into its thread; raises a ``PeerError`` for one that may not be in it.

    The first letter of a thread opens a request here. Letters that cross or come late are taken as the rules say.
    """
    held = [each for each in wire.letters_of(letter.thread) if each.sha256 != letter.sha256]
    check_letter(held, letter, permits=permits_of(instrument(letter.instrument)))
    row = Request.objects.select_for_update(of=("self",)).filter(id=letter.thread).first()
    entries: list[Entry] = []
    if row is None:
        row = _opened(letter, at=at)
        entries = [_told(letter, row)]
    renew(row, at=at)
    return entries


def note_receipt(thread: RequestId, receipt: Receipt, at: Instant) -> Sequence[Entry]:
    """A receipt for a letter of ours came: clocks that start when that letter was stored start now.

    ``wire`` stores the receipt's row after this, with its place in the journal, so it is looked at beside the rows.
    """
    row = Request.objects.select_for_update(of=("self",)).filter(id=thread).first()
    if row is not None:
        renew(row, at=at, just_stored={receipt.letter: receipt.at} if receipt.stage is Stage.STORED else {})
    return ()


def _opened(letter: Letter, *, at: Instant) -> Request:
    body = parse_body(letter.kind, letter.body)
    ask = body if isinstance(body, Ask) else None
    row = Request.objects.create(
        id=letter.thread,
        side=Side.ASKED.value if letter.kind is LetterKind.ASK else Side.ASKER.value,
        counterpart=letter.sender,
        instrument=letter.instrument,
        case_reference=ask.case_reference if ask else "",
        earlier=list(ask.earlier) if ask else [],
        urgent=ask is not None and ask.urgency is not Urgency.ORDINARY,
        exercise=this_node().exercise,
        opened_at=at,
        changed_at=at,
        state="asked",
    )
    if ask is not None:
        keep_subjects(row, ask.form)
    return row


def _told(letter: Letter, row: Request) -> RequestOpened:
    body = parse_body(letter.kind, letter.body)
    return RequestOpened(
        request=letter.thread,
        side=row.side,
        counterpart=letter.sender,
        instrument=letter.instrument,
        parent="",
        validation_follows=isinstance(body, Ask) and body.validation_follows,
    )
