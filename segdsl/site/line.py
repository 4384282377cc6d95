"""Sizes over time as a small line."""

from __future__ import annotations

from dataclasses import dataclass

from segdsl.site.entries import Series

WIDTH, HEIGHT, EDGE = 360, 56, 4


@dataclass(frozen=True, slots=True)
class Line:
    """A series with its path, its last point, and its values as text."""

    name: str
    path: str
    last: tuple[float, float] | None
    said: str
    rows: tuple[tuple[str, str], ...]


def line(series: Series, least: int) -> Line:
    """A line from zero to the largest; sizes that are not told leave a gap."""
    told = [size for size in series.sizes if size is not None]
    most = max(told, default=0) or 1
    span = max(len(series.sizes) - 1, 1)
    parts: list[str] = []
    last: tuple[float, float] | None = None
    is_open = False
    for place, size in enumerate(series.sizes):
        if size is None:
            is_open = False
            continue
        last = (EDGE + place * (WIDTH - 2 * EDGE) / span, HEIGHT - EDGE - size * (HEIGHT - 2 * EDGE) / most)
        parts.append(f"{'L' if is_open else 'M'}{last[0]:.1f} {last[1]:.1f}")
        is_open = True
    rows = tuple(
        (
            moment.isoformat(sep=" ", timespec="minutes").removesuffix(" 00:00"),
            f"<{least}" if size is None else f"{size:,}",
        )
        for moment, size in zip(series.moments, series.sizes, strict=True)
    )
    said = f"{series.name}: {rows[0][1]} members on {rows[0][0]}, {rows[-1][1]} on {rows[-1][0]}" if rows else ""
    return Line(series.name, " ".join(parts), last, said, rows)
