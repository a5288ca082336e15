"""When a mail that did not leave is tried again, and when it is given up (RFC 5321, 4.5.4.1)."""

from datetime import timedelta

_FIRST = timedelta(minutes=1)
_LONGEST = timedelta(hours=2)
GIVEN_UP_AFTER = timedelta(days=4)
"""RFC 5321 asks for four to five days; what is urgent is told to a person long before."""


def wait_after(tries: int) -> timedelta:
    """How long after so many tries in vain: a minute, twice as long each time, at most two hours."""
    doublings: int = min(max(tries - 1, 0), 12)
    return min(_FIRST * (1 << doublings), _LONGEST)
