"""Who really issued an urgent request: plain facts beside its text, each from card, keys, law and what came before.

No score and no verdict. A fact says what is unusual and lets the officer judge: that a request is the first of its
sender, by this person, under this key, at night over there, or the first emergency from there. Facts are computed from
what this node holds and what the viewer may see of it; their sentences say so.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from tocsin.base.instant import Instant
from tocsin.law.calendar import zone_named

YOUNG: Final = timedelta(days=30)
"""Younger than this a key, a card's number or a way of knowing somebody is told as new."""
NIGHT: Final = (22, 6)
"""From this hour on and before that one it is night."""


class Unusual(StrEnum):
    """What may be unusual about a request."""

    FIRST_REQUEST = "first-request"
    FIRST_OF_PERSON = "first-of-person"
    FIRST_EMERGENCY = "first-emergency"
    YOUNG_KEY = "young-key"
    YOUNG_NUMBER = "young-number"
    """The telephone number in the card has changed lately: who can change the card could answer it."""
    NIGHT_THERE = "night-there"
    DIRECTORY_STALE = "directory-stale"
    SENDERS_DIRECTORY_STALE = "senders-directory-stale"
    SOURCES_DISAGREE = "sources-disagree"
    VALIDATION_FOLLOWS = "validation-follows"
    NOT_KNOWN = "not-known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something unusual, with the instant that it is about where there is one."""

    what: Unusual
    since: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What came from this sender before, as far as it was looked at."""

    requests: int
    by_person: int
    emergencies: int
    bounded: bool = False
    """Whether there may be more than was looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of the sender of a request."""

    written: Instant
    zone: str
    key_since: Instant | None = None
    """When this node first held a card that names the key."""
    number_since: Instant | None = None
    """Since when the card that is in force, and those before it without a break, name this number."""
    directory_stale_since: Instant | None = None
    senders_stale_since: Instant | None = None
    sources_disagree: bool = False
    validation_follows: bool = False
    emergency: bool = False


def unusual(seen: Seen, before: Before, *, at: Instant) -> tuple[Fact, ...]:
    """What is unusual about a request, in a fixed order."""
    young = at - YOUNG
    told = [
        (Unusual.FIRST_REQUEST, before.requests == 0 and not before.bounded, None),
        (Unusual.FIRST_OF_PERSON, before.requests > 0 and before.by_person == 0, None),
        (Unusual.FIRST_EMERGENCY, seen.emergency and before.emergencies == 0, None),
        (Unusual.YOUNG_KEY, seen.key_since is not None and seen.key_since > young, seen.key_since),
        (Unusual.YOUNG_NUMBER, seen.number_since is not None and seen.number_since > young, seen.number_since),
        (Unusual.NIGHT_THERE, is_night(seen.written, zone=seen.zone), seen.written),
        (Unusual.DIRECTORY_STALE, seen.directory_stale_since is not None, seen.directory_stale_since),
        (Unusual.SENDERS_DIRECTORY_STALE, seen.senders_stale_since is not None, seen.senders_stale_since),
        (Unusual.SOURCES_DISAGREE, seen.sources_disagree, None),
        (Unusual.VALIDATION_FOLLOWS, seen.validation_follows, None),
    ]
    return tuple(Fact(what=what, since=since) for what, holds, since in told if holds)


def is_night(at: Instant, *, zone: str) -> bool:
    """Whether it is night on the wall of a zone."""
    hour = at.astimezone(zone_named(zone)).hour
    return hour >= NIGHT[0] or hour < NIGHT[1]
