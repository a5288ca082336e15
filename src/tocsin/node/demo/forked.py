"""Processes of the demo: each is a node, or a command at one.

They are forked from the demo, so what it has loaded they need not load again; a node forked like this is a process of
its own all the same, with its own session, and a kill takes it as any other. The demo runs no thread when it forks,
and a child keeps none of its open files.
"""

import json
import os
import runpy
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

# Loaded here, once, for all of them: what a node needs and what does not ask Django for its settings.
import django.db.models
import django.http
import granian
import holidays
import httpx
import joserfc.jwe
import joserfc.jws
import procrastinate
import psycopg_pool
import pydantic
import structlog
import tuf.api.metadata
import tuf.ngclient
import typer

from tocsin.law.instrument import instruments

LOADED = (
    django.db.models,
    django.http,
    granian,
    holidays,
    httpx,
    joserfc.jwe,
    joserfc.jws,
    procrastinate,
    psycopg_pool,
    pydantic,
    structlog,
    tuf.api.metadata,
    tuf.ngclient,
    typer,
)
_STANDARD = 3


class Step:
    """One step of the foundation, running in a process that is one node."""

    def __init__(self, step: str, folder: Path, environment: Mapping[str, str]) -> None:
        self._step = step
        self._read, write = os.pipe()
        self._pid = forked(lambda: _answer(step, folder, write), environment, kept=write)
        os.close(write)

    def answer(self) -> Any:
        """What the step answered; raises ``RuntimeError`` when it failed."""
        with os.fdopen(self._read, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(self._pid, 0)
        if status:
            raise RuntimeError(f"the demo could not {self._step.replace('_', ' ')}")
        return json.loads(said)


class Command:
    """``tocsin …`` in a process of its own, its output in a file."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], *, output: Path) -> None:
        self._pid = forked(lambda: _run(words, output), environment)
        self._status: int | None = None

    @property
    def pid(self) -> int:
        """Its process, which leads a session and a group of its own."""
        return self._pid

    def poll(self) -> int | None:
        """The exit code, or nothing while it runs."""
        if self._status is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            self._status = os.waitstatus_to_exitcode(status) if pid else None
        return self._status

    def wait(self) -> int:
        """The exit code, once it has ended."""
        if self._status is None:
            _, status = os.waitpid(self._pid, 0)
            self._status = os.waitstatus_to_exitcode(status)
        return self._status


def forked(do: Callable[[], int], environment: Mapping[str, str], *, kept: int | None = None) -> int:
    """Begin a process that does something and ends, with one open file of ours besides its output; its id."""
    instruments()  # read once, before anybody forks
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        _close_all_but(kept)
        os.environ.clear()
        os.environ.update(environment)
        code = do()
    except BaseException:  # noqa: BLE001 - the process ends here, whatever happened
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _close_all_but(kept: int | None) -> None:
    last = os.sysconf("SC_OPEN_MAX")
    if kept is None:
        os.closerange(_STANDARD, last)
    else:
        os.closerange(_STANDARD, kept)
        os.closerange(kept + 1, last)


def _answer(step: str, folder: Path, write: int) -> int:
    from tocsin.node.demo.foundation import run  # noqa: PLC0415 - in the child alone

    with os.fdopen(write, "wb") as pipe:
        pipe.write(json.dumps(run(step, folder)).encode())
    return 0


def _run(words: Sequence[str], output: Path) -> int:
    log = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    sys.argv = ["tocsin", *words]
    try:
        runpy.run_module("tocsin.node.main", run_name="__main__")
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    return 0
