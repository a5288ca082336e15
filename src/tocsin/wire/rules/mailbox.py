"""How much a hub keeps for others, and for how long.

A mailbox is for a member that cannot be reached for hours or days. It holds sealed things: the hub
sees the outer addresses, how large and when, and nothing else. Its bounds keep one member from
filling another's, and all together from filling the hub.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tocsin.base.ids import MemberId
from tocsin.wire.errors import MailboxFullError

KEPT_FOR: Final = timedelta(days=14)
PAGE_ITEMS: Final = 50
MOST_FILE_BYTES: Final = 64 * 1024**3
"""How large a file may be that a hub keeps for somebody."""
MOST_ITEMS: Final = 50_000
MOST_BYTES: Final = 2 * 1024**3
MOST_ITEMS_OF_ONE: Final = 10_000
"""Items of one sender in one mailbox."""
LEAVE_AGAIN_AFTER: Final = timedelta(days=3)
"""When a sender that still has no receipt leaves its letter in the mailbox once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a mailbox holds."""

    items: int
    size: int
    of_sender: int


def check_room(kept: Kept, *, items: int, size: int, member: MemberId) -> None:
    """Raise ``MailboxFullError`` when so many more would be too many."""
    if kept.of_sender + items > MOST_ITEMS_OF_ONE:
        raise MailboxFullError(member=member, most=MOST_ITEMS_OF_ONE, unit="items of one sender")
    if kept.items + items > MOST_ITEMS:
        raise MailboxFullError(member=member, most=MOST_ITEMS, unit="items")
    if kept.size + size > MOST_BYTES:
        raise MailboxFullError(member=member, most=MOST_BYTES, unit="bytes")
