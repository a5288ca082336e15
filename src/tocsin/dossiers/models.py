"""Rows of dossiers. What lies in a dossier names it: nothing here knows of requests or evidence.

All of these tables have row security (migration 0004).
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Dossier(models.Model):
    """A local case file."""

    id = models.UUIDField(primary_key=True)
    title = models.CharField(max_length=200)
    reference = models.CharField(max_length=200, blank=True)
    """The file number of the house, for people; nothing is found by it that may not be seen."""
    members_only = models.BooleanField()
    """To all but its members it does not exist; otherwise the desk reads it as well."""
    made_by = models.UUIDField()
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Dossier"]]

    class Meta:
        constraints: ClassVar = [
            # What lies in a dossier keeps a copy of ``members_only``, which a foreign key over both keeps true.
            models.UniqueConstraint(fields=["id", "members_only"], name="dossiers_access"),
        ]


class Member(models.Model):
    """Somebody's place in a dossier; it is ended and never taken away, so who was in it when can be told."""

    id = models.UUIDField(primary_key=True)
    dossier = models.ForeignKey("dossiers.Dossier", on_delete=models.PROTECT, related_name="members")
    person = models.UUIDField()
    capacity = models.CharField(max_length=10)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500)
    let_in_by = models.UUIDField()

    objects: ClassVar[models.Manager["Member"]]

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person", "until"], name="dossiers_member_person")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(capacity__in=["owner", "member", "reader", "counsel"]), name="dossiers_capacity"
            ),
        ]


class DossierNote(models.Model):
    """An internal note; it never leaves, and counsel never sees it."""

    id = models.UUIDField(primary_key=True)
    dossier = models.ForeignKey("dossiers.Dossier", on_delete=models.PROTECT, related_name="notes")
    person = models.UUIDField()
    words = models.TextField()
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["DossierNote"]]


class Look(models.Model):
    """Somebody looked at something, and why (Directive (EU) 2016/680, Article 25); nobody who looks changes the row.

    Looks at requests are rows of ``requests``.
    """

    id = models.UUIDField(primary_key=True)
    person = models.UUIDField()
    what = models.CharField(max_length=10, choices=[(each, each) for each in ("dossier", "draft", "package")])
    thing = models.UUIDField()
    dossier = models.ForeignKey("dossiers.Dossier", null=True, on_delete=models.PROTECT, related_name="looks")
    """In which it lay then."""
    reason = models.CharField(max_length=500)
    derived = models.BooleanField(default=False)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["Look"]]

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["at", "id"], name="dossiers_look_day"),
            models.Index(fields=["thing", "at"], name="dossiers_look_thing"),
        ]
