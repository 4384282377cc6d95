"""Aggregates that differences can bring up to date: those that look at an event the same way whenever they are asked.

Of such an aggregate nothing changes from one as-of to a later one but which events are in its window, and the borders
of that are the same for everybody.
"""

from __future__ import annotations

from hashlib import sha256

from segdsl.plan.meaning import canonical
from segdsl.plan.nodes import descend
from segdsl.plan.plan import Leaf
from segdsl.plan.planner import RANKED
from segdsl.plan.said import WORDS
from segdsl.problems import refresh
from segdsl.program import (
    Aggregate,
    Attribute,
    ChildAggregate,
    Constant,
    KeyOf,
    LookupField,
    Moment,
    Outer,
    ParentValue,
    Past,
    Score,
)
from segdsl.program import Sequence as SequenceNode


def is_steady(leaf: Aggregate) -> bool:
    """Whether differences bring an aggregate up to date."""
    return why_anew(leaf) is None


def why_anew(leaf: Leaf) -> str | None:
    """Why a value is worked out anew in each run; None for an aggregate that differences bring up to date."""
    match leaf:
        case Attribute() | KeyOf():
            return refresh.ATTRIBUTES
        case Score():
            return refresh.OF_EVERYBODY
        case SequenceNode():
            return refresh.IN_ORDER
        case ChildAggregate() | ParentValue():
            return refresh.OF_OTHERS
        case Past():
            return refresh.OF_HISTORY
        case Aggregate():
            return _of_aggregate(leaf)


def _of_aggregate(leaf: Aggregate) -> str | None:
    if leaf.kind in RANKED:
        return refresh.needs_order(WORDS.get(leaf.kind, leaf.kind))
    for bound in leaf.bounds:
        if not isinstance(bound.value, Moment | Constant):
            return refresh.WINDOW_OF_CUSTOMER
    for part in (leaf.value, leaf.condition):
        for node in () if part is None else descend(part):
            if isinstance(node, Outer):
                return refresh.READS_CUSTOMER
            if isinstance(node, LookupField):
                return refresh.THROUGH_LOOKUP
            if isinstance(node, Moment) and node.base is None:
                return refresh.MOVES_WITH_AS_OF
    return None


def borders(leaf: Aggregate) -> list[Moment]:
    """The moments that an aggregate's window begins and ends at, which move with as-of."""
    return [bound.value for bound in leaf.bounds if isinstance(bound.value, Moment) and bound.value.base is None]


def name_of(leaf: Aggregate) -> str:
    """A name that the same aggregate has in every run: a hash of what it means."""
    return sha256(canonical(leaf, {}, []).encode("utf-8", "surrogatepass")).hexdigest()[:24]
