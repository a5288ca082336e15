"""Renewing the copies: what requests' rows say of their state and clocks, after letters came or time passed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tocsin.base.ids import InstrumentId
from tocsin.base.instant import Instant
from tocsin.law.instrument import instrument
from tocsin.proof.canonical import Json
from tocsin.requests import reads
from tocsin.requests.models import Request, change_rows, keep_clocks
from tocsin.requests.reads import Standing
from tocsin.requests.rules.moves import Phase
from tocsin.requests.rules.reckoning import Reckoning
from tocsin.requests.rules.subjects import subjects_of

_ENDED = frozenset({Phase.CLOSED, Phase.REFUSED, Phase.WITHDRAWN, Phase.RELEASED})


def renew(row: Request, *, at: Instant) -> Standing:
    """Write state and clocks of a request as its letters have them at ``at``; return them, with the row as it is now.

    Nothing is decided here: the same letters give the same row, and a test rebuilds it.
    """
    standing = reads.standing_of(row, at=at)
    renew_all([(row, standing.reckoning)])
    return replace(standing, thread=replace(standing.thread, line=reads.line_of(row)))


def renew_all(reckoned: Sequence[tuple[Request, Reckoning]]) -> None:
    """Write down what many requests were reckoned to come to, each once, in a fixed number of statements."""
    for row, reckoning in reckoned:
        copy(row, reckoning)
    change_rows([row for row, _ in reckoned])
    keep_all_clocks(reckoned)


def copy(row: Request, reckoning: Reckoning) -> None:
    """Put what a request comes to into its row, which is not saved here."""
    state, nearest, at = reckoning.state, reckoning.nearest, reckoning.at
    phase, waits_for = state.phase, state.standing.waits_for
    if phase.value != row.state:
        row.changed_at = at
    row.state = phase.value
    ended = phase in _ENDED and not state.standing.holding
    row.ended_at = (row.ended_at or at) if ended or row.joined_to_id is not None else None
    row.due_clock = nearest.clock.id if nearest else ""
    row.due_strict = nearest.strict if nearest else None
    row.due_latest = nearest.legal_latest if nearest else None
    row.due_by = nearest.clock.by.value if nearest else ""
    row.waits_for = waits_for.value if waits_for else ""
    row.next_look = reckoning.next_change


def keep_all_clocks(reckoned: Sequence[tuple[Request, Reckoning]]) -> None:
    """Keep the clocks of requests as they stand."""
    keep_clocks(
        [row.id for row, _ in reckoned],
        [
            (row.id, line.key, line.clock.id, line.state.phase.value, line.strict, line.legal_latest)
            for row, reckoning in reckoned
            for line in reckoning.clocks
        ],
    )


def subjects_in(row: Request, form: Mapping[str, Json]) -> list[tuple[object, str]]:
    """Whose data an ask is about, to find it by, each beside its request; written down once, when that begins here."""
    found = subjects_of(instrument(InstrumentId(row.instrument)).form, form)
    return [(row.id, each) for each in sorted(found)]
