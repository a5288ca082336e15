"""Threads over a network in memory: whatever it does to the letters, both sides agree.

A machine writes, delivers late, twice or never, sends again, lets time pass; after every step it is
checked that the state knows no order, and whenever both sides hold the same letters that they agree.
The slow reading of the definitions (``naive``) says the same of every thread that comes about.
"""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.network import Desk, Network
from tests.requests.naive import NaiveThread
from tests.requests.permitted import ALL, PRESERVE
from tests.requests.said import ask, every_body, query, step_saying, supplement
from tocsin.base.ids import InstrumentId, MemberId
from tocsin.law.calendar import Place
from tocsin.law.instrument import instrument
from tocsin.law.provisions import Side
from tocsin.law.running import state_of as clock_state_of
from tocsin.requests.rules import thread
from tocsin.requests.rules.clocks import RequestClock, Surroundings, clocks_of
from tocsin.requests.rules.letters import Body
from tocsin.requests.rules.marks import CarriedClock
from tocsin.requests.rules.moves import Objection, objection
from tocsin.requests.rules.permits import Permits, permits_of
from tocsin.requests.rules.steps import Step, parse_tombstone, step_of, tombstone
from tocsin.requests.rules.thread import Effect, LetterPlace, ThreadState, state_of

NAMES = [permits.instrument for permits in ALL]
PLACES = {
    Side.ASKER: Place(zone="Europe/Bucharest", country="RO"),
    Side.ASKED: Place(zone="Europe/Lisbon", country="PT"),
    Side.NOTIFIED: Place(zone="Europe/Dublin", country="IE"),
}
SIDES = st.sampled_from([Side.ASKER, Side.ASKED])


def lawful(net: Network, side: Side) -> list[Body]:
    """What a side may say next, of all that the tests know to say."""
    desk = net.desks[side]
    standing = desk.state.standing
    return [
        body
        for body in every_body(side)
        if objection(standing, step_saying(body, permits=desk.permits), side=side, permits=desk.permits) is None
    ]


class TwoDesks(RuleBasedStateMachine):
    """Two desks that keep to the rules, and a road that does not."""

    @initialize(name=st.sampled_from(NAMES), random=st.randoms(use_true_random=False), wished=st.booleans())
    def begin(self, name: InstrumentId, random: Random, wished: bool) -> None:  # noqa: FBT001 - drawn
        law = instrument(name)
        self.permits = permits_of(law)
        self.net = Network(self.permits)
        self.random = random
        carried = tuple(CarriedClock(id=clock.id, of=law.id) for clock in law.clocks)
        self.net.write(Side.ASKER, ask(clocks=carried, reply_by=self.net.now if wished else None))

    @rule(side=SIDES, data=st.data())
    def write(self, side: Side, data: st.DataObject) -> None:
        sayable = lawful(self.net, side)
        if sayable:
            self.net.write(side, data.draw(st.sampled_from(sayable)))

    @precondition(lambda self: self.net.road)
    @rule(data=st.data(), keep=st.booleans())
    def deliver(self, data: st.DataObject, keep: bool) -> None:  # noqa: FBT001 - drawn
        self.net.deliver(data.draw(st.integers(0, len(self.net.road) - 1)), keep=keep)

    @precondition(lambda self: self.net.road)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        self.net.lose(data.draw(st.integers(0, len(self.net.road) - 1)))

    @rule(side=SIDES)
    def send_again(self, side: Side) -> None:
        self.net.send_again(side)

    @rule(hours=st.integers(1, 400))
    def pass_time(self, hours: int) -> None:
        self.net.pass_time(timedelta(hours=hours))

    @invariant()
    def nothing_that_was_written_by_the_rules_is_ever_refused(self) -> None:
        for desk in self.net.desks.values():
            assert desk.refused == []
            assert Effect.ILLEGAL not in desk.effects().values()
            assert Effect.CONTESTED not in desk.effects().values()

    @invariant()
    def the_order_of_arrival_makes_no_difference(self) -> None:
        for desk in self.net.desks.values():
            letters = list(desk.letters.values())
            self.random.shuffle(letters)
            assert state_of(letters, permits=self.permits) == desk.state

    @invariant()
    def who_holds_the_same_letters_agrees(self) -> None:
        asker, asked = self.net.desks.values()
        if asker.letters.keys() == asked.letters.keys():
            assert asker.state == asked.state
            if asker.receipts == asked.receipts:
                assert self.clocks(asker) == self.clocks(asked)

    @invariant()
    def a_clock_stands_in_one_way_only_at_any_instant(self) -> None:
        for desk in self.net.desks.values():
            clocks = self.clocks(desk)
            assert len({clock.key for clock in clocks}) == len(clocks)
            for clock in clocks:
                assert clock_state_of(clock.running, at=self.net.now).since is not None

    def clocks(self, desk: Desk) -> tuple[RequestClock, ...]:
        return clocks_of(desk.state, desk.receipts, permits=self.permits, around=Surroundings(places=PLACES))

    def teardown(self) -> None:
        self.net.settle()
        asker, asked = self.net.desks.values()
        assert asker.letters.keys() == asked.letters.keys()
        assert asker.receipts == asked.receipts
        assert asker.state == asked.state
        assert asker.state.complete
        assert self.clocks(asker) == self.clocks(asked)
        agrees_with_the_definitions([step_of(each) for each in asker.letters.values()], self.permits)
        erased = [parse_tombstone(tombstone(step_of(letter))) for letter in asker.letters.values()]
        assert state_of(erased, permits=self.permits) == asked.state


TwoDesks.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
test_two_desks_agree_whatever_the_road_does = TwoDesks.TestCase


