"""What others are shown of the directory: values, made by reads."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tocsin.base.ids import InstrumentId, MemberId
from tocsin.base.instant import Instant
from tocsin.directory.rules import life
from tocsin.directory.rules.card import CardKind, SignedCard
from tocsin.directory.rules.hearsay import Listed, Outcome
from tocsin.directory.rules.own_card import OwnWords
from tocsin.directory.rules.trust import Held, TrustedCard
from tocsin.law.national import NationalTable


@dataclass(frozen=True, slots=True)
class DirectoryStanding:
    """The directory that this node joined, and how it stands now."""

    hub: MemberId
    endpoint: str
    tls: tuple[str, ...]
    root_sha256: str
    joined: Instant
    fresh: Instant | None
    """When a walk last went through."""
    ends: Instant | None
    stale_since: Instant | None
    beyond_grace: bool
    fault: str
    """Why the last walk did not go through, or ``""``."""
    left_out: dict[str, str]
    """Roles and files that the last walk left out, each with its reason."""


@dataclass(frozen=True, slots=True)
class DrillResult:
    """How soon a member's people answered a call of ours."""

    id: str
    member: MemberId
    called: Instant
    answered: Instant | None
    by_name: str
    by_role: str

    @property
    def seconds(self) -> int | None:
        """The reaction time, or ``None`` while nobody has answered."""
        return round((self.answered - self.called).total_seconds()) if self.answered else None


@dataclass(frozen=True, slots=True)
class WaitingDrill:
    """Another member's call that nobody here has answered yet."""

    id: str
    member: MemberId
    called: Instant


@dataclass(frozen=True, slots=True)
class Contact:
    """A member in the directory as the officer sees it, each source apart."""

    member: MemberId
    held: tuple[Held, ...]
    """The card of each source: tuf, voice, file, hearsay."""
    in_force: TrustedCard | None
    why_not: str
    """Why no letters pass, or ``""``."""
    met: Instant
    """When its first card came."""
    alive: Instant | None
    """The last proven sign of life of its node."""
    drill: DrillResult | None
    """The last drill."""
    last_answer: Instant | None
    """When its people last answered a drill."""
    fades: bool
    """Shown as "not answered since": its people have not answered for 90 days."""
    instead: tuple[MemberId, ...]
    """Other points of the same State whose people answer, offered first when this one fades."""

    @property
    def shown(self) -> SignedCard:
        """The card whose name and country stand for the member: the trusted one, if there is one."""
        return self.in_force.held.signed if self.in_force else self.held[0].signed


class Known(StrEnum):
    """How a contact is known."""

    TUF = "tuf"
    VOICE = "voice"
    UNCONFIRMED = "unconfirmed"
    """By a card that nobody vouches for yet, or no more."""
    HEARSAY = "hearsay"
    """From somebody's list; it has no node that is known."""


