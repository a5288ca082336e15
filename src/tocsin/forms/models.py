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


class OrderPage(models.Model):
    """What a form's own page may show: what the form says and nothing else, published when it is printed."""

    form = models.OneToOneField(
        "forms.PublishedForm", primary_key=True, on_delete=models.CASCADE, related_name="order_page"
    )
    content = models.JSONField()
    """As ``rules.order`` reads it."""
    opened_at = models.DateTimeField(null=True)
    """When somebody who holds the form first opened the page."""
    closed_at = models.DateTimeField(null=True)
    """Since when it is shown no more; nothing while it may be answered."""

    objects: ClassVar[models.Manager["OrderPage"]]


class Saying(models.Model):
    """What somebody said on a form's page. The process that answers strangers writes it, the worker takes it in."""

    id = models.UUIDField(primary_key=True)
    page = models.ForeignKey("forms.OrderPage", on_delete=models.CASCADE, related_name="sayings")
    once = models.UUIDField()
    """The key of the form on the page: sent twice, it is said once."""
    kind = models.CharField(max_length=16)
    said = models.JSONField()
    file_name = models.CharField(max_length=120, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    """Of the file in the clear; nothing where only its sender had it in the clear."""
    file = models.BinaryField(null=True)
    """Encrypted with ``age`` to this node; gone once it was taken in."""
    at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    """Why it is no step of the thread; a person reads it all the same."""

    objects: ClassVar[models.Manager["Saying"]]

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["page", "once"], name="forms_said_once")]
        indexes: ClassVar = [models.Index(fields=["at"], name="forms_saying_new", condition=Q(taken_at=None))]


class FilingLink(models.Model):
    """A link by which somebody of this State files what she wants asked, once, without an account."""

    id = models.UUIDField(primary_key=True)
    token_sha256 = models.CharField(max_length=_SHA256, unique=True)
    """The link itself is in no row: whoever reads the database files nothing."""
    meant_for = models.CharField(max_length=200)
    """For whom it was made; the page greets nobody by it."""
    made_by = models.UUIDField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["FilingLink"]]


class Filing(models.Model):
    """What somebody filed by a link. The process that answers strangers writes it; the desk settles it."""

    id = models.UUIDField(primary_key=True)
    link = models.OneToOneField("forms.FilingLink", on_delete=models.CASCADE, related_name="filing")
    said = models.JSONField()
    file_name = models.CharField(max_length=120, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file = models.BinaryField(null=True)
    """Encrypted with ``age`` to this node."""
    at = models.DateTimeField()
    journalled = models.BooleanField(db_default=False)
    settled_at = models.DateTimeField(null=True)
    """Since when nothing of what it said is here any more."""
    settled_by = models.UUIDField(null=True)

    objects: ClassVar[models.Manager["Filing"]]

    class Meta:
        indexes: ClassVar = [models.Index(fields=["at"], name="forms_filing_open", condition=Q(settled_at=None))]
