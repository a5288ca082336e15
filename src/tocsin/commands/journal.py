"""``tocsin journal``: is the record whole, what does it say, and how does it go on after a loss."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant, parse, text
from tocsin.commands.acting import AsJson, acting, now, tell
from tocsin.directory import reads as directory
from tocsin.directory.rules.card import Use
from tocsin.journal import acts, reads
from tocsin.journal.acts import Audited
from tocsin.journal.errors import NoCheckpointError
from tocsin.journal.rules.place import Seen, seen_in
from tocsin.people.errors import RightMissingError
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.proof.errors import AlteredError

app = typer.Typer(no_args_is_help=True, help="The record of all that this node does.")


@app.command(epilog="Example: tocsin journal audit --last 100000")
def audit(
    *,
    last: Annotated[int | None, typer.Option(min=1, help="Only the last so many entries; all if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compute everything again from the database, and name what was altered.

    Ends with 1, and raises an alarm for each thing, if anything was. What it cannot see: a record that was
    rewritten as a whole with the journal's own key. For that there are witnesses (tocsin journal fork-guard).
    """
    at = now()
    _check_looks_after(acting(at=at))
    entries = sum(log.size for log in reads.logs()) if last is None else last
    with _progress(entries, "entries", hidden=as_json) as done:
        audited = acts.audit_journal(at=at, last=last, ours=directory.own_keys(Use.JOURNAL), progress=done)
    tell(_found(audited), as_json=as_json, words=_told(audited))
    raise typer.Exit(1 if audited.findings else 0)


@app.command(epilog="Example: tocsin journal export /srv/www/journal")
def export(folder: Path, *, as_json: AsJson = False) -> None:
    """Write the record as static tlog-tiles files, with the key that verifies them.

    A folder that holds an earlier export gets what is new. Nothing in it says anything about anybody.
    """
    _check_looks_after(acting(at=now()))
    with _progress(sum(log.size for log in reads.logs()), "entries", hidden=as_json) as done:
        exported = acts.export(folder, progress=done)
    lines = [f"{one.size} entries of {one.origin} are in {folder} ({one.files} new files)." for one in exported]
    tell({"folder": str(folder), "logs": exported}, as_json=as_json, words="\n".join([*lines, exported[0].vkey]))


