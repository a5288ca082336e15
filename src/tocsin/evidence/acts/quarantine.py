"""A package that proves to be altered is set apart, and the journal says so, before anybody is told."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.errors import ProofError
from tocsin.base.instant import Instant
from tocsin.evidence.entries import PackageQuarantined
from tocsin.evidence.models import Package
from tocsin.journal import acts as journal


@contextmanager
def quarantining(row: Package, *, by: Actor, at: Instant) -> Iterator[None]:
    """Set the package apart when what is done in here raises a ``ProofError``, and raise it again."""
    try:
        yield
    except ProofError as fault:
        with transaction.atomic():
            Package.objects.filter(pk=row.pk).update(state=Package.State.QUARANTINED, fault=str(fault))
            told = PackageQuarantined(
                package=str(row.pk), request=str(row.request), code=fault.code, thing=str(fault.fields.get("name", ""))
            )
            journal.record(told, by=by, at=at)
        raise
