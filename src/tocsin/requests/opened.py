"""Requests that began here within a time, for the node's own reckoning over them: nobody is shown their words."""

from collections.abc import Iterator

from tocsin.base.instant import Instant
from tocsin.requests.models import Request
from tocsin.requests.reads import Standing, standing_of


def standings_since(since: Instant, *, at: Instant) -> Iterator[Standing]:
    """Every request that was opened here from ``since`` on, as it stands at ``at``, the oldest first.

    It asks for no viewer, and may be called by what the node does by itself alone.
    """
    for row in Request.objects.filter(opened_at__gte=since, erased_at=None).order_by("opened_at", "id"):
        yield standing_of(row, at=at)
