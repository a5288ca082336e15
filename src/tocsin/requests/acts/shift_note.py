"""Handing a shift over: the note as it stands at that instant goes with it."""

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.duty.acts import shifts
from tocsin.duty.errors import ShiftFieldError
from tocsin.requests import shift
from tocsin.requests.rules.shift_note import payload


def hand_shift_over(*, to: str, words: str, since: Instant, by: Actor, at: Instant) -> str:
    """Hand the shift that began at ``since`` over to somebody by name; the hand-over's id.

    Until it is acknowledged, urgent letters that nobody opens ring for both. Raises ``ShiftFieldError``,
    ``UnknownPersonError`` and ``DutyPersonNeededError``.
    """
    if not at - shift.LONGEST <= since <= at:
        raise ShiftFieldError(field="since", rule=f"within the last {shift.LONGEST.total_seconds() / 3600:.0f} hours")
    note = shift.shift_note(by, since=since, at=at)
    return shifts.hand_over(payload(note), to=to, words=words, since=since, by=by, at=at)
