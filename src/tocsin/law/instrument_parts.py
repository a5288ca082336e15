"""Read the parts of an instrument's file: forms, conditions, clocks, competences, channels."""

from dataclasses import replace
from datetime import timedelta

from tocsin.base.ids import InstrumentId
from tocsin.law.basis import read_basis
from tocsin.law.clock import ClockKind, ClockRule, FixedDate
from tocsin.law.conditions import Condition
from tocsin.law.counting import Counting, Readings, Unit
from tocsin.law.errors import ClockRuleFaultyError
from tocsin.law.grounds import grounds
from tocsin.law.provisions import (
    AlsoClock,
    Basis,
    Breadth,
    Ceiling,
    Channel,
    Closure,
    Competence,
    ExtensionRule,
    Field,
    FieldKind,
    Force,
    Form,
    Grounds,
    Instrument,
    InstrumentClock,
    Languages,
    Later,
    Letters,
    Moment,
    Option,
    Parties,
    RefusalGround,
    Side,
    StopUse,
    Threshold,
    Trigger,
)
from tocsin.law.reading import FileRule, Table
from tocsin.law.running import RESETTABLE, STOPS
from tocsin.law.treaty import Provision, Treaty
from tocsin.law.vocabulary import (
    ClockId,
    Confidence,
    Danger,
    DataCategory,
    Function,
    GroundUse,
    LetterKind,
    OffenceList,
    PartyKind,
    Reader,
)

_CHOSEN = (FieldKind.CHOICE, FieldKind.TICKS, FieldKind.DECLARATIONS)


def read_conditions(table: Table, key: str) -> tuple[Condition, ...]:
    """The conditions under ``key``: one of them must hold."""
    return tuple(_condition(each) for each in table.tables(key))


def _condition(table: Table) -> Condition:
    read = Condition(
        categories=frozenset(table.words("categories", DataCategory)),
        only=frozenset(table.words("only", DataCategory)),
        urgent=table.maybe_truth("urgent"),
        emergency=table.maybe_truth("emergency"),
        field=table.text("field", ""),
        any_of=table.texts("is"),
        none_of=table.texts("is_not"),
        filled=table.maybe_truth("filled"),
        bound=table.text("bound", ""),
        reserved=table.text("reserved", ""),
    )
    if read.bound and read.bound not in set(Treaty):
        table.fault(FileRule.TREATY_UNKNOWN, f"no treaty or act is called {read.bound}", key="bound")
    if read.reserved and read.reserved not in set(Provision):
        table.fault(FileRule.RESERVATION_UNKNOWN, f"no reservation is called {read.reserved}", key="reserved")
    said = [bool(read.any_of), bool(read.none_of), read.filled is not None]
    if said.count(True) != (1 if read.field else 0):
        table.fault(
            FileRule.FIELD_SHAPE, "a condition on a field says what it is, what it is not, or whether it is filled"
        )
    table.done()
    return read


def read_form(table: Table, *, around: Basis, name: str, title: str) -> Form:
    """The form whose fields stand in ``table``; ids must differ."""
    seen: set[str] = set()
    fields = []
    for each in table.tables("field", needed=True):
        field = _field(each, around=around)
        if field.id in seen:
            each.fault(FileRule.ID_TWICE, f"a second field {field.id}", key="id")
        seen.add(field.id)
        fields.append(field)
    return Form(id=name, title=title, fields=tuple(fields), basis=around)


def read_annex(table: Table, *, around: Basis) -> Form:
    """An annex: a form that goes with other letters than the ask."""
    basis = read_basis(table, around=around)
    form = read_form(table, around=basis, name=table.text("id"), title=table.text("title"))
    goes_with = table.words("goes_with", LetterKind, needed=True)
    table.done()
    return replace(form, goes_with=goes_with)


def _field(table: Table, *, around: Basis) -> Field:
    kind = table.word("kind", FieldKind) or FieldKind.TEXT
    options = read_options(table, "options")
    if bool(options) != (kind in _CHOSEN):
        detail = f"a field of kind {kind} {'needs' if kind in _CHOSEN else 'has no'} options"
        table.fault(FileRule.FIELD_SHAPE, detail, key="options" if options else "kind")
    read = Field(
        id=table.text("id"),
        kind=kind,
        label=table.text("label"),
        section=table.text("section", ""),
        required=table.truth("required", default=False),
        required_when=read_conditions(table, "required_when"),
        asked_when=read_conditions(table, "asked_when"),
        readers=frozenset(table.words("readers", Reader)) or frozenset(Reader),
        options=options,
        most=table.number("most"),
        basis=read_basis(table, around=around),
    )
    table.done()
    return read


