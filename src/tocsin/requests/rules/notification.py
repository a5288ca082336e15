"""The notification of an enforcing authority (2023/1543, Arts. 8, 10(2), 12), and what its answer does to the order.

The authority is told in a thread of its own, under the notification that the order's instrument defines. Its clocks are
the authority's alone, and it may only raise a ground (``refuse``) or say that it will raise none (``accept``): it
delivers nothing. What it says reaches the thread of the order in this way:

====================  ==========================================================================
no ground             the clock that waits for it may end before the tenth day (10(2)). The addressee
                      is told by a supplement (``no_ground_raised``)
a ground              the clock stops (12(2)). The addressee is told by a withdrawal: the issuing
                      authority *shall* withdraw the order
a ground for a part,  neither stops nor frees anything by itself: which data go on, and how they may
conditions            be used, is for people to say (12(4))
silence               nothing: at the end of the period the addressee transmits
====================  ==========================================================================

Each letter to the addressee is drafted here, and written by a person. Nothing is told by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant, text
from tocsin.law.grounds import ground
from tocsin.law.provisions import Instrument, Side
from tocsin.law.running import STOPS, Stop
from tocsin.law.vocabulary import ClockId, LetterKind
from tocsin.proof.canonical import Json
from tocsin.requests.rules import marks as m
from tocsin.requests.rules.letters import NO_GROUND_RAISED, Body, Supplement, Withdraw
from tocsin.requests.rules.thread import Effect, ThreadState

_STOP = "eev.12.2"


class Said(StrEnum):
    """What a notified authority has said."""

    GROUND = "ground-raised"
    GROUND_IN_PART = "ground-raised-in-part"
    NONE = "no-ground"
    CONDITIONS = "conditions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of a notified authority: what, when it came, and the hash of its letter."""

    said: Said
    at: Instant
    letter_sha256: str
    ground: str = ""
    part: str = ""


def answer_in(state: ThreadState, stored: Mapping[str, Instant]) -> Answer | None:
    """What the authority said last that has effect; a ground for the whole is never talked away."""
    answers = [
        _answer(placed.step.marks, stored[placed.step.sha256], placed.step.sha256)
        for placed in state.line
        if placed.side is Side.ASKED and placed.effect is Effect.EFFECTIVE and placed.step.sha256 in stored
    ]
    said = [each for each in answers if each is not None]
    return next((each for each in said if each.said is Said.GROUND), said[-1] if said else None)


def _answer(marks: m.Marks | None, at: Instant, sha256: str) -> Answer | None:
    match marks:
        case m.RefuseMarks(ground=code, part=None):
            return Answer(said=Said.GROUND, at=at, letter_sha256=sha256, ground=code)
        case m.RefuseMarks(ground=code, part=part):
            return Answer(said=Said.GROUND_IN_PART, at=at, letter_sha256=sha256, ground=code, part=part or "")
        case m.AcceptMarks(conditional=conditional):
            return Answer(said=Said.CONDITIONS if conditional else Said.NONE, at=at, letter_sha256=sha256)
        case _:
            return None


def confirmed_by(law: Instrument, answer: Answer | None) -> dict[ClockId, Instant]:
    """The clocks of the order that need wait no longer, and since when (Art. 10(2))."""
    if answer is None or answer.said is not Said.NONE:
        return {}
    return {each.id: answer.at for each in law.clocks if LetterKind.ACCEPT in each.confirmed_by}


def stopped_by(law: Instrument, answer: Answer | None) -> dict[ClockId, tuple[Stop, ...]]:
    """The clocks of the order that stand still, and since when (Art. 12(2))."""
    if answer is None or answer.said is not Said.GROUND:
        return {}
    stop = Stop(since=answer.at, why=STOPS[_STOP])
    return {each.id: (stop,) for each in law.clocks if any(use.why == _STOP for use in each.stops)}


def word_to_addressee(answer: Answer | None, *, by: MemberId) -> Body | None:
    """The letter that tells the addressee of the order what the authority ``by`` said; a person writes it or not."""
    match answer:
        case Answer(said=Said.GROUND, ground=code):
            reason = f"The notified enforcing authority ({by}) raised a ground for refusal on {text(answer.at)}: {code}"
            return Withdraw(reason=f"{reason}, {ground(code).text} (Regulation (EU) 2023/1543, Article 12(2)).")
        case Answer(said=Said.NONE):
            return Supplement(fields={NO_GROUND_RAISED: _told(answer, by)}, cannot={})
        case _:
            return None


def _told(answer: Answer, by: MemberId) -> Json:
    return {"by": by, "at": text(answer.at), "letter": answer.letter_sha256}


def is_told(state: ThreadState, answer: Answer) -> bool:
    """Whether the addressee of the order was told of an answer, in the thread of the order."""
    if answer.said is Said.GROUND:
        return state.standing.withdrawn
    marks = (placed.step.marks for placed in state.line)
    return any(isinstance(each, m.SupplementMarks) and each.confirms for each in marks)
