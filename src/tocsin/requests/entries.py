"""What the journal is told about requests.

That a letter left or came in, ``wire`` tells; here stands what people did around it.
"""

from dataclasses import dataclass
from typing import ClassVar

from tocsin.journal.entries import Entry

_WITH_THE_REQUEST = "with the request, under its instrument's retention"


@dataclass(frozen=True, slots=True)
class DraftWritten(Entry):
    """An ask was drafted, or its draft changed; only the hash of what it says."""

    kind: ClassVar[str] = "draft-written"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    draft: str
    instrument: str
    to: str
    draft_sha256: str


@dataclass(frozen=True, slots=True)
class PutInDossier(Entry):
    """A request or a draft was put into a dossier."""

    kind: ClassVar[str] = "put-in-dossier"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "id"

    what: str
    id: str
    dossier: str
    reason: str


@dataclass(frozen=True, slots=True)
class TakenOutOfDossier(Entry):
    """A request was taken out of its dossier, and is the desk's again."""

    kind: ClassVar[str] = "taken-out-of-dossier"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "id"

    what: str
    id: str
    dossier: str
    reason: str


@dataclass(frozen=True, slots=True)
class DraftDiscarded(Entry):
    """A draft was given up before it left."""

    kind: ClassVar[str] = "draft-discarded"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    draft: str


@dataclass(frozen=True, slots=True)
class DraftSignedOff(Entry):
    """Somebody signed a draft off as it stood."""

    kind: ClassVar[str] = "draft-signed-off"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    draft: str
    draft_sha256: str
    signer: str
    function: str
    document_sha256: str


@dataclass(frozen=True, slots=True)
class SignOffConfirmed(Entry):
    """A second person confirmed a signed document that somebody else had entered."""

    kind: ClassVar[str] = "sign-off-confirmed"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    draft: str
    sign_off: str


@dataclass(frozen=True, slots=True)
class RequestOpened(Entry):
    """A request began at this node: it was sent, or its ask came in."""

    kind: ClassVar[str] = "request-opened"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    side: str
    counterpart: str
    instrument: str
    parent: str
    validation_follows: bool


@dataclass(frozen=True, slots=True)
class RequestExported(Entry):
    """The lawful way of this instrument is another system: the ask was written out for it."""

    kind: ClassVar[str] = "request-exported"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    draft: str
    channel: str
    export_sha256: str


@dataclass(frozen=True, slots=True)
class ChannelReceiptRecorded(Entry):
    """The other system's reference and receipt for an exported ask were written down."""

    kind: ClassVar[str] = "channel-receipt-recorded"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    channel: str
    reference: str
    received_at: str


@dataclass(frozen=True, slots=True)
class StepElsewhereRecorded(Entry):
    """What a side did in the other system, in which this request runs, was written down."""

    kind: ClassVar[str] = "step-elsewhere-recorded"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    channel: str
    side: str
    letter_kind: str
    step_sha256: str
    reference: str
    received_at: str


@dataclass(frozen=True, slots=True)
class RequestTakenIn(Entry):
    """A request that no node sent was taken in: on what way, how its sender was checked; hashes of what it says."""

    kind: ClassVar[str] = "request-taken-in"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    arrival: str
    way: str
    received_at: str
    checked: str
    counterpart: str
    step_sha256: str
    file_sha256: str


@dataclass(frozen=True, slots=True)
class RequestJoined(Entry):
    """Two arrivals were one request: the other lies with this one since then, and stays as it came."""

    kind: ClassVar[str] = "request-joined"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    other: str
    reason: str


@dataclass(frozen=True, slots=True)
class SenderIdentified(Entry):
    """A person put a known member in the place of a sender who was not known, and said why."""

    kind: ClassVar[str] = "sender-identified"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    counterpart: str
    checked: str
    reason: str


@dataclass(frozen=True, slots=True)
class StepTakenDown(Entry):
    """What somebody without a node said was taken down: by whom typed is who acts; who said it is in the hash."""

    kind: ClassVar[str] = "step-taken-down"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    way: str
    side: str
    letter_kind: str
    step_sha256: str
    file_sha256: str
    received_at: str


@dataclass(frozen=True, slots=True)
class PartnerLooked(Entry):
    """Somebody of a partner opened what is addressed to it; the reason follows from that."""

    kind: ClassVar[str] = "partner-looked"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"
    changes_rows: ClassVar[bool] = False

    request: str
    partner: str
    """The contact for which she works."""


