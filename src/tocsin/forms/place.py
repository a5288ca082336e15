"""How strangers find this node: the name and telephone of its settings, and the address of its public door.

``node/wiring.py`` says it once, at start: the process at the public door has no right to look it up.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A node, as a stranger is told of it."""

    name: str = ""
    phone: str = ""
    address: str = ""
    """Of the check page; empty while this node has none."""


_place = Place()


def use(place: Place) -> None:
    """Say at start where this node is found."""
    global _place  # noqa: PLW0603 - one visible place for what the process is
    _place = place


def here() -> Place:
    """Where this node is found."""
    return _place
