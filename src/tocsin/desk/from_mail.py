"""Taking in, or taking down, what a mail of the tray says: with its instant, its sender as it claims, and its bytes.

The pages for that are those of ``by_form``; a mail comes with ``?mail=``. What is typed counts, never the mail itself.
"""

from typing import Any

from tocsin.desk.viewer import DeskRequest
from tocsin.mail import reads
from tocsin.mail.acts.sort import belongs_to, look_at_mail, mail_bytes
from tocsin.mail.errors import MailSortedError, UnknownMailError
from tocsin.mail.reads import IncomingLine
from tocsin.people import reads as people
from tocsin.requests.rules.ways import MOST_LINE, MOST_WORDS, UNKNOWN, Brought, Checked, Way, brought

_MAIL = "mail"


def mail_in(request: DeskRequest) -> IncomingLine | None:
    """The mail that a page was opened for; nothing without one, or for one out of sight."""
    try:
        return reads.incoming_for(request.viewer, request.GET.get(_MAIL, ""))
    except UnknownMailError:
        return None


def heard_from(request: DeskRequest) -> dict[str, Any]:
    """What a form begins with, by which a step is taken down."""
    line = mail_in(request)
    return {"way": Way.MAIL.value, "received_at": line.came_at, "said_by": _claimed(line)} if line else {}


def came_from(request: DeskRequest) -> dict[str, Any]:
    """What a form begins with, by which a request is taken in; the look at the mail is journalled."""
    line = mail_in(request)
    if line is None:
        return {}
    _, read = look_at_mail(line.id, by=request.viewer, at=request.at, reason="takes in what it asks")
    verified = line.member and line.same_address
    return {
        "way": Way.MAIL.value,
        "received_at": line.came_at,
        "sender": line.member if verified else UNKNOWN,
        "checked": (Checked.SIGNATURE if verified else Checked.NOT).value,
        "sender_name": line.claims_name[:MOST_LINE],
        "sender_address": line.claims_address[:MOST_LINE],
        "words": read.parsed.text[:MOST_WORDS],
    }


def file_from(request: DeskRequest) -> Brought | None:
    """The mail itself as the file that came with it; nothing where the page was opened for none."""
    line = mail_in(request)
    if line is None:
        return None
    content = mail_bytes(line.id, part=0, by=request.viewer, at=request.at)
    return brought(f"mail-{line.id[:8]}.eml", content, "message/rfc822")


def sorted_to(request: DeskRequest, to: str) -> None:
    """Say where the mail belongs, with what was typed in; raises ``MailSortedError`` if it lies elsewhere."""
    line = mail_in(request)
    if line is None or line.request == to:
        return
    if line.state != "new":
        raise MailSortedError(who=people.name_of(str(line.sorted_by)) or "somebody")
    belongs_to(line.id, to, by=request.viewer, at=request.at)


def _claimed(line: IncomingLine) -> str:
    return f"{line.claims_name} <{line.claims_address}>".strip()[:MOST_LINE]
