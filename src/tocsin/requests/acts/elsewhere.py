"""Where the lawful way is another system: writing an ask out for it, and writing down what is said there.

This node sends nothing: a person takes the export to the other system and types in what it answers. Nothing counts
before it was typed in, and the journal says by whom.
"""

from collections.abc import Mapping
from dataclasses import replace

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import LetterId, new_uuid
from tocsin.base.instant import Instant, text
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.law.instrument import instrument
from tocsin.law.provisions import Side
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import Json
from tocsin.requests import reads
from tocsin.requests.acts.persons import check_person
from tocsin.requests.acts.renew import renew
from tocsin.requests.acts.send import ask_of, channel_of, check_fit, open_request, opened_entry
from tocsin.requests.beside import ElsewhereView, thread_elsewhere
from tocsin.requests.entries import ChannelReceiptRecorded, RequestExported, StepElsewhereRecorded
from tocsin.requests.errors import ChannelOursError, ElsewhereFieldError, LetterKindError, NotElsewhereError
from tocsin.requests.models import ChannelExport, Request, StepElsewhere
from tocsin.requests.reads import Standing
from tocsin.requests.rules.elsewhere import Elsewhere, ask_step, later_step
from tocsin.requests.rules.export import Export, export_sha256, files_of
from tocsin.requests.rules.letters import Ask, Body, body_payload, parse_body
from tocsin.requests.rules.rendering import order_of
from tocsin.requests.rules.steps import tombstone
from tocsin.requests.rules.thread import check_next

_MOST_REFERENCE = 200


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
    _check_reference(reference, needed=True)
    with transaction.atomic():
        row = reads.row_to_change(by, request)
        export = _export(row)
        _check_instant(received_at, since=export.exported_at, at=at)
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


def record_step_elsewhere(
    request: str, body: Body, *, side: Side, received_at: Instant, by: Actor, at: Instant, reference: str = ""
) -> Standing:
    """Write down what a side said in the other system: ``asked`` answers, ``asker`` is what we said there ourselves.

    It counts from ``received_at``, as that system has it. Raises ``NotElsewhereError``, ``ElsewhereFieldError``,
    ``NotYourMoveError`` for what a side may not say now, ``LetterBodyError``, ``LetterKindError`` for an ask.
    """
    rights.check(by, Right.SEND)
    check_person(by, kind=body.kind.value)
    if isinstance(body, Ask):
        raise LetterKindError(kind=body.kind.value, kinds="those that follow an ask")
    parse_body(body.kind, body_payload(body))
    _check_reference(reference, needed=False)
    with transaction.atomic():
        row = reads.row_to_change(by, request)
        export = _export(row)
        _check_instant(received_at, since=export.received_at, at=at)
        standing = reads.thread_of(row)
        thread = thread_elsewhere(export)
        step, record = later_step(
            thread,
            standing.state,
            body,
            side=side,
            at=received_at,
            reference=reference,
            step_id=LetterId(new_uuid()),
        )
        check_next(standing.steps, step, permits=standing.permits)
        StepElsewhere.objects.create(
            id=step.id,
            export=export,
            step=tombstone(step),
            record=dict(record),
            reference=reference,
            received_at=received_at,
            recorded_at=at,
            recorded_by=by.person,
        )
        told = StepElsewhereRecorded(
            request=str(row.id),
            channel=export.channel,
            side=side.value,
            letter_kind=body.kind.value,
            step_sha256=step.sha256,
            reference=reference,
            received_at=text(received_at),
        )
        journal.record(told, by=by, at=at)
        renew(row, at=at)
        return reads.standing_of(row, at=at)


def _with_form(ask: Ask, form: Mapping[str, Json]) -> Ask:
    return replace(ask, form=form)


def _export(row: Request) -> ChannelExport:
    export = ChannelExport.objects.select_for_update().filter(request=row).first()
    if export is None:
        raise NotElsewhereError(request=str(row.id))
    return export


def _check_reference(reference: str, *, needed: bool) -> None:
    if (needed and not reference.strip()) or len(reference) > _MOST_REFERENCE or not reference.isprintable():
        raise ElsewhereFieldError(field="reference", rule=f"on one line, at most {_MOST_REFERENCE} characters")


def _check_instant(received_at: Instant, *, since: Instant | None, at: Instant) -> None:
    if since is None:
        raise ElsewhereFieldError(
            field="at", rule="the receipt of the ask is not recorded yet (tocsin request receipt)"
        )
    if received_at < since:
        raise ElsewhereFieldError(field="at", rule=f"not before {text(since)}, when it left or was received there")
    if received_at > at:
        raise ElsewhereFieldError(field="at", rule=f"not after now, {text(at)}")
