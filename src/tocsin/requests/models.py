"""Rows of requests. Letters are not here: ``wire`` keeps their bytes, and a request's state is read from them.

``state``, the clocks and the due instants are copies of what ``rules`` yields from the letters, kept to sort and find
by; ``acts.renew`` writes them and a test rebuilds them.
"""

import json
from collections.abc import Iterable, Sequence
from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import connection, models
from django.db.models import Q

from tocsin.base.sql_array import sql_array


class Request(models.Model):
    """A thread that this node is a side of, and what is to be known of it at a glance."""

    id = models.UUIDField(primary_key=True)
    side = models.CharField(max_length=6, choices=[("asker", "asker"), ("asked", "asked")])
    counterpart = models.CharField(max_length=40)
    instrument = models.CharField(max_length=64)
    case_reference = models.CharField(max_length=200, blank=True)
    urgent = models.BooleanField(default=False)
    exercise = models.BooleanField(default=False)
    parent = models.ForeignKey("requests.Request", null=True, on_delete=models.PROTECT, related_name="children")
    """The request that this one was made to carry out: an order passed on, a disclosure that followed."""
    case_holder = models.UUIDField(null=True)
    """The person who has it."""
    earlier = models.JSONField(default=list)
    """The requests that its ask names as earlier ones: a preservation that this one follows."""
    # Both hang together on the dossier's own (migration 0005), which changes them with itself.
    dossier = models.ForeignKey(
        "dossiers.Dossier", null=True, on_delete=models.PROTECT, related_name="requests", db_constraint=False
    )
    members_only = models.BooleanField(db_default=False)
    """Whether it lies in a dossier that is its members' alone."""
    channel = models.CharField(max_length=64, blank=True, default="", db_default="")
    """The other system in which it runs; nothing where its letters are ours."""
    channel_received_at = models.DateTimeField(null=True)
    """When that system says that it received the ask; not recorded before somebody typed it in."""
    joined_to = models.ForeignKey("requests.Request", null=True, on_delete=models.PROTECT, related_name="joined")
    """The request that this one is: it came on another way as well."""
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    """When its letters were last erased; their tombstones stand for them."""
    came_later = models.BooleanField(db_default=False)
    """Whether a letter came after that, which is to be erased as well."""
    state = models.CharField(max_length=40)
    due_clock = models.CharField(max_length=80, blank=True)
    due_strict = models.DateTimeField(null=True)
    due_latest = models.DateTimeField(null=True)
    due_by = models.CharField(max_length=8, blank=True)
    """The side whose duty the clock is that matters now."""
    waits_for = models.CharField(max_length=6, blank=True)
    """The side whose move it is; nobody's when nothing more has to be said."""
    unread_since = models.DateTimeField(null=True)
    """When the first letter came that no person here has opened."""
    next_look = models.DateTimeField(null=True)
    """When time alone changes something here next; a worker looks then."""

    objects: ClassVar[models.Manager["Request"]]

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_strict", "id"], name="requests_watch", condition=Q(ended_at=None)),
            models.Index(fields=["next_look", "id"], name="requests_next_look", condition=Q(ended_at=None)),
            # One for each filter of the watch that may leave few of many: a page is read in its order, and no more.
            models.Index(
                fields=["counterpart", "due_strict", "id"], name="requests_watch_with", condition=Q(ended_at=None)
            ),
            models.Index(
                fields=["instrument", "due_strict", "id"], name="requests_watch_under", condition=Q(ended_at=None)
            ),
            models.Index(fields=["state", "due_strict", "id"], name="requests_watch_state", condition=Q(ended_at=None)),
            models.Index(
                fields=["case_holder", "due_strict", "id"], name="requests_watch_held", condition=Q(ended_at=None)
            ),
            models.Index(
                fields=["due_strict", "id"], name="requests_watch_urgent", condition=Q(ended_at=None, urgent=True)
            ),
            models.Index(
                fields=["unread_since", "id"], name="requests_unread", condition=Q(unread_since__isnull=False)
            ),
            models.Index(fields=["ended_at", "id"], name="requests_ended", condition=Q(ended_at__isnull=False)),
            GinIndex(fields=["case_reference"], name="requests_by_reference", opclasses=["gin_trgm_ops"]),
            models.Index(fields=["counterpart", "opened_at"], name="requests_by_counterpart"),
            GinIndex(fields=["earlier"], name="requests_by_earlier", opclasses=["jsonb_path_ops"]),
        ]


