"""Looking whether the journal is still what it was, and raising an alarm if it is not."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import islice

from tocsin.base.instant import Instant
from tocsin.journal.acts.alarm import raise_alarm
from tocsin.journal.reads.audit import audits, findings
from tocsin.journal.rules.audit import Counts, Finding
from tocsin.proof.canonical import canonical

ALTERED = "journal.altered"

AT_START = 100_000
"""How many entries are looked at before a node starts, which takes seconds. All are looked at once a day."""

TOLD = 100
"""A journal that is altered in more places is altered."""


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit found, and what it looked at, for each log."""

    findings: Sequence[Finding]
    counts: Sequence[Counts]


def audit_journal(
    *,
    at: Instant,
    last: int | None = None,
    ours: Collection[bytes] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> Audited:
    """Audit the whole journal, or its ``last`` entries, and raise an alarm for each thing that was altered.

    ``ours`` are older public keys of this node. After ``TOLD`` findings the audit stops.
    """
    whole = audits(ours=ours, last=last)
    found = list(islice(findings(whole, progress=progress), TOLD))
    for finding in found:
        _sound(finding, at=at)
    return Audited(found, [audit.counts for audit in whole])


def audit_at_start(*, at: Instant, ours: Collection[bytes] = ()) -> Audited:
    """What a node does before it serves: audit the last ``AT_START`` entries, all tiles above them included."""
    return audit_journal(at=at, last=AT_START, ours=ours)


def _sound(finding: Finding, *, at: Instant) -> None:
    fields = {"origin": finding.origin, "thing": finding.thing, "rule": finding.rule}
    raise_alarm(
        ALTERED,
        origin=finding.origin,
        mark=f"{finding.origin}, {finding.sentence()}",
        sentence=f"The journal {finding.origin} was altered. {finding.sentence()}",
        evidence=canonical(fields).decode(),
        at=at,
    )
