"""Renewing the copies: what a request's row says of its state and clocks, after its letters changed or time passed."""

from collections.abc import Iterable, Mapping

from tocsin.base.ids import InstrumentId, LetterId
from tocsin.base.instant import Instant
from tocsin.law.instrument import instrument
from tocsin.proof.canonical import Json
from tocsin.requests import reads
from tocsin.requests.models import Request, StoredClock, Subject
from tocsin.requests.reads import Standing
from tocsin.requests.rules.moves import Phase
from tocsin.requests.rules.subjects import subjects_of

_COPIES = ("changed_at", "state", "ended_at", "due_clock", "due_strict", "due_latest", "next_look")
"""What is bookkeeping; the rest of a row is changed by acts, which leave an entry."""
_ENDED = frozenset({Phase.CLOSED, Phase.REFUSED, Phase.WITHDRAWN, Phase.RELEASED})


def renew(row: Request, *, at: Instant, just_stored: Mapping[LetterId, Instant] | None = None) -> Standing:
    """Write state and clocks of a request as its letters have them at ``at``; return them.

    ``just_stored`` tells of letters of ours whose receipts are about to be stored.

    Nothing is decided here: the same letters give the same row, and the audit rebuilds it.
    """
    standing = reads.standing_of(row, at=at, just_stored=just_stored)
    state, nearest = standing.thread.state, standing.nearest
    if state.phase.value != row.state:
        row.changed_at = at
    row.state = state.phase.value
    row.ended_at = (row.ended_at or at) if state.phase in _ENDED and not state.standing.holding else None
    row.due_clock = nearest.clock.id if nearest else ""
    row.due_strict = nearest.strict if nearest else None
    row.due_latest = nearest.legal_latest if nearest else None
    row.next_look = standing.next_change
    row.save(update_fields=_COPIES)
    _keep_clocks(row, standing.clocks)
    return standing


def keep_subjects(row: Request, form: Mapping[str, Json]) -> None:
    """Write down whose data an ask is about, to find it by; once, when the request begins here."""
    found = subjects_of(instrument(InstrumentId(row.instrument)).form, form)
    Subject.objects.bulk_create([Subject(request=row, sha256=each) for each in sorted(found)])


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
