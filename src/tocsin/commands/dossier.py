"""``tocsin dossier``: make a dossier, put requests into it, let people in, take them out, close it."""

from typing import Annotated

import typer

from tocsin.base.instant import text
from tocsin.commands.acting import AsJson, acting, now, tell
from tocsin.commands.reading import read_instant
from tocsin.dossiers import reads
from tocsin.dossiers.acts import dossiers as acts
from tocsin.dossiers.acts import members as membership
from tocsin.dossiers.acts.look import look_at_dossier
from tocsin.dossiers.rules.sight import Capacity
from tocsin.people import reads as people
from tocsin.requests import reads as requests
from tocsin.requests.acts import dossier as placing

app = typer.Typer(no_args_is_help=True, help="Dossiers: what lies in them, and who is let in (need-to-know).")

Reason = Annotated[str, typer.Option("--reason", help="Why, on one line; it stands in the journal.")]
MembersOnly = Annotated[
    bool, typer.Option("--members-only/--desk", help="To all but its members it does not exist, or the desk reads it.")
]


@app.command(epilog="Example: tocsin dossier make 'Operation Lighthouse' --members-only --reference RO-2026-0042")
def make(title: str, *, members_only: MembersOnly, reference: str = "", as_json: AsJson = False) -> None:
    """Make a dossier that you answer for."""
    at = now()
    made = acts.make_dossier(title, members_only=members_only, reference=reference, by=acting(at=at), at=at)
    tell({"dossier": made}, as_json=as_json, words=made)


@app.command("list", epilog="Example: tocsin dossier list --json")
def list_dossiers(
    *, ended: Annotated[bool, typer.Option("--ended", help="Those that were closed.")] = False, as_json: AsJson = False
) -> None:
    """Show the dossiers that you see."""
    found = reads.dossiers_for(acting(at=now()), ended=ended)
    lines = [f"{each.id}  {each.capacity or 'desk':8} {_whose(each.members_only):13} {each.title}" for each in found]
    tell(found, as_json=as_json, words="\n".join(lines) or "There is no dossier here for you.")


@app.command(epilog="Example: tocsin dossier show 5d0c… --reason 'I took the case over'")
def show(dossier: str, *, reason: Reason, as_json: AsJson = False) -> None:
    """Open a dossier: its members, requests, drafts and notes. The look and its reason are journalled."""
    at = now()
    viewer = acting(at=at)
    line = look_at_dossier(dossier, reason=reason, by=viewer, at=at)
    members, notes = reads.members_for(viewer, dossier), reads.notes_for(viewer, dossier)
    lie_in, drafts = requests.in_dossier(viewer, dossier), requests.drafts_in_dossier(viewer, dossier)
    lines = [
        f"{line.title} ({_whose(line.members_only)})",
        *(f"  {people.name_of(each.person)}: {each.capacity}{_until(each)}" for each in members),
        *(f"  request {each.id}  {each.state:16} {each.counterpart}" for each in lie_in),
        *(f"  draft {each.id}  to {each.content.to}" for each in drafts),
        *(f"  {text(each.at)}  {people.name_of(each.person)}: {each.words}" for each in notes),
    ]
    told = {"dossier": line, "members": members, "requests": lie_in, "drafts": [each.id for each in drafts]}
    tell({**told, "notes": notes}, as_json=as_json, words="\n".join(lines))


@app.command(
    "let-in", epilog="Example: tocsin dossier let-in 5d0c… 'Radu Model' --as member --reason 'signs the orders'"
)
def let_in(
    dossier: str,
    person: str,
    *,
    capacity: Annotated[str, typer.Option("--as", help=f"One of {', '.join(Capacity)}.")],
    reason: Reason,
    until: Annotated[str, typer.Option(help="Until when, like 2026-12-24T00:00:00+02:00; for good if left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Let somebody in, or change what he is in it."""
    at = now()
    end = read_instant("--until", until) if until else None
    who = membership.let_in(dossier, person, capacity=capacity, reason=reason, until=end, by=acting(at=at), at=at)
    tell({"dossier": dossier, "person": who}, as_json=as_json, words=f"{person} is in it as {capacity}.")


@app.command("take-out", epilog="Example: tocsin dossier take-out 5d0c… 'Radu Model' --reason 'left the unit'")
def take_out(dossier: str, person: str, *, reason: Reason, as_json: AsJson = False) -> None:
    """Take somebody out: from now on it does not exist for him."""
    at = now()
    who = membership.take_out(dossier, person, reason=reason, by=acting(at=at), at=at)
    tell({"dossier": dossier, "person": who}, as_json=as_json, words=f"{person} is out.")


@app.command(epilog="Example: tocsin dossier access 5d0c… --desk --reason 'the search is over'")
def access(dossier: str, *, members_only: MembersOnly, reason: Reason, as_json: AsJson = False) -> None:
    """Make it its members' alone, or open it to the desk."""
    at = now()
    acts.change_access(dossier, members_only=members_only, reason=reason, by=acting(at=at), at=at)
    told = {"dossier": dossier, "members_only": members_only}
    tell(told, as_json=as_json, words=f"It is {_whose(members_only)}.")


@app.command(epilog="Example: tocsin dossier add 5d0c… 7f3a… --reason 'the same suspect'")
def add(
    dossier: str,
    thing: Annotated[str, typer.Argument(help="A request, or with --draft a draft.")],
    *,
    reason: Reason,
    draft: Annotated[bool, typer.Option("--draft", help="It is a draft.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a request or a draft into it."""
    at = now()
    put = placing.put_draft_in_dossier if draft else placing.put_in_dossier
    put(thing, dossier, reason=reason, by=acting(at=at), at=at)
    tell({"dossier": dossier, "put": thing}, as_json=as_json, words="It lies in the dossier.")


@app.command(epilog="Example: tocsin dossier remove 7f3a… --reason 'another case'")
def remove(request: str, *, reason: Reason, as_json: AsJson = False) -> None:
    """Take a request out of its dossier: it is the desk's again."""
    at = now()
    placing.take_out_of_dossier(request, reason=reason, by=acting(at=at), at=at)
    tell({"request": request}, as_json=as_json, words="It is the desk's.")


@app.command(epilog="Example: tocsin dossier note 5d0c… 'called the prosecutor'")
def note(dossier: str, words: str, *, as_json: AsJson = False) -> None:
    """Write an internal note; it never leaves, and counsel never reads it."""
    at = now()
    made = acts.write_dossier_note(dossier, words, by=acting(at=at), at=at)
    tell({"note": made}, as_json=as_json, words="Written.")


@app.command(epilog="Example: tocsin dossier close 5d0c… --reason 'judgment is final'")
def close(dossier: str, *, reason: Reason, as_json: AsJson = False) -> None:
    """Close it: nothing is put into it any more."""
    at = now()
    acts.close_dossier(dossier, reason=reason, by=acting(at=at), at=at)
    tell({"closed": dossier}, as_json=as_json, words="Closed.")


def _whose(members_only: bool) -> str:  # noqa: FBT001 - it is the dossier's own trait
    return "its members'" if members_only else "the desk's"


def _until(member: reads.MemberLine) -> str:
    return f" until {text(member.until)}" if member.until else ""
