"""One thread: duplicates, gaps, unlawful letters, two histories, tombstones."""

from dataclasses import replace

import pytest

from tests.network import START, Network, signed, verified
from tests.requests.permitted import EPOC_PR, PRESERVE, STORED
from tests.requests.said import (
    accept,
    ask,
    deliver,
    disclose,
    extend,
    follow_up,
    indicate,
    preserved,
    query,
    refuse,
    release,
    supplement,
    withdraw,
    withhold,
)
from tocsin.base.errors import TocsinError
from tocsin.base.ids import InstrumentId, MemberId, RequestId
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import LetterKind
from tocsin.requests.errors import (
    BrokenChainError,
    ExerciseMixedError,
    IllegalLetterError,
    LetterBodyError,
    NotYourMoveError,
    OtherInstrumentError,
    StrangerError,
    ThreadGapError,
    TombstoneError,
    TwoHistoriesError,
)
from tocsin.requests.rules.letters import Acknowledge, Close
from tocsin.requests.rules.marks import Stage, Whether
from tocsin.requests.rules.moves import Objection, Phase
from tocsin.requests.rules.steps import Step, parse_tombstone, step_of, tombstone
from tocsin.requests.rules.thread import (
    Effect,
    Flaw,
    LetterPlace,
    check_letter,
    kinds_to_write,
    may_write,
    next_letter_place,
    state_of,
    why_not,
)
from tocsin.wire.rules.letter import Letter, UnsignedLetter

ASKER, ASKED = Side.ASKER, Side.ASKED


def preservation() -> Network:
    """The story of Article 29, as far as its thread goes."""
    net = Network(PRESERVE)
    net.say(ASKER, ask())
    net.say(ASKED, Acknowledge(reference="PT 9/2026"))
    net.say(ASKED, query("time"))
    net.say(ASKER, supplement("time"))
    net.say(ASKED, accept())
    net.say(ASKED, preserved())
    net.say(ASKED, disclose())
    net.say(ASKER, follow_up())
    net.say(ASKED, follow_up(Stage.DECIDED))
    net.say(ASKER, Close())
    return net


def again(letter: Letter, **changes: object) -> Letter:
    """The same letter with something else in it, signed anew by its sender."""
    members = {name: getattr(letter, name) for name in UnsignedLetter.__dataclass_fields__}
    return signed(UnsignedLetter(**{**members, **changes}))


# --- the ordinary way ------------------------------------------------------------------------------


def test_the_story_of_a_preservation_ends_closed_on_both_sides() -> None:
    net = preservation()
    states = [desk.state for desk in net.desks.values()]
    assert states[0] == states[1]
    assert states[0].phase is Phase.CLOSED
    assert {placed.effect for placed in states[0].line} == {Effect.EFFECTIVE}
    assert kinds_to_write(states[0], ASKER, permits=PRESERVE) == ()
    assert kinds_to_write(states[0], ASKED, permits=PRESERVE) == ()


def test_a_letter_that_comes_twice_has_one_effect() -> None:
    net = preservation()
    letters = list(net.desks[ASKER].letters.values())
    assert state_of([*letters, *letters], permits=PRESERVE) == net.desks[ASKER].state
    for letter in letters:
        assert check_letter(letters, letter, permits=PRESERVE).effect is Effect.EFFECTIVE


def test_the_next_place_follows_ones_own_last_letter_and_the_last_one_seen() -> None:
    net = Network(PRESERVE)
    assert net.desks[ASKER].next_place() == LetterPlace(seq=1, prev=None, seen=None)
    first = net.say(ASKER, ask())
    assert net.desks[ASKED].next_place() == LetterPlace(seq=1, prev=None, seen=first.sha256)
    answer = net.say(ASKED, Acknowledge())
    assert net.desks[ASKER].next_place() == LetterPlace(seq=2, prev=first.sha256, seen=answer.sha256)
    assert net.desks[ASKED].next_place() == LetterPlace(seq=2, prev=answer.sha256, seen=first.sha256)


def test_each_side_is_told_what_it_may_write_and_why_not() -> None:
    net = Network(PRESERVE)
    empty = net.desks[ASKER].state
    assert kinds_to_write(empty, ASKER, permits=PRESERVE) == (LetterKind.ASK,)
    assert kinds_to_write(empty, ASKED, permits=PRESERVE) == ()
    net.say(ASKER, ask())
    state = net.desks[ASKER].state
    assert may_write(state, ASKED, LetterKind.REFUSE, permits=PRESERVE)
    assert not may_write(state, ASKER, LetterKind.REFUSE, permits=PRESERVE)
    assert why_not(state, ASKER, LetterKind.REFUSE, permits=PRESERVE) is Objection.OTHER_SIDE
    assert why_not(state, ASKED, LetterKind.DELIVER, permits=PRESERVE) is Objection.NOT_IN_INSTRUMENT
    assert why_not(state, ASKER, LetterKind.CLOSE, permits=PRESERVE) is Objection.NOT_AT_REST


