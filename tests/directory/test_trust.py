"""What a card is worth, as a table: no database, no network."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.directory.cards import ISSUED, Member
from tocsin.directory.errors import CardForkedError, CardOutdatedError, KeyNotInForceError, RevokedKeyError
from tocsin.directory.rules.card import SignedCard, Use
from tocsin.directory.rules.freshness import GRACE, beyond_grace, earliest_end, stale_since
from tocsin.directory.rules.trust import (
    Held,
    Refusal,
    Source,
    Taking,
    TrustedCard,
    continues,
    in_force,
    sources_disagree,
    taking_of,
)

HOUR = timedelta(hours=1)
PT = Member("pt")
FIRST, SECOND = PT.card(at=ISSUED), PT.card(at=ISSUED + HOUR)
OLD_KEYS = PT.keys
PT.rotate_signing()
THIRD = PT.card(at=ISSUED + 3 * HOUR)
STRANGER = Member("pt").card(at=ISSUED)


def held(card: SignedCard, source: Source) -> Held:
    return Held(signed=card, source=source, since=ISSUED)


@pytest.mark.parametrize(
    ("new", "confirmed", "taking"),
    [
        (FIRST, None, Taking.TO_CONFIRM),
        (FIRST, FIRST, Taking.KNOWN),
        (SECOND, FIRST, Taking.UPDATE),
        (THIRD, SECOND, Taking.TO_CONFIRM),
    ],
)
def test_what_becomes_of_a_card_from_a_file(new: SignedCard, confirmed: SignedCard | None, taking: Taking) -> None:
    assert taking_of(new, confirmed=confirmed) is taking


def test_older_cards_and_twins_are_refused() -> None:
    with pytest.raises(CardOutdatedError):
        taking_of(FIRST, confirmed=SECOND)
    with pytest.raises(CardForkedError):
        taking_of(STRANGER, confirmed=FIRST)


def test_only_a_card_by_a_key_of_the_one_before_continues_it() -> None:
    assert continues(SECOND, FIRST.card)
    assert not continues(THIRD, SECOND.card)
    assert not continues(STRANGER, FIRST.card)


@given(st.sampled_from([None, FIRST, SECOND, THIRD]), st.sampled_from([None, FIRST, SECOND, THIRD]))
def test_of_two_sources_the_higher_serial_is_in_force_and_the_directory_wins_a_tie(
    directory: SignedCard | None, voice: SignedCard | None
) -> None:
    tuf = held(directory, Source.TUF) if directory else None
    spoken = held(voice, Source.VOICE) if voice else None
    chosen = in_force(tuf, spoken)
    serials = [card.card.serial for card in (directory, voice) if card]
    if chosen is None:
        assert serials == []
        return
    assert chosen.signed.card.serial == max(serials)
    if directory and directory.card.serial == max(serials):
        assert chosen.source is Source.TUF


def test_sources_that_name_different_sign_keys_disagree() -> None:
    assert not sources_disagree(held(SECOND, Source.TUF), held(FIRST, Source.VOICE))
    assert sources_disagree(held(THIRD, Source.TUF), held(SECOND, Source.VOICE))
    assert not sources_disagree(None, held(SECOND, Source.VOICE))


@pytest.mark.parametrize("source", Source)
def test_only_two_sources_let_letters_in(source: Source) -> None:
    assert source.trusted == (source in {Source.TUF, Source.VOICE})


def test_a_refused_key_is_never_found_whenever_it_was_used() -> None:
    kid = FIRST.signer
    refused = {kid: Refusal(since=ISSUED + HOUR, reason="left out of card 9")}
    trusted = TrustedCard(held=held(FIRST, Source.TUF), stale_since=None, refused=refused)
    for at in (ISSUED, ISSUED + 2 * HOUR):
        with pytest.raises(RevokedKeyError, match="left out of card 9"):
            trusted.key(kid, use=Use.SIGN, at=at)
    with pytest.raises(KeyNotInForceError, match="no key at all"):
        trusted.newest(Use.SIGN, at=ISSUED)
    assert trusted.newest(Use.SEAL, at=ISSUED)


@given(
    st.lists(st.timedeltas(timedelta(0), timedelta(days=400)), min_size=1),
    st.timedeltas(timedelta(0), timedelta(days=500)),
)
def test_the_directory_is_stale_from_its_earliest_end_and_good_for_the_grace(
    lives: list[timedelta], later: timedelta
) -> None:
    end, at = earliest_end(ISSUED + life for life in lives), ISSUED + later
    assert end == ISSUED + min(lives)
    assert (stale_since(end, at=at) is not None) == (at >= end)
    assert beyond_grace(end, at=at) == (at >= end + GRACE)
    assert not (beyond_grace(end, at=at) and stale_since(end, at=at) is None)
