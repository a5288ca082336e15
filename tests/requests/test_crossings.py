"""Letters that cross, letters that are missing, letters that are not lawful.

The table of crossings is the one in the docstring of ``thread``, written out: what each side had
seen when it wrote, and what the thread is after both letters came in, in either order.
"""

from itertools import permutations

import pytest

from tests.network import Network
from tests.requests.permitted import EPOC, EPOC_PR, PRESERVE, SPONTANEOUS, STORED
from tests.requests.said import (
    accept,
    ask,
    deliver,
    extend,
    follow_up,
    indicate,
    postpone,
    preserved,
    query,
    refuse,
    release,
    supplement,
    validation,
    withdraw,
)
from tocsin.law.provisions import Side
from tocsin.requests.rules.letters import Acknowledge, Body, Close
from tocsin.requests.rules.marks import Stage, Whether
from tocsin.requests.rules.moves import Delivered, Objection, Phase, Standing
from tocsin.requests.rules.permits import Permits
from tocsin.requests.rules.thread import Effect, state_of

ASKER, ASKED = Side.ASKER, Side.ASKED
Said = tuple[Side, Body]

PRESERVED_ALL: list[Said] = [(ASKED, preserved())]
PRESERVED_PART: list[Said] = [(ASKED, preserved(complete=False))]

# before, what the asker writes, what the asked side writes, the phase, the effect of each
Crossing = tuple[Permits, list[Said], Body, Body, Phase, Effect, Effect]
EFFECTIVE, CROSSED = Effect.EFFECTIVE, Effect.CROSSED
CROSSINGS: dict[str, Crossing] = {
    "withdraw / deliver": (STORED, [], withdraw(), deliver(), Phase.WITHDRAWN, EFFECTIVE, EFFECTIVE),
    "withdraw / preserved": (PRESERVE, [], withdraw(), preserved(), Phase.WITHDRAWN, EFFECTIVE, EFFECTIVE),
    "withdraw / acknowledge": (PRESERVE, [], withdraw(), Acknowledge(), Phase.WITHDRAWN, EFFECTIVE, EFFECTIVE),
    "withdraw / accept": (PRESERVE, [], withdraw(), accept(), Phase.WITHDRAWN, EFFECTIVE, CROSSED),
    "withdraw / indicate": (PRESERVE, [], withdraw(), indicate(), Phase.WITHDRAWN, EFFECTIVE, CROSSED),
    "withdraw / postpone": (PRESERVE, [], withdraw(), postpone(), Phase.WITHDRAWN, EFFECTIVE, CROSSED),
    "withdraw / query": (PRESERVE, [], withdraw(), query(), Phase.WITHDRAWN, EFFECTIVE, CROSSED),
    "withdraw / refuse": (PRESERVE, [], withdraw(), refuse(), Phase.WITHDRAWN, EFFECTIVE, CROSSED),
    "withdraw / release": (PRESERVE, PRESERVED_ALL, withdraw(), release(), Phase.RELEASED, CROSSED, EFFECTIVE),
    "supplement / refuse": (PRESERVE, [], supplement("time"), refuse(), Phase.REFUSED, EFFECTIVE, EFFECTIVE),
    "supplement / query it answers": (
        PRESERVE,
        [],
        supplement("time"),
        query("time"),
        Phase.ASKED,
        EFFECTIVE,
        EFFECTIVE,
    ),
    "supplement / query it answers in part": (
        PRESERVE,
        [],
        supplement("time"),
        query("time", "port"),
        Phase.QUERIED,
        EFFECTIVE,
        EFFECTIVE,
    ),
    "supplement / query for something else": (
        PRESERVE,
        [],
        supplement("time"),
        query("port"),
        Phase.QUERIED,
        EFFECTIVE,
        EFFECTIVE,
    ),
    "supplement / release": (PRESERVE, PRESERVED_ALL, supplement(), release(), Phase.RELEASED, CROSSED, EFFECTIVE),
    "extend / refuse": (PRESERVE, [], extend(), refuse(), Phase.REFUSED, EFFECTIVE, EFFECTIVE),
    "extend / release": (PRESERVE, PRESERVED_ALL, extend(), release(), Phase.RELEASED, CROSSED, EFFECTIVE),
    "follow-up / release": (PRESERVE, PRESERVED_ALL, follow_up(), release(), Phase.RELEASED, CROSSED, EFFECTIVE),
    "follow-up / refuse": (PRESERVE, [], follow_up(), refuse(), Phase.REFUSED, EFFECTIVE, EFFECTIVE),
    "close / accept": (
        PRESERVE,
        [(ASKED, indicate(Whether.NO))],
        Close(),
        accept(),
        Phase.ACCEPTED,
        CROSSED,
        EFFECTIVE,
    ),
    "close / indicate yes": (
        PRESERVE,
        [(ASKED, indicate(Whether.NO))],
        Close(),
        indicate(),
        Phase.INDICATED,
        CROSSED,
        EFFECTIVE,
    ),
    "close / indicate no again": (
        PRESERVE,
        [(ASKED, indicate(Whether.NO))],
        Close(),
        indicate(Whether.NO),
        Phase.CLOSED,
        EFFECTIVE,
        EFFECTIVE,
    ),
    "close / close": (STORED, [(ASKED, deliver())], Close(), Close(), Phase.CLOSED, EFFECTIVE, CROSSED),
    "supplement / close": (STORED, [(ASKED, deliver())], validation(), Close(), Phase.CLOSED, EFFECTIVE, EFFECTIVE),
    "withdraw / close": (EPOC, [(ASKED, deliver())], withdraw(), Close(), Phase.CLOSED, EFFECTIVE, EFFECTIVE),
    "deliver by the asker / accept": (SPONTANEOUS, [], deliver(), accept(), Phase.DELIVERED, EFFECTIVE, CROSSED),
    "deliver by the asker / query": (SPONTANEOUS, [], deliver(), query(), Phase.DELIVERED, EFFECTIVE, CROSSED),
}


