"""Rows of the journal: logs, entries, tiles, checkpoints, cosignatures, alarms.

The database keeps what must be true of them (migrations 0002 and 0003): entries join at the end of
the current log and nowhere else, nothing is ever changed or taken away except an entry's event and
salt, and each transaction that changes a guarded row brings an entry and the other way round.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ClassVar, TypeAlias

import psycopg
from django.db import connection, models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast, Length
from django.db.models.lookups import Exact, LessThanOrEqual

from tocsin.journal.rules.event import Batch
from tocsin.journal.rules.place import Head, Last
from tocsin.journal.rules.verdict import Row

_Cursor: TypeAlias = "psycopg.Cursor[tuple[Any, ...]]"


@contextmanager
def _cursor() -> Iterator[_Cursor]:
    """A cursor in the running transaction that sends arrays and bytes as they are.

    Django's own writes every parameter into the statement as text: four times the time for a batch.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        yield cursor


_TRANSACTION = Cast(
    Cast(Func(function="pg_current_xact_id"), output_field=models.TextField()), output_field=models.BigIntegerField()
)
"""The running transaction, as PostgreSQL numbers it (xid8)."""


_APPEND = """
WITH head AS (
    SELECT number, origin, member, first, size, halted FROM journal_log WHERE current FOR NO KEY UPDATE
), appended AS (
    INSERT INTO journal_storedentry
           ("index", log_id, commitment, salt, event, kind, at, about, changes_rows)
    SELECT head.first + head.size + batch.place - 1, head.number, batch.commitment, batch.salt, batch.event,
           batch.kind, %b, batch.about, batch.changing
      FROM head,
           unnest(%b::bytea[], %b::bytea[], %b::text[], %b::text[], %b::text[], %b::bool[])
           WITH ORDINALITY AS batch(commitment, salt, event, kind, about, changing, place)
     WHERE (head.member, head.origin) = (%b::text, %b::text) AND head.halted IS NULL
     ORDER BY batch.place
)
SELECT number, origin, member, first, size, halted FROM head
"""

# One statement, one snapshot: the checkpoint belongs to the head. A commit that a crash takes back would
# take back a signature that others have seen, so a transaction that signs is made durable here as well.
_SIGN = """
SELECT log.number, log.origin, log.member, log.first, log.size, log.halted, last.size, last.root,
       CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END
  FROM journal_log AS log
  LEFT JOIN LATERAL (
       SELECT size, root FROM journal_storedcheckpoint WHERE log_id = log.number ORDER BY size DESC LIMIT 1
  ) AS last ON true
 WHERE log.current
"""

_KEEP_CHECKPOINT = """
INSERT INTO journal_storedcheckpoint (log_id, size, root, note, verifier, at)
VALUES (%b, %b, %b, %b, %b, %b) ON CONFLICT DO NOTHING
"""

_GROW = """
INSERT INTO journal_tile AS tile (log_id, level, number, hashes)
SELECT %b::int4, %b::int2, new.number, new.hashes FROM unnest(%b::int8[], %b::bytea[]) AS new(number, hashes)
    ON CONFLICT (log_id, level, number) DO UPDATE SET hashes = tile.hashes || excluded.hashes
RETURNING tile.number, CASE WHEN length(tile.hashes) = 8192 THEN tile.hashes END
"""


class LogManager(models.Manager["Log"]):
    """Finds logs."""

    def head(self) -> Head | None:
        """The current log, not locked; ``None`` in a journal that has not begun."""
        row = self.filter(current=True).values_list(*_HEAD).first()
        return Head(*row) if row is not None else None

    def to_sign(self) -> tuple[Head, Last | None] | None:
        """The current log with its last checkpoint, in a transaction that commits durably from here on."""
        with _cursor() as cursor:
            row = cursor.execute(_SIGN, binary=True).fetchone()
        if row is None:
            return None
        *head, size, root, _ = row
        return Head(*head), Last(size, root) if size is not None else None

    def heads(self) -> list[Head]:
        """All logs, the oldest first."""
        return [Head(*row) for row in self.order_by("number").values_list(*_HEAD)]


_HEAD = ("number", "origin", "member", "first", "size", "halted")


