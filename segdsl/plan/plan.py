"""The plan: which rows are read, what is worked out of them once, and in which stages, for all that was asked for.

A *leaf* is a value that takes more than a row of its entity: an attribute, an aggregate, a score, a sequence, a value
of the parent. Leaves of one kind that can be worked out together make a *relation*. A *stage* of an entity has a row
per member: the columns it carries from the stage before, those of the relations joined to it, and the values of the
instances that can be computed of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TypeAlias

from segdsl.model.columns import field_type_of
from segdsl.model.model import Field as ModelField
from segdsl.model.model import Model
from segdsl.model.schema import PartName
from segdsl.plan.pasts import AskedPast
from segdsl.program import (
    Aggregate,
    Attribute,
    ChildAggregate,
    Field,
    Instance,
    InstanceKey,
    KeyOf,
    LookupField,
    Node,
    Output,
    ParentValue,
    Past,
    Program,
    Score,
    Sequence,
)
from segdsl.types import TIME, Type
from segdsl.values import frozen

Leaf: TypeAlias = Attribute | KeyOf | Aggregate | ChildAggregate | Score | Sequence | Past | ParentValue


@frozen
class Totals:
    """Aggregates over one kind of events that one scan can work out side by side."""

    entity: str
    event: str
    reads: int | None  # the stage whose columns windows and conditions use; None where they use none
    leaves: tuple[Aggregate, ...]


@frozen
class Ranked:
    """Aggregates that need the events in order: of one value, condition and window."""

    entity: str
    event: str
    reads: int | None
    leaves: tuple[Aggregate, ...]
    order: str  # time, value, frequency or gap


@frozen
class ChildTotals:
    """Aggregates over the children, of values that their stage `reads` has."""

    entity: str
    child: str
    reads: int
    leaves: tuple[ChildAggregate, ...]
    order: str | None = None  # value or frequency, where the children have to be put in order


@frozen
class Scores:
    """Scores of one value over one population."""

    entity: str
    reads: int
    leaves: tuple[Score, ...]


@frozen
class SequenceRelation:
    entity: str
    reads: int | None
    leaf: Sequence

    @property
    def leaves(self) -> tuple[Sequence, ...]:
        return (self.leaf,)


@frozen
class PastRelation:
    """What earlier runs have seen: of one definition and label, before one moment."""

    entity: str
    leaves: tuple[Past, ...]
    reads: None = None


@frozen
class ParentRelation:
    """Values of the parent, of its stage `reads`."""

    entity: str
    parent: str
    reads: int
    leaves: tuple[ParentValue, ...]


Relation: TypeAlias = Totals | Ranked | ChildTotals | Scores | SequenceRelation | PastRelation | ParentRelation


@frozen
class Stage:
    """A stage of an entity: what is joined, what is computed, and what later stages and the output still need of it."""

    entity: str
    number: int
    before: int | None
    relations: tuple[Relation, ...]
    instances: tuple[InstanceKey, ...]
    carried: tuple[Leaf | InstanceKey, ...]  # columns of the stage before that are passed on
    kept: frozenset[Leaf | InstanceKey]  # columns made here that are used after this stage


@frozen
class Plan:
    """Everything that has to be done, in an order in which it can be.

    `leaves` and `computed` give the stage at which a value is a column; instances in neither are inlined. `parked` are
    the outputs that a stage before the last has, by entity and stage; `last` has all others.
    """

    program: Program
    outputs: tuple[Output, ...]
    entities: tuple[str, ...]
    attributes: dict[str, tuple[Attribute, ...]]
    fields: dict[str, tuple[Field | LookupField, ...]]
    events: tuple[str, ...]
    stages: tuple[Stage, ...]
    leaves: dict[Leaf, int]
    computed: dict[InstanceKey, int]
    last: dict[str, int] = field(default_factory=dict)
    parked: Mapping[str, Mapping[int, tuple[Leaf | InstanceKey, ...]]] = field(default_factory=dict)
    pasts: tuple[AskedPast, ...] = ()  # what is asked of the history
    instances: Mapping[InstanceKey, Instance] = field(default_factory=dict)  # the program's, as they are computed
    # all nodes of each value that is needed, which come in an order in which they can be computed
    nodes: Mapping[InstanceKey, list[Node]] = field(default_factory=dict)

    def value(self, key: InstanceKey) -> Node:
        return self.instances[key].value

    def parts(self, model: Model) -> list[PartName]:
        """The parts of the model whose rows are read."""
        out: dict[PartName, None] = {}
        for entity in self.entities:
            if model.entities[entity].from_events:
                for event in model.events_of(entity):
                    out.setdefault(("event", event.name))
            else:
                out.setdefault(("entity", entity))
        for name in self.events:
            out.setdefault(("event", name))
            for read in self.fields.get(name, ()):
                if isinstance(read, LookupField):
                    out.setdefault(("lookup", read.lookup))
        return list(out)

    def columns(self, model: Model) -> dict[PartName, set[tuple[str, Type | None]]]:
        """The columns that are read of each of them, with the types that they are read as where the model has one."""
        out: dict[PartName, set[tuple[str, Type | None]]] = {part: set() for part in self.parts(model)}
        for (kind, name), columns in out.items():
            if kind == "entity":
                entity = model.entities[name]
                columns.add((entity.key.column, model.key_type(name)))
                columns.update(_column(model, entity.attributes[item.name]) for item in self.attributes.get(name, ()))
                if entity.parent is not None and entity.parent.entity in self.entities:
                    columns.add((entity.parent.key.column, model.key_type(entity.parent.entity)))
            elif kind == "event":
                event = model.events[name]
                columns.update(((event.key.column, model.key_type(event.of)), (event.time, TIME)))
            else:
                columns.add((model.lookups[name].key.column, model.lookups[name].key.type))
        for name, fields in self.fields.items():
            for item in fields:
                of_event = item.field if isinstance(item, LookupField) else item.name
                out["event", name].add(_column(model, model.events[name].fields[of_event]))
                if isinstance(item, LookupField):
                    out["lookup", item.lookup].add(_column(model, model.lookups[item.lookup].fields[item.name]))
        return out


def _column(model: Model, field: ModelField) -> tuple[str, Type]:
    return field.column, field_type_of(model, field)
