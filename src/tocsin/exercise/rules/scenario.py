"""A scenario: who plays, what comes in when, how a played party answers, what is expected, and what it is worth.

A TOML file, the same at every node of the exercise; each node takes its own part of it::

    title = "The hospital's night"
    plays = ["pt"]                       # members that answer by themselves

    [[answer]]                           # how a played party answers asks; the first that fits counts
    member = "pt"
    instrument = "budapest-29-preserve"  # left out: any
    [[answer.move]]
    after_minutes = 20                   # after the ask came, or after the move before
    letter = "acknowledge"               # or deliver, with `rows` of invented records
    says = { reference = "PT-EX-1", words = "…" }
    [[answer.move]]
    on = "supplement"                    # not before the other side has written one
    after_minutes = 60
    letter = "accept"
    says = { conditions = [], reference = "PT-EX-1", words = "…" }

    [[inject]]                           # an ask that a played party sends
    id = "night-call"
    member = "pt"
    to = "ro"
    after_minutes = 5                    # after the exercise began
    content = { instrument = "…", case_reference = "…", form = { … } }
    [[inject.expect]]
    letters = ["acknowledge"]
    within_minutes = 30
    points = 5
    [[inject.expect]]
    letters = ["refuse"]
    grounds = ["ETS185_ORDRE_PUBLIC"]    # another ground is a mistake
    within_minutes = 480
    points = 10

    [[task]]                             # an ask that a trained desk is to send
    id = "ask-pt"
    member = "ro"
    to = "pt"
    instruments = ["budapest-29-preserve"]  # another is the wrong route
    within_minutes = 120
    points = 10

What a letter says has the members of its kind (``requests.rules.letters``); those that are left out say nothing. A
party that is in ``plays`` and has no ``answer`` that fits stays silent. In what is said a table ``{in_minutes = 90}``
(or ``in_hours``, ``in_days``; with a minus before now) becomes the instant that lies so far from the writing.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from tocsin.base.ids import MEMBER_PATTERN
from tocsin.base.instant import Instant, text
from tocsin.exercise.errors import ScenarioFaultyError
from tocsin.law.vocabulary import LetterKind

MOST_BYTES: Final = 512 * 1024
MOST_TITLE: Final = 200
MOST_EACH: Final = 200
_ANY: Final = ""
_AWAY: Final = {"in_minutes": "minutes", "in_hours": "hours", "in_days": "days"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A letter that a played party writes."""

    letter: LetterKind
    after: timedelta
    on: str = ""
    says: Mapping[str, Any]
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a played party answers asks under an instrument."""

    member: str
    instrument: str
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a trained desk is to write, until when, and what it is worth."""

    letters: frozenset[str]
    grounds: frozenset[str]
    within: timedelta
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inject:
    """An ask that a played party sends."""

    id: str
    member: str
    to: str
    after: timedelta
    content: Mapping[str, Any]
    expects: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An ask that a trained desk is to send."""

    id: str
    member: str
    to: str
    instruments: frozenset[str]
    within: timedelta
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A scenario, read."""

    title: str
    plays: frozenset[str]
    answers: tuple[Answer, ...]
    injects: tuple[Inject, ...]
    tasks: tuple[Task, ...]

    def answer_to(self, instrument: str, *, member: str) -> Answer | None:
        """How ``member`` answers an ask under an instrument; nothing: it stays silent."""
        fitting = (each for each in self.answers if each.member == member and each.instrument in {_ANY, instrument})
        return next(fitting, None)


