"""What a run as of an earlier moment finds, of those whom it knows.

A rule `as of` then looks at everybody who is there now. A run as of then knows nobody who came later: where an entity
has no table, its population are those who had an event by then. The others are in no segment, no score ranks them, and
they are nobody's parent.
"""

from __future__ import annotations

from dataclasses import replace

from segdsl.catalog import CATALOG
from segdsl.check import Checker
from segdsl.check.constants import logic
from segdsl.check.context import Context
from segdsl.check.remade import remade
from segdsl.diagnostics import Source, Span
from segdsl.functions import operator
from segdsl.program import (
    Apply,
    Case,
    Instance,
    InstanceKey,
    Moment,
    Node,
    ParentValue,
    Reference,
    Score,
    children,
    is_condition,
)
from segdsl.syntax import tree
from segdsl.types import BOOL, Kind

# no parameter has this name: what tells an instance in a run as of then from the one that a rule `as of` then reads
_RUN = "run as of"


def of_then(checker: Checker, entity: str, moment: Moment, value: Node) -> Node:
    """A value as of a moment, of whose instances none is still to be made, as a run as of that moment has it."""
    if moment == Moment() or not any(item.from_events for item in checker.model.entities.values()):
        return value
    then = _Then(checker, moment)
    value = then.value(value)
    if not checker.model.entities[entity].from_events:
        return value
    if value.type.kind is Kind.BOOL:
        return checker.settled(Apply(operator("and"), (then.is_there(entity), value), BOOL))
    return Case(((then.is_there(entity), value),), None, value.type)


class _Then:
    """Values as a run as of a moment has them; what is the same for everybody's stays as it is."""

    def __init__(self, checker: Checker, moment: Moment) -> None:
        self._checker = checker
        self._moment = moment
        self._there: dict[str, Node] = {}
        self._keys: dict[InstanceKey, InstanceKey] = {}

    def is_there(self, entity: str) -> Node:
        """Who of an entity without a table had an event by then."""
        if entity not in self._there:
            ctx = Context(CATALOG, entity, Moment()).at(self._moment)
            events = self._checker.model.events_of(entity)
            there = tuple(self._checker.expr(ctx, _any(event.name)) for event in events)
            self._checker.work_off()
            self._there[entity] = there[0] if len(there) == 1 else Apply(operator("or"), there, BOOL)
        return self._there[entity]

    def value(self, node: Node) -> Node:
        self._take(node)
        return self._remade(node)

    def _take(self, node: Node) -> None:
        """Makes anew what a value refers to, each instance after those that it refers to itself."""
        stack = _references(node)
        while stack:
            key = stack[-1]
            if key in self._keys:
                stack.pop()
                continue
            instance = self._checker.instances[key]
            lacking = [item for item in _references(instance.value) if item not in self._keys]
            if lacking:
                stack.extend(lacking)
                continue
            stack.pop()
            self._keys[key] = self._instance(instance)

    def _instance(self, instance: Instance) -> InstanceKey:
        value = self._remade(instance.value)
        if value is instance.value:
            return instance.key
        own = instance.key
        key = InstanceKey(own.definition, (*own.args, (_RUN, self._moment)), own.moment)
        self._checker.instances[key] = Instance(key, instance.entity, value, instance.shared)
        return key

    def _remade(self, node: Node) -> Node:
        found = remade(node, self._remade)
        match found:
            case Reference(instance=key) if (then := self._keys[key]) is not key:
                return Reference(then, found.entity, found.type, found.condition)
            case Score() if self._is_from_events(found.entity):
                parts = [self.is_there(found.entity), *([] if found.among is None else [found.among])]
                return replace(found, among=logic("and", parts))
            case ParentValue() if self._is_from_events(found.parent):
                there = self.is_there(found.parent)
                if is_condition(found.value):
                    value: Node = Apply(operator("and"), (there, found.value), BOOL)
                else:
                    value = Case(((there, found.value),), None, found.type)
                return ParentValue(found.child, found.parent, value, found.type)
            case _:
                return found

    def _is_from_events(self, entity: str) -> bool:
        return self._checker.model.entities[entity].from_events


def _references(node: Node) -> list[InstanceKey]:
    found: list[InstanceKey] = []
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, Reference):
            found.append(item.instance)
        stack.extend(children(item))
    return found


def _any(event: str) -> tree.Expr:
    """`any(event)`, as a tree."""
    span = Span(Source(event, event), 0, len(event))
    name, of = (tree.Name((tree.Identifier(text, span),), span) for text in ("any", event))
    return tree.Call(name, (tree.Argument(None, of, span),), None, None, (), span)