class Tombstone(models.Model):
    """What is left of an erased letter: the step that it was in its thread (``rules/steps.py``), and no word of it."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.PROTECT, related_name="tombstones")
    step = models.JSONField()

    objects: ClassVar[models.Manager["Tombstone"]]


class Subject(models.Model):
    """Whose data a request is about, as a hash of the identifier: a column to find requests by, erased with them."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.CASCADE, related_name="subjects")
    sha256 = models.CharField(max_length=64)

    objects: ClassVar[models.Manager["Subject"]]

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["sha256", "request"], name="requests_subject_once")]


class Draft(models.Model):
    """An ask that has not left: what is filled in so far, and who wrote it."""

    id = models.UUIDField(primary_key=True)
    request = models.UUIDField(unique=True)
    """The id that the request will have; chosen now, so that sending twice is one request."""
    parent = models.ForeignKey("requests.Request", null=True, on_delete=models.PROTECT, related_name="drafts")
    instrument = models.CharField(max_length=64)
    to = models.CharField(max_length=40)
    content = models.JSONField()
    """Everything that the ask will say, as ``rules.drafts`` reads it."""
    sha256 = models.CharField(max_length=64)
    """Of the canonical content: what a sign-off signs."""
    written_by = models.UUIDField()
    """Who wrote last."""
    writers = models.JSONField(default=list)
    """Everybody who ever wrote in it: none of them signs it off."""
    part_salt = models.CharField(max_length=44, blank=True)
    """The salt of the part that only a notified authority may read, in base64; without it the commitment to that part
    in the letter that left says nothing."""
    dossier = models.ForeignKey(
        "dossiers.Dossier", null=True, on_delete=models.PROTECT, related_name="drafts", db_constraint=False
    )
    members_only = models.BooleanField(db_default=False)
    written_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    discarded_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Draft"]]


class StoredSignOff(models.Model):
    """Somebody's signature under a draft as it stood."""

    id = models.UUIDField(primary_key=True)
    draft = models.ForeignKey("requests.Draft", on_delete=models.PROTECT, related_name="sign_offs")
    person = models.UUIDField()
    name = models.CharField(max_length=200)
    function = models.CharField(max_length=40)
    validates = models.BooleanField(default=False)
    draft_sha256 = models.CharField(max_length=64)
    document_sha256 = models.CharField(max_length=64, blank=True)
    confirmed_by = models.UUIDField(null=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["StoredSignOff"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["draft", "person", "draft_sha256", "validates", "document_sha256"],
                name="requests_one_sign_off_each",
            ),
        ]


class ChannelExport(models.Model):
    """An ask that was written out for another system, which is the lawful way of its instrument.

    ``files`` are the bytes that were handed over, kept as they were: what they say is not made anew by later law data.
    """

    request = models.OneToOneField(
        "requests.Request", primary_key=True, on_delete=models.PROTECT, related_name="channel_export"
    )
    draft = models.UUIDField(unique=True)
    channel = models.CharField(max_length=64)
    label = models.CharField(max_length=300)
    files = models.JSONField()
    """Text by file name (``rules.export``)."""
    sha256 = models.CharField(max_length=64)
    step = models.JSONField()
    """The ask as a step of its thread (``rules.elsewhere``)."""
    exported_at = models.DateTimeField()
    exported_by = models.UUIDField(null=True)
    reference = models.CharField(max_length=200, blank=True)
    """What the other system calls it, as somebody typed it."""
    received_at = models.DateTimeField(null=True)
    """When the other system says that it was received; clocks that start on receipt run from then."""
    recorded_at = models.DateTimeField(null=True)
    recorded_by = models.UUIDField(null=True)

    objects: ClassVar[models.Manager["ChannelExport"]]


