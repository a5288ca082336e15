"""Marks of a trained desk: reckoned again and again while an exercise runs, and kept when it has ended.

The node reckons them, from codes and instants alone: nobody who sees a mark has read a request for it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.exercise import reads
from tocsin.exercise.entries import MarksKept, SendBlocked
from tocsin.exercise.models import Blocked, Exercise, Score
from tocsin.exercise.rules.marks import (
    Mark,
    Thread,
    mark_of_blocked,
    marks_of_clocks,
    marks_of_inject,
    marks_of_task,
)
from tocsin.exercise.rules.scenario import Scenario, read_scenario
from tocsin.journal import acts as journal
from tocsin.people import reads as people


def reckon_marks(*, at: Instant) -> int:
    """Reckon the marks of an exercise that runs, or that ended and is not on record yet; how many there are."""
    row = Exercise.objects.filter(marks_kept_at=None).order_by("began_at").first()
    if row is None:
        return 0
    ids = {each.name: each.id for each in people.people()}
    marks = list(_marks(row, at=row.ended_at or at))
    with transaction.atomic():
        locked = Exercise.objects.select_for_update().get(pk=row.pk)
        if locked.marks_kept_at is not None:
            return 0
        Score.objects.filter(exercise=locked).delete()
        Score.objects.bulk_create(_score(locked, mark, ids.get(mark.name)) for mark in marks)
        if locked.ended_at is not None:
            _keep(locked, marks, ids, at=at)
    return len(marks)


def note_blocked(reasons: Sequence[str], *, by: Actor, at: Instant) -> None:
    """The checks did not let a draft go: where an exercise runs it is a mistake of whoever wanted to send it."""
    with transaction.atomic():
        row = Exercise.objects.filter(ended_at=None).first()
        if row is None or not by.person:
            return
        Blocked.objects.create(exercise=row, person=by.person, reasons=list(reasons), at=at)
        told = SendBlocked(exercise=str(row.id), person=by.person, reasons=tuple(reasons))
        journal.record(told, by=by, at=at)


def _keep(row: Exercise, marks: Iterable[Mark], ids: Mapping[str, str], *, at: Instant) -> None:
    row.marks_kept_at = at
    row.save(update_fields=["marks_kept_at"])
    by_name: dict[str, list[Mark]] = {}
    for mark in marks:
        by_name.setdefault(mark.name, []).append(mark)
    told = [
        MarksKept(
            exercise=str(row.id),
            person=str(ids.get(name, "")),
            points=sum(mark.points for mark in own),
            most=sum(mark.most for mark in own),
            marks=len(own),
        )
        for name, own in sorted(by_name.items())
    ]
    nothing = MarksKept(exercise=str(row.id), person="", points=0, most=0, marks=0)
    journal.record_all(told or [nothing], by=Actor.node(this_node().member), at=at)


def _marks(row: Exercise, *, at: Instant) -> Iterator[Mark]:
    """Every mark of this desk; a played one has none."""
    if row.plays:
        return
    scenario: Scenario = read_scenario(row.scenario)
    threads = reads.threads_since(row.began_at, at=at)
    references = {each.reference: each for each in threads if not each.ours}
    for inject in scenario.injects:
        if inject.to == this_node().member:
            thread = references.get(str(inject.content.get("case_reference", "")))
            if thread is not None:
                yield from marks_of_inject(inject, thread, now=at)
    for task in scenario.tasks:
        if task.member == this_node().member:
            yield from marks_of_task(task, threads, began=row.began_at, now=at)
    yield from _of_clocks(threads)
    names = {str(each.id): each.name for each in people.people()}
    for blocked in row.blocked.order_by("id"):
        yield mark_of_blocked(names.get(str(blocked.person), ""), blocked.reasons, at=blocked.at)


def _of_clocks(threads: Iterable[Thread]) -> Iterator[Mark]:
    for thread in threads:
        yield from marks_of_clocks(thread)


def _score(row: Exercise, mark: Mark, person: str | None) -> Score:
    return Score(
        exercise=row,
        person=person,
        name=mark.name,
        about=mark.about,
        code=mark.code.value,
        points=mark.points,
        most=mark.most,
        reaction_seconds=None if mark.reaction is None else int(mark.reaction.total_seconds()),
        limit_seconds=None if mark.limit is None else int(mark.limit.total_seconds()),
        detail=mark.detail,
        at=mark.at,
    )
