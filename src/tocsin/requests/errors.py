"""What can go wrong with requests, by whose move it is to mend it."""

from tocsin.base.errors import PeerError, ProofError, RuleError


class LetterBodyError(PeerError):
    """What a letter says is not shaped as a letter of its kind."""

    code = "requests.letter-body"
    sentence = "What this {kind} letter says breaks its rules: {faults}."


class IllegalLetterError(PeerError):
    """The letter was not lawful on what its own sender knew when it was written.

    Both sides come to the same answer, since both judge it on the letters that it builds on.
    """

    code = "requests.letter-illegal"
    sentence = "A {kind} letter of the {side} side is not lawful here: {rule}."


class StrangerError(PeerError):
    """The letter comes from, or goes to, somebody who is not of this thread."""

    code = "requests.stranger"
    sentence = "The letter's field {field} is {value!r}; this thread is between {asker} and {asked}."
    status = 403


class OtherInstrumentError(PeerError):
    """The letter names another instrument than the ask of its thread."""

    code = "requests.other-instrument"
    sentence = "The letter's field instrument is {instrument!r}, but its thread is under {expected!r}."


class ExerciseMixedError(PeerError):
    """A letter of an exercise came into a real thread, or a real one into an exercise."""

    code = "requests.exercise-mixed"
    sentence = "The letter's field exercise does not agree with its thread: {rule}."


class BrokenChainError(PeerError):
    """A letter names as its predecessor one that cannot be it."""

    code = "requests.broken-chain"
    sentence = "The letter's field {field} breaks the chain: {rule}."


class TwoHistoriesError(ProofError):
    """One place in a sender's sequence was written twice, or two sides claim to have asked.

    Each of the two is signed, so together they prove that their sender keeps two histories.
    """

    code = "requests.two-histories"
    sentence = "Letter {seq} of {sender} in this thread was written twice: {known} and {other}."
    status = 409


class NotYourMoveError(RuleError):
    """The side that wants to write may not write this now."""

    code = "requests.not-your-move"
    sentence = "A {kind} letter cannot be written now: {rule}."


class ThreadGapError(RuleError):
    """Letters are missing, so the next one would not know what it follows."""

    code = "requests.thread-gap"
    sentence = "Letters of this thread are missing ({missing}); nothing can be written before they are fetched."


class TombstoneError(RuleError):
    """What was kept of an erased letter cannot be read."""

    code = "requests.tombstone"
    sentence = "The tombstone's field {field} breaks its rule: {rule}."


class WrongReaderError(RuleError):
    """A rendering made for one reader was about to be given to another."""

    code = "requests.wrong-reader"
    sentence = "This rendering is for {reader} and must not be given to {given}."
    status = 403


class DraftFieldError(RuleError):
    """A member of a draft has not the shape that it needs."""

    code = "requests.draft-field"
    sentence = "The draft's field {field}: {rule}."


class LookReasonError(RuleError):
    """A look at a request needs its reason (Directive (EU) 2016/680, Art. 25(2))."""

    code = "requests.look-reason"
    sentence = "reason: say on one line why you look, in at most {most} characters."


class LetterKindError(RuleError):
    """There is no letter of this kind, or not in this way."""

    code = "requests.letter-kind"
    sentence = "kind: {kind} is none of {kinds}."


class DraftFaultsError(RuleError):
    """The draft would be refused at the other side: each fault stands with its rule and its cure."""

    code = "requests.draft-faults"
    sentence = "This cannot be sent as it is ({count}): {faults}"


class UnknownRequestError(RuleError):
    """There is no such request for this viewer; absent and forbidden look alike."""

    code = "requests.unknown"
    sentence = "There is no request {request} here."
    status = 404


class UnknownDraftError(RuleError):
    """There is no such draft, or it has left or was given up."""

    code = "requests.unknown-draft"
    sentence = "There is no open draft {draft} here."
    status = 404


