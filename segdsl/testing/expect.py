"""Expectations, held against the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from segdsl import problems
from segdsl.diagnostics import Diagnostic
from segdsl.exact import EXACT
from segdsl.plan.nodes import needed
from segdsl.program import Expectation, Output, Program

Counts = Mapping[str, tuple[int, int]]  # members and population of each output, by its name


def concerning(program: Program, outputs: Iterable[Output], is_present: bool) -> list[Expectation]:
    """The expectations that speak of nothing but what these outputs need anyway.

    How many members there are is expected of the present only; a run as of another moment (`is_present` False) is held
    to what is always true: inside, disjoint, covers.
    """
    reached = set(needed(program, [output.instance for output in outputs]))
    return [
        item
        for item in program.expectations
        if reached.issuperset(item.names) and (is_present or item.kind != "between")
    ]


def broken(expectations: Iterable[Expectation], counts: Counts) -> list[Diagnostic]:
    """A finding for each expectation that the data does not fulfil."""
    found: list[Diagnostic] = []
    for item in expectations:
        members, population = counts[item.output.name]
        if item.kind == "between":
            if item.is_share and not population:
                continue
            whole = population if item.is_share else 1
            if not EXACT.multiply(item.low, whole) <= members <= EXACT.multiply(item.high, whole):
                found.append(
                    problems.share_expected(members, population, item.low, item.high, item.is_share, item.span)
                )
        elif members:
            found.append(problems.nobody_expected(item.kind, members, item.span))
    return found
