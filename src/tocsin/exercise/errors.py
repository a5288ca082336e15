"""What can go wrong with an exercise."""

from tocsin.base.errors import RuleError


class NotAnExerciseNodeError(RuleError):
    """What belongs to exercises is refused by a node that does real work."""

    code = "exercise.not-an-exercise-node"
    sentence = "This node was not made with --exercise: nothing is played, scored or wiped here."
    status = 409


class ScenarioFaultyError(RuleError):
    """A scenario cannot be played as it is written."""

    code = "exercise.scenario-faulty"
    sentence = "{field}: {rule}."


class ExerciseRunningError(RuleError):
    """One exercise at a time."""

    code = "exercise.running"
    sentence = "The exercise {title} is running; end it first."
    status = 409


class NoExerciseError(RuleError):
    """There is no such exercise, or none is running."""

    code = "exercise.none"
    sentence = "There is no such exercise running here."
    status = 404


class WipeNotConfirmedError(RuleError):
    """Wiping takes everything: whoever does it types the node's name."""

    code = "exercise.wipe-not-confirmed"
    sentence = "typed: type {expected} to wipe everything that exercises made at this node."


class ExercisePersonNeededError(RuleError):
    """Beginning and ending an exercise are acts of whoever runs the node."""

    code = "exercise.played-person"
    sentence = "{name} works here already: the exercise's own players need names of their own."
    status = 409
