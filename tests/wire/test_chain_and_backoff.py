from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.examples import NIGHT, RO, a_letter
from tocsin.base.errors import TocsinError
from tocsin.base.ids import LetterId, new_uuid
from tocsin.wire.errors import LetterForkedError, LetterGapError
from tocsin.wire.rules.backoff import (
    LONGEST_DELAY,
    UP,
    LineState,
    after_failure,
    delay_after,
    goes_round,
    is_due,
)
from tocsin.wire.rules.chain import Head, check_place
from tocsin.wire.rules.letter import Letter
from tocsin.wire.rules.seal import sign_letter


def chain_of(length: int) -> list[Letter]:
    letters: list[Letter] = []
    for seq in range(1, length + 1):
        prev = letters[-1].sha256 if letters else None
        letters.append(sign_letter(a_letter(id=LetterId(new_uuid()), seq=seq, prev=prev), key=RO.signing_key))
    return letters


CHAIN = chain_of(5)


@given(st.integers(0, 4), st.integers(0, 4))
def test_of_a_chain_only_the_next_letter_fits(taken: int, brought: int) -> None:
    head = Head(taken, CHAIN[taken - 1].sha256) if taken else Head()
    letter = CHAIN[brought]
    if brought == taken:
        assert check_place(letter, head=head) == Head(letter.seq, letter.sha256)
        return
    with pytest.raises(LetterGapError if brought > taken else LetterForkedError):
        check_place(letter, head=head)


def test_a_gap_is_worth_a_retry_and_a_fork_is_not() -> None:
    assert LetterGapError.retryable
    assert not LetterForkedError.retryable


def test_a_second_letter_for_one_place_is_a_fork() -> None:
    other = sign_letter(a_letter(id=LetterId(new_uuid()), seq=3, prev="f" * 64), key=RO.signing_key)
    with pytest.raises(LetterForkedError):
        check_place(other, head=Head(2, CHAIN[1].sha256))


def test_the_error_names_what_to_send_first() -> None:
    with pytest.raises(TocsinError) as raised:
        check_place(CHAIN[4], head=Head(2, CHAIN[1].sha256))
    assert raised.value.fields == {"seq": 5, "head": 2}


# --- Back-off -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8), (9, 256), (10, 300), (500, 300), (10**9, 300)]
)
def test_the_wait_doubles_up_to_five_minutes(failures: int, seconds: int) -> None:
    assert delay_after(failures, jitter=0.5) == timedelta(seconds=seconds)


@given(st.integers(1, 10**6), st.floats(0, 1, exclude_max=True))
def test_the_jitter_moves_a_wait_by_up_to_a_half(failures: int, jitter: float) -> None:
    middle = delay_after(failures, jitter=0.5)
    assert middle * 0.5 <= delay_after(failures, jitter=jitter) <= middle * 1.5


def test_a_line_remembers_when_it_went_down_until_it_is_up() -> None:
    line = after_failure(UP, at=NIGHT, jitter=0.5)
    line = after_failure(line, at=NIGHT + timedelta(seconds=1), jitter=0.5)
    assert line == LineState(failures=2, down_since=NIGHT, next_attempt_at=NIGHT + timedelta(seconds=3))


def test_letters_go_round_by_the_hub_after_three_failures_or_thirty_seconds() -> None:
    line = after_failure(UP, at=NIGHT, jitter=0.5)
    assert not goes_round(UP, at=NIGHT)
    assert not goes_round(line, at=NIGHT + timedelta(seconds=29))
    assert goes_round(line, at=NIGHT + timedelta(seconds=30))
    for _ in range(2):
        line = after_failure(line, at=NIGHT, jitter=0.5)
    assert goes_round(line, at=NIGHT)


@given(
    st.integers(1, 100), st.floats(0, 1, exclude_max=True), st.timedeltas(timedelta(days=-3000), timedelta(days=3000))
)
def test_no_jump_of_the_clock_keeps_a_line_waiting_longer_than_the_longest_wait(
    failures: int, jitter: float, jump: timedelta
) -> None:
    line = after_failure(LineState(failures=failures - 1), at=NIGHT, jitter=jitter)
    after_the_jump = NIGHT + jump
    assert is_due(line.next_attempt_at, at=after_the_jump + LONGEST_DELAY * 1.5) or is_due(
        line.next_attempt_at, at=after_the_jump
    )


def test_an_attempt_is_due_at_its_instant_and_not_before() -> None:
    assert is_due(None, at=NIGHT)
    assert is_due(NIGHT, at=NIGHT)
    assert not is_due(NIGHT + timedelta(milliseconds=1), at=NIGHT)
