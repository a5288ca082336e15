"""What no letter carries: an ask that is written out for another system, and what is said there or without a node.

To another system this node sends nothing: a person takes the export there and types in what it answers. Where the other
side has no node our letters go as forms (``acts.by_form``), and what it says on paper, by telephone, mail or upload is
typed in with its scan. Nothing counts before it was typed in, and the journal says by whom; a second person reads it
against the scan.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import LetterId, RequestId, new_uuid
from tocsin.base.instant import Instant, text
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.law.instrument import instrument
from tocsin.law.provisions import Side
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import Json
from tocsin.requests import reads
from tocsin.requests.acts.brought import hash_of, keep_file, keep_sealed
from tocsin.requests.acts.erase import note_late_letter
from tocsin.requests.acts.persons import check_may_write, check_person
from tocsin.requests.acts.renew import renew
from tocsin.requests.acts.send import ask_of, channel_of, check_fit, open_request, opened_entry
from tocsin.requests.acts.write import check_unmoved
from tocsin.requests.beside import ElsewhereView, thread_elsewhere
from tocsin.requests.entries import (
    ChannelReceiptRecorded,
    RequestExported,
    StepElsewhereRecorded,
    StepReadAgain,
    StepTakenDown,
)
from tocsin.requests.errors import (
    ChannelOursError,
    ElsewhereFieldError,
    JoinError,
    LetterKindError,
    NotByFormError,
    NotElsewhereError,
    SecondReaderError,
    UnknownRequestError,
    UnknownSenderError,
    UnknownStepError,
)
from tocsin.requests.models import BroughtFile, ChannelExport, Request, StepElsewhere, Wording, keep_wordings
from tocsin.requests.reads import Standing
from tocsin.requests.rules.call_back import GIVES_DATA
from tocsin.requests.rules.elsewhere import Elsewhere, Said, ask_step, taken_down
from tocsin.requests.rules.export import Export, export_sha256, files_of
from tocsin.requests.rules.letters import Ask, Body, body_payload, parse_body
from tocsin.requests.rules.rendering import order_of
from tocsin.requests.rules.steps import Step, parse_tombstone, tombstone
from tocsin.requests.rules.thread import ThreadState, check_next
from tocsin.requests.rules.ways import BY_FORM, TYPED, UNKNOWN, Brought, Way, check_line, check_received
from tocsin.requests.rules.wording import SIMPLE, words_of

_MOST_DIFFERS = 500


def export_request(draft: str, *, by: Actor, at: Instant) -> ElsewhereView:
    """Write a signed-off draft out for the system that is its lawful way; its request begins, and is not yet asked.

    The same checks as before a letter. Raises ``DraftFaultsError``, ``SignOffMissingError``, ``ChannelOursError`` for
    a draft that goes by our letters. A draft that was exported is exported once; ``reads.elsewhere_for`` has its files.
    """
    rights.check(by, Right.SEND)
    check_person(by, kind="ask")
    with transaction.atomic():
        row = reads.draft_to_change(by, draft)
        view = reads.view_of_draft(row)
        law = instrument(view.content.instrument)
        overridden = check_fit(view, law, at=at)
        channel = channel_of(view, law, at=at)
        if channel.ours:
            raise ChannelOursError(channel=channel.label)
        ask = ask_of(view, law, overridden, at=at)
        request = open_request(row, view, ask, at=at, channel=channel.id)
        whole = Export(
            request=view.request,
            law=law,
            channel=channel,
            sender=this_node().member,
            addressee=view.content.to,
            exercise=this_node().exercise,
            ask=_with_form(ask, dict(view.content.form)),
            made_at=at,
        )
        files = files_of(whole)
        shown = _with_form(ask, order_of(law, dict(view.content.form)).shown)
        thread = Elsewhere(
            request=view.request,
            instrument=law.id,
            asker=whole.sender,
            asked=whole.addressee,
            channel=channel.id,
            exercise=whole.exercise,
        )
        digest = export_sha256(files)
        ChannelExport.objects.create(
            request=request,
            draft=row.id,
            channel=channel.id,
            label=channel.label,
            files=files,
            sha256=digest,
            step=tombstone(ask_step(thread, shown, sha256=digest, at=at, step_id=LetterId(new_uuid()))),
            exported_at=at,
            exported_by=by.person,
        )
        row.sent_at = at
        row.save(update_fields=["sent_at"])
        renew(request, at=at)
        told = RequestExported(request=str(request.id), draft=str(row.id), channel=channel.id, export_sha256=digest)
        journal.record_all([opened_entry(request, ask), told], by=by, at=at)
    return reads.elsewhere_for(by, view.request)


def record_channel_receipt(
    request: str, *, reference: str, received_at: Instant, by: Actor, at: Instant
) -> ElsewhereView:
    """Write down what the other system calls an exported ask, and when it says that it was received.

    The clocks that start on receipt run from ``received_at``. What was written down last counts, so a slip can be
    mended; each time stands in the journal. Raises ``NotElsewhereError`` and ``ElsewhereFieldError``.
    """
    rights.check(by, Right.SEND)
    check_person(by, kind="receipt")
    check_line("reference", reference, needed=True)
    with transaction.atomic():
        row = reads.row_to_change(by, request)
        export = _export(row)
        check_received(received_at, since=export.exported_at, at=at)
        export.reference, export.received_at = reference, received_at
        export.recorded_at, export.recorded_by = at, by.person
        export.save(update_fields=["reference", "received_at", "recorded_at", "recorded_by"])
        row.channel_received_at = received_at
        row.save(update_fields=["channel_received_at"])
        told = ChannelReceiptRecorded(
            request=str(row.id), channel=export.channel, reference=reference, received_at=text(received_at)
        )
        journal.record(told, by=by, at=at)
        renew(row, at=at)
    return reads.elsewhere_for(by, request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What somebody said on another way than the wire, as it is taken down."""

    body: Body
    side: Side
    way: Way
    received_at: Instant
    """Its receipt on that way: it counts from there."""
    said_by: str = ""
    """The name that was given."""
    reference: str = ""
    file: Brought | None = None