def test_only_a_follow_up_that_waits_can_be_decided() -> None:
    net = Network(PRESERVE)
    net.say(ASKER, ask())
    assert why_not(net.desks[ASKED].state, ASKED, LetterKind.FOLLOW_UP, permits=PRESERVE) is Objection.FOLLOW_UP_UNKNOWN
    net.say(ASKER, follow_up())
    assert may_write(net.desks[ASKED].state, ASKED, LetterKind.FOLLOW_UP, permits=PRESERVE)
    with pytest.raises(NotYourMoveError) as refused:
        net.write(ASKED, follow_up(Stage.DECIDED, reference="another"))
    assert refused.value.fields["objection"] == "follow-up-unknown"
    with pytest.raises(NotYourMoveError) as refused:
        net.write(ASKED, follow_up(Stage.ISSUED, reference="another"))
    assert refused.value.fields["objection"] == "other-side"


def test_a_side_cannot_write_out_of_turn() -> None:
    net = Network(PRESERVE)
    net.say(ASKER, ask())
    with pytest.raises(NotYourMoveError) as refused:
        net.write(ASKED, release())
    assert refused.value.fields["kind"] == "release"
    assert refused.value.fields["objection"] == "nothing-preserved"


def test_whose_move_it_is_follows_the_thread() -> None:
    net = Network(PRESERVE)
    moves = [net.desks[ASKER].state.standing.waits_for]
    for side, body in (
        (ASKER, ask()),
        (ASKED, query("time")),
        (ASKER, supplement("time")),
        (ASKED, preserved()),
        (ASKER, extend()),
        (ASKED, extend()),
        (ASKER, follow_up()),
        (ASKED, follow_up(Stage.DECIDED)),
        (ASKER, Close()),
    ):
        net.say(side, body)
        moves.append(net.desks[ASKER].state.standing.waits_for)
    assert moves == [None, ASKED, ASKER, ASKED, ASKER, ASKED, ASKER, ASKED, ASKER, None]


# --- gaps -------------------------------------------------------------------------------------------


def test_a_letter_whose_predecessors_are_missing_is_held_and_they_are_named() -> None:
    net = preservation()
    letters = list(net.desks[ASKER].letters.values())
    by_place = {(letter.sender, letter.seq): letter for letter in letters}
    missing = {by_place[MemberId("pt"), 2].sha256, by_place[MemberId("pt"), 3].sha256}
    state = state_of([letter for letter in letters if letter.sha256 not in missing], permits=PRESERVE)
    assert state.phase is Phase.ACKNOWLEDGED
    assert {placed.step.kind.value for placed in state.outside} >= {"supplement", "preserved", "disclose"}
    assert {placed.effect for placed in state.outside} == {Effect.HELD}
    named = [(gap.sender, gap.first, gap.last) for gap in state.gaps]
    assert ("pt", 2, 3) in named
    assert {gap.sha256 for gap in state.gaps} == missing
    assert not state.complete


def test_held_letters_have_effect_when_the_gap_is_filled() -> None:
    net = preservation()
    letters = list(net.desks[ASKER].letters.values())
    for missing in letters:
        rest = [letter for letter in letters if letter != missing]
        assert state_of([*rest, missing], permits=PRESERVE) == net.desks[ASKER].state
        assert check_letter(rest, missing, permits=PRESERVE).effect is Effect.EFFECTIVE


def test_without_the_ask_everything_is_held() -> None:
    net = preservation()
    letters = [letter for letter in net.desks[ASKER].letters.values() if letter.kind is not LetterKind.ASK]
    state = state_of(letters, permits=PRESERVE)
    assert state.phase is Phase.NOT_ASKED
    assert {placed.effect for placed in state.outside} == {Effect.HELD}
    assert [gap.sender for gap in state.gaps if gap.first == 1] == ["ro"]


def test_nobody_writes_on_top_of_own_letters_that_are_not_all_there() -> None:
    net = preservation()
    held = {k: v for k, v in net.desks[ASKER].letters.items() if v.kind is not LetterKind.SUPPLEMENT}
    state = state_of(held.values(), permits=PRESERVE)
    with pytest.raises(ThreadGapError):
        next_letter_place(state, ASKER)


