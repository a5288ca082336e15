"""Which letter is lawful when, and what it changes: one step of a thread at a time.

``objection`` says why a step may not be taken on what is the case so far, or nothing when it may.
``taken`` gives what is the case after it. Both look at a ``Standing`` of the request: facts only, no
letters, so that they can be read beside the articles:

============  ======================================================================================
acknowledge   once, while nothing has been decided (Art. 25(3): by fast means)
indicate      as often as the promise changes, while the matter is open (2013/40, Art. 13(1))
query         while the matter is open (2023/1543, Art. 10(6); Art. 29(6): does the asker go on?)
supplement    as long as the request stands, also after it was fulfilled: a validation may follow
              production (2023/1543, Art. 4(5)); a new deadline only for a clock that runs here, where
              the instrument lets the asking side set it anew, and never one in the past (Art. 10(8))
accept        once, while the matter is open; with conditions or without (Arts. 26(2), 27(6), 28)
refuse        while the matter is open, on a ground that this instrument opens to this side, for the
              whole or a part (Arts. 25(4), 27(4), 29(5); reasons: Art. 27(7))
postpone      while the matter is open, on a ground to postpone (Art. 27(5))
extend        while the request stands, by whom, as often and as long as the instrument says
              (2023/1543, Art. 11(1): once, 30 days)
preserved     until all is preserved, for what is held already and never for what will be
disclose      as long as the request stands; withheld on the two grounds of Art. 30(2) only
deliver       until all is delivered
release       of what was preserved, when the request is answered, withdrawn or refused; never while
              a follow-up is on its way, issued or undecided (Art. 29(7))
follow-up     announced or issued by the side that asks; decided by the other, once
withdraw      unless it was withdrawn, refused or released before; also after delivery, when a
              validation fails (2023/1543, Art. 4(5))
close         when the matter is at rest
============  ======================================================================================

*Open*: asked, and not withdrawn, refused as a whole, released, fulfilled or closed. *The request
stands*: the same, but it may be fulfilled. *At rest*: withdrawn, refused, released, said to be left
unanswered, or fulfilled with nothing being held; a preservation is held until every follow-up is
decided, and until there was one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from tocsin.law.provisions import Side
from tocsin.law.vocabulary import GroundUse, LetterKind
from tocsin.requests.rules import marks as m
from tocsin.requests.rules.marks import Stage, Whether
from tocsin.requests.rules.permits import Permits
from tocsin.requests.rules.steps import Step


class Phase(StrEnum):
    """Where a request stands, as one word: the first that applies, from the end of this list."""

    NOT_ASKED = "not-asked"
    ASKED = "asked"
    ACKNOWLEDGED = "acknowledged"
    INDICATED = "indicated"
    DECLINED = "declined"
    """It was indicated that no answer will come (2013/40, Art. 13(1)): an answer, and not a refusal."""
    ACCEPTED = "accepted"
    DISCLOSED = "disclosed"
    """Only where disclosure is what was asked; beside a preservation it changes no phase."""
    PRESERVED = "preserved"
    PARTLY_DELIVERED = "partly-delivered"
    POSTPONED = "postponed"
    QUERIED = "queried"
    RELEASED = "released"
    DELIVERED = "delivered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class Delivered(StrEnum):
    """How much came."""

    NOTHING = "nothing"
    PART = "part"
    ALL = "all"


class Objection(StrEnum):
    """Why a letter may not be written, or has no effect. The values are codes; the sentences follow."""

    NOT_ASKED = "not-asked"
    ASKED_ALREADY = "asked-already"
    OTHER_SIDE = "other-side"
    NOT_IN_INSTRUMENT = "not-in-instrument"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    RELEASED = "released"
    FULFILLED = "fulfilled"
    SAID_ALREADY = "said-already"
    PART_REFUSED = "part-refused"
    NOTHING_PRESERVED = "nothing-preserved"
    NOT_YET_PRESERVED = "not-yet-preserved"
    FOLLOW_UP_PENDING = "follow-up-pending"
    FOLLOW_UP_UNKNOWN = "follow-up-unknown"
    FOLLOW_UP_KNOWN = "follow-up-known"
    STILL_OPEN = "still-open"
    NOT_AT_REST = "not-at-rest"
    CONDITIONS_OPEN = "conditions-open"
    GROUND = "ground"
    EXTENSION = "extension"
    EXTENSION_SPENT = "extension-spent"
    EXTENSION_LENGTH = "extension-length"
    CLOCK = "clock"
    DEADLINE = "deadline"
    DEADLINE_PAST = "deadline-past"
    UNREADABLE = "unreadable"


SENTENCES: Mapping[Objection, str] = {
    Objection.NOT_ASKED: "it does not build on an ask",
    Objection.ASKED_ALREADY: "the thread has its ask already",
    Objection.OTHER_SIDE: "letters of this kind are for the other side to write",
    Objection.NOT_IN_INSTRUMENT: "the instrument of this thread knows no such letter",
    Objection.CLOSED: "the request is closed",
    Objection.WITHDRAWN: "the request was withdrawn",
    Objection.REFUSED: "the request was refused",
    Objection.RELEASED: "the data were released",
    Objection.FULFILLED: "what was asked has been done",
    Objection.SAID_ALREADY: "it was said already",
    Objection.PART_REFUSED: "this part was refused already",
    Objection.NOTHING_PRESERVED: "nothing was preserved",
    Objection.NOT_YET_PRESERVED: "the instant of preservation lies after the letter itself",
    Objection.FOLLOW_UP_PENDING: "a follow-up is announced or not yet decided (Budapest, Art. 29(7))",
    Objection.FOLLOW_UP_UNKNOWN: "no follow-up of this reference is waiting for a decision",
    Objection.FOLLOW_UP_KNOWN: "this follow-up has come as far or further already",
    Objection.STILL_OPEN: "the request is still to be answered",
    Objection.NOT_AT_REST: "the matter is not at rest",
    Objection.CONDITIONS_OPEN: "the conditions of the ask were not yet answered (Budapest, Art. 26(2))",
    Objection.GROUND: "the ground is not one that this side may invoke for this under the instrument",
    Objection.EXTENSION: "the instrument lets this side extend no such clock",
    Objection.EXTENSION_SPENT: "the clock was extended as often as the instrument allows",
    Objection.EXTENSION_LENGTH: "the instrument fixes another length for the extension",
    Objection.CLOCK: "it carries a clock that its instrument does not have",
    Objection.DEADLINE: "no such deadline runs here, or nobody may set it anew (2023/1543, Art. 10(8))",
    Objection.DEADLINE_PAST: "the new deadline lies before the letter itself",
    Objection.UNREADABLE: "its body says nothing that a letter of its kind can say",
}


@dataclass(frozen=True, slots=True)
class OpenQuery:
    """A query's fields that are still to be given."""

    sha256: str
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A follow-up request by the hash of its reference, and how far it has come."""

    reference: str
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is the case in a request."""

    asked: bool = False
    clocks: frozenset[str] = frozenset()
    """The clocks that the ask carries."""
    acknowledged: bool = False
    indicated: Whether | None = None
    open_queries: tuple[OpenQuery, ...] = ()
    accepted: bool = False
    conditional: bool = False
    postponed: bool = False
    refused: bool = False
    refused_parts: frozenset[str] = frozenset()
    extensions: tuple[str, ...] = ()
    """The id of the clock for each extension."""
    wished: frozenset[str] = frozenset()
    """Clocks of which the asking side wishes an extension that is for the other side to grant."""
    preserved: bool = False
    all_preserved: bool = False
    disclosed: bool = False
    delivered: Delivered = Delivered.NOTHING
    follow_ups: tuple[FollowUp, ...] = ()
    released: bool = False
    withdrawn: bool = False
    validation_due: bool = False
    closed: bool = False
    fulfilled: bool = False
    conditions_open: bool = False
    """The ask set conditions, and the other side has not yet said whether it can keep them."""

    @property
    def phase(self) -> Phase:
        return next(phase for phase, applies in _PHASES if applies(self))

    @property
    def pending_follow_ups(self) -> tuple[FollowUp, ...]:
        return tuple(each for each in self.follow_ups if each.stage is not Stage.DECIDED)

    @property
    def holding(self) -> bool:
        """Whether preserved data are held for the side that asked."""
        if not self.preserved or self.released:
            return False
        free = self.withdrawn or self.refused or self.follow_ups or self.delivered is Delivered.ALL
        return bool(self.pending_follow_ups) or not free

    @property
    def at_rest(self) -> bool:
        if any(each.stage is Stage.ISSUED for each in self.follow_ups):
            return False
        if self.withdrawn or self.refused or self.released:
            return True
        return not self.holding if self.fulfilled else self.phase is Phase.DECLINED

    @property
    def waits_for(self) -> Side | None:
        """Whose move it is; nobody's when nothing more has to be said."""
        if self.closed or not self.asked:
            return None
        if self.open_queries:
            return Side.ASKER
        if self.wished or any(each.stage is Stage.ISSUED for each in self.follow_ups):
            return Side.ASKED
        return Side.ASKER if self.at_rest or self.fulfilled else Side.ASKED


