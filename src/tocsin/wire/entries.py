"""What the journal is told about letters, receipts, lines, files and mailboxes."""

from dataclasses import dataclass
from typing import ClassVar

from tocsin.journal.entries import NOT_ERASED, Entry

_WITH_THE_THREAD = "with the thread's letters, under the retention of its instrument"


@dataclass(frozen=True, slots=True)
class LetterSent(Entry):
    """A letter was signed and put in the outbox."""

    kind: ClassVar[str] = "letter-sent"
    erasure: ClassVar[str] = _WITH_THE_THREAD
    about_field: ClassVar[str] = "thread"

    letter: str
    letter_sha256: str
    letter_kind: str
    thread: str
    addressee: str
    seq: int
    card_source: str
    """How the addressee was known: ``tuf`` or ``voice``."""
    stale_since: str | None


@dataclass(frozen=True, slots=True)
class LetterWrittenDown(Entry):
    """A letter was signed that goes as a form to somebody who has no node: it never waits to be delivered."""

    kind: ClassVar[str] = "letter-written-down"
    erasure: ClassVar[str] = _WITH_THE_THREAD
    about_field: ClassVar[str] = "thread"

    letter: str
    letter_sha256: str
    letter_kind: str
    thread: str
    addressee: str
    seq: int
    card_source: str
    """How the addressee was known: ``tuf``, ``voice``, or ``hearsay`` where no card of his is trusted."""
    stale_since: str | None


@dataclass(frozen=True, slots=True)
class LetterStored(Entry):
    """A letter came in, was verified and kept: what a receipt of the stage ``stored`` proves."""

    kind: ClassVar[str] = "letter-stored"
    erasure: ClassVar[str] = _WITH_THE_THREAD
    about_field: ClassVar[str] = "thread"

    letter: str
    letter_sha256: str
    letter_kind: str
    thread: str
    sender: str
    seq: int


@dataclass(frozen=True, slots=True)
class LetterOpened(Entry):
    """A person opened a letter."""

    kind: ClassVar[str] = "letter-opened"
    erasure: ClassVar[str] = _WITH_THE_THREAD
    about_field: ClassVar[str] = "thread"

    letter: str
    letter_sha256: str
    thread: str


@dataclass(frozen=True, slots=True)
class LetterAccepted(Entry):
    """A person accepted a letter, or answered it."""

    kind: ClassVar[str] = "letter-accepted"
    erasure: ClassVar[str] = _WITH_THE_THREAD
    about_field: ClassVar[str] = "thread"

    letter: str
    letter_sha256: str
    thread: str


@dataclass(frozen=True, slots=True)
class ReceiptStored(Entry):
    """A receipt for a letter of ours came in and proved what it says."""

    kind: ClassVar[str] = "receipt-stored"
    erasure: ClassVar[str] = _WITH_THE_THREAD
    about_field: ClassVar[str] = "thread"

    letter: str
    thread: str
    stage: str
    giver: str
    receipt_sha256: str


@dataclass(frozen=True, slots=True)
class LetterRefused(Entry):
    """The addressee refused a letter of ours for good."""

    kind: ClassVar[str] = "letter-refused"
    erasure: ClassVar[str] = _WITH_THE_THREAD
    about_field: ClassVar[str] = "thread"

    letter: str
    thread: str
    addressee: str
    code: str


@dataclass(frozen=True, slots=True)
class LetterRetried(Entry):
    """A person had a refused letter sent again."""

    kind: ClassVar[str] = "letter-retried"
    erasure: ClassVar[str] = _WITH_THE_THREAD
    about_field: ClassVar[str] = "thread"

    letter: str
    thread: str


@dataclass(frozen=True, slots=True)
class LettersSetAside(Entry):
    """A person decided that a refused letter, and those of its thread behind it, count for nothing."""

    kind: ClassVar[str] = "letters-set-aside"
    erasure: ClassVar[str] = _WITH_THE_THREAD
    about_field: ClassVar[str] = "thread"

    thread: str
    letters: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class LettersRelayed(Entry):
    """Sealed letters or receipts were left in the hub's mailbox, since their addressee did not answer."""

    kind: ClassVar[str] = "letters-relayed"
    erasure: ClassVar[str] = _WITH_THE_THREAD
    changes_rows: ClassVar[bool] = False

    addressee: str
    hub: str
    sha256s: tuple[str, ...]
    """Hashes of the letters and receipts, before sealing."""