@dataclass(frozen=True, slots=True)
class Tried:
    """Somebody tried to reach a contact by hearsay."""

    at: Instant
    """In true time."""
    outcome: Outcome
    by_name: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactView:
    """Whoever can be turned to, with a node or without, in the words of its card or of a list."""

    member: MemberId
    known: Known
    listed: Listed
    """Name, country, languages, telephone and the rest: from its card, or as a list has them."""
    source: str = ""
    """For hearsay: whose list."""
    source_date: date | None = None
    """For hearsay: of which day."""
    since: Instant | None = None
    """Since when this is what is known."""
    tried: Tried | None = None
    """For hearsay: when somebody last tried to reach it, and what came of it."""
    last_answer: Instant | None = None
    """When a person there last answered: a try, or a drill."""
    fades: bool = False
    """Shown in grey as "not answered since": for 90 days nobody there answered."""
    instead: tuple[MemberId, ...] = ()
    """Others of the same country and kind that answer, offered first when this one fades."""
    given_up: bool = False
    """For hearsay: somebody took it off the list; it is kept for what was sent to it."""
    version: int = 0
    """For hearsay: of its row; a change names the version that was seen."""

    @property
    def has_node(self) -> bool:
        """Whether letters go to it: only by a card in force."""
        return self.known in {Known.TUF, Known.VOICE}

    @property
    def name(self) -> str:
        """Its name."""
        return self.listed.name

    @property
    def kind(self) -> CardKind:
        """What it is."""
        return self.listed.kind

    @property
    def country(self) -> str:
        """Its country's code."""
        return self.listed.country

    @property
    def zone(self) -> str:
        """Its time zone."""
        return self.listed.zone

    @property
    def subdivision(self) -> str | None:
        """Whose public holidays count beside the country's."""
        return self.listed.subdivision

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages it reads."""
        return self.listed.languages

    @property
    def hours(self) -> str:
        """When it is reached; ``""`` where no list says so."""
        return self.listed.hours

    @property
    def phone(self) -> str | None:
        """Its telephone number, for call-back."""
        return self.listed.phone

    @property
    def email(self) -> str | None:
        """Its e-mail address; a card has none."""
        return self.listed.email

    @property
    def smime(self) -> str | None:
        """The certificate (PEM) for encrypted mail, if there is one."""
        return self.listed.smime

    @property
    def competences(self) -> tuple[InstrumentId, ...]:
        """The instruments it answers for; empty: not known."""
        return self.listed.competences


@dataclass(frozen=True, slots=True, kw_only=True)
class PastHearsay:
    """What a list said of a contact, from ``since`` until the next word took its place."""

    listed: Listed
    source: str
    source_date: date
    since: Instant
    until: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What somebody wants this node's card to say."""

    id: str
    words: OwnWords
    by_person: str
    by_name: str
    at: Instant


def seen_by_card(point: Contact) -> ContactView:
    """A member with a card as a contact among others."""
    card = point.shown.card
    listed = Listed(
        key=card.member,
        name=card.name,
        kind=card.kind,
        country=card.country,
        zone=card.zone,
        subdivision=card.holidays.subdivision,
        languages=card.languages,
        hours=card.hours,
        phone=card.phone,
        email=None,
        smime=None,
        competences=card.competences,
    )
    return ContactView(
        member=point.member,
        known=Known(point.in_force.held.source.value) if point.in_force else Known.UNCONFIRMED,
        listed=listed,
        since=point.met,
        last_answer=point.last_answer,
        fades=point.fades,
        instead=point.instead,
    )


def hearsay_fades(tried: Tried | None, *, answered: Instant | None, told: Instant, at: Instant) -> bool:
    """Whether a contact of a list is shown as not answering at ``at``.

    A try that found nobody, or a wrong number, makes it fade at once; so does silence for 90 days since somebody last
    answered, or since ``told``, when the list was made or it was first taken in: a list ages also when nobody tries.
    """
    if tried is not None and tried.outcome is not Outcome.ANSWERED:
        return True
    return life.fades(answered or told, at=at)


@dataclass(frozen=True, slots=True)
class PastCard:
    """A card of a member as it was in its place here, of one source."""

    held: Held
    until: Instant | None
    """When another one, or none, took its place."""


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """A file of the directory as it was published, for a proof bundle."""

    name: str
    """As TUF names it: ``2.root.json``, ``5.state-ro.json``, ``timestamp.json``."""
    content: bytes


@dataclass(frozen=True, slots=True)
class SignedHistory:
    """What shows, years later, why a card was trusted at an instant."""

    held: Held
    role: str
    """The role that signed the card, or ``""`` for one confirmed by voice."""
    metadata: tuple[HistoryFile, ...]
    """From the first root on: every root up to then, and the metadata in force then. Empty for voice."""
    target_path: str
    target: bytes
    """The card file, as it was published."""


@dataclass(frozen=True, slots=True)
class SignedTable:
    """A member's national law table, as it signed it."""

    member: MemberId
    jws: str
    source: str
    as_of: date
    """The day whose law it tells, by its own word."""
    since: Instant
    table: NationalTable
