"""Sending: the ask leaves when it is fit for the side that receives it and signed off by whom the law names."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import LetterId, MemberId, RequestId, new_uuid
from tocsin.base.instant import Instant, parse
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.journal import acts as journal
from tocsin.law.conditions import Circumstances
from tocsin.law.draft_check import stops
from tocsin.law.faults import Fault, FaultCode, Severity
from tocsin.law.instrument import instrument
from tocsin.law.provisions import Channel, FieldKind, Instrument
from tocsin.law.routes import channels_in_order
from tocsin.law.setting import Party, circumstances_of_form, clocks_carried, signatories
from tocsin.law.vocabulary import DataCategory, LetterKind
from tocsin.people.rules import four_eyes, rights
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import Json
from tocsin.requests import reads
from tocsin.requests.acts.draft import check_unmoved
from tocsin.requests.acts.persons import check_person, writing_role
from tocsin.requests.acts.renew import renew, subjects_in
from tocsin.requests.acts.words import keep_words
from tocsin.requests.counterparts import counterpart_of, is_by_hearsay
from tocsin.requests.entries import RequestOpened
from tocsin.requests.errors import ChannelNotOursError, DraftFaultsError
from tocsin.requests.models import Draft, Request, add_subjects
from tocsin.requests.reads import DraftView
from tocsin.requests.rules.letters import Ask, Override, Signature, body_payload
from tocsin.requests.rules.marks import CarriedClock, Urgency
from tocsin.requests.rules.rendering import order_of, render_for_provider, to_provider
from tocsin.wire.acts.post import post
from tocsin.wire.rules.letter import CardSource, DirectoryNote, Letter, UnsignedLetter, Writer

MOST_FAULTS_TOLD = 5


def send_request(draft: str, *, by: Actor, at: Instant, expects: str | None = None) -> Letter:
    """Put the signed-off ask in the outbox; it leaves when the other node can be reached.

    Raises ``DraftFaultsError`` with every fault that stops it, ``SignOffMissingError`` for a coercive request that
    nobody signed off, ``ChannelNotOursError`` when law sends it another way, and ``DraftMovedError`` when it is not the
    draft whose hash ``expects`` names. A draft that was sent is sent once.
    """
    rights.check(by, Right.SEND)
    check_person(by, kind="ask")
    with transaction.atomic():
        row = reads.draft_to_change(by, draft)
        check_unmoved(row, expects)
        view = reads.view_of_draft(row)
        law = instrument(view.content.instrument)
        overridden = check_fit(view, law, at=at)
        channel = channel_of(view, law, at=at)
        if not channel.ours:
            raise ChannelNotOursError(channel=channel.label)
        check_letters_go(view, at=at)
        ask = ask_of(view, law, overridden, at=at)
        written = first_letter(law, thread=view.request, to=view.content.to, by=by, at=at)
        return begin(row, view, ask, written, goes=post, by=by, at=at)


def begin(  # the draft, what it asks and its letter; by what it goes, by whom and when
    row: Draft,
    view: DraftView,
    ask: Ask,
    written: UnsignedLetter,
    *,
    goes: Callable[..., Letter],
    by: Actor,
    at: Instant,
    channel: str = "",
) -> Letter:
    """Begin the request of a draft with the letter that it becomes; ``goes`` signs it and sees to how it leaves."""
    request = open_request(row, view, ask, at=at, channel=channel)
    order = order_of(instrument(view.content.instrument), dict(view.content.form))
    letter = goes(to_provider(written, ask, render_for_provider(order, reader=written.addressee)), by=by, at=at)
    row.sent_at, row.part_salt = at, b64encode(order.kept.salt).decode() if order.kept else ""
    row.save(update_fields=["sent_at", "part_salt"])
    renew(request, at=at)
    keep_words([letter])
    journal.record(opened_entry(request, ask), by=by, at=at)
    return letter


def would_leave(view: DraftView, *, at: Instant) -> Mapping[str, Json]:
    """The body of the letter that a draft would become now, as its addressee would read it; nothing is kept or sent.

    Raises what ``directory.card_of`` raises for somebody who cannot be written to, and ``ValueError`` for a draft whose
    form is too faulty to be a letter.
    """
    law = instrument(view.content.instrument)
    overridden = [each for each in reads.faults_of_draft(view, at=at) if each.severity is Severity.OVERRIDDEN]
    ask = ask_of(view, law, overridden, at=at)
    return body_payload(replace(ask, form=order_of(law, dict(view.content.form)).shown))


def check_fit(view: DraftView, law: Instrument, *, at: Instant) -> Sequence[Fault]:
    """Every check before an ask leaves, by letter or for another system.

    Gives the faults that a written reason lets pass, which the receiver sees. Raises ``DraftFaultsError`` and
    ``SignOffMissingError``.
    """
    found = reads.faults_of_draft(view, at=at)
    _refuse(stops(found))
    if law.coercive:
        four_eyes.check_signed(view.signed, rule=str(law.basis))
    return [each for each in found if each.severity is Severity.OVERRIDDEN]


def check_letters_go(view: DraftView, *, at: Instant) -> None:
    """Raise ``DraftFaultsError`` for an addressee whose card is not trusted: to him what is fit goes as a form."""
    if not is_by_hearsay(view.content.to):
        return
    found = reads.faults_of_draft(view, at=at)
    _refuse([each for each in found if each.code is FaultCode.ADDRESSEE_UNKNOWN])


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        told = "; ".join(f"{each.field}: {each.sentence} [{each.rule}] {each.cure}" for each in faults)
        raise DraftFaultsError(count=len(faults), faults=told)


def channel_of(view: DraftView, law: Instrument, *, at: Instant) -> Channel:
    """The way that a draft which is fit takes; one that its instrument does not have was a fault."""
    return next(each for each in channels_in_order(law, on=at.date()) if each.id == view.content.channel)


def ask_of(view: DraftView, law: Instrument, overridden: Sequence[Fault], *, at: Instant) -> Ask:
    """What the ask says, but for its form, which a rendering fills in."""
    content, sender = view.content, reads.own_party()
    recipient, tables = counterpart_of(content.to).party, directory.national_tables()
    form = dict(content.form)
    between = Between(sender=sender, recipient=recipient)
    asked = asked_in(law, form, between, at=at)
    wanted = [
        signatories(law, each, state=sender.state, tables=tables) for each in asked.categories if each in law.categories
    ]
    return replace(
        asked,
        case_reference=content.case_reference,
        earlier=tuple(RequestId(each) for each in content.earlier),
        signed_off=tuple(Signature(name=each.name, role=each.function, at=each.at) for each in view.signed),
        validation_follows=law.coercive and four_eyes.validation_follows(wanted, view.signed),
        overrides=tuple(Override(rule=each.code.value, reason=each.reason) for each in overridden),
        other_way=content.other_way,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """Between whom an ask runs."""

    sender: Party
    recipient: Party


def asked_in(law: Instrument, form: Mapping[str, Json], between: Between, *, at: Instant) -> Ask:
    """What a filled form asks for between two parties, with the clocks that it sets running; its form is left out."""
    circumstances = circumstances_of_form(
        law,
        form,
        sender=between.sender,
        recipient=between.recipient,
        on=at.date(),
        tables=directory.national_tables(),
    )
    pleaded = _pleaded(law, form)
    carried = clocks_carried(law, circumstances)
    of = {each.id: law.id for each in law.clocks} | {each.clock: each.of for each in law.also}
    return Ask(
        form={},
        categories=tuple(each for each in DataCategory if each in circumstances.categories),
        clocks=tuple(CarriedClock(id=each.clock.id, of=of[each.clock.id]) for each in carried),
        urgency=_urgency(circumstances),
        urgency_reason=pleaded.get("reasons"),
        reply_by=parse(pleaded["answer_by"]) if pleaded.get("answer_by") else None,
    )


def _urgency(circumstances: Circumstances) -> Urgency:
    if circumstances.emergency:
        return Urgency.EMERGENCY
    return Urgency.URGENT if circumstances.urgent else Urgency.ORDINARY


def _pleaded(law: Instrument, form: Mapping[str, object]) -> Mapping[str, str]:
    """What the form says of the emergency, or of the urgency: its reasons, and by when an answer is wished."""
    for kind in (FieldKind.EMERGENCY, FieldKind.URGENCY):
        field = law.form.of_kind(kind)
        said = form.get(field.id) if field else None
        if isinstance(said, Mapping):
            return said
    return {}


def first_letter(law: Instrument, *, thread: RequestId, to: MemberId, by: Actor, at: Instant) -> UnsignedLetter:
    """The letter that begins a thread, before a rendering of the order fills it."""
    return UnsignedLetter(
        id=LetterId(new_uuid()),
        kind=LetterKind.ASK,
        thread=thread,
        sender=this_node().member,
        addressee=to,
        seq=1,
        prev=None,
        seen=None,
        written=at,
        by=Writer(name=by.name, role=writing_role(by)),
        instrument=law.id,
        directory=NOTE_BY_WIRE,
        body={},
    )


NOTE_BY_WIRE = DirectoryNote(source=CardSource.TUF)
"""What the directory is worth the wire itself writes into each letter."""


def open_request(row: Draft, view: DraftView, ask: Ask, *, at: Instant, channel: str = "") -> Request:
    """The request that a draft becomes when it leaves, by letter or for another system."""
    content = view.content
    request = Request.objects.create(
        id=row.request,
        side="asker",
        counterpart=content.to,
        instrument=content.instrument,
        case_reference=content.case_reference,
        urgent=ask.urgency is not Urgency.ORDINARY,
        exercise=this_node().exercise,
        parent=row.parent,
        dossier_id=row.dossier_id,
        members_only=row.members_only,
        case_holder=row.written_by,
        opened_at=at,
        changed_at=at,
        earlier=list(content.earlier),
        channel=channel,
        state="asked",
    )
    add_subjects(subjects_in(request, content.form))
    return request


def opened_entry(request: Request, ask: Ask) -> RequestOpened:
    """What the journal is told of a request that began here."""
    return RequestOpened(
        request=str(request.id),
        side=request.side,
        counterpart=request.counterpart,
        instrument=request.instrument,
        parent=str(request.parent_id or ""),
        validation_follows=ask.validation_follows,
    )
