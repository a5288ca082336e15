"""Rows of the directory: cards, keys that are refused, the directory's metadata, signs of life, drills.

Cards and metadata are kept for ever, each with the time in which it was in force: a proof bundle made years
later needs the card by which a letter was checked, and the signed history that made it trusted.
"""

from datetime import datetime
from typing import ClassVar

from django.db import connection, models
from django.db.models import Q

_MEMBER = 40
_HASH = 64


class OwnCard(models.Model):
    """A card that this node signed for itself."""

    serial = models.PositiveBigIntegerField(primary_key=True)
    sha256 = models.CharField(max_length=_HASH, unique=True)
    jws = models.TextField()
    issued = models.DateTimeField()

    objects: ClassVar[models.Manager["OwnCard"]]


class ProposedWords(models.Model):
    """What somebody wants this node's card to say; the words count once a second person has confirmed them."""

    id = models.UUIDField(primary_key=True)
    words = models.JSONField()
    proposed_by = models.CharField(max_length=_MEMBER)
    proposed_name = models.CharField(max_length=200)
    proposed = models.DateTimeField()
    settled_by = models.CharField(max_length=_MEMBER, blank=True)
    settled_name = models.CharField(max_length=200, blank=True)
    settled = models.DateTimeField(null=True)
    confirmed = models.BooleanField(default=False)
    """Whether it was confirmed; otherwise, once settled, it was withdrawn."""

    objects: ClassVar[models.Manager["ProposedWords"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("confirmed", condition=Q(settled=None), name="directory_one_proposal_waits"),
            models.CheckConstraint(
                condition=~Q(confirmed=True) | (Q(settled__isnull=False) & ~Q(settled_by=models.F("proposed_by"))),
                name="directory_second_person_confirms",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["-settled"], name="directory_words_settled")]


class KnownCard(models.Model):
    """Another member's card from one source, from ``since`` until another took its place."""

    member = models.CharField(max_length=_MEMBER)
    source = models.CharField(max_length=8)
    serial = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=_HASH)
    jws = models.TextField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    role = models.CharField(max_length=60, blank=True)
    """For the directory's cards: the role that signed it."""
    via = models.CharField(max_length=_MEMBER, blank=True)
    """For hearsay: the member that passed it on."""
    confirmed_by = models.CharField(max_length=_MEMBER, blank=True)
    confirmed_name = models.CharField(max_length=200, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_serial = models.PositiveBigIntegerField(null=True)
    """The serial of the card whose words were heard; this one may be a later one, taken as its update."""

    objects: ClassVar[models.Manager["KnownCard"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member", "source"], condition=Q(until=None), name="directory_one_card_from_each_source"
            ),
            models.CheckConstraint(
                condition=~Q(source="voice") | Q(confirmed_at__isnull=False, confirmed_serial__isnull=False),
                name="directory_voice_is_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(source__in=["tuf", "voice", "file", "hearsay"]), name="directory_known_source"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["until"], name="directory_card_current"),
            models.Index(fields=["member", "since"], name="directory_card_history"),
        ]


class RefusedKey(models.Model):
    """A key that verifies nothing that comes in: revoked by its member, or refused by a person here."""

    member = models.CharField(max_length=_MEMBER)
    kid = models.CharField(max_length=16)
    since = models.DateTimeField()
    reason = models.CharField(max_length=500)

    objects: ClassVar[models.Manager["RefusedKey"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "kid"], name="directory_key_refused_once"),
        ]


class JoinedDirectory(models.Model):
    """The one directory whose root was given to this node, and how it stands."""

    only = models.BooleanField(primary_key=True, default=True)
    hub = models.CharField(max_length=_MEMBER)
    endpoint = models.TextField()
    """Where it is fetched; replaced by what the hub's card in the directory says."""
    tls = models.JSONField(default=list)
    root_sha256 = models.CharField(max_length=_HASH)
    """Of the root that a person gave to this node: where all trust in it begins."""
    joined = models.DateTimeField()
    tried = models.DateTimeField(null=True)
    """True time, as every instant here."""
    fresh = models.DateTimeField(null=True)
    """When a walk last went through."""
    fault = models.TextField(blank=True)
    """Why the last walk did not go through, or ``""``."""
    left_out = models.JSONField(default=dict)
    """Roles and files that the last walk left out, each with its reason; they are looked at again each time."""

    objects: ClassVar[models.Manager["JoinedDirectory"]]

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(only=True), name="directory_only_one")]


class TrustedMetadata(models.Model):
    """Metadata of the directory that a walk proved, from ``since`` until the next of its role took its place."""

    role = models.CharField(max_length=60)
    version = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=_HASH)
    content = models.BinaryField()
    ends = models.DateTimeField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["TrustedMetadata"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["role"], condition=Q(until=None), name="directory_one_metadata_a_role"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["until"], name="directory_metadata_current"),
            models.Index(fields=["role", "since"], name="directory_metadata_history"),
        ]


