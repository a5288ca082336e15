"""What a transaction is told of who looks: settings that are its own, and a role that row security holds for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

_SETTING: LiteralString = "set_config(%s, %s, true)"


@dataclass(frozen=True, slots=True)
class Said:
    """Settings by name. The role comes last: ``viewing_role()`` names it (migration 0001 of ``dossiers``)."""

    settings: Mapping[str, str]

    @property
    def statement(self) -> LiteralString:
        """The one statement that says it."""
        return "SELECT " + ", ".join([_SETTING for _ in self.settings]) + ", set_config('role', viewing_role(), true)"

    @property
    def values(self) -> list[str]:
        """Its parameters."""
        return [part for pair in self.settings.items() for part in pair]

    def unsaid(self) -> "Said":
        """The same settings, empty: what is said where a viewer's part of a longer transaction ends."""
        return Said(dict.fromkeys(self.settings, ""))