class StepElsewhere(models.Model):
    """Something that no letter carries, as somebody here wrote it down, or as it came by the order page."""

    id = models.UUIDField(primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.PROTECT, related_name="steps_elsewhere")
    step = models.JSONField()
    record = models.JSONField()
    """What was written down, of which the step's hash is taken."""
    reference = models.CharField(max_length=200, blank=True)
    way = models.CharField(max_length=20, db_default="other-system")
    """On what way it came (``rules.ways``)."""
    said_by = models.CharField(max_length=200, blank=True, db_default="")
    """Who said it there: the name that was given."""
    file = models.ForeignKey("requests.BroughtFile", null=True, on_delete=models.SET_NULL, related_name="+")
    """The scan, the message or what else came with it."""
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)
    """The typist; nobody for what came by the order page."""
    second_reader = models.UUIDField(null=True)
    read_at = models.DateTimeField(null=True)
    differs = models.CharField(max_length=500, blank=True, db_default="")
    """What the second reader found to differ; nothing where all agreed."""

    objects: ClassVar[models.Manager["StepElsewhere"]]


class BroughtFile(models.Model):
    """A scan, a message or another file that came with what was typed in; encrypted with ``age`` to this node.

    It lies in the database, so that it is there or not with the row that names it, and is erased with it. It is never
    rendered, and its name and kind are what somebody called it.
    """

    id = models.UUIDField(primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.CASCADE, related_name="brought")
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=60)
    size = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    """Of the file in the clear; nothing where only its sender had it in the clear."""
    age = models.BinaryField()
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["BroughtFile"]]


class Arrival(models.Model):
    """One way on which a request came: what is known of who sent it there, and when it was received."""

    id = models.UUIDField(primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.CASCADE, related_name="arrivals")
    way = models.CharField(max_length=20)
    received_at = models.DateTimeField()
    sender_name = models.CharField(max_length=200, blank=True)
    """As it stands there: it proves nothing."""
    sender_address = models.CharField(max_length=200, blank=True)
    """Mail address or number that stands there: never one to call back."""
    country = models.CharField(max_length=2)
    """Of the sender: of the member that is known, else as it stands there."""
    checked = models.CharField(max_length=20)
    checked_words = models.CharField(max_length=500, blank=True)
    words = models.TextField(blank=True)
    language = models.CharField(max_length=12)
    file = models.ForeignKey("requests.BroughtFile", null=True, on_delete=models.SET_NULL, related_name="+")
    recorded_at = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)

    objects: ClassVar[models.Manager["Arrival"]]


class FormReceipt(models.Model):
    """When a letter of ours that went as a form was received, as somebody said it; what was said last counts."""

    letter_sha256 = models.CharField(max_length=64, primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.PROTECT, related_name="form_receipts")
    received_at = models.DateTimeField()
    way = models.CharField(max_length=20)
    said_by = models.CharField(max_length=200, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)

    objects: ClassVar[models.Manager["FormReceipt"]]


class Fact(models.Model):
    """What reports count of one request, without a word or a person of it. Made by ``acts.count``."""

    request = models.UUIDField(primary_key=True)
    month = models.DateField()
    """The first day of the month in which it began here, in UTC."""
    side = models.CharField(max_length=6)
    instrument = models.CharField(max_length=64)
    counterpart = models.CharField(max_length=40)
    state = models.CharField(max_length=40)
    ended = models.BooleanField()
    ground = models.CharField(max_length=120, blank=True)
    """Of a refusal; empty where there is none, or where its letter was erased."""
    answered = models.BooleanField()
    seconds = models.BigIntegerField(null=True)
    """From the receipt of the ask to the first answer; nothing while there is none, or where one is not known."""

    objects: ClassVar[models.Manager["Fact"]]


class Figure(models.Model):
    """How many requests of a month, side, instrument and counterpart stand so."""

    id = models.BigAutoField(primary_key=True)
    month = models.DateField()
    side = models.CharField(max_length=6)
    instrument = models.CharField(max_length=64)
    counterpart = models.CharField(max_length=40)
    state = models.CharField(max_length=40)
    ended = models.BooleanField()
    ground = models.CharField(max_length=120, blank=True)
    answered = models.BooleanField()
    timed = models.BooleanField()
    """Whether it is known how soon."""
    count = models.BigIntegerField()

    objects: ClassVar[models.Manager["Figure"]]

    class Meta:
        indexes: ClassVar = [models.Index(fields=["month"], name="requests_figures")]


class Reaction(models.Model):
    """How many requests of a month were answered as soon as this, under one instrument or with one counterpart."""

    id = models.BigAutoField(primary_key=True)
    month = models.DateField()
    side = models.CharField(max_length=6)
    instrument = models.CharField(max_length=64, blank=True)
    counterpart = models.CharField(max_length=40, blank=True)
    """One of the two is empty: each request is counted once for each."""
    seconds = models.BigIntegerField()
    """Rounded to two figures."""
    count = models.BigIntegerField()

    objects: ClassVar[models.Manager["Reaction"]]

    class Meta:
        indexes: ClassVar = [models.Index(fields=["month"], name="requests_reactions")]


