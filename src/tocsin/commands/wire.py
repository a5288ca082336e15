"""``tocsin wire``: what waits, what was refused, letters as files, and what a restored backup lost."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.base.ids import LetterId, MemberId
from tocsin.base.instant import text
from tocsin.commands.acting import AsJson, acting, now, tell
from tocsin.wire import acts, reads
from tocsin.wire.acts.witnesses import ask_witnesses
from tocsin.wire.reads import WaitingLine, WireStatus

app = typer.Typer(no_args_is_help=True, help="Letters on their way: what waits, what was refused, letters as files.")


@app.command(epilog="Example: tocsin wire status --json")
def status(*, as_json: AsJson = False) -> None:
    """Show what waits for whom, which lines are down and since when, and what somebody has to decide.

    Ends with 1 when a letter was refused for good or something is in quarantine: a person is needed.
    """
    found = reads.status(acting(at=now()))
    tell(found, as_json=as_json, words=_told(found))
    raise typer.Exit(1 if found.refused or found.quarantined else 0)


@app.command(epilog="Example: tocsin wire retry 8f2d1a4e-4b1f-4d55-9d0e-2f6f2b9a7c11")
def retry(letter: str, *, as_json: AsJson = False) -> None:
    """Send a letter again now, also one that was refused for good."""
    at = now()
    acts.retry(LetterId(letter), by=acting(at=at), at=at)
    tell({"letter": letter}, as_json=as_json, words=f"The letter {letter} is sent again.")


@app.command("set-aside", epilog='Example: tocsin wire set-aside 8f2d1a4e-… --reason "wrong instrument, asked anew"')
def set_aside(
    letter: str,
    *,
    reason: Annotated[str, typer.Option(help="Why, for the journal.")],
    as_json: AsJson = False,
) -> None:
    """Let a letter that was refused count for nothing, with those of ours behind it in its thread.

    Its place in the thread is free for the next letter. What the other side has received cannot be set aside.
    """
    at = now()
    gone = acts.set_aside(LetterId(letter), reason=reason, by=acting(at=at), at=at)
    tell({"letters": gone}, as_json=as_json, words="Set aside: " + ", ".join(gone))


@app.command("export", epilog="Example: tocsin wire export pt to-pt.tocsin")
def export_(member: str, file: Path, *, as_json: AsJson = False) -> None:
    """Write what waits for a member to a file, sealed to it, with our card and our last checkpoint.

    It still waits here until the receipts come back, by a file or by a line.
    """
    at = now()
    written = acts.export_waiting(MemberId(member), file, by=acting(at=at), at=at)
    words = f"{written.items} letters and receipts for {member} are in {file} (SHA-256 {written.sha256})."
    value = {"file": str(file), "items": written.items, "sha256": written.sha256}
    tell(value, as_json=as_json, words=words)


@app.command("import", epilog="Example: tocsin wire import from-pt.tocsin")
def import_(file: Path, *, as_json: AsJson = False) -> None:
    """Take in a file that another member exported for this node. Reading it twice changes nothing.

    Ends with 1 when something in it could not be taken in. The receipts go back on any way: see `tocsin wire export`.
    """
    at = now()
    brought = acts.import_file(file, by=acting(at=at), at=at)
    taken = brought.envelopes - len(brought.left_out)
    lines = [
        f"{taken} of {brought.envelopes} letters and receipts from {brought.sender} were taken in.",
        *(f"card of {card}" for card in brought.cards),
        *(f"left out: {reason}" for reason in brought.left_out),
    ]
    tell(brought, as_json=as_json, words="\n".join(lines))
    raise typer.Exit(1 if brought.left_out else 0)


@app.command("ask-witnesses", epilog="Example: tocsin wire ask-witnesses")
def ask_witnesses_(*, as_json: AsJson = False) -> None:
    """Show the journal's present state to every node that is known, and keep what they cosign.

    A worker does so every minute; before a proof bundle is made it may be done at once. Ends with 1 when none cosigned.
    """
    found = ask_witnesses(at=now())
    lines = [f"{each.witness:20} {'cosigned' if each.cosigned else each.reason}" for each in found]
    tell(found, as_json=as_json, words="\n".join(lines) or "Every witness has seen it already, or there is none.")
    raise typer.Exit(0 if not found or any(each.cosigned for each in found) else 1)


@app.command(epilog="Example: tocsin wire recover node.ro.example/journal-2")
def recover(origin: str, *, as_json: AsJson = False) -> None:
    """After a restored backup: fetch back from the peers what was lost, and go on under a new origin.

    Only for a journal that is halted. Name the new origin in node.toml, start the node again and publish its card.
    Ends with 1 when a peer did not answer: ask it again with this node's next letters.
    """
    at = now()
    found = acts.recover(origin, by=acting(at=at), at=at)
    lines = [
        f"{found.ours} letters of ours and {found.theirs} letters to us came back.",
        f"{found.again} letters are sent to us again; one that is here already has no second effect.",
        *(f"{peer} did not answer: {reason}" for peer, reason in found.away.items()),
        f'Now write origin = "{origin}" in node.toml, start the node again and publish its card.',
    ]
    value = {
        "came_back": found.ours,
        "came_back_to_us": found.theirs,
        "again": found.again,
        "away": found.away,
        "origin": origin,
    }
    tell(value, as_json=as_json, words="\n".join(lines))
    raise typer.Exit(1 if found.away else 0)


def _told(found: WireStatus) -> str:
    lines = [_line(one) for one in found.lines] or ["Nothing waits."]
    for refused in found.refused:
        why: Any = refused.problem.get("detail", "")
        lines.append(f"refused by {refused.peer}: letter {refused.id} ({why}); {refused.behind} wait behind it")
    lines += [f"in quarantine: {one.sentence} (from {one.peer})" for one in found.quarantined]
    lines += [f"in the mailbox of {member}: {count}" for member, count in sorted(found.mailbox.items())]
    return "\n".join(lines)


def _line(one: WaitingLine) -> str:
    state = "up"
    if one.down_since is not None:
        state = f"down since {text(one.down_since)} after {one.failures} attempts: {one.reason}"
    return f"{one.peer}: {one.letters} letters and {one.receipts} receipts wait; the line is {state}"
