"""What is asked of a partner: an organisation without a node whose people have accounts here.

She sees the requests that this house sent to her organisation, what was written in them and what her side said, and of
the rest of the house nothing. Row security says the same (migration 0017).
"""

from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, is_uuid
from tocsin.base.instant import Instant
from tocsin.dossiers.viewing import sight_of
from tocsin.law.provisions import Side
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.errors import UnknownRequestError
from tocsin.requests.models import Request
from tocsin.requests.reads import RequestLine, Standing
from tocsin.requests.rules.ways import BY_FORM

_MOST = 200


def organisation_of(viewer: Actor) -> MemberId:
    """The contact for which a partner works; empty for one whose organisation was not named."""
    rights.check(viewer, Right.ANSWER_AS_PARTNER)
    return MemberId(sight_of(viewer).partner_of)


def addressed_to(viewer: Actor) -> list[RequestLine]:
    """What is asked of the viewer's organisation: what is open, the most urgent first, then what has ended."""
    organisation = organisation_of(viewer)
    if not organisation:
        return []
    rows = Request.objects.filter(side=Side.ASKER.value, counterpart=organisation, channel=BY_FORM)
    open_ones = rows.filter(ended_at=None).order_by("due_strict", "opened_at")[:_MOST]
    ended = rows.filter(ended_at__isnull=False).order_by("-ended_at")[:_MOST]
    return [reads.line_of(row) for row in (*open_ones, *ended)]


def addressed_row(viewer: Actor, request: str) -> Request:
    """The row of a request that is addressed to the viewer's organisation; raises ``UnknownRequestError``."""
    organisation = organisation_of(viewer)
    rows = Request.objects.filter(side=Side.ASKER.value, counterpart=organisation, channel=BY_FORM)
    row = rows.filter(id=request).first() if organisation and is_uuid(request) else None
    if row is None:
        raise UnknownRequestError(request=request)
    return row


def addressed_standing(viewer: Actor, request: str, *, at: Instant) -> Standing:
    """A request as the asked side stands in it at an instant; raises ``UnknownRequestError``."""
    return reads.standing_of(addressed_row(viewer, request), at=at)
