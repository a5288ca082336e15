"""Is a draft fit to be sent? A pure function against the rules of the side that receives it.

A third of all requests fail for mechanical reasons; each of those is a fault here, with its rule and
its cure, before anything is sent. The same function runs on the receiving node, so an override shows
there with its written reason.

    found = faults(draft, sender=ro, recipient=pt, instrument=i, national=tables, at=at)
    stops(found)         # what keeps it from being sent

What is checked, in this order: the way (in force, bound, competence of the addressee), the form field
by field, breadth, gravity of the offence, ceilings, signatures, privilege, channel, language.

A fault may be overridden only where the law leaves room (``Fault.overridable``), and only by a
written reason, which travels in the letter. An override of anything else changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from tocsin.base import instant
from tocsin.base.ids import InstrumentId
from tocsin.base.instant import Instant
from tocsin.law.conditions import Circumstances, Json, holds, is_filled, value_at
from tocsin.law.faults import Fault, FaultCode, Severity, fault
from tocsin.law.form import form_faults
from tocsin.law.national import Tables
from tocsin.law.provisions import Breadth, FieldKind, Instrument, Threshold
from tocsin.law.routes import Remark, channels_in_order, open_ids, route, routes
from tocsin.law.setting import Party, Signatories, circumstances_of_form, signatories
from tocsin.law.treaty import name_of, states
from tocsin.law.vocabulary import Confidence, Danger, DataCategory, Function, Known, Privilege, Reader

_JUDGES = frozenset({Function.JUDGE, Function.COURT, Function.INVESTIGATING_JUDGE})
_ROUTE_DOUBTS = frozenset({"bound-unknown", "reserved-unknown"})
_ROUTE_CODES = {"not-in-force": FaultCode.NOT_IN_FORCE, "competences": FaultCode.NOT_IN_COMPETENCES}
_SECONDS_A_DAY = 86_400
_WIDER_IN_FORM = frozenset({"category", "emergency", "urgency"})
"""Reasons that the form's own fields are asked about, and that would only be said twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """Who signed, and as what."""

    function: Function
    validates: bool = False
    """Signs as the one who validates another's order."""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A request before it is sent."""

    instrument: InstrumentId
    form: Mapping[str, Json]
    """What the addressee will see."""
    for_authority: Mapping[str, Json] = field(default_factory=dict)
    """What only a notified enforcing authority may see (of an EPOC: section M)."""
    sign_offs: tuple[SignOff, ...] = ()
    channel: str = "tocsin"
    channel_ground: str = ""
    overrides: Mapping[str, str] = field(default_factory=dict)
    """Written reasons by the code of the fault that they let pass; the receiver sees them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A draft with all that it is checked against."""

    draft: Draft
    sender: Party
    recipient: Party
    instrument: Instrument
    tables: Tables
    on: date
    circumstances: Circumstances

    @property
    def categories(self) -> tuple[DataCategory, ...]:
        return tuple(each for each in DataCategory if each in self.circumstances.categories)

    @property
    def whole_form(self) -> Mapping[str, Json]:
        return self.circumstances.form


def faults(
    draft: Draft, *, sender: Party, recipient: Party, instrument: Instrument, national: Tables, at: Instant
) -> list[Fault]:
    """Every fault of the draft at once; the overridden ones too, marked with their reasons.

    ``national`` are the tables that are known, those of the two States among them. Raises
    `UnknownStateError` for a party whose State is no State.
    """
    on = at.date()
    whole = {**draft.form, **draft.for_authority}
    circumstances = circumstances_of_form(instrument, whole, sender=sender, recipient=recipient, on=on, tables=national)
    case = _Case(
        draft=draft,
        sender=sender,
        recipient=recipient,
        instrument=instrument,
        tables=national,
        on=on,
        circumstances=circumstances,
    )
    checks = (_way, _form, _breadth, _gravity, _ceilings, _signatures, _privilege, _channel, _language, _memory)
    found = [each for check in checks for each in check(case)]
    return [_overridden(each, draft.overrides) for each in dict.fromkeys(found)]


def stops(found: Iterable[Fault]) -> tuple[Fault, ...]:
    """The faults that keep a draft from being sent."""
    return tuple(each for each in found if each.severity is Severity.STOPS)


def _overridden(found: Fault, reasons: Mapping[str, str]) -> Fault:
    reason = reasons.get(found.code, "").strip()
    if not reason or not found.overridable or found.severity is not Severity.STOPS:
        return found
    return replace(found, severity=Severity.OVERRIDDEN, reason=reason)


# -- the way ---------------------------------------------------------------------------------------


def _way(case: _Case) -> Iterator[Fault]:
    """Wrong route: not in force, not between these, not of these data."""
    for category in case.categories or (None,):
        found = route(
            case.instrument,
            case.sender,
            case.recipient,
            category=category or next(iter(sorted(case.instrument.categories))),
            on=case.on,
            urgent=case.circumstances.urgent,
            tables=case.tables,
        )
        if category is not None and category not in case.instrument.categories:
            yield _not_covered(case, category)
        for reason in found.closed_because:
            if reason.code not in _WIDER_IN_FORM:
                yield _closed(case, reason, category)
        for doubt in found.warnings:
            if doubt.code in _ROUTE_DOUBTS:
                yield fault("instrument", doubt.rule, FaultCode.ROUTE_UNKNOWN, reason=doubt.text).warns()


def _closed(case: _Case, reason: Remark, category: DataCategory | None) -> Fault:
    code = _ROUTE_CODES.get(reason.code, FaultCode.ROUTE_CLOSED)
    return fault(
        "instrument",
        reason.rule,
        code,
        instrument=case.instrument.title,
        reason=reason.text,
        day=case.on.isoformat(),
        member=case.recipient.member or name_of(case.recipient.state),
        open=_open(case, category),
    )


def _not_covered(case: _Case, category: DataCategory) -> Fault:
    named = {"instrument": case.instrument.title, "category": category, "open": _open(case, category)}
    return fault("categories", str(case.instrument.basis), FaultCode.CATEGORY_NOT_COVERED, **named)


def _open(case: _Case, category: DataCategory | None) -> str:
    """The instruments that are open for it instead, in words."""
    if category is None:
        return "none named: no category of data is given"
    danger = _danger(case)
    found = routes(
        case.sender, case.recipient, category=category, on=case.on, danger=danger, urgent=True, tables=case.tables
    )
    return ", ".join(open_ids(found)) or "none"


def _danger(case: _Case) -> Danger | None:
    emergency = case.instrument.form.of_kind(FieldKind.EMERGENCY)
    ground = value_at(case.whole_form, f"{emergency.id}.ground") if emergency else None
    return Danger(str(ground)) if ground in list(Danger) else None


# -- the form --------------------------------------------------------------------------------------


def _form(case: _Case) -> Iterator[Fault]:
    """Each field by its kind; what only the authority may see in its own part."""
    readers = ((Reader.ADDRESSEE, case.draft.form), (Reader.ENFORCING_AUTHORITY, case.draft.for_authority))
    for reader, values in readers:
        yield from form_faults(
            case.instrument.form,
            values,
            reader=reader,
            circumstances=case.circumstances,
            emergency=case.instrument.emergency,
            urgency=case.instrument.urgency,
        )


def _breadth(case: _Case) -> Iterator[Fault]:
    """Too broad: nobody is named, or too long a time."""
    rule = case.instrument.breadth
    if rule is None:
        return
    identifiers = case.instrument.form.of_kind(FieldKind.IDENTIFIERS)
    named = value_at(case.whole_form, identifiers.id) if identifiers else None
    if rule.needs_identifier and identifiers is not None and not is_filled(named):
        yield fault(identifiers.id, str(rule.basis), FaultCode.IDENTIFIER_MISSING)
    yield from _period_too_long(case, rule)


def _period_too_long(case: _Case, rule: Breadth) -> Iterator[Fault]:
    period = case.instrument.form.of_kind(FieldKind.PERIOD)
    days = _days(value_at(case.whole_form, period.id)) if period else None
    if period is None or days is None or rule.longest_days is None or days <= rule.longest_days:
        return
    named = {"days": str(days), "longest": str(rule.longest_days)}
    yield fault(period.id, str(rule.basis), FaultCode.PERIOD_TOO_LONG, **named).may_be_overridden()


def _days(period: Json) -> int | None:
    """Whole days of a period, begun ones counted; ``None`` for what is no period."""
    try:
        start = instant.parse(str(value_at({"it": period}, "it.from")))
        end = instant.parse(str(value_at({"it": period}, "it.until")))
    except ValueError:
        return None
    return -(-int((end - start).total_seconds()) // _SECONDS_A_DAY)


def _gravity(case: _Case) -> Iterator[Fault]:
    """The offence must be grave enough, or of a list (2023/1543, Article 5(4))."""
    rule = case.instrument.threshold
    offence_field = case.instrument.form.of_kind(FieldKind.OFFENCE)
    if rule is None or offence_field is None:
        return
    grave = _is_grave(rule, value_at(case.whole_form, offence_field.id), case.whole_form)
    if grave is Known.YES:
        return
    code = FaultCode.THRESHOLD_NOT_MET if grave is Known.NO else FaultCode.THRESHOLD_NOT_STATED
    lists = ", ".join((*rule.listed_online, *rule.listed))
    months = str(rule.max_penalty_months) if rule.max_penalty_months is not None else "any number of"
    for category in case.categories:
        if category in rule.categories:
            named = {"category": category, "months": months, "lists": lists}
            yield fault(offence_field.id, str(rule.basis), code, **named)


def _is_grave(rule: Threshold, offence: Json, form: Mapping[str, Json]) -> Known:
    """Unknown when neither the penalty nor a list was stated."""
    if not isinstance(offence, Mapping):
        return Known.UNKNOWN
    listed, penalty = offence.get("listed"), offence.get("max_penalty_months")
    names = {str(each) for each in listed} if isinstance(listed, list) else set()
    counts_online = offence.get("online") is True
    reached = (
        (rule.max_penalty_months is not None and _is_number(penalty) and int(str(penalty)) >= rule.max_penalty_months)
        or bool(names & set(rule.listed))
        or (counts_online and bool(names & set(rule.listed_online)))
    )
    if reached:
        return Known.YES if _sentence_reaches(rule, offence, form) else Known.NO
    stated = isinstance(listed, list) and (rule.max_penalty_months is None or _is_number(penalty))
    return Known.NO if stated else Known.UNKNOWN


def _sentence_reaches(rule: Threshold, offence: Mapping[str, Json], form: Mapping[str, Json]) -> bool:
    """An order to execute a sentence needs one of that length, for one of those offences (5(4)(d))."""
    if rule.sentence_months is None or form.get("proceedings") != "sentence":
        return True
    months = offence.get("sentence_months")
    return _is_number(months) and int(str(months)) >= rule.sentence_months


def _is_number(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _ceilings(case: _Case) -> Iterator[Fault]:
    """The treaty's ceiling, and a lower one that national law sets."""
    for ceiling in case.instrument.ceilings:
        asked = case.whole_form.get(ceiling.field)
        label = next(each.label for each in case.instrument.form.fields if each.id == ceiling.field)
        most, rule = ceiling.most, str(ceiling.basis)
        for own, source in _national_limits(case):
            if own < most:
                most, rule = own, source
        if isinstance(asked, int) and not isinstance(asked, bool) and asked > most:
            yield fault(ceiling.field, rule, FaultCode.CEILING_EXCEEDED, label=label, value=str(asked), most=str(most))


