"""Who is bound: no is said only where a source says no."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.law.basis import sources
from tocsin.law.errors import UnknownStateError
from tocsin.law.treaty import (
    Cell,
    Provision,
    Treaty,
    bound,
    cells,
    earliest_if_ratified_after,
    is_member_state,
    reservation_cells,
    reserved,
    states,
)
from tocsin.law.vocabulary import Confidence, Known

TODAY = date(2026, 11, 24)
IN_FORCE = date(2004, 7, 1)
UNION = [each.code for each in states().values() if each.is_member_state]


def test_there_are_twenty_seven_member_states_and_each_has_a_line_for_each_act() -> None:
    assert len(UNION) == 27
    written = {(each.state, each.subject) for each in cells()}
    for treaty in Treaty:
        if treaty.is_union_act:
            assert {(code, treaty) for code in UNION} <= written


def test_every_member_state_has_official_languages() -> None:
    assert all(states()[code].languages for code in UNION)


@pytest.mark.parametrize("cell", [*cells(), *reservation_cells()], ids=lambda each: f"{each.state} {each.subject}")
def test_every_cell_names_its_source_or_says_that_it_is_from_memory(cell: Cell) -> None:
    assert (cell.source in sources()) if cell.confidence is Confidence.PAGE else not cell.source


@pytest.mark.parametrize(
    "cell", [each for each in cells() if each.subject == Treaty.ETS185 and each.deposited], ids=lambda each: each.state
)
def test_the_convention_binds_from_the_month_after_three_full_months_from_the_deposit(cell: Cell) -> None:
    assert cell.deposited is not None
    by_rule = earliest_if_ratified_after(cell.deposited - timedelta(days=1))
    assert cell.since == max(by_rule, IN_FORCE)


@pytest.mark.parametrize(
    ("state", "treaty", "on", "answer"),
    [
        ("RO", Treaty.ETS185, TODAY, Known.YES),
        ("BJ", Treaty.ETS185, date(2024, 10, 1), Known.YES),
        ("BJ", Treaty.ETS185, date(2024, 9, 30), Known.NO),  # the page gives the date
        ("RO", Treaty.ETS185, date(2004, 8, 31), Known.UNKNOWN),  # the date is from memory
        ("IE", Treaty.ETS185, date(2025, 10, 8), Known.NO),
        ("IE", Treaty.ETS185, date(2026, 1, 31), Known.NO),  # a ratification on the next day could not bind yet
        ("IE", Treaty.ETS185, date(2026, 2, 1), Known.UNKNOWN),
        ("CM", Treaty.ETS185, TODAY, Known.YES),  # on the list of Parties, with no date
        ("CM", Treaty.ETS185, date(2020, 1, 1), Known.UNKNOWN),
        ("ZA", Treaty.ETS185, TODAY, Known.UNKNOWN),  # believed not to be a Party, from memory
        ("CN", Treaty.ETS185, TODAY, Known.UNKNOWN),  # no line at all
        ("IE", Treaty.REG2023_1543, TODAY, Known.YES),
        ("DK", Treaty.REG2023_1543, TODAY, Known.NO),
        ("PT", Treaty.REG2023_1543, date(2026, 8, 17), Known.NO),
        ("PT", Treaty.REG2023_1543, date(2026, 8, 18), Known.YES),
        ("US", Treaty.REG2023_1543, TODAY, Known.NO),
        ("DK", Treaty.DIR2013_40, TODAY, Known.UNKNOWN),
        ("DK", Treaty.DIR2023_977, TODAY, Known.UNKNOWN),
        ("IE", Treaty.DIR2023_977, TODAY, Known.UNKNOWN),
        ("NO", Treaty.DIR2023_977, TODAY, Known.UNKNOWN),  # associated with Schengen
        ("US", Treaty.DIR2023_977, TODAY, Known.NO),
        ("DK", Treaty.DIR2014_41, TODAY, Known.UNKNOWN),
        ("FR", Treaty.DIR2014_41, TODAY, Known.YES),
        ("HU", Treaty.CETS224, TODAY, Known.YES),
        ("RO", Treaty.CETS224, date(2026, 2, 5), Known.NO),
        ("AU", Treaty.CETS224, TODAY, Known.UNKNOWN),
    ],
)
def test_who_is_bound_on_a_day(state: str, treaty: Treaty, on: date, answer: Known) -> None:
    assert bound(state, treaty, on=on).answer is answer


def test_an_unknown_answer_says_what_is_unknown_and_what_was_last_read() -> None:
    assert bound("IE", Treaty.ETS185, on=TODAY).warning == (
        "Ireland was not bound by the Convention on Cybercrime (ETS 185) on 2025-10-08, and may be since "
        "2026-02-01: look again"
    )
    assert "from memory" in bound("DK", Treaty.DIR2013_40, on=TODAY).warning
    assert "not recorded" in bound("CN", Treaty.ETS185, on=TODAY).warning


def test_a_yes_from_memory_says_so() -> None:
    assert "from memory" in bound("RO", Treaty.ETS185, on=TODAY).warning
    assert bound("AT", Treaty.ETS185, on=TODAY).warning == ""


def test_japan_reserved_article_7_and_of_others_nothing_is_known() -> None:
    assert reserved("JP", Provision.CETS224_7_9_A, on=TODAY).answer is Known.YES
    assert reserved("PT", Provision.ETS185_29_4, on=TODAY).answer is Known.UNKNOWN


@pytest.mark.parametrize("code", ["", "R", "ROU", "ro", "EL", "R1", "\N{CYRILLIC CAPITAL LETTER ER}O"])
def test_what_is_no_code_of_a_state_is_an_error(code: str) -> None:
    with pytest.raises(UnknownStateError):
        bound(code, Treaty.ETS185, on=TODAY)


LETTERS = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2)
CODES = st.sampled_from(sorted(states())) | LETTERS.filter(lambda code: code != "EL")


@given(CODES, st.sampled_from(Treaty), st.dates(date(2001, 1, 1), date(2040, 1, 1)))
def test_a_no_always_has_a_source_that_was_read(code: str, treaty: Treaty, on: date) -> None:
    answer = bound(code, treaty, on=on)
    if answer.answer is Known.NO:
        assert answer.source in sources()
        assert answer.confidence is Confidence.PAGE
    if answer.answer is Known.UNKNOWN:
        assert answer.warning


@given(CODES, st.sampled_from(Treaty), st.dates(date(2001, 1, 1), date(2040, 1, 1)), st.integers(0, 9000))
def test_who_is_bound_stays_bound(code: str, treaty: Treaty, on: date, days: int) -> None:
    later = on + timedelta(days=days)
    if bound(code, treaty, on=on).answer is Known.YES:
        assert bound(code, treaty, on=later).answer is Known.YES


@given(CODES)
def test_an_act_of_the_union_binds_nobody_outside_unless_a_line_says_that_it_is_unknown(code: str) -> None:
    if not is_member_state(code):
        assert bound(code, Treaty.REG2023_1543, on=TODAY).answer is Known.NO
        assert bound(code, Treaty.DIR2023_977, on=TODAY).answer is not Known.YES
