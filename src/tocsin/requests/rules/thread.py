"""The state of a thread, as a pure function of the set of its letters.

Letters come in any order, twice, late, or never. Two nodes that hold the same letters compute the
same state, whatever came first to whom. No clock and no instant takes part: what somebody writes
into ``written`` moves nothing.

**The graph.** Each side's letters are a chain (``seq`` and ``prev``); ``seen`` ties one chain to the
other. What a letter builds on, its *causal past*, is therefore a piece of each chain from its
beginning: its sender's letters before it, and the other side's up to the one in ``seen``.

**Whether a letter is lawful** is judged on its causal past alone. Nothing that comes later, and
nothing that its writer did not know, changes that verdict, and both sides come to it alike. An
unlawful letter keeps its place in the chain and has no effect, ever.

**The order.** The two chains are merged into one line in which every letter comes after all that it
builds on. Where both sides have a letter that could come next, the two have crossed, and they are
taken in this order, by kind (then the asking side's first, for want of any other reason):

1. ``ask``, ``acknowledge``: nothing can stand against them.
2. ``preserved``, ``disclose``, ``deliver``, ``release``: they report what has happened. A withdrawal
   that crosses a delivery cannot make the data not to have come, an extension or a follow-up that
   crosses a release cannot bring them back.
3. ``supplement``: it helps whatever comes after it. A query that crossed it asks for nothing that it
   gives; a refusal that crossed it still stands, for it was decided.
4. ``extend``, ``follow-up``: they protect data, so they come before what might end the request.
5. ``withdraw``: who has asked may always stop asking, so it comes before answers that are words.
6. ``indicate``, ``accept``, ``postpone``, ``query``, ``refuse``: the answers that are words.
7. ``close``: it claims that nothing more is to be said, so whatever crosses it is heard first.

**A letter that was overtaken** was lawful on its own past and is no longer so where it comes in the
line, because a letter of the other side that its writer had not seen stands before it. It is kept
and marked *crossed*. If it reports what has happened (2., and ``follow-up``) that is recorded all
the same; otherwise it has no effect. So:

====================================  ===========================================================
withdraw / deliver                    withdrawn, and the data have come: what becomes of them is
                                      for the asking side to say
withdraw / accept, query, refuse …    withdrawn; the answer had no effect
refuse / supplement                   refused; the supplement had effect before, and cures nothing
query / supplement                    only what the supplement does not give is still asked for
release / follow-up                   released; the follow-up is recorded and has to be decided
release / extend                      released; the extension had no effect
close / accept, indicate "yes" …      not closed: the matter was not at rest
close / close                         closed once
====================================  ===========================================================

**Gaps.** A letter that builds on one that is not there is *held*: it has its place but no effect,
and the missing one is named. **Two histories.** If one place was written twice, or both sides claim
to have asked, neither has effect nor anything that builds on them; a node that receives the second
refuses it (``check_letter``), so that only a node that lies to itself ever gets here.

The work is in proportion to the letters, plus the number of crossings.

Sources: design, sections 3 and 9(2); the articles are named in ``moves`` and in the tests' table.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tocsin.base.errors import TocsinError
from tocsin.base.ids import InstrumentId, MemberId, RequestId
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import LetterKind
from tocsin.requests.errors import (
    BrokenChainError,
    ExerciseMixedError,
    IllegalLetterError,
    NotYourMoveError,
    OtherInstrumentError,
    StrangerError,
    ThreadGapError,
    TwoHistoriesError,
)
from tocsin.requests.rules.letters import parse_body
from tocsin.requests.rules.moves import (
    SENTENCES,
    Objection,
    Phase,
    Standing,
    kind_objection,
    objection,
    overtaken,
    taken,
)
from tocsin.requests.rules.permits import Permits
from tocsin.requests.rules.steps import Step, step_of
from tocsin.wire.rules.letter import Letter

_ORDER: dict[LetterKind, int] = {
    LetterKind.ASK: 1,
    LetterKind.ACKNOWLEDGE: 1,
    LetterKind.PRESERVED: 2,
    LetterKind.DISCLOSE: 2,
    LetterKind.DELIVER: 2,
    LetterKind.RELEASE: 2,
    LetterKind.SUPPLEMENT: 3,
    LetterKind.EXTEND: 4,
    LetterKind.FOLLOW_UP: 4,
    LetterKind.WITHDRAW: 5,
    LetterKind.INDICATE: 6,
    LetterKind.ACCEPT: 6,
    LetterKind.POSTPONE: 6,
    LetterKind.QUERY: 6,
    LetterKind.REFUSE: 6,
    LetterKind.CLOSE: 7,
}
"""The tie rule. It is part of the protocol: a node with another one computes other states."""


class Effect(StrEnum):
    """What a letter does in its thread."""

    EFFECTIVE = "effective"
    CROSSED = "crossed"
    """Lawful when written, overtaken when it came in."""
    ILLEGAL = "illegal"
    """Not lawful on what its own writer knew: no effect, for both sides alike."""
    HELD = "held"
    """It builds on a letter that is not there."""
    CONTESTED = "contested"
    """Its place was written twice."""


class Flaw(StrEnum):
    """What is wrong with where a letter stands, whatever it says."""

    STRANGER = "stranger"
    OTHER_INSTRUMENT = "other-instrument"
    EXERCISE_MIXED = "exercise-mixed"
    PREV = "prev"
    SEEN = "seen"
    UNSEEN = "unseen"
    """It claims to have seen less than its sender's letter before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A letter and what it does. ``side`` is nothing for a stranger and where no ask is known."""

    step: Step
    side: Side | None
    effect: Effect
    reason: Objection | Flaw | None = None
    """Why it has no effect: for an illegal letter on its own past, for a crossed one where it came in."""
    unseen: tuple[str, ...] = ()
    """Hashes of the other side's letters that come before it and that its writer had not seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Letters that are missing: ``sha256`` of the last of them, and their places where these are known."""

    sha256: str
    sender: MemberId
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last letter of a side that is not held: what the next one follows, or sees."""

    seq: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadState:
    """All that follows from a set of letters."""

    thread: RequestId | None
    instrument: InstrumentId | None
    asker: MemberId | None
    asked: MemberId | None
    standing: Standing
    line: tuple[Placed, ...]
    """Every letter that has its place in the order, effective, crossed or illegal."""
    outside: tuple[Placed, ...]
    """Letters without a place: held, contested, or a stranger's."""
    gaps: tuple[Gap, ...]

    @property
    def phase(self) -> Phase:
        return self.standing.phase

    @property
    def exercise(self) -> bool:
        return any(placed.step.exercise for placed in self.line[:1])

    @property
    def complete(self) -> bool:
        """Whether nothing is known to be missing."""
        return not self.gaps and not self.outside

    def side_of(self, member: MemberId) -> Side | None:
        """Which side a member is; nothing for a stranger."""
        return {self.asker: Side.ASKER, self.asked: Side.ASKED}.get(member)

    def placed(self, sha256: str) -> Placed | None:
        return next((each for each in (*self.line, *self.outside) if each.step.sha256 == sha256), None)

    def head_of(self, side: Side) -> Head | None:
        mine = [each.step for each in self.line if each.side is side]
        return Head(seq=mine[-1].seq, sha256=mine[-1].sha256) if mine else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterPlace:
    """Where the next letter of a side stands: what goes into its ``seq``, ``prev`` and ``seen``."""

    seq: int
    prev: str | None
    seen: str | None


