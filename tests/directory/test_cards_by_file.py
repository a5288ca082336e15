"""S02: two countries meet. Cards go by file, words by telephone, and nobody's leave is asked."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction
from django.db.utils import IntegrityError

from tests.directory.cards import Member
from tests.directory.conftest import BecomeNode, Node
from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.directory import reads
from tocsin.directory.acts import cards, rotate
from tocsin.directory.errors import (
    CardAlteredError,
    CardFaultyError,
    CardForkedError,
    CardFromTheFutureError,
    CardOutdatedError,
    CardOwnError,
    KeyInUseError,
    KeyNotInForceError,
    PersonNeededError,
    RevokedKeyError,
    UnconfirmedMemberError,
    UnknownMemberError,
    WordsDifferError,
    WordsFormError,
)
from tocsin.directory.models import KnownCard
from tocsin.directory.rules.card import Use, read_card_file, sign_card
from tocsin.directory.rules.trust import Source, Taking
from tocsin.directory.rules.words import words_of
from tocsin.journal.models import StoredEntry
from tocsin.people.errors import RightMissingError

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_words")]

PT = MemberId("pt")


def recent(member: Member, *, hours: int = 1, **changes: object) -> bytes:
    """The member's next card, issued a little while ago."""
    return member.card(at=_ago(hours=hours), **changes).file  # type: ignore[arg-type]


def _ago(*, hours: int) -> instant.Instant:
    return instant.parse(instant.text(instant.true_now() - timedelta(hours=hours)))


def spoken(member: Member) -> str:
    """What the member reads aloud: the words of its own card."""
    return str(words_of(member.cards[-1].jws, member=member.member))


def kinds() -> list[str]:
    """What the journal was told, in order."""
    return list(StoredEntry.objects.order_by("index").values_list("kind", flat=True))


def confirm(node: Node, member: Member) -> None:
    cards.take_card(member.cards[-1].file, by=node.officer, at=node.at)
    cards.confirm_card(member.member, heard=spoken(member), by=node.officer, at=node.at)


