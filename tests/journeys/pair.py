"""Two nodes, ro and pt, that know each other by card alone: real processes, one PostgreSQL, a database each."""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from tests.journeys.settle import ADMINISTRATOR, OFFICER
from tests.node import prepared, warm
from tests.node.running import RunningNode, descendants, environment, free_port, serve, tocsin
from tocsin.base.instant import true_now
from tocsin.node.certificate import pinned
from tocsin.node.config import DATABASE_VARIABLE
from tocsin.node.database import Server
from tocsin.node.demo.databases import copy_database
from tocsin.node.demo.desk import Desk
from tocsin.node.home import initialise

ROOT = Path(__file__).parents[2]
CLOCKWORK = Path(__file__).parent / "clockwork"
COMPETENCES = ("dir2013-40-13-urgent", "budapest-35-assist")
ALL_PLACES = {
    "ro": ("RO", "Europe/Bucharest", "+40215550100"),
    "pt": ("PT", "Europe/Lisbon", "+351215550100"),
    "gr": ("GR", "Europe/Athens", "+302105550100"),
}
PLACES = {member: ALL_PLACES[member] for member in ("ro", "pt")}
AGAIN = 0.05
RECOVERY_SECONDS = 60


@dataclass
class Country:
    """One contact point: its home, its database, its processes while they run."""

    member: str
    home: Path
    port: int
    database_url: str
    endpoint: str
    tokens: dict[str, str] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)
    """What else their environment says."""
    node: RunningNode | None = None

    @property
    def other(self) -> str:
        """The contact point that it knows."""
        return next(each for each in PLACES if each != self.member)

    @property
    def told(self) -> dict[str, str]:
        """What its processes are told by their environment."""
        return {DATABASE_VARIABLE: self.database_url} | self.more

    @property
    def environment(self) -> dict[str, str]:
        """All that the environment of its processes says."""
        return environment(self.home, self.told)

    @property
    def running(self) -> RunningNode:
        """Its processes; raises ``AssertionError`` when there are none."""
        assert self.node is not None, f"{self.member} does not run"
        return self.node

    # -- its processes ---------------------------------------------------------------------------

    def start(self) -> None:
        self.node = serve(self.home, port=self.port, more=self.told)

    def wait_until_ready(self) -> None:
        self.running.wait_until_ready()

    def stop(self) -> None:
        """End it in order, or with force when it does not."""
        if self.node is not None and self.node.process.poll() is None:
            self.node.process.terminate()
            try:
                self.node.process.wait(30)
            except subprocess.TimeoutExpired:
                self.node.process.kill()
                self.node.process.wait()
        self.node = None

    def log(self) -> str:
        path = self.home.parent / f"{self.home.name}.log"
        return path.read_text() if path.exists() else ""

    def events(self) -> list[dict[str, Any]]:
        """What its processes logged."""
        found = []
        for line in self.log().splitlines():
            with contextlib.suppress(ValueError):  # the last line of a process that was killed may be half a line
                found.append(json.loads(line))
        return found

    def children(self) -> dict[str, int]:
        """Its processes that run now by what they do; ``answers`` is the one of ``web`` that answers."""
        alive = set(descendants(self.running.process.pid))
        found = {"supervisor": self.running.process.pid}
        for event in self.events():
            if event.get("event") == "started" and event.get("pid") in alive:
                found[event["child"]] = event["pid"]
        if "web" in found:
            for pid in descendants(found["web"])[1:2]:
                found["answers"] = pid
        return found

    # -- people and commands ---------------------------------------------------------------------

    @property
    def trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata="\n".join(pinned(self.home, at=true_now())))
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return context

    def desk(self, name: str = OFFICER) -> Desk:
        """Somebody who works there, at the API; her connection is her own."""
        return Desk(
            member=self.member,
            name=name,
            endpoint=f"https://127.0.0.1:{self.port}",
            token=self.tokens[name],
            trust=self.trust,
        )

    @property
    def administrator(self) -> Desk:
        return self.desk(ADMINISTRATOR)

    def run(self, *words: str, by: str = "") -> subprocess.CompletedProcess[str]:
        """A command in its home, at the console or by somebody's token."""
        token = {"TOCSIN_TOKEN": self.tokens[by]} if by else {}
        return tocsin(self.home, *words, more=self.told | token)

    def rows(self, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        """Look into its database; one that is just recovering from a kill is waited for."""
        until = time.monotonic() + RECOVERY_SECONDS
        while True:
            try:
                with psycopg.connect(self.database_url, autocommit=True) as connection:
                    return connection.execute(query, values).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
            time.sleep(AGAIN)


@dataclass
class Pair:
    """Both, or more of them, and the PostgreSQL that holds their databases."""

    folder: Path
    server: Server
    countries: dict[str, Country] = field(default_factory=dict)
    members: tuple[str, ...] = tuple(PLACES)

    def __getitem__(self, member: str) -> Country:
        return self.countries[member]

    def __iter__(self) -> Iterator[Country]:
        return iter(self.countries.values())

    def build(self, *, endpoints: Mapping[str, str] | None = None, exercise: bool = True, met: int = 0) -> None:
        """Make both nodes and let them meet, ``met`` seconds ago; they do not run yet.

        ``endpoints`` are where others reach them.
        """
        for member in self.members:
            port = free_port()
            endpoint = (endpoints or {}).get(member, f"https://127.0.0.1:{port}")
            country = Country(member, self.folder / member, port, self._database(member), endpoint)
            self.countries[member] = country
            self._init(country, exercise=exercise)
        others = {each.member: [name for name in self.members if name != each.member] for each in self}
        if met:
            clock = self.folder / "clock-of-the-meeting"
            clock.write_text(str(-met))
            words = ("-m", "tests.journeys.settle", str(self.folder))
            _all_done([_begun([*words, *others[each.member]], each.environment | with_clock(clock)) for each in self])
        else:
            self._meet(others)
        for each in self:
            each.tokens = json.loads((self.folder / f"{each.member}.json").read_text())["tokens"]

    def _database(self, member: str) -> str:
        """Its database, with all tables and nothing in them."""
        if member not in prepared.MEMBERS:
            copy_database(self.server.url, prepared.MEMBERS[0], member)
        return self.server.ensure_database(member)

    def _meet(self, others: Mapping[str, Sequence[str]]) -> None:
        log, call = self.folder / "meeting.log", "tests.journeys.settle:main"
        words = {each.member: [str(self.folder), *others[each.member]] for each in self}
        settling = [warm.begin(call, words[each.member], told=each.environment, log=log) for each in self]
        ended = [each.wait(120) for each in settling]
        assert not any(ended), log.read_text()

    def _init(self, country: Country, *, exercise: bool) -> None:
        place, zone, phone = ALL_PLACES[country.member]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(DATABASE_VARIABLE, country.database_url)
            initialise(
                country.home,
                member=country.member,
                kind="state",
                country=place,
                zone=zone,
                phone=phone,
                endpoint=country.endpoint,
                listen=("127.0.0.1", country.port),
                competences=COMPETENCES,
                exercise=exercise,
                private_endpoints=True,
                at=true_now(),
            )

    def start(self) -> None:
        """Start both and wait until they are ready."""
        for each in self:
            each.start()
        for each in self:
            each.wait_until_ready()

    def stop(self) -> None:
        for each in self:
            each.stop()


@contextlib.contextmanager
def pair_of_nodes(
    folder: Path,
    *,
    endpoints: Mapping[str, str] | None = None,
    exercise: bool = True,
    met: int = 0,
    members: tuple[str, ...] = tuple(PLACES),
) -> Iterator[Pair]:
    """Nodes, two unless more are named, that know one another since ``met`` seconds, and run.

    Only those of an exercise let their clocks be shifted.
    """
    with Server(prepared.database(folder / "server")) as server:
        pair = Pair(folder, server, members=members)
        try:
            pair.build(endpoints=endpoints, exercise=exercise, met=met)
            pair.start()
            yield pair
        finally:
            pair.stop()


def _begun(words: Sequence[str], told: Mapping[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, *words]
    return subprocess.Popen(
        command, cwd=ROOT, env=dict(told), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _all_done(running: Iterable[subprocess.Popen[str]]) -> None:
    for process in list(running):
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said


def with_clock(file: Path) -> dict[str, str]:
    """What the environment says to a process whose machine's clock is wrong by the seconds that the file says."""
    return {"PYTHONPATH": os.pathsep.join([str(CLOCKWORK), *sys.path]), "TOCSIN_TEST_CLOCK": str(file)}


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def wait_for(happened: Any, what: str, *, seconds: float = 60) -> Any:
    """What ``happened`` yields as soon as it is true; raises ``AssertionError`` with ``what`` was waited for."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = happened()
        if found:
            return found
        time.sleep(AGAIN)
    raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")
