"""Printing: a request, a draft or what came in, as a form for those who have no node."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.errors import RuleError
from tocsin.base.ids import InstrumentId, MemberId, new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.directory.rules.card import Card
from tocsin.forms import pades, place
from tocsin.forms.catalogues import language_for, words_in
from tocsin.forms.entries import FormPrinted, OrderPagePublished
from tocsin.forms.errors import FormGoneError, OrderPageError
from tocsin.forms.models import OrderPage, PublishedForm
from tocsin.forms.rules import number as numbers
from tocsin.forms.rules.number import Check, new_check, plain
from tocsin.forms.rules.order import Order, published
from tocsin.forms.rules.sheet import End, File, LetterSaid, Sheet, Time, What, shown
from tocsin.forms.typeset import Attached, typeset
from tocsin.journal import acts as journal
from tocsin.law.calendar import Place
from tocsin.law.counting import Unit
from tocsin.law.instrument import instrument
from tocsin.law.provisions import InstrumentClock, Side
from tocsin.law.rendering import for_addressee
from tocsin.law.vocabulary import ClockId, LetterKind
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import canonical
from tocsin.requests.acts.brought import own_recipient
from tocsin.requests.acts.look import look_at_draft, look_at_request
from tocsin.requests.acts.persons import check_may_write
from tocsin.requests.acts.send import ask_of
from tocsin.requests.counterparts import counterpart_of, place_of, place_of_member
from tocsin.requests.errors import UnknownDraftError
from tocsin.requests.reads import DraftView, Standing
from tocsin.requests.rules.letters import Ask, parse_body
from tocsin.requests.rules.reckoning import ClockLine
from tocsin.requests.rules.ways import UNKNOWN

_LETTER, _REQUEST = "letter.jws", "request.json"
_REASON = "printed as a form"
_UNITS = {Unit.HOURS: "hour", Unit.DAYS: "day", Unit.MONTHS: "month", Unit.YEAR: "year"}
"""Units that have a name in every language; the others are said by the obligation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedForm:
    """A form as it was printed. The code stands in it, and nowhere else."""

    what: What
    name: str
    """A name for the file, without a word of the case."""
    pdf: bytes
    sha256: str
    language: str
    bilingual: bool
    missing: int
    """How many texts had no translation."""
    number: str = ""
    code: str = ""


def print_form(
    request_or_draft: str,
    *,
    by: Actor,
    at: Instant,
    language: str = "",
    reason: str = _REASON,
    order_page: bool = False,
    letter: str = "",
) -> PrintedForm:
    """Print a request, or a draft, in the language of the one who is asked, or in ``language``.

    A request that this node sends gets a number and a code, and its hashes are published for the check page; each time
    it is printed it is another form. What came in is printed as a copy, a draft as a draft: neither is published, and a
    draft bears no seal. With ``letter``, a hash, it is a later letter of this node that is printed, where the other
    side has no node. The look is journalled with the ``reason``. With ``order_page`` what the form says is published
    as well, for who holds its number and code: that page answers without a node. Raises ``UnknownRequestError``,
    ``RightMissingError``, ``FormGoneError``, ``FormLanguageError``, and ``OrderPageError`` where no answer could come
    by such a page.
    """
    rights.check(by, Right.READ_REQUESTS)
    with transaction.atomic():
        if letter:
            return _print_letter(request_or_draft, letter, language=language, reason=reason, by=by, at=at)
        try:
            draft = look_at_draft(request_or_draft, reason=reason, by=by, at=at)
        except UnknownDraftError:
            return _print_request(
                request_or_draft, language=language, reason=reason, order_page=order_page, by=by, at=at
            )
        return _print_draft(draft, language=language, by=by, at=at)


# --- A request ------------------------------------------------------------------------------------


