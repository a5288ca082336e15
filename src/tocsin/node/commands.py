"""The commands about the node itself: init, serve, web, worker, migrate, doctor."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tocsin.base import instant
from tocsin.node.config import KINDS, home_named

app = typer.Typer(no_args_is_help=True, add_completion=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.command(
    epilog="Example: tocsin init --member ro --country RO --zone Europe/Bucharest --endpoint https://ro.example"
)
def init(  # noqa: PLR0913 - what a node is, each by its name
    *,
    member: Annotated[str, typer.Option(help="The member's short name, like ro or example-mail.")],
    country: Annotated[str, typer.Option(help="The country whose public holidays count, like RO.")],
    zone: Annotated[str, typer.Option(help="The time zone of the desk, like Europe/Bucharest.")],
    endpoint: Annotated[str, typer.Option(help="Where others reach this node, like https://node.ro.example:8443.")],
    kind: Annotated[str, typer.Option(help=f"What the member is: {', '.join(KINDS)}.")] = "state",
    name: Annotated[str | None, typer.Option(help="The member's full name.")] = None,
    listen: Annotated[str | None, typer.Option(help="Address and port to listen on, like 0.0.0.0:8443.")] = None,
    origin: Annotated[
        str | None, typer.Option(help="The journal's name; chosen from endpoint and member if left out.")
    ] = None,
    subdivision: Annotated[
        str | None, typer.Option(help="A part of the country with holidays of its own, like BY.")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="A language of the desk, like ro; may be repeated.")
    ] = None,
    hours: Annotated[str, typer.Option(help="When somebody is there.")] = "24/7",
    phone: Annotated[str, typer.Option(help="The desk's number, like +40 20 7946 0123.")] = "",
    competence: Annotated[
        list[str] | None, typer.Option(help="An instrument the desk answers; may be repeated.")
    ] = None,
    hub: Annotated[str | None, typer.Option(help="The member that is the hub.")] = None,
    exercise: Annotated[bool, typer.Option("--exercise", help="For exercises: the clock may be shifted.")] = False,
    private_endpoints: Annotated[
        bool, typer.Option("--private-endpoints", help="Call loopback and private addresses of other nodes.")
    ] = False,
    authority: Annotated[
        Path | None, typer.Option(help="Folder of an authority that signs the TLS certificate.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a node: its home, keys, certificate, database and node.toml.

    Nothing that is there is overwritten. A run that was cut short is completed by the same command.
    """
    from tocsin.node import wiring  # noqa: PLC0415 - each command loads what it needs
    from tocsin.node.home import initialise  # noqa: PLC0415 - each command loads what it needs

    home = home_named()
    config = initialise(
        home,
        member=member,
        kind=kind,
        country=country,
        zone=zone,
        endpoint=endpoint,
        at=instant.true_now(),
        name=name,
        origin=origin,
        listen=_listen(listen),
        subdivision=subdivision,
        languages=language or ("en",),
        hours=hours,
        phone=phone,
        competences=competence or (),
        hub=hub,
        exercise=exercise,
        private_endpoints=private_endpoints,
        authority=authority,
    )
    started = wiring.start(home)
    try:
        count = wiring.migrate()
    finally:
        started.stop()
    made = {"home": str(home), "member": config.member, "endpoint": config.endpoint, "origin": config.origin}
    if as_json:
        typer.echo(json.dumps({**made, "migrations": count}))
    else:
        typer.echo(f"The node of {config.member} is in {home}. Start it with: tocsin serve")


@app.command(epilog="Example: TOCSIN_HOME=/srv/tocsin tocsin serve")
def serve() -> None:
    """Run the node: database, web server and worker, until Ctrl-C or SIGTERM."""
    from tocsin.node import logs  # noqa: PLC0415 - each command loads what it needs
    from tocsin.node.config import load  # noqa: PLC0415 - each command loads what it needs
    from tocsin.node.serve import serve as run  # noqa: PLC0415 - each command loads what it needs

    home = home_named()
    logs.configure(load(home).logs.level)
    run(home)


@app.command(epilog="Example: DATABASE_URL=postgresql://ro@db.example/ro tocsin web")
def web() -> None:
    """Run a web server alone, beside others on the same database."""
    from tocsin.node.start_up import start_alone  # noqa: PLC0415 - each command loads what it needs
    from tocsin.node.web import run  # noqa: PLC0415 - each command loads what it needs

    started = start_alone(home_named())
    try:
        run(started.config)
    finally:
        started.stop()


@app.command(epilog="Example: TOCSIN_HOME=/srv/tocsin tocsin desk")
def desk() -> None:
    """Run the officers' desk alone, at the door that node.toml names under "desk"."""
    _open_door("desk")


