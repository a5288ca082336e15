"""What a card is worth: where it came from, what may replace it, and which of two is in force.

A card's own signature proves only that its maker holds the key that it names. Trust comes from one of two
sources, which are always shown apart:

    tuf       the directory: its root was given to this node, and the member's State (or the hub, for private
              members) signed the card through its delegation
    voice     somebody here heard the member read the six words of the card, and confirmed them

Two more say that there is no trust yet, and such cards let no letters in:

    file      taken from a file, not yet confirmed
    hearsay   passed on by another member, not yet confirmed

What may replace a confirmed card without a new telephone call: a card with a higher serial, signed by a sign
key of the confirmed card, that names no sign key which the confirmed card does not name. A changed sign key
needs a new confirmation, whoever signed the card: a thief of the old key could name a key of his own.

When a member has a card from both sources, the higher serial is in force (the directory's, when they are equal).
A key that either source has revoked, or that a person here refuses, is revoked in both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant, text
from tocsin.directory.errors import CardForkedError, CardOutdatedError, RevokedKeyError
from tocsin.directory.rules.card import Card, CardKey, SignedCard, Use, key_named, newest_key


class Source(StrEnum):
    """Where a card came from. The values are in letters and in the journal: never rename one."""

    TUF = "tuf"
    VOICE = "voice"
    FILE = "file"
    HEARSAY = "hearsay"

    @property
    def trusted(self) -> bool:
        """Whether a card of this source lets letters in."""
        return self in (Source.TUF, Source.VOICE)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Who compared the six words of a card, and when."""

    by_person: str
    by_name: str
    at: Instant
    serial: int
    """The serial of the card whose words were heard; a later one was taken as its update."""


@dataclass(frozen=True, slots=True)
class Held:
    """A card as this node holds it."""

    signed: SignedCard
    source: Source
    since: Instant
    confirmation: Confirmation | None = None
    via: str = ""
    """For hearsay: the member that passed it on."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Since when a key verifies nothing that comes in, and why."""

    since: Instant
    reason: str


@dataclass(frozen=True, slots=True)
class TrustedCard:
    """A member's card in force, with what must be known to use it: only reads make it.

    Keys are got through it, so that a refused one is never used.
    """

    held: Held
    stale_since: Instant | None
    """Since when the directory is stale; ``None`` while it is fresh, and for a card confirmed by voice.
    Every letter sent meanwhile says so."""
    refused: Mapping[str, Refusal]
    """By key id: keys of this member that verify nothing any more, also those that no card names now."""
    sources_disagree: bool = False
    """Whether directory and voice name different sign keys: shown, so that somebody may call."""

    @property
    def member(self) -> MemberId:
        """Whose card it is."""
        return self.held.signed.card.member

    @property
    def card(self) -> Card:
        """What the card says."""
        return self.held.signed.card

    @property
    def source(self) -> Source:
        """``tuf`` or ``voice``."""
        return self.held.source

    def key(self, kid: str, *, use: Use, at: Instant) -> CardKey:
        """The key of this id for ``use`` at ``at`` (true time): for what was made then.

        Raises ``RevokedKeyError`` for a key that is refused, whenever it was used; ``KeyNotInForceError``
        for one that the card does not name for this use and instant.
        """
        refusal = self.refused.get(kid)
        if refusal is not None:
            raise RevokedKeyError(member=self.member, kid=kid, since=text(refusal.since), reason=refusal.reason)
        return key_named(self.card, kid=kid, use=use, at=at)

    def newest(self, use: Use, *, at: Instant) -> CardKey:
        """The key to use for something new; raises ``KeyNotInForceError`` when there is none."""
        return newest_key(self.card, use=use, at=at, revoked=self.refused)


class Taking(StrEnum):
    """What becomes of a card that comes as a file."""

    KNOWN = "known"
    UPDATE = "update"
    TO_CONFIRM = "to-confirm"


def taking_of(new: SignedCard, *, confirmed: SignedCard | None) -> Taking:
    """What becomes of ``new``, taken from a file, beside the card confirmed by voice, if any.

    Raises ``CardOutdatedError`` or ``CardForkedError``. A card that still waits for its confirmation never
    stands in the way of another: else a forged one with a high serial could lock the true one out.
    """
    if confirmed is None:
        return Taking.TO_CONFIRM
    if new.sha256 == confirmed.sha256:
        return Taking.KNOWN
    check_serial(new, known=confirmed)
    return Taking.UPDATE if continues(new, confirmed.card) else Taking.TO_CONFIRM


def check_serial(new: SignedCard, *, known: SignedCard) -> None:
    """Raise unless ``new``, which differs from ``known``, has a higher serial."""
    if new.card.serial == known.card.serial:
        raise CardForkedError(member=new.card.member, serial=new.card.serial)
    if new.card.serial < known.card.serial:
        raise CardOutdatedError(member=new.card.member, serial=new.card.serial, known=known.card.serial)


def continues(new: SignedCard, known: Card) -> bool:
    """Whether ``new`` is signed by a sign key of ``known`` and names no other sign key."""
    trusted = {(key.kid, key.public): key for key in known.keys if key.use is Use.SIGN}
    signer = next((key for key in trusted.values() if key.kid == new.signer), None)
    named = {(key.kid, key.public) for key in new.card.keys if key.use is Use.SIGN}
    return signer is not None and signer.in_force(new.card.issued) and named <= trusted.keys()


def in_force(from_directory: Held | None, by_voice: Held | None) -> Held | None:
    """Which of a member's trusted cards is in force; ``None`` when there is none."""
    held = [card for card in (by_voice, from_directory) if card is not None]
    return max(held, key=lambda card: (card.signed.card.serial, card.source is Source.TUF)) if held else None


def sources_disagree(from_directory: Held | None, by_voice: Held | None) -> bool:
    """Whether the two sources name different sign keys: shown to the officer, who may want to call."""
    if from_directory is None or by_voice is None:
        return False
    return _sign_kids(from_directory.signed.card) != _sign_kids(by_voice.signed.card)


def _sign_kids(card: Card) -> frozenset[str]:
    return frozenset(key.kid for key in card.keys if key.use is Use.SIGN)