def state_of(letters: Iterable[Letter | Step], *, permits: Permits) -> ThreadState:
    """The state of the thread that these letters are. Order and repetition do not matter.

    Tombstones stand for their letters. Raises ``ValueError`` for letters of more than one thread.
    """
    steps = {step.sha256: step for step in map(_as_step, letters)}
    if len({step.thread for step in steps.values()}) > 1:
        raise ValueError("these letters are of more than one thread")
    return _Thread(steps, permits).state()


def check_letter(held: Iterable[Letter | Step], letter: Letter, *, permits: Permits) -> Placed:
    """What ``letter`` does in the thread of the letters ``held``, when it may be taken in at all.

    A letter that is held for a gap may be taken in: whether it is lawful shows when the gap is
    filled. A letter that was there already is no fault. Raises ``LetterBodyError`` for a body that
    says nothing; ``TwoHistoriesError``; ``StrangerError``, ``OtherInstrumentError``,
    ``ExerciseMixedError`` or ``BrokenChainError`` for one that stands in the wrong place; and
    ``IllegalLetterError`` for one that was not lawful on its own past.
    """
    parse_body(letter.kind, letter.body)
    placed = state_with(held, letter, permits=permits).placed(letter.sha256)
    if placed is None:  # pragma: no cover - every letter is somewhere
        raise LookupError(letter.sha256)
    return placed


