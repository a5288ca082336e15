"""The clocks of a thread, each example with its article; the law's own files, and no clock of ours."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.network import Desk, Network
from tests.requests.said import (
    PACKAGE,
    accept,
    ask,
    deliver,
    extend,
    follow_up,
    indicate,
    new_deadline,
    no_ground_raised,
    postpone,
    preserved,
    query,
    refuse,
    release,
    supplement,
    validation,
    withdraw,
)
from tocsin.base.instant import Instant, parse
from tocsin.law.calendar import Place
from tocsin.law.clock import Standing
from tocsin.law.instrument import clock_named, instrument
from tocsin.law.provisions import InstrumentClock, Side
from tocsin.law.running import ExtensionStanding, Interval, Phase, Stop, state_of, warnings_of
from tocsin.law.vocabulary import ClockId, LetterKind
from tocsin.requests.errors import NotYourMoveError
from tocsin.requests.rules.clocks import PROMISED, WISHED, RequestClock, Surroundings, clock_by_id, clocks_of
from tocsin.requests.rules.letters import Acknowledge, Body, Close, Deliver, Extend
from tocsin.requests.rules.marks import CarriedClock, Stage, Urgency, Whether
from tocsin.requests.rules.permits import permits_of
from tocsin.requests.rules.release import (
    FollowUpKnown,
    NoRelease,
    lawful_choices,
    release_may_be_drafted,
    why_no_release,
)
from tocsin.requests.rules.steps import parse_tombstone, step_of, tombstone
from tocsin.requests.rules.thread import state_of as thread_state_of

ClockNamed = Callable[[str], InstrumentClock]
ASKER, ASKED = Side.ASKER, Side.ASKED
PLACES = {ASKER: Place(zone="Europe/Bucharest", country="RO"), ASKED: Place(zone="Europe/Lisbon", country="PT")}
FLOOR = ClockId("ets185.29.7.preserve_min")
EIGHT_HOURS = ClockId("dir2013_40.13.1.urgent")
CEILING = ClockId("eev.11.1.preserve")
AT_NIGHT = parse("2026-11-24T01:10:00.000Z")


def carried(name: str, *clocks: str) -> tuple[CarriedClock, ...]:
    law = instrument(name)
    own = {each.id: law.id for each in law.clocks}
    also = {each.clock: each.of for each in law.also}
    return tuple(CarriedClock(id=ClockId(each), of={**also, **own}[ClockId(each)]) for each in clocks)


class Case:
    """A thread under the law's own file, with its clocks as each side has them."""

    def __init__(self, name: str, *clocks: str, at: Instant = AT_NIGHT, **members: object) -> None:
        self.permits = permits_of(instrument(name))
        self.net = Network(self.permits, at=at)
        self.line_down: tuple[Interval, ...] = ()
        self.stopped: dict[ClockId, tuple[Stop, ...]] = {}
        self.confirmed: dict[ClockId, Instant] = {}
        self.clock_named: ClockNamed = clock_named
        self.asked = self.net.say(ASKER, ask(clocks=carried(name, *clocks), **members))

    def say(self, side: Side, body: Body, *, after: timedelta = timedelta(0)) -> None:
        self.net.pass_time(after)
        self.net.say(side, body)

    def clocks(self, side: Side = ASKER) -> tuple[RequestClock, ...]:
        return self.clocks_at(self.net.desks[side])

    def clocks_at(self, desk: Desk) -> tuple[RequestClock, ...]:
        around = Surroundings(places=PLACES, line_down=self.line_down, stopped=self.stopped, confirmed=self.confirmed)
        around = replace(around, clock_named=self.clock_named)
        return clocks_of(desk.state, desk.receipts, permits=self.permits, around=around)

    def clock(self, clock_id: str, side: Side = ASKER) -> RequestClock:
        found = clock_by_id(self.clocks(side), clock_id)
        assert found is not None
        return found

    def phase(self, clock_id: str, *, after: timedelta = timedelta(0)) -> Phase:
        return state_of(self.clock(clock_id).running, at=self.net.now + after).phase


def hours(count: int) -> timedelta:
    return timedelta(hours=count)


def days(count: int) -> timedelta:
    return timedelta(days=count)


def urgent_preservation() -> Case:
    return Case(
        "budapest-29-preserve",
        FLOOR,
        EIGHT_HOURS,
        urgency=Urgency.URGENT,
        urgency_reason="The logs are overwritten after three days.",
    )


# --- the eight hours of Directive 2013/40, Article 13(1) -------------------------------------------


