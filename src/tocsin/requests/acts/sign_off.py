"""Signing a draft off: by the one who has the power, or by a signed document that a second person confirms."""

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import PersonId, new_uuid
from tocsin.base.instant import Instant
from tocsin.journal import acts as journal
from tocsin.people import reads as people
from tocsin.people.rules import four_eyes, rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.entries import DraftSignedOff, SignOffConfirmed
from tocsin.requests.errors import DraftChangedError, UnknownDraftError
from tocsin.requests.models import Draft, StoredSignOff
from tocsin.requests.reads import DraftView


def sign_off(draft: str, *, draft_sha256: str, by: Actor, at: Instant, validates: bool = False) -> DraftView:
    """Sign a draft off as it stands, under one's own function.

    ``draft_sha256`` is the hash of what the signer read. Raises ``DraftChangedError`` when it has changed since,
    ``OwnSignOffError`` for one's own draft, ``RightMissingError`` without the right.
    """
    rights.check(by, Right.SIGN_OFF)
    signer = people.person(by.person)
    with transaction.atomic():
        row = _unchanged(draft, draft_sha256)
        four_eyes.check_writer(writer=PersonId(str(row.written_by)), signer=signer.id, name=signer.name)
        kept, new = StoredSignOff.objects.get_or_create(
            draft=row,
            person=signer.id,
            draft_sha256=draft_sha256,
            validates=validates,
            defaults={"id": new_uuid(), "name": signer.name, "function": signer.function, "at": at},
        )
        if new:
            journal.record(_told(row, kept), by=by, at=at)
    return reads.view_of_draft(row)


def enter_document(
    draft: str,
    *,
    draft_sha256: str,
    document_sha256: str,
    signer: str,
    function: str,
    by: Actor,
    at: Instant,
    validates: bool = False,
) -> DraftView:
    """Enter a signed document (file or scan) of somebody who has no account here.

    It counts once a second person has confirmed it (``confirm_document``).
    """
    rights.check(by, Right.DRAFT)
    with transaction.atomic():
        row = _unchanged(draft, draft_sha256)
        kept = StoredSignOff.objects.create(
            id=new_uuid(),
            draft=row,
            person=by.person,
            name=signer,
            function=function,
            validates=validates,
            draft_sha256=draft_sha256,
            document_sha256=document_sha256,
            at=at,
        )
        journal.record(_told(row, kept), by=by, at=at)
    return reads.view_of_draft(row)


def confirm_document(sign_off_id: str, *, by: Actor, at: Instant) -> DraftView:
    """Confirm a signed document that somebody else entered, after its signature was checked or called back."""
    rights.check(by, Right.SEND)
    with transaction.atomic():
        kept = StoredSignOff.objects.select_for_update().filter(id=sign_off_id).exclude(document_sha256="").first()
        if kept is None:
            raise UnknownDraftError(draft=sign_off_id)
        row = reads.draft_row(str(kept.draft_id), lock=True)
        four_eyes.check_writer(writer=PersonId(str(kept.person)), signer=PersonId(by.person), name=by.name)
        kept.confirmed_by = by.person
        kept.save(update_fields=["confirmed_by"])
        told = SignOffConfirmed(request=str(row.request), draft=str(row.id), sign_off=str(kept.id))
        journal.record(told, by=by, at=at)
    return reads.view_of_draft(row)


def _unchanged(draft: str, draft_sha256: str) -> Draft:
    row = reads.draft_row(draft, lock=True)
    if row.sha256 != draft_sha256:
        raise DraftChangedError(found=row.sha256[:16], signed=draft_sha256[:16])
    return row


def _told(row: Draft, kept: StoredSignOff) -> DraftSignedOff:
    return DraftSignedOff(
        request=str(row.request),
        draft=str(row.id),
        draft_sha256=kept.draft_sha256,
        signer=kept.name,
        function=kept.function,
        document_sha256=kept.document_sha256,
    )
