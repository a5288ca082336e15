"""``tocsin mail``: take in a mail, see what waits to be sorted, say where it belongs, send a request by mail."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tocsin.base.ids import MemberId
from tocsin.base.instant import text
from tocsin.commands.acting import AsJson, acting, now, tell
from tocsin.commands.reading import read_word
from tocsin.mail import post, reads
from tocsin.mail.acts.contacts import record_mail_address
from tocsin.mail.acts.send import send_form
from tocsin.mail.acts.sort import belongs_to, not_for_us
from tocsin.mail.acts.take_in import take_in_file
from tocsin.mail.reads import IncomingLine
from tocsin.mail.rules.outward import Way

app = typer.Typer(no_args_is_help=True, help="Take in, sort and send mail.")


@app.command(epilog="Example: tocsin mail take answer.eml")
def take(
    file: Annotated[Path, typer.Argument(help="A mail as a file; - for standard input.")], *, as_json: AsJson = False
) -> None:
    """Take in a mail. The same bytes are taken in once."""
    at = now()
    most = post.settings().most_bytes + 1
    if str(file) == "-":
        raw = sys.stdin.buffer.read(most)
    else:
        with file.open("rb") as opened:
            raw = opened.read(most)
    line = take_in_file(raw, way="command", by=acting(at=at), at=at)
    tell(line, as_json=as_json, words=_line(line))


@app.command(epilog="Example: tocsin mail tray")
def tray(*, as_json: AsJson = False) -> None:
    """Show the mails that nobody has sorted, and those of ours that did not leave or arrive."""
    by = acting(at=now())
    waiting, stopped = reads.tray(by), reads.stopped(by)
    lines = [_line(each) for each in waiting]
    lines += [f"{each.id}  {each.state:9} {each.number}  to {each.to}  {each.said}" for each in stopped]
    tell({"tray": waiting, "stopped": stopped}, as_json=as_json, words="\n".join(lines) or "No mail waits.")


@app.command(epilog="Example: tocsin mail belongs 7b1e… 5d0c…")
def belongs(mail: str, request: str, *, as_json: AsJson = False) -> None:
    """Say that a mail belongs to a request."""
    at = now()
    line = belongs_to(mail, request, by=acting(at=at), at=at)
    tell(line, as_json=as_json, words=_line(line))


@app.command("not-ours", epilog='Example: tocsin mail not-ours 7b1e… --reason "advertising"')
def not_ours(
    mail: str, *, reason: Annotated[str, typer.Option(help="Why it is not for this node.")], as_json: AsJson = False
) -> None:
    """Say that a mail is not for this node; it is erased after 30 days."""
    at = now()
    line = not_for_us(mail, reason=reason, by=acting(at=at), at=at)
    tell(line, as_json=as_json, words=_line(line))


@app.command(epilog='Example: tocsin mail address pt abuse@provider.example --known-from "told by telephone"')
def address(
    member: str,
    address: str,
    *,
    known_from: Annotated[str, typer.Option("--known-from", help="How you know address and certificate.")],
    certificate: Annotated[Path | None, typer.Option(help="A certificate for S/MIME, in PEM.")] = None,
    as_json: AsJson = False,
) -> None:
    """Record where a contact gets mail; what was recorded before counts no longer."""
    at = now()
    made = record_mail_address(
        MemberId(member),
        address=address,
        certificate=certificate.read_text() if certificate else "",
        known_from=known_from,
        by=acting(at=at),
        at=at,
    )
    shown = {"member": made.member, "address": made.address, "certificate_sha256": made.certificate_sha256}
    tell(shown, as_json=as_json, words=f"{made.member} gets mail at {made.address}.")


@app.command(epilog="Example: tocsin mail send 5d0c… --way notice --language pt")
def send(
    request: str,
    *,
    way: Annotated[str, typer.Option(help="encrypted, locked or notice.")],
    language: Annotated[str, typer.Option(help="An official language; that of the reader if left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Send a request as a form by mail; what has to be told by telephone is shown at the desk."""
    at = now()
    chosen = read_word(Way, "--way", way)
    line = send_form(request, way=chosen, language=language, by=acting(at=at), at=at)
    tell(line, as_json=as_json, words=f"{line.number} lies in the outbox, to {line.to}.")


def _line(line: IncomingLine) -> str:
    whose = line.member or "nobody known"
    verified = f"signed by {whose}" if line.seal == "fits" else f"signature: {line.seal}"
    where = f"request {line.request}" if line.request else f"points at {line.proposed}" if line.proposed else line.state
    return f"{line.id}  {text(line.came_at)}  claims {line.claims_address or '-'}  {verified}  {where}  {line.subject}"
