"""Erasing what a request and its drafts say when their retention is over.

Part of an act that ``retention`` does: rows go inside the caller's transaction, and the caller records it. What stays
of a request is which it was, with whom, under which instrument, when it began and ended, and a tombstone for each of
its letters (decision 0042), so that its state, its clocks and its chain hold.
"""

from collections.abc import Sequence

from django.db.models import QuerySet

from tocsin.base.ids import RequestId
from tocsin.base.instant import Instant
from tocsin.dossiers.acts.look import erase_looks
from tocsin.notices.acts.erase import erase_words
from tocsin.requests import reads
from tocsin.requests.errors import UnknownRequestError
from tocsin.requests.models import (
    ChannelExport,
    Draft,
    FormReceipt,
    Request,
    StepElsewhere,
    StoredClock,
    StoredSignOff,
    Tombstone,
)
from tocsin.requests.rules.steps import step_of, tombstone
from tocsin.wire.rules.letter import Letter

_KEPT = frozenset(
    {
        (Tombstone, "request"),
        (StoredClock, "request"),
        (ChannelExport, "request"),
        (StepElsewhere, "request"),
        (FormReceipt, "request"),
        (Request, "joined_to"),
        (Request, "parent"),
        (Draft, "parent"),
    }
)
"""What points to a request and outlives it: codes, instants, hashes, other requests. All else goes, new tables too."""


def lock_ended(request: RequestId) -> reads.EndedRequest | None:
    """Lock a request's row until the transaction ends; nothing while it is open. Raises ``UnknownRequestError``."""
    row = _locked(request)
    return reads.ended_request(row) if row.ended_at is not None else None


def erase_request(request: RequestId, letters: Sequence[Letter], *, at: Instant) -> list[str]:
    """Put tombstones in the place of ``letters``, which the caller erases, and erase all else that is personal.

    Gives the drafts that are gone, whose entries go too.

    Gone are the case's reference, the draft with its sign-offs, and every row that belongs to the request but its
    tombstones and clocks: hashes of identifiers, words to search by, notes, looks, alarms, decisions.
    """
    row = _locked(request)
    steps = [step_of(letter) for letter in letters]
    Tombstone.objects.bulk_create(Tombstone(sha256=each.sha256, request=row, step=tombstone(each)) for each in steps)
    drafts = _erase_drafts(Draft.objects.filter(request=row.id))
    _erase_elsewhere(row)
    erase_words(request)
    for relation in Request._meta.related_objects:  # noqa: SLF001 - Django's documented way to what points to a row
        if (relation.related_model, relation.field.name) not in _KEPT:
            relation.related_model._base_manager.filter(**{relation.field.name: row}).delete()  # noqa: SLF001
    Request.objects.filter(id=row.id).update(
        case_reference="", case_holder=None, earlier=[], erased_at=at, came_later=False
    )
    return drafts


def note_late_letter(row: Request | None) -> None:
    """Note that a letter came to an erased request, or left: it is to be erased as well."""
    if row is not None and row.erased_at is not None:
        Request.objects.filter(id=row.id).update(came_later=True)


def stale_drafts(*, until: Instant) -> list[tuple[str, RequestId]]:
    """Drafts that never left and that nobody wrote in after ``until``, oldest first, with the request of each."""
    rows = Draft.objects.filter(sent_at=None, written_at__lte=until).order_by("written_at", "id")
    return [(str(draft), RequestId(str(request))) for draft, request in rows.values_list("id", "request")]


def erase_draft(draft: str, *, until: Instant) -> bool:
    """Erase a draft with its sign-offs, unless it has left or somebody wrote in it after ``until`` meanwhile."""
    found = Draft.objects.select_for_update(of=("self",)).filter(id=draft, sent_at=None, written_at__lte=until)
    if not found:
        return False
    _erase_drafts(Draft.objects.filter(id=draft))
    return True


def _locked(request: RequestId) -> Request:
    row = Request.objects.select_for_update(of=("self",)).filter(id=request).first()
    if row is None:
        raise UnknownRequestError(request=request)
    return row


def _erase_elsewhere(row: Request) -> None:
    """Of what no letter carried its steps stay, which are tombstones already, and when each was received.

    What nobody's name stands at any more was typed by somebody all the same: ``read_at`` says that it was read again.
    """
    blank = {"reference": "", "said_by": "", "recorded_by": None}
    StepElsewhere.objects.filter(request=row).update(record={}, differs="", second_reader=None, **blank)
    FormReceipt.objects.filter(request=row).update(**blank)
    ChannelExport.objects.filter(request=row).update(files={}, reference="", exported_by=None, recorded_by=None)


def _erase_drafts(drafts: QuerySet[Draft]) -> list[str]:
    ids = [str(each) for each in drafts.values_list("id", flat=True)]
    erase_looks(ids)
    StoredSignOff.objects.filter(draft__in=drafts).delete()
    drafts.delete()
    return ids
