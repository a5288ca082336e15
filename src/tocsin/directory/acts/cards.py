"""Cards: signing one's own, taking another's from a file, confirming it by voice.

Two contact points begin like this, without anybody's leave: each signs its card, exports it as a file, takes the
other's, and hears the other read the six words of its own card on the telephone.
"""

from dataclasses import replace

from django.db import transaction

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import own, reads
from tocsin.directory.acts.rows import (
    check_may,
    check_not_refused,
    current,
    end,
    one_at_a_time,
    read_row,
    refuse,
    refuse_left_out,
)
from tocsin.directory.entries import (
    CardConfirmed,
    CardDropped,
    CardNotConfirmed,
    CardSigned,
    CardTaken,
    KeyRefused,
)
from tocsin.directory.errors import (
    CardOfExerciseError,
    CardOwnError,
    KeyInUseError,
    PersonNeededError,
    UnknownMemberError,
    WordsDifferError,
)
from tocsin.directory.models import KnownCard, OwnCard
from tocsin.directory.reads import held_of
from tocsin.directory.rules.card import Card, SignedCard, check_issued, read_card_file, sign_card
from tocsin.directory.rules.own_card import OwnWords, next_card, publics_of, with_words
from tocsin.directory.rules.trust import Held, Source, Taking, taking_of
from tocsin.directory.rules.words import Words, same_words, words_heard, words_of
from tocsin.journal.acts import record
from tocsin.people.rules.rights import Right

_WAITING = (Source.FILE, Source.HEARSAY)


def sign_own_card(*, by: Actor, at: Instant, revoked: frozenset[str] = frozenset()) -> SignedCard:
    """Sign the next card of this node, from its settings and its keys; the last one again if nothing changed.

    What two people confirmed at the desk (``own_words``) stands in the place of the same settings. ``revoked`` names
    keys that are left out, for good. Raises ``CardFaultyError`` with every fault of the settings, ``KeyInUseError``
    for a key that the node still uses.
    """
    check_may(by, Right.RUN_NODE)
    return sign_next_card(by=by, at=at, revoked=revoked)


def sign_next_card(*, by: Actor, at: Instant, revoked: frozenset[str] = frozenset()) -> SignedCard:
    """The same, for acts that have asked who may."""
    with transaction.atomic():
        one_at_a_time()
        before = reads.own_card()
        draft = draft_card(before.card if before else None, revoked=revoked)
        if before and not revoked and _same_but_for_date(draft, before.card):
            return before
        signed = sign_card(draft, key=this_node().keys.signing)
        OwnCard.objects.create(serial=draft.serial, sha256=signed.sha256, jws=signed.jws, issued=draft.issued)
        kids = tuple(key.kid for key in draft.keys)
        record(
            CardSigned(serial=draft.serial, sha256=signed.sha256, kids=kids, revoked=tuple(sorted(revoked))),
            by=by,
            at=at,
        )
    return signed


def own_words() -> Words:
    """The six words of this node's own card: what is read aloud on the telephone. Takes most of a second."""
    card = reads.own_card()
    if card is None:
        raise UnknownMemberError(member=this_node().member)
    return words_of(card.jws, member=card.card.member)


def take_card(content: bytes, *, by: Actor, at: Instant, via: MemberId | None = None) -> tuple[Held, Taking]:
    """Take a card from a file. It lets no letters in before it is confirmed, unless it continues a confirmed one.

    ``via`` names the member that passed it on, if it was not the card's own. Taking the same card again has
    no effect. Raises what ``read_card_file`` raises, ``CardOutdatedError``, ``CardForkedError``,
    ``RevokedKeyError`` for one signed by a refused key, ``CardOwnError`` for this node's own, and
    ``CardOfExerciseError`` between a node for exercises and a real one.
    """
    check_may(by, Right.CONFIRM_CARD)
    signed, when = read_card_file(content), instant.true_now()
    check_issued(signed.card, at=when)
    if signed.card.member == this_node().member:
        raise CardOwnError(member=signed.card.member)
    _check_same_kind(signed.card)
    with transaction.atomic():
        one_at_a_time()
        check_not_refused(signed)
        return _taken(signed, via=via or MemberId(""), by=by, at=at, when=when)


def confirm_card(member: MemberId, *, heard: str, by: Actor, at: Instant) -> Held:
    """Compare the six words that were heard with those of the card, and let its letters in if they are the same.

    ``heard`` is what the member read aloud of its own card. The card is the one that waits, or the directory's
    if none does. Takes most of a second. Raises ``WordsFormError`` when six words of the list were not typed,
    ``WordsDifferError`` (journalled) when they are others, ``UnknownMemberError``, ``PersonNeededError`` when no
    person acts.
    """
    check_may(by, Right.CONFIRM_CARD)
    if not by.person:
        raise PersonNeededError
    spoken = words_heard(heard)
    candidate = _to_confirm(member)
    _check_same_kind(candidate.signed.card)
    if not same_words(spoken, words_of(candidate.signed.jws, member=member)):
        _note_difference(candidate.signed, by=by, at=at)
        raise WordsDifferError(member=member)
    with transaction.atomic():
        one_at_a_time()
        return _confirmed(candidate.signed, by=by, at=at, when=instant.true_now())


def _check_same_kind(card: Card) -> None:
    """Raise ``CardOfExerciseError`` unless both nodes are for exercises or neither is (decision 0152)."""
    if card.exercise is not this_node().exercise:
        kinds = {True: "exercises", False: "real work"}
        raise CardOfExerciseError(member=card.member, card=kinds[card.exercise], node=kinds[this_node().exercise])


