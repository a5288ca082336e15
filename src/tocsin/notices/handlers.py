"""Who is told of what comes in: one visible table, filled once by ``node/wiring.py``.

``notices`` must wake ``requests``, which stands above it. The handler is called inside the transaction that stores a
word about a call-back; it changes its own rows and returns the journal entries of what it did.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.base.instant import Instant
from tocsin.journal.entries import Entry
from tocsin.notices.rules.notice import CallBackWord

WordHandler = Callable[[CallBackWord, Instant], Sequence[Entry]]


@dataclass(slots=True)
class _Table:
    word: WordHandler | None = None


_table = _Table()


def use(*, word: WordHandler | None = None) -> None:
    """Name who is told of a word about a call-back."""
    _table.word = word


def tell_word(word: CallBackWord, *, at: Instant) -> list[Entry]:
    """Say that a member told what became of a call-back."""
    return list((_table.word and _table.word(word, at)) or ())
