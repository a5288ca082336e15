"""``tocsin directory``: who answers where, by which keys, and how this node knows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from tocsin.base import instant
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant, text
from tocsin.base.this_node import this_node
from tocsin.commands import directory_ceremony, directory_contacts, directory_drill
from tocsin.commands.acting import AsJson, acting, now, tell
from tocsin.directory import reads
from tocsin.directory.acts import alive, cards, key_files, national, rotate, submit
from tocsin.directory.acts.publish import publish as publish_directory
from tocsin.directory.acts.publish import write_repository
from tocsin.directory.acts.refresh import Refreshed, join_directory, refresh_directory
from tocsin.directory.errors import NoDirectoryError, UnknownMemberError
from tocsin.directory.rules.card import SignedCard, Use
from tocsin.directory.rules.national import file_of
from tocsin.directory.rules.own_card import ANNOUNCED_FIRST
from tocsin.directory.rules.sight import Contact, DirectoryStanding
from tocsin.directory.rules.trust import Held, Source, Taking
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right

app = typer.Typer(no_args_is_help=True, help="Who answers where, by which keys, and how this node knows it.")
card_app = typer.Typer(no_args_is_help=True, help="Cards: this node's own, and others' by file and voice.")
key_app = typer.Typer(no_args_is_help=True, help="Keys: new ones, and those that verify nothing any more.")
national_app = typer.Typer(no_args_is_help=True, help="What a State says of its own law, signed.")
app.add_typer(card_app, name="card")
app.add_typer(key_app, name="key")
app.add_typer(national_app, name="national")
app.add_typer(directory_ceremony.app, name="ceremony")
app.add_typer(directory_ceremony.member_app, name="member")
app.add_typer(directory_contacts.app, name="contacts")
app.add_typer(directory_drill.app, name="drill")

Named = Annotated[str, typer.Argument(help="The member's id, like pt.")]
Reason = Annotated[str, typer.Option(help="Why, for the record.")]


# --- Looking ------------------------------------------------------------------------------------


@app.command(epilog="Example: tocsin directory show pt")
def show(
    member: Annotated[str | None, typer.Argument(help="One member; all if left out.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show the contact points: their cards, each source apart, and how well they answer."""
    rights.check(acting(at=now()), Right.READ_DIRECTORY)
    if member:
        found = reads.point(MemberId(member))
        tell(_plain_contact(found), as_json=as_json, words=_contact_words(found))
        return
    contacts, standing = reads.points(), _standing_or_none()
    lines = [_standing_words(standing), *(_contact_line(each) for each in contacts)]
    tell(
        {"directory": standing, "contacts": [_plain_contact(each) for each in contacts]},
        as_json=as_json,
        words="\n".join(lines),
    )


@card_app.command(epilog="Example: tocsin directory card words")
def words(*, as_json: AsJson = False) -> None:
    """Print the six words of this node's OWN card: read them aloud to the contact point that has the card.

    The other side's words are never printed: they are heard, and typed in.
    """
    rights.check(acting(at=now()), Right.READ_DIRECTORY)
    own = cards.own_words()
    tell({"words": own.words}, as_json=as_json, words=str(own))


# --- Cards --------------------------------------------------------------------------------------


@card_app.command(epilog="Example: tocsin directory card sign")
def sign(*, as_json: AsJson = False) -> None:
    """Sign this node's card anew, from node.toml and its keys; the last one stands if nothing changed."""
    at = now()
    signed = cards.sign_own_card(by=acting(at=at), at=at)
    tell(_plain_card(signed), as_json=as_json, words=f"The card of {signed.card.member}, serial {signed.card.serial}.")


@card_app.command("export", epilog="Example: tocsin directory card export ro.card.json")
def export_card(file: Path, *, as_json: AsJson = False) -> None:
    """Write this node's card to a file, to be given to another contact point."""
    rights.check(acting(at=now()), Right.READ_DIRECTORY)
    signed = reads.own_card()
    if signed is None:
        raise UnknownMemberError(member=this_node().member)
    file.write_bytes(signed.file)
    tell(_plain_card(signed), as_json=as_json, words=f"{file}: give it to the other side, then read it your six words.")


