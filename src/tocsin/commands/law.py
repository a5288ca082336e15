"""``tocsin law``: the instruments as data, the ways between two States, and clocks. It needs no node.

What is known from memory only says so on each line; what national law decides is "not recorded" here, since the tables
of members are known to a node alone (``tocsin request check`` uses them).
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import typer

from tocsin.base.instant import text
from tocsin.commands.acting import AsJson, now, tell
from tocsin.commands.errors import ArgumentError
from tocsin.commands.reading import read_day, read_instant, read_word
from tocsin.law.calendar import Place
from tocsin.law.clock import ClockRule, Due, due, until
from tocsin.law.grounds import ground
from tocsin.law.instrument import clock_named, instrument, instruments
from tocsin.law.provisions import Basis, Competence, Instrument
from tocsin.law.routes import Route, routes
from tocsin.law.setting import Party
from tocsin.law.shipped import check_law
from tocsin.law.treaty import state_code
from tocsin.law.vocabulary import Confidence, Danger, DataCategory, PartyKind

app = typer.Typer(no_args_is_help=True, help="What may be asked of whom, how long it takes, and who must sign.")

FROM_MEMORY = "from memory"


# --- Instruments --------------------------------------------------------------------------------


@app.command("list", epilog="Example: tocsin law list")
def list_instruments(
    *,
    on: Annotated[str, typer.Option(help="Only those in force on this day, like 2026-11-24.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show every instrument: what it is for, its article, and since when it is in force."""
    found = sorted(instruments(read_day("--on", on) if on else None).values(), key=lambda each: each.id)
    rows = [
        {
            "instrument": each.id,
            "title": each.title,
            "article": str(each.basis.article),
            "act": each.basis.act,
            "in_force_since": each.force.since,
            "from_memory": _is_from_memory(each.basis),
        }
        for each in found
    ]
    lines = [f"{each.id:32} {each.title}{_mark(each.basis)}" for each in found]
    tell(rows, as_json=as_json, words="\n".join(lines) or "No instrument is in force then.")


@app.command(epilog="Example: tocsin law show budapest-29-preserve")
def show(instrument_id: Annotated[str, typer.Argument(metavar="ID")], *, as_json: AsJson = False) -> None:
    """Show an instrument: parties, signatories, ways, form, clocks and grounds of refusal."""
    found = instrument(instrument_id)
    tell(_shown(found), as_json=as_json, words="\n".join(_described(found)))


def _shown(found: Instrument) -> dict[str, Any]:
    return {
        "instrument": found.id,
        "title": found.title,
        "source": str(found.basis),
        "from_memory": _is_from_memory(found.basis),
        "in_force_since": found.force.since,
        "pending": found.force.pending,
        "from": found.parties.sender,
        "to": found.parties.recipient,
        "across": found.parties.across,
        "coercive": found.coercive,
        "categories": sorted(found.categories),
        "signatories": [
            {
                "categories": sorted(each.categories),
                "national_law": each.national,
                "alone": each.alone,
                "validated": each.validated,
                "validators": each.validators,
                "source": str(each.basis),
            }
            for each in found.competences
        ],
        "channels": [
            {"channel": each.id, "label": each.label, "ours": each.ours, "grounds": [one.id for one in each.grounds]}
            for each in found.channels
        ],
        "form": [
            {"field": each.id, "label": each.label, "kind": each.kind, "required": each.required}
            for each in found.form.fields
        ],
        "clocks": [_shown_clock(each.rule) for each in found.clocks],
        "grounds": [{"ground": each.code, "words": ground(each.code).text} for each in found.grounds],
    }


def _shown_clock(rule: ClockRule) -> dict[str, Any]:
    return {
        "clock": rule.id,
        "article": rule.article,
        "kind": rule.kind,
        "value": None if rule.value is None else str(rule.value),
        "unit": rule.unit,
        "counting": rule.counting,
        "trigger": rule.trigger,
        "on_miss": rule.on_miss,
        "source": rule.source,
        "from_memory": not rule.confirmed,
    }


