"""Doing once what is sent twice: a form carries a key, and its act happens with the key or not at all."""

from collections.abc import Callable
from datetime import timedelta

from django.db import connection, transaction

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.requests.models import DoneOnce

_KEPT = timedelta(days=2)
_CLEARED = 100


def done_once(key: str, act: Callable[[], str], *, by: Actor, at: Instant) -> str:
    """Do ``act`` unless somebody did it under ``key``; where it led, now or the first time.

    Two that come together wait for one another; when ``act`` raises, the key is free again. Another person's key is not
    one's own: it leads nowhere, and nothing is done.
    """
    with transaction.atomic():
        if not _claimed(key, by, at):
            first = DoneOnce.objects.filter(key=key, person=by.person).first()
            return first.outcome if first else ""
        outcome = act()
        DoneOnce.objects.filter(key=key).update(outcome=outcome)
        old = DoneOnce.objects.filter(at__lt=at - _KEPT).order_by("at").values("key")[:_CLEARED]
        DoneOnce.objects.filter(key__in=list(old.values_list("key", flat=True))).delete()
    return outcome


def _claimed(key: str, by: Actor, at: Instant) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO requests_doneonce (key, person, outcome, at) VALUES (%s, %s, '', %s) ON CONFLICT DO NOTHING",
            [key, by.person, at],
        )
        return bool(cursor.rowcount == 1)
