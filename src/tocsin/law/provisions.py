"""What an instrument's file says, as values.

Each part carries its ``Basis``: the article, the page it was read on, and how sure that is, so that
form, clock and screen can show it. ``instrument_file`` makes these values from TOML and refuses
what does not hang together; nothing else makes an ``Instrument``.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from tocsin.base.ids import InstrumentId
from tocsin.law.clock import ClockRule
from tocsin.law.conditions import Condition
from tocsin.law.vocabulary import (
    ClockId,
    Confidence,
    DataCategory,
    Function,
    GroundUse,
    LetterKind,
    PartyKind,
    Purpose,
    Reader,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Where a rule stands, and how sure that is."""

    act: str
    article: str
    source: str = ""
    """Key of a line in ``sources/sources.toml``; empty when from memory."""
    confidence: Confidence = Confidence.PAGE

    def __str__(self) -> str:
        cited = f"{self.act}, {self.article}" if self.article else self.act
        return cited if self.confidence is Confidence.PAGE else f"{cited} ({self.confidence})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Force:
    """From which day an instrument may be used; without one it lies ready behind this switch."""

    since: date | None
    pending: str = ""
    """Why there is no such day yet."""
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Between whom an instrument works."""

    binds: str
    """The treaty or act (``treaty.Treaty``) that must bind both ends."""
    sender: PartyKind
    recipient: PartyKind
    across: bool
    """Between two States; otherwise inside one."""
    basis: Basis
    closed_by: tuple["Closure", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """A reservation or declaration of the receiving State that closes this way."""

    reservation: str
    categories: frozenset[DataCategory] = frozenset()
    """Only for these; empty means for all."""
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Validation may follow the order: under which condition, and which clock runs meanwhile."""

    when: tuple[Condition, ...]
    clock: ClockId
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Competence:
    """Who may issue, and who must validate, for some categories of data."""

    categories: frozenset[DataCategory]
    alone: tuple[Function, ...] = ()
    """May issue without anybody's validation."""
    validated: tuple[Function, ...] = ()
    """May issue when one of ``validators`` validates."""
    validators: tuple[Function, ...] = ()
    national: bool = False
    """Which authority it is, the instrument leaves to the national law of the sender's State."""
    later: Later | None = None
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing that may be chosen or ticked."""

    id: str
    label: str
    stops: str = ""
    """The article under which choosing this forbids the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What this instrument calls an emergency, or urgent: its own list, no wider."""

    options: tuple[Option, ...]
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A lawful way of sending; the file gives them in their order."""

    id: str
    label: str
    ours: bool
    """Whether Tocsin's wire is it; otherwise "send" makes an export for that system."""
    since: date | None = None
    """The day from which this way comes first."""
    grounds: tuple[Option, ...] = ()
    """Taking this way instead of an earlier one needs one of these, which the receiver sees."""
    records: ClockId | None = None
    """The clock of the duty to record that this way was taken."""
    basis: Basis