def test_the_clock_of_another_instrument_is_carried_and_starts_when_the_ask_is_stored() -> None:
    case = urgent_preservation()
    clock = case.clock(EIGHT_HOURS)
    assert clock.of == "dir2013-40-13-urgent"
    assert clock.article == "Article 13(1)"
    assert clock.running.since == AT_NIGHT
    assert clock_by_id(case.clocks(), FLOOR) is None, "nothing is preserved yet"


def test_a_clock_does_not_run_for_a_letter_that_nobody_has_stored() -> None:
    case = urgent_preservation()
    desk = case.net.desks[ASKER]
    desk.receipts.clear()
    assert case.clocks() == ()


def test_s04_the_eight_hour_answer_stops_its_clock_and_starts_the_one_that_was_promised() -> None:
    case = urgent_preservation()
    thursday = parse("2026-11-26T12:00:00.000Z")
    case.say(ASKED, indicate(when=thursday), after=hours(5))
    assert case.phase(EIGHT_HOURS, after=hours(9)) is Phase.MET
    promise = case.clock(PROMISED)
    assert promise.by is ASKED
    assert promise.article == ""
    state = state_of(promise.running, at=case.net.now)
    assert (state.due.standing, state.phase) == (Standing.TARGET, Phase.RUNNING)
    assert state.due.span is not None
    assert state.due.span.strict == thursday
    assert state_of(promise.running, at=thursday).phase is Phase.TARGET_PASSED, "a target is never missed"
    assert case.clocks(ASKER) == case.clocks(ASKED)


def test_a_promise_is_replaced_by_the_next_word_and_kept_by_what_was_asked() -> None:
    case = urgent_preservation()
    case.say(ASKED, indicate(when=parse("2026-11-26T12:00:00.000Z")))
    case.say(ASKED, indicate(when=parse("2026-11-27T12:00:00.000Z")), after=hours(1))
    case.say(ASKED, preserved(effected_at=case.net.now), after=hours(20))
    first, second = [clock for clock in case.clocks() if clock.id == PROMISED]
    assert state_of(first.running, at=case.net.now).phase is Phase.LIFTED
    assert state_of(second.running, at=case.net.now).phase is Phase.MET


def test_doing_nothing_misses_the_eight_hours_on_both_sides_alike() -> None:
    case = urgent_preservation()
    case.say(ASKED, Acknowledge(), after=hours(1))
    assert case.phase(EIGHT_HOURS, after=hours(6)) is Phase.WARNING
    assert case.phase(EIGHT_HOURS, after=hours(9)) is Phase.MISSED
    assert case.clocks(ASKER) == case.clocks(ASKED)


def test_saying_no_is_an_answer_to_the_eight_hours() -> None:
    case = urgent_preservation()
    case.say(ASKED, indicate(Whether.NO), after=hours(2))
    assert case.phase(EIGHT_HOURS, after=hours(9)) is Phase.MET
    assert clock_by_id(case.clocks(), PROMISED) is None


def test_an_acceptance_alone_says_neither_how_nor_when() -> None:
    case = urgent_preservation()
    case.say(ASKED, accept(), after=hours(2))
    assert case.phase(EIGHT_HOURS, after=hours(9)) is Phase.MISSED


def test_an_answer_counts_when_it_is_stored_and_not_when_it_says_it_was_written() -> None:
    case = urgent_preservation()
    case.net.pass_time(hours(7))
    letter = case.net.write(ASKED, indicate())
    case.net.pass_time(hours(3))
    clock = case.clock(EIGHT_HOURS, ASKED)
    assert clock.on_its_way == (letter.sha256,)
    assert state_of(clock.running, at=case.net.now).phase is Phase.MISSED
    case.net.settle()
    assert case.phase(EIGHT_HOURS) is Phase.MET_LATE
    assert case.clock(EIGHT_HOURS, ASKED).on_its_way == ()


def test_a_line_that_was_down_stands_beside_missed_and_excuses_nothing() -> None:
    case = urgent_preservation()
    cut = Interval(AT_NIGHT + hours(3), AT_NIGHT + hours(12))
    case.line_down = (cut,)
    state = state_of(case.clock(EIGHT_HOURS).running, at=AT_NIGHT + hours(20))
    assert state.phase is Phase.MISSED
    assert [interval.since for interval in state.line_down] == [cut.since]


def test_a_withdrawal_lifts_what_was_still_to_be_done() -> None:
    case = urgent_preservation()
    case.say(ASKER, withdraw(), after=hours(2))
    assert case.phase(EIGHT_HOURS, after=hours(9)) is Phase.LIFTED


