"""What the journal is told about the directory. No entry holds a card's telephone number or a private key."""

from dataclasses import dataclass
from typing import ClassVar

from tocsin.journal.entries import NOT_ERASED, Entry

_WITH_PERSON = "with the person's record; the card and its history stay"


@dataclass(frozen=True, slots=True)
class CardSigned(Entry):
    """A card of this node itself was signed."""

    kind: ClassVar[str] = "card-signed"
    erasure: ClassVar[str] = NOT_ERASED

    serial: int
    sha256: str
    kids: tuple[str, ...]
    revoked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyRotated(Entry):
    """A key of this node was replaced: it works with the new one, which its card of ``serial`` names.

    ``use`` is that of a key on a card, or ``tls``; ``key`` and ``before`` are key ids, of a certificate the first 16
    hexadecimal digits of its SHA-256. ``revoked`` says that the old one verifies nothing any more.
    """

    kind: ClassVar[str] = "key-rotated"
    erasure: ClassVar[str] = NOT_ERASED

    use: str
    key: str
    before: str
    serial: int
    revoked: bool


@dataclass(frozen=True, slots=True)
class CardTaken(Entry):
    """A card came as a file: an update of a confirmed one, or one that waits for its confirmation."""

    kind: ClassVar[str] = "card-taken"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "member"

    member: str
    serial: int
    sha256: str
    source: str
    outcome: str
    via: str
    revoked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CardConfirmed(Entry):
    """Somebody heard the member read the six words of its card, and they were those of the card."""

    kind: ClassVar[str] = "card-confirmed"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "member"

    member: str
    serial: int
    sha256: str
    revoked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CardNotConfirmed(Entry):
    """The words heard were not those of the card. The words themselves are not kept."""

    kind: ClassVar[str] = "card-not-confirmed"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "member"
    changes_rows: ClassVar[bool] = False

    member: str
    serial: int
    sha256: str


@dataclass(frozen=True, slots=True)
class CardDropped(Entry):
    """Somebody here gave up a card taken from a file or confirmed by voice."""

    kind: ClassVar[str] = "card-dropped"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "member"

    member: str
    serial: int
    sha256: str
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class KeyRefused(Entry):
    """A person here refuses a key of a member, before the member revokes it."""

    kind: ClassVar[str] = "key-refused"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "member"

    member: str
    kid: str
    reason: str


@dataclass(frozen=True, slots=True)
class DirectoryJoined(Entry):
    """A person gave this node a directory's root; all trust in that directory begins there."""

    kind: ClassVar[str] = "directory-joined"
    erasure: ClassVar[str] = NOT_ERASED

    hub: str
    endpoint: str
    root_sha256: str
    root_version: int


@dataclass(frozen=True, slots=True)
class DirectoryRefreshed(Entry):
    """A walk through the directory went through and brought something new."""

    kind: ClassVar[str] = "directory-refreshed"
    erasure: ClassVar[str] = NOT_ERASED

    versions: dict[str, int]
    cards: tuple[str, ...]
    """``member serial sha256`` of each card that is new."""
    withdrawn: tuple[str, ...]
    """Members whose cards the directory no longer holds."""
    revoked: tuple[str, ...]
    """``member kid`` of each key that a new card left out."""
    tables: tuple[str, ...]
    """``member sha256`` of each national table that is new."""
    faults: tuple[str, ...]
    """What was refused, each with its reason."""


@dataclass(frozen=True, slots=True)
class DirectoryRefused(Entry):
    """What the hub served broke a rule; what was trusted before stays in force. Recorded once for each fault."""

    kind: ClassVar[str] = "directory-refused"
    erasure: ClassVar[str] = NOT_ERASED

    attack: str
    rule: str


@dataclass(frozen=True, slots=True)
class CeremonyFinished(Entry):
    """The holders' signatures were gathered: a new root, a new list of delegations, or both, are published."""

    kind: ClassVar[str] = "ceremony-finished"
    erasure: ClassVar[str] = NOT_ERASED

    root_version: int
    targets_version: int
    signed_by: tuple[str, ...]
    """The ids of the holders' keys."""


@dataclass(frozen=True, slots=True)
class MemberRemoved(Entry):
    """At the hub: a private member was taken out of the directory, by the list of this version."""

    kind: ClassVar[str] = "member-removed"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "member"

    member: str
    version: int
    reason: str


