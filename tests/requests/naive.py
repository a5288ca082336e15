"""The state of a thread the slow way: from the definitions, with sets, and nothing remembered.

It shares with the product which letter is lawful on what is the case (``moves``, which has a table
of its own) and the order of kinds that cross; the graph, the past of each letter and the line are
found here from the letters' hashes alone.
"""

from collections.abc import Iterable, Mapping

from tocsin.law.provisions import Side
from tocsin.law.vocabulary import LetterKind
from tocsin.requests.rules.moves import Standing, objection, overtaken, taken
from tocsin.requests.rules.permits import Permits
from tocsin.requests.rules.steps import Step
from tocsin.requests.rules.thread import Effect

CROSSING_ORDER: tuple[frozenset[LetterKind], ...] = (
    frozenset({LetterKind.ASK, LetterKind.ACKNOWLEDGE}),
    frozenset({LetterKind.PRESERVED, LetterKind.DISCLOSE, LetterKind.DELIVER, LetterKind.RELEASE}),
    frozenset({LetterKind.SUPPLEMENT}),
    frozenset({LetterKind.EXTEND, LetterKind.FOLLOW_UP}),
    frozenset({LetterKind.WITHDRAW}),
    frozenset({LetterKind.INDICATE, LetterKind.ACCEPT, LetterKind.POSTPONE, LetterKind.QUERY, LetterKind.REFUSE}),
    frozenset({LetterKind.CLOSE}),
)


class NaiveThread:
    """A set of letters between two members of which no place was written twice."""

    def __init__(self, steps: Iterable[Step], permits: Permits) -> None:
        self.steps: Mapping[str, Step] = {step.sha256: step for step in steps}
        self.permits = permits
        self.asker = next(step.sender for step in self.steps.values() if step.kind is LetterKind.ASK and step.seq == 1)

    def past(self, step: Step) -> frozenset[str]:
        """Everything that a letter builds on; raises ``KeyError`` when something of it is missing."""
        past: set[str] = set()
        waiting = [name for name in (step.prev, step.seen) if name is not None]
        while waiting:
            name = waiting.pop()
            if name not in past:
                past.add(name)
                waiting += [each for each in (self.steps[name].prev, self.steps[name].seen) if each is not None]
        return frozenset(past)

    def whole(self) -> frozenset[str]:
        """The letters of which nothing that they build on is missing."""
        return frozenset(name for name, step in self.steps.items() if self._is_whole(step))

    def standing(self, of: frozenset[str]) -> Standing:
        now = Standing()
        for step in self.line(of):
            now = self._after(now, step, of)
        return now

    def effects(self) -> dict[str, Effect]:
        whole = self.whole()
        effects = dict.fromkeys(self.steps, Effect.HELD)
        now = Standing()
        for step in self.line(whole):
            effects[step.sha256] = self._effect(now, step)
            now = self._after(now, step, whole)
        return effects

    def line(self, of: frozenset[str]) -> list[Step]:
        line: list[Step] = []
        left = {name: self.steps[name] for name in of}
        while left:
            done = {step.sha256 for step in line}
            ready = [step for step in left.values() if self.past(step) <= done]
            first = min(ready, key=self._rank)
            line.append(first)
            del left[first.sha256]
        return line

    def side(self, step: Step) -> Side:
        return Side.ASKER if step.sender == self.asker else Side.ASKED

    def _is_whole(self, step: Step) -> bool:
        try:
            return bool(self.past(step)) or step.kind is LetterKind.ASK
        except KeyError:
            return False

    def _rank(self, step: Step) -> tuple[int, bool]:
        order = next(n for n, kinds in enumerate(CROSSING_ORDER) if step.kind in kinds)
        return order, self.side(step) is Side.ASKED

    def _is_lawful(self, step: Step) -> bool:
        now = self.standing(self.past(step))
        return objection(now, step, side=self.side(step), permits=self.permits) is None

    def _effect(self, now: Standing, step: Step) -> Effect:
        if not self._is_lawful(step):
            return Effect.ILLEGAL
        overtaken_by = objection(now, step, side=self.side(step), permits=self.permits)
        return Effect.EFFECTIVE if overtaken_by is None else Effect.CROSSED

    def _after(self, now: Standing, step: Step, of: frozenset[str]) -> Standing:
        match self._effect(now, step):
            case Effect.ILLEGAL:
                return now
            case Effect.CROSSED:
                return overtaken(now, step, side=self.side(step), permits=self.permits)
            case _:
                line = self.line(of)
                before = line[: line.index(step)]
                unseen = [each for each in before if each.sha256 not in self.past(step)]
                others = [each for each in unseen if each.sender != step.sender]
                return taken(now, step, side=self.side(step), permits=self.permits, unseen=others)
