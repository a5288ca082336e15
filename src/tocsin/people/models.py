"""Rows of people, their tokens, their accounts, and who is signed in."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.db import models


class Person(models.Model):
    """Somebody who acts at this node."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=200, unique=True)
    roles = models.JSONField(default=list)
    function = models.CharField(max_length=40, blank=True)
    """What the person is by office (judge, prosecutor, police …): decides what a sign-off is worth."""
    organisation = models.CharField(max_length=200, blank=True, db_default="")
    """For whom a partner works; empty for people of the house."""
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Person"]]


class Token(models.Model):
    """A program's way in for a person; only the hash of the token is kept."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="tokens")
    sha256 = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    since = models.DateTimeField()
    until = models.DateTimeField()
    withdrawn = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Token"]]


class Account(AbstractBaseUser):
    """How a person signs in at the desk; somebody who comes with tokens alone has none."""

    id = models.UUIDField(primary_key=True)
    person = models.OneToOneField("people.Person", on_delete=models.PROTECT, related_name="account")
    sign_in_name = models.CharField(max_length=200, unique=True)
    language = models.CharField(max_length=12, default="en")
    """In which the desk speaks to him; not what his browser guesses."""
    zone = models.CharField(max_length=60, blank=True)
    """The time zone that he works in; the node's own where it is empty."""
    is_active = models.BooleanField(default=True)

    last_login = None  # that somebody signed in stands in the journal

    objects: ClassVar[BaseUserManager["Account"]] = BaseUserManager()  # type: ignore[assignment]

    USERNAME_FIELD = "sign_in_name"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def check_password(self, raw_password: str | None) -> bool:
        """Whether this is the password; unlike Django's it changes no row: that would be an act without an entry."""
        return check_password(raw_password, self.password)


class Invitation(models.Model):
    """A link by which somebody sets up her first passkey or password; only its hash is kept."""

    id = models.UUIDField(primary_key=True)
    account = models.ForeignKey("people.Account", on_delete=models.PROTECT, related_name="invitations")
    sha256 = models.CharField(max_length=64, unique=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    taken = models.DateTimeField(null=True)
    """When it was taken up, or another took its place."""

    objects: ClassVar[models.Manager["Invitation"]]


class Session(models.Model):
    """A browser at the desk: of somebody who signed in, or of one who stands in the door.

    What the browser holds is a key; here stands its hash, and what is kept for it is encrypted (``sessions.py``).
    """

    session_key = models.CharField(max_length=64, primary_key=True)
    session_data = models.TextField()
    expire_date = models.DateTimeField(db_index=True)
    id = models.UUIDField(db_index=True)
    """By which its owner and the journal know it; for a moment two rows have it, when the key changes."""
    account = models.ForeignKey("people.Account", on_delete=models.CASCADE, null=True, related_name="sessions")
    since = models.DateTimeField()
    seen = models.DateTimeField()
    address = models.CharField(max_length=64, blank=True)
    agent = models.CharField(max_length=200, blank=True)
    way = models.CharField(max_length=30, blank=True)
    device = models.BigIntegerField(null=True)
    """The passkey or app with which she came in, by its number: it may be gone."""

    objects: ClassVar[models.Manager["Session"]]


class FailedSignIns(models.Model):
    """How often it was tried in vain to sign in to an account within a minute; without account: to none that exists."""

    account = models.ForeignKey("people.Account", on_delete=models.CASCADE, null=True, related_name="failed_sign_ins")
    minute = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)
    told = models.BooleanField(default=False)
    """Whether the journal knows how many there were."""

    objects: ClassVar[models.Manager["FailedSignIns"]]

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["account", "minute"], name="one_count_a_minute", nulls_distinct=False),
        )


class Remembered(models.Model):
    """What all processes remember together for a while: counts of attempts, codes that were used (``shared.py``)."""

    key = models.CharField(max_length=300, primary_key=True)
    value = models.JSONField()
    until = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager["Remembered"]]
