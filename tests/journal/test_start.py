"""S31 with a real node: an administrator changes one word and deletes another entry, and the next start says so."""

import json
from pathlib import Path

import pytest

from tests.node.lines import in_node
from tests.node.running import RunningNode, free_port, init, running, tocsin

pytestmark = pytest.mark.kill

CHEAT = """
from django.db import transaction
from tests.journal.examples import as_administrator, grown_to
from tocsin.journal.models import StoredEntry
grown_to(300)
changed, deleted = (StoredEntry.objects.get(about=name).index for name in ("file 5", "file 9"))
print(changed, deleted)
with transaction.atomic():
    as_administrator(
        f"UPDATE journal_storedentry SET event = replace(event, 'a test', 'no test') WHERE index = {changed}",
        f"DELETE FROM journal_storedentry WHERE index = {deleted}",
    )
"""


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
