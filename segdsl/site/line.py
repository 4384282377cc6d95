"""Sizes over time as small lines, and as a table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from segdsl.site.entries import Past, Series

WIDTH, HEIGHT, EDGE = 360, 56, 4
NONE = "–"


@dataclass(frozen=True, slots=True)
class Line:
    """A series with its path, and in words its size at the last moment and how it came there."""

    name: str
    path: str
    last: str
    said: str


@dataclass(frozen=True, slots=True)
class Row:
    """A moment with the size that each series has then; `is_new_rule`: since then by another rule."""

    moment: str
    cells: tuple[str, ...]
    is_new_rule: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """A past as it is shown."""

    about: str
    lines: tuple[Line, ...]
    rows: tuple[Row, ...]


def drawn(past: Past, least: int) -> Drawn:
    """The lines and the rows of a past: all over the same moments, as labels come later than others and go."""
    moments = sorted({moment for series in past.series for moment in series.moments})
    columns = [_cells(series, moments, least) for series in past.series]
    lines = [_line(series, cells, moments) for series, cells in zip(past.series, columns, strict=True)]
    rows = [
        Row(_text(moment), cells, moment in past.new_rules)
        for moment, cells in zip(moments, zip(*columns, strict=True), strict=True)
    ]
    return Drawn(past.about, tuple(lines), tuple(rows))


def _cells(series: Series, moments: Sequence[dt.datetime], least: int) -> list[str]:
    known = dict(zip(series.moments, series.sizes, strict=True))
    return [NONE if at not in known else f"<{least}" if known[at] is None else f"{known[at]:,}" for at in moments]


def _line(series: Series, cells: Sequence[str], moments: Sequence[dt.datetime]) -> Line:
    """A line from zero to the largest; sizes that are not told leave a gap."""
    known = dict(zip(series.moments, series.sizes, strict=True))
    most = max((size for size in series.sizes if size is not None), default=0) or 1
    span = max(len(moments) - 1, 1)
    parts: list[str] = []
    is_open = False
    for place, moment in enumerate(moments):
        size = known.get(moment)
        if size is not None:
            x, y = EDGE + place * (WIDTH - 2 * EDGE) / span, HEIGHT - EDGE - size * (HEIGHT - 2 * EDGE) / most
            parts.append(f"{'L' if is_open else 'M'}{x:.1f} {y:.1f}")
        is_open = size is not None
    told = [(cell, _text(moment)) for cell, moment in zip(cells, moments, strict=True) if cell != NONE]
    said = f"{series.name}: {told[0][0]} members on {told[0][1]}, {told[-1][0]} on {told[-1][1]}" if told else ""
    return Line(series.name, " ".join(parts), cells[-1] if cells else "", said)


def _text(moment: dt.datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes").removesuffix(" 00:00")