@dataclass(frozen=True, slots=True)
class StepReadAgain(Entry):
    """A second person read what was typed in against what came: it agrees, or differs."""

    kind: ClassVar[str] = "step-read-again"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    step_sha256: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class LetterReceiptRecorded(Entry):
    """When a letter of ours that went as a form was received, as somebody said it."""

    kind: ClassVar[str] = "letter-receipt-recorded"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    letter_sha256: str
    way: str
    received_at: str


@dataclass(frozen=True, slots=True)
class BroughtFileOpened(Entry):
    """Somebody took out a scan or another file that came with a request."""

    kind: ClassVar[str] = "brought-file-opened"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    file: str
    file_sha256: str
    reason: str


@dataclass(frozen=True, slots=True)
class RequestTaken(Entry):
    """Somebody took a request into his hands."""

    kind: ClassVar[str] = "request-taken"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    person: str


@dataclass(frozen=True, slots=True)
class RequestHandedOver(Entry):
    """Somebody gave a request into a colleague's hands."""

    kind: ClassVar[str] = "request-handed-over"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    person: str
    words: str


@dataclass(frozen=True, slots=True)
class NoteWritten(Entry):
    """Somebody wrote an internal note about a request; only the hash of what it says."""

    kind: ClassVar[str] = "note-written"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    note: str
    note_sha256: str


@dataclass(frozen=True, slots=True)
class RequestLooked(Entry):
    """Somebody looked at a request, with the reason (Directive (EU) 2016/680, Article 25)."""

    kind: ClassVar[str] = "request-looked"
    erasure: ClassVar[str] = "not before the request's own retention ends: it serves the check of lawfulness"
    about_field: ClassVar[str] = "request"

    request: str
    look: str
    reason: str


@dataclass(frozen=True, slots=True)
class AlarmRaised(Entry):
    """A clock is running out, or ran out, and somebody was told."""

    kind: ClassVar[str] = "alarm-raised"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    clock: str
    alarm: str
    told: tuple[str, ...]
    due_strict: str
    due_latest: str
    line_down: bool


@dataclass(frozen=True, slots=True)
class ReleaseDrafted(Entry):
    """Preserved data may be set free: a draft was laid before a person, who decides."""

    kind: ClassVar[str] = "release-drafted"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    draft: str


@dataclass(frozen=True, slots=True)
class ReleaseDecided(Entry):
    """A person decided about a drafted release."""

    kind: ClassVar[str] = "release-decided"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    draft: str
    decision: str


@dataclass(frozen=True, slots=True)
class ClockShifted(Entry):
    """The clock of this exercise node was moved; every letter sent from then on says so."""

    kind: ClassVar[str] = "clock-shifted"
    erasure: ClassVar[str] = "never: it holds no personal data"

    shift_seconds: int
    before_seconds: int


@dataclass(frozen=True, slots=True)
class CallBackRecorded(Entry):
    """Somebody called the authority in whose name an emergency came; only the hash of what was said."""

    kind: ClassVar[str] = "call-back-recorded"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    call_back: str
    number: str
    answered_by: str
    outcome: str
    words_sha256: str


@dataclass(frozen=True, slots=True)
class CallBackConfirmed(Entry):
    """A second person of this side confirmed a call-back."""

    kind: ClassVar[str] = "call-back-confirmed"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    call_back: str


@dataclass(frozen=True, slots=True)
class WentWithoutCallBack(Entry):
    """Nobody answered, a life is at risk, and an officer decided to give the data, with her reason."""

    kind: ClassVar[str] = "went-without-call-back"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    reason: str
    tried_since: str


@dataclass(frozen=True, slots=True)
class HeadsTold(Entry):
    """The heads of this house were told what became of a call-back, here or at another member."""

    kind: ClassVar[str] = "heads-told"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    what: str
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForgeryMarked(Entry):
    """A person said that something is forged; the hash of its features."""

    kind: ClassVar[str] = "forgery-marked"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    forgery: str
    features_sha256: str


@dataclass(frozen=True, slots=True)
class ForgeryConfirmed(Entry):
    """A second person said so too, and everybody was warned."""

    kind: ClassVar[str] = "forgery-confirmed"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    forgery: str
    warning: str


@dataclass(frozen=True, slots=True)
class ForgeryTakenBack(Entry):
    """It is not forged after all, or there is nothing to look out for any more; the warning was withdrawn."""

    kind: ClassVar[str] = "forgery-taken-back"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    forgery: str
    why: str
