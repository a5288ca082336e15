"""What was done, by whom and when: shown to an auditor alone. And what must not be, shown to whoever runs the node."""

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.journal.models import Alarm, StoredEntry
from tocsin.journal.rules.event import to_the_millisecond
from tocsin.proof.canonical import Json, parse_strict

AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class SeenEntry:
    """An entry as an auditor sees it. ``event`` is ``None`` when it was erased."""

    index: int
    kind: str
    at: Instant
    commitment: bytes
    event: Json
    erased_by: int | None


def entries(
    viewer: Actor,
    *,
    kind: str | None = None,
    about: str | None = None,
    since: Instant | None = None,
    until: Instant | None = None,
    after: int = -1,
    limit: int | None = None,
) -> Iterator[SeenEntry]:
    """The entries in order, as the auditor asked for them; nobody else sees any.

    ``since`` and ``until`` (exclusive) are the instants of the acts to the millisecond, ``after`` is an
    index, for a list that goes on where another one ended.
    """
    if AUDITOR not in viewer.roles:
        return
    low, high = (None if instant is None else to_the_millisecond(instant) for instant in (since, until))
    wanted = {"kind": kind, "about": about, "at__gte": low, "at__lt": high}
    rows = StoredEntry.objects.filter(
        index__gt=after, **{name: value for name, value in wanted.items() if value is not None}
    ).order_by("index")
    for row in (rows if limit is None else rows[:limit]).iterator(chunk_size=500):
        event = parse_strict(row.event.encode()) if row.event is not None else None
        yield SeenEntry(row.index, row.kind, row.at, bytes(row.commitment), event, row.erased_by)


@dataclass(frozen=True, slots=True)
class SeenAlarm:
    """Something that must not be, as a person reads it."""

    number: int
    code: str
    origin: str
    sentence: str
    evidence: str
    at: Instant
    seen: Instant | None


def alarms(*, waiting: bool = True) -> list[SeenAlarm]:
    """The alarms that nobody has seen yet, or all of them, the latest first."""
    rows = Alarm.objects.order_by("-id")
    return [
        SeenAlarm(row.pk, row.code, row.origin, row.sentence, row.evidence, row.at, row.seen_at)
        for row in (rows.filter(seen_at=None) if waiting else rows)
    ]
