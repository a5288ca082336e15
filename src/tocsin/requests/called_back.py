"""What this house knows of a request beside its thread: call-backs, decisions to go without, and what is said forged.

Local to the side that is asked: no letter carries it, and no state follows from it (decision 0159).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from tocsin.base.ids import PersonId, RequestId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.law.instrument import instrument
from tocsin.law.provisions import Side
from tocsin.notices import reads as notices
from tocsin.notices.rules.features import Features, read_features
from tocsin.notices.rules.notice import CallBackWord
from tocsin.proof.canonical import Json
from tocsin.requests.models import CallBack, Forgery, Request, WithoutCallBack
from tocsin.requests.rules.call_back import (
    Call,
    CallStanding,
    CallState,
    Emergency,
    Outcome,
    call_standing,
    emergency_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLine:
    """A call that was made."""

    id: str
    number: str
    answered_by: str
    words: str
    outcome: Outcome
    by: PersonId
    by_name: str
    at: Instant
    confirmed_by: PersonId | None
    confirmed_name: str
    confirmed_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutLine:
    """A decision to give the data although nobody answered."""

    reason: str
    tried_since: Instant
    by_name: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeryLine:
    """Something that a person says is forged."""

    id: str
    request: RequestId | None
    features: Features
    words: str
    marked_by: PersonId
    marked_name: str
    marked_at: Instant
    confirmed_name: str
    confirmed_at: Instant | None
    warning: str
    """The id of the warning that went to everybody; empty before a second person confirmed it."""
    taken_back_name: str
    taken_back_at: Instant | None
    why: str

    @property
    def stands(self) -> bool:
        """Whether nobody took it back."""
        return self.taken_back_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackView:
    """A request and its call-back, as it stands."""

    standing: CallStanding
    minutes: int
    calls: tuple[CallLine, ...] = ()
    without: WithoutLine | None = None
    forgeries: tuple[ForgeryLine, ...] = ()
    told: tuple[CallBackWord, ...] = ()
    """What we told the other side of it."""
    heard: tuple[CallBackWord, ...] = ()
    """What the other side told us, of a request that came in our name."""

    @property
    def forgery(self) -> ForgeryLine | None:
        """What is said forged now."""
        return next((each for each in self.forgeries if each.stands), None)


NO_CALL_BACK = CallBackView(standing=CallStanding(state=CallState.NOT_NEEDED), minutes=0)


def called_back(
    row: Request, ask: Mapping[str, Json], supplements: Iterable[Mapping[str, Json]] = (), *, at: Instant
) -> CallBackView:
    """How a request stands with its call-back at ``at``; for the side that asked, what it was told of it."""
    request = RequestId(str(row.id))
    if row.side == Side.ASKER.value:
        heard = tuple(notices.words_about(request, ours=False))
        return CallBackView(standing=call_standing(None, (), at=at), minutes=0, heard=heard)
    emergency = emergency_of(instrument(row.instrument), ask, supplements)
    forgeries = forgeries_of(Forgery.objects.filter(request=row))
    calls = calls_of(row) if emergency else ()
    without = WithoutCallBack.objects.filter(request=row).first() if emergency else None
    minutes = this_node().limits.call_back_minutes
    return CallBackView(
        standing=_standing(emergency, calls, without, forgeries, minutes=minutes, at=at),
        minutes=minutes,
        calls=calls,
        without=_without(without) if without else None,
        forgeries=forgeries,
        told=tuple(notices.words_about(request, ours=True)) if emergency else (),
    )


def _standing(
    emergency: Emergency | None,
    calls: Sequence[CallLine],
    without: WithoutCallBack | None,
    forgeries: Sequence[ForgeryLine],
    *,
    minutes: int,
    at: Instant,
) -> CallStanding:
    return call_standing(
        emergency,
        [Call(outcome=each.outcome, at=each.at, confirmed=each.confirmed_at is not None) for each in calls],
        went_without=without is not None,
        forged=any(each.stands for each in forgeries),
        minutes=minutes,
        at=at,
    )


def calls_of(row: Request) -> tuple[CallLine, ...]:
    """The calls that were made about a request, the oldest first."""
    return tuple(
        CallLine(
            id=str(each.id),
            number=each.number,
            answered_by=each.answered_by,
            words=each.words,
            outcome=Outcome(each.outcome),
            by=PersonId(str(each.by)),
            by_name=each.by_name,
            at=each.at,
            confirmed_by=_person(each.confirmed_by),
            confirmed_name=each.confirmed_name,
            confirmed_at=each.confirmed_at,
        )
        for each in CallBack.objects.filter(request=row).order_by("at", "id")
    )


def forgeries_of(rows: Iterable[Forgery]) -> tuple[ForgeryLine, ...]:
    """Rows of forgeries as others may see them, the latest first."""
    return tuple(
        ForgeryLine(
            id=str(each.id),
            request=RequestId(str(each.request_id)) if each.request_id else None,
            features=read_features(each.features)[0],
            words=each.words,
            marked_by=PersonId(str(each.marked_by)),
            marked_name=each.marked_name,
            marked_at=each.marked_at,
            confirmed_name=each.confirmed_name,
            confirmed_at=each.confirmed_at,
            warning=str(each.warning or ""),
            taken_back_name=each.taken_back_name,
            taken_back_at=each.taken_back_at,
            why=each.why,
        )
        for each in sorted(rows, key=lambda each: each.marked_at, reverse=True)
    )


def _without(row: WithoutCallBack) -> WithoutLine:
    return WithoutLine(reason=row.reason, tried_since=row.tried_since, by_name=row.by_name, at=row.at)


def _person(found: UUID | None) -> PersonId | None:
    return PersonId(str(found)) if found else None
