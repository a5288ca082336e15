"""``tocsin retention``: what is due to be erased, what is on legal hold, and what was erased by what rule."""

from typing import Annotated

import typer

from tocsin.base.ids import PersonId
from tocsin.base.instant import text
from tocsin.base.plain import plain
from tocsin.commands.acting import AsJson, acting, now, tell
from tocsin.people import reads as people
from tocsin.retention import own, reads
from tocsin.retention.acts.erase import erase_request
from tocsin.retention.acts.hold import ask_release, release_hold, set_hold

app = typer.Typer(no_args_is_help=True, help="What is due to be erased, on legal hold, or erased, and by what rule.")

Reason = Annotated[str, typer.Option(help="Why; it is journalled.")]


@app.command(epilog="Example: tocsin retention rules")
def rules(*, as_json: AsJson = False) -> None:
    """Show the retention rules of this node (node.toml, section retention)."""
    policy = own.policy()
    by_itself = f"by itself {policy.notice_days} days after it was proposed"
    lines = [
        *(f"{rule.written()}: {', '.join(rule.instruments) or 'all others'}" for rule in (*policy.rules, policy.usual)),
        f"{policy.for_drafts.name} that never left: {policy.draft_days} days after the last word",
        f"What is due is erased {by_itself if policy.automatic else 'when a person decides it'}.",
        f"Backups are kept for {policy.backups_kept_days} days.",
    ]
    tell(policy, as_json=as_json, words="\n".join(lines))


@app.command(epilog="Example: tocsin retention due")
def due(*, as_json: AsJson = False) -> None:
    """Show the requests whose retention is over, the oldest first."""
    found = reads.due(acting(at=now()))
    lines = [f"{each.request}  due {text(each.due_at)}  {_what_follows(each)}\n    {each.rule}" for each in found]
    tell(found, as_json=as_json, words="\n".join(lines) or "Nothing is due.")


@app.command(epilog='Example: tocsin retention hold 5d0c… --reason "Court of Example, order 12/2026"')
def hold(request: str, *, reason: Reason, as_json: AsJson = False) -> None:
    """Order that a request is not to be erased; several may stand beside each other."""
    at = now()
    made = set_hold(request, reason=reason, by=acting(at=at), at=at)
    tell(made, as_json=as_json, words=f"The request {request} is on hold: {made.id}.")


@app.command(epilog="Example: tocsin retention holds")
def holds(
    request: Annotated[str | None, typer.Argument(help="Only this one's, and those that were released.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show the legal holds that stand."""
    found = reads.holds(acting(at=now()), request)
    names = {each.id: each.name for each in people.people()}
    lines = [_hold_line(each, names) for each in found]
    tell(found, as_json=as_json, words="\n".join(lines) or "No hold stands.")


@app.command("ask-release", epilog='Example: tocsin retention ask-release 9a77… --reason "final judgment of 3 March"')
def ask_release_(hold_id: str, *, reason: Reason, as_json: AsJson = False) -> None:
    """Ask that a hold end; a second person has to agree."""
    at = now()
    made = ask_release(hold_id, reason=reason, by=acting(at=at), at=at)
    tell(made, as_json=as_json, words="Asked: a second person has to agree (tocsin retention release).")


@app.command(epilog="Example: tocsin retention release 9a77…")
def release(hold_id: str, *, as_json: AsJson = False) -> None:
    """Agree that a hold ends, which somebody else has asked for."""
    at = now()
    made = release_hold(hold_id, by=acting(at=at), at=at)
    tell(made, as_json=as_json, words=f"The hold on {made.request} has ended.")


@app.command(epilog="Example: tocsin retention erase 5d0c…")
def erase(request: str, *, as_json: AsJson = False) -> None:
    """Erase a request that is due: letters, draft, evidence, files, and what the journal's entries say."""
    at = now()
    made = erase_request(request, by=acting(at=at), at=at)
    tell(made, as_json=as_json, words=_erased_line(made, {}))


@app.command(epilog="Example: tocsin retention erased")
def erased(
    request: Annotated[str | None, typer.Argument(help="Only this one.")] = None, *, as_json: AsJson = False
) -> None:
    """Show what was erased, by what rule, and when the last backup that holds it expires."""
    found = reads.erased(acting(at=now()), request)
    names = {each.id: each.name for each in people.people()}
    lines = [_erased_line(each, names) for each in found]
    tell(plain(found), as_json=as_json, words="\n".join(lines) or "Nothing was erased.")


def _what_follows(due: reads.DueErasure) -> str:
    if due.holds:
        return f"on hold: {', '.join(due.holds)}"
    return f"erased at {text(due.erased_by_itself_at)}" if due.erased_by_itself_at else "waits for a decision"


def _hold_line(hold: reads.HoldView, names: dict[PersonId, str]) -> str:
    asked = f"\n    to be released: {hold.release_reason}" if hold.release_asked_at else ""
    ended = f", released {text(hold.released_at)}" if hold.released_at else ""
    by = names.get(hold.set_by, hold.set_by)
    return f"{hold.id}  {hold.request}  since {text(hold.set_at)} by {by}{ended}\n    {hold.reason}{asked}"


def _erased_line(erased: reads.ErasedRequest, names: dict[PersonId, str]) -> str:
    by = names.get(erased.decided_by, erased.decided_by) if erased.decided_by else "by itself"
    files = "" if erased.files_gone else ", FILES STILL ON DISK"
    return (
        f"{erased.request}  erased {text(erased.erased_at)} {by}{files}: {erased.letters} letters, "
        f"{erased.packages} packages, {erased.entries} entries\n    {erased.rule}\n"
        f"    the last backup that may hold it expires {text(erased.backups_until)}"
    )
