"""A node in real processes: ``tocsin serve`` in a home of its own."""

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.node import prepared, warm
from tocsin.node.certificate import pem_of
from tocsin.node.config import DATABASE_VARIABLE
from tocsin.node.demo.forked import Running

READY_SECONDS = 90.0
"""Generous, for a loaded machine; a node alone is ready in two."""


@dataclass(slots=True)
class RunningNode:
    """A node that serves, and how to talk to it."""

    home: Path
    port: int
    process: subprocess.Popen[str] | Running
    log: Path

    def get(self, path: str) -> httpx.Response:
        return self.client().get(path)

    def client(self) -> httpx.Client:
        """A client that trusts this node's own certificate and nothing else."""
        pinned = ssl.create_default_context(cadata=pem_of(self.home))
        pinned.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return httpx.Client(base_url=f"https://127.0.0.1:{self.port}", verify=pinned, timeout=10)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"serve ended with {self.process.returncode}: {self.log.read_text()}")
            with contextlib.suppress(httpx.HTTPError):
                if self.get("/readyz").status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"not ready: {self.log.read_text()}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def family(self) -> list[int]:
        """The process ids of the node, its children's and its database's."""
        return descendants(self.process.pid)


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a node's process is told, and nothing of the test session's own database."""
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}}
    return {**kept, "PYTHONPATH": os.pathsep.join(sys.path), "TOCSIN_HOME": str(home), **(more or {})}


def tocsin(home: Path, *words: str, more: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    return warm.run(warm.TOCSIN, words, told=environment(home, more))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def init(home: Path, *, port: int, member: str = "ro", more: Mapping[str, str] | None = None) -> None:
    """Make a node; unless it is told of another database, it gets one that has its tables already."""
    if DATABASE_VARIABLE not in (more or {}):
        prepared.database(home / "database")
    ran = tocsin(
        home,
        *("init", "--member", member, "--country", "RO", "--zone", "Europe/Bucharest"),
        *("--endpoint", f"https://127.0.0.1:{port}", "--listen", f"127.0.0.1:{port}"),
        *("--exercise", "--private-endpoints"),
        more=more,
    )
    assert ran.returncode == 0, ran.stderr


def serve(home: Path, *, port: int, more: Mapping[str, str] | None = None, anew: bool = False) -> RunningNode:
    """Start ``tocsin serve``; not waited for. ``anew`` starts Python for it, as a shell does."""
    log, told = home.parent / f"{home.name}.log", environment(home, more)
    if not anew:
        return RunningNode(
            home=home, port=port, process=warm.begin(warm.TOCSIN, ["serve"], told=told, log=log), log=log
        )
    with log.open("a") as file:
        words = [sys.executable, "-m", "tocsin.node.main", "serve"]
        process = subprocess.Popen(words, env=told, stdout=file, stderr=file, text=True)
    return RunningNode(home=home, port=port, process=process, log=log)


@contextlib.contextmanager
def running(
    home: Path, *, port: int, more: Mapping[str, str] | None = None, anew: bool = False
) -> Iterator[RunningNode]:
    node = serve(home, port=port, more=more, anew=anew)
    try:
        node.wait_until_ready()
        yield node
    finally:
        if node.process.poll() is None:
            node.process.terminate()
            node.process.wait(30)


def descendants(root: int) -> list[int]:
    """``root`` and all that descend from it, by /proc."""
    parents: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents.setdefault(int(place.read_text().rpartition(")")[2].split()[1]), []).append(int(place.parent.name))
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += parents.get(pid, [])
    return found


def alive(pids: list[int]) -> list[int]:
    """Those of ``pids`` that still run; one that waits to be reaped has ended."""
    found = []
    for pid in pids:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.append(pid)
    return found


def pss_kib(pids: list[int]) -> int:
    """The proportional set size of these processes together."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total
