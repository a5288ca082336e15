"""A shift goes from one person to another by name, with a note, and is acknowledged by name."""

from collections.abc import Mapping
from hashlib import sha256

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import is_uuid, new_uuid
from tocsin.base.instant import Instant, text
from tocsin.duty.entries import ShiftAcknowledged, ShiftHandedOver
from tocsin.duty.errors import (
    DutyPersonNeededError,
    NotHandedToYouError,
    ShiftFieldError,
    UnknownShiftNoteError,
)
from tocsin.duty.models import ShiftNote
from tocsin.journal.acts import record
from tocsin.people import reads as people
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import Json, canonical

MOST_WORDS = 2000


def hand_over(note: Mapping[str, Json], *, to: str, words: str, since: Instant, by: Actor, at: Instant) -> str:
    """Hand a shift that began at ``since`` over to somebody, with what is on the table; the hand-over's id.

    Raises ``ShiftFieldError``, ``UnknownPersonError`` and ``DutyPersonNeededError``.
    """
    _check_person(by)
    if len(words) > MOST_WORDS or "\0" in words:
        raise ShiftFieldError(field="words", rule=f"at most {MOST_WORDS} characters")
    colleague = people.actor_of(to)
    if colleague.person == by.person:
        raise ShiftFieldError(field="to", rule="somebody else: nobody hands a shift over to himself")
    if Right.READ_REQUESTS not in rights.rights_of(colleague.roles):
        raise ShiftFieldError(field="to", rule=f"{colleague.name} may not read requests")
    digest = sha256(canonical({"note": dict(note), "words": words})).hexdigest()
    with transaction.atomic():
        row = ShiftNote.objects.create(
            id=new_uuid(),
            given_by=by.person,
            to=colleague.person,
            since=since,
            at=at,
            words=words,
            note=dict(note),
            sha256=digest,
        )
        told = ShiftHandedOver(note=str(row.id), person=colleague.person, since=text(since), note_sha256=digest)
        record(told, by=by, at=at)
    return str(row.id)


def acknowledge(note: str, *, by: Actor, at: Instant) -> None:
    """Say that one has read the note and has the shift now; once more has no effect.

    Raises ``UnknownShiftNoteError`` and ``NotHandedToYouError``.
    """
    _check_person(by)
    with transaction.atomic():
        row = ShiftNote.objects.select_for_update().filter(id=note).first() if is_uuid(note) else None
        if row is None:
            raise UnknownShiftNoteError(note=note)
        if str(row.to) != by.person:
            raise NotHandedToYouError(name=people.name_of(str(row.to)))
        if row.acknowledged_at is not None:
            return
        row.acknowledged_at = at
        row.save(update_fields=["acknowledged_at"])
        record(ShiftAcknowledged(note=str(row.id), note_sha256=row.sha256), by=by, at=at)


def _check_person(by: Actor) -> None:
    rights.check(by, Right.READ_REQUESTS)
    if not by.person:
        raise DutyPersonNeededError
