"""``tocsin doctor``: looks at everything a node stands on and says what is wrong and what cures it.

It looks on after a fault as far as it can, changes nothing, and works where no node lives as well.
"""

from collections.abc import Generator, Iterator
from pathlib import Path

from tocsin.base import instant
from tocsin.base.errors import TocsinError
from tocsin.node import wiring
from tocsin.node.config import Config, load
from tocsin.node.database import without_password
from tocsin.node.errors import HomeMissingError
from tocsin.node.findings import (
    Finding,
    State,
    look_at_calendars,
    look_at_checks,
    look_at_clock,
    look_at_directory,
    look_at_migrations,
    look_at_python,
    look_at_room,
    look_at_wire,
)
from tocsin.node.postgres import find_binaries

CLOCKS_APART_SECONDS = 2.0


def examine(home: Path) -> Iterator[Finding]:
    """Look at the machine, then at the node in ``home``.

    Findings come as they are made. May be called once in a process, since it becomes the node.
    """
    yield from look_at_python()
    yield from look_at_calendars()
    yield from look_at_clock()
    config = yield from _config(home)
    if config is None:
        yield from _binaries()
        return
    yield from look_at_room(config)
    try:
        started = wiring.start(home)
    except TocsinError as error:
        yield Finding("database and keys", State.BAD, str(error))
        return
    try:
        migrated = yield from _database(started)
        yield from look_at_checks()
        if migrated:
            yield from look_at_directory()
            yield from look_at_wire(config)
        yield from _mail(config)
    finally:
        started.stop()


def is_well(findings: list[Finding]) -> bool:
    """Whether nothing is bad; warnings are no illness."""
    return all(finding.state is not State.BAD for finding in findings)


def _binaries() -> Iterator[Finding]:
    try:
        found = find_binaries()
    except TocsinError as error:
        yield Finding("postgresql", State.BAD, str(error))
    else:
        yield Finding("postgresql", State.OK, f"version {found.major} from {found.origin}, not running")


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
    yield from look_at_migrations(pending)
    return pending == 0


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
