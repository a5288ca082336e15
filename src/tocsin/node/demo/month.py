"""The EXERCISE month of the demo: thirty days of work, done by the desks' own acts and sent over the real wire.

The town begins thirty days in the past (``begin``: the first shift of clocks that have nothing to follow yet), and its
clocks go forward from one hour of work to the next, until they show the machine's own time. Within an hour everything
that a desk does is told to the clerk of its node at once; letters leave in batches. Before a case goes on at the other
node, what was written has arrived there.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Final

from tocsin.base import instant
from tocsin.base.instant import Instant
from tocsin.node.demo.month_cases import DAYS, MAIN, USUAL, Case, Step, cases, month_words
from tocsin.node.demo.month_clerk import Clerk
from tocsin.node.demo.plots import PLOTS
from tocsin.node.demo.town import Town

BACK: Final = timedelta(days=DAYS)
TICK: Final = timedelta(hours=6)
"""Longer, and an answer within the eight hours of Directive 2013/40 could come late."""
FRESH_SECONDS: Final = 0.25
"""So long a node's other processes may believe the clock that they read last (``node.wiring``)."""
_MONTHS_DESKS: Final = ("ro", "pt", "example-mail")


def begin(town: Town) -> timedelta:
    """Let all clocks of a town that has written nothing yet stand a month back; how far that is."""
    clerks = _clerks(town)
    _all(clerks, "shift", seconds=-int(BACK.total_seconds()))
    for clerk in clerks:
        clerk.leave()
    time.sleep(FRESH_SECONDS)
    return BACK


def _clerks(town: Town) -> list[Clerk]:
    return [Clerk(member, town.line_to(member, "tocsin.node.demo.month_clerk:work")) for member in town.houses]