class PublishedFile(models.Model):
    """At the hub: a file of the repository. Only ``timestamp.json`` has more than one version under its path."""

    path = models.CharField(max_length=200)
    role = models.CharField(max_length=60, blank=True)
    """For metadata: whose; ``""`` for a target file."""
    version = models.PositiveBigIntegerField()
    content = models.BinaryField()
    sha256 = models.CharField(max_length=_HASH)
    since = models.DateTimeField()

    objects: ClassVar[models.Manager["PublishedFile"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["path", "version"], name="directory_published_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["role", "version"], name="directory_published_role")]


class SignOfLife(models.Model):
    """The last proven sign of life of a member's node. An observation, replaced by the next: not an act."""

    member = models.CharField(max_length=_MEMBER, primary_key=True)
    at = models.DateTimeField()
    taken = models.DateTimeField()
    jws = models.TextField()

    objects: ClassVar[models.Manager["SignOfLife"]]


class Drill(models.Model):
    """A call to see how soon a person answers: ours to another member, or another's to us."""

    id = models.UUIDField(primary_key=True)
    member = models.CharField(max_length=_MEMBER)
    """The other member."""
    ours = models.BooleanField()
    call = models.TextField()
    called = models.DateTimeField()
    """By this node's clock, in true time: when the call left, or came in."""
    answer = models.TextField(blank=True)
    answered = models.DateTimeField(null=True)
    """By this node's clock, in true time: when the answer came in, or was given."""
    answered_name = models.CharField(max_length=200, blank=True)
    answered_role = models.CharField(max_length=64, blank=True)
    sent = models.BooleanField(default=False)
    """Whether the call, or our answer to it, has reached the other node."""

    objects: ClassVar[models.Manager["Drill"]]

    class Meta:
        indexes: ClassVar = [models.Index(fields=["member", "called"], name="directory_drills")]


class ListedContact(models.Model):
    """What a list says of a contact that has no node, from ``since`` until a later word took its place.

    Nobody signed it. A row that ended without another in its place was given up.
    """

    member = models.CharField(max_length=_MEMBER)
    """Begins with ``hearsay-``, as no card's may."""
    key = models.CharField(max_length=260)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=8)
    country = models.CharField(max_length=2)
    zone = models.CharField(max_length=60)
    subdivision = models.CharField(max_length=8, blank=True)
    languages = models.JSONField(default=list)
    hours = models.CharField(max_length=100, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.CharField(max_length=200, blank=True)
    smime = models.TextField(blank=True)
    competences = models.JSONField(default=list)
    source = models.CharField(max_length=200)
    """Whose list."""
    source_date = models.DateField()
    """Of which day."""
    listed = models.DateTimeField()
    """When a list first named it here; carried from version to version."""
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["ListedContact"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member"], condition=Q(until=None), name="directory_one_listed_contact"),
            models.UniqueConstraint(
                fields=["country", "key"], condition=Q(until=None), name="directory_one_listed_key"
            ),
            models.CheckConstraint(condition=Q(member__startswith="hearsay-"), name="directory_listed_is_hearsay"),
            models.CheckConstraint(
                condition=Q(kind__in=["state", "provider", "private"]), name="directory_listed_kind"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["member", "since"], name="directory_listed_history")]


class ContactTry(models.Model):
    """Somebody tried to reach a contact by hearsay, on what its list says."""

    member = models.CharField(max_length=_MEMBER)
    at = models.DateTimeField()
    """In true time."""
    outcome = models.CharField(max_length=16)
    note = models.CharField(max_length=200, blank=True)
    by_person = models.CharField(max_length=40)
    by_name = models.CharField(max_length=200)

    objects: ClassVar[models.Manager["ContactTry"]]

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(outcome__in=["answered", "not-answered", "wrong"]), name="directory_known_outcome"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["member", "-at"], name="directory_tries")]


class WaitingList(models.Model):
    """A list that was read and waits for its confirmation: nothing of it counts, and in a day it is gone."""

    id = models.UUIDField(primary_key=True)
    by_person = models.CharField(max_length=40)
    file_name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=_HASH)
    content = models.BinaryField()
    since = models.DateTimeField()

    objects: ClassVar[models.Manager["WaitingList"]]


class NationalTable(models.Model):
    """A member's signed table of what its national law says, as it was taken in."""

    member = models.CharField(max_length=_MEMBER)
    source = models.CharField(max_length=8)
    sha256 = models.CharField(max_length=_HASH)
    jws = models.TextField()
    as_of = models.DateField()
    """The day whose law it tells, by its own word."""
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["NationalTable"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member"], condition=Q(until=None), name="directory_one_national_table"),
        ]


# --- Asked with every batch of letters ----------------------------------------------------------
# In SQL, since Django takes longer to put such a question together than PostgreSQL takes to answer it (decision 0045).

_CARD = (
    "id", "member", "source", "serial", "sha256", "jws", "since", "until", "role", "via", "confirmed_by",
    "confirmed_name", "confirmed_at", "confirmed_serial",
)  # fmt: skip

_HELD = f"""
WITH refused AS (
    SELECT kid, since, reason FROM directory_refusedkey
     WHERE member = %(member)s AND (%(as_of)s::timestamptz IS NULL OR since <= %(as_of)s::timestamptz) ORDER BY id
)
SELECT {", ".join(_CARD)},
       ARRAY(SELECT kid FROM refused), ARRAY(SELECT since FROM refused), ARRAY(SELECT reason FROM refused)
  FROM directory_knowncard
 WHERE member = %(member)s AND (until IS NULL OR until > %(as_of)s::timestamptz)
   AND (%(as_of)s::timestamptz IS NULL OR since <= %(as_of)s::timestamptz)
"""  # noqa: S608 - names of columns that stand above


def cards_held(member: str, as_of: datetime | None) -> tuple[list[KnownCard], list[tuple[str, datetime, str]]]:
    """The cards of a member that were in place at ``as_of``, or are now, and its refused keys: id, since when and why.

    No refused key is told of a member without a card.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"member": member, "as_of": as_of})
        rows = cursor.fetchall()
    cards = [KnownCard.from_db(connection.alias, _CARD, row[: len(_CARD)]) for row in rows]
    return cards, list(zip(*rows[0][len(_CARD) :], strict=True)) if rows else []


def last_own_card() -> str | None:
    """The signed bytes of the last card that this node signed for itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT jws FROM directory_owncard ORDER BY serial DESC LIMIT 1")
        row = cursor.fetchone()
    return str(row[0]) if row else None