class ClockFigure(models.Model):
    """How many clocks of one kind stand in one phase, of requests of one month, instrument and counterpart."""

    id = models.BigAutoField(primary_key=True)
    month = models.DateField()
    side = models.CharField(max_length=6)
    instrument = models.CharField(max_length=64)
    counterpart = models.CharField(max_length=40)
    clock = models.CharField(max_length=80)
    phase = models.CharField(max_length=40)
    count = models.BigIntegerField()

    objects: ClassVar[models.Manager["ClockFigure"]]

    class Meta:
        indexes: ClassVar = [models.Index(fields=["month"], name="requests_clock_figures")]


class Counted(models.Model):
    """When the figures were made, and how long that took."""

    only = models.BooleanField(primary_key=True, default=True)
    at = models.DateTimeField()
    seconds = models.FloatField()

    objects: ClassVar[models.Manager["Counted"]]

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(only=True), name="requests_counted_once")]


class StoredClock(models.Model):
    """A clock of a request as it stood when it was last looked at."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.CASCADE, related_name="clocks")
    key = models.CharField(max_length=120)
    """The clock's id and what started it."""
    clock = models.CharField(max_length=80)
    phase = models.CharField(max_length=40)
    strict = models.DateTimeField(null=True)
    latest = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["StoredClock"]]

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["request", "key"], name="requests_one_row_a_clock")]
        indexes: ClassVar = [models.Index(fields=["request"], name="requests_promises", condition=Q(clock="promised"))]


class Alarm(models.Model):
    """Somebody was told that a clock is running out, or ran out; each told once."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.CASCADE, related_name="alarms")
    key = models.CharField(max_length=120)
    clock = models.CharField(max_length=80)
    kind = models.CharField(max_length=40)
    """``before-14-days``, ``deputy``, ``strict-passed``, ``missed`` …"""
    told = models.JSONField(default=list)
    """The roles and persons who were told."""
    choices = models.JSONField(default=list)
    """The lawful choices that were named."""
    line_down = models.BooleanField(default=False)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["Alarm"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request", "key", "kind"], name="requests_alarm_rings_once"),
        ]


class ReleaseDraft(models.Model):
    """Preserved data may be set free: a draft for a person to decide, never an automatic release."""

    id = models.UUIDField(primary_key=True)
    request = models.OneToOneField("requests.Request", on_delete=models.CASCADE, related_name="release_draft")
    drafted_at = models.DateTimeField()
    decision = models.CharField(max_length=10, blank=True, choices=[("release", "release"), ("keep", "keep")])
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["ReleaseDraft"]]


class Look(models.Model):
    """Somebody looked at a request, and why (Directive (EU) 2016/680, Article 25)."""

    id = models.UUIDField(primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.PROTECT, related_name="looks")
    person = models.UUIDField()
    dossier = models.ForeignKey("dossiers.Dossier", null=True, on_delete=models.PROTECT, related_name="+")
    """In which the request lay then."""
    reason = models.CharField(max_length=500)
    derived = models.BooleanField(db_default=False)
    """Whether the reason follows from what the person does with the request, instead of having been asked for."""
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["Look"]]


class HandOver(models.Model):
    """A request went from hand to hand: who has it since then."""

    id = models.UUIDField(primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.CASCADE, related_name="hand_overs")
    given_by = models.UUIDField()
    """Who did it: the one who took it, or who gave it."""
    before = models.UUIDField(null=True)
    """Who had it before; nobody."""
    to = models.UUIDField()
    words = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["HandOver"]]


class Note(models.Model):
    """What somebody wrote down about a request for this house alone; it never leaves."""

    id = models.UUIDField(primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.CASCADE, related_name="notes")
    person = models.UUIDField()
    words = models.TextField()
    language = models.CharField(max_length=12)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["Note"]]


class Wording(models.Model):
    """The words of a letter or a note, to find its request by; erased with them."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.CASCADE, related_name="wordings")
    source = models.CharField(max_length=64)
    """The hash of the letter, or the id of the note."""
    words = models.TextField()
    dictionary = models.CharField(max_length=40)
    """The text search configuration by which the words were read."""
    vector = SearchVectorField()

    objects: ClassVar[models.Manager["Wording"]]

    class Meta:
        indexes: ClassVar = [
            GinIndex(fields=["vector"], name="requests_wording_vector"),
            # Where PostgreSQL has no dictionary for a language, parts of words have to do.
            GinIndex(
                fields=["words"],
                name="requests_wording_parts",
                opclasses=["gin_trgm_ops"],
                condition=Q(dictionary="tocsin_simple"),
            ),
        ]
        constraints: ClassVar = [models.UniqueConstraint(fields=["source"], name="requests_worded_once")]


