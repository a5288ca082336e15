"""``tocsin people``: who works at this node, and the tokens of their programs."""

from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from django.conf import settings

from tocsin.base.actor import Actor
from tocsin.base.ids import PersonId
from tocsin.base.instant import Instant, text
from tocsin.commands.acting import AsJson, acting, now, tell
from tocsin.commands.reading import read_day
from tocsin.directory import reads as directory
from tocsin.people import reads
from tocsin.people.acts import accounts
from tocsin.people.acts import people as acts
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right, Role
from tocsin.requests import reads as requests

app = typer.Typer(no_args_is_help=True, help="Who works at this node, and the tokens of their programs.")


def _who_runs_the_node() -> tuple[Actor, Instant]:
    """Who acts, and when; raises ``RightMissingError`` for somebody who does not run the node."""
    at = now()
    by = acting(at=at)
    rights.check(by, Right.RUN_NODE)
    return by, at


def _whom_and_by(name: str) -> tuple[reads.PersonView, Actor, Instant]:
    """The person that a command is about, who acts, and when; raises ``UnknownPersonError``."""
    by, at = _who_runs_the_node()
    return reads.person(name), by, at


@app.command(epilog='Example: tocsin people add "Ioana Exemplu" --role duty-officer --function police')
def add(
    name: str,
    *,
    role: Annotated[list[str], typer.Option(help=f"One of {', '.join(role.value for role in Role)}; may be repeated.")],
    function: Annotated[str, typer.Option(help="The office, like judge, prosecutor or police.")] = "",
    organisation: Annotated[str, typer.Option(help="Of a partner: for whom she works.")] = "",
    as_json: AsJson = False,
) -> None:
    """Give somebody a place at this node."""
    by, at = _who_runs_the_node()
    person = acts.add_person(
        name=name, roles=frozenset(role), function=function, organisation=organisation, by=by, at=at
    )
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
    person, by, at = _whom_and_by(name)
    made = acts.issue_token(person.id, scopes=frozenset(scope or ()), by=by, at=at, life=timedelta(days=days))
    tell({"person": person.id, "token": made}, as_json=as_json, words=made)


@app.command(epilog="Example: tocsin people withdraw 0f4c1e52-…")
def withdraw(token_id: str, *, as_json: AsJson = False) -> None:
    """Stop a token now; its id stands in the journal entry of its making."""
    by, at = _who_runs_the_node()
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
    person, by, at = _whom_and_by(name)
    acts.end_person(PersonId(person.id), by=by, at=at)
    tell({"ended": person.id}, as_json=as_json, words=f"{person.name} no longer works here.")


# -- the desk: how people get in -------------------------------------------------------------------


@app.command(epilog='Example: tocsin people invite "Ioana Exemplu" --language ro')
def invite(
    name: str,
    *,
    sign_in_name: Annotated[str, typer.Option(help="How she signs in; made from her name if left out.")] = "",
    language: Annotated[str, typer.Option(help="In which the desk speaks to her.")] = "en",
    as_json: AsJson = False,
) -> None:
    """Print a link by which somebody sets up how she signs in at the desk: good once, for three days."""
    person, by, at = _whom_and_by(name)
    made = accounts.invite(person.id, sign_in_name=sign_in_name, language=language, by=by, at=at)
    link = f"{settings.TOCSIN_DESK}/sign-in/invited/{made.token}/"
    told = {"person": person.id, "sign_in_name": made.sign_in_name, "link": link, "until": text(made.until)}
    tell(told, as_json=as_json, words=f"{link}\nFor {person.name} alone, until {text(made.until)}.")


@app.command(epilog='Example: tocsin people roles "Ioana Exemplu" --role duty-officer --role auditor')
def roles(
    name: str,
    *,
    role: Annotated[list[str], typer.Option(help="Her roles from now on; those left out end.")],
    function: Annotated[str, typer.Option(help="The office, like judge, prosecutor or police.")] = "",
    organisation: Annotated[str, typer.Option(help="Of a partner: for whom she works.")] = "",
    as_json: AsJson = False,
) -> None:
    """Give somebody other roles; they hold at once, in open sessions too."""
    person, by, at = _whom_and_by(name)
    acts.change_person(person.id, roles=frozenset(role), function=function, organisation=organisation, by=by, at=at)
    tell(reads.person(person.id), as_json=as_json, words=f"{person.name} is {', '.join(sorted(role))} from now on.")


@app.command("withdraw-devices", epilog='Example: tocsin people withdraw-devices "Ioana Exemplu"')
def withdraw_devices(name: str, *, as_json: AsJson = False) -> None:
    """Take every passkey, app and password from somebody who lost them, and sign her out; then invite her again."""
    person, by, at = _whom_and_by(name)
    accounts.withdraw_devices(person.id, by=by, at=at)
    tell({"person": person.id}, as_json=as_json, words=f"Nothing of {person.name}'s opens the desk any more.")


@app.command(epilog='Example: tocsin people link "Ioana Exemplu" --subject 00u1a2b3c4')
def link(
    name: str,
    *,
    subject: Annotated[str, typer.Option(help="How the organisation's provider names her (the claim sub).")],
    as_json: AsJson = False,
) -> None:
    """Bind somebody's account to the organisation's OpenID Connect provider, by issuer and subject."""
    person, by, at = _whom_and_by(name)
    accounts.open_account(person.id, by=by, at=at)
    account = reads.account_of(person.id, at=at)
    if account is not None:
        accounts.link_organisation(account.id, subject=subject, by=by, at=at)
    tell({"person": person.id, "subject": subject}, as_json=as_json, words=f"{person.name} is linked.")


@app.command("sessions", epilog='Example: tocsin people sessions "Ioana Exemplu"')
def list_sessions(name: str, *, as_json: AsJson = False) -> None:
    """Show where somebody is signed in."""
    at = now()
    rights.check(acting(at=at), Right.RUN_NODE)
    account = reads.account_of(reads.person(name).id, at=at)
    found = reads.sessions_of(account.id) if account is not None else []
    lines = [f"{text(each.since)}  {each.address:20} {each.way:18} {each.device}" for each in found]
    tell(found, as_json=as_json, words="\n".join(lines) or f"{name} is signed in nowhere.")