class EntryManager(models.Manager["StoredEntry"]):
    """Appends entries and finds them."""

    def append(self, batch: Batch, *, member: str, origin: str) -> Head | None:
        """Put the batch at the end of the current log, and keep the head locked until the transaction ends.

        One statement, so that the lock is held for no round trip more than it has to be. The head
        is as it was before. Nothing is appended if the log is halted or not this one; ``None`` if there
        is no log yet.
        """
        lists = (batch.commitments, batch.salts, batch.written, batch.kinds, batch.abouts, batch.changing)
        with _cursor() as cursor:
            row = cursor.execute(_APPEND, (batch.at, *lists, member, origin)).fetchone()
        return Head(*row) if row is not None else None

    def commitments(self, low: int, high: int) -> list[bytes]:
        """The commitments of the entries ``low`` to ``high - 1``, in order."""
        with _cursor() as cursor:
            rows = cursor.execute(
                'SELECT commitment FROM journal_storedentry WHERE "index" >= %b AND "index" < %b ORDER BY "index"',
                (low, high),
                binary=True,
            )
            return [commitment for (commitment,) in rows]

    def rows(self, low: int, high: int) -> list[Row]:
        """The entries ``low`` to ``high - 1`` as they are, in order."""
        with _cursor() as cursor:
            rows = cursor.execute(
                'SELECT "index", commitment, salt, event, kind, at, about, erased_by FROM journal_storedentry'
                ' WHERE "index" >= %b AND "index" < %b ORDER BY "index"',
                (low, high),
                binary=True,
            )
            return [Row(*row) for row in rows]


class TileManager(models.Manager["Tile"]):
    """Keeps tiles and finds them."""

    def grow(self, log: int, level: int, hashes: Mapping[int, bytes]) -> dict[int, bytes]:
        """Put these hashes at the end of the tiles of these numbers; the tiles that are full now."""
        with _cursor() as cursor:
            rows = cursor.execute(_GROW, (log, level, list(hashes), list(hashes.values())), binary=True)
            return {number: content for number, content in rows if content is not None}

    def read(self, log: int, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """The tiles at these places (level, number) that are there."""
        levels, numbers = [level for level, _ in places], [number for _, number in places]
        with _cursor() as cursor:
            rows = cursor.execute(
                "SELECT level, number, hashes FROM journal_tile"
                " JOIN unnest(%b::int2[], %b::int8[]) AS wanted(level, number) USING (level, number) WHERE log_id = %b",
                (levels, numbers, log),
                binary=True,
            )
            return {(level, number): hashes for level, number, hashes in rows}

    def hashes(self, log: int) -> dict[int, int]:
        """How many hashes the tiles of each level hold."""
        with _cursor() as cursor:
            rows = cursor.execute(
                "SELECT level, (sum(length(hashes)) / 32)::int8 FROM journal_tile WHERE log_id = %b GROUP BY level",
                (log,),
                binary=True,
            )
            return dict(rows.fetchall())


class Log(models.Model):
    """One Merkle tree with its origin. A node has one, and one more each time a backup lost entries.

    The current log's row is the head of the journal: whoever appends locks it.
    """

    number = models.IntegerField(primary_key=True)
    origin = models.TextField(unique=True)
    member = models.TextField()
    """Whose journal it is: a database serves one node."""
    first = models.BigIntegerField()
    """The index of its leaf 0: indexes run on over all logs of a node."""
    size = models.BigIntegerField(default=0)
    began = models.DateTimeField()
    current = models.BooleanField(default=True)
    halted = models.TextField(null=True)  # noqa: DJ001 - absent and empty differ
    """Why it takes no entries: canonical JSON of what a witness has seen; never taken back."""
    transaction = models.BigIntegerField(null=True)
    """The last transaction that appended."""
    acting = models.BigIntegerField(null=True)
    """The last transaction that appended the entry of a changed row."""

    objects: ClassVar[LogManager] = LogManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["current"], condition=Q(current=True), name="journal_one_current_log"),
            models.CheckConstraint(condition=Q(first__gte=0, size__gte=0), name="journal_log_counts"),
        ]


PERSON = Func(
    Func(F("event"), Value('"person":"'), Value(2), function="split_part"),
    Value('"'),
    Value(1),
    function="split_part",
    output_field=models.TextField(),
)
"""Who did it, out of the event: empty where the node acted by itself, nothing where the entry was erased.

Members of an event stand in the order of their names, and none that stands before ``by`` has a member of this name. A
quotation mark inside a text stands behind a backslash, so no text of a field can look like this.
"""


