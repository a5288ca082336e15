"""RO replaces every key that its card names, and its certificate: nobody is cut off, and the past stays provable."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.pair import Country, Pair, pair_of_nodes, wait_for
from tests.journeys.scribes import urgent
from tests.journeys.settle import ADMINISTRATOR, OFFICER

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("rotation"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

VERIFIED = ("sign", "journal", "witness", "tls")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with pair_of_nodes(tmp_path_factory.mktemp("rotation")) as found:
        yield found


def done(country: Country, *words: str, by: str = "") -> str:
    ran = country.run(*words, by=by)
    assert ran.returncode == 0, f"tocsin {' '.join(words)} at {country.member}: {ran.stderr}"
    return ran.stdout


IN_ONE_PROCESS = """
import sys
from typer.testing import CliRunner
from tocsin.node import wiring
from tocsin.node.config import home_named
started = wiring.start(home_named())
from tocsin.commands.directory import app
for line in sys.argv[1:]:
    ran = CliRunner().invoke(app, line.split(), catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    print(ran.stdout.strip())
started.stop()
"""


def directory(country: Country, *lines: str) -> list[str]:
    """Commands below ``tocsin directory``, one after the other in one process: one start in place of many."""
    words = [sys.executable, "-c", IN_ONE_PROCESS, *lines]
    ran = subprocess.run(words, env=country.environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def hand_over(taker: Country, card: Path) -> str:
    """The other's card as a file; what becomes of it at this side."""
    told = json.loads(done(taker, "directory", "card", "take", str(card), "--json", by=ADMINISTRATOR))
    return str(told["outcome"])


def goes_across(sender: Country, receiver: Country, what: str) -> str:
    desk = sender.desk()
    sent = desk.send(desk.draft(urgent(sender.member, what))["draft"])
    desk.wait_receipt(sent["request"], sent["sha256"])
    wait_for(lambda: receiver.desk().places(sent["request"]), "the request at the other side")
    return str(sent["request"])


def restart(country: Country) -> None:
    country.stop()
    country.start()
    country.wait_until_ready()


def cosigned(country: Country) -> dict[str, bool]:
    told = json.loads(done(country, "wire", "ask-witnesses", "--json"))
    return {each["witness"]: each["cosigned"] for each in told}


def log_keys(country: Country) -> set[str]:
    """With which keys the checkpoints of this journal were signed."""
    return {str(row[0]) for row in country.rows("select distinct verifier from journal_storedcheckpoint")}


def test_nobody_is_cut_off_and_one_bundle_proves_what_was_before_and_after(pair: Pair, tmp_path: Path) -> None:
    ro, pt = pair["ro"], pair["pt"]
    before = goes_across(ro, pt, "before")
    assert cosigned(ro) in ({}, {"pt": True})
    assert len(log_keys(ro)) == 1

    card = tmp_path / "ro.card.json"
    announced = [f"key announce {what}" for what in VERIFIED]
    *_, words = directory(ro, *announced, f"card export {card}", "card words")
    assert hand_over(pt, card) == "to-confirm", "a new sign key is confirmed by voice"
    done(pt, "directory", "card", "confirm", "ro", *words.split(), by=ADMINISTRATOR)
    goes_across(pt, ro, "while the next keys are announced")

    rotated = [f"key rotate {what} --now" for what in (*VERIFIED, "seal", "age")]
    directory(ro, *rotated, f"card export {card}")
    goes_across(ro, pt, "while ro's processes still work with the old keys")
    restart(ro)
    goes_across(ro, pt, "with ro's new keys, and pt has the card that announced them")
    goes_across(pt, ro, "to ro's new certificate, sealed to its old key")
    assert len(log_keys(ro)) == 2

    assert hand_over(pt, card) == "update", "no call is needed: the keys were confirmed"
    after = goes_across(pt, ro, "sealed to ro's new key")
    goes_across(ro, pt, "after")
    assert cosigned(ro) in ({}, {"pt": True}), "pt goes on with the record of ro's journal"
    assert cosigned(pt) in ({}, {"ro": True}), "and takes the new key of ro's witness"
    for each in (ro, pt):
        status = json.loads(done(each, "wire", "status", "--json"))
        assert (status["refused"], status["quarantined"]) == ([], [])
        assert each.rows("select sentence from journal_alarm") == []
    done(ro, "journal", "audit")
    assert each_in_the_journal(ro) == sorted([*VERIFIED, "seal", "age"])

    for request, country in ((before, ro), (after, pt)):
        check_bundle(country, request, tmp_path / f"{country.member}-{request}.zip")


def each_in_the_journal(country: Country) -> list[str]:
    rows = country.rows("select event::json->>'use' from journal_storedentry where kind = 'key-rotated'")
    return sorted(str(row[0]) for row in rows)


def check_bundle(country: Country, request: str, bundle: Path) -> None:
    told = json.loads(done(country, "request", "bundle", request, str(bundle), "--json", by=OFFICER))
    words = [sys.executable, "-m", "tocsin.proof", str(bundle), "--anchor", str(told["card_sha256"])]
    checked = subprocess.run(words, env=country.environment, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
