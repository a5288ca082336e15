"""Rows of people and their tokens."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Person(models.Model):
    """Somebody who acts at this node."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=200, unique=True)
    roles = models.JSONField(default=list)
    function = models.CharField(max_length=40, blank=True)
    """What the person is by office (judge, prosecutor, police …): decides what a sign-off is worth."""
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
