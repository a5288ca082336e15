"""What an instrument permits in a thread: which letters by whom, which grounds, which extensions.

A ``Permits`` is all that the rules of a thread need to know of the law; the instrument's file says
the rest. Both sides hold the same file, so both judge a letter alike.
"""

from dataclasses import dataclass
from enum import StrEnum

from tocsin.base.ids import InstrumentId
from tocsin.law.provisions import Instrument, Side
from tocsin.law.vocabulary import ClockId, LetterKind


class Use(StrEnum):
    """For what a ground may be invoked."""

    REFUSE = "refuse"
    POSTPONE = "postpone"
    WITHHOLD = "withhold"
    """Keep back the lines of a partial disclosure (Budapest, Art. 30(2))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A ground that the answering side may invoke in this thread, and for what."""

    code: str
    uses: frozenset[Use]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """By whom, how often and by how much a clock may be made longer; ``None`` means unbounded.

    With ``consent`` the asking side can only wish for it, and the other side's own ``extend`` grants
    it: Art. 29(7) of the Budapest Convention sets a floor and gives nobody a right to more.
    """

    clock: ClockId
    by: frozenset[Side]
    times: int | None = None
    days: int | None = None
    consent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Permits:
    """What each side may write, under one instrument.

    ``fulfilled_by`` names the letters that do what was asked: ``preserved`` for a preservation,
    ``deliver`` for an order to produce. ``waits`` names letters that wait, when the ask sets conditions,
    until the other side has accepted or indicated that it cannot (Budapest, Art. 26(2)).
    """

    instrument: InstrumentId
    asker: frozenset[LetterKind]
    asked: frozenset[LetterKind]
    fulfilled_by: frozenset[LetterKind]
    grounds: tuple[Ground, ...] = ()
    extensions: tuple[Extension, ...] = ()
    waits: frozenset[LetterKind] = frozenset()

    def of(self, side: Side) -> frozenset[LetterKind]:
        return self.asker if side is Side.ASKER else self.asked

    def allows_ground(self, code: str, use: Use) -> bool:
        return any(ground.code == code and use in ground.uses for ground in self.grounds)

    def extension_of(self, clock: ClockId, *, by: Side) -> Extension | None:
        return next((each for each in self.extensions if each.clock == clock and by in each.by), None)


def permits_of(law: Instrument) -> Permits:
    """What an instrument's file permits in a thread under it.

    A ground that holds only under a condition is let in here: whether it holds, the form's circumstances say, and the
    side that invokes it answers for that.
    """
    return Permits(
        instrument=law.id,
        asker=law.letters.asker,
        asked=law.letters.asked,
        fulfilled_by=law.letters.fulfilled_by,
        grounds=tuple(
            Ground(code=each.code, uses=frozenset(Use(use.value) for use in each.uses)) for each in law.grounds
        ),
        extensions=tuple(
            Extension(clock=each.clock, by=each.by, times=each.times, days=each.days, consent=each.consent)
            for each in law.extensions
        ),
        waits=law.letters.waits,
    )