@app.command(epilog="Example: TOCSIN_HOME=/srv/tocsin tocsin public")
def public() -> None:
    """Run the pages for everybody alone, at the door that node.toml names under "public"."""
    _open_door("public")


def _open_door(name: str) -> None:
    from tocsin.node.config import load  # noqa: PLC0415 - each command loads what it needs
    from tocsin.node.entrances import ENTRANCES  # noqa: PLC0415 - each command loads what it needs
    from tocsin.node.errors import DoorClosedError  # noqa: PLC0415 - each command loads what it needs
    from tocsin.node.serve import is_open  # noqa: PLC0415 - each command loads what it needs
    from tocsin.node.start_up import start_alone  # noqa: PLC0415 - each command loads what it needs
    from tocsin.node.web import run  # noqa: PLC0415 - each command loads what it needs

    if not is_open(ENTRANCES[name], load(home_named())):
        raise DoorClosedError(door=name)
    started = start_alone(home_named())
    try:
        run(started.config, ENTRANCES[name])
    finally:
        started.stop()


@app.command(epilog="Example: DATABASE_URL=postgresql://ro@db.example/ro tocsin worker")
def worker() -> None:
    """Run a worker alone, beside others on the same database."""
    from tocsin.node.start_up import start_alone  # noqa: PLC0415 - each command loads what it needs

    started = start_alone(home_named())
    try:
        from tocsin.node.worker import run  # noqa: PLC0415 - needs Django set up

        run(started.config)
    finally:
        started.stop()


@app.command(epilog="Example: tocsin migrate")
def migrate(*, as_json: AsJson = False) -> None:
    """Bring the database to this version; `tocsin serve` does it too."""
    from tocsin.node import wiring  # noqa: PLC0415 - each command loads what it needs

    started = wiring.start(home_named())
    try:
        count = wiring.migrate()
    finally:
        started.stop()
    typer.echo(json.dumps({"migrations": count}) if as_json else f"{count} migrations were applied.")


@app.command(epilog="Example: tocsin clock 7200")
def clock(
    seconds: Annotated[
        int | None, typer.Argument(help="How far it is to stand ahead of the machine's; shown if left out.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show the clock of an exercise node, or move it forward; the shift is journalled and shown in every letter.

    Never back once something is written: letters would come before those that they follow. A node that has written
    nothing yet may begin in the past: tocsin clock -- -2592000. Other nodes of the exercise have clocks of their own.
    """
    from tocsin.node import wiring  # noqa: PLC0415 - each command loads what it needs

    started = wiring.start(home_named())
    try:
        from tocsin.commands.acting import acting, tell  # noqa: PLC0415 - needs Django set up
        from tocsin.requests.acts.shift import shift_clock, shift_in_force  # noqa: PLC0415 - needs Django set up

        if seconds is not None:
            at = instant.now()
            shift_clock(seconds, by=acting(at=at), at=at)
        shift = shift_in_force()
        shown = instant.true_now() + shift
        words = f"{instant.text(shown)}, {int(shift.total_seconds())} seconds ahead of the machine's clock."
        tell({"at": shown, "shift_seconds": int(shift.total_seconds())}, as_json=as_json, words=words)
    finally:
        started.stop()


@app.command(epilog="Example: tocsin doctor --json")
def doctor(*, as_json: AsJson = False) -> None:
    """Look at everything the node stands on; exit 1 if something is bad."""
    from tocsin.node.doctor import examine, is_well  # noqa: PLC0415 - each command loads what it needs
    from tocsin.node.findings import State  # noqa: PLC0415 - the same

    marks = {State.OK: "ok  ", State.WARN: "warn", State.BAD: "BAD "}
    found = []
    for finding in examine(home_named()):
        found.append(finding)
        if not as_json:
            typer.echo(f"{marks[finding.state]}  {finding.about}: {finding.said}")
            if finding.cure:
                typer.echo(f"      {finding.cure}")
    if as_json:
        typer.echo(json.dumps([finding.as_json() for finding in found]))
    if not is_well(found):
        raise typer.Exit(1)


def _listen(told: str | None) -> tuple[str, int] | None:
    if told is None:
        return None
    host, _, port = told.rpartition(":")
    if not host or not port.isdigit():
        raise typer.BadParameter("is an address and a port, like 0.0.0.0:8443", param_hint="--listen")
    return host.strip("[]"), int(port)


@app.command(epilog="Example: tocsin demo --once")
def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="Stop the nodes at the end.")] = False,
    month: Annotated[
        bool | None, typer.Option("--month/--no-month", help="Play an EXERCISE month after it; not with --once.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where everything that it makes lies.")] = Path("var/demo"),
) -> None:
    """Play the story between four real nodes on this machine, and a month of work at their desks."""
    from tocsin.node.demo.run import run  # noqa: PLC0415 - for this command alone

    raise typer.Exit(run(once=once, month=not once if month is None else month, folder=folder))
