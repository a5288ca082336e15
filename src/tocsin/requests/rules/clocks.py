"""The clocks of a request: facts out of letters and receipts, counted by ``tocsin.law``.

Which clocks run, the ask says (``clocks`` in its body); what starts, meets, stops, lengthens and
lifts each, the instrument's file says; when, the receipts say. Nothing else takes part, so both
sides run the same clocks from the same letters and receipts, and a thread of tombstones runs them
too.

====================  ==========================================================================
a letter counts       at the instant in its *stored* receipt: what has to be received is tested at
                      receipt (C-171/03), and no side can date a letter back. A letter without a
                      receipt has not come; where it would meet a clock it is ``on_its_way``
``sent``, ``stated``  only where the law's file says so: the issue of an order, the moment of a
                      preservation, the moment at which data were let go
who has said it       the letters of the clock's own side that the starting letter had not seen. One
                      that was overtaken by a crossing letter was said all the same
a part                of a delivery, a preservation, a refusal meets a clock that words could meet as
                      well; a clock that asks for the thing itself asks for all of it
a query's clock       is met, and the stop that a query made ends, when the last of its fields was
                      given or said to be unknown (2023/1543, Arts. 10(6), 11(5))
a validation          that was to follow is brought by a supplement that holds it (2023/1543, Art. 4(5))
a new deadline        in a supplement that came before it ends takes the place of the clock's own; the last
                      counts (2023/1543, Art. 10(8))
a confirmation        that no ground will be raised counts for the addressee from when he was told of it
                      (10(2)); until then, at the side that has the authority's word, from that word
a withdrawal          lifts what the other side had still to do
silence               lifts where the law says so: five days without an answer to a query exempt the
                      addressee of an EPOC-PR from preserving (2023/1543, Art. 11(5)). Under 10(6) the
                      duty only stays stopped, and that is a stop like any other
a follow-up           holds what is kept from the receipt of an *issued* one until all are decided; an
                      announced one moves no clock and forbids a release all the same
an extension          that is only a wish (``permits``) moves nothing until the other side grants it
a promise             "by Thursday" starts a second clock beside the law's (scenario S04): a target of
                      the side that promised, replaced by its next word. So do the asker's own wish
                      for an answer by an instant, and a postponement until one. Without an article
                      there is a target, never a deadline
====================  ==========================================================================
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from tocsin.base.ids import InstrumentId
from tocsin.base.instant import Instant
from tocsin.law.calendar import Place
from tocsin.law.clock import ClockKind, ClockRule, NationalLimit, due
from tocsin.law.counting import RULES, Counting, Length, Span, Unit
from tocsin.law.instrument import clock_named
from tocsin.law.provisions import InstrumentClock, Moment, Side, StopUse
from tocsin.law.running import (
    STOPS,
    Extension,
    Interval,
    NewEnd,
    RunningClock,
    Stop,
    state_of,
)
from tocsin.law.vocabulary import ClockId, LetterKind
from tocsin.requests.rules import marks as m
from tocsin.requests.rules.marks import CarriedClock, Stage
from tocsin.requests.rules.permits import Permits
from tocsin.requests.rules.steps import Step
from tocsin.requests.rules.thread import Effect, Placed, ThreadState

PROMISED = ClockId("promised")
"""What the answering side said it would do by when."""
WISHED = ClockId("wished")
"""By when the asking side wishes an answer."""
POSTPONED = ClockId("postponed")
"""Until when the answering side put the matter off."""

_KEEPING = frozenset({ClockKind.MINIMUM_DURATION, ClockKind.MAXIMUM_DURATION})
_STOPPABLE = frozenset({ClockKind.DEADLINE_MAX, ClockKind.EXACT_OR_AFTER_CONFIRMATION, ClockKind.QUALITATIVE})
_BY_OTHERS = frozenset({"eev.12.2", "eev.17.3"})
"""Stops that an authority or a court makes which is neither side of the thread."""
_SILENCE_LIFTS = {ClockId("eev.11.1.preserve"): ClockId("eev.11.5.clarify_issuer")}
"""Duties that fall away when the other side misses a clock of its own. A late answer does not bring them
back (interpretation: Art. 11(5) says that the addressee is exempt, and nothing of a way back)."""
_WORDS = frozenset({LetterKind.ACKNOWLEDGE, LetterKind.INDICATE, LetterKind.ACCEPT, LetterKind.POSTPONE})
_SUBSTANCE = frozenset({LetterKind.DELIVER, LetterKind.PRESERVED, LetterKind.DISCLOSE, LetterKind.REFUSE})
_TARGET_MET_BY = {
    PROMISED: _SUBSTANCE,
    WISHED: _SUBSTANCE | {LetterKind.INDICATE, LetterKind.ACCEPT, LetterKind.POSTPONE},
    POSTPONED: _SUBSTANCE | {LetterKind.ACCEPT},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestClock:
    """A clock of a request: whose it is, on what it rests, what started it, and its facts.

    ``law`` is nothing for a target that rests on no article. ``on_its_way`` are the hashes of letters
    that would meet it and whose receipt has not come.
    """

    key: str
    """The clock's id and the hash of the letter that started it: the same on both sides."""
    id: ClockId
    by: Side
    running: RunningClock
    started_by: str
    law: InstrumentClock | None = None
    of: InstrumentId | None = None
    on_its_way: tuple[str, ...] = ()

    @property
    def article(self) -> str:
        """The article that it rests on; nothing for a target."""
        return self.running.rule.article

    @property
    def keeps(self) -> bool:
        """Whether it is data that it makes somebody keep."""
        return self.law is not None and self.law.rule.kind in _KEEPING


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What clocks hang on beside letters and receipts; each a fact that both sides can know.

    ``places`` says where each side acts (its card): without the place of a notified authority its
    clocks are left out. ``line_down`` are the times in which the way between the two was cut, as
    both sides' attempts prove. ``confirmed`` and ``stopped`` are what others did to a clock in threads
    of their own: a notified authority that raises no ground, or one (2023/1543, Arts. 10(2), 12(2)), a
    court before which an objection lies (17(3)). ``national`` gives what a State recorded of its own
    counting.
    """

    places: Mapping[Side, Place]
    line_down: tuple[Interval, ...] = ()
    confirmed: Mapping[ClockId, Instant] = field(default_factory=dict)
    stopped: Mapping[ClockId, tuple[Stop, ...]] = field(default_factory=dict)
    national: Callable[[ClockId, str], NationalLimit | None] = lambda _clock, _country: None
    clock_named: Callable[[str], InstrumentClock] = clock_named
    begun: dict[tuple[ClockId, Instant], RunningClock] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    """Clocks as they begin here, by id and instant: kept, for many letters of a batch begin the same ones at once."""


def clocks_of(
    state: ThreadState, receipts: Mapping[str, Instant], *, permits: Permits, around: Surroundings
) -> tuple[RequestClock, ...]:
    """The clocks of a thread, in the order in which their letters started them.

    ``receipts`` holds, by a letter's hash, the instant at which its addressee stored it. How a clock
    stands at an instant, ``tocsin.law.running.state_of(clock.running, at=…)`` says. Raises ``KeyError``
    for a clock that no instrument has: ``permits`` keeps an ask with such a clock out.
    """
    facts = _Facts(state, receipts, permits, around)
    law = [clock for carried in facts.carried for clock in facts.law_clocks(carried)]
    return tuple(sorted((*law, *facts.targets()), key=facts.rank))


def clock_by_id(clocks: Iterable[RequestClock], clock_id: str) -> RequestClock | None:
    """The last of the clocks of that id."""
    return next((clock for clock in reversed(tuple(clocks)) if clock.id == clock_id), None)


# --- facts out of letters -------------------------------------------------------------------------


class _Facts:
    """The letters that were said, each with the instant at which it came."""

    def __init__(
        self, state: ThreadState, receipts: Mapping[str, Instant], permits: Permits, around: Surroundings
    ) -> None:
        self._receipts = receipts
        self._permits = permits
        self._around = around
        said = {Effect.EFFECTIVE, Effect.CROSSED}
        self._said: Sequence[Placed] = [placed for placed in state.line if placed.effect in said]
        self._place_in_line = {placed.step.sha256: n for n, placed in enumerate(state.line)}

    @property
    def carried(self) -> tuple[CarriedClock, ...]:
        ask = self._ask
        return ask.step.marks.clocks if ask and isinstance(ask.step.marks, m.AskMarks) else ()

    def rank(self, clock: RequestClock) -> tuple[int, str]:
        return self._place_in_line[clock.started_by], clock.id

    def law_clocks(self, carried: CarriedClock) -> Iterator[RequestClock]:
        """One clock of the law for each letter that starts it."""
        law = self._around.clock_named(carried.id)
        place = self._around.places.get(law.by)
        if place is None:
            return
        for started_by in self._said:
            since = self._since(law, started_by)
            if since is not None:
                yield self._law_clock(law, carried.of, started_by, since, place)

    def targets(self) -> Iterator[RequestClock]:
        """What was promised, wished or put off until an instant: the law has no number for these."""
        for placed in self._said:
            target = _target_in(placed.step)
            if target is not None and Side.ASKED in self._around.places:
                yield from self._target(target[0], target[1], placed)

    # What starts a clock

    def _since(self, law: InstrumentClock, placed: Placed) -> Instant | None:
        for trigger in law.starts:
            if trigger.letter is placed.step.kind:
                return self._at(trigger.moment, placed)
        return None

    def _at(self, moment: Moment, placed: Placed) -> Instant | None:
        match moment:
            case Moment.RECEIVED:
                return self._received(placed)
            case Moment.SENT:
                return placed.step.written
            case Moment.STATED:
                return _stated(placed.step)

    def _law_clock(
        self, law: InstrumentClock, of: InstrumentId, started_by: Placed, since: Instant, place: Place
    ) -> RequestClock:
        meeting = [each for each in self._after(started_by, law.by) if self._meets(law, each, started_by)]
        if len(self._said) == 1 and law.id not in _SILENCE_LIFTS:
            running = self._begun(law, started_by, since, place)
        else:
            running = self._running(law, started_by, since, place, meeting)
        return RequestClock(
            key=f"{law.id}:{started_by.step.sha256}",
            id=law.id,
            by=law.by,
            running=running,
            started_by=started_by.step.sha256,
            law=law,
            of=of,
            on_its_way=tuple(each.step.sha256 for each in meeting if self._received(each) is None),
        )

    def _begun(self, law: InstrumentClock, started_by: Placed, since: Instant, place: Place) -> RunningClock:
        """The clock of a thread in which nothing was said but the ask: it hangs on no more than when that came."""
        known = self._around.begun
        if (law.id, since) not in known:
            known[law.id, since] = self._running(law, started_by, since, place, ())
        return known[law.id, since]

    def _running(
        self, law: InstrumentClock, started_by: Placed, since: Instant, place: Place, meeting: Sequence[Placed]
    ) -> RunningClock:
        running = RunningClock(
            rule=law.rule,
            place=place,
            since=since,
            act=min((at for each in meeting if (at := self._act(law, each, started_by)) is not None), default=None),
            lifted=self._lifted(law),
            confirmation=self._confirmation(law),
            deviation=self._first(law.deviated_by, law.by, started_by),
            new_ends=tuple(self._new_ends(law)),
            stops=tuple(self._stops(law)) if law.rule.kind in _STOPPABLE else (),
            line_down=self._around.line_down,
            of=self._span_of(law, since),
            national=self._national(law, place),
            law_of=self._law_of(law, place),
            is_right=law.is_right,
        )
        return self._kept(law, started_by, running) if law.rule.kind in _KEEPING else running

    def _national(self, law: InstrumentClock, place: Place) -> NationalLimit | None:
        """What a State recorded of its own counting, where the law leaves it to its States."""
        return None if law.rule.counting in RULES else self._around.national(law.id, self._law_of(law, place))

    def _law_of(self, law: InstrumentClock, place: Place) -> str:
        """Whose national law counts: for 2023/1543, Art. 17, that of the issuing authority (17(9))."""
        asker = self._around.places.get(Side.ASKER)
        of_issuer = law.rule.counting is Counting.NATIONAL_LAW_OF_ISSUING_AUTHORITY
        return asker.country if of_issuer and asker is not None else place.country

    def _span_of(self, law: InstrumentClock, since: Instant) -> Span | None:
        """The unextended span of the clock that this one extends."""
        if law.rule.of is None:
            return None
        other = self._around.clock_named(law.rule.of)
        place = self._around.places.get(other.by)
        return None if place is None else due(other.rule, since=since, place=place).span

    # What meets, lifts and stops it

    def _meets(self, law: InstrumentClock, placed: Placed, started_by: Placed) -> bool:
        if placed.step.kind not in law.met_by:
            return False
        match placed.step.marks:
            case m.SupplementMarks(validated=validated):
                return validated if not isinstance(started_by.step.marks, m.QueryMarks) else True
            case m.DeliverMarks(complete=complete) | m.PreservedMarks(complete=complete):
                return complete or bool(_WORDS & set(law.met_by))
            case m.RefuseMarks(part=part):
                return part is None or bool(_WORDS & set(law.met_by))
            case m.ExtendMarks(clock=clock):
                return law.rule.of in {None, clock}
            case _:
                return True

    def _act(self, law: InstrumentClock, placed: Placed, started_by: Placed) -> Instant | None:
        match placed.step.marks:
            case m.ReleaseMarks(released_at=released_at) if law.rule.kind in _KEEPING:
                return released_at
            case m.SupplementMarks() if isinstance(started_by.step.marks, m.QueryMarks):
                return self._answered(started_by)
            case _:
                return self._received(placed)

    def _confirmation(self, law: InstrumentClock) -> Instant | None:
        """What the addressee was told comes first: both sides hold that letter, and only one the authority's own."""
        if not law.confirmed_by:
            return self._around.confirmed.get(law.id)
        told = self._earliest(
            each for each in self._said if isinstance(each.step.marks, m.SupplementMarks) and each.step.marks.confirms
        )
        return told or self._around.confirmed.get(law.id)

    def _new_ends(self, law: InstrumentClock) -> Iterator[NewEnd]:
        """The deadlines that were set anew; one that came when it was over already binds nobody."""
        for placed in self._said if law.set_anew_by else ():
            marks, at = placed.step.marks, self._received(placed)
            if not isinstance(marks, m.SupplementMarks) or marks.deadline is None or at is None:
                continue
            if placed.effect is Effect.EFFECTIVE and marks.deadline.clock == law.id and at < marks.deadline.until:
                yield NewEnd(at=at, until=marks.deadline.until)

    def _lifted(self, law: InstrumentClock) -> Instant | None:
        """A withdrawal frees the other side of what it had still to do."""
        lifting = law.lifted_by if law.by is Side.ASKER else (*law.lifted_by, LetterKind.WITHDRAW)
        lifted = self._earliest([each for each in self._said if each.step.kind in lifting])
        if law.id not in _SILENCE_LIFTS:
            return lifted
        return min((at for at in (lifted, *self._silences(law)) if at is not None), default=None)

    def _silences(self, law: InstrumentClock) -> Iterator[Instant]:
        """The ends of the clocks that the other side let pass in silence, whether they lie ahead or behind."""
        silent = _SILENCE_LIFTS[law.id]
        for carried in self.carried:
            for clock in self.law_clocks(carried) if carried.id == silent else ():
                end = _end(clock.running, clock.running.since)
                answered = clock.running.act
                if end is not None and (answered is None or answered >= end.legal_latest):
                    yield end.legal_latest

    def _stops(self, law: InstrumentClock) -> Iterator[Stop]:
        yield from self._around.stopped.get(law.id, ())
        for use in law.stops:
            for begun in self._said if use.why not in _BY_OTHERS else ():
                since = self._received(begun) if begun.step.kind in use.begun_by else None
                until = self._end_of_stop(use, begun)
                if since is not None and (until is None or until > since):
                    yield Stop(since=since, until=until, why=STOPS[use.why])

    def _end_of_stop(self, use: StopUse, begun: Placed) -> Instant | None:
        if isinstance(begun.step.marks, m.QueryMarks):
            return self._answered(begun)
        if begun.side is None:
            return None
        other = _OTHER[begun.side]
        return self._earliest(each for each in self._after(begun, other) if each.step.kind in use.ended_by)

    def _answered(self, query: Placed) -> Instant | None:
        """When the last field of a query came, or the word that it cannot be given."""
        left = set(query.step.marks.fields) if isinstance(query.step.marks, m.QueryMarks) else set()
        came: list[Instant] = []
        for placed in self._after(query, Side.ASKER):
            at = self._received(placed)
            if (
                isinstance(placed.step.marks, m.SupplementMarks)
                and at is not None
                and left & {*placed.step.marks.fields}
            ):
                left -= {*placed.step.marks.fields}
                came.append(at)
        return None if left else max(came, default=None)

    # What is kept

    def _kept(self, law: InstrumentClock, started_by: Placed, running: RunningClock) -> RunningClock:
        held = replace(running, follow_up=self._followed_up(law))
        promised = _promised(held, started_by.step)
        return self._extended(law, held if promised is None else promised)

    def _followed_up(self, law: InstrumentClock) -> Interval | None:
        """From the arrival of the first follow-up to the decision of the last (Budapest, Art. 29(7))."""
        if not law.followed_up_by:
            return None
        issued: dict[str, Instant] = {}
        decided: dict[str, Instant] = {}
        for placed in self._said:
            at = self._received(placed)
            if isinstance(placed.step.marks, m.FollowUpMarks) and at is not None:
                stage, reference = placed.step.marks.stage, placed.step.marks.reference
                if stage is not Stage.ANNOUNCED:
                    (issued if stage is Stage.ISSUED else decided).setdefault(reference, at)
        if not issued:
            return None
        since = min(issued.values())
        if issued.keys() - decided.keys():
            return Interval(since)
        return Interval(since, max(since, *(decided[reference] for reference in issued)))

    def _extended(self, law: InstrumentClock, running: RunningClock) -> RunningClock:
        """The clock with its extensions: each counts if it came before the end that ran until then.

        They add up. One that came too late is kept when it is the only one, so that it shows.
        """
        for placed in self._said:
            at = self._received(placed)
            if at is not None and self._extends(law, placed):
                running = _longer(running, placed.step, at)
        return running

    def _extends(self, law: InstrumentClock, placed: Placed) -> bool:
        marks = placed.step.marks
        if not isinstance(marks, m.ExtendMarks) or marks.clock != law.id or placed.side is None:
            return False
        rule = self._permits.extension_of(marks.clock, by=placed.side)
        is_wish = rule is not None and rule.consent and placed.side is Side.ASKER
        return placed.effect is Effect.EFFECTIVE and not is_wish

    # Targets

    def _target(self, clock_id: ClockId, until: Instant, placed: Placed) -> Iterator[RequestClock]:
        since = self._received(placed)
        if since is None:
            return
        meeting = [each for each in self._after(placed, Side.ASKED) if each.step.kind in _TARGET_MET_BY[clock_id]]
        running = RunningClock(
            rule=_target_rule(clock_id),
            place=self._around.places[Side.ASKED],
            since=since,
            target=until,
            act=self._earliest(meeting),
            lifted=self._earliest(each for each in self._said if self._replaces(each, placed)),
            line_down=self._around.line_down,
        )
        yield RequestClock(
            key=f"{clock_id}:{placed.step.sha256}",
            id=clock_id,
            by=Side.ASKED,
            running=running,
            started_by=placed.step.sha256,
            on_its_way=tuple(each.step.sha256 for each in meeting if self._received(each) is None),
        )

    def _replaces(self, later: Placed, placed: Placed) -> bool:
        """Whether a letter makes the target of another void: the request was withdrawn, or a new word given."""
        is_later = self._place_in_line[later.step.sha256] > self._place_in_line[placed.step.sha256]
        return later.step.kind is LetterKind.WITHDRAW or (later.step.kind is placed.step.kind and is_later)

    # Looking for letters

    @property
    def _ask(self) -> Placed | None:
        return self._said[0] if self._said else None

    def _received(self, placed: Placed) -> Instant | None:
        return self._receipts.get(placed.step.sha256)

    def _earliest(self, letters: Iterable[Placed]) -> Instant | None:
        return min((at for each in letters if (at := self._received(each)) is not None), default=None)

    def _first(self, kinds: Sequence[LetterKind], by: Side, started_by: Placed) -> Instant | None:
        if not kinds:
            return None
        return self._earliest(each for each in self._after(started_by, by) if each.step.kind in kinds)

    def _after(self, placed: Placed, side: Side) -> list[Placed]:
        """The letters of ``side`` that ``placed`` does not build on."""
        before = self._place_in_line[placed.step.sha256]
        return [
            each
            for each in self._said
            if each.side is side
            and (self._place_in_line[each.step.sha256] > before or each.step.sha256 in placed.unseen)
        ]


