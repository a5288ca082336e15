"""How often the open entrances are called: those that ask nobody who he is.

    POST /witness/add-checkpoint, POST /directory/…

A member that brings a ticket is counted by itself, so that no flood of strangers shuts it out. Everybody else is
counted by address (of IPv6 by the /64, which one subscriber has), and all together. Who is over the limit is
refused with 429 and ``Retry-After`` before anything of his is read or looked up.

Counts are of one minute of the machine's clock and in the memory of the process that answers: what is refused costs
no row, and with several machines each has its own. A table of addresses that is full counts the rest together only.
"""

import threading
from ipaddress import IPv6Address, ip_address

from django.http import HttpRequest

from tocsin.base import instant
from tocsin.base.errors import TocsinError
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.gate.errors import TooManyCallsError
from tocsin.wire.acts.admit import admit
from tocsin.wire.rules.admit import MINUTE, minute_of
from tocsin.wire.rules.ticket import Asked, body_hash

MOST_ADDRESSES = 20_000
_EVERYBODY = ""
_SUBSCRIBER_BITS = 64


class Counts:
    """How often each name was counted in the present minute; threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute: Instant | None = None
        self._counts: dict[str, int] = {}

    def add(self, name: str, *, at: Instant) -> int:
        """Count a call; how many there were in this minute."""
        with self._lock:
            minute = minute_of(at)
            if minute != self._minute:
                self._minute, self._counts = minute, {}
            if name not in self._counts and len(self._counts) > MOST_ADDRESSES:
                return 1
            self._counts[name] = self._counts.get(name, 0) + 1
            return self._counts[name]


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
    address = _address(request.META.get("REMOTE_ADDR", ""))
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


def _address(written: str) -> str:
    try:
        found = ip_address(written)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or IPv6Address(int(found) >> _SUBSCRIBER_BITS << _SUBSCRIBER_BITS)
    return str(found)
