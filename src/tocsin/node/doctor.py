"""``tocsin doctor``: looks at everything a node stands on and says what is wrong and what cures it.

It looks on after a fault as far as it can, changes nothing, and works where no node lives as well.
"""

import ctypes
import platform
import shutil
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.law.calendar import edition
from tocsin.node import wiring
from tocsin.node.config import Config, load
from tocsin.node.database import without_password
from tocsin.node.errors import HomeMissingError
from tocsin.node.postgres import find_binaries

if TYPE_CHECKING:
    from django.core.checks import CheckMessage

OLDEST_PYTHON = (3, 11)
LITTLE_ROOM, NO_ROOM = 2 * 1024**3, 200 * 1024**2
CLOCKS_APART_SECONDS = 2.0
_TIME_ERROR = 5  # sys/timex.h: the kernel's clock is not synchronised
_TIMEX_BYTES = 512  # more than any struct timex


class State(StrEnum):
    """How a thing was found."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    about: str
    state: State
    said: str
    cure: str = ""

    def as_json(self) -> dict[str, str]:
        """For programs."""
        return {"about": self.about, "state": self.state.value, "said": self.said, "cure": self.cure}


def examine(home: Path) -> Iterator[Finding]:
    """Look at the machine, then at the node in ``home``.

    Findings come as they are made. May be called once in a process, since it becomes the node.
    """
    yield from _python()
    yield from _calendars()
    yield from _clock()
    config = yield from _config(home)
    if config is None:
        yield from _binaries()
        return
    yield from _room(config)
    try:
        started = wiring.start(home)
    except TocsinError as error:
        yield Finding("database and keys", State.BAD, str(error))
        return
    try:
        migrated = yield from _database(started)
        yield from _checks()
        if migrated:
            yield from _directory()
            yield from _wire(config)
        yield from _mail(config)
    finally:
        started.stop()


def look_around(config: Config) -> Iterator[Finding]:
    """The same from within a node that runs: its machine, its database, its checks, its directory and its lines.

    Nothing here asks another server, so that a page can wait for it.
    """
    from tocsin.gate.health import pending_migrations  # noqa: PLC0415 - needs Django set up

    yield from _python()
    yield from _calendars()
    yield from _clock()
    yield from _room(config)
    pending = pending_migrations()
    cure = "Run `tocsin migrate`, or `tocsin serve`, which does it." if pending else ""
    said = f"{pending} pending" if pending else "none pending"
    yield Finding("migrations", State.WARN if pending else State.OK, said, cure)
    yield from _checks()
    yield from _directory()
    yield from _wire(config)


def version() -> str:
    """The version of this program."""
    try:
        return metadata.version("tocsin")
    except metadata.PackageNotFoundError:
        return "of a source tree that is not installed"


def is_well(findings: list[Finding]) -> bool:
    """Whether nothing is bad; warnings are no illness."""
    return all(finding.state is not State.BAD for finding in findings)


# -- the machine ---------------------------------------------------------------------------------


def _python() -> Iterator[Finding]:
    good = sys.version_info >= OLDEST_PYTHON
    said = f"{platform.python_implementation()} {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding("python", State.OK if good else State.BAD, said, "" if good else "Install Python 3.11 or newer.")
    own = sys.prefix != sys.base_prefix
    said = f"tocsin {version()} in {sys.prefix}"
    cure = "" if own else "Install Tocsin in a virtual environment, so that the system's packages cannot change it."
    yield Finding("program", State.OK if own else State.WARN, said, cure)


def _calendars() -> Iterator[Finding]:
    known = edition()
    yield Finding("calendars", State.OK, f"time zones {known.tzdata}, public holidays {known.holidays}")


def _clock() -> Iterator[Finding]:
    said = instant.text(instant.true_now())
    if _kernel_is_unsynchronised():
        cure = "Run a time service (chrony, systemd-timesyncd): instants in letters and receipts are evidence."
        yield Finding("clock", State.WARN, f"{said}; the system says that it is not synchronised", cure)
    else:
        yield Finding("clock", State.OK, said)


def _kernel_is_unsynchronised() -> bool:
    if sys.platform != "linux":
        return False
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    return adjtimex is not None and adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)) == _TIME_ERROR


def _binaries() -> Iterator[Finding]:
    try:
        found = find_binaries()
    except TocsinError as error:
        yield Finding("postgresql", State.BAD, str(error))
    else:
        yield Finding("postgresql", State.OK, f"version {found.major} from {found.origin}, not running")


# -- the node ------------------------------------------------------------------------------------


def _config(home: Path) -> Generator[Finding, None, Config | None]:
    """Yields what was found and returns the config, for ``yield from``."""
    try:
        config = load(home)
    except HomeMissingError as error:
        yield Finding("home", State.WARN, str(error))
        return None
    except TocsinError as error:
        yield Finding("home", State.BAD, str(error), "Mend the file; docs/howto/operations.md names its keys.")
        return None
    said = f"{config.home}: {config.kind} {config.member}, {config.endpoint}"
    yield Finding("home", State.OK, said + (", for exercises" if config.exercise else ""))
    return config


def _room(config: Config) -> Iterator[Finding]:
    free = shutil.disk_usage(config.home).free
    state = State.BAD if free < NO_ROOM else State.WARN if free < LITTLE_ROOM else State.OK
    cure = "" if state is State.OK else "Make room: a full disk refuses letters."
    yield Finding("disk", state, f"{free / 1024**3:.1f} GiB free", cure)


def _database(started: wiring.Started) -> Generator[Finding, None, bool]:
    """Yields what was found and returns whether there is a database of this version, for ``yield from``."""
    from django.db import Error as DatabaseError  # noqa: PLC0415 - needs Django set up
    from django.db import connection  # noqa: PLC0415 - needs Django set up

    from tocsin.gate.health import pending_migrations  # noqa: PLC0415 - needs Django set up

    where = without_password(started.database_url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("select current_setting('server_version'), clock_timestamp()")
            version, theirs = cursor.fetchone() or ("", instant.true_now())
        pending = pending_migrations()
    except DatabaseError as error:
        yield Finding("database", State.BAD, f"{where} does not answer: {error}")
        return False
    kind = "embedded" if started.server is not None else "the operator's"
    yield Finding("database", State.OK, f"PostgreSQL {version} at {where} ({kind})")
    apart = abs((instant.true_now() - theirs).total_seconds())
    if apart > CLOCKS_APART_SECONDS:
        said = f"this machine and the database's are {apart:.0f} seconds apart"
        yield Finding("clocks", State.BAD, said, "Synchronise both with the same time service.")
    state = State.WARN if pending else State.OK
    cure = "Run `tocsin migrate`, or `tocsin serve`, which does it." if pending else ""
    yield Finding("migrations", state, f"{pending} pending" if pending else "none pending", cure)
    return pending == 0


def _directory() -> Iterator[Finding]:
    from tocsin.directory import reads as directory  # noqa: PLC0415 - needs Django set up
    from tocsin.directory.errors import NoDirectoryError  # noqa: PLC0415 - needs Django set up

    if directory.own_card() is None:
        cure = "Sign one with `tocsin directory`, so that others can reach this node."
        yield Finding("card", State.WARN, "this node has no card yet", cure)
    try:
        found = directory.standing()
    except NoDirectoryError:
        yield Finding("directory", State.OK, "none joined: cards are exchanged by file and confirmed by voice")
        return
    if found.stale_since is None:
        yield Finding(
            "directory", State.OK, f"of {found.hub}, last looked at {found.fresh and instant.text(found.fresh)}"
        )
        return
    state = State.BAD if found.beyond_grace else State.WARN
    cure = "Ask the hub; meanwhile letters say that the directory is stale."
    yield Finding("directory", state, f"of {found.hub}, stale since {instant.text(found.stale_since)}", cure)


def _wire(config: Config) -> Iterator[Finding]:
    from tocsin.people.rules.rights import Role  # noqa: PLC0415 - needs Django set up
    from tocsin.wire import reads as wire  # noqa: PLC0415 - needs Django set up

    found = wire.status(Actor(config.member, name="doctor", roles=frozenset({Role.ADMINISTRATOR})))
    for line in found.lines:
        if line.down_since is not None:
            said = f"{line.peer} cannot be reached since {instant.text(line.down_since)}: {line.reason}"
            yield Finding("line", State.WARN, said, f"{line.letters} letters wait; call the contact point by phone.")
    waiting = sum(line.letters for line in found.lines)
    state = State.BAD if found.quarantined else State.OK
    said = (
        f"{waiting} letters wait for a receipt, {len(found.refused)} were refused, {len(found.quarantined)} quarantined"
    )
    yield Finding(
        "wire", state, said, "Look into what was quarantined: it proves an alteration." if found.quarantined else ""
    )


def _mail(config: Config) -> Iterator[Finding]:
    """Whether the servers answer and let us in; nothing is sent and nothing is changed."""
    from tocsin.mail.doctor import mailbox_fault, server_fault  # noqa: PLC0415 - needs Django set up

    if not (config.mail.sends or config.mail.reads):
        yield Finding("mail", State.OK, "off: no mail is sent or read")
        return
    for wanted, about, where, fault_of in (
        (config.mail.sends, "mail out", f"{config.mail.smtp_host}:{config.mail.smtp_port}", server_fault),
        (config.mail.reads, "mailbox", f"{config.mail.imap_host}:{config.mail.imap_port}", mailbox_fault),
    ):
        if not wanted:
            continue
        fault = fault_of()
        cure = "Mend [mail] in node.toml, or its secret in keys/; see docs/howto/mail.md." if fault else ""
        said = f"{where}: {fault}" if fault else f"{where} answers and lets this node in"
        yield Finding(about, State.BAD if fault else State.OK, said, cure)


def _checks() -> Iterator[Finding]:
    from tocsin.node.checks import findings  # noqa: PLC0415 - needs Django set up

    found = findings()
    yield from map(_from_check, found)
    if not found:
        yield Finding("checks", State.OK, "nothing found")


def _from_check(found: "CheckMessage") -> Finding:
    state = State.BAD if found.is_serious() else State.WARN
    return Finding(found.id or "check", state, found.msg, found.hint or "")
