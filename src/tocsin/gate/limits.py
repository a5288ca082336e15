"""How often the open entrances are called: those that ask nobody who he is.

    POST /witness/add-checkpoint, POST /directory/…

A member that brings a ticket is counted by itself, so that no flood of strangers shuts it out. Everybody else is
counted by address (of IPv6 by the /64, which one subscriber has), and all together. Who is over the limit is
refused with 429 and ``Retry-After`` before anything of his is read or looked up.

Counts are of one minute of the machine's clock and in the memory of the process that answers: what is refused costs
no row, and with several machines each has its own. A table of addresses that is full counts the rest together only.
"""

from django.http import HttpRequest

from tocsin.base import instant
from tocsin.base.calls import MINUTE, Counts, caller_of, minute_of
from tocsin.base.errors import TocsinError
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.gate.errors import TooManyCallsError
from tocsin.wire.acts.admit import admit
from tocsin.wire.rules.ticket import Asked, body_hash

_EVERYBODY = ""


_counts = Counts()


def check_open(request: HttpRequest, *, body: bytes | None = None) -> None:
    """Count a call of an open entrance; raises ``TooManyCallsError`` when there were too many in this minute.

    ``body`` is what a ticket was made for; without it nobody is proved.
    """
    at, limits = instant.true_now(), this_node().limits
    member = _proved(request, body) if body is not None and "Authorization" in request.headers else ""
    if member:
        _check(f"member {member}", member, most=limits.open_calls_per_address, at=at)
        return
    address = caller_of(request.META.get("REMOTE_ADDR", ""))
    _check(f"address {address}", "This address", most=limits.open_calls_per_address, at=at)
    _check(_EVERYBODY, "Everybody together", most=limits.open_calls, at=at)


def _check(name: str, said: str, *, most: int, at: Instant) -> None:
    if _counts.add(name, at=at) > most:
        rest = (minute_of(at) + MINUTE - at).total_seconds()
        raise TooManyCallsError(caller=said, most=most, retry_after=max(1, round(rest)))


def _proved(request: HttpRequest, body: bytes) -> str:
    """The member whose good ticket the call brings, or ``""``."""
    asked = Asked(method=request.method or "", path=request.get_full_path(), body=body_hash(body) if body else None)
    try:
        return admit(request.headers["Authorization"], asked=asked, at=instant.now()).member
    except TocsinError:
        return ""