def state_with(held: Iterable[Letter | Step], letter: Letter | Step, *, permits: Permits) -> ThreadState:
    """The state of the thread of the letters ``held`` once ``letter`` is in it, when it may be taken in at all.

    Raises what ``check_letter`` raises, but for the body: what a letter says, who read its body knows.
    """
    known, new = tuple(_as_step(each) for each in held), _as_step(letter)
    state = state_of((*known, new), permits=permits)
    placed = state.placed(new.sha256)
    error = None if placed is None else _refusal(state, placed, known)
    if error is not None:
        raise error
    return state


def may_write(state: ThreadState, side: Side, kind: LetterKind, *, permits: Permits) -> bool:
    """Whether ``side`` may write a letter of this kind next, for some content of it."""
    return why_not(state, side, kind, permits=permits) is None


def why_not(state: ThreadState, side: Side, kind: LetterKind, *, permits: Permits) -> Objection | None:
    """Why ``side`` may not write such a letter next."""
    return kind_objection(state.standing, kind, side=side, permits=permits)


def kinds_to_write(state: ThreadState, side: Side, *, permits: Permits) -> tuple[LetterKind, ...]:
    """Every kind of letter that ``side`` may write next, in the order of the protocol."""
    return tuple(kind for kind in LetterKind if may_write(state, side, kind, permits=permits))


def check_next(letters: Iterable[Letter | Step], letter: Step, *, permits: Permits) -> None:
    """Check a letter that one's own side is about to sign; raises ``NotYourMoveError``.

    ``letter`` is the step that it will be, with the place that ``next_letter_place`` gave.
    """
    state = state_of(letters, permits=permits)
    side = Side.ASKER if letter.kind is LetterKind.ASK else state.side_of(letter.sender)
    reason = objection(state.standing, letter, side=side, permits=permits) if side else Objection.NOT_ASKED
    if reason is not None:
        raise NotYourMoveError(kind=letter.kind.value, rule=SENTENCES[reason], objection=reason.value)


def next_letter_place(state: ThreadState, side: Side) -> LetterPlace:
    """Where the next letter of ``side`` stands, when it holds exactly the letters of ``state``.

    Raises ``ThreadGapError`` when one of its own letters is not in the line (a node that came back
    from an old backup, say): writing on would sign one place twice, and fork the thread.
    """
    own = {Side.ASKER: state.asker, Side.ASKED: state.asked}[side]
    missing = [gap.sha256 for gap in state.gaps if gap.sender == own]
    if missing or any(each.step.sender == own for each in state.outside):
        raise ThreadGapError(missing=", ".join(missing) or "what they build on")
    mine = state.head_of(side)
    other = state.head_of(_OTHER[side])
    return LetterPlace(
        seq=1 if mine is None else mine.seq + 1,
        prev=None if mine is None else mine.sha256,
        seen=None if other is None else other.sha256,
    )


_OTHER = {Side.ASKER: Side.ASKED, Side.ASKED: Side.ASKER}


def _as_step(letter: Letter | Step) -> Step:
    return letter if isinstance(letter, Step) else step_of(letter)


# --- the graph ------------------------------------------------------------------------------------


