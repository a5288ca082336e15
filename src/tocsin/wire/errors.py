"""What can go wrong on the wire, by whose move it is to mend it."""

from tocsin.base.errors import PeerError, ProofError, RuleError
from tocsin.base.problem import Problem


class LetterNotJsonError(PeerError):
    """The payload of a letter is not one strict JSON object."""

    code = "wire.letter-not-json"
    sentence = "The letter is not one JSON object as the protocol asks: {rule}."


class LetterVersionError(PeerError):
    """The letter is written in a version of the protocol that this node does not read."""

    code = "wire.letter-version"
    sentence = "The letter's version {version!r} is not one that this node reads."


class LetterSuiteError(PeerError):
    """The letter names a suite of algorithms that this node does not accept."""

    code = "wire.letter-suite"
    sentence = "The letter's suite {suite!r} is not accepted here."


class LetterKindUnknownError(PeerError):
    """The letter is of a kind that this node does not know."""

    code = "wire.letter-kind-unknown"
    sentence = "The letter's kind {kind!r} is not known."


class LetterFieldMissingError(PeerError):
    """A field that every letter has is not there."""

    code = "wire.letter-field-missing"
    sentence = "The letter has no field {field}."


class LetterFieldUnknownError(PeerError):
    """A field stands in the letter that the protocol does not know."""

    code = "wire.letter-field-unknown"
    sentence = "The letter has a field {field} that the protocol does not know."


class LetterFieldError(PeerError):
    """A field of the letter breaks its rule."""

    code = "wire.letter-field"
    sentence = "The letter's field {field} breaks its rule: {rule}."


class LetterTooLargeError(PeerError):
    """A letter is longer than this node takes."""

    code = "wire.letter-too-large"
    sentence = "The letter has {size} bytes; this node takes {most}."
    status = 413


class LetterNotForUsError(PeerError):
    """The signed part of the letter names somebody else as its addressee."""

    code = "wire.letter-not-for-us"
    sentence = "The letter's field to names {addressee}; this node is {member}."
    status = 421


class LetterNotByCallerError(PeerError):
    """The letter was signed by somebody other than who brings it."""

    code = "wire.letter-not-by-caller"
    sentence = "The letter's field from names {sender}, but {caller} brought it."
    status = 403


class SenderUnknownError(PeerError):
    """Nobody of this name is in the directory, or his card is not one that lets letters in."""

    code = "wire.sender-unknown"
    sentence = "The directory here names no {sender} from whom letters are taken: {reason}."
    status = 403


class SenderKeyError(PeerError):
    """The key that signed is not one of the sender's keys now, or was not when the letter was written."""

    code = "wire.sender-key"
    sentence = "The key {kid} is not good for what {sender} signed: {reason}."
    status = 403


class CompetenceMissingError(PeerError):
    """The sender's card does not say that it may ask under this instrument."""

    code = "wire.competence-missing"
    sentence = "The card of {sender} names no competence for the instrument {instrument}."
    status = 403


class LetterKindNotTakenError(PeerError):
    """Nobody at this node takes letters of this kind."""

    code = "wire.letter-kind-not-taken"
    sentence = "This node takes no letters of the kind {kind!r}."
    status = 422


class LetterGapError(PeerError):
    """The sender's letter before this one has not come in; nothing was kept."""

    code = "wire.letter-gap"
    sentence = "The letter has seq {seq}, but of this thread only the letters up to {head} came in: send those between."
    status = 409
    retryable = True


class LetterForkedError(ProofError):
    """A sender signed two different letters for one place in its chain."""

    code = "wire.letter-forked"
    sentence = "Another letter of {sender} already has seq {seq} in this thread: the sender says two things."
    status = 409


class LetterFromTheFutureError(PeerError):
    """The letter says it was written later than it is now here: one of the two clocks is wrong."""

    code = "wire.letter-from-the-future"
    sentence = "The letter was written at {written}; here it is {now}. Check both clocks."
    status = 409
    retryable = True


class ExerciseLetterError(PeerError):
    """A letter of an exercise came to a real node, or a real letter into an exercise."""

    code = "wire.exercise-letter"
    sentence = "The letter is of {letter} and this node is for {node}: nothing of an exercise may reach the real world."
    status = 403


class ExercisePeerError(RuleError):
    """Somebody would write from an exercise to a real node, or from real work into an exercise."""

    code = "wire.exercise-peer"
    sentence = "{member} is a node for {peer} and this one is for {node}: nothing is written from one to the other."
    status = 403


class TooManyLettersError(PeerError):
    """A sender sent more in a minute than this node takes."""

    code = "wire.too-many-letters"
    sentence = "{sender} sent more than {most} letters in a minute: come back after {retry_after} seconds."
    status = 429
    retryable = True


class BodyFaultyError(PeerError):
    """What was posted is not the JSON object that this address takes."""

    code = "wire.body-faulty"
    sentence = "The body's field {field} breaks its rule: {rule}."


class BodyTooLargeError(PeerError):
    """What was posted is longer than this address takes; it was not read."""

    code = "wire.body-too-large"
    sentence = "The body has {size} bytes; this address takes {most}."
    status = 413


class TicketFaultyError(PeerError):
    """The request carries no ticket, or one that is not for it."""

    code = "wire.ticket-faulty"
    sentence = "The ticket's field {field} breaks its rule: {rule}."
    status = 401


class TicketOutOfTimeError(PeerError):
    """A ticket is good for a minute; this one is older, or one of the two clocks is wrong."""

    code = "wire.ticket-out-of-time"
    sentence = "The ticket was made at {made}; here it is {now}. Check both clocks."
    status = 401
    retryable = True


