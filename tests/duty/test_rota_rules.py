"""Who is on duty, who is told of what lies unopened, and what a turn is in other weeks: as tables and properties."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.ids import PersonId
from tocsin.base.instant import Instant, parse
from tocsin.duty.rules.rota import AGAIN, CHIEF, DEPUTY, FIRST, PLACES, Turn, calls, gaps, on_duty, repeated

DAY = parse("2026-11-24T00:00:00.000Z")
ANA, BOGDAN, CEZAR, DORA = (PersonId(name) for name in ("ana", "bogdan", "cezar", "dora"))


def hour(hours: float) -> Instant:
    return DAY + timedelta(hours=hours)


def turn(person: PersonId, place: str, begins: float, ends: float) -> Turn:
    return Turn(
        id=f"{person}-{begins}",
        person=person,
        place=place,
        zone="Europe/Bucharest",
        begins=hour(begins),
        ends=hour(ends),
    )


FULL = [turn(ANA, FIRST, 0, 24), turn(BOGDAN, DEPUTY, 0, 24), turn(CEZAR, CHIEF, 0, 24)]

CALLS = {
    "at once the first": (FULL, 0, [(FIRST, (ANA,))]),
    "a minute before the deputy's": (FULL, 14, [(FIRST, (ANA,))]),
    "the deputy when the minutes are over": (FULL, 15, [(FIRST, (ANA,)), (DEPUTY, (BOGDAN,))]),
    "the chief when as many again are over": (FULL, 30, [(FIRST, (ANA,)), (DEPUTY, (BOGDAN,)), (CHIEF, (CEZAR,))]),
    "all of them an hour after the chief": (
        FULL,
        90,
        [(FIRST, (ANA,)), (DEPUTY, (BOGDAN,)), (CHIEF, (CEZAR,)), (AGAIN, (ANA, BOGDAN, CEZAR))],
    ),
    "no deputy: the chief when the deputy's time has come": (
        [FULL[0], FULL[2]],
        15,
        [(FIRST, (ANA,)), (CHIEF, (CEZAR,))],
    ),
    "no first: the deputy at once": (FULL[1:], 0, [(DEPUTY, (BOGDAN,))]),
    "nobody: a call that names nobody": ([], 0, [(FIRST, ())]),
    "nobody, an hour later: once more": ([], 61, [(FIRST, ()), (AGAIN, ())]),
    "two are first: both": ([*FULL, turn(DORA, FIRST, 0, 24)], 0, [(FIRST, (ANA, DORA))]),
    "the shift changed: the deputy of the new one": (
        [FULL[0], turn(BOGDAN, DEPUTY, 0, 2), turn(DORA, DEPUTY, 2, 24)],
        15,
        [(FIRST, (ANA,)), (DEPUTY, (DORA,))],
    ),
}


@pytest.mark.parametrize("case", CALLS)
def test_the_chain_is_called_one_after_the_other(case: str) -> None:
    turns, after, expected = CALLS[case]
    since = hour(1.9)
    told = calls(turns, since=since, minutes=15, at=since + timedelta(minutes=after))
    assert [(each.place, each.told) for each in told] == expected


@given(st.integers(1, 240), st.integers(0, 5000), st.integers(0, 400))
def test_no_call_is_taken_back_as_time_passes_and_numbers_differ(minutes: int, after: int, more: int) -> None:
    since = hour(1)
    earlier = calls(FULL, since=since, minutes=minutes, at=since + timedelta(minutes=after))
    later = calls(FULL, since=since, minutes=minutes, at=since + timedelta(minutes=after + more))
    chain = [each for each in earlier if each.place in PLACES]
    assert [each for each in later if each.place in PLACES][: len(chain)] == chain
    assert len({each.number for each in later}) == len(later)
    assert all(since <= each.at <= since + timedelta(minutes=after + more) for each in later)


def test_a_turn_begins_when_it_begins_and_is_over_when_it_ends() -> None:
    turns = [turn(ANA, FIRST, 8, 20), turn(BOGDAN, FIRST, 20, 32)]
    assert [each.person for each in on_duty(turns, at=hour(8))[FIRST]] == [ANA]
    assert [each.person for each in on_duty(turns, at=hour(20))[FIRST]] == [BOGDAN]
    assert on_duty(turns, at=hour(7.99))[FIRST] == ()


GAPS = {
    "nobody at all": ([], [(0, 24)]),
    "a night without anybody": ([turn(ANA, FIRST, 8, 20)], [(0, 8), (20, 24)]),
    "without a break": ([turn(ANA, FIRST, -2, 12), turn(BOGDAN, FIRST, 12, 30)], []),
    "a deputy fills no gap": ([turn(ANA, FIRST, 0, 12), turn(BOGDAN, DEPUTY, 12, 24)], [(12, 24)]),
    "one within another": ([turn(ANA, FIRST, 0, 20), turn(BOGDAN, FIRST, 4, 6)], [(20, 24)]),
    "after the days that are asked for": ([turn(ANA, FIRST, 30, 40)], [(0, 24)]),
}


@pytest.mark.parametrize("case", GAPS)
def test_the_hours_in_which_nobody_is_first_are_told(case: str) -> None:
    turns, expected = GAPS[case]
    assert gaps(turns, since=hour(0), until=hour(24)) == [(hour(begin), hour(end)) for begin, end in expected]


def test_a_turn_repeats_at_the_same_time_on_the_wall_whatever_summer_time_does() -> None:
    begins, ends = parse("2026-10-20T17:00:00.000Z"), parse("2026-10-21T05:00:00.000Z")  # 20:00 to 08:00 there
    weeks = list(repeated(begins, ends, zone="Europe/Bucharest", weeks=2))
    assert weeks == [
        (begins, ends),
        (parse("2026-10-27T18:00:00.000Z"), parse("2026-10-28T06:00:00.000Z")),
    ]
