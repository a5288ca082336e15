"""Writing down for somebody outside who looked at what: about one request, or in a time."""

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant, text
from tocsin.dossiers.reads import LookLine
from tocsin.evidence import reads
from tocsin.evidence.entries import LooksExported
from tocsin.journal import acts as journal
from tocsin.requests import reads as requests


def export_looks(
    *, by: Actor, at: Instant, since: Instant, until: Instant, request: str = "", dossier: str = ""
) -> list[LookLine]:
    """The looks from ``since`` on and before ``until``, as a list that leaves this node; the journal says so.

    With ``request`` those at the request, at its packages and at the draft that it was; raises what the reads raise.
    """
    with transaction.atomic():
        if request:
            listed = reads.looks_about(by, request)
            found = [each for each in listed if since <= each.at < until]
        else:
            found = requests.all_looks_for(by, since=since, until=until, dossier=dossier)
        told = LooksExported(request=request, dossier=dossier, since=text(since), until=text(until), lines=len(found))
        journal.record(told, by=by, at=at)
    return found
