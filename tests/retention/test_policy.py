"""Which rule is for what, and when what is due. No database."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.offices import START
from tests.retention.rules import KEPT
from tocsin.law.instrument import instruments
from tocsin.retention.rules.policy import HOUSE, Erase, Policy, Rule, fault_of_rules, read_rules

GOOD = {"name": "orders", "instruments": ["eev-epoc"], "days": 90, "source": "Law 1/2026, Art. 9"}


@pytest.mark.parametrize(
    ("instrument", "rule"),
    [("budapest-18-order", "orders"), ("eev-epoc", "requests"), ("budapest-31-stored", "requests")],
)
def test_the_rule_that_names_an_instrument_goes_before_the_usual_one(instrument: str, rule: str) -> None:
    assert KEPT.rule_for(instrument).name == rule


def test_a_rule_in_words_has_its_days_and_its_source() -> None:
    assert KEPT.rule_for("budapest-18-order").written() == (
        "orders: 30 days after the end (Law 1/2026 of Example, Article 9(2))"
    )


def test_without_a_rule_of_its_own_a_node_says_that_the_time_is_the_programs_and_not_a_laws() -> None:
    assert Policy().rule_for("eev-epoc").source == HOUSE
    assert "national law" in HOUSE


@given(st.integers(0, 3000), st.lists(st.integers(0, 3000), max_size=4))
def test_nothing_is_due_before_the_shortest_time(days: int, others: list[int]) -> None:
    names = list(instruments())
    rules = tuple(Rule(f"r{n}", each, "x", (names[n],)) for n, each in enumerate(others))
    policy = Policy(days=days, rules=rules)
    assert all(policy.rule_for(name).due_at(START) >= START + policy.shortest for name in names)
    assert any(policy.rule_for(name).due_at(START) == START + policy.shortest for name in names) or days < min(others)


def test_by_itself_or_by_decision() -> None:
    assert KEPT.erased_by_itself_at(START) == START + timedelta(days=10)
    assert Policy(erase=Erase.BY_DECISION.value).erased_by_itself_at(START) is None
    assert KEPT.gone_from_backups_at(START) == START + timedelta(days=35)


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ("orders", "is a list of tables"),
        ([7], "is a list of tables"),
        ([{**GOOD, "extra": 1}], "rule 1: each has name, instruments, days, source"),
        ([{name: told for name, told in GOOD.items() if name != "source"}], "rule 1: each has name"),
        ([GOOD, {**GOOD, "name": "b", "days": -1}], "rule 2: days is a whole number"),
        ([{**GOOD, "days": True}], "rule 1: days is a whole number"),
        ([{**GOOD, "instruments": []}], "rule 1: instruments is a list"),
        ([{**GOOD, "instruments": ["eev-epok"]}], "rule 1: eev-epok is no instrument"),
        ([{**GOOD, "source": " "}], "rule 1: name and source are text"),
        ([GOOD, GOOD], "has each name once"),
    ],
)
def test_a_fault_in_the_settings_is_named(rules: Any, fault: str) -> None:
    said = fault_of_rules(rules)
    assert said is not None
    assert fault in said


def test_what_is_told_is_read() -> None:
    assert fault_of_rules([GOOD]) is None
    (rule,) = read_rules([GOOD])
    assert (rule.name, rule.days, rule.instruments) == ("orders", 90, ("eev-epoc",))