@app.command("list", epilog="Example: tocsin journal list --kind letter-sent --since 2026-11-24T00:00:00Z")
def list_entries(
    *,
    kind: Annotated[str | None, typer.Option(help="Of this kind, like letter-sent.")] = None,
    about: Annotated[str | None, typer.Option(help="About this thread, person or file.")] = None,
    since: Annotated[str | None, typer.Option(help="From this instant, with its offset.")] = None,
    until: Annotated[str | None, typer.Option(help="Before this instant, with its offset.")] = None,
    after: Annotated[int, typer.Option(help="After the entry of this index.")] = -1,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Show what was done, by whom and when: for an auditor."""
    viewer = acting(at=now())
    rights.check(viewer, Right.READ_JOURNAL)
    found = reads.entries(
        viewer,
        kind=kind,
        about=about,
        since=_instant("--since", since),
        until=_instant("--until", until),
        after=after,
        limit=limit,
    )
    seen = [_seen(one) for one in found]
    lines = [f"{one['index']:>8}  {one['at']}  {one['kind']:28} {_who(one['event'])}" for one in seen]
    tell(seen, as_json=as_json, words="\n".join(lines) or "No entry is like that.")


@app.command(epilog="Example: tocsin journal show 1042")
def show(index: int, *, as_json: AsJson = False) -> None:
    """Show one entry with its event, or the tombstone that is left of it: for an auditor."""
    viewer = acting(at=now())
    rights.check(viewer, Right.READ_JOURNAL)
    for one in reads.entries(viewer, after=index - 1, limit=1):
        if one.index == index:
            tell(_seen(one), as_json=as_json)
            return
    reads.opening_of(index)  # raises the error that says what is wrong with the index


@app.command(epilog="Example: tocsin journal proof 1042 --out entry-1042.tlog-proof")
def proof(
    index: int,
    *,
    size: Annotated[int | None, typer.Option(help="In the tree of this size; the best signed one if left out.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Prove that an entry is in the record, as a c2sp.org/tlog-proof@v1 file."""
    made = reads.tlog_proof(index, size=size)
    if out is not None:
        out.write_text(made, encoding="utf-8")
    tell({"index": index, "proof": made}, as_json=as_json, words=str(out) if out is not None else made.rstrip("\n"))


@app.command(epilog="Example: tocsin journal checkpoint --sign")
def checkpoint(
    *,
    sign: Annotated[bool, typer.Option("--sign", help="Sign what is there now, if it was not yet.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the latest checkpoint with its cosignatures."""
    at = now()
    _check_looks_after(acting(at=at))
    signed = acts.checkpoint_to_cosign(at=at) if sign else reads.latest_checkpoint()
    if signed is None:
        raise NoCheckpointError(size=0)
    fields = {
        "origin": signed.log.origin,
        "size": signed.size,
        "root": signed.root.hex(),
        "vkey": signed.verifier,
        "witnesses": signed.witnesses,
        "note": signed.note.decode(),
    }
    tell(fields, as_json=as_json, words=f"{signed.verifier}\n\n{signed.note.decode()}".rstrip("\n"))


@app.command(epilog="Example: tocsin journal alarms --all")
def alarms(
    *,
    every: Annotated[bool, typer.Option("--all", help="Also those that somebody has seen.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what must not be: contradictions of other nodes' records, and alterations of ours.

    Ends with 1 while any waits to be seen.
    """
    _check_looks_after(acting(at=now()))
    found = reads.alarms(waiting=not every)
    lines = [f"{one.number:>4}  {text(one.at)}  {one.sentence}" for one in found]
    tell(found, as_json=as_json, words="\n".join(lines) or "No alarm.")
    raise typer.Exit(1 if any(one.seen is None for one in found) else 0)


@app.command(epilog="Example: tocsin journal seen 3")
def seen(number: int, *, as_json: AsJson = False) -> None:
    """Say that you have seen an alarm; the record tells that you did."""
    at = now()
    by = acting(at=at)
    _check_looks_after(by)
    acts.see_alarm(number, by=by, at=at)
    tell({"seen": number}, as_json=as_json, words=f"Alarm {number} is seen.")


@app.command("fork-guard", epilog="Example: tocsin journal fork-guard --seen pt=pt-checkpoint.txt")
def fork_guard(
    *,
    witnessed: Annotated[
        list[str] | None, typer.Option("--seen", help="WHO=FILE: a checkpoint of ours that a witness keeps.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether this record goes on, and compare it with checkpoints that witnesses keep.

    A witness serves the last checkpoint of ours that it cosigned under /witness/<sha256 of the origin>/checkpoint.
    Ends with 1 if the record is halted: a witness has seen more than is here, or another history.
    """
    at = now()
    _check_looks_after(acting(at=at))
    halted = acts.compare_with_witnesses([_witnessed(one) for one in witnessed or ()], at=at)
    log = reads.head()
    state = {
        "origin": reads.origin(),
        "size": log.size if log is not None else 0,
        "halted": _as_fields(halted) if halted is not None else None,
    }
    words = f"{state['origin']} goes on: {state['size']} entries, and nobody is known to have seen more."
    if halted is not None:
        words = (
            f"{state['origin']} is halted: {halted.who} has cosigned {halted.size} entries that do not agree with the "
            f"{state['size']} here. Fetch back from the peers what was lost, then: tocsin journal begin-origin NAME"
        )
    tell(state, as_json=as_json, words=words)
    raise typer.Exit(1 if halted is not None else 0)


@app.command("begin-origin", epilog="Example: tocsin journal begin-origin node.ro.example/journal-2 --fetched-back 12")
def begin_origin(
    origin: str,
    *,
    fetched_back: Annotated[int, typer.Option(min=0, help="How many letters the peers gave back.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Go on under a new origin after the record was halted; its first entry names the old one.

    The old log stays, with its proofs. Name the new origin in node.toml, start the node again and publish its card.
    """
    at = now()
    by = acting(at=at)
    rights.check(by, Right.RUN_NODE)
    place = acts.begin_new_origin(origin, fetched_back=fetched_back, by=by, at=at)
    words = f'Entry {place.index} begins {origin}. Now write origin = "{origin}" in node.toml and start the node again.'
    tell({"index": place.index, "origin": origin}, as_json=as_json, words=words)


# --- Helpers ------------------------------------------------------------------------------------


def _check_looks_after(by: Actor) -> None:
    """Auditors and administrators look after the record; none of this shows what was done."""
    if not rights.rights_of(by.roles) & {Right.READ_JOURNAL, Right.RUN_NODE}:
        raise RightMissingError(right=Right.READ_JOURNAL.value)


@contextmanager
def _progress(length: int, what: str, *, hidden: bool) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, where a person looks at it."""
    with typer.progressbar(length=max(length, 1), label=what, file=sys.stderr, hidden=hidden) as bar:
        yield bar.update


def _found(audited: Audited) -> dict[str, Any]:
    return {
        "whole": not audited.findings,
        "findings": [
            {"origin": one.origin, "thing": one.thing, "rule": one.rule, "index": one.index} for one in audited.findings
        ],
        "looked_at": list(audited.counts),
    }


def _told(audited: Audited) -> str:
    looked = [
        f"{one.entries} entries ({one.erased} of them erased), {one.hashes} hashes above them, "
        f"{one.checkpoints} checkpoints and {one.cosignatures} cosignatures were looked at."
        for one in audited.counts
    ]
    if not audited.findings:
        return "\n".join([*looked, "All of it is as it was recorded and signed."])
    return "\n".join([*looked, "Altered:", *(f"  {one.origin}, {one.sentence()}" for one in audited.findings)])


def _instant(option: str, written: str | None) -> Instant | None:
    try:
        return parse(written) if written is not None else None
    except ValueError as error:
        raise typer.BadParameter(f"{error}; write it like 2026-11-24T00:00:00Z", param_hint=option) from error


def _witnessed(option: str) -> Seen:
    who, is_there, path = option.partition("=")
    if not is_there:
        raise typer.BadParameter("write it as WHO=FILE", param_hint="--seen")
    try:
        return seen_in(Path(path).read_bytes(), who=who, ours=reads.verifiers())
    except (OSError, AlteredError) as error:
        raise typer.BadParameter(f"{path}: {error}", param_hint="--seen") from error


def _as_fields(seen: Seen) -> dict[str, Any]:
    return {"who": seen.who, "size": seen.size, "root": seen.root.hex()}


def _seen(one: reads.SeenEntry) -> dict[str, Any]:
    return {
        "index": one.index,
        "at": text(one.at),
        "kind": one.kind,
        "commitment": one.commitment.hex(),
        "event": one.event,
        "erased_by": one.erased_by,
    }


def _who(event: Any) -> str:
    if event is None:
        return "(erased)"
    by = event["by"]
    return f"{by['member']} {by['person']} {', '.join(by['roles'])}"
