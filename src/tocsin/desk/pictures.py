"""Charts as SVG, made here: bars beside each other or in one, with their numbers written at them.

No library draws these without a script or a font of its own, and there are two shapes. A picture stands beside the
table that says the same; it has a title and a description, and tells its series apart by pattern and word as well as by
colour. Within a page the style sheet colours it (dark too); as a file it carries plain colours of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDE = 720
_LABELS = 230
_ROW = 20
_GAP = 10
_TOP = 46
_RIGHT = 78
_FILLS = ("#1d5a8e", "#b9791a", "#9f2b1f", "#8b939c", "#c9ced4")
_MOST_LABEL = 31
_TOLD = 190
"""Room for the numbers of a bar that has several."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One number: how long its bar is, and what is written at it."""

    value: int | None
    said: str


@dataclass(frozen=True, slots=True)
class Bars:
    """A row of the chart."""

    label: str
    bars: tuple[Bar, ...]


def grouped(name: str, *, title: str, description: str, series: Sequence[str], rows: Sequence[Bars]) -> str:
    """Bars of each row one below the other."""
    high = len(series) * _ROW + _GAP
    most = max((bar.value or 0 for row in rows for bar in row.bars), default=0) or 1
    drawn = []
    for place, row in enumerate(rows):
        top = _TOP + place * high
        drawn.append(_label(row.label, top + (high - _GAP) / 2))
        for number, bar in enumerate(row.bars):
            wide = _length(bar.value, most, room=WIDE - _LABELS - _RIGHT)
            y = top + number * _ROW
            drawn.append(_bar(number, _LABELS, y, wide))
            drawn.append(_said(bar.said, _LABELS + wide + 6, y))
    return _whole(name, title, description, series, drawn, high=_TOP + len(rows) * high)


def stacked(name: str, *, title: str, description: str, series: Sequence[str], rows: Sequence[Bars]) -> str:
    """One bar for each row, made of its parts; a part that is not known has no length."""
    high = _ROW + _GAP
    drawn = []
    for place, row in enumerate(rows):
        top = _TOP + place * high
        drawn.append(_label(row.label, top + _ROW / 2))
        total = sum(bar.value or 0 for bar in row.bars)
        x = float(_LABELS)
        for number, bar in enumerate(row.bars):
            wide = _length(bar.value, total, room=WIDE - _LABELS - _TOLD) if total else 0.0
            if wide:
                drawn.append(_bar(number, x, top, wide))
            x += wide
        drawn.append(_said(" · ".join(bar.said for bar in row.bars), WIDE - _TOLD + 6 if total else _LABELS, top))
    return _whole(name, title, description, series, drawn, high=_TOP + len(rows) * high)


def _length(value: int | None, most: int, *, room: int) -> float:
    return round(room * (value or 0) / most, 1)


def _bar(series: int, x: float, y: float, wide: float) -> str:
    return (
        f'<rect class="series-{series}" x="{x:.1f}" y="{y:.1f}" width="{max(wide, 0.5):.1f}" height="{_ROW - 4}" '
        f'fill="{_FILLS[series % len(_FILLS)]}"/>'
    )


def _label(words: str, y: float) -> str:
    short = words if len(words) <= _MOST_LABEL else words[: _MOST_LABEL - 1] + "…"
    return f'<text x="{_LABELS - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(short)}</text>'


def _said(words: str, x: float, y: float) -> str:
    return f'<text class="said" x="{x:.1f}" y="{y + 13:.1f}">{escape(words)}</text>'


def _whole(name: str, title: str, description: str, series: Sequence[str], drawn: Sequence[str], *, high: float) -> str:
    legend, x = [], 0.0
    for number, words in enumerate(series):
        legend.append(
            f'<rect class="series-{number}" x="{x:.1f}" y="8" width="14" height="14" '
            f'fill="{_FILLS[number % len(_FILLS)]}"/><text x="{x + 20:.1f}" y="20">{escape(words)}</text>'
        )
        x += 44 + len(words) * 7.2
    inside = "".join((*legend, *drawn))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {WIDE} {high:.0f}" role="img" '
        f'aria-labelledby="t-{name} d-{name}" font-family="system-ui, sans-serif" font-size="13" fill="#1c2126">'
        f'<title id="t-{name}">{escape(title)}</title><desc id="d-{name}">{escape(description)}</desc>{inside}</svg>'
    )