@dataclass(frozen=True, slots=True)
class LetterQuarantined(Entry):
    """Something that a known member brought proves an alteration, or that it says two things."""

    kind: ClassVar[str] = "letter-quarantined"
    erasure: ClassVar[str] = "when the person who looked into it says so"

    sender: str
    code: str
    envelope_sha256: str


@dataclass(frozen=True, slots=True)
class AttemptFailed(Entry):
    """A peer could not be reached."""

    kind: ClassVar[str] = "attempt-failed"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "peer"

    peer: str
    reason: str
    failures: int
    waiting: int


@dataclass(frozen=True, slots=True)
class LineUp(Entry):
    """A peer that could not be reached answered again."""

    kind: ClassVar[str] = "line-up"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "peer"
    changes_rows: ClassVar[bool] = False

    peer: str
    down_since: str
    failures: int


@dataclass(frozen=True, slots=True)
class DownStated(Entry):
    """A peer stated, signed, that it could not reach this node."""

    kind: ClassVar[str] = "down-stated"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "peer"

    peer: str
    since: str
    attempts: int
    ticket_sha256: str


@dataclass(frozen=True, slots=True)
class AttachmentStored(Entry):
    """A file came in whole, and it is the one that was announced; at a hub, for somebody else."""

    kind: ClassVar[str] = "attachment-stored"
    erasure: ClassVar[str] = "with the evidence that it holds"
    about_field: ClassVar[str] = "attachment"

    attachment: str
    sender: str
    addressee: str
    age_size: int
    age_sha256: str


@dataclass(frozen=True, slots=True)
class AttachmentForgotten(Entry):
    """A file that had come in was erased here."""

    kind: ClassVar[str] = "attachment-forgotten"
    erasure: ClassVar[str] = "with the entry of its coming"
    about_field: ClassVar[str] = "attachment"

    attachment: str
    sender: str
    addressee: str
    why: str
    """``taken`` into the evidence, ``fetched`` from the hub, or ``expired``."""


@dataclass(frozen=True, slots=True)
class AttachmentOffered(Entry):
    """A file that is encrypted to its addressee was put in the outbox."""

    kind: ClassVar[str] = "attachment-offered"
    erasure: ClassVar[str] = "with the evidence that it holds"
    about_field: ClassVar[str] = "attachment"

    attachment: str
    addressee: str
    age_size: int
    age_sha256: str


@dataclass(frozen=True, slots=True)
class AttachmentSent(Entry):
    """A file is whole at its addressee, who says so, or in the hub's mailbox; or it was refused."""

    kind: ClassVar[str] = "attachment-sent"
    erasure: ClassVar[str] = "with the evidence that it holds"
    about_field: ClassVar[str] = "attachment"

    attachment: str
    addressee: str
    by_way_of: str
    """``direct``, the hub's member id, or ``refused``."""


@dataclass(frozen=True, slots=True)
class MailTaken(Entry):
    """A hub took sealed things for a member that could not be reached."""

    kind: ClassVar[str] = "mail-taken"
    erasure: ClassVar[str] = "when the items are gone: it says who wrote to whom"

    addressee: str
    sender: str
    sha256s: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MailForgotten(Entry):
    """A hub threw sealed things away: their addressee has them, or their time was over."""

    kind: ClassVar[str] = "mail-forgotten"
    erasure: ClassVar[str] = "with the entry of their coming"

    addressee: str
    sha256s: tuple[str, ...]
    why: str
    """``fetched`` or ``expired``."""


@dataclass(frozen=True, slots=True)
class LettersExported(Entry):
    """Letters, receipts, cards or checkpoints were written to a file."""

    kind: ClassVar[str] = "letters-exported"
    erasure: ClassVar[str] = _WITH_THE_THREAD
    changes_rows: ClassVar[bool] = False

    addressee: str
    file_sha256: str
    items: int


@dataclass(frozen=True, slots=True)
class LettersErased(Entry):
    """The bytes of a thread's letters are gone; their places stand."""

    kind: ClassVar[str] = "letters-erased"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "thread"

    thread: str
    sha256s: tuple[str, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class LetterReturned(Entry):
    """A letter of ours that was lost here came back from its addressee, with the receipt that he gave for it."""

    kind: ClassVar[str] = "letter-returned"
    erasure: ClassVar[str] = _WITH_THE_THREAD
    about_field: ClassVar[str] = "thread"

    letter: str
    letter_sha256: str
    thread: str
    addressee: str
    seq: int
