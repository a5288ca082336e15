"""What can go wrong with what nodes tell one another outside any thread, by whose move it is to mend it."""

from tocsin.base.errors import PeerError, ProofError, RuleError


class FeaturesFaultyError(RuleError):
    """The features of a forgery break rules of their form; every fault is named at once."""

    code = "notices.features-faulty"
    sentence = "The features of the forgery break these rules: {faults}."


class OfficeNumberError(RuleError):
    """A telephone number that is to be warned of stands in a member's card."""

    code = "notices.office-number"
    sentence = "{phone} is the number of {member} in the directory: it is not one to warn of."


class TooManyWarningsError(RuleError):
    """As often as a node may warn within an hour, ours has."""

    code = "notices.too-many-warnings"
    sentence = "This node has warned {most} times within an hour, which is as often as it may."
    status = 429


class UnknownWarningError(RuleError):
    """There is no such warning here."""

    code = "notices.unknown-warning"
    sentence = "No warning {warning} is known here."
    status = 404


class NotOurWarningError(RuleError):
    """Only who issued a warning withdraws it."""

    code = "notices.not-our-warning"
    sentence = "The warning was issued by {member}, who alone can withdraw it."


class PersonNeededError(RuleError):
    """What is told to others somebody answers for."""

    code = "notices.person-needed"
    sentence = "A person warns and withdraws a warning, under a name; the node itself does not."


class NoticeFaultyError(PeerError):
    """A notice is not as the protocol asks."""

    code = "notices.faulty"
    sentence = "The notice breaks these rules: {faults}."


class NoticeNotForUsError(PeerError):
    """A notice is addressed to another member, or brought by one who did not sign it."""

    code = "notices.not-for-us"
    sentence = "The notice's field {field} is {value!r}; {expected} was expected."
    status = 403


class NoticeExerciseError(PeerError):
    """A notice of an exercise came to a real node, or the other way round."""

    code = "notices.exercise"
    sentence = "The notice is of {notice}; this node does {node}."


class NoticeTimeError(PeerError):
    """A notice was issued in the future, or is over already."""

    code = "notices.time"
    sentence = "The notice's field {field} is {at}, which breaks its rule: {rule}."


class NoticeForkedError(ProofError):
    """One version of a notice was signed twice, or a withdrawal tells of another forgery than its warning."""

    code = "notices.forked"
    sentence = "{sender} signed two different things as version {version} of the notice {notice}."
    status = 409


class TooManyNoticesError(PeerError):
    """A member told more than this node takes within an hour."""

    code = "notices.too-many"
    sentence = "{sender} told more than {most} notices within an hour: come back after {retry_after} seconds."
    status = 429
    retryable = True


class TooManyInForceError(PeerError):
    """As many warnings of a member are in force here as this node keeps."""

    code = "notices.too-many-in-force"
    sentence = "{most} warnings of {sender} are in force here; one has to end or be withdrawn first."
    status = 429
    retryable = True
