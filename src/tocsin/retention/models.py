"""Rows of retention: what stops an erasure, and how far each erasure has come."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class LegalHold(models.Model):
    """A request may not be erased while this stands: somebody ordered it, for a reason; two persons end it."""

    id = models.UUIDField(primary_key=True)
    request = models.UUIDField(db_index=True)
    reason = models.CharField(max_length=500)
    set_by = models.UUIDField()
    set_at = models.DateTimeField()
    release_reason = models.CharField(max_length=500, blank=True)
    release_asked_by = models.UUIDField(null=True)
    release_asked_at = models.DateTimeField(null=True)
    released_by = models.UUIDField(null=True)
    released_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["LegalHold"]]

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(released_at=None, released_by=None)
                | Q(released_at__isnull=False, released_by__isnull=False, release_asked_by__isnull=False)
                & ~Q(released_by=F("release_asked_by")),
                name="retention_two_persons_release_a_hold",
            ),
        ]


class Erasure(models.Model):
    """The erasure of a request, from the day it was proposed until its files are gone."""

    id = models.UUIDField(primary_key=True)
    request = models.UUIDField(db_index=True)
    rule = models.TextField()
    """By which it is due, with its source: what the tombstones stand by."""
    due_at = models.DateTimeField()
    proposed_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    """When it was no longer due: the request was opened again, or the rule changed."""
    erased_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    """The person who erased it; nothing where it followed by itself."""
    backups_until = models.DateTimeField(null=True)
    """When the last backup that may still hold it has expired."""
    letters = models.PositiveIntegerField(default=0)
    packages = models.PositiveIntegerField(default=0)
    entries = models.PositiveIntegerField(default=0)
    doomed = models.JSONField(default=list)
    """Paths below the node's home that are to be taken away; empty once they are gone."""
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Erasure"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["request"],
                condition=Q(erased_at=None, stopped_at=None),
                name="retention_one_proposal_a_request",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(erased_at__isnull=False), name="retention_finished_was_erased"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["erased_at"],
                name="retention_unfinished",
                condition=Q(erased_at__isnull=False, finished_at=None),
            ),
        ]
