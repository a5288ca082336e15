"""``tocsin warning``: call back in an emergency, say that something is forged, and see what others warn of."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from tocsin.base.ids import MemberId
from tocsin.base.instant import text
from tocsin.commands.acting import AsJson, acting, now, tell
from tocsin.commands.reading import read_instant, read_word
from tocsin.notices import reads as notices
from tocsin.notices.rules.features import Typed, features_of
from tocsin.notices.rules.notice import USUAL_DAYS, Why
from tocsin.requests import forged
from tocsin.requests.acts.call_back import confirm_call_back, go_without_call_back, record_call_back
from tocsin.requests.acts.forgery import confirm_forgery, mark_forged, take_back_forgery
from tocsin.requests.provenance import Provenance
from tocsin.requests.reads import Standing
from tocsin.requests.rules.call_back import CallState, Outcome
from tocsin.requests.shown import shown_forgery, shown_warning
from tocsin.wire import peers

app = typer.Typer(no_args_is_help=True, help="Call-backs, forgeries, and warnings of them.")

Several = Annotated[list[str] | None, typer.Option(help="May be given several times.")]


# --- Call-backs -----------------------------------------------------------------------------------


@app.command("call-back", epilog="Example: tocsin warning call-back 5d0c… --number '+351 …' --outcome no-answer")
def call_back(
    request: str,
    *,
    number: Annotated[str, typer.Option(help="The number in the directory that you called, never one in the message.")],
    outcome: Annotated[str, typer.Option(help="confirmed, denied or no-answer.")],
    answered_by: Annotated[str, typer.Option(help="Who answered; another person than the one who signed.")] = "",
    words: Annotated[str, typer.Option(help="What was said.")] = "",
    claimed: Annotated[str, typer.Option(help="The member that a sender whom nobody knows claims to be.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write down that the authority of an emergency was called back; a second person confirms it."""
    at = now()
    made = record_call_back(
        request,
        number_from_card=number,
        answered_by=answered_by,
        words=words,
        outcome=read_word(Outcome, "--outcome", outcome),
        claimed=MemberId(claimed) if claimed else None,
        by=acting(at=at),
        at=at,
    )
    tell({"call_back": made}, as_json=as_json, words=made)


@app.command("confirm-call", epilog="Example: tocsin warning confirm-call 8f2d…")
def confirm_call(call_back_id: str, *, as_json: AsJson = False) -> None:
    """Confirm a call-back as a second person of this side."""
    at = now()
    confirm_call_back(call_back_id, by=acting(at=at), at=at)
    tell({"confirmed": call_back_id}, as_json=as_json, words="The call is confirmed; the data may be given.")


@app.command("go-without", epilog="Example: tocsin warning go-without 5d0c… --reason 'A child is missing since …'")
def go_without(
    request: str,
    *,
    reason: Annotated[str, typer.Option(help="In writing; a judge may read it, and both heads are told at once.")],
    as_json: AsJson = False,
) -> None:
    """Decide to give the data although nobody answered within the set minutes: only where a life is at risk."""
    at = now()
    go_without_call_back(request, reason=reason, by=acting(at=at), at=at)
    tell({"without": request}, as_json=as_json, words="It is decided; your chief and the other side are told.")


# --- Forgeries ------------------------------------------------------------------------------------


