"""What a rule says of somebody of whom nothing has changed, and may say otherwise later all the same: conditions that
move with as-of, or that look at others, at the history, or at events in their order.

All else follows from attributes and from aggregates that differences bring up to date: where these are what they were,
so is what is made of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from segdsl.plan.meaning import canonical, meanings
from segdsl.plan.nodes import needed
from segdsl.plan.steady import why_anew
from segdsl.program import (
    Aggregate,
    Apply,
    Attribute,
    Case,
    Constant,
    Instance,
    InstanceKey,
    KeyOf,
    Moment,
    Node,
    Output,
    Program,
    Reference,
    is_condition,
)
from segdsl.types import BOOL


@dataclass(frozen=True, slots=True)
class Apart:
    """A program in two: `conditions` asks for each condition that may change by itself, as an output of its own, by a
    name that it has in every run; in `rest` they are attributes of these names.
    """

    conditions: Program
    outputs: tuple[Output, ...]
    rest: Program
    given: tuple[Attribute, ...]


def apart(program: Program, outputs: Sequence[Output]) -> Apart | None:
    """Takes the rules of outputs of one entity apart; None where one has a value that changes by itself and is no
    condition."""
    taken = _Apart(program)
    entity = outputs[0].entity
    for key in needed(program, (output.instance for output in outputs)):
        taken.read(key)
    if any(taken.values[output.instance] is None for output in outputs):
        return None
    rest = {**program.instances}
    for key, value in taken.values.items():
        if value is not None:
            rest[key] = replace(program.instances[key], value=value)
    # those of other entities are asked of these in their turn
    given = {item: node for node, item in taken.given.items() if item.entity == entity}
    moment = outputs[0].instance.moment
    keys = {item: InstanceKey(item.name, (), moment) for item in sorted(given, key=lambda item: item.name)}
    asked = {key: Instance(key, entity, given[item]) for item, key in keys.items()}
    return Apart(
        replace(program, instances={**program.instances, **asked}),
        tuple(Output(key.definition, "segment", entity, BOOL, key) for key in keys.values()),
        replace(program, instances=rest),
        tuple(keys),
    )


class _Apart:
    def __init__(self, program: Program) -> None:
        self.program = program
        # the values of instances without what changes by itself; None where that is more than conditions
        self.values: dict[InstanceKey, Node | None] = {}
        self.given: dict[Node, Attribute] = {}
        self.digests: dict[InstanceKey, str] = {}

    def read(self, key: InstanceKey) -> None:
        """An instance, whose references have been read."""
        instance = self.program.instances[key]
        self.values[key] = self._read(instance.value, instance.entity)

    def _read(self, node: Node, entity: str) -> Node | None:
        match node:
            case Reference(instance=key):
                found: Node | None = None if self.values[key] is None else node
            case Aggregate():
                found = node if why_anew(node) is None else None
            case Moment():
                found = node if node.base is not None else None
            case Apply(args=args):
                found = self._parts(node, args, entity)
            case Case():
                found = self._case(node, entity)
            case Attribute() | KeyOf() | Constant():
                found = node
            case _:
                found = None  # others, the history, or events in their order; or nobody knows
        return self._given(node, entity) if found is None and is_condition(node) else found

    def _parts(self, node: Apply, args: tuple[Node, ...], entity: str) -> Node | None:
        read = [self._read(arg, entity) for arg in args]
        known = [item for item in read if item is not None]
        if len(known) < len(read):
            return None
        is_same = all(one is other for one, other in zip(known, args, strict=True))
        return node if is_same else Apply(node.function, tuple(known), node.type)

    def _case(self, node: Case, entity: str) -> Node | None:
        branches: list[tuple[Node, Node]] = []
        for condition, value in node.branches:
            read = self._read(condition, entity), self._read(value, entity)
            if read[0] is None or read[1] is None:
                return None
            branches.append((read[0], read[1]))
        otherwise = None if node.otherwise is None else self._read(node.otherwise, entity)
        if node.otherwise is not None and otherwise is None:
            return None
        return Case(tuple(branches), otherwise, node.type)

    def _given(self, node: Node, entity: str) -> Attribute:
        if node not in self.given:
            lacking: list[InstanceKey] = []
            text = canonical(node, self.digests, lacking)
            if lacking:
                meanings(self.program, lacking, self.digests)
                text = canonical(node, self.digests, [])
            name = f"condition {sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"
            self.given[node] = Attribute(entity, name, BOOL)
        return self.given[node]
