"""Notifying the enforcing authority of an order, and telling the order's addressee what it answered.

One order, two renderings (``rules.rendering``): the authority's letter holds the form that the addressee's held, and
the part that only it may read, with the same commitment. Its thread is its own (``rules.notification``).
"""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, RequestId, new_uuid
from tocsin.base.instant import Instant
from tocsin.directory import reads as directory
from tocsin.journal import acts as journal
from tocsin.law.instrument import instrument
from tocsin.law.provisions import Instrument, Side
from tocsin.law.setting import circumstances_of_form, clocks_carried
from tocsin.law.vocabulary import PartyKind
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import Json
from tocsin.requests import reads
from tocsin.requests.acts.persons import check_person
from tocsin.requests.acts.renew import renew
from tocsin.requests.acts.send import first_letter, opened_entry
from tocsin.requests.acts.words import keep_words
from tocsin.requests.acts.write import write_letter
from tocsin.requests.beside import notification_of, notification_row
from tocsin.requests.counterparts import counterpart_of, party_of
from tocsin.requests.errors import NoNotificationError, NothingToTellError, NotificationError
from tocsin.requests.models import Draft, Request
from tocsin.requests.rules.letters import Ask, Obtained, Withdraw
from tocsin.requests.rules.marks import CarriedClock
from tocsin.requests.rules.rendering import order_of, render_for_authority, to_authority
from tocsin.wire import peers
from tocsin.wire.acts.post import post
from tocsin.wire.errors import SuiteUnsupportedError
from tocsin.wire.rules.letter import Letter, UnsignedLetter

_SAID = "notification"
_NOTIFIED = "notified"


def notify_authority(request: str, *, to: MemberId, by: Actor, at: Instant) -> Letter:
    """Tell the enforcing State's contact point ``to`` of an order that was sent, in a thread of its own.

    Raises ``UnknownRequestError``, ``NotificationError`` for what is no order to be notified of, or to whom; what
    ``wire.acts.post`` raises. An order is notified of once.
    """
    rights.check(by, Right.SEND)
    check_person(by, kind=_SAID)
    with transaction.atomic():
        order = reads.row_to_change(by, request)
        law = _notification_under(order)
        draft = _draft_of(order)
        form = dict(reads.view_of_draft(draft).content.form)
        _check_wanted(order, law, form)
        _check_authority(order, law, to)
        whole = order_of(law, form, salt=b64decode(draft.part_salt) if draft.part_salt else None)
        seal = peers.peer_of(to, at=peers.machine_instant(at)).seal
        if seal is None:
            raise SuiteUnsupportedError(member=to, suites="none")
        ask = _ask(order, law, form, to=to, at=at)
        unsigned = to_authority(
            first_letter(law, thread=RequestId(new_uuid()), to=to, by=by, at=at),
            ask,
            render_for_authority(whole, reader=to, key=seal),
        )
        row = _opened(order, unsigned, ask, at=at)
        letter = post(unsigned, by=by, at=at)
        renew(row, at=at)
        keep_words([letter])
        journal.record(opened_entry(row, ask), by=by, at=at)
    return letter


def tell_addressee(request: str, *, by: Actor, at: Instant, obtained: Obtained | None = None) -> Letter:
    """Tell the addressee of an order what its notified authority said: a withdrawal, or that it will raise no ground.

    The letter is that of ``reads.word_for``; ``obtained`` says what became of data that had come. Raises
    ``NothingToTellError`` when there is nothing to tell, or it was told.
    """
    rights.check(by, Right.SEND)
    check_person(by, kind=_SAID)
    with transaction.atomic():
        order = reads.row_to_change(by, request)
        found = notification_of(order, reads.thread_of(order).state)
        if found is None or found.answer is None or found.told:
            rule = "it was told" if found and found.told else "no answer of a notified authority has come"
            raise NothingToTellError(request=request, rule=rule)
        word = found.word
        if word is None:
            raise NothingToTellError(request=request, rule="what it said neither stops nor frees the order by itself")
        if isinstance(word, Withdraw) and obtained is not None:
            word = replace(word, obtained=obtained)
        return write_letter(request, word, by=by, at=at)


def _notification_under(order: Request) -> Instrument:
    law = instrument(order.instrument)
    if law.notification is None:
        raise NoNotificationError(instrument=law.title)
    return law.notification


def _draft_of(order: Request) -> Draft:
    draft = Draft.objects.filter(request=order.id).first()
    if draft is None or order.side != Side.ASKER.value:
        raise NotificationError(field="request", rule="an order that this node issued")
    return draft


def _check_wanted(order: Request, law: Instrument, form: Mapping[str, Json]) -> None:
    if form.get(_SAID) != _NOTIFIED:
        raise NotificationError(field=f"form.{_SAID}", rule=f"the order says {_NOTIFIED} there ({law.basis})")
    if order.channel:
        raise NotificationError(field="request", rule=f"it runs in {order.channel}; its notification is in its export")
    if notification_row(order) is not None:
        raise NotificationError(field="request", rule="its authority was notified already")
    if reads.thread_of(order).state.standing.withdrawn:
        raise NotificationError(field="request", rule="it was withdrawn")


def _check_authority(order: Request, law: Instrument, to: MemberId) -> None:
    """The authority of the State in which the addressee is: no other State enforces the order there (Article 8(1))."""
    card = directory.card_of(to).card
    authority = party_of(card)
    addressee = counterpart_of(MemberId(order.counterpart)).party
    if authority.kind is not PartyKind.STATE or authority.state != addressee.state:
        raise NotificationError(field="to", rule=f"a contact point of {addressee.state}, where the addressee is")
    if law.id not in card.competences:
        raise NotificationError(field="to", rule=f"its card has to name {law.id} among its competences")


def _ask(order: Request, law: Instrument, form: Mapping[str, Json], *, to: MemberId, at: Instant) -> Ask:
    """What the order's own ask said, with the authority's clocks; its form a rendering fills in."""
    said = reads.thread_of(order).ask_said
    circumstances = circumstances_of_form(
        law,
        form,
        sender=reads.own_party(),
        recipient=party_of(directory.card_of(to).card),
        on=at.date(),
        tables=directory.national_tables(),
    )
    clocks = tuple(CarriedClock(id=each.clock.id, of=law.id) for each in clocks_carried(law, circumstances))
    return replace(said, form={}, clocks=clocks, earlier=(RequestId(str(order.id)),), reply_by=None)


def _opened(order: Request, letter: UnsignedLetter, ask: Ask, *, at: Instant) -> Request:
    return Request.objects.create(
        id=letter.thread,
        side=Side.ASKER.value,
        counterpart=letter.addressee,
        instrument=letter.instrument,
        case_reference=ask.case_reference,
        urgent=order.urgent,
        exercise=order.exercise,
        parent=order,
        dossier_id=order.dossier_id,
        members_only=order.members_only,
        case_holder=order.case_holder,
        opened_at=at,
        changed_at=at,
        earlier=list(ask.earlier),
        state="asked",
    )