def record_step_elsewhere(
    request: str, body: Body, *, side: Side, received_at: Instant, by: Actor, at: Instant, reference: str = ""
) -> Standing:
    """Write down what a side said in the other system: ``asked`` answers, ``asker`` is what we said there ourselves.

    It counts from ``received_at``, as that system has it. Raises what ``take_down`` raises.
    """
    heard = Heard(body=body, side=side, way=Way.OTHER_SYSTEM, received_at=received_at, reference=reference)
    return take_down(request, heard, by=by, at=at)


def take_down(request: str, heard: Heard, *, by: Actor, at: Instant, expects: str | None = None) -> Standing:
    """Take down what a side said on another way; it counts at once, and is marked until a second person read it.

    ``expects`` is the thread's head as the typist saw it. Raises ``NotElsewhereError`` for a thread of the wire,
    ``ElsewhereFieldError``, ``NotYourMoveError`` for what a side may not say now, ``LetterBodyError``,
    ``LetterKindError`` for an ask, ``NotByFormError`` for what a letter of ours says, ``UnknownSenderError`` for
    anything that would hand data to nobody who is known, ``ThreadMovedError``.
    """
    rights.check(by, Right.READ_REQUESTS)
    check_person(by, kind=heard.body.kind.value)
    with transaction.atomic():
        row = reads.row_to_change(by, request)
        check_may_write(by, Side(row.side))
        check_unmoved(reads.thread_of(row), expects)
        kept = keep_file(row, heard.file, at=at) if heard.file else None
        return take_down_in(row, heard, kept=kept, by=by, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A file that came encrypted to this node: nobody here has looked into it."""

    name: str
    age: bytes
    sha256: str = ""
    """Of the file in the clear; empty where its sender alone had it in the clear."""

    @property
    def hash(self) -> str:
        """By which it is named: of the file in the clear where it is known, else of what came."""
        return hash_of(self.sha256, self.age)


def take_down_by_page(request: RequestId, heard: Heard, *, sealed: Sealed | None, at: Instant) -> Standing:
    """Take down what came by the order page, as the node itself: nobody typed it, and a person has yet to read it.

    Raises what ``take_down`` raises, and ``NotByFormError`` where the request does not go as a form.
    """
    with transaction.atomic():
        row = reads.rows_of([request]).get(request)
        if row is None:
            raise UnknownRequestError(request=request)
        if row.channel != BY_FORM or row.side != Side.ASKER.value:
            raise NotByFormError(rule="its letters go by the wire")
        kept = keep_sealed(row, name=sealed.name, age=sealed.age, sha256=sealed.sha256, at=at) if sealed else None
        return take_down_in(row, heard, kept=kept, by=Actor.node(this_node().member), at=at)


def take_down_in(row: Request, heard: Heard, *, kept: BroughtFile | None, by: Actor, at: Instant) -> Standing:
    """Take down a step in a request whose row is locked; the node itself does so for what came by the order page."""
    _check_heard(row, heard, at=at)
    thread = reads.thread_of(row)
    said = Said(
        body=heard.body,
        side=heard.side,
        way=heard.way,
        at=heard.received_at,
        said_by=heard.said_by,
        reference=heard.reference,
        file_sha256=hash_of(kept.sha256, bytes(kept.age)) if kept else None,
    )
    step = keep_step(row, said, after=thread.state, kept=kept, by=by, at=at)
    check_next(thread.steps, step, permits=thread.permits)  # a step that may not be is taken back
    _keep_words(row, step, heard.body)
    if heard.side.value != row.side and heard.way not in TYPED:  # nobody of this house knows of it yet
        row.unread_since = row.unread_since or at
        row.save(update_fields=["unread_since"])
    note_late_letter(row)
    journal.record(_told(row, heard, step, said), by=by, at=at)
    return renew(row, at=at)


def keep_step(
    row: Request, said: Said, *, after: ThreadState | None, kept: BroughtFile | None, by: Actor, at: Instant
) -> Step:
    """Keep what a side said as the next step of its thread; without ``after`` it is the ask that begins it."""
    step, record = taken_down(thread_elsewhere(row), after, said, step_id=LetterId(new_uuid()))
    StepElsewhere.objects.create(
        id=step.id,
        request=row,
        step=tombstone(step),
        record=dict(record),
        reference=said.reference,
        way=said.way.value,
        said_by=said.said_by,
        file=kept,
        received_at=said.at,
        recorded_at=at,
        recorded_by=by.person or None,
    )
    return step


def read_again(request: str, step: str, *, differs: str = "", by: Actor, at: Instant) -> None:
    """Say, as a second person, that what was typed in is what came, or what in it differs.

    ``step`` is the hash. Raises ``UnknownStepError``, and ``SecondReaderError`` for the typist, for what nobody typed,
    and for what was read already.
    """
    rights.check(by, Right.READ_REQUESTS)
    check_person(by, kind="second-reader")
    if len(differs) > _MOST_DIFFERS or "\0" in differs:
        raise ElsewhereFieldError(field="differs", rule=f"at most {_MOST_DIFFERS} characters")
    with transaction.atomic():
        row = reads.row_to_change(by, request)
        check_may_write(by, Side(row.side))
        rows = StepElsewhere.objects.select_for_update(of=("self",)).filter(request=row)
        found = next((each for each in rows if parse_tombstone(each.step).sha256 == step), None)
        if found is None:
            raise UnknownStepError(step=step)
        if found.recorded_by is None or Way(found.way) not in TYPED:
            raise SecondReaderError(rule="nobody typed this")
        if str(found.recorded_by) == by.person:
            raise SecondReaderError(rule="you typed it")
        if found.second_reader is not None:
            raise SecondReaderError(rule="it was read already")
        found.second_reader, found.read_at, found.differs = UUID(by.person), at, differs.strip()
        found.save(update_fields=["second_reader", "read_at", "differs"])
        journal.record(StepReadAgain(request=str(row.id), step_sha256=step, agrees=not found.differs), by=by, at=at)


def _check_heard(row: Request, heard: Heard, *, at: Instant) -> None:
    if isinstance(heard.body, Ask):
        raise LetterKindError(kind=heard.body.kind.value, kinds="those that follow an ask")
    parse_body(heard.body.kind, body_payload(heard.body))
    check_line("reference", heard.reference)
    check_line("said_by", heard.said_by)
    if row.joined_to_id is not None:
        raise JoinError(rule=f"this one is the request {row.joined_to_id}: take it down there")
    check_received(heard.received_at, since=_since(row), at=at)
    if row.channel != BY_FORM or heard.side.value != row.side:
        return
    if row.counterpart != UNKNOWN:
        raise NotByFormError(rule="what this side says is a letter of ours, and goes as a form: write it")
    if heard.body.kind in GIVES_DATA:
        raise UnknownSenderError(rule="nothing is handed over before a known authority stands in his place")


def _since(row: Request) -> Instant:
    """Before which nothing was said in this thread that could be taken down."""
    if row.channel != BY_FORM:
        export = _export(row)
        if export.received_at is None:
            raise ElsewhereFieldError(
                field="at", rule="the receipt of the ask is not recorded yet (tocsin request receipt)"
            )
        return export.received_at
    if row.side == Side.ASKER.value:
        return row.opened_at
    first = StepElsewhere.objects.filter(request=row).order_by("received_at").values_list("received_at", flat=True)
    return first[0]


def _told(row: Request, heard: Heard, step: Step, said: Said) -> StepElsewhereRecorded | StepTakenDown:
    if row.channel == BY_FORM:
        return StepTakenDown(
            request=str(row.id),
            way=heard.way.value,
            side=heard.side.value,
            letter_kind=heard.body.kind.value,
            step_sha256=step.sha256,
            file_sha256=said.file_sha256 or "",
            received_at=text(heard.received_at),
        )
    return StepElsewhereRecorded(
        request=str(row.id),
        channel=row.channel,
        side=heard.side.value,
        letter_kind=heard.body.kind.value,
        step_sha256=step.sha256,
        reference=heard.reference,
        received_at=text(heard.received_at),
    )


def _keep_words(row: Request, step: Step, body: Body) -> None:
    said = words_of(body_payload(body))
    if said:
        known = Wording.objects.filter(request=row).order_by("id").values_list("dictionary", flat=True).first()
        keep_wordings([(str(row.id), step.sha256, said, known or SIMPLE)])


def _with_form(ask: Ask, form: Mapping[str, Json]) -> Ask:
    return replace(ask, form=form)


def _export(row: Request) -> ChannelExport:
    export = ChannelExport.objects.select_for_update().filter(request=row).first()
    if export is None:
        raise NotElsewhereError(request=str(row.id))
    return export
