"""What was done, by whom and when: shown to an auditor alone. And what must not be, shown to whoever runs the node."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.journal.entries import EntriesErased
from tocsin.journal.models import PERSON, Alarm, AuditRun, StoredEntry
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Which entries an auditor wants to see; nothing left out when empty."""

    kind: str = ""
    person: str = ""
    """Who did it: a person's id."""
    about: str = ""
    """A thread, a dossier, a package, a person: the id that the entry is about."""
    since: Instant | None = None
    until: Instant | None = None
    """Before this instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What is left to say of an entry that was erased: when, and by what rule."""

    entry: int
    at: Instant
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage:
    """Entries, the latest first, with what became of those that were erased."""

    entries: tuple[SeenEntry, ...]
    tombstones: Mapping[int, Tombstone]
    """By the index of the erased entry."""
    before: int | None
    """Where the next page begins; nothing at the end."""


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
    which = EntryFilter(kind=kind or "", about=about or "", since=since, until=until)
    rows = _filtered(which).filter(index__gt=after).order_by("index")
    for row in (rows if limit is None else rows[:limit]).iterator(chunk_size=500):
        yield _seen(row)


def entry_page(viewer: Actor, which: EntryFilter, *, before: int | None = None, size: int = 50) -> EntryPage:
    """A page of the entries, the latest first, from those before the entry ``before`` on; for an auditor alone.

    Each filter has an index of its own, and a page ends where the next begins: it takes as long in a journal of ten
    million entries. Within a period the order is that of the acts' instants, otherwise that of the journal.
    """
    if AUDITOR not in viewer.roles:
        return EntryPage(entries=(), tombstones={}, before=None)
    rows = _filtered(which)
    if which.since is None and which.until is None:
        rows = (rows if before is None else rows.filter(index__lt=before)).order_by("-index")
    else:
        rows = rows.filter(_earlier_than(before)).order_by("-at", "-index")
    found = list(rows[: size + 1])
    shown = [_seen(row) for row in found[:size]]
    return EntryPage(
        entries=tuple(shown),
        tombstones=tombstones(viewer, {each.erased_by for each in shown if each.erased_by is not None}),
        before=shown[-1].index if len(found) > size else None,
    )


def entry(viewer: Actor, index: int) -> SeenEntry | None:
    """One entry, for an auditor alone; nothing where there is none of this index."""
    if AUDITOR not in viewer.roles:
        return None
    row = StoredEntry.objects.filter(index=index).first()
    return _seen(row) if row is not None else None


def tombstones(viewer: Actor, erased_by: Collection[int]) -> dict[int, Tombstone]:
    """What these entries record as erased, by the index of each erased entry; for an auditor alone."""
    if AUDITOR not in viewer.roles or not erased_by:
        return {}
    rows = StoredEntry.objects.filter(index__in=erased_by, kind=EntriesErased.kind, event__isnull=False)
    found: dict[int, Tombstone] = {}
    for row in rows:
        fields = parse_strict((row.event or "").encode())
        if isinstance(fields, Mapping):
            stone = Tombstone(entry=row.index, at=row.at, rule=str(fields.get("rule", "")))
            found |= {int(str(one["index"])): stone for one in _listed(fields.get("erased"))}
    return found


def _listed(erased: Json) -> Iterator[Mapping[str, Json]]:
    for one in erased if isinstance(erased, list | tuple) else ():
        if isinstance(one, Mapping) and "index" in one:
            yield one


def _filtered(which: EntryFilter) -> QuerySet[StoredEntry]:
    low, high = (None if at is None else to_the_millisecond(at) for at in (which.since, which.until))
    wanted = {"kind": which.kind, "about": which.about, "at__gte": low, "at__lt": high}
    rows = StoredEntry.objects.filter(**{name: value for name, value in wanted.items() if value})
    return rows.alias(who=PERSON).filter(who=which.person) if which.person else rows


def _earlier_than(before: int | None) -> Q:
    """The rows behind this one in a list by instants."""
    at = StoredEntry.objects.filter(index=before).values_list("at", flat=True).first() if before is not None else None
    return Q() if at is None else Q(at__lte=at) & (Q(at__lt=at) | Q(index__lt=before))


def _seen(row: StoredEntry) -> SeenEntry:
    event = parse_strict(row.event.encode()) if row.event is not None else None
    return SeenEntry(row.index, row.kind, row.at, bytes(row.commitment), event, row.erased_by)


# --- Alarms and audits --------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """An audit that somebody asked for, and what came of it."""

    id: str
    asked_by: str
    asked_at: Instant
    began_at: Instant | None
    ended_at: Instant | None
    fault: str
    findings: tuple[Mapping[str, str], ...]
    counts: tuple[Mapping[str, int], ...]

    @property
    def entries(self) -> int:
        """How many entries were looked at."""
        return sum(each["entries"] for each in self.counts)


def audit_runs(*, most: int = 10) -> list[AuditLine]:
    """The audits that were asked for, the latest first."""
    return [
        AuditLine(
            id=str(row.id),
            asked_by=str(row.asked_by),
            asked_at=row.asked_at,
            began_at=row.began_at,
            ended_at=row.ended_at,
            fault=row.fault,
            findings=tuple(row.findings),
            counts=tuple(row.counts),
        )
        for row in AuditRun.objects.order_by("-asked_at", "-id")[:most]
    ]
