"""``tocsin directory drill``: does a person answer, and how soon."""

from typing import Annotated

import typer

from tocsin.base.ids import MemberId
from tocsin.base.instant import text
from tocsin.commands.acting import AsJson, acting, now, tell
from tocsin.directory import reads
from tocsin.directory.acts import drill
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right

app = typer.Typer(no_args_is_help=True, help="Drills: does a person answer, and how soon.")


@app.command(epilog="Examples: tocsin directory drill call pt | tocsin directory drill call --all")
def call(
    member: Annotated[str | None, typer.Argument(help="Whom to call.")] = None,
    *,
    everybody: Annotated[bool, typer.Option("--all", help="Every contact point: the monthly drill.")] = False,
    as_json: AsJson = False,
) -> None:
    """Call a contact point; the time until a person there answers is kept."""
    at = now()
    by = acting(at=at)
    if everybody == bool(member):
        raise typer.BadParameter("a member, or --all")
    made = drill.call_all(by=by, at=at) if everybody else [drill.call_drill(MemberId(str(member)), by=by, at=at)]
    tell({"drills": made}, as_json=as_json, words=f"{len(made)} call(s) made; see tocsin directory drill results.")


@app.command(epilog="Example: tocsin directory drill waiting")
def waiting(*, as_json: AsJson = False) -> None:
    """Show other members' calls that nobody here has answered."""
    rights.check(acting(at=now()), Right.READ_DIRECTORY)
    found = reads.waiting_drills()
    lines = [f"{each.id}  from {each.member}, since {text(each.called)}" for each in found]
    tell(found, as_json=as_json, words="\n".join(lines) or "Nobody is waiting.")


@app.command(epilog="Example: tocsin directory drill answer 0f4c1e52-…")
def answer(drill_id: Annotated[str, typer.Argument(help="From `waiting`.")], *, as_json: AsJson = False) -> None:
    """Answer a call that waits, as the person on duty."""
    at = now()
    drill.answer_drill(drill_id, by=acting(at=at), at=at)
    tell({"answered": drill_id}, as_json=as_json, words="Answered.")


@app.command(epilog="Example: tocsin directory drill results pt")
def results(
    member: Annotated[str | None, typer.Argument(help="One member; all if left out.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show this node's drills, the latest first, with how soon somebody answered."""
    rights.check(acting(at=now()), Right.READ_DIRECTORY)
    found = reads.drill_results(MemberId(member) if member else None)
    lines = [
        f"{text(each.called)}  {each.member:20} "
        + (f"{each.seconds} s, {each.by_name}" if each.seconds is not None else "not answered")
        for each in found
    ]
    plain = [
        {"id": one.id, "member": one.member, "called": one.called, "answered": one.answered, "seconds": one.seconds}
        for one in found
    ]
    tell(plain, as_json=as_json, words="\n".join(lines) or "No drill was called yet.")
