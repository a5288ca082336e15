"""Rows of requests. Letters are not here: ``wire`` keeps their bytes, and a request's state is read from them.

``state``, the clocks and the due instants are copies of what ``rules`` yields from the letters, kept to sort and find
by; ``acts.renew`` writes them and a test rebuilds them.
"""

from collections.abc import Sequence
from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models
from django.db.models import Q
from psycopg.types.json import Jsonb


class Request(models.Model):
    """A thread that this node is a side of, and what is to be known of it at a glance."""

    id = models.UUIDField(primary_key=True)
    side = models.CharField(max_length=6, choices=[("asker", "asker"), ("asked", "asked")])
    counterpart = models.CharField(max_length=40)
    instrument = models.CharField(max_length=64)
    case_reference = models.CharField(max_length=200, blank=True)
    urgent = models.BooleanField(default=False)
    exercise = models.BooleanField(default=False)
    parent = models.ForeignKey("requests.Request", null=True, on_delete=models.PROTECT, related_name="children")
    """The request that this one was made to carry out: an order passed on, a disclosure that followed."""
    case_holder = models.UUIDField(null=True)
    """The person who has it."""
    earlier = models.JSONField(default=list)
    """The requests that its ask names as earlier ones: a preservation that this one follows."""
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=40)
    due_clock = models.CharField(max_length=80, blank=True)
    due_strict = models.DateTimeField(null=True)
    due_latest = models.DateTimeField(null=True)
    next_look = models.DateTimeField(null=True)
    """When time alone changes something here next; a worker looks then."""

    objects: ClassVar[models.Manager["Request"]]

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_strict", "id"], name="requests_watch", condition=Q(ended_at=None)),
            models.Index(fields=["next_look", "id"], name="requests_next_look", condition=Q(ended_at=None)),
            models.Index(fields=["counterpart", "opened_at"], name="requests_by_counterpart"),
            GinIndex(fields=["earlier"], name="requests_by_earlier", opclasses=["jsonb_path_ops"]),
        ]


class Subject(models.Model):
    """Whose data a request is about, as a hash of the identifier: a column to find requests by, erased with them."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.CASCADE, related_name="subjects")
    sha256 = models.CharField(max_length=64)

    objects: ClassVar[models.Manager["Subject"]]

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["sha256", "request"], name="requests_subject_once")]


class Draft(models.Model):
    """An ask that has not left: what is filled in so far, and who wrote it."""

    id = models.UUIDField(primary_key=True)
    request = models.UUIDField(unique=True)
    """The id that the request will have; chosen now, so that sending twice is one request."""
    parent = models.ForeignKey("requests.Request", null=True, on_delete=models.PROTECT, related_name="drafts")
    instrument = models.CharField(max_length=64)
    to = models.CharField(max_length=40)
    content = models.JSONField()
    """Everything that the ask will say, as ``rules.drafts`` reads it."""
    sha256 = models.CharField(max_length=64)
    """Of the canonical content: what a sign-off signs."""
    written_by = models.UUIDField()
    """Who wrote last."""
    writers = models.JSONField(default=list)
    """Everybody who ever wrote in it: none of them signs it off."""
    part_salt = models.CharField(max_length=44, blank=True)
    """The salt of the part that only a notified authority may read, in base64; without it the commitment to that part
    in the letter that left says nothing."""
    written_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    discarded_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Draft"]]


class StoredSignOff(models.Model):
    """Somebody's signature under a draft as it stood."""

    id = models.UUIDField(primary_key=True)
    draft = models.ForeignKey("requests.Draft", on_delete=models.PROTECT, related_name="sign_offs")
    person = models.UUIDField()
    name = models.CharField(max_length=200)
    function = models.CharField(max_length=40)
    validates = models.BooleanField(default=False)
    draft_sha256 = models.CharField(max_length=64)
    document_sha256 = models.CharField(max_length=64, blank=True)
    confirmed_by = models.UUIDField(null=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["StoredSignOff"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["draft", "person", "draft_sha256", "validates", "document_sha256"],
                name="requests_one_sign_off_each",
            ),
        ]


class StoredClock(models.Model):
    """A clock of a request as it stood when it was last looked at."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.CASCADE, related_name="clocks")
    key = models.CharField(max_length=120)
    """The clock's id and what started it."""
    clock = models.CharField(max_length=80)
    phase = models.CharField(max_length=40)
    strict = models.DateTimeField(null=True)
    latest = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["StoredClock"]]

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["request", "key"], name="requests_one_row_a_clock")]