def read_options(table: Table, key: str) -> tuple[Option, ...]:
    """The options under ``key``; ids must differ."""
    seen: set[str] = set()
    options = []
    for each in table.tables(key):
        option = Option(id=each.text("id"), label=each.text("label"), stops=each.text("stops", ""))
        if option.id in seen:
            each.fault(FileRule.ID_TWICE, f"a second option {option.id}", key="id")
        seen.add(option.id)
        each.done()
        options.append(option)
    return tuple(options)


def read_force(table: Table, *, around: Basis) -> Force:
    since = table.day("from")
    pending = table.text("pending", "")
    if (since is None) != bool(pending):
        table.fault(FileRule.FORCE, "an instrument is in force from a day, or says why it is not")
    read = Force(since=since, pending=pending, basis=read_basis(table, around=around))
    table.done()
    return read


def read_parties(table: Table, *, around: Basis) -> Parties:
    binds = table.text("binds")
    if binds and binds not in set(Treaty):
        table.fault(FileRule.TREATY_UNKNOWN, f"no treaty or act is called {binds}", key="binds")
    closed_by = tuple(_closure(each, around=around) for each in table.tables("closed_by"))
    read = Parties(
        binds=binds,
        sender=table.word("sender", PartyKind) or PartyKind.STATE,
        recipient=table.word("recipient", PartyKind) or PartyKind.STATE,
        across=table.truth("across"),
        basis=read_basis(table, around=around),
        closed_by=closed_by,
    )
    table.done()
    return read


def _closure(table: Table, *, around: Basis) -> Closure:
    reservation = table.text("reservation")
    if reservation and reservation not in set(Provision):
        table.fault(FileRule.RESERVATION_UNKNOWN, f"no reservation is called {reservation}", key="reservation")
    read = Closure(
        reservation=reservation,
        categories=frozenset(table.words("categories", DataCategory)),
        basis=read_basis(table, around=around),
    )
    table.done()
    return read


def read_competence(table: Table, *, around: Basis) -> Competence:
    """Who may order: named here, or left to national law, and never both or neither."""
    inner = table.table("later", needed=False)
    read = Competence(
        categories=frozenset(table.words("categories", DataCategory, needed=True)),
        alone=table.words("alone", Function),
        validated=table.words("validated", Function),
        validators=table.words("validators", Function),
        national=table.truth("national", default=False),
        later=_later(inner, around=around) if inner is not None else None,
        basis=read_basis(table, around=around),
    )
    if read.national == bool(read.alone or read.validated):
        table.fault(FileRule.COMPETENCE_SHAPE, "a competence names who may issue, or leaves it to national law")
    if bool(read.validated) != bool(read.validators):
        table.fault(FileRule.COMPETENCE_SHAPE, "whoever must be validated needs validators, and only then")
    table.done()
    return read


def _later(table: Table, *, around: Basis) -> Later:
    read = Later(
        when=read_conditions(table, "when"),
        clock=ClockId(table.text("clock")),
        basis=read_basis(table, around=around),
    )
    table.done()
    return read


def read_grounds_list(table: Table, *, around: Basis) -> Grounds:
    """What counts as an emergency, or as urgent."""
    read = Grounds(options=read_options(table, "options"), basis=read_basis(table, around=around))
    if not read.options:
        table.fault(FileRule.KEY_MISSING, "options is missing")
    for number, option in enumerate(read.options):
        if option.id not in set(Danger):
            table.fault(FileRule.WORD_UNKNOWN, f"no danger is called {option.id}", key="options", item=number)
    table.done()
    return read


def read_channel(table: Table, *, around: Basis) -> Channel:
    records = table.text("records", "")
    read = Channel(
        id=table.text("id"),
        label=table.text("label"),
        ours=table.truth("ours"),
        since=table.day("from"),
        grounds=read_options(table, "grounds"),
        records=ClockId(records) if records else None,
        basis=read_basis(table, around=around),
    )
    table.done()
    return read


