"""Rows of the wire: letters and receipts as they were signed, what waits to leave, and what came by.

Guarded by the journal (migration 0002): letters, receipts, attempts, statements of the other side,
letters in quarantine, files that are whole, the state of files on their way out, and the items of a
hub's mailbox. The rest is bookkeeping: the outbox repeats what letters without receipts say, the state
of a line follows from its attempts, counts and tickets die within minutes.

Bytes that were signed are ASCII (compact JWS and JWE) and stand in text columns.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar

from django.db import connection, models
from django.db.models import Q

from tocsin.base.sql_array import sql_array


def add_rows(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[object]]) -> list[int]:
    """Add rows, which name these columns in this order, and tell their ids in the same order.

    One statement with an array for each column: a fifth of what Django's ``bulk_create`` costs (decision 0073).
    Constraints, triggers and row security hold as for any other INSERT; columns that are not named have no value from
    Django.
    """
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_adding(model, tuple(columns)), list(map(sql_array, zip(*rows, strict=True))))
        return [int(number) for (number,) in cursor.fetchall()]


@lru_cache(maxsize=64)
def _adding(model: type[models.Model], columns: tuple[str, ...]) -> str:
    meta = model._meta  # noqa: SLF001 - Django's documented way to a model's table
    kinds = {field.column: (field.db_type(connection) or "").partition("(")[0] for field in meta.concrete_fields}
    # As text, and not as varchar(n): a cast to that would cut off what is too long, which the column refuses.
    arrays = ", ".join(f"%s::{'text' if kinds[each] == 'varchar' else kinds[each]}[]" for each in columns)
    names = ", ".join(f'"{each}"' for each in columns)
    return (
        f'INSERT INTO "{meta.db_table}" ({names})'  # noqa: S608 - our own names
        f" SELECT {names} FROM unnest({arrays}) WITH ORDINALITY AS new ({names}, place) ORDER BY place RETURNING id"
    )


class Direction(models.TextChoices):
    """Which way a letter went."""

    SENT = "sent"
    RECEIVED = "received"


class StoredLetter(models.Model):
    """A letter, sent or received, byte for byte, with the columns to find it by.

    An erased letter leaves its row: place, kind, instants and hash stand, ``jws`` is gone.
    """

    letter = models.UUIDField()
    direction = models.CharField(max_length=8, choices=Direction)
    peer = models.CharField(max_length=40)
    """The other side: the addressee of what we sent, the sender of what we received."""
    thread = models.UUIDField()
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=32)
    instrument = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64, unique=True)
    prev = models.CharField(max_length=64, null=True)  # noqa: DJ001 - absent and empty differ
    seen = models.CharField(max_length=64, null=True)  # noqa: DJ001 - absent and empty differ
    written = models.DateTimeField()
    at = models.DateTimeField()
    """When it was posted here, or stored here."""
    jws = models.TextField(null=True)  # noqa: DJ001 - an erased letter has no bytes
    entry = models.BigIntegerField(null=True)
    """For what was sent: the index of its journal entry. What was received has it in its receipt."""
    set_aside = models.DateTimeField(null=True)
    """When a person decided that a letter which was refused, or never left, counts for nothing."""
    refused = models.DateTimeField(null=True)
    """When the addressee refused it for good; ``problem`` says why."""
    problem = models.JSONField(null=True)
    erased = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["StoredLetter"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["thread", "direction", "peer", "seq"],
                condition=Q(set_aside__isnull=True),
                name="wire_one_letter_a_place",
            ),
            models.UniqueConstraint(fields=["letter", "peer"], name="wire_one_letter_an_id"),
            models.CheckConstraint(
                condition=Q(jws__isnull=False, erased__isnull=True) | Q(jws__isnull=True, erased__isnull=False),
                name="wire_letter_whole_or_erased",
            ),
            models.CheckConstraint(
                condition=Q(direction="sent") | Q(refused__isnull=True, set_aside__isnull=True),
                name="wire_only_what_was_sent_is_refused",
            ),
        ]
        # The constraint above leaves out what is set aside, so it finds no thread whole.
        indexes: ClassVar = [models.Index(fields=["thread", "id"], name="wire_letters_of_a_thread")]


class StoredReceipt(models.Model):
    """A receipt, byte for byte: given for what we received, or got for what we sent."""

    letter = models.ForeignKey("wire.StoredLetter", on_delete=models.PROTECT, related_name="receipts")
    stage = models.CharField(max_length=8)
    at = models.DateTimeField()
    """When its giver signed it."""
    jws = models.TextField()
    origin = models.TextField()
    index = models.BigIntegerField()
    """The place in the giver's log that the receipt proves."""
    entry = models.BigIntegerField()
    """The index of our own journal entry: of the stage when we gave it, of its coming when we got it."""

    objects: ClassVar[models.Manager["StoredReceipt"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["letter", "stage"], name="wire_one_receipt_a_stage"),
        ]


