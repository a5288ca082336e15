"""Read an instrument's file, and check that what it says hangs together.

A file that breaks a rule is named with the line and the rule (`reading.FileRule`), all its faults
at once. The checks of one file need nothing but the file and the catalogues; `check_together` needs
all files, since a request may carry the clock of another instrument.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from tocsin.base.ids import InstrumentId
from tocsin.law import instrument_parts as parts
from tocsin.law.basis import read_basis
from tocsin.law.conditions import Condition
from tocsin.law.located import Lines
from tocsin.law.provisions import Basis, FieldKind, Form, Instrument, InstrumentClock, OtherClock
from tocsin.law.reading import FileFault, FileRule, Table, read_toml
from tocsin.law.vocabulary import ClockId, Confidence, DataCategory, Purpose

_Part = TypeVar("_Part")
_SUFFIX = ".toml"
_DEFINED = (FieldKind.EMERGENCY, FieldKind.URGENCY)
_MEANINGFUL = (
    *_DEFINED,
    FieldKind.CATEGORIES,
    FieldKind.IDENTIFIERS,
    FieldKind.OFFENCE,
    FieldKind.PERIOD,
    FieldKind.LANGUAGE,
    FieldKind.PRIVILEGE,
)


class _File:
    """A file that was read: the table knows the lines, the instrument what it says."""

    def __init__(self, table: Table, instrument: Instrument) -> None:
        self.table = table
        self.instrument = instrument


def read_instruments(texts: Mapping[str, str]) -> tuple[dict[InstrumentId, Instrument], tuple[FileFault, ...]]:
    """The instruments in ``texts`` (by file name), and every fault of every file."""
    files, faults = [], []
    for name, text in texts.items():
        table = read_toml(text, file=name)
        if isinstance(table, FileFault):
            faults.append(table)
        else:
            files.append(_File(table, _read(table, name)))
    known = {each.instrument.id: each.instrument for each in files}
    for each in files:
        _check_alone(each)
        _check_together(each, known)
        faults += each.table.faults.found
    return known, tuple(sorted(set(faults)))


def _read(table: Table, file: str) -> Instrument:
    instrument_id = InstrumentId(table.text("id"))
    title = table.text("title")
    basis = read_basis(table, act=table.text("act"))
    force, parties, letters = table.table("force"), table.table("parties"), table.table("letters")
    form = parts.read_form(table, around=basis, name="ask", title=title)
    clocks = _each(table, "clock", basis, parts.read_clock)
    instrument = Instrument(
        id=instrument_id,
        title=title,
        purpose=table.word("purpose", Purpose) or Purpose.ASSIST,
        categories=frozenset(table.words("categories", DataCategory, needed=True)),
        basis=basis,
        force=parts.read_force(force or _empty(table), around=basis),
        parties=parts.read_parties(parties or _empty(table), around=basis),
        competences=_each(table, "competence", basis, parts.read_competence),
        channels=_each(table, "channel", basis, parts.read_channel),
        letters=parts.read_letters(letters or _empty(table), around=basis),
        form=form,
        annexes=_each(table, "annex", basis, parts.read_annex),
        clocks=tuple(each for each in clocks if each is not None),
        also=_each(table, "also", basis, parts.read_also),
        grounds=tuple(parts.read_refusal(each) for each in table.tables("ground")),
        extensions=_each(table, "extension", basis, parts.read_extension),
        emergency=_one(table, "emergency", basis, parts.read_grounds_list),
        urgency=_one(table, "urgency", basis, parts.read_grounds_list),
        threshold=_one(table, "threshold", basis, parts.read_threshold),
        breadth=_one(table, "breadth", basis, parts.read_breadth),
        languages=_one(table, "languages", basis, parts.read_languages),
        ceilings=_each(table, "ceiling", basis, parts.read_ceiling),
        coercive=table.truth("coercive"),
        note=table.text("note", ""),
        file=file,
    )
    told = table.table("notification", needed=False)
    table.done()
    return instrument if told is None else replace(instrument, notification=parts.read_notification(told, instrument))


def _each(table: Table, key: str, basis: Basis, read: Callable[..., _Part]) -> tuple[_Part, ...]:
    return tuple(read(each, around=basis) for each in table.tables(key))


def _one(table: Table, key: str, basis: Basis, read: Callable[..., _Part]) -> _Part | None:
    inner = table.table(key, needed=False)
    return None if inner is None else read(inner, around=basis)


def _empty(table: Table) -> Table:
    """Stands in for a missing table, whose absence has been noted already."""
    return Table({}, place=(), lines=Lines(""), faults=type(table.faults)(table.faults.file))


def read_other_clocks(text: str, *, file: str) -> tuple[dict[ClockId, OtherClock], tuple[FileFault, ...]]:
    """The clocks in ``text`` that belong to no instrument, and every fault of it."""
    top = read_toml(text, file=file)
    if isinstance(top, FileFault):
        return {}, (top,)
    found: dict[ClockId, OtherClock] = {}
    for table in top.tables("clock"):
        around = Basis(act=table.text("act"), article="", confidence=Confidence.PAGE)
        rule = parts.read_clock_rule(table, around=around)
        other = (table.text("step"), table.text("obligation"), read_basis(table, around=around))
        table.done()
        if rule is None:
            continue
        if rule.id in found:
            table.fault(FileRule.ID_TWICE, f"a second clock {rule.id}", key="id")
        found[rule.id] = OtherClock(rule=rule, step=other[0], obligation=other[1], basis=other[2])
    top.done()
    return found, tuple(sorted(set(top.faults.found)))


# -- what must hold in one file --------------------------------------------------------------------


def _check_alone(file: _File) -> None:
    table, instrument = file.table, file.instrument
    if f"{instrument.id}{_SUFFIX}" != instrument.file:
        detail = f"the id {instrument.id} is not the name of the file"
        table.fault(FileRule.NAME_OF_FILE, detail, key="id")
    _check_competences(table, instrument)
    _check_channels(table, instrument)
    _check_meanings(table, instrument)
    _check_forms(table, instrument)
    _check_annexes(table, instrument)
    _check_notification(table, instrument)
    for number, ceiling in enumerate(instrument.ceilings):
        if instrument.form.field(ceiling.field) is None:
            _inner(table, "ceiling", number).fault(
                FileRule.FIELD_UNKNOWN, f"the form has no field {ceiling.field}", key="field"
            )


def _check_competences(table: Table, instrument: Instrument) -> None:
    for category in sorted(instrument.categories):
        holders = [each for each in instrument.competences if category in each.categories]
        if len(holders) != 1:
            detail = f"{len(holders)} competences for {category} data; there must be one"
            table.fault(FileRule.COMPETENCE_GAP, detail, key="categories")


def _check_channels(table: Table, instrument: Instrument) -> None:
    """A way that may be taken only after another needs a ground that the receiver sees."""
    first = instrument.channels[0] if instrument.channels else None
    if first is None or not any(each.ours for each in instrument.channels):
        table.fault(FileRule.CHANNEL_ORDER, "no channel is ours: a request could not be recorded")
        return
    if first.ours:
        return
    for number, channel in enumerate(instrument.channels[1:], start=1):
        if not channel.grounds:
            detail = f"{channel.id} comes after {first.id} and names no ground for taking it"
            _inner(table, "channel", number).fault(FileRule.CHANNEL_ORDER, detail)


def _check_meanings(table: Table, instrument: Instrument) -> None:
    """A kind that carries a meaning stands once, and what the instrument says of it has its field."""
    kinds = [each.kind for each in instrument.form.fields]
    for kind in _MEANINGFUL:
        if kinds.count(kind) > 1:
            table.fault(FileRule.FIELD_SHAPE, f"the form has more than one field of kind {kind}", key="field")
    needed = (
        ("emergency", FieldKind.EMERGENCY, instrument.emergency is not None),
        ("urgency", FieldKind.URGENCY, instrument.urgency is not None),
        ("threshold", FieldKind.OFFENCE, instrument.threshold is not None),
        ("breadth", FieldKind.IDENTIFIERS, instrument.breadth is not None and instrument.breadth.needs_identifier),
    )
    for key, kind, is_said in needed:
        if is_said and kind not in kinds:
            table.fault(FileRule.FIELD_SHAPE, f"{key} needs a field of kind {kind}", key=key)
        if not is_said and kind in kinds and kind in _DEFINED:
            table.fault(FileRule.FIELD_SHAPE, f"a field of kind {kind} needs the table {key}", key="field")


def _check_forms(table: Table, instrument: Instrument) -> None:
    for number, field in enumerate(instrument.form.fields):
        conditions = (*field.required_when, *field.asked_when)
        _check_conditions(_inner(table, "field", number), conditions, instrument.form)
    for number, annex in enumerate(instrument.annexes):
        inner = _inner(table, "annex", number)
        for place, field in enumerate(annex.fields):
            _check_conditions(_inner(inner, "field", place), (*field.required_when, *field.asked_when), annex)
    for clock in instrument.clocks:
        _check_conditions(_clock_table(table, clock), clock.when, instrument.form)
    for number, also in enumerate(instrument.also):
        _check_conditions(_inner(table, "also", number), also.when, instrument.form)
    for number, ground in enumerate(instrument.grounds):
        _check_conditions(_inner(table, "ground", number), ground.when, instrument.form)


def _check_conditions(table: Table, conditions: Iterable[Condition], form: Form) -> None:
    """A condition speaks of fields that the form has, and of options that the field has."""
    for condition in conditions:
        if not condition.field:
            continue
        field = form.field(condition.field.split(".")[0])
        if field is None:
            table.fault(FileRule.FIELD_UNKNOWN, f"the form has no field {condition.field}")
        elif field.options:
            known = {each.id for each in field.options}
            for value in (*condition.any_of, *condition.none_of):
                if value not in known:
                    table.fault(FileRule.OPTION_UNKNOWN, f"{field.id} has no option {value}")


def _check_notification(table: Table, instrument: Instrument) -> None:
    """What is told of an order moves its own clocks alone, each by a letter that it knows."""
    told = table.table("notification", needed=False)
    if instrument.notification is None or told is None:
        return
    if not instrument.notification.clocks:
        told.fault(FileRule.CLOCK_UNKNOWN, "no clock of this file is by the notified authority", key="id")
    for clock in instrument.notification.clocks:
        for letter in sorted(set(clock.met_by) - instrument.notification.answers):
            told.fault(FileRule.ANSWER, f"{clock.id} is met by {letter}, which is no answer here", key="asked")


def _check_annexes(table: Table, instrument: Instrument) -> None:
    for number, annex in enumerate(instrument.annexes):
        for letter in annex.goes_with:
            if letter not in instrument.answers:
                detail = f"{annex.id} goes with {letter}, which is no answer here"
                _inner(table, "annex", number).fault(FileRule.ANSWER, detail, key="goes_with")


# -- what must hold between files ------------------------------------------------------------------


def _check_together(file: _File, known: Mapping[InstrumentId, Instrument]) -> None:
    _check_clocks(file.table, file.instrument, known)
    _check_also(file.table, file.instrument, known)
    _check_carried(file.table, file.instrument)


def _check_clocks(table: Table, instrument: Instrument, known: Mapping[InstrumentId, Instrument]) -> None:
    own = {each.id for each in instrument.clocks}
    for clock in instrument.clocks:
        inner = _clock_table(table, clock)
        for other in _named_by(clock):
            if other not in own:
                inner.fault(FileRule.CLOCK_UNKNOWN, f"{clock.id} hangs on {other}, which is not here", key="of")
        if _owner(clock, known) != instrument.id:
            inner.fault(FileRule.ID_TWICE, f"{clock.id} stands in {_owner(clock, known)} too", key="id")
    if len(own) != len(instrument.clocks):
        table.fault(FileRule.ID_TWICE, "two clocks have one id", key="clock")


def _check_also(table: Table, instrument: Instrument, known: Mapping[InstrumentId, Instrument]) -> None:
    for number, also in enumerate(instrument.also):
        inner = _inner(table, "also", number)
        other = known.get(also.of)
        if other is None:
            inner.fault(FileRule.INSTRUMENT_UNKNOWN, f"there is no instrument {also.of}", key="of")
        elif also.clock not in {each.id for each in other.clocks}:
            inner.fault(FileRule.CLOCK_UNKNOWN, f"{also.of} has no clock {also.clock}", key="clock")


def _check_carried(table: Table, instrument: Instrument) -> None:
    """Clocks that competences and channels speak of run under this instrument."""
    carried = {each.id for each in instrument.clocks} | {each.clock for each in instrument.also}
    named = [
        ("competence", number, "later", each.later.clock)
        for number, each in enumerate(instrument.competences)
        if each.later is not None
    ]
    named += [("extension", number, "clock", each.clock) for number, each in enumerate(instrument.extensions)]
    named += [
        ("channel", number, "records", each.records)
        for number, each in enumerate(instrument.channels)
        if each.records is not None
    ]
    for key, number, inside, clock in named:
        if clock not in carried:
            _inner(table, key, number).fault(FileRule.CLOCK_UNKNOWN, f"no clock {clock} runs here", key=inside)


def _named_by(clock: InstrumentClock) -> Iterator[str]:
    if clock.rule.of is not None:
        yield clock.rule.of
    yield from clock.follows


def _owner(clock: InstrumentClock, known: Mapping[InstrumentId, Instrument]) -> InstrumentId:
    """The first instrument (in the order of their ids) that states this clock."""
    holders = [name for name, each in known.items() if any(one.id == clock.id for one in each.clocks)]
    return min(holders)


def _inner(table: Table, key: str, number: int) -> Table:
    return table.tables(key)[number]


def _clock_table(table: Table, clock: InstrumentClock) -> Table:
    """Where the clock stands; faulty clocks were left out, so a number would not do."""
    return next(each for each in table.tables("clock") if each.text("id") == clock.id)
