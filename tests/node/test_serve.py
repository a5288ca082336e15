"""``tocsin serve`` in real processes: readiness, kills from outside, and an orderly end."""

import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.node.running import (
    RunningNode,
    alive,
    descendants,
    environment,
    free_port,
    init,
    pss_kib,
    running,
    serve,
    tocsin,
)
from tocsin.node.database import Server
from tocsin.node.serve import FIRST_PAUSE, LONGEST_PAUSE, pause_after

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.xdist_group("serve"),  # one node for all of them
]

AT_REST_KIB = 300 * 1024


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    home, port = tmp_path_factory.mktemp("serve") / "ro", free_port()
    init(home, port=port)
    with running(home, port=port, anew=True) as served:  # what it takes at rest is shared with nobody
        yield served


def wait_for(happened: Callable[[], bool], *, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if happened():
            return True
        time.sleep(0.05)
    return False


def events(node: RunningNode) -> list[dict[str, object]]:
    return [json.loads(line) for line in node.log.read_text().splitlines()]


def child(node: RunningNode, name: str) -> int:
    """The process id of the child that was started last."""
    return int(
        str([event["pid"] for event in events(node) if event.get("event") == "started" and event["child"] == name][-1])
    )


def is_ready(node: RunningNode) -> bool:
    try:
        return node.get("/readyz").status_code == 200
    except httpx.HTTPError:
        return False


def test_a_node_says_that_it_lives_and_that_it_is_ready(node: RunningNode) -> None:
    assert node.get("/healthz").json() == {"status": "ok"}
    ready = node.get("/readyz").json()
    assert ready["ready"] is True
    assert {"database", "migrations", "keys"} <= set(ready["checks"])


def test_metrics_are_told_to_the_networks_that_may_read_them(node: RunningNode) -> None:
    told = node.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain")
    assert "tocsin_ready 1.0" in told.text
    assert 'tocsin_http_requests_total{method="GET",route="/readyz",status="200"}' in told.text


def test_an_unknown_path_is_counted_without_its_name(node: RunningNode) -> None:
    assert node.get("/people/ana-example").status_code == 404
    assert "ana-example" not in node.get("/metrics").text
    assert "ana-example" not in node.log.read_text()


def test_only_tls_1_3_is_spoken(node: RunningNode) -> None:
    old = ssl.create_default_context()
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"https://127.0.0.1:{node.port}/healthz", verify=old)


def test_the_log_is_json_and_names_no_field_it_does_not_know(node: RunningNode) -> None:
    assert events(node)
    assert all({"at", "level", "event"} <= set(event) for event in events(node))
    assert all("dropped" not in event for event in events(node))


def test_a_second_serve_in_the_same_home_is_refused_and_harms_nobody(node: RunningNode) -> None:
    second = subprocess.Popen(
        [sys.executable, "-m", "tocsin.node.main", "serve"],
        env=environment(node.home),
        stderr=subprocess.PIPE,
        text=True,
    )
    _, said = second.communicate(timeout=120)
    assert second.returncode == 1
    assert f"process {node.process.pid}" in said
    assert is_ready(node)


def test_a_command_beside_a_serving_node_shares_its_database(node: RunningNode) -> None:
    ran = tocsin(node.home, "doctor", "--json")
    found = {finding["about"]: finding for finding in json.loads(ran.stdout)}
    assert ran.returncode == 0, ran.stdout
    assert found["database"]["state"] == found["migrations"]["state"] == "ok"
    assert is_ready(node)


def test_a_node_at_rest_takes_less_than_300_mib(
    node: RunningNode, record_property: Callable[[str, object], None]
) -> None:
    measured = pss_kib(node.family())
    record_property("pss_kib", measured)
    assert 10_000 < measured < AT_REST_KIB


@pytest.mark.kill
@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_child_that_is_killed_is_started_again_and_leaves_no_process(node: RunningNode, name: str) -> None:
    killed = child(node, name)
    its_own = descendants(killed)
    os.kill(killed, signal.SIGKILL)
    assert wait_for(lambda: child(node, name) != killed)
    assert wait_for(lambda: is_ready(node))
    assert wait_for(lambda: not alive(its_own))


@pytest.mark.kill
def test_a_database_that_is_killed_comes_back_and_the_node_is_ready_again(node: RunningNode) -> None:
    restarts = sum(event["event"] == "database restarted" for event in events(node))
    postmaster = next(pid for pid in node.family() if b"-D" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"))
    os.kill(postmaster, signal.SIGKILL)
    assert wait_for(lambda: sum(event["event"] == "database restarted" for event in events(node)) > restarts)
    assert wait_for(lambda: is_ready(node))


@pytest.mark.kill
def test_a_killed_node_takes_all_its_processes_along_and_starts_again(tmp_path: Path) -> None:
    home, port = tmp_path / "ro", free_port()
    init(home, port=port)
    first = serve(home, port=port)
    first.wait_until_ready()
    family = first.family()
    assert len(family) > 6
    first.process.kill()
    first.process.wait()
    assert wait_for(lambda: not alive(family)), alive(family)
    second = serve(home, port=port)
    second.wait_until_ready()
    family = second.family()
    began = time.monotonic()
    assert second.stop() == 0
    assert time.monotonic() - began < 12
    assert not alive(family)
    assert events(second)[-1]["event"] == "stopped"


def test_a_port_that_is_taken_is_named_and_nothing_is_left_running(node: RunningNode, tmp_path: Path) -> None:
    home = tmp_path / "pt"
    init(home, port=node.port, member="pt")
    ran = tocsin(home, "serve")
    assert ran.returncode == 1
    assert f"Port {node.port} on 127.0.0.1 is taken" in ran.stderr
    assert not list((home / "database" / "data").glob("postmaster.pid"))


def test_with_database_url_nothing_is_started_and_that_database_is_used(tmp_path: Path) -> None:
    home, port = tmp_path / "ro", free_port()
    with Server(tmp_path / "operators").start() as operators:
        more = {"DATABASE_URL": operators.ensure_database("node_of_ro")}
        init(home, port=port, more=more)
        with running(home, port=port, more=more) as node:
            assert is_ready(node)
            assert not (home / "database").exists()
        with psycopg.connect(more["DATABASE_URL"]) as connection:
            assert connection.execute("select count(*) > 10 from django_migrations").fetchone() == (True,)


def test_a_database_that_may_lose_what_it_confirmed_is_refused(tmp_path: Path) -> None:
    home, port = tmp_path / "ro", free_port()
    with Server(tmp_path / "operators", settings={"fsync": "off"}).start() as operators:
        more = {"DATABASE_URL": operators.ensure_database("node_of_ro")}
        init(home, port=port, more=more)
        ran = tocsin(home, "serve", more=more)
    assert ran.returncode == 1
    assert "tocsin.E006" in ran.stderr
    assert "fsync is off" in ran.stderr


def test_the_first_end_is_mended_at_once_and_the_pauses_grow_to_a_bound() -> None:
    assert pause_after(1) == 0
    pauses = [pause_after(ends) for ends in range(2, 40)]
    assert all(0.75 * FIRST_PAUSE <= pause <= LONGEST_PAUSE for pause in pauses)
    assert pauses[-1] >= 0.75 * LONGEST_PAUSE
    assert pauses[0] <= FIRST_PAUSE
