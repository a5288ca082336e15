"""Each instrument by example: a filled form, faulty ones with the faults they get, dates in and due instants out.

The due instants were worked out by hand or by a few lines that share nothing with the engine.
"""

from typing import Any

import pytest

from tests.law import cases
from tocsin.base import instant
from tocsin.law.calendar import Place
from tocsin.law.clock import Standing, due
from tocsin.law.instrument import clock_named, instrument, instruments
from tocsin.law.national import read_national_table

FAULTY = [(name, case) for name in cases.IDS for case in cases.load(name, "faulty")]
CLOCKS = [(name, line) for name in cases.IDS for line in cases.load(name, "clocks")]
FEWEST_CASES = 3


def test_every_instrument_has_examples_and_every_example_an_instrument() -> None:
    assert set(cases.IDS) == set(instruments())


@pytest.mark.parametrize("name", cases.IDS)
def test_a_filled_form_can_be_sent(name: str) -> None:
    assert cases.filled(name).stops() == cases.expected_stops(name)


@pytest.mark.parametrize("name", cases.IDS)
def test_only_what_is_not_in_force_has_a_filled_form_that_stops(name: str) -> None:
    example = cases.filled(name)
    assert bool(cases.expected_stops(name)) is not instrument(name).in_force(example.at.date())


@pytest.mark.parametrize(("name", "case"), FAULTY, ids=[f"{name}: {case['because']}" for name, case in FAULTY])
def test_a_faulty_form_gets_its_faults_and_no_others(name: str, case: dict[str, Any]) -> None:
    expected = {(field, code) for field, code in case["faults"]} | set(cases.expected_stops(name))
    assert cases.faulty(name, case).stops() == sorted(expected)


@pytest.mark.parametrize("name", cases.IDS)
def test_each_instrument_has_its_three_examples(name: str) -> None:
    assert len(cases.load(name, "faulty")) >= FEWEST_CASES
    started = [clock for clock in instrument(name).clocks if clock.starts]
    assert len(cases.load(name, "clocks")) >= (FEWEST_CASES if started else 0)


@pytest.mark.parametrize("name", cases.IDS)
def test_every_numbered_clock_that_a_letter_starts_has_a_due_instant_in_the_examples(name: str) -> None:
    shown = {line["clock"] for line in cases.load(name, "clocks")}
    numbered = {each.id for each in instrument(name).clocks if each.starts and each.rule.value and not each.rule.of}
    assert numbered <= shown | {"eev.12.1.objection"}  # counted as eev.10.2: the same ten days


@pytest.mark.parametrize(("name", "line"), CLOCKS, ids=[f"{line['clock']} {line['since']}" for _, line in CLOCKS])
def test_a_date_in_gives_the_due_instants_out(name: str, line: dict[str, Any]) -> None:
    place = Place(line["zone"], line["country"])
    found = due(
        clock_named(line["clock"]).rule,
        since=instant.parse(line["since"]),
        place=place,
        holidays=place.holidays,
        national=_national(line),
    )
    assert found.standing is Standing(line["standing"]), name
    if "legal_latest" not in line:
        assert found.span is None
        return
    assert found.span is not None
    assert found.span.legal_latest == instant.parse(line["legal_latest"])
    if "strict" in line:
        assert found.span.strict == instant.parse(line["strict"])


def _national(line: dict[str, Any]) -> Any:
    if "national" not in line:
        return None
    table = {
        "v": 1,
        "type": "national",
        "member": "pt",
        "state": line["country"],
        "as_of": "2026-11-01",
        "source": "Invented Cybercrime Act",
        "languages": ["pt"],
        "competences": [],
        "limits": [line["national"]],
        "reservations": [],
    }
    return read_national_table(table).limits[clock_named(line["clock"]).id]
