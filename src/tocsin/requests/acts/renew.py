"""Renewing the copies: what a request's row says of its state and clocks, after its letters changed or time passed."""

from collections.abc import Iterable

from tocsin.base.instant import Instant
from tocsin.requests import reads
from tocsin.requests.models import Request, StoredClock
from tocsin.requests.reads import Standing
from tocsin.requests.rules.moves import Phase

_ENDED = frozenset({Phase.CLOSED, Phase.REFUSED, Phase.WITHDRAWN, Phase.RELEASED})


def renew(row: Request, *, at: Instant) -> Standing:
    """Write state and clocks of a request as its letters have them at ``at``; return them.

    Nothing is decided here: the same letters give the same row, and the audit rebuilds it.
    """
    standing = reads.standing_of(row, at=at)
    state, nearest = standing.thread.state, standing.nearest
    if state.phase.value != row.state:
        row.changed_at = at
    row.state = state.phase.value
    row.ended_at = (row.ended_at or at) if state.phase in _ENDED and not state.standing.holding else None
    row.due_clock = nearest.clock.id if nearest else ""
    row.due_strict = nearest.strict if nearest else None
    row.due_latest = nearest.legal_latest if nearest else None
    row.next_look = standing.next_change
    row.save()
    _keep_clocks(row, standing.clocks)
    return standing


def _keep_clocks(row: Request, clocks: Iterable[reads.ClockLine]) -> None:
    kept = {clock.key: clock for clock in row.clocks.all()}
    for line in clocks:
        found = {
            "clock": line.clock.id,
            "phase": line.state.phase.value,
            "strict": line.strict,
            "latest": line.legal_latest,
        }
        before = kept.pop(line.key, None)
        if before is None or any(getattr(before, name) != value for name, value in found.items()):
            StoredClock.objects.update_or_create(request=row, key=line.key, defaults=found)
    StoredClock.objects.filter(id__in=[clock.id for clock in kept.values()]).delete()
