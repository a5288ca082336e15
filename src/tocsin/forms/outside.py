"""The role of the process that answers strangers (migration 0003 makes it and gives it its one right)."""

import hashlib

_LONGEST = 55
"""PostgreSQL cuts names at 63 bytes."""


def role_of(owner: str) -> str:
    """The role for the owner of a node's tables, as ``forms_outside_role()`` names it."""
    short = len(owner.encode()) <= _LONGEST
    return f"{owner if short else hashlib.md5(owner.encode(), usedforsecurity=False).hexdigest()[:12]}_outside"