def drop_card(member: MemberId, *, source: Source, reason: str, by: Actor, at: Instant) -> None:
    """Give up a card taken from a file or confirmed by voice; the directory's cannot be given up one by one.

    Raises ``UnknownMemberError`` when there is none.
    """
    check_may(by, Right.CONFIRM_CARD)
    with transaction.atomic():
        one_at_a_time()
        row = current(member, source) if source is not Source.TUF else None
        if row is None:
            raise UnknownMemberError(member=member)
        end([row], when=instant.true_now())
        entry = CardDropped(
            member=member, serial=row.serial, sha256=row.sha256, source=source.value, reason=reason[:500]
        )
        record(entry, by=by, at=at)


def refuse_key(member: MemberId, *, kid: str, reason: str, by: Actor, at: Instant) -> None:
    """Refuse a key of a member from now on, before its member revokes it: it was reported stolen, say.

    Raises ``UnknownMemberError`` when no card of the member names it. Refusing it again has no effect.
    """
    check_may(by, Right.CONFIRM_CARD)
    with transaction.atomic():
        one_at_a_time()
        if not any(key.kid == kid for card in _all_cards(member) for key in card.keys):
            raise UnknownMemberError(member=member)
        if refuse(member, [kid], reason=f"refused here: {reason}", when=instant.true_now()):
            record(KeyRefused(member=member, kid=kid, reason=reason[:500]), by=by, at=at)


# --- Steps --------------------------------------------------------------------------------------


def draft_card(before: Card | None, *, revoked: frozenset[str] = frozenset(), words: OwnWords | None = None) -> Card:
    """The next card, not signed: the node's settings and keys, and ``words`` or else what was confirmed at the desk."""
    node = this_node()
    draft = next_card(
        with_words(own.profile(), words or reads.words_in_force()),
        member=node.member,
        origin=node.origin,
        publics=publics_of(node.keys),
        announced=own.keys().announced(),
        before=before,
        revoked=revoked,
        issued=_to_the_millisecond(instant.true_now()),
    )
    used = {key.kid for key in draft.keys if key.until is None}
    if used & revoked:
        raise KeyInUseError(kid=min(used & revoked), rule="the node still uses it: rotate it first")
    return draft


def _same_but_for_date(draft: Card, before: Card) -> bool:
    return replace(draft, serial=before.serial, issued=before.issued) == before


def _to_the_millisecond(when: Instant) -> Instant:
    return instant.parse(instant.text(when))


def _taken(signed: SignedCard, *, via: MemberId, by: Actor, at: Instant, when: Instant) -> tuple[Held, Taking]:
    confirmed = current(signed.card.member, Source.VOICE)
    taking = taking_of(signed, confirmed=read_row(confirmed))
    source = Source.VOICE if taking is not Taking.TO_CONFIRM else Source.HEARSAY if via else Source.FILE
    waiting = [current(signed.card.member, each) for each in _WAITING]
    same = next((row for row in (confirmed, *waiting) if row and row.sha256 == signed.sha256), None)
    if same is not None:
        return held_of(same), Taking.KNOWN if same is confirmed else taking
    end([*waiting, confirmed if taking is Taking.UPDATE else None], when=when)
    row = _row(signed, source=source, when=when)
    row.via = via
    if taking is Taking.UPDATE and confirmed is not None:
        _carry_confirmation(confirmed, row)
    row.save(force_insert=True)
    revoked = refuse_left_out(signed, when=when) if source.trusted else ()
    entry = CardTaken(
        member=row.member,
        serial=row.serial,
        sha256=row.sha256,
        source=source.value,
        outcome=taking.value,
        via=via,
        revoked=revoked,
    )
    record(entry, by=by, at=at)
    return held_of(row), taking


def _to_confirm(member: MemberId) -> Held:
    row = current(member, *_WAITING) or current(member, Source.TUF)
    if row is None:
        raise UnknownMemberError(member=member)
    return held_of(row)


def _note_difference(signed: SignedCard, *, by: Actor, at: Instant) -> None:
    with transaction.atomic():
        entry = CardNotConfirmed(member=signed.card.member, serial=signed.card.serial, sha256=signed.sha256)
        record(entry, by=by, at=at)


def _confirmed(signed: SignedCard, *, by: Actor, at: Instant, when: Instant) -> Held:
    check_not_refused(signed)
    member = signed.card.member
    before = current(member, Source.VOICE)
    taking_of(signed, confirmed=read_row(before))  # meanwhile a later one may have come
    end([before, *(current(member, each) for each in _WAITING)], when=when)
    row = _row(signed, source=Source.VOICE, when=when)
    row.confirmed_by, row.confirmed_name = by.person, by.name
    row.confirmed_at, row.confirmed_serial = when, signed.card.serial
    row.save(force_insert=True)
    revoked = refuse_left_out(signed, when=when)
    record(CardConfirmed(member=member, serial=row.serial, sha256=row.sha256, revoked=revoked), by=by, at=at)
    return held_of(row)


def _row(signed: SignedCard, *, source: Source, when: Instant) -> KnownCard:
    card = signed.card
    return KnownCard(
        member=card.member, source=source.value, serial=card.serial, sha256=signed.sha256, jws=signed.jws, since=when
    )


def _carry_confirmation(before: KnownCard, after: KnownCard) -> None:
    after.confirmed_by, after.confirmed_name = before.confirmed_by, before.confirmed_name
    after.confirmed_at, after.confirmed_serial = before.confirmed_at, before.confirmed_serial


def _all_cards(member: MemberId) -> list[Card]:
    return [held_of(row).signed.card for row in KnownCard.objects.filter(member=member)]
