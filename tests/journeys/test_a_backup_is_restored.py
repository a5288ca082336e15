"""Yesterday's database is put back: peers give back what it forgot, and requests stand as they stood."""

import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.journeys.ledger import waiting
from tests.journeys.pair import Country, Pair, pair_of_nodes, wait_for
from tests.journeys.scribes import BODIES, urgent
from tests.journeys.settle import ADMINISTRATOR

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("restored"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

ORIGIN = "node.ro.example/journal-2"
GLANCE = ("side", "counterpart", "instrument", "state", "urgent", "case_reference", "opened_at", "ended_at")
DUE = ("due_clock", "due_strict", "due_latest")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with pair_of_nodes(tmp_path_factory.mktemp("restored")) as nodes:
        yield nodes


def test_after_a_restored_backup_every_request_has_the_state_and_the_clocks_that_it_had(pair: Pair) -> None:
    ro, pt = pair["ro"], pair["pt"]
    known = ask(ro)
    settled(pair)
    ro.stop()
    copy(pair, "ro", "ro_backup")
    ro.start()
    ro.wait_until_ready()

    answer(pt, known, "acknowledge")
    asked = ask(ro)
    settled(pair)
    answer(pt, asked, "indicate")
    answer(pt, asked, "query")
    settled(pair)
    answer(ro, asked, "supplement")
    begged = ask(pt)
    settled(pair)
    answer(ro, begged, "accept")
    settled(pair)
    requests = (known, asked, begged)
    before, letters = {each: standing(ro, each) for each in requests}, kept(ro)
    assert [clocks for _, clocks in before.values()] == [standing(pt, each)[1] for each in requests]
    assert ro.run("wire", "ask-witnesses").returncode == 0

    ro.stop()
    copy(pair, "ro_backup", "ro")
    assert kept(ro) < letters
    ro.start()
    wait_for(lambda: ro.rows("select halted from journal_log where halted is not null"), "the journal to halt")
    ro.stop()
    recovered = ro.run("wire", "recover", ORIGIN)
    assert recovered.returncode == 0, recovered.stderr

    settings = ro.home / "node.toml"
    text = settings.read_text()
    (old,) = (line for line in text.splitlines() if line.startswith("origin ="))
    settings.write_text(text.replace(old, f'origin = "{ORIGIN}"'))
    ro.start()
    ro.wait_until_ready()
    settled(pair)
    assert kept(ro) == letters
    assert {each: standing(ro, each) for each in requests} == before
    assert [copies(ro, each) for each in requests] == [copies(pt, each) for each in requests]
    audit = ro.run("journal", "audit")
    assert audit.returncode == 0, audit.stdout + audit.stderr

    card = str(pair.folder / "ro-again.card.json")
    for country, words in ((ro, ("sign",)), (ro, ("export", card)), (pt, ("take", card))):
        done = country.run("directory", "card", *words, by="" if country is ro else ADMINISTRATOR)
        assert done.returncode == 0, done.stderr
    for sent in (answer(pt, known, "accept"), answer(ro, begged, "indicate")):  # and it goes on
        wait_for(
            lambda sent=sent: not waiting(pair) and sent["sha256"] in kept(ro) & kept(pt), "a new letter to arrive"
        )
    assert [standing(ro, each)[1] for each in requests] == [standing(pt, each)[1] for each in requests]


def ask(country: Country) -> str:
    """Send an urgent request to the other one."""
    desk = country.desk()
    sent = desk.send(desk.draft(urgent(country.member, f"{country.member}-2026-0042"))["draft"])
    return str(sent["request"])


def answer(country: Country, request: str, kind: str) -> dict[str, Any]:
    sent: dict[str, Any] = country.desk().write(request, kind, **BODIES[kind]())
    return sent


def settled(pair: Pair) -> None:
    wait_for(lambda: not waiting(pair), "all letters to arrive")


def standing(country: Country, request: str) -> tuple[dict[str, Any], Any]:
    """What the node shows of a request: at a glance, and its clocks."""
    desk = country.desk()
    line, clocks = desk.line(request), desk.clocks(request)
    return {name: line[name] for name in (*GLANCE, *DUE)}, [{**clock, "late_by": None} for clock in clocks]


def copies(country: Country, request: str) -> list[tuple[Any, ...]]:
    """The rows that the watch and the alarms find requests by."""
    return country.rows(
        "select r.state, c.key, c.clock, c.phase, c.strict, c.latest from requests_request r"
        " left join requests_storedclock c on c.request_id = r.id where r.id = %s order by c.key",
        request,
    )


def kept(country: Country) -> set[str]:
    """The hashes of the letters that a node has."""
    return {sha256 for (sha256,) in country.rows("select sha256 from wire_storedletter")}


def copy(pair: Pair, of: str, to: str) -> None:
    """Put a copy of one database in the place of another; nobody may be connected to them."""
    old, new = sql.Identifier(of), sql.Identifier(to)
    with psycopg.connect(pair.server.url, autocommit=True) as server:
        server.execute(sql.SQL("drop database if exists {} with (force)").format(new))
        server.execute(sql.SQL("create database {} template {} owner ro").format(new, old))
        server.execute(sql.SQL("revoke connect on database {} from public").format(new))
