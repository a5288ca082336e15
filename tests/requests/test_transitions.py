"""The table of the articles against the rules, in both directions.

``transitions.toml`` was written from the articles. Here every state of a request that can be
reached, letter by letter, is reached; what the rules allow there is compared with the table, what
the table allows with the rules. Neither may know more than the other.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.requests.permitted import BY_NAME, PRESERVE
from tests.requests.said import every_body, step_saying
from tocsin.base.ids import InstrumentId
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import LetterKind
from tocsin.requests.rules.moves import Objection, Phase, Standing, kind_objection, objection, taken
from tocsin.requests.rules.permits import Permits
from tocsin.requests.rules.steps import Step

Transition = tuple[Phase, Side, LetterKind]

MOST_QUERIES = 1
MOST_EXTENSIONS = 1


@dataclass
class Found:
    """What happened to one letter in one phase: whether it was refused somewhere, and where it led."""

    refused: bool = False
    to: set[Phase] = field(default_factory=set)


@cache
def steps_of(name: InstrumentId) -> dict[Side, tuple[Step, ...]]:
    permits = BY_NAME[name]
    return {
        side: tuple(step_saying(body, permits=permits) for body in every_body(side))
        for side in (Side.ASKER, Side.ASKED)
    }


def explored(now: Standing) -> Standing | None:
    """What makes no difference is left out, and what can grow without end is cut off."""
    if len(now.open_queries) > MOST_QUERIES or len(now.extensions) > MOST_EXTENSIONS:
        return None
    return replace(now, refused_parts=frozenset(), conditional=False, validation_due=False)


@cache
def reachable(name: InstrumentId) -> dict[Transition, Found]:
    """Every letter in every state that letters lead to."""
    permits, steps = BY_NAME[name], steps_of(name)
    found: dict[Transition, Found] = defaultdict(Found)
    known, waiting = {Standing()}, [Standing()]
    while waiting:
        now = waiting.pop()
        for after in followed(now, permits, steps, found):
            if after not in known:
                known.add(after)
                waiting.append(after)
    return found


def followed(
    now: Standing, permits: Permits, steps: dict[Side, tuple[Step, ...]], found: dict[Transition, Found]
) -> Iterator[Standing]:
    for side, sayable in steps.items():
        lawful: dict[LetterKind, bool] = {}
        for step in sayable:
            may = objection(now, step, side=side, permits=permits) is None
            lawful[step.kind] = lawful.get(step.kind, False) or may
            if may:
                after = taken(now, step, side=side, permits=permits)
                found[now.phase, side, step.kind].to.add(after.phase)
                cut = explored(after)
                if cut is not None:
                    yield cut
        for kind, is_lawful in lawful.items():
            found[now.phase, side, kind].refused |= not is_lawful


def table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("transitions.toml").read_text())


@cache
def expected(name: InstrumentId) -> dict[Transition, dict[str, Any]]:
    """The table's rows for one instrument, one transition each; raises for one that stands twice."""
    written = table()
    rows: dict[Transition, dict[str, Any]] = {}
    for row in written["row"]:
        if name not in [written["instruments"][short] for short in row["in"]]:
            continue
        for transition in transitions_of(row, written["phases"]):
            assert transition not in rows, f"{name}: {transition} stands twice"
            rows[transition] = row
    return rows


def transitions_of(row: dict[str, Any], sets: dict[str, list[str]]) -> Iterator[Transition]:
    phases = [one for each in row["from"] for one in (sets[each[1:]] if each.startswith("@") else [each])]
    sides = [Side.ASKER, Side.ASKED] if row["by"] == "either" else [Side(row["by"])]
    for phase in phases:
        for side in sides:
            yield Phase(phase), side, LetterKind(row["letter"])


NAMES = list(BY_NAME)


@pytest.mark.parametrize("name", NAMES)
def test_what_the_rules_allow_the_articles_allow(name: InstrumentId) -> None:
    allowed = {transition for transition, found in reachable(name).items() if found.to}
    assert sorted(allowed - expected(name).keys()) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_the_articles_allow_can_be_reached_and_written(name: InstrumentId) -> None:
    allowed = {transition for transition, found in reachable(name).items() if found.to}
    assert sorted(expected(name).keys() - allowed) == []


@pytest.mark.parametrize("name", NAMES)
def test_each_letter_leads_where_the_articles_say(name: InstrumentId) -> None:
    found = reachable(name)
    differing = {
        transition: (sorted(found[transition].to), sorted(wanted))
        for transition, row in expected(name).items()
        if found[transition].to != (wanted := {transition[0] if to == "same" else Phase(to) for to in row["to"]})
    }
    assert differing == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_letter_is_refused_sometimes_where_the_articles_say_sometimes(name: InstrumentId) -> None:
    found = reachable(name)
    differing = {
        transition: found[transition].refused
        for transition, row in expected(name).items()
        if found[transition].refused != ("sometimes" in row)
    }
    assert differing == {}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_in_the_table_is_refused_in_every_state(name: InstrumentId) -> None:
    found = reachable(name)
    phases = {phase for phase, _, _ in found}
    for phase in phases:
        for side in (Side.ASKER, Side.ASKED):
            for kind in LetterKind:
                if (phase, side, kind) not in expected(name):
                    assert found[phase, side, kind].to == set(), (phase, side, kind)


def test_every_row_names_its_article() -> None:
    assert all(row["article"] for row in table()["row"])


def test_every_kind_of_letter_can_be_written_somewhere() -> None:
    written = {kind for name in NAMES for _, _, kind in expected(name)}
    assert written == set(LetterKind)


def test_every_phase_is_reached_by_some_instrument() -> None:
    phases = {phase for name in NAMES for phase, _, _ in reachable(name)}
    assert phases == set(Phase) - {Phase.DISCLOSED}  # no instrument of this table asks for disclosure alone


def test_what_may_be_written_of_a_kind_is_what_may_be_written_at_all() -> None:
    """``kind_objection`` says no exactly where no content would help."""
    known, waiting = {Standing()}, [Standing()]
    steps = steps_of(PRESERVE.instrument)
    while waiting:
        now = waiting.pop()
        for side, sayable in steps.items():
            for kind in LetterKind:
                if kind_objection(now, kind, side=side, permits=PRESERVE) is not None:
                    reasons = {objection(now, s, side=side, permits=PRESERVE) for s in sayable if s.kind is kind}
                    assert None not in reasons
        for after in followed(now, PRESERVE, steps, defaultdict(Found)):
            if after not in known and len(known) < 300:
                known.add(after)
                waiting.append(after)


def test_each_reason_to_refuse_is_given_somewhere() -> None:
    given: set[Objection | None] = set()
    for name in NAMES:
        permits, steps = BY_NAME[name], steps_of(name)
        known, waiting = {Standing()}, [Standing()]
        while waiting and len(known) < 2000:
            now = waiting.pop()
            for side, sayable in steps.items():
                given |= {objection(now, step, side=side, permits=permits) for step in sayable}
            for after in followed(now, permits, steps, defaultdict(Found)):
                if after not in known:
                    known.add(after)
                    waiting.append(after)
    said_elsewhere = {
        Objection.UNREADABLE,
        Objection.NOT_YET_PRESERVED,
        Objection.EXTENSION_LENGTH,
        Objection.PART_REFUSED,
        Objection.CLOCK,
        Objection.DEADLINE,
        Objection.DEADLINE_PAST,
    }
    assert set(Objection) - said_elsewhere <= given