_PHASES: tuple[tuple[Phase, Callable[[Standing], bool]], ...] = (
    (Phase.CLOSED, lambda now: now.closed),
    (Phase.WITHDRAWN, lambda now: now.withdrawn),
    (Phase.REFUSED, lambda now: now.refused),
    (Phase.DELIVERED, lambda now: now.delivered is Delivered.ALL),
    (Phase.RELEASED, lambda now: now.released),
    (Phase.QUERIED, lambda now: bool(now.open_queries)),
    (Phase.POSTPONED, lambda now: now.postponed),
    (Phase.PARTLY_DELIVERED, lambda now: now.delivered is Delivered.PART),
    (Phase.PRESERVED, lambda now: now.preserved),
    (Phase.DISCLOSED, lambda now: now.disclosed and now.fulfilled),
    (Phase.ACCEPTED, lambda now: now.accepted),
    (Phase.DECLINED, lambda now: now.indicated is Whether.NO),
    (Phase.INDICATED, lambda now: now.indicated is not None),
    (Phase.ACKNOWLEDGED, lambda now: now.acknowledged),
    (Phase.ASKED, lambda now: now.asked),
    (Phase.NOT_ASKED, lambda _: True),
)


# --- what may be written --------------------------------------------------------------------------


def kind_objection(now: Standing, kind: LetterKind, *, side: Side, permits: Permits) -> Objection | None:
    """Why ``side`` may not write any letter of this kind, or nothing when it may write some."""
    if kind is LetterKind.ASK:
        return Objection.ASKED_ALREADY if now.asked or side is not Side.ASKER else None
    if not now.asked:
        return Objection.NOT_ASKED
    if kind not in permits.of(side):
        return Objection.OTHER_SIDE if kind in permits.asker | permits.asked else Objection.NOT_IN_INSTRUMENT
    if now.closed:
        return Objection.CLOSED
    return _KIND_RULES[kind](now, side) or _waiting(now, kind, permits)


