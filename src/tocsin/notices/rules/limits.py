"""How much may be told: by this node within an hour, and by each other one. A withdrawal is never held back."""

from datetime import timedelta
from typing import Final

from tocsin.base.ids import MemberId
from tocsin.notices.errors import TooManyInForceError, TooManyNoticesError, TooManyWarningsError

HOUR: Final = timedelta(hours=1)
MOST_WARNINGS: Final = 10
"""That this node issues within an hour. Forgeries that come in waves share their features: one warning names them."""
MOST_TAKEN: Final = 20
"""New notices of one member within an hour; above what a node of ours sends, so that clocks may differ."""
MOST_IN_FORCE: Final = 200
"""Warnings of one member at a time."""


def check_issued(within_hour: int) -> None:
    """Raise ``TooManyWarningsError`` when one more warning would be too many."""
    if within_hour >= MOST_WARNINGS:
        raise TooManyWarningsError(most=MOST_WARNINGS)


def check_taken(within_hour: int, in_force: int, *, sender: MemberId) -> None:
    """Raise ``TooManyNoticesError`` or ``TooManyInForceError`` when one more of ``sender`` would be too many."""
    if within_hour >= MOST_TAKEN:
        raise TooManyNoticesError(sender=sender, most=MOST_TAKEN, retry_after=int(HOUR.total_seconds()))
    if in_force >= MOST_IN_FORCE:
        raise TooManyInForceError(sender=sender, most=MOST_IN_FORCE)