def test_an_answer_that_a_withdrawal_crossed_was_given_all_the_same() -> None:
    case = urgent_preservation()
    case.net.write(ASKED, indicate())
    case.net.write(ASKER, withdraw())
    case.net.pass_time(timedelta(minutes=1))
    case.net.deliver(0)
    case.net.pass_time(timedelta(minutes=1))
    case.net.settle()
    assert case.phase(EIGHT_HOURS, after=hours(9)) is Phase.MET


def test_each_side_acts_in_its_own_place() -> None:
    """Regulation 1182/71, Art. 2(1): the calendar of the one who must act."""
    case = Case("eev-epoc", "eev.10.3.produce", "eev.10.6.clarify_issuer")
    case.say(ASKED, query("time"))
    assert case.clock("eev.10.3.produce").running.place == PLACES[ASKED]
    assert case.clock("eev.10.6.clarify_issuer").running.place == PLACES[ASKER]


def test_the_clock_of_a_notified_authority_is_not_for_the_two_sides_to_show_without_its_place() -> None:
    case = Case("eev-epoc", "eev.12.1.objection", "eev.10.3.produce")
    assert [clock.id for clock in case.clocks()] == ["eev.10.3.produce"]


def test_an_ask_cannot_carry_a_clock_that_its_instrument_does_not_have() -> None:
    law = instrument("budapest-31-stored")
    net = Network(permits_of(law), at=AT_NIGHT)
    with pytest.raises(NotYourMoveError) as refused:
        net.say(ASKER, ask(clocks=carried("eev-epoc", "eev.10.4.emergency")))
    assert refused.value.fields["objection"] == "clock"


# --- the floor of Article 29(7) and the ceiling of Regulation 2023/1543, Article 11 -------------------


def kept(name: str = "budapest-29-preserve", clock: str = FLOOR) -> Case:
    """A preservation that was effected an hour after the ask."""
    case = Case(name, clock)
    case.say(ASKED, preserved(effected_at=AT_NIGHT + timedelta(minutes=20)), after=hours(1))
    return case


def test_the_floor_starts_at_the_moment_of_preservation_and_not_at_the_request() -> None:
    case = kept()
    clock = case.clock(FLOOR)
    assert clock.running.since == AT_NIGHT + timedelta(minutes=20)
    assert clock.by is ASKED
    assert clock.keeps
    state = state_of(clock.running, at=case.net.now)
    assert state.due.span is not None
    assert state.due.span.strict == AT_NIGHT + timedelta(days=60, minutes=20)


def test_the_ceiling_starts_at_receipt_and_needs_no_confirmation() -> None:
    case = Case("eev-epoc-pr", CEILING)
    assert case.clock(CEILING).running.since == AT_NIGHT


def test_s05_the_asker_is_warned_at_fourteen_seven_and_two_days_with_its_lawful_choices() -> None:
    case = kept()
    clock = case.clock(FLOOR)
    end = AT_NIGHT + timedelta(days=60, minutes=20)
    warned = [(warn.before, warn.at) for warn in warnings_of(clock.running, at=case.net.now)]
    assert warned == [(days(14), end - days(14)), (days(7), end - days(7)), (days(2), end - days(2))]
    assert state_of(clock.running, at=end - days(7)).warning == days(7)
    choices = lawful_choices(case.net.desks[ASKER].state, clock, permits=case.permits)
    assert choices == (LetterKind.EXTEND, LetterKind.FOLLOW_UP)


def test_when_the_one_extension_is_used_only_the_order_is_left() -> None:
    case = kept("eev-epoc-pr", CEILING)
    assert LetterKind.EXTEND in lawful_choices(case.net.desks[ASKER].state, case.clock(CEILING), permits=case.permits)
    case.say(ASKER, extend(CEILING), after=days(50))
    choices = lawful_choices(case.net.desks[ASKER].state, case.clock(CEILING), permits=case.permits)
    assert choices == (LetterKind.FOLLOW_UP,)


def test_an_epoc_pr_is_extended_by_annex_vi_within_its_sixty_days() -> None:
    case = kept("eev-epoc-pr", CEILING)
    before = case.clock(CEILING)
    case.say(ASKER, extend(CEILING), after=days(59))
    state = state_of(case.clock(CEILING).running, at=case.net.now)
    assert state.extension is ExtensionStanding.IN_TIME
    assert state.due.span is not None
    assert state.due.span.strict == before.running.since + days(90)


def test_annex_vi_that_comes_after_the_sixty_days_has_no_effect() -> None:
    case = kept("eev-epoc-pr", CEILING)
    case.say(ASKER, extend(CEILING), after=days(80))
    state = state_of(case.clock(CEILING).running, at=case.net.now)
    assert state.extension is ExtensionStanding.TOO_LATE
    assert state.phase is Phase.LAPSED


