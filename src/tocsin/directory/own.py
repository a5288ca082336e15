"""What this node says of itself on its card, and how it takes a new key: named once by ``node/wiring.py``.

The node's settings and key files belong to ``node``, which stands above; here is the place where it hands over
what the directory needs of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.directory.rules.card import Use
from tocsin.directory.rules.own_card import Profile


@dataclass(slots=True)
class _Own:
    profile: Callable[[], Profile] | None = None
    rotate: Callable[[Use], None] | None = None


_own = _Own()


def use(*, profile: Callable[[], Profile], rotate: Callable[[Use], None]) -> None:
    """Name who knows the node's profile, and who replaces the key of a use in the node's files.

    After ``rotate`` returns, ``this_node().keys`` has the new key.
    """
    _own.profile, _own.rotate = profile, rotate


def profile() -> Profile:
    """What this node says of itself; raises ``RuntimeError`` before ``use``."""
    if _own.profile is None:
        raise RuntimeError("node/wiring.py has not named who knows this node's profile")
    return _own.profile()


def rotate(key_use: Use) -> None:
    """Replace the key of a use; raises ``RuntimeError`` before ``use``."""
    if _own.rotate is None:
        raise RuntimeError("node/wiring.py has not named who replaces this node's keys")
    _own.rotate(key_use)
