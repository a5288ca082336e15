"""Erasure takes what an entry says and leaves that it was there."""

import pytest
from django.db import transaction

from tests.conftest import AsNode
from tests.journal.examples import AUDITOR, NIGHT, OFFICER, RO, grown_to, record_looks
from tocsin.journal import acts, reads
from tocsin.journal.errors import EntryErasedError, NotErasableError, UnknownEntryError
from tocsin.journal.models import StoredEntry
from tocsin.proof.canonical import parse_strict
from tocsin.proof.commitment import leaf_of
from tocsin.proof.note import VerifierKey
from tocsin.proof.tlog_proof import parse_tlog_proof, verify_tlog_proof

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ro(as_node: AsNode) -> None:
    as_node("ro")


def erase(*indexes: int) -> int:
    return acts.erase_all(indexes, rule="retention of tests", by=OFFICER, at=NIGHT).index


def test_nothing_of_the_event_is_left_and_the_tombstone_is() -> None:
    grown_to(5)
    kept = StoredEntry.objects.get(index=3)
    assert erase(3) == 5
    row = StoredEntry.objects.get(index=3)
    assert (row.salt, row.event, row.about, row.erased_by) == (None, None, None, 5)
    assert (row.kind, row.at, bytes(row.commitment)) == (kept.kind, kept.at, bytes(kept.commitment))


def test_the_record_of_an_erasure_tells_what_was_erased_under_which_rule() -> None:
    grown_to(5)
    event = reads.opening_of(erase(1, 3)).event
    assert isinstance(event, dict)
    told = {"kind": "test-file-looked-at", "at": "2026-11-24T03:00:05.123Z"}
    assert event["erased"] == [{"index": 1, **told}, {"index": 3, **told}]
    assert event["rule"] == "retention of tests"
    assert event["by"] == {"member": "ro", "person": OFFICER.person, "roles": ["duty-officer"]}


def test_tree_checkpoints_and_proofs_do_not_notice() -> None:
    place = record_looks(300)[7]
    before = acts.checkpoint(at=NIGHT)
    root = reads.tree(300).root()
    erase(*range(300))
    assert reads.tree(300).root() == root
    proof = parse_tlog_proof(reads.tlog_proof(7, size=300))
    assert proof.checkpoint == before.note
    # Whoever was given salt and event before, in a receipt say, still proves it.
    verify_tlog_proof(proof, leaf=leaf_of(place.salt, place.event), logs=[VerifierKey.parse(before.verifier)])
    acts.checkpoint(at=NIGHT)
    assert list(reads.findings(reads.audits())) == []


@pytest.mark.parametrize(
    ("index", "error"),
    [(9, UnknownEntryError), (2, EntryErasedError), (5, NotErasableError)],
    ids=["absent", "erased", "kept"],
)
def test_one_that_cannot_be_erased_stops_all(index: int, error: type[Exception]) -> None:
    grown_to(5)
    erase(2)
    with pytest.raises(error), transaction.atomic():
        erase(1, index)
    assert StoredEntry.objects.get(index=1).event is not None
    assert StoredEntry.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_an_erasure_is_an_act_and_its_entry_is_demanded() -> None:
    record_looks(2)
    acts.erase(0, rule="retention of tests", by=RO, at=NIGHT)  # commits, so the database agrees
    assert StoredEntry.objects.get(index=0).erased_by == 2


# --- What the auditor sees ----------------------------------------------------------------------


def test_an_auditor_sees_what_was_done_and_of_the_erased_that_it_was() -> None:
    record_looks(3)
    erase(1)
    seen = list(reads.entries(AUDITOR))
    assert [(one.index, one.kind, one.erased_by) for one in seen] == [
        (0, "test-file-looked-at", None),
        (1, "test-file-looked-at", 3),
        (2, "test-file-looked-at", None),
        (3, "entries-erased", None),
    ]
    assert seen[1].event is None
    assert seen[0].event == parse_strict(StoredEntry.objects.get(index=0).event.encode())  # type: ignore[union-attr]


def test_an_auditor_finds_by_kind_by_what_it_is_about_and_by_time() -> None:
    grown_to(1, 3, 6)

    def found(**asked: object) -> list[int]:
        return [one.index for one in reads.entries(AUDITOR, **asked)]  # type: ignore[arg-type]

    assert found(about="file 1") == [2, 4]
    assert found(kind="entries-erased") == []
    assert found(since=NIGHT.replace(second=3)) == [1, 2, 3, 4, 5]
    assert found(until=NIGHT.replace(second=3)) == [0]
    assert found(after=2, limit=2) == [3, 4]
    erase(2)
    assert found(about="file 1") == [4], "what was erased is not found by what it was about"


@pytest.mark.parametrize(
    "roles",
    [set(), {"administrator"}, {"duty-officer", "case-officer"}, {"node"}],
    ids=lambda roles: "-".join(sorted(roles)),
)
def test_nobody_else_sees_any(roles: set[str]) -> None:
    record_looks(2)
    viewer = type(OFFICER)(OFFICER.member, OFFICER.person, roles=frozenset(roles))
    assert list(reads.entries(viewer)) == []