class Alarm(models.Model):
    """Somebody was told that a clock is running out, or ran out; each told once."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.CASCADE, related_name="alarms")
    key = models.CharField(max_length=120)
    clock = models.CharField(max_length=80)
    kind = models.CharField(max_length=40)
    """``before-14-days``, ``deputy``, ``strict-passed``, ``missed`` …"""
    told = models.JSONField(default=list)
    """The roles and persons who were told."""
    choices = models.JSONField(default=list)
    """The lawful choices that were named."""
    line_down = models.BooleanField(default=False)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["Alarm"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request", "key", "kind"], name="requests_alarm_rings_once"),
        ]


class ReleaseDraft(models.Model):
    """Preserved data may be set free: a draft for a person to decide, never an automatic release."""

    id = models.UUIDField(primary_key=True)
    request = models.OneToOneField("requests.Request", on_delete=models.CASCADE, related_name="release_draft")
    drafted_at = models.DateTimeField()
    decision = models.CharField(max_length=10, blank=True, choices=[("release", "release"), ("keep", "keep")])
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["ReleaseDraft"]]


class Look(models.Model):
    """Somebody looked at a request, and why (Directive (EU) 2016/680, Article 25)."""

    id = models.UUIDField(primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.PROTECT, related_name="looks")
    person = models.UUIDField()
    reason = models.CharField(max_length=500)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["Look"]]


class ClockShift(models.Model):
    """How far the clock of an exercise node stands ahead of the machine's, from when on."""

    id = models.BigAutoField(primary_key=True)
    seconds = models.BigIntegerField()
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["ClockShift"]]


# --- Many rows in one statement -----------------------------------------------------------------
# A batch of letters opens or renews as many requests. Row by row that was ten statements for each
# (decision 0045); here it is one for all, whatever their number. Constraints and triggers hold as ever.

_COPIES = {
    "changed_at": "timestamptz",
    "state": "text",
    "ended_at": "timestamptz",
    "due_clock": "text",
    "due_strict": "timestamptz",
    "due_latest": "timestamptz",
    "next_look": "timestamptz",
}
"""What is bookkeeping; the rest of a row is changed by acts, which leave an entry."""

_COLUMNS = (
    "id", "side", "counterpart", "instrument", "case_reference", "urgent", "exercise", "parent_id", "case_holder",
    "opened_at", *_COPIES,
)  # fmt: skip


def add_requests(rows: Sequence[Request]) -> None:
    """Add the rows of requests that begin here; raises what the database raises for one that is there."""
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in (*_COLUMNS, "earlier"))
    with connection.cursor() as cursor, cursor.copy(f"COPY requests_request ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row((*(getattr(row, name) for name in _COLUMNS), Jsonb(row.earlier)))


def change_rows(rows: Sequence[Request]) -> None:
    """Write the copies in the rows of requests that are there."""
    if not rows:
        return
    values = ", ".join(f"%s::{kind}[]" for kind in ("uuid", *_COPIES.values()))
    changes = ", ".join(f"{name} = new.{name}" for name in _COPIES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE requests_request AS old SET {changes}"  # noqa: S608 - names of columns that stand above
            f" FROM unnest({values}) AS new (id, {', '.join(_COPIES)}) WHERE old.id = new.id",
            [[getattr(row, name) for row in rows] for name in ("id", *_COPIES)],
        )


def keep_clocks(lines: Sequence[tuple[object, ...]]) -> None:
    """Keep clocks, each as request, key, clock, phase, strict and latest; of one that stands as it stood nothing."""
    if not lines:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO requests_storedclock AS old (request_id, key, clock, phase, strict, latest)"
            " SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[],"
            " %s::timestamptz[], %s::timestamptz[]) ON CONFLICT (request_id, key) DO UPDATE"
            " SET clock = excluded.clock, phase = excluded.phase, strict = excluded.strict, latest = excluded.latest"
            " WHERE (old.clock, old.phase, old.strict, old.latest) IS DISTINCT FROM"
            " (excluded.clock, excluded.phase, excluded.strict, excluded.latest)",
            [list(column) for column in zip(*lines, strict=True)],
        )


def clear_clocks(rows: Sequence[Request], *, but: Sequence[tuple[object, str]]) -> None:
    """Take away the clocks of requests that do not run any more: all but these, by request and key."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM requests_storedclock AS old WHERE request_id = ANY(%s::uuid[]) AND NOT EXISTS"
            " (SELECT FROM unnest(%s::uuid[], %s::text[]) AS kept (request, key)"
            " WHERE kept.request = old.request_id AND kept.key = old.key)",
            [[row.id for row in rows], [request for request, _ in but], [key for _, key in but]],
        )
