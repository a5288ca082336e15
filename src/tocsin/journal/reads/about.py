"""Which entries are about something: for the acts that erase them, which know what they erase."""

from collections.abc import Collection

from tocsin.journal.entries import NOT_ERASED, Entry
from tocsin.journal.models import StoredEntry


def erasable_about(things: Collection[str]) -> list[int]:
    """The indexes of the entries about these things that hold personal data and were not erased yet, in order."""
    rows = StoredEntry.objects.filter(about__in=list(things), erased_by=None).exclude(kind__in=kinds_kept())
    return list(rows.order_by("index").values_list("index", flat=True))


def kinds_kept() -> set[str]:
    """The kinds of entry that are never erased, as they say themselves."""
    kept, waiting = set[str](), [Entry]
    while waiting:
        subclasses = waiting.pop().__subclasses__()
        kept |= {entry.kind for entry in subclasses if entry.erasure == NOT_ERASED}
        waiting += subclasses
    return kept
