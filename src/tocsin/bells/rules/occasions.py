"""For what a bell rings, and the few words that leave the house: a number and what to do, never personal data.

The number is the beginning of a request's id, which was drawn at random: it names nobody and nothing. What people typed
(a case's reference, a contact's name, words of a letter) is never in it.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

from tocsin.requests.rules.alarms import UNOPENED

_SHORT = 8


def _(text: str) -> str:
    return text


class Occasion(StrEnum):
    """Something of which people want to be told."""

    URGENT = "urgent"
    UNOPENED = "unopened"
    SOON = "soon"
    MISSED = "missed"
    HAND_OVER = "hand-over"
    OTHER = "other"


TITLES: Mapping[Occasion, str] = {
    Occasion.URGENT: _("An urgent request came"),
    Occasion.UNOPENED: _("An urgent request that nobody has opened"),
    Occasion.SOON: _("Something is due soon"),
    Occasion.MISSED: _("A time limit has passed"),
    Occasion.HAND_OVER: _("Something was handed over to you"),
    Occasion.OTHER: _("Something else needs you"),
}
"""What a person chooses, and what stands on top."""
_WORDS: Mapping[Occasion, str] = {
    Occasion.URGENT: _("Request {number}: open it at the desk now."),
    Occasion.UNOPENED: _("Request {number}: it still waits. Open it at the desk now."),
    Occasion.SOON: _("Request {number}: look at the desk what is due."),
    Occasion.MISSED: _("Request {number}: look at the desk what has passed."),
    Occasion.HAND_OVER: _("Request {number}: it is yours now."),
    Occasion.OTHER: _("Request {number}: look at the desk."),
}
SHIFT = _("A shift waits for you: read its note at the desk and take it over.")
TRIAL = _("This is a trial: your bell works.")
MORE = _("There is more than a bell can say: look at the desk.")
EXERCISE = _("EXERCISE")
_MISSED = frozenset({"strict-passed", "missed", "missed-by-them", "lapsed", "target-passed"})


def occasion_of(alarm: str) -> Occasion:
    """For what an alarm of this kind rings bells."""
    if alarm == f"{UNOPENED}-first":
        return Occasion.URGENT
    if alarm.startswith(UNOPENED):
        return Occasion.UNOPENED
    if alarm == "deputy" or alarm.startswith("lapses-in-"):
        return Occasion.SOON
    return Occasion.MISSED if alarm in _MISSED else Occasion.OTHER


def number_of(request: str) -> str:
    """How a request is called outside the desk."""
    return request[:_SHORT]


def said(
    occasion: Occasion, *, number: str, words: str = "", exercise: bool, translate: Callable[[str], str]
) -> tuple[str, str]:
    """Title and text of a ring; ``words`` is a sentence of this module that takes the place of the occasion's own."""
    title = translate(TITLES[occasion])
    text = translate(words or _WORDS[occasion]).format(number=number)
    return (f"{translate(EXERCISE)} · {title}" if exercise else title), text
