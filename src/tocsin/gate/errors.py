"""What an entrance itself refuses, before any act was called."""

from tocsin.base.errors import PeerError, RuleError


class CallFieldError(RuleError):
    """A member of a call has not the shape that the API's document says."""

    code = "api.field"
    sentence = "{field}: {rule}"


class CallUnreadableError(RuleError):
    """What was sent cannot be read at all."""

    code = "api.unreadable"
    sentence = "The call cannot be read: {rule}"
    status = 400


class NoSuchPathError(RuleError):
    """There is nothing at this path, for nobody."""

    code = "api.no-such-path"
    sentence = "There is nothing here. /api/docs lists what there is."
    status = 404


class NoSuchMethodError(RuleError):
    """The path is there and does not take this method."""

    code = "api.no-such-method"
    sentence = "This path takes {methods}."
    status = 405


class TooManyCallsError(PeerError):
    """An entrance that asks nobody who he is was called too often in a minute."""

    code = "gate.too-many-calls"
    sentence = "{caller} called this more than {most} times in a minute: come back after {retry_after} seconds."
    status = 429
    retryable = True


class BrokenError(PeerError):
    """A fault of the node's own; its log says more."""

    code = "api.broken"
    sentence = "The node made a mistake. What went wrong stands in its log."
    status = 500


class AwayError(PeerError):
    """The database is away, or went away during the call: whether it still did what was asked is not known."""

    code = "api.away"
    sentence = "The node cannot reach its database now. Look whether this was done before you try again."
    status = 503
    retryable = True


class FullError(PeerError):
    """The disk of the database took no more; all of the call was taken back."""

    code = "api.disk-full"
    sentence = "The disk of this node's database is full. Nothing was done; make room and try again."
    status = 507
    retryable = True
