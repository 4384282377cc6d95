"""The buyers of a catalog that uses the library `rfm`, by recency and the mean of frequency and monetary value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from segdsl.catalog import CATALOG
from segdsl.check.context import Context
from segdsl.counts.groups import grouped
from segdsl.evaluator import Evaluator
from segdsl.program import Constant, Moment, Output

if TYPE_CHECKING:
    from segdsl.engines.results import Evaluation

LIBRARY = "rfm"
SCORES = ("recency", "frequency", "monetary")
PARAMS = ("grid", "scores", "scale", *(f"{score}_bands" for score in SCORES))


@dataclass(frozen=True, slots=True)
class Asked:
    """The scores and the groups of one use of the library, and the highest that each score can be."""

    name: str
    outputs: tuple[Output, ...]
    highest: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """How many buyers are in each cell: its recency, its mean of the other two rounded down, and the groups there;
    `recencies` and `means` are the highest that these can be, whatever anybody has.

    The borders of the shipped grids are whole numbers or lie at halves, so a cell mostly belongs to one group.
    """

    name: str
    recencies: int
    means: int
    members: dict[tuple[int, int], int]
    groups: dict[tuple[int, int], tuple[str, ...]]


def ask(evaluator: Evaluator, outputs: Sequence[Output]) -> list[Asked]:
    """The scores of each use of the library whose groups are among the outputs."""
    found = []
    for output in outputs:
        used = evaluator.catalog.used.get(output.name)
        if used is None or used.scope.library != LIBRARY or output.kind != "segmentation":
            continue
        if any(f"{output.name}.{name}" not in evaluator.catalog.definitions for name in (*SCORES, *PARAMS)):
            continue  # a library of the catalog's own that goes by this name
        scores = [evaluator.named(f"{output.name}.{score}") for score in SCORES]
        found.append(Asked(output.name, (*scores, output), _highest(evaluator, output.name)))
    return found


def _highest(evaluator: Evaluator, name: str) -> tuple[int, ...]:
    """The highest recency, frequency and monetary value that a use of the library can give, by its params."""
    if _param(evaluator, f"{name}.grid") == "klaviyo":
        return (3, 3, 3)
    if _param(evaluator, f"{name}.scores") == "quantiles":
        return (int(_param(evaluator, f"{name}.scale")),) * 3
    return tuple(len(_param(evaluator, f"{name}.{score}_bands")) + 1 for score in SCORES)


def _param(evaluator: Evaluator, name: str) -> Any:
    definition = evaluator.catalog.definitions[name]
    context = Context(CATALOG, definition.entity, Moment())
    value = evaluator.checked().refer(context, definition, None, definition.tree.name.span)
    assert isinstance(value, Constant)
    return value.value


def read_grid(evaluation: Evaluation, asked: Asked) -> Grid:
    """The grid of scores that were evaluated."""
    members: dict[tuple[int, int], int] = {}
    groups: dict[tuple[int, int], dict[str, int]] = {}
    recencies, *others = asked.highest
    for recency, frequency, monetary, group, count in grouped(evaluation, asked.outputs):
        if None in (recency, frequency, monetary):
            continue
        cell = int(recency), _mean((int(frequency), int(monetary)), others)
        members[cell] = members.get(cell, 0) + count
        if group is not None:
            here = groups.setdefault(cell, {})
            here[group] = here.get(group, 0) + count
    ordered = {cell: tuple(sorted(here, key=lambda name: -here[name])) for cell, here in groups.items()}
    return Grid(asked.name, recencies, max(others), members, ordered)


def _mean(scores: Sequence[int], highest: Sequence[int]) -> int:
    """The mean of two scores rounded down, on the longer scale where they have two."""
    (one, other), (one_steps, other_steps) = scores, (top - 1 for top in highest)
    steps = (one - 1) * other_steps + (other - 1) * one_steps
    return 1 + steps * max(one_steps, other_steps) // (2 * one_steps * other_steps)
