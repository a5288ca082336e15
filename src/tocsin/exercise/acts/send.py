"""Sending, where somebody may be in training: what the checks stop is noted, and refused all the same."""

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.errors import RuleError
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


def send_request(draft: str, *, by: Actor, at: Instant, expects: str | None = None) -> Letter:
    """``requests.acts.send.send_request``, and in an exercise a note of what kept the draft from leaving.

    The note stands when the caller's transaction does, whatever it tells the person; what is raised is the same.
    """
    try:
        with transaction.atomic():
            return send(draft, by=by, at=at, expects=expects)
    except (DraftFaultsError, SignOffMissingError, ChannelNotOursError) as error:
        if this_node().exercise:
            note_blocked(_reasons(draft, error, by=by, at=at), by=by, at=at)
        raise


def _reasons(draft: str, error: RuleError, *, by: Actor, at: Instant) -> list[str]:
    if not isinstance(error, DraftFaultsError):
        return [error.code]
    view = requests.draft_for(by, draft)
    found = stops(requests.faults_of_draft(view, at=at))
    return [f"{each.code.value} {each.field}" for each in found][:_MOST_REASONS]
