"""What the page of administration asks of the node above it: named once by ``node/wiring.py``.

The node's files, its checks and its queue belong to ``node``, which stands above the desk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tocsin.base.instant import Instant


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was looked at: ``ok``, ``warn`` or ``bad``, in the words of ``tocsin doctor``."""

    about: str
    state: str
    said: str
    cure: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it is in force."""

    section: str
    name: str
    value: str
    usual: bool
    """Whether it is as it is where nothing is said."""


class House(Protocol):
    """What the node tells of itself. Nothing of it is a secret: passwords and keys are left out."""

    def found(self) -> Sequence[Found]:
        """What ``tocsin doctor`` finds now, but what asks other servers."""

    def settings(self) -> Sequence[Setting]:
        """Every setting in force."""

    def settings_file(self) -> str:
        """Where they are changed."""

    def jobs(self) -> Mapping[str, int]:
        """How many jobs wait, run and failed."""

    def certificate_ends(self) -> Instant:
        """When the TLS certificate ends."""

    def archived(self) -> Instant | None:
        """When PostgreSQL last archived its log for a backup; nothing where it archives none."""


@dataclass(slots=True)
class _Known:
    house: House | None = None


_known = _Known()


def use(house: House) -> None:
    """Name who tells of the node."""
    _known.house = house


def house() -> House | None:
    """Who tells of the node; nothing in a process that is none (a test)."""
    return _known.house
