"""A checkpoint continues the last one, is signed with what it covers, and is seen when that is committed."""

import threading

import pytest
from django.db import connection, transaction

from tests.conftest import AsNode
from tests.journal.examples import NIGHT, OFFICER, OtherLog, as_administrator, execute, grown_to, looks, record_looks
from tocsin.base.this_node import ThisNode, this_node
from tocsin.journal import acts, reads
from tocsin.journal.errors import (
    CosignatureError,
    EntryErasedError,
    InconsistentTreeError,
    NoCheckpointError,
    UnknownEntryError,
)
from tocsin.journal.models import Cosignature, StoredCheckpoint
from tocsin.proof.checkpoint import open_checkpoint
from tocsin.proof.commitment import leaf_of
from tocsin.proof.merkle import verify_consistency
from tocsin.proof.note import WITNESS, VerifierKey, cosign_text, parse_note
from tocsin.proof.tlog_proof import parse_tlog_proof, verify_tlog_proof
from tocsin.proof.witness import parse_add_checkpoint


@pytest.fixture(autouse=True)
def node(as_node: AsNode) -> ThisNode:
    return as_node("ro")


@pytest.mark.django_db
def test_a_checkpoint_is_a_note_that_verifies_with_the_nodes_key() -> None:
    (signed,) = grown_to(5)
    opened = open_checkpoint(signed.note, logs=[reads.verifier()])
    assert (opened.checkpoint.origin, opened.checkpoint.size) == ("ro.example/journal", 5)
    assert opened.checkpoint.root == signed.root == reads.tree().root()


@pytest.mark.django_db
def test_before_anything_is_recorded_there_is_nothing_to_sign() -> None:
    with pytest.raises(NoCheckpointError), transaction.atomic():
        acts.checkpoint(at=NIGHT)
    assert reads.latest_checkpoint() is None


@pytest.mark.django_db
def test_every_checkpoint_continues_every_one_before_it() -> None:
    signed = grown_to(1, 2, 3, 100, 255, 256, 257, 600)
    for old in signed:
        for new in signed[signed.index(old) :]:
            proof = acts.consistency_since(old.size, size=new.size)
            verify_consistency(old=old.size, size=new.size, old_root=old.root, root=new.root, proof=proof)


@pytest.mark.django_db
def test_a_tree_that_did_not_grow_is_not_signed_again() -> None:
    (first,) = grown_to(5)
    assert acts.checkpoint(at=NIGHT).note == first.note
    assert StoredCheckpoint.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_checkpoint_covers_what_its_own_transaction_appends_and_others_see_it_after_the_commit() -> None:
    grown_to(3)
    seen: list[int] = []

    def look() -> None:
        latest = reads.latest_checkpoint()
        seen.append(latest.size if latest is not None else 0)
        connection.close()

    def from_outside() -> int:
        thread = threading.Thread(target=look)
        thread.start()
        thread.join(timeout=20)
        return seen[-1]

    with transaction.atomic():
        place = acts.record_all(looks(2), by=OFFICER, at=NIGHT)[1]
        signed = acts.checkpoint(at=NIGHT)
        proof = parse_tlog_proof(reads.tlog_proofs([place.index], checkpoint=signed)[0])
        verify_tlog_proof(proof, leaf=leaf_of(place.salt, place.event), logs=[reads.verifier()])
        assert from_outside() == 3
    assert from_outside() == 5


@pytest.mark.django_db(transaction=True)
def test_a_checkpoint_is_rolled_back_with_what_it_covers_and_another_history_may_follow() -> None:
    grown_to(3)
    with transaction.atomic():
        acts.record_all(looks(2), by=OFFICER, at=NIGHT)
        lost = acts.checkpoint(at=NIGHT)
        transaction.set_rollback(True)
    assert [signed.size for signed in [reads.latest_checkpoint()] if signed] == [3]
    record_looks(2)
    kept = acts.checkpoint(at=NIGHT)
    assert kept.size == lost.size
    assert kept.root != lost.root


@pytest.mark.django_db(transaction=True)
def test_what_witnesses_are_shown_is_committed_before() -> None:
    record_looks(3)
    with transaction.atomic(), pytest.raises(RuntimeError):
        acts.checkpoint_to_cosign(at=NIGHT)
    assert acts.checkpoint_to_cosign(at=NIGHT).size == 3


ALTERED = {
    "an entry at the end": "UPDATE journal_storedentry SET commitment = salt WHERE index = 290",
    "a tile": "UPDATE journal_tile SET hashes = set_byte(hashes, 7, get_byte(hashes, 7) # 1) WHERE level = 1",
    "an entry gone": "DELETE FROM journal_storedentry WHERE index = 299",
}


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ALTERED.values(), ids=ALTERED.keys())
def test_a_tree_that_does_not_continue_the_last_checkpoint_is_not_signed(statement: str) -> None:
    grown_to(300)
    record_looks(1)
    as_administrator(statement)
    with pytest.raises(InconsistentTreeError, match="301 entries does not continue its own checkpoint of 300"):
        acts.checkpoint(at=NIGHT)


