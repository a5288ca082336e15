"""Three nodes: this process as ro, pt and the hub in processes of their own; pt is away for a while."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from tests.conftest import AsNode
from tests.directory.cards import Member
from tests.wire.conftest import Taken
from tests.wire.desks import know, new_thread
from tests.wire.letters import officer, write
from tests.wire.processes import NodeProcess
from tocsin.base.actor import Actor
from tocsin.base.ids import InstrumentId, MemberId, new_uuid
from tocsin.base.instant import true_now
from tocsin.base.this_node import this_node
from tocsin.directory.acts import connect
from tocsin.journal import reads as journal
from tocsin.journal.errors import JournalHaltedError
from tocsin.journal.models import StoredEntry
from tocsin.wire import reads
from tocsin.wire.acts import (
    OfferedFile,
    ask_witnesses,
    compare_with_witnesses,
    deliver,
    offer_file,
    pick_up,
    recover,
    relay,
    send_files,
)
from tocsin.wire.models import Line, Outgoing, OutgoingFile
from tocsin.wire.rules.letter import Letter

PT, HUB = MemberId("pt"), MemberId("hub")
RO = Member("ro")
RO.card(at=true_now().replace(microsecond=0))


@pytest.fixture(scope="module")
def nodes(
    tmp_path_factory: pytest.TempPathFactory, database_server: str, template: str
) -> Iterator[dict[str, NodeProcess]]:
    """The other two, which know each other and ro."""
    folder = tmp_path_factory.mktemp("nodes")
    found = {name: NodeProcess(name, folder / name, database_server, template, hub=HUB) for name in (PT, HUB)}
    for node in found.values():
        node.cards += [RO.cards[-1], *(other.card for other in found.values() if other is not node)]
    yield {str(name): node for name, node in found.items()}
    for node in found.values():
        node.close()


@pytest.fixture
def pt(nodes: dict[str, NodeProcess], transactional_db: None, as_node: AsNode, taken: Taken) -> NodeProcess:  # noqa: ARG001
    """The node that is away: it does not run, and its line has failed long enough."""
    as_node("ro", keys=RO.keys, private_endpoints=True, hub=HUB)
    for node in nodes.values():
        know(node.card, since=node.card.card.issued)
    nodes["pt"].kill()
    return nodes["pt"]


@pytest.fixture
def hub(nodes: dict[str, NodeProcess]) -> NodeProcess:
    return nodes["hub"] if nodes["hub"].running else nodes["hub"].start()


def fail_to_deliver(times: int = 3) -> None:
    for n in range(times):
        deliver(PT, at=true_now() + timedelta(minutes=10 * n))


def kept_at(node: NodeProcess, letters: list[Letter]) -> list[str]:
    query = "select sha256 from wire_storedletter where sha256 = any(%s) order by id"
    return [sha for (sha,) in node.rows(query, [letter.sha256 for letter in letters])]


def test_letters_go_round_by_the_hub_and_their_receipts_come_back(pt: NodeProcess, hub: NodeProcess) -> None:
    thread = new_thread()
    letters = [write(thread), write(thread), write()]
    fail_to_deliver()
    assert not relay(PT, at=true_now())
    assert not relay(PT, at=true_now())
    assert [reads.kept_letter(letter.sha256).waiting for letter in letters] == [True, True, True]
    items = hub.rows("select addressee, sender, envelope from wire_mailboxitem")
    assert [(addressee, sender) for addressee, sender, _ in items] == [("pt", "ro")] * 3
    for _, _, envelope in items:
        assert str(thread) not in envelope
    assert pt.act("pick_up") == "3"
    assert kept_at(pt, letters) == [letter.sha256 for letter in letters]
    assert hub.rows("select count(*) from wire_mailboxitem where addressee = 'pt'") == [(0,)]
    pt.act("relay", "ro")
    assert pick_up(at=true_now()) == 3
    assert Outgoing.objects.count() == 0
    assert [len(reads.kept_letter(letter.sha256).receipts) for letter in letters] == [1, 1, 1]
    kinds = set(StoredEntry.objects.values_list("kind", flat=True))
    assert {"letters-relayed", "receipt-stored", "attempt-failed"} <= kinds


@pytest.mark.usefixtures("hub")
def test_a_letter_that_went_both_ways_has_one_effect(pt: NodeProcess) -> None:
    letter = write()
    fail_to_deliver()
    relay(PT, at=true_now())
    pt.start()
    deliver(PT, at=true_now() + timedelta(hours=1))
    assert Outgoing.objects.count() == 0
    assert pt.act("pick_up") == "1"
    assert kept_at(pt, [letter]) == [letter.sha256]
    receipts = (
        "select count(*) from wire_storedreceipt r join wire_storedletter l on l.id = letter_id where sha256 = %s"
    )
    assert pt.rows(receipts, letter.sha256) == [(1,)]


@pytest.mark.usefixtures("hub")
def test_a_letter_refused_after_it_went_round_is_known_to_be_refused(pt: NodeProcess) -> None:
    letter = write(instrument=InstrumentId("eev-epoc"))
    fail_to_deliver()
    relay(PT, at=true_now())
    pt.act("pick_up")
    pick_up(at=true_now())
    kept = reads.kept_letter(letter.sha256)
    assert kept.refused is not None
    assert kept.problem is not None
    assert kept.problem["code"] == "wire.competence-missing"


def test_the_hub_takes_the_same_envelope_once_and_nothing_for_strangers(pt: NodeProcess, hub: NodeProcess) -> None:
    write()
    fail_to_deliver()
    relay(PT, at=true_now())
    relay(PT, at=true_now() + timedelta(days=4))  # left again after days without a receipt: another envelope
    assert hub.rows("select count(*) from wire_mailboxitem where addressee = 'pt'") == [(2,)]
    assert pt.act("pick_up") == "2"


@pytest.mark.usefixtures("pt")
def test_a_hub_that_is_away_stops_nobody(nodes: dict[str, NodeProcess]) -> None:
    nodes["hub"].kill()
    letter = write()
    week = timedelta(days=7)
    for _ in range(3):
        deliver(PT, at=true_now() + week)
    nodes["pt"].start()
    deliver(PT, at=true_now() + week + timedelta(hours=1))
    assert not reads.kept_letter(letter.sha256).waiting
    assert Line.objects.get(peer=PT).down_since is None


def an_age_file(size: int) -> tuple[str, Path, str]:
    """Bytes that could be an encrypted file, below this node's home."""
    attachment, content = new_uuid(), secrets.token_bytes(size)
    path = this_node().home / f"{attachment}.age"
    path.write_bytes(content)
    return attachment, path, hashlib.sha256(content).hexdigest()


