"""What may be seen of exercises: whether one runs, its moves, its marks. Codes, instants and names; no words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.base.actor import Actor
from tocsin.base.ids import is_uuid
from tocsin.base.instant import Instant
from tocsin.base.sheet import safe_cell
from tocsin.exercise.errors import NoExerciseError
from tocsin.exercise.models import Exercise, PlayedMove, Score, Wipe
from tocsin.exercise.rules.marks import MISTAKES, Clock, MarkCode, Thread, Written
from tocsin.exercise.rules.scenario import Scenario, read_scenario
from tocsin.law.provisions import Side
from tocsin.law.running import Phase
from tocsin.law.vocabulary import LetterKind
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests.opened import standings_since
from tocsin.requests.reads import Standing
from tocsin.requests.rules.letters import Ask, Refuse, parse_body
from tocsin.wire.rules.letter import Letter

_MISSED = frozenset({Phase.MISSED, Phase.MET_LATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseLine:
    """An exercise at a glance."""

    id: str
    title: str
    plays: bool
    began_at: Instant
    ended_at: Instant | None
    marks_kept_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveLine:
    """Something that the exercise did by itself, or is to do."""

    about: str
    letter_kind: str
    at: Instant | None
    due: Instant | None
    fault: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreLine:
    """A mark."""

    name: str
    about: str
    code: str
    points: int
    most: int
    reaction_seconds: int | None
    limit_seconds: int | None
    detail: str
    at: Instant | None

    @property
    def mistake(self) -> bool:
        """Whether it is something to talk about in the debrief."""
        return MarkCode(self.code) in MISTAKES


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What somebody reached."""

    name: str
    points: int
    most: int
    mistakes: int
    median_seconds: int | None
    """Of all reactions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WipeLine:
    """A wipe, and how far it is."""

    id: str
    asked_at: Instant
    wiped_at: Instant | None
    finished_at: Instant | None
    requests: int
    letters: int


def exercises_for(viewer: Actor) -> list[ExerciseLine]:
    """Every exercise in which this node took part, the newest first."""
    rights.check(viewer, Right.RUN_NODE)
    return [_line(row) for row in Exercise.objects.order_by("-began_at", "id")]


def exercise_for(viewer: Actor, exercise: str) -> ExerciseLine:
    """One of them; raises ``NoExerciseError``."""
    rights.check(viewer, Right.RUN_NODE)
    return _line(_row(exercise))


def newest_exercise(viewer: Actor) -> ExerciseLine:
    """The one that began last; raises ``NoExerciseError``."""
    found = exercises_for(viewer)
    if not found:
        raise NoExerciseError
    return found[0]


def moves_for(viewer: Actor, exercise: str, *, member: str) -> list[MoveLine]:
    """What was played at this node, and injects of ``member`` that are to come, in the order of time."""
    rights.check(viewer, Right.RUN_NODE)
    row = _row(exercise)
    played = list(row.moves.order_by("at", "id"))
    known = {each.about for each in played}
    scenario = read_scenario(row.scenario)
    to_come = [
        MoveLine(
            about=f"inject:{each.id}", letter_kind="ask", at=None, due=row.began_at + each.after, fault="", request=""
        )
        for each in scenario.injects
        if each.member == member and f"inject:{each.id}" not in known
    ]
    return [*map(_move, played), *sorted(to_come, key=lambda each: (each.due is None, each.due))]


def scores_for(viewer: Actor, exercise: str) -> list[ScoreLine]:
    """Its marks, as they were reckoned last."""
    rights.check(viewer, Right.RUN_NODE)
    return [_score(row) for row in _row(exercise).scores.order_by("name", "id")]


def totals(scores: Sequence[ScoreLine]) -> list[Total]:
    """What each reached; what nobody did stands under no name."""
    by_name: dict[str, list[ScoreLine]] = {}
    for each in scores:
        by_name.setdefault(each.name, []).append(each)
    return [_total(name, own) for name, own in sorted(by_name.items(), key=lambda each: (not each[0], each[0]))]


def scenario_of(viewer: Actor, exercise: str) -> Scenario:
    """Its scenario, read."""
    rights.check(viewer, Right.RUN_NODE)
    return read_scenario(_row(exercise).scenario)


def last_wipe(viewer: Actor) -> WipeLine | None:
    """The wipe that was asked for last."""
    rights.check(viewer, Right.RUN_NODE)
    row = Wipe.objects.order_by("-asked_at").first()
    if row is None:
        return None
    return WipeLine(
        id=str(row.id),
        asked_at=row.asked_at,
        wiped_at=row.wiped_at,
        finished_at=row.finished_at,
        requests=row.requests,
        letters=row.letters,
    )


def record_of(line: ExerciseLine, scores: Sequence[ScoreLine], *, member: str) -> Mapping[str, Any]:
    """The training record, to be exported as JSON."""
    return {
        "v": 1,
        "type": "exercise-record",
        "member": member,
        "exercise": line.id,
        "title": line.title,
        "began_at": line.began_at,
        "ended_at": line.ended_at,
        "final": line.marks_kept_at is not None,
        "totals": totals(scores),
        "marks": list(scores),
    }


COLUMNS = ("exercise", "title", *ScoreLine.__slots__)
"""Of the record as a table."""


def record_rows(line: ExerciseLine, scores: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[str]]:
    """The same as a table, a head and one mark a row; no cell of it would be read as a formula."""
    yield COLUMNS
    for each in scores:
        told = {"exercise": line.id, "title": line.title, **each}
        yield ["" if told.get(name) is None else safe_cell(told[name]) for name in COLUMNS]


# --- For the node's own reckoning ---------------------------------------------------------------


def threads_since(since: Instant, *, at: Instant) -> list[Thread]:
    """The requests of an exercise that began at ``since``: codes and instants of what this desk wrote."""
    return [_thread(standing) for standing in standings_since(since, at=at)]


def _thread(standing: Standing) -> Thread:
    line = standing.thread.line
    own = [kept.letter for kept in standing.thread.kept if kept.sent and kept.letter is not None]
    written = tuple(_written(letter) for letter in sorted(own, key=lambda letter: letter.seq))
    return Thread(
        request=line.id,
        instrument=line.instrument,
        counterpart=line.counterpart,
        reference=line.case_reference,
        ours=line.side is Side.ASKER,
        opened=line.opened_at,
        written=written,
        clocks=tuple(
            Clock(
                clock=each.clock.id,
                met=each.state.phase is Phase.MET,
                missed=each.state.phase in _MISSED,
            )
            for each in standing.clocks
            if each.clock.by is line.side and each.clock.law is not None
        ),
    )


def _written(letter: Letter) -> Written:
    body = parse_body(letter.kind, letter.body) if letter.kind is not LetterKind.ASK else Ask(form={})
    ground = body.ground if isinstance(body, Refuse) else ""
    return Written(kind=letter.kind.value, at=letter.written, name=letter.by.name, ground=ground)


# --- Rows ---------------------------------------------------------------------------------------


def _row(exercise: str) -> Exercise:
    row = Exercise.objects.filter(id=exercise).first() if is_uuid(exercise) else None
    if row is None:
        raise NoExerciseError
    return row


def _line(row: Exercise) -> ExerciseLine:
    return ExerciseLine(
        id=str(row.id),
        title=row.title,
        plays=row.plays,
        began_at=row.began_at,
        ended_at=row.ended_at,
        marks_kept_at=row.marks_kept_at,
    )


def _move(row: PlayedMove) -> MoveLine:
    return MoveLine(
        about=row.about,
        letter_kind=row.letter_kind,
        at=row.at,
        due=None,
        fault=row.fault,
        request=str(row.request or ""),
    )


def _score(row: Score) -> ScoreLine:
    return ScoreLine(
        name=row.name,
        about=row.about,
        code=row.code,
        points=row.points,
        most=row.most,
        reaction_seconds=row.reaction_seconds,
        limit_seconds=row.limit_seconds,
        detail=row.detail,
        at=row.at,
    )


def _total(name: str, own: Sequence[ScoreLine]) -> Total:
    reactions = sorted(each.reaction_seconds for each in own if each.reaction_seconds is not None)
    return Total(
        name=name,
        points=sum(each.points for each in own),
        most=sum(each.most for each in own),
        mistakes=sum(each.mistake for each in own),
        median_seconds=reactions[len(reactions) // 2] if reactions else None,
    )
