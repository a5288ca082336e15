"""Whom this node has told of what since an instant: alarms, and requests that went into somebody's hands.

For packages above that take it further; they get ids, kinds and persons, and nothing of what a request is about.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.base.ids import PersonId, RequestId
from tocsin.base.instant import Instant
from tocsin.requests.models import Alarm, HandOver

_MOST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Somebody was told of something about a request."""

    key: str
    """One for each time: the same thing has the same key whenever it is asked for."""
    request: RequestId
    kind: str
    """Of the alarm."""
    whom: tuple[str, ...]
    """Persons, and roles in the chain of duty."""
    at: Instant


def alarms_told(*, since: Instant) -> Iterator[Told]:
    """The alarms that rang since an instant, the newest first; of too many the last."""
    for row in Alarm.objects.filter(at__gte=since).order_by("-at", "-id")[:_MOST]:
        yield Told(
            key=f"alarm:{row.id}",
            request=RequestId(str(row.request_id)),
            kind=row.kind,
            whom=tuple(row.told),
            at=row.at,
        )


def hand_overs_told(*, since: Instant) -> Iterator[Told]:
    """The requests that somebody else gave into a person's hands since an instant, the newest first."""
    for row in HandOver.objects.filter(at__gte=since).order_by("-at", "id")[:_MOST]:
        if row.given_by != row.to:
            yield Told(
                key=f"hand-over:{row.id}",
                request=RequestId(str(row.request_id)),
                kind="hand-over",
                whom=(PersonId(str(row.to)),),
                at=row.at,
            )
