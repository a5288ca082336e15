"""What counsel for the defence sees of the requests in a dossier: the letters, and nothing that is internal.

No notes, no hands, no looks, no drafts. Whoever else sees the dossier may ask as well: he is shown what counsel is.
"""

from dataclasses import dataclass

from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, RequestId
from tocsin.base.instant import Instant
from tocsin.dossiers import reads as dossiers
from tocsin.law.instrument import instrument
from tocsin.law.provisions import Instrument, Side
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests.models import Request
from tocsin.wire import reads as wire
from tocsin.wire.reads import KeptLetter

NOTIFICATION = "eev-epoc-notification"
"""The instrument by which another State is notified of an order (Regulation (EU) 2023/1543, Article 8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DefendedRequest:
    """A request as the defence sees it."""

    id: RequestId
    side: Side
    counterpart: MemberId
    law: Instrument
    state: str
    case_reference: str
    opened_at: Instant
    ended_at: Instant | None
    parent: RequestId | None
    """The order of which this notifies another State, or the request that this carries out."""
    letters: tuple[KeptLetter, ...]
    """Those that are withheld as well: whoever shows them leaves them out (``evidence.defence``)."""

    @property
    def notifies(self) -> bool:
        """Whether it is a notice to another State."""
        return self.law.id == NOTIFICATION


def requests_defended(viewer: Actor, dossier: str) -> list[DefendedRequest]:
    """The requests of a dossier that the viewer sees, the oldest first; raises ``UnknownDossierError``."""
    rights.check(viewer, Right.READ_DOSSIERS)
    rows = Request.objects.filter(dossier_id=dossiers.row_for(viewer, dossier).id).order_by("opened_at", "id")
    return [_defended(row) for row in rows]


def _defended(row: Request) -> DefendedRequest:
    request = RequestId(str(row.id))
    return DefendedRequest(
        id=request,
        side=Side(row.side),
        counterpart=MemberId(row.counterpart),
        law=instrument(row.instrument),
        state=row.state,
        case_reference=row.case_reference,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        parent=RequestId(str(row.parent_id)) if row.parent_id else None,
        letters=tuple(each for each in wire.kept_letters(request) if each.set_aside is None),
    )
