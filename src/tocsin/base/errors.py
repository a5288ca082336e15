"""The three families of errors, by whose move it is to mend them.

A class has a stable ``code``, a ``sentence`` with named fields, and a ``cure``; the edge puts the
sentence into the reader's language, and ``gate`` makes an RFC 9457 problem of it.
"""

from typing import ClassVar


class TocsinError(Exception):
    """What went wrong, as a code and named fields."""

    code: ClassVar[str] = "tocsin"
    sentence: ClassVar[str] = "Something went wrong."
    status: ClassVar[int] = 400
    """The HTTP status an entrance answers with."""
    retryable: ClassVar[bool] = False
    """Whether the same thing, sent again unchanged, may be taken later."""

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        super().__init__(self.sentence.format(**fields))


class RuleError(TocsinError):
    """The user mends the field."""

    code = "rule"
    status = 422


class PeerError(TocsinError):
    """The other node mends its letter."""

    code = "peer"
    status = 400


class ProofError(TocsinError):
    """Nobody mends it: quarantine the thing and tell a person."""

    code = "proof"
    status = 400