def test_a_gap_on_the_other_side_does_not_stop_ones_own_letters() -> None:
    net = Network(PRESERVE)
    net.say(ASKER, ask())
    net.write(ASKED, Acknowledge())
    net.write(ASKED, query())
    net.lose(0)
    net.deliver(0)
    state = net.desks[ASKER].state
    assert [placed.effect for placed in state.outside] == [Effect.HELD]
    net.write(ASKER, withdraw())
    net.settle()
    assert net.desks[ASKER].state == net.desks[ASKED].state
    assert net.desks[ASKER].state.phase is Phase.WITHDRAWN


# --- unlawful letters ---------------------------------------------------------------------------------


def test_an_unlawful_letter_is_refused_and_changes_nothing_for_either_side() -> None:
    net = Network(PRESERVE)
    net.say(ASKER, ask())
    before = net.desks[ASKER].state
    forced = net.desks[ASKED].letter(release(), at=net.now)
    net.desks[ASKED].letters[forced.sha256] = forced
    with pytest.raises(IllegalLetterError) as refused:
        check_letter(net.desks[ASKER].letters.values(), forced, permits=PRESERVE)
    assert refused.value.fields["kind"] == "release"
    assert "nothing was preserved" in str(refused.value)
    state = net.desks[ASKED].state
    assert state.standing == before.standing
    assert state.placed(forced.sha256) is not None
    assert [placed.effect for placed in state.line] == [Effect.EFFECTIVE, Effect.ILLEGAL]


def test_an_unlawful_letter_keeps_its_place_and_those_after_it_have_effect() -> None:
    net = Network(PRESERVE)
    net.say(ASKER, ask())
    desk = net.desks[ASKED]
    forced = desk.letter(release(), at=net.now)
    desk.letters[forced.sha256] = forced
    later = net.write(ASKED, accept())
    state = desk.state
    assert [placed.effect for placed in state.line] == [Effect.EFFECTIVE, Effect.ILLEGAL, Effect.EFFECTIVE]
    assert later.seq == 2
    assert state.phase is Phase.ACCEPTED


def test_what_comes_later_never_makes_an_unlawful_letter_lawful() -> None:
    net = Network(PRESERVE)
    net.say(ASKER, ask())
    forced = net.desks[ASKED].letter(release(), at=net.now)
    net.desks[ASKED].letters[forced.sha256] = forced
    net.write(ASKED, preserved())
    placed = net.desks[ASKED].state.placed(forced.sha256)
    assert placed is not None
    assert placed.effect is Effect.ILLEGAL


def test_what_its_writer_did_not_know_never_makes_a_letter_unlawful() -> None:
    net = Network(PRESERVE)
    net.say(ASKER, ask())
    net.write(ASKER, withdraw())
    unknowing = net.write(ASKED, accept())
    net.settle()
    placed = net.desks[ASKER].state.placed(unknowing.sha256)
    assert placed is not None
    assert placed.effect is Effect.CROSSED


def test_a_letter_that_shows_itself_unlawful_when_its_gap_is_filled_has_no_effect() -> None:
    net = Network(PRESERVE)
    net.say(ASKER, ask())
    desk = net.desks[ASKED]
    first = net.write(ASKED, Acknowledge())
    forced = desk.letter(release(), at=net.now)
    other = net.desks[ASKER]
    assert check_letter(other.letters.values(), forced, permits=PRESERVE).effect is Effect.HELD
    state = state_of([*other.letters.values(), forced, first], permits=PRESERVE)
    assert [placed.effect for placed in state.line] == [Effect.EFFECTIVE, Effect.EFFECTIVE, Effect.ILLEGAL]


@pytest.mark.parametrize("ground", ["EEV_FUND_RIGHTS", "ETS185_POSTPONE", "made_up"])
def test_a_refusal_stands_on_a_ground_of_its_instrument_only(ground: str) -> None:
    net = Network(PRESERVE)
    net.say(ASKER, ask())
    with pytest.raises(NotYourMoveError) as refused:
        net.write(ASKED, refuse(ground))
    assert refused.value.fields["objection"] == "ground"


def test_the_lines_of_article_30_are_withheld_on_its_two_grounds_only() -> None:
    net = Network(PRESERVE)
    net.say(ASKER, ask())
    net.write(ASKED, withhold("ETS185_ORDRE_PUBLIC"))
    with pytest.raises(NotYourMoveError):
        net.write(ASKED, withhold("ETS185_DUAL_CRIM_RES"))


