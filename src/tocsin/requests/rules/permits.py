"""What an instrument permits in a thread: which letters by whom, which grounds, which extensions.

A ``Permits`` is all that the rules of a thread need to know of the law; the instrument's file says
the rest. Both sides hold the same file, so both judge a letter alike.
"""

from dataclasses import dataclass

from tocsin.base.ids import InstrumentId
from tocsin.law.grounds import ground
from tocsin.law.provisions import Instrument, Side
from tocsin.law.vocabulary import ClockId, GroundUse, InvokedBy, LetterKind, PartyKind
from tocsin.requests.rules.marks import CarriedClock

__all__ = ["Extension", "Ground", "Permits", "permits_of"]

_INVOKED_BY = {
    PartyKind.STATE: frozenset(InvokedBy) - {InvokedBy.ADDRESSEE},
    PartyKind.PROVIDER: frozenset({InvokedBy.ADDRESSEE}),
}
"""As whom the answering side can invoke a ground: a provider only as the addressee (2023/1543, Art. 16(3)(a))."""

_MAY_BE_SILENT = {LetterKind.REFUSE: GroundUse.REFUSE, LetterKind.POSTPONE: GroundUse.POSTPONE}
"""What may need no ground that the instrument names (2013/40, Art. 13 lists none). Lines of a partial
disclosure are never withheld without one (Budapest, Art. 30(2))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A ground that the answering side may invoke in this thread, and for what."""

    code: str
    uses: frozenset[GroundUse]


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
    silent_on: frozenset[GroundUse] = frozenset()
    """Uses for which the instrument names no ground: there the reason carries it, under any code."""
    extensions: tuple[Extension, ...] = ()
    waits: frozenset[LetterKind] = frozenset()
    set_anew: frozenset[ClockId] = frozenset()
    """Clocks whose deadline the asking side may set anew in a supplement (2023/1543, Art. 10(8))."""
    clocks: frozenset[CarriedClock] | None = None
    """The clocks that an ask under it can carry; ``None`` where that is not looked at."""

    def of(self, side: Side) -> frozenset[LetterKind]:
        return self.asker if side is Side.ASKER else self.asked

    def allows_ground(self, code: str, use: GroundUse) -> bool:
        return use in self.silent_on or any(each.code == code and use in each.uses for each in self.grounds)

    def extension_of(self, clock: ClockId, *, by: Side) -> Extension | None:
        return next((each for each in self.extensions if each.clock == clock and by in each.by), None)


def permits_of(instrument: Instrument) -> Permits:
    """What ``instrument`` permits in a thread under it.

    A ground whose conditions are not met in a case is still one of the instrument: whether it is
    invoked rightly is for people to argue. Only a ground that another kind of party owns is none.
    """
    grounds = _grounds(instrument)
    letters = instrument.letters
    named = frozenset(use for each in grounds for use in each.uses)
    return Permits(
        instrument=instrument.id,
        asker=letters.asker,
        asked=letters.asked,
        fulfilled_by=letters.fulfilled_by,
        waits=letters.waits,
        clocks=_clocks(instrument),
        set_anew=frozenset(each.id for each in instrument.clocks if LetterKind.SUPPLEMENT in each.set_anew_by),
        grounds=grounds,
        silent_on=frozenset(use for kind, use in _MAY_BE_SILENT.items() if kind in letters.asked) - named,
        extensions=tuple(
            Extension(clock=each.clock, by=each.by, times=each.times, days=each.days, consent=each.consent)
            for each in instrument.extensions
        ),
    )


def _clocks(instrument: Instrument) -> frozenset[CarriedClock]:
    own = {CarriedClock(id=each.id, of=instrument.id) for each in instrument.clocks}
    return frozenset(own | {CarriedClock(id=each.clock, of=each.of) for each in instrument.also})


def _grounds(instrument: Instrument) -> tuple[Ground, ...]:
    as_whom = _INVOKED_BY[instrument.parties.recipient]
    return tuple(
        Ground(code=each.code, uses=each.uses) for each in instrument.grounds if ground(each.code).invoked_by & as_whom
    )