def _described(found: Instrument) -> Iterator[str]:
    yield f"{found.title}{_mark(found.basis)}"
    yield f"  {found.basis}"
    since = f"since {found.force.since}" if found.force.since else f"not in force: {found.force.pending}"
    yield f"  in force: {since}{_mark(found.force.basis)}"
    ends = "between two States" if found.parties.across else "inside one State"
    yield f"  from a {found.parties.sender} to a {found.parties.recipient}, {ends}"
    yield f"  {'coercive: an authority signs it off before it leaves' if found.coercive else 'not coercive'}"
    yield "who signs"
    for each in found.competences:
        yield f"  {', '.join(sorted(each.categories))}: {_who(each)} ({each.basis.article}){_mark(each.basis)}"
    yield "ways, in their order"
    for channel in found.channels:
        needs = f" (needs a ground: {', '.join(one.id for one in channel.grounds)})" if channel.grounds else ""
        yield f"  {channel.id:26} {channel.label}{needs}"
    yield "form"
    for field in found.form.fields:
        yield f"  {field.id:26} {field.kind.value:14} {'required' if field.required else ''}"
    yield "clocks"
    for clock in found.clocks:
        yield f"  {clock.id:36} {_length(clock.rule)} ({clock.rule.article}){_unsure(clock.rule)}"
    yield "grounds of refusal"
    for one in found.grounds:
        yield f"  {one.code:26} {ground(one.code).text}"
    if not found.grounds:
        yield "  it names none"


def _who(competence: Competence) -> str:
    if competence.national:
        return "national law of the sender's State"
    ways = [", ".join(competence.alone)] if competence.alone else []
    if competence.validated:
        ways.append(f"{', '.join(competence.validated)} with a validation by {', '.join(competence.validators)}")
    return "; or ".join(ways)


def _length(rule: ClockRule) -> str:
    return f"{rule.value} {rule.unit.value}" if rule.value is not None else rule.unit.value


# --- Routes -------------------------------------------------------------------------------------


