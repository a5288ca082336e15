"""Which entries are about something: for acts that erase them and know what they erase, and for notes of a shift."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Exists, Q

from tocsin.base.instant import Instant
from tocsin.journal.entries import NOT_ERASED, Entry
from tocsin.journal.models import StoredEntry
from tocsin.journal.rules.event import to_the_millisecond
from tocsin.proof.canonical import Json, parse_strict


def erasable_about(things: Collection[str]) -> list[int]:
    """The indexes of the entries about these things that hold personal data and were not erased yet, in order."""
    rows = StoredEntry.objects.filter(about__in=list(things), erased_by=None).exclude(kind__in=_kinds_kept())
    return list(rows.order_by("index").values_list("index", flat=True))


def erasable_but(with_what: str) -> list[int]:
    """The indexes of all entries that may be erased and were not, but for those that go ``with_what``, in order.

    ``with_what`` is how their kinds say that they are erased, or how that begins.
    """
    rows = StoredEntry.objects.filter(erased_by=None).exclude(kind__in=_kinds_kept(with_what))
    return list(rows.order_by("index").values_list("index", flat=True))


def entries_about(thing: str, kinds: Collection[str]) -> list[int]:
    """The indexes of the entries of these kinds about a thing that were not erased, in order."""
    rows = StoredEntry.objects.filter(about=thing, kind__in=list(kinds), erased_by=None)
    return list(rows.order_by("index").values_list("index", flat=True))


def _kinds_kept(*with_what: str) -> set[str]:
    """The kinds of entry that are never erased, as they say themselves, and those that go with one of these."""
    kept, waiting = set[str](), [Entry]
    while waiting:
        subclasses = waiting.pop().__subclasses__()
        kept |= {
            entry.kind for entry in subclasses if entry.erasure == NOT_ERASED or entry.erasure.startswith(with_what)
        }
        waiting += subclasses
    return kept


@dataclass(frozen=True, slots=True)
class Done:
    """Something that was done: to what, by whom, and the fields of its entry."""

    kind: str
    about: str
    at: Instant
    person: str
    """Nothing where the node itself acted."""
    fields: Mapping[str, Json]


def done_between(
    kinds: Collection[str], *, seen: Exists | Q, since: Instant, until: Instant, most: int = 500
) -> list[Done]:
    """What was done from ``since`` on and before ``until``, of these kinds, the earliest first; of too much the latest.

    ``seen`` is the condition on the entry's ``about`` under which the caller's viewer may see it: the packages above
    know it, and the database asks it. Of erased entries nothing is left to show.
    """
    low, high = to_the_millisecond(since), to_the_millisecond(until)
    rows = StoredEntry.objects.filter(seen, kind__in=list(kinds), at__gte=low, at__lt=high, event__isnull=False)
    latest = rows.exclude(about=None).order_by("-at", "-index")[:most]
    return [_done(row) for row in reversed(latest)]


def _done(row: StoredEntry) -> Done:
    event = parse_strict((row.event or "").encode())
    fields = event if isinstance(event, dict) else {}
    by = fields.get("by")
    person = str(by.get("person", "")) if isinstance(by, dict) else ""
    return Done(kind=row.kind, about=str(row.about), at=row.at, person=person, fields=fields)