def _national_limits(case: _Case) -> Iterator[tuple[int, str]]:
    table = case.tables.get(case.sender.state)
    for clock in case.instrument.clocks:
        limit = table.limits.get(clock.id) if table else None
        if limit is not None and limit.length is not None:
            yield int(limit.length.value), limit.rule.source


# -- signatures ------------------------------------------------------------------------------------


def _signatures(case: _Case) -> Iterator[Fault]:
    """Who must sign, per category: names the category, the article and who."""
    for category in case.categories:
        if category not in case.instrument.categories:
            continue
        who = signatories(case.instrument, category, state=case.sender.state, tables=case.tables)
        if not who.recorded:
            yield _not_recorded(case, category, who)
        else:
            yield from _signed(case, category, who)


def _not_recorded(case: _Case, category: DataCategory, who: Signatories) -> Fault:
    """An order of national law that nobody recorded is not sent without stating its provision."""
    found = fault(
        "sign_offs",
        who.rule,
        FaultCode.COMPETENCE_NOT_RECORDED,
        state=name_of(case.sender.state),
        category=category,
        instrument=case.instrument.title,
    )
    return found.warns() if case.instrument.parties.across else found.may_be_overridden()


def _signed(case: _Case, category: DataCategory, who: Signatories) -> Iterator[Fault]:
    issued = [each.function for each in case.draft.sign_offs if not each.validates]
    named = {"category": str(category), "who": who.who}
    if not issued:
        yield _by_national_law(fault("sign_offs", who.rule, FaultCode.SIGNATURE_MISSING, **named), who, wrong=False)
        return
    if any(each in who.alone for each in issued):
        return
    signed = ", ".join(issued)
    if not any(each in who.validated for each in issued):
        wrong = fault("sign_offs", who.rule, FaultCode.SIGNATORY_WRONG, signed=signed, **named)
        yield _by_national_law(wrong, who, wrong=True)
        return
    yield from _validated(case, category, who, signed=signed)