class UnknownSignOffError(RuleError):
    """There is no signed document of this id to confirm."""

    code = "requests.unknown-sign-off"
    sentence = "There is no signed document {sign_off} to confirm here."
    status = 404


class DraftChangedError(RuleError):
    """The draft is not the one that the signer saw."""

    code = "requests.draft-changed"
    sentence = "The draft changed since you read it: it is {found} now, and you signed {signed}. Read it again."
    status = 409


class DraftMovedError(RuleError):
    """Somebody else changed the draft since it was read."""

    code = "requests.draft-moved"
    sentence = "{who} changed the draft meanwhile. Look at it again before you go on."
    status = 409


class NoReleaseDraftError(RuleError):
    """There is no drafted release to decide about."""

    code = "requests.no-release-draft"
    sentence = "Nothing is drafted for release in the request {request}."
    status = 409


class ChannelNotOursError(RuleError):
    """The lawful way for this instrument is another system."""

    code = "requests.channel-not-ours"
    sentence = (
        "{channel} is the lawful way here: write it out for that system (tocsin request export), and enter it there."
    )
    status = 409


class ChannelOursError(RuleError):
    """An export is for another system; this draft goes by our own letters."""

    code = "requests.channel-ours"
    sentence = "channel: {channel} is a letter of this system: send it (tocsin request send)."
    status = 409


class RequestElsewhereError(RuleError):
    """The request runs in another system: no letter of ours would find its thread there."""

    code = "requests.elsewhere"
    sentence = "This request runs in {channel}: write there, and record here what was said (tocsin request record)."
    status = 409


class NotElsewhereError(RuleError):
    """The request runs in our own letters: there is no other system whose word could be recorded."""

    code = "requests.not-elsewhere"
    sentence = "The request {request} was not handed to another system."
    status = 409


class NoNotificationError(RuleError):
    """The instrument knows no notification of an authority."""

    code = "requests.no-notification"
    sentence = "Under {instrument} no authority is notified."
    status = 409


class NotificationError(RuleError):
    """The order is not one to notify of, or not to this authority (2023/1543, Article 8)."""

    code = "requests.notification"
    sentence = "{field}: {rule}."
    status = 409


class NothingToTellError(RuleError):
    """The notified authority has said nothing that the addressee still has to be told."""

    code = "requests.nothing-to-tell"
    sentence = "There is nothing to tell the addressee of {request}: {rule}."
    status = 409


class ElsewhereFieldError(RuleError):
    """What is written down of the other system has not the shape that it needs."""

    code = "requests.elsewhere-field"
    sentence = "{field}: {rule}."


class BroughtFaultyError(RuleError):
    """A file that came with what was typed in is not one that is kept."""

    code = "requests.brought-faulty"
    sentence = "file: {rule}."


class UnknownBroughtError(RuleError):
    """There is no such file with this request for this viewer."""

    code = "requests.unknown-brought"
    sentence = "There is no file {file} with this request."
    status = 404


class NotByFormError(RuleError):
    """The addressee has a node, or the law sends this another way than by a form."""

    code = "requests.not-by-form"
    sentence = "This does not go by form: {rule}."
    status = 409


class UnknownSenderError(RuleError):
    """Nobody here knows who sent this request: nothing is handed over, and no signed letter is written to nobody."""

    code = "requests.unknown-sender"
    sentence = "The sender of this request is not a known authority: {rule}."
    status = 403


class SenderKnownError(RuleError):
    """The sender of this request is known, or the one who is named cannot be put in his place."""

    code = "requests.sender-known"
    sentence = "sender: {rule}."
    status = 409


class SecondReaderError(RuleError):
    """What was typed in is read against its scan by another person, once."""

    code = "requests.second-reader"
    sentence = "A second reader is another person than the typist: {rule}."
    status = 409


