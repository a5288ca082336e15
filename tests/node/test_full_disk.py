"""A node whose own database ends because the disk is full: it says so, tries again, and has everything afterwards."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.node.running import RunningNode, free_port, init, running, tocsin
from tests.node.test_serve import events, is_ready, wait_for
from tocsin.node.database import Server
from tocsin.node.errors import DiskFullError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.xdist_group("full-disk"),
]

DISK = "240m"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own for a node's home, where this machine lets somebody mount one; its log lies elsewhere."""
    place = tmp_path / "ro"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", place], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_database_that_ends_for_want_of_room_comes_back_with_everything_once_there_is_some(disk: Path) -> None:
    home, port = disk, free_port()
    init(home, port=port)
    with running(home, port=port) as node:
        added = tocsin(home, "people", "add", "Ioana Exemplu", "--role", "duty-officer")
        assert added.returncode == 0, added.stderr
        before = people(home)
        ballast = disk / "ballast"
        with Server(home / "database").start(share=True) as guest:  # while there is room: it may end at once
            fill(ballast)
            write_until_the_database_ends(guest, node)
        assert wait_for(lambda: said(node, "database cannot start") != [], seconds=60), node.log.read_text()[-3000:]
        reason = str(said(node, "database cannot start")[-1]["error"])
        assert said(node, "database cannot start")[-1]["code"] == DiskFullError.code
        assert "is full" in reason
        assert "Make room" in reason
        assert node.process.poll() is None, "the supervisor waits for room"
        assert not is_ready(node)
        ballast.unlink()
        assert wait_for(lambda: is_ready(node), seconds=90), node.log.read_text()[-3000:]
        assert wait_for(lambda: said(node, "database restarted") != [], seconds=30)  # said once it stands
        assert people(home) == before
        audited = tocsin(home, "journal", "audit")
        assert audited.returncode == 0, audited.stdout + audited.stderr
        again = tocsin(home, "people", "add", "Radu Model", "--role", "issuing-authority")
        assert again.returncode == 0, again.stderr


def people(home: Path) -> str:
    """Who works there, as the command tells it."""
    listed = tocsin(home, "people", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    return listed.stdout


def said(node: RunningNode, event: str) -> list[dict[str, object]]:
    return [each for each in events(node) if each.get("event") == event]


def fill(ballast: Path) -> None:
    """Leave no byte free on a disk."""
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass


def write_until_the_database_ends(guest: Server, node: RunningNode) -> None:
    """Fill what the write-ahead log has left, as any busy node does: the server cannot go on without more."""
    for _ in range(400):
        with contextlib.suppress(psycopg.Error), psycopg.connect(guest.url, autocommit=True) as connection:
            for _ in range(64):
                connection.execute("select pg_logical_emit_message(false, 'full', repeat('x', 1000000))")
        if said(node, "database cannot start"):
            return
