"""Entries join at the end of the journal, with what they record or not at all."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import AsNode
from tests.journal.examples import NIGHT, OFFICER, RO, FileLookedAt, execute, grown_to, looks, record_looks
from tocsin.journal import acts, reads
from tocsin.journal.acts.append import _complete_tiles
from tocsin.journal.errors import OtherNodeError
from tocsin.journal.models import StoredEntry, Tile
from tocsin.proof.canonical import canonical
from tocsin.proof.commitment import commitment, leaf_of
from tocsin.proof.merkle import leaf_hash, root_of, verify_inclusion


@pytest.fixture(autouse=True)
def _ro(as_node: AsNode) -> None:
    as_node("ro")


@pytest.mark.django_db
def test_an_entry_gets_the_next_place_and_can_be_opened() -> None:
    first, second = record_looks(2)
    assert (first.index, second.index) == (0, 1)
    assert (first.leaf, first.origin) == (0, "ro.example/journal")
    opening = reads.opening_of(second.index)
    assert (opening.salt, opening.event) == (second.salt, second.event)
    kept = StoredEntry.objects.get(index=1)
    assert bytes(kept.commitment) == commitment(opening.salt, opening.event)
    assert kept.event == canonical(second.event).decode()
    assert (kept.kind, kept.about) == ("test-file-looked-at", "file 1")


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused_since_it_could_stand_without_its_act() -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        acts.record(FileLookedAt(file="a"), by=OFFICER, at=NIGHT)
    assert reads.head() is None


@pytest.mark.django_db
def test_nothing_recorded_is_nothing_begun() -> None:
    with transaction.atomic():
        assert acts.record_all([], by=RO, at=NIGHT) == []
    assert reads.head() is None


@pytest.mark.django_db(transaction=True)
def test_an_act_that_fails_leaves_no_entry_and_no_gap() -> None:
    record_looks(3)
    with pytest.raises(ZeroDivisionError):
        _act_that_fails()
    assert [place.index for place in record_looks(2)] == [3, 4]
    assert not Tile.objects.exists()


@transaction.atomic
def _act_that_fails() -> None:
    acts.record_all(looks(300), by=OFFICER, at=NIGHT)
    raise ZeroDivisionError


@pytest.mark.django_db(transaction=True)
def test_a_savepoint_that_is_rolled_back_leaves_no_entry_and_no_gap() -> None:
    with transaction.atomic():
        acts.record_all(looks(255), by=OFFICER, at=NIGHT)
        sid = transaction.savepoint()
        acts.record_all(looks(10), by=OFFICER, at=NIGHT)
        transaction.savepoint_rollback(sid)
        assert [place.index for place in acts.record_all(looks(2), by=OFFICER, at=NIGHT)] == [255, 256]
    assert list(reads.findings(reads.audits())) == []
    assert Tile.objects.count() == 2


@pytest.mark.django_db
def test_a_node_set_up_for_another_journal_is_refused_before_it_writes(as_node: AsNode) -> None:
    record_looks(1)
    as_node("pt")
    with pytest.raises(OtherNodeError, match=r"ro\.example/journal of ro.*pt\.example/journal of pt"):
        record_looks(1)
    as_node("ro", origin="ro.example/another")
    with pytest.raises(OtherNodeError):
        record_looks(1)
    assert StoredEntry.objects.count() == 1


# --- The tree follows ---------------------------------------------------------------------------


def stored_leaves() -> list[bytes]:
    rows = StoredEntry.objects.order_by("index").values_list("commitment", flat=True)
    return [leaf_hash(bytes(entry)) for entry in rows]


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.integers(1, 40), st.sampled_from([255, 256, 257, 513])), min_size=1, max_size=8))
def test_however_entries_come_in_batches_tiles_and_roots_are_those_of_the_whole(widths: list[int]) -> None:
    with transaction.atomic():
        for width in widths:
            acts.record_all(looks(width), by=OFFICER, at=NIGHT)
        size, leaves = sum(widths), stored_leaves()
        assert reads.tree().root() == root_of(leaves)
        for at in {1, size // 2, size - 1, size} - {0}:
            assert reads.tree(at).root() == root_of(leaves[:at])
        proof = reads.proof_of(size // 2)
        verify_inclusion(
            index=proof.leaf, size=proof.size, leaf=leaves[proof.leaf], proof=proof.hashes, root=root_of(leaves)
        )
        assert Tile.objects.filter(level=0).count() == size // 256
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_a_journal_with_three_levels_of_tiles_proves_every_kind_of_place() -> None:
    fill(65_000)
    record_looks(2_000)
    leaves = stored_leaves()
    root = root_of(leaves)
    assert reads.tree().root() == root
    for leaf in (0, 255, 256, 65_279, 65_280, 65_535, 65_536, 66_815, 66_816, 66_999):
        proof = reads.tree().inclusion(leaf)
        verify_inclusion(index=leaf, size=67_000, leaf=leaves[leaf], proof=proof.hashes, root=root)
    levels = execute("SELECT level, count(*) FROM journal_tile GROUP BY level ORDER BY level")
    assert levels == [(0, 261), (1, 2), (2, 1)]


def fill(count: int) -> None:
    """Many entries at once, made inside the database; their tiles are made as for any batch."""
    record_looks(1)
    head = reads.head()
    assert head is not None
    execute(INSERT % (1, count - 1))
    _complete_tiles(head, StoredEntry.objects.commitments(1, count))


@pytest.mark.django_db
def test_a_place_in_hand_opens_the_leaf_that_the_tree_holds() -> None:
    places = record_looks(5)
    assert [leaf_of(place.salt, place.event) for place in places] == stored_leaves()


# --- The database keeps it ----------------------------------------------------------------------

INSERT = (
    'INSERT INTO journal_storedentry ("index", log_id, commitment, salt, event, kind, at, changes_rows)'
    " SELECT n, 1, sha256(n::text::bytea), sha256('b'), '{}', 'test-forged', now(), false"
    " FROM generate_series(%s, %s) AS n"
)
FORBIDDEN = {
    "an entry in the middle": (INSERT % (3, 3), "duplicate key"),
    "an entry after a gap": (INSERT % (11, 11), "do not join the end"),
    "a batch that begins in the past": (INSERT % (9, 12), "duplicate key"),
    "an entry of a log that is not there": (INSERT.replace(" 1,", " 2,") % (10, 10), "do not join the end"),
    "an entry of another transaction": (
        INSERT.replace("changes_rows)", "changes_rows, transaction)").replace("false FROM", "false, 7 FROM") % (10, 10),
        "do not join the end",
    ),
    "a changed event": ("UPDATE journal_storedentry SET event = 'x' WHERE index = 3", "may only lose"),
    "a changed commitment": ("UPDATE journal_storedentry SET commitment = salt WHERE index = 3", "may only lose"),
    "a changed instant": ("UPDATE journal_storedentry SET at = now() WHERE index = 3", "may only lose"),
    "an erasure of the salt alone": ("UPDATE journal_storedentry SET salt = NULL WHERE index = 3", "may only lose"),
    "an erasure by nobody": (
        "UPDATE journal_storedentry SET salt = NULL, event = NULL, about = NULL WHERE index = 3",
        "may only lose",
    ),
    "an entry taken away": ("DELETE FROM journal_storedentry WHERE index = 9", "append-only"),
    "a head moved back": ("UPDATE journal_log SET size = 5", "changes by its entries only"),
    "a head moved on": ("UPDATE journal_log SET size = 500", "changes by its entries only"),
    "an origin renamed": ("UPDATE journal_log SET origin = 'x'", "changes by its entries only"),
    "a log taken away": ("DELETE FROM journal_log", "append-only"),
    "a tile taken away": ("DELETE FROM journal_tile", "append-only"),
    "a tile rewritten": ("UPDATE journal_tile SET hashes = sha256('x') || sha256('y')", "only grows"),
    "a tile of half a hash": ("UPDATE journal_tile SET hashes = hashes || '\\x00' WHERE level = 1", "whole_hashes"),
    "a checkpoint changed": ("UPDATE journal_storedcheckpoint SET note = 'x'", "append-only"),
    "a checkpoint taken away": ("DELETE FROM journal_storedcheckpoint", "append-only"),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("sql", "said"), FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_the_database_refuses(sql: str, said: str) -> None:
    if "tile" in sql:
        grown_to(256)
    else:
        grown_to(10)
    with pytest.raises(IntegrityError, match=said), transaction.atomic():
        execute(sql)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "table", ["storedentry", "tile", "log", "storedcheckpoint", "cosignature", "witnessedlog", "alarm"]
)
def test_no_table_of_the_journal_is_emptied(table: str) -> None:
    execute(
        f"ALTER TABLE journal_{table} ENABLE TRIGGER journal_no_truncate"
    )  # the tests' own cleaning switched it off
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        execute(f"TRUNCATE journal_{table} CASCADE")


# --- At the same time ---------------------------------------------------------------------------


def in_threads(count: int, work: Callable[[int], None]) -> list[BaseException]:
    failed: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - told to the test
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return failed


@pytest.mark.django_db(transaction=True)
def test_many_that_append_at_once_leave_one_order_without_gaps_and_a_tree_that_holds() -> None:
    def work(number: int) -> None:
        for turn in range(12):
            with transaction.atomic():
                batch = [FileLookedAt(file=f"{number}", reason=f"{turn}-{n}") for n in range(1 + (number + turn) % 9)]
                places = acts.record_all(batch, by=OFFICER, at=NIGHT)
                assert [after.index - before.index for before, after in pairwise(places)] == [1] * (len(places) - 1)
                if turn % 3 == 0:
                    acts.checkpoint(at=NIGHT)

    assert in_threads(6, work) == []
    rows = list(StoredEntry.objects.order_by("index").values_list("index", "about", "event", "transaction"))
    assert [row[0] for row in rows] == list(range(len(rows)))
    for number in range(6):  # each one's own entries stand in the order in which it made them
        turns = [int(row[2].split('"reason":"')[1].split("-")[0]) for row in rows if row[1] == f"{number}" and row[2]]
        assert turns == sorted(turns)
    transactions = [row[3] for row in rows]
    assert len(set(transactions)) == sum(1 for a, b in pairwise([None, *transactions]) if a != b), "batches mixed"
    assert list(reads.findings(reads.audits())) == []


@pytest.mark.django_db(transaction=True)
def test_two_that_begin_the_journal_at_once_begin_one() -> None:
    gate = threading.Barrier(4)

    def work(_number: int) -> None:
        gate.wait(timeout=20)
        record_looks(1)

    assert in_threads(4, work) == []
    assert [log.size for log in reads.logs()] == [4]


@pytest.mark.django_db(transaction=True)
def test_checkpoints_signed_at_once_are_all_consistent() -> None:
    record_looks(300)

    def work(number: int) -> None:
        for _ in range(8):
            if number % 2:
                record_looks(3)
            acts.checkpoint(at=NIGHT)

    assert in_threads(4, work) == []
    assert list(reads.findings(reads.audits())) == []


# --- Killed -------------------------------------------------------------------------------------


@pytest.fixture
def database_url() -> str:
    place = connection.settings_dict
    return f"postgresql://{quote(place['USER'])}:{quote(place['PASSWORD'])}@{place['HOST']}:{place['PORT']}/{place['NAME']}"


@pytest.fixture
def victim(database_url: str, tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts a process that appends to the journal in a transaction and then does as it is told."""
    running: list[subprocess.Popen[str]] = []

    def start(then: str) -> subprocess.Popen[str]:
        program = textwrap.dedent(f"""
            import os, signal, sys
            import django; django.setup()
            from pathlib import Path
            from django.db import transaction
            from tests.conftest import fresh_keys
            from tests.journal.examples import OFFICER, NIGHT, looks
            from tocsin.base.this_node import ThisNode, become
            from tocsin.journal import acts
            become(ThisNode("ro", Path({str(tmp_path)!r}), fresh_keys(), "ro.example/journal"))
            with transaction.atomic():
                acts.record_all(looks(300), by=OFFICER, at=NIGHT)
                acts.checkpoint(at=NIGHT)
                {then}
        """)
        environment = os.environ | {
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "tocsin.node.settings",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", program],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.mark.kill
@pytest.mark.django_db(transaction=True)
def test_a_process_killed_in_mid_transaction_leaves_nothing_and_whoever_waited_goes_on(
    victim: Callable[[str], subprocess.Popen[str]],
) -> None:
    grown_to(7)
    process = victim("print('appended', flush=True); signal.pause()")
    assert process.stdout is not None
    assert process.stdout.readline() == "appended\n", process.communicate()[1]
    threading.Timer(0.3, process.send_signal, [signal.SIGKILL]).start()
    began = time.monotonic()
    assert [place.index for place in record_looks(1)] == [7]
    assert time.monotonic() - began > 0.2, "the head was not held"
    latest = reads.latest_checkpoint()
    assert latest is not None
    assert latest.size == 7
    assert list(reads.findings(reads.audits())) == []
