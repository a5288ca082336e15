"""Who takes what comes in: one visible table, filled once by ``node/wiring.py``.

``wire`` must wake packages that stand above it and that it does not know. A handler is called inside
the transaction that stores the letter, in the sender's order, after signature, addressee, competence
and place were checked. It looks at what the letter says, changes its own rows, and

* returns the journal entries of what it did. It records nothing itself: the head of the journal is
  locked by the first entry, so all entries of a batch are recorded together, last;
* or raises a ``PeerError``. Then nothing of the letter is kept, and its sender gets the problem.

It neither sends letters' answers over the network nor waits for anything.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.base.ids import LetterId, MemberId, RequestId
from tocsin.base.instant import Instant
from tocsin.base.problem import Problem
from tocsin.journal.entries import Entry
from tocsin.law.vocabulary import LetterKind
from tocsin.wire.errors import LetterKindNotTakenError
from tocsin.wire.rules.letter import Letter
from tocsin.wire.rules.receipt import Receipt

LetterHandler = Callable[[Letter, Instant], Sequence[Entry] | None]
ReceiptHandler = Callable[[RequestId, Receipt, Instant], Sequence[Entry] | None]
RefusalHandler = Callable[[RequestId, LetterId, Problem, Instant], Sequence[Entry] | None]
AttachmentHandler = Callable[[str, MemberId, Instant], Sequence[Entry] | None]


@dataclass(slots=True)
class _Table:
    letters: dict[LetterKind, LetterHandler] = field(default_factory=dict)
    receipt: ReceiptHandler | None = None
    refusal: RefusalHandler | None = None
    attachment: AttachmentHandler | None = None
    returned: LetterHandler | None = None


_table = _Table()


def use(
    letters: Mapping[LetterKind, LetterHandler],
    *,
    receipt: ReceiptHandler | None = None,
    refusal: RefusalHandler | None = None,
    attachment: AttachmentHandler | None = None,
    returned: LetterHandler | None = None,
) -> None:
    """Name who takes letters of each kind, and who is told of what else comes in.

    That is receipts, refusals, files that are whole, and letters of ours that came back after they were lost
    with a restored backup.

    The others are optional: rows that follow from letters and receipts can be read at any time.
    """
    _table.letters = dict(letters)
    _table.receipt, _table.refusal, _table.attachment = receipt, refusal, attachment
    _table.returned = returned


def take_letter(letter: Letter, *, at: Instant) -> list[Entry]:
    """Hand a letter over; raises what its handler raises, or ``LetterKindNotTakenError``."""
    handler = _table.letters.get(letter.kind)
    if handler is None:
        raise LetterKindNotTakenError(kind=letter.kind.value)
    return list(handler(letter, at) or ())


def tell_receipt(thread: RequestId, receipt: Receipt, *, at: Instant) -> list[Entry]:
    """Say that a receipt for a letter of this thread is stored."""
    return list((_table.receipt and _table.receipt(thread, receipt, at)) or ())


def tell_refusal(thread: RequestId, letter: LetterId, problem: Problem, *, at: Instant) -> list[Entry]:
    """Say that a letter of ours was refused for good."""
    return list((_table.refusal and _table.refusal(thread, letter, problem, at)) or ())


def tell_attachment(attachment: str, sender: MemberId, *, at: Instant) -> list[Entry]:
    """Say that a file is whole."""
    return list((_table.attachment and _table.attachment(attachment, sender, at)) or ())


def tell_returned(letter: Letter, *, at: Instant) -> list[Entry]:
    """Say that a letter of ours came back that was lost here."""
    return list((_table.returned and _table.returned(letter, at)) or ())
