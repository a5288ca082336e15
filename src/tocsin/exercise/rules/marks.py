"""Marks: how the letters of a trained desk stand beside what the scenario expects and the instrument's clocks.

A mark is worth points or costs none: ``in-time``, ``late``, ``missing`` (what was expected), ``ground`` (another ground
than those that fit), ``wrong-route`` (another instrument than the task's), ``clock-met``, ``clock-missed`` (a clock of
the law that was this side's duty), ``blocked`` (the checks had to stop a send). Reaction is the time from what called
for a letter until it was written.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from tocsin.base.instant import Instant
from tocsin.exercise.rules.scenario import Expectation, Inject, Task


class MarkCode(StrEnum):
    """What a mark says."""

    IN_TIME = "in-time"
    LATE = "late"
    MISSING = "missing"
    GROUND = "ground"
    WRONG_ROUTE = "wrong-route"
    CLOCK_MET = "clock-met"
    CLOCK_MISSED = "clock-missed"
    BLOCKED = "blocked"


CLOCK_POINTS = 2
BLOCKED_POINTS = -1
MISTAKES = frozenset(
    {MarkCode.LATE, MarkCode.MISSING, MarkCode.GROUND, MarkCode.WRONG_ROUTE, MarkCode.CLOCK_MISSED, MarkCode.BLOCKED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A letter of this desk, without its words."""

    kind: str
    at: Instant
    name: str
    ground: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A clock of the law that is this desk's duty, as it stands."""

    clock: str
    met: bool
    missed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A request of the exercise as this desk sees it: codes and instants."""

    request: str
    instrument: str
    counterpart: str
    reference: str
    """What its ask calls the case, by which an inject is known."""
    ours: bool
    """Whether this desk asked."""
    opened: Instant
    written: tuple[Written, ...]
    """What this desk wrote, in the order of time."""
    clocks: tuple[Clock, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One mark."""

    name: str
    """Whose; nobody's when nobody did it."""
    about: str
    code: MarkCode
    points: int
    most: int
    reaction: timedelta | None = None
    limit: timedelta | None = None
    detail: str = ""
    at: Instant | None = None


def marks_of_inject(inject: Inject, thread: Thread, *, now: Instant) -> Iterator[Mark]:
    """What became of each expectation of an inject that came in; nothing of what is still in time."""
    for expected in inject.expects:
        mark = _expected(expected, inject.id, thread, now=now)
        if mark is not None:
            yield mark


def marks_of_task(task: Task, threads: Iterable[Thread], *, began: Instant, now: Instant) -> Iterator[Mark]:
    """Whether the desk sent what it was to send, by the right way and in time."""
    asked = sorted(
        (each for each in threads if each.ours and each.counterpart == task.to and each.opened >= began),
        key=lambda each: each.opened,
    )
    right = next((each for each in asked if not task.instruments or each.instrument in task.instruments), None)
    if right is not None:
        reaction = right.opened - began
        in_time = reaction <= task.within
        code = MarkCode.IN_TIME if in_time else MarkCode.LATE
        points = task.points if in_time else 0
        yield Mark(
            name=_by(right),
            about=task.id,
            code=code,
            points=points,
            most=task.points,
            reaction=reaction,
            limit=task.within,
            detail="ask",
            at=right.opened,
        )
    elif now - began > task.within:
        yield Mark(
            name="", about=task.id, code=MarkCode.MISSING, points=0, most=task.points, limit=task.within, detail="ask"
        )
    for wrong in asked:
        if (
            task.instruments
            and wrong.instrument not in task.instruments
            and (right is None or wrong.opened < right.opened)
        ):
            yield Mark(
                name=_by(wrong),
                about=task.id,
                code=MarkCode.WRONG_ROUTE,
                points=BLOCKED_POINTS,
                most=0,
                detail=wrong.instrument,
                at=wrong.opened,
            )


def marks_of_clocks(thread: Thread) -> Iterator[Mark]:
    """The clocks of the law that were this desk's duty; they are of who wrote last."""
    who = thread.written[-1].name if thread.written else ""
    for clock in thread.clocks:
        if clock.met or clock.missed:
            code = MarkCode.CLOCK_MET if clock.met else MarkCode.CLOCK_MISSED
            points = CLOCK_POINTS if clock.met else 0
            yield Mark(name=who, about=thread.request, code=code, points=points, most=CLOCK_POINTS, detail=clock.clock)


def mark_of_blocked(name: str, reasons: Sequence[str], *, at: Instant) -> Mark:
    """Somebody wanted to send what the checks did not let go."""
    told = ", ".join(reasons)[:300]
    return Mark(name=name, about="draft", code=MarkCode.BLOCKED, points=BLOCKED_POINTS, most=0, detail=told, at=at)


def _expected(expected: Expectation, about: str, thread: Thread, *, now: Instant) -> Mark | None:
    found = next((each for each in thread.written if each.kind in expected.letters), None)
    kinds = ", ".join(sorted(expected.letters))
    if found is None:
        if now - thread.opened <= expected.within:
            return None
        return Mark(
            name="",
            about=about,
            code=MarkCode.MISSING,
            points=0,
            most=expected.points,
            limit=expected.within,
            detail=kinds,
        )
    reaction = found.at - thread.opened
    if expected.grounds and found.ground not in expected.grounds:
        code, points = MarkCode.GROUND, 0
    elif reaction > expected.within:
        code, points = MarkCode.LATE, 0
    else:
        code, points = MarkCode.IN_TIME, expected.points
    return Mark(
        name=found.name,
        about=about,
        code=code,
        points=points,
        most=expected.points,
        reaction=reaction,
        limit=expected.within,
        detail=f"{found.kind} {found.ground}".strip(),
        at=found.at,
    )


def _by(thread: Thread) -> str:
    return thread.written[0].name if thread.written else ""