def objection(now: Standing, step: Step, *, side: Side, permits: Permits) -> Objection | None:
    """Why ``side`` may not write this very letter, or nothing when it may."""
    if step.marks is None:
        return Objection.UNREADABLE
    return kind_objection(now, step.kind, side=side, permits=permits) or _said_objection(now, step, side, permits)


def _waiting(now: Standing, kind: LetterKind, permits: Permits) -> Objection | None:
    return Objection.CONDITIONS_OPEN if now.conditions_open and kind in permits.waits else None


def _not_standing(now: Standing, _side: Side) -> Objection | None:
    if now.withdrawn:
        return Objection.WITHDRAWN
    if now.refused:
        return Objection.REFUSED
    # A release ends a preservation. Of what was delivered nothing ends with it: a validation that fails
    # afterwards still leads to a withdrawal (2023/1543, Art. 4(5)).
    return Objection.RELEASED if now.released and now.delivered is Delivered.NOTHING else None


def _not_open(now: Standing, side: Side) -> Objection | None:
    return _not_standing(now, side) or (Objection.FULFILLED if now.fulfilled else None)


def _until_all_came(now: Standing, side: Side) -> Objection | None:
    return _not_standing(now, side) or (Objection.FULFILLED if now.delivered is Delivered.ALL else None)


