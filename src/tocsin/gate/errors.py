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


class BrokenError(PeerError):
    """A fault of the node's own; its log says more."""

    code = "api.broken"
    sentence = "The node made a mistake. What went wrong stands in its log."
    status = 500


class AwayError(PeerError):
    """The database is away, or refused for now; nothing was done."""

    code = "api.away"
    sentence = "The node cannot reach its database now. Nothing was done; try again."
    status = 503
    retryable = True
