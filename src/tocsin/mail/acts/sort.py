"""Sorting what came: a person says to which request a mail belongs, or that it is not for this node."""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import RequestId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.dossiers.acts.look import note_look
from tocsin.journal import acts as journal
from tocsin.mail import reads
from tocsin.mail.acts.take_in import Read, read_mail
from tocsin.mail.entries import MailErased, MailSorted
from tocsin.mail.errors import MailReasonError, MailSortedError, UnknownMailError
from tocsin.mail.models import IncomingMail
from tocsin.mail.reads import IncomingLine
from tocsin.people import reads as people
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads as requests
from tocsin.requests.acts.persons import check_may_write, check_person

_MOST_REASON = 300
KEPT = timedelta(days=30)
"""How long the bytes of what is not for this node are kept: somebody may have erred."""
_AT_ONCE = 200


def look_at_mail(mail: str, *, by: Actor, at: Instant, reason: str = "sorts the mail") -> tuple[IncomingLine, Read]:
    """Open a mail that came; the look is journalled with its reason. Raises ``UnknownMailError``."""
    rights.check(by, Right.READ_REQUESTS)
    check_person(by, kind="look")
    row = _looked_at(mail, reason=reason, by=by, at=at)
    return reads.line_of_incoming(row), read_mail(bytes(row.content), at=row.came_at)


def mail_bytes(mail: str, *, part: int, by: Actor, at: Instant) -> bytes:
    """All of a mail (0), or the bytes of one of its files (from 1 on), for taking out; the look is journalled.

    Raises ``UnknownMailError``.
    """
    rights.check(by, Right.READ_REQUESTS)
    check_person(by, kind="look")
    with transaction.atomic():
        row = _looked_at(mail, reason="takes a file out of the mail", by=by, at=at)
        content = bytes(row.content)
        if part == 0:
            return content
        files = read_mail(content, at=row.came_at).parsed.attachments
        if part > len(files):
            raise UnknownMailError(mail=f"{mail}/{part}")
        return files[part - 1].content


def belongs_to(mail: str, request: str, *, by: Actor, at: Instant) -> IncomingLine:
    """Say that a mail belongs to a request.

    Raises ``UnknownMailError``, ``UnknownRequestError``, ``MailSortedError``.
    """
    rights.check(by, Right.READ_REQUESTS)
    check_person(by, kind="mail")
    with transaction.atomic():
        line = requests.line_for(by, request)
        check_may_write(by, line.side)
        requests.check_may_change(by, line.id)
        row = _to_sort(mail, by=by)
        return _sorted(row, state="belongs", request=line.id, reason="", by=by, at=at)


def not_for_us(mail: str, *, reason: str, by: Actor, at: Instant) -> IncomingLine:
    """Say that a mail is not for this node; its bytes are erased after a while. Raises ``MailReasonError``."""
    rights.check(by, Right.READ_REQUESTS)
    check_person(by, kind="mail")
    if not reason.strip() or len(reason) > _MOST_REASON or not reason.isprintable():
        raise MailReasonError(most=_MOST_REASON)
    with transaction.atomic():
        row = _to_sort(mail, by=by)
        return _sorted(row, state="not-ours", request=None, reason=reason.strip(), by=by, at=at)


def forget_strangers(*, at: Instant) -> int:
    """Erase the bytes and the head of mails that were long ago said to be not for this node; how many."""
    with transaction.atomic():
        old = IncomingMail.objects.select_for_update(skip_locked=True).filter(
            state="not-ours", sorted_at__lte=at - KEPT, size__gt=0
        )
        rows = list(old.exclude(content=b"").order_by("sorted_at", "id").values_list("id", flat=True)[:_AT_ONCE])
        if rows:
            blank(IncomingMail.objects.filter(id__in=rows).update)
            told = MailErased(mails=tuple(map(str, rows)))
            journal.record(told, by=Actor.node(this_node().member), at=at)
    return len(rows)


def blank(update: Callable[..., int]) -> int:
    """Take the words out of rows of mails that came, by the ``update`` of their set; hashes and instants stay."""
    return update(content=b"", claims_address="", claims_name="", subject="", message_id="", reason="")


def _looked_at(mail: str, *, reason: str, by: Actor, at: Instant) -> IncomingMail:
    """The row of a mail in sight, with the look at it journalled."""
    with transaction.atomic():
        row = reads.incoming_row(by, mail)
        dossier = requests.dossier_of(str(row.request_id)) if row.request_id else None
        note_look("mail", str(row.id), dossier=dossier, reason=reason, derived=True, by=by, at=at)
    return row


def _to_sort(mail: str, *, by: Actor) -> IncomingMail:
    row = reads.incoming_row(by, mail, lock=True)
    if row.state != "new":
        raise MailSortedError(who=people.name_of(str(row.sorted_by)) or "somebody")
    return row


def _sorted(
    row: IncomingMail, *, state: str, request: RequestId | None, reason: str, by: Actor, at: Instant
) -> IncomingLine:
    row.state, row.request_id, row.reason = state, request, reason
    row.sorted_by, row.sorted_at = by.person, at
    row.save(update_fields=["state", "request", "reason", "sorted_by", "sorted_at"])
    told = MailSorted(mail=str(row.id), mail_sha256=row.sha256, request=request or "", reason=reason)
    journal.record(told, by=by, at=at)
    return reads.line_of_incoming(row)