def test_a_preservation_cannot_be_confirmed_before_it_is_effected() -> None:
    net = Network(PRESERVE)
    net.say(ASKER, ask())
    with pytest.raises(NotYourMoveError) as refused:
        net.write(ASKED, preserved(effected_at=START.replace(year=2027)))
    assert refused.value.fields["objection"] == "not-yet-preserved"


def test_an_epoc_pr_is_extended_once_and_by_thirty_days() -> None:
    net = Network(EPOC_PR)
    net.say(ASKER, ask())
    ceiling = EPOC_PR.extensions[0].clock
    with pytest.raises(NotYourMoveError) as refused:
        net.write(ASKER, extend(ceiling, days=31))
    assert refused.value.fields["objection"] == "extension-length"
    net.say(ASKER, extend(ceiling))
    with pytest.raises(NotYourMoveError) as refused:
        net.write(ASKER, extend(ceiling))
    assert refused.value.fields["objection"] == "extension-spent"


def test_a_part_is_refused_once_and_the_rest_is_answered() -> None:
    net = Network(STORED)
    net.say(ASKER, ask())
    net.say(ASKED, refuse("ETS185_LAW", part="content"))
    with pytest.raises(NotYourMoveError) as refused:
        net.write(ASKED, refuse("ETS185_LAW", part="content"))
    assert refused.value.fields["objection"] == "part-refused"
    net.say(ASKED, deliver())
    assert net.desks[ASKER].state.phase is Phase.DELIVERED
    assert net.desks[ASKER].state.standing.refused_parts == {"content"}


# --- where a letter stands ----------------------------------------------------------------------------


def talk() -> Network:
    net = Network(PRESERVE)
    net.say(ASKER, ask())
    net.say(ASKED, Acknowledge())
    net.say(ASKER, supplement())
    return net


def wrong_letter(change: str) -> Letter:
    """What the asked side would write next, with one thing wrong."""
    net = talk()
    desk = net.desks[ASKED]
    right = desk.letter(accept(), at=net.now)
    asks = [letter for letter in desk.letters.values() if letter.sender == "ro"]
    changes = {
        "from a stranger": lambda: again(right, sender=MemberId("bg")),
        "to a stranger": lambda: again(right, addressee=MemberId("bg")),
        "under another instrument": lambda: again(right, instrument=InstrumentId("budapest-31-stored")),
        "of an exercise": lambda: again(right, exercise_shift_seconds=3600),
        "after a letter that is not before it": lambda: again(right, prev=asks[0].sha256),
        "having seen a letter of its own": lambda: again(right, seen=right.prev),
        "having seen less than before": lambda: again(right, seen=None),
        "a second ask": lambda: desk.letter(ask(), at=net.now),
        "with an empty body": lambda: again(right, body={}),
    }
    return changes[change]()


WRONG: dict[str, type[TocsinError]] = {
    "from a stranger": StrangerError,
    "to a stranger": StrangerError,
    "under another instrument": OtherInstrumentError,
    "of an exercise": ExerciseMixedError,
    "after a letter that is not before it": BrokenChainError,
    "having seen a letter of its own": BrokenChainError,
    "having seen less than before": BrokenChainError,
    "a second ask": IllegalLetterError,
    "with an empty body": LetterBodyError,
}


@pytest.mark.parametrize("change", WRONG)
def test_a_letter_that_stands_wrong_is_refused_by_name_and_has_no_effect(change: str) -> None:
    letter = wrong_letter(change)
    letters = talk().desks[ASKER].letters.values()
    with pytest.raises(WRONG[change]):
        check_letter(letters, letter, permits=PRESERVE)
    before = state_of(letters, permits=PRESERVE)
    after = state_of([*letters, letter], permits=PRESERVE)
    assert after.standing == before.standing
    placed = after.placed(letter.sha256)
    assert placed is not None
    assert placed.effect is Effect.ILLEGAL


def test_forgetting_what_was_seen_does_not_become_lawful_by_doing_it_twice() -> None:
    net = talk()
    desk = net.desks[ASKED]
    for _ in range(2):
        forgetful = desk.letter(accept(), at=net.now, place=replace(desk.next_place(), seen=None))
        desk.letters[forgetful.sha256] = forgetful
    assert [placed.reason for placed in desk.state.line[-2:]] == [Flaw.UNSEEN, Flaw.UNSEEN]
    net.write(ASKED, accept())
    assert desk.state.phase is Phase.ACCEPTED