def parse_scenario(file: bytes) -> Mapping[str, Any]:
    """The tables of a scenario's file, checked; raises ``ScenarioFaultyError``."""
    if len(file) > MOST_BYTES:
        raise ScenarioFaultyError(field="file", rule=f"at most {MOST_BYTES} bytes")
    try:
        tables = tomllib.loads(file.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise ScenarioFaultyError(field="file", rule=f"it is no TOML: {fault}") from None
    read_scenario(tables)
    return tables


def read_scenario(tables: Mapping[str, Any]) -> Scenario:
    """A scenario from its tables; raises ``ScenarioFaultyError`` for the first fault."""
    top = _Table(tables, "")
    title = top.line("title")
    plays = frozenset(top.members("plays"))
    made = Scenario(
        title=title,
        plays=plays,
        answers=tuple(_answer(each) for each in top.tables("answer")),
        injects=tuple(_inject(each) for each in top.tables("inject")),
        tasks=tuple(_task(each) for each in top.tables("task")),
    )
    top.nothing_else()
    _check_whole(made)
    return made


def said_at(value: Any, at: Instant) -> Any:
    """What is said, with the instants that lie some way from ``at`` written out."""
    if isinstance(value, Mapping):
        if len(value) == 1 and (unit := next(iter(value))) in _AWAY:
            return text(at + timedelta(**{_AWAY[unit]: value[unit]}))
        return {name: said_at(each, at) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [said_at(each, at) for each in value]
    return value


def _check_whole(made: Scenario) -> None:
    for answer in made.answers:
        if answer.member not in made.plays:
            raise ScenarioFaultyError(field="answer.member", rule=f"{answer.member} is not among those that play")
    names = [*(each.id for each in made.injects), *(each.id for each in made.tasks)]
    for name in names:
        if names.count(name) > 1:
            raise ScenarioFaultyError(field="id", rule=f"{name} is there twice")
    for inject in made.injects:
        if inject.member not in made.plays:
            raise ScenarioFaultyError(field="inject.member", rule=f"{inject.member} is not among those that play")


def _answer(table: "_Table") -> Answer:
    made = Answer(
        member=table.member("member"),
        instrument=table.line("instrument", least=0),
        moves=tuple(_move(each) for each in table.tables("move")),
    )
    table.nothing_else()
    return made


def _move(table: "_Table") -> Move:
    written = table.line("letter")
    if written not in set(LetterKind) - {LetterKind.ASK}:
        raise ScenarioFaultyError(field=table.field("letter"), rule=f"{written} is no letter of a thread that goes on")
    made = Move(
        letter=LetterKind(written),
        after=table.minutes("after_minutes"),
        on=table.line("on", least=0),
        says=table.mapping("says"),
        rows=table.number("rows", default=0, most=100_000),
    )
    table.nothing_else()
    return made


def _inject(table: "_Table") -> Inject:
    made = Inject(
        id=table.line("id"),
        member=table.member("member"),
        to=table.member("to"),
        after=table.minutes("after_minutes"),
        content=table.mapping("content"),
        expects=tuple(_expectation(each) for each in table.tables("expect")),
    )
    table.nothing_else()
    return made


def _expectation(table: "_Table") -> Expectation:
    made = Expectation(
        letters=frozenset(table.lines("letters")),
        grounds=frozenset(table.lines("grounds")),
        within=table.minutes("within_minutes"),
        points=table.number("points", default=1, most=100),
    )
    if not made.letters <= set(LetterKind):
        raise ScenarioFaultyError(field=table.field("letters"), rule=f"kinds of letters, of {', '.join(LetterKind)}")
    table.nothing_else()
    return made


def _task(table: "_Table") -> Task:
    made = Task(
        id=table.line("id"),
        member=table.member("member"),
        to=table.member("to"),
        instruments=frozenset(table.lines("instruments")),
        within=table.minutes("within_minutes"),
        points=table.number("points", default=1, most=100),
    )
    table.nothing_else()
    return made


class _Table:
    """One table of the file: takes what is known and names what is wrong."""

    def __init__(self, table: Mapping[str, Any], where: str) -> None:
        self._left, self._where = dict(table), where

    def field(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name

    def line(self, name: str, *, least: int = 1) -> str:
        value = self._left.pop(name, "")
        if not isinstance(value, str) or not least <= len(value) <= MOST_TITLE or not value.isprintable():
            raise ScenarioFaultyError(field=self.field(name), rule=f"one line of {least} to {MOST_TITLE} characters")
        return value

    def member(self, name: str) -> str:
        value = self.line(name)
        if not MEMBER_PATTERN.fullmatch(value):
            raise ScenarioFaultyError(field=self.field(name), rule="a member, like pt or example-mail")
        return value

    def members(self, name: str) -> list[str]:
        found = self.lines(name)
        for each in found:
            if not MEMBER_PATTERN.fullmatch(each):
                raise ScenarioFaultyError(field=self.field(name), rule="members, like pt or example-mail")
        return found

    def lines(self, name: str) -> list[str]:
        value = self._left.pop(name, [])
        if not isinstance(value, list) or len(value) > MOST_EACH or not all(isinstance(each, str) for each in value):
            raise ScenarioFaultyError(field=self.field(name), rule=f"a list of at most {MOST_EACH} words")
        return value

    def mapping(self, name: str) -> Mapping[str, Any]:
        value = self._left.pop(name, {})
        if not isinstance(value, dict):
            raise ScenarioFaultyError(field=self.field(name), rule="a table")
        return value

    def number(self, name: str, *, default: int, most: int) -> int:
        value = self._left.pop(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise ScenarioFaultyError(field=self.field(name), rule=f"a whole number from 0 to {most}")
        return value

    def minutes(self, name: str) -> timedelta:
        return timedelta(minutes=self.number(name, default=0, most=366 * 1440))

    def tables(self, name: str) -> Iterator["_Table"]:
        value: Sequence[Any] = self._left.pop(name, [])
        if not isinstance(value, list) or len(value) > MOST_EACH or not all(isinstance(each, dict) for each in value):
            raise ScenarioFaultyError(field=self.field(name), rule=f"at most {MOST_EACH} tables")
        return (_Table(each, f"{self.field(name)}[{number}]") for number, each in enumerate(value))

    def nothing_else(self) -> None:
        for name in sorted(self._left):
            raise ScenarioFaultyError(field=self.field(name), rule="it is not known here")