def read_clock_rule(table: Table, *, around: Basis) -> ClockRule | None:
    """The clock that ``table`` states; ``None`` (and a fault) when it contradicts itself."""
    basis = read_basis(table, around=around)
    kind, unit = table.word("kind", ClockKind), table.word("unit", Unit)
    counting = table.word("counting", Counting)
    of, day, warn = table.text("of", ""), table.text("date", ""), table.texts("warn_before")
    clock = ClockId(table.text("id"))
    value = table.number("value")
    words = {name: table.text(name, "") for name in ("trigger", "actor", "on_miss", "extension", "note")}
    extended_hours = table.truth("hours_min_two_working_days", default=False)
    if kind is None or unit is None or counting is None:
        return None
    try:
        return ClockRule(
            id=clock,
            article=basis.article,
            kind=kind,
            unit=unit,
            counting=counting,
            value=value,
            date=_fixed_date(day),
            of=ClockId(of) if of else None,
            confirmed=basis.confidence is Confidence.PAGE,
            source=str(basis),
            warnings=tuple(_duration(each) for each in warn) or None,
            readings=Readings(hours_min_two_working_days=extended_hours),
            **words,
        )
    except ClockRuleFaultyError as error:
        key = str(error.fields["field"])
        table.fault(FileRule.CLOCK_SHAPE, str(error), key=key if table.has(key) else "id")
    except ValueError as error:
        table.fault(FileRule.CLOCK_SHAPE, f"{clock}: {error}", key="date" if day else "warn_before")
    return None


def read_clock(table: Table, *, around: Basis) -> InstrumentClock | None:
    """A clock with the letters that move it."""
    rule = read_clock_rule(table, around=around)
    starts = tuple(_trigger(each) for each in table.tables("starts"))
    letters = {
        name: table.words(name, LetterKind)
        for name in (
            "met_by",
            "confirmed_by",
            "followed_up_by",
            "extended_by",
            "lifted_by",
            "deviated_by",
            "set_anew_by",
        )
    }
    stops = tuple(_stop(each) for each in table.tables("stops"))
    follows = tuple(ClockId(each) for each in table.texts("follows"))
    by = table.word("by", Side) or Side.ASKED
    is_right = table.truth("is_right", default=False)
    step, obligation = table.text("step"), table.text("obligation")
    when = read_conditions(table, "when")
    basis = read_basis(table, around=around)
    if letters["set_anew_by"] and rule is not None and rule.kind not in RESETTABLE:
        table.fault(FileRule.CLOCK_SHAPE, f"nobody sets a {rule.kind} anew", key="set_anew_by")
    table.done()
    if rule is None:
        return None
    return InstrumentClock(
        rule=rule,
        step=step,
        obligation=obligation,
        by=by,
        starts=starts,
        when=when,
        stops=stops,
        follows=follows,
        is_right=is_right,
        basis=basis,
        **letters,
    )


def _trigger(table: Table) -> Trigger:
    read = Trigger(
        letter=table.word("letter", LetterKind) or LetterKind.ASK,
        moment=table.word("moment", Moment) or Moment.RECEIVED,
    )
    table.done()
    return read


def _stop(table: Table) -> StopUse:
    read = StopUse(
        why=table.text("why"),
        begun_by=table.words("begun_by", LetterKind, needed=True),
        ended_by=table.words("ended_by", LetterKind, needed=True),
    )
    if read.why and read.why not in STOPS:
        table.fault(FileRule.CLOCK_SHAPE, f"no stop is called {read.why}", key="why")
    table.done()
    return read


def read_also(table: Table, *, around: Basis) -> AlsoClock:
    read = AlsoClock(
        clock=ClockId(table.text("clock")),
        of=InstrumentId(table.text("of")),
        when=read_conditions(table, "when"),
        basis=read_basis(table, around=around),
    )
    table.done()
    return read


def read_refusal(table: Table) -> RefusalGround:
    """A ground of the catalogue; what it is invoked for is what it is there for, unless said otherwise."""
    code = table.text("code")
    own = grounds().get(code)
    usual = GroundUse.POSTPONE if own is not None and own.postpones else GroundUse.REFUSE
    read = RefusalGround(
        code=code,
        uses=frozenset(table.words("uses", GroundUse)) or frozenset({usual}),
        when=read_conditions(table, "when"),
    )
    if code and own is None:
        table.fault(FileRule.GROUND_UNKNOWN, f"the catalogue has no ground {code}", key="code")
    table.done()
    return read


