"""The clock of a node that was made for exercises: an act, in the journal, in every letter, and never backwards."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection

from tests.offices import Offices, entries
from tests.requests.desk import Pair, preservation
from tocsin.base import instant
from tocsin.people.errors import RightMissingError
from tocsin.requests import reads
from tocsin.requests.acts.draft import write_draft
from tocsin.requests.acts.send import send_request
from tocsin.requests.acts.shift import shift_clock
from tocsin.requests.acts.sign_off import sign_off
from tocsin.requests.errors import ClockNotShiftableError, ShiftOutOfReachError
from tocsin.requests.models import ClockShift
from tocsin.wire.errors import ExercisePeerError

HOUR = 3600


def test_a_real_node_never_moves_its_clock(offices: Offices) -> None:
    offices.found("ro")
    administrator = offices.person("ro", "Adina Admin", "administrator")
    with pytest.raises(ClockNotShiftableError):
        shift_clock(HOUR, by=administrator, at=offices.at)
    assert instant.shift() == timedelta(0)
    assert entries("clock-shifted") == []


def test_an_exercise_moves_forward_only_and_the_journal_says_so(offices: Offices) -> None:
    offices.found("ro", exercise=True)
    administrator = offices.person("ro", "Adina Admin", "administrator")
    officer = offices.person("ro", "Ioana Exemplu", "duty-officer")
    with pytest.raises(RightMissingError):
        shift_clock(HOUR, by=officer, at=offices.at)
    shift_clock(HOUR, by=administrator, at=offices.at)
    shift_clock(9 * HOUR, by=administrator, at=offices.at)
    for back in (8 * HOUR, 0, -HOUR, 10**12):
        with pytest.raises(ShiftOutOfReachError):
            shift_clock(back, by=administrator, at=offices.at)
    assert instant.shift() == timedelta(hours=9)
    assert [(each["before_seconds"], each["shift_seconds"]) for each in entries("clock-shifted")] == [
        (0, HOUR),
        (HOUR, 9 * HOUR),
    ]
    assert ClockShift.objects.count() == 2


def test_what_is_due_by_the_new_clock_rings_at_once(offices: Offices) -> None:
    offices.found("ro", exercise=True)
    administrator = offices.person("ro", "Adina Admin", "administrator")
    begun = instant.true_now()
    shift_clock(9 * HOUR, by=administrator, at=offices.at)
    with connection.cursor() as cursor:
        cursor.execute("select task_name, scheduled_at from procrastinate_jobs where status = 'todo'")
        ((task, at),) = cursor.fetchall()
        cursor.execute("delete from procrastinate_jobs")
    assert task == "tocsin.requests.ring"
    assert at - begun < timedelta(seconds=1)


def test_an_exercise_may_begin_in_the_past_once_and_before_anything_is_written(offices: Offices) -> None:
    offices.found("ro", exercise=True)
    administrator = offices.person("ro", "Adina Admin", "administrator")
    with pytest.raises(ShiftOutOfReachError):
        shift_clock(-93 * 24 * HOUR, by=administrator, at=offices.at)
    shift_clock(-30 * 24 * HOUR, by=administrator, at=offices.at)
    assert instant.shift() == timedelta(days=-30)
    with pytest.raises(ShiftOutOfReachError):
        shift_clock(-31 * 24 * HOUR, by=administrator, at=offices.at)
    shift_clock(-29 * 24 * HOUR, by=administrator, at=offices.at)

    offices.found("pt", exercise=True)
    ines = offices.person("pt", "Inês Exemplo", "duty-officer", function="police")
    administrator = offices.person("pt", "Ana Admin", "administrator")
    write_draft(preservation(offices.at) | {"to": "ro"}, by=ines, at=offices.at)
    with pytest.raises(ShiftOutOfReachError):
        shift_clock(-HOUR, by=administrator, at=offices.at)


@pytest.mark.parametrize("of_exercise", ["ro", "pt"])
def test_nothing_is_written_from_an_exercise_to_a_real_node_or_the_other_way(
    offices: Offices, of_exercise: str
) -> None:
    for member in ("ro", "pt"):
        offices.found(member, exercise=member == of_exercise)
    radu = offices.person("ro", "Radu Model", "issuing-authority", function="prosecutor")
    ioana = offices.person("ro", "Ioana Exemplu", "duty-officer", function="police")
    draft = write_draft(preservation(offices.at), by=ioana, at=offices.at)
    sign_off(draft.id, draft_sha256=draft.content.sha256, by=radu, at=offices.at)
    with pytest.raises(ExercisePeerError):
        send_request(draft.id, by=ioana, at=offices.at)
    assert reads.watch(ioana) == []
    assert offices.carry() == []


def test_every_letter_says_how_far_its_clock_was_moved_and_a_real_node_refuses_it(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    offices.found("ro", exercise=True)
    offices.found("pt")
    # The receiving side refuses by itself, too.
    monkeypatch.setattr(import_module("tocsin.wire.acts.post"), "_check_same_kind", lambda _: None)
    administrator = offices.person("ro", "Adina Admin", "administrator")
    radu = offices.person("ro", "Radu Model", "issuing-authority", function="prosecutor")
    ioana = offices.person("ro", "Ioana Exemplu", "duty-officer", function="police")
    shift_clock(9 * HOUR, by=administrator, at=offices.at)
    at = offices.at + instant.shift()
    draft = write_draft(preservation(at), by=ioana, at=at)
    sign_off(draft.id, draft_sha256=draft.content.sha256, by=radu, at=at)
    letter = send_request(draft.id, by=ioana, at=at)
    assert letter.exercise_shift_seconds == 9 * HOUR
    assert reads.line_for(ioana, letter.thread).exercise
    assert len(offices.carry(at=at)) == 1  # nothing of an exercise reaches a real partner


def test_two_nodes_of_an_exercise_agree_on_clocks_that_were_moved(offices: Offices) -> None:
    for member in ("ro", "pt"):
        offices.found(member, exercise=True)
    pair = Pair.__new__(Pair)
    pair.offices, pair.at = offices, offices.at
    pair.ioana = offices.person("ro", "Ioana Exemplu", "duty-officer", function="police")
    pair.radu = offices.person("ro", "Radu Model", "issuing-authority", function="prosecutor")
    pair.ines = offices.person("pt", "Inês Exemplo", "duty-officer", function="police")
    for member in ("ro", "pt"):
        shift_clock(9 * HOUR, by=offices.person(member, "Admin", "administrator"), at=offices.at)
    pair.at += timedelta(hours=9)
    request = pair.sent()
    assert [each.state for each in pair.at_ro(request).clocks] == [each.state for each in pair.at_pt(request).clocks]
