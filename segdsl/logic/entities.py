"""Whose values a node is worked out from."""

from __future__ import annotations

from segdsl.program import (
    Aggregate,
    Attribute,
    ChildAggregate,
    KeyOf,
    Node,
    ParentValue,
    Reference,
    Score,
    Sequence,
    children,
)


def entity_of_node(node: Node) -> str | None:
    """The entity that a value is of; None for a constant."""
    stack = [node]
    while stack:
        item = stack.pop()
        match item:
            case Attribute(entity=entity) | KeyOf(entity=entity) | Reference(entity=entity) | Aggregate(entity=entity):
                return entity
            case ChildAggregate(entity=entity) | Score(entity=entity) | Sequence(entity=entity):
                return entity
            case ParentValue(child=child):
                return child
        stack.extend(children(item))
    return None