_OTHER = {Side.ASKER: Side.ASKED, Side.ASKED: Side.ASKER}


def _stated(step: Step) -> Instant:
    match step.marks:
        case m.PreservedMarks(effected_at=effected_at):
            return effected_at
        case m.ReleaseMarks(released_at=released_at):
            return released_at
        case _:
            return step.written


def _promised(running: RunningClock, step: Step) -> RunningClock | None:
    """The clock with what the holder itself promised beyond the law's floor, if it promised more."""
    if not isinstance(step.marks, m.PreservedMarks) or step.marks.keeps_until is None:
        return None
    end = _end(running, running.since)
    days = 0 if end is None else _whole_days(step.marks.keeps_until - end.strict)
    return _with_days(running, running.since, days) if days > 0 else None


def _longer(running: RunningClock, step: Step, at: Instant) -> RunningClock:
    end = _end(running, at)
    if end is None or not isinstance(step.marks, m.ExtendMarks):
        return running
    until, days = step.marks.until, step.marks.days or 0
    more = days if until is None else _whole_days(until - end.strict)
    counts = at < end.legal_latest or running.extension is None
    return _with_days(running, at, more) if counts and more > 0 else running


def _with_days(running: RunningClock, at: Instant, days: int) -> RunningClock:
    before = running.extension
    if before is None:
        return replace(running, extension=Extension(at=at, length=Length(days, Unit.DAYS)))
    return replace(running, extension=replace(before, length=Length(before.length.value + days, Unit.DAYS)))


def _end(running: RunningClock, at: Instant) -> Span | None:
    """The end as it stood at ``at``; nothing where the law gives no number."""
    return state_of(running, at=at).due.span


def _whole_days(span: timedelta) -> int:
    """Rounded up: what is promised to be kept is kept at least so long."""
    return -(-span // timedelta(days=1))


def _target_in(step: Step) -> tuple[ClockId, Instant] | None:
    """The target that a letter sets, and which it is."""
    match step.marks:
        case m.IndicateMarks(when=until):
            clock_id = PROMISED
        case m.AskMarks(reply_by=until):
            clock_id = WISHED
        case m.PostponeMarks(until=until):
            clock_id = POSTPONED
        case _:
            return None
    return None if until is None else (clock_id, until)


def _target_rule(clock_id: ClockId) -> ClockRule:
    return ClockRule(
        id=clock_id,
        article="",
        kind=ClockKind.QUALITATIVE,
        unit=Unit.WITHOUT_UNDUE_DELAY,
        counting=Counting.TREATY_NO_RULE,
        confirmed=True,
        source="the letter that says so",
    )
