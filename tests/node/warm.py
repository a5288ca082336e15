"""Processes of the product, forked from one that has loaded it already: a start costs tenths of a second, not seconds.

What is forked is a process of its own, as one that was started at the shell; what a start itself does (the interpreter,
its path, what is loaded when) is looked at by tests that start Python anew.
"""

import atexit
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from tocsin.node.demo.forked import HOMELESS, Running, Warm

ROOT = Path(__file__).parents[2]
TOCSIN = "tocsin.node.main:run"
_ATTEND = "import socket, sys; from tocsin.node.demo.forked import attend; attend(socket.socket(fileno={}))"


@cache
def warm() -> Warm:
    """The one from which this test process's others are forked; it begins when it is first wanted."""
    ours, theirs = socket.socketpair()
    told = {name: value for name, value in os.environ.items() if name not in HOMELESS}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-c", _ATTEND.format(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=ROOT,
            env=told | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
    begun = Warm(ours, wait=process.wait)
    atexit.register(begun.close)
    return begun


def begin(call: str, *arguments: Any, told: Mapping[str, str], log: Path) -> Running:
    """Begin a process that calls ``module:function``, with ``told`` for its environment, and writes to ``log``."""
    with log.open("ab") as file:
        return warm().begin(call, *arguments, environment=told, output=file)


def run(call: str, *arguments: Any, told: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a process that calls ``module:function``; how it ended and what it said."""
    with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        code = warm().begin(call, *arguments, environment=told, output=out, errors=err).wait()
        for each in (out, err):
            each.seek(0)
        return subprocess.CompletedProcess([call, *map(str, arguments)], code, out.read(), err.read())
