"""Who looked at one request: for the owner of its dossier, and for the data protection officer."""

from tocsin.base.actor import Actor
from tocsin.base.ids import DossierId, PersonId, is_uuid
from tocsin.dossiers.reads import LookLine
from tocsin.dossiers.viewing import sight_of
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests.models import Look


def looks_about(viewer: Actor, request: str) -> list[LookLine]:
    """The looks at a request, oldest first; for an owner those while it lay in a dossier of his.

    Raises ``RightMissingError`` for who answers for no dossier and may not read all looks.
    """
    sight = sight_of(viewer)
    if not sight.owns:
        rights.check(viewer, Right.READ_LOOKS)
    rows = Look.objects.filter(request_id=request) if is_uuid(request) else Look.objects.none()
    if not sight.all_looks:
        rows = rows.filter(dossier_id__in=sight.owns)
    return [
        LookLine(
            person=PersonId(str(row.person)),
            what="request",
            thing=str(row.request_id),
            dossier=DossierId(str(row.dossier_id)) if row.dossier_id else None,
            reason=row.reason,
            derived=row.derived,
            at=row.at,
        )
        for row in rows.order_by("at", "id")
    ]
