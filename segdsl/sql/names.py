"""Names for columns and common table expressions: readable, and never twice, whatever their case."""

from __future__ import annotations

import re
from collections.abc import Iterable

from segdsl.plan.plan import Leaf
from segdsl.program import (
    Aggregate,
    At,
    Attribute,
    ChildAggregate,
    Field,
    InstanceKey,
    KeyOf,
    LookupField,
    Node,
    ParentValue,
    Reference,
    Score,
    Sequence,
)


class Names:
    """Hands out names; engines do not tell names apart that differ in case only."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {name.casefold() for name in taken}

    def take(self, wanted: str) -> str:
        """The wanted name, or with a number behind it the first that is free."""
        found, number = wanted, 1
        while found.casefold() in self._taken:
            number += 1
            found = f"{wanted}_{number}"
        self._taken.add(found.casefold())
        return found


def of_column(column: Leaf | InstanceKey) -> str:
    """What a column should be called."""
    match column:
        case InstanceKey():
            return column.definition
        case Attribute(name=name):
            return name
        case KeyOf():
            return "key_text"
        case Aggregate(kind=kind):
            return _join(column.event, kind, _said(column.value))
        case ChildAggregate(kind=kind):
            return _join(column.child, kind, _said(column.value))
        case Score(kind=kind):
            return _join(_said(column.value) or "score", {"below": "below", "size": "scored", "rank": "rank"}[kind])
        case Sequence():
            return _join(*("no_" + step.event if step.no else step.event for step in column.steps))
        case ParentValue(parent=parent):
            return _join(parent, _said(column.value) or "value")


def of_field(field: Field | LookupField) -> str:
    return field.name if isinstance(field, Field) else f"{field.field}_{field.name}"


def plain(text: str) -> str:
    """A text as part of a name: letters, digits, underscores."""
    return re.sub(r"\W+", "_", text).strip("_") or "value"


def _said(node: Node | None) -> str:
    match node:
        case Field() | LookupField():
            return of_field(node)
        case Attribute(name=name):
            return name
        case At():
            return "at"
        case Reference(instance=key):
            return key.definition
        case Aggregate() | ChildAggregate():
            return of_column(node)
        case _:
            return ""


def _join(*parts: str) -> str:
    return plain("_".join(part for part in parts if part))