@pytest.mark.django_db
def test_a_commit_with_a_checkpoint_waits_for_the_disk_even_where_others_do_not() -> None:
    record_looks(1)
    execute("SET LOCAL synchronous_commit = off")
    acts.checkpoint(at=NIGHT)
    assert execute("SHOW synchronous_commit") == [("on",)]


# --- Proofs -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_proof_leads_to_the_largest_cosigned_checkpoint_that_covers_the_entry_else_to_the_largest() -> None:
    cosigned, _, latest = grown_to(10, 20, 30)
    cosign(cosigned)
    assert b"/witness" in parse_tlog_proof(reads.tlog_proof(9)).checkpoint
    assert parse_tlog_proof(reads.tlog_proof(10)).checkpoint == latest.note
    assert parse_tlog_proof(reads.tlog_proof(3, size=20)).checkpoint == reads.checkpoint_of(20).note


@pytest.mark.django_db
def test_there_is_no_proof_for_what_is_not_there_or_not_signed() -> None:
    grown_to(10)
    record_looks(1)
    with pytest.raises(NoCheckpointError):
        reads.tlog_proof(10)
    with pytest.raises(UnknownEntryError):
        reads.tlog_proof(11)
    with pytest.raises(UnknownEntryError):
        reads.proof_of(10, size=10)
    with pytest.raises(UnknownEntryError):
        reads.opening_of(11)
    with pytest.raises(NoCheckpointError):
        acts.consistency_since(11, size=10)


@pytest.mark.django_db
def test_an_erased_entry_keeps_its_proof_and_loses_its_opening() -> None:
    grown_to(10)
    acts.erase(4, rule="retention of tests", by=OFFICER, at=NIGHT)
    assert parse_tlog_proof(reads.tlog_proof(4)).index == 4
    with pytest.raises(EntryErasedError, match="Entry 4 was erased, as entry 10 records"):
        reads.opening_of(4)


# --- Cosignatures -------------------------------------------------------------------------------


PT = OtherLog("pt.example/journal")
PT_WITNESS = VerifierKey("pt.example/journal/witness", WITNESS, PT.key.public_key().public_bytes_raw())


def answer(signed: reads.SignedCheckpoint, *, seconds: int = 1_790_000_000) -> bytes:
    text = parse_note(signed.note).text
    return cosign_text(text, name=PT_WITNESS.name, key=PT.key, seconds=seconds).line().encode()


def cosign(signed: reads.SignedCheckpoint) -> None:
    acts.keep_cosignature(signed, answer(signed), witness=PT_WITNESS, at=NIGHT)


@pytest.mark.django_db
def test_a_cosignature_joins_the_checkpoint_once() -> None:
    (signed,) = grown_to(5)
    cosign(signed)
    acts.keep_cosignature(signed, answer(signed, seconds=1_790_000_999), witness=PT_WITNESS, at=NIGHT)
    latest = reads.latest_checkpoint()
    assert latest is not None
    assert latest.witnesses == (PT_WITNESS.text(),)
    opened = open_checkpoint(latest.note, logs=[reads.verifier()], witnesses=[PT_WITNESS])
    assert [cosigned.seconds for cosigned in opened.cosigned] == [1_790_000_000]


@pytest.mark.django_db
def test_an_answer_that_is_no_good_cosignature_of_that_witness_is_not_kept() -> None:
    first, second = grown_to(5, 6)
    for wrong in (answer(first), b"", b"500 oops\n", answer(second)[:-9] + b"AAAAAAA=\n"):
        with pytest.raises(CosignatureError, match="checkpoint of 6 entries"):
            acts.keep_cosignature(second, wrong, witness=PT_WITNESS, at=NIGHT)
    other = VerifierKey(PT_WITNESS.name, WITNESS, this_node().keys.witness.public_key().public_bytes_raw())
    with pytest.raises(CosignatureError):
        acts.keep_cosignature(second, answer(second), witness=other, at=NIGHT)
    assert not Cosignature.objects.exists()


@pytest.mark.django_db
def test_a_submission_holds_the_proof_since_what_the_witness_has_seen() -> None:
    old, new = grown_to(70, 300)
    request = parse_add_checkpoint(acts.submission(new, old=70))
    assert request.signed == new.note
    verify_consistency(old=70, size=300, old_root=old.root, root=new.root, proof=request.proof)
    assert parse_add_checkpoint(acts.submission(new, old=0)).proof == ()
