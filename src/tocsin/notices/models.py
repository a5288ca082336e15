"""Rows of what was told outside any thread, and of what waits to be told.

Guarded by the journal (migration 0002): notices, and the receipts that came for ours. The rest is bookkeeping.
"""

from typing import ClassVar

from django.db import models


class StoredNotice(models.Model):
    """One version of a notice, ours or another member's, byte for byte, with the columns to find it by."""

    notice = models.UUIDField()
    member = models.CharField(max_length=40)
    """Who signed it."""
    ours = models.BooleanField()
    kind = models.CharField(max_length=16)
    """``warning`` or ``call-back``."""
    version = models.PositiveSmallIntegerField()
    sha256 = models.CharField(max_length=64, unique=True)
    jws = models.TextField()
    at = models.DateTimeField()
    """When it was issued or stored here, in true time."""
    until = models.DateTimeField(null=True)
    thread = models.UUIDField(null=True)
    """Of a word about a call-back: the request."""
    receipt = models.TextField(blank=True)
    """What we answered to another member's, byte for byte."""
    confirmed_by = models.UUIDField(null=True)
    """Of ours: who issued it."""

    objects: ClassVar[models.Manager["StoredNotice"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "notice", "version"], name="notices_one_a_version"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["kind", "until"], name="notices_in_force"),
            models.Index(fields=["thread"], name="notices_of_a_thread"),
        ]


class StoredTrait(models.Model):
    """A feature of a warning by which what arrives is compared."""

    id = models.BigAutoField(primary_key=True)
    notice = models.ForeignKey("notices.StoredNotice", on_delete=models.CASCADE, related_name="traits")
    trait = models.CharField(max_length=16)
    value = models.CharField(max_length=253)

    objects: ClassVar[models.Manager["StoredTrait"]]

    class Meta:
        indexes: ClassVar = [models.Index(fields=["value", "trait"], name="notices_by_trait")]


class OutgoingNotice(models.Model):
    """A notice of ours on its way to one member; it waits until his receipt is kept."""

    notice = models.ForeignKey("notices.StoredNotice", on_delete=models.PROTECT, related_name="outgoing")
    peer = models.CharField(max_length=40)
    since = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    relayed_at = models.DateTimeField(null=True)
    """When it was left in the hub's mailbox as well."""
    refused = models.BooleanField(default=False)
    problem = models.JSONField(null=True)
    receipt = models.TextField(blank=True)
    delivered_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["OutgoingNotice"]]

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["notice", "peer"], name="notices_once_to_each")]
        indexes: ClassVar = [
            models.Index(fields=["peer"], name="notices_waiting", condition=models.Q(delivered_at=None, refused=False)),
        ]
