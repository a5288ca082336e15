"""Erasing what was told about a request when its retention is over; warnings hold nothing of a request or a person."""

from tocsin.base.ids import RequestId
from tocsin.notices.models import OutgoingNotice, StoredNotice


def erase_words(thread: RequestId) -> None:
    """Erase words about call-backs in a request, ours and the other side's: they name who told.

    Part of an act that records it, inside its transaction.
    """
    OutgoingNotice.objects.filter(notice__thread=thread).delete()
    StoredNotice.objects.filter(thread=thread).delete()
