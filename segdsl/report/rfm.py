"""The buyers of a catalog that uses the library `rfm`, by recency and the mean of frequency and monetary value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from segdsl.counts.groups import grouped
from segdsl.evaluator import Evaluator
from segdsl.program import Output

if TYPE_CHECKING:
    from segdsl.engines.results import Evaluation

LIBRARY = "rfm"
SCORES = ("recency", "frequency", "monetary")


@dataclass(frozen=True, slots=True)
class Asked:
    """The scores and the groups of one use of the library."""

    name: str
    outputs: tuple[Output, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """How many buyers are in each cell: its recency, its mean of the other two rounded down, and the groups there.

    The borders of the shipped grids are whole numbers or lie at halves, so a cell mostly belongs to one group.
    """

    name: str
    scale: int
    members: dict[tuple[int, int], int]
    groups: dict[tuple[int, int], tuple[str, ...]]


def ask(evaluator: Evaluator, outputs: Sequence[Output]) -> list[Asked]:
    """The scores of each use of the library whose groups are among the outputs."""
    found = []
    for output in outputs:
        used = evaluator.catalog.used.get(output.name)
        if used is None or used.scope.library != LIBRARY or output.kind != "segmentation":
            continue
        scores = [evaluator.named(f"{output.name}.{score}") for score in SCORES]
        found.append(Asked(output.name, (*scores, output)))
    return found


def read_grid(evaluation: Evaluation, asked: Asked) -> Grid:
    """The grid of scores that were evaluated."""
    members: dict[tuple[int, int], int] = {}
    groups: dict[tuple[int, int], dict[str, int]] = {}
    highest = 2
    for recency, frequency, monetary, group, count in grouped(evaluation, asked.outputs):
        if None in (recency, frequency, monetary):
            continue
        cell = int(recency), int(frequency + monetary) // 2
        highest = max(highest, int(recency), int(frequency), int(monetary))
        members[cell] = members.get(cell, 0) + count
        if group is not None:
            here = groups.setdefault(cell, {})
            here[group] = here.get(group, 0) + count
    ordered = {cell: tuple(sorted(here, key=lambda name: -here[name])) for cell, here in groups.items()}
    return Grid(asked.name, highest, members, ordered)
