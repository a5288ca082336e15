"""The other side of a request: a member whose card is trusted, one known only by hearsay, or nobody who is known.

Letters go to the first kind alone. To the second our letters go as forms; of the third nothing is believed.
"""

from dataclasses import dataclass
from enum import StrEnum

from tocsin.base.errors import RuleError
from tocsin.base.ids import MemberId
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.directory.errors import UnknownMemberError
from tocsin.directory.rules.card import Card, CardKind
from tocsin.directory.rules.hearsay import Listed
from tocsin.law.calendar import Place
from tocsin.law.provisions import Instrument
from tocsin.law.setting import Party
from tocsin.law.vocabulary import PartyKind, StateCode
from tocsin.requests.rules.ways import UNKNOWN


class KnownBy(StrEnum):
    """How well the other side is known."""

    CARD = "card"
    """By a card that the directory or a voice vouches for: it may have a node, and letters go to it."""
    HEARSAY = "hearsay"
    """From a list, or by a card that nobody confirmed."""
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterpart:
    """The other side of a request, as this house knows it."""

    member: MemberId
    known: KnownBy
    name: str
    country: str
    zone: str
    party: Party
    place: Place | None
    languages: tuple[str, ...] = ()
    phone: str = ""
    why_not: str = ""
    """Why no letters go there."""


def counterpart_of(member: MemberId) -> Counterpart:
    """Who a member is; raises ``UnknownMemberError`` for one that is on no list of this house."""
    try:
        return _by_card(directory.card_of(member).card, KnownBy.CARD)
    except RuleError as error:
        why = str(error)
    shown = directory.cards_shown([member]).get(member)
    if shown is not None:
        return _by_card(shown, KnownBy.HEARSAY, why_not=why)
    return _by_list(member, directory.heard_of(member), why_not=why)


def is_by_hearsay(member: MemberId) -> bool:
    """Whether a member is known and no letters go to it."""
    try:
        return counterpart_of(member).known is KnownBy.HEARSAY
    except UnknownMemberError:
        return False


def place_of_member(member: MemberId) -> Place | None:
    """Where a member acts; nothing for one who is not known."""
    own = directory.own_card() if member == this_node().member else None
    if own is not None:
        return place_of(own.card)
    if member == UNKNOWN:
        return None
    return counterpart_of(member).place


def unknown_sender(law: Instrument, country: str) -> Party:
    """The end of a request that a sender who is not known claims to be."""
    return Party(
        kind=law.parties.sender,
        state=StateCode(country),
        member=UNKNOWN,
    )


def party_of(card: Card) -> Party:
    """A member as an end of a request, as its card says."""
    return Party(
        kind=PartyKind.STATE if card.kind is CardKind.STATE else PartyKind.PROVIDER,
        state=StateCode(card.country),
        member=card.member,
        languages=tuple(card.languages),
        competences=frozenset(card.competences),
    )


def place_of(card: Card) -> Place:
    """Where a member acts: its zone, and whose public holidays count there."""
    return Place(zone=card.zone, country=card.holidays.country, subdivision=card.holidays.subdivision)


def _by_list(member: MemberId, heard: Listed, *, why_not: str) -> Counterpart:
    kind = PartyKind.STATE if heard.kind is CardKind.STATE else PartyKind.PROVIDER
    return Counterpart(
        member=member,
        known=KnownBy.HEARSAY,
        name=heard.name,
        country=heard.country,
        zone=heard.zone,
        party=Party(
            kind=kind,
            state=StateCode(heard.country),
            member=member,
            languages=heard.languages,
            competences=frozenset(heard.competences) or None,
        ),
        place=Place(zone=heard.zone, country=heard.country, subdivision=heard.subdivision),
        languages=heard.languages,
        phone=heard.phone or "",
        why_not=why_not,
    )


def _by_card(card: Card, known: KnownBy, *, why_not: str = "") -> Counterpart:
    return Counterpart(
        member=card.member,
        known=known,
        name=card.name,
        country=card.country,
        zone=card.zone,
        party=party_of(card),
        place=place_of(card),
        languages=tuple(card.languages),
        phone=card.phone or "",
        why_not=why_not,
    )