class Outgoing(models.Model):
    """What waits to leave: a letter without a receipt, or a receipt that is to be told.

    A row goes when the other side's answer is stored; until then it is sent again.
    """

    peer = models.CharField(max_length=40)
    letter = models.OneToOneField("wire.StoredLetter", on_delete=models.CASCADE, null=True, related_name="outgoing")
    receipt = models.OneToOneField("wire.StoredReceipt", on_delete=models.CASCADE, null=True, related_name="outgoing")
    thread = models.UUIDField()
    since = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    relayed_at = models.DateTimeField(null=True)
    """When it was left in the hub's mailbox as well; it waits all the same."""
    refused = models.BooleanField(default=False)
    """Refused for good: a person decides, and the letters of its thread behind it wait."""
    problem = models.JSONField(null=True)
    """What the other side answered last."""

    objects: ClassVar[models.Manager["Outgoing"]]

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(letter__isnull=False, receipt__isnull=True) | Q(letter__isnull=True, receipt__isnull=False),
                name="wire_outgoing_letter_or_receipt",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["peer", "letter"], name="wire_outgoing_by_peer"),
            models.Index(
                fields=["peer"],
                name="wire_outgoing_held",
                condition=Q(refused=True) | Q(next_attempt_at__isnull=False),
            ),
        ]


class Line(models.Model):
    """How the line to one peer is: see ``rules/backoff.py``. Instants are the machine's."""

    peer = models.CharField(max_length=40, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    down_since = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    objects: ClassVar[models.Manager["Line"]]


class Attempt(models.Model):
    """An attempt of ours to reach a peer that failed: one half of the proof that the line was down."""

    peer = models.CharField(max_length=40)
    at = models.DateTimeField()
    reason = models.TextField()
    waiting = models.PositiveIntegerField()
    """How many letters waited to leave."""
    entry = models.BigIntegerField()

    objects: ClassVar[models.Manager["Attempt"]]

    class Meta:
        indexes: ClassVar = [models.Index(fields=["peer", "at"], name="wire_attempt_by_peer")]


class DownStatement(models.Model):
    """A peer's signed statement that it could not reach us: the other half of that proof."""

    peer = models.CharField(max_length=40)
    since = models.DateTimeField()
    until = models.DateTimeField()
    attempts = models.PositiveIntegerField()
    reason = models.TextField()
    ticket = models.TextField()
    """The ticket that states it, byte for byte."""
    entry = models.BigIntegerField()

    objects: ClassVar[models.Manager["DownStatement"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["peer", "since"], name="wire_one_statement_an_outage"),
        ]


class QuarantinedLetter(models.Model):
    """Something a known member brought that proves an alteration or two tongues: kept for a person."""

    peer = models.CharField(max_length=40)
    at = models.DateTimeField()
    code = models.CharField(max_length=64)
    sentence = models.TextField()
    envelope = models.TextField()
    sha256 = models.CharField(max_length=64, unique=True)
    entry = models.BigIntegerField()

    objects: ClassVar[models.Manager["QuarantinedLetter"]]


class RefusalCount(models.Model):
    """How often something was refused, by day and reason; nothing of who was turned away is kept."""

    day = models.DateField()
    code = models.CharField(max_length=64)
    count = models.PositiveBigIntegerField(default=0)

    objects: ClassVar[models.Manager["RefusalCount"]]

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["day", "code"], name="wire_one_count_a_day")]


class RateCount(models.Model):
    """How much a member brought within one minute of the machine's clock."""

    member = models.CharField(max_length=40)
    minute = models.DateTimeField()
    letters = models.PositiveIntegerField(default=0)

    objects: ClassVar[models.Manager["RateCount"]]

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["member", "minute"], name="wire_one_rate_a_minute")]


class UsedTicket(models.Model):
    """A ticket that was used; kept until it would be out of time anyway."""

    nonce = models.CharField(max_length=32, primary_key=True)
    until = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager["UsedTicket"]]


# --- Files --------------------------------------------------------------------------------------


