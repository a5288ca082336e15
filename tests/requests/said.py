"""Short ways to say what letters say, for tests."""

from dataclasses import replace
from typing import Any

from tests.requests.permitted import CEILING, FLOOR
from tocsin.base.ids import InstrumentId, LetterId, MemberId, RequestId
from tocsin.base.instant import Instant, parse, text
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import ClockId, DataCategory, LetterKind
from tocsin.requests.rules.letters import (
    NEW_DEADLINE,
    NO_GROUND_RAISED,
    Accept,
    Acknowledge,
    Ask,
    Body,
    Close,
    Condition,
    ConditionKind,
    Deliver,
    Disclose,
    Extend,
    FieldQuery,
    FollowUp,
    Indicate,
    Outcome,
    PathLine,
    Postpone,
    Preserved,
    Query,
    Refuse,
    Release,
    ReleaseReason,
    Signature,
    Supplement,
    Why,
    Withdraw,
    Withheld,
    marks_of,
)
from tocsin.requests.rules.marks import Stage, Urgency, Whether
from tocsin.requests.rules.permits import Permits
from tocsin.requests.rules.steps import Step

EARLY = parse("2026-11-24T01:00:00.000Z")
LATER = parse("2026-11-26T12:00:00.000Z")
PACKAGE = "ab" * 32
REFERENCE = "PT 31/2026"


def ask(**members: Any) -> Ask:
    plain = Ask(
        form={"facts": "An account was taken over."},
        categories=(DataCategory.SUBSCRIBER,),
        case_reference="RO 7/2026",
    )
    return replace(plain, **members)


def query(*fields: str, why: Why = Why.MISSING, preserved: bool | None = None) -> Query:
    return Query(fields=tuple(FieldQuery(field=name, why=why) for name in fields or ("time",)), preserved=preserved)


def supplement(*fields: str, cannot: tuple[str, ...] = ()) -> Supplement:
    return Supplement(
        fields=dict.fromkeys(fields or ("time",), "said now"),
        cannot=dict.fromkeys(cannot, "nobody knows"),
    )


def new_deadline(clock: str, until: Instant) -> Supplement:
    return Supplement(fields={NEW_DEADLINE: {"clock": clock, "until": text(until)}}, cannot={})


def no_ground_raised(by: str = "ie", *, at: Instant = EARLY) -> Supplement:
    return Supplement(fields={NO_GROUND_RAISED: {"by": by, "at": text(at), "letter": "cd" * 32}}, cannot={})


def validation() -> Supplement:
    return Supplement(fields={}, cannot={}, validation=Signature(name="Ana Exemplu", role="prosecutor", at=EARLY))


def indicate(whether: Whether = Whether.YES, *, when: Instant = LATER) -> Indicate:
    if whether is Whether.NO:
        return Indicate(whether=whether, words="We keep no such data.")
    return Indicate(whether=whether, form="preservation confirmation", when=when)


def refuse(ground: str = "ETS185_POLITICAL", *, part: str | None = None) -> Refuse:
    return Refuse(ground=ground, reason="The offence is a political one.", part=part)


def postpone(ground: str = "ETS185_POSTPONE") -> Postpone:
    return Postpone(ground=ground, reason="It would prejudice an investigation of ours.", until=LATER)


def preserved(*, complete: bool = True, effected_at: Instant = EARLY, keeps_until: Instant | None = None) -> Preserved:
    return Preserved(effected_at=effected_at, scope="the mailbox", complete=complete, keeps_until=keeps_until)


def disclose() -> Disclose:
    return Disclose(lines=(PathLine(provider="Example Transit", path="192.0.2.7 to 198.51.100.9", country="BG"),))


def withhold(ground: str = "ETS185_POLITICAL") -> Disclose:
    return Disclose(withheld=Withheld(ground=ground, reason="It touches essential interests."))


def deliver(*, complete: bool = True) -> Deliver:
    return Deliver(package=PACKAGE, complete=complete)


def release(*, at: Instant = LATER, why: ReleaseReason = ReleaseReason.LAPSED) -> Release:
    return Release(released_at=at, scope="the mailbox", why=why)


def follow_up(stage: Stage = Stage.ISSUED, *, reference: str = REFERENCE) -> FollowUp:
    return FollowUp(
        stage=stage,
        reference=reference,
        at=EARLY,
        instrument=InstrumentId("budapest-31-stored"),
        outcome=Outcome.EXECUTED if stage is Stage.DECIDED else None,
    )


def extend(clock: ClockId = FLOOR, *, days: int = 30) -> Extend:
    return Extend(clock=clock, days=days)


def accept(*, conditional: bool = False) -> Accept:
    return Accept(conditions=(Condition(kind=ConditionKind.USE, words="As a lead only."),) if conditional else ())


def withdraw() -> Withdraw:
    return Withdraw(reason="The account was found elsewhere.")


def every_body(side: Side) -> tuple[Body, ...]:
    """Every kind of thing that a side can say, with what makes a difference in it."""
    if side is Side.ASKER:
        return (
            ask(),
            ask(validation_follows=True, urgency=Urgency.EMERGENCY, urgency_reason="A life is in danger."),
            ask(conditions=(Condition(kind=ConditionKind.USE, words="As a lead only."),)),
            supplement("time"),
            supplement("time", "port"),
            validation(),
            extend(FLOOR),
            extend(CEILING),
            follow_up(Stage.ANNOUNCED),
            follow_up(Stage.ISSUED),
            withdraw(),
            deliver(complete=False),
            deliver(),
            Close(),
        )
    return (
        Acknowledge(reference="PT 9/2026"),
        indicate(),
        indicate(Whether.NO),
        query("time"),
        accept(),
        accept(conditional=True),
        refuse("ETS185_POLITICAL"),
        refuse("ETS185_POLITICAL", part="content"),
        refuse("EEV_ENF_IMPOSSIBLE"),
        refuse("EEV_ENF_IMPOSSIBLE", part="content"),
        postpone(),
        preserved(complete=False),
        preserved(),
        disclose(),
        withhold(),
        deliver(complete=False),
        deliver(),
        release(),
        follow_up(Stage.DECIDED),
        extend(FLOOR),
        Close(),
    )


def kinds_of(bodies: tuple[Body, ...]) -> set[LetterKind]:
    return {body.kind for body in bodies}


def step_saying(body: Body, *, permits: Permits, written: Instant = EARLY) -> Step:
    """A step that stands nowhere: enough to ask whether it may be taken."""
    return Step(
        id=LetterId("any"),
        sha256=repr(body),
        thread=RequestId("any"),
        instrument=permits.instrument,
        kind=body.kind,
        sender=MemberId("any"),
        addressee=MemberId("other"),
        seq=1,
        prev=None,
        seen=None,
        written=written,
        exercise=False,
        marks=marks_of(body),
    )
