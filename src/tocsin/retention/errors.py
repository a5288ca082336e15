"""What can go wrong with retention."""

from tocsin.base.errors import RuleError


class ReasonNeededError(RuleError):
    """A hold is set and released for a reason."""

    code = "retention.reason-needed"
    sentence = "Say why, in 1 to {most} printable characters: it stands in the journal."


class OnHoldError(RuleError):
    """What is on hold is not erased."""

    code = "retention.on-hold"
    sentence = "The request {request} is on legal hold ({hold}): it is not erased before two persons release it."
    status = 409


class NotDueError(RuleError):
    """Nothing is erased before its time."""

    code = "retention.not-due"
    sentence = "The request {request} is not erased now: {rule}."
    status = 409


class UnknownHoldError(RuleError):
    """No hold of this id stands."""

    code = "retention.unknown-hold"
    sentence = "No legal hold {hold} stands here."
    status = 404


class ReleaseNotAskedError(RuleError):
    """A hold ends when one person asks and another agrees."""

    code = "retention.release-not-asked"
    sentence = "Nobody has asked that the hold {hold} end: one person asks, with a reason, and another agrees."
    status = 409


class OwnReleaseError(RuleError):
    """Four eyes: nobody agrees to what he asked himself."""

    code = "retention.own-release"
    sentence = "You asked that the hold {hold} end, so a second person has to agree (four eyes)."
    status = 409


class ReleaseAskedError(RuleError):
    """Somebody else has asked already, and nobody writes over that."""

    code = "retention.release-asked"
    sentence = "That the hold {hold} end has been asked already; a second person has to agree."
    status = 409


class AlreadyErasedError(RuleError):
    """There is nothing left of it to hold."""

    code = "retention.already-erased"
    sentence = "The request {request} was erased already."
    status = 410
