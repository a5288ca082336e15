"""Erasing the letters of a thread when their retention is over: the places stay, what they said goes."""

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import RequestId
from tocsin.base.instant import Instant
from tocsin.journal import acts as journal
from tocsin.wire import locks
from tocsin.wire.entries import LettersErased
from tocsin.wire.models import Outgoing, StoredLetter


def erase_letters(thread: RequestId, *, rule: str, by: Actor, at: Instant) -> int:
    """Erase what the letters of a thread say; how many there were.

    Place, kind, instants and hash of each stay, and so do its receipts, so the chain holds. What still
    waits to leave does not leave any more. ``rule`` names the retention, for the journal; the journal's
    own entries about the thread are erased apart (``journal.acts.erase_all``). Inside the caller's
    transaction or in one of its own.
    """
    with transaction.atomic():
        locks.hold(f"chain:{thread}")
        rows = StoredLetter.objects.select_for_update().filter(thread=thread, erased=None).order_by("id")
        hashes = tuple(rows.values_list("sha256", flat=True))
        if not hashes:
            return 0
        Outgoing.objects.filter(thread=thread, letter__isnull=False).delete()
        StoredLetter.objects.filter(sha256__in=hashes).update(jws=None, problem=None, erased=at)
        journal.record(LettersErased(thread=thread, sha256s=hashes, rule=rule), by=by, at=at)
    return len(hashes)