def test_two_letters_in_one_place_prove_two_histories() -> None:
    net = talk()
    desk = net.desks[ASKED]
    one, other = desk.letter(accept(), at=net.now), desk.letter(refuse(), at=net.now)
    with pytest.raises(TwoHistoriesError) as refused:
        check_letter([*desk.letters.values(), one], other, permits=PRESERVE)
    assert (refused.value.fields["known"], refused.value.fields["other"]) == (one.sha256, other.sha256)
    for order in ([one, other], [other, one]):
        state = state_of([*desk.letters.values(), *order], permits=PRESERVE)
        assert state.standing == desk.state.standing
        assert [placed.effect for placed in state.outside] == [Effect.CONTESTED] * 2


def test_nobody_can_take_over_a_thread_by_asking_in_it() -> None:
    net = talk()
    desk = net.desks[ASKED]
    usurping = desk.letter(ask(), at=net.now, place=LetterPlace(seq=1, prev=None, seen=None))
    with pytest.raises(TwoHistoriesError):
        check_letter(net.desks[ASKER].letters.values(), usurping, permits=PRESERVE)


def test_letters_of_two_threads_are_not_one_thread() -> None:
    net = talk()
    letters = list(net.desks[ASKER].letters.values())
    stray = again(letters[0], thread=RequestId("00000000-0000-4000-8000-000000000000"))
    with pytest.raises(ValueError, match="more than one thread"):
        state_of([*letters, stray], permits=PRESERVE)


def test_a_letter_survives_its_way_over_the_wire_bit_for_bit() -> None:
    for letter in preservation().desks[ASKER].letters.values():
        assert step_of(verified(letter.jws, sender=letter.sender)) == step_of(letter)


def test_the_instants_that_a_side_writes_move_nothing() -> None:
    """Somebody who dates a letter back gains nothing: the order of a thread knows no clock."""
    steps = [step_of(letter) for letter in preservation().desks[ASKER].letters.values()]
    shifted = [replace(step, written=step.written.replace(year=2030)) for step in steps]
    assert state_of(shifted, permits=PRESERVE).standing == state_of(steps, permits=PRESERVE).standing


# --- erased letters -----------------------------------------------------------------------------------


def test_tombstones_hold_the_state_and_the_chain() -> None:
    net = preservation()
    letters = list(net.desks[ASKER].letters.values())
    erased = [parse_tombstone(tombstone(step_of(letter))) for letter in letters]
    assert state_of(erased, permits=PRESERVE) == net.desks[ASKER].state
    for n in range(len(letters)):
        mixed: list[Letter | Step] = [*letters[:n], erased[n], *letters[n + 1 :]]
        assert state_of(mixed, permits=PRESERVE) == net.desks[ASKER].state


def test_a_tombstone_holds_no_word_of_the_letter() -> None:
    net = Network(PRESERVE)
    private_name = "Ioana Secreta"
    net.say(ASKER, replace(ask(), form={"account": private_name}, case_reference=private_name))
    net.say(ASKED, replace(query("time"), words=private_name))
    net.say(ASKER, replace(supplement(), fields={"time": private_name}))
    net.say(ASKED, replace(indicate(Whether.NO), words=private_name))
    net.say(ASKED, replace(refuse(), reason=private_name))
    for letter in net.desks[ASKER].letters.values():
        kept = repr(tombstone(step_of(letter)))
        assert private_name not in kept
        assert "Ioana" not in kept
        assert "Exemplu" not in kept


def test_a_reference_in_a_follow_up_is_kept_as_a_hash_only() -> None:
    net = Network(PRESERVE)
    net.say(ASKER, ask())
    letter = net.say(ASKER, follow_up(reference="Ioana Secreta 7/2026"))
    assert "Secreta" not in repr(tombstone(step_of(letter)))


@pytest.mark.parametrize(
    ("field", "value"),
    [("v", 2), ("seq", 0), ("marks", {"kind": "nothing"}), ("marks", 1), ("sha256", "x"), ("exercise", None)],
)
def test_a_spoilt_tombstone_is_refused_by_field(field: str, value: object) -> None:
    net = talk()
    payload = tombstone(step_of(next(iter(net.desks[ASKER].letters.values()))))
    with pytest.raises(TombstoneError):
        parse_tombstone({**payload, field: value})  # type: ignore[dict-item]


def test_an_unreadable_letter_that_was_kept_as_evidence_has_no_effect_as_letter_or_tombstone() -> None:
    net = talk()
    odd = again(net.desks[ASKED].letter(accept(), at=net.now), body={"conditions": "none"})
    letters = [*net.desks[ASKED].letters.values(), odd]
    step = parse_tombstone(tombstone(step_of(odd)))
    assert step == step_of(odd)
    for last in (odd, step):
        state = state_of([*letters, last], permits=PRESERVE)
        assert state.phase is Phase.ACKNOWLEDGED
        assert state.line[-1].reason is Objection.UNREADABLE
