"""What others are shown of the directory: values, made by reads."""

from dataclasses import dataclass
from datetime import date

from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.directory.rules.card import SignedCard
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