class _Thread:
    """One set of steps: who is who, which chains there are, and the line that they make."""

    def __init__(self, steps: dict[str, Step], permits: Permits) -> None:
        self._steps = steps
        self._permits = permits
        self._contested = _contested(steps.values())
        self._ask = self._find_ask()

    def state(self) -> ThreadState:
        ask = self._ask
        if ask is None:
            return self._without_ask()
        chains = {
            Side.ASKER: self._chain(ask.sender, ask.addressee),
            Side.ASKED: self._chain(ask.addressee, ask.sender),
        }
        walk = _Walk(ask, chains, self._permits)
        walk.run()
        placed = {each.step.sha256 for each in walk.line}
        outside = tuple(self._outside(step) for step in self._sorted() if step.sha256 not in placed)
        return ThreadState(
            thread=ask.thread,
            instrument=ask.instrument,
            asker=ask.sender,
            asked=ask.addressee,
            standing=walk.now,
            line=tuple(walk.line),
            outside=outside,
            gaps=tuple(self._gaps(outside, walk)),
        )

    def _find_ask(self) -> Step | None:
        """The letter that opens the thread: the first of its sender, which has seen nothing."""
        asks = [s for s in self._steps.values() if s.kind is LetterKind.ASK and s.seq == 1]
        opening = [s for s in asks if s.prev is None and s.seen is None and s.sha256 not in self._contested]
        return opening[0] if len(opening) == 1 else None

    def _without_ask(self) -> ThreadState:
        outside = tuple(self._outside(step) for step in self._sorted())
        some = next(iter(self._steps.values()), None)
        return ThreadState(
            thread=None if some is None else some.thread,
            instrument=None,
            asker=None,
            asked=None,
            standing=Standing(),
            line=(),
            outside=outside,
            gaps=tuple(self._gaps(outside, None)),
        )

    def _sorted(self) -> list[Step]:
        return sorted(self._steps.values(), key=lambda step: (step.sender, step.seq, step.sha256))

    def _chain(self, sender: MemberId, addressee: MemberId) -> list[Step]:
        """A sender's letters from the first, as far as each names the one before it."""
        by_place = {
            step.seq: step
            for step in self._steps.values()
            if step.sender == sender and step.addressee == addressee and step.sha256 not in self._contested
        }
        chain: list[Step] = []
        while (step := by_place.get(len(chain) + 1)) is not None:
            if step.prev != (chain[-1].sha256 if chain else None):
                break
            chain.append(step)
        return chain

    def _outside(self, step: Step) -> Placed:
        """What becomes of a letter that has no place in the line."""
        side = self._side(step)
        if self._ask is not None and side is None:
            return Placed(step=step, side=None, effect=Effect.ILLEGAL, reason=Flaw.STRANGER)
        if step.sha256 in self._contested:
            return Placed(step=step, side=side, effect=Effect.CONTESTED)
        before = None if step.prev is None else self._steps.get(step.prev)
        if before is not None and (before.sender != step.sender or before.seq != step.seq - 1):
            return Placed(step=step, side=side, effect=Effect.ILLEGAL, reason=Flaw.PREV)
        seen = None if step.seen is None else self._steps.get(step.seen)
        if seen is not None and seen.sender != step.addressee:
            return Placed(step=step, side=side, effect=Effect.ILLEGAL, reason=Flaw.SEEN)
        return Placed(step=step, side=side, effect=Effect.HELD)

    def _side(self, step: Step) -> Side | None:
        if self._ask is None:
            return None
        pair = (self._ask.sender, self._ask.addressee)
        sides = {pair: Side.ASKER, pair[::-1]: Side.ASKED}
        return sides.get((step.sender, step.addressee))

    def _gaps(self, outside: Sequence[Placed], walk: "_Walk | None") -> list[Gap]:
        """The letters that those held wait for, each once, and with its place where one of them knows it."""
        gaps: dict[str, Gap] = {}
        for placed in outside:
            for gap in self._missing(placed.step, walk) if placed.effect is Effect.HELD else ():
                if gap.sha256 not in gaps or gap.last is not None:
                    gaps[gap.sha256] = gap
        return list(gaps.values())

    def _missing(self, step: Step, walk: "_Walk | None") -> Iterator[Gap]:
        if step.prev is not None and step.prev not in self._steps:
            have = 0 if walk is None else walk.length_of(step.sender)
            yield Gap(sha256=step.prev, sender=step.sender, first=min(have + 1, step.seq - 1), last=step.seq - 1)
        if step.seen is not None and step.seen not in self._steps:
            yield Gap(sha256=step.seen, sender=step.addressee)


