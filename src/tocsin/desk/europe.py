"""A map of Europe of equal tiles: each State one square, about where it lies. Our own layout; no shapes, no source.

Small States are as easy to hit as large ones, and the map needs nothing but squares. It says nothing about borders.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_DRAWN = """
..  IS  ..  ..  NO  SE  FI  ..  ..  ..  ..  ..
..  ..  ..  ..  ..  ..  EE  ..  ..  ..  ..  ..
IE  GB  ..  ..  DK  ..  LV  ..  ..  ..  ..  ..
..  ..  BE  NL  DE  PL  LT  ..  ..  ..  ..  ..
..  ..  FR  LU  ..  CZ  SK  UA  ..  ..  ..  ..
..  ..  ..  CH  LI  AT  HU  RO  MD  ..  ..  ..
PT  ES  MC  IT  ..  SI  HR  RS  BG  ..  GE  ..
..  AD  ..  SM  ..  ..  BA  ME  MK  TR  AM  AZ
..  ..  ..  MT  ..  ..  ..  AL  GR  ..  CY  ..
"""
"""The member States of the Union and of the Council of Europe, by their codes (ISO 3166-1)."""
_LINES = [line.split() for line in _DRAWN.strip().splitlines()]
TILES: Mapping[str, tuple[int, int]] = {
    code: (column, row) for row, line in enumerate(_LINES) for column, code in enumerate(line) if code != ".."
}
"""Column and row of each."""
WIDE, HIGH = len(_LINES[0]), len(_LINES)
PITCH, SIZE = 40, 37
SIGNS = {"own": "●", "answers": "✓", "fades": "…", "unconfirmed": "?", "none": ""}
"""The sign of a state, so that colour never says it alone."""
_BEST = ("own", "answers", "unconfirmed", "fades", "none")


@dataclass(frozen=True, slots=True)
class Tile:
    """A State on the map: where, how its points stand, and where it leads."""

    country: str
    x: int
    y: int
    state: str
    points: int
    url: str

    @property
    def sign(self) -> str:
        """The sign of its state."""
        return SIGNS[self.state]

    @property
    def middle(self) -> int:
        """The middle of the square, across."""
        return self.x + SIZE // 2

    @property
    def name_at(self) -> int:
        """The line on which its code stands."""
        return self.y + (17 if self.sign else 24)

    @property
    def sign_at(self) -> int:
        """The line on which its sign stands."""
        return self.y + 32


def tiles(points: Iterable[tuple[str, str, str]]) -> list[Tile]:
    """The map for contact points, each as country, state and path; of several in one State the best counts."""
    found: dict[str, list[tuple[str, str]]] = {}
    for country, state, url in points:
        found.setdefault(country, []).append((state, url))
    return [_tile(country, found.get(country, [])) for country in TILES]


def _tile(country: str, points: list[tuple[str, str]]) -> Tile:
    column, row = TILES[country]
    state, url = min(points, key=lambda each: _BEST.index(each[0]), default=("none", ""))
    return Tile(country=country, x=column * PITCH, y=row * PITCH, state=state, points=len(points), url=url)
