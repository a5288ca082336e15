"""No act without an entry, no entry without an act: the database sees to both at commit."""

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, transaction

from tests.conftest import AsNode
from tests.journal.examples import NIGHT, RO, ThingChanged, execute, looks, record_looks
from tocsin.journal import acts, reads

NO_ENTRY = "without an entry in the journal"
NO_ACT = "without a change of a guarded row"


@pytest.fixture(autouse=True)
def guarded(as_node: AsNode, transactional_db: None) -> Iterator[None]:  # noqa: ARG001 - commits are what is tested
    """Two tables of another package, guarded as its migration would do it."""
    as_node("ro")
    execute("CREATE TABLE test_thing (id int PRIMARY KEY, state text)")
    execute("CREATE TABLE test_post (id int PRIMARY KEY, state text, attempts int DEFAULT 0)")
    execute("INSERT INTO test_thing VALUES (0, 'there before')")
    execute("SELECT journal_guard('test_thing')")
    execute("SELECT journal_guard('test_post', '{state}')")
    yield
    execute("DROP TABLE test_thing, test_post")


def record() -> None:
    acts.record(ThingChanged(thing=1), by=RO, at=NIGHT)


ACTS = {
    "a row put in": "INSERT INTO test_thing VALUES (1, 'new')",
    "a row changed": "UPDATE test_thing SET state = 'other'",
    "a row taken away": "DELETE FROM test_thing",
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_an_act_without_an_entry_is_refused_at_commit_and_undone(act: str) -> None:
    with pytest.raises(IntegrityError, match=f"test_thing {NO_ENTRY}"):
        execute(act)
    assert execute("SELECT * FROM test_thing") == [(0, "there before")]


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_an_act_with_its_entry_is_kept_whichever_comes_first(act: str) -> None:
    with transaction.atomic():
        execute(act)
        record()
    with transaction.atomic():
        record()
        execute("INSERT INTO test_thing VALUES (2, 'after its entry')")
    head = reads.head()
    assert head is not None
    assert head.size == 2


def test_an_entry_without_an_act_is_refused_at_commit_and_undone() -> None:
    record_looks(1)
    with pytest.raises(IntegrityError, match=f"entries up to 1 {NO_ACT}"), transaction.atomic():
        record()
    head = reads.head()
    assert head is not None
    assert head.size == 1


def test_an_entry_of_a_look_needs_no_act() -> None:
    assert record_looks(3)[2].index == 2


def test_a_look_is_no_entry_for_an_act_that_forgot_its_own_and_yet_the_act_is_told_of() -> None:
    # The database sees that something was recorded; that it was the right thing is for the act's own test.
    with transaction.atomic():
        execute(ACTS["a row put in"])
        acts.record_all(looks(1), by=RO, at=NIGHT)
    assert execute("SELECT count(*) FROM test_thing") == [(2,)]


def test_the_entry_of_another_transaction_does_not_count() -> None:
    with transaction.atomic():
        execute(ACTS["a row put in"])
        record()
    with pytest.raises(IntegrityError, match=NO_ENTRY):
        execute("INSERT INTO test_thing VALUES (2, 'without its own')")
    with pytest.raises(IntegrityError, match=NO_ACT), transaction.atomic():
        record()


ROLLED_BACK = {
    "the entry": ([], ["entry"], [], ["act"], NO_ENTRY),
    "the act": ([], ["act"], [], ["entry"], NO_ACT),
    "the act, which is done again": ([], ["act"], ["act"], [], NO_ENTRY),
    "the entry, which is recorded again": ([], ["entry"], ["entry"], [], NO_ACT),
    "a second act": (["act"], ["other act"], [], [], NO_ENTRY),
}


@pytest.mark.parametrize(("before", "inside", "after", "last", "said"), ROLLED_BACK.values(), ids=ROLLED_BACK.keys())
def test_what_a_savepoint_rolls_back_does_not_count(
    before: list[str], inside: list[str], after: list[str], last: list[str], said: str
) -> None:
    with pytest.raises(IntegrityError, match=said):
        in_savepoint(before, inside, after + last)


@transaction.atomic
def in_savepoint(before: list[str], inside: list[str], after: list[str]) -> None:
    """Do some steps, some in a savepoint that is rolled back, and some after it."""
    steps = {
        "act": lambda: execute(ACTS["a row put in"]),
        "other act": lambda: execute(ACTS["a row changed"]),
        "entry": record,
    }
    for step in before:
        steps[step]()
    savepoint = transaction.savepoint()
    for step in inside:
        steps[step]()
    transaction.savepoint_rollback(savepoint)
    for step in after:
        steps[step]()


def test_what_a_savepoint_keeps_counts() -> None:
    with transaction.atomic():
        with transaction.atomic():
            execute(ACTS["a row put in"])
        with transaction.atomic():
            record()
    assert execute("SELECT count(*) FROM test_thing") == [(2,)]


def test_an_act_and_its_entry_that_are_both_rolled_back_leave_nothing_to_refuse() -> None:
    with transaction.atomic():
        sid = transaction.savepoint()
        execute(ACTS["a row put in"])
        record()
        transaction.savepoint_rollback(sid)
    assert reads.head() is None
    assert execute("SELECT count(*) FROM test_thing") == [(1,)]


def test_many_changes_in_many_statements_are_covered_by_one_entry() -> None:
    with transaction.atomic():
        execute("INSERT INTO test_thing SELECT n, 'new' FROM generate_series(1, 500) AS n")
        execute("UPDATE test_thing SET state = 'second'")
        record()
        execute("DELETE FROM test_thing WHERE id > 100")
    assert execute("SELECT count(*) FROM test_thing") == [(101,)]


def test_bookkeeping_in_columns_that_are_not_watched_needs_no_entry() -> None:
    with transaction.atomic():
        execute("INSERT INTO test_post VALUES (1, 'waits')")
        record()
    execute("UPDATE test_post SET attempts = attempts + 1")
    with pytest.raises(IntegrityError, match=f"test_post {NO_ENTRY}"):
        execute("UPDATE test_post SET state = 'given up'")
    assert execute("SELECT * FROM test_post") == [(1, "waits", 1)]


def test_a_guarded_table_is_not_emptied() -> None:
    with pytest.raises(IntegrityError, match="append-only"):
        execute("TRUNCATE test_thing")


def test_a_migration_can_take_the_guard_off_and_put_it_on_again() -> None:
    with transaction.atomic():
        execute("SELECT journal_unguard('test_thing')")
        execute("UPDATE test_thing SET state = 'moved by a migration'")
        execute("SELECT journal_guard('test_thing')")
    with pytest.raises(IntegrityError, match=NO_ENTRY):
        execute(ACTS["a row put in"])


def test_a_mark_left_by_hand_does_not_outlive_its_transaction() -> None:
    execute("SELECT set_config('tocsin.act', '1', false)")
    try:
        with pytest.raises(IntegrityError, match=NO_ACT), transaction.atomic():
            record()
    finally:
        execute("RESET tocsin.act")
