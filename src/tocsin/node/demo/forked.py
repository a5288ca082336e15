"""Processes of the demo: each is a node, or a command at one.

They are forked from one process that has loaded everything already, so none of them loads it again. That process has
no node, no thread and no connection; what it forks becomes the node of its own home, leads a session of its own, keeps
none of its parent's files, and a kill takes it as any other process.
"""

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from subprocess import TimeoutExpired
from typing import IO, Any, Self

_STANDARD = 3
_LENGTH_BYTES = 4
_MOST_FILES = 4
_CALLED = "call"
LOADED = (
    "tocsin.commands",
    "tocsin.node.commands",
    "tocsin.node.desk_urls",
    "tocsin.node.public_urls",
    "tocsin.node.serve",
    "tocsin.node.tasks",
    "tocsin.node.urls",
    "tocsin.node.worker",
    "tocsin.evidence.tasks",
    "tocsin.forms.tasks",
    "tocsin.requests.tasks",
    "tocsin.retention.tasks",
    "tocsin.proof.__main__",
    "tuf.ngclient",
)
"""What nodes and commands load sooner or later."""
HOMELESS = ("TOCSIN_HOME", "DATABASE_URL")


class ForkError(RuntimeError):
    """The process that all others are forked from has ended; what it said stands above."""


class Running:
    """A process that was begun; it tells when it has ended, as one of ``subprocess`` does."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        said = _line_of(line)
        if not said:
            raise ForkError
        self.pid = int(said)
        """Its process, which leads a session and a group of its own."""
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, negative for a signal, or nothing while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended; raises ``subprocess.TimeoutExpired``."""
        code = self._look(timeout)
        if code is None:
            raise TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def send_signal(self, word: int) -> None:
        """Send it a signal, if it runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, word)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _look(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._line], [], [], timeout)[0]:
            self.returncode = int(_line_of(self._line) or -signal.SIGKILL)  # whoever knew is gone
            self._line.close()
        return self.returncode


class Warm:
    """The process from which all others are forked, at the other end of ``line``; it may still be loading."""

    def __init__(self, line: socket.socket, *, wait: Callable[[], object]) -> None:
        self._line, self._wait = line, wait
        self._turn = threading.Lock()

    @classmethod
    def beside(cls) -> Self:
        """Fork it; it loads while its maker, who may have no thread, does something else."""
        ours, theirs = socket.socketpair()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                os.setsid()  # Ctrl-C is for the maker, which stops what it began in order
                ours.close()
                _forget_signals()
                attend(theirs)
                code = 0
            except BaseException:  # noqa: BLE001 - the process ends here, whatever happened
                traceback.print_exc()
            finally:
                os._exit(code)
        theirs.close()
        return cls(ours, wait=lambda: os.waitpid(pid, 0))

    def begin(
        self,
        call: str,
        *arguments: Any,
        environment: Mapping[str, str],
        output: IO[Any],
        errors: IO[Any] | None = None,
        line: socket.socket | None = None,
    ) -> Running:
        """Begin a process that calls ``module:function``; what that returns is its exit code.

        ``line`` becomes its standard input; without one there is none.
        """
        mine, theirs = socket.socketpair()
        asked = {_CALLED: call, "arguments": arguments, "environment": dict(environment), "folder": str(Path.cwd())}
        said = json.dumps(asked).encode()
        with self._turn, theirs, Path(os.devnull).open("rb") as nothing, contextlib.suppress(BrokenPipeError):
            files = [theirs.fileno(), (line or nothing).fileno(), output.fileno(), (errors or output).fileno()]
            socket.send_fds(self._line, [len(said).to_bytes(_LENGTH_BYTES, "big")], files)
            self._line.sendall(said)
        return Running(mine)

    def close(self) -> None:
        """Let it go; what it began goes on."""
        self._line.close()
        self._wait()


def _line_of(line: socket.socket) -> bytes:
    with line.makefile("rb", buffering=0) as said:
        return said.readline()


# -- the warm process ----------------------------------------------------------------------------


def attend(line: socket.socket) -> None:
    """Be that process: load everything, then fork what is asked for until nobody asks any more."""
    _load()
    _fork_on_request(line)


def _load() -> None:
    """Load the program, with Django set up for no node."""
    for name in HOMELESS:
        os.environ.pop(name, None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.node.settings"
    import django  # noqa: PLC0415 - in this process alone

    django.setup()
    for name in LOADED:
        importlib.import_module(name)
    from tocsin.law.instrument import instruments  # noqa: PLC0415 - in this process alone
    from tocsin.node import collector  # noqa: PLC0415 - in this process alone

    instruments()
    collector.settle()


def _fork_on_request(line: socket.socket) -> None:
    """Fork what is asked for and tell how it ended, until whoever asks is gone."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    living: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([line.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
        _tell_ended(living)
        if line.fileno() in ready:
            asked = _asked(line)
            if asked is None:
                return
            _begin(*asked, living)