def test_under_article_29_an_extension_is_a_wish_until_the_other_side_grants_it() -> None:
    case = kept()
    before = case.clock(FLOOR).running
    case.say(ASKER, extend(FLOOR), after=days(50))
    assert case.clock(FLOOR).running == before
    case.say(ASKED, extend(FLOOR), after=days(1))
    state = state_of(case.clock(FLOOR).running, at=case.net.now)
    assert state.due.span is not None
    assert state.due.span.strict == before.since + days(90)


def strict_end(case: Case, clock: str) -> Instant:
    span = state_of(case.clock(clock).running, at=case.net.now).due.span
    assert span is not None
    return span.strict


def test_each_extension_that_is_granted_in_time_adds_up() -> None:
    case = kept()
    since = case.clock(FLOOR).running.since
    case.say(ASKED, extend(FLOOR), after=days(50))
    case.say(ASKED, extend(FLOOR, days=10), after=days(30))
    assert strict_end(case, FLOOR) == since + days(100)
    case.say(ASKED, extend(FLOOR, days=30), after=days(60))
    assert strict_end(case, FLOOR) == since + days(100), "it had lapsed by then"


def test_an_extension_until_an_instant_counts_in_whole_days_and_never_shortens() -> None:
    case = kept()
    since = case.clock(FLOOR).running.since
    case.say(ASKED, Extend(clock=FLOOR, until=since + days(70) + hours(1)))
    assert strict_end(case, FLOOR) == since + days(71)
    case.say(ASKED, Extend(clock=FLOOR, until=since + days(10)))
    assert strict_end(case, FLOOR) == since + days(71)


def test_the_holder_may_promise_more_than_the_floor_and_never_less() -> None:
    for promised, length in ((days(90), days(90)), (days(30), days(60))):
        case = Case("budapest-29-preserve", FLOOR)
        effected = case.net.now
        case.say(ASKED, preserved(effected_at=effected, keeps_until=effected + promised))
        assert strict_end(case, FLOOR) == effected + length
        case.say(ASKED, extend(FLOOR))
        assert strict_end(case, FLOOR) == effected + length + days(30)


def test_where_national_law_is_not_recorded_an_extension_has_no_number_to_lengthen() -> None:
    clock = "ets185.16.2.preserve_max"
    case = Case("budapest-16-order", clock)
    case.say(ASKER, extend(ClockId(clock)))
    assert case.phase(clock, after=days(100)) is Phase.NOT_RECORDED


def test_each_part_that_is_preserved_is_kept_from_its_own_moment() -> None:
    case = Case("budapest-29-preserve", FLOOR)
    case.say(ASKED, preserved(complete=False, effected_at=AT_NIGHT), after=hours(1))
    case.say(ASKED, preserved(effected_at=AT_NIGHT + days(2)), after=days(3))
    sinces = [clock.running.since for clock in case.clocks() if clock.id == FLOOR]
    assert sinces == [AT_NIGHT, AT_NIGHT + days(2)]


def test_a_follow_up_that_was_issued_holds_the_data_until_it_is_decided() -> None:
    case = kept()
    case.say(ASKER, follow_up(Stage.ANNOUNCED), after=days(30))
    assert case.phase(FLOOR, after=days(60)) is Phase.LAPSED, "an announcement moves no clock"
    case.say(ASKER, follow_up(), after=days(10))
    assert case.phase(FLOOR, after=days(600)) is Phase.OPEN_ENDED
    case.say(ASKED, follow_up(Stage.DECIDED), after=days(100))
    assert case.phase(FLOOR) is Phase.LAPSED


def test_data_that_are_released_before_their_time_show_as_released_too_early() -> None:
    case = kept()
    case.net.pass_time(days(10))
    case.say(ASKED, release(at=case.net.now))
    assert case.phase(FLOOR) is Phase.TOO_EARLY


def test_data_that_are_released_after_a_withdrawal_are_not_released_too_early() -> None:
    case = kept()
    case.say(ASKER, withdraw(), after=days(9))
    case.net.pass_time(days(1))
    case.say(ASKED, release(at=case.net.now))
    assert case.phase(FLOOR) is Phase.LIFTED


# --- releasing: a draft for a person, or none ----------------------------------------------------------


def release_of(
    case: Case, *, after: timedelta, known: FollowUpKnown = FollowUpKnown.NONE, side: Side = ASKED
) -> NoRelease | None:
    state, clocks, at = case.net.desks[side].state, case.clocks(side), case.net.now + after
    why = why_no_release(state, clocks, at=at, follow_up_known=known, permits=case.permits)
    may = release_may_be_drafted(state, clocks, at=at, follow_up_known=known, permits=case.permits)
    assert may is (why is None)
    return why


