"""A web server or a worker that is started alone looks before it works, as `tocsin serve` does."""

import contextlib
import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.node import prepared, warm
from tests.node.lines import in_node
from tests.node.running import environment, free_port, init, tocsin
from tocsin.node.database import Server, check_reachable
from tocsin.node.errors import DatabaseUnreachableError

pytestmark = [
    pytest.mark.xdist_group("start-up"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

AUDITS = """
from django.db import connection, transaction
from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.journal import acts
from tocsin.requests.acts.shift import shift_clock
shift_clock(60, by=Actor("ro", name="console", roles=frozenset({"administrator"})), at=instant.now())
acts.checkpoint(at=instant.now())
with transaction.atomic(), connection.cursor() as cursor:
    cursor.execute("alter table journal_storedentry disable trigger user")
    cursor.execute("update journal_storedentry set event = replace(event, '60', '61') where kind = 'clock-shifted'")
    cursor.execute("alter table journal_storedentry enable trigger user")
"""


@pytest.fixture(scope="module")
def altered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A node whose database somebody has changed behind its back; nothing of it runs."""
    folder = tmp_path_factory.mktemp("alone")
    home = folder / "ro"
    with Server(prepared.database(folder / "operators")) as server:
        more = {"DATABASE_URL": server.ensure_database("ro")}
        init(home, port=free_port(), more=more)
        in_node(home, AUDITS, more=more)
        yield home, more


@pytest.mark.parametrize("command", ["web", "worker"])
def test_what_is_started_alone_compares_and_audits_before_it_works(
    altered: tuple[Path, dict[str, str]], command: str
) -> None:
    home, more = altered
    log = home.parent / f"{command}.log"
    process = warm.begin(warm.TOCSIN, [command], told=environment(home, more), log=log)
    try:
        until = time.monotonic() + 60
        while "journal altered" not in log.read_text() and time.monotonic() < until:
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        said = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
        assert any(line["event"] == "journal altered" for line in said)
    finally:
        process.terminate()
        process.wait(30)


def test_the_clock_of_an_exercise_is_moved_forward_at_the_shell_and_never_back(
    altered: tuple[Path, dict[str, str]],
) -> None:
    home, more = altered
    shown = tocsin(home, "clock", "7200", "--json", more=more)
    assert json.loads(shown.stdout)["shift_seconds"] == 7200, shown.stderr
    assert json.loads(tocsin(home, "clock", "--json", more=more).stdout)["shift_seconds"] == 7200
    back = tocsin(home, "clock", "60", more=more)
    assert back.returncode == 1
    assert "60 is not from 7200" in back.stderr


# --- A database that is still starting ----------------------------------------------------------


def test_a_database_that_comes_late_is_waited_for(tmp_path: Path) -> None:
    server = Server(tmp_path / "late")
    server.start()
    url = server.ensure_database("ro")
    server.stop()
    later = threading.Timer(1.5, server.start)
    with contextlib.ExitStack() as stack:
        stack.callback(server.stop)
        stack.callback(later.join)
        later.start()
        check_reachable(url, patience=60)


def test_a_database_that_does_not_come_is_named_when_patience_ends() -> None:
    began = time.monotonic()
    with pytest.raises(DatabaseUnreachableError, match=r"127\.0\.0\.1:1"):
        check_reachable("postgresql://a:secret@127.0.0.1:1/b", patience=1.2)
    assert 0.5 < time.monotonic() - began < 10