def _contested(steps: Iterable[Step]) -> frozenset[str]:
    """Letters whose place was written twice; two asks by two sides contest the beginning."""
    places: dict[tuple[MemberId | None, int], list[str]] = defaultdict(list)
    for step in steps:
        places[step.sender, step.seq].append(step.sha256)
        if step.kind is LetterKind.ASK and step.seq == 1:
            places[None, 0].append(step.sha256)
    return frozenset(sha256 for rivals in places.values() if len(rivals) > 1 for sha256 in rivals)


# --- the line -------------------------------------------------------------------------------------


class _Walk:
    """The merge of the two chains, letter by letter.

    A position is how many letters of each side have been taken. ``_trail`` keeps what was the case
    at each position that the merge passed. The past of a letter is a position too; where the merge
    did not pass through it, it left it at a letter that the past does not contain, and from there
    on the past holds only letters of the letter's own side: ``_standing_at`` walks those.
    """

    def __init__(self, ask: Step, chains: dict[Side, list[Step]], permits: Permits) -> None:
        self.now = Standing()
        self.line: list[Placed] = []
        self._ask = ask
        self._chains = chains
        self._permits = permits
        self._places = {side: {step.sha256: n for n, step in enumerate(chain, 1)} for side, chain in chains.items()}
        self._seen: dict[str, int] = {}
        self._verdicts: dict[str, Objection | Flaw | None] = {}
        self._taken = {Side.ASKER: 0, Side.ASKED: 0}
        self._trail = {(0, 0): self.now}

    def run(self) -> None:
        while (side := self._next_side()) is not None:
            self._take(side)

    def length_of(self, sender: MemberId) -> int:
        return len(self._chains[Side.ASKER if sender == self._ask.sender else Side.ASKED])

    def _next_side(self) -> Side | None:
        ready = [side for side in (Side.ASKER, Side.ASKED) if self._is_ready(side)]
        return min(ready, key=lambda side: _ORDER[self._head(side).kind], default=None)

    def _head(self, side: Side) -> Step:
        return self._chains[side][self._taken[side]]

    def _is_ready(self, side: Side) -> bool:
        """Whether the next letter of ``side`` is there, and all that it builds on has been taken."""
        if self._taken[side] == len(self._chains[side]):
            return False
        seen = self._head(side).seen
        return (
            seen is None
            or self._places[_OTHER[side]].get(seen, self._taken[_OTHER[side]] + 1) <= self._taken[_OTHER[side]]
        )

    def _take(self, side: Side) -> None:
        step = self._head(side)
        other = self._taken[_OTHER[side]]
        flaw = self._note_seen(side, step)
        past = self._standing_at(side, self._taken[side], self._seen[step.sha256])
        verdict = flaw or objection(past, step, side=side, permits=self._permits)
        self._verdicts[step.sha256] = verdict
        # Where nothing crossed, its writer knew all that is the case: what is against it here is what was there.
        here = verdict if past is self.now else self._against(self.now, side, step)
        unseen = self._unseen(side, step, other)
        self.line.append(self._placed(side, step, verdict, here, unseen))
        self.now = self._after(self.now, side, step, here, unseen)
        self._taken[side] += 1
        self._trail[self._taken[Side.ASKER], self._taken[Side.ASKED]] = self.now

    def _note_seen(self, side: Side, step: Step) -> Flaw | None:
        """How far the writer had read the other side, and what is wrong with the letter's place."""
        own = self._taken[side]
        before = self._seen[self._chains[side][own - 1].sha256] if own else 0
        claimed = 0 if step.seen is None else self._places[_OTHER[side]][step.seen]
        self._seen[step.sha256] = max(claimed, before)
        if claimed < before:
            return Flaw.UNSEEN
        if step.instrument != self._ask.instrument:
            return Flaw.OTHER_INSTRUMENT
        return Flaw.EXERCISE_MIXED if step.exercise != self._ask.exercise else None

    def _placed(
        self,
        side: Side,
        step: Step,
        verdict: Objection | Flaw | None,
        here: Objection | Flaw | None,
        unseen: Sequence[Step],
    ) -> Placed:
        effect = Effect.ILLEGAL
        if verdict is None:
            effect = Effect.EFFECTIVE if here is None else Effect.CROSSED
        hashes = tuple(each.sha256 for each in unseen)
        return Placed(step=step, side=side, effect=effect, reason=verdict or here, unseen=hashes)

    def _against(self, now: Standing, side: Side, step: Step) -> Objection | Flaw | None:
        """What is against ``step`` where ``now`` is the case: what was so for its writer, or what overtook it."""
        return self._verdicts[step.sha256] or objection(now, step, side=side, permits=self._permits)

    def _after(
        self, now: Standing, side: Side, step: Step, against: Objection | Flaw | None, unseen: Sequence[Step]
    ) -> Standing:
        """What is the case after ``step``, which ``against`` may have against it where it is taken."""
        if self._verdicts[step.sha256] is not None:
            return now
        if against is not None:
            return overtaken(now, step, side=side, permits=self._permits)
        return taken(now, step, side=side, permits=self._permits, unseen=unseen)

    def _unseen(self, side: Side, step: Step, other: int) -> list[Step]:
        return self._chains[_OTHER[side]][self._seen[step.sha256] : other]

    def _standing_at(self, side: Side, own: int, other: int) -> Standing:
        """What is the case after ``own`` letters of ``side`` and ``other`` of the other side."""
        back = own
        while (standing := self._trail.get(_position(side, back, other))) is None:
            back -= 1
        for n in range(back, own):
            step = self._chains[side][n]
            against, unseen = self._against(standing, side, step), self._unseen(side, step, other)
            standing = self._after(standing, side, step, against, unseen)
            self._trail[_position(side, n + 1, other)] = standing
        return standing


