"""Rows of bells: who has which, and each time one rang or did not."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Bell(models.Model):
    """A way in which a person is told away from the desk."""

    id = models.UUIDField(primary_key=True)
    person = models.UUIDField()
    way = models.CharField(max_length=40)
    """The name of a gateway, or ``push``."""
    target = models.TextField()
    """Where it rings, under the node's own key."""
    label = models.CharField(max_length=120)
    """By which its owner knows it: what she called it, never where it rings."""
    occasions = models.JSONField(default=list)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Bell"]]

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person"], name="bells_of_person", condition=Q(until=None))]


class Ring(models.Model):
    """A bell is to ring once for one thing. Its text is made when it rings, of the occasion and the number alone."""

    id = models.BigAutoField(primary_key=True)
    bell = models.ForeignKey("bells.Bell", on_delete=models.CASCADE, related_name="rings")
    key = models.CharField(max_length=80)
    """The alarm, the hand-over or the trial; one bell rings once for it."""
    occasion = models.CharField(max_length=20)
    request = models.UUIDField(null=True)
    state = models.CharField(max_length=10, default="waiting")
    tries = models.IntegerField(default=0)
    next_try = models.DateTimeField(null=True)
    said = models.CharField(max_length=200, blank=True)
    """Why it did not ring."""
    at = models.DateTimeField()
    """Since when there is a reason to ring."""
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Ring"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bell", "key"], name="bells_rings_once"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "rung", "failed", "held"]), name="bells_ring_state"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_try"], name="bells_ring_waiting", condition=Q(state="waiting")),
            models.Index(fields=["bell", "-at"], name="bells_ring_of"),
        ]
