"""What can go wrong with cards, keys and the directory, by whose move it is to mend it."""

from tocsin.base.errors import PeerError, ProofError, RuleError


class CardFaultyError(RuleError):
    """A card breaks rules of its form; every fault is named at once."""

    code = "card-faulty"
    sentence = "The card breaks these rules: {faults}."


class CardAlteredError(ProofError):
    """A card is not what its member signed: one byte changed, or the signature is somebody else's."""

    code = "card-altered"
    sentence = "The card is not what its member signed: {reason}."


class CardOutdatedError(RuleError):
    """A card with this serial or a later one is already known."""

    code = "card-outdated"
    sentence = "The card of {member} has serial {serial}; serial {known} is known already."


class CardForkedError(ProofError):
    """A member, or somebody with its key, signed two different cards with one serial."""

    code = "card-forked"
    sentence = "Two different cards of {member} carry serial {serial}: call {member} before trusting either."


class CardNotOursError(RuleError):
    """A card names a member other than the one it was expected from."""

    code = "card-other-member"
    sentence = "The card is of {member}; a card of {expected} was expected."


class CardOfExerciseError(RuleError):
    """A card of a node for exercises was brought to a real one, or a real one's to a node for exercises."""

    code = "card-of-exercise"
    sentence = (
        "The card of {member} is of {card} and this node is for {node}: nothing of an exercise reaches a real node."
    )


class CardOwnError(RuleError):
    """A card that was taken from a file is this node's own."""

    code = "card-own"
    sentence = "The card is of {member}, which is this node itself."


class PersonNeededError(RuleError):
    """Nobody but a person can hear words on the telephone."""

    code = "person-needed"
    sentence = "A card is confirmed by a person who heard its words: say who you are."


class KeyInUseError(RuleError):
    """A key cannot be revoked or rotated like this."""

    code = "key-in-use"
    sentence = "The key {kid}: {rule}."


class KeyNotAnnouncedError(RuleError):
    """Others would refuse what is signed with a key, or shown with a certificate, that they do not know yet."""

    code = "key-not-announced"
    sentence = "Others may not know the next {use} yet: {rule}."
    status = 409


class WordsDifferError(RuleError):
    """The words heard are not those of the card.

    The sentence does not say which word differs, so that a caller cannot find the words by trying.
    """

    code = "card-words-differ"
    sentence = (
        "The six words heard are not those of the card of {member}. The card stays unconfirmed: "
        "call again on a number that you know from elsewhere."
    )


class WordsFormError(RuleError):
    """What was typed is not six words of the list."""

    code = "card-words-form"
    sentence = "Six words of the list are needed: {fault}."


class WordListChangedError(ProofError):
    """The installed word list is not the one that the words are made from."""

    code = "word-list-changed"
    sentence = "The word list has SHA-256 {found}, expected {expected}: no words can be made or compared."
    status = 500


class UnknownMemberError(RuleError):
    """No card of this member is known."""

    code = "member-unknown"
    sentence = "No card of {member} is known here."
    status = 404


class CardFromTheFutureError(UnknownMemberError):
    """A card is here, but by this machine's clock it has not come yet."""

    code = "card-from-the-future"
    sentence = (
        "The card of {member} lies in the future by this machine's clock: it was taken in at {since}, and here it is "
        "{instant}. The clock was put back: put it right."
    )
    status = 409


class UnconfirmedMemberError(RuleError):
    """A card of this member is known, and nobody has confirmed it yet."""

    code = "member-unconfirmed"
    sentence = "The card of {member} is not yet confirmed: compare its six words by voice first."
    status = 403


class RevokedKeyError(PeerError):
    """The key was revoked by its member, by the directory, or by a person here."""

    code = "key-revoked"
    sentence = "The key {kid} of {member} is revoked since {since}: {reason}."
    status = 403


class KeyNotInForceError(PeerError):
    """The card names no such key for this use at this instant."""

    code = "key-not-in-force"
    sentence = "The card of {member} names no key {kid} for use {use!r} at {instant}."
    status = 403


class StaleCardError(RuleError):
    """The directory went stale longer ago than the grace allows, so its cards are no longer relied on."""

    code = "card-stale"
    sentence = "The directory is stale since {stale_since}, longer than the grace of {grace_days} days."
    status = 503


class EndpointRefusedError(RuleError):
    """An address is not one that this node calls."""

    code = "endpoint-refused"
    sentence = "The endpoint {endpoint} is not called: {rule}."


