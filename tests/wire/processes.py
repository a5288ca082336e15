"""Starting, killing and looking into nodes that run in processes of their own."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.directory.cards import Member, certificate, profile
from tests.wire.node_process import seeds_of
from tocsin.base.ids import MemberId
from tocsin.base.instant import true_now
from tocsin.directory.rules.card import SignedCard

START_SECONDS = 30.0
ROOT = Path(__file__).parents[2]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}


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
    _process: subprocess.Popen[bytes] | None = None
    _worker: subprocess.Popen[str] | None = None

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.endpoint = f"https://127.0.0.1:{self.port}"
        self.someone = Member(self.member)
        self.someone.profile = profile(self.member, endpoint=self.endpoint)
        self.card = self.someone.card(at=true_now().replace(microsecond=0))
        self.database = f"wire_{self.member}_{os.getpid()}_{self.port}"
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(f'create database "{self.database}" template "{self.template}"')

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
        with (self.home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), cwd=ROOT, env=_environment(), start_new_session=True, stdout=log, stderr=log
            )
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
            with (self.home / "log").open("ab") as log:
                self._worker = subprocess.Popen(
                    self._command("acts"),
                    cwd=ROOT,
                    env=_environment(),
                    start_new_session=True,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
        asked, answers = self._worker.stdin, self._worker.stdout
        if asked is None or answers is None:
            raise RuntimeError("a worker without pipes")
        asked.write(" ".join([name, *peers]) + "\n")
        asked.flush()
        return answers.readline().strip()

    def _command(self, *more: str) -> list[str]:
        path = self.home / "told.json"
        path.write_text(json.dumps(self.told()))
        return [sys.executable, "-m", "tests.wire.node_process", str(path), *more]

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
            self._worker.kill()
            self._worker.communicate()
            self._worker = None
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(f'drop database if exists "{self.database}" with (force)')


def make_template(server_url: str) -> str:
    """A database with every table, for nodes to be copied from; migrating takes seconds, copying none."""
    name = f"wire_template_{os.getpid()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity", "0", "--settings", "tocsin.node.settings"],
        check=True,
        cwd=ROOT,
        env=_environment() | {"DATABASE_URL": urlsplit(server_url)._replace(path=f"/{name}").geturl()},
    )
    return name


def drop_template(server_url: str, name: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')