def _acknowledge_rule(now: Standing, side: Side) -> Objection | None:
    return _not_open(now, side) or (Objection.SAID_ALREADY if now.acknowledged else None)


def _accept_rule(now: Standing, side: Side) -> Objection | None:
    return _not_open(now, side) or (Objection.SAID_ALREADY if now.accepted else None)


def _preserved_rule(now: Standing, side: Side) -> Objection | None:
    return _until_all_came(now, side) or (Objection.SAID_ALREADY if now.all_preserved else None)


def _release_rule(now: Standing, _side: Side) -> Objection | None:
    if not now.preserved:
        return Objection.NOTHING_PRESERVED
    if now.released:
        return Objection.RELEASED
    if not (now.fulfilled or now.withdrawn or now.refused):
        return Objection.STILL_OPEN
    return Objection.FOLLOW_UP_PENDING if now.pending_follow_ups else None


def _follow_up_rule(now: Standing, side: Side) -> Objection | None:
    if side is Side.ASKER:
        return _not_standing(now, side)
    # What is pending has to be decided even when the request for preservation is over.
    return None if now.pending_follow_ups else Objection.FOLLOW_UP_UNKNOWN


def _close_rule(now: Standing, _side: Side) -> Objection | None:
    return None if now.at_rest else Objection.NOT_AT_REST


_KIND_RULES: Mapping[LetterKind, Callable[[Standing, Side], Objection | None]] = {
    LetterKind.ACKNOWLEDGE: _acknowledge_rule,
    LetterKind.INDICATE: _not_open,
    LetterKind.QUERY: _not_open,
    LetterKind.SUPPLEMENT: _not_standing,
    LetterKind.ACCEPT: _accept_rule,
    LetterKind.REFUSE: _not_open,
    LetterKind.POSTPONE: _not_open,
    LetterKind.EXTEND: _until_all_came,
    LetterKind.PRESERVED: _preserved_rule,
    LetterKind.DISCLOSE: _not_standing,
    LetterKind.DELIVER: _until_all_came,
    LetterKind.RELEASE: _release_rule,
    LetterKind.FOLLOW_UP: _follow_up_rule,
    LetterKind.WITHDRAW: _not_standing,
    LetterKind.CLOSE: _close_rule,
}


def _said_objection(  # noqa: PLR0911 - one flat table of kinds
    now: Standing, step: Step, side: Side, permits: Permits
) -> Objection | None:
    """What the instrument has against what this letter says."""
    match step.marks:
        case m.AskMarks(clocks=clocks):
            known = permits.clocks
            return Objection.CLOCK if known is not None and not known.issuperset(clocks) else None
        case m.SupplementMarks(deadline=m.NewDeadline() as deadline):
            return _deadline_objection(now, deadline, step, permits)
        case m.RefuseMarks() | m.PostponeMarks() | m.DiscloseMarks() as invoking:
            return _ground_objection(now, invoking, permits)
        case m.ExtendMarks() as extend:
            return _extend_objection(now, extend, side, permits)
        case m.PreservedMarks(effected_at=effected_at):
            return Objection.NOT_YET_PRESERVED if effected_at > step.written else None
        case m.FollowUpMarks() as follow_up:
            return _follow_up_objection(now, follow_up, side)
        case _:
            return None