class CallBack(models.Model):
    """Somebody called the authority in whose name an emergency came, at the number of the directory."""

    id = models.UUIDField(primary_key=True)
    request = models.ForeignKey("requests.Request", on_delete=models.CASCADE, related_name="call_backs")
    number = models.CharField(max_length=60, blank=True)
    """The directory's; empty where it has none."""
    answered_by = models.CharField(max_length=200, blank=True)
    words = models.TextField(blank=True)
    outcome = models.CharField(max_length=12)
    by = models.UUIDField()
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField()
    confirmed_by = models.UUIDField(null=True)
    confirmed_name = models.CharField(max_length=200, blank=True)
    confirmed_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["CallBack"]]


class WithoutCallBack(models.Model):
    """Nobody answered, a life is at risk, and somebody decided to give the data."""

    request = models.OneToOneField(
        "requests.Request", primary_key=True, on_delete=models.CASCADE, related_name="without_call_back"
    )
    reason = models.TextField()
    tried_since = models.DateTimeField()
    by = models.UUIDField()
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["WithoutCallBack"]]


class Forgery(models.Model):
    """Something that a person says is forged: a request that is here, or one that was never taken in."""

    id = models.UUIDField(primary_key=True)
    request = models.ForeignKey("requests.Request", null=True, on_delete=models.CASCADE, related_name="forgeries")
    features = models.JSONField()
    """What everybody is warned of (``notices.rules.features``)."""
    words = models.TextField(blank=True)
    """Why, for this house alone; it never leaves."""
    marked_by = models.UUIDField()
    marked_name = models.CharField(max_length=200)
    marked_at = models.DateTimeField()
    confirmed_by = models.UUIDField(null=True)
    confirmed_name = models.CharField(max_length=200, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    warning = models.UUIDField(null=True)
    taken_back_by = models.UUIDField(null=True)
    taken_back_name = models.CharField(max_length=200, blank=True)
    taken_back_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=12, blank=True)
    """Why it was taken back."""

    objects: ClassVar[models.Manager["Forgery"]]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["request"], condition=Q(taken_back_at=None), name="requests_one_forgery_stands"
            ),
        ]


class SavedView(models.Model):
    """A way of looking at the watch that somebody keeps under a name."""

    id = models.UUIDField(primary_key=True)
    person = models.UUIDField()
    name = models.CharField(max_length=60)
    filters = models.JSONField()
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["SavedView"]]

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "name"], name="requests_view_named_once")]


class DoneOnce(models.Model):
    """A form that was sent, by the key that it carried: sent twice, it is done once."""

    key = models.UUIDField(primary_key=True)
    person = models.UUIDField()
    outcome = models.CharField(max_length=500, blank=True)
    """Where the one who sent it was led to."""
    at = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager["DoneOnce"]]


class ClockShift(models.Model):
    """How far the clock of an exercise node stands ahead of the machine's, from when on."""

    id = models.BigAutoField(primary_key=True)
    seconds = models.BigIntegerField()
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["ClockShift"]]


# --- Many rows in one statement -----------------------------------------------------------------
# A batch of letters opens or renews as many requests. Row by row that was ten statements for each
# (decision 0045); here it is one for all, whatever their number. Constraints and triggers hold as ever.

_COPIES = {
    "changed_at": "timestamptz",
    "state": "text",
    "ended_at": "timestamptz",
    "due_clock": "text",
    "due_strict": "timestamptz",
    "due_latest": "timestamptz",
    "due_by": "text",
    "waits_for": "text",
    "unread_since": "timestamptz",
    "next_look": "timestamptz",
}
"""What is bookkeeping; the rest of a row is changed by acts, which leave an entry."""