class UnknownStepError(RuleError):
    """There is no such step that was taken down in this request."""

    code = "requests.unknown-step"
    sentence = "There is no step {step} that was taken down in this request."
    status = 404


class JoinError(RuleError):
    """The two are not one request, or one of them can no longer be joined."""

    code = "requests.join"
    sentence = "The requests are not joined: {rule}."
    status = 409


class TakeInFaultsError(RuleError):
    """What was taken in says something that no form of this instrument can say."""

    code = "requests.take-in-faults"
    sentence = "{field}: {rule}."


class ClockNotShiftableError(RuleError):
    """Only a node that was made for exercises moves its clock."""

    code = "requests.clock-not-shiftable"
    sentence = "This node was not made with --exercise: its clock is the machine's."
    status = 409


class ShiftOutOfReachError(RuleError):
    """An exercise's clock goes forward only, once something is written, and not beyond what calendars are known for."""

    code = "requests.shift-out-of-reach"
    sentence = "seconds: {seconds} is not from {least} to {most}: what is written never comes after what follows it."


class PersonNeededError(RuleError):
    """A letter of a request is a person's act; the node itself writes none."""

    code = "requests.person-needed"
    sentence = "This act ({kind}) is a person's, who answers for it: say who acts (TOCSIN_TOKEN at the command line)."
    status = 403


class OwnCardMissingError(RuleError):
    """A node that has no card of its own is nobody's counterpart."""

    code = "requests.own-card-missing"
    sentence = "{member} has not signed a card yet: tocsin directory card sign."
    status = 409


class ThreadMovedError(RuleError):
    """Something was said in the thread since the writer read it."""

    code = "requests.thread-moved"
    sentence = "Meanwhile {who} of {whose} wrote a letter of the kind {kind}. Read it; what you typed is kept."
    status = 409


class TakenMeanwhileError(RuleError):
    """Somebody else has the request than when it was looked at."""

    code = "requests.taken-meanwhile"
    sentence = "Meanwhile the request went to another: {who} has it now."
    status = 409


class HandOverError(RuleError):
    """The request cannot be given to this colleague."""

    code = "requests.hand-over"
    sentence = "The request is not handed over: {rule}."


class NoteWordsError(RuleError):
    """A note says something, and not too much."""

    code = "requests.note-words"
    sentence = "words: a note holds 1 to {most} characters."


class ViewNameError(RuleError):
    """A saved view needs a name."""

    code = "requests.view-name"
    sentence = "name: {rule}."


class CallBackNeededError(RuleError):
    """In an emergency nothing is given before the authority was called back and a second person confirmed it."""

    code = "requests.call-back-needed"
    sentence = "Nothing is given in this emergency yet: {rule}."
    status = 409


class CallBackFieldError(RuleError):
    """A call-back that is written down does not prove what it is to prove."""

    code = "requests.call-back-field"
    sentence = "{field}: {rule}."


class CallBackNotNeededError(RuleError):
    """The request is no emergency of the other side's that is called back here."""

    code = "requests.call-back-not-needed"
    sentence = "There is nothing to call back about: {rule}."
    status = 409


class UnknownCallBackError(RuleError):
    """There is no such call-back in this request."""

    code = "requests.unknown-call-back"
    sentence = "There is no call-back {call_back} in this request that waits for a second person."
    status = 404


class GoWithoutError(RuleError):
    """Data may not be given without a call-back yet, or never."""

    code = "requests.go-without-call-back"
    sentence = "Data may not be given without a call-back: {rule}."
    status = 409


class ForgeryStandsError(RuleError):
    """The request is said to be forged already."""

    code = "requests.forgery-stands"
    sentence = "The request is said to be forged since {since}; confirm that, or take it back."
    status = 409


class UnknownForgeryError(RuleError):
    """Nothing here is said to be forged under this id."""

    code = "requests.unknown-forgery"
    sentence = "There is no forgery {forgery} here that waits for this."
    status = 404
