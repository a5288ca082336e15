"""Rows of mail: where contacts get it, what leaves, what came."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

_SHA256 = 64
_STATES = ("waiting", "sent", "refused", "given-up", "unsure", "bounced", "withdrawn")


class MailContact(models.Model):
    """Where a contact gets mail, as somebody wrote it down; the next row takes the place of the last."""

    id = models.UUIDField(primary_key=True)
    member = models.CharField(max_length=80)
    address = models.CharField(max_length=254)
    certificate = models.TextField(blank=True)
    """For S/MIME, in PEM; what is encrypted to it only he opens, and what he signs is checked against it."""
    certificate_sha256 = models.CharField(max_length=_SHA256, blank=True)
    known_from = models.CharField(max_length=300)
    """How address and certificate are known: by telephone from whom, by whose list."""
    recorded_by = models.UUIDField(null=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["MailContact"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member"], condition=Q(until=None), name="mail_contact_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["certificate_sha256"], name="mail_contact_certificate"),
        ]


class OutgoingMail(models.Model):
    """A mail that this node writes: its bytes, and how far it came. Its Message-ID is the same whenever it is tried."""

    id = models.UUIDField(primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.CASCADE, related_name="+")
    member = models.CharField(max_length=80)
    to = models.CharField(max_length=254)
    way = models.CharField(max_length=10)
    number = models.CharField(max_length=40)
    language = models.CharField(max_length=12)
    message_id = models.CharField(max_length=300, unique=True)
    content = models.BinaryField()
    """Empty when it was erased."""
    sha256 = models.CharField(max_length=_SHA256)
    password = models.CharField(max_length=400, blank=True)
    """Of a locked form, under the node's own key, until it was told."""
    told_by = models.CharField(max_length=300, blank=True)
    """Over which channel the password was told."""
    state = models.CharField(max_length=10, default="waiting")
    going_since = models.DateTimeField(null=True)
    """A try that was begun and not ended: if nobody is at it, whoever was has died."""
    tries = models.IntegerField(default=0)
    twice = models.BooleanField(default=False)
    """Whether it may have gone before."""
    said = models.CharField(max_length=400, blank=True)
    """What the server said last."""
    next_try = models.DateTimeField(null=True)
    written_at = models.DateTimeField()
    written_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["OutgoingMail"]]

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["next_try"], name="mail_outgoing_waiting", condition=Q(state="waiting")),
            models.Index(fields=["request", "written_at"], name="mail_outgoing_request"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=_STATES), name="mail_outgoing_state"),
        ]


class IncomingMail(models.Model):
    """A mail that came, with its bytes; what it says of itself is claimed, what was checked stands beside it."""

    id = models.UUIDField(primary_key=True)
    way = models.CharField(max_length=10)
    """``upload``, ``mailbox`` or ``command``."""
    place = models.CharField(max_length=300, blank=True)
    """Of a mailbox: folder, UIDVALIDITY and UID."""
    content = models.BinaryField()
    """Empty when it was erased."""
    size = models.BigIntegerField()
    """Of the whole mail, also where only its head is kept."""
    whole = models.BooleanField()
    sha256 = models.CharField(max_length=_SHA256, unique=True)
    message_id = models.CharField(max_length=300, blank=True)
    claims_address = models.CharField(max_length=254, blank=True)
    claims_name = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    seal = models.CharField(max_length=10)
    encrypted = models.BooleanField(default=False)
    signer_sha256 = models.CharField(max_length=_SHA256, blank=True)
    """The certificate that it was signed with, whosever it is."""
    member = models.CharField(max_length=80, blank=True)
    """Whose certificate that was, as it was recorded when the mail came; nobody's otherwise."""
    bounce_of = models.ForeignKey("mail.OutgoingMail", null=True, on_delete=models.SET_NULL, related_name="bounces")
    proposed = models.UUIDField(null=True)
    """The request that something in it points at."""
    why = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=10, default="new")
    request = models.ForeignKey("requests.Request", null=True, on_delete=models.CASCADE, related_name="+")
    sorted_by = models.UUIDField(null=True)
    sorted_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    came_at = models.DateTimeField()
    brought_by = models.UUIDField(null=True)

    objects: ClassVar[models.Manager["IncomingMail"]]

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["-came_at", "id"], name="mail_incoming_new", condition=Q(state="new")),
            models.Index(fields=["request", "came_at"], name="mail_incoming_request"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=["new", "belongs", "not-ours"]), name="mail_incoming_state"),
            models.CheckConstraint(
                condition=~Q(state="belongs") | Q(request__isnull=False), name="mail_incoming_whose"
            ),
        ]


class Mailbox(models.Model):
    """How far a mailbox was read. UIDs grow within one UIDVALIDITY (RFC 9051, 2.3.1.1)."""

    place = models.CharField(max_length=400, primary_key=True)
    validity = models.BigIntegerField()
    last_uid = models.BigIntegerField(default=0)
    read_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=300, blank=True)

    objects: ClassVar[models.Manager["Mailbox"]]
