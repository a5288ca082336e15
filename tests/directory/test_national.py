"""What a State says of its own law: signed, taken in from a confirmed member, kept with its time."""

import json
from datetime import timedelta

import pytest

from tests.directory.cards import Member
from tests.directory.conftest import BecomeNode, Node
from tests.directory.simulator import Repository, true_now
from tests.directory.tables import national_payload
from tocsin.base import instant
from tocsin.base.ids import MemberId
from tocsin.base.jose import SignatureWrongError
from tocsin.directory import reads
from tocsin.directory.acts import cards
from tocsin.directory.acts.national import sign_national_table, take_national_table
from tocsin.directory.acts.refresh import join_directory, refresh_directory
from tocsin.directory.errors import (
    NationalTableRefusedError,
    SignedFormError,
    UnconfirmedMemberError,
    UnknownMemberError,
)
from tocsin.directory.rules.national import file_of, sign_table
from tocsin.directory.rules.words import words_of
from tocsin.journal.models import StoredEntry
from tocsin.law.errors import NationalTableError
from tocsin.law.treaty import state_code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_words")]

PT = MemberId("pt")


def kinds() -> list[str]:
    return list(StoredEntry.objects.order_by("index").values_list("kind", flat=True))


def a_confirmed_pt(node: Node) -> Member:
    pt = Member("pt")
    card = pt.card(at=true_now() - timedelta(hours=5))
    cards.take_card(card.file, by=node.officer, at=node.at)
    cards.confirm_card(PT, heard=str(words_of(card.jws, member=PT)), by=node.officer, at=node.at)
    return pt


def table(by: Member, **changes: str) -> bytes:
    payload = national_payload("pt") | changes
    return file_of(sign_table(payload, card=by.cards[-1].card, key=by.keys.signing))


def test_a_table_of_a_confirmed_member_is_taken_in_and_found_by_its_state(become: BecomeNode) -> None:
    node = become("ro")
    pt = a_confirmed_pt(node)
    assert reads.national_table_of(PT) is None
    assert take_national_table(table(pt), by=node.officer, at=node.at) == PT
    found = reads.national_table_of(PT)
    assert found is not None
    assert (found.source, found.table.source) == ("voice", "An invented law of evidence, Article 12")
    assert set(reads.national_tables()) == {state_code("PT")}
    assert kinds()[-1] == "national-table-taken"


def test_the_same_table_again_has_no_effect_and_a_later_one_takes_its_place(become: BecomeNode) -> None:
    node = become("ro")
    pt = a_confirmed_pt(node)
    take_national_table(table(pt), by=node.officer, at=node.at)
    entries, then = kinds(), instant.true_now()
    take_national_table(table(pt), by=node.officer, at=node.at)
    assert kinds() == entries
    take_national_table(table(pt, as_of="2026-11-20", source="A later law"), by=node.officer, at=node.at)
    before, after = reads.national_table_of(PT, as_of=then), reads.national_table_of(PT)
    assert before is not None
    assert after is not None
    assert (before.table.source, after.table.source) == ("An invented law of evidence, Article 12", "A later law")
    with pytest.raises(NationalTableRefusedError, match="before 2026-11-20"):
        take_national_table(table(pt), by=node.officer, at=node.at)


def test_a_table_of_somebody_who_is_not_confirmed_is_refused(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    card = pt.card(at=true_now() - timedelta(hours=5))
    with pytest.raises(UnknownMemberError):
        take_national_table(table(pt), by=node.officer, at=node.at)
    cards.take_card(card.file, by=node.officer, at=node.at)
    with pytest.raises(UnconfirmedMemberError):
        take_national_table(table(pt), by=node.officer, at=node.at)


def test_a_table_by_another_key_or_altered_is_refused(become: BecomeNode) -> None:
    node = become("ro")
    pt = a_confirmed_pt(node)
    stranger = Member("pt")
    stranger.card(at=true_now() - timedelta(hours=4))
    with pytest.raises(NationalTableRefusedError, match="is no sign key of its card"):
        take_national_table(table(stranger), by=node.officer, at=node.at)
    good = table(pt)
    for place in range(0, len(good) - 1, 7):
        altered = bytearray(good)
        altered[place] ^= 2
        with pytest.raises((SignatureWrongError, SignedFormError, NationalTableRefusedError, UnknownMemberError)):
            take_national_table(bytes(altered), by=node.officer, at=node.at)
    assert reads.national_table_of(PT) is None


def test_a_table_by_a_retired_key_is_good_and_by_a_revoked_one_not(become: BecomeNode) -> None:
    node = become("ro")
    pt = a_confirmed_pt(node)
    signed_before = table(pt)
    old = pt.cards[0].signer
    pt.rotate_signing()
    later = pt.card(at=true_now() - timedelta(hours=2))
    cards.take_card(later.file, by=node.officer, at=node.at)
    cards.confirm_card(PT, heard=str(words_of(later.jws, member=PT)), by=node.officer, at=node.at)
    take_national_table(signed_before, by=node.officer, at=node.at)
    cards.refuse_key(PT, kid=old, reason="stolen", by=node.officer, at=node.at)
    with pytest.raises(NationalTableRefusedError, match="is no sign key"):
        take_national_table(signed_before, by=node.officer, at=node.at)


def test_a_table_about_another_state_is_refused() -> None:
    pt = Member("pt")
    pt.card()
    with pytest.raises(NationalTableRefusedError, match="no contact point of ES"):
        table(pt, state="ES")
    with pytest.raises(NationalTableRefusedError, match="names the member es"):
        table(pt, member="es")


def test_a_state_signs_its_own_table(become: BecomeNode) -> None:
    node = become("pt")
    with pytest.raises(UnknownMemberError):
        sign_national_table(b"{}", by=node.administrator, at=node.at)
    cards.sign_own_card(by=node.administrator, at=node.at)
    for faulty, error in (
        (b"{}", NationalTableError),
        (b"[]", NationalTableRefusedError),
        (b"{", NationalTableRefusedError),
    ):
        with pytest.raises(error):
            sign_national_table(faulty, by=node.administrator, at=node.at)
    sign_national_table(json.dumps(national_payload("pt"), indent=2).encode(), by=node.administrator, at=node.at)
    assert set(reads.national_tables()) == {state_code("PT")}
    assert kinds() == ["card-signed", "national-table-signed"]


def test_a_table_in_the_directory_is_taken_in_at_the_next_refresh(become: BecomeNode) -> None:
    node, pt, hub = become("ro"), Member("pt"), Member("hub")
    for member in (pt, hub):
        member.card(at=true_now() - timedelta(days=1))
    repository = Repository.with_members(pt, hub)
    join_directory(repository.root, hub_card=hub.cards[0].file, by=node.administrator, at=node.at)
    repository.put_files("state-pt", {"national/pt.jws": table(pt)})
    repository.publish()
    assert refresh_directory(at=node.at, fetcher=repository.fetcher()).tables == (PT,)
    found = reads.national_table_of(PT)
    assert found is not None
    assert found.source == "tuf"
    spoilt = table(pt, source="Another")[:-30]
    repository.put_files("state-pt", {"national/pt.jws": spoilt})
    repository.publish()
    (fault,) = refresh_directory(at=node.at, fetcher=repository.fetcher()).faults
    assert fault.startswith("national/pt.jws: ")
    assert reads.national_table_of(PT) == found