class FieldKind(StrEnum):
    """What may stand in a field (``form``)."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    TICKS = "ticks"
    DECLARATIONS = "declarations"
    """Statements all of which must be made."""
    DATE = "date"
    INSTANT = "instant"
    PERIOD = "period"
    IDENTIFIERS = "identifiers"
    AUTHORITY = "authority"
    PERSON = "person"
    REFERENCE = "reference"
    """Another request or order: by whom, its number, its date."""
    OFFENCE = "offence"
    LANGUAGE = "language"
    CATEGORIES = "categories"
    EMERGENCY = "emergency"
    URGENCY = "urgency"
    PRIVILEGE = "privilege"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a form."""

    id: str
    kind: FieldKind
    label: str
    section: str = ""
    required: bool = False
    required_when: tuple[Condition, ...] = ()
    asked_when: tuple[Condition, ...] = ()
    """When the field may be asked at all; empty means always."""
    readers: frozenset[Reader] = frozenset(Reader)
    """Who may see what stands here."""
    options: tuple[Option, ...] = ()
    most: int | None = None
    """Longest text, or greatest number."""
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields of an ask, or of an annex that goes with another letter."""

    id: str
    title: str
    fields: tuple[Field, ...]
    basis: Basis
    goes_with: tuple[LetterKind, ...] = (LetterKind.ASK,)
    """The letters that carry this form."""

    def field(self, name: str) -> Field | None:
        """The field called ``name``; ``None`` when the form has none."""
        return next((each for each in self.fields if each.id == name), None)

    def of_kind(self, kind: FieldKind) -> Field | None:
        """The first field of a kind; forms have at most one of those that carry a meaning."""
        return next((each for each in self.fields if each.kind is kind), None)


class Side(StrEnum):
    """Whose letter, or whose duty."""

    ASKER = "asker"
    ASKED = "asked"
    NOTIFIED = "notified"
    """The enforcing authority that was notified; it is told by a letter of its own."""


class Moment(StrEnum):
    """Which instant of a letter starts a clock."""

    RECEIVED = "received"
    """The *stored* receipt of its addressee."""
    SENT = "sent"
    """The instant at which its sender wrote it."""
    STATED = "stated"
    """The instant that the letter itself names, such as that of the preservation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What starts a clock."""

    letter: LetterKind
    moment: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class StopUse:
    """Letters between which a clock stands still, and why it does (`running.STOPS`)."""

    why: str
    begun_by: tuple[LetterKind, ...]
    ended_by: tuple[LetterKind, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentClock:
    """A clock and the letters that become its facts (`running.RunningClock`)."""

    rule: ClockRule
    step: str
    obligation: str
    by: Side
    """Who must act, and so whose time zone and holidays count."""
    starts: tuple[Trigger, ...]
    """Empty: no letter starts it. It is a duty to show, and nothing that runs by itself."""
    when: tuple[Condition, ...] = ()
    """Only then does it run at all."""
    is_right: bool = False
    """A right that lapses: shown while it lasts, never missed."""
    met_by: tuple[LetterKind, ...] = ()
    """``act``: letters of ``by`` that do what the clock asks."""
    confirmed_by: tuple[LetterKind, ...] = ()
    """``confirmation``: letters of the notified authority that release the act before the end."""
    followed_up_by: tuple[LetterKind, ...] = ()
    """``follow_up``: letters after which the duty lasts until the follow-up is decided."""
    extended_by: tuple[LetterKind, ...] = ()
    """``extension``."""
    lifted_by: tuple[LetterKind, ...] = ()
    """``lifted``: letters that end the duty without doing it."""
    deviated_by: tuple[LetterKind, ...] = ()
    """``deviation``: letters that announce a delay which the law allows."""
    set_anew_by: tuple[LetterKind, ...] = ()
    """``new_ends``: letters of the asking side that may set a new deadline (2023/1543, Article 10(8))."""
    stops: tuple[StopUse, ...] = ()
    follows: tuple[ClockId, ...] = ()
    """For a limit that is that of another clock: the one of these that runs."""
    basis: Basis

    @property
    def id(self) -> ClockId:
        return self.rule.id


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherClock:
    """A clock of an act for which no instrument is shipped, or that no letter moves."""

    rule: ClockRule
    step: str
    obligation: str
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class AlsoClock:
    """A clock of another instrument that a request under this one carries too."""

    clock: ClockId
    of: InstrumentId
    when: tuple[Condition, ...]
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalGround:
    """A ground of the catalogue as this instrument opens it."""

    code: str
    uses: frozenset[GroundUse]
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """Which letters each side may write after the ask."""

    asker: frozenset[LetterKind]
    asked: frozenset[LetterKind]
    fulfilled_by: frozenset[LetterKind]
    """Those of either side that do what was asked."""
    waits: frozenset[LetterKind]
    """Those that wait, when the ask sets conditions, until the other side has answered them (Article 26(2))."""
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRule:
    """By whom, how often and by how much a clock may be made longer; ``None`` means unbounded."""

    clock: ClockId
    by: frozenset[Side]
    times: int | None
    days: int | None
    consent: bool
    """The asking side can only wish for it, and the other side's own letter grants it."""
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """How grave the offence must be for some categories."""

    categories: frozenset[DataCategory]
    max_penalty_months: int | None
    """A maximum penalty of at least this; ``None`` where the penalty does not count."""
    listed_online: tuple[str, ...]
    """Or of one of these lists, when committed by means of an information system."""
    listed: tuple[str, ...]
    """Or of one of these lists."""
    sentence_months: int | None
    """Or the execution of a sentence of at least this for one of those."""
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Breadth:
    """When a request is too broad to be answered."""

    needs_identifier: bool
    longest_days: int | None
    """A longer period needs a reason that the receiver sees."""
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Languages:
    """In which language a request must be."""

    always: tuple[str, ...]
    """Languages that every State bound accepts."""
    official: bool
    """Else an official language of the receiving State will do."""
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """The most that an order may ask for."""

    field: str
    most: int
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """An article that lets somebody ask somebody for something."""

    id: InstrumentId
    title: str
    purpose: Purpose
    categories: frozenset[DataCategory]
    basis: Basis
    force: Force
    parties: Parties
    competences: tuple[Competence, ...]
    channels: tuple[Channel, ...]
    letters: Letters
    form: Form
    annexes: tuple[Form, ...] = ()
    clocks: tuple[InstrumentClock, ...] = ()
    also: tuple[AlsoClock, ...] = ()
    grounds: tuple[RefusalGround, ...] = ()
    extensions: tuple[ExtensionRule, ...] = ()
    emergency: Grounds | None = None
    urgency: Grounds | None = None
    threshold: Threshold | None = None
    breadth: Breadth | None = None
    languages: Languages | None = None
    ceilings: tuple[Ceiling, ...] = ()
    notification: "Instrument | None" = None
    """The thread of its own in which the enforcing authority is told of an order under it (2023/1543, Article 8)."""
    notifies_of: InstrumentId | None = None
    """For such a thread: of orders under which instrument it tells. Nobody drafts one by itself."""
    coercive: bool = False
    """Whether it binds its addressee and so needs the sign-off of an authority before it leaves."""
    note: str = ""
    file: str = field(default="", compare=False)

    @property
    def answers(self) -> frozenset[LetterKind]:
        """The letters that may follow the ask, of either side."""
        return self.letters.asker | self.letters.asked

    def in_force(self, on: date) -> bool:
        """Whether the instrument may be used on that day, as far as it itself says."""
        return self.force.since is not None and self.force.since <= on

    def competence(self, category: DataCategory) -> Competence:
        """Who may order this category; raises ``KeyError`` when the instrument does not cover it."""
        for each in self.competences:
            if category in each.categories:
                return each
        raise KeyError(category)

    def annex(self, name: str) -> Form:
        """The annex of that id; raises ``KeyError`` when there is none."""
        for each in self.annexes:
            if each.id == name:
                return each
        raise KeyError(name)

    def clock(self, clock_id: str) -> InstrumentClock:
        """The clock of that id; raises ``KeyError`` when there is none."""
        for each in self.clocks:
            if each.id == clock_id:
                return each
        raise KeyError(clock_id)
