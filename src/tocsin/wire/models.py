"""Rows of the wire: letters and receipts as they were signed, what waits to leave, and what came by.

Guarded by the journal (migration 0002): letters, receipts, attempts, statements of the other side,
letters in quarantine, files that are whole, the state of files on their way out, and the items of a
hub's mailbox. The rest is bookkeeping: the outbox repeats what letters without receipts say, the state
of a line follows from its attempts, counts and tickets die within minutes.

Bytes that were signed are ASCII (compact JWS and JWE) and stand in text columns.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import connection, models
from django.db.models import Q


def add_rows(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[object]]) -> list[int]:
    """Add rows, which name these columns in this order, and tell their ids in the same order.

    COPY: a fifth of what Django's ``bulk_create`` costs (decision 0073). Constraints and triggers hold as
    for any other INSERT; columns that are not named have no value from Django. Where row security holds for whoever
    writes, COPY does not: then it is an INSERT (decision 0106).
    """
    if not rows:
        return []
    table = model._meta.db_table  # noqa: SLF001 - Django's documented way to a model's table
    names = ", ".join(f'"{column}"' for column in ("id", *columns))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')), row_security_active(%s) FROM generate_series(1, %s)",
            [table, table, len(rows)],
        )
        found = cursor.fetchall()
        ids = [int(number) for number, _ in found]
        lines: list[Any] = [(number, *row) for number, row in zip(ids, rows, strict=True)]
        if found[0][1]:
            line = f"({', '.join(['%s'] * (1 + len(columns)))})"
            cursor.execute(
                f'INSERT INTO "{table}" ({names}) VALUES {", ".join([line] * len(lines))}',  # noqa: S608 - our own names
                [value for each in lines for value in each],
            )
            return ids
        with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
            for each in lines:
                copy.write_row(each)
    return ids


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
