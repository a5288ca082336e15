"""Starting, killing and looking into nodes that run in processes of their own."""

import contextlib
import json
import os
import signal
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import psycopg

from tests.directory.cards import Member, certificate, profile
from tests.node import warm
from tests.wire.node_process import seeds_of
from tocsin.base.ids import MemberId
from tocsin.base.instant import true_now
from tocsin.directory.rules.card import SignedCard
from tocsin.node.demo.forked import Running

START_SECONDS = 30.0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class NodeProcess:
    """One node, its home, its database and its process while it runs."""

    member: MemberId
    home: Path
    server_url: str
    template: str
    """A database that has the tables already."""
    hub: str | None = None
    limits: dict[str, int] = field(default_factory=dict)
    cards: list[SignedCard] = field(default_factory=list)
    requests: bool = False
    """Whether requests take the letters, as in a node; else everything is taken and nothing done with it."""
    certificate_of: str = ""
    """Whose certificate it shows; its own when empty."""
    _process: Running | None = None
    _worker: tuple[Running, IO[str]] | None = None
    """A process that does acts, and the line to it."""

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.endpoint = f"https://127.0.0.1:{self.port}"
        self.someone = Member(self.member)
        self.someone.profile = profile(self.member, endpoint=self.endpoint)
        self.card = self.someone.card(at=true_now().replace(microsecond=0))
        self.database = f"wire_{self.member}_{os.getpid()}_{self.port}"
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(f'create database "{self.database}" template "{self.template}" strategy file_copy')

    @property
    def database_url(self) -> str:
        return urlsplit(self.server_url)._replace(path=f"/{self.database}").geturl()

    def told(self) -> dict[str, Any]:
        """What the process is told of who it is."""
        pem, secret = certificate(self.certificate_of or self.member)
        (self.home / "tls.pem").write_text(pem)
        (self.home / "tls.key").write_bytes(secret)
        return {
            "member": self.member,
            "home": str(self.home),
            "port": self.port,
            "database_url": self.database_url,
            "hub": self.hub,
            "limits": self.limits,
            "keys": seeds_of(self.someone.keys),
            "own_card": self.card.jws,
            "cards": [card.jws for card in self.cards],
            "certificate": str(self.home / "tls.pem"),
            "private_key": str(self.home / "tls.key"),
            "requests": self.requests,
        }

    @property
    def pid(self) -> int:
        """The process's id; raises ``RuntimeError`` while there is none."""
        if self._process is None:
            raise RuntimeError(f"the node {self.member} does not run")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> "NodeProcess":
        """Start the process and wait until it listens."""
        call = "tests.wire.node_process:main"
        self._process = warm.begin(call, [str(self._told_file())], told=os.environ, log=self.home / "log")
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                said = (self.home / "log").read_text()[-2000:]
                raise RuntimeError(f"the node {self.member} did not start: {said}")
            time.sleep(0.05)
        return self

    def act(self, name: str, *peers: str) -> str:
        """Let another process of this node do one act of the wire, and tell what it yields."""
        if self._worker is None:
            self._worker = self._acting()
        _, line = self._worker
        line.write(" ".join([name, *peers]) + "\n")
        line.flush()
        return line.readline().strip()

    def _acting(self) -> tuple[Running, IO[str]]:
        ours, theirs = socket.socketpair()
        with ours, theirs, (self.home / "log").open("ab") as log:
            call, words = "tests.wire.node_process:main", [str(self._told_file()), "acts"]
            running = warm.warm().begin(call, words, environment=os.environ, output=log, line=theirs)
            return running, ours.makefile("rw", encoding="utf-8")

    def _told_file(self) -> Path:
        path = self.home / "told.json"
        path.write_text(json.dumps(self.told()))
        return path

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the process and all that it started, by their group, at once."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, how)
            self._process.wait()
            self._process = None
            while self._listens():  # a child of it is not quite gone
                time.sleep(0.02)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into its database."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()

    def lose(self, table: str, which: str, *values: object) -> None:
        """Take rows from its database behind its back, as an older backup would."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(f"alter table {table} disable trigger user")
            connection.execute(f"delete from {table} where {which}", values)  # noqa: S608 - names given by tests
            connection.execute(f"alter table {table} enable trigger user")

    def close(self) -> None:
        """End it and its worker, and drop its database."""
        self.kill()
        if self._worker is not None:
            running, line = self._worker
            running.kill()
            running.wait()
            line.close()
            self._worker = None
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(f'drop database if exists "{self.database}" with (force)')
