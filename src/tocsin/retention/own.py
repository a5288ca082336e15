"""The retention rules of this node: named once by ``node/wiring.py``, which knows the settings."""

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.retention.rules.policy import Policy


@dataclass(slots=True)
class _Own:
    policy: Callable[[], Policy] | None = None


_own = _Own()


def use(policy: Callable[[], Policy]) -> None:
    """Name who knows the rules of this node."""
    _own.policy = policy


def policy() -> Policy:
    """The rules of this node as they stand now; raises ``RuntimeError`` before ``use``."""
    if _own.policy is None:
        raise RuntimeError("node/wiring.py has not named who knows this node's retention")
    return _own.policy()
