"""Making a dossier, saying who reads it, writing notes in it, closing it."""

from hashlib import sha256

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import DossierId, new_uuid
from tocsin.base.instant import Instant
from tocsin.dossiers import reads
from tocsin.dossiers.entries import (
    DossierAccessChanged,
    DossierClosed,
    DossierMade,
    DossierNoteWritten,
)
from tocsin.dossiers.errors import DossierFieldError, DossierReasonError, SecondWorkerError
from tocsin.dossiers.models import Dossier, DossierNote, Member
from tocsin.dossiers.rules.sight import Capacity, keeps_two_workers
from tocsin.dossiers.viewing import see_also
from tocsin.journal import acts as journal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right

MOST_TITLE, MOST_REASON, MOST_NOTE = 200, 500, 20_000


def make_dossier(title: str, *, members_only: bool, by: Actor, at: Instant, reference: str = "") -> DossierId:
    """Make a dossier that one answers for; its members' alone, or read by the desk as well.

    Raises ``DossierFieldError``.
    """
    rights.check(by, Right.KEEP_DOSSIERS)
    check_line(title, field="title", most=MOST_TITLE)
    if reference:
        check_line(reference, field="reference", most=MOST_TITLE)
    dossier = DossierId(new_uuid())
    with transaction.atomic():
        see_also(by, dossier, Capacity.OWNER)
        row = Dossier.objects.create(
            id=dossier, title=title, reference=reference, members_only=members_only, made_by=by.person, made_at=at
        )
        Member.objects.create(
            id=new_uuid(),
            dossier=row,
            person=by.person,
            capacity=Capacity.OWNER.value,
            since=at,
            reason="made it",
            let_in_by=by.person,
        )
        journal.record(DossierMade(dossier=dossier, owner=by.person, members_only=members_only), by=by, at=at)
    return dossier


def change_access(dossier: str, *, members_only: bool, reason: str, by: Actor, at: Instant) -> None:
    """Make a dossier its members' alone, or open it to the desk; its owner's act, with a reason.

    Raises ``SecondWorkerError`` for a dossier that would be known to one person alone.
    """
    check_reason(reason)
    with transaction.atomic():
        row = reads.row_to_change(by, dossier, as_owner=True)
        if row.members_only == members_only:
            return
        if members_only and not keeps_two_workers(reads.memberships(DossierId(dossier)), at=at):
            raise SecondWorkerError
        row.members_only = members_only
        row.save(update_fields=["members_only"])
        told = DossierAccessChanged(dossier=dossier, members_only=members_only, reason=reason)
        journal.record(told, by=by, at=at)


def close_dossier(dossier: str, *, reason: str, by: Actor, at: Instant) -> None:
    """Close a dossier: who may see it still does, and nothing is put into it any more. Its owner's act."""
    check_reason(reason)
    with transaction.atomic():
        row = reads.row_to_change(by, dossier, as_owner=True)
        if row.ended_at is not None:
            return
        row.ended_at = at
        row.save(update_fields=["ended_at"])
        journal.record(DossierClosed(dossier=dossier, reason=reason), by=by, at=at)


def write_dossier_note(dossier: str, words: str, *, by: Actor, at: Instant) -> str:
    """Write an internal note; it never leaves this node, and counsel never reads it. Returns its id."""
    if not words.strip() or len(words) > MOST_NOTE or "\x00" in words:
        raise DossierFieldError(field="words", rule=f"1 to {MOST_NOTE} characters")
    with transaction.atomic():
        row = reads.row_to_change(by, dossier)
        note = DossierNote.objects.create(id=new_uuid(), dossier=row, person=by.person, words=words, at=at)
        told = DossierNoteWritten(dossier=dossier, note=str(note.id), note_sha256=sha256(words.encode()).hexdigest())
        journal.record(told, by=by, at=at)
    return str(note.id)


def check_reason(reason: str) -> None:
    """Raise ``DossierReasonError`` unless it says on one line why."""
    if not reason.strip() or len(reason) > MOST_REASON or not reason.isprintable():
        raise DossierReasonError(most=MOST_REASON)


def check_line(text: str, *, field: str, most: int) -> None:
    """Raise ``DossierFieldError`` unless the text is one line that is not empty."""
    if not text.strip() or len(text) > most or not text.isprintable():
        raise DossierFieldError(field=field, rule=f"one line of 1 to {most} characters")