_COLUMNS = {
    "id": "uuid",
    "side": "text",
    "counterpart": "text",
    "instrument": "text",
    "case_reference": "text",
    "urgent": "bool",
    "exercise": "bool",
    "parent_id": "uuid",
    "case_holder": "uuid",
    "opened_at": "timestamptz",
    **_COPIES,
}
"""What a request begins with, beside the earlier ones that its ask names."""


def locked_requests(requests: Iterable[str]) -> list[Request]:
    """The rows of these requests that are here, locked in one order for all."""
    names = [field.attname for field in Request._meta.concrete_fields]  # noqa: SLF001 - Django's documented way
    columns = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM requests_request WHERE id = ANY(%s::uuid[]) ORDER BY id FOR UPDATE",  # noqa: S608
            [sql_array(requests)],
        )
        rows = [Request.from_db(connection.alias, names, row) for row in cursor.fetchall()]
    for row in rows:
        row.earlier = json.loads(row.earlier)  # Django takes JSON from the driver as text
    return rows


def add_requests(rows: Sequence[Request]) -> None:
    """Add the rows of requests that begin here; raises what the database raises for one that is there."""
    if not rows:
        return
    names = ", ".join((*_COLUMNS, "earlier"))
    values = ", ".join(f"%s::{kind}[]" for kind in (*_COLUMNS.values(), "jsonb"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO requests_request ({names}) SELECT * FROM unnest({values})",  # noqa: S608 - names from above
            [
                *(sql_array([getattr(row, name) for row in rows]) for name in _COLUMNS),
                sql_array([json.dumps(row.earlier) for row in rows]),
            ],
        )


def change_rows(rows: Sequence[Request]) -> None:
    """Write the copies in the rows of requests that are there."""
    if not rows:
        return
    values = ", ".join(f"%s::{kind}[]" for kind in ("uuid", *_COPIES.values()))
    changes = ", ".join(f"{name} = new.{name}" for name in _COPIES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE requests_request AS old SET {changes}"  # noqa: S608 - names of columns that stand above
            f" FROM unnest({values}) AS new (id, {', '.join(_COPIES)}) WHERE old.id = new.id",
            [sql_array([getattr(row, name) for row in rows]) for name in ("id", *_COPIES)],
        )


def keep_clocks(requests: Sequence[object], lines: Sequence[tuple[object, ...]]) -> None:
    """Keep all clocks of these requests, each as request, key, clock, phase, strict and latest.

    What does not run any more goes; one that stands as it stood is left alone.
    """
    if not requests:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH new AS (SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[],"
            " %s::timestamptz[], %s::timestamptz[]) AS new (request_id, key, clock, phase, strict, latest)),"
            " gone AS (DELETE FROM requests_storedclock AS old WHERE request_id = ANY(%s::uuid[]) AND NOT EXISTS"
            " (SELECT FROM new WHERE new.request_id = old.request_id AND new.key = old.key))"
            " INSERT INTO requests_storedclock AS old (request_id, key, clock, phase, strict, latest)"
            " SELECT * FROM new ON CONFLICT (request_id, key) DO UPDATE"
            " SET clock = excluded.clock, phase = excluded.phase, strict = excluded.strict, latest = excluded.latest"
            " WHERE (old.clock, old.phase, old.strict, old.latest) IS DISTINCT FROM"
            " (excluded.clock, excluded.phase, excluded.strict, excluded.latest)",
            [*(sql_array([line[place] for line in lines]) for place in range(6)), sql_array(requests)],
        )


def add_subjects(found: Sequence[tuple[object, str]]) -> None:
    """Add whose data requests are about, each as request and hash."""
    if not found:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO requests_subject (request_id, sha256) SELECT * FROM unnest(%s::uuid[], %s::text[])",
            [sql_array([request for request, _ in found]), sql_array([sha256 for _, sha256 in found])],
        )


def keep_wordings(rows: Sequence[tuple[str, str, str, str]]) -> None:
    """Keep words to find requests by, each as request, source, words and dictionary; what is there stays."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO requests_wording (request_id, source, words, dictionary, vector)"
            " SELECT request, source, words, dictionary, to_tsvector(dictionary::regconfig, words)"
            " FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]) AS new (request, source, words, dictionary)"
            " ON CONFLICT (source) DO NOTHING",
            list(map(sql_array, zip(*rows, strict=True))),
        )
