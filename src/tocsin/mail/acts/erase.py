"""Erasing the mails of a request with it. ``retention`` calls it, in the transaction that erases the request."""

from tocsin.base.ids import RequestId
from tocsin.mail.acts.sort import blank
from tocsin.mail.models import IncomingMail, OutgoingMail


def erase_mails(request: RequestId) -> list[str]:
    """Take the bytes and words out of every mail of a request; their ids, so that entries about them go too.

    Hashes, states and instants stay; what still waited to leave does not leave any more.
    """
    outgoing = OutgoingMail.objects.filter(request_id=request)
    incoming = IncomingMail.objects.filter(request_id=request)
    found = [str(each) for rows in (outgoing, incoming) for each in rows.values_list("id", flat=True)]
    outgoing.filter(state="waiting").update(state="withdrawn", next_try=None)
    outgoing.update(content=b"", to="", said="", password="", told_by="")
    blank(incoming.update)
    return found
