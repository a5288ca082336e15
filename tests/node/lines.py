"""Some lines of Python, run in a node in a process of their own, as a command would be."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.node import warm
from tests.node.running import environment


def in_node(home: Path, lines: str, *, more: Mapping[str, str] | None = None) -> str:
    """Run them with the node in ``home`` started; what they print."""
    ran = warm.run("tests.node.lines:run", str(home), lines, told=environment(home, more))
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def run(home: str, lines: str) -> None:
    """In that process: be the node and do what the lines say."""
    from tocsin.node import wiring  # noqa: PLC0415 - in that process alone

    started = wiring.start(Path(home))
    try:
        exec(lines, {})  # noqa: S102 - they are the test's own
    finally:
        started.stop(wait_for_guests=10)


def initialise(home: str) -> None:
    """Make a node in ``home``."""
    from tocsin.node import home as homes  # noqa: PLC0415 - in that process alone

    homes.initialise(
        Path(home),
        member="ro",
        kind="state",
        country="RO",
        zone="Europe/Bucharest",
        endpoint="https://node.ro.example:8443",
        at=datetime(2026, 11, 24, tzinfo=UTC),
    )