class Upload(models.Model):
    """A file that is coming in, for this node or, at a hub, for a member that cannot be reached.

    How much of it is here is the size of its partial file on disk and nothing else. The row goes when
    the file is whole or its time is over.
    """

    sender = models.CharField(max_length=40)
    addressee = models.CharField(max_length=40)
    attachment = models.UUIDField()
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    checked = models.BooleanField(default=False)
    """The hash of the whole was found right: the file may have been moved to its place already."""
    begun = models.DateTimeField()
    touched = models.DateTimeField()

    objects: ClassVar[models.Manager["Upload"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sender", "addressee", "attachment"], name="wire_one_upload_a_file"),
        ]


class StoredAttachment(models.Model):
    """A file that is whole: encrypted as it came, at the place that its hash names."""

    sender = models.CharField(max_length=40)
    addressee = models.CharField(max_length=40)
    """This node, or at a hub the member it is kept for."""
    attachment = models.UUIDField()
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    """When a hub throws it away; null for what is ours."""
    gone = models.DateTimeField(null=True)
    """When the file was erased here, or handed on; the row stands."""
    entry = models.BigIntegerField()

    objects: ClassVar[models.Manager["StoredAttachment"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sender", "addressee", "attachment"], name="wire_one_stored_attachment"),
        ]
        indexes: ClassVar = [models.Index(fields=["addressee", "id"], name="wire_attachment_by_member")]


class OutgoingFile(models.Model):
    """A file that waits to leave: encrypted to its one addressee, whole on our disk.

    Whoever offered it keeps it where ``path`` (below the node's home) says until it is there.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RELAYED = "relayed"
        """Whole in the hub's mailbox; kept until the addressee has it."""
        THERE = "there"
        REFUSED = "refused"

    attachment = models.UUIDField()
    peer = models.CharField(max_length=40)
    path = models.TextField()
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    since = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    problem = models.JSONField(null=True)

    objects: ClassVar[models.Manager["OutgoingFile"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["attachment", "peer"], name="wire_one_outgoing_file"),
        ]


# --- The hub's mailbox --------------------------------------------------------------------------


class MailboxItem(models.Model):
    """A sealed thing left for a member that could not be reached: outer addresses and bytes."""

    addressee = models.CharField(max_length=40)
    sender = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    envelope = models.TextField()
    left = models.DateTimeField()
    until = models.DateTimeField()

    objects: ClassVar[models.Manager["MailboxItem"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["addressee", "sha256"], name="wire_one_item_an_envelope"),
        ]
        indexes: ClassVar = [models.Index(fields=["addressee", "id"], name="wire_mailbox_by_member")]


# --- Asked with every batch of letters ----------------------------------------------------------
# In SQL, since Django takes longer to put such a question together than PostgreSQL takes to answer it (decision 0045).


def _asked(question: str, *values: str | int | datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return list(cursor.fetchall())


def line_to(peer: str) -> Line | None:
    """How the line to a peer is; nothing when nothing ever failed."""
    rows = _asked("SELECT peer, failures, down_since, next_attempt_at, reason FROM wire_line WHERE peer = %s", peer)
    names = ("peer", "failures", "down_since", "next_attempt_at", "reason")
    return Line.from_db(connection.alias, names, rows[0]) if rows else None


def outbox_span() -> int:
    """How far apart the first and the last id in the outbox are: never less than there are rows in it."""
    return int(_asked("SELECT coalesce(max(id) - min(id) + 1, 0) FROM wire_outgoing")[0][0])


def last_places(threads: Iterable[str], direction: Direction) -> list[tuple[str, str, int, str]]:
    """The last letter of one direction that counts in each of these threads: thread, peer, place and hash."""
    return _asked(_LAST_PLACES, sql_array(threads), direction.value)


_LAST_PLACES = """
SELECT DISTINCT ON (thread, peer) thread::text, peer, seq, sha256 FROM wire_storedletter
 WHERE thread = ANY(%s::uuid[]) AND direction = %s AND set_aside IS NULL ORDER BY thread, peer, seq DESC
"""


def same_letters(ids: Iterable[str], peer: str) -> list[tuple[str, str, str | None]]:
    """Of the letters with these ids that passed between us and ``peer``: id, hash, and the receipt that we gave."""
    return _asked(_SAME_LETTERS, peer, sql_array(ids))


_SAME_LETTERS = f"""
SELECT letter.letter::text, letter.sha256, receipt.jws FROM wire_storedletter AS letter
  LEFT JOIN wire_storedreceipt AS receipt
    ON receipt.letter_id = letter.id AND receipt.stage = 'stored' AND letter.direction = '{Direction.RECEIVED.value}'
 WHERE letter.peer = %s AND letter.letter = ANY(%s::uuid[])
"""  # noqa: S608 - a word of our own

Held = Sequence[tuple[str, int]]
"""Threads that are held back, each with the first letter that holds it back."""


@dataclass(frozen=True, slots=True)
class Due:
    """What may leave now: what waits for no instant, or for one that is past, or so far off that a clock was wrong."""

    peer: str
    now: datetime
    latest: datetime

    def held(self) -> Held:
        """The threads in which a letter was refused or waits for its time, with the first such letter."""
        return _asked(_HELD, self.peer, self.now, self.latest)

    def letters(self, held: Held, *, most: int) -> list[tuple[int, int, int, str | None, str, str, int, str]]:
        """The letters that may leave, in their order, but for those behind one that is held.

        Each as its place in the outbox, attempts, id of its row, JWS, id, thread, place in its chain and hash. First
        which, then what: what waits behind is not read for being sorted.
        """
        behind = [sql_array([thread for thread, _ in held]), sql_array([first for _, first in held])] if held else []
        question = _LETTERS.format(behind=_NOT_BEHIND if held else "")
        return _asked(question, self.peer, self.now, self.latest, *behind, most)

    def receipts(self, *, most: int) -> list[tuple[int, int, str]]:
        """The receipts that may be told, in their order: place in the outbox, attempts, JWS."""
        return _asked(_RECEIPTS, self.peer, self.now, self.latest, most)

    def anything(self) -> bool:
        """Whether there is a letter or a receipt that may leave, which no other letter holds back."""
        due = self.peer, self.now, self.latest
        is_due, is_held = _asked(_ANYTHING, *due, *due)[0]
        if is_due and is_held:
            return bool(self.letters(self.held(), most=1) or self.receipts(most=1))
        return bool(is_due)


_IS_HELD = """
peer = %s AND letter_id IS NOT NULL
   AND (refused OR (next_attempt_at > %s::timestamptz AND next_attempt_at <= %s::timestamptz))
"""
_HELD = f"SELECT thread::text, min(letter_id) FROM wire_outgoing WHERE {_IS_HELD} GROUP BY thread"  # noqa: S608 - our own words
_DUE = """
peer = %s AND NOT refused
   AND (next_attempt_at IS NULL OR next_attempt_at <= %s::timestamptz OR next_attempt_at > %s::timestamptz)
"""
# Asked for apart and handed back in: joined in one question, each batch would look at all that waits.
_NOT_BEHIND = """
   AND NOT EXISTS (SELECT FROM unnest(%s::uuid[], %s::bigint[]) AS held (thread, first)
                    WHERE held.thread = wire_outgoing.thread AND held.first < wire_outgoing.letter_id)
"""
_LETTERS = f"""
SELECT due.id, due.attempts, letter.id, letter.jws, letter.letter::text, letter.thread::text, letter.seq, letter.sha256
  FROM (SELECT id, attempts, letter_id FROM wire_outgoing WHERE {_DUE} AND letter_id IS NOT NULL {{behind}}
         ORDER BY letter_id LIMIT %s) AS due
  JOIN wire_storedletter AS letter ON letter.id = due.letter_id
 ORDER BY letter.id
"""  # noqa: S608 - our own words
_RECEIPTS = f"""
SELECT due.id, due.attempts, receipt.jws
  FROM (SELECT id, attempts, receipt_id FROM wire_outgoing WHERE {_DUE} AND receipt_id IS NOT NULL
         ORDER BY receipt_id LIMIT %s) AS due
  JOIN wire_storedreceipt AS receipt ON receipt.id = due.receipt_id
 ORDER BY receipt.id
"""  # noqa: S608 - our own words


_ANYTHING = f"""
SELECT EXISTS (SELECT FROM wire_outgoing WHERE {_DUE}), EXISTS (SELECT FROM wire_outgoing WHERE {_IS_HELD})
"""  # noqa: S608 - our own words


def take_out(letters: Sequence[int], *, stored: Sequence[int]) -> set[tuple[int, str]]:
    """Take letters that are ``stored`` out of the outbox; which receipts of ``letters`` are kept already.

    Each as the letter's row and the stage.
    """
    return set(_asked(_TAKE_OUT, sql_array(stored), sql_array(letters)))


_TAKE_OUT = """
WITH gone AS (DELETE FROM wire_outgoing WHERE letter_id = ANY(%s::bigint[]))
SELECT letter_id, stage FROM wire_storedreceipt WHERE letter_id = ANY(%s::bigint[])
"""


def states_an_outage(peer: str, *, since: datetime, until: datetime) -> bool:
    """Whether a peer states that it could not reach us between two instants."""
    question = "SELECT true FROM wire_downstatement WHERE peer = %s AND since <= %s AND until >= %s LIMIT 1"
    return bool(_asked(question, peer, until, since))


def attempt_at_once(peer: str, *, now: datetime) -> bool:
    """Let the next attempt to reach a peer be due now; whether it was to be later."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE wire_line SET next_attempt_at = %s WHERE peer = %s AND next_attempt_at > %s", [now, peer, now]
        )
        return bool(cursor.rowcount)
