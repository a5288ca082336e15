"""Scenarios and marks, from values alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tocsin.base.instant import parse, text
from tocsin.exercise.errors import ScenarioFaultyError
from tocsin.exercise.reads import ExerciseLine, record_rows
from tocsin.exercise.rules.marks import (
    Clock,
    MarkCode,
    Thread,
    Written,
    mark_of_blocked,
    marks_of_clocks,
    marks_of_inject,
    marks_of_task,
)
from tocsin.exercise.rules.scenario import Expectation, Inject, Task, parse_scenario, read_scenario, said_at

AT = parse("2026-11-24T02:00:00.000Z")
MINUTE = timedelta(minutes=1)
REFUSE = Expectation(
    letters=frozenset({"refuse"}), grounds=frozenset({"ETS185_POLITICAL"}), within=60 * MINUTE, points=10
)
INJECT = Inject(id="source", member="de", to="ro", after=MINUTE, content={}, expects=(REFUSE,))
THREAD = Thread(
    request="r1",
    instrument="budapest-29-preserve",
    counterpart="de",
    reference="EX",
    ours=False,
    opened=AT,
    written=(),
    clocks=(),
)
ANSWER = b'title = "a"\nplays = ["pt"]\n[[answer]]\nmember = "pt"\n[[answer.move]]\n'
INJECTED = b'title = "a"\nplays = ["pt"]\n[[inject]]\nid = "i"\nmember = "pt"\nto = "ro"\n'
TASK = Task(
    id="ask", member="ro", to="pt", instruments=frozenset({"budapest-29-preserve"}), within=60 * MINUTE, points=5
)


def wrote(kind: str, minutes: float, ground: str = "") -> Thread:
    letter = Written(kind=kind, at=AT + minutes * MINUTE, name="Ioana Exemplu", ground=ground)
    return replace(THREAD, written=(letter,))


@pytest.mark.parametrize(
    ("thread", "now", "code", "points"),
    [
        (wrote("refuse", 59, "ETS185_POLITICAL"), 61, MarkCode.IN_TIME, 10),
        (wrote("refuse", 60, "ETS185_POLITICAL"), 61, MarkCode.IN_TIME, 10),
        (wrote("refuse", 61, "ETS185_POLITICAL"), 61, MarkCode.LATE, 0),
        (wrote("refuse", 5, "ETS185_ORDRE_PUBLIC"), 6, MarkCode.GROUND, 0),
        (wrote("acknowledge", 5), 61, MarkCode.MISSING, 0),
    ],
)
def test_an_expectation_is_met_late_missed_or_met_on_another_ground(
    thread: Thread, now: float, code: MarkCode, points: int
) -> None:
    (mark,) = marks_of_inject(INJECT, thread, now=AT + now * MINUTE)
    assert (mark.code, mark.points, mark.most) == (code, points, 10)


def test_what_is_still_in_time_has_no_mark_yet() -> None:
    assert list(marks_of_inject(INJECT, THREAD, now=AT + 60 * MINUTE)) == []


def test_a_task_done_by_another_instrument_is_the_wrong_route_and_still_to_be_done() -> None:
    wrong = replace(THREAD, ours=True, counterpart="pt", instrument="budapest-31-stored", opened=AT + 5 * MINUTE)
    right = replace(wrong, instrument="budapest-29-preserve", opened=AT + 20 * MINUTE)
    first = [mark.code for mark in marks_of_task(TASK, [wrong], began=AT, now=AT + 61 * MINUTE)]
    assert first == [MarkCode.MISSING, MarkCode.WRONG_ROUTE]
    both = list(marks_of_task(TASK, [wrong, right], began=AT, now=AT + 61 * MINUTE))
    assert [(mark.code, mark.points) for mark in both] == [(MarkCode.IN_TIME, 5), (MarkCode.WRONG_ROUTE, -1)]
    assert both[0].reaction == 20 * MINUTE
    assert not list(marks_of_task(TASK, [replace(right, opened=AT - MINUTE)], began=AT, now=AT + MINUTE))


def test_clocks_of_the_law_are_marked_when_they_are_met_or_missed() -> None:
    clocks = (
        Clock(clock="a", met=True, missed=False),
        Clock(clock="b", met=False, missed=True),
        Clock(clock="c", met=False, missed=False),
    )
    thread = replace(wrote("indicate", 3), clocks=clocks)
    assert [(mark.detail, mark.code) for mark in marks_of_clocks(thread)] == [
        ("a", MarkCode.CLOCK_MET),
        ("b", MarkCode.CLOCK_MISSED),
    ]
    assert {mark.name for mark in marks_of_clocks(thread)} == {thread.written[-1].name}
    assert mark_of_blocked("Ioana Exemplu", ["x" * 400], at=AT).points < 0


@pytest.mark.parametrize(
    ("file", "field"),
    [
        (b"\xff", "file"),
        (b"title = ", "file"),
        (b'title = ""', "title"),
        (b'title = "a"\nplays = ["PT !"]', "plays"),
        (b'title = "a"\nmore = 1', "more"),
        (b'title = "a"\n[[answer]]\nmember = "pt"', "answer.member"),
        (
            ANSWER + b'letter = "ask"',
            "answer[0].move[0].letter",
        ),
        (
            ANSWER + b'letter = "refuse"\nafter_minutes = -1',
            "answer[0].move[0].after_minutes",
        ),
        (b'title = "a"\n[[inject]]\nid = "i"\nmember = "pt"\nto = "ro"', "inject.member"),
        (
            b'title = "a"\n[[task]]\nid = "i"\nmember = "ro"\nto = "pt"\n[[task]]\nid = "i"\nmember = "ro"\nto = "pt"',
            "id",
        ),
        (
            INJECTED + b'[[inject.expect]]\nletters = ["shout"]',
            "inject[0].expect[0].letters",
        ),
    ],
)
def test_a_faulty_scenario_is_refused_with_the_field(file: bytes, field: str) -> None:
    with pytest.raises(ScenarioFaultyError) as refused:
        parse_scenario(file)
    assert refused.value.fields["field"] == field


def test_the_first_answer_that_fits_counts_and_who_has_none_is_silent() -> None:
    made = read_scenario(
        {
            "title": "a",
            "plays": ["pt", "pl"],
            "answer": [{"member": "pt", "instrument": "budapest-29-preserve"}, {"member": "pt", "move": []}],
        }
    )
    first = made.answer_to("budapest-29-preserve", member="pt")
    other = made.answer_to("budapest-31-stored", member="pt")
    assert first is made.answers[0]
    assert other is made.answers[1]
    assert made.answer_to("budapest-29-preserve", member="pl") is None


def test_instants_in_what_is_said_are_reckoned_from_the_writing() -> None:
    said = said_at({"when": {"in_hours": 2}, "list": [{"in_minutes": -5}], "plain": {"a": 1, "b": 2}}, AT)
    assert said == {
        "when": text(AT + timedelta(hours=2)),
        "list": [text(AT - timedelta(minutes=5))],
        "plain": {"a": 1, "b": 2},
    }


@pytest.mark.parametrize("title", ["=1+1", "+1+1", "-1+cmd", "@x", "\tx"])
def test_the_title_of_a_scenario_is_no_formula_in_the_record(title: str) -> None:
    line = ExerciseLine(id="e", title=title, plays=False, began_at=AT, ended_at=AT, marks_kept_at=AT)
    head, row = record_rows(line, [{"points": -5}])
    told = dict(zip(head, row, strict=True))
    assert (told["title"], told["points"], told["limit_seconds"]) == (f"'{title}", "-5", "")
