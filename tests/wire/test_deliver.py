"""Two nodes: this process as ro with its database, and pt in a process of its own, over real TLS."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from tests.conftest import AsNode
from tests.directory.cards import Member
from tests.wire.conftest import Taken
from tests.wire.desks import know, new_thread
from tests.wire.letters import write
from tests.wire.processes import NodeProcess
from tocsin.base.ids import InstrumentId, MemberId
from tocsin.base.instant import true_now
from tocsin.journal.models import StoredEntry
from tocsin.wire import reads
from tocsin.wire.acts.deliver import INBOX, deliver, sealed_for
from tocsin.wire.acts.receipts import SentLetter, proved, store_receipts
from tocsin.wire.line import ask
from tocsin.wire.models import Attempt, Line, Outgoing, StoredLetter
from tocsin.wire.peers import peer_of
from tocsin.wire.rules.batch import Given, answers_in, posted
from tocsin.wire.rules.letter import CardSource, DirectoryNote, Letter
from tocsin.wire.rules.receipt import Stage

PT = MemberId("pt")


RO = Member("ro")
RO.card(at=true_now().replace(microsecond=0))


@pytest.fixture(scope="module")
def pt_node(tmp_path_factory: pytest.TempPathFactory, database_server: str, template: str) -> Iterator[NodeProcess]:
    """The other node, for all tests here; what it keeps is looked for by the letter."""
    node = NodeProcess(PT, tmp_path_factory.mktemp("pt"), database_server, template)
    node.cards.append(RO.cards[-1])
    yield node
    node.close()


@pytest.fixture
def pt(pt_node: NodeProcess, transactional_db: None, as_node: AsNode, taken: Taken) -> NodeProcess:  # noqa: ARG001
    """The other node, running, and this process as the node of ro, which knows its card."""
    as_node("ro", keys=RO.keys, private_endpoints=True)
    know(pt_node.card, since=pt_node.card.card.issued)
    return pt_node if pt_node.running else pt_node.start()


def deliver_all(peer: MemberId = PT, *, ahead: timedelta = timedelta()) -> None:
    """Deliver what can be delivered now, or as if some time had gone by."""
    while deliver(peer, at=true_now() + ahead):
        pass


def kept_at(pt: NodeProcess, letters: Sequence[Letter], what: str = "sha256") -> list[Any]:
    """What the other node keeps of these letters, in the order in which it took them."""
    query = f"select {what} from wire_storedletter where sha256 = any(%s) order by id"  # noqa: S608 - a column's name
    return [value for (value,) in pt.rows(query, [letter.sha256 for letter in letters])]


def receipts_at(pt: NodeProcess, letter: Letter) -> list[str]:
    """The receipts that the other node gave for a letter."""
    query = "select r.jws from wire_storedreceipt r join wire_storedletter l on l.id = r.letter_id where l.sha256 = %s"
    return [jws for (jws,) in pt.rows(query, letter.sha256)]


def test_a_letter_is_delivered_when_its_receipt_is_stored(pt: NodeProcess) -> None:
    letter = write()
    assert reads.kept_letter(letter.sha256).waiting
    deliver_all()
    kept = reads.kept_letter(letter.sha256)
    assert not kept.waiting
    assert [receipt.jws.decode() for receipt in kept.receipts] == receipts_at(pt, letter)
    assert kept_at(pt, [letter], "peer") == ["ro"]


def test_what_waits_leaves_in_batches_and_in_order(pt: NodeProcess) -> None:
    threads = [new_thread() for _ in range(3)]
    letters = [write(threads[n % 3]) for n in range(120)]
    deliver_all()
    assert kept_at(pt, letters) == [letter.sha256 for letter in letters]
    assert len(set(kept_at(pt, letters, "at"))) == 3


@pytest.mark.usefixtures("pt")
def test_the_wire_says_itself_how_it_knows_the_addressee() -> None:
    assert write().directory == DirectoryNote(source=CardSource.VOICE)


def test_a_node_that_is_down_gets_its_letters_once_when_it_is_up(pt: NodeProcess) -> None:
    pt.kill()
    letters = [write() for _ in range(5)]
    deliver_all()
    line = Line.objects.get()
    assert (line.failures, Outgoing.objects.count()) == (1, 5)
    assert line.down_since is not None
    assert "ConnectError" in line.reason
    assert not deliver(PT, at=true_now())  # not due yet
    assert Attempt.objects.count() == 1
    pt.start()
    deliver_all(ahead=timedelta(seconds=2))
    assert Outgoing.objects.count() == 0
    assert kept_at(pt, letters) == [letter.sha256 for letter in letters]
    assert Line.objects.get().down_since is None
    ((attempts, reason),) = pt.rows("select attempts, reason from wire_downstatement")
    assert (attempts, reason) == (1, line.reason)
    outage = reads.outage(PT, since=line.down_since, until=true_now())
    assert [attempt.waiting for attempt in outage.ours] == [5]


def test_a_node_killed_before_it_heard_the_answer_hears_the_same_receipt_again(pt: NodeProcess) -> None:
    letter = write()
    deliver_all()
    (first,) = receipts_at(pt, letter)
    with transaction.atomic():  # as if this node had died after pt's commit and before its own
        row = StoredLetter.objects.get()
        Outgoing.objects.create(peer=PT, letter=row, thread=row.thread, since=true_now())
    pt.kill()
    pt.start()
    deliver_all()
    assert receipts_at(pt, letter) == [first]
    (receipt,) = reads.kept_letter(letter.sha256).receipts
    assert receipt.jws.decode() == first
    assert Outgoing.objects.count() == 0


@pytest.mark.usefixtures("pt")
def test_word_that_a_letter_was_opened_does_not_stand_for_the_answer_that_was_missed() -> None:
    """A sender that was killed before it heard that a letter is stored hears of its opening first."""
    letter = write()
    row, peer = StoredLetter.objects.get(), peer_of(PT, at=true_now())
    body = posted([sealed_for(peer, str(row.jws).encode())], field="letters", to=PT)
    (missed,) = answers_in(ask(peer, "POST", INBOX, body=body).body, count=1)
    assert isinstance(missed, Given)
    stored = proved(missed.jws, SentLetter.of(row), peer, at=true_now())
    opened = replace(stored, receipt=replace(stored.receipt, stage=Stage.OPENED))
    with transaction.atomic():
        store_receipts([opened], giver=PT, at=true_now())
    assert Outgoing.objects.count() == 1
    deliver_all()
    assert {receipt.stage for receipt in reads.kept_letter(letter.sha256).receipts} == {Stage.STORED, Stage.OPENED}
    assert Outgoing.objects.count() == 0


def test_a_letter_refused_for_good_holds_back_its_own_thread_and_no_other(pt: NodeProcess) -> None:
    thread = new_thread()
    refused = write(thread, instrument=InstrumentId("eev-epoc"))
    behind, other = write(thread, instrument=InstrumentId("eev-epoc")), write()
    deliver_all()
    assert kept_at(pt, [refused, behind, other]) == [other.sha256]
    kept = reads.kept_letter(refused.sha256)
    assert kept.refused is not None
    assert kept.problem is not None
    assert kept.problem["code"] == "wire.competence-missing"
    assert reads.kept_letter(behind.sha256).waiting
    ((kind,),) = StoredEntry.objects.filter(about=thread, kind="letter-refused").values_list("kind")
    assert kind == "letter-refused"


def test_letters_that_the_other_side_lost_with_a_restored_backup_are_sent_again(pt: NodeProcess) -> None:
    thread = new_thread()
    lost = [write(thread) for _ in range(3)]
    deliver_all()
    pt.lose("wire_storedreceipt", "letter_id in (select id from wire_storedletter where thread = %s)", thread)
    pt.lose("wire_storedletter", "thread = %s and seq > 1", thread)
    last = write(thread)
    deliver_all()
    deliver_all(ahead=timedelta(seconds=1))
    assert kept_at(pt, [*lost, last]) == [letter.sha256 for letter in [*lost, last]]
    assert Outgoing.objects.count() == 0


def test_another_certificate_than_the_cards_gets_nothing(pt: NodeProcess) -> None:
    pt.kill()
    pt.certificate_of = "impostor"
    try:
        pt.start()
        write()
        deliver_all()
        assert "CERTIFICATE_VERIFY_FAILED" in Line.objects.get().reason
        assert Outgoing.objects.count() == 1
    finally:
        pt.kill()
        pt.certificate_of = ""


def test_a_peer_with_narrower_limits_gets_smaller_batches_and_refuses_what_is_too_large(pt: NodeProcess) -> None:
    pt.kill()
    pt.limits = {"batch_bytes": 9000}
    try:
        pt.start()
        letters = [write() for _ in range(6)]
        large = write(body={"words": "x" * 8000})
        last = write()
        deliver_all()
        deliver_all()
        assert kept_at(pt, [*letters, large, last]) == [letter.sha256 for letter in (*letters, last)]
        problem = reads.kept_letter(large.sha256).problem
        assert problem is not None
        assert problem["code"] == "wire.body-too-large"
    finally:
        pt.kill()
        pt.limits = {}