def test_a_card_taken_from_a_file_lets_no_letters_in_before_it_is_confirmed(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    held, taking = cards.take_card(recent(pt), by=node.officer, at=node.at)
    assert (held.source, taking) == (Source.FILE, Taking.TO_CONFIRM)
    assert not held.source.trusted
    with pytest.raises(UnconfirmedMemberError, match="not yet confirmed"):
        reads.card_of(PT)
    assert reads.point(PT).why_not == "The card of pt is not yet confirmed: compare its six words by voice first."


def test_a_confirmed_card_says_by_whom_and_when(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    cards.take_card(recent(pt), by=node.officer, at=node.at)
    before = instant.true_now()
    cards.confirm_card(PT, heard=spoken(pt).upper().replace(" ", ", "), by=node.officer, at=node.at)
    trusted = reads.card_of(PT)
    assert trusted.source is Source.VOICE
    assert trusted.stale_since is None
    confirmation = trusted.held.confirmation
    assert confirmation is not None
    assert (confirmation.by_name, confirmation.by_person, confirmation.serial) == ("Ana Exemplu", "p1", 1)
    assert before <= confirmation.at <= instant.true_now()
    assert kinds() == ["card-taken", "card-confirmed"]


def test_the_words_of_another_card_confirm_nothing_and_are_recorded(become: BecomeNode) -> None:
    node, pt, attacker = become("ro"), Member("pt"), Member("pt")
    cards.take_card(recent(attacker), by=node.officer, at=node.at)
    recent(pt)
    with pytest.raises(WordsDifferError) as refused:
        cards.confirm_card(PT, heard=spoken(pt), by=node.officer, at=node.at)
    assert not any(word in str(refused.value) for word in spoken(attacker).split())
    with pytest.raises(UnconfirmedMemberError):
        reads.card_of(PT)
    assert kinds() == ["card-taken", "card-not-confirmed"]


def test_words_that_cannot_be_words_are_not_counted_as_an_attempt(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    cards.take_card(recent(pt), by=node.officer, at=node.at)
    with pytest.raises(WordsFormError):
        cards.confirm_card(PT, heard="abacus", by=node.officer, at=node.at)
    assert kinds() == ["card-taken"]


def test_only_a_person_who_may_confirms_a_card(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    cards.take_card(recent(pt), by=node.officer, at=node.at)
    auditor = Actor(node.member, person="p3", name="An auditor", roles=frozenset({"auditor"}))
    with pytest.raises(RightMissingError):
        cards.confirm_card(PT, heard=spoken(pt), by=auditor, at=node.at)
    with pytest.raises(PersonNeededError):
        cards.confirm_card(PT, heard=spoken(pt), by=Actor.node(node.member), at=node.at)


def test_a_card_with_one_byte_changed_is_refused_with_the_reason(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    file = bytearray(recent(pt))
    file[500] ^= 1
    with pytest.raises(CardAlteredError, match="not what its member signed"):
        cards.take_card(bytes(file), by=node.officer, at=node.at)
    assert kinds() == []
    with pytest.raises(UnknownMemberError):
        reads.card_of(PT)


def test_a_card_from_the_future_and_ones_own_are_refused(become: BecomeNode) -> None:
    node = become("ro")
    with pytest.raises(CardFaultyError, match="future"):
        cards.take_card(recent(Member("pt"), hours=-2), by=node.officer, at=node.at)
    with pytest.raises(CardOwnError):
        cards.take_card(recent(node.as_member()), by=node.officer, at=node.at)


def test_the_same_card_again_has_no_effect(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    file = recent(pt)
    for _ in range(2):
        assert cards.take_card(file, by=node.officer, at=node.at)[1] is Taking.TO_CONFIRM
    confirm(node, pt)
    assert cards.take_card(file, by=node.officer, at=node.at)[1] is Taking.KNOWN
    assert kinds() == ["card-taken", "card-confirmed"]
    assert KnownCard.objects.count() == 2


def test_a_later_card_signed_by_the_known_key_is_an_update_under_the_old_confirmation(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    recent(pt, hours=3)
    confirm(node, pt)
    moved = replace(pt.profile, endpoint="https://new.pt.example")
    held, taking = cards.take_card(recent(pt, hours=2, changed=moved), by=node.officer, at=node.at)
    assert taking is Taking.UPDATE
    assert held.confirmation is not None
    assert (held.signed.card.serial, held.confirmation.serial) == (2, 1)
    assert reads.card_of(PT).card.endpoint == "https://new.pt.example"


def test_a_new_sealing_key_under_the_known_sign_key_is_an_update(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    recent(pt, hours=3)
    confirm(node, pt)
    old = reads.card_of(PT).newest(Use.SEAL, at=instant.true_now()).kid
    pt.keys = replace(pt.keys, sealing=Member("pt").keys.sealing)
    assert cards.take_card(recent(pt, hours=2), by=node.officer, at=node.at)[1] is Taking.UPDATE
    assert reads.card_of(PT).newest(Use.SEAL, at=instant.true_now()).kid != old


def test_a_changed_sign_key_needs_a_new_confirmation_and_the_old_card_stands_until_then(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    recent(pt, hours=3)
    confirm(node, pt)
    pt.rotate_signing()
    held, taking = cards.take_card(recent(pt, hours=2), by=node.officer, at=node.at)
    assert (taking, held.source) == (Taking.TO_CONFIRM, Source.FILE)
    assert reads.card_of(PT).card.serial == 1
    contact = reads.point(PT)
    assert [each.source for each in contact.held] == [Source.VOICE, Source.FILE]
    cards.confirm_card(PT, heard=spoken(pt), by=node.officer, at=node.at)
    assert reads.card_of(PT).card.serial == 2


def test_a_card_that_the_old_key_signed_but_that_names_a_new_sign_key_needs_a_confirmation(become: BecomeNode) -> None:
    """A thief of the old key could name a key of his own."""
    node, pt = become("ro"), Member("pt")
    recent(pt, hours=3)
    confirm(node, pt)
    thief = Member("pt", keys=replace(pt.keys, signing=Ed25519PrivateKey.generate()))
    thief.cards = list(pt.cards)
    draft = thief.draft(at=_ago(hours=2))
    old_key = next(key for key in pt.cards[0].card.keys if key.use is Use.SIGN)
    keys = (*(key for key in draft.keys if key.kid != old_key.kid), old_key)  # still in force beside his own
    forged = sign_card(replace(draft, keys=keys), key=pt.keys.signing)
    assert cards.take_card(forged.file, by=node.officer, at=node.at)[1] is Taking.TO_CONFIRM


def test_an_older_card_is_refused(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    first = recent(pt, hours=3)
    recent(pt, hours=2)
    confirm(node, pt)
    with pytest.raises(CardOutdatedError, match="serial 1; serial 2 is known"):
        cards.take_card(first, by=node.officer, at=node.at)


def test_two_cards_with_one_serial_are_an_alarm(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    recent(pt)
    confirm(node, pt)
    twin = Member("pt", keys=pt.keys)
    with pytest.raises(CardForkedError, match="Two different cards of pt carry serial 1"):
        cards.take_card(recent(twin, hours=2), by=node.officer, at=node.at)


def test_a_forged_card_that_waits_does_not_keep_the_true_one_out(become: BecomeNode) -> None:
    node, pt, attacker = become("ro"), Member("pt"), Member("pt")
    for hours in (9, 8, 7):
        cards.take_card(recent(attacker, hours=hours), by=node.officer, at=node.at)
    recent(pt)
    confirm(node, pt)
    assert reads.card_of(PT).held.signed == pt.cards[-1]


def test_a_revoked_key_verifies_nothing_once_the_card_without_it_is_confirmed(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    recent(pt, hours=3)
    confirm(node, pt)
    stolen = pt.cards[0].signer
    pt.rotate_signing()
    recent(pt, hours=2, revoked=frozenset({stolen}))
    confirm(node, pt)
    trusted = reads.card_of(PT)
    with pytest.raises(RevokedKeyError, match="left out of card 2"):
        trusted.key(stolen, use=Use.SIGN, at=_ago(hours=3))
    assert trusted.key(pt.cards[1].signer, use=Use.SIGN, at=instant.true_now())


def test_a_retired_key_verifies_what_was_signed_before_and_nothing_later(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    recent(pt, hours=4)
    old = pt.cards[0].signer
    pt.rotate_signing()
    recent(pt, hours=2)
    confirm(node, pt)
    trusted = reads.card_of(PT)
    assert trusted.key(old, use=Use.SIGN, at=_ago(hours=3)).kid == old
    with pytest.raises(KeyNotInForceError):
        trusted.key(old, use=Use.SIGN, at=instant.true_now())


def test_a_key_that_a_person_refuses_stops_working_at_once(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    recent(pt, hours=3)
    confirm(node, pt)
    kid = pt.cards[0].signer
    cards.refuse_key(PT, kid=kid, reason="reported stolen by telephone", by=node.officer, at=node.at)
    with pytest.raises(RevokedKeyError, match="reported stolen"):
        reads.card_of(PT).key(kid, use=Use.SIGN, at=instant.true_now())
    with pytest.raises(RevokedKeyError):
        cards.take_card(recent(pt, hours=2), by=node.officer, at=node.at)
    with pytest.raises(UnknownMemberError):
        cards.refuse_key(PT, kid="0" * 16, reason="a slip", by=node.officer, at=node.at)


def test_hearsay_is_shown_as_such_and_lets_nothing_in(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    held, _ = cards.take_card(recent(pt), by=node.officer, at=node.at, via=MemberId("gr"))
    assert (held.source, held.via) == (Source.HEARSAY, "gr")
    with pytest.raises(UnconfirmedMemberError):
        reads.card_of(PT)
    cards.confirm_card(PT, heard=spoken(pt), by=node.officer, at=node.at)
    assert reads.card_of(PT).source is Source.VOICE


def test_a_dropped_card_lets_nothing_in_any_more(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    recent(pt)
    confirm(node, pt)
    then = instant.true_now()
    cards.drop_card(PT, source=Source.VOICE, reason="the office was closed", by=node.officer, at=node.at)
    with pytest.raises(UnknownMemberError):
        reads.card_of(PT)
    assert reads.card_of(PT, as_of=then).source is Source.VOICE


def test_the_card_in_force_at_an_instant_is_found_years_later(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    recent(pt, hours=3)
    confirm(node, pt)
    then = instant.true_now()
    cards.take_card(recent(pt, hours=2), by=node.officer, at=node.at)
    assert reads.card_of(PT, as_of=then).card.serial == 1
    assert reads.card_of(PT).card.serial == 2
    history = reads.signed_history(PT, as_of=then)
    assert (history.role, history.metadata, history.target) == ("", (), pt.cards[0].file)
    assert history.held.confirmation is not None


def test_an_act_that_tells_the_journal_nothing_is_refused_by_the_database(become: BecomeNode) -> None:
    become("ro")
    pt = Member("pt").card()
    row = KnownCard(member="pt", source="tuf", serial=1, sha256=pt.sha256, jws=pt.jws, since=instant.true_now())
    with pytest.raises(IntegrityError, match="without an entry"):
        _commit(row)


def _commit(row: KnownCard) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        row.save()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


# --- One's own card -----------------------------------------------------------------------------


def test_a_node_signs_its_card_and_signs_no_second_one_while_nothing_changes(become: BecomeNode) -> None:
    node = become("ro")
    first = cards.sign_own_card(by=node.administrator, at=node.at)
    assert cards.sign_own_card(by=node.administrator, at=node.at) == first
    assert read_card_file(first.file) == first
    assert kinds() == ["card-signed"]
    assert cards.own_words() == words_of(first.jws, member=node.member)


def test_a_changed_setting_gives_the_next_card(become: BecomeNode) -> None:
    node = become("ro")
    cards.sign_own_card(by=node.administrator, at=node.at)
    node.profile = replace(node.profile, hours="Mo-Fr 08:00-16:00")
    second = cards.sign_own_card(by=node.administrator, at=node.at)
    assert (second.card.serial, second.card.hours) == (2, "Mo-Fr 08:00-16:00")


def test_all_faults_of_the_settings_are_named_when_the_card_is_signed(become: BecomeNode) -> None:
    node = become("ro")
    node.profile = replace(node.profile, phone=None, hours="often")
    with pytest.raises(CardFaultyError, match=r"hours: .*phone|hours: is 24/7"):
        cards.sign_own_card(by=node.administrator, at=node.at)
    assert kinds() == []


def test_a_rotated_key_is_retired_and_a_revoked_one_left_out(become: BecomeNode) -> None:
    node = become("ro")
    first = cards.sign_own_card(by=node.administrator, at=node.at)
    second = rotate.rotate_key(Use.SIGN, by=node.administrator, at=node.at, now=True)
    assert first.signer in {key.kid for key in second.card.keys if key.until is not None}
    third = rotate.rotate_key(Use.SIGN, by=node.administrator, at=node.at, revoke=True)
    assert second.signer not in {key.kid for key in third.card.keys}
    assert first.signer in {key.kid for key in third.card.keys}


def test_a_key_that_is_still_used_cannot_be_left_off_the_card(become: BecomeNode) -> None:
    node = become("ro")
    first = cards.sign_own_card(by=node.administrator, at=node.at)
    with pytest.raises(KeyInUseError, match="still uses it"):
        cards.sign_own_card(by=node.administrator, at=node.at, revoked=frozenset({first.signer}))


def test_an_officer_who_does_not_run_the_node_signs_no_card(become: BecomeNode) -> None:
    node = become("ro")
    with pytest.raises(RightMissingError):
        cards.sign_own_card(by=node.officer, at=node.at)


def test_a_clock_that_was_put_back_is_named_and_the_member_is_not_called_unknown(
    become: BecomeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, pt = become("ro"), Member("pt")
    before = instant.true_now()
    cards.take_card(recent(pt), by=node.officer, at=node.at)
    confirm(node, pt)
    assert reads.card_of(pt.member, as_of=instant.true_now()).member == pt.member
    with pytest.raises(UnknownMemberError) as raised:
        reads.card_of(pt.member, as_of=before - timedelta(days=1))
    assert raised.value.code == "member-unknown", "looking back, it was not known then"
    monkeypatch.setattr(instant, "true_now", lambda: before - timedelta(hours=2))
    with pytest.raises(CardFromTheFutureError, match="by this machine's clock"):
        reads.card_of(pt.member, as_of=instant.true_now())
    with pytest.raises(UnknownMemberError, match="No card of gr"):
        reads.card_of(MemberId("gr"), as_of=instant.true_now())
