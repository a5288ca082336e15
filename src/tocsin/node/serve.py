"""``tocsin serve``: one command that keeps the database and runs web and worker, and their supervisor.

This process loads everything once and forks the others, so they share its memory. It has no thread
and no database connection of its own when it forks. A child that ends is started again, at once the
first time and then after longer and longer pauses; the database is looked after in the same way. SIGTERM
or SIGINT stops everything within seconds; if this process is killed, the system kills the others.
"""

import contextlib
import os
import random
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import structlog

from tocsin.node import collector, start_up, web, wiring
from tocsin.node.children import follow_parent
from tocsin.node.config import Config
from tocsin.node.entrances import DESK, PUBLIC, Entrance
from tocsin.node.errors import DiskFullError, PortTakenError

STOP_SECONDS = 8.0
"""How long children may take to stop; their own parts stop within five."""
STEADY_SECONDS = 60.0
"""A child that ran this long is well: its next end is a first one again."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
LOOK_SECONDS = 1.0
KEEPER_LEAVES_SECONDS = 10.0
PORT_SECONDS = 3.0
_WORDS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)

_log = structlog.get_logger()


def serve(home: Path) -> None:
    """Run the node in ``home`` until SIGTERM or SIGINT.

    Raises ``PortTakenError``, ``ChecksFailedError`` and what ``wiring.start`` raises, before anything runs.
    """
    with _told_to_stop() as told:
        started = wiring.start(home, keep=True, wait=KEEPER_LEAVES_SECONDS, patience=start_up.DATABASE_SECONDS)
        try:
            prepare(started.config)
            _Supervisor(started, _children(started.config), told).run()
        finally:
            started.stop()
            _log.info("stopped", member=started.config.member)


def _children(config: Config) -> list["Child"]:
    doors = [entrance for entrance in (DESK, PUBLIC) if is_open(entrance, config)]
    return [
        Child("web", lambda: web.run(config)),
        *(Child(each.name, partial(web.run, config, each)) for each in doors),
        Child("worker", lambda: _work(config)),
    ]


def is_open(entrance: Entrance, config: Config) -> bool:
    """Whether the node's settings give this door a port."""
    door = entrance.door(config)
    return door is not None and door.port > 0


def prepare(config: Config) -> None:
    """What comes before the first child: migrations, checks, and everything loaded that children share."""
    check_port(config.listen.host, config.listen.port)
    for entrance in (DESK, PUBLIC):
        door = entrance.door(config)
        if door is not None and door.port:
            check_port(door.host, door.port)
    count = wiring.migrate()
    _log.info("database ready", member=config.member, count=count)
    start_up.look_before_work()
    _load_what_is_shared()


def check_port(host: str, port: int) -> None:
    """Raise ``PortTakenError`` if another program has the port, and still has it after a moment.

    The processes of a node that was just killed may take that moment to go.
    """
    deadline = time.monotonic() + PORT_SECONDS
    while not _is_free(host, port):
        if time.monotonic() >= deadline:
            raise PortTakenError(port=port, host=host)
        time.sleep(0.1)


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _work(config: Config) -> None:
    from tocsin.node import worker  # noqa: PLC0415 - loaded in the worker alone

    worker.run(config)


def _load_what_is_shared() -> None:
    from django.db import connections  # noqa: PLC0415 - Django may not be set up before
    from django.urls import get_resolver  # noqa: PLC0415 - Django may not be set up before

    from tocsin.node import worker  # noqa: F401, PLC0415 - needs Django set up

    _ = get_resolver().url_patterns
    connections.close_all()
    collector.settle()


@dataclass(slots=True)
class Child:
    """A part of the node that runs in a process of its own."""

    name: str
    work: Callable[[], None]
    pid: int = 0
    began: float = 0.0
    ends: int = 0
    """How often it ended since it last ran well."""
    again_at: float = field(default=0.0)

    def start(self, *, server_closed: Callable[[], None]) -> None:
        """Fork; the child does its work and leaves."""
        parent = os.getpid()
        self.began = time.monotonic()
        signal.pthread_sigmask(signal.SIG_BLOCK, _WORDS)  # none is lost between the fork and the child's first line
        try:
            self.pid = os.fork()
            if self.pid == 0:
                _be_child(parent, self.work, server_closed)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _WORDS)

    def ended(self, *, at: float) -> float:
        """Note the end; how many seconds to wait before the next start."""
        self.pid = 0
        self.ends = 1 if at - self.began >= STEADY_SECONDS else self.ends + 1
        pause = pause_after(self.ends)
        self.again_at = at + pause
        return pause


