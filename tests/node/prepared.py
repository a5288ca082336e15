"""An embedded database with all tables and nothing in them, made once for all test processes and copied by tests."""

import fcntl
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.node import warm
from tests.tables import shared
from tocsin.node.config import DATABASE_VARIABLE
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
        url = server.ensure_database(first)
        kept = {name: value for name, value in os.environ.items() if name != "TOCSIN_HOME"}
        made = warm.run("tests.node.prepared:make_tables", told=kept | {DATABASE_VARIABLE: url})
        assert made.returncode == 0, made.stderr
        for member in others:
            copy_database(server.url, first, member)
            server.ensure_database(member)
    (folder / "server.json").unlink()  # whoever copies it takes a port of his own


def make_tables() -> None:
    """In a process of its own: make the tables in the database that the environment names."""
    import django  # noqa: PLC0415 - not before its settings are named

    os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.node.settings"
    django.setup()
    from tocsin.node import wiring  # noqa: PLC0415 - needs Django set up

    wiring.migrate()