@app.command(epilog="Example: tocsin warning mark --channel mail --seen 2026-11-24T03:00:00Z --address a@b.example")
def mark(  # noqa: PLR0913 - one option for each feature
    request: Annotated[str, typer.Argument(help="The request; leave it out for what nobody took in.")] = "",
    *,
    channel: Annotated[str, typer.Option(help="node, mail, upload, paper, telephone or other.")],
    seen: Annotated[str, typer.Option(help="When it came, like 2026-11-24T03:00:00+02:00; others learn the hour.")],
    member: Annotated[str, typer.Option(help="The member that it claimed to be.")] = "",
    country: str = "",
    office: str = "",
    address: Annotated[list[str] | None, typer.Option(help="A mail address; others learn its hash and domain.")] = None,
    domain: Several = None,
    phone: Several = None,
    file: Annotated[list[Path] | None, typer.Option(help="A file that came with it; others learn its hash.")] = None,
    key: Several = None,
    wording: Several = None,
    asked: Several = None,
    instrument: str = "",
    words: Annotated[str, typer.Option(help="Why; it never leaves this house.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say that something is forged. Everybody is warned once a second person has confirmed it."""
    at = now()
    typed = Typed(
        channel=channel,
        seen=read_instant("--seen", seen),
        member=member,
        country=country,
        office=office,
        addresses=tuple(address or ()),
        domains=tuple(domain or ()),
        phones=tuple(phone or ()),
        files=tuple(sha256(each.read_bytes()).hexdigest() for each in file or ()),
        keys=tuple(key or ()),
        wording=tuple(wording or ()),
        asked=tuple(asked or ()),
        instrument=instrument,
    )
    made = mark_forged(request or None, features_of(typed), words=words, by=acting(at=at), at=at)
    tell({"forgery": made}, as_json=as_json, words=made)


@app.command(epilog="Example: tocsin warning waiting --json")
def waiting(*, as_json: AsJson = False) -> None:
    """Show what is said forged and waits for a second person."""
    found = forged.waiting_for_second(acting(at=now()))
    lines = [f"{each.id}  {text(each.marked_at)}  {each.marked_name}  {each.request or ''}" for each in found]
    tell([shown_forgery(each) for each in found], as_json=as_json, words="\n".join(lines) or "Nothing waits.")


@app.command(epilog="Example: tocsin warning confirm 8f2d…")
def confirm(
    forgery: str,
    *,
    days: Annotated[int, typer.Option(help="For how many days everybody is warned.")] = USUAL_DAYS,
    as_json: AsJson = False,
) -> None:
    """Confirm, as a second person, that something is forged: everybody is warned."""
    at = now()
    warning = confirm_forgery(forgery, by=acting(at=at), at=at, days=days)
    tell({"warning": warning}, as_json=as_json, words=warning)


@app.command("take-back", epilog="Example: tocsin warning take-back 8f2d… --why mistaken")
def take_back(
    forgery: str,
    *,
    why: Annotated[str, typer.Option(help="mistaken: it was genuine; settled: there is nothing to look out for.")],
    as_json: AsJson = False,
) -> None:
    """Take it back; whoever was warned is told, and the warning is shown as withdrawn."""
    at = now()
    take_back_forgery(forgery, why=read_word(Why, "--why", why), by=acting(at=at), at=at)
    tell({"taken_back": forgery}, as_json=as_json, words="It is taken back.")


# --- Warnings -------------------------------------------------------------------------------------


@app.command("list", epilog="Example: tocsin warning list --past --json")
def list_warnings(
    *,
    past: Annotated[bool, typer.Option("--past", help="Those that ended or were withdrawn, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what everybody is warned of."""
    at = now()
    found = notices.warnings(acting(at=at), at=peers.machine_instant(at), all_of_them=past)
    lines = [
        f"{each.id}  {text(each.warned.issued)}  {each.warned.sender:14} {each.warned.features.channel.value:10}"
        + ("  withdrawn" if each.warned.withdrawn else "")
        for each in found
    ]
    tell(
        [shown_warning(each) for each in found], as_json=as_json, words="\n".join(lines) or "Nobody warns of anything."
    )


@app.command(epilog="Example: tocsin warning show 8f2d…")
def show(warning: str, *, as_json: AsJson = False) -> None:
    """Show a warning, and how far one of ours has come."""
    tell(shown_warning(notices.warning_for(acting(at=now()), warning)), as_json=as_json)


# --- In words, above the text of a request --------------------------------------------------------


def told_provenance(found: Provenance | None) -> Iterator[str]:
    """Who really issued a request, line by line."""
    if found is None:
        return
    if found.trusted is not None and found.sender is not None:
        yield f"Issued by {found.sender.name} ({found.sender.country}), known by {found.trusted.source.value}."
    else:
        yield f"NOT A KNOWN AUTHORITY: {found.why_not}"
    if found.kid:
        since = f"first seen here {text(found.key_first_seen)}" if found.key_first_seen else "in no card held here"
        yield f"  key {found.kid}, {since}"
    if found.writer is not None:
        yield f"  signed by {found.writer.name}, {found.writer.role}, as their node says"
    yield f"  under {found.article}" + (f"; pleads {found.ground} ({found.ground_article})" if found.ground else "")
    if found.number:
        yield f"  call back at {found.number}, the number of the directory"
    for fact in found.unusual:
        yield f"  unusual: {fact.what.value}" + (f" ({text(fact.since)})" if fact.since else "")
    for match in found.warnings:
        yield f"  reminds of warning {match.warning.id} by {match.warning.warned.sender}"


def told_call_back(standing: Standing) -> Iterator[str]:
    """How a request stands with its call-back."""
    view = standing.call_back
    if view.standing.state is not CallState.NOT_NEEDED:
        yield f"call-back: {view.standing.state.value}" + (", nothing may be given" if view.standing.barred else "")
    for word in view.heard:
        yield f"{word.sender} called us back: {word.said.value} ({word.name}, {text(word.at)})"
