"""An embedded database with all tables and nothing in them, made once for all test processes and copied by tests."""

import fcntl
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.tables import make_tables, shared
from tocsin.node.database import Server
from tocsin.node.demo.databases import copy_database

MEMBERS = ("ro", "pt")
"""For whom there is a role and a database, of the same name."""


def database(folder: Path) -> Path:
    """Put a copy of it into ``folder``, for a ``Server`` there to start; it belongs to whoever ran initdb."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", "--reflink=auto", str(_made()), str(folder)], check=True)
    return folder


@cache
def _made() -> Path:
    place, draft = shared() / "database", shared() / "draft"
    with (shared() / "database.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            _make(draft)
            draft.rename(place)
    return place


def _make(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with Server(folder) as server:
        first, *others = MEMBERS
        make_tables(server.ensure_database(first))
        for member in others:
            copy_database(server.url, first, member)
            server.ensure_database(member)
    (folder / "server.json").unlink()  # whoever copies it takes a port of his own
