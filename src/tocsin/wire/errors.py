"""What can go wrong on the wire, by whose move it is to mend it."""

from tocsin.base.errors import PeerError


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
