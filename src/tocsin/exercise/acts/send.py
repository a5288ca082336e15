"""Sending, where somebody may be in training: what the checks stop is noted, and refused all the same."""

from tocsin.base.actor import Actor
from tocsin.base.errors import RuleError, TocsinError
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.exercise.acts.marks import note_blocked
from tocsin.law.draft_check import stops
from tocsin.people.errors import SignOffMissingError
from tocsin.requests import reads as requests
from tocsin.requests.acts.send import send_request as send
from tocsin.requests.errors import ChannelNotOursError, DraftFaultsError
from tocsin.wire.rules.letter import Letter

_MOST_REASONS = 20
_STOPS = (DraftFaultsError, SignOffMissingError, ChannelNotOursError)


def send_request(draft: str, *, by: Actor, at: Instant, expects: str | None = None) -> Letter:
    """``requests.acts.send.send_request``, and in an exercise a note of what kept the draft from leaving."""
    try:
        return send(draft, by=by, at=at, expects=expects)
    except RuleError as error:
        note_stopped(draft, error, by=by, at=at)
        raise


def note_stopped(draft: str, error: TocsinError, *, by: Actor, at: Instant) -> None:
    """In an exercise: note that the checks kept a draft from leaving, after the transaction that they stopped."""
    if this_node().exercise and isinstance(error, _STOPS):
        note_blocked(_reasons(draft, error, by=by, at=at), by=by, at=at)


def _reasons(draft: str, error: TocsinError, *, by: Actor, at: Instant) -> list[str]:
    if not isinstance(error, DraftFaultsError):
        return [error.code]
    view = requests.draft_for(by, draft)
    found = stops(requests.faults_of_draft(view, at=at))
    return [f"{each.code.value} {each.field}" for each in found][:_MOST_REASONS]
