"""A sender's letters of one thread are a chain: 1, 2, 3 …, each naming the hash of the one before.

Where a letter that comes in stands against the last one that came in before it (the *head*):

    seq = head + 1 and prev = the head's hash    it fits
    seq > head + 1                               a gap: the letters between are still on their way
    anything else                                a fork: the sender signed two letters for one place

A letter with a gap before it is not kept: the sender still holds every letter without a receipt and
sends it in order, so the answer "send those between first" loses nothing and there is no second
store of half-taken letters (decision 0071). A letter that came before, byte for byte, never gets
here: it is recognised by its hash and answered with the receipt that it got the first time.
"""

from dataclasses import dataclass

from tocsin.wire.errors import LetterForkedError, LetterGapError
from tocsin.wire.rules.letter import Letter


@dataclass(frozen=True, slots=True)
class Head:
    """The last letter of a sender in a thread: its place and hash; place 0 when there is none."""

    seq: int = 0
    sha256: str | None = None


def check_place(letter: Letter, *, head: Head) -> Head:
    """The new head, when ``letter`` is the next one; raises ``LetterGapError`` or ``LetterForkedError``."""
    if letter.seq > head.seq + 1:
        raise LetterGapError(seq=letter.seq, head=head.seq)
    if letter.seq != head.seq + 1 or letter.prev != head.sha256:
        raise LetterForkedError(sender=letter.sender, seq=letter.seq)
    return Head(letter.seq, letter.sha256)
