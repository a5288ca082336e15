"""Signing in: when a session ends, what a way in is worth, and how an account is called.

A session ends at a fixed instant after it began, and earlier when nobody did anything for a while; the desk's own
looking for news does not count as doing something. What somebody has shown of himself is read from the records that
allauth keeps in the session: a passkey proves two factors by itself, a password or an organisation's word but one.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from tocsin.base.instant import Instant
from tocsin.people.errors import PersonFieldError

INVITATION_LIFE = timedelta(hours=72)
"""How long an invitation may be taken up."""
DOOR_LIFE = timedelta(hours=1)
"""How long somebody may stand in the door: a session in which nobody has signed in yet."""
AWAKE_EVERY = timedelta(minutes=1)
"""How often at most a session notes that it is used."""
_SIGN_IN_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,58}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long people stay signed in."""

    hours: int = 12
    """However much she does: a shift."""
    idle_minutes: int = 30
    """When she does nothing."""


def ends_at(*, since: Instant, seen: Instant, limits: SessionLimits) -> Instant:
    """The instant at which a session ends that began at ``since`` and was last used at ``seen``."""
    return min(since + timedelta(hours=limits.hours), seen + timedelta(minutes=limits.idle_minutes))


class Way(StrEnum):
    """How somebody came in."""

    PASSKEY = "passkey"
    APP = "password-and-app"
    KEY = "password-and-key"
    RECOVERY = "recovery-code"
    PASSWORD = "password"  # noqa: S105 - the name of a way
    ORGANISATION = "organisation"
    INVITATION = "invitation"


_FACTORS = {"totp": Way.APP, "webauthn": Way.KEY, "recovery_codes": Way.RECOVERY}


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody showed of himself when he signed in."""

    way: Way
    whole: bool
    """Whether two factors were shown: without, he sees nothing but how to set up the second."""
    device: int | None = None
    """The passkey or authenticator app that he used."""


def shown_by(records: Sequence[Mapping[str, Any]], *, trusts_organisation: bool) -> Shown:
    """What allauth's records of a session amount to.

    ``trusts_organisation``: the organisation's own provider asks for two factors, as the administrator says.
    """
    methods = {str(each.get("method")) for each in records}
    for each in reversed(records):
        if each.get("method") == "mfa":
            way = Way.PASSKEY if each.get("passwordless") else _FACTORS[str(each["type"])]
            return Shown(way=way, whole=True, device=int(each["id"]))
    if "socialaccount" in methods:
        return Shown(way=Way.ORGANISATION, whole=trusts_organisation)
    return Shown(way=Way.PASSWORD if "password" in methods else Way.INVITATION, whole=False)


def provider_id(issuer: str) -> str:
    """What an OpenID Connect provider is called in rows: another issuer is another provider, whatever its name."""
    return "oidc-" + hashlib.sha256(issuer.encode()).hexdigest()[:16]


# -- names ---------------------------------------------------------------------------------------


def check_sign_in_name(name: str) -> None:
    """Raise ``PersonFieldError`` for a name that nobody could type at a foreign keyboard."""
    if not _SIGN_IN_NAME.fullmatch(name):
        rule = "1 to 60 of the letters a to z, digits, dot, hyphen and underscore"
        raise PersonFieldError(field="sign_in_name", rule=rule)


def sign_in_name_of(name: str, *, taken: Collection[str]) -> str:
    """A sign-in name made from a person's name that is not taken: ``Ioana Șerban`` becomes ``ioana.serban``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = ".".join(re.findall(r"[a-z0-9]+", plain))[:50].strip(".") or "person"
    numbered = (base if number == 1 else f"{base}{number}" for number in range(1, len(taken) + 2))
    return next(each for each in numbered if each not in taken)


# -- devices, as a person knows them ---------------------------------------------------------------

_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chromium"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_of(agent: str) -> str:
    """What a browser calls itself, short: ``Firefox, Windows``; a claim, not a proof."""
    found = [next((name for mark, name in table if mark in agent), "") for table in (_BROWSERS, _SYSTEMS)]
    return ", ".join(filter(None, found))
