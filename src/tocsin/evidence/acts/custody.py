"""Writing the next event of a package's custody: signed by this node, in the journal, in the package's chain."""

from django.db.models import Max

from tocsin.base import instant, jose
from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.evidence import reads
from tocsin.evidence.errors import PackageStateError
from tocsin.evidence.models import CustodyLink, Package
from tocsin.evidence.rules.custody import CustodyEvent, CustodyKind, event_hash, next_event, sign_event
from tocsin.journal import acts as journal
from tocsin.journal.entries import Entry


def next_signed(
    row: Package,
    kind: CustodyKind,
    *,
    by: Actor,
    at: Instant,
    place: str,
    to: str | None = None,
    note: str = "",
    after: tuple[CustodyEvent, ...] | None = None,
) -> CustodyEvent:
    """The next event of a package's chain (or of ``after``), signed; raises ``CustodyChainError``.

    Nothing is kept: ``keep_event`` does that, in the transaction that records it.
    """
    node = this_node()
    event = next_event(
        reads.chain_of(row) if after is None else after,
        kind,
        package=str(row.id),
        manifest_sha256=row.manifest_sha256,
        member=node.member,
        person=by.name,
        at=at,
        place=place or own_place(),
        to=to,
        note=note,
        exercise_shift_seconds=int(instant.shift().total_seconds()) if node.exercise else None,
    )
    return sign_event(event, key=jose.signing_key(node.keys.signing))


def keep_event(row: Package, event: CustodyEvent, *, entry: int | None) -> None:
    """Put an event at the end of a package's chain; raises ``PackageStateError`` when another came before it."""
    last = row.links.aggregate(last=Max("seq"))["last"] or 0
    if event.seq != last + 1:
        raise PackageStateError(package=row.id, rule="somebody else did something with it meanwhile; look at it again")
    CustodyLink.objects.create(
        package=row,
        seq=event.seq,
        event=event.event.value,
        member=event.member,
        at=event.at,
        jws=event.jws.decode("ascii"),
        sha256=event_hash(event.jws),
        entry=entry,
    )


def record_event(row: Package, event: CustodyEvent, entry: Entry, *, by: Actor, at: Instant) -> int:
    """Record an event and keep it, as the last things of an act; gives the entry's index."""
    index = journal.record(entry, by=by, at=at).index
    keep_event(row, event, entry=index)
    return index


def own_place() -> str:
    """Where this node's people act when nobody says otherwise: as its card says."""
    signed = directory.own_card()
    return f"{signed.card.name}, {signed.card.country}" if signed else this_node().member


def check_usable(row: Package) -> None:
    """Raise ``PackageStateError`` for a package in quarantine."""
    if row.state == Package.State.QUARANTINED:
        raise PackageStateError(package=row.id, rule=f"it is in quarantine: {row.fault}")
