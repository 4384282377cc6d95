"""Who asks for a moment that no calendar has: looked for where a run has met one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from segdsl.moment import OutsideCalendar
from segdsl.plan.plan import Plan
from segdsl.program import Moment, Node, Sequence


@contextmanager
def named(plan: Plan, as_of: dt.datetime | None) -> Iterator[None]:
    """Where a moment lies outside the years 1 to 9999, OutsideCalendar says which definitions of a plan ask for it."""
    try:
        yield
    except OutsideCalendar:
        found = (key.definition for key, nodes in plan.nodes.items() if any(_is_beyond(node, as_of) for node in nodes))
        raise OutsideCalendar(list(dict.fromkeys(found)), as_of) from None


def _is_beyond(node: Node, as_of: dt.datetime | None) -> bool:
    try:
        for moment in _moments(node):
            if as_of is not None or moment.base is not None:
                moment.at(as_of or dt.datetime.min)
    except OutsideCalendar:
        return True
    return False


def _moments(node: Node) -> list[Moment]:
    match node:
        case Moment():
            return [node]
        case Sequence():
            return [node.moment.moved(-step.within) for step in node.steps if step.within is not None]
        case _:
            return []
