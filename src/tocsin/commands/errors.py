"""What can be wrong with a command, beyond what typer itself refuses."""

from tocsin.base.errors import RuleError


class ArgumentError(RuleError):
    """An argument is none that is known."""

    code = "command.argument"
    sentence = "{argument}: {value} is not {expected}."
