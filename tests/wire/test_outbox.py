"""What a person decides about letters of ours; what is asked for again; the outbox's bounds."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from tests.conftest import AsNode
from tests.wire.desks import NOW, Desk, new_thread
from tests.wire.letters import draft, officer, write
from tocsin.base.actor import Actor
from tocsin.base.ids import LetterId, MemberId
from tocsin.base.instant import true_now
from tocsin.base.problem import Problem
from tocsin.base.this_node import Limits
from tocsin.directory.errors import UnknownMemberError
from tocsin.people.errors import RightMissingError
from tocsin.wire import jobs, reads
from tocsin.wire.acts import erase_letters, give_receipt, post, retry, set_aside, sweep
from tocsin.wire.acts.deliver import note_refusal, waiting_letters, waiting_receipts
from tocsin.wire.acts.receipts import SentLetter
from tocsin.wire.errors import (
    LetterNotWaitingError,
    LetterOutOfPlaceError,
    LetterTooLargeError,
    NoSuchLetterError,
    OutboxFullError,
)
from tocsin.wire.models import Outgoing, StoredLetter
from tocsin.wire.rules.batch import Given
from tocsin.wire.rules.letter import Letter
from tocsin.wire.rules.receipt import Stage

RO = MemberId("ro")
PROBLEM = Problem(code="wire.competence-missing", status=403, title="No.", detail="No.")

pytestmark = pytest.mark.usefixtures("ro")


def refuse(letter: Letter) -> None:
    note_refusal(SentLetter.of(StoredLetter.objects.get(sha256=letter.sha256)), PROBLEM, at=NOW)


def can_leave() -> list[str]:
    return [one.letter.sha256 for one in waiting_letters(RO, at=true_now()) if one.letter is not None]


def test_a_refused_letter_holds_back_its_thread_until_somebody_decides() -> None:
    thread = new_thread()
    first, second, other = write(thread, to=RO), write(thread, to=RO), write(to=RO)
    refuse(first)
    assert can_leave() == [other.sha256]
    retry(first.id, by=officer(), at=NOW)
    assert can_leave() == [first.sha256, second.sha256, other.sha256]


def test_a_letter_set_aside_frees_its_place_for_the_next_one() -> None:
    thread = new_thread()
    first, second, third = (write(thread, to=RO) for _ in range(3))
    refuse(second)
    assert set_aside(second.id, reason="asked anew", by=officer(), at=NOW) == [second.id, third.id]
    assert [letter.sha256 for letter in reads.letters_of(thread)] == [first.sha256]
    again = write(thread, to=RO)
    assert (again.seq, again.prev) == (2, first.sha256)
    assert can_leave() == [first.sha256, again.sha256]


def test_only_what_was_refused_can_be_set_aside() -> None:
    letter = write(to=RO)
    with pytest.raises(LetterNotWaitingError):
        set_aside(letter.id, reason="changed my mind", by=officer(), at=NOW)
    with pytest.raises(NoSuchLetterError):
        set_aside(LetterId("8f2d1a4e-4b1f-4d55-9d0e-2f6f2b9a7c11"), reason="x", by=officer(), at=NOW)
    Outgoing.objects.all().delete()  # delivered
    with pytest.raises(LetterNotWaitingError):
        retry(letter.id, by=officer(), at=NOW)


def test_an_administrator_runs_the_node_and_decides_nothing_of_letters() -> None:
    letter = write(to=RO)
    refuse(letter)
    administrator = Actor(MemberId("pt"), name="console", roles=frozenset({"administrator"}))
    with pytest.raises(RightMissingError):
        retry(letter.id, by=administrator, at=NOW)
    assert len(reads.status(administrator).refused) == 1


def test_two_letters_for_one_place_cannot_both_be_posted() -> None:
    thread = new_thread()
    one, two = (draft(thread, to=RO) for _ in range(2))
    with transaction.atomic():
        post(one, by=officer(), at=NOW)
    with pytest.raises(LetterOutOfPlaceError), transaction.atomic():
        post(two, by=officer(), at=NOW)


def test_a_letter_to_nobody_is_not_posted() -> None:
    with pytest.raises(UnknownMemberError), transaction.atomic():
        post(draft(new_thread(), to=MemberId("nobody")), by=officer(), at=NOW)
    assert not StoredLetter.objects.exists()


def test_a_letter_above_the_limit_is_not_posted(as_node: AsNode) -> None:
    as_node("pt", limits=Limits(letter_bytes=2000))
    with pytest.raises(LetterTooLargeError):
        write(to=RO, body={"words": "x" * 2000})


def test_a_full_outbox_takes_no_more(as_node: AsNode) -> None:
    as_node("pt", limits=Limits(outbox_letters=3))
    for _ in range(3):
        write(to=RO)
    with pytest.raises(OutboxFullError):
        write(to=RO)


@pytest.mark.django_db(transaction=True)
def test_a_letter_is_posted_inside_an_act_or_not_at_all() -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        post(draft(new_thread(), to=RO), by=officer(), at=NOW)


def test_a_receipt_of_a_person_is_given_once_and_waits_to_be_told(ro: Desk) -> None:
    letter = ro.write(MemberId("pt"))
    ro.brings(letter)
    for _ in range(2):
        give_receipt(letter.sha256, stage=Stage.OPENED, by=officer(), at=NOW)
    kept = reads.kept_letter(letter.sha256)
    assert [receipt.stage for receipt in kept.receipts] == [Stage.STORED, Stage.OPENED]
    assert len(waiting_receipts(RO, at=true_now())) == 1
    with pytest.raises(NoSuchLetterError):
        give_receipt("0" * 64, stage=Stage.OPENED, by=officer(), at=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_sweep_asks_for_what_waits_and_asking_twice_makes_one_job() -> None:
    write(to=RO)
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs")  # the job that posting asked for was lost
        for _ in range(2):
            sweep(at=true_now())
        cursor.execute("select task_name, args->>'peer' from procrastinate_jobs where status = 'todo'")
        assert cursor.fetchall() == [("tocsin.wire.deliver", "ro")]


@pytest.mark.django_db(transaction=True)
def test_a_next_attempt_is_asked_for_when_it_is_due_and_never_before() -> None:
    waits = [timedelta(seconds=seconds) for seconds in (300, 1.44, 0.6)]  # the last is no less wanted than the first
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs")
        begun = true_now()
        for wait in waits:
            jobs.deliver_later(RO, wait)
        asked = true_now()
        cursor.execute("select scheduled_at from procrastinate_jobs where status = 'todo' order by id")
        found = [at for (at,) in cursor.fetchall()]
    assert len(found) == len(waits)
    for at, wait in zip(found, waits, strict=True):
        assert begun + wait <= at <= asked + wait + timedelta(milliseconds=100)


def test_an_attempt_set_far_ahead_by_a_clock_that_jumped_is_due() -> None:
    letter = write(to=RO)
    Outgoing.objects.update(next_attempt_at=true_now() + timedelta(days=300))
    assert can_leave() == [letter.sha256]
    Outgoing.objects.update(next_attempt_at=true_now() + timedelta(minutes=4))
    assert can_leave() == []


@pytest.mark.django_db(transaction=True)
def test_an_erased_letter_leaves_its_place_and_its_receipt(ro: Desk) -> None:
    letter = ro.write(MemberId("pt"))
    ro.brings(letter)
    erased = erase_letters(letter.thread, rule="budapest-29-preserve, two years", by=officer(), at=NOW)
    assert erased == 1
    kept = reads.kept_letter(letter.sha256)
    assert (kept.letter, kept.seq, kept.kind) == (None, 1, "ask")
    assert len(kept.receipts) == 1
    assert reads.letters_of(letter.thread) == []
    assert erase_letters(letter.thread, rule="again", by=officer(), at=NOW) == 0
    (again,) = ro.brings(letter, at=NOW + timedelta(days=1))  # it comes once more: the same receipt, nothing kept
    assert isinstance(again, Given)
    assert reads.kept_letter(letter.sha256).letter is None
    assert [type(answer) for answer in ro.brings(ro.write(MemberId("pt"), letter.thread))] == [Given]
