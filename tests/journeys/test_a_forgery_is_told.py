"""S08 and S09 over real nodes: a forgery said by two reaches every node in seconds; a stolen account gets nothing."""

import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.pair import ALL_PLACES, Country, Pair, pair_of_nodes, wait_for
from tests.journeys.scribes import urgent
from tests.journeys.settle import SECOND
from tocsin.base.instant import text, true_now
from tocsin.node.demo.desk import RefusedError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("forgery"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]
WITHIN = 60.0
"""Seconds in which every node has to be warned: issue 3, "verify an order"."""


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with pair_of_nodes(tmp_path_factory.mktemp("three"), exercise=False, members=("ro", "pt", "gr")) as nodes:
        yield nodes


def forged(**features: Any) -> dict[str, Any]:
    """A mail with the letterhead of a police that nobody knows."""
    return {
        "channel": "mail",
        "seen": text(true_now()),
        "country": "PT",
        "office": "police",
        "addresses": ["duty@police-pt.example"],
        "phones": ["+442079460999"],
        "wording": ["life-in-danger", "deadline-within-hours", "genuine-letterhead"],
        "words": "It names an article of 2019, and the number in it is not the one in the directory.",
        **features,
    }


def warned(country: Country) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = country.desk().call("GET", "/warnings?past=true")
    return found


def test_a_forgery_said_by_two_reaches_every_node_within_a_minute_and_so_does_its_withdrawal(three: Pair) -> None:
    pt = three["pt"]
    mark = pt.desk().call("POST", "/forgeries", json=forged())["forgery"]
    with pytest.raises(RefusedError):
        pt.desk().call("POST", f"/forgeries/{mark}/confirm", json={})
    begun = time.monotonic()
    warning = pt.desk(SECOND).call("POST", f"/forgeries/{mark}/confirm", json={})["warning"]
    for member in ("ro", "gr"):
        wait_for(
            lambda node=three[member]: [w for w in warned(node) if w["warning"] == warning], member, seconds=WITHIN
        )
    took = time.monotonic() - begun
    assert took < WITHIN
    (told,) = [w for w in warned(three["gr"]) if w["warning"] == warning]
    assert (told["by"], told["features"]["domains"]) == ("pt", ["police-pt.example"])
    assert "duty@" not in str(told)
    wait_for(lambda: all(t["delivered_at"] for t in shown(pt, warning)["told"]), "both receipts")
    begun = time.monotonic()
    pt.desk().call("POST", f"/forgeries/{mark}/take-back", json={"why": "mistaken"})
    for member in ("ro", "gr"):
        wait_for(lambda node=three[member]: withdrawn(node, warning), member, seconds=WITHIN)
    back = time.monotonic() - begun
    sys.stdout.write(f"three nodes: warned after {took:.2f} s, withdrawn after {back:.2f} s\n")
    for country in three:
        audit = country.run("journal", "audit")
        assert audit.returncode == 0, audit.stdout + audit.stderr


def test_a_node_that_was_away_is_warned_when_it_is_back(three: Pair) -> None:
    pt, gr = three["pt"], three["gr"]
    gr.stop()
    mark = pt.desk().call("POST", "/forgeries", json=forged(phones=["+442079460998"]))["forgery"]
    warning = pt.desk(SECOND).call("POST", f"/forgeries/{mark}/confirm", json={})["warning"]
    told = wait_for(lambda: tried(pt, warning, "gr"), "an attempt to reach gr")
    assert (told["delivered_at"], bool(told["problem"])) == (None, True)
    gr.start()
    gr.wait_until_ready()
    wait_for(lambda: [w for w in warned(gr) if w["warning"] == warning], "the warning at gr")


def test_an_emergency_by_a_stolen_account_gets_nothing_and_both_heads_are_told(three: Pair) -> None:
    ro, pt = three["ro"], three["pt"]
    content = urgent("ro", "stolen")
    content["form"]["urgency"] = {"ground": "life", "reasons": "A person is in danger."}
    sent = ro.desk().send(ro.desk().draft(content)["draft"])
    request = sent["request"]
    seen = wait_for(lambda: opened(pt, request), "the request at pt")
    assert (seen["call_back"]["state"], seen["provenance"]["call_back_at"]) == ("needed", ALL_PLACES["ro"][2])
    assert "first-request" in [each["what"] for each in seen["provenance"]["unusual"]]
    assert "deliver" not in seen["may_write"]
    deliver = {"kind": "deliver", "body": {"package": "ab" * 32, "complete": True, "words": None}}
    with pytest.raises(RefusedError, match=r"requests\.call-back-needed"):
        pt.desk().call("POST", f"/requests/{request}/letters", json=deliver)
    call = {
        "number_from_card": ALL_PLACES["ro"][2],
        "outcome": "denied",
        "answered_by": "The prosecutor on duty",
        "words": "Nobody here sent this; the officer is on leave.",
    }
    pt.desk().call("POST", f"/requests/{request}/call-backs", json=call)
    with pytest.raises(RefusedError, match="did not ask"):
        pt.desk().call("POST", f"/requests/{request}/letters", json=deliver)
    rung = wait_for(lambda: heads(ro, request), "the head of ro")
    assert [each["kind"] for each in rung] == ["call-back-heard-denied"]
    assert [each["kind"] for each in heads(pt, request)] == ["call-back-denied"]
    here, there = opened(pt, request), opened(ro, request)
    assert here is not None
    assert there is not None
    assert [word["said"] for word in there["call_back"]["heard"]] == ["denied"]
    assert (here["request"]["state"], here["waits_for"]) == (there["request"]["state"], there["waits_for"])
    for country in (ro, pt):
        assert not country.rows("SELECT 1 FROM wire_storedletter WHERE thread = %s AND kind = 'deliver'", request)


def shown(country: Country, warning: str) -> dict[str, Any]:
    found: dict[str, Any] = country.desk().call("GET", f"/warnings/{warning}")
    return found


def withdrawn(country: Country, warning: str) -> bool:
    return any(each["withdrawn"] for each in warned(country) if each["warning"] == warning)


def tried(country: Country, warning: str, member: str) -> dict[str, Any] | None:
    told: list[dict[str, Any]] = shown(country, warning)["told"]
    return next((each for each in told if each["member"] == member and each["attempts"]), None)


def opened(country: Country, request: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = country.desk().call("GET", f"/requests/{request}?reason=on+duty")
    except RefusedError:
        return None
    return found


def heads(country: Country, request: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = country.desk().call("GET", f"/requests/{request}/alarms")
    return [each for each in found if each["kind"].startswith("call-back")]