@pytest.mark.parametrize(("name", "clock"), [("budapest-29-preserve", FLOOR), ("eev-epoc-pr", CEILING)])
def test_a_release_may_be_drafted_when_the_time_is_over_and_nothing_follows(name: str, clock: str) -> None:
    case = kept(name, clock)
    assert release_of(case, after=days(58)) is NoRelease.STILL_KEPT
    assert release_of(case, after=days(63)) is None


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (FollowUpKnown.RECORDED, NoRelease.FOLLOW_UP_RECORDED),
        (FollowUpKnown.ON_ITS_WAY, NoRelease.FOLLOW_UP_ON_ITS_WAY),
        (FollowUpKnown.UNKNOWN, NoRelease.FOLLOW_UP_UNKNOWN),
    ],
)
def test_no_release_is_drafted_while_a_follow_up_is_recorded_on_its_way_or_unknown(
    known: FollowUpKnown, why: NoRelease
) -> None:
    assert release_of(kept(), after=days(500), known=known) is why


def test_no_release_is_drafted_while_the_thread_itself_tells_of_a_follow_up() -> None:
    case = kept()
    case.say(ASKER, follow_up(Stage.ANNOUNCED))
    assert release_of(case, after=days(100)) is NoRelease.FOLLOW_UP_ON_ITS_WAY
    case.say(ASKER, follow_up())
    assert release_of(case, after=days(100)) is NoRelease.FOLLOW_UP_RECORDED
    case.say(ASKED, follow_up(Stage.DECIDED))
    assert release_of(case, after=days(100)) is None


def test_no_release_is_drafted_while_the_line_is_down() -> None:
    case = kept()
    case.line_down = (Interval(AT_NIGHT + days(59)),)
    assert release_of(case, after=days(100)) is NoRelease.FOLLOW_UP_UNKNOWN


def test_no_release_is_drafted_while_a_letter_is_known_to_be_missing() -> None:
    case = kept()
    case.net.write(ASKER, follow_up())
    case.net.write(ASKER, supplement())
    case.net.lose(0)
    case.net.deliver(0)
    assert release_of(case, after=days(100)) is NoRelease.FOLLOW_UP_UNKNOWN


def test_no_release_is_drafted_of_what_is_not_held() -> None:
    case = Case("budapest-29-preserve", FLOOR)
    assert release_of(case, after=days(100)) is NoRelease.NOT_LAWFUL
    case = kept()
    case.net.pass_time(days(70))
    case.say(ASKED, release(at=case.net.now))
    assert release_of(case, after=days(1)) is NoRelease.NOT_LAWFUL


def test_without_a_clock_that_says_how_long_only_a_withdrawal_frees_the_data() -> None:
    case = Case("budapest-29-preserve")
    case.say(ASKED, preserved())
    assert release_of(case, after=days(1000)) is NoRelease.STILL_KEPT
    case.say(ASKER, withdraw())
    assert release_of(case, after=days(0)) is None


def test_a_withdrawal_lets_a_release_be_drafted_before_the_time_is_over() -> None:
    case = kept()
    case.say(ASKER, withdraw(), after=days(1))
    assert release_of(case, after=days(0)) is None


# --- stops, validations, production ----------------------------------------------------------------------


def test_a_query_under_article_10_6_stops_the_production_clock_until_its_last_field_came() -> None:
    case = Case("eev-epoc", "eev.10.3.produce", "eev.10.6.clarify_issuer")
    case.say(ASKED, query("time", "port"), after=days(2))
    assert case.phase("eev.10.3.produce", after=days(30)) is Phase.STOPPED
    case.say(ASKER, supplement("time"), after=days(1))
    assert case.phase("eev.10.3.produce", after=days(30)) is Phase.STOPPED
    assert case.phase("eev.10.6.clarify_issuer") is Phase.RUNNING
    case.say(ASKER, supplement(cannot=("port",)), after=days(1))
    clock = case.clock("eev.10.3.produce").running
    assert [(stop.since, stop.until) for stop in clock.stops] == [(AT_NIGHT + days(2), AT_NIGHT + days(4))]
    assert case.phase("eev.10.3.produce") is Phase.RUNNING
    assert case.phase("eev.10.6.clarify_issuer") is Phase.MET


