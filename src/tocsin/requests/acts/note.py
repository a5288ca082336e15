"""Internal notes: what somebody writes down about a request for this house alone."""

from hashlib import sha256

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant
from tocsin.journal import acts as journal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.acts.persons import check_person
from tocsin.requests.acts.words import keep_note_words
from tocsin.requests.entries import NoteWritten
from tocsin.requests.errors import NoteWordsError
from tocsin.requests.models import Note

MOST_WORDS = 20_000


def write_note(request: str, words: str, *, language: str, by: Actor, at: Instant) -> str:
    """Write an internal note, which never leaves this node; its id. Raises ``NoteWordsError``."""
    rights.check(by, Right.READ_REQUESTS)
    check_person(by, kind="note")
    if not words.strip() or len(words) > MOST_WORDS or "\0" in words:
        raise NoteWordsError(most=MOST_WORDS)
    with transaction.atomic():
        row = reads.row_to_change(by, request)
        note = Note.objects.create(
            id=new_uuid(), request=row, person=by.person, words=words, language=language[:12], at=at
        )
        keep_note_words(row, note=str(note.id), words=words, language=language)
        told = NoteWritten(request=str(row.id), note=str(note.id), note_sha256=sha256(words.encode()).hexdigest())
        journal.record(told, by=by, at=at)
    return str(note.id)
