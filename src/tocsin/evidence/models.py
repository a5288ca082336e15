"""Rows of packages. What a package holds and whose hands it was in is in signed bytes; columns are to find them by."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

_MEMBER, _HASH = 40, 64


class Package(models.Model):
    """A package that this node made or took in."""

    class State(models.TextChoices):
        MADE = "made"
        """Made here; its files are encrypted to ``sealed_to``."""
        HELD = "held"
        """Taken in; its files are encrypted to this node."""
        QUARANTINED = "quarantined"
        ERASED = "erased"
        """Its retention is over: ids, instants and hashes stand, and nothing of what it held."""

    id = models.UUIDField(primary_key=True)
    request = models.UUIDField(db_index=True)
    """The request of this node that it was made for or came with."""
    title = models.TextField()
    member = models.CharField(max_length=_MEMBER)
    """Who made it."""
    made_at = models.DateTimeField()
    manifest = models.BinaryField()
    """Canonical JSON, byte for byte: custody names its hash."""
    manifest_sha256 = models.CharField(max_length=_HASH, unique=True)
    sealed_to = models.CharField(max_length=_MEMBER)
    state = models.CharField(max_length=12, choices=State)
    fault = models.TextField(blank=True)
    """Why it is in quarantine."""
    at = models.DateTimeField()
    """When it was made or taken in here."""
    erased_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Package"]]

    class Meta:
        indexes: ClassVar = [models.Index("at", "id", name="evidence_package_at")]


class CustodyLink(models.Model):
    """One signed event of a package's custody, by this node or by one that had it before."""

    package = models.ForeignKey("evidence.Package", on_delete=models.PROTECT, related_name="links")
    seq = models.PositiveIntegerField()
    event = models.CharField(max_length=16)
    member = models.CharField(max_length=_MEMBER)
    at = models.DateTimeField()
    jws = models.TextField()
    """Empty once the package was erased."""
    sha256 = models.CharField(max_length=_HASH, unique=True)
    entry = models.BigIntegerField(null=True)
    """Our journal's entry of it; another member's event stands in that member's journal."""

    objects: ClassVar[models.Manager["CustodyLink"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["package", "seq"], name="evidence_one_event_a_place"),
        ]


class SealedFile(models.Model):
    """A file of a package as it lies here or left from here: encrypted to one member."""

    package = models.ForeignKey("evidence.Package", on_delete=models.PROTECT, related_name="files")
    member = models.CharField(max_length=_MEMBER)
    number = models.PositiveIntegerField()
    """Its place in the manifest, from 1 on."""
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=_HASH)
    sha512 = models.CharField(max_length=128)
    age_size = models.PositiveBigIntegerField()
    age_sha256 = models.CharField(max_length=_HASH)

    objects: ClassVar[models.Manager["SealedFile"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["package", "member", "number"], name="evidence_one_sealed_file"),
        ]


class Delivery(models.Model):
    """A letter by which a package was handed over to this node or by it."""

    package = models.ForeignKey("evidence.Package", on_delete=models.PROTECT, related_name="deliveries", null=True)
    """Nothing for a delivery that could not be taken in: it was altered."""
    request = models.UUIDField(db_index=True)
    letter = models.UUIDField()
    letter_sha256 = models.CharField(max_length=_HASH, unique=True)
    sender = models.CharField(max_length=_MEMBER)
    addressee = models.CharField(max_length=_MEMBER)
    at = models.DateTimeField()
    fault = models.TextField(blank=True)

    objects: ClassVar[models.Manager["Delivery"]]


class Conversion(models.Model):
    """A file that was made of another: where both lie and how it was done. The manifest says the same."""

    source = models.ForeignKey("evidence.Package", on_delete=models.PROTECT, related_name="conversions")
    made = models.ForeignKey("evidence.Package", on_delete=models.PROTECT, related_name="made_by")
    source_name = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    program = models.CharField(max_length=100)
    version = models.CharField(max_length=100)
    before = models.PositiveBigIntegerField()
    after = models.PositiveBigIntegerField()
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["Conversion"]]


class Stamp(models.Model):
    """An RFC 3161 time stamp over a manifest or a checkpoint of our journal, verified before it was kept."""

    package = models.ForeignKey("evidence.Package", on_delete=models.PROTECT, related_name="stamps", null=True)
    over = models.BinaryField()
    """The bytes that were stamped."""
    over_sha256 = models.CharField(max_length=_HASH, db_index=True)
    kind = models.CharField(max_length=10, choices=[("manifest", "manifest"), ("checkpoint", "checkpoint")])
    authority = models.TextField()
    root = models.TextField()
    """The authority's root certificate (PEM) that it was verified against."""
    reply = models.BinaryField()
    """The reply of the authority, DER."""
    stamped_at = models.DateTimeField()
    """By the authority's clock."""
    at = models.DateTimeField()
    entry = models.BigIntegerField()

    objects: ClassVar[models.Manager["Stamp"]]


class Withholding(models.Model):
    """A decision that the defence is not shown something of a dossier; it is lifted and never taken away."""

    id = models.UUIDField(primary_key=True)
    dossier = models.ForeignKey("dossiers.Dossier", on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=10)
    thing = models.CharField(max_length=_HASH)
    """A letter's hash, a package's id, a file's SHA-256."""
    told = models.CharField(max_length=300)
    """What the defence is told that it is."""
    ground = models.CharField(max_length=40)
    reason = models.CharField(max_length=2000)
    """For who reviews the decision; the defence is told the ground."""
    person = models.UUIDField()
    at = models.DateTimeField()
    reviewed_by = models.UUIDField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    review = models.CharField(max_length=2000, blank=True)
    lifted_by = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)
    lifting = models.CharField(max_length=2000, blank=True)

    objects: ClassVar[models.Manager["Withholding"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["dossier", "what", "thing"], condition=Q(lifted_at=None), name="evidence_withheld_once"
            ),
            models.CheckConstraint(
                condition=Q(what__in=["letter", "package", "file"]), name="evidence_withholding_what"
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("person")), name="evidence_reviewed_by_another"
            ),
        ]
        indexes: ClassVar = [
            models.Index("thing", name="evidence_withheld_thing", condition=Q(lifted_at=None)),
        ]
