"""``tocsin directory contacts``: contacts without a node, from one's own list, by hearsay."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.base.ids import MemberId
from tocsin.base.instant import text
from tocsin.base.sheet import MOST_BYTES
from tocsin.commands.acting import AsJson, acting, now, tell
from tocsin.directory import reads
from tocsin.directory.acts import contacts
from tocsin.directory.acts.contacts import Preview
from tocsin.directory.errors import ListFaultyError
from tocsin.directory.rules.card import CardKind
from tocsin.directory.rules.columns import Column
from tocsin.directory.rules.hearsay import Defaults, Outcome
from tocsin.directory.rules.sight import ContactView
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right

app = typer.Typer(no_args_is_help=True, help="Contacts without a node, from one's own list, by hearsay.")


@app.command(
    "import",
    epilog="Example: tocsin directory contacts import list.xlsx --source 'Our ministry' --date 2026-11-01 --yes",
)
def import_contacts(
    file: Path,
    *,
    source: Annotated[str, typer.Option(help="Whose list it is.")],
    dated: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="Of which day it is.")],
    column: Annotated[list[str] | None, typer.Option(help="What a column means, like phone=Tel; guessed else.")] = None,
    kind: Annotated[CardKind, typer.Option(help="What they are, where no column says so.")] = CardKind.STATE,
    country: Annotated[str, typer.Option(help="Where they are, where no column says so.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Take it in; else only show what would change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take a list of contacts in (CSV, XLSX): all of it or nothing. Without --yes it only shows what would change."""
    at = now()
    by = acting(at=at)
    content = file.read_bytes() if file.stat().st_size <= MOST_BYTES else b"x" * (MOST_BYTES + 1)
    waiting = contacts.lay_list(content, file_name=file.name, by=by, at=at)
    defaults = Defaults(kind=kind, country=country.upper())
    shown = contacts.preview_list(waiting, defaults=defaults, by=by)
    mapping = dict(shown.mapping) | _columns(column or [], shown.header)
    shown = contacts.preview_list(waiting, mapping=mapping, defaults=defaults, by=by)
    if yes:
        shown = contacts.import_list(
            waiting,
            mapping=mapping,
            defaults=defaults,
            source=source,
            source_date=_day(dated),
            by=by,
            at=at,
        )
    tell(_plain_preview(shown, taken=yes), as_json=as_json, words=_preview_words(shown, taken=yes))
    if shown.faults:
        raise ListFaultyError(count=len(shown.faults), faults="; ".join(map(str, shown.faults[:20])))


@app.command("list", epilog="Example: tocsin directory contacts list --country BG")
def list_contacts(
    *,
    country: Annotated[str | None, typer.Option(help="Of one country alone.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show contacts by hearsay: from whose list, of which day, when last tried."""
    rights.check(acting(at=now()), Right.READ_DIRECTORY)
    found = reads.hearsay_for(country=country.upper() if country else None)
    tell(
        [_plain_contact(each) for each in found],
        as_json=as_json,
        words="\n".join(_contact_words(each) for each in found) or "No list was taken in yet.",
    )


@app.command("try", epilog="Example: tocsin directory contacts try hearsay-bg-example-0f4c1e52 not-answered")
def try_contact(
    member: Annotated[str, typer.Argument(help="From `list`.")],
    outcome: Annotated[Outcome, typer.Argument(help="What came of it.")],
    *,
    note: Annotated[str, typer.Option(help="In a few words; no case.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write down that a contact was tried just now, and what came of it."""
    at = now()
    contacts.try_contact(MemberId(member), outcome=outcome, note=note, by=acting(at=at), at=at)
    seen = reads.contact(MemberId(member))
    tell(_plain_contact(seen), as_json=as_json, words=_contact_words(seen))


@app.command("give-up", epilog="Example: tocsin directory contacts give-up hearsay-bg-example-0f4c1e52 --reason gone")
def give_up(
    member: Annotated[str, typer.Argument(help="From `list`.")],
    *,
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    as_json: AsJson = False,
) -> None:
    """Take a contact off the list; what was sent to it keeps its name."""
    at = now()
    contacts.give_up_contact(MemberId(member), reason=reason, by=acting(at=at), at=at)
    tell({"given_up": member}, as_json=as_json, words=f"{member} is given up.")


def _columns(said: list[str], header: tuple[str, ...]) -> dict[Column, int]:
    found: dict[Column, int] = {}
    for each in said:
        column, _, name = each.partition("=")
        if column not in list(Column) or name not in header:
            raise typer.BadParameter(
                f"{each}: COLUMN=HEADER, of {', '.join(Column)}, and of the headers {', '.join(header)}"
            )
        found[Column(column)] = header.index(name)
    return found


def _day(dated: datetime) -> date:
    return dated.date()


def _plain_preview(shown: Preview, *, taken: bool) -> dict[str, Any]:
    return {
        "taken": taken,
        "sha256": shown.sha256,
        "columns": {column.value: shown.header[place] for column, place in shown.mapping.items()},
        "new": [each.listed.name for each in shown.new],
        "changed": [{"name": each.listed.name, "fields": each.changed} for each in shown.changed],
        "same": shown.same,
        "faults": [{"row": each.row, "column": each.column, "rule": each.rule} for each in shown.faults],
    }


def _preview_words(shown: Preview, *, taken: bool) -> str:
    meant = ", ".join(f"{column.value} = {shown.header[place]}" for column, place in shown.mapping.items())
    done = "taken in" if taken else "would be taken in; say --yes"
    lines = [
        f"Columns: {meant}",
        *(f"  new      {each.listed.country} {each.listed.name}" for each in shown.new),
        *(f"  changed  {each.listed.country} {each.listed.name}: {', '.join(each.changed)}" for each in shown.changed),
        *(f"  FAULT    {each}" for each in shown.faults),
        f"{len(shown.new)} new, {len(shown.changed)} changed, {shown.same} the same"
        + (f", {len(shown.faults)} faults: nothing is taken in." if shown.faults else f": {done}."),
    ]
    return "\n".join(lines)


def _plain_contact(seen: ContactView) -> dict[str, Any]:
    return {
        "member": seen.member,
        "known": seen.known.value,
        "name": seen.name,
        "kind": seen.kind.value,
        "country": seen.country,
        "zone": seen.zone,
        "languages": seen.languages,
        "hours": seen.hours,
        "phone": seen.phone,
        "email": seen.email,
        "smime": seen.smime is not None,
        "competences": seen.competences,
        "source": seen.source,
        "source_date": seen.source_date,
        "tried": seen.tried and {"at": seen.tried.at, "outcome": seen.tried.outcome.value, "by": seen.tried.by_name},
        "fades": seen.fades,
        "instead": seen.instead,
    }


def _contact_words(seen: ContactView) -> str:
    tried = f"last tried {text(seen.tried.at)}: {seen.tried.outcome.value}" if seen.tried else "never tried"
    ways = ", ".join(each for each in (seen.phone, seen.email) if each)
    grey = f"  NOT ANSWERED since {text(seen.last_answer)}" if seen.fades and seen.last_answer else ""
    instead = f"  ask first: {', '.join(seen.instead)}" if seen.instead else ""
    return (
        f"{seen.member:40} {seen.country}  {seen.name}  {ways}\n"
        f"    by hearsay, from {seen.source} of {seen.source_date}, {tried}{grey}{instead}"
    )
