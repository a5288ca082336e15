"""What can go wrong with bells."""

from tocsin.base.errors import RuleError


class BellFieldError(RuleError):
    """A field of a bell is wrong."""

    code = "bells.field"
    sentence = "{field}: {rule}"


class BellsOffError(RuleError):
    """The administrator has not chosen this kind of bell."""

    code = "bells.off"
    sentence = "Bells of this kind are off here: whoever runs the node turns them on in [bells] of node.toml."
    status = 409


class UnknownBellError(RuleError):
    """There is no such bell of this person."""

    code = "bells.unknown"
    sentence = "You have no bell {bell}."
    status = 404


class TooManyBellsError(RuleError):
    """A person has as many bells as one may have."""

    code = "bells.too-many"
    sentence = "You have {most} bells already: take one down first."
    status = 409


class BellFilesError(RuleError):
    """A file that bells need is missing or not what it should be."""

    code = "bells.files"
    sentence = "{path} {rule}."
    status = 503