class EndpointUnreachableError(PeerError):
    """Nobody answered at an endpoint, or not as the card says."""

    code = "endpoint-unreachable"
    sentence = "{endpoint} cannot be reached: {reason}."
    status = 502


class SignedFormError(PeerError):
    """A signed thing is not a compact JWS of the suite, or its payload is not canonical JSON."""

    code = "signed-form"
    sentence = "Not a signed {expected}: {rule}."


class DirectoryRefusedError(ProofError):
    """What the hub serves as the directory breaks a rule of The Update Framework."""

    code = "directory-refused"
    sentence = "The directory is refused ({attack}): {rule}. What was trusted before stays in force."


class DirectoryUnreachableError(PeerError):
    """The directory could not be fetched."""

    code = "directory-unreachable"
    sentence = "The directory cannot be fetched from {endpoint}: {reason}."
    status = 502


class NoDirectoryError(RuleError):
    """No directory's root was given to this node yet."""

    code = "no-directory"
    sentence = "This node has no directory's root yet: join one with `tocsin directory join`."


class RootRefusedError(RuleError):
    """What was given as a directory's root is not one."""

    code = "root-refused"
    sentence = "The root is refused: {rule}."


class CeremonyError(RuleError):
    """A step of the key ceremony cannot be taken."""

    code = "ceremony"
    sentence = "The ceremony cannot go on: {rule}."


class SubmissionRefusedError(PeerError):
    """What a member wants published breaks a rule; nothing of it was taken."""

    code = "submission-refused"
    sentence = "The submission for {role} is refused: {rule}."


class NotTheHubError(RuleError):
    """Only the hub publishes a directory."""

    code = "not-the-hub"
    sentence = "This node publishes no directory."
    status = 404


class NotPublishedError(RuleError):
    """There is no such file in the directory."""

    code = "not-published"
    sentence = "The directory holds no {name}."
    status = 404


class AliveRefusedError(PeerError):
    """A sign of life that proves nothing."""

    code = "alive-refused"
    sentence = "The sign of life of {member} is refused: {rule}."


class DrillRefusedError(PeerError):
    """A drill call or its answer that fits nothing."""

    code = "drill-refused"
    sentence = "The drill is refused: {rule}."


class NationalTableRefusedError(RuleError):
    """A national law table that cannot be taken in."""

    code = "national-table-refused"
    sentence = "The national table of {member} is refused: {rule}."


class KeyFileError(RuleError):
    """A key file is missing, readable by others, or not what it should be."""

    code = "key-file"
    sentence = "The key file {path}: {rule}."


class ListFaultyError(RuleError):
    """Rows of a list break rules; nothing of it was taken in. Every fault is named, up to twenty in the sentence."""

    code = "contact-list-faulty"
    sentence = "Nothing was taken in; {count} faults: {faults}."


class ListGoneError(RuleError):
    """A list waits a day, for the person who laid it down, and until the next that she lays down."""

    code = "contact-list-gone"
    sentence = "This list waits no more: lay it down again."
    status = 410


class ListSourceError(RuleError):
    """What is told without saying by whom and when is worth nothing."""

    code = "contact-list-source"
    sentence = "{field}: {rule}."


class ContactMovedError(RuleError):
    """Somebody else changed a contact since it was looked at."""

    code = "contact-moved"
    sentence = "Meanwhile somebody changed {member}: look at it again."
    status = 409


class ContactKnownError(RuleError):
    """A contact of this country and name is there already."""

    code = "contact-known"
    sentence = "{name} is known already, as {member}."
    status = 409


class OwnWordsFaultyError(RuleError):
    """What the card is to say breaks rules of its form; ``faults`` has each with its field."""

    code = "own-words-faulty"
    sentence = "The card cannot say this: {faults}."


class OwnWordsGoneError(RuleError):
    """A proposal was settled meanwhile, or another one waits."""

    code = "own-words-gone"
    sentence = "{rule}: look at the card again."
    status = 409


class OwnWordsSecondError(RuleError):
    """What the card says is confirmed by another person than the one who proposed it."""

    code = "own-words-second"
    sentence = "You proposed this yourself: a second person confirms it."
    status = 403


class OwnWordsPersonError(RuleError):
    """The console and the node itself have no second person; node.toml is theirs."""

    code = "own-words-person"
    sentence = "What the card says is changed here by two people, each under a name; at the console it is in node.toml."
    status = 403
