"""``tocsin request``: draft, check, sign off, send, answer, follow and prove a request."""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.base.ids import InstrumentId, MemberId
from tocsin.base.instant import Instant, text
from tocsin.commands.acting import AsJson, acting, now, tell
from tocsin.commands.errors import ArgumentError
from tocsin.commands.evidence import bundle
from tocsin.commands.reading import read_instant, read_word
from tocsin.commands.warning import told_call_back, told_provenance
from tocsin.exercise.acts.send import send_request
from tocsin.forms.acts.print_form import print_form
from tocsin.law.draft_check import stops
from tocsin.law.faults import Fault
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import ClockId, LetterKind
from tocsin.people import reads as people
from tocsin.requests import reads
from tocsin.requests.acts import draft as drafting
from tocsin.requests.acts.elsewhere import export_request, record_channel_receipt, record_step_elsewhere
from tocsin.requests.acts.look import look_at_request, take_request
from tocsin.requests.acts.notify import notify_authority, tell_addressee
from tocsin.requests.acts.release import decide_release
from tocsin.requests.acts.sign_off import confirm_document, enter_document, sign_off
from tocsin.requests.acts.write import write_letter
from tocsin.requests.beside import ElsewhereView, NotificationView
from tocsin.requests.errors import UnknownRequestError
from tocsin.requests.provenance import provenance_of
from tocsin.requests.rules import letters as say
from tocsin.requests.rules.letters import Body, parse_body
from tocsin.requests.rules.marks import Stage, Whether
from tocsin.requests.rules.reckoning import ClockLine
from tocsin.requests.shown import shown_draft, shown_elsewhere, shown_export, shown_line, shown_standing
from tocsin.wire.rules.letter import Letter

app = typer.Typer(no_args_is_help=True, help="Draft, check, sign off, send, answer and follow requests.")
app.command("bundle", epilog="Example: tocsin request bundle 5d0c… request-55.zip --evidence sealed")(bundle)

At = Annotated[str, typer.Option("--at", help="An instant with its offset, like 2026-11-24T03:00:00+02:00.")]

Reason = Annotated[str, typer.Option("--reason", help="The reason, which the other side reads.")]
Scope = Annotated[str, typer.Option("--scope", help="What is held, in words.")]
Reference = Annotated[str, typer.Option("--reference", help="Under which the follow-up is known.")]


# --- The watch ----------------------------------------------------------------------------------


