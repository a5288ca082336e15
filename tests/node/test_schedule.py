"""The schedule: what may stand in it, and that procrastinate reads it as it was meant."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from croniter import croniter  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from procrastinate import App
from procrastinate.testing import InMemoryConnector

from tests.node.test_config import GOOD, HOME
from tocsin.node.config import config_of
from tocsin.node.schedule import Turn, cron_of, register, schedule, turns_of

DAY = 86400
POSSIBLE = [
    timedelta(seconds=seconds)
    for unit, size in ((60, 1), (3600, 60), (DAY, 3600))
    for seconds in range(size, unit, size)
    if unit % seconds == 0
] + [timedelta(days=1)]


@pytest.mark.parametrize(
    ("every", "cron"),
    [
        (timedelta(seconds=5), "* * * * * */5"),
        (timedelta(minutes=1), "*/1 * * * *"),
        (timedelta(minutes=15), "*/15 * * * *"),
        (timedelta(hours=1), "0 */1 * * *"),
        (timedelta(hours=6), "0 */6 * * *"),
        (timedelta(days=1), "0 0 * * *"),
    ],
)
def test_a_turn_is_written_as_procrastinate_reads_it(every: timedelta, cron: str) -> None:
    assert cron_of(every) == cron


@given(st.sampled_from(POSSIBLE), st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))  # noqa: DTZ001 - made aware below
def test_turns_follow_each_other_at_exactly_their_distance(every: timedelta, begin: datetime) -> None:
    turns = croniter(cron_of(every), begin.replace(tzinfo=UTC))
    instants = [turns.get_next(datetime) for _ in range(5)]
    assert {later - earlier for earlier, later in pairwise(instants)} == {every}


@pytest.mark.parametrize("seconds", [0, -5, 7, 45, 90, 7 * 60, 5 * 3600, 2 * DAY, 0.5])
def test_what_does_not_divide_a_minute_an_hour_or_a_day_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="does not divide"):
        cron_of(timedelta(seconds=seconds))


def test_a_task_that_nobody_has_is_refused() -> None:
    with pytest.raises(KeyError, match="unknown"):
        register(App(connector=InMemoryConnector()), [Turn("unknown", every=timedelta(minutes=1))])


def test_every_turn_of_the_schedule_can_be_written() -> None:
    assert all(cron_of(turn.every) for turn in schedule())
    assert len({turn.task for turn in schedule()}) == len(schedule())


def test_a_node_asks_for_no_turn_of_what_it_does_not_do() -> None:
    whole = {turn.task for turn in schedule()}
    plain = {turn.task for turn in turns_of(config_of(GOOD, home=HOME))}
    assert whole - plain == {"tocsin.mail.deliver", "tocsin.mail.fetch", "tocsin.bells.ring", "tocsin.exercise.play"}
    mail = {"address": "desk@authority.example", "smtp_host": "127.0.0.1", "imap_host": "127.0.0.1"}
    everything = {**GOOD, "exercise": True, "mail": mail, "bells": {"gateways": True}}
    assert {turn.task for turn in turns_of(config_of(everything, home=HOME))} == whole