def offer(size: int) -> tuple[str, str]:
    attachment, path, sha256 = an_age_file(size)
    file = OfferedFile(attachment=attachment, addressee=PT, path=path, size=size, sha256=sha256)
    with transaction.atomic():
        offer_file(file, by=officer(), at=true_now())
    return attachment, sha256


def stored_at(node: NodeProcess, sha256: str) -> bytes:
    return (node.home / "attachments" / "whole" / sha256[:2] / sha256).read_bytes()


def test_a_file_of_many_pieces_arrives_whole(pt: NodeProcess) -> None:
    pt.start()
    attachment, sha256 = offer(40 * 1024 * 1024 + 17)
    send_files(PT, at=true_now())
    assert OutgoingFile.objects.get().state == "there"
    assert hashlib.sha256(stored_at(pt, sha256)).hexdigest() == sha256
    assert pt.rows("select sender from wire_storedattachment where attachment = %s", attachment) == [("ro",)]


def test_a_file_goes_on_where_a_kill_stopped_it(pt: NodeProcess) -> None:
    attachment, sha256 = offer(5 * 1024 * 1024)
    row = OutgoingFile.objects.get()
    content = (this_node().home / row.path).read_bytes()
    pt.start()
    pt.rows(
        "insert into wire_upload (sender, addressee, attachment, size, sha256, checked, begun, touched)"
        " values ('ro', 'pt', %s, %s, %s, false, now(), now()) returning id",
        attachment,
        row.size,
        sha256,
    )
    partial = pt.home / "attachments" / "partial" / f"ro-pt-{attachment}"
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.write_bytes(content[:3_000_000])  # what a process had written when it was killed
    send_files(PT, at=true_now())
    assert stored_at(pt, sha256) == content


def test_a_file_for_a_node_that_is_away_waits_at_the_hub(pt: NodeProcess, hub: NodeProcess) -> None:
    attachment, sha256 = offer(2_500_000)
    for n in range(3):
        send_files(PT, at=true_now() + timedelta(minutes=10 * n))
    assert OutgoingFile.objects.get().state == "relayed"
    assert pt.act("pick_up_files") == "1"
    assert hashlib.sha256(stored_at(pt, sha256)).hexdigest() == sha256
    gone = "select gone is not null from wire_storedattachment where attachment = %s"
    assert hub.rows(gone, attachment) == [(True,)]
    assert not (hub.home / "attachments" / "whole" / sha256[:2] / sha256).exists()
    pt.start()
    send_files(PT, at=true_now() + timedelta(hours=2))
    assert OutgoingFile.objects.get().state == "there"