def test_a_query_that_crossed_its_own_answer_stops_nothing() -> None:
    case = Case("eev-epoc", "eev.10.3.produce")
    case.net.write(ASKER, supplement("time"))
    case.net.write(ASKED, query("time"))
    case.net.settle()
    assert case.clock("eev.10.3.produce").running.stops == ()


def test_silence_of_the_issuer_misses_its_five_days_and_the_production_stays_stopped() -> None:
    case = Case("eev-epoc", "eev.10.3.produce", "eev.10.6.clarify_issuer")
    case.say(ASKED, query("time"))
    # Sunday, then 30 November and 1 December, which are holidays in Romania: until the end of the 2nd.
    assert case.phase("eev.10.6.clarify_issuer", after=days(8)) is Phase.STRICT_PASSED
    assert case.phase("eev.10.6.clarify_issuer", after=days(9)) is Phase.MISSED
    assert case.phase("eev.10.3.produce", after=days(400)) is Phase.STOPPED


def test_silence_of_the_issuer_frees_the_addressee_of_an_epoc_pr_after_five_days() -> None:
    """2023/1543, Art. 11(5): the opposite of 10(6)."""
    case = Case("eev-epoc-pr", CEILING, "eev.11.5.clarify_issuer")
    case.say(ASKED, query("time"))
    assert case.phase(CEILING, after=days(8)) is Phase.RUNNING
    assert case.phase(CEILING, after=days(9)) is Phase.LIFTED
    case.say(ASKER, supplement("time"), after=days(20))
    assert case.phase(CEILING) is Phase.LIFTED, "too late to bind him again"


def test_an_answer_within_the_five_days_keeps_the_addressee_bound() -> None:
    case = Case("eev-epoc-pr", CEILING, "eev.11.5.clarify_issuer")
    case.say(ASKED, query("time"))
    case.say(ASKER, supplement("time"), after=days(4))
    assert case.phase(CEILING, after=days(30)) is Phase.RUNNING


def test_silence_has_four_meanings() -> None:
    """2023/1543, Arts. 10(6), 11(5), 12(1) and 4(5): suspended, freed, free to flow, to be deleted."""
    production = Case("eev-epoc", "eev.10.3.produce")
    production.say(ASKED, query("time"))
    assert production.phase("eev.10.3.produce", after=days(100)) is Phase.STOPPED

    preservation = Case("eev-epoc-pr", CEILING, "eev.11.5.clarify_issuer")
    preservation.say(ASKED, query("time"))
    assert preservation.phase(CEILING, after=days(30)) is Phase.LIFTED

    notified = Case("eev-epoc", "eev.10.2.produce_notified")
    end = state_of(notified.clock("eev.10.2.produce_notified").running, at=AT_NIGHT).may_act_from
    assert end is not None
    assert notified.phase("eev.10.2.produce_notified", after=end - AT_NIGHT) is Phase.DUE_NOW

    emergency = Case("eev-epoc", "eev.4.5.expost_validation", validation_follows=True)
    assert emergency.phase("eev.4.5.expost_validation", after=hours(50)) is Phase.MISSED
    assert emergency.net.desks[ASKED].state.standing.validation_due
    assert "delete" in emergency.clock("eev.4.5.expost_validation").running.rule.on_miss


def test_a_part_of_the_data_does_not_meet_a_production_clock_and_a_refusal_neither() -> None:
    case = Case("eev-epoc", "eev.10.3.produce")
    case.say(ASKED, deliver(complete=False), after=days(1))
    case.say(ASKED, refuse("EEV_ENF_IMPOSSIBLE", part="content"), after=days(1))
    assert case.phase("eev.10.3.produce", after=days(14)) is Phase.MISSED
    case.say(ASKED, Deliver(package=PACKAGE), after=days(1))
    assert case.phase("eev.10.3.produce") is Phase.MET


def test_a_part_of_an_answer_is_an_answer_where_words_would_do() -> None:
    """Directive 2013/40, Art. 13(1), asks for words; what is more than words is enough."""
    case = Case("budapest-31-stored", EIGHT_HOURS)
    case.say(ASKED, deliver(complete=False), after=hours(1))
    assert case.phase(EIGHT_HOURS, after=hours(9)) is Phase.MET


def test_a_validation_that_follows_meets_its_forty_eight_hours_and_no_other_supplement_does() -> None:
    case = Case("eev-epoc", "eev.4.5.expost_validation", "eev.10.4.emergency", validation_follows=True)
    case.say(ASKED, deliver(), after=hours(5))
    case.say(ASKER, supplement("time"), after=hours(1))
    assert case.phase("eev.4.5.expost_validation", after=hours(50)) is Phase.MISSED
    case.say(ASKER, validation(), after=hours(20))
    assert case.phase("eev.4.5.expost_validation") is Phase.MET
    assert case.clock("eev.4.5.expost_validation").by is ASKER


