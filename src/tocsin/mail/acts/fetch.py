"""Reading the mailbox of the settings: each mail after the last one, once, in the order in which they came."""

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.mail import imap, post
from tocsin.mail.acts.take_in import take_in
from tocsin.mail.models import Mailbox
from tocsin.wire import locks

_MOST_FAULT = 300


def fetch_mail(*, at: Instant) -> int:
    """Take in what came since; how many mails. What goes wrong with the server stands at the mailbox, not in an error.

    A kill between two mails leaves the first taken in and the second for the next turn: the row and how far the mailbox
    was read are one transaction. What came before in another way, or under another number, is known by its bytes: the
    numbers of another server may be the same as those of the last.
    """
    settings = post.settings()
    if not settings.reads:
        return 0
    place = f"{settings.imap_user}@{settings.imap_host}:{settings.imap_port}/{settings.imap_folder}"[:400]
    with locks.held_if_free(f"mailbox:{place}") as free:
        if not free:
            return 0
        try:
            taken = _fetch(place, at=at)
        except imap.MailboxError as error:
            _note(place, fault=str(error)[:_MOST_FAULT], at=None)
            return 0
        _note(place, fault="", at=at)
    return taken


def _fetch(place: str, *, at: Instant) -> int:
    settings, taken = post.settings(), 0
    with imap.open_mailbox(settings, post.secret(post.IMAP)) as mailbox:
        row = _row(place, mailbox.validity)
        for found in mailbox.after(row.last_uid, most_bytes=settings.most_bytes):
            where = f"{settings.imap_folder};{mailbox.validity};{found.uid}"[:300]
            with transaction.atomic():
                take_in(
                    found.content,
                    way="mailbox",
                    place=where,
                    size=found.size,
                    whole=found.whole,
                    by=Actor.node(this_node().member),
                    at=at,
                )
                Mailbox.objects.filter(place=place).update(last_uid=found.uid)
            taken += 1
            mailbox.settle(found.uid, mark_read=settings.imap_mark_read, moved_to=settings.imap_moved_to)
    return taken


def _row(place: str, validity: int) -> Mailbox:
    """How far the mailbox was read; from its beginning where its UIDs were given out anew."""
    row, _ = Mailbox.objects.get_or_create(place=place, defaults={"validity": validity})
    if row.validity != validity:
        row.validity, row.last_uid = validity, 0
        row.save(update_fields=["validity", "last_uid"])
    return row


def _note(place: str, *, fault: str, at: Instant | None) -> None:
    row, _ = Mailbox.objects.get_or_create(place=place, defaults={"validity": 0})
    row.fault, row.read_at = fault, at or row.read_at
    row.save(update_fields=["fault", "read_at"])
