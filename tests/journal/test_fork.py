"""A restored backup does not fork the log, and who rewrites history is found out by those who hold a root."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from tests.conftest import AsNode
from tests.journal.examples import NIGHT, OFFICER, OtherLog, as_administrator, grown_to, looks, record_looks
from tocsin.base.this_node import ThisNode, become
from tocsin.journal import acts, reads
from tocsin.journal.errors import JournalHaltedError, NotHaltedError, OriginTakenError, OtherNodeError
from tocsin.journal.models import StoredEntry
from tocsin.journal.rules.place import Seen, seen_in
from tocsin.proof.commitment import leaf_of
from tocsin.proof.errors import AlteredError
from tocsin.proof.merkle import leaf_hash, root_of
from tocsin.proof.note import SIGNER, Signature, VerifierKey, cosign_text
from tocsin.proof.tlog_proof import parse_tlog_proof, verify_tlog_proof
from tocsin.proof.witness import Recorded, decide

pytestmark = pytest.mark.django_db

ORIGIN = "ro.example/journal"


@pytest.fixture(autouse=True)
def node(as_node: AsNode) -> ThisNode:
    return as_node("ro")


def seen_of(signed: reads.SignedCheckpoint, *, who: str = "pt") -> Seen:
    """What a witness tells that keeps this checkpoint."""
    return seen_in(signed.note, who=who, ours=[VerifierKey.parse(signed.verifier)])


def restore_backup_of(size: int) -> None:
    """Bring the database back to where it was: what came after is gone from every table."""
    as_administrator(
        f"DELETE FROM journal_storedcheckpoint WHERE size > {size}",  # noqa: S608 - a test
        f"DELETE FROM journal_storedentry WHERE index >= {size}",  # noqa: S608 - a test
        f"UPDATE journal_log SET size = {size}",  # noqa: S608 - a test
    )


def test_witnesses_that_have_seen_as_much_or_less_stop_nothing() -> None:
    old, new = grown_to(5, 9)
    assert acts.compare_with_witnesses([seen_of(new), seen_of(old)], at=NIGHT) is None
    assert acts.compare_with_witnesses([], at=NIGHT) is None
    assert acts.compare_with_witnesses([Seen("pt.example/journal", 99, bytes(32), "hub")], at=NIGHT) is None
    assert record_looks(1)[0].index == 9


def test_a_restored_backup_takes_no_entry_and_signs_nothing() -> None:
    _, lost = grown_to(5, 9)
    restore_backup_of(5)
    assert acts.compare_with_witnesses([seen_of(lost)], at=NIGHT) == seen_of(lost)
    for refused in (lambda: record_looks(1), lambda: acts.checkpoint(at=NIGHT)):
        with (
            pytest.raises(JournalHaltedError, match="pt cosigned 9 entries of it and this database holds 5"),
            transaction.atomic(),
        ):
            refused()
    assert StoredEntry.objects.count() == 5


def test_a_halted_journal_stays_halted_and_its_alarm_stands() -> None:
    _, lost = grown_to(5, 9)
    restore_backup_of(5)
    acts.compare_with_witnesses([seen_of(lost)], at=NIGHT)
    assert acts.compare_with_witnesses([], at=NIGHT) == seen_of(lost)
    (alarm,) = reads.alarms()
    assert alarm.sentence == f"pt cosigned 9 entries of {ORIGIN} that do not agree with the 5 here"


def test_a_database_made_anew_beside_old_witnesses_does_not_begin_again() -> None:
    seen = Seen(ORIGIN, 9, bytes(32), "pt")
    assert acts.compare_with_witnesses([seen], at=NIGHT) == seen
    with pytest.raises(JournalHaltedError, match="this database holds 0"):
        record_looks(1)


def test_a_witness_is_believed_only_what_our_own_key_signed() -> None:
    (signed,) = grown_to(5)
    forged = OtherLog(ORIGIN, entries=[b"x"] * 50)
    with pytest.raises(AlteredError):
        seen_in(forged.checkpoint(), who="pt", ours=[VerifierKey.parse(signed.verifier)])


# --- Going on -----------------------------------------------------------------------------------


@pytest.fixture
def halted(node: ThisNode) -> tuple[reads.SignedCheckpoint, reads.SignedCheckpoint, ThisNode]:
    held, lost = grown_to(300, 310)
    restore_backup_of(300)
    acts.compare_with_witnesses([seen_of(lost)], at=NIGHT)
    return held, lost, node


def begin(node: ThisNode, origin: str = "ro.example/journal-2") -> reads.Tree:
    acts.begin_new_origin(origin, fetched_back=4, by=OFFICER, at=NIGHT)
    become(replace(node, origin=origin))
    return reads.tree()


Halted = tuple[reads.SignedCheckpoint, reads.SignedCheckpoint, ThisNode]


def test_the_first_entry_under_the_new_origin_names_the_old_one_and_what_was_lost(halted: Halted) -> None:
    held, lost, node = halted
    assert begin(node).size == 1
    event = reads.opening_of(300).event
    assert isinstance(event, dict)
    told = {name: value for name, value in event.items() if name not in {"v", "at", "by"}}
    assert told == {
        "kind": "origin-begun",
        "origin": "ro.example/journal-2",
        "old_origin": ORIGIN,
        "old_size": 300,
        "old_root": held.root.hex(),
        "seen_size": 310,
        "seen_root": lost.root.hex(),
        "seen_by": "pt",
        "fetched_back": 4,
    }


def test_indexes_run_on_and_leaves_begin_again(halted: Halted) -> None:
    begin(halted[2])
    place = record_looks(300)[-1]
    assert (place.index, place.leaf, place.origin) == (600, 300, "ro.example/journal-2")
    signed = acts.checkpoint(at=NIGHT)
    assert signed.size == 301
    key = VerifierKey("ro.example/journal-2", SIGNER, halted[2].keys.journal.public_key().public_bytes_raw())
    assert reads.verifier() == key
    proof = parse_tlog_proof(reads.tlog_proof(place.index))
    verify_tlog_proof(proof, leaf=leaf_of(place.salt, place.event), logs=[key])


def test_entries_of_the_old_log_keep_their_proofs(halted: Halted) -> None:
    held, _, node = halted
    begin(node)
    record_looks(5)
    acts.checkpoint(at=NIGHT)
    proof = parse_tlog_proof(reads.tlog_proof(7))
    assert (proof.index, proof.checkpoint) == (7, held.note)
    opening = reads.opening_of(7)
    verify_tlog_proof(proof, leaf=leaf_of(opening.salt, opening.event), logs=[VerifierKey.parse(held.verifier)])
    assert list(reads.findings(reads.audits())) == []


def test_the_new_log_can_be_lost_as_well(halted: Halted) -> None:
    begin(halted[2])
    record_looks(3)
    assert acts.compare_with_witnesses([Seen("ro.example/journal-2", 9, bytes(32), "hub")], at=NIGHT) is not None
    acts.begin_new_origin("ro.example/journal-3", fetched_back=0, by=OFFICER, at=NIGHT)
    assert [(log.first, log.size) for log in reads.logs()] == [(0, 300), (300, 4), (304, 1)]


def test_a_journal_that_lost_nothing_begins_no_new_origin() -> None:
    with pytest.raises(NotHaltedError), transaction.atomic():
        acts.begin_new_origin("ro.example/journal-2", fetched_back=0, by=OFFICER, at=NIGHT)
    grown_to(5)
    with pytest.raises(NotHaltedError):
        acts.begin_new_origin("ro.example/journal-2", fetched_back=0, by=OFFICER, at=NIGHT)


@pytest.mark.parametrize("origin", [ORIGIN, "", "two words", "a+b"], ids=repr)
@pytest.mark.usefixtures("halted")
def test_a_new_origin_has_a_name_of_its_own(origin: str) -> None:
    with pytest.raises(OriginTakenError), transaction.atomic():
        acts.begin_new_origin(origin, fetched_back=0, by=OFFICER, at=NIGHT)


def test_settings_that_still_name_the_old_origin_are_refused(halted: Halted) -> None:
    begin(halted[2])
    become(halted[2])
    with pytest.raises(OtherNodeError):
        record_looks(1)


# --- S31, the other half: an administrator who has the journal's key as well -------------------


class Partner:
    """A witness of another node; it holds the last root that it cosigned."""

    def __init__(self, log: VerifierKey) -> None:
        self.last = Recorded()
        self._log = log
        self._key = Ed25519PrivateKey.generate()

    def answer(self, body: bytes) -> int:
        answer = decide(body, logs={ORIGIN: [self._log]}, recorded=lambda _: self.last, cosign=self._cosign)
        self.last = answer.record or self.last
        return answer.status

    def _cosign(self, text: str) -> Signature:
        return cosign_text(text, name="pt.example/journal/witness", key=self._key, seconds=1_790_000_000)


def rewrite(size: int) -> None:
    """Write the whole journal anew, tiles, head and checkpoints, as if other things had been done."""
    tables = ("storedcheckpoint", "storedentry", "log")
    as_administrator(*(f"DELETE FROM journal_{table}" for table in tables))  # noqa: S608 - a test
    with transaction.atomic():
        acts.record_all(looks(size, first=1000), by=OFFICER, at=NIGHT)


def test_s31_a_journal_rewritten_with_its_key_agrees_with_itself_and_not_with_a_partner() -> None:
    (signed,) = grown_to(20)
    partner = Partner(reads.verifier())
    assert partner.answer(acts.submission(signed, old=0)) == 200
    rewrite(19)
    shorter = acts.checkpoint(at=NIGHT)
    record_looks(5)
    longer = acts.checkpoint(at=NIGHT)
    assert list(reads.findings(reads.audits())) == [], "the database alone cannot tell"
    # The partner holds the last root: it is asked to go back, and then shown a split.
    assert partner.answer(acts.submission(shorter, old=0)) == 409
    assert partner.answer(acts.submission(longer, old=20)) == 422
    # And the node itself asks its witnesses when it starts.
    assert acts.compare_with_witnesses([seen_of(signed)], at=NIGHT) == seen_of(signed)
    with pytest.raises(JournalHaltedError):
        record_looks(1)


def test_the_root_of_an_earlier_size_is_compared_as_well() -> None:
    old, _ = grown_to(5, 9)
    other = replace(seen_of(old), root=root_of([leaf_hash(b"x")] * 5))
    assert acts.compare_with_witnesses([other], at=NIGHT) == other
