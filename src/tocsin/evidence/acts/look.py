"""Looking at a package without opening it: what it holds, whose hands it was in."""

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.dossiers.acts.look import note_look
from tocsin.evidence import reads
from tocsin.evidence.reads import PackageView
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads as requests


def look_at_package(package: str, *, reason: str = "", by: Actor, at: Instant) -> PackageView:
    """Show what a package holds; of who has its request in hand the reason is plain, others say it.

    Its files stay encrypted. Raises ``UnknownPackageError``, and ``DossierReasonError`` without a reason.
    """
    rights.check(by, Right.READ_REQUESTS)
    with transaction.atomic():
        found = reads.package_for(by, package)
        holds = "" if reason.strip() else _part_in(found, by)
        dossier = requests.dossier_of(found.request)
        note_look(
            "package", package, dossier=dossier, reason=reason.strip() or holds, derived=bool(holds), by=by, at=at
        )
    return found


def _part_in(found: PackageView, by: Actor) -> str:
    return "has its request in hand" if requests.is_held_by(found.request, by) else ""
