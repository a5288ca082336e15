"""An exercise begins and ends at this node: acts of whoever runs it."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.exercise.entries import ExerciseBegun, ExerciseEnded
from tocsin.exercise.errors import (
    ExercisePersonNeededError,
    ExerciseRunningError,
    NoExerciseError,
    NotAnExerciseNodeError,
)
from tocsin.exercise.models import Exercise
from tocsin.exercise.rules.scenario import read_scenario
from tocsin.journal import acts as journal
from tocsin.people import reads as people
from tocsin.people.acts.people import add_person
from tocsin.people.errors import UnknownPersonError
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import canonical

PLAYER = "Played by the exercise"
"""In whose name a played party writes."""
SIGNER = "Authority played by the exercise"
"""In whose name it signs off: four eyes, as everywhere."""


def check_exercise_node() -> None:
    """Raise ``NotAnExerciseNodeError`` on a node that does real work."""
    if not this_node().exercise:
        raise NotAnExerciseNodeError


def begin_exercise(tables: Mapping[str, Any], *, by: Actor, at: Instant) -> str:
    """Begin an exercise by its scenario; its id. A member that the scenario plays answers by itself from now on.

    Raises ``NotAnExerciseNodeError``, ``ScenarioFaultyError``, ``ExerciseRunningError``, and
    ``ExercisePersonNeededError`` where somebody else has the name of the players.
    """
    rights.check(by, Right.RUN_NODE)
    check_exercise_node()
    scenario = read_scenario(tables)
    plays = this_node().member in scenario.plays
    with transaction.atomic():
        running = Exercise.objects.select_for_update().filter(ended_at=None).first()
        if running is not None:
            raise ExerciseRunningError(title=running.title)
        if plays:
            _let_players_in(by=by, at=at)
        row = Exercise.objects.create(
            id=new_uuid(),
            title=scenario.title,
            scenario=dict(tables),
            plays=plays,
            began_at=at,
            began_by=by.person or None,
        )
        digest = sha256(canonical(dict(tables))).hexdigest()
        journal.record(ExerciseBegun(exercise=str(row.id), scenario_sha256=digest, plays=plays), by=by, at=at)
    return str(row.id)


def end_exercise(exercise: str, *, by: Actor, at: Instant) -> None:
    """End it: nothing is played any more, and the marks are reckoned for the last time. Raises ``NoExerciseError``."""
    rights.check(by, Right.RUN_NODE)
    with transaction.atomic():
        row = Exercise.objects.select_for_update().filter(id=exercise, ended_at=None).first()
        if row is None:
            raise NoExerciseError
        row.ended_at = at
        row.save(update_fields=["ended_at"])
        journal.record(ExerciseEnded(exercise=str(row.id), marks=row.scores.count()), by=by, at=at)


def _let_players_in(*, by: Actor, at: Instant) -> None:
    for name, role, function in ((PLAYER, "duty-officer", "police"), (SIGNER, "issuing-authority", "prosecutor")):
        try:
            found = people.person(name)
        except UnknownPersonError:
            add_person(name=name, roles=frozenset({role}), function=function, by=by, at=at)
        else:
            if frozenset(found.roles) != {role}:
                raise ExercisePersonNeededError(name=name)
