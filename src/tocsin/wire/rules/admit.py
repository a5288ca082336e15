"""Counting what a member brings: how much within one minute of the machine's clock."""

from datetime import timedelta
from typing import Final

from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.wire.errors import TooManyLettersError

MINUTE: Final = timedelta(minutes=1)


def minute_of(at: Instant) -> Instant:
    """The minute that an instant lies in."""
    return at.replace(second=0, microsecond=0)


def check_rate(brought: int, *, most: int, sender: MemberId, at: Instant) -> None:
    """Raise ``TooManyLettersError``, which says when to come back, for more than ``most`` this minute."""
    if brought > most:
        rest = (minute_of(at) + MINUTE - at).total_seconds()
        raise TooManyLettersError(sender=sender, most=most, retry_after=max(1, round(rest)))
