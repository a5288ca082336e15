"""The console script: finds out what is wanted, loads that and no more, and answers with an honest exit code.

0 it was done; 1 it was not, and one line on stderr says why; 2 the command was not understood.

``tocsin verify`` loads ``tocsin.proof`` and nothing else of ours. The commands about the node itself
(``node/commands.py``) start what they need; all others find a node running in this process: its
database, its keys, Django set up.
"""

import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

OWN = frozenset({"init", "serve", "web", "desk", "public", "worker", "clock", "migrate", "doctor", "demo"})
"""The commands about the node itself."""
WITHOUT_NODE = frozenset({"law"})
"""The others that need no node."""
OFF_THE_NETWORK = frozenset({("directory", "ceremony", word) for word in ("key", "show", "sign")})
"""What a root holder runs on a machine of his own, where no node is."""
DONE, FAILED, NOT_UNDERSTOOD, INTERRUPTED = 0, 1, 2, 130
TRACE_VARIABLE = "TOCSIN_TRACE"


def main() -> None:
    """Run the command line of this process and leave."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Do what ``arguments`` say; the exit code."""
    if arguments[:1] == ["verify"]:
        return _verify(arguments[1:])
    as_json = "--json" in arguments
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.node.settings")
    try:
        return _run(_take_home(list(arguments)))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        if os.environ.get(TRACE_VARIABLE):
            raise
        return _say(error, as_json=as_json)


def _verify(arguments: Sequence[str]) -> int:
    import runpy  # noqa: PLC0415 - what a court checks loads as little as can be

    sys.argv = ["tocsin verify", *arguments]
    try:
        runpy.run_module("tocsin.proof", run_name="__main__")
    except SystemExit as left:
        if isinstance(left.code, str):
            sys.stderr.write(f"{left.code}\n")
            return FAILED
        return left.code or DONE
    return DONE


def _take_home(arguments: list[str]) -> list[str]:
    """Take ``--home FOLDER`` from the front: it says which node, whatever the command."""
    from tocsin.node.config import HOME_VARIABLE  # noqa: PLC0415 - not for `verify`

    if arguments[:1] == ["--home"] and len(arguments) > 1:
        os.environ[HOME_VARIABLE] = arguments[1]
        return arguments[2:]
    if arguments and arguments[0].startswith("--home="):
        os.environ[HOME_VARIABLE] = arguments[0].partition("=")[2]
        return arguments[1:]
    return arguments


def _run(arguments: list[str]) -> int:
    from tocsin.node import commands, logs  # noqa: PLC0415 - not for `verify`

    logs.configure("warning")
    words = tuple(argument for argument in arguments if not argument.startswith("-"))
    word = words[0] if words else ""
    if word in OWN:
        return _call(commands.app, arguments)
    if not word or word in WITHOUT_NODE or words[:3] in OFF_THE_NETWORK or "--help" in arguments:
        import django  # noqa: PLC0415 - not for `verify`

        django.setup()
        return _call(_all_commands(), arguments)
    return _run_in_node(arguments)


def _run_in_node(arguments: list[str]) -> int:
    from tocsin.node import wiring  # noqa: PLC0415 - not for `verify`
    from tocsin.node.config import home_named  # noqa: PLC0415 - not for `verify`

    started = wiring.start(home_named())
    try:
        wiring.check_migrated()
        return _call(_all_commands(), arguments)
    finally:
        started.stop(wait_for_guests=10)


def _all_commands() -> "typer.Typer":
    import typer  # noqa: PLC0415 - not for `verify`

    from tocsin.commands import app as theirs  # noqa: PLC0415 - needs Django set up
    from tocsin.node.commands import app as own  # noqa: PLC0415 - not for `verify`

    together = typer.Typer(no_args_is_help=True, add_completion=False, help=_HELP, pretty_exceptions_enable=False)
    together.add_typer(own)
    together.add_typer(theirs)
    return together


_HELP = """The desk and the wire of a cybercrime contact point.

`--home FOLDER` before the command, or TOCSIN_HOME, says which node; without both it is ~/.tocsin.
`tocsin verify BUNDLE` checks a proof bundle and needs no node.
"""


def _call(app: "typer.Typer", arguments: list[str]) -> int:
    """Run the command; what it returns as a whole number, or raises as ``typer.Exit``, is the exit code."""
    import typer  # noqa: PLC0415 - not for `verify`
    import typer.main  # noqa: PLC0415 - not for `verify`

    try:
        left = typer.main.get_command(app).main(args=arguments, prog_name="tocsin", standalone_mode=False)
    except typer.Abort:
        return INTERRUPTED
    except typer.TyperException as error:
        show = getattr(error, "show", None)
        if show is None:
            raise
        show()
        return error.exit_code
    return left if isinstance(left, int) else DONE


def _say(error: Exception, *, as_json: bool) -> int:
    """One line on stderr: the sentence of ours, or for others what they are."""
    from django.db import Error as DatabaseError  # noqa: PLC0415 - not for `verify`

    from tocsin.base.errors import TocsinError  # noqa: PLC0415 - not for `verify`
    from tocsin.base.problem import problem_of  # noqa: PLC0415 - not for `verify`

    if isinstance(error, TocsinError):
        line = json.dumps(problem_of(error).document()) if as_json else f"error: {error}"
    elif isinstance(error, DatabaseError):
        line = f"error: The database refused or went away ({type(error).__name__}): {_first_line(error)}"
    else:
        line = f"error: {type(error).__name__}: {_first_line(error)} (set {TRACE_VARIABLE}=1 to see where)"
    sys.stderr.write(f"{line}\n")
    return FAILED


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no more is known"])[0]


if __name__ == "__main__":
    main()
