"""When an emergency has to be called back, which call counts, and what goes without: as tables and properties."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.instant import parse
from tocsin.law.instrument import instrument
from tocsin.requests.errors import CallBackFieldError
from tocsin.requests.rules.call_back import (
    OPEN,
    Call,
    CallState,
    Emergency,
    Outcome,
    call_standing,
    check_call,
    check_reason,
    emergency_of,
)
from tocsin.requests.rules.provenance import Before, Seen, Unusual, is_night, unusual

AT = parse("2026-11-24T03:00:00.000Z")
LIFE, SAFETY = Emergency(ground="life"), Emergency(ground="safety")


def call(outcome: Outcome, minutes: float, *, confirmed: bool = False) -> Call:
    return Call(outcome=outcome, at=AT + timedelta(minutes=minutes), confirmed=confirmed)


def no_answer(minutes: float) -> Call:
    return call(Outcome.NO_ANSWER, minutes)


# --- What is an emergency -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "level", "form", "found"),
    [
        ("budapest2-9-emergency", "emergency", {"emergency": {"ground": "life"}}, LIFE),
        ("eev-epoc", "emergency", {"emergency": {"ground": "critical-infrastructure"}}, "critical-infrastructure"),
        ("budapest-35-assist", "urgent", {"urgency": {"ground": "life"}}, LIFE),
        ("budapest-35-assist", "urgent", {"urgency": {"ground": "safety"}}, SAFETY),
        ("budapest-35-assist", "urgent", {"urgency": {"ground": "property"}}, None),
        ("dir2013-40-13-urgent", "urgent", {"urgency": {"ground": "loss-of-data"}}, None),
        ("budapest-31-stored", "ordinary", {}, None),
        ("budapest-31-stored", "ordinary", {"urgency": {"ground": "life"}}, LIFE),
        ("budapest-31-stored", "emergency", {}, ""),
        ("budapest-31-stored", "emergency", {"urgency": {"ground": "a word of its own"}}, ""),
        ("budapest-31-stored", "urgent", {"urgency": "life"}, None),
    ],
)
def test_an_emergency_is_what_the_instrument_counts_as_a_danger_to_persons(
    law: str, level: str, form: dict[str, Any], found: Emergency | str | None
) -> None:
    wanted = Emergency(ground=found) if isinstance(found, str) else found
    assert emergency_of(instrument(law), {"urgency": {"level": level}, "form": form}) == wanted


def test_an_emergency_that_comes_with_a_supplement_is_one() -> None:
    ask: dict[str, Any] = {"urgency": {"level": "ordinary"}, "form": {}}
    supplement: dict[str, Any] = {"fields": {"urgency": {"ground": "life", "reasons": "a threat"}}}
    assert emergency_of(instrument("budapest-31-stored"), ask, [supplement]) == LIFE


# --- How it stands --------------------------------------------------------------------------------

_TABLE = [
    ((), 0, CallState.NEEDED),
    ((call(Outcome.CONFIRMED, 0),), 1, CallState.WAITS_FOR_SECOND),
    ((call(Outcome.CONFIRMED, 0, confirmed=True),), 1, CallState.CONFIRMED),
    ((call(Outcome.DENIED, 0),), 1, CallState.DENIED),
    ((call(Outcome.DENIED, 0), call(Outcome.CONFIRMED, 1)), 2, CallState.WAITS_FOR_SECOND),
    ((call(Outcome.DENIED, 0), call(Outcome.CONFIRMED, 1, confirmed=True)), 2, CallState.CONFIRMED),
    ((call(Outcome.CONFIRMED, 0, confirmed=True), call(Outcome.DENIED, 1)), 2, CallState.DENIED),
    ((no_answer(0),), 29, CallState.UNANSWERED),
    ((no_answer(0),), 30, CallState.MAY_GO_WITHOUT),
    ((no_answer(0), no_answer(29)), 30, CallState.MAY_GO_WITHOUT),
    ((no_answer(0), call(Outcome.DENIED, 20)), 40, CallState.DENIED),
    ((no_answer(0), call(Outcome.CONFIRMED, 20)), 40, CallState.WAITS_FOR_SECOND),
]


@pytest.mark.parametrize(("calls", "minutes", "state"), _TABLE)
def test_how_an_emergency_stands_with_its_calls(calls: Sequence[Call], minutes: int, state: CallState) -> None:
    assert call_standing(LIFE, calls, at=AT + timedelta(minutes=minutes)).state is state


def test_without_danger_to_life_nobody_goes_without_however_long_it_takes() -> None:
    standing = call_standing(SAFETY, (no_answer(0),), at=AT + timedelta(days=2))
    assert (standing.state, standing.may_go_without_from) == (CallState.UNANSWERED, None)


def test_a_node_sets_its_own_minutes() -> None:
    standing = call_standing(LIFE, (no_answer(0),), minutes=5, at=AT + timedelta(minutes=5))
    assert standing.state is CallState.MAY_GO_WITHOUT


def test_who_decided_to_go_without_is_still_stopped_by_a_denial_and_by_a_forgery() -> None:
    later = AT + timedelta(hours=1)
    assert call_standing(LIFE, (no_answer(0),), went_without=True, at=later).state is CallState.WITHOUT
    denied = (no_answer(0), call(Outcome.DENIED, 40))
    assert call_standing(LIFE, denied, went_without=True, at=later).state is CallState.DENIED
    assert call_standing(LIFE, (), went_without=True, forged=True, at=later).state is CallState.FORGED
    assert call_standing(None, (), forged=True, at=later).barred


def test_what_is_no_emergency_needs_no_call() -> None:
    assert not call_standing(None, (call(Outcome.DENIED, 0),), at=AT).barred


_calls = st.lists(
    st.builds(
        Call,
        outcome=st.sampled_from(Outcome),
        at=st.integers(0, 500).map(lambda minutes: AT + timedelta(minutes=minutes)),
        confirmed=st.booleans(),
    ),
    unique_by=lambda call: call.at,
    max_size=8,
)


@given(_calls, st.randoms(use_true_random=False), st.booleans(), st.integers(0, 1000))
def test_the_order_in_which_calls_are_read_changes_nothing(
    calls: list[Call],
    chance: Any,
    went_without: bool,  # noqa: FBT001 - drawn by Hypothesis
    minutes: int,
) -> None:
    at, mixed = AT + timedelta(minutes=minutes), [*calls]
    chance.shuffle(mixed)
    assert call_standing(LIFE, calls, went_without=went_without, at=at) == call_standing(
        LIFE, mixed, went_without=went_without, at=at
    )


@given(_calls, st.booleans(), st.integers(0, 1000))
def test_data_leave_only_after_a_confirmed_call_or_a_written_decision(
    calls: list[Call],
    went_without: bool,  # noqa: FBT001 - drawn by Hypothesis
    minutes: int,
) -> None:
    standing = call_standing(LIFE, calls, went_without=went_without, at=AT + timedelta(minutes=minutes))
    if standing.state in OPEN:
        assert went_without or any(each.confirmed and each.outcome is Outcome.CONFIRMED for each in calls)
    last = max((each for each in calls if each.outcome is not Outcome.NO_ANSWER), key=lambda c: c.at, default=None)
    if last is not None and last.outcome is Outcome.DENIED:
        assert standing.barred


# --- What a call has to say -----------------------------------------------------------------------


def told(**changed: Any) -> dict[str, Any]:
    return {
        "number": "+44 20 7946 0123",
        "of_directory": "+442079460123",
        "answered_by": "Rui Inventado",
        "signed_by": "Ana Exemplo",
        "words": "Yes, we asked this at five past three.",
        "outcome": Outcome.CONFIRMED,
        **changed,
    }


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"number": "0044 20 7946-0123"},
        {"outcome": Outcome.NO_ANSWER, "answered_by": "", "words": ""},
        {"outcome": Outcome.NO_ANSWER, "answered_by": "", "words": "", "of_directory": "", "number": ""},
        {"outcome": Outcome.DENIED},
        {"signed_by": ""},
    ],
)
def test_a_call_that_proves_something_is_taken(changed: dict[str, Any]) -> None:
    check_call(**told(**changed))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"number": "+44 20 7946 0999"}, "number_from_card"),
        ({"number": ""}, "number_from_card"),
        ({"of_directory": "", "number": "+44 20 7946 0999"}, "number_from_card"),
        ({"answered_by": " "}, "answered_by"),
        ({"answered_by": "ana  EXEMPLO"}, "answered_by"),
        ({"words": ""}, "words"),
        ({"words": "x" * 2001}, "words"),
    ],
)
def test_a_call_that_proves_nothing_is_refused_at_its_field(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(CallBackFieldError) as refused:
        check_call(**told(**changed))
    assert refused.value.fields["field"] == field


@pytest.mark.parametrize("reason", ["", "life at risk", "x" * 2001, "a reason with a nul \0 in it"])
def test_a_reason_that_says_nothing_is_refused(reason: str) -> None:
    with pytest.raises(CallBackFieldError):
        check_reason(reason)


# --- What is unusual ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "before", "found"),
    [
        ({}, Before(requests=9, by_person=3, emergencies=1), []),
        ({}, Before(requests=0, by_person=0, emergencies=0), [Unusual.FIRST_REQUEST]),
        ({}, Before(requests=300, by_person=0, emergencies=2, bounded=True), [Unusual.FIRST_OF_PERSON]),
        ({"emergency": True}, Before(requests=9, by_person=3, emergencies=0), [Unusual.FIRST_EMERGENCY]),
        ({"key_since": AT - timedelta(days=29)}, Before(requests=9, by_person=3, emergencies=1), [Unusual.YOUNG_KEY]),
        ({"key_since": AT - timedelta(days=31)}, Before(requests=9, by_person=3, emergencies=1), []),
        ({"number_since": AT}, Before(requests=9, by_person=3, emergencies=1), [Unusual.YOUNG_NUMBER]),
        (
            {"written": parse("2026-11-24T01:00:00.000Z"), "directory_stale_since": AT},
            Before(requests=9, by_person=3, emergencies=1),
            [Unusual.NIGHT_THERE, Unusual.DIRECTORY_STALE],
        ),
    ],
)
def test_what_is_unusual_is_told_as_facts(changed: dict[str, Any], before: Before, found: list[Unusual]) -> None:
    seen = Seen(**{"written": parse("2026-11-24T10:00:00.000Z"), "zone": "Europe/Bucharest", **changed})
    assert [fact.what for fact in unusual(seen, before, at=AT)] == found


@pytest.mark.parametrize(
    ("at", "zone", "night"),
    [
        ("2026-11-24T03:59:00.000Z", "Europe/Bucharest", True),
        ("2026-11-24T04:00:00.000Z", "Europe/Bucharest", False),
        ("2026-11-24T20:00:00.000Z", "Europe/Bucharest", True),
        ("2026-07-24T19:00:00.000Z", "Europe/Bucharest", True),
    ],
)
def test_night_is_by_the_wall_of_the_senders_zone(
    at: str,
    zone: str,
    night: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert is_night(parse(at), zone=zone) is night
