"""What this node says of itself on its card, and how it takes new keys: named once by ``node/wiring.py``.

The node's settings and key files belong to ``node``, which stands above; here is the place where it hands over
what the directory needs of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from tocsin.directory.rules.card import Use
from tocsin.directory.rules.own_card import Profile


class OwnKeys(Protocol):
    """The node's key files, as the directory asks for them. A kill at any line leaves each old or new."""

    def announced(self) -> Mapping[Use, str]:
        """The public halves of keys that are to be on the card and are not used yet."""

    def announce(self, use: Use) -> None:
        """Make the next key of a use, if there is none yet."""

    def rotate(self, use: Use, *, fresh: bool) -> None:
        """Use the announced key of a use, or a new one; with ``fresh`` always a new one.

        After it returns, ``this_node().keys`` has the key.
        """

    def announced_certificate(self) -> str | None:
        """The certificate (PEM) that is to be on the card and is not shown yet."""

    def announce_certificate(self) -> None:
        """Make the next TLS key and certificate, if there are none yet."""

    def rotate_certificate(self, *, fresh: bool) -> None:
        """Use the announced certificate; with ``fresh`` a new one, and the old one is on no card any more."""


@dataclass(slots=True)
class _Own:
    profile: Callable[[], Profile] | None = None
    keys: OwnKeys | None = None


_own = _Own()


def use(*, profile: Callable[[], Profile], keys: OwnKeys) -> None:
    """Name who knows the node's profile, and who replaces the keys in the node's files."""
    _own.profile, _own.keys = profile, keys


def profile() -> Profile:
    """What this node says of itself; raises ``RuntimeError`` before ``use``.

    The certificate that the node shows comes first in ``Profile.tls``, others that are pinned behind it.
    """
    if _own.profile is None:
        raise RuntimeError("node/wiring.py has not named who knows this node's profile")
    return _own.profile()


def keys() -> OwnKeys:
    """Who replaces this node's keys; raises ``RuntimeError`` before ``use``."""
    if _own.keys is None:
        raise RuntimeError("node/wiring.py has not named who replaces this node's keys")
    return _own.keys