def _position(side: Side, own: int, other: int) -> tuple[int, int]:
    return (own, other) if side is Side.ASKER else (other, own)


# --- refusing -------------------------------------------------------------------------------------


def _refusal(state: ThreadState, placed: Placed, held: Iterable[Step]) -> TocsinError | None:
    step = placed.step
    if placed.effect is Effect.CONTESTED:
        return _two_histories(step, held)
    if placed.effect is not Effect.ILLEGAL:
        return None
    if isinstance(placed.reason, Flaw):
        return _flaw_error(state, step, placed.reason)
    rule = placed.reason or Objection.UNREADABLE
    side = "" if placed.side is None else placed.side.value
    return IllegalLetterError(kind=step.kind.value, side=side, rule=SENTENCES[rule], objection=rule.value)


def _flaw_error(state: ThreadState, step: Step, flaw: Flaw) -> TocsinError:
    match flaw:
        case Flaw.STRANGER:
            field = "from" if state.side_of(step.sender) is None else "to"
            value = step.sender if field == "from" else step.addressee
            return StrangerError(field=field, value=value, asker=state.asker, asked=state.asked)
        case Flaw.OTHER_INSTRUMENT:
            return OtherInstrumentError(instrument=step.instrument, expected=state.instrument)
        case Flaw.EXERCISE_MIXED:
            return ExerciseMixedError(rule="this thread is an exercise" if state.exercise else "this thread is real")
        case Flaw.PREV:
            return BrokenChainError(field="prev", rule="it names a letter that does not stand right before it")
        case Flaw.SEEN:
            return BrokenChainError(field="seen", rule="it names a letter that the other side did not write")
        case Flaw.UNSEEN:
            return BrokenChainError(field="seen", rule="the sender had seen more before")


def _two_histories(step: Step, held: Iterable[Step]) -> TwoHistoriesError:
    rivals = [
        each.sha256
        for each in held
        if each.sha256 != step.sha256
        and ((each.sender, each.seq) == (step.sender, step.seq) or {each.kind, step.kind} == {LetterKind.ASK})
    ]
    return TwoHistoriesError(seq=step.seq, sender=step.sender, known=", ".join(rivals), other=step.sha256)
