"""Rows of forms: what was printed and published, and who asked for it. No word of a request is in any of them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

_SHA256 = 64


class PublishedForm(models.Model):
    """A form that went out: hashes by which a stranger who holds it learns that it is genuine."""

    id = models.UUIDField(primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.CASCADE, related_name="+")
    number = models.CharField(max_length=40, unique=True)
    plain_number = models.CharField(max_length=40, unique=True)
    """The number without what does not matter when it is typed."""
    check_sha256 = models.CharField(max_length=_SHA256, unique=True)
    """Of number and code together; the code itself stands on the paper alone."""
    pdf_sha256 = models.CharField(max_length=_SHA256, unique=True)
    letter_sha256 = models.CharField(max_length=_SHA256, blank=True)
    seal_sha256 = models.CharField(max_length=_SHA256)
    issuer = models.CharField(max_length=300)
    """Who asks, as the check page says it."""
    language = models.CharField(max_length=12)
    exercise = models.BooleanField()
    written_at = models.DateTimeField()
    printed_at = models.DateTimeField()
    printed_by = models.UUIDField(null=True)

    objects: ClassVar[models.Manager["PublishedForm"]]

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["letter_sha256"], name="forms_published_letter"),
            models.Index(fields=["request", "printed_at"], name="forms_published_request"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(number=""), name="forms_published_number"),
        ]


class Check(models.Model):
    """Somebody asked for a form. The process that answers strangers writes it, the worker tells the journal."""

    id = models.UUIDField(primary_key=True)
    form = models.ForeignKey("forms.PublishedForm", on_delete=models.CASCADE, related_name="checks")
    way = models.CharField(max_length=8)
    """``code`` or ``file``."""
    found = models.BooleanField()
    """Whether the code was right; a file is found or belongs to no form."""
    at = models.DateTimeField()
    journalled = models.BooleanField(db_default=False)

    objects: ClassVar[models.Manager["Check"]]

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["at"], name="forms_check_new", condition=Q(journalled=False)),
            models.Index(fields=["form", "at"], name="forms_check_form"),
        ]


class Miss(models.Model):
    """How often in an hour somebody asked for what no form is: a count, so that asking fills no table."""

    hour = models.DateTimeField(primary_key=True)
    count = models.IntegerField()

    objects: ClassVar[models.Manager["Miss"]]
