"""How a running clock stands: one table for each kind, stops, extensions, warnings, and what never changes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.law.places import place_in
from tests.law.test_clock import CLOCKS
from tocsin.law.calendar import GivenHolidays
from tocsin.law.clock import ClockKind, Due, Standing
from tocsin.law.counting import Interpretation, Length, Readings, Span, Unit
from tocsin.law.errors import ClockFactsFaultyError, InstantWithoutZoneError
from tocsin.law.running import (
    STOPS,
    Extension,
    ExtensionStanding,
    Interval,
    NewEnd,
    Phase,
    RunningClock,
    Stop,
    next_change,
    state_of,
    warnings_of,
)

BRUSSELS = place_in("Europe/Brussels")
PARIS = place_in("Europe/Paris")
NONE = GivenHolidays.of([])
NAIVE: Any = datetime(2026, 11, 23, 10)  # noqa: DTZ001 - the fault itself
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def at(text: str) -> datetime:
    """``23 10:17`` is that time of November 2026 in Brussels; a longer text is an instant of its own."""
    return datetime.fromisoformat(text if "T" in text else f"2026-11-{text[:2]}T{text[3:]}:00+01:00")


def running(name: str, since: str, **facts: Any) -> RunningClock:
    return RunningClock(**{"rule": CLOCKS[name], "place": BRUSSELS, "since": at(since), "holidays": NONE, **facts})


def phase(clock: RunningClock, instant: str) -> Phase:
    return state_of(clock, at=at(instant)).phase


# Deadlines: Directive 2013/40, Article 13, eight hours from Monday 23 November, 10:17:
# strict 18:17, legal latest 19:00, a quarter before the strict end 16:17

EIGHT_HOURS = running("dir2013_40.13.1.urgent", "23 10:17")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("23 10:17", Phase.RUNNING),
        ("23 16:16", Phase.RUNNING),
        ("23 16:17", Phase.WARNING),
        ("23 18:16", Phase.WARNING),
        ("23 18:17", Phase.STRICT_PASSED),
        ("2026-11-23T18:59:59.999999+01:00", Phase.STRICT_PASSED),
        ("23 19:00", Phase.MISSED),
        ("24 19:00", Phase.MISSED),
    ],
)
def test_a_deadline_without_an_answer_warns_and_is_missed_at_its_legal_latest_end(now: str, expected: Phase) -> None:
    assert phase(EIGHT_HOURS, now) is expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("23 10:17", Phase.MET),
        ("23 18:30", Phase.MET),  # after the strict end and before the legal one
        ("2026-11-23T18:59:59.999999+01:00", Phase.MET),
        ("23 19:00", Phase.MET_LATE),  # the end is exclusive
        ("24 08:00", Phase.MET_LATE),
    ],
)
def test_a_deadline_is_met_by_an_answer_received_before_its_end(answer: str, expected: Phase) -> None:
    """C-171/03: received, not sent."""
    clock = replace(EIGHT_HOURS, act=at(answer))
    assert phase(clock, "30 00:00") is expected


def test_an_answer_counts_only_from_when_it_came() -> None:
    clock = replace(EIGHT_HOURS, act=at("23 20:00"))
    assert [phase(clock, now) for now in ("23 12:00", "23 19:30", "23 20:00")] == [
        Phase.RUNNING, Phase.MISSED, Phase.MET_LATE,
    ]  # fmt: skip
    assert state_of(clock, at=at("25 00:00")).late_by == HOUR


def test_time_left_runs_to_the_strict_end_and_below_nothing() -> None:
    assert state_of(EIGHT_HOURS, at=at("23 17:17")).left == HOUR
    assert state_of(EIGHT_HOURS, at=at("23 18:47")).left == -HOUR / 2
    assert state_of(replace(EIGHT_HOURS, act=at("23 12:00")), at=at("23 13:00")).left is None


def test_at_six_of_eight_hours_the_warning_is_reached() -> None:
    """Scenario S04: a quarter of the time before the strict end."""
    warnings = warnings_of(EIGHT_HOURS, at=at("23 10:17"))
    assert [(each.before, each.at) for each in warnings] == [(2 * HOUR, at("23 16:17"))]
    assert state_of(EIGHT_HOURS, at=at("23 16:17")).warning == 2 * HOUR


def test_a_duty_that_fell_away_is_neither_met_nor_missed() -> None:
    withdrawn = replace(EIGHT_HOURS, lifted=at("23 12:00"))
    assert [phase(withdrawn, now) for now in ("23 11:00", "23 12:00", "29 12:00")] == [
        Phase.RUNNING, Phase.LIFTED, Phase.LIFTED,
    ]  # fmt: skip
    assert phase(replace(withdrawn, act=at("23 13:00")), "29 12:00") is Phase.LIFTED
    assert phase(replace(withdrawn, act=at("23 11:30")), "29 12:00") is Phase.MET


def test_what_was_missed_stays_missed_when_the_duty_falls_away_later() -> None:
    late = replace(EIGHT_HOURS, lifted=at("23 20:00"))
    assert phase(late, "29 12:00") is Phase.MISSED
    assert state_of(late, at=at("29 12:00")).late_by == HOUR


def test_an_authority_may_set_a_new_end() -> None:
    """2023/1543, Art. 10(8): ten days from Monday 23 November end with 3 December; the new end is the 10th."""
    new_end = NewEnd(at=at("30 09:00"), until=at("2026-12-11T00:00:00+01:00"))
    clock = running("eev.10.3.produce", "23 10:17", new_ends=(new_end,))
    before = state_of(clock, at=at("29 12:00")).due.span
    assert before is not None
    assert before.last_day == date(2026, 12, 3)
    after = state_of(clock, at=at("30 09:00")).due.span
    assert after is not None
    assert (after.legal_latest, after.last_day) == (new_end.until, date(2026, 12, 10))
    assert phase(clock, "2026-12-10T23:00:00+01:00") is Phase.WARNING
    assert phase(clock, "2026-12-11T00:00:00+01:00") is Phase.MISSED


def test_a_new_end_set_before_a_stop_gives_way_to_the_period_after_it() -> None:
    clock = running(
        "eev.10.3.produce",
        "23 10:17",
        new_ends=(NewEnd(at=at("24 09:00"), until=at("26 00:00")),),
        stops=(Stop(at("25 09:00"), at("30 09:00"), STOPS["eev.10.6"]),),
    )
    assert phase(clock, "30 10:00") is Phase.RUNNING
    span = state_of(clock, at=at("30 10:00")).due.span
    assert span is not None
    assert span.last_day == date(2026, 12, 10)


def test_a_delay_that_the_law_allows_stops_nothing_and_is_told_beside_the_miss() -> None:
    """2023/977, Art. 5(2): judicial authorisation."""
    clock = running("d977.5.1a.urgent_direct", "23 10:17", deviation=at("23 15:00"))
    assert phase(clock, "23 16:00") is Phase.RUNNING
    missed = state_of(clock, at=at("23 19:00"))
    assert (missed.phase, missed.announced_deviation) == (Phase.MISSED, at("23 15:00"))


# A line that was down


def test_a_line_that_was_down_is_told_beside_a_miss_and_moves_nothing() -> None:
    cut = Interval(at("23 09:00"), at("23 18:00"))
    clock = replace(EIGHT_HOURS, line_down=(cut, Interval(at("23 18:30")), Interval(at("22 00:00"), at("22 01:00"))))
    running_on = state_of(clock, at=at("23 17:00"))
    assert (running_on.phase, running_on.due, running_on.line_down) == (
        Phase.WARNING, state_of(EIGHT_HOURS, at=at("23 17:00")).due, (),
    )  # fmt: skip
    missed = state_of(clock, at=at("24 00:00"))
    assert missed.phase is Phase.MISSED
    assert missed.line_down == (Interval(at("23 10:17"), at("23 18:00")), Interval(at("23 18:30"), at("23 19:00")))
    assert missed.due == state_of(EIGHT_HOURS, at=at("24 00:00")).due


def test_a_line_that_was_down_before_or_after_the_period_is_no_reason() -> None:
    cuts = (Interval(at("22 00:00"), at("23 10:17")), Interval(at("23 19:00"), at("24 00:00")))
    assert state_of(replace(EIGHT_HOURS, line_down=cuts), at=at("25 00:00")).line_down == ()


# Stops

CLARIFY = STOPS["eev.10.6"]


def test_a_question_stops_the_production_clock_and_its_answer_gives_a_new_full_period() -> None:
    """2023/1543, Art. 10(6). Eight hours from 10:17; asked at 12:00, answered at 20:30: until 05:00, strict 04:30."""
    clock = running("eev.10.4.emergency", "23 10:17", stops=(Stop(at("23 12:00"), at("23 20:30"), CLARIFY),))
    assert [phase(clock, now) for now in ("23 11:00", "23 12:00", "23 19:30", "23 20:30", "24 04:30", "24 05:00")] == [
        Phase.RUNNING, Phase.STOPPED, Phase.STOPPED, Phase.RUNNING, Phase.STRICT_PASSED, Phase.MISSED,
    ]  # fmt: skip
    after = state_of(clock, at=at("23 21:00"))
    assert after.since == at("23 20:30")
    assert after.due.span is not None
    assert Interpretation.PERIOD_AFTER_STOP in after.due.span.interpretations
    stopped = state_of(clock, at=at("23 19:30"))
    assert (stopped.stopped_by, stopped.left) == (CLARIFY, None)


def test_a_stop_may_be_read_to_give_back_what_was_left() -> None:
    rule = replace(CLOCKS["eev.10.4.emergency"], readings=Readings(stop_gives_full_period=False))
    stops = (Stop(at("23 12:00"), at("23 20:30"), CLARIFY),)
    span = state_of(running("eev.10.4.emergency", "23 10:17", rule=rule, stops=stops), at=at("23 21:00")).due.span
    assert span is not None
    assert span.strict == at("24 02:47")  # 18:17 and the eight and a half hours of the stop
    assert Interpretation.PERIOD_AFTER_STOP in span.interpretations


@pytest.mark.parametrize("name", ["tco.3.7", "tco.3.8"])
def test_the_hour_of_a_removal_order_begins_anew_because_the_law_says_so(name: str) -> None:
    """2021/784, Art. 3(7)-(8)."""
    clock = running("tco.3.3.remove", "23 10:17", stops=(Stop(at("23 10:30"), at("23 14:05"), STOPS[name]),))
    span = state_of(clock, at=at("23 14:05")).due.span
    assert span == Span(at("23 15:05"), at("23 16:00"))


def test_stops_that_overlap_are_one_and_the_last_to_end_gives_the_reason() -> None:
    stops = (
        Stop(at("23 12:00"), at("23 14:00"), CLARIFY),
        Stop(at("23 13:00"), at("23 15:00"), STOPS["tco.3.7"]),
        Stop(at("23 13:10"), at("23 13:20"), CLARIFY),
        Stop(at("23 17:00"), None, CLARIFY),
    )
    for order in (stops, stops[::-1]):
        clock = running("eev.10.4.emergency", "23 10:17", stops=order)
        state = state_of(clock, at=at("23 16:00"))
        assert (state.phase, state.since) == (Phase.RUNNING, at("23 15:00"))
        assert state.due.span is not None
        assert Interpretation.PERIOD_AFTER_STOP not in state.due.span.interpretations  # 3(7) says so itself
        assert phase(clock, "23 14:30") is Phase.STOPPED
        assert phase(clock, "29 00:00") is Phase.STOPPED


def test_a_stop_after_the_end_stops_nothing() -> None:
    clock = replace(EIGHT_HOURS, stops=(Stop(at("23 19:00"), at("24 12:00"), CLARIFY),))
    assert [phase(clock, now) for now in ("23 20:00", "24 13:00")] == [Phase.MISSED, Phase.MISSED]


def test_an_answer_during_a_stop_is_in_time() -> None:
    clock = replace(EIGHT_HOURS, stops=(Stop(at("23 12:00"), None, CLARIFY),), act=at("25 12:00"))
    assert phase(clock, "29 00:00") is Phase.MET


@pytest.mark.parametrize("name", ["eev.12.2", "eev.17.3"])
def test_handing_over_while_a_refusal_or_an_objection_stands_is_a_fault(name: str) -> None:
    stops = (Stop(at("23 12:00"), at("26 12:00"), STOPS[name]),)
    clock = running("eev.10.3.produce", "23 10:17", stops=stops)
    assert phase(replace(clock, act=at("25 12:00")), "29 00:00") is Phase.TOO_EARLY
    assert phase(replace(clock, act=at("26 12:00")), "29 00:00") is Phase.MET


@pytest.mark.parametrize("name", ["ets185.29.7.preserve_min", "eev.11.1.preserve", "tco.3.2.prior_info"])
def test_nothing_stops_what_is_kept_or_announced(name: str) -> None:
    """2023/1543, Art. 10(9): preservation goes on."""
    with pytest.raises(ClockFactsFaultyError) as raised:
        running(name, "23 10:17", stops=(Stop(at("23 12:00")),))
    assert raised.value.fields["field"] == "stops"


# A minimum duration: ETS 185, Article 29(7), sixty days from Tuesday 1 September 2026, 11:00 in Paris:
# strict Saturday 31 October 10:00, legal latest 1 November 00:00

FLOOR = running("ets185.29.7.preserve_min", "2026-09-01T11:00:00+02:00", place=PARIS)
BEFORE_END = "2026-10-31T12:00:00+01:00"
END = "2026-11-01T00:00:00+01:00"


@pytest.mark.parametrize(
    ("now", "expected", "warning"),
    [
        ("2026-09-01T11:00:00+02:00", Phase.RUNNING, None),
        ("2026-10-17T10:59:59+02:00", Phase.RUNNING, None),
        ("2026-10-17T11:00:00+02:00", Phase.WARNING, 14),
        ("2026-10-24T11:00:00+02:00", Phase.WARNING, 7),
        ("2026-10-29T10:00:00+01:00", Phase.WARNING, 2),
        (BEFORE_END, Phase.STRICT_PASSED, None),
        (END, Phase.LAPSED, None),
        ("2027-06-01T00:00:00+02:00", Phase.LAPSED, None),
    ],
)
def test_preservation_warns_at_14_7_and_2_days_and_lapses_at_the_later_end(
    now: str, expected: Phase, warning: int | None
) -> None:
    state = state_of(FLOOR, at=at(now))
    assert (state.phase, state.warning) == (expected, None if warning is None else warning * DAY)


@pytest.mark.parametrize(
    ("let_go", "expected"),
    [("2026-10-30T00:00:00+01:00", Phase.TOO_EARLY), (BEFORE_END, Phase.TOO_EARLY), (END, Phase.MET)],
)
def test_what_must_be_kept_may_never_be_let_go_before_the_later_end(let_go: str, expected: Phase) -> None:
    state = state_of(replace(FLOOR, act=at(let_go)), at=at("2026-12-01T00:00:00+01:00"))
    assert (state.phase, state.may_act_from) == (expected, at(END))
    assert state.early_by == max(at(END) - at(let_go), timedelta(0))


def test_a_follow_up_keeps_what_is_kept_until_it_is_decided() -> None:
    arrived, decided = at("2026-10-20T09:00:00+02:00"), at("2027-02-01T09:00:00+01:00")
    undecided = replace(FLOOR, follow_up=Interval(arrived))
    assert [phase(undecided, now) for now in (END, "2027-01-01T00:00:00+01:00")] == [Phase.OPEN_ENDED] * 2
    assert warnings_of(undecided, at=arrived) == ()
    assert warnings_of(undecided, at=arrived - SECOND) != ()
    let_go = replace(undecided, act=at("2027-01-01T00:00:00+01:00"))
    assert phase(let_go, "2027-02-01T00:00:00+01:00") is Phase.TOO_EARLY
    done = replace(FLOOR, follow_up=Interval(arrived, decided))
    assert phase(done, "2027-01-31T00:00:00+01:00") is Phase.OPEN_ENDED
    assert phase(done, "2027-02-01T09:00:00+01:00") is Phase.LAPSED
    assert state_of(done, at=decided).may_act_from == decided


def test_a_follow_up_decided_early_does_not_shorten_a_floor() -> None:
    early = replace(
        FLOOR, follow_up=Interval(at("2026-09-10T09:00:00+02:00"), at("2026-09-20T09:00:00+02:00"))
    )  # fmt: skip
    assert state_of(early, at=at("2026-09-21T00:00:00+02:00")).may_act_from == at(END)
    assert phase(early, "2026-09-21T00:00:00+02:00") is Phase.RUNNING


def test_a_follow_up_that_came_after_a_floor_still_keeps_what_nobody_let_go() -> None:
    late = replace(FLOOR, follow_up=Interval(at("2026-11-05T09:00:00+01:00")))
    assert [phase(late, now) for now in ("2026-11-04T09:00:00+01:00", "2026-11-05T09:00:00+01:00")] == [
        Phase.LAPSED, Phase.OPEN_ENDED,
    ]  # fmt: skip


def test_a_withdrawn_preservation_may_be_let_go_at_once() -> None:
    withdrawn = replace(FLOOR, lifted=at("2026-09-15T09:00:00+02:00"), act=at("2026-09-15T10:00:00+02:00"))
    state = state_of(withdrawn, at=at("2026-09-16T00:00:00+02:00"))
    assert (state.phase, state.may_act_from) == (Phase.LIFTED, None)


# A maximum duration: 2023/1543, Article 11(1), the same sixty days in Paris, under Regulation 1182/71:
# strict Saturday 31 October 10:00, legal latest the end of Monday 2 November

CEILING = running("eev.11.1.preserve", "2026-09-01T11:00:00+02:00", place=PARIS)
CEILING_END = "2026-11-03T00:00:00+01:00"


def test_a_floor_and_a_ceiling_of_the_same_length_end_differently() -> None:
    """Twenty facts, no. 11."""
    assert state_of(FLOOR, at=at("2026-09-01T11:00:00+02:00")).may_act_from == at(END)
    assert state_of(CEILING, at=at("2026-09-01T11:00:00+02:00")).may_act_from == at(CEILING_END)
    assert [phase(CEILING, now) for now in (BEFORE_END, END, CEILING_END)] == [
        Phase.STRICT_PASSED, Phase.STRICT_PASSED, Phase.LAPSED,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("received", "standing", "last_day", "strict"),
    [
        ("2026-10-01T09:00:00+02:00", ExtensionStanding.IN_TIME, date(2026, 12, 2), "2026-11-30T10:00:00+01:00"),
        ("2026-10-31T09:59:59+01:00", ExtensionStanding.IN_TIME, date(2026, 12, 2), "2026-11-30T10:00:00+01:00"),
        # after the strict end, before the rolled one: kept by, and marked as doubtful
        ("2026-10-31T10:00:00+01:00", ExtensionStanding.IN_ROLLED_DAYS, date(2026, 12, 2), "2026-11-30T10:00:00+01:00"),
        # too late: the duty has ended
        ("2026-11-03T00:00:00+01:00", ExtensionStanding.TOO_LATE, date(2026, 11, 2), "2026-10-31T10:00:00+01:00"),
    ],
)
def test_thirty_more_days_count_only_if_they_came_within_the_sixty(
    received: str, standing: ExtensionStanding, last_day: date, strict: str
) -> None:
    clock = replace(CEILING, extension=Extension(at(received), Length(30, Unit.DAYS)))
    before = state_of(clock, at=at(received) - SECOND)
    assert (before.extension, before.due) == (ExtensionStanding.NONE, state_of(CEILING, at=at(END)).due)
    after = state_of(clock, at=at(received))
    assert after.extension is standing
    assert after.due.span is not None
    assert (after.due.span.last_day, after.due.span.strict) == (last_day, at(strict))
    doubtful = Interpretation.EXTENSION_IN_ROLLED_DAYS in after.due.span.interpretations
    assert doubtful is (standing is ExtensionStanding.IN_ROLLED_DAYS)


def test_a_production_request_on_its_way_opens_a_ceiling_only_if_it_came_before_the_end() -> None:
    """2023/1543, Annex V; after the end the duty has ceased by itself."""
    in_time = replace(CEILING, follow_up=Interval(at(CEILING_END) - SECOND))
    too_late = replace(CEILING, follow_up=Interval(at(CEILING_END)))
    later = "2027-03-01T00:00:00+01:00"
    assert (phase(in_time, later), phase(too_late, later)) == (Phase.OPEN_ENDED, Phase.LAPSED)
    extended = replace(
        CEILING,
        extension=Extension(at("2026-10-01T09:00:00+02:00"), Length(30, Unit.DAYS)),
        follow_up=Interval(at("2026-12-01T00:00:00+01:00")),
    )
    assert phase(extended, later) is Phase.OPEN_ENDED


def test_silence_to_a_question_frees_the_provider() -> None:
    """2023/1543, Art. 11(5); twenty facts, no. 4."""
    freed = replace(CEILING, lifted=at("2026-09-08T00:00:00+02:00"))
    assert phase(freed, "2026-09-08T00:00:00+02:00") is Phase.LIFTED


# The right to extend

UNEXTENDED = Span(at("2026-10-31T10:00:00+01:00"), at(CEILING_END), date(2026, 11, 2))
TO_EXTEND = running("eev.11.1.extension", "2026-09-01T11:00:00+02:00", place=PARIS, of=UNEXTENDED)


@pytest.mark.parametrize(
    ("sent", "now", "expected"),
    [
        (None, "2026-10-16T00:00:00+02:00", Phase.RUNNING),
        (None, "2026-10-17T11:00:00+02:00", Phase.WARNING),
        (None, "2026-10-31T10:00:00+01:00", Phase.LAPSED),
        ("2026-10-31T09:59:59+01:00", "2026-11-01T00:00:00+01:00", Phase.MET),
        ("2026-10-31T10:00:00+01:00", "2026-11-01T00:00:00+01:00", Phase.MET_LATE),
    ],
)
def test_an_extension_is_to_be_received_before_the_earlier_end(sent: str | None, now: str, expected: Phase) -> None:
    clock = replace(TO_EXTEND, act=at(sent) if sent else None)
    assert phase(clock, now) is expected


# Due at the end: 2023/1543, Article 10(2), ten days from Monday 23 November 10:17 end with 3 December

WITH_NOTICE = running("eev.10.2.produce_notified", "23 10:17")
DAY_TEN = "2026-12-04T00:00:00+01:00"


@pytest.mark.parametrize(
    ("confirmed", "act", "now", "expected"),
    [
        # nothing done: wait, then it is due, then it is missed
        (None, None, "2026-12-03T23:59:59+01:00", Phase.WAITING),
        (None, None, DAY_TEN, Phase.DUE_NOW),
        (None, None, "2026-12-05T00:00:00+01:00", Phase.MISSED),
        # too early is as wrong as too late (twenty facts, no. 2), by a second and after the strict end too
        (None, "2026-12-03T23:59:59+01:00", DAY_TEN, Phase.TOO_EARLY),
        (None, "2026-12-03T12:00:00+01:00", DAY_TEN, Phase.TOO_EARLY),
        (None, DAY_TEN, "2026-12-09T00:00:00+01:00", Phase.MET),
        (None, "2026-12-04T23:00:00+01:00", "2026-12-09T00:00:00+01:00", Phase.MET),
        (None, "2026-12-05T00:00:00+01:00", "2026-12-09T00:00:00+01:00", Phase.MET_LATE),
        # released on the 27th: from then on a deadline like others
        ("27 09:00", None, "27 08:59", Phase.WAITING),
        ("27 09:00", None, "27 09:00", Phase.RUNNING),
        ("27 09:00", None, "2026-12-03T12:00:00+01:00", Phase.STRICT_PASSED),
        ("27 09:00", None, DAY_TEN, Phase.MISSED),
        ("27 09:00", "27 08:59", "29 00:00", Phase.TOO_EARLY),  # a release that comes later mends nothing
        ("27 09:00", "27 09:00", "29 00:00", Phase.MET),
        ("27 09:00", DAY_TEN, "2026-12-09T00:00:00+01:00", Phase.MET_LATE),
        # a release after the end releases nothing
        ("2026-12-04T10:00:00+01:00", None, "2026-12-04T11:00:00+01:00", Phase.DUE_NOW),
    ],
)
def test_an_act_due_at_the_end_waits_for_it_or_for_a_confirmation(
    confirmed: str | None, act: str | None, now: str, expected: Phase
) -> None:
    clock = replace(
        WITH_NOTICE, confirmation=at(confirmed) if confirmed else None, act=at(act) if act else None
    )  # fmt: skip
    assert phase(clock, now) is expected


def test_how_much_too_early_is_told() -> None:
    state = state_of(replace(WITH_NOTICE, act=at("2026-12-03T23:00:00+01:00")), at=at(DAY_TEN))
    assert (state.early_by, state.may_act_from, state.late_by) == (HOUR, at(DAY_TEN), timedelta(0))
    assert state.due.span is not None
    assert Interpretation.DUE_AT_THE_END in state.due.span.interpretations


def test_how_long_the_end_lasts_is_a_reading() -> None:
    rule = replace(CLOCKS["eev.10.2.produce_notified"], readings=Readings(at_the_end_hours=1))
    clock = running("eev.10.2.produce_notified", "23 10:17", rule=rule)
    assert phase(clock, "2026-12-04T01:00:00+01:00") is Phase.MISSED


def test_an_emergency_does_not_wait() -> None:
    """2023/1543, Art. 8(4): another clock, without suspension."""
    assert CLOCKS["eev.10.4.emergency"].kind is ClockKind.DEADLINE_MAX


# A look forward: 2021/784, Article 3(2), twelve hours from 08:20: strict 20:20, legal 21:00 (V10)


@pytest.mark.parametrize(
    ("act", "now", "expected"),
    [
        (None, "23 20:59", Phase.WAITING),
        (None, "23 21:00", Phase.MAY_ACT),
        ("23 20:30", "23 21:00", Phase.TOO_EARLY),
        ("23 21:00", "23 21:00", Phase.MET),
        ("23 08:00", "23 21:00", Phase.TOO_EARLY),  # before anything was said at all
    ],
)
def test_a_first_order_may_be_issued_from_the_later_end_on(act: str | None, now: str, expected: Phase) -> None:
    clock = running("tco.3.2.prior_info", "23 08:20", act=at(act) if act else None)
    assert phase(clock, now) is expected
    assert state_of(clock, at=at(now)).may_act_from == at("23 21:00")


# Words, targets, national law, dates


def test_a_word_is_open_until_it_is_done_and_is_never_missed() -> None:
    clock = running("ets185.35.1.24_7", "23 10:17")
    assert [phase(clock, now) for now in ("23 10:17", "2036-01-01T00:00:00+01:00")] == [Phase.OPEN] * 2
    assert phase(replace(clock, act=at("23 11:00")), "23 12:00") is Phase.MET
    assert state_of(clock, at=at("23 12:00")).due == Due(Standing.WORD)
    assert next_change(clock, at=at("23 12:00")) is None


@pytest.mark.parametrize("name", ["ets185.35.1.24_7", "cets224.8.6.return_subscriber", "eev.10.1.preserve"])
def test_a_target_is_passed_and_never_missed_and_what_follows_is_never_late(name: str) -> None:
    clock = running(name, "23 10:17", target=at("23 14:17"))
    later = at("2027-06-01T00:00:00+02:00")
    passed = state_of(clock, at=later)
    assert (passed.phase, passed.due.standing) == (Phase.TARGET_PASSED, Standing.TARGET)
    done = state_of(replace(clock, act=later - HOUR), at=later)
    assert (done.phase, done.late_by) == (Phase.MET, timedelta(0))


def test_a_target_warns_a_quarter_before() -> None:
    clock = running("ets185.35.1.24_7", "23 10:17", target=at("23 14:17"))
    assert [phase(clock, now) for now in ("23 13:16", "23 13:17", "23 14:17")] == [
        Phase.RUNNING, Phase.WARNING, Phase.TARGET_PASSED,
    ]  # fmt: skip
    assert warnings_of(replace(clock, target=at("23 09:00")), at=at("23 11:00")) == ()


def test_what_national_law_has_not_recorded_stays_unsaid() -> None:
    objection = running("eev.17.2.objection", "23 10:17", law_of="RO")
    state = state_of(objection, at=at("2027-06-01T00:00:00+02:00"))
    assert (state.phase, state.due.country, state.left, state.due.span) == (Phase.NOT_RECORDED, "RO", None, None)
    assert phase(replace(objection, act=at("24 10:00")), "25 00:00") is Phase.MET


def test_an_extension_does_not_move_an_aim_under_unknown_law() -> None:
    objection = running("eev.17.2.objection", "23 10:17", law_of="RO", target=at("30 12:00"))
    extended = replace(objection, extension=Extension(at("24 12:00"), Length(5, Unit.DAYS)))
    assert state_of(extended, at=at("25 12:00")).due == state_of(objection, at=at("25 12:00")).due


def test_nobody_can_say_whether_what_unknown_law_keeps_was_kept_long_enough() -> None:
    order = running("ets185.16.2.preserve_max", "23 10:17")
    assert phase(order, "2027-06-01T00:00:00+02:00") is Phase.NOT_RECORDED
    assert phase(replace(order, act=at("24 10:00")), "25 00:00") is Phase.NOT_RECORDED
    assert phase(replace(order, follow_up=Interval(at("24 10:00"))), "25 00:00") is Phase.OPEN_ENDED
    assert phase(replace(order, lifted=at("24 10:00")), "25 00:00") is Phase.LIFTED


def test_a_day_on_which_something_happens_by_itself_arrives() -> None:
    clock = running("uncc.65.entry", "23 10:17")
    assert [phase(clock, now) for now in ("2027-02-20T23:59:59+01:00", "2027-02-21T00:00:00+01:00")] == [
        Phase.RUNNING, Phase.ARRIVED,
    ]  # fmt: skip


def test_a_yearly_report_is_missed_when_its_date_has_ended() -> None:
    clock = running("eev.28.2.stats", "2026-06-01T00:00:00+02:00")
    assert phase(clock, "2027-03-31T23:59:59+02:00") is Phase.WARNING
    assert phase(clock, "2027-04-01T00:00:00+02:00") is Phase.MISSED


def test_an_answer_promised_for_thursday_noon_is_a_target() -> None:
    """Scenario S04: the second clock."""
    rule = replace(CLOCKS["ets185.27.7.inform"], unit=Unit.AS_PROMISED)
    promise = running("ets185.27.7.inform", "23 12:00", rule=rule, target=at("26 12:00"))
    assert state_of(promise, at=at("26 12:00")).phase is Phase.TARGET_PASSED


# Warnings


def test_warnings_may_be_those_that_the_instrument_names() -> None:
    rule = replace(CLOCKS["dir2013_40.13.1.urgent"], warnings=(HOUR, 4 * HOUR, 9 * HOUR))
    clock = running("dir2013_40.13.1.urgent", "23 10:17", rule=rule)
    found = [each.before for each in warnings_of(clock, at=at("23 11:00"))]
    assert found == [4 * HOUR, HOUR]  # nine hours before an end of eight there was nothing to warn of
    silent = replace(rule, warnings=())
    assert warnings_of(replace(clock, rule=silent), at=at("23 11:00")) == ()


def test_a_link_of_ten_days_warns_at_seven_and_two() -> None:
    clock = running("eev.ir1550.3_3_3.link_window", "23 10:17")
    assert [each.before for each in warnings_of(clock, at=at("23 11:00"))] == [7 * DAY, 2 * DAY]


# Facts that cannot be


@pytest.mark.parametrize(
    ("name", "facts", "field"),
    [
        ("eev.10.3.produce", {"stops": (Stop(at("24 12:00"), at("24 11:00")),)}, "stops"),
        ("eev.10.3.produce", {"line_down": (Interval(at("24 12:00"), at("24 11:00")),)}, "line_down"),
        ("eev.10.3.produce", {"follow_up": Interval(at("24 12:00"))}, "follow_up"),
        ("ets185.29.7.preserve_min", {"follow_up": Interval(at("24 12:00"), at("24 11:00"))}, "follow_up"),
        ("eev.10.3.produce", {"new_ends": (NewEnd(at("24 12:00"), at("24 11:00")),)}, "new_ends"),
        ("ets185.29.7.preserve_min", {"new_ends": (NewEnd(at("24 12:00"), at("25 11:00")),)}, "new_ends"),
        ("ets185.35.1.24_7", {"extension": Extension(at("24 12:00"), Length(1, Unit.DAYS))}, "extension"),
        ("eev.11.1.extension", {"extension": Extension(at("24 12:00"), Length(1, Unit.DAYS))}, "extension"),
    ],
)
def test_facts_that_cannot_be_are_an_error_that_names_them(name: str, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(ClockFactsFaultyError) as raised:
        running(name, "23 10:17", **facts)
    assert raised.value.fields["field"] == field


@pytest.mark.parametrize("field", ["since", "act", "confirmation", "lifted", "deviation", "target"])
def test_a_fact_without_an_offset_is_an_error(field: str) -> None:
    with pytest.raises(InstantWithoutZoneError):
        RunningClock(**{"rule": EIGHT_HOURS.rule, "place": BRUSSELS, "since": at("23 10:17"), field: NAIVE})
    with pytest.raises(InstantWithoutZoneError):
        state_of(EIGHT_HOURS, at=NAIVE)


# What never changes

START = datetime(2026, 11, 20, tzinfo=UTC)
MOMENTS = st.integers(0, 120 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))


@st.composite
def clocks(draw: st.DrawFn) -> RunningClock:
    """Any clock that runs, with facts that may be."""
    name = draw(st.sampled_from([rule.id for rule in CLOCKS.values() if rule.kind is not ClockKind.LOOKBACK_WINDOW]))
    rule = CLOCKS[name]
    optional = st.none() | MOMENTS
    since = draw(MOMENTS)
    facts: dict[str, Any] = {
        field: draw(optional) for field in ("act", "confirmation", "lifted", "deviation", "target")
    }  # fmt: skip
    intervals = st.lists(st.tuples(MOMENTS, MOMENTS).map(sorted), max_size=2)
    if rule.of is not None:
        facts["of"] = Span(since + 60 * DAY, since + 62 * DAY)
    if rule.kind in {ClockKind.DEADLINE_MAX, ClockKind.EXACT_OR_AFTER_CONFIRMATION, ClockKind.QUALITATIVE}:
        why = st.sampled_from(sorted(STOPS))
        facts["stops"] = tuple(Stop(first, last, STOPS[draw(why)]) for first, last in draw(intervals))
    if rule.kind in {ClockKind.MINIMUM_DURATION, ClockKind.MAXIMUM_DURATION}:
        facts["follow_up"] = next((Interval(*each) for each in draw(intervals)), None)
        facts["extension"] = draw(st.none() | MOMENTS.map(lambda when: Extension(when, Length(30, Unit.DAYS))))
    facts["line_down"] = tuple(Interval(*each) for each in draw(intervals))
    return RunningClock(rule=rule, place=BRUSSELS, since=since, **facts)


@settings(max_examples=250, deadline=None)
@given(clock=clocks(), then=MOMENTS)
def test_the_state_at_an_instant_does_not_change_when_more_becomes_known(clock: RunningClock, then: datetime) -> None:
    """What was shown that night can be shown again in court."""
    known_then = replace(
        clock,
        act=clock.act if clock.act and clock.act <= then else None,
        confirmation=clock.confirmation if clock.confirmation and clock.confirmation <= then else None,
        lifted=clock.lifted if clock.lifted and clock.lifted <= then else None,
        deviation=clock.deviation if clock.deviation and clock.deviation <= then else None,
        extension=clock.extension if clock.extension and clock.extension.at <= then else None,
        follow_up=_known(clock.follow_up, then) if clock.follow_up else None,
        line_down=tuple(each for each in (_known(cut, then) for cut in clock.line_down) if each),
        stops=tuple(
            Stop(each.since, each.until if each.until and each.until <= then else None, each.why)
            for each in clock.stops
            if each.since <= then
        ),
    )
    assert state_of(clock, at=then) == state_of(known_then, at=then)


def _known(interval: Interval, then: datetime) -> Interval | None:
    if interval.since > then:
        return None
    return Interval(interval.since, interval.until if interval.until and interval.until <= then else None)


@settings(max_examples=250, deadline=None)
@given(clock=clocks(), then=MOMENTS, wait=st.integers(0, 60 * 24 * 60))
def test_between_its_changes_a_clock_stands_still(clock: RunningClock, then: datetime, wait: int) -> None:
    """Whoever wakes at ``next_change`` misses nothing, if nothing else happens."""
    alone = replace(
        clock,
        act=None if clock.act and clock.act > then else clock.act,
        confirmation=None if clock.confirmation and clock.confirmation > then else clock.confirmation,
        lifted=None if clock.lifted and clock.lifted > then else clock.lifted,
        deviation=None,
        extension=None if clock.extension and clock.extension.at > then else clock.extension,
        follow_up=_known(clock.follow_up, then) if clock.follow_up else None,
        line_down=(),
        stops=tuple(each for each in clock.stops if each.since <= then and (each.until is None or each.until <= then)),
    )
    change = next_change(alone, at=then)
    before, later = state_of(alone, at=then), then + timedelta(minutes=wait)
    if change is None or later < change:
        after = state_of(alone, at=later)
        assert (after.phase, after.warning) == (before.phase, before.warning)
    if change is not None:
        assert change > then
        at_change = state_of(alone, at=change)
        assert (at_change.phase, at_change.warning) != (before.phase, before.warning)


@settings(max_examples=250, deadline=None)
@given(clock=clocks(), then=MOMENTS)
def test_a_line_that_was_down_never_moves_an_end_or_a_verdict(clock: RunningClock, then: datetime) -> None:
    with_cuts, without = state_of(clock, at=then), state_of(replace(clock, line_down=()), at=then)
    assert replace(with_cuts, line_down=()) == without


WITHOUT_NUMBER = {
    Phase.OPEN, Phase.NOT_RECORDED, Phase.MET, Phase.STOPPED, Phase.LIFTED, Phase.OPEN_ENDED, Phase.TOO_EARLY,
}  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(clock=clocks(), then=MOMENTS)
def test_no_phase_is_worse_than_the_law_allows(clock: RunningClock, then: datetime) -> None:
    state = state_of(clock, at=then)
    if state.phase in {Phase.MISSED, Phase.MET_LATE}:
        assert state.due.standing in {Standing.DEADLINE, Standing.RIGHT}
        assert state.late_by >= timedelta(0)
    if state.phase is Phase.LAPSED:
        assert state.due.span is not None
        assert then >= state.due.span.legal_latest
    if state.phase is Phase.TOO_EARLY:
        assert clock.act is not None
    if state.due.span is None:
        assert state.phase in WITHOUT_NUMBER
    assert (state.late_by == timedelta(0)) or (state.early_by == timedelta(0))