def test_a_process_that_was_forked_does_not_talk_on_its_parents_connections(pt: NodeProcess) -> None:
    pt.start()
    write()
    deliver(PT, at=true_now())
    assert connect._client.cache_info().currsize > 0
    child = os.fork()
    if child == 0:
        os._exit(connect._client.cache_info().currsize)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# --- A backup is restored -----------------------------------------------------------------------


class Backup:
    """How far this node's database was at some moment, and the way back to there."""

    TABLES = ("wire_outgoing", "wire_storedreceipt", "wire_storedletter")

    def __init__(self) -> None:
        head = journal.head()
        assert head is not None
        self.size = head.size
        self.rows = {table: self._ask(f"select coalesce(max(id), 0) from {table}") for table in self.TABLES}  # noqa: S608

    def restore(self) -> None:
        """Lose everything that came since, behind the product's back."""
        later = f"select id from journal_storedcheckpoint where size > {self.size}"  # noqa: S608 - a number
        statements = {
            **{table: f"delete from {table} where id > {last}" for table, last in self.rows.items()},  # noqa: S608
            "journal_cosignature": f"delete from journal_cosignature where checkpoint_id in ({later})",  # noqa: S608
            "journal_storedcheckpoint": f"delete from journal_storedcheckpoint where id in ({later})",  # noqa: S608
            "journal_storedentry": f"delete from journal_storedentry where index >= {self.size}",  # noqa: S608
            "journal_log": f"update journal_log set size = {self.size}, transaction = null, acting = null",  # noqa: S608
        }
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
            for table, statement in statements.items():
                cursor.execute(f"alter table {table} disable trigger user")
                cursor.execute(statement)
                cursor.execute(f"alter table {table} enable trigger user")
                if table != "wire_outgoing":  # what lets these tests empty the table, see tests/conftest.py
                    cursor.execute(f"alter table {table} disable trigger journal_no_truncate")

    def _ask(self, question: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(question)
            return int(cursor.fetchone()[0])


def check_that_both_cosign() -> None:
    assert {asked.witness: asked.cosigned for asked in ask_witnesses(at=true_now())} == {PT: True, HUB: True}
    latest = journal.latest_checkpoint(cosigned=True)
    assert latest is not None
    assert len(latest.witnesses) == 2
    assert ask_witnesses(at=true_now()) == []  # nothing new: nobody is asked
    assert compare_with_witnesses(at=true_now()) is None


# The witnesses remember for good what ro's journal was, so one test alone shows it to them.
@pytest.mark.usefixtures("hub")
def test_a_node_restored_from_a_backup_fetches_back_what_it_lost_and_does_not_fork(pt: NodeProcess) -> None:
    pt.start()
    thread = new_thread()
    before = write(thread)
    deliver(PT, at=true_now())
    check_that_both_cosign()
    backup = Backup()
    lost = [write(thread), write(thread), write()]
    deliver(PT, at=true_now())
    ask_witnesses(at=true_now())
    backup.restore()
    assert [letter.sha256 for letter in reads.letters_of(thread)] == [before.sha256]

    seen = compare_with_witnesses(at=true_now())
    assert seen is not None
    assert seen.size > backup.size
    with pytest.raises(JournalHaltedError):
        write(thread)

    administrator = Actor(this_node().member, name="console", roles=frozenset({"administrator"}))
    found = recover("ro.example/journal-2", by=administrator, at=true_now())
    assert {one.letter.sha256 for one in found.letters} >= {letter.sha256 for letter in lost}
    assert found.away == {}
    assert [letter.sha256 for letter in reads.letters_of(thread)] == [before.sha256, *(one.sha256 for one in lost[:2])]
    assert [len(reads.kept_letter(letter.sha256).receipts) for letter in lost] == [1, 1, 1]
    after = write(thread)
    assert (after.seq, after.prev) == (4, lost[1].sha256)
    deliver(PT, at=true_now())
    assert kept_at(pt, [before, *lost[:2], after]) == [before.sha256, *(one.sha256 for one in lost[:2]), after.sha256]
    assert journal.origin() == "ro.example/journal-2"
