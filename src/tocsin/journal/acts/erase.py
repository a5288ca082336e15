"""Erasing what an entry says, and leaving that it was there.

Salt and event go together, with the column that was made from the event. Without the salt nobody can
tell any more, not even by guessing, what the commitment stood for; the tree needs the commitment
alone. A tombstone stays: index, kind, instant and commitment, and the entry that records the erasure.
"""

from collections.abc import Sequence

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant, text
from tocsin.journal.acts.append import record
from tocsin.journal.entries import EntriesErased, JournalAlarmRaised, JournalAlarmSeen, OriginBegun
from tocsin.journal.errors import EntryErasedError, NotErasableError, UnknownEntryError
from tocsin.journal.models import StoredEntry
from tocsin.journal.rules.place import EntryPlace

KEPT = frozenset(entry.kind for entry in (EntriesErased, JournalAlarmRaised, JournalAlarmSeen, OriginBegun))
"""The journal's own entries: they hold no personal data, and without them the rest cannot be checked."""


def erase(index: int, *, rule: str, by: Actor, at: Instant) -> EntryPlace:
    """Erase one entry's salt and event; see ``erase_all``."""
    return erase_all([index], rule=rule, by=by, at=at)


def erase_all(indexes: Sequence[int], *, rule: str, by: Actor, at: Instant) -> EntryPlace:
    """Erase these entries' salts and events, and record it as one entry.

    ``rule`` names the retention rule or the order that demanded it. Backups made before still hold
    what was erased until they expire. Raises ``UnknownEntryError``, ``EntryErasedError`` or
    ``NotErasableError`` for the first index that cannot be erased; then nothing is.
    """
    with transaction.atomic():
        rows = _locked(sorted(set(indexes)))
        place = record(EntriesErased(tuple(map(_tombstone, rows)), rule), by=by, at=at)
        StoredEntry.objects.filter(index__in=[row.index for row in rows]).update(
            salt=None, event=None, about=None, erased_by=place.index
        )
    return place


def _locked(indexes: Sequence[int]) -> list[StoredEntry]:
    """The rows, locked in their order and before the head is, so that two erasures cannot deadlock."""
    found = {
        row.index: row for row in StoredEntry.objects.filter(index__in=indexes).order_by("index").select_for_update()
    }
    for index in indexes:
        row = found.get(index)
        if row is None:
            raise UnknownEntryError(index=index)
        if row.erased_by is not None:
            raise EntryErasedError(index=index, erased_by=row.erased_by)
        if row.kind in KEPT:
            raise NotErasableError(index=index, kind=row.kind)
    return list(found.values())


def _tombstone(row: StoredEntry) -> dict[str, object]:
    return {"index": row.index, "kind": row.kind, "at": text(row.at)}
