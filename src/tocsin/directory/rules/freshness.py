"""How long the directory's word is good when the hub is away.

Each piece of the directory's metadata has an end; the timestamp's comes within a day. From the earliest end
on, the directory is **stale**: nothing newer has proved that its cards are still in force. A node does not stop
for that. Its cards stay good for the grace, every letter sent meanwhile says since when the directory is
stale, and both sides see it. After the grace only cards confirmed by voice let letters in.

All instants here are true time, never an exercise's: a directory does not grow stale because somebody plays
next month.
"""

from collections.abc import Iterable
from datetime import timedelta

from tocsin.base.instant import Instant

GRACE = timedelta(days=14)
"""How long cards stay good after the directory went stale: two weeks, so that a hub that is away for one stops
nobody."""


def earliest_end(ends: Iterable[Instant]) -> Instant:
    """When the directory goes stale, from the ends of its pieces."""
    return min(ends)


def stale_since(end: Instant, *, at: Instant) -> Instant | None:
    """Since when the directory is stale at ``at``; ``None`` while it is fresh."""
    return end if at >= end else None


def beyond_grace(end: Instant, *, at: Instant) -> bool:
    """Whether the directory went stale longer ago than the grace."""
    return at >= end + GRACE