def _tell_ended(living: dict[int, socket.socket]) -> None:
    for pid in list(living):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            _say(living.pop(pid), os.waitstatus_to_exitcode(status)).close()


def _say(line: socket.socket, number: int) -> socket.socket:
    with contextlib.suppress(OSError):  # nobody listens any more
        line.sendall(b"%d\n" % number)
    return line


def _asked(line: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    head, files, _, _ = socket.recv_fds(line, _LENGTH_BYTES, _MOST_FILES)
    if not head:
        return None
    length, said = int.from_bytes(head, "big"), b""
    while len(said) < length:
        more = line.recv(length - len(said))
        if not more:
            return None  # whoever asked was killed in the middle of it
        said += more
    return json.loads(said), files


def _begin(asked: dict[str, Any], files: list[int], living: dict[int, socket.socket]) -> None:
    line = socket.socket(fileno=files[0])
    pid = os.fork()
    if pid == 0:
        _be(asked, files[1:])
    for file in files[1:]:
        os.close(file)
    living[pid] = _say(line, pid)


def _be(asked: dict[str, Any], files: Sequence[int]) -> None:
    """In the new process: do what was asked, and end."""
    code: object = 1
    try:
        os.setsid()
        _forget_signals()
        for number, file in enumerate(files):
            os.dup2(file, number)
        os.closerange(_STANDARD, os.sysconf("SC_OPEN_MAX"))
        os.environ.clear()
        os.environ.update(asked["environment"])
        os.chdir(asked["folder"])
        _take_settings_at_setup()
        module, _, function = asked[_CALLED].partition(":")
        code = getattr(importlib.import_module(module), function)(*asked["arguments"])
    except SystemExit as left:
        code = left.code
    except BaseException:  # noqa: BLE001 - the process ends here, whatever happened
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


def _forget_signals() -> None:
    signal.set_wakeup_fd(-1)
    for word in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(word, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _take_settings_at_setup() -> None:
    """Let ``django.setup`` take the settings of the home that this process has by then: it was set up for none."""
    import django  # noqa: PLC0415 - loaded already
    from django.conf import settings  # noqa: PLC0415 - loaded already
    from django.core.cache import caches  # noqa: PLC0415 - loaded already
    from django.db import connections  # noqa: PLC0415 - loaded already
    from django.utils.functional import empty  # noqa: PLC0415 - loaded already

    set_up = django.setup

    def again(set_prefix: bool = True) -> None:  # noqa: FBT001, FBT002 - as Django has it
        for known in (connections, caches):
            for alias in list(known):
                with contextlib.suppress(AttributeError):
                    del known[alias]
            vars(known).pop("settings", None)
            vars(known)["_settings"] = None
        sys.modules.pop("tocsin.node.settings", None)
        settings._wrapped = empty  # noqa: SLF001 - the way by which tests override settings, too
        django.setup = set_up
        set_up(set_prefix)

    django.setup = again