def test_with_a_notification_too_early_is_as_wrong_as_too_late() -> None:
    """2023/1543, Arts. 8(4), 10(2): the confirmation of the enforcing authority comes in its own thread."""
    clock = "eev.10.2.produce_notified"
    case = Case("eev-epoc", clock)
    case.say(ASKED, deliver(), after=days(3))
    assert case.phase(clock) is Phase.TOO_EARLY
    case.confirmed = {ClockId(clock): AT_NIGHT + days(1)}
    assert case.phase(clock) is Phase.MET


def test_a_ground_that_the_enforcing_authority_raised_stops_the_clock_from_outside_the_thread() -> None:
    clock = "eev.10.2.produce_notified"
    case = Case("eev-epoc", clock)
    case.say(ASKED, refuse("EEV_ENF_IMPOSSIBLE", part="content"), after=days(1))
    assert case.clock(clock).running.stops == (), "the provider's own refusal is no ground of that authority"
    case.stopped = {ClockId(clock): (Stop(AT_NIGHT + days(2)),)}
    assert case.phase(clock, after=days(20)) is Phase.STOPPED


PRODUCE, NOTIFIED = "eev.10.3.produce", "eev.10.2.produce_notified"


def test_a_new_deadline_in_a_supplement_moves_the_clock_that_it_is_about_on_both_sides() -> None:
    """2023/1543, Art. 10(8): the issuing authority reviews the order and sets a new deadline."""
    case = Case("eev-epoc", PRODUCE, "eev.17.2.objection")
    until = AT_NIGHT + days(21)
    case.say(ASKED, refuse("EEV_ENF_IMPOSSIBLE", part="content"), after=days(8))
    case.say(ASKER, new_deadline(PRODUCE, until), after=days(1))
    state = state_of(case.clock(PRODUCE).running, at=case.net.now)
    assert state.due.span is not None
    assert (state.due.span.strict, state.due.span.legal_latest) == (until, until)
    assert case.phase(PRODUCE, after=days(5)) in {Phase.RUNNING, Phase.WARNING}
    assert case.phase(PRODUCE, after=days(13)) is Phase.MISSED
    assert case.clock("eev.17.2.objection").running.new_ends == (), "it is about the other clock"
    assert case.clocks(ASKER) == case.clocks(ASKED)
    before = state_of(case.clock(PRODUCE).running, at=AT_NIGHT + days(8))
    assert before.due.span is not None
    assert before.due.span.strict < until, "what was due in the past stays what it was"


def test_the_last_of_two_new_deadlines_counts_and_the_first_counted_until_then() -> None:
    case = Case("eev-epoc", PRODUCE)
    first, second = AT_NIGHT + days(15), AT_NIGHT + days(30)
    case.say(ASKER, new_deadline(PRODUCE, first), after=days(8))
    case.say(ASKER, new_deadline(PRODUCE, second), after=days(2))
    ends = [state_of(case.clock(PRODUCE).running, at=AT_NIGHT + days(each)).due.span for each in (9, 11)]
    assert [end.strict for end in ends if end] == [first, second]


def test_a_new_deadline_that_comes_when_it_is_over_binds_nobody() -> None:
    case = Case("eev-epoc", PRODUCE)
    case.net.pass_time(days(8))
    case.net.write(ASKER, new_deadline(PRODUCE, case.net.now + days(1)))
    case.net.pass_time(days(2))
    case.net.settle()
    assert case.clock(PRODUCE).running.new_ends == ()


@pytest.mark.parametrize(
    ("carried_clock", "named", "until", "objection"),
    [
        (PRODUCE, NOTIFIED, days(20), "deadline"),
        ("eev.10.4.emergency", "eev.10.4.emergency", days(20), "deadline"),
        (PRODUCE, "eev.17.2.objection", days(20), "deadline"),
        (PRODUCE, PRODUCE, -days(1), "deadline-past"),
    ],
    ids=["a clock that does not run here", "the eight hours", "a clock that the law fixes", "a day that is over"],
)
def test_a_new_deadline_that_nobody_may_set_is_not_written(
    carried_clock: str, named: str, until: timedelta, objection: str
) -> None:
    case = Case("eev-epoc", carried_clock)
    with pytest.raises(NotYourMoveError) as refused:
        case.say(ASKER, new_deadline(named, AT_NIGHT + until))
    assert refused.value.fields["objection"] == objection