def _validated(case: _Case, category: DataCategory, who: Signatories, *, signed: str) -> Iterator[Fault]:
    validating = [each.function for each in case.draft.sign_offs if each.validates]
    named = {"category": str(category), "who": ", ".join(who.validators)}
    if any(each in who.validators for each in validating):
        return
    if validating:
        wrong = fault("sign_offs", who.rule, FaultCode.VALIDATOR_WRONG, signed=", ".join(validating), **named)
        yield _by_national_law(wrong, who, wrong=True)
    elif who.later is None or holds(who.later.when, case.circumstances) is not Known.YES:
        missing = fault("sign_offs", who.rule, FaultCode.VALIDATION_MISSING, signed=signed, **named)
        yield _by_national_law(missing, who, wrong=True)


def _by_national_law(found: Fault, who: Signatories, *, wrong: bool) -> Fault:
    """National law may know exceptions that its table does not: a written reason lets it pass."""
    return found.may_be_overridden() if who.national and wrong else found


def _privilege(case: _Case) -> Iterator[Fault]:
    asked = case.instrument.form.of_kind(FieldKind.PRIVILEGE)
    flag = case.whole_form.get(asked.id) if asked else None
    if asked is None or flag is None or flag not in list(Privilege) or flag == Privilege.NONE:
        return
    if not any(each.function in _JUDGES for each in case.draft.sign_offs):
        yield fault(asked.id, str(asked.basis), FaultCode.PRIVILEGE_NEEDS_JUDGE, option=str(flag))