def read_letters(table: Table, *, around: Basis) -> Letters:
    """Who may write what; whatever fulfils or waits is a letter that somebody may write."""
    sides = {name: frozenset(table.words(name, LetterKind, needed=True)) for name in ("asker", "asked")}
    read = Letters(
        **sides,
        fulfilled_by=frozenset(table.words("fulfilled_by", LetterKind, needed=True)),
        waits=frozenset(table.words("waits", LetterKind)),
        basis=read_basis(table, around=around),
    )
    for name, letters in sides.items():
        if LetterKind.ASK in letters:
            table.fault(FileRule.ANSWER, "an ask is no answer", key=name)
    for name, letters in (("fulfilled_by", read.fulfilled_by), ("waits", read.waits)):
        for letter in sorted(letters - read.asker - read.asked):
            table.fault(FileRule.ANSWER, f"nobody may write {letter}", key=name)
    table.done()
    return read


def read_notification(table: Table, order: Instrument) -> Instrument:
    """The thread in which an enforcing authority is told of an order: the order's own form, and the authority's part.

    Its clocks are those of the order's file that are ``by`` the notified authority, which is the asked side there.
    """
    basis = read_basis(table, around=order.basis)
    letters = {name: frozenset(table.words(name, LetterKind, needed=True)) for name in ("asker", "asked")}
    codes = table.texts("grounds", needed=True)
    own = {each.code: each for each in order.grounds}
    for number, code in enumerate(codes):
        if code not in own:
            table.fault(FileRule.GROUND_UNKNOWN, f"{order.id} has no ground {code}", key="grounds", item=number)
    read = replace(
        order,
        id=InstrumentId(table.text("id")),
        title=table.text("title"),
        basis=basis,
        parties=replace(order.parties, sender=PartyKind.STATE, recipient=PartyKind.STATE, basis=basis),
        letters=Letters(
            **letters,
            fulfilled_by=frozenset(table.words("fulfilled_by", LetterKind, needed=True)),
            waits=frozenset(),
            basis=basis,
        ),
        annexes=(),
        clocks=tuple(replace(each, by=Side.ASKED) for each in order.clocks if each.by is Side.NOTIFIED and each.starts),
        also=(),
        grounds=tuple(own[code] for code in codes if code in own),
        extensions=(),
        notifies_of=order.id,
        note=table.text("note", ""),
    )
    table.done()
    return read


def read_extension(table: Table, *, around: Basis) -> ExtensionRule:
    read = ExtensionRule(
        clock=ClockId(table.text("clock")),
        by=frozenset(table.words("by", Side, needed=True)),
        times=table.number("times"),
        days=table.number("days"),
        consent=table.truth("consent", default=False),
        basis=read_basis(table, around=around),
    )
    table.done()
    return read


def read_threshold(table: Table, *, around: Basis) -> Threshold:
    read = Threshold(
        categories=frozenset(table.words("categories", DataCategory, needed=True)),
        max_penalty_months=table.number("max_penalty_months"),
        listed_online=table.texts("listed_online"),
        listed=table.texts("listed"),
        sentence_months=table.number("sentence_months"),
        basis=read_basis(table, around=around),
    )
    for key, names in (("listed_online", read.listed_online), ("listed", read.listed)):
        for number, name in enumerate(names):
            if name not in set(OffenceList):
                table.fault(FileRule.LIST_UNKNOWN, f"no list of offences is called {name}", key=key, item=number)
    table.done()
    return read


def read_breadth(table: Table, *, around: Basis) -> Breadth:
    read = Breadth(
        needs_identifier=table.truth("needs_identifier"),
        longest_days=table.number("longest_days"),
        basis=read_basis(table, around=around),
    )
    table.done()
    return read


def read_languages(table: Table, *, around: Basis) -> Languages:
    read = Languages(
        always=table.texts("always"),
        official=table.truth("official"),
        basis=read_basis(table, around=around),
    )
    table.done()
    return read


def read_ceiling(table: Table, *, around: Basis) -> Ceiling:
    read = Ceiling(field=table.text("field"), most=table.number("most") or 0, basis=read_basis(table, around=around))
    table.done()
    return read


def _fixed_date(text: str) -> FixedDate | None:
    """``"31 March"`` is written ``"03-31"``, as in ISO 8601."""
    if not text:
        return None
    month, _, day = text.partition("-")
    return FixedDate(int(month), int(day))


def _duration(text: str) -> timedelta:
    """``"14 days"`` or ``"2 hours"``."""
    number, _, unit = text.partition(" ")
    if unit not in ("days", "hours"):
        raise ValueError(f"{text!r} is not a number of days or hours")
    return timedelta(**{unit: int(number)})