def agrees_with_the_definitions(steps: list[Step], permits: Permits) -> ThreadState:
    state = state_of(steps, permits=permits)
    naive = NaiveThread(steps, permits)
    assert state.standing == naive.standing(naive.whole())
    assert {each.step.sha256: each.effect for each in (*state.line, *state.outside)} == naive.effects()
    return state


@st.composite
def threads(draw: st.DrawFn) -> tuple[Permits, list[Step]]:
    """Any two chains, lawful or not: each letter says anything and has seen anything in between."""
    permits = draw(st.sampled_from(ALL))
    net = Network(permits)
    seen = {Side.ASKER: 0, Side.ASKED: 0}
    chains: dict[Side, list[Step]] = {Side.ASKER: [], Side.ASKED: []}
    bodies = {side: every_body(side) for side in chains}
    for _ in range(draw(st.integers(1, 9))):
        side = draw(SIDES) if chains[Side.ASKER] else Side.ASKER
        other = Side.ASKED if side is Side.ASKER else Side.ASKER
        body = draw(st.sampled_from(bodies[side])) if chains[Side.ASKER] else ask()
        seen[side] = draw(st.integers(max(seen[side], side is Side.ASKED), len(chains[other])))
        chains[side].append(a_step(net, side, body, chains, seen[side]))
    return permits, [*chains[Side.ASKER], *chains[Side.ASKED]]


def a_step(net: Network, side: Side, body: Body, chains: dict[Side, list[Step]], seen: int) -> Step:
    mine = chains[side]
    other = chains[Side.ASKED if side is Side.ASKER else Side.ASKER]
    place = LetterPlace(
        seq=len(mine) + 1,
        prev=mine[-1].sha256 if mine else None,
        seen=other[seen - 1].sha256 if seen else None,
    )
    return step_of(net.desks[side].letter(body, at=net.now, place=place))


@settings(max_examples=150, deadline=None)
@given(threads(), st.randoms(use_true_random=False))
def test_any_letters_at_all_have_one_state_and_the_one_of_the_definitions(
    drawn: tuple[Permits, list[Step]], random: Random
) -> None:
    permits, steps = drawn
    state = agrees_with_the_definitions(steps, permits)
    random.shuffle(steps)
    assert state_of(steps, permits=permits) == state


@settings(max_examples=100, deadline=None)
@given(threads(), st.data())
def test_a_thread_with_holes_is_the_thread_of_what_is_whole(
    drawn: tuple[Permits, list[Step]], data: st.DataObject
) -> None:
    permits, steps = drawn
    kept = [step for step in steps if (step.seq == 1 and step.sender == "ro") or data.draw(st.booleans())]
    state = agrees_with_the_definitions(kept, permits)
    placed = {each.step.sha256 for each in state.line}
    whole = [step for step in kept if step.sha256 in placed]
    assert state_of(whole, permits=permits).standing == state.standing
    missing = {step.sha256 for step in steps} - {step.sha256 for step in kept}
    assert {gap.sha256 for gap in state.gaps} <= missing
    assert bool(state.gaps) == bool(state.outside)


@settings(max_examples=100, deadline=None)
@given(threads())
def test_an_unlawful_letter_never_changes_what_is_the_case(drawn: tuple[Permits, list[Step]]) -> None:
    """Taking the unlawful letters out of the line leaves the same standing, step by step."""
    permits, steps = drawn
    state = state_of(steps, permits=permits)
    for placed in state.line:
        if placed.effect is Effect.ILLEGAL:
            empty = {**{name: getattr(placed.step, name) for name in Step.__dataclass_fields__}, "marks": None}
            blanked = [step for step in steps if step.sha256 != placed.step.sha256]
            assert state_of([*blanked, Step(**empty)], permits=permits).standing == state.standing


@pytest.mark.parametrize("lag", [0, 1, 3])
def test_the_work_grows_with_the_letters_and_not_with_their_square(lag: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps looked at for a thread of n and of 8 n letters, of which each side saw the other's ``lag`` late."""
    looked_at = 0

    def counted(*arguments: Any, **named: Any) -> Objection | None:
        nonlocal looked_at
        looked_at += 1
        return objection(*arguments, **named)

    monkeypatch.setattr(thread, "objection", counted)
    counts = []
    for size in (50, 400):
        looked_at = 0
        state = state_of(a_long_thread(size, lag=lag), permits=PRESERVE)
        assert len(state.line) == size
        counts.append(looked_at)
    assert counts[1] <= 9 * counts[0]  # the square would be 64 times; the first letters cross fewer than the later ones


def a_long_thread(size: int, *, lag: int) -> list[Step]:
    chains: dict[Side, list[Step]] = {Side.ASKER: [], Side.ASKED: []}
    for n in range(size):
        side = Side.ASKED if n % 2 else Side.ASKER
        body = ask() if n == 0 else query(f"f{n}") if n % 2 else supplement(f"f{n - 1}")
        chains[side].append(a_bare_step(side, body, chains, lag=lag))
    return [*chains[Side.ASKER], *chains[Side.ASKED]]


def a_bare_step(side: Side, body: Body, chains: dict[Side, list[Step]], *, lag: int) -> Step:
    mine, other = chains[side], chains[Side.ASKED if side is Side.ASKER else Side.ASKER]
    seen = max(len(other) - lag, 1 if side is Side.ASKED else 0)
    names = {Side.ASKER: MemberId("ro"), Side.ASKED: MemberId("pt")}
    return replace(
        step_saying(body, permits=PRESERVE),
        sha256=f"{side} {len(mine) + 1}",
        sender=names[side],
        addressee=names[Side.ASKED if side is Side.ASKER else Side.ASKER],
        seq=len(mine) + 1,
        prev=mine[-1].sha256 if mine else None,
        seen=other[seen - 1].sha256 if seen else None,
    )