def _print_request(
    request: str, *, language: str, reason: str, order_page: bool, by: Actor, at: Instant
) -> PrintedForm:
    standing = look_at_request(request, reason=reason, by=by, at=at)
    if order_page:
        _check_page(standing)
    if standing.thread.line.side is Side.ASKED:
        return _print(_of_request(standing, What.COPY), _attached(standing), language=language, by=by, at=at)
    rights.check(by, Right.SEND)
    sheet = _of_request(standing, What.REQUEST)
    if order_page:
        sheet = replace(sheet, order_address=f"{place.here().address.rstrip('/')}/order/")
    return _print(sheet, _attached(standing), language=language, by=by, at=at)


def _print_letter(request: str, letter: str, *, language: str, reason: str, by: Actor, at: Instant) -> PrintedForm:
    """Print a later letter of this node in a thread whose other side has no node; it is published as a request is."""
    standing = look_at_request(request, reason=reason, by=by, at=at)
    line = standing.thread.line
    check_may_write(by, line.side)
    kept = next((each for each in standing.thread.kept if each.sha256 == letter and each.sent), None)
    if not line.by_form or kept is None or kept.letter is None or kept.letter.kind is LetterKind.ASK:
        raise FormGoneError(request=line.id)
    said = LetterSaid(kind=kept.letter.kind.value, body=kept.letter.body, written=kept.letter.written)
    here, there = _end(this_node().member), _end(line.counterpart)
    sheet = replace(
        _of_request(standing, What.LETTER),
        sender=here,
        addressee=there,
        said=said,
        times=(),
        files=(),
        attached=_LETTER,
        letter_sha256=letter,
    )
    attached = Attached(
        name=_LETTER, content=kept.letter.jws, media_type="application/jose", described="The signed letter"
    )
    return _print(sheet, attached, language=language, by=by, at=at)


def _check_page(standing: Standing) -> None:
    line = standing.thread.line
    if not place.here().address:
        raise OrderPageError(rule="this node has no public door ([public] in node.toml)")
    if not line.by_form or line.side is not Side.ASKER:
        raise OrderPageError(rule="only what this node sends as a form is answered there")


def _of_request(standing: Standing, what: What) -> Sheet:
    """The sheet of a request, but for what is known of it only when it is printed."""
    line, law = standing.thread.line, standing.thread.instrument
    ask, files, sha256 = _said_by(standing)
    here, there = _end(this_node().member), _end(line.counterpart)
    asks = line.side is Side.ASKER
    return Sheet(
        what=what,
        request=line.id,
        law=law,
        ask=ask,
        sender=here if asks else there,
        addressee=there if asks else here,
        exercise=line.exercise,
        written=_written(standing),
        times=_times(ask, standing.clocks),
        files=files,
        channel=standing.elsewhere.label if standing.elsewhere else "",
        attached=_LETTER if sha256 else _REQUEST,
        letter_sha256=sha256,
    )


def _written(standing: Standing) -> Instant:
    down = standing.thread.ask_step
    if standing.elsewhere is not None:
        return standing.elsewhere.exported_at
    return down.received_at if down is not None else standing.thread.ask.written


def _said_by(standing: Standing) -> tuple[Ask, tuple[File, ...], str]:
    """The ask as its addressee may read it, the files beside it, and the hash of its letter."""
    if standing.elsewhere is not None:
        told: dict[str, Any] = json.loads(standing.elsewhere.files["request.json"])
        return _ask(told["ask"]), (), ""
    if standing.thread.ask_step is not None and standing.thread.ask_body:
        return standing.thread.ask_said, (), ""
    if not standing.thread.letters or standing.thread.ask_step is not None:
        raise FormGoneError(request=standing.thread.line.id)
    letter = standing.thread.ask
    files = tuple(File(name=each.name, size=each.size, sha256=each.sha256) for each in letter.attachments)
    return standing.thread.ask_said, files, letter.sha256


def _ask(body: dict[str, Any]) -> Ask:
    said = parse_body(LetterKind.ASK, body)
    if not isinstance(said, Ask):
        raise TypeError("an export holds an ask")
    return said


