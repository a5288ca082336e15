"""Who is on duty at an instant, and who is told of an urgent letter that nobody opens.

The chain has three places: the **first**, who is on duty; the **deputy**; the **chief**. An urgent letter that came at
an instant is told at once to whoever is first then. As long as nobody opens it, the deputy is told when the set minutes
are over, the chief when as many again are over, and from then on all of them once an hour. Each is asked for at the
instant of the call, so a letter that came before a change of shift calls those who are on duty after it. A place that
nobody fills is passed over at once; where nobody at all is on duty, nobody can be named, and the call says so.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from tocsin.base.ids import PersonId
from tocsin.base.instant import Instant
from tocsin.law.calendar import zone_named

FIRST, DEPUTY, CHIEF = "first", "deputy", "chief"
PLACES = (FIRST, DEPUTY, CHIEF)
AGAIN = "again"
"""The calls after the chief's: to all, until somebody opens the letter."""
REPEATED_EVERY = timedelta(hours=1)
MINUTES = 15
"""Until somebody sets another number."""
LEAST_MINUTES, MOST_MINUTES = 1, 240
LONGEST = timedelta(days=7)
MOST_WEEKS = 26


@dataclass(frozen=True, slots=True)
class Turn:
    """A person on duty from ``begins`` on and before ``ends``."""

    id: str
    person: PersonId
    place: str
    zone: str
    begins: Instant
    ends: Instant

    def holds(self, at: Instant) -> bool:
        """Whether it is this person's turn at ``at``."""
        return self.begins <= at < self.ends


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is due: which, since when, and whom it tells; nobody where nobody is on duty."""

    place: str
    number: int
    """0, 1, 2 for the chain; then on."""
    at: Instant
    told: tuple[PersonId, ...]


def on_duty(turns: Iterable[Turn], *, at: Instant) -> dict[str, tuple[Turn, ...]]:
    """Who is on duty at an instant, by place; a place that nobody fills is empty."""
    held = [turn for turn in turns if turn.holds(at)]
    return {place: tuple(turn for turn in held if turn.place == place) for place in PLACES}


def gaps(turns: Iterable[Turn], *, since: Instant, until: Instant) -> list[tuple[Instant, Instant]]:
    """The times from ``since`` to ``until`` in which nobody is first."""
    found, reached = list[tuple[Instant, Instant]](), since
    for turn in sorted((each for each in turns if each.place == FIRST), key=lambda each: each.begins):
        if turn.begins > reached:
            found.append((reached, min(turn.begins, until)))
        reached = max(reached, turn.ends)
        if reached >= until:
            break
    if reached < until:
        found.append((reached, until))
    return [(begin, end) for begin, end in found if begin < end]


def repeated(begins: Instant, ends: Instant, *, zone: str, weeks: int) -> Iterator[tuple[Instant, Instant]]:
    """A turn in so many weeks: at the same time on the wall of its zone, whatever summer time does."""
    there = zone_named(zone)
    for week in range(weeks):
        yield _weeks_later(begins, there, week), _weeks_later(ends, there, week)


def _weeks_later(at: Instant, zone: tzinfo, weeks: int) -> Instant:
    wall = at.astimezone(zone)
    later = datetime.combine(wall.date() + timedelta(weeks=weeks), wall.time(), tzinfo=zone).replace(fold=wall.fold)
    return later.astimezone(at.tzinfo)


def calls(turns: Sequence[Turn], *, since: Instant, minutes: int, at: Instant) -> tuple[Call, ...]:
    """The calls that are due at ``at`` for a letter that has lain unopened since ``since``.

    Of those that are repeated the last alone: what was missed while nothing ran is not made up for.
    """
    step, found, due = timedelta(minutes=minutes), list[Call](), since
    for number, place in enumerate(PLACES):
        if due > at:
            return tuple(found)
        told = _persons(on_duty(turns, at=due)[place])
        if told:
            found.append(Call(place=place, number=number, at=due, told=told))
            due += step
    if not found:
        found.append(Call(place=FIRST, number=0, at=since, told=()))
        due += step
    again = (at - (due - step)) // REPEATED_EVERY
    if again >= 1:
        when = due - step + again * REPEATED_EVERY
        everybody = [turn for held in on_duty(turns, at=when).values() for turn in held]
        found.append(Call(place=AGAIN, number=len(PLACES) + again - 1, at=when, told=_persons(everybody)))
    return tuple(found)


def _persons(turns: Iterable[Turn]) -> tuple[PersonId, ...]:
    return tuple(dict.fromkeys(turn.person for turn in turns))
