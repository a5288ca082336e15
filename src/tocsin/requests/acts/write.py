"""Writing the letters of a thread after its ask: acknowledge, query, accept, refuse, deliver and the rest.

Each is a person's act: checked against what the thread permits now, signed, put in the outbox and journalled in one
transaction. What each kind says stands in ``rules/letters.py``; who may write which when, in ``rules/moves.py``.
"""

from collections.abc import Sequence

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.errors import RuleError
from tocsin.base.ids import LetterId, MemberId, new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
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
from tocsin.requests.called_back import called_back
from tocsin.requests.errors import (
    CallBackNeededError,
    JoinError,
    LetterKindError,
    RequestElsewhereError,
    ThreadMovedError,
    UnknownSenderError,
)
from tocsin.requests.models import Request
from tocsin.requests.reads import Thread
from tocsin.requests.rules.call_back import GIVES_DATA, SENTENCES
from tocsin.requests.rules.letters import Ask, Body, body_payload, parse_body
from tocsin.requests.rules.steps import step_of
from tocsin.requests.rules.thread import check_next, next_letter_place
from tocsin.requests.rules.ways import BY_FORM, UNKNOWN
from tocsin.wire.acts.post import post, write_down
from tocsin.wire.rules.letter import Attachment, CardSource, DirectoryNote, Letter, UnsignedLetter, Writer


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
    ``CallBackNeededError`` for what gives data in an emergency that was not called back (``acts.call_back``),
    ``NotYourMoveError`` for a letter that is not lawful now, what ``check_ours_to_write`` raises where none is written,
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
        check_ours_to_write(row)
        thread = reads.thread_of(row)
        check_unmoved(thread, expects)
        check_called_back(row, thread, body.kind, at=at)
        place = next_letter_place(thread.state, thread.line.side)
        goes = write_down if row.channel == BY_FORM else post
        letter = goes(
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
                directory=NOTE_BY_WIRE if goes is post else note_by_form(thread.line.counterpart),
                body=payload,
                attachments=tuple(attachments),
            ),
            by=by,
            at=at,
        )
        check_next(thread.steps, step_of(letter), permits=thread.permits)  # a letter that may not be is taken back
        note_late_letter(row)
        renew(row, at=at)
        keep_words([letter])
    return letter


def check_ours_to_write(row: Request) -> None:
    """Raise what stands against a letter of ours in this thread, whatever it says.

    ``RequestElsewhereError`` where it runs in another system, ``UnknownSenderError`` where nobody knows who would read
    it, ``JoinError`` where it is another request.
    """
    if row.joined_to_id is not None:
        raise JoinError(rule=f"this one is the request {row.joined_to_id}: write there")
    if row.channel not in ("", BY_FORM):
        raise RequestElsewhereError(channel=row.channel)
    if row.counterpart == UNKNOWN:
        raise UnknownSenderError(rule="say first who it is; until then what you tell him is taken down")


def note_by_form(member: MemberId) -> DirectoryNote:
    """How the addressee of a letter that goes as a form is known: by the directory, by voice, or by hearsay."""
    try:
        trusted = directory.card_of(member)
    except RuleError:
        return DirectoryNote(source=CardSource.HEARSAY)
    return DirectoryNote(source=CardSource(trusted.source.value), stale_since=trusted.stale_since)


def check_called_back(row: Request, thread: Thread, kind: LetterKind, *, at: Instant) -> None:
    """Raise ``CallBackNeededError`` for what gives data while a call-back stands against it (``rules.call_back``)."""
    if kind not in GIVES_DATA or row.side != Side.ASKED.value:
        return
    found = called_back(row, thread.ask_body, reads.supplements_in(thread), at=at).standing
    if found.barred:
        raise CallBackNeededError(rule=SENTENCES[found.state])


def check_unmoved(thread: Thread, expects: str | None) -> None:
    """Raise ``ThreadMovedError`` when something was said since the writer saw the thread."""
    if expects is None or expects == thread.head:
        return
    down = next((each for each in thread.taken_down if each.step.sha256 == thread.said_last), None)
    if down is not None:
        raise ThreadMovedError(kind=down.step.kind.value, who=down.said_by, whose="the other side")
    last = thread.kept[-1]
    name = last.letter.by.name if last.letter else ""
    raise ThreadMovedError(kind=last.kind, who=name, whose="this side" if last.sent else "the other side")
