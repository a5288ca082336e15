"""Writing the letters of a thread after its ask: acknowledge, query, accept, refuse, deliver and the rest.

Each is a person's act: checked against what the thread permits now, signed, put in the outbox and journalled in one
transaction. What each kind says stands in ``rules/letters.py``; who may write which when, in ``rules/moves.py``.
"""

from collections.abc import Sequence

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import LetterId, new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import LetterKind
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.acts.erase import note_late_letter
from tocsin.requests.acts.persons import check_may_write, check_person, writing_role
from tocsin.requests.acts.renew import renew
from tocsin.requests.acts.send import NOTE_BY_WIRE
from tocsin.requests.acts.words import keep_words
from tocsin.requests.errors import LetterKindError, RequestElsewhereError, ThreadMovedError
from tocsin.requests.reads import Thread
from tocsin.requests.rules.letters import Ask, Body, body_payload, parse_body
from tocsin.requests.rules.steps import Step, step_of
from tocsin.requests.rules.thread import check_next, next_letter_place
from tocsin.wire.acts.post import post
from tocsin.wire.rules.letter import Attachment, Letter, UnsignedLetter, Writer


def write_letter(
    request: str,
    body: Body,
    *,
    by: Actor,
    at: Instant,
    attachments: Sequence[Attachment] = (),
    expects: str | None = None,
) -> Letter:
    """Write the next letter of this side of a thread; an ask is not written but sent (``send_request``).

    ``expects`` is the thread's head as the writer saw it: when something was said since, by a colleague or by the other
    side, ``ThreadMovedError`` tells what. Raises ``UnknownRequestError``, ``PersonNeededError`` for the node itself,
    ``NotYourMoveError`` for a letter that is not lawful now, ``RequestElsewhereError`` for a request of another system,
    ``ThreadGapError`` when letters of our own are missing, and ``LetterBodyError``.
    """
    rights.check(by, Right.READ_REQUESTS)  # who may not read learns nothing of what there is
    check_person(by, kind=body.kind.value)
    if isinstance(body, Ask):
        raise LetterKindError(kind=body.kind.value, kinds=", ".join(each.value for each in LetterKind if each != "ask"))
    payload = body_payload(body)
    parse_body(body.kind, payload)
    with transaction.atomic():
        row = reads.row_to_change(by, request)
        check_may_write(by, Side(row.side))
        if row.channel:
            raise RequestElsewhereError(channel=row.channel)
        thread = reads.thread_of(row)
        _check_unmoved(thread, expects)
        place = next_letter_place(thread.state, thread.line.side)
        letter = post(
            UnsignedLetter(
                id=LetterId(new_uuid()),
                kind=body.kind,
                thread=thread.line.id,
                sender=this_node().member,
                addressee=thread.line.counterpart,
                seq=place.seq,
                prev=place.prev,
                seen=place.seen,
                written=at,
                by=Writer(name=by.name, role=writing_role(by)),
                instrument=thread.line.instrument,
                directory=NOTE_BY_WIRE,
                body=payload,
                attachments=tuple(attachments),
            ),
            by=by,
            at=at,
        )
        held: list[Letter | Step] = [*thread.letters, *reads.tombstones_of(row)]
        check_next(held, step_of(letter), permits=thread.permits)  # a letter that may not be is taken back
        note_late_letter(row)
        renew(row, at=at)
        keep_words([letter])
    return letter


def _check_unmoved(thread: Thread, expects: str | None) -> None:
    if expects is None or expects == thread.head:
        return
    last = thread.kept[-1]
    name = last.letter.by.name if last.letter else ""
    raise ThreadMovedError(kind=last.kind, who=name, whose="this side" if last.sent else "the other side")