def pause_after(ends: int) -> float:
    """Seconds before a child that ended this often in a row is started again: none, then doubling, with jitter."""
    if ends <= 1:
        return 0.0
    full = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(ends - 2, 16))
    return full * random.uniform(0.75, 1.0)  # noqa: S311 - spreads restarts, keeps no secret


def _be_child(parent: int, work: Callable[[], None], server_closed: Callable[[], None]) -> None:
    code = 1
    try:
        follow_parent(parent)
        signal.set_wakeup_fd(-1)
        for word in _WORDS:
            signal.signal(word, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WORDS)
        os.setpgid(0, 0)  # Ctrl-C is for the parent, which then stops us in order
        server_closed()
        work()
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
    except BaseException:  # noqa: BLE001 - the last line before the process ends
        _log.exception("child failed")
    finally:
        os._exit(code)


class _Supervisor:
    """Keeps the database and the children going until it is told to stop."""

    def __init__(self, started: wiring.Started, children: list[Child], told: "_Told") -> None:
        self._started = started
        self._children = children
        self._told = told
        self._database_falls = 0
        """How often in a row the database could not be started again."""
        self._database_again_at = 0.0

    def run(self) -> None:
        config = self._started.config
        _log.info("serving", member=config.member, host=config.listen.host, port=config.listen.port, pid=os.getpid())
        while not self._told.stop:
            self._look_after_database()
            self._reap()
            self._start_due()
            self._told.wait(LOOK_SECONDS)
        self._stop_children()

    def _look_after_database(self) -> None:
        """Start a database that ended; one that finds no room is tried again until somebody has made some."""
        server = self._started.server
        if server is None or time.monotonic() < self._database_again_at:
            return
        try:
            if server.restart_if_dead():
                _log.warning("database restarted", port=server.port)
                self._database_falls = 0
        except DiskFullError as error:
            self._database_falls += 1
            pause = pause_after(self._database_falls + 1)
            self._database_again_at = time.monotonic() + pause
            _log.error("database cannot start", error=str(error), code=error.code, retry_seconds=round(pause, 1))

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.pid == 0 and now >= child.again_at:
                child.start(server_closed=self._leave_database)
                _log.info("started", child=child.name, pid=child.pid)

    def _leave_database(self) -> None:
        """In a child: the parent alone holds the database's locks."""
        if self._started.server is not None:
            self._started.server.forget()

    def _reap(self) -> None:
        for child in self._children:
            if child.pid and _has_ended(child.pid) is not None:
                pid, pause = child.pid, child.ended(at=time.monotonic())
                _log.warning("ended", child=child.name, pid=pid, retry_seconds=round(pause, 1))

    def _stop_children(self) -> None:
        _signal(self._children, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(child.pid for child in self._children) and time.monotonic() < deadline:
            for child in self._children:
                if child.pid and _has_ended(child.pid) is not None:
                    child.pid = 0
            self._told.wait(0.05)
        _signal(self._children, signal.SIGKILL)


def _signal(children: list[Child], word: signal.Signals) -> None:
    for child in children:
        if child.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, word)


def _has_ended(pid: int) -> int | None:
    """The exit status of a child that has ended; ``None`` while it runs."""
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return 0
    return os.waitstatus_to_exitcode(status) if ended else None


@dataclass(slots=True)
class _Told:
    """What signals say, and a pipe that wakes whoever waits."""

    woken: int
    stop: bool = False

    def wait(self, seconds: float) -> None:
        ready, _, _ = select.select([self.woken], [], [], seconds)
        if ready:
            os.read(self.woken, 4096)


@contextlib.contextmanager
def _told_to_stop() -> Iterator[_Told]:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    told = _Told(woken=reading)

    def note(_signum: int, _frame: object) -> None:
        told.stop = True

    before = {word: signal.signal(word, note) for word in (signal.SIGTERM, signal.SIGINT)}
    before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)  # wakes the wait
    wakes = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield told
    finally:
        signal.set_wakeup_fd(wakes)
        for word, action in before.items():
            signal.signal(word, action)
        os.close(reading)
        os.close(writing)
