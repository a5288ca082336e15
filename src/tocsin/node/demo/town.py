"""The four nodes of the demo: their homes, databases and keys, the directory that joins them; start and kill."""

import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx

from tocsin.base import instant
from tocsin.node import certificate
from tocsin.node.config import DATABASE_VARIABLE, HOME_VARIABLE
from tocsin.node.database import Server, ensure_database
from tocsin.node.demo.databases import copy_database, drop_database
from tocsin.node.demo.desk import Desk
from tocsin.node.demo.forked import Running, Warm
from tocsin.node.demo.plots import PLOTS, Plot
from tocsin.node.home import initialise

MARK = "this folder was made by tocsin demo.txt"
START_SECONDS = 60.0
STOP_SECONDS = 15.0


@dataclass(slots=True)
class House:
    """A node of the demo: its home, its database, its process while it runs."""

    plot: Plot
    home: Path
    port: int
    database_url: str
    desk_port: int
    tokens: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """How each person signs in at the desk: sign-in name, password, the app's secret, recovery codes."""
    process: Running | None = None

    @property
    def member(self) -> str:
        return self.plot.member

    @property
    def endpoint(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def desk_address(self) -> str:
        """Where a browser finds the desk."""
        return f"http://localhost:{self.desk_port}"

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, HOME_VARIABLE: str(self.home), DATABASE_VARIABLE: self.database_url}


