"""A node with other nodes below it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from segdsl.program import (
    Aggregate,
    Apply,
    Bound,
    Case,
    ChildAggregate,
    Node,
    Outer,
    ParentValue,
    Score,
    Sequence,
    children,
)


def remade(node: Node, make: Callable[[Node], Node]) -> Node:
    """A node of what is made of each of those directly below it; itself where these all stay the same objects."""
    below = children(node)
    made = [make(item) for item in below]
    if all(one is other for one, other in zip(below, made, strict=True)):
        return node
    rest = iter(made)

    def next_of(part: Node | None) -> Node | None:
        return None if part is None else next(rest)

    # each in the order of `children`
    match node:
        case Apply():
            return Apply(node.function, tuple(made), node.type)
        case ParentValue() | Outer():
            return replace(node, value=made[0])
        case Aggregate():
            value, condition = next_of(node.value), next_of(node.condition)
            return replace(
                node,
                value=value,
                condition=condition,
                bounds=tuple(Bound(bound.op, next(rest)) for bound in node.bounds),
            )
        case ChildAggregate():
            return replace(node, value=next_of(node.value), condition=next_of(node.condition))
        case Score():
            return replace(node, value=next(rest), among=next_of(node.among), per=tuple(rest))
        case Sequence():
            steps = [replace(step, condition=next_of(step.condition), same=next_of(step.same)) for step in node.steps]
            return replace(node, steps=tuple(steps))
        case Case():
            branches = tuple((next(rest), next(rest)) for _ in node.branches)
            return Case(branches, next_of(node.otherwise), node.type)
        case _:
            raise AssertionError(node)
