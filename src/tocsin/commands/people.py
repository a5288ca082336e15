"""``tocsin people``: who works at this node, and the tokens of their programs."""

from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from tocsin.base.ids import PersonId
from tocsin.commands.acting import AsJson, acting, now, tell
from tocsin.commands.reading import read_day
from tocsin.directory import reads as directory
from tocsin.people import reads
from tocsin.people.acts import people as acts
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right, Role
from tocsin.requests import reads as requests

app = typer.Typer(no_args_is_help=True, help="Who works at this node, and the tokens of their programs.")


@app.command(epilog='Example: tocsin people add "Ioana Exemplu" --role duty-officer --function police')
def add(
    name: str,
    *,
    role: Annotated[list[str], typer.Option(help=f"One of {', '.join(role.value for role in Role)}; may be repeated.")],
    function: Annotated[str, typer.Option(help="The office, like judge, prosecutor or police.")] = "",
    as_json: AsJson = False,
) -> None:
    """Give somebody a place at this node."""
    at = now()
    by = acting(at=at)
    rights.check(by, Right.RUN_NODE)
    person = acts.add_person(name=name, roles=frozenset(role), function=function, by=by, at=at)
    tell({"person": person, "name": name}, as_json=as_json, words=f"{name} works here now ({person}).")


@app.command("list", epilog="Example: tocsin people list --json")
def list_people(*, as_json: AsJson = False) -> None:
    """Show who works here."""
    found = list(reads.people())
    lines = [f"{each.name:30} {', '.join(each.roles):40} {each.function}" for each in found]
    tell(found, as_json=as_json, words="\n".join(lines) or "Nobody works here yet: tocsin people add.")


@app.command(epilog='Example: tocsin people token "Ioana Exemplu" --scope requests:read --days 30')
def token(
    name: str,
    *,
    scope: Annotated[list[str] | None, typer.Option(help="A scope; all of the person's rights if left out.")] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="How long it is good.")] = 90,
    as_json: AsJson = False,
) -> None:
    """Make a token for a person's programs; it is printed this once and kept nowhere."""
    at = now()
    by = acting(at=at)
    rights.check(by, Right.RUN_NODE)
    person = reads.person(name)
    made = acts.issue_token(person.id, scopes=frozenset(scope or ()), by=by, at=at, life=timedelta(days=days))
    tell({"person": person.id, "token": made}, as_json=as_json, words=made)


@app.command(epilog="Example: tocsin people withdraw 0f4c1e52-…")
def withdraw(token_id: str, *, as_json: AsJson = False) -> None:
    """Stop a token now; its id stands in the journal entry of its making."""
    at = now()
    by = acting(at=at)
    rights.check(by, Right.RUN_NODE)
    acts.withdraw_token(token_id, by=by, at=at)
    tell({"withdrawn": token_id}, as_json=as_json, words=f"The token {token_id} is withdrawn.")


@app.command(epilog="Example: tocsin people looks --day 2026-11-24")
def looks(
    *,
    day: Annotated[str, typer.Option(help="A day in the zone of this desk; today if left out.")] = "",
    dossier: Annotated[str, typer.Option(help="Of one dossier alone.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show who looked at what and why: to owners of dossiers theirs, to the data protection officer everything."""
    at = now()
    own = directory.own_card()
    zone = ZoneInfo(own.card.zone if own else "UTC")
    wanted = read_day("--day", day) if day else at.astimezone(zone).date()
    since = datetime.combine(wanted, time(), zone)
    until = datetime.combine(wanted + timedelta(days=1), time(), zone)
    found = requests.all_looks_for(acting(at=at), since=since, until=until, dossier=dossier)
    names = reads.names_of({each.person for each in found})
    lines = [
        f"{each.at.astimezone(zone):%H:%M}  {names.get(each.person, each.person):24} {each.what:8} {each.thing}"
        f"  {each.reason}{' (not asked)' if each.derived else ''}"
        for each in found
    ]
    tell(found, as_json=as_json, words="\n".join(lines) or "Nobody looked at anything of yours that day.")


@app.command(epilog='Example: tocsin people end "Ioana Exemplu"')
def end(name: str, *, as_json: AsJson = False) -> None:
    """End somebody's place here; every token stops with it."""
    at = now()
    by = acting(at=at)
    rights.check(by, Right.RUN_NODE)
    person = reads.person(name)
    acts.end_person(PersonId(person.id), by=by, at=at)
    tell({"ended": person.id}, as_json=as_json, words=f"{person.name} no longer works here.")
