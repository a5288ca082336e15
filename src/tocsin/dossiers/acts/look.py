"""Looking: at a dossier here; at what lies in it by the packages that know it, which tell it through ``note_look``."""

from collections.abc import Sequence

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import DossierId, new_uuid
from tocsin.base.instant import Instant
from tocsin.dossiers import reads
from tocsin.dossiers.acts.dossiers import check_reason
from tocsin.dossiers.entries import ThingLookedAt
from tocsin.dossiers.models import Look
from tocsin.dossiers.reads import DossierLine
from tocsin.journal import acts as journal


def look_at_dossier(dossier: str, *, reason: str, by: Actor, at: Instant, derived: bool = False) -> DossierLine:
    """Open a dossier and say why; the look is journalled (Directive (EU) 2016/680, Art. 25(2)).

    ``derived`` says that the reason follows from what the viewer does there. Raises ``DossierReasonError``.
    """
    with transaction.atomic():
        found = reads.dossier_for(by, dossier)
        note_look("dossier", dossier, dossier=found.id, reason=reason, by=by, at=at, derived=derived)
    return found


def note_look(
    what: str, thing: str, *, dossier: DossierId | None, reason: str, by: Actor, at: Instant, derived: bool = False
) -> str:
    """Write down and journal that somebody looks at a thing that he may see; the look's id.

    Called in the transaction that shows it, after it was found for the viewer. Raises ``DossierReasonError``.
    """
    check_reason(reason)
    with transaction.atomic():
        look = Look.objects.create(
            id=new_uuid(),
            person=by.person,
            what=what,
            thing=thing,
            dossier_id=dossier,
            reason=reason,
            derived=derived,
            at=at,
        )
        told = ThingLookedAt(
            what=what, id=thing, dossier=dossier or "", look=str(look.id), reason=reason, derived=derived
        )
        journal.record(told, by=by, at=at)
    return str(look.id)


def erase_looks(things: Sequence[str]) -> int:
    """Erase who looked at these things and why, with the things: in the caller's transaction, which records it."""
    return int(Look.objects.filter(thing__in=list(things)).delete()[0])