class StoredEntry(models.Model):
    """One entry: the commitment that the tree holds, and what opens it until it is erased."""

    index = models.BigIntegerField(primary_key=True)
    # The trigger that lets a batch in compares it with the current log: a key would cost each row a lookup.
    log = models.ForeignKey("journal.Log", on_delete=models.PROTECT, db_index=False, db_constraint=False)
    commitment = models.BinaryField()
    """SHA-256(salt || event), see ``tocsin.proof.commitment``."""
    salt = models.BinaryField(null=True)
    event = models.TextField(null=True)  # noqa: DJ001 - an erased event is no event
    kind = models.TextField()
    at = models.DateTimeField()
    about = models.TextField(null=True)  # noqa: DJ001 - about nothing
    changes_rows = models.BooleanField()
    transaction = models.BigIntegerField(db_default=_TRANSACTION)
    erased_by = models.BigIntegerField(null=True)
    """The index of the entry that records the erasure."""

    objects: ClassVar[EntryManager] = EntryManager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Exact(Length("commitment"), 32), name="journal_entry_commitment"),
            models.CheckConstraint(
                condition=Q(Exact(Length("salt"), 32), event__isnull=False, erased_by__isnull=True)
                | Q(salt__isnull=True, event__isnull=True, about__isnull=True, erased_by__isnull=False),
                name="journal_entry_open_or_erased",
            ),
        ]
        indexes: ClassVar = [
            models.Index("kind", "index", name="journal_entry_kind"),
            models.Index("about", "index", name="journal_entry_about", condition=Q(about__isnull=False)),
            models.Index("at", "index", name="journal_entry_when"),
            models.Index(PERSON, "index", name="journal_entry_person", condition=~Q(Exact(PERSON, Value("")))),
        ]


class Tile(models.Model):
    """Up to 256 neighbouring hashes of one tile level (C2SP tlog-tiles), one after the other.

    At level 0 only full tiles lie here, since the last hashes follow from their entries; above it
    the last tile of a level grows at its end.
    """

    pk = models.CompositePrimaryKey("log_id", "level", "number")
    log = models.ForeignKey("journal.Log", on_delete=models.PROTECT, db_index=False)
    level = models.SmallIntegerField()
    number = models.BigIntegerField()
    hashes = models.BinaryField()

    objects: ClassVar[TileManager] = TileManager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(LessThanOrEqual(Length("hashes"), 8192), level__gte=0, number__gte=0),
                name="journal_tile_width",
            ),
        ]


class CheckpointManager(models.Manager["StoredCheckpoint"]):
    """Keeps checkpoints and finds them."""

    def keep(self, *, log: int, size: int, root: bytes, note: str, verifier: str, at: datetime) -> None:
        """Keep a checkpoint that was signed; one of this size that is there already stays."""
        with _cursor() as cursor:
            cursor.execute(_KEEP_CHECKPOINT, (log, size, root, note, verifier, at))


class StoredCheckpoint(models.Model):
    """A checkpoint that this node's journal key has signed; what is signed is never taken back."""

    log = models.ForeignKey("journal.Log", on_delete=models.PROTECT, db_index=False)
    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField()
    """The signed note, with our own signature alone."""
    verifier = models.TextField()
    """The verifier key it was signed for, as a vkey line."""
    at = models.DateTimeField()

    objects: ClassVar[CheckpointManager] = CheckpointManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["log", "size"], name="journal_one_checkpoint_a_size"),
            models.CheckConstraint(condition=Exact(Length("root"), 32), name="journal_checkpoint_root"),
        ]


class Cosignature(models.Model):
    """A witness's word that a checkpoint of ours continues all that it had seen before."""

    checkpoint = models.ForeignKey(
        "journal.StoredCheckpoint", on_delete=models.PROTECT, db_index=False, related_name="cosignatures"
    )
    witness = models.TextField()
    verifier = models.TextField()
    """The witness's verifier key at the time, as a vkey line."""
    line = models.TextField()
    """The signature line of the note."""
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["Cosignature"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["checkpoint", "witness"], name="journal_one_cosignature_a_witness"),
        ]


class WitnessedLog(models.Model):
    """The largest checkpoint of another node's journal that this node has cosigned."""

    origin = models.TextField(primary_key=True)
    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField()
    """The checkpoint with the log's signature and our cosignature."""
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["WitnessedLog"]]


class Alarm(models.Model):
    """Something that must not be, with its evidence, until a person says that it was seen."""

    code = models.TextField()
    origin = models.TextField()
    mark = models.TextField()
    """What makes it one and the same alarm when it is seen again."""
    sentence = models.TextField()
    evidence = models.TextField()
    at = models.DateTimeField()
    entry = models.BigIntegerField(null=True)
    """The entry that records it; none while the journal is halted."""
    seen_at = models.DateTimeField(null=True)
    seen_entry = models.BigIntegerField(null=True)

    objects: ClassVar[models.Manager["Alarm"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "mark"], name="journal_one_alarm_a_cause"),
        ]


class AuditRun(models.Model):
    """An audit that somebody asked for, and what it found. Not guarded: a halted journal is audited as well."""

    id = models.UUIDField(primary_key=True)
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    fault = models.TextField(blank=True)
    """Why it did not come to its end."""
    findings = models.JSONField(default=list)
    """Each with ``origin``, ``thing`` and ``rule``."""
    counts = models.JSONField(default=list)
    """What was looked at, for each log."""

    objects: ClassVar[models.Manager["AuditRun"]]

    class Meta:
        indexes: ClassVar = [
            models.Index("asked_at", name="journal_audit_waiting", condition=Q(ended_at=None)),
        ]
