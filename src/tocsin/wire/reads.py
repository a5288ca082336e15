"""What may be seen of the wire.

The letters of a thread are read by the packages that own the thread's access (``requests``), which ask
for them by thread after they have checked the viewer. What waits, what was refused and what is in
quarantine is for whoever runs the node: it names members and threads and no content.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Count, Min

from tocsin.base import jose
from tocsin.base.actor import Actor
from tocsin.base.ids import LetterId, MemberId, RequestId
from tocsin.base.instant import Instant
from tocsin.base.sql_array import sql_array
from tocsin.base.this_node import this_node
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.wire.errors import NoSuchLetterError
from tocsin.wire.models import (
    Attempt,
    Direction,
    DownStatement,
    Line,
    MailboxItem,
    Outgoing,
    QuarantinedLetter,
    RefusalCount,
    StoredLetter,
    StoredReceipt,
    states_an_outage,
)
from tocsin.wire.rules.letter import Letter, read_kept_letter
from tocsin.wire.rules.receipt import Stage

# --- Letters of a thread ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReceipt:
    """A receipt of a letter, ours or the other side's."""

    stage: Stage
    at: Instant
    giver: MemberId
    jws: bytes
    origin: str
    index: int
    """The place in the giver's log that it proves."""
    entry: int
    """The index of our own entry beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLetter:
    """A letter as it is kept, with its receipts. ``letter`` is nothing once it was erased."""

    letter: Letter | None
    id: LetterId
    sha256: str
    sent: bool
    """Whether it is ours."""
    peer: MemberId
    thread: RequestId
    seq: int
    kind: str
    written: Instant
    at: Instant
    """When it was posted or stored here."""
    entry: int | None
    """For what was sent, the index of its entry; what was received has it in its ``stored`` receipt."""
    refused: Instant | None
    set_aside: Instant | None
    relayed: Instant | None
    """When it was left in the hub's mailbox as well, while it waits."""
    waiting: bool
    problem: Mapping[str, object] | None
    """What its addressee answered last, while it has no receipt."""
    receipts: tuple[KeptReceipt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedLetter:
    """A letter that counts in its thread: what state and clocks are made of."""

    letter: Letter
    stored: Instant | None
    """When its addressee stored it: ours by its receipt, ``None`` without one; theirs by our own."""


def letters_of(thread: RequestId) -> list[Letter]:
    """The letters of a thread that count, both sides', in the order in which they came here.

    Those that were erased or set aside are left out.
    """
    rows = StoredLetter.objects.filter(thread=thread, set_aside=None, erased=None).order_by("id")
    return [_letter(jws) for jws in rows.values_list("jws", flat=True) if jws is not None]


def asks_before(peer: MemberId, *, before: Instant, most: int) -> list[Letter | None]:
    """The asks that came from a peer before an instant, the latest first; nothing in the place of one that was erased.

    Under row security those alone that whoever looks may see.
    """
    rows = StoredLetter.objects.filter(peer=peer, direction=Direction.RECEIVED, kind="ask", at__lt=before)
    found = rows.order_by("-id").values_list("jws", flat=True)[:most]
    return [_letter(jws) if jws is not None else None for jws in found]


def counted_letters(threads: Iterable[RequestId], *, but: Iterable[str] = ()) -> dict[RequestId, list[CountedLetter]]:
    """The letters of many threads that count, by one question; those hashed ``but`` are left out."""
    found: dict[RequestId, list[CountedLetter]] = {thread: [] for thread in threads}
    with connection.cursor() as cursor:
        # Asked in SQL: it is asked with every batch, and Django would take as long to put it together as to answer it.
        cursor.execute(_COUNTED, [Stage.STORED.value, sql_array(found), sql_array(but)])
        for thread, jws, stored in cursor.fetchall():
            found[RequestId(thread)].append(CountedLetter(letter=_letter(jws), stored=stored))
    return found


_COUNTED = f"""
SELECT letter.thread::text, letter.jws,
       coalesce(receipt.at, CASE letter.direction WHEN '{Direction.RECEIVED.value}' THEN letter.at END)
FROM wire_storedletter AS letter
LEFT JOIN wire_storedreceipt AS receipt ON receipt.letter_id = letter.id AND receipt.stage = %s
WHERE letter.thread = ANY(%s::uuid[]) AND letter.sha256 <> ALL(%s::text[])
  AND letter.set_aside IS NULL AND letter.erased IS NULL
ORDER BY letter.id
"""  # noqa: S608 - a word of our own


def kept_letters(thread: RequestId) -> list[KeptLetter]:
    """All letters of a thread with their receipts, those that were erased or set aside as well."""
    rows = (
        StoredLetter.objects.filter(thread=thread)
        .select_related("outgoing")
        .prefetch_related("receipts")
        .order_by("id")
    )
    return [_kept(row) for row in rows]


def kept_letter(sha256: str) -> KeptLetter:
    """One letter with its receipts; raises ``NoSuchLetterError``."""
    row = StoredLetter.objects.filter(sha256=sha256).select_related("outgoing").prefetch_related("receipts").first()
    if row is None:
        raise NoSuchLetterError(letter=sha256)
    return _kept(row)


def threads_of(letters: Iterable[str]) -> list[RequestId]:
    """The threads in which letters with these hashes lie, each once: for who found a letter in a file."""
    rows = StoredLetter.objects.filter(sha256__in=list(letters)).values_list("thread", flat=True)
    return [RequestId(str(each)) for each in dict.fromkeys(rows)]


def last_of(thread: RequestId, *, peer: MemberId, sent: bool) -> KeptLetter | None:
    """The last letter of one side of a thread that counts: its hash is what comes next as ``prev`` or ``seen``."""
    row = (
        StoredLetter.objects.filter(
            thread=thread, peer=peer, set_aside=None, direction=Direction.SENT if sent else Direction.RECEIVED
        )
        .select_related("outgoing")
        .prefetch_related("receipts")
        .order_by("-seq")
        .first()
    )
    return _kept(row) if row is not None else None


def receipts_of(thread: RequestId) -> list[tuple[LetterId, KeptReceipt]]:
    """Every receipt of a thread's letters, given and got, by letter."""
    rows = StoredReceipt.objects.filter(letter__thread=thread).select_related("letter").order_by("id")
    return [(LetterId(str(row.letter.letter)), _receipt(row, row.letter)) for row in rows]


def letters_wait(thread: RequestId) -> bool:
    """Whether a letter of ours in this thread has not reached the other side, and nobody set it aside."""
    return Outgoing.objects.filter(thread=thread, letter__isnull=False).exists()


def _letter(jws: str) -> Letter:
    # Verified before it was kept; what changed it in the database since, the journal's audit finds.
    signed = jws.encode("ascii")
    return read_kept_letter(jose.unverified_payload(signed), jws=signed)


def _kept(row: StoredLetter) -> KeptLetter:
    outgoing = getattr(row, "outgoing", None)
    return KeptLetter(
        letter=_letter(row.jws) if row.jws is not None else None,
        id=LetterId(str(row.letter)),
        sha256=row.sha256,
        sent=row.direction == Direction.SENT,
        peer=MemberId(row.peer),
        thread=RequestId(str(row.thread)),
        seq=row.seq,
        kind=row.kind,
        written=row.written,
        at=row.at,
        entry=row.entry,
        refused=row.refused,
        set_aside=row.set_aside,
        relayed=outgoing.relayed_at if outgoing else None,
        waiting=outgoing is not None and not outgoing.refused,
        problem=row.problem or (outgoing.problem if outgoing else None),
        receipts=tuple(_receipt(one, row) for one in sorted(row.receipts.all(), key=lambda one: one.pk)),
    )


def _receipt(row: StoredReceipt, letter: StoredLetter) -> KeptReceipt:
    ours = letter.direction == Direction.RECEIVED
    return KeptReceipt(
        stage=Stage(row.stage),
        at=row.at,
        giver=this_node().member if ours else MemberId(letter.peer),
        jws=row.jws.encode("ascii"),
        origin=row.origin,
        index=row.index,
        entry=row.entry,
    )


# --- Lines --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedAttempt:
    """An attempt of ours that failed, with the index of the entry that records it."""

    at: Instant
    reason: str
    waiting: int
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedOutage:
    """What a peer states, signed, of its attempts to reach us; ``ticket`` is its statement."""

    since: Instant
    until: Instant
    attempts: int
    reason: str
    ticket: bytes
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What is known of a line's failing within a time: by our attempts and by the peer's word."""

    ours: tuple[FailedAttempt, ...]
    theirs: tuple[StatedOutage, ...]

    @property
    def proved_by_both(self) -> bool:
        """Whether attempts of both sides failed."""
        return bool(self.ours) and bool(self.theirs)

    def __bool__(self) -> bool:
        return bool(self.ours) or bool(self.theirs)

    def since(self, begin: Instant) -> "Outage":
        """What of it lies at or after an instant, or reaches to it."""
        return Outage(
            ours=tuple(each for each in self.ours if each.at >= begin),
            theirs=tuple(each for each in self.theirs if each.until >= begin),
        )


def proved_outage(peer: MemberId, *, since: Instant, until: Instant) -> Outage | None:
    """``outage`` where both sides' attempts prove it; one question while the peer states none, as nearly always."""
    if not states_an_outage(peer, since=since, until=until):
        return None
    found = outage(peer, since=since, until=until)
    return found if found.proved_by_both else None


def outage(peer: MemberId, *, since: Instant, until: Instant) -> Outage:
    """Whether the line to ``peer`` failed between two instants of the machine's clock, and who says so."""
    attempts = Attempt.objects.filter(peer=peer, at__gte=since, at__lte=until).order_by("at")
    statements = DownStatement.objects.filter(peer=peer, since__lte=until, until__gte=since).order_by("since")
    return Outage(
        ours=tuple(
            FailedAttempt(at=row.at, reason=row.reason, waiting=row.waiting, entry=row.entry) for row in attempts
        ),
        theirs=tuple(
            StatedOutage(
                since=row.since,
                until=row.until,
                attempts=row.attempts,
                reason=row.reason,
                ticket=row.ticket.encode("ascii"),
                entry=row.entry,
            )
            for row in statements
        ),
    )


# --- For whoever runs the node ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLine:
    """What waits for one peer, and how the line to it is."""

    peer: MemberId
    letters: int
    receipts: int
    refused: int
    since: Instant | None
    """When the oldest of it was put in the outbox."""
    down_since: Instant | None
    failures: int
    reason: str
    next_attempt_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLetter:
    """A letter that its addressee refused for good, and how many of its thread wait behind it."""

    id: LetterId
    peer: MemberId
    thread: RequestId
    seq: int
    refused: Instant
    problem: Mapping[str, object]
    behind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """Something that a member brought which proves an alteration, or that it says two things."""

    number: int
    peer: MemberId
    at: Instant
    code: str
    sentence: str
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WireStatus:
    """How the wire stands."""

    lines: tuple[WaitingLine, ...]
    refused: tuple[RefusedLetter, ...]
    quarantined: tuple[Quarantined, ...]
    turned_away: Mapping[str, int] = field(default_factory=dict)
    """How often something was refused, by reason, over all days that are kept."""
    mailbox: Mapping[MemberId, int] = field(default_factory=dict)
    """At a hub: how many items wait for whom."""


def status(viewer: Actor) -> WireStatus:
    """How the wire stands, for who runs the node or keeps the watch.

    Raises ``RightMissingError`` for anybody else.
    """
    if Right.RUN_NODE not in rights.rights_of(viewer.roles):
        rights.check(viewer, Right.SEND)
    return WireStatus(
        lines=tuple(_lines()),
        refused=tuple(_refused()),
        quarantined=tuple(_quarantined()),
        turned_away=_turned_away(),
        mailbox=_mailbox(),
    )


def peers_waited_for() -> list[MemberId]:
    """Every peer that something waits for."""
    peers = Outgoing.objects.filter(refused=False).values_list("peer", flat=True).distinct().order_by("peer")
    return [MemberId(peer) for peer in peers]


def _lines() -> Sequence[WaitingLine]:
    counts = {
        row["peer"]: row
        for row in Outgoing.objects.values("peer").annotate(
            letters=Count("letter"), receipts=Count("receipt"), oldest=Min("since")
        )
    }
    refused = dict(
        Outgoing.objects.filter(refused=True).values("peer").annotate(count=Count("id")).values_list("peer", "count")
    )
    states = {row.peer: row for row in Line.objects.all()}
    return [
        _line(peer, counts.get(peer), refused.get(peer, 0), states.get(peer)) for peer in sorted({*counts, *states})
    ]


def _line(peer: str, count: Mapping[str, object] | None, refused: int, state: Line | None) -> WaitingLine:
    counted = count or {"letters": 0, "receipts": 0, "oldest": None}
    oldest = counted["oldest"]
    return WaitingLine(
        peer=MemberId(peer),
        letters=int(str(counted["letters"])) - refused,
        receipts=int(str(counted["receipts"])),
        refused=refused,
        since=oldest if isinstance(oldest, Instant) else None,
        down_since=state.down_since if state else None,
        failures=state.failures if state else 0,
        reason=state.reason if state else "",
        next_attempt_at=state.next_attempt_at if state else None,
    )


def _refused() -> Sequence[RefusedLetter]:
    rows = StoredLetter.objects.filter(outgoing__refused=True).order_by("id")
    return [
        RefusedLetter(
            id=LetterId(str(row.letter)),
            peer=MemberId(row.peer),
            thread=RequestId(str(row.thread)),
            seq=row.seq,
            refused=row.refused,
            problem=row.problem or {},
            behind=Outgoing.objects.filter(peer=row.peer, thread=row.thread, letter__gt=row.pk).count(),
        )
        for row in rows
        if row.refused is not None
    ]


def _quarantined() -> Sequence[Quarantined]:
    return [
        Quarantined(
            number=row.pk,
            peer=MemberId(row.peer),
            at=row.at,
            code=row.code,
            sentence=row.sentence,
            entry=row.entry,
        )
        for row in QuarantinedLetter.objects.order_by("-id")[:100]
    ]


def _turned_away() -> dict[str, int]:
    counts: dict[str, int] = {}
    for code, count in RefusalCount.objects.values_list("code", "count"):
        counts[code] = counts.get(code, 0) + count
    return counts


def _mailbox() -> dict[MemberId, int]:
    counts = MailboxItem.objects.values("addressee").annotate(count=Count("id")).values_list("addressee", "count")
    return {MemberId(addressee): count for addressee, count in counts}
