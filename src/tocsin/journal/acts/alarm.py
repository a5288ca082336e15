"""Alarms: what must not be, kept with its evidence until a person has seen it."""

from hashlib import sha256

from django.db import IntegrityError, transaction

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.journal.acts.append import record
from tocsin.journal.entries import JournalAlarmRaised, JournalAlarmSeen
from tocsin.journal.errors import UnknownAlarmError
from tocsin.journal.models import Alarm
from tocsin.journal.reads.tree import head

ENOUGH = 100


def raise_alarm(code: str, *, origin: str, mark: str, sentence: str, evidence: str, at: Instant) -> bool:
    """Keep the evidence and record the alarm, once for each ``code`` and ``mark``; whether it is new.

    A halted journal takes no entry: then the alarm stands without one, and the first entry under the
    new origin tells what happened. Once ``ENOUGH`` alarms of one code and origin wait for a person, more
    of them say nothing more and are not kept: a log that floods its witness fills no disk.
    """
    if Alarm.objects.filter(code=code, mark=mark).exists() or _enough_wait(code, origin):
        return False
    kept = Alarm(code=code, origin=origin, mark=mark, sentence=sentence, evidence=evidence, at=at)
    try:
        with transaction.atomic():
            kept.entry = _recorded(kept, at=at)
            kept.save(force_insert=True)
    except IntegrityError:
        if Alarm.objects.filter(code=code, mark=mark).exists():
            return False  # another process saw the same thing at the same time
        raise
    return True


def see_alarm(number: int, *, by: Actor, at: Instant) -> None:
    """Say that a person has seen an alarm; raises ``UnknownAlarmError`` if none of this number waits."""
    with transaction.atomic():
        kept = Alarm.objects.select_for_update().filter(pk=number, seen_at=None).first()
        if kept is None:
            raise UnknownAlarmError(number=number)
        place = record(JournalAlarmSeen(alarm=number), by=by, at=at)
        Alarm.objects.filter(pk=number).update(seen_at=at, seen_entry=place.index)


def _enough_wait(code: str, origin: str) -> bool:
    return Alarm.objects.filter(code=code, origin=origin, seen_at=None).count() >= ENOUGH


def _recorded(kept: Alarm, *, at: Instant) -> int | None:
    current = head()
    if current is not None and current.halted is not None:
        return None
    entry = JournalAlarmRaised(kept.code, kept.origin, sha256(kept.evidence.encode()).hexdigest())
    return record(entry, by=Actor.node(this_node().member), at=at).index
