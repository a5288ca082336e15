"""S31 with a real node: an administrator changes one word and deletes another entry, and the next start says so."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.node.running import RunningNode, environment, free_port, init, running, tocsin

pytestmark = pytest.mark.kill

CHEAT = """
grown_to(300)
changed, deleted = (StoredEntry.objects.get(about=name).index for name in ("file 5", "file 9"))
print(changed, deleted)
with transaction.atomic():
    as_administrator(
        f"UPDATE journal_storedentry SET event = replace(event, 'a test', 'no test') WHERE index = {changed}",
        f"DELETE FROM journal_storedentry WHERE index = {deleted}",
    )
"""


def in_node(home: Path, program: str) -> str:
    """Run some lines in the node in ``home``, as a command would."""
    begin = """
        import sys
        from pathlib import Path
        from tocsin.node import wiring
        started = wiring.start(Path(sys.argv[1]))
        from django.db import transaction
        from tests.journal.examples import as_administrator, grown_to
        from tocsin.journal.models import StoredEntry
        try:
            exec(sys.argv[2])
        finally:
            started.stop(wait_for_guests=10)
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(begin), str(home), program],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def altered(node: RunningNode) -> list[object]:
    events = [json.loads(line) for line in node.log.read_text().splitlines() if line.startswith("{")]
    return [event["entry"] for event in events if event["event"] == "journal altered"]


def test_s31_a_node_says_at_its_next_start_which_entries_were_altered(tmp_path: Path) -> None:
    home, port = tmp_path / "ro", free_port()
    init(home, port=port)
    changed, deleted = map(int, in_node(home, CHEAT).split())
    with running(home, port=port) as node:
        assert altered(node) == [changed, deleted]
        said = [finding["said"] for finding in json.loads(tocsin(home, "doctor", "--json").stdout)]
    told = " ".join(said)
    assert f"entry {changed}: its event or its salt was altered" in told
    assert f"entry {deleted}: it is missing" in told