@app.command(epilog="Example: tocsin request watch --urgent")
def watch(
    *,
    urgent: Annotated[
        bool | None, typer.Option("--urgent/--not-urgent", help="Only urgent ones, or only others.")
    ] = None,
    ended: Annotated[bool, typer.Option("--ended", help="Those that have ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show requests by time left."""
    at = now()
    by = acting(at=at)
    found = reads.watch(by, ended=ended, urgent=urgent)
    others = reads.overlapping(by, found)
    lines = [
        f"{each.id}  {each.side.value:5} {each.counterpart:14} {each.instrument:26} {each.state:16} "
        + _left(each.due_strict, at)
        + (f"  in {each.channel}" if each.channel else "")
        + (f"  same person: {others[each.id]} more" if each.id in others else "")
        for each in found
    ]
    shown = [shown_line(each) | {"same_person": others.get(each.id, 0)} for each in found]
    tell(shown, as_json=as_json, words="\n".join(lines) or "Nothing is open.")


@app.command(epilog='Example: tocsin request show 5d0c… --reason "case 17/2026, deciding on the answer"')
def show(
    request: str,
    *,
    reason: Annotated[str, typer.Option(help="Why you look; it is journalled, and the sender learns that you read.")],
    as_json: AsJson = False,
) -> None:
    """Open a request: its letters, its state, its clocks, and what may be written next."""
    at = now()
    by = acting(at=at)
    standing = look_at_request(request, reason=reason, by=by, at=at)
    others = reads.overlaps_for(by, request)
    issued = provenance_of(by, standing)
    words = "\n".join([*told_provenance(issued), _told(standing, at), *told_call_back(standing), *_same_person(others)])
    tell(shown_standing(standing, same_person=others, provenance=issued), as_json=as_json, words=words)


@app.command(epilog="Example: tocsin request take 5d0c…")
def take(request: str, *, as_json: AsJson = False) -> None:
    """Take a request into your hands."""
    at = now()
    take_request(request, by=acting(at=at), at=at)
    tell({"taken": request}, as_json=as_json, words="It is yours.")


@app.command(epilog="Example: tocsin request alarms --json")
def alarms(request: Annotated[str | None, typer.Argument()] = None, *, as_json: AsJson = False) -> None:
    """Show what was told to whom about clocks."""
    found = reads.alarms_for(acting(at=now()), request)
    lines = [f"{text(each.at)}  {each.kind:22} {each.clock:32} told {', '.join(each.told)}" for each in found]
    tell(found, as_json=as_json, words="\n".join(lines) or "No alarm has rung.")


@app.command(epilog="Example: tocsin request looks 5d0c…")
def looks(request: str, *, as_json: AsJson = False) -> None:
    """Show who looked at a request, when and why."""
    found = reads.looks_for(acting(at=now()), request)
    names = {each.id: each.name for each in people.people()}
    lines = [f"{text(each.at)}  {names.get(each.person, each.person):30} {each.reason}" for each in found]
    tell(found, as_json=as_json, words="\n".join(lines) or "Nobody has looked at it.")


# --- Drafts -------------------------------------------------------------------------------------


@app.command(epilog="Example: tocsin request drafts")
def drafts(*, as_json: AsJson = False) -> None:
    """Show the drafts that are open, newest first."""
    found = reads.drafts_for(acting(at=now()))
    lines = [
        f"{each.id}  {each.content.to:14} {each.content.instrument:26} {each.content.case_reference}" for each in found
    ]
    tell([shown_draft(each, []) for each in found], as_json=as_json, words="\n".join(lines) or "No draft is open.")


@app.command(epilog="Example: tocsin request draft ask.json")
def draft(
    content: Annotated[Path, typer.Argument(help="A JSON file of the draft; - for standard input.")],
    *,
    parent: Annotated[str | None, typer.Option(help="The request that this one is made to carry out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Keep a new draft and show what is missing."""
    at = now()
    made = drafting.write_draft(_read_json(content), by=acting(at=at), at=at, parent=parent)
    _tell_draft(made, at=at, as_json=as_json)


@app.command(epilog="Example: tocsin request change 7b1e… better.json")
def change(draft_id: str, content: Path, *, as_json: AsJson = False) -> None:
    """Put a JSON file over a draft; sign-offs under the old content no longer count."""
    at = now()
    _tell_draft(drafting.change_draft(draft_id, _read_json(content), by=acting(at=at), at=at), at=at, as_json=as_json)


@app.command(epilog="Example: tocsin request check 7b1e…")
def check(draft_id: str, *, as_json: AsJson = False) -> None:
    """Check a draft against the rules of the side that receives it: every fault with its rule and its cure.

    The exit code is 1 while a fault stops the sending.
    """
    at = now()
    if stops(_tell_draft(reads.draft_for(acting(at=at), draft_id), at=at, as_json=as_json)):
        raise typer.Exit(1)


@app.command(epilog="Example: tocsin request discard 7b1e…")
def discard(draft_id: str, *, as_json: AsJson = False) -> None:
    """Give a draft up."""
    at = now()
    drafting.discard_draft(draft_id, by=acting(at=at), at=at)
    tell({"discarded": draft_id}, as_json=as_json, words="The draft is given up.")


@app.command(epilog="Example: tocsin request sign 7b1e… --sha256 4c5f…")
def sign(
    draft_id: str,
    *,
    sha256: Annotated[str, typer.Option(help="The hash of the draft as you read it (tocsin request check shows it).")],
    validates: Annotated[
        bool, typer.Option("--validates", help="Sign as the one who validates another's order.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Sign a draft off, under your own function."""
    at = now()
    made = sign_off(draft_id, draft_sha256=sha256, validates=validates, by=acting(at=at), at=at)
    _tell_draft(made, at=at, as_json=as_json)


@app.command(
    "enter-document", epilog="Example: tocsin request enter-document 7b1e… --sha256 4c5f… --document order.pdf …"
)
def enter(
    draft_id: str,
    *,
    sha256: Annotated[str, typer.Option(help="The hash of the draft that was signed.")],
    document: Annotated[Path, typer.Option(help="The signed document; its SHA-256 is kept.")],
    signer: Annotated[str, typer.Option(help="Who signed.")],
    function: Annotated[str, typer.Option(help="As what, like judge or prosecutor.")],
    validates: Annotated[bool, typer.Option("--validates")] = False,
    as_json: AsJson = False,
) -> None:
    """Enter a sign-off that came as a signed document; a second person confirms it."""
    import hashlib  # noqa: PLC0415 - this command alone

    at = now()
    with document.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    made = enter_document(
        draft_id,
        draft_sha256=sha256,
        document_sha256=digest,
        signer=signer,
        function=function,
        validates=validates,
        by=acting(at=at),
        at=at,
    )
    _tell_draft(made, at=at, as_json=as_json)


@app.command("confirm-document", epilog="Example: tocsin request confirm-document 9a77…")
def confirm(sign_off_id: str, *, as_json: AsJson = False) -> None:
    """Confirm a signed document that somebody else entered."""
    at = now()
    _tell_draft(confirm_document(sign_off_id, by=acting(at=at), at=at), at=at, as_json=as_json)


@app.command(epilog="Example: tocsin request send 7b1e…")
def send(draft_id: str, *, as_json: AsJson = False) -> None:
    """Send a draft that is fit and signed off; it leaves when the other node can be reached."""
    at = now()
    _tell_letter(send_request(draft_id, by=acting(at=at), at=at), as_json=as_json)


@app.command(epilog="Example: tocsin request form 5d0c… request.pdf --language pt")
def form(
    request_or_draft: Annotated[str, typer.Argument(help="A request, or a draft.")],
    file: Annotated[Path, typer.Argument(help="A PDF that is not there yet.")],
    *,
    language: Annotated[str, typer.Option(help="An official language; that of the one who is asked if left out.")] = "",
    reason: Annotated[str, typer.Option(help="Why you look; it is journalled.")] = "printed as a form",
    as_json: AsJson = False,
) -> None:
    """Print a request as a sealed PDF with the signed letter inside, for those who have no node.

    It holds personal data. A number and a code on it let its reader find out that it is genuine.
    """
    at = now()
    if file.exists():
        raise ArgumentError(argument="FILE", value=str(file), expected="a file that is not there yet")
    made = print_form(request_or_draft, language=language, reason=reason, by=acting(at=at), at=at)
    with file.open("xb") as opened:
        opened.write(made.pdf)
    told = {
        "file": str(file),
        "what": made.what.value,
        "number": made.number,
        "sha256": made.sha256,
        "language": made.language,
        "bilingual": made.bilingual,
        "without_translation": made.missing,
    }
    words = f"{file}: {made.what.value} {made.number}, in {made.language}".rstrip()
    if made.bilingual:
        words += f" with the English beside it (not reviewed; {made.missing} texts have no translation)"
    tell(told, as_json=as_json, words=f"{words}.")


# --- Another system, and a notified authority ---------------------------------------------------


@app.command(epilog="Example: tocsin request export 7b1e… ./for-the-portal")
def export(
    draft_or_request: Annotated[str, typer.Argument(help="A signed-off draft, or a request that was exported before.")],
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Write a draft out for the system that is its lawful way; you enter it there.

    Nothing is sent. Check the files with: sha256sum -c SHA256SUMS
    """
    at = now()
    by = acting(at=at)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArgumentError(argument="FOLDER", value=str(folder), expected="a folder that is new or empty")
    try:
        made = reads.elsewhere_for(by, draft_or_request)
    except UnknownRequestError:
        made = export_request(draft_or_request, by=by, at=at)
    _write_folder(folder, made.files)
    words = (
        f"{folder}: to be entered in {made.label}. This node sent nothing.\n"
        f"Then: tocsin request receipt {made.request} --reference … --at …"
    )
    tell(shown_export(made) | {"folder": str(folder)}, as_json=as_json, words=words)


@app.command(epilog="Example: tocsin request receipt 5d0c… --reference EV-7/2026 --at 2026-11-24T03:20:00+02:00")
def receipt(
    request: str,
    *,
    reference: Annotated[str, typer.Option(help="What the other system calls it.")],
    at: Annotated[str, typer.Option("--at", help="When that system says that it was received, with its offset.")],
    as_json: AsJson = False,
) -> None:
    """Record another system's reference and receipt; clocks that start on receipt run from that instant.

    What is recorded last counts.
    """
    moment = now()
    made = record_channel_receipt(
        request, reference=reference, received_at=read_instant("--at", at), by=acting(at=moment), at=moment
    )
    tell(shown_elsewhere(made), as_json=as_json, words="\n".join(_elsewhere_lines(made)))


@app.command(epilog="Example: tocsin request record 5d0c… asked query body.json --at 2026-11-25T10:00:00+01:00")
def record(
    request: str,
    side: Annotated[str, typer.Argument(help="asked for an answer, asker for what this office said there.")],
    kind: str,
    body: Path,
    *,
    at: At,
    reference: str = "",
    as_json: AsJson = False,
) -> None:
    """Record what a side said in the other system, from a JSON file of a letter's body."""
    moment = now()
    standing = record_step_elsewhere(
        request,
        parse_body(read_word(LetterKind, "KIND", kind), _read_json(body)),
        side=read_word(Side, "SIDE", side),
        received_at=read_instant("--at", at),
        reference=reference,
        by=acting(at=moment),
        at=moment,
    )
    tell(shown_line(standing.thread.line), as_json=as_json, words=f"Recorded: {standing.thread.line.state}.")


@app.command(epilog="Example: tocsin request notify 5d0c… pt")
def notify(
    request: str,
    to: Annotated[str, typer.Argument(help="The enforcing State's contact point.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Notify the enforcing authority of an order, in a thread of its own (Regulation (EU) 2023/1543, Art. 8)."""
    at = now()
    _tell_letter(notify_authority(request, to=MemberId(to), by=acting(at=at), at=at), as_json=as_json)


@app.command("tell", epilog="Example: tocsin request tell 5d0c…")
def tell_of_notification(
    request: str,
    *,
    obtained: Annotated[str, typer.Option(help="What became of data that had come, with a withdrawal.")] = "none",
    as_json: AsJson = False,
) -> None:
    """Tell an order's addressee what its notified authority said: that it frees the order, or a withdrawal."""
    at = now()
    said = read_word(say.Obtained, "--obtained", obtained)
    _tell_letter(tell_addressee(request, obtained=said, by=acting(at=at), at=at), as_json=as_json)


# --- Letters ------------------------------------------------------------------------------------


@app.command(epilog="Example: tocsin request write 5d0c… accept body.json")
def write(request: str, kind: str, body: Path, *, as_json: AsJson = False) -> None:
    """Write any letter of a thread from a JSON file of its body (docs/reference/protocol.md lists the kinds)."""
    _write(request, parse_body(read_word(LetterKind, "KIND", kind), _read_json(body)), as_json=as_json)


@app.command(epilog='Example: tocsin request acknowledge 5d0c… --reference "PT-24/7-118"')
def acknowledge(request: str, *, reference: str = "", words: str = "", as_json: AsJson = False) -> None:
    """Say that the request came and is being looked at."""
    _write(request, say.Acknowledge(reference=reference or None, words=words or None), as_json=as_json)


@app.command(epilog="Example: tocsin request indicate 5d0c… yes --form confirmation --when 2026-11-26T12:00:00+01:00")
def indicate(
    request: str,
    whether: Annotated[str, typer.Argument(help="yes, in-part or no.")],
    *,
    form: str = "",
    when: str = "",
    words: str = "",
    as_json: AsJson = False,
) -> None:
    """Say whether the request will be answered, in what form and when (Directive 2013/40, Art. 13(1))."""
    body = say.Indicate(
        whether=read_word(Whether, "WHETHER", whether),
        form=form or None,
        when=read_instant("--when", when) if when else None,
        words=words or None,
    )
    _write(request, body, as_json=as_json)


@app.command(epilog="Example: tocsin request query 5d0c… --field necessity=missing")
def query(
    request: str,
    *,
    field: Annotated[
        list[str], typer.Option(help="FIELD=WHY, why one of missing, unclear, manifest-error, insufficient, go-on.")
    ],
    preserved: Annotated[
        bool | None, typer.Option("--preserved/--not-preserved", help="Whether the data are held meanwhile.")
    ] = None,
    words: str = "",
    as_json: AsJson = False,
) -> None:
    """Ask for fields that are missing or unclear."""
    asked = tuple(
        say.FieldQuery(field=name, why=read_word(say.Why, "--field", why or "missing")) for name, why in _pairs(field)
    )
    _write(request, say.Query(fields=asked, preserved=preserved, words=words or None), as_json=as_json)


@app.command(epilog="Example: tocsin request supplement 5d0c… fields.json")
def supplement(request: str, fields: Path, *, words: str = "", as_json: AsJson = False) -> None:
    """Give the fields that were asked for, from a JSON file of field → value."""
    _write(request, say.Supplement(fields=_read_json(fields), cannot={}, words=words or None), as_json=as_json)


@app.command(epilog="Example: tocsin request accept 5d0c… --reference 118/2026")
def accept(request: str, *, reference: str = "", words: str = "", as_json: AsJson = False) -> None:
    """Say that the request will be carried out."""
    _write(request, say.Accept(reference=reference or None, words=words or None), as_json=as_json)


@app.command(epilog="Example: tocsin request refuse 5d0c… ETS185_ORDRE_PUBLIC --reason '…'")
def refuse(
    request: str,
    ground: Annotated[str, typer.Argument(help="The code of a ground (tocsin law show lists them).")],
    *,
    reason: Annotated[str, typer.Option(help="The reason, which the other side reads (Budapest, Art. 27(7)).")],
    part: str = "",
    as_json: AsJson = False,
) -> None:
    """Refuse on a ground that the instrument opens."""
    _write(request, say.Refuse(ground=ground, reason=reason, part=part or None), as_json=as_json)


@app.command(epilog="Example: tocsin request postpone 5d0c… ETS185_POSTPONE --reason '…'")
def postpone(request: str, ground: str, *, reason: Reason, until: str = "", as_json: AsJson = False) -> None:
    """Postpone, with the reason (Budapest, Art. 27(5))."""
    body = say.Postpone(ground=ground, reason=reason, until=read_instant("--until", until) if until else None)
    _write(request, body, as_json=as_json)


@app.command(epilog="Example: tocsin request extend 5d0c… eev.11.1.preserve --days 30")
def extend(
    request: str, clock: str, *, days: int | None = None, until: str = "", reason: str = "", as_json: AsJson = False
) -> None:
    """Make a clock longer, as often and as long as the instrument lets it."""
    body = say.Extend(
        clock=ClockId(clock), days=days, until=read_instant("--until", until) if until else None, reason=reason or None
    )
    _write(request, body, as_json=as_json)


@app.command(
    epilog="Example: tocsin request preserved 5d0c… --at 2026-11-24T05:10:00+00:00 --scope 'account example.user'"
)
def preserved(
    request: str, *, at: At, scope: Scope, reference: str = "", keeps_until: str = "", as_json: AsJson = False
) -> None:
    """Confirm that the data are held, and since when."""
    body = say.Preserved(
        effected_at=read_instant("--at", at),
        scope=scope,
        reference=reference or None,
        keeps_until=read_instant("--keeps-until", keeps_until) if keeps_until else None,
    )
    _write(request, body, as_json=as_json)


@app.command(epilog="Example: tocsin request disclose 5d0c… --line 'Example Relay|SE|198.51.100.7 to 203.0.113.9'")
def disclose(
    request: str,
    *,
    line: Annotated[list[str], typer.Option(help="PROVIDER|COUNTRY|PATH of one further provider.")],
    as_json: AsJson = False,
) -> None:
    """Name the further providers on the path (Budapest, Art. 30)."""
    lines = []
    for each in line:
        provider, country, path = [*each.split("|"), "", ""][:3]
        lines.append(say.PathLine(provider=provider, path=path, country=country or None))
    _write(request, say.Disclose(lines=tuple(lines)), as_json=as_json)


@app.command("follow-up", epilog="Example: tocsin request follow-up 5d0c… issued --reference MLA-7/2026")
def follow_up(
    request: str,
    stage: str,
    *,
    reference: Reference,
    instrument: str = "",
    authority: str = "",
    as_json: AsJson = False,
) -> None:
    """Tell that the request for the preserved data themselves is announced, issued or decided."""
    body = say.FollowUp(
        stage=read_word(Stage, "STAGE", stage),
        reference=reference,
        at=now(),
        instrument=InstrumentId(instrument) if instrument else None,
        authority=authority or None,
    )
    _write(request, body, as_json=as_json)


@app.command(epilog="Example: tocsin request withdraw 5d0c… --reason 'the suspect was found'")
def withdraw(request: str, *, reason: Reason, obtained: str = "none", as_json: AsJson = False) -> None:
    """Withdraw the request."""
    _write(
        request, say.Withdraw(reason=reason, obtained=read_word(say.Obtained, "--obtained", obtained)), as_json=as_json
    )


@app.command(epilog="Example: tocsin request close 5d0c…")
def close(request: str, *, words: str = "", as_json: AsJson = False) -> None:
    """Close a request that is at rest."""
    _write(request, say.Close(words=words or None), as_json=as_json)


@app.command(epilog="Example: tocsin request release 5d0c… --scope 'account example.user'")
def release(
    request: str,
    *,
    scope: str = "",
    keep: Annotated[bool, typer.Option("--keep", help="Decide to keep the data.")] = False,
    as_json: AsJson = False,
) -> None:
    """Decide about a drafted release of preserved data."""
    at = now()
    decide_release(request, release=not keep, scope=scope, by=acting(at=at), at=at)
    tell({"decided": "keep" if keep else "release"}, as_json=as_json, words="Decided.")


# --- What is printed ----------------------------------------------------------------------------


def _write(request: str, body: Body, *, as_json: bool) -> None:
    at = now()
    _tell_letter(write_letter(request, body, by=acting(at=at), at=at), as_json=as_json)


def _tell_letter(letter: Letter, *, as_json: bool) -> None:
    found = {"letter": letter.id, "request": letter.thread, "kind": letter.kind.value, "sha256": letter.sha256}
    tell(
        found,
        as_json=as_json,
        words=f"{letter.kind.value} to {letter.addressee}: in the outbox (request {letter.thread}).",
    )


def _tell_draft(draft: reads.DraftView, *, at: Instant, as_json: bool) -> list[Fault]:
    found = reads.faults_of_draft(draft, at=at, viewer=acting(at=at))
    lines = [f"draft {draft.id}  sha256 {draft.content.sha256}", *(_fault_line(each) for each in found)]
    tell(shown_draft(draft, found), as_json=as_json, words="\n".join(lines))
    return found


def _fault_line(found: Fault) -> str:
    return f"  {found.severity.value:10} {found.field}: {found.sentence} ({found.rule})\n             {found.cure}"


def _told(standing: reads.Standing, at: Instant) -> str:
    thread = standing.thread
    way = thread.ask_said.other_way if thread.letters and thread.letters[0].kind is LetterKind.ASK else None
    lines = [
        f"{thread.instrument.title}",
        f"{thread.line.side.value} with {thread.line.counterpart}, {thread.line.state}"
        + (", EXERCISE" if thread.line.exercise else ""),
        "",
        *(
            f"  {text(each.written)}  {each.kind.value:12} {each.sender} → {each.addressee}  {each.by.name}"
            for each in thread.letters
        ),
        *([f"  Sent this way on the ground: {way.ground}: {way.words}"] if way else []),
        *(_elsewhere_lines(standing.elsewhere) if standing.elsewhere else []),
        *(_notification_lines(standing.notification) if standing.notification else []),
        "",
        *(_clock_line(each, at) for each in standing.clocks),
        "",
        f"You may write: {', '.join(kind.value for kind in standing.may_write) or 'nothing now'}.",
    ]
    return "\n".join(lines)


def _elsewhere_lines(view: ElsewhereView) -> list[str]:
    """A request that runs in another system: what is known of it, and what is not."""
    receipt = (
        f"received there {text(view.received_at)}, reference {view.reference}"
        if view.received_at
        else "receipt not recorded"
    )
    return [
        f"  Not sent by us: written out {text(view.exported_at)} for {view.label}; {receipt}",
        *(
            f"  {text(each.received_at)}  {each.step.kind.value:12} {each.step.sender} → {each.step.addressee}"
            f"  by {view.channel} {each.reference}".rstrip()
            for each in view.steps
        ),
    ]


def _notification_lines(view: NotificationView) -> list[str]:
    said = f"{view.answer.said.value} {view.answer.ground}".rstrip() if view.answer else "has said nothing yet"
    lines = [f"  Notified: {view.to} (request {view.request}): {said}"]
    if view.word is not None:
        lines.append(f"  To tell the addressee, by {view.word.kind.value}: tocsin request tell")
    return lines


def _same_person(others: list[reads.RequestLine]) -> list[str]:
    """What the desk that is asked sees alone: whether to tell either asker is for it to decide."""
    return [
        f"Same person, seen at this desk alone: {each.id} of {each.counterpart}, {each.instrument}, {each.state}"
        for each in others
    ]


def _clock_line(line: ClockLine, at: Instant) -> str:
    unsure = "" if line.clock.running.rule.confirmed else " (from memory)"
    return f"  {line.state.phase.value:14} {line.clock.id} ({line.clock.article}){unsure}  {_left(line.strict, at)}"


def _left(due: Instant | None, at: Instant) -> str:
    if due is None:
        return ""
    minutes = int((due - at).total_seconds() // 60)
    words = f"{abs(minutes) // 1440} d {abs(minutes) % 1440 // 60} h {abs(minutes) % 60} min"
    return f"{words} left" if minutes >= 0 else f"{words} over"


# --- What is read -------------------------------------------------------------------------------


def _read_json(path: Path) -> dict[str, Any]:
    raw = sys.stdin.read() if str(path) == "-" else path.read_text()
    try:
        found = json.loads(raw)
    except ValueError as fault:
        raise ArgumentError(argument=str(path), value=f"what it holds ({fault})", expected="JSON") from fault
    if not isinstance(found, dict):
        raise ArgumentError(argument=str(path), value="what it holds", expected="a JSON object")
    return found


def _write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """The files in a folder that is whole or not there."""
    making = folder.with_name(f".{folder.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700, parents=True)
    for name, written in files.items():
        (making / name).write_bytes(written.encode())
    making.rename(folder)  # over an empty folder as well


def _pairs(items: list[str]) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (item.partition("=") for item in items)]