class TicketUsedError(PeerError):
    """A ticket is good once."""

    code = "wire.ticket-used"
    sentence = "The ticket was used before."
    status = 401


class ReceiptFaultyError(ProofError):
    """A receipt does not prove what it says."""

    code = "wire.receipt-faulty"
    sentence = "The receipt of {sender} for letter {letter} does not prove that it was taken: {rule}."


class ReceiptUnknownError(PeerError):
    """A receipt came for a letter that this node did not send to whom it comes from."""

    code = "wire.receipt-unknown"
    sentence = "No letter {letter} was sent to {sender}."
    status = 404


class NothingSealedError(PeerError):
    """What came sealed is neither a letter, nor a receipt, nor a refusal."""

    code = "wire.sealed-unknown"
    sentence = "A sealed {typ} is nothing that this node takes."


class StoreAwayError(PeerError):
    """The store cannot be reached; nothing was kept."""

    code = "wire.store-away"
    sentence = "This node cannot reach its store now; nothing was kept. Send again later."
    status = 503
    retryable = True


class DiskFullError(PeerError):
    """There is no room for the file; what was kept so far stays and can be resumed."""

    code = "wire.disk-full"
    sentence = "This node has no room for the file now; {offset} bytes are kept. Resume later."
    status = 507
    retryable = True


class UploadUnknownError(PeerError):
    """No upload of this id was begun by who asks, or it is over."""

    code = "wire.upload-unknown"
    sentence = "No upload {upload} is open."
    status = 404


class UploadOffsetError(PeerError):
    """A piece does not begin where what is kept ends."""

    code = "wire.upload-offset"
    sentence = "The piece begins at {offset}; {kept} bytes are kept: ask with HEAD and go on from there."
    status = 409
    retryable = True


class UploadDiffersError(PeerError):
    """An upload of this id was begun with another size or hash."""

    code = "wire.upload-differs"
    sentence = "The upload {upload} was begun with another {field}."
    status = 409


class AttachmentTooLargeError(PeerError):
    """A file is longer than this node takes, or than was announced."""

    code = "wire.attachment-too-large"
    sentence = "The file has {size} bytes; {most} are taken."
    status = 413


class AttachmentHashError(ProofError):
    """The bytes that came are not those that were announced; they were thrown away."""

    code = "wire.attachment-hash"
    sentence = "The file's {field} is {found}, but {expected} was announced: it was altered on its way."
    status = 422


class AttachmentUnknownError(RuleError):
    """No such attachment is here, or its file has not come in yet."""

    code = "wire.attachment-unknown"
    sentence = "The attachment {attachment} is not here: {reason}."
    status = 404


class NotAMailboxError(PeerError):
    """Only a hub keeps mailboxes."""

    code = "wire.not-a-mailbox"
    sentence = "This node keeps no mailboxes."
    status = 404


class MailboxFullError(PeerError):
    """A mailbox holds as much as it may."""

    code = "wire.mailbox-full"
    sentence = "The mailbox of {member} takes no more than {most} {unit}."
    status = 507
    retryable = True


class LineDownError(PeerError):
    """The other node could not be reached, or did not answer as a node does."""

    code = "wire.line-down"
    sentence = "{peer} cannot be reached: {reason}."
    status = 502
    retryable = True


class NoSuchLetterError(RuleError):
    """No letter of this id is here."""

    code = "wire.letter-unknown"
    sentence = "No letter {letter} is here."
    status = 404


class LetterNotWaitingError(RuleError):
    """A letter cannot be sent again or set aside, because it does not wait."""

    code = "wire.letter-not-waiting"
    sentence = "The letter {letter} cannot be {deed}: it is {state}."
    status = 409


class OutboxFullError(RuleError):
    """Too much waits to be sent."""

    code = "wire.outbox-full"
    sentence = "{count} letters wait to be sent and no more are taken until some have left."
    status = 503


class SuiteUnsupportedError(RuleError):
    """The addressee's card names no suite that this node accepts."""

    code = "wire.suite-unsupported"
    sentence = "The card of {member} names no suite that this node sends: {suites}."


class WireFileError(RuleError):
    """A file of letters cannot be read."""

    code = "wire.wire-file"
    sentence = "Line {line} of the file breaks a rule: {rule}."


class WitnessRefusedError(ProofError):
    """A witness will not cosign our checkpoint: it has seen another history."""

    code = "wire.witness-refused"
    sentence = "{witness} refuses to cosign the checkpoint at size {size}: {reason}."
    status = 409


class LetterOutOfPlaceError(RuleError):
    """A letter of ours is not the next one of its thread: another was sent meanwhile."""

    code = "wire.letter-out-of-place"
    sentence = "The letter has seq {seq} and another letter of this thread was sent meanwhile: write it again."
    status = 409


class NotYourMailboxError(PeerError):
    """A member asks for the mail of another."""

    code = "wire.not-your-mailbox"
    sentence = "The mail of {member} is handed out to {member} alone."
    status = 403


class UploadBusyError(PeerError):
    """Another process writes to this upload just now."""

    code = "wire.upload-busy"
    sentence = "Something is being written to the upload {upload}; go on in a moment."
    status = 409
    retryable = True


class PeerRefusedError(PeerError):
    """Another node refused what it was asked; the problem that it told is kept."""

    code = "wire.peer-refused"
    sentence = "{peer} refuses ({reason}): {detail}"
    status = 502

    def __init__(self, peer: str, problem: Problem) -> None:
        super().__init__(peer=peer, reason=problem.code, detail=problem.detail)
        self.problem = problem