class Town:
    """All four nodes, and the folder that everything lies in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.houses: dict[str, House] = {}
        self._server: Server | None = None
        self._warm = Warm.beside()

    # -- building --------------------------------------------------------------------------------

    def build(self, tell: Callable[[str], None]) -> None:
        """Make four nodes that know each other through a directory; every act of it is journalled."""
        self._clear()
        admin = self._database()
        authority = self.folder / "authority"
        at = instant.true_now()
        certificate.make_authority(authority, name="Authority of the Tocsin demo", at=at)
        ports = _free_ports(2 * len(PLOTS))
        for plot, port, desk_port in zip(PLOTS, ports[: len(PLOTS)], ports[len(PLOTS) :], strict=True):
            self._init(plot, port, desk_port, admin, authority)
        if self._server is None:
            self._in_each("make_tables", list(self.houses))
        tell("four nodes have their homes, keys, certificates and databases")
        found = self._in_each("settle", list(self.houses))
        for member, answer in found.items():
            self.houses[member].tokens, self.houses[member].accounts = answer["tokens"], answer["accounts"]
        tell("each node has its people and has signed its own card")
        self._in_each("found_directory", ["hub"])
        for member in self.houses:
            self.start(member)
        for member in self.houses:
            self.wait_ready(member)
        tell("the hub's directory is founded: root keys of 3 members, 2 of them sign; the nodes are up")
        self._in_each("hand_in_card", ["ro", "pt", "example-mail"])
        self._in_each("admit_provider", ["hub"])
        self._in_each("learn_directory", list(self.houses))
        tell("every node knows every other by the directory")

    def _clear(self) -> None:
        if self.folder.exists():
            if not (self.folder / MARK).exists() and any(self.folder.iterdir()):
                raise FileExistsError(f"{self.folder} holds something that the demo did not make; it stays untouched")
            shutil.rmtree(self.folder)
        self.folder.mkdir(mode=0o755, parents=True)
        (self.folder / MARK).write_text("It is removed and made anew at each run.\n")

    def _database(self) -> str:
        """The server on which each node gets a database and a role of its own."""
        given = os.environ.get(DATABASE_VARIABLE)
        if given:
            return given
        self._server = Server(self.folder / "database").start()
        return self._server.url

    def _init(self, plot: Plot, port: int, desk_port: int, admin: str, authority: Path) -> None:
        name = database_of(plot.member)
        if self._server is None:
            drop_database(admin, name)
        elif self.houses:
            copy_database(admin, database_of(next(iter(self.houses))), name)
        url = ensure_database(admin, name, password=secrets.token_urlsafe(16))
        home = self.folder / "nodes" / plot.member
        house = House(plot=plot, home=home, port=port, desk_port=desk_port, database_url=url)
        with _environment({DATABASE_VARIABLE: url}):
            initialise(
                home,
                member=plot.member,
                name=plot.name,
                kind=plot.kind,
                country=plot.country,
                zone=plot.zone,
                endpoint=house.endpoint,
                origin=f"{plot.member}.demo.example/journal",
                listen=("127.0.0.1", port),
                languages=plot.languages,
                phone=plot.phone,
                competences=plot.competences,
                hub="hub",
                exercise=True,
                private_endpoints=True,
                authority=authority,
                desk=desk_port,
                at=instant.true_now(),
            )
        self.houses[plot.member] = house
        if self._server is not None and len(self.houses) == 1:
            # The tables are made once; the other nodes' databases begin as copies of them, still empty.
            self._in_each("make_tables", [plot.member])

    def _in_each(self, step: str, members: Sequence[str]) -> dict[str, Any]:
        """Do one step of the foundation in processes that are those nodes, side by side; what each answered.

        Raises ``RuntimeError`` when one failed.
        """
        running = {member: self._begun(step, member) for member in members}
        return {member: _answer(step, *begun) for member, begun in running.items()}

    def _begun(self, step: str, member: str) -> tuple[Running, IO[bytes]]:
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb") as pipe:
            running = self._warm.begin(
                "tocsin.node.demo.foundation:tell",
                step,
                str(self.folder),
                environment=self.houses[member].environment,
                output=pipe,
                errors=sys.stderr,
            )
        return running, os.fdopen(reading, "rb")

    # -- running ---------------------------------------------------------------------------------

    def start(self, member: str) -> None:
        """Start a node's processes (web and worker under one supervisor)."""
        self.houses[member].process = self.command(member, "serve", output=self.folder / f"{member}.log")

    def command(self, member: str, *words: str, output: Path, token: str = "") -> Running:
        """Begin ``tocsin …`` at a node, its output in a file."""
        told = self.houses[member].environment | ({"TOCSIN_TOKEN": token} if token else {})
        with output.open("ab") as log:
            return self._warm.begin("tocsin.node.main:run", words, environment=told, output=log)

    def line_to(self, member: str, call: str) -> socket.socket:
        """Begin a process that is a node and calls ``module:function``; the other end of its standard input."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._warm.begin(
                call,
                environment=self.houses[member].environment,
                output=sys.stdout,
                errors=sys.stderr,
                line=theirs,
            )
        return ours

    def wait_ready(self, member: str) -> None:
        """Wait until a node answers; raises ``TimeoutError`` with where its log lies."""
        house, until = self.houses[member], time.monotonic() + START_SECONDS
        with httpx.Client(verify=self.trust, base_url=house.endpoint, timeout=5) as client:
            while time.monotonic() < until:
                if house.process is not None and house.process.poll() is not None:
                    break
                try:
                    if client.get("/readyz").is_success:
                        return
                except httpx.HTTPError:
                    pass
                time.sleep(0.05)
        raise TimeoutError(f"the node {member} did not get ready; see {self.folder / f'{member}.log'}")

    def wait_desk(self, member: str) -> None:
        """Wait until a desk shows its door; raises ``TimeoutError``."""
        house, until = self.houses[member], time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                if httpx.get(f"{house.desk_address}/sign-in/", timeout=5).is_success:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise TimeoutError(f"the desk of {member} did not open; see {self.folder / f'{member}.log'}")

    def kill(self, member: str) -> None:
        """SIGKILL to every process of a node, from outside, in the middle of whatever it does."""
        process = self.houses[member].process
        if process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self._wait_silent(self.houses[member].port)
        self.houses[member].process = None

    def _wait_silent(self, port: int) -> None:
        """Wait until nobody answers any more: what a killed process had started dies a moment after it."""
        until = time.monotonic() + STOP_SECONDS
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except ConnectionRefusedError:
                return
            except OSError:
                pass
            time.sleep(0.02)

    def stop(self, member: str) -> None:
        """Stop a node in order."""
        process = self.houses[member].process
        if process is not None and process.poll() is None:
            os.kill(process.pid, signal.SIGTERM)
            until = time.monotonic() + STOP_SECONDS
            while process.poll() is None and time.monotonic() < until:
                time.sleep(0.02)
            self.kill(member)
        self.houses[member].process = None

    def close(self) -> None:
        """Stop everything."""
        for house in self.houses.values():  # all are told before the first is waited for
            if house.process is not None and house.process.poll() is None:
                os.kill(house.process.pid, signal.SIGTERM)
        for member in list(self.houses):
            self.stop(member)
        if self._server is not None:
            self._server.stop()
        self._warm.close()

    @property
    def trust(self) -> ssl.SSLContext:
        """What a person's program trusts: the demo's own authority."""
        return ssl.create_default_context(cafile=str(self.folder / "authority" / "authority.pem"))

    def desk(self, member: str, name: str) -> Desk:
        """A person at a node, with her token."""
        house = self.houses[member]
        return Desk(member=member, name=name, endpoint=house.endpoint, token=house.tokens[name], trust=self.trust)


def database_of(member: str) -> str:
    """The name of a node's database, and of the role that owns it."""
    return f"tocsin_demo_{member.replace('-', '_')}"


def _answer(step: str, running: Running, pipe: IO[bytes]) -> Any:
    with pipe:
        said = pipe.read()
    if running.wait():
        raise RuntimeError(f"the demo could not {step.replace('_', ' ')}")
    return json.loads(said)


def _free_ports(count: int) -> list[int]:
    listeners = [socket.socket() for _ in range(count)]
    try:
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [int(listener.getsockname()[1]) for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()


class _environment:  # noqa: N801 - reads as a with-statement
    """Some variables of the environment, for a while."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values, self._before = values, {name: os.environ.get(name) for name in values}

    def __enter__(self) -> None:
        os.environ.update(self._values)

    def __exit__(self, *_: object) -> None:
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
