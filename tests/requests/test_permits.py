"""What the instruments' files permit, against what was written down by hand from their articles."""

from dataclasses import replace

import pytest

from tests.requests.permitted import ALL, EPOC, EPOC_PR
from tocsin.law.instrument import instrument, instruments
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import GroundUse, LetterKind
from tocsin.requests.rules.permits import Permits, permits_of

HAND_WRITTEN = {permits.instrument: permits for permits in ALL}


@pytest.mark.parametrize("name", HAND_WRITTEN)
def test_the_files_permit_the_letters_and_extensions_of_the_articles(name: str) -> None:
    permits = permits_of(instrument(name))
    expected = next(each for each in ALL if each.instrument == name)
    assert replace(permits, grounds=(), clocks=None, silent_on=frozenset()) == replace(expected, grounds=())


@pytest.mark.parametrize("name", HAND_WRITTEN)
def test_every_ground_of_the_articles_is_open_for_its_use_in_the_files(name: str) -> None:
    permits = permits_of(instrument(name))
    expected = next(each for each in ALL if each.instrument == name)
    for ground in expected.grounds:
        for use in GroundUse:
            assert permits.allows_ground(ground.code, use) is (use in ground.uses), (ground.code, use)


def test_a_provider_cannot_invoke_what_belongs_to_the_enforcing_authority() -> None:
    """2023/1543, Art. 16(3)(a): points (a) to (f) of 16(4), and (e) of 16(5), never the last."""
    for permits in (permits_of(instrument(EPOC.instrument)), permits_of(instrument(EPOC_PR.instrument))):
        assert not permits.allows_ground("EEV_ENF_FUND_RIGHTS", GroundUse.REFUSE)
        assert not permits.allows_ground("EEV_FUND_RIGHTS", GroundUse.REFUSE)
        assert not permits.allows_ground("EEV_DUAL_CRIM", GroundUse.REFUSE)
        assert permits.allows_ground("EEV_ENF_IMMUNITY", GroundUse.REFUSE)
        assert permits.allows_ground("EEV_ENF_NOT_STORED", GroundUse.REFUSE)


@pytest.mark.parametrize("name", sorted(instruments()))
def test_every_instrument_can_be_asked_answered_and_closed(name: str) -> None:
    permits: Permits = permits_of(instrument(name))
    assert {LetterKind.SUPPLEMENT, LetterKind.WITHDRAW, LetterKind.CLOSE} <= permits.of(Side.ASKER)
    assert LetterKind.CLOSE in permits.of(Side.ASKED)
    assert permits.fulfilled_by <= permits.asker | permits.asked
    assert permits.fulfilled_by
    assert LetterKind.ASK not in permits.asker | permits.asked
    assert bool(permits.extensions) is (LetterKind.EXTEND in permits.asker | permits.asked)


def test_where_an_instrument_names_no_ground_the_reason_carries_it() -> None:
    """2013/40, Art. 13 has no list of grounds; 2014/41, Art. 15 postpones for reasons outside Art. 11."""
    urgent = permits_of(instrument("dir2013-40-13-urgent"))
    assert urgent.silent_on == {GroundUse.REFUSE}
    assert urgent.allows_ground("NATIONAL_LAW", GroundUse.REFUSE)
    eio = permits_of(instrument("eio-32-provisional"))
    assert eio.silent_on == {GroundUse.POSTPONE}
    assert not eio.allows_ground("NATIONAL_LAW", GroundUse.REFUSE)


def test_lines_of_a_partial_disclosure_are_never_withheld_on_a_ground_that_is_not_named() -> None:
    for name in instruments():
        assert not permits_of(instrument(name)).allows_ground("NATIONAL_LAW", GroundUse.WITHHOLD)