def _deadline_objection(now: Standing, said: m.NewDeadline, step: Step, permits: Permits) -> Objection | None:
    if said.clock not in permits.set_anew & now.clocks:
        return Objection.DEADLINE
    return Objection.DEADLINE_PAST if said.until <= step.written else None


def _ground_objection(
    now: Standing, said: m.RefuseMarks | m.PostponeMarks | m.DiscloseMarks, permits: Permits
) -> Objection | None:
    if said.ground is not None and not permits.allows_ground(said.ground, _USES[said.kind]):
        return Objection.GROUND
    if isinstance(said, m.RefuseMarks) and said.part in now.refused_parts:
        return Objection.PART_REFUSED
    return None


_USES: Mapping[LetterKind, GroundUse] = {
    LetterKind.REFUSE: GroundUse.REFUSE,
    LetterKind.POSTPONE: GroundUse.POSTPONE,
    LetterKind.DISCLOSE: GroundUse.WITHHOLD,
}


def _extend_objection(now: Standing, extend: m.ExtendMarks, side: Side, permits: Permits) -> Objection | None:
    rule = permits.extension_of(extend.clock, by=side)
    if rule is None:
        return Objection.EXTENSION
    if rule.times is not None and now.extensions.count(extend.clock) >= rule.times:
        return Objection.EXTENSION_SPENT
    if rule.consent and side is Side.ASKER and extend.clock in now.wished:
        return Objection.SAID_ALREADY
    return Objection.EXTENSION_LENGTH if rule.days is not None and extend.days != rule.days else None


def _follow_up_objection(now: Standing, said: m.FollowUpMarks, side: Side) -> Objection | None:
    known = next((each.stage for each in now.follow_ups if each.reference == said.reference), None)
    if (said.stage is Stage.DECIDED) != (side is Side.ASKED):
        return Objection.OTHER_SIDE
    if said.stage is Stage.DECIDED:
        return Objection.FOLLOW_UP_UNKNOWN if known in {None, Stage.DECIDED} else None
    goes_on = known is None or (known is Stage.ANNOUNCED and said.stage is Stage.ISSUED)
    return None if goes_on else Objection.FOLLOW_UP_KNOWN


# --- what it changes ------------------------------------------------------------------------------

HAPPENED = frozenset(
    {
        LetterKind.PRESERVED,
        LetterKind.DISCLOSE,
        LetterKind.DELIVER,
        LetterKind.RELEASE,
        LetterKind.FOLLOW_UP,
    }
)
"""Kinds that report what has happened outside the thread. It has happened, whatever crossed it."""


def taken(now: Standing, step: Step, *, side: Side, permits: Permits, unseen: Iterable[Step] = ()) -> Standing:
    """What is the case after a lawful step.

    ``unseen`` are the other side's steps that come before this one in the order of the thread and
    that its writer had not seen: a query asks for nothing that a letter on its way already gives.
    """
    if isinstance(step.marks, m.ExtendMarks):
        after = _extended(now, step.marks, side, permits)
    else:
        after = _changed(now, step, unseen)
    if now.fulfilled or _fulfils(after, step.kind, permits):
        return replace(after, fulfilled=True, open_queries=(), postponed=False)
    return after


def overtaken(now: Standing, step: Step, *, side: Side, permits: Permits) -> Standing:
    """What is the case after a step that was lawful when written and no longer was when it came in.

    What it reports has happened; anything else that it wanted has no effect.
    """
    return taken(now, step, side=side, permits=permits) if step.kind in HAPPENED else now


def _fulfils(after: Standing, kind: LetterKind, permits: Permits) -> bool:
    if kind not in permits.fulfilled_by:
        return False
    if kind is LetterKind.PRESERVED:
        return after.all_preserved
    return kind is not LetterKind.DELIVER or after.delivered is Delivered.ALL


