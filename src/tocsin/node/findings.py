"""What is looked at of a node, one thing after the other: by ``tocsin doctor``, and by a running node for its desk."""

import ctypes
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from typing import TYPE_CHECKING

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.law.calendar import edition
from tocsin.node.config import Config

if TYPE_CHECKING:
    from django.core.checks import CheckMessage

OLDEST_PYTHON = (3, 11)
LITTLE_ROOM, NO_ROOM = 2 * 1024**3, 200 * 1024**2
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


def look_around(config: Config) -> Iterator[Finding]:
    """The same from within a node that runs: its machine, its database, its checks, its directory and its lines.

    Nothing here asks another server, so that a page can wait for it.
    """
    from tocsin.gate.health import pending_migrations  # noqa: PLC0415 - needs Django set up

    yield from look_at_python()
    yield from look_at_calendars()
    yield from look_at_clock()
    yield from look_at_room(config)
    yield from look_at_migrations(pending_migrations())
    yield from look_at_checks()
    yield from look_at_directory()
    yield from look_at_wire(config)


def version() -> str:
    """The version of this program."""
    try:
        return metadata.version("tocsin")
    except metadata.PackageNotFoundError:
        return "of a source tree that is not installed"


def look_at_python() -> Iterator[Finding]:
    """Which Python this is, and whose."""
    good = sys.version_info >= OLDEST_PYTHON
    said = f"{platform.python_implementation()} {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding("python", State.OK if good else State.BAD, said, "" if good else "Install Python 3.11 or newer.")
    own = sys.prefix != sys.base_prefix
    said = f"tocsin {version()} in {sys.prefix}"
    cure = "" if own else "Install Tocsin in a virtual environment, so that the system's packages cannot change it."
    yield Finding("program", State.OK if own else State.WARN, said, cure)


def look_at_calendars() -> Iterator[Finding]:
    """Which editions of time zones and holidays."""
    known = edition()
    yield Finding("calendars", State.OK, f"time zones {known.tzdata}, public holidays {known.holidays}")


def look_at_clock() -> Iterator[Finding]:
    """Whether the clock is kept."""
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


def look_at_room(config: Config) -> Iterator[Finding]:
    """How much room is left."""
    free = shutil.disk_usage(config.home).free
    state = State.BAD if free < NO_ROOM else State.WARN if free < LITTLE_ROOM else State.OK
    cure = "" if state is State.OK else "Make room: a full disk refuses letters."
    yield Finding("disk", state, f"{free / 1024**3:.1f} GiB free", cure)


def look_at_migrations(pending: int) -> Iterator[Finding]:
    """Whether the database is of this version, when so many migrations are pending."""
    cure = "Run `tocsin migrate`, or `tocsin serve`, which does it." if pending else ""
    said = f"{pending} pending" if pending else "none pending"
    yield Finding("migrations", State.WARN if pending else State.OK, said, cure)


def look_at_directory() -> Iterator[Finding]:
    """The node's card and its directory."""
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


def look_at_wire(config: Config) -> Iterator[Finding]:
    """What waits, was refused or lies in quarantine."""
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


def look_at_checks() -> Iterator[Finding]:
    """What the checks find."""
    from tocsin.node.checks import findings  # noqa: PLC0415 - needs Django set up

    found = findings()
    yield from map(_from_check, found)
    if not found:
        yield Finding("checks", State.OK, "nothing found")


def _from_check(found: "CheckMessage") -> Finding:
    state = State.BAD if found.is_serious() else State.WARN
    return Finding(found.id or "check", state, found.msg, found.hint or "")
