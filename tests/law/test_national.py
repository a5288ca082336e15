"""A member's table of its own State's law: nothing shipped, everything checked."""

import copy
from datetime import date
from typing import Any

import pytest

from tocsin.law.counting import Length, Unit
from tocsin.law.errors import NationalTableError
from tocsin.law.national import not_recorded, read_national_table
from tocsin.law.vocabulary import ClockId, DataCategory, Function, Known

TABLE: dict[str, Any] = {
    "v": 1,
    "type": "national",
    "member": "pt",
    "state": "PT",
    "as_of": "2026-11-01",
    "source": "Invented Cybercrime Act",
    "languages": ["pt", "en"],
    "competences": [
        {
            "instrument": "budapest-16-order",
            "categories": ["TRAFFIC", "SUBSCRIBER"],
            "alone": ["prosecutor"],
            "validated": ["police"],
            "validators": ["prosecutor"],
            "provision": "Article 12",
            "form": "in writing",
        }
    ],
    "limits": [
        {
            "clock": "ets185.16.2.preserve_max",
            "value": 60,
            "unit": "days",
            "counting": {"source": "Invented Civil Code, Article 279", "skips_event_day": True, "rolls_over": True},
        }
    ],
    "reservations": [{"provision": "ets185.29.4", "answer": "yes", "since": "2010-07-01"}],
}


def changed(*path: str | int, value: Any) -> dict[str, Any]:
    table = copy.deepcopy(TABLE)
    place: Any = table
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return table


def test_a_table_says_who_may_order_for_how_long_and_what_was_reserved() -> None:
    table = read_national_table(TABLE)
    competence = table.competence("budapest-16-order", DataCategory.TRAFFIC)
    assert competence is not None
    assert competence.alone == (Function.PROSECUTOR,)
    assert table.competence("budapest-16-order", DataCategory.CONTENT) is None
    limit = table.limits[ClockId("ets185.16.2.preserve_max")]
    assert (limit.country, limit.length) == ("PT", Length(60, Unit.DAYS))
    assert limit.rule.skips_event_day
    assert limit.rule.rolls_over
    assert not limit.rule.skips_event_hour
    assert table.reserved("ets185.29.4", on=date(2026, 11, 24)) is Known.YES
    assert table.reserved("ets185.29.4", on=date(2010, 6, 30)) is Known.NO
    assert table.reserved("cets224.7.9.a", on=date(2026, 11, 24)) is Known.UNKNOWN


def test_without_a_table_the_answer_names_the_state() -> None:
    assert not_recorded("PT") == "National law of Portugal: not recorded"


FAULTS = {
    "no table at all": ([], "payload"),
    "another version": (changed("v", value=2), "v"),
    "an unknown member": ({**TABLE, "mood": "x"}, "mood"),
    "no State": (changed("state", value="Portugal"), "state"),
    "no day": (changed("as_of", value="November"), "as_of"),
    "no source": (changed("source", value=""), "source"),
    "no language": (changed("languages", 0, value="Portuguese"), "languages[0]"),
    "an instrument that there is not": (
        changed("competences", 0, "instrument", value="budapest-99"),
        "competences[0].instrument",
    ),
    "what the instrument says itself": (
        changed("competences", 0, "instrument", value="eev-epoc"),
        "competences[0].instrument",
    ),
    "a category that it does not cover": (
        changed("competences", 0, "instrument", value="budapest-17-order"),
        "competences[0].categories",
    ),
    "a function that there is not": (changed("competences", 0, "alone", value=["sheriff"]), "competences[0].alone[0]"),
    "to be validated by nobody": (changed("competences", 0, "validators", value=[]), "competences[0].validators"),
    "the same twice": (changed("competences", value=TABLE["competences"] * 2), "competences[1].categories"),
    "a clock that is not left to national law": (
        changed("limits", 0, "clock", value="eev.10.3.produce"),
        "limits[0].clock",
    ),
    "a clock that there is not": (changed("limits", 0, "clock", value="x.1"), "limits[0].clock"),
    "over the ceiling of ninety days": (changed("limits", 0, "value", value=91), "limits[0].value"),
    "a ceiling in another unit": (changed("limits", 0, "unit", value="months"), "limits[0].unit"),
    "no number": (changed("limits", 0, "value", value="sixty"), "limits[0].value"),
    "a limit of nothing": (changed("limits", 0, "value", value=0), "limits[0].value"),
    "counted nowhere": (changed("limits", 0, "counting", value={}), "limits[0].counting.source"),
    "counted by an unknown rule": (
        changed("limits", 0, "counting", "moon", value=True),
        "limits[0].counting.moon",
    ),
    "a reservation that there is not": (
        changed("reservations", 0, "provision", value="ets185.99"),
        "reservations[0].provision",
    ),
    "an answer that there is not": (changed("reservations", 0, "answer", value="maybe"), "reservations[0].answer"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_faulty_table_is_refused_and_the_field_is_named(what: str) -> None:
    table, field = FAULTS[what]
    with pytest.raises(NationalTableError) as refused:
        read_national_table(table)
    assert field in {each.field for each in refused.value.faults}


def test_somebody_may_order_only_with_a_validation() -> None:
    table = read_national_table(changed("competences", 0, "alone", value=[]))
    competence = table.competence("budapest-16-order", DataCategory.TRAFFIC)
    assert competence is not None
    assert competence.alone == ()


def test_all_faults_of_a_table_are_told_at_once() -> None:
    table = {**changed("limits", 0, "value", value=91), "state": "Portugal", "mood": "x"}
    with pytest.raises(NationalTableError) as refused:
        read_national_table(table)
    assert {"state", "mood", "limits[0].value"} <= {each.field for each in refused.value.faults}
    assert "fault(s)" in str(refused.value)


def test_ninety_days_are_allowed() -> None:
    assert read_national_table(changed("limits", 0, "value", value=90)).limits
