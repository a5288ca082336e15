"""Looking at a request, taking it into one's hands and giving it into a colleague's."""

from uuid import UUID

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import DossierId, new_uuid
from tocsin.base.instant import Instant
from tocsin.dossiers import reads as dossiers
from tocsin.dossiers.acts.look import note_look
from tocsin.journal import acts as journal
from tocsin.law.provisions import Side
from tocsin.people import reads as people
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.acts.persons import check_may_write, check_person, may_write
from tocsin.requests.entries import RequestHandedOver, RequestLooked, RequestTaken
from tocsin.requests.errors import HandOverError, LookReasonError, TakenMeanwhileError
from tocsin.requests.models import Draft, HandOver, Look, Request
from tocsin.requests.reads import DraftView, Standing
from tocsin.wire.acts.receipts import give_receipt
from tocsin.wire.rules.receipt import Stage

_MOST_REASON = 500


def look_at_request(request: str, *, reason: str, by: Actor, at: Instant, derived: bool = False) -> Standing:
    """Open a request and say why; the look is journalled, and the sender learns that a person opened his letters.

    ``derived`` says that nobody was asked: the reason follows from what the viewer does with the request. Raises
    ``LookReasonError`` without a reason (Directive (EU) 2016/680, Art. 25(2)).
    """
    rights.check(by, Right.READ_REQUESTS)
    check_person(by, kind="look")
    if not reason.strip() or len(reason) > _MOST_REASON or not reason.isprintable():
        raise LookReasonError(most=_MOST_REASON)
    with transaction.atomic():
        row = reads.row_for(by, request, lock=True)
        look = Look.objects.create(
            id=new_uuid(),
            request=row,
            person=by.person,
            dossier_id=row.dossier_id,
            reason=reason,
            derived=derived,
            at=at,
        )
        row.unread_since = None
        row.save(update_fields=["unread_since"])
        standing = reads.standing_of(row, at=at)
        for letter in standing.thread.letters:
            if letter.sender == standing.thread.line.counterpart:
                give_receipt(letter.sha256, stage=Stage.OPENED, by=by, at=at)
        journal.record(RequestLooked(request=str(row.id), look=str(look.id), reason=reason), by=by, at=at)
    return standing


def look_at_draft(draft: str, *, reason: str = "", by: Actor, at: Instant) -> DraftView:
    """Open a draft. Of who wrote in it, and of who may sign it off or send it, the reason is plain; others say it.

    Raises ``DossierReasonError`` without one.
    """
    rights.check(by, Right.READ_REQUESTS)
    check_person(by, kind="look")
    with transaction.atomic():
        row = reads.draft_row(by, draft)
        plain = "" if reason.strip() else _part_in(row, by)
        dossier = DossierId(str(row.dossier_id)) if row.dossier_id else None
        note_look("draft", draft, dossier=dossier, reason=reason.strip() or plain, derived=bool(plain), by=by, at=at)
        return reads.view_of_draft(row)


def _part_in(row: Draft, by: Actor) -> str:
    if by.person in {*row.writers, str(row.written_by)}:
        return "writes it"
    if rights.reaches(by, Right.SIGN_OFF):
        return "may sign it off"
    return "may send it" if rights.reaches(by, Right.SEND) else ""


def take_request(request: str, *, by: Actor, at: Instant, expects: str | None = None) -> None:
    """Take a request into one's own hands: everybody sees who has it.

    ``expects`` is who had it when it was looked at, ``""`` for nobody; raises ``TakenMeanwhileError`` when somebody
    else has it now.
    """
    rights.check(by, Right.READ_REQUESTS)
    check_person(by, kind="request")
    with transaction.atomic():
        row = reads.row_to_change(by, request)
        check_may_write(by, Side(row.side))
        _hand(row, to=by.person, words="", by=by, at=at, expects=expects)
        journal.record(RequestTaken(request=str(row.id), person=by.person), by=by, at=at)


def hand_over_request(request: str, *, to: str, words: str, by: Actor, at: Instant, expects: str | None = None) -> None:
    """Give a request into a colleague's hands, who may answer for this side of it.

    Raises ``HandOverError`` for somebody who may not, ``UnknownPersonError``, and ``TakenMeanwhileError``.
    """
    rights.check(by, Right.READ_REQUESTS)
    check_person(by, kind="request")
    if len(words) > _MOST_REASON:
        raise HandOverError(rule=f"at most {_MOST_REASON} characters may go with it")
    with transaction.atomic():
        row = reads.row_to_change(by, request)
        check_may_write(by, Side(row.side))
        colleague = people.actor_of(to)
        if not may_write(colleague, Side(row.side)) or not _is_let_in(colleague, row, at=at):
            raise HandOverError(rule=f"{colleague.name} may not write for this side of it")
        _hand(row, to=colleague.person, words=words, by=by, at=at, expects=expects)
        told = RequestHandedOver(request=str(row.id), person=colleague.person, words=words)
        journal.record(told, by=by, at=at)


def _is_let_in(colleague: Actor, row: Request, *, at: Instant) -> bool:
    if not row.members_only:
        return True
    return colleague.person in dossiers.to_call(DossierId(str(row.dossier_id)), at=at)


def _hand(row: Request, *, to: str, words: str, by: Actor, at: Instant, expects: str | None) -> None:
    holder = str(row.case_holder or "")
    if expects is not None and expects != holder:
        raise TakenMeanwhileError(who=people.name_of(holder) if holder else "nobody")
    HandOver.objects.create(
        id=new_uuid(), request=row, given_by=by.person, before=row.case_holder, to=to, words=words, at=at
    )
    row.case_holder = UUID(to)
    row.save(update_fields=["case_holder"])
