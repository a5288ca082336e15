"""Signing a draft off: by the one who has the power, or by a signed document that a second person confirms."""

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import is_uuid, new_uuid
from tocsin.base.instant import Instant
from tocsin.journal import acts as journal
from tocsin.people import reads as people
from tocsin.people.rules import four_eyes, rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.acts.persons import check_person
from tocsin.requests.entries import DraftSignedOff, SignOffConfirmed
from tocsin.requests.errors import DraftChangedError, DraftFieldError, UnknownSignOffError
from tocsin.requests.models import Draft, StoredSignOff
from tocsin.requests.reads import DraftView
from tocsin.requests.rules.marks import HEX_64

_MOST_NAME = 200


def sign_off(draft: str, *, draft_sha256: str, by: Actor, at: Instant, validates: bool = False) -> DraftView:
    """Sign a draft off as it stands, under one's own function.

    ``draft_sha256`` is the hash of what the signer read. Raises ``DraftChangedError`` when it has changed since,
    ``OwnSignOffError`` for a draft that one wrote or changed, ``RightMissingError`` without the right,
    ``OfficeMissingError`` for a signer whose office the law does not know.
    """
    rights.check(by, Right.SIGN_OFF)
    check_person(by, kind="sign-off")
    signer = people.person(by.person)
    with transaction.atomic():
        row = _unchanged(draft, draft_sha256, by=by)
        four_eyes.check_writers(writers=[*row.writers, str(row.written_by)], signer=signer.id, name=signer.name)
        four_eyes.check_office(signer.function, name=signer.name)
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

    It counts once a second person has confirmed it (``confirm_document``). Raises ``DraftChangedError``,
    ``OfficeMissingError`` for an office that the law does not know, ``DraftFieldError`` without the signer's name.
    """
    rights.check(by, Right.DRAFT)
    check_person(by, kind="sign-off")
    _check_document(signer=signer, document_sha256=document_sha256)
    four_eyes.check_office(function, name=signer)
    with transaction.atomic():
        row = _unchanged(draft, draft_sha256, by=by)
        kept, new = StoredSignOff.objects.get_or_create(
            draft=row,
            person=by.person,
            draft_sha256=draft_sha256,
            validates=validates,
            document_sha256=document_sha256,
            defaults={"id": new_uuid(), "name": signer, "function": function, "at": at},
        )
        if new:
            journal.record(_told(row, kept), by=by, at=at)
    return reads.view_of_draft(row)


def confirm_document(sign_off_id: str, *, by: Actor, at: Instant) -> DraftView:
    """Confirm a signed document that somebody else entered, after its signature was checked or called back.

    Said once: a second time changes nothing. Raises ``UnknownSignOffError``, ``OwnConfirmationError`` for one's own
    entry, and ``DraftChangedError`` when the draft is no longer the one that was signed.
    """
    rights.check(by, Right.SEND)
    check_person(by, kind="confirmation")
    with transaction.atomic():
        kept = _document(sign_off_id, by=by)
        row = _unchanged(str(kept.draft_id), kept.draft_sha256, by=by)
        four_eyes.check_second_person(entered_by=str(kept.person), confirms=by.person, name=by.name)
        if kept.confirmed_by is None:
            kept.confirmed_by = by.person
            kept.save(update_fields=["confirmed_by"])
            told = SignOffConfirmed(request=str(row.request), draft=str(row.id), sign_off=str(kept.id))
            journal.record(told, by=by, at=at)
    return reads.view_of_draft(row)


def _document(sign_off_id: str, *, by: Actor) -> StoredSignOff:
    found = StoredSignOff.objects.select_for_update(of=("self",)).exclude(document_sha256="")
    found = found.filter(draft__in=reads.drafts_seen_by(by))
    kept = found.filter(id=sign_off_id).first() if is_uuid(sign_off_id) else None
    if kept is None:
        raise UnknownSignOffError(sign_off=sign_off_id)
    return kept


def _check_document(*, signer: str, document_sha256: str) -> None:
    if not signer.strip() or len(signer) > _MOST_NAME or not signer.isprintable():
        raise DraftFieldError(field="signer", rule=f"the name of who signed, 1 to {_MOST_NAME} characters")
    if not HEX_64.fullmatch(document_sha256):
        raise DraftFieldError(field="document_sha256", rule="the SHA-256 of the signed document, 64 hexadecimal digits")


def _unchanged(draft: str, draft_sha256: str, *, by: Actor) -> Draft:
    row = reads.draft_to_change(by, draft)
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
