"""What the parts of a plan are called, and which definitions they are for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from segdsl.plan.plan import (
    ChildTotals,
    Leaf,
    ParentRelation,
    PastRelation,
    Plan,
    Ranked,
    Relation,
    Scores,
    SequenceRelation,
    Stage,
    Totals,
)
from segdsl.problems import stages
from segdsl.program import Aggregate, ChildAggregate, Field, InstanceKey, LookupField, Node, Reference

# aggregates whose name in a plan is not the one that a rule calls them by
WORDS = {"median_low": "median", "median_high": "median", "max_gap": "gaps", "last_gap": "gaps"}


def said(part: Relation | Stage) -> str:
    """A relation or a stage, as a user is told of it."""
    match part:
        case Stage():
            return stages.conditions(part.entity, len({key.definition for key in part.instances}))
        case Totals():
            return stages.totals(part.event, len(part.leaves))
        case Ranked():
            return stages.ranked(part.event, _kinds(part.leaves), part.order)
        case ChildTotals():
            return stages.of_children(part.child, len(part.leaves))
        case ParentRelation():
            return stages.of_parent(part.parent, len(part.leaves))
        case Scores():
            return stages.scores(part.entity, _value(part.leaves[0].value))
        case PastRelation():
            return stages.past(part.leaves[0].definition)
        case SequenceRelation():
            return stages.sequence([(step.event, step.no) for step in part.leaf.steps])


def definitions_of(plan: Plan) -> dict[Leaf | InstanceKey, tuple[str, ...]]:
    """The definitions whose own text has each leaf; of what is computed, its own."""
    found: dict[Leaf | InstanceKey, dict[str, None]] = {}
    for key, nodes in plan.nodes.items():
        found.setdefault(key, {}).setdefault(key.definition)
        for node in nodes:
            if isinstance(node, Leaf) and node in plan.leaves:
                found.setdefault(node, {}).setdefault(key.definition)
    return {item: tuple(names) for item, names in found.items()}


def parts_in(part: Relation | Stage) -> Iterable[Leaf | InstanceKey]:
    """The leaves of a relation, the instances of a stage."""
    return part.instances if isinstance(part, Stage) else part.leaves


def _kinds(leaves: Iterable[Aggregate | ChildAggregate]) -> list[str]:
    return list(dict.fromkeys(WORDS.get(leaf.kind, leaf.kind) for leaf in leaves))


def _value(node: Node) -> str:
    match node:
        case Reference(instance=key):
            return key.definition
        case Aggregate():
            return f"{node.kind} of {'.'.join([node.event, *_field(node.value)])}"
        case ChildAggregate():
            return f"{node.kind} of {node.child}"
        case _:
            return "a value worked out of several"


def _field(node: Node | None) -> Iterator[str]:
    if isinstance(node, Field | LookupField):
        yield node.name