@dataclass
class Month:
    """The month while it is played."""

    town: Town
    say: Callable[[str], None]
    shifted: timedelta
    """How far the town's clocks stand from the machine's."""
    count: int = USUAL
    clerks: Callable[[Town], list[Clerk]] = _clerks
    fresh: float = FRESH_SECONDS
    done: Counter[str] = field(default_factory=Counter)
    _clerks: dict[str, Clerk] = field(default_factory=dict)
    _requests: dict[int, str] = field(default_factory=dict)
    _dossiers: dict[str, list[str]] = field(default_factory=dict)
    _day: date | None = None

    def play(self) -> dict[str, Any]:
        """Play it to the end; what was done, and how the desks stand."""
        since = time.monotonic()
        self._clerks = {clerk.member: clerk for clerk in self.clerks(self.town)}
        ends = instant.true_now()
        month = sorted(cases(ends=ends, count=self.count), key=lambda case: case.opens)
        try:
            self._settle_in()
            for at, opening, going_on in _hours(month, ends):
                self._hour(at, opening, going_on)
                if at.date() != self._day:
                    self._tell_day(at)
            self._come_back()
            desks = {member: self._clerks[member].tell("standing") for member in ("ro", "pt")}
        finally:
            for clerk in self._clerks.values():
                clerk.leave()
        return {
            "cases": len(month),
            "done": dict(self.done),
            "desks": desks,
            "seconds": round(time.monotonic() - since, 1),
        }

    # -- before and after --------------------------------------------------------------------------

    def _settle_in(self) -> None:
        """Colleagues come, dossiers are made, the rota is planned."""
        words = month_words()
        for member, colleague in words["colleagues"].items():
            clerk = self._clerks[member]
            clerk.tell("join", **colleague)
            self._dossiers[member] = clerk.tell("make_dossiers", titles=words["dossier"][member], by=MAIN[member])
            zone = next(plot.zone for plot in PLOTS if plot.member == member)
            turns = clerk.tell(
                "plan_duty", first=MAIN[member], second=colleague["name"], zone=zone, weeks=DAYS // 7 + 1
            )
            self.done["dossiers"] += len(self._dossiers[member])
            self.done["turns"] += turns

    def _come_back(self) -> None:
        """The clocks show the machine's time again; what is due by then rings; the drill of the month is called."""
        self._shift(timedelta(0))
        words = month_words()
        for member, colleague in words["colleagues"].items():
            clerk, said = self._clerks[member], words["words"]["shift"][member]
            clerk.tell("hand_shift", by=colleague["name"], to=MAIN[member], words=said)
            self.done["shifts"] += 1
            self.done["drills"] += clerk.tell("call_drill", by=MAIN[member])
        for member in _MONTHS_DESKS:
            self._clerks[member].tell("answer_drills", by=MAIN[member])
        _all(self._of(*_MONTHS_DESKS), "ring")

    # -- one hour of work --------------------------------------------------------------------------

    def _hour(self, at: Instant, opening: Sequence[Case], going_on: Sequence[tuple[Case, Step]]) -> None:
        self._shift(at - instant.true_now())
        self._open(opening)
        for wave in _waves(going_on):
            self._do(wave)
            self._arrive()
        _all(self._of(*_MONTHS_DESKS), "ring")

    def _shift(self, wanted: timedelta) -> None:
        """Let the clocks go on; never back, and not past the machine's."""
        if self.shifted < wanted <= timedelta(0):
            seconds = int(wanted.total_seconds())
            _all(list(self._clerks.values()), "shift", seconds=seconds)
            self.shifted = timedelta(seconds=seconds)
            time.sleep(self.fresh)

    def _open(self, opening: Sequence[Case]) -> None:
        """All asks of this hour, side by side at each desk; they arrive before anything else happens."""
        queues = {member: [case for case in opening if case.sender == member] for member in MAIN}
        while any(queues.values()):
            asked = [queue.pop(0) for queue in queues.values() if queue]
            for case in asked:
                self._clerks[case.sender].begin("ask", content=case.content, by=case.by, signs=case.signs)
            for case in asked:
                self._requests[case.number] = self._clerks[case.sender].answer()
                self.done["requests"] += 1
                self.done["letters"] += 1
        if opening:
            self._arrive()

    def _do(self, wave: Sequence[tuple[Case, Step]]) -> None:
        """A wave of steps, each desk its own, side by side."""
        by_desk: dict[str, list[dict[str, Any]]] = {}
        for case, step in wave:
            by_desk.setdefault(step.member, []).append(self._told(case, step))
            self.done["letters" if step.act in {"letter", "pack"} else f"acts: {step.act}"] += 1
            self.done["packages"] += step.act == "pack"
        for member, steps in by_desk.items():
            self._clerks[member].begin("act", steps=steps)
        for member in by_desk:
            self._clerks[member].answer()

    def _told(self, case: Case, step: Step) -> dict[str, Any]:
        says = dict(step.says)
        if step.act == "dossier":
            says["dossier"] = self._dossiers[step.member][says.pop("place")]
        request = self._requests[case.number]
        return {"request": request, "act": step.act, "kind": step.kind, "by": step.by, "says": says}

    def _arrive(self) -> None:
        """Wait until every desk has what was written to it."""
        refused = [why for found in _all(self._of(*_MONTHS_DESKS), "settle") for why in found]
        if refused:
            raise RuntimeError(f"{len(refused)} letters of the month were refused; {refused[0]}")

    def _of(self, *members: str) -> list[Clerk]:
        return [self._clerks[member] for member in members]

    def _tell_day(self, at: Instant) -> None:
        self._day = at.date()
        self.say(
            f"{'':10}EXERCISE month: {at:%d %B}, {self.done['requests']} requests, {self.done['letters']} letters,"
            f" {self.done['packages']} packages"
        )


def _all(clerks: Sequence[Clerk], do: str, **told: Any) -> list[Any]:
    """Tell several clerks the same at once; what came of it at each."""
    for clerk in clerks:
        clerk.begin(do, **told)
    return [clerk.answer() for clerk in clerks]


def _hours(month: Sequence[Case], ends: Instant) -> Iterator[tuple[Instant, list[Case], list[tuple[Case, Step]]]]:
    """The hours of work in which something happens: when, what opens, and what goes on, in the order of time."""
    opening = [(case.opens, (case, None)) for case in month]
    steps = [(step.at, (case, step)) for case in month for step in case.steps]
    happening = sorted([*opening, *steps], key=lambda each: each[0])
    for number, group in groupby(happening, key=lambda each: _tick(each[0], ends)):
        here = [what for _, what in group]
        yield (
            ends - number * TICK,
            [case for case, step in here if step is None],
            [(case, step) for case, step in here if step is not None],
        )


def _tick(at: Instant, ends: Instant) -> int:
    """How many ticks before the end something is done: at the first at which its instant is past."""
    return int((ends - at) / TICK)


def _waves(steps: Sequence[tuple[Case, Step]]) -> Iterator[list[tuple[Case, Step]]]:
    """The steps of an hour in turns: within one, no case goes on at a node before it has what the other wrote."""
    left = list(steps)
    while left:
        turn: dict[int, str] = {}
        now: list[tuple[Case, Step]] = []
        later: list[tuple[Case, Step]] = []
        for case, step in left:
            here = turn.setdefault(case.number, step.member)
            held = case.number in {each.number for each, _ in later}
            (later if held or here != step.member else now).append((case, step))
        yield now
        left = later
