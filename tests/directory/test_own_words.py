"""What one's own card says: one proposes, another confirms, and only then it is signed."""

from dataclasses import replace

import pytest

from tests.directory.conftest import BecomeNode, Node
from tocsin.base.actor import Actor
from tocsin.directory import reads
from tocsin.directory.acts import cards
from tocsin.directory.acts.own_words import confirm_words, propose_words, withdraw_words, words_now
from tocsin.directory.errors import (
    OwnWordsFaultyError,
    OwnWordsGoneError,
    OwnWordsPersonError,
    OwnWordsSecondError,
)
from tocsin.journal.models import StoredEntry
from tocsin.people.errors import RightMissingError

pytestmark = pytest.mark.django_db


@pytest.fixture
def node(become: BecomeNode) -> Node:
    made = become("ro")
    cards.sign_own_card(by=made.administrator, at=made.at)
    return made


def test_what_one_proposed_another_confirms_and_the_card_says_it(node: Node) -> None:
    wanted = replace(words_now(), hours="Mo-Fr 08:00-16:00", languages=("ro", "de"))
    proposal = propose_words(wanted, by=node.administrator, at=node.at)
    before = reads.own_card()
    assert before is not None
    assert before.card.hours == "24/7"
    with pytest.raises(OwnWordsSecondError):
        confirm_words(proposal, by=node.administrator, at=node.at)
    signed = confirm_words(proposal, by=node.officer, at=node.at)
    assert (signed.card.serial, signed.card.hours, signed.card.languages) == (2, "Mo-Fr 08:00-16:00", ("ro", "de"))
    assert signed.card.endpoint == before.card.endpoint
    assert words_now() == wanted
    # the console signs the same words, and nothing new comes of it
    assert cards.sign_own_card(by=node.administrator, at=node.at) == signed
    with pytest.raises(OwnWordsGoneError):
        confirm_words(proposal, by=node.officer, at=node.at)
    kinds = list(StoredEntry.objects.order_by("index").values_list("kind", flat=True))
    assert kinds == ["card-signed", "own-words-proposed", "card-signed", "own-words-settled"]


def test_faults_are_named_one_proposal_waits_and_it_can_be_given_up(node: Node) -> None:
    with pytest.raises(OwnWordsFaultyError, match=r"hours: is 24/7 .*phone: is a number"):
        propose_words(replace(words_now(), hours="always", phone="12"), by=node.administrator, at=node.at)
    with pytest.raises(OwnWordsGoneError, match="Nothing would change"):
        propose_words(words_now(), by=node.administrator, at=node.at)
    proposal = propose_words(replace(words_now(), name="Another name"), by=node.administrator, at=node.at)
    with pytest.raises(OwnWordsGoneError, match="Another proposal waits"):
        propose_words(replace(words_now(), name="A third name"), by=node.administrator, at=node.at)
    withdraw_words(proposal, by=node.administrator, at=node.at)
    assert reads.waiting_words() is None
    assert words_now().name != "Another name"


def test_neither_the_console_nor_an_officer_proposes(node: Node) -> None:
    wanted = replace(words_now(), name="Another name")
    with pytest.raises(RightMissingError):
        propose_words(wanted, by=node.officer, at=node.at)
    console = Actor(node.member, name="console", roles=frozenset({"administrator"}))
    with pytest.raises(OwnWordsPersonError):
        propose_words(wanted, by=console, at=node.at)
