"""Who takes what comes in: one visible table, filled once by ``node/wiring.py``.

``wire`` must wake packages that stand above it and that it does not know. A handler is called inside
the transaction that stores the letters, with all of a batch that are his, in the sender's order, after
signature, addressee, competence and place were checked. It looks at what they say, changes its own rows, and

* returns the journal entries of what it did. It records nothing itself: the head of the journal is
  locked by the first entry, so all entries of a batch are recorded together, last;
* or raises a ``PeerError``. Then nothing of the batch is kept, each letter is handed over again alone, and
  the sender of one that is refused alone gets the problem.

It neither sends letters' answers over the network nor waits for anything.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from tocsin.base.ids import LetterId, MemberId, RequestId
from tocsin.base.instant import Instant
from tocsin.base.problem import Problem
from tocsin.journal.entries import Entry
from tocsin.law.vocabulary import LetterKind
from tocsin.wire.errors import LetterKindNotTakenError
from tocsin.wire.rules.letter import Letter
from tocsin.wire.rules.receipt import Receipt

LetterHandler = Callable[[Sequence[Letter], Instant], Sequence[Entry] | None]
ReceiptHandler = Callable[[Sequence[tuple[RequestId, Receipt]], Instant], Sequence[Entry] | None]
ReturnHandler = Callable[[Sequence["ReturnedLetter"], Instant], Sequence[Entry] | None]
RefusalHandler = Callable[[RequestId, LetterId, Problem, Instant], Sequence[Entry] | None]
NoticeHandler = Callable[[MemberId, Sequence[bytes], Instant], None]
AttachmentHandler = Callable[[str, MemberId, Instant], Sequence[Entry] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedLetter:
    """A letter that was lost here with a restored backup and came back, of ours or of the other side's.

    ``stored`` is the instant in the receipt that we gave for the other side's; for ours it is told with its receipt.
    """

    letter: Letter
    stored: Instant | None


@dataclass(slots=True)
class _Table:
    letters: dict[LetterKind, LetterHandler] = field(default_factory=dict)
    receipt: ReceiptHandler | None = None
    refusal: RefusalHandler | None = None
    attachment: AttachmentHandler | None = None
    returned: ReturnHandler | None = None
    notice: NoticeHandler | None = None


_table = _Table()


def use(
    letters: Mapping[LetterKind, LetterHandler],
    *,
    receipt: ReceiptHandler | None = None,
    refusal: RefusalHandler | None = None,
    attachment: AttachmentHandler | None = None,
    returned: ReturnHandler | None = None,
    notice: NoticeHandler | None = None,
) -> None:
    """Name who takes letters of each kind, and who is told of what else comes in.

    That is receipts, refusals, files that are whole, letters that came back after they were lost with a restored
    backup, and notices that came by the hub's mailbox: those are handed over opened and not verified, outside any
    transaction, and nobody is answered.

    The others are optional: rows that follow from letters and receipts can be read at any time.
    """
    _table.letters = dict(letters)
    _table.receipt, _table.refusal, _table.attachment = receipt, refusal, attachment
    _table.returned, _table.notice = returned, notice


def take_letters(letters: Sequence[Letter], *, at: Instant) -> list[Entry]:
    """Hand letters over; raises what their handlers raise, or ``LetterKindNotTakenError``."""
    runs = groupby(letters, key=_handler_of)
    return [entry for handler, run in runs for entry in handler(list(run), at) or ()]


def _handler_of(letter: Letter) -> LetterHandler:
    handler = _table.letters.get(letter.kind)
    if handler is None:
        raise LetterKindNotTakenError(kind=letter.kind.value)
    return handler


def tell_receipts(receipts: Sequence[tuple[RequestId, Receipt]], *, at: Instant) -> list[Entry]:
    """Say that receipts for letters of ours are about to be stored, each with the thread of its letter."""
    return list((receipts and _table.receipt and _table.receipt(receipts, at)) or ())


def tell_refusal(thread: RequestId, letter: LetterId, problem: Problem, *, at: Instant) -> list[Entry]:
    """Say that a letter of ours was refused for good."""
    return list((_table.refusal and _table.refusal(thread, letter, problem, at)) or ())


def tell_attachment(attachment: str, sender: MemberId, *, at: Instant) -> list[Entry]:
    """Say that a file is whole."""
    return list((_table.attachment and _table.attachment(attachment, sender, at)) or ())


def tell_returned(letters: Sequence[ReturnedLetter], *, at: Instant) -> list[Entry]:
    """Say that letters came back that were lost here: those of one peer, in the order in which he had them."""
    return list((letters and _table.returned and _table.returned(letters, at)) or ())


def tell_notices(sender: MemberId, opened: Sequence[bytes], *, at: Instant) -> None:
    """Hand over notices that came by mailbox and claim to be of ``sender``."""
    if _table.notice is not None:
        _table.notice(sender, opened, at)
