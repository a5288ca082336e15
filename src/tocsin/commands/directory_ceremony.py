"""``tocsin directory ceremony`` and ``member``: what several root holders decide together.

``key``, ``show`` and ``sign`` need no node: a holder runs them on a machine of his own, off the network.
"""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.base.ids import MEMBER_PATTERN, MemberId
from tocsin.commands.acting import AsJson, acting, now, tell
from tocsin.directory.acts import ceremony, key_files, submit
from tocsin.directory.acts.ceremony import Ceremony, Plan
from tocsin.directory.rules import tuf
from tocsin.directory.rules.tuf import Delegation
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right

app = typer.Typer(no_args_is_help=True, help="The key ceremony: files go in, signatures come out.")
member_app = typer.Typer(
    no_args_is_help=True, help="Members of the directory: admitted by root holders, or by the hub."
)

Folder = Annotated[Path, typer.Argument(help="The ceremony's folder.")]
Passphrase = Annotated[
    Path | None, typer.Option("--passphrase-file", help="A file whose first line is the passphrase.")
]


@app.command(epilog="Example: tocsin directory ceremony key ro /media/stick/ro.pem --passphrase-file pass.txt")
def key(
    member: Annotated[str, typer.Argument(help="The member that holds it, like ro.")],
    file: Annotated[Path, typer.Argument(help="Where the private key goes; its public half lies beside it.")],
    *,
    passphrase: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Make a root holder's key. The file with .pub.json is what goes to the hub; the other never leaves."""
    if not MEMBER_PATTERN.fullmatch(member):
        raise typer.BadParameter("a member's id, like ro")
    public = key_files.make_key(file, member=MemberId(member), passphrase=_passphrase(passphrase))
    words = f"{file} is to be kept safe; {public} goes to the hub."
    tell({"private": str(file), "public": str(public)}, as_json=as_json, words=words)


@app.command(
    epilog="Example: tocsin directory ceremony begin first --holder hub.pub.json --holder ro.pub.json"
    " --holder pt.pub.json --threshold 2 --online online.pub.json --state ro=ro.directory.pub.json"
)
def begin(  # noqa: PLR0913 - what may be decided, each by its name
    folder: Folder,
    *,
    holder: Annotated[list[Path] | None, typer.Option(help="The public key of each root holder from now on.")] = None,
    threshold: Annotated[int | None, typer.Option(min=2, help="How many of them decide.")] = None,
    online: Annotated[Path | None, typer.Option(help="The public half of the hub's online key.")] = None,
    state: Annotated[
        list[str] | None, typer.Option(help="Admit a State, or change its key: ro=FILE; may be repeated.")
    ] = None,
    hub: Annotated[Path | None, typer.Option(help="The public key with which the hub signs its own card.")] = None,
    private: Annotated[Path | None, typer.Option(help="The public key that admits private members.")] = None,
    withdraw: Annotated[list[str] | None, typer.Option(help="End a State's delegation: ro; may be repeated.")] = None,
    renew: Annotated[bool, typer.Option("--renew", help="Sign everything anew before it ends.")] = False,
    as_json: AsJson = False,
) -> None:
    """At the hub: write what is to be decided into a folder, for the holders to look at and sign."""
    rights.check(acting(at=now()), Right.RUN_NODE)
    plan = Plan(
        holders=tuple(map(key_files.load_public, holder)) if holder else None,
        threshold=threshold,
        online=key_files.load_public(online).public if online else None,
        grant=(*map(_state, state or ()), *_role(tuf.HUB, hub), *_role(tuf.PRIVATE, private)),
        withdraw=tuple(map(tuf.state_role, withdraw or ())),
        renew=renew,
    )
    begun = ceremony.begin(folder, plan=plan)
    tell(_plain(begun), as_json=as_json, words=_words(begun))


@app.command(epilog="Example: tocsin directory ceremony show first")
def show(folder: Folder, *, as_json: AsJson = False) -> None:
    """Show what would be signed, what is another than before, and whose signatures are missing."""
    seen = ceremony.ceremony_in(folder)
    tell(_plain(seen), as_json=as_json, words=_words(seen))


@app.command(epilog="Example: tocsin directory ceremony sign first --key /media/stick/ro.pem")
def sign(
    folder: Folder,
    *,
    key_file: Annotated[Path, typer.Option("--key", help="The holder's private key.")],
    passphrase: Passphrase = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """As a root holder: look at it, and sign it. The file that is written goes back to the hub's folder."""
    seen = ceremony.ceremony_in(folder)
    if not yes:
        typer.echo(_words(seen))
        typer.confirm("Sign this?", abort=True)
    signature = ceremony.sign_ceremony(folder, key=key_files.load_key(key_file, passphrase=_passphrase(passphrase)))
    missing = ceremony.ceremony_in(folder).missing
    words = f"{signature}; {missing} more signature(s) are needed." if missing else f"{signature}; that is enough."
    tell({"signature": str(signature), "missing": missing}, as_json=as_json, words=words)


@app.command(epilog="Example: tocsin directory ceremony finish first")
def finish(folder: Folder, *, as_json: AsJson = False) -> None:
    """At the hub: gather the signatures and keep what was decided; `tocsin directory publish` brings it out."""
    at = now()
    done = ceremony.finish(folder, by=acting(at=at), at=at)
    tell(_plain(done), as_json=as_json, words="Decided. Bring it out: tocsin directory publish")


# --- Members ------------------------------------------------------------------------------------


@member_app.command(
    epilog="Examples: tocsin directory member add --card example-mail.card.json"
    " | tocsin directory member add --state pt=pt.directory.pub.json --folder admit-pt"
)
def add(
    *,
    card: Annotated[Path | None, typer.Option(help="A private member's card: the hub admits it.")] = None,
    state: Annotated[
        str | None, typer.Option(help="A State and its directory key, pt=FILE: the holders admit it.")
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="For a State: the folder of the ceremony that begins.")] = None,
    as_json: AsJson = False,
) -> None:
    """Admit a member. A private member is admitted here; a State by the root holders, whose ceremony begins."""
    at = now()
    if card is not None:
        admitted = submit.admit_private(card.read_bytes(), by=acting(at=at), at=at)
        words = f"{admitted.card.member} is in the directory, card {admitted.card.serial}."
        tell({"member": admitted.card.member, "serial": admitted.card.serial}, as_json=as_json, words=words)
        return
    if state is None or folder is None:
        raise typer.BadParameter("either --card, or --state and --folder")
    rights.check(acting(at=at), Right.RUN_NODE)
    begun = ceremony.begin(folder, plan=Plan(grant=(_state(state),)))
    tell(_plain(begun), as_json=as_json, words=_words(begun))


@member_app.command(epilog='Example: tocsin directory member remove example-mail --reason "gave the service up"')
def remove(
    member: Annotated[str, typer.Argument(help="The private member's id.")],
    *,
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    as_json: AsJson = False,
) -> None:
    """At the hub: take a private member out of the directory. For a State, begin a ceremony with --withdraw."""
    at = now()
    version = submit.remove_private(MemberId(member), reason=reason, by=acting(at=at), at=at)
    words = (
        f"{member} is not in the directory any more (list {version} of private members); others know within minutes."
    )
    tell({"member": member, "version": version}, as_json=as_json, words=words)


# --- Steps --------------------------------------------------------------------------------------


def _passphrase(file: Path | None) -> bytes | None:
    return file.read_bytes().splitlines()[0] if file else None


def _state(written: str) -> Delegation:
    country, equals, file = written.partition("=")
    if not equals:
        raise typer.BadParameter("a State is written ro=FILE")
    return Delegation(role=tuf.state_role(country), publics=(key_files.load_public(Path(file)).public,))


def _role(role: str, file: Path | None) -> list[Delegation]:
    return [Delegation(role=role, publics=(key_files.load_public(file).public,))] if file else []


def _plain(seen: Ceremony) -> dict[str, object]:
    return {
        "root": seen.root.version if seen.root else None,
        "targets": seen.targets.version if seen.targets else None,
        "holders": [{"member": one.member, "key": tuf.key_id(one.public)} for one in seen.holders],
        "threshold": seen.threshold,
        "roles": [one.role for one in seen.roles],
        "changes": seen.changes,
        "signed_by": seen.signed_by,
        "missing": seen.missing,
    }


def _words(seen: Ceremony) -> str:
    drafts = [f"root {seen.root.version}"] if seen.root else []
    drafts += [f"delegations {seen.targets.version}"] if seen.targets else []
    return "\n".join(
        [
            f"To be decided ({' and '.join(drafts)}):",
            *(f"  {change}" for change in seen.changes or ("nothing but the date",)),
            f"Holders: {', '.join(one.member for one in seen.holders)}; {seen.threshold} of them decide.",
            f"Signed by: {', '.join(seen.signed_by) or 'nobody yet'}; {seen.missing} signature(s) are missing.",
        ]
    )
