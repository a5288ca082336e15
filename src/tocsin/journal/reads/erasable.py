"""Which entries may be erased, as the kinds of entry say themselves."""

from collections.abc import Iterator

from tocsin.journal.entries import (
    NOT_ERASED,
    EntriesErased,
    Entry,
    JournalAlarmRaised,
    JournalAlarmSeen,
    OriginBegun,
)
from tocsin.journal.models import StoredEntry

_OWN = frozenset(entry.kind for entry in (EntriesErased, JournalAlarmRaised, JournalAlarmSeen, OriginBegun))
"""Without these the rest cannot be checked (``acts.erase``)."""


def erasable_but(with_what: str) -> list[int]:
    """The indexes of all entries that may be erased and were not, but for those that go ``with_what``, in order.

    ``with_what`` is how their kinds say that they are erased, or how that begins.
    """
    kept = _OWN | {kind for kind, erasure in _erasures() if erasure == NOT_ERASED or erasure.startswith(with_what)}
    rows = StoredEntry.objects.filter(erased_by=None).exclude(kind__in=kept)
    return list(rows.order_by("index").values_list("index", flat=True))


def _erasures() -> Iterator[tuple[str, str]]:
    waiting: list[type[Entry]] = [Entry]
    while waiting:
        subclasses = waiting.pop().__subclasses__()
        yield from ((entry.kind, entry.erasure) for entry in subclasses)
        waiting += subclasses
