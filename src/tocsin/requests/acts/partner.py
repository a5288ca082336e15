"""What a partner does: she opens what is addressed to her organisation, and answers it under her name.

She finds the request by her own right; what she says then becomes a step of the thread by the node's rule, as does what
comes by the order page. Nothing of the house's own work is shown to her.
"""

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant, text
from tocsin.journal import acts as journal
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import LetterKind
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.people.viewing.seen import the_node_acts
from tocsin.requests import reads
from tocsin.requests.acts.brought import keep_file
from tocsin.requests.acts.elsewhere import Heard, take_down_in
from tocsin.requests.acts.persons import check_person
from tocsin.requests.acts.renew import renew
from tocsin.requests.acts.write import check_unmoved
from tocsin.requests.addressed import addressed_row, addressed_standing, organisation_of
from tocsin.requests.entries import LetterReceiptRecorded, PartnerLooked
from tocsin.requests.errors import LetterKindError
from tocsin.requests.models import FormReceipt, Request
from tocsin.requests.reads import Standing
from tocsin.requests.rules.letters import Body
from tocsin.requests.rules.ways import Brought, Way

SAYS = (
    *(LetterKind.ACKNOWLEDGE, LetterKind.INDICATE, LetterKind.QUERY, LetterKind.ACCEPT, LetterKind.REFUSE),
    *(LetterKind.PRESERVED, LetterKind.DELIVER),
)
"""What a partner may say: that it came, whether and when, a question, impossible because, held, here it is."""


def look_as_partner(request: str, *, by: Actor, at: Instant) -> Standing:
    """Open what is addressed to one's organisation. Letters that nobody there had opened are received with this.

    The look is journalled; its reason is that the request is addressed to her. Raises ``UnknownRequestError``.
    """
    rights.check(by, Right.ANSWER_AS_PARTNER)
    check_person(by, kind="look")
    with transaction.atomic():
        row = addressed_row(by, request)
        told = PartnerLooked(request=str(row.id), partner=organisation_of(by))
        with the_node_acts():
            locked = Request.objects.select_for_update(of=("self",)).get(id=row.id)
            received = _receive(locked, by=by, at=at)
            journal.record_all([told, *received], by=by, at=at)
            if received:
                renew(locked, at=at)
        return addressed_standing(by, request, at=at)


def answer_as_partner(
    request: str, body: Body, *, by: Actor, at: Instant, expects: str | None = None, file: Brought | None = None
) -> None:
    """Say something in a request that is addressed to one's organisation; it counts from now, and nobody retypes it.

    ``expects`` is the thread's head as she saw it. Raises ``UnknownRequestError``, ``LetterKindError`` for what a
    partner does not say, ``ThreadMovedError``, ``NotYourMoveError``, ``LetterBodyError``, ``BroughtFaultyError``.
    """
    rights.check(by, Right.ANSWER_AS_PARTNER)
    check_person(by, kind=body.kind.value)
    if body.kind not in SAYS:
        raise LetterKindError(kind=body.kind.value, kinds=", ".join(kind.value for kind in SAYS))
    with transaction.atomic():
        found = addressed_row(by, request)
        with the_node_acts():
            row = Request.objects.select_for_update(of=("self",)).get(id=found.id)
            check_unmoved(reads.thread_of(row), expects)
            kept = keep_file(row, file, at=at) if file else None
            heard = Heard(body=body, side=Side.ASKED, way=Way.PARTNER, received_at=at, said_by=by.name)
            take_down_in(row, heard, kept=kept, by=by, at=at)


def _receive(row: Request, *, by: Actor, at: Instant) -> list[LetterReceiptRecorded]:
    """Our letters of this thread that nobody there had opened are received now."""
    sent = [each.sha256 for each in reads.thread_of(row).kept if each.sent]
    known = set(FormReceipt.objects.filter(letter_sha256__in=sent).values_list("letter_sha256", flat=True))
    fresh = [each for each in sent if each not in known]
    FormReceipt.objects.bulk_create(
        FormReceipt(
            letter_sha256=each,
            request=row,
            received_at=at,
            way=Way.PARTNER.value,
            said_by=by.name,
            recorded_at=at,
            recorded_by=by.person,
        )
        for each in fresh
    )
    return [
        LetterReceiptRecorded(request=str(row.id), letter_sha256=each, way=Way.PARTNER.value, received_at=text(at))
        for each in fresh
    ]
