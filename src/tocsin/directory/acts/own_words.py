"""What this node's own card says, changed at the desk by two people: one proposes, another confirms, and it is signed.

Settings and keys say the rest. What was confirmed here stands in the place of the same settings until it is changed
again; ``tocsin directory card sign`` signs it as well.
"""

from django.db import IntegrityError, transaction

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant
from tocsin.directory import own, reads
from tocsin.directory.acts.cards import draft_card, sign_next_card
from tocsin.directory.acts.rows import check_may
from tocsin.directory.entries import OwnWordsProposed, OwnWordsSettled
from tocsin.directory.errors import OwnWordsFaultyError, OwnWordsGoneError, OwnWordsPersonError, OwnWordsSecondError
from tocsin.directory.models import ProposedWords
from tocsin.directory.rules.card import SignedCard, payload_of
from tocsin.directory.rules.card_form import Fault, faults_of
from tocsin.directory.rules.own_card import OwnWords, differences, with_words, words_in, written_words
from tocsin.journal.acts import record
from tocsin.people.rules.rights import Right


def words_now() -> OwnWords:
    """What the next card would say: settings, and what was confirmed at the desk in their place."""
    return words_in(with_words(own.profile(), reads.words_in_force()))


def words_in_settings() -> OwnWords:
    """What node.toml says."""
    return words_in(own.profile())


def faults_in(words: OwnWords) -> list[Fault]:
    """Every rule of a card that these words would break."""
    card = reads.own_card()
    return faults_of(payload_of(draft_card(card.card if card else None, words=words)))


def propose_words(words: OwnWords, *, by: Actor, at: Instant) -> str:
    """Propose what the card is to say; the proposal's id. It counts once a second person has confirmed it.

    Raises ``OwnWordsFaultyError`` with each fault, ``OwnWordsGoneError`` while another proposal waits or when nothing
    would change, ``OwnWordsPersonError`` when no person acts.
    """
    check_may(by, Right.RUN_NODE)
    _check_person(by)
    faults = faults_in(words)
    if faults:
        raise OwnWordsFaultyError(faults="; ".join(map(str, faults)))
    changed = differences(words_now(), words)
    if not changed:
        raise OwnWordsGoneError(rule="Nothing would change")
    proposal = new_uuid()
    try:
        with transaction.atomic():
            ProposedWords.objects.create(
                id=proposal,
                words=written_words(words),
                proposed_by=by.person,
                proposed_name=by.name,
                proposed=instant.true_now(),
            )
            record(OwnWordsProposed(proposal=proposal, changed=changed), by=by, at=at)
    except IntegrityError as error:
        raise OwnWordsGoneError(rule="Another proposal waits already") from error
    return proposal


def confirm_words(proposal: str, *, by: Actor, at: Instant) -> SignedCard:
    """A second person confirms what the card is to say, and it is signed. It is handed to nobody yet.

    Raises ``OwnWordsSecondError`` for the person who proposed it, ``OwnWordsGoneError`` when it waits no more.
    """
    check_may(by, Right.CONFIRM_CARD)
    _check_person(by)
    with transaction.atomic():
        row = _waiting(proposal)
        if row.proposed_by == by.person:
            raise OwnWordsSecondError
        row.settled, row.settled_by, row.settled_name = instant.true_now(), by.person, by.name
        row.confirmed = True
        row.save()
        signed = sign_next_card(by=by, at=at)
        record(OwnWordsSettled(proposal=proposal, confirmed=True, serial=signed.card.serial), by=by, at=at)
    return signed


def withdraw_words(proposal: str, *, by: Actor, at: Instant) -> None:
    """Give a proposal up: whoever made it, or whoever does not confirm it."""
    check_may(by, Right.CONFIRM_CARD)
    _check_person(by)
    with transaction.atomic():
        row = _waiting(proposal)
        row.settled, row.settled_by, row.settled_name = instant.true_now(), by.person, by.name
        row.save()
        record(OwnWordsSettled(proposal=proposal, confirmed=False, serial=0), by=by, at=at)


def _check_person(by: Actor) -> None:
    if not by.person:
        raise OwnWordsPersonError


def _waiting(proposal: str) -> ProposedWords:
    row = ProposedWords.objects.select_for_update().filter(id=proposal, settled=None).first()
    if row is None:
        raise OwnWordsGoneError(rule="This was settled meanwhile")
    return row
