"""Rows of the duty rota and of hand-overs. Nothing here knows of requests: a note is a value that others made."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class Turn(models.Model):
    """Somebody is on duty in a place of the chain, from one instant to another; withdrawn and never taken away."""

    id = models.UUIDField(primary_key=True)
    person = models.UUIDField()
    place = models.CharField(max_length=8)
    zone = models.CharField(max_length=60)
    """The zone in which it was planned, and in which it repeats."""
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    planned_by = models.UUIDField(null=True)
    planned_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Turn"]]

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ends", "begins"], name="duty_turn_ends")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends__gt=F("begins")), name="duty_turn_lasts"),
            models.CheckConstraint(condition=Q(place__in=["first", "deputy", "chief"]), name="duty_turn_place"),
        ]


class Chain(models.Model):
    """How many minutes an urgent letter may lie unopened before the next is told; the last row counts."""

    id = models.BigAutoField(primary_key=True)
    minutes = models.PositiveSmallIntegerField()
    set_by = models.UUIDField(null=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["Chain"]]


class ShiftNote(models.Model):
    """A shift that went from one person to another, with what was on the table then."""

    id = models.UUIDField(primary_key=True)
    given_by = models.UUIDField()
    to = models.UUIDField()
    since = models.DateTimeField()
    at = models.DateTimeField()
    words = models.CharField(max_length=2000, blank=True)
    note = models.JSONField()
    sha256 = models.CharField(max_length=64)
    """Of the canonical note and words: what is acknowledged."""
    acknowledged_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["ShiftNote"]]

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["-at"], name="duty_note_at"),
            models.Index(fields=["to"], name="duty_note_waiting", condition=Q(acknowledged_at=None)),
        ]
