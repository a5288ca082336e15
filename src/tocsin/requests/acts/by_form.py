"""Our side of a thread with somebody who has no node: the ask goes as a form, and so does all that we say after it.

The form carries the very letter: signed, in its place of the thread, in the journal, and never in the outbox. When it
was received, somebody has to tell us (``record_form_receipt``); an answer says so too.
"""

from dataclasses import replace

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant, text
from tocsin.journal import acts as journal
from tocsin.law.instrument import instrument
from tocsin.law.provisions import Channel, Side
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.acts.draft import check_unmoved
from tocsin.requests.acts.persons import check_may_write, check_person
from tocsin.requests.acts.renew import renew
from tocsin.requests.acts.send import ask_of, begin, channel_of, check_fit, first_letter
from tocsin.requests.acts.write import note_by_form
from tocsin.requests.counterparts import is_by_hearsay
from tocsin.requests.entries import LetterReceiptRecorded
from tocsin.requests.errors import NotByFormError, UnknownStepError
from tocsin.requests.models import FormReceipt
from tocsin.requests.reads import DraftView, Standing
from tocsin.requests.rules.ways import BY_FORM, Way, check_line, check_received
from tocsin.wire.acts.post import write_down
from tocsin.wire.rules.letter import Letter, UnsignedLetter

FORM_CHANNELS = frozenset({"email-form", "paper", "national-service"})
"""Ways of the instruments that are a form, whoever carries it."""


def send_by_form(draft: str, *, by: Actor, at: Instant, expects: str | None = None) -> Letter:
    """Sign the ask of a signed-off draft, for a form to carry it; nothing is put in the outbox.

    The same checks as before a letter. Raises what ``send_request`` raises, and ``NotByFormError`` where the card of
    its addressee is trusted and the draft does not take a way that is a form. A draft that was sent is sent once.
    """
    rights.check(by, Right.SEND)
    check_person(by, kind="ask")
    with transaction.atomic():
        row = reads.draft_to_change(by, draft)
        check_unmoved(row, expects)
        view = reads.view_of_draft(row)
        law = instrument(view.content.instrument)
        overridden = check_fit(view, law, at=at)
        _check_by_form(channel_of(view, law, at=at), to=view.content.to)
        ask = ask_of(view, law, overridden, at=at)
        written = _known_as_it_is(first_letter(law, thread=view.request, to=view.content.to, by=by, at=at))
        return begin(row, view, ask, written, goes=write_down, channel=BY_FORM, by=by, at=at)


def goes_as_form(view: DraftView) -> bool:
    """Whether a draft goes as a form: by the way that it takes, or because its addressee has no node that is known."""
    return view.content.channel in FORM_CHANNELS or (
        view.content.channel == "tocsin" and is_by_hearsay(view.content.to)
    )


def record_form_receipt(
    request: str,
    letter: str,
    *,
    way: Way,
    received_at: Instant,
    said_by: str,
    by: Actor,
    at: Instant,
    reference: str = "",
) -> Standing:
    """Write down when a letter of ours that went as a form was received, and who said so; what was said last counts.

    ``letter`` is its hash. Clocks that start on its receipt run from ``received_at``. Raises ``NotByFormError``,
    ``UnknownStepError`` and ``ElsewhereFieldError``.
    """
    rights.check(by, Right.READ_REQUESTS)
    check_person(by, kind="receipt")
    check_line("said_by", said_by, needed=True)
    check_line("reference", reference)
    with transaction.atomic():
        row = reads.row_to_change(by, request)
        check_may_write(by, Side(row.side))
        if row.channel != BY_FORM:
            raise NotByFormError(rule="its letters go by the wire, whose receipts say when they were stored")
        kept = next((each for each in reads.thread_of(row).kept if each.sha256 == letter and each.sent), None)
        if kept is None:
            raise UnknownStepError(step=letter)
        check_received(received_at, since=kept.written, at=at)
        FormReceipt.objects.update_or_create(
            letter_sha256=letter,
            defaults={
                "request": row,
                "received_at": received_at,
                "way": way.value,
                "said_by": said_by,
                "reference": reference,
                "recorded_at": at,
                "recorded_by": by.person,
            },
        )
        told = LetterReceiptRecorded(
            request=str(row.id), letter_sha256=letter, way=way.value, received_at=text(received_at)
        )
        journal.record(told, by=by, at=at)
        return renew(row, at=at)


def _check_by_form(channel: Channel, *, to: MemberId) -> None:
    if channel.id in FORM_CHANNELS or (channel.ours and is_by_hearsay(to)):
        return
    if channel.ours:
        raise NotByFormError(rule=f"letters go to {to}: send it, or choose a form as its way")
    raise NotByFormError(rule=f"{channel.label} is the way that was chosen: write it out for that system")


def _known_as_it_is(letter: UnsignedLetter) -> UnsignedLetter:
    return replace(letter, directory=note_by_form(letter.addressee))