@dataclass(frozen=True, slots=True)
class DirectoryPublished(Entry):
    """The hub published a snapshot, a timestamp, or both."""

    kind: ClassVar[str] = "directory-published"
    erasure: ClassVar[str] = NOT_ERASED

    snapshot: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class SubmissionSigned(Entry):
    """The list of this member's files in the directory was signed, to be handed to the hub."""

    kind: ClassVar[str] = "submission-signed"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "role"
    changes_rows: ClassVar[bool] = False

    role: str
    version: int
    files: tuple[str, ...]
    """``path sha256`` of each file."""


@dataclass(frozen=True, slots=True)
class SubmissionTaken(Entry):
    """The hub took what a role signed, and will publish it."""

    kind: ClassVar[str] = "submission-taken"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "role"

    role: str
    version: int
    files: tuple[str, ...]
    """``path sha256`` of each file."""


@dataclass(frozen=True, slots=True)
class DrillCalled(Entry):
    """Another member was called to see how soon a person answers."""

    kind: ClassVar[str] = "drill-called"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "member"

    drill: str
    member: str


@dataclass(frozen=True, slots=True)
class DrillTaken(Entry):
    """Another member's drill call came in and waits for a person to answer."""

    kind: ClassVar[str] = "drill-taken"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "member"

    drill: str
    member: str


@dataclass(frozen=True, slots=True)
class DrillAnswered(Entry):
    """A drill was answered: by a person here, or by a person of the member that was called."""

    kind: ClassVar[str] = "drill-answered"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "member"

    drill: str
    member: str
    ours: bool
    seconds: int
    answer_sha256: str


@dataclass(frozen=True, slots=True)
class NationalTableTaken(Entry):
    """A member's signed table of its national law was taken in."""

    kind: ClassVar[str] = "national-table-taken"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "member"

    member: str
    sha256: str
    source: str


@dataclass(frozen=True, slots=True)
class NationalTableSigned(Entry):
    """A table of what this member's own national law says was signed."""

    kind: ClassVar[str] = "national-table-signed"
    erasure: ClassVar[str] = NOT_ERASED

    sha256: str


@dataclass(frozen=True, slots=True)
class ContactsImported(Entry):
    """Somebody took a list of contacts in, as hearsay. Names and numbers stand in the rows, not here."""

    kind: ClassVar[str] = "contacts-imported"
    erasure: ClassVar[str] = _WITH_PERSON

    source: str
    """Whose list."""
    source_date: str
    file_sha256: str
    added: tuple[str, ...]
    """Ids of contacts that are new here."""
    changed: tuple[str, ...]
    same: int


@dataclass(frozen=True, slots=True)
class ContactChanged(Entry):
    """Somebody wrote down what is told of a contact without a node."""

    kind: ClassVar[str] = "contact-changed"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "member"

    member: str
    source: str
    changed: tuple[str, ...]
    """The names of the fields; all of them for a new one."""


@dataclass(frozen=True, slots=True)
class ContactGivenUp(Entry):
    """Somebody took a contact without a node off the list."""

    kind: ClassVar[str] = "contact-given-up"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "member"

    member: str
    reason: str


@dataclass(frozen=True, slots=True)
class ContactTried(Entry):
    """Somebody tried to reach a contact without a node."""

    kind: ClassVar[str] = "contact-tried"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "member"

    member: str
    outcome: str


@dataclass(frozen=True, slots=True)
class OwnWordsProposed(Entry):
    """Somebody wants this node's card to say something else; it does once a second person has confirmed it."""

    kind: ClassVar[str] = "own-words-proposed"
    erasure: ClassVar[str] = _WITH_PERSON

    proposal: str
    changed: tuple[str, ...]
    """The names of what is to change."""


@dataclass(frozen=True, slots=True)
class OwnWordsSettled(Entry):
    """A second person confirmed what this node's card is to say, or the proposal was withdrawn."""

    kind: ClassVar[str] = "own-words-settled"
    erasure: ClassVar[str] = _WITH_PERSON

    proposal: str
    confirmed: bool
    serial: int
    """Of the card that says it; 0 when the proposal was withdrawn."""
