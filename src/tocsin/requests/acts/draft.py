"""Drafting an ask: writing it, changing it, giving it up."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant
from tocsin.directory.rules.card_form import NOBODY
from tocsin.journal import acts as journal
from tocsin.law.instrument import instrument
from tocsin.people import reads as people
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.acts.dossier import place_of_draft
from tocsin.requests.acts.persons import check_person
from tocsin.requests.entries import DraftDiscarded, DraftWritten
from tocsin.requests.errors import DraftFieldError, DraftMovedError
from tocsin.requests.models import Draft
from tocsin.requests.reads import DraftView
from tocsin.requests.rules.drafts import Content, merged, read_content


def write_draft(
    written: Mapping[str, Any], *, by: Actor, at: Instant, parent: str | None = None, dossier: str | None = None
) -> DraftView:
    """Keep a new draft; ``parent`` is the request that it is made to carry out, in whose dossier it then lies.

    What is missing in the form is no error yet: ``reads.faults_of_draft`` tells every fault. Raises
    ``DraftFieldError`` for a wrong shape, ``UnknownInstrumentError`` for an instrument that there is not, and
    ``OwnCardMissingError`` at a node that is nobody's counterpart yet.
    """
    rights.check(by, Right.DRAFT)
    check_person(by, kind="draft")
    if parent:
        rights.check(by, Right.READ_REQUESTS)
    content = read_content(written)
    instrument(content.instrument)
    reads.own_party()
    with transaction.atomic():
        above = reads.row_for(by, parent) if parent else None
        around = place_of_draft(above, dossier, by=by)
        row = Draft.objects.create(
            id=new_uuid(),
            request=new_uuid(),
            parent=above,
            dossier_id=around.id if around else None,
            members_only=around.members_only if around else False,
            instrument=content.instrument,
            to=content.to,
            content=dict(content.raw),
            sha256=content.sha256,
            written_by=by.person,
            writers=[by.person],
            written_at=at,
        )
        journal.record(_told(row, content), by=by, at=at)
    return reads.view_of_draft(row)


def change_draft(
    draft: str, written: Mapping[str, Any], *, by: Actor, at: Instant, expects: str | None = None
) -> DraftView:
    """Put ``written`` over a draft, member by member; ``form`` is merged field by field.

    A sign-off that was under the old content no longer counts. Whoever changes it has written it, beside those who
    wrote before: none of them signs it off. ``expects`` is the hash of what was changed. Raises what ``write_draft``
    raises, ``UnknownDraftError``, and ``DraftMovedError`` when it is another draft by now.
    """
    rights.check(by, Right.DRAFT)
    check_person(by, kind="draft")
    with transaction.atomic():
        row = reads.draft_to_change(by, draft)
        check_unmoved(row, expects)
        content = read_content(merged(row.content, written))
        _check_stays_a_sample(row, content)
        instrument(content.instrument)
        row.instrument, row.to = content.instrument, content.to
        row.content, row.sha256 = dict(content.raw), content.sha256
        row.written_by, row.written_at = by.person, at
        row.writers = sorted({*row.writers, by.person})
        row.save()
        journal.record(_told(row, content), by=by, at=at)
    return reads.view_of_draft(row)


def discard_draft(draft: str, *, by: Actor, at: Instant) -> None:
    """Give a draft up; it can no longer be signed or sent."""
    rights.check(by, Right.DRAFT)
    with transaction.atomic():
        row = reads.draft_to_change(by, draft)
        row.discarded_at = at
        row.save(update_fields=["discarded_at"])
        journal.record(DraftDiscarded(request=str(row.request), draft=str(row.id)), by=by, at=at)


def _check_stays_a_sample(row: Draft, content: Content) -> None:
    """A sample case is addressed to nobody, and never becomes a request."""
    if row.to == NOBODY and content.to != NOBODY:
        raise DraftFieldError(field="to", rule="this is a sample case and stays one: begin a draft of your own")


def check_unmoved(row: Draft, expects: str | None) -> None:
    """Raise ``DraftMovedError`` when the draft is no longer the one that was read."""
    if expects is not None and row.sha256 != expects:
        raise DraftMovedError(who=people.name_of(str(row.written_by)))


def _told(row: Draft, content: Content) -> DraftWritten:
    return DraftWritten(
        request=str(row.request),
        draft=str(row.id),
        instrument=content.instrument,
        to=content.to,
        draft_sha256=content.sha256,
    )
