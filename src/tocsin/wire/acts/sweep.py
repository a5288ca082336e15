"""Asking again for everything that waits: at start, and every minute.

Jobs make things happen soon; this makes them happen at all. It looks at rows alone, so it does not
matter which jobs were lost, with which process, on which machine.
"""

from datetime import timedelta
from typing import Final

from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.wire import jobs, peers, reads
from tocsin.wire.acts.admit import forget_used_tickets
from tocsin.wire.acts.mailbox import expire_mail
from tocsin.wire.acts.uploads import expire_files, give_up_uploads
from tocsin.wire.models import Line, OutgoingFile, RateCount, RefusalCount
from tocsin.wire.rules.backoff import LineState, goes_round

_RATES_KEPT: Final = timedelta(minutes=10)
_COUNTS_KEPT: Final = timedelta(days=400)


def sweep(*, at: Instant) -> None:
    """Ask for the delivery of all that waits."""
    now = peers.machine_instant(at)
    lines = {row.peer: row for row in Line.objects.filter(down_since__isnull=False)}
    for peer in reads.peers_waited_for():
        jobs.deliver_soon(peer)
        row = lines.get(peer)
        if row and goes_round(LineState(failures=row.failures, down_since=row.down_since), at=now):
            jobs.relay_soon(peer)
    for name in OutgoingFile.objects.filter(state=OutgoingFile.State.WAITING).values_list("peer", flat=True).distinct():
        jobs.send_files_soon(MemberId(name))
    if peers.our_hub() is not None:
        jobs.pick_up_soon()


def expire(*, at: Instant) -> None:
    """Let go of what has served its time: mail nobody came for, tickets, counts, uploads that were given up."""
    now = peers.machine_instant(at)
    if this_node().hub == this_node().member:
        expire_mail(at=at)
        expire_files(at=at)
    give_up_uploads(at=at)
    forget_used_tickets(at=at)
    RateCount.objects.filter(minute__lt=now - _RATES_KEPT).delete()
    RefusalCount.objects.filter(day__lt=(now - _COUNTS_KEPT).date()).delete()
