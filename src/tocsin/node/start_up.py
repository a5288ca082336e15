"""What every process that serves or works does first, alone or below ``tocsin serve``.

A restored backup must not go on in a journal of which others have seen more. So before anything is appended the
witnesses are asked, whichever command starts the process.
"""

from pathlib import Path

import structlog

from tocsin.base import instant
from tocsin.node import logs, wiring
from tocsin.node.config import load

DATABASE_SECONDS = 60.0
"""How long a process that is to run for months waits for a database that is still starting."""

_log = structlog.get_logger()


def start_alone(home: Path) -> wiring.Started:
    """Become the node in ``home`` for a process beside others on the same database, ready to serve or to work.

    Raises what ``wiring.start`` raises, ``MigrationsPendingError`` and ``ChecksFailedError``.
    """
    logs.configure(load(home).logs.level)
    started = wiring.start(home, patience=DATABASE_SECONDS)
    try:
        wiring.check_migrated()
        look_before_work()
    except BaseException:
        started.stop()
        raise
    return started


def look_before_work() -> None:
    """Refuse what the checks call an error, ask what witnesses have seen of the journal, audit its last part.

    The node starts with a halted or altered journal all the same, since letters wait for it, people have to read, and
    a halted journal takes no entry. Raises ``ChecksFailedError``.
    """
    from tocsin.directory import reads as directory  # noqa: PLC0415 - needs Django set up
    from tocsin.directory.rules.card import Use  # noqa: PLC0415 - needs Django set up
    from tocsin.journal import acts as journal  # noqa: PLC0415 - needs Django set up
    from tocsin.node import checks  # noqa: PLC0415 - needs Django set up
    from tocsin.wire import acts as wire  # noqa: PLC0415 - needs Django set up

    checks.refuse_faults()
    seen = wire.compare_with_witnesses(at=instant.now())
    if seen is not None:
        _log.error("journal halted", origin=seen.origin, peer=seen.who, size=seen.size)
    audited = journal.audit_at_start(at=instant.now(), ours=directory.own_keys(Use.JOURNAL))
    for finding in audited.findings:
        # Its words name what an entry is about: they stand in the alarm (tocsin journal alarms), not in the log.
        _log.error("journal altered", origin=finding.origin, entry=finding.index)
