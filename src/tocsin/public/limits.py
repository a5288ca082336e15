"""How often strangers ask: of one address (of IPv6 the /64), and of all together, in each minute and process.

A code has 60 bits: at the whole rate of ``MOST_OF_ALL`` it would take two thousand million years to guess one. The
limit is for the database's sake, and so that nobody makes a noise at the issuer, who is told of each check.
"""

from tocsin.base import instant
from tocsin.base.calls import MINUTE, Counts, caller_of, minute_of
from tocsin.base.instant import Instant

MOST_OF_ONE = 20
MOST_OF_ALL = 600
_EVERYBODY = ""
_counts = Counts()


def seconds_to_wait(address: str, *, at: Instant | None = None) -> int:
    """Count a question; for how long its asker must wait, nothing while he need not."""
    when = at or instant.true_now()
    one = _counts.add(f"address {caller_of(address)}", at=when)
    if one <= MOST_OF_ONE and _counts.add(_EVERYBODY, at=when) <= MOST_OF_ALL:
        return 0
    return max(1, round((minute_of(when) + MINUTE - when).total_seconds()))
