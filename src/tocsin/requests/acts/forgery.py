"""Saying that something is forged: one person says so, a second confirms it, and everybody is warned.

What was taken in as a request is marked by it; what nobody took in (a voice on the telephone, a mail that was only
looked at) is marked by its features alone.
"""

from hashlib import sha256

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import is_uuid, new_uuid
from tocsin.base.instant import Instant, text
from tocsin.journal import acts as journal
from tocsin.law.provisions import Side
from tocsin.notices.acts.issue import check_features, warn, withdraw_warning
from tocsin.notices.rules.features import Features, features_payload, read_features
from tocsin.notices.rules.notice import USUAL_DAYS, Why
from tocsin.people.rules import four_eyes, rights
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import canonical
from tocsin.requests import reads
from tocsin.requests.acts.call_back import call_heads
from tocsin.requests.acts.persons import check_person
from tocsin.requests.entries import ForgeryConfirmed, ForgeryMarked, ForgeryTakenBack
from tocsin.requests.errors import CallBackFieldError, CallBackNotNeededError, ForgeryStandsError, UnknownForgeryError
from tocsin.requests.models import Forgery, Request
from tocsin.requests.rules.call_back import MOST_WORDS


def mark_forged(request: str | None, features: Features, *, by: Actor, at: Instant, words: str = "") -> str:
    """Say that a request is forged, by its features; the forgery's id. Nothing is given from then on.

    Everybody is warned when a second person has confirmed it. ``words`` stay in this house. Raises
    ``FeaturesFaultyError``, ``OfficeNumberError``, ``ForgeryStandsError``, ``CallBackNotNeededError`` for a request of
    our own.
    """
    rights.check(by, Right.ANSWER)
    check_person(by, kind="forgery")
    check_features(features)
    if len(words) > MOST_WORDS or "\0" in words:
        raise CallBackFieldError(field="words", rule=f"at most {MOST_WORDS} characters")
    with transaction.atomic():
        row = _row_to_mark(request, by=by)
        payload = features_payload(features)
        forgery = Forgery.objects.create(
            id=new_uuid(),
            request=row,
            features=payload,
            words=words,
            marked_by=by.person,
            marked_name=by.name,
            marked_at=at,
        )
        told = ForgeryMarked(
            request=str(row.id) if row else "",
            forgery=str(forgery.id),
            features_sha256=sha256(canonical(payload)).hexdigest(),
        )
        journal.record(told, by=by, at=at)
    return str(forgery.id)


def confirm_forgery(forgery: str, *, by: Actor, at: Instant, days: int = USUAL_DAYS) -> str:
    """Confirm, as a second person, that something is forged: everybody is warned at once; the warning's id.

    Said once: again it changes nothing. Raises ``UnknownForgeryError``, ``OwnConfirmationError`` and what ``warn``
    raises.
    """
    rights.check(by, Right.ANSWER)
    check_person(by, kind="confirmation")
    with transaction.atomic():
        row = _forgery(forgery, by=by)
        four_eyes.check_second_person(entered_by=str(row.marked_by), confirms=by.person, name=by.name)
        if row.warning is not None:
            return str(row.warning)
        features, _faults = read_features(row.features)
        warning = warn(features, by=by, at=at, days=days)
        row.confirmed_by, row.confirmed_name, row.confirmed_at = by.person, by.name, at
        row.warning = warning
        row.save(update_fields=["confirmed_by", "confirmed_name", "confirmed_at", "warning"])
        told = ForgeryConfirmed(request=str(row.request_id or ""), forgery=str(row.id), warning=warning)
        journal.record(told, by=by, at=at)
        if row.request is not None:
            journal.record(call_heads(row.request, "forged", at=at), by=by, at=at)
    return warning


def take_back_forgery(forgery: str, *, why: Why, by: Actor, at: Instant) -> None:
    """Say that it is not forged after all, or that it is settled; whoever was warned is told.

    Raises ``UnknownForgeryError``.
    """
    rights.check(by, Right.ANSWER)
    check_person(by, kind="forgery")
    with transaction.atomic():
        row = _forgery(forgery, by=by)
        row.taken_back_by, row.taken_back_name, row.taken_back_at = by.person, by.name, at
        row.why = why.value
        row.save(update_fields=["taken_back_by", "taken_back_name", "taken_back_at", "why"])
        if row.warning is not None:
            withdraw_warning(str(row.warning), why=why, by=by, at=at)
        told = ForgeryTakenBack(request=str(row.request_id or ""), forgery=str(row.id), why=why.value)
        journal.record(told, by=by, at=at)


def _row_to_mark(request: str | None, *, by: Actor) -> Request | None:
    if not request:
        return None
    row = reads.row_to_change(by, request)
    if row.side != Side.ASKED.value:
        raise CallBackNotNeededError(rule="this side asked")
    standing = Forgery.objects.filter(request=row, taken_back_at=None).first()
    if standing is not None:
        raise ForgeryStandsError(since=text(standing.marked_at))
    return row


def _forgery(forgery: str, *, by: Actor) -> Forgery:
    """The row of something that is said forged and stands, locked, for somebody who sees its request."""
    found = Forgery.objects.filter(id=forgery, taken_back_at=None).first() if is_uuid(forgery) else None
    if found is None:
        raise UnknownForgeryError(forgery=forgery[:64])
    if found.request_id is not None:
        reads.row_to_change(by, str(found.request_id))
    return Forgery.objects.select_for_update(of=("self",)).select_related("request").get(id=forgery)
