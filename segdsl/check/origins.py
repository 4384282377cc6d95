"""Where the types of values come from: the lines of the model and the definitions that say so."""

from __future__ import annotations

from segdsl.check.context import Checking
from segdsl.diagnostics import Label, Span
from segdsl.program import Attribute, Field, LookupField, Node, Outer, ParentValue, Reference


def origins(check: Checking, *nodes: Node) -> tuple[Label, ...]:
    """A label for each value that the model or a definition gives its type; other values show theirs themselves."""
    labels: dict[tuple[str, int], Label] = {}
    for node in nodes:
        span, name = _origin(check, node)
        if span is not None:
            labels.setdefault((span.source.path, span.start), Label(span, f"`{name}` is {node.type}"))
    return tuple(labels.values())


def _origin(check: Checking, node: Node) -> tuple[Span | None, str]:
    match node:
        case Attribute(entity=entity, name=name):
            return check.model.entities[entity].attributes[name].span("type", "values"), name
        case Field(event=event, name=name):
            return check.model.events[event].fields[name].span("type", "values", "lookup"), name
        case LookupField(lookup=lookup, name=name):
            return check.model.lookups[lookup].fields[name].span("type", "values"), name
        case Outer(value=value) | ParentValue(value=value):
            return _origin(check, value)
        case Reference(instance=key):
            definition = check.catalog.definitions.get(key.definition)
            return (None, "") if definition is None else (definition.tree.name.span, definition.name)
        case _:
            return None, ""
