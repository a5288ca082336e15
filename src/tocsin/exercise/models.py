"""Rows of exercises. Marks outlive a wipe; nothing here holds a word of a request."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Exercise(models.Model):
    """An exercise as this node takes part in it."""

    id = models.UUIDField(primary_key=True)
    title = models.CharField(max_length=200)
    scenario = models.JSONField()
    """As it was read from its file."""
    plays = models.BooleanField()
    """Whether this node is a party that answers by itself."""
    began_at = models.DateTimeField()
    began_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)
    marks_kept_at = models.DateTimeField(null=True)
    """When its marks were reckoned for the last time: they are a record from then on."""

    objects: ClassVar[models.Manager["Exercise"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(models.Value(1), condition=Q(ended_at=None), name="exercise_one_at_a_time"),
        ]


class PlayedMove(models.Model):
    """Something that the exercise did by itself, once."""

    id = models.BigAutoField(primary_key=True)
    exercise = models.ForeignKey("exercise.Exercise", on_delete=models.PROTECT, related_name="moves")
    about = models.CharField(max_length=80)
    """``inject:`` and its id, or the request that was answered."""
    number = models.PositiveSmallIntegerField()
    request = models.UUIDField(null=True)
    letter_kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    fault = models.CharField(max_length=120, blank=True)

    objects: ClassVar[models.Manager["PlayedMove"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["exercise", "about", "number"], name="exercise_move_once"),
        ]


class Blocked(models.Model):
    """A draft that somebody wanted to send and the checks did not let go."""

    id = models.BigAutoField(primary_key=True)
    exercise = models.ForeignKey("exercise.Exercise", on_delete=models.PROTECT, related_name="blocked")
    person = models.UUIDField()
    reasons = models.JSONField()
    """Codes of rules and faults, and the fields that they are of; no word of the draft."""
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["Blocked"]]


class Score(models.Model):
    """One mark of one person (or of the desk) in one exercise: what was to be done, and how it was.

    While the exercise runs these are copies of what ``rules.marks`` yields, reckoned anew again and again.
    """

    id = models.BigAutoField(primary_key=True)
    exercise = models.ForeignKey("exercise.Exercise", on_delete=models.PROTECT, related_name="scores")
    person = models.UUIDField(null=True)
    """Nobody's where nobody did it."""
    name = models.CharField(max_length=200, blank=True)
    about = models.CharField(max_length=80)
    code = models.CharField(max_length=40)
    points = models.SmallIntegerField()
    most = models.SmallIntegerField()
    reaction_seconds = models.BigIntegerField(null=True)
    limit_seconds = models.BigIntegerField(null=True)
    detail = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Score"]]


class Wipe(models.Model):
    """Everything is to be wiped: who wants it, when the rows were gone, and when the files."""

    id = models.UUIDField(primary_key=True)
    asked_at = models.DateTimeField()
    asked_by = models.UUIDField(null=True)
    wiped_at = models.DateTimeField(null=True)
    requests = models.PositiveIntegerField(default=0)
    letters = models.PositiveIntegerField(default=0)
    entries = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Wipe"]]