@card_app.command(epilog="Example: tocsin directory card take pt.card.json")
def take(
    file: Path,
    *,
    via: Annotated[str | None, typer.Option(help="The member that passed it on, if not the card's own.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take another member's card from a file. It lets no letters in before it is confirmed by voice."""
    at = now()
    held, taking = cards.take_card(file.read_bytes(), by=acting(at=at), at=at, via=MemberId(via) if via else None)
    tell(_plain_held(held) | {"outcome": taking.value}, as_json=as_json, words=_taking_words(held, taking))


@card_app.command(epilog='Example: tocsin directory card confirm pt "retouch overdraft slum passerby grab stainable"')
def confirm(
    member: Named,
    heard: Annotated[list[str] | None, typer.Argument(help="The six words; asked for if left out.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Confirm a card: type the six words that the member read aloud of its own card.

    Call on a number that you know from elsewhere, never on one that came with the card.
    """
    at = now()
    spoken = " ".join(heard) if heard else str(typer.prompt(f"The six words that {member} reads"))
    held = cards.confirm_card(MemberId(member), heard=spoken, by=acting(at=at), at=at)
    tell(_plain_held(held), as_json=as_json, words=_held_words(held))


@card_app.command(epilog='Example: tocsin directory card drop pt --source voice --reason "office closed"')
def drop(
    member: Named,
    *,
    source: Annotated[Source, typer.Option(help="Which of its cards.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Give up a card that came by file or was confirmed by voice."""
    at = now()
    cards.drop_card(MemberId(member), source=source, reason=reason, by=acting(at=at), at=at)
    tell({"dropped": member, "source": source}, as_json=as_json, words=f"The card of {member} ({source}) is given up.")


# --- Keys ---------------------------------------------------------------------------------------


Rotated = Annotated[str, typer.Argument(help="sign, seal, journal, witness, age or tls.")]


@key_app.command(epilog="Example: tocsin directory key announce journal")
def announce(
    use: Annotated[str, typer.Argument(help="sign, journal, witness or tls.")], *, as_json: AsJson = False
) -> None:
    """Make the next key (or TLS certificate) and sign the card that names it beside the one in use.

    Hand the card in (tocsin directory submit) or out, and rotate a day later: then everybody knows the new key
    before anything is signed with it. Keys to seal and age need no announcement.
    """
    at = now()
    if use == rotate.TLS:
        signed = rotate.announce_certificate(by=acting(at=at), at=at)
    elif use in ANNOUNCED_FIRST:
        signed = rotate.announce_key(Use(use), by=acting(at=at), at=at)
    else:
        raise typer.BadParameter("one of sign, journal, witness, tls")
    words = f"Card {signed.card.serial} names the next {_thing(use)}. Hand it in, and rotate in a day."
    tell(_plain_card(signed), as_json=as_json, words=words)


@key_app.command("rotate", epilog="Example: tocsin directory key rotate sign")
def rotate_one(
    use: Rotated,
    *,
    at_once: Annotated[bool, typer.Option("--now", help="Take a key that others may not know yet.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take the key that was announced and sign the card that says so; the old one is retired in an hour.

    Start the node's processes again within that hour, and hand the card in (tocsin directory submit). A command
    that was cut short is finished by the same command.
    """
    at = now()
    if use == rotate.TLS:
        signed = rotate.rotate_certificate(by=acting(at=at), at=at, now=at_once)
    else:
        signed = rotate.rotate_key(_use(use), by=acting(at=at), at=at, now=at_once)
    tell(_plain_card(signed), as_json=as_json, words=_rotated_words(signed, use))


@key_app.command(epilog="Example: tocsin directory key revoke sign")
def revoke(use: Rotated, *, as_json: AsJson = False) -> None:
    """Take a new key for a use and revoke the old one: it was lost or stolen.

    From the moment a node knows the new card, nothing that comes in under the old key is believed, whatever its
    date. Start the node's processes again at once, hand the card in, and call those who confirmed it by voice.
    """
    at = now()
    if use == rotate.TLS:
        signed = rotate.rotate_certificate(by=acting(at=at), at=at, revoke=True)
    else:
        signed = rotate.rotate_key(_use(use), by=acting(at=at), at=at, revoke=True)
    tell(_plain_card(signed), as_json=as_json, words=_rotated_words(signed, use))


@key_app.command(epilog='Example: tocsin directory key refuse pt 34750f98bd59fcfc --reason "reported stolen"')
def refuse(member: Named, kid: str, *, reason: Reason, as_json: AsJson = False) -> None:
    """Refuse another member's key here and now, before its member revokes it."""
    at = now()
    cards.refuse_key(MemberId(member), kid=kid, reason=reason, by=acting(at=at), at=at)
    tell({"refused": kid, "member": member}, as_json=as_json, words=f"The key {kid} of {member} is refused.")


@key_app.command(epilog="Example: tocsin directory key make directory")
def make(
    name: Annotated[
        str, typer.Argument(help="directory (a State's, or the hub's own), private or online (the hub's).")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Make a key of the directory in this node's home, with its public half beside it for the ceremony."""
    rights.check(acting(at=now()), Right.RUN_NODE)
    files = {
        "directory": key_files.ROLE_KEY,
        "private": key_files.PRIVATE_ROLE_KEY,
        "online": key_files.ONLINE_KEY,
    }
    if name not in files:
        raise typer.BadParameter("one of directory, private, online")
    public = key_files.make_key(key_files.own_key_path(files[name]), member=this_node().member)
    tell({"public": str(public)}, as_json=as_json, words=f"{public}: take it to the ceremony.")


# --- The directory ------------------------------------------------------------------------------


@app.command(epilog="Example: tocsin directory join 1.root.json --hub-card hub.card.json")
def join(
    root: Path,
    *,
    hub_card: Annotated[Path, typer.Option(help="The hub's card: where the directory is fetched.")],
    as_json: AsJson = False,
) -> None:
    """Trust the directory that begins with this root. Compare its SHA-256 with the holders' before you do."""
    at = now()
    standing = join_directory(root.read_bytes(), hub_card=hub_card.read_bytes(), by=acting(at=at), at=at)
    tell(standing, as_json=as_json, words=f"Joined the directory of {standing.hub}, root {standing.root_sha256}.")


@app.command(epilog="Example: tocsin directory refresh")
def refresh(*, as_json: AsJson = False) -> None:
    """Fetch what is new in the directory, and check all of it."""
    at = now()
    rights.check(acting(at=at), Right.READ_DIRECTORY)
    result = refresh_directory(at=at)
    tell(result, as_json=as_json, words=_refreshed_words(result))


@app.command("submit", epilog="Example: tocsin directory submit")
def submit_card(
    *,
    out: Annotated[Path | None, typer.Option(help="Write it to a file in place of sending it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Hand this node's card to the hub: a State's with its signed list, a private member's card alone."""
    at = now()
    by = acting(at=at)
    own = cards.sign_own_card(by=by, at=at)
    path, content = submit.own_submission(by=by, at=at)
    if out is not None:
        out.write_bytes(content)
    else:
        submit.hand_in_own(path, content, at=at)
    place = str(out) if out else "the hub"
    tell(_plain_card(own) | {"to": place}, as_json=as_json, words=f"Card {own.card.serial} is handed to {place}.")


@app.command("take", epilog="Example: tocsin directory take pt.submission.json")
def take_submission(file: Path, *, as_json: AsJson = False) -> None:
    """At the hub: take a State's submission that came as a file, and publish it."""
    at = now()
    rights.check(acting(at=at), Right.RUN_NODE)
    taken = submit.take_submission(file.read_bytes(), at=at)
    files = sorted(taken.files)
    tell({"role": taken.role, "files": files}, as_json=as_json, words=f"{taken.role}: {', '.join(files)}")


@app.command(epilog="Example: tocsin directory publish")
def publish(*, as_json: AsJson = False) -> None:
    """At the hub: bring out what was decided and handed in, and renew what is about to end."""
    at = now()
    done = publish_directory(by=acting(at=at), at=at)
    state = "published" if done.new else "unchanged"
    tell(done, as_json=as_json, words=f"Snapshot {done.snapshot}, timestamp {done.timestamp}: {state}.")


@app.command(epilog="Example: tocsin directory export /srv/www/directory")
def export(folder: Path, *, as_json: AsJson = False) -> None:
    """At the hub: write the TUF repository to a folder, with its first root as root.json, in one step.

    Any TUF client reads it from there: metadata/ and targets/ are what it asks for.
    """
    rights.check(acting(at=now()), Right.READ_DIRECTORY)
    files = reads.published_files()
    if not files:
        raise NoDirectoryError
    first = files["metadata/1.root.json"]
    write_repository(folder, files | {"root.json": first})
    words = f"{len(files)} files are in {folder}; a client begins with {folder}/root.json."
    tell({"folder": str(folder), "files": len(files)}, as_json=as_json, words=words)


@app.command("alive", epilog="Example: tocsin directory alive")
def tell_alive(*, as_json: AsJson = False) -> None:
    """Tell the hub that this node runs, and learn which others do."""
    rights.check(acting(at=now()), Right.READ_DIRECTORY)
    sent = alive.send_sign_of_life()
    news = alive.collect_signs_of_life()
    words = f"Told at {text(sent)}; news of {', '.join(news) or 'nobody'}."
    tell({"sent": sent, "news": news}, as_json=as_json, words=words)


# --- National law -------------------------------------------------------------------------------


@national_app.command("sign", epilog="Example: tocsin directory national sign pt.json --out pt.jws")
def sign_table(
    file: Path,
    *,
    out: Annotated[Path | None, typer.Option(help="Where the signed table goes, to be given to others.")] = None,
    as_json: AsJson = False,
) -> None:
    """Sign this State's table of its national law; it goes into the directory with the next submission."""
    at = now()
    jws = national.sign_national_table(file.read_bytes(), by=acting(at=at), at=at)
    if out is not None:
        out.write_bytes(file_of(jws))
    tell({"jws": jws}, as_json=as_json, words="Signed; hand it in with tocsin directory submit.")


@national_app.command("take", epilog="Example: tocsin directory national take pt.jws")
def take_table(file: Path, *, as_json: AsJson = False) -> None:
    """Take in another State's signed table from a file."""
    at = now()
    member = national.take_national_table(file.read_bytes(), by=acting(at=at), at=at)
    tell({"member": member}, as_json=as_json, words=f"The national law of {member} is recorded as it says.")


@national_app.command("show", epilog="Example: tocsin directory national show pt")
def show_table(member: Named, *, as_json: AsJson = False) -> None:
    """Show what a State has said of its law, and from where this node has it."""
    rights.check(acting(at=now()), Right.READ_DIRECTORY)
    found = reads.national_table_of(MemberId(member))
    if found is None:
        tell({"member": member, "table": None}, as_json=as_json, words=f"National law of {member}: not recorded.")
        return
    words = f"{found.table.source}, as of {found.as_of} ({found.source}, since {text(found.since)})."
    tell(found, as_json=as_json, words=words)


# --- Words --------------------------------------------------------------------------------------


def _use(name: str) -> Use:
    if name not in set(Use):
        raise typer.BadParameter("one of sign, seal, journal, witness, age, tls")
    return Use(name)


def _thing(use: str) -> str:
    return "TLS certificate" if use == rotate.TLS else f"key to {use}"


def _standing_or_none() -> DirectoryStanding | None:
    try:
        return reads.standing()
    except NoDirectoryError:
        return None


def _standing_words(standing: DirectoryStanding | None) -> str:
    if standing is None:
        return "No directory is joined: cards come by file and voice alone."
    if standing.stale_since:
        state = f"STALE since {text(standing.stale_since)}"
    else:
        state = f"fresh, until {text(standing.ends)}" if standing.ends else "not fetched yet"
    fault = f" Last refresh: {standing.fault}" if standing.fault else ""
    return f"The directory of {standing.hub}: {state}.{fault}"


def _contact_line(contact: Contact) -> str:
    card = contact.shown.card
    sources = " + ".join(_source_words(held) for held in contact.held)
    answered = f"answered {_day(contact.last_answer)}" if contact.last_answer else "no drill answered"
    if contact.fades:
        answered = f"NOT ANSWERED since {_day(contact.last_answer)}" if contact.last_answer else "NEVER ANSWERED"
    instead = f"; rather call {', '.join(contact.instead)}" if contact.instead else ""
    return f"{contact.member:20} {card.country} {card.kind.value:9} {sources:40} {answered}{instead}"


def _contact_words(contact: Contact) -> str:
    card = contact.shown.card
    lines = [
        f"{card.name} ({contact.member}), {card.kind.value} of {card.country}, {card.hours} {card.zone}",
        f"telephone {card.phone or '-'}, languages {', '.join(card.languages)}, {card.endpoint}",
        *(_held_words(held) for held in contact.held),
        contact.why_not or "Letters pass.",
        f"node last seen {_day(contact.alive)}, people last answered {_day(contact.last_answer)}"
        + (f" ({contact.drill.seconds} s)" if contact.drill and contact.drill.seconds is not None else ""),
    ]
    if contact.in_force and contact.in_force.sources_disagree:
        lines.append(
            "The directory and the card confirmed by voice name DIFFERENT sign keys: call before you rely on it."
        )
    if contact.in_force and contact.in_force.stale_since:
        lines.append(f"The directory is stale since {text(contact.in_force.stale_since)}.")
    return "\n".join(lines)


def _held_words(held: Held) -> str:
    return f"card {held.signed.card.serial} of {held.signed.card.member}: {_source_words(held)}"


def _source_words(held: Held) -> str:
    if held.source is Source.TUF:
        return f"from the directory, since {_day(held.since)}"
    if held.source is Source.VOICE and held.confirmation:
        return f"confirmed by voice, {_day(held.confirmation.at)}, {held.confirmation.by_name}"
    return f"not yet confirmed ({'heard from ' + held.via if held.via else 'from a file'})"


def _taking_words(held: Held, taking: Taking) -> str:
    member = held.signed.card.member
    if taking is Taking.TO_CONFIRM:
        return f"The card of {member} is not yet confirmed: hear its words, tocsin directory card confirm {member}"
    return f"{_held_words(held)} ({'taken as its update' if taking is Taking.UPDATE else 'known already'})"


def _rotated_words(signed: SignedCard, use: str) -> str:
    return f"Card {signed.card.serial} names the new {_thing(use)}. Start the node's processes again."


def _refreshed_words(result: Refreshed) -> str:
    if not result.new and not result.faults:
        return "Nothing is new."
    return "\n".join(
        [
            f"New: {_list(result.cards)}. Withdrawn: {_list(result.withdrawn)}. Revoked: {_list(result.revoked)}.",
            *(f"Left out: {fault}" for fault in result.faults),
        ]
    )


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"


def _day(when: Instant | None) -> str:
    return when.date().isoformat() if when else "never"


# --- JSON ---------------------------------------------------------------------------------------


def _plain_card(signed: SignedCard) -> dict[str, object]:
    card = signed.card
    return {"member": card.member, "serial": card.serial, "sha256": signed.sha256, "issued": card.issued}


def _plain_held(held: Held) -> dict[str, object]:
    return _plain_card(held.signed) | {
        "source": held.source,
        "since": held.since,
        "confirmation": held.confirmation,
        "via": held.via,
    }


@dataclass(frozen=True, slots=True)
class _PlainContact:
    member: str
    name: str
    kind: str
    country: str
    phone: str | None
    endpoint: str
    letters_pass: bool
    why_not: str
    stale_since: Instant | None
    sources_disagree: bool
    cards: list[dict[str, object]]
    alive: Instant | None
    last_answer: Instant | None
    reaction_seconds: int | None
    fades: bool
    instead: tuple[str, ...]
    asked_at: Instant


def _plain_contact(contact: Contact) -> _PlainContact:
    card, good = contact.shown.card, contact.in_force
    return _PlainContact(
        member=contact.member,
        name=card.name,
        kind=card.kind.value,
        country=card.country,
        phone=card.phone,
        endpoint=card.endpoint,
        letters_pass=good is not None,
        why_not=contact.why_not,
        stale_since=good.stale_since if good else None,
        sources_disagree=bool(good and good.sources_disagree),
        cards=[_plain_held(held) for held in contact.held],
        alive=contact.alive,
        last_answer=contact.last_answer,
        reaction_seconds=contact.drill.seconds if contact.drill else None,
        fades=contact.fades,
        instead=contact.instead,
        asked_at=instant.true_now(),
    )
