"""Erasing the mails of a request with it. ``retention`` calls it, in the transaction that erases the request."""

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.base.ids import RequestId
from tocsin.mail.acts.sort import blank
from tocsin.mail.models import IncomingMail, OutgoingMail


@dataclass(frozen=True, slots=True)
class ErasedMails:
    """The mails that were erased, by their ids: entries about them go too."""

    ids: tuple[str, ...]


def erase_mails(request: RequestId) -> ErasedMails:
    """Take the bytes and words out of every mail of a request; hashes, states and instants stay."""
    outgoing = OutgoingMail.objects.filter(request_id=request)
    incoming = IncomingMail.objects.filter(request_id=request)
    found = [*_ids(outgoing.values_list("id", flat=True)), *_ids(incoming.values_list("id", flat=True))]
    outgoing.update(content=b"", to="", said="", password="", told_by="")
    blank(incoming.update)
    return ErasedMails(ids=tuple(found))


def _ids(found: Iterable[object]) -> list[str]:
    return [str(each) for each in found]
