"""What a definition uses and what uses it, as a drawing: boxes in three columns, with lines between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segdsl.site.entries import Entry

WIDTH, HEIGHT, GAP, BETWEEN = 216, 30, 10, 76
MOST = 12  # boxes in a column; the lists beside the drawing have all
_LETTERS = 25  # that a box has room for


@dataclass(frozen=True, slots=True)
class Box:
    """A box: where it is, what it says (cut to fit), its whole text, what it is, and where it leads."""

    x: float
    y: float
    text: str
    whole: str
    kind: str
    link: str


@dataclass(frozen=True, slots=True)
class Graph:
    """A drawing of a size, with boxes and the paths between them."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    paths: tuple[str, ...]


def graph(entry: Entry, kinds: dict[str, str], links: dict[str, str]) -> Graph | None:
    """The neighbours of a definition; None where it has none. `links` are by name, for parts of the model too."""
    about = entry.about
    reads = [*(f"event {name}" for name in about.events), *(f"attribute {name}" for name in about.attributes)]
    left = [(name, kinds.get(name, "")) for name in about.used_by]
    right = [*((name, kinds.get(name, "")) for name in about.uses), *((name, "model") for name in reads)]
    if not left and not right:
        return None
    columns = [_few(left), [(entry.name, f"{about.listed.kind} own")], _few(right)]
    rows = max(map(len, columns))
    height = rows * (HEIGHT + GAP) - GAP
    first = 0 if left else 1
    boxes: list[list[Box]] = []
    for number, column in enumerate(columns):
        top = (height - (len(column) * (HEIGHT + GAP) - GAP)) / 2
        x = (number - first) * (WIDTH + BETWEEN)
        boxes.append([
            Box(x + 1, top + place * (HEIGHT + GAP) + 1, _cut(name), name, kind, links.get(name, "") if kind else "")
            for place, (name, kind) in enumerate(column)
        ])  # fmt: skip
    own = boxes[1][0]
    paths = [_path(box, own) for box in boxes[0]] + [_path(own, box) for box in boxes[2]]
    last = 2 if right else 1
    width = (last - first + 1) * (WIDTH + BETWEEN) - BETWEEN
    return Graph(width + 2, height + 2, tuple(box for column in boxes for box in column), tuple(paths))


def _few(names: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    if len(names) <= MOST:
        return list(names)
    return [*names[: MOST - 1], (f"… and {len(names) - MOST + 1} more", "")]


def _cut(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"


def _path(start: Box, end: Box) -> str:
    """A curve from the right of one box to the left of another."""
    x, y, to_x, to_y = start.x + WIDTH, start.y + HEIGHT / 2, end.x, end.y + HEIGHT / 2
    middle = (x + to_x) / 2
    return f"M{x:g} {y:g} C{middle:g} {y:g} {middle:g} {to_y:g} {to_x:g} {to_y:g}"
