"""S12: the line between two nodes is cut while both sides write; a deadline passes meanwhile."""

import base64
import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from tests.journeys.cable import Cable
from tests.journeys.ledger import check_all_there, check_nothing_lost, directions, waiting
from tests.journeys.pair import PLACES, Country, Pair, pair_of_nodes, wait_for
from tests.journeys.scribes import Scribe, Shelf, urgent
from tocsin.base.instant import Instant, parse, true_now
from tocsin.node.demo.desk import Desk

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("line-cut"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

LETTERS = 60
SECONDS_TO_DUE = 4
CLOCK = "dir2013_40.13.1.urgent"


@pytest.fixture(scope="module")
def cables() -> Iterator[dict[str, Cable]]:
    found = {member: Cable() for member in PLACES}
    yield found
    for each in found.values():
        each.cut()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, cables: dict[str, Cable]) -> Iterator[Pair]:
    endpoints = {member: cable.endpoint for member, cable in cables.items()}
    with pair_of_nodes(tmp_path_factory.mktemp("line"), endpoints=endpoints) as nodes:
        for member, cable in cables.items():
            cable.to_port = nodes[member].port
            cable.mend()
        yield nodes


def test_what_was_written_on_a_cut_line_arrives_once_in_order_and_a_missed_deadline_says_why(
    pair: Pair, cables: dict[str, Cable]
) -> None:
    ro = pair["ro"].desk()
    asked = ask(ro)
    shelf = Shelf(requests=[ask(each.desk()) for each in pair for _ in range(3)])
    wait_for(lambda: not waiting(pair), "the letters from before the cut")

    for cable in cables.values():
        cable.cut()
    begun = true_now()
    scribes = [Scribe(each.desk, shelf, seed=12, most=LETTERS) for each in pair]
    for scribe in scribes:
        scribe.start()
    for scribe in scribes:
        scribe.join(200)
        scribe.finish()
        assert scribe.written == LETTERS
    ended = true_now()
    assert waiting(pair) >= 2 * LETTERS
    for each in pair:
        wait_for(lambda each=each: attempts(each) >= 2, f"two attempts of {each.member} to fail")
    let_it_pass(pair, asked)
    assert not any(clock(each, asked)["line_down"] for each in pair)  # one side's word alone is no proof

    for cable in cables.values():
        cable.mend()
    wait_for(lambda: not waiting(pair), "all letters to arrive", seconds=120)
    check_all_there(pair, shelf.accepted)
    check_written(pair, shelf, begun, ended)
    for each in pair:
        late = clock(each, asked)
        assert (late["phase"], late["line_down"]) == ("missed", True), each.member
        assert each.rows("select count(*) from journal_storedentry where kind = 'attempt-failed'")[0][0] >= 2
        assert each.rows("select count(*) from journal_storedentry where kind = 'down-stated'")[0][0] >= 1
        assert each.rows("select count(*) from wire_downstatement where peer = %s", each.other)[0][0] >= 1


def test_the_ledger_itself_sees_a_receipted_letter_that_is_gone(pair: Pair) -> None:
    """What the tests here and under fire rest on: that their check fails when something was lost."""
    request = ask(pair["ro"].desk())
    wait_for(lambda: not waiting(pair), "the letter to arrive")
    check_nothing_lost(pair)
    with psycopg.connect(pair.server.url, dbname="pt", autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")  # behind the back of every guard
        gone = connection.execute("delete from wire_storedletter where thread = %s returning sha256", [request])
        assert len(gone.fetchall()) == 1
    with pytest.raises(AssertionError, match="a receipted letter is not at its receiver"):
        check_nothing_lost(pair)
    with pytest.raises(AssertionError, match="hold other letters"):
        check_all_there(pair, {"ro": {}, "pt": {}})


def ask(desk: Desk) -> str:
    sent = desk.send(desk.draft(urgent(desk.member, "before the cut"))["draft"])
    return str(sent["request"])


def attempts(country: Country) -> int:
    return int(country.rows("select count(*) from wire_attempt where peer = %s", country.other)[0][0])


def clock(country: Country, request: str) -> dict[str, Any]:
    """The eight hours, as this side sees them now."""
    return next(each for each in country.desk().clocks(request) if each["clock"] == CLOCK)


def let_it_pass(pair: Pair, request: str) -> None:
    """Shift both clocks to shortly before the end of the eight hours, and wait until both say that they are missed."""
    due = parse(clock(pair["pt"], request)["legal_latest"])
    seconds = int((due - true_now() - timedelta(seconds=SECONDS_TO_DUE)).total_seconds())
    for each in pair:
        each.administrator.shift_clock(seconds)
    pair["pt"].desk().wait_alarm(request, "missed")
    pair["ro"].desk().wait_alarm(request, "missed-by-them")


def check_written(pair: Pair, shelf: Shelf, begun: Instant, ended: Instant) -> None:
    """Each letter says when it was written, which is when it was written, in the order of its thread."""
    for way in directions(pair):
        count = 0
        last: dict[str, Instant] = {}
        for sha, _, thread, _, jws in way.received:
            written = parse(payload(str(jws))["written"])
            assert last.get(thread, written) <= written
            last[thread] = written
            if sha in shelf.accepted[way.sender.member]:
                count += 1
                assert begun - timedelta(milliseconds=1) <= written <= ended
        assert count == LETTERS


def payload(jws: str) -> dict[str, Any]:
    middle = jws.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    return found
