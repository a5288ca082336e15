"""How often somebody called in the present minute: what open entrances count by, in the memory of the process."""

import threading
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from tocsin.base.instant import Instant

MINUTE = timedelta(minutes=1)
MOST_ADDRESSES = 20_000
_SUBSCRIBER_BITS = 64


class Counts:
    """How often each name was counted in the present minute; threads share it.

    A table that is full counts no new names: those are held by the count of all together.
    """

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


def minute_of(at: Instant) -> Instant:
    """The minute in which an instant lies."""
    return at.replace(second=0, microsecond=0)


def caller_of(address: str) -> str:
    """Whom an address stands for: itself, or for IPv6 its /64, which one subscriber has."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or IPv6Address(int(found) >> _SUBSCRIBER_BITS << _SUBSCRIBER_BITS)
    return str(found)