def _changed(now: Standing, step: Step, unseen: Iterable[Step]) -> Standing:  # noqa: C901, PLR0911, PLR0912 - a table
    match step.marks:
        case m.AskMarks(validation_follows=validation_follows, conditional=conditional, clocks=clocks):
            carried = frozenset([each.id for each in clocks])  # the first that is taken at all: nothing was the case
            return Standing(asked=True, clocks=carried, validation_due=validation_follows, conditions_open=conditional)
        case m.AcknowledgeMarks():
            return replace(now, acknowledged=True)
        case m.IndicateMarks(whether=whether):
            return replace(now, indicated=whether, conditions_open=False)
        case m.QueryMarks(fields=fields):
            return _queried(now, OpenQuery(step.sha256, frozenset(fields)), unseen)
        case m.SupplementMarks(fields=fields, validated=validated):
            after = replace(now, open_queries=_without(now.open_queries, fields))
            return replace(after, validation_due=now.validation_due and not validated)
        case m.AcceptMarks(conditional=conditional):
            return replace(now, accepted=True, conditional=conditional, postponed=False, conditions_open=False)
        case m.RefuseMarks(part=part):
            return _refused(now, part)
        case m.PostponeMarks():
            return replace(now, postponed=True)
        case m.PreservedMarks(complete=complete):
            return replace(now, preserved=True, all_preserved=now.all_preserved or complete, postponed=False)
        case m.DiscloseMarks():
            return replace(now, disclosed=True)
        case m.DeliverMarks(complete=complete):
            came = Delivered.ALL if complete or now.delivered is Delivered.ALL else Delivered.PART
            return replace(now, delivered=came, postponed=False)
        case m.ReleaseMarks():
            return replace(now, released=True, open_queries=())
        case m.FollowUpMarks() as follow_up:
            return replace(now, follow_ups=_followed_up(now.follow_ups, follow_up))
        case m.WithdrawMarks():
            # An announced follow-up was an intention, and its side has withdrawn; an issued one stands.
            kept = tuple(each for each in now.follow_ups if each.stage is not Stage.ANNOUNCED)
            return replace(now, withdrawn=True, open_queries=(), postponed=False, follow_ups=kept)
        case m.CloseMarks():
            return replace(now, closed=True)
        case m.ExtendMarks() | None:
            return now


def _extended(now: Standing, extend: m.ExtendMarks, side: Side, permits: Permits) -> Standing:
    rule = permits.extension_of(extend.clock, by=side)
    if rule is not None and rule.consent and side is Side.ASKER:
        return replace(now, wished=now.wished | {extend.clock})
    return replace(now, extensions=(*now.extensions, extend.clock), wished=now.wished - {extend.clock})


def _refused(now: Standing, part: str | None) -> Standing:
    if part is not None:
        return replace(now, refused_parts=now.refused_parts | {part})
    return replace(now, refused=True, open_queries=(), postponed=False)


def _queried(now: Standing, query: OpenQuery, unseen: Iterable[Step]) -> Standing:
    on_its_way = [name for step in unseen if isinstance(step.marks, m.SupplementMarks) for name in step.marks.fields]
    return replace(now, open_queries=(*now.open_queries, *_without((query,), on_its_way)))


def _without(queries: tuple[OpenQuery, ...], given: Iterable[str]) -> tuple[OpenQuery, ...]:
    names = frozenset(given)
    left = (OpenQuery(query.sha256, query.fields - names) for query in queries)
    return tuple(query for query in left if query.fields)


def _followed_up(known: tuple[FollowUp, ...], said: m.FollowUpMarks) -> tuple[FollowUp, ...]:
    order = list(Stage)
    before = next((each for each in known if each.reference == said.reference), None)
    if before is None:
        return (*known, FollowUp(said.reference, said.stage))
    stage = max(before.stage, said.stage, key=order.index)
    return tuple(FollowUp(each.reference, stage) if each is before else each for each in known)
