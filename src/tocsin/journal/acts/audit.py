"""Looking whether the journal is still what it was, and raising an alarm if it is not."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from itertools import islice

from django.db import connection, transaction

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.journal.acts.alarm import raise_alarm
from tocsin.journal.acts.append import record
from tocsin.journal.entries import AuditAsked, AuditEnded, Entry
from tocsin.journal.models import AuditRun
from tocsin.journal.reads.audit import audits, findings
from tocsin.journal.reads.tree import head
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


# --- Audits that somebody asks for --------------------------------------------------------------


def ask_audit(*, by: Actor, at: Instant) -> str:
    """Ask that all of the journal be looked at; a worker does it, and its result is kept. The audit's id.

    While one waits or runs, it is that one: a second would look at the same.
    """
    with transaction.atomic():
        _one_at_a_time()
        waiting = AuditRun.objects.filter(ended_at=None).order_by("asked_at").first()
        if waiting is not None:
            return str(waiting.id)
        run = AuditRun.objects.create(id=new_uuid(), asked_by=by.person, asked_at=at)
        _tell(AuditAsked(audit=str(run.id)), by=by, at=at)
    return str(run.id)


def audit_as_asked(*, at: Instant, ours: Collection[bytes] = ()) -> list[str]:
    """Do the audits that were asked for and not done, and keep what they find; gives their ids.

    One that a worker began and died over is done again. What goes wrong is kept with it, and raised.
    """
    done = []
    for run in AuditRun.objects.filter(ended_at=None).order_by("asked_at", "id"):
        AuditRun.objects.filter(id=run.id).update(began_at=at)
        try:
            audited = audit_journal(at=at, ours=ours)
        except Exception as fault:
            AuditRun.objects.filter(id=run.id).update(ended_at=instant.now(), fault=f"{type(fault).__name__}: {fault}")
            raise
        _keep(str(run.id), audited)
        done.append(str(run.id))
    return done


def _keep(run: str, audited: Audited) -> None:
    ended = instant.now()
    told = AuditEnded(audit=run, entries=sum(one.entries for one in audited.counts), findings=len(audited.findings))
    with transaction.atomic():
        AuditRun.objects.filter(id=run).update(
            ended_at=ended,
            findings=[{"origin": one.origin, "thing": one.thing, "rule": one.rule} for one in audited.findings],
            counts=[asdict(one) for one in audited.counts],
        )
        _tell(told, by=Actor.node(this_node().member), at=ended)


def _tell(entry: Entry, *, by: Actor, at: Instant) -> None:
    """Record it; a halted journal takes no entry, and is audited all the same."""
    log = head()
    if log is None or log.halted is None:
        record(entry, by=by, at=at)


def _one_at_a_time() -> None:
    """Two who ask at once ask for one audit: the second waits here until the first has asked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('tocsin.journal.audit'))")
