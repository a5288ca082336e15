"""Which ways are open from one party to another, for a category of data, on a day.

A route is *open* (yes), *closed* (no) or *offered with a warning* (unknown). It is closed only by a
reason that has a rule behind it: the instrument is not in force, does not work between such
parties, does not cover such data, or a source says that a State is not bound or has reserved it.
What no source says is offered, with a warning.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from tocsin.base.ids import InstrumentId
from tocsin.law.instrument import instruments
from tocsin.law.national import Tables
from tocsin.law.provisions import Basis, Channel, FieldKind, Grounds, Instrument
from tocsin.law.setting import (
    CarriedClock,
    Party,
    Signatories,
    bounds,
    circumstances_of,
    clocks_carried,
    reserved_by,
    signatories,
)
from tocsin.law.treaty import Provision, Treaty, name_of
from tocsin.law.vocabulary import Confidence, Danger, DataCategory, Known

_ORDER = (Known.YES, Known.UNKNOWN, Known.NO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Why a way is closed, or what to be wary of, and the rule or source behind it."""

    code: str
    text: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One instrument between two parties on a day."""

    instrument: Instrument
    answer: Known
    clocks: tuple[CarriedClock, ...]
    signatories: Signatories | None
    """``None`` when the instrument does not cover the category at all."""
    channels: tuple[Channel, ...]
    warnings: tuple[Remark, ...]
    closed_because: tuple[Remark, ...]
    is_emergency: bool
    """Whether the danger named is an emergency under this instrument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What was asked."""

    sender: Party
    recipient: Party
    category: DataCategory
    on: date
    danger: Danger | None
    urgent: bool
    tables: Tables


def routes(
    sender: Party,
    recipient: Party,
    *,
    category: DataCategory,
    on: date,
    danger: Danger | None = None,
    urgent: bool = False,
    tables: Tables | None = None,
    among: Mapping[InstrumentId, Instrument] | None = None,
) -> tuple[Route, ...]:
    """Every instrument as a route, open ones first, then those offered with a warning, then the closed.

    ``danger`` is what is threatened; each instrument answers whether it calls that an emergency.
    Raises `UnknownStateError` for what is no State's code.
    """
    question = _Question(
        sender=sender,
        recipient=recipient,
        category=category,
        on=on,
        danger=danger,
        urgent=urgent or danger is not None,
        tables=tables or {},
    )
    found = [_route(each, question) for each in (instruments() if among is None else among).values()]
    return tuple(sorted(found, key=lambda each: (_ORDER.index(each.answer), each.instrument.id)))


def route(
    instrument: Instrument,
    sender: Party,
    recipient: Party,
    *,
    category: DataCategory,
    on: date,
    danger: Danger | None = None,
    urgent: bool = False,
    tables: Tables | None = None,
) -> Route:
    """One instrument as a route."""
    (found,) = routes(
        sender,
        recipient,
        category=category,
        on=on,
        danger=danger,
        urgent=urgent,
        tables=tables,
        among={instrument.id: instrument},
    )
    return found


def channels_in_order(instrument: Instrument, *, on: date) -> tuple[Channel, ...]:
    """The lawful ways in their order on that day: one that is not obligatory yet comes last."""
    due = [each for each in instrument.channels if each.since is None or each.since <= on]
    return (*due, *(each for each in instrument.channels if each not in due))


def _route(instrument: Instrument, question: _Question) -> Route:
    emergency = _counts(instrument.emergency, question.danger)
    circumstances = circumstances_of(
        sender=question.sender,
        recipient=question.recipient,
        categories=(question.category,),
        on=question.on,
        tables=question.tables,
        urgent=question.urgent,
        emergency=emergency,
    )
    closed = tuple(_reasons_against(instrument, question, emergency=emergency))
    doubts = tuple(_doubts(instrument, question))
    offered = Known.UNKNOWN if doubts else Known.YES
    return Route(
        instrument=instrument,
        answer=Known.NO if closed else offered,
        clocks=clocks_carried(instrument, circumstances),
        signatories=_signatories(instrument, question),
        channels=channels_in_order(instrument, on=question.on),
        warnings=(*doubts, *_warnings(instrument, question)),
        closed_because=closed,
        is_emergency=emergency,
    )


def _reasons_against(instrument: Instrument, question: _Question, *, emergency: bool) -> Iterator[Remark]:
    """Each reason has a rule behind it."""
    force, parties = instrument.force, instrument.parties
    if not instrument.in_force(question.on):
        since = f"it may be used from {force.since} on" if force.since else force.pending
        yield Remark(code="not-in-force", text=f"not in force on {question.on}: {since}", rule=str(force.basis))
    if instrument.notifies_of is not None:
        text = f"goes with an order under {instrument.notifies_of}, and never by itself (tocsin request notify)"
        yield Remark(code="goes-with-an-order", text=text, rule=str(instrument.basis))
    kinds = (question.sender.kind, question.recipient.kind)
    if kinds != (parties.sender, parties.recipient):
        text = f"goes from a {parties.sender} to a {parties.recipient}, not from a {kinds[0]} to a {kinds[1]}"
        yield Remark(code="parties", text=text, rule=str(parties.basis))
    if parties.across is (question.sender.state == question.recipient.state):
        text = "works between two States" if parties.across else "works inside one State"
        yield Remark(code="across", text=text, rule=str(parties.basis))
    if question.category not in instrument.categories:
        text = f"does not cover {question.category} data"
        yield Remark(code="category", text=text, rule=str(instrument.basis))
    yield from _not_bound(instrument, question)
    yield from _reserved_out(instrument, question)
    if _demands(instrument, FieldKind.EMERGENCY) and not emergency:
        basis = instrument.emergency.basis if instrument.emergency else instrument.basis
        yield Remark(code="emergency", text="only in an emergency, as it defines one", rule=str(basis))
    if _demands(instrument, FieldKind.URGENCY) and not question.urgent:
        basis = instrument.urgency.basis if instrument.urgency else instrument.basis
        yield Remark(code="urgency", text="only for urgent requests", rule=str(basis))
    competences = question.recipient.competences
    if competences is not None and instrument.id not in competences:
        text = f"{question.recipient.member or 'the addressee'} does not take such requests"
        yield Remark(code="competences", text=text, rule="card of the addressee")


def _not_bound(instrument: Instrument, question: _Question) -> Iterator[Remark]:
    treaty = Treaty(instrument.parties.binds)
    for each in bounds(question.sender, question.recipient, treaty, on=question.on):
        if each.answer is Known.NO:
            since = f" before {each.since}" if each.since else ""
            text = f"{name_of(each.state)} is not bound by the {treaty.full_name}{since}"
            text = f"{text}. {each.warning}" if each.warning else text
            yield Remark(code="not-bound", text=text, rule=f"source {each.source}")


def _reserved_out(instrument: Instrument, question: _Question) -> Iterator[Remark]:
    for closure in instrument.parties.closed_by:
        if closure.categories and question.category not in closure.categories:
            continue
        if _reserved(question, closure.reservation) is Known.YES:
            text = f"{name_of(question.recipient.state)} made the reservation or declaration {closure.reservation}"
            yield Remark(code="reserved", text=text, rule=str(closure.basis))


def _doubts(instrument: Instrument, question: _Question) -> Iterator[Remark]:
    """What no source says."""
    treaty = Treaty(instrument.parties.binds)
    for each in bounds(question.sender, question.recipient, treaty, on=question.on):
        if each.answer is Known.UNKNOWN:
            yield Remark(code="bound-unknown", text=each.warning, rule=_source(each.source, each.confidence))
    for closure in instrument.parties.closed_by:
        concerned = not closure.categories or question.category in closure.categories
        if concerned and _reserved(question, closure.reservation) is Known.UNKNOWN:
            text = f"Whether {name_of(question.recipient.state)} reserved {closure.reservation} is not recorded"
            yield Remark(code="reserved-unknown", text=text, rule=str(closure.basis))


def _warnings(instrument: Instrument, question: _Question) -> Iterator[Remark]:
    treaty = Treaty(instrument.parties.binds)
    for each in bounds(question.sender, question.recipient, treaty, on=question.on):
        if each.answer is Known.YES and each.warning:
            yield Remark(code="bound-from-memory", text=each.warning, rule=_source(each.source, each.confidence))
    if instrument.basis.confidence is Confidence.MEMORY:
        text = f"What is known of {instrument.basis.act}, {instrument.basis.article} is from memory"
        yield Remark(code="from-memory", text=text, rule=str(instrument.basis))
    who = _signatories(instrument, question)
    if who is not None and not who.recorded:
        yield Remark(code="competence-not-recorded", text=who.rule, rule=str(_competence_basis(instrument, question)))
    if question.danger is not None and instrument.emergency and not _counts(instrument.emergency, question.danger):
        text = f"A threat to {question.danger} is no emergency under this instrument"
        yield Remark(code="emergency-too-wide", text=text, rule=str(instrument.emergency.basis))


def _competence_basis(instrument: Instrument, question: _Question) -> Basis:
    return instrument.competence(question.category).basis


def _signatories(instrument: Instrument, question: _Question) -> Signatories | None:
    if question.category not in instrument.categories:
        return None
    return signatories(instrument, question.category, state=question.sender.state, tables=question.tables)


def _reserved(question: _Question, reservation: str) -> Known:
    return reserved_by(question.recipient.state, Provision(reservation), on=question.on, tables=question.tables)


def _demands(instrument: Instrument, kind: FieldKind) -> bool:
    field = instrument.form.of_kind(kind)
    return field is not None and field.required


def _counts(grounds: Grounds | None, danger: Danger | None) -> bool:
    return grounds is not None and danger in {each.id for each in grounds.options}


def _source(source: str, confidence: Confidence) -> str:
    return f"source {source}" if source else str(confidence)


def open_ids(found: Iterable[Route]) -> tuple[InstrumentId, ...]:
    """The instruments that are open, or offered with a warning."""
    return tuple(each.instrument.id for each in found if each.answer is not Known.NO)