def _attached(standing: Standing) -> Attached:
    if standing.elsewhere is not None:
        content = standing.elsewhere.files["request.json"].encode()
        return Attached(name=_REQUEST, content=content, media_type="application/json", described="The request")
    if standing.thread.ask_step is not None:
        content = canonical(dict(standing.thread.ask_step.record))
        return Attached(name=_REQUEST, content=content, media_type="application/json", described="What was taken down")
    return Attached(
        name=_LETTER, content=standing.thread.ask.jws, media_type="application/jose", described="The signed letter"
    )


def _times(ask: Ask, lines: Sequence[ClockLine]) -> tuple[Time, ...]:
    """The clocks that run, then those that the ask carries and a later step begins."""
    begun = {each.clock.id for each in lines}
    later = [_named(each.of, each.id) for each in ask.clocks if each.id not in begun]
    return (*(_running(each) for each in lines), *(_waiting(each) for each in later))


def _named(of: InstrumentId, clock: ClockId) -> InstrumentClock:
    return instrument(of).clock(clock)


def _running(line: ClockLine) -> Time:
    law = line.clock.law
    return Time(
        step=law.step if law else "",
        obligation=law.obligation if law else line.clock.id,
        article=line.clock.article,
        by=line.clock.by.value,
        confirmed=line.clock.running.rule.confirmed,
        strict=line.strict,
        latest=line.legal_latest,
        runs=True,
    )


def _waiting(law: InstrumentClock) -> Time:
    rule = law.rule
    unit = _UNITS.get(rule.unit)
    return Time(
        step=law.step,
        obligation=law.obligation,
        article=rule.article,
        by=law.by.value,
        confirmed=rule.confirmed,
        strict=None,
        latest=None,
        runs=not law.starts,
        length=(rule.value, unit) if isinstance(rule.value, int) and unit else None,
    )


def _print(bare: Sheet, attached: Attached, *, language: str, by: Actor, at: Instant) -> PrintedForm:
    reader = _reader(MemberId(bare.addressee.member))
    seal = pades.own_seal(name=_own_name(), at=at)
    is_published = bare.what in (What.REQUEST, What.LETTER)
    check = _fresh_check() if is_published else None
    sheet = replace(bare, check=check, address=place.here().address if is_published else "", seal=seal.fingerprint)
    made, printed = _set(sheet, reader, language, attached=attached, at=at)
    pdf = pades.sealed(made, seal=seal, reason=f"Seal of node {this_node().member}, not qualified")
    whole = replace(printed, pdf=pdf, sha256=hashlib.sha256(pdf).hexdigest())
    if check is not None:
        form = _publish(sheet, whole, check, seal.fingerprint, by=by, at=at)
        if sheet.order_address:
            _publish_page(form, sheet, by=by, at=at)
        whole = replace(whole, number=check.number, code=check.code, name=f"{check.number}.pdf")
    _tell(sheet, whole, by=by, at=at)
    return whole


def _fresh_check() -> Check:
    return new_check(
        this_node().member,
        number=secrets.token_bytes(numbers.NUMBER_BYTES),
        code=secrets.token_bytes(numbers.CODE_BYTES),
    )


def _publish_page(form: PublishedForm, sheet: Sheet, *, by: Actor, at: Instant) -> None:
    order = Order(
        request=sheet.request,
        law=sheet.law,
        ask=sheet.ask,
        sender=sheet.sender,
        addressee=sheet.addressee,
        place=_place_of(MemberId(sheet.addressee.member)),
        recipient=own_recipient(),
    )
    OrderPage.objects.create(form=form, content=published(order))
    journal.record(OrderPagePublished(request=sheet.request, number=form.number), by=by, at=at)


def _place_of(member: MemberId) -> Place:
    """Where the addressee acts; this node's own place where nobody said it."""
    own = directory.own_card()
    found = place_of_member(member) or (place_of(own.card) if own else None)
    return found or Place(zone="UTC", country="LU")