# -- how it is sent --------------------------------------------------------------------------------


def _channel(case: _Case) -> Iterator[Fault]:
    """A later way needs a ground, which the receiver sees (2023/1543, Article 19(5))."""
    ways = channels_in_order(case.instrument, on=case.on)
    taken = next((each for each in ways if each.id == case.draft.channel), None)
    if taken is None:
        named = {"channel": case.draft.channel, "instrument": case.instrument.title}
        known = ", ".join(each.id for each in ways)
        rule = str(case.instrument.basis)
        yield fault("channel", rule, FaultCode.CHANNEL_UNKNOWN, channels=known, **named)
    elif taken is not ways[0] and taken.grounds and not ways[0].ours:
        known_grounds = {each.id: each.label for each in taken.grounds}
        if case.draft.channel_ground not in known_grounds:
            yield fault(
                "channel_ground",
                str(taken.basis),
                FaultCode.CHANNEL_GROUND_MISSING,
                first=ways[0].label,
                channel=taken.label,
                options=", ".join(known_grounds),
            )


def _language(case: _Case) -> Iterator[Fault]:
    asked = case.instrument.form.of_kind(FieldKind.LANGUAGE)
    written = case.whole_form.get(asked.id) if asked else None
    rule = case.instrument.languages
    if asked is None or rule is None or not isinstance(written, str) or not written:
        return
    accepted = _accepted(case)
    recipient = case.recipient.member or name_of(case.recipient.state)
    if not accepted:
        yield fault(asked.id, str(rule.basis), FaultCode.LANGUAGE_NOT_RECORDED, recipient=recipient).warns()
    elif _primary(written) not in {_primary(each) for each in accepted}:
        found = fault(
            asked.id,
            str(rule.basis),
            FaultCode.LANGUAGE_NOT_ACCEPTED,
            recipient=recipient,
            language=written,
            languages=", ".join(accepted),
        )
        # Where the law itself asks for a translation nothing overrides it; a treaty is silent.
        yield found.may_be_overridden() if rule.basis.confidence is Confidence.INTERPRETATION else found


def _accepted(case: _Case) -> tuple[str, ...]:
    """What the addressee's card says, its State's table, what always is accepted, official languages."""
    rule, table = case.instrument.languages, case.tables.get(case.recipient.state)
    state = states().get(case.recipient.state)
    named = [*case.recipient.languages, *(table.languages if table else ()), *(rule.always if rule else ())]
    if rule is not None and rule.official and state is not None:
        named += state.languages
    return tuple(dict.fromkeys(named))


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()


def _memory(case: _Case) -> Iterator[Fault]:
    basis = case.instrument.basis
    if basis.confidence is Confidence.MEMORY:
        yield fault("instrument", str(basis), FaultCode.FROM_MEMORY, instrument=case.instrument.title).warns()