@app.command("routes", epilog="Example: tocsin law routes --from RO --to PT --category CONTENT --on 2026-11-24")
def show_routes(
    *,
    sender: Annotated[str, typer.Option("--from", help="The State that asks, like RO.")],
    recipient: Annotated[str, typer.Option("--to", help="The State that is asked, or where the provider is.")],
    category: Annotated[str, typer.Option(help=f"One of {', '.join(DataCategory)}.")],
    provider: Annotated[bool, typer.Option("--provider", help="The addressee is a service provider.")] = False,
    on: Annotated[str, typer.Option(help="On which day; today if left out.")] = "",
    danger: Annotated[str, typer.Option(help=f"What is threatened: one of {', '.join(Danger)}.")] = "",
    urgent: Annotated[bool, typer.Option("--urgent", help="The request is urgent.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show which instruments are open between two parties for a category of data, and why the others are not.

    "no" stands only where a source says no; what no source says is offered, with a warning.
    """
    found = routes(
        Party(kind=PartyKind.STATE, state=state_code(sender)),
        Party(kind=PartyKind.PROVIDER if provider else PartyKind.STATE, state=state_code(recipient)),
        category=read_word(DataCategory, "--category", category),
        on=read_day("--on", on) if on else now().date(),
        danger=read_word(Danger, "--danger", danger) if danger else None,
        urgent=urgent,
    )
    lines = [line for each in found for line in _route_lines(each)]
    tell([_shown_route(each) for each in found], as_json=as_json, words="\n".join(lines))


def _shown_route(route: Route) -> dict[str, Any]:
    return {
        "instrument": route.instrument.id,
        "answer": route.answer,
        "who_signs": route.signatories.who if route.signatories else None,
        "channels": [each.id for each in route.channels],
        "clocks": [{**_shown_clock(each.clock.rule), "applies": each.applies} for each in route.clocks],
        "warnings": [{"code": each.code, "text": each.text, "rule": each.rule} for each in route.warnings],
        "closed_because": [{"code": each.code, "text": each.text, "rule": each.rule} for each in route.closed_because],
        "is_emergency": route.is_emergency,
        "from_memory": _is_from_memory(route.instrument.basis),
    }


def _route_lines(route: Route) -> Iterator[str]:
    yield f"{route.answer.value:8} {route.instrument.id:32} {route.instrument.title}{_mark(route.instrument.basis)}"
    for why in route.closed_because:
        yield f"           {why.text} [{why.rule}]"
    if route.closed_because:
        return
    for doubt in route.warnings:
        yield f"         ! {doubt.text} [{doubt.rule}]"
    if route.signatories:
        yield f"           signs: {route.signatories.who}"
    for carried in route.clocks:
        rule = carried.clock.rule
        yield f"           {rule.id:34} {_length(rule)} ({rule.article}){_unsure(rule)}"


# --- Clocks -------------------------------------------------------------------------------------


@app.command(
    epilog="Example: tocsin law clock dir2013_40.13.1.urgent --since 2026-11-24T03:00:00+02:00 --place PT:Europe/Lisbon"
)
def clock(
    clock_id: Annotated[str, typer.Argument(metavar="ID")],
    *,
    since: Annotated[str, typer.Option(help="When it was triggered, with offset: 2026-11-24T03:00:00+02:00.")],
    place: Annotated[
        str, typer.Option(help="Where the act is due: COUNTRY:ZONE, like PT:Europe/Lisbon, or DE-BY:Europe/Berlin.")
    ],
    as_json: AsJson = False,
) -> None:
    """Show when a clock ends: its strict end (alarms) and its legal latest end (missed), in the place's time."""
    rule, where = _rule(clock_id), _place(place)
    found = due(rule, since=read_instant("--since", since), place=where)
    shown = {
        **_shown_clock(rule),
        "standing": found.standing,
        "strict": text(found.span.strict) if found.span else None,
        "legal_latest": text(found.span.legal_latest) if found.span else None,
        "last_day": found.span.last_day if found.span else None,
        "interpretations": found.span.interpretations if found.span else (),
        "national_law_of": found.country,
    }
    tell(shown, as_json=as_json, words="\n".join(_due_lines(rule, found, where)))


def _due_lines(rule: ClockRule, found: Due, place: Place) -> Iterable[str]:
    yield f"{rule.id} ({rule.article}, {rule.source}){_unsure(rule)}"
    yield f"  {_length(rule)}, {found.standing.value}: {rule.trigger}"
    if found.span is None:
        missing = f"national law of {found.country}: not recorded" if found.country else "the law gives no number"
        yield f"  no end: {missing}"
        return
    yield f"  strict        {text(found.span.strict)}  {until(found.span.strict, place)}"
    yield f"  legal latest  {text(found.span.legal_latest)}  {until(found.span.legal_latest, place)}"
    for each in sorted(found.span.interpretations):
        yield f"  rests on an interpretation: {each.value}"


# --- The files ----------------------------------------------------------------------------------


@app.command(epilog="Example: tocsin law check")
def check(*, as_json: AsJson = False) -> None:
    """Read every file of the law; a faulty one is named with its line and the rule that it breaks."""
    check_law()
    count = len(instruments())
    tell(
        {"instruments": count, "faults": []}, as_json=as_json, words=f"{count} instruments and all tables are in order."
    )


# --- Small things -------------------------------------------------------------------------------


def _is_from_memory(basis: Basis) -> bool:
    return basis.confidence is Confidence.MEMORY


def _mark(basis: Basis) -> str:
    return f" ({FROM_MEMORY})" if _is_from_memory(basis) else ""


def _unsure(rule: ClockRule) -> str:
    return "" if rule.confirmed else f" ({FROM_MEMORY})"


def _rule(clock_id: str) -> ClockRule:
    try:
        return clock_named(clock_id).rule
    except KeyError:
        expected = "the id of a clock (tocsin law show INSTRUMENT lists them)"
        raise ArgumentError(argument="ID", value=clock_id, expected=expected) from None


def _place(written: str) -> Place:
    country, _, zone = written.partition(":")
    state, _, subdivision = country.partition("-")
    if not state or not zone:
        expected = "COUNTRY:ZONE, like PT:Europe/Lisbon"
        raise ArgumentError(argument="--place", value=written, expected=expected)
    return Place(zone=zone, country=state, subdivision=subdivision or None)
