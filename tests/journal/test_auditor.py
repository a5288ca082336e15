"""What an auditor is shown: page by page, filtered, with tombstones; and audits that somebody asks for."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from tests.conftest import AsNode
from tests.journal.examples import AUDITOR, NIGHT, OFFICER, RO, as_administrator, grown_to, looks
from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.journal import acts, reads
from tocsin.journal.reads import EntryFilter, EntryPage

pytestmark = pytest.mark.django_db
COLLEAGUE = replace(OFFICER, person="0d4e6a52-3a7a-4b0f-9a51-77a0f6f0c001")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _ro(as_node: AsNode) -> None:
    as_node("ro")


def page(*, before: int | None = None, size: int = 50, viewer: Actor = AUDITOR, **which: object) -> EntryPage:
    return reads.entry_page(viewer, EntryFilter(**which), before=before, size=size)  # type: ignore[arg-type]


def indexes(found: EntryPage) -> list[int]:
    return [each.index for each in found.entries]


def recorded(count: int, *, by: Actor, at: Instant, first: int = 0) -> None:
    acts.record_all(looks(count, first=first), by=by, at=at)


def test_pages_follow_one_another_from_the_latest_to_the_first() -> None:
    grown_to(7)
    first = page(size=3)
    second = page(size=3, before=first.before)
    third = page(size=3, before=second.before)
    assert [*indexes(first), *indexes(second), *indexes(third)] == list(range(6, -1, -1))
    assert third.before is None


def test_nobody_but_an_auditor_is_shown_any() -> None:
    grown_to(3)
    for viewer in (OFFICER, RO):
        assert page(viewer=viewer).entries == ()
        assert reads.entry(viewer, 1) is None
    assert reads.entry(AUDITOR, 1) is not None


def test_each_filter_leaves_the_rest_out() -> None:
    recorded(4, by=OFFICER, at=NIGHT)
    recorded(3, by=COLLEAGUE, at=NIGHT + HOUR, first=4)
    recorded(2, by=RO, at=NIGHT + 2 * HOUR, first=7)
    assert indexes(page(person=COLLEAGUE.person)) == [6, 5, 4]
    assert indexes(page(about="file 5")) == [5]
    assert indexes(page(kind="test-file-looked-at", size=2)) == [8, 7]
    assert indexes(page(kind="entries-erased")) == []
    assert indexes(page(since=NIGHT + HOUR, until=NIGHT + 2 * HOUR)) == [6, 5, 4]
    assert indexes(page(since=NIGHT + HOUR, person=OFFICER.person)) == []


def test_within_a_period_acts_are_found_by_their_instant_wherever_they_stand() -> None:
    """An act that took long is recorded after others that were later: its entry stands behind theirs."""
    recorded(2, by=OFFICER, at=NIGHT + HOUR)
    recorded(3, by=OFFICER, at=NIGHT, first=2)
    found = page(since=NIGHT, until=NIGHT + HOUR, size=2)
    assert indexes(found) == [4, 3]
    assert indexes(page(since=NIGHT, until=NIGHT + HOUR, size=2, before=found.before)) == [2]
    whole = page(since=NIGHT, size=4)
    assert indexes(whole) + indexes(page(since=NIGHT, size=4, before=whole.before)) == [1, 0, 4, 3, 2]


def test_words_of_a_field_are_not_taken_for_the_one_who_acted() -> None:
    told = f'"by":{{"member":"ro","person":"{COLLEAGUE.person}"'
    (look,) = looks(1)
    acts.record_all([replace(look, reason=told)], by=OFFICER, at=NIGHT)  # type: ignore[call-arg]
    assert indexes(page(person=COLLEAGUE.person)) == []
    assert indexes(page(person=OFFICER.person)) == [0]


def test_an_erased_entry_leaves_a_tombstone_that_says_when_and_by_what_rule() -> None:
    grown_to(5)
    acts.erase_all([1, 3], rule="retention of tests", by=OFFICER, at=NIGHT + HOUR)
    found = page()
    assert {each.index for each in found.entries if each.event is None} == {1, 3}
    assert {index: (stone.rule, stone.entry) for index, stone in found.tombstones.items()} == {
        1: ("retention of tests", 5),
        3: ("retention of tests", 5),
    }


@pytest.mark.parametrize(
    ("which", "index"),
    [
        ({}, "journal_storedentry_pkey"),
        ({"kind": "rare"}, "journal_entry_kind"),
        ({"about": "x"}, "journal_entry_about"),
        ({"person": COLLEAGUE.person}, "journal_entry_person"),
        ({"since": NIGHT, "until": NIGHT + HOUR}, "journal_entry_when"),
    ],
)
def test_every_filter_is_answered_by_an_index_and_not_by_reading_the_journal(
    which: dict[str, object], index: str
) -> None:
    grown_to(300)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE journal_storedentry")
        cursor.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(connection) as asked:
        page(**which)  # type: ignore[arg-type]
    (listing,) = (each["sql"] for each in asked if "LIMIT" in each["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {listing}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert index in plan
    assert "Seq Scan" not in plan


# --- What was done, for packages above ----------------------------------------------------------


def test_what_may_not_be_seen_takes_no_place_in_what_is_listed() -> None:
    """The condition is asked in the database: what is hidden does not use up the length of the list."""
    recorded(40, by=OFFICER, at=NIGHT)
    seen = Q(about__in=["file 3", "file 31"])
    done = reads.done_between({"test-file-looked-at"}, seen=seen, since=NIGHT, until=NIGHT + HOUR, most=2)
    assert [each.about for each in done] == ["file 3", "file 31"]
    assert reads.done_between({"test-file-looked-at"}, seen=Q(about="file 77"), since=NIGHT, until=NIGHT + HOUR) == []


# --- Audits -------------------------------------------------------------------------------------


def test_an_audit_that_was_asked_for_keeps_its_result() -> None:
    grown_to(30)
    run = acts.ask_audit(by=AUDITOR, at=NIGHT)
    assert acts.ask_audit(by=OFFICER, at=NIGHT) == run, "one waits already"
    (line,) = reads.audit_runs()
    assert (line.id, line.asked_by, line.ended_at) == (run, AUDITOR.person, None)
    assert acts.audit_as_asked(at=NIGHT) == [run]
    (line,) = reads.audit_runs()
    assert line.findings == ()
    assert line.entries == 31, "with the one that it was asked for by"
    assert acts.audit_as_asked(at=NIGHT) == []
    kinds = [each.kind for each in page(size=2).entries]
    assert kinds == ["audit-ended", "audit-asked"]


def test_what_an_audit_finds_stands_in_its_result_and_is_an_alarm() -> None:
    grown_to(30)
    acts.ask_audit(by=AUDITOR, at=NIGHT)
    as_administrator("UPDATE journal_storedentry SET event = event || ' ' WHERE index = 7")
    acts.audit_as_asked(at=NIGHT)
    (line,) = reads.audit_runs()
    assert [each["thing"] for each in line.findings] == ["entry 7"]
    assert [alarm.code for alarm in reads.alarms()] == ["journal.altered"]


def test_a_halted_journal_is_audited_as_well() -> None:
    grown_to(5)
    as_administrator("UPDATE journal_log SET halted = '{}' WHERE current")
    acts.ask_audit(by=AUDITOR, at=NIGHT)
    acts.audit_as_asked(at=NIGHT)
    assert reads.audit_runs()[0].ended_at is not None