def crossed(permits: Permits, before: list[Said], asker: Body, asked: Body) -> Network:
    net = Network(permits)
    net.say(ASKER, ask())
    for side, body in before:
        net.say(side, body)
    net.write(ASKER, asker)
    net.write(ASKED, asked)
    net.settle()
    return net


@pytest.mark.parametrize("name", CROSSINGS)
def test_letters_that_cross_have_the_effect_of_the_table(name: str) -> None:
    permits, before, asker, asked, phase, effect_of_asker, effect_of_asked = CROSSINGS[name]
    net = crossed(permits, before, asker, asked)
    state = net.desks[ASKER].state
    assert state.phase is phase
    last = {placed.side: placed.effect for placed in state.line}
    assert last == {ASKER: effect_of_asker, ASKED: effect_of_asked}
    assert not net.desks[ASKER].refused
    assert not net.desks[ASKED].refused


@pytest.mark.parametrize("name", CROSSINGS)
def test_both_sides_and_every_order_of_arrival_give_one_state(name: str) -> None:
    permits, before, asker, asked, *_ = CROSSINGS[name]
    net = crossed(permits, before, asker, asked)
    letters = list(net.desks[ASKER].letters.values())
    assert set(net.desks[ASKED].letters) == set(net.desks[ASKER].letters)
    states = {repr(state_of(order, permits=permits)) for order in permutations(letters)}
    assert len(states) == 1


def test_a_delivery_that_crossed_a_withdrawal_has_come_all_the_same() -> None:
    standing = crossed(STORED, [], withdraw(), deliver()).desks[ASKER].state.standing
    assert standing.withdrawn
    assert standing.delivered is Delivered.ALL


def test_a_follow_up_that_crossed_a_release_waits_to_be_decided() -> None:
    net = crossed(PRESERVE, PRESERVED_ALL, follow_up(), release())
    assert [each.stage for each in net.desks[ASKED].state.standing.pending_follow_ups] == [Stage.ISSUED]
    net.say(ASKED, follow_up(Stage.DECIDED))
    assert net.desks[ASKER].state.standing.pending_follow_ups == ()


def test_what_was_written_without_knowing_the_other_letter_says_so() -> None:
    net = crossed(PRESERVE, [], supplement("time"), refuse())
    line = net.desks[ASKER].state.line
    assert line[-1].step.kind.value == "refuse"
    assert line[-1].unseen == (line[-2].step.sha256,)
    assert line[-2].unseen == ()


def test_a_crossed_close_leaves_both_sides_free_to_write_on() -> None:
    net = crossed(PRESERVE, [(ASKED, indicate(Whether.NO))], Close(), accept())
    net.say(ASKED, preserved())
    net.say(ASKER, withdraw())
    assert net.desks[ASKER].state.phase is Phase.WITHDRAWN


def test_many_letters_of_both_sides_may_cross_at_once() -> None:
    net = Network(EPOC_PR)
    net.say(ASKER, ask())
    for answer in (Acknowledge(), query("time"), query("port"), preserved()):
        net.write(ASKED, answer)
    for more in (supplement("time"), validation(), follow_up(Stage.ANNOUNCED), withdraw()):
        net.write(ASKER, more)
    net.settle()
    state = net.desks[ASKER].state
    assert state == net.desks[ASKED].state
    assert state.phase is Phase.WITHDRAWN
    assert [placed.step.kind.value for placed in state.line] == [
        "ask",
        "acknowledge",
        "supplement",
        "supplement",
        "follow-up",
        "withdraw",
        "query",
        "query",
        "preserved",
    ]
    assert [placed.effect for placed in state.line[-3:]] == [CROSSED] * 3
    # Preserved it is, and nobody has to hold it.
    assert state.standing.preserved
    assert not state.standing.holding


def test_an_answer_to_a_query_that_another_query_crossed_answers_the_one_it_saw() -> None:
    net = Network(PRESERVE)
    net.say(ASKER, ask())
    net.say(ASKED, query("time"))
    net.write(ASKER, supplement("time"))
    net.write(ASKED, query("port"))
    net.settle()
    assert [set(each.fields) for each in net.desks[ASKER].state.standing.open_queries] == [{"port"}]


def test_a_query_for_a_field_that_was_given_and_seen_is_open_again() -> None:
    net = Network(PRESERVE)
    net.say(ASKER, ask())
    net.say(ASKER, supplement("time"))
    net.say(ASKED, query("time"))
    assert net.desks[ASKER].state.phase is Phase.QUERIED


def test_why_a_letter_has_no_effect_is_told() -> None:
    net = crossed(PRESERVE, [], withdraw(), accept())
    assert [placed.reason for placed in net.desks[ASKED].state.line] == [None, None, Objection.WITHDRAWN]


def test_no_letters_make_an_empty_thread() -> None:
    state = state_of([], permits=PRESERVE)
    assert state.standing == Standing()
    assert state.phase is Phase.NOT_ASKED
    assert state.complete