def test_a_confirmation_counts_for_the_addressee_from_when_he_was_told() -> None:
    """2023/1543, Art. 10(2): the authority's word reaches the addressee by a letter that both sides hold."""
    case = Case("eev-epoc", NOTIFIED)
    case.confirmed = {ClockId(NOTIFIED): AT_NIGHT + days(1)}
    assert case.clock(NOTIFIED).running.confirmation == AT_NIGHT + days(1)
    case.say(ASKER, no_ground_raised(), after=days(2))
    assert case.clock(NOTIFIED).running.confirmation == AT_NIGHT + days(2)
    case.confirmed = {}
    assert case.clock(NOTIFIED).running.confirmation == AT_NIGHT + days(2), "the addressee knows no more than that"
    case.say(ASKED, deliver(), after=days(1))
    assert case.phase(NOTIFIED) is Phase.MET


def test_a_right_that_nobody_used_is_lapsed_and_never_missed() -> None:
    """2023/1543, Art. 12(1): silence lets the data flow, it breaks no duty."""
    clock = "eev.12.1.objection"
    case = Case("eev-epoc-notification", clock)
    case.clock_named = instrument("eev-epoc-notification").clock
    assert case.phase(clock, after=days(5)) is Phase.RUNNING
    assert case.phase(clock, after=days(14)) is Phase.LAPSED


def test_the_time_limits_of_article_17_follow_the_law_of_the_issuing_authority() -> None:
    case = Case("eev-epoc", "eev.17.2.objection")
    assert case.clock("eev.17.2.objection").running.law_of == "RO"
    assert case.phase("eev.17.2.objection") is Phase.NOT_RECORDED


def test_a_deviation_that_2023_977_allows_stands_beside_a_miss() -> None:
    clock = "d977.5.1c.other"
    case = Case("dir2023-977-information", clock)
    case.say(ASKED, indicate(when=AT_NIGHT + days(20)), after=days(1))
    state = state_of(case.clock(clock).running, at=AT_NIGHT + days(15))
    assert state.phase is Phase.MISSED
    assert state.announced_deviation == AT_NIGHT + days(1)


def test_where_the_law_gives_no_number_there_is_no_deadline() -> None:
    case = Case("budapest-31-stored", "ets185.31.3.mla", "ets185.27.7.inform")
    for clock in ("ets185.31.3.mla", "ets185.27.7.inform"):
        assert case.phase(clock, after=days(1000)) is Phase.OPEN
    case.say(ASKED, postpone())
    assert case.phase("ets185.31.3.mla") is Phase.MET


def test_a_wish_for_an_answer_is_a_target_and_an_answer_meets_it() -> None:
    case = Case("budapest-31-stored", reply_by=AT_NIGHT + hours(10))
    assert case.clock(WISHED).article == ""
    case.say(ASKED, Acknowledge(), after=hours(1))
    assert case.phase(WISHED, after=hours(20)) is Phase.TARGET_PASSED
    case.say(ASKED, indicate(), after=hours(1))
    assert case.phase(WISHED) is Phase.MET


def test_the_production_of_data_starts_the_duty_to_inform_the_user() -> None:
    case = Case("eev-epoc", "eev.13.1.inform_user")
    assert case.clocks() == ()
    case.say(ASKED, deliver())
    assert case.clock("eev.13.1.inform_user").by is ASKER


# --- both sides, tombstones ----------------------------------------------------------------------------


def test_both_sides_run_the_same_clocks_from_the_same_letters_and_receipts_and_tombstones_too() -> None:
    case = urgent_preservation()
    case.say(ASKED, query("time"), after=hours(2))
    case.say(ASKER, supplement("time"), after=hours(1))
    case.say(ASKED, indicate(), after=hours(1))
    case.say(ASKED, preserved(effected_at=case.net.now), after=hours(9))
    case.say(ASKER, extend(FLOOR), after=days(40))
    case.say(ASKED, extend(FLOOR), after=days(1))
    case.say(ASKER, follow_up(), after=days(20))
    case.say(ASKED, follow_up(Stage.DECIDED), after=days(20))
    case.say(ASKER, Close(), after=days(1))
    clocks = case.clocks(ASKER)
    assert clocks == case.clocks(ASKED)
    desk = case.net.desks[ASKER]
    erased = [parse_tombstone(tombstone(step_of(letter))) for letter in desk.letters.values()]
    state = thread_state_of(erased, permits=case.permits)
    around = Surroundings(places=PLACES)
    assert clocks_of(state, desk.receipts, permits=case.permits, around=around) == clocks
    assert [clock.id for clock in clocks] == [EIGHT_HOURS, PROMISED, FLOOR]
    assert len({clock.key for clock in clocks}) == len(clocks)
