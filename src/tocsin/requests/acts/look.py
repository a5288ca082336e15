"""Looking at a request and taking it into one's hands."""

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant
from tocsin.journal import acts as journal
from tocsin.law.provisions import Side
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.acts.persons import check_may_write, check_person
from tocsin.requests.entries import RequestLooked, RequestTaken
from tocsin.requests.errors import LookReasonError
from tocsin.requests.models import Look
from tocsin.requests.reads import Standing
from tocsin.wire.acts.receipts import give_receipt
from tocsin.wire.rules.receipt import Stage

_MOST_REASON = 500


def look_at_request(request: str, *, reason: str, by: Actor, at: Instant) -> Standing:
    """Open a request and say why; the look is journalled, and the sender learns that a person opened his letters.

    Raises ``LookReasonError`` without a reason (Directive (EU) 2016/680, Art. 25(2)).
    """
    rights.check(by, Right.READ_REQUESTS)
    check_person(by, kind="look")
    if not reason.strip() or len(reason) > _MOST_REASON or not reason.isprintable():
        raise LookReasonError(most=_MOST_REASON)
    with transaction.atomic():
        row = reads.row_for(request, lock=True)
        look = Look.objects.create(id=new_uuid(), request=row, person=by.person, reason=reason, at=at)
        standing = reads.standing_of(row, at=at)
        for letter in standing.thread.letters:
            if letter.sender == standing.thread.line.counterpart:
                give_receipt(letter.sha256, stage=Stage.OPENED, by=by, at=at)
        journal.record(RequestLooked(request=str(row.id), look=str(look.id), reason=reason), by=by, at=at)
    return standing


def take_request(request: str, *, by: Actor, at: Instant) -> None:
    """Take a request into one's own hands: everybody sees who has it."""
    rights.check(by, Right.READ_REQUESTS)
    check_person(by, kind="request")
    with transaction.atomic():
        row = reads.row_for(request, lock=True)
        check_may_write(by, Side(row.side))
        row.case_holder = by.person
        row.save(update_fields=["case_holder"])
        journal.record(RequestTaken(request=str(row.id), person=by.person), by=by, at=at)
