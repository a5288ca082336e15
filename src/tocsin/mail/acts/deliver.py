"""Letting mail leave: what waits is handed to the server, tried again later, and given up in the end.

A try is written down before it is made (``going_since``) and after it. Whoever dies between the two leaves a row that
says "somebody is at it" under a lock that nobody holds: then the mail may have gone. It is sent once more, under the
same Message-ID, so that the reader's own server can tell; if that try ends so too, the mail stops and a person decides.
"""

from uuid import UUID

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.mail import post, smtp
from tocsin.mail.entries import MailLeft, MailStopped
from tocsin.mail.models import OutgoingMail
from tocsin.mail.rules.backoff import GIVEN_UP_AFTER, wait_after
from tocsin.mail.smtp import Handed, Outcome
from tocsin.wire import locks

_AT_ONCE = 50


def deliver_waiting(*, at: Instant) -> int:
    """Hand over every mail whose turn it is; how many were taken. One that fails keeps none of the others."""
    if not post.settings().sends:
        return 0
    due = OutgoingMail.objects.filter(state="waiting", next_try__lte=at).order_by("next_try", "id")
    return sum(_one(mail, at=at) for mail in list(due.values_list("id", flat=True)[:_AT_ONCE]))


def _one(mail: UUID, *, at: Instant) -> bool:
    with locks.held_if_free(f"mail:{mail}") as free:
        row = _begun(mail, at=at) if free else None
        if row is None:
            return False
        settings = post.settings()
        handed = smtp.hand_over(
            bytes(row.content),
            sender=settings.address,
            to=row.to,
            settings=settings,
            secret=post.secret(post.SMTP),
        )
        return _ended(mail, handed, at=at)


def _begun(mail: UUID, *, at: Instant) -> OutgoingMail | None:
    """The row, with the try written down; nothing where another was quicker, or where it must not be tried again."""
    with transaction.atomic():
        row = OutgoingMail.objects.select_for_update().filter(id=mail, state="waiting", next_try__lte=at).first()
        if row is None:
            return None
        if row.going_since is not None:  # whoever was at it has died: nobody else can hold its lock
            if row.twice:
                _stop(row, "unsure", at=at)
                return None
            row.twice = True
        row.going_since, row.tries = at, row.tries + 1
        row.save(update_fields=["going_since", "tries", "twice"])
    return row


def _ended(mail: UUID, handed: Handed, *, at: Instant) -> bool:
    with transaction.atomic():
        row = OutgoingMail.objects.select_for_update().get(id=mail)
        row.going_since, row.said = None, handed.said
        match handed.outcome:
            case Outcome.TAKEN:
                row.state, row.ended_at, row.next_try = "sent", at, None
                row.save()
                told = MailLeft(request=str(row.request_id), mail=str(row.id), tries=row.tries, twice=row.twice)
                journal.record(told, by=Actor.node(this_node().member), at=at)
            case Outcome.REFUSED:
                _stop(row, "refused", at=at)
            case Outcome.UNSURE if row.twice:
                _stop(row, "unsure", at=at)
            case _ if at - row.written_at >= GIVEN_UP_AFTER:
                _stop(row, "given-up", at=at)
            case _:
                row.twice = row.twice or handed.outcome is Outcome.UNSURE
                row.next_try = at + wait_after(row.tries)
                row.save(update_fields=["going_since", "said", "twice", "next_try"])
    return handed.outcome is Outcome.TAKEN


def _stop(row: OutgoingMail, state: str, *, at: Instant) -> None:
    row.state, row.ended_at, row.going_since, row.next_try = state, at, None, None
    row.save()
    told = MailStopped(request=str(row.request_id), mail=str(row.id), state=state, tries=row.tries)
    journal.record(told, by=Actor.node(this_node().member), at=at)
