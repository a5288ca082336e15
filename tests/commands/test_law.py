"""``tocsin law``, which needs no node: what it says, what it marks, and how it leaves."""

import json
from typing import Any

import pytest

from tocsin.law.instrument import instruments
from tocsin.law.vocabulary import Confidence
from tocsin.node import main

FROM_MEMORY = {each.id for each in instruments().values() if each.basis.confidence is Confidence.MEMORY}
UNCONFIRMED = {
    (each.id, clock.id) for each in instruments().values() for clock in each.clocks if not clock.rule.confirmed
}


@pytest.fixture(autouse=True)
def _no_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("TOCSIN_HOME", str(tmp_path / "nothing-here"))


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main.run(["law", *words]) == 0
    return capsys.readouterr().out


def test_all_instruments_are_listed_and_those_from_memory_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(said(capsys, "list", "--json"))
    assert {each["instrument"] for each in rows} == set(instruments())
    assert {each["instrument"] for each in rows if each["from_memory"]} == FROM_MEMORY
    lines = said(capsys, "list").splitlines()
    assert {line.split()[0] for line in lines if line.endswith("(from memory)")} == FROM_MEMORY


def test_those_in_force_on_a_day_are_fewer(capsys: pytest.CaptureFixture[str]) -> None:
    early = {each["instrument"] for each in json.loads(said(capsys, "list", "--on", "2020-01-01", "--json"))}
    assert "budapest-29-preserve" in early
    assert "eev-epoc" not in early


@pytest.mark.parametrize("name", sorted(instruments()))
def test_each_instrument_is_shown_with_its_clocks_and_what_is_from_memory(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    shown = json.loads(said(capsys, "show", name, "--json"))
    assert shown["instrument"] == name
    assert {(name, each["clock"]) for each in shown["clocks"] if each["from_memory"]} == {
        each for each in UNCONFIRMED if each[0] == name
    }
    words = said(capsys, "show", name)
    for clock in shown["clocks"]:
        (line,) = [line for line in words.splitlines() if line.startswith(f"  {clock['clock']} ")]
        assert line.endswith("(from memory)") is clock["from_memory"]


def test_routes_say_what_is_open_who_signs_and_why_the_others_are_closed(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("routes", "--from", "RO", "--to", "PT", "--category", "CONTENT", "--on", "2026-11-24")
    rows = {each["instrument"]: each for each in json.loads(said(capsys, *asked, "--json"))}
    assert set(rows) == set(instruments())
    assert rows["budapest-29-preserve"]["answer"] != "no"
    assert rows["budapest-29-preserve"]["who_signs"]
    closed = [each for each in rows.values() if each["answer"] == "no"]
    assert closed
    assert all(why["rule"] for each in closed for why in each["closed_because"])
    words = said(capsys, *asked)
    assert "signs: National law of Romania: not recorded" in words, words


def test_a_danger_opens_what_is_for_emergencies_alone(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("routes", "--from", "RO", "--to", "PT", "--category", "CONTENT", "--on", "2026-11-24", "--json")
    calm = {each["instrument"]: each for each in json.loads(said(capsys, *asked))}
    grave = {each["instrument"]: each for each in json.loads(said(capsys, *asked, "--danger", "life"))}
    assert not any(each["is_emergency"] for each in calm.values())
    assert any(each["is_emergency"] for each in grave.values())


def test_a_clock_is_counted_at_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("clock", "dir2013_40.13.1.urgent", "--since", "2026-11-24T04:00:00+02:00", "--place", "PT:Europe/Lisbon")
    shown = json.loads(said(capsys, *asked, "--json"))
    assert (shown["strict"], shown["legal_latest"]) == ("2026-11-24T10:00:00.000Z", "2026-11-24T11:00:00.000Z")
    assert "until 10:00 on 24 November 2026 (Europe/Lisbon)" in said(capsys, *asked)


def test_a_clock_of_national_law_has_no_end_until_it_is_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    words = said(
        capsys, "clock", "ets185.16.2.preserve_max", "--since", "2026-11-24T04:00:00Z", "--place", "PT:Europe/Lisbon"
    )
    assert "national law of PT: not recorded" in words


def test_the_files_are_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(said(capsys, "check", "--json")) == {"instruments": len(instruments()), "faults": []}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("show", "none-such"), "none-such"),
        (("list", "--on", "soon"), "--on: soon"),
        (("routes", "--from", "Romania", "--to", "PT", "--category", "CONTENT"), "Romania"),
        (("routes", "--from", "RO", "--to", "PT", "--category", "EVERYTHING"), "--category: EVERYTHING"),
        (("routes", "--from", "RO", "--to", "PT", "--category", "CONTENT", "--danger", "boredom"), "--danger: boredom"),
        (("clock", "none", "--since", "2026-11-24T03:00:00Z", "--place", "PT:Europe/Lisbon"), "none"),
        (
            ("clock", "dir2013_40.13.1.urgent", "--since", "2026-11-24T03:00:00", "--place", "PT:Europe/Lisbon"),
            "--since",
        ),
        (("clock", "dir2013_40.13.1.urgent", "--since", "2026-11-24T03:00:00Z", "--place", "Lisbon"), "--place"),
        (
            ("clock", "dir2013_40.13.1.urgent", "--since", "2026-11-24T03:00:00Z", "--place", "PT:Europe/Nowhere"),
            "Nowhere",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_wrong_is_named_and_the_exit_code_says_so(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], named: str
) -> None:
    assert main.run(["law", *words]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert named in told.err
    assert main.run(["law", *words, "--json"]) == 1
    problem = json.loads(capsys.readouterr().err)
    assert named.rsplit(": ", maxsplit=1)[-1] in problem["detail"]
