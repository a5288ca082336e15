"""Between whom a request runs, and what conditions are answered from there.

Both sides of a thread call the same functions with the same letters and the same law as data, so
both come to the same clocks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from tocsin.law.conditions import Circumstances, Json, all_known, holds, is_filled
from tocsin.law.instrument import clock_named
from tocsin.law.national import Tables, not_recorded
from tocsin.law.provisions import Basis, FieldKind, Grounds, Instrument, InstrumentClock, Later
from tocsin.law.treaty import Bound, Provision, Treaty, bound, reserved
from tocsin.law.vocabulary import DataCategory, Function, Known, PartyKind, StateCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One end of a request, as its card says."""

    kind: PartyKind
    state: StateCode
    """The State; for a provider that of its establishment or legal representative."""
    member: str = ""
    languages: tuple[str, ...] = ()
    """Languages its card accepts."""
    competences: frozenset[str] | None = None
    """Instruments its card names; ``None`` when no card is at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedClock:
    """A clock that a request carries: its own instrument's, or another's that also applies."""

    clock: InstrumentClock
    applies: Known
    """Unknown where a condition cannot be answered: show it, and say on what it hangs."""
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatories:
    """Who must sign for some category of data."""

    alone: tuple[Function, ...]
    validated: tuple[Function, ...]
    validators: tuple[Function, ...]
    later: Later | None
    recorded: bool
    """False when it is national law that nobody has recorded."""
    rule: str
    national: bool
    """Whether national law decides, recorded or not."""

    @property
    def who(self) -> str:
        """In words: who signs, and who validates whose order."""
        if not self.recorded:
            return self.rule
        ways = [", ".join(self.alone)] if self.alone else []
        if self.validated:
            ways.append(f"{', '.join(self.validated)} with a validation by {', '.join(self.validators)}")
        return "; or ".join(ways)


def circumstances_of(
    *,
    sender: Party,
    recipient: Party,
    categories: Iterable[DataCategory],
    on: date,
    tables: Tables,
    form: Mapping[str, Json] | None = None,
    urgent: bool = False,
    emergency: bool = False,
) -> Circumstances:
    """What the conditions of an instrument are answered from, between these two on that day.

    Before there is a form, what hangs on it is unknown.
    """
    return Circumstances(
        categories=frozenset(categories),
        urgent=urgent,
        emergency=emergency,
        form=form or {},
        form_known=form is not None,
        bound={each: both_bound(sender, recipient, each, on=on) for each in Treaty},
        reserved={each: reserved_by(recipient.state, each, on=on, tables=tables) for each in Provision},
    )


def circumstances_of_form(
    instrument: Instrument,
    form: Mapping[str, Json],
    *,
    sender: Party,
    recipient: Party,
    on: date,
    tables: Tables,
) -> Circumstances:
    """The same, read off a filled form: its categories, its urgency, its emergency."""
    return circumstances_of(
        sender=sender,
        recipient=recipient,
        categories=categories_in(instrument, form),
        on=on,
        tables=tables,
        form=form,
        urgent=is_urgent(instrument, form),
        emergency=is_emergency(instrument, form),
    )


def categories_in(instrument: Instrument, form: Mapping[str, Json]) -> frozenset[DataCategory]:
    """The categories of data that a form asks for."""
    field = instrument.form.of_kind(FieldKind.CATEGORIES)
    values = form.get(field.id) if field else None
    asked = values if isinstance(values, list) else []
    return frozenset(each for each in DataCategory if each in asked)


def is_urgent(instrument: Instrument, form: Mapping[str, Json]) -> bool:
    """Whether the form pleads urgency, on a ground that the instrument counts."""
    field = instrument.form.of_kind(FieldKind.URGENCY)
    return field is not None and _pleads(form.get(field.id), instrument.urgency)


def is_emergency(instrument: Instrument, form: Mapping[str, Json]) -> bool:
    """Whether the form pleads an emergency as the instrument defines it, no wider."""
    field = instrument.form.of_kind(FieldKind.EMERGENCY)
    return field is not None and _pleads(form.get(field.id), instrument.emergency)


def clocks_carried(instrument: Instrument, circumstances: Circumstances) -> tuple[CarriedClock, ...]:
    """The clocks that a request carries; those that cannot apply are left out."""
    own = [(each, each.when, each.basis) for each in instrument.clocks]
    also = [(clock_named(each.clock), each.when, each.basis) for each in instrument.also]
    carried = [
        CarriedClock(clock=clock, applies=holds(when, circumstances), basis=basis) for clock, when, basis in own + also
    ]
    return tuple(each for each in carried if each.applies is not Known.NO)


def bounds(sender: Party, recipient: Party, treaty: Treaty, *, on: date) -> tuple[Bound, ...]:
    """Whether each of the two States is bound; one answer when it is the same State."""
    states = dict.fromkeys((sender.state, recipient.state))
    return tuple(bound(each, treaty, on=on) for each in states)


def both_bound(sender: Party, recipient: Party, treaty: Treaty, *, on: date) -> Known:
    return all_known(each.answer for each in bounds(sender, recipient, treaty, on=on))


def reserved_by(state: StateCode, provision: Provision, *, on: date, tables: Tables) -> Known:
    """What the State's own table says, and else what the reservations table does."""
    table = tables.get(state)
    own = table.reserved(provision, on=on) if table else Known.UNKNOWN
    return own if own is not Known.UNKNOWN else reserved(state, provision, on=on).answer


def signatories(instrument: Instrument, category: DataCategory, *, state: StateCode, tables: Tables) -> Signatories:
    """Who must sign in ``state``; raises ``KeyError`` for a category that is not covered."""
    competence = instrument.competence(category)
    if not competence.national:
        return Signatories(
            alone=competence.alone,
            validated=competence.validated,
            validators=competence.validators,
            later=competence.later,
            recorded=True,
            rule=str(competence.basis),
            national=False,
        )
    table = tables.get(state)
    own = table.competence(instrument.id, category) if table else None
    if table is None or own is None:
        return Signatories(
            alone=(), validated=(), validators=(), later=None, recorded=False, rule=not_recorded(state), national=True
        )
    rule = f"{own.provision} ({table.source}, as recorded by {table.member} on {table.as_of})"
    return Signatories(
        alone=own.alone,
        validated=own.validated,
        validators=own.validators,
        later=None,
        recorded=True,
        rule=rule,
        national=True,
    )


def _pleads(value: Json, grounds: Grounds | None) -> bool:
    if not is_filled(value):
        return False
    ground = value.get("ground") if isinstance(value, Mapping) else None
    return grounds is None or ground in [each.id for each in grounds.options]
