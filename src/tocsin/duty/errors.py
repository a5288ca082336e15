"""What can go wrong with the duty rota and with handing a shift over."""

from tocsin.base.errors import RuleError


class TurnFieldError(RuleError):
    """A field of a turn of duty is wrong."""

    code = "duty.turn-field"
    sentence = "{field}: {rule}"


class UnknownTurnError(RuleError):
    """There is no such turn, or it was withdrawn."""

    code = "duty.turn-unknown"
    sentence = "There is no turn {turn} on the rota."
    status = 404


class TurnOverError(RuleError):
    """What has been is not planned anew."""

    code = "duty.turn-over"
    sentence = "This turn is over: the rota tells who was on duty, and is not rewritten."
    status = 409


class ChainMinutesError(RuleError):
    """The time until the next is told is out of reach."""

    code = "duty.minutes"
    sentence = "minutes: from {least} to {most}."


class UnknownShiftNoteError(RuleError):
    """There is no such hand-over of a shift."""

    code = "duty.note-unknown"
    sentence = "There is no hand-over {note} here."
    status = 404


class NotHandedToYouError(RuleError):
    """A shift is acknowledged by the one to whom it was handed over."""

    code = "duty.not-to-you"
    sentence = "This shift was handed over to {name}, who acknowledges it."
    status = 403


class ShiftFieldError(RuleError):
    """A field of a hand-over is wrong."""

    code = "duty.shift-field"
    sentence = "{field}: {rule}"


class DutyPersonNeededError(RuleError):
    """Shifts go from person to person."""

    code = "duty.person-needed"
    sentence = "A shift is handed over and acknowledged by a person, never by the node itself."
    status = 403
