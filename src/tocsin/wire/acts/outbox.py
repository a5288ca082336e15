"""What a person decides about letters that were refused.

A letter that its addressee refused for good holds back the letters of its thread behind it. Either the
cause is mended (a competence was added to our card, a clock put right) and it is sent again unchanged;
or it is set aside, and the letters of ours behind it in the thread with it: they name its hash, and he
who never took it would never take them. Then the next letter written takes its place in the chain.
Setting aside is for letters without a receipt: what the other side has cannot be unsaid (decision 0071).
"""

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import LetterId, MemberId, RequestId
from tocsin.base.instant import Instant
from tocsin.journal import acts as journal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.wire import jobs, locks
from tocsin.wire.entries import LetterRetried, LettersSetAside
from tocsin.wire.errors import LetterNotWaitingError, NoSuchLetterError
from tocsin.wire.models import Direction, Line, Outgoing, StoredLetter


def retry(letter: LetterId, *, by: Actor, at: Instant) -> None:
    """Send a letter again that waits, now, and also one that was refused for good.

    Raises ``RightMissingError``, ``NoSuchLetterError``, or ``LetterNotWaitingError`` for one that was
    delivered or set aside.
    """
    rights.check(by, Right.SEND)
    with transaction.atomic():
        row = _waiting(letter, deed="sent again")
        Outgoing.objects.filter(letter=row).update(refused=False, next_attempt_at=None)
        StoredLetter.objects.filter(pk=row.pk).update(refused=None)
        Line.objects.filter(peer=row.peer).update(next_attempt_at=None)
        journal.record(LetterRetried(letter=str(row.letter), thread=str(row.thread)), by=by, at=at)
    jobs.deliver_soon(MemberId(row.peer))


def set_aside(letter: LetterId, *, reason: str, by: Actor, at: Instant) -> list[LetterId]:
    """Let a letter that was refused, and ours of its thread behind it, count for nothing; which they are.

    Raises ``RightMissingError``, ``NoSuchLetterError``, or ``LetterNotWaitingError`` for one that its
    addressee has not refused.
    """
    rights.check(by, Right.SEND)
    with transaction.atomic():
        row = _waiting(letter, deed="set aside")
        if row.refused is None:
            raise LetterNotWaitingError(letter=letter, deed="set aside", state="not refused")
        locks.hold(f"chain:{row.thread}")
        behind = StoredLetter.objects.select_for_update().filter(
            thread=row.thread, peer=row.peer, direction=Direction.SENT, seq__gte=row.seq, set_aside=None
        )
        gone = list(behind.order_by("seq"))
        StoredLetter.objects.filter(pk__in=[one.pk for one in gone]).update(set_aside=at)
        Outgoing.objects.filter(letter__in=gone).delete()
        ids = tuple(str(one.letter) for one in gone)
        entry = LettersSetAside(thread=RequestId(str(row.thread)), letters=ids, reason=reason)
        journal.record(entry, by=by, at=at)
    return [LetterId(one) for one in ids]


def _waiting(letter: LetterId, *, deed: str) -> StoredLetter:
    row = StoredLetter.objects.filter(letter=letter, direction=Direction.SENT).first()
    if row is None:
        raise NoSuchLetterError(letter=letter)
    if row.set_aside is not None:
        raise LetterNotWaitingError(letter=letter, deed=deed, state="set aside already")
    if not Outgoing.objects.select_for_update().filter(letter=row).exists():
        raise LetterNotWaitingError(letter=letter, deed=deed, state="delivered")
    return row