def _publish(sheet: Sheet, printed: PrintedForm, check: Check, seal: str, *, by: Actor, at: Instant) -> PublishedForm:
    return PublishedForm.objects.create(
        id=new_uuid(),
        request_id=sheet.request,
        number=check.number,
        plain_number=plain(check.number),
        check_sha256=check.sha256,
        pdf_sha256=printed.sha256,
        letter_sha256=sheet.letter_sha256,
        seal_sha256=seal,
        issuer=f"{sheet.sender.name} ({sheet.sender.member}, {sheet.sender.country})",
        language=printed.language,
        exercise=sheet.exercise,
        written_at=(sheet.said.written if sheet.said else sheet.written) or at,
        printed_at=at,
        printed_by=by.person or None,
    )


# --- A draft --------------------------------------------------------------------------------------


def _print_draft(draft: DraftView, *, language: str, by: Actor, at: Instant) -> PrintedForm:
    law = instrument(draft.content.instrument)
    whole = dict(draft.content.form)
    form = {name: whole[name] for name in for_addressee(law, whole).values}
    ask = replace(ask_of(draft, law, (), at=at), form=form)
    sheet = Sheet(
        what=What.DRAFT,
        request=draft.request,
        law=law,
        ask=ask,
        times=_times(ask, ()),
        sender=_end(this_node().member),
        addressee=_end(draft.content.to),
        exercise=this_node().exercise,
    )
    pdf, printed = _set(sheet, _reader(draft.content.to), language, attached=None, at=at)
    made = replace(printed, pdf=pdf, sha256=hashlib.sha256(pdf).hexdigest())
    _tell(sheet, made, by=by, at=at)
    return made


# --- Both -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Who will read it: in which languages, in which zone."""

    languages: tuple[str, ...] = ()
    zone: str = "UTC"


def _reader(member: MemberId) -> _Reader:
    card = _card(member)
    if card is not None:
        return _Reader(languages=tuple(card.languages), zone=card.zone)
    try:
        found = counterpart_of(member)
    except RuleError:
        return _Reader()
    return _Reader(languages=found.languages, zone=found.zone)


def _set(
    sheet: Sheet, reader: _Reader, language: str, *, attached: Attached | None, at: Instant
) -> tuple[bytes, PrintedForm]:
    chosen = language or language_for(reader.languages)
    words = words_in(chosen, zone=reader.zone)
    pdf = typeset(shown(sheet, words), attached=attached, at=at)
    name = f"{sheet.what.value}-{sheet.request[:8]}.pdf"
    return pdf, PrintedForm(
        what=sheet.what,
        name=name,
        pdf=pdf,
        sha256="",
        language=chosen,
        bilingual=words.bilingual,
        missing=len(words.missing),
    )


def _tell(sheet: Sheet, printed: PrintedForm, *, by: Actor, at: Instant) -> None:
    told = FormPrinted(
        request=sheet.request,
        what=sheet.what.value,
        number=printed.number,
        language=printed.language,
        pdf_sha256=printed.sha256,
        letter_sha256=sheet.letter_sha256,
    )
    journal.record(told, by=by, at=at)


def _end(member: MemberId) -> End:
    card = _card(member)
    if card is None and member == UNKNOWN:
        return End(member="?", name="?", country="")
    if card is None:
        return _end_by_list(member)
    return End(member=member, name=card.name, country=card.country, phone=card.phone or "")


def _end_by_list(member: MemberId) -> End:
    try:
        found = counterpart_of(member)
    except RuleError:
        return End(member=member, name=member, country="")
    return End(member=member, name=found.name, country=found.country, phone=found.phone)


def _card(member: MemberId) -> Card | None:
    own = directory.own_card()
    if member == this_node().member:
        return own.card if own else None
    return directory.cards_shown([member]).get(member)


def _own_name() -> str:
    own = directory.own_card()
    return own.card.name if own else this_node().member
