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
    Past,
    Reference,
    Score,
    Sequence,
)
from segdsl.sql.dialects import Dialect
from segdsl.sql.dialects.dialect import Allowed

_BEYOND = re.compile(r"[\U00010000-\U0010ffff]")


class Names:
    """Hands out names; engines do not tell names apart that differ in case only."""

    def __init__(self, taken: Iterable[str] = (), limit: int | None = None, allowed: Allowed = "any") -> None:
        """`limit` is how many bytes a name may have; `allowed` the characters of a name."""
        self._taken = {name.casefold() for name in taken}
        self._limit = limit
        self._allowed = allowed

    @classmethod
    def of(cls, dialect: Dialect, taken: Iterable[str] = ()) -> Names:
        """Names as a dialect allows them: an engine would cut longer ones short, and take two for one."""
        return cls(taken, dialect.name_limit, dialect.names)

    def take(self, wanted: str) -> str:
        """The wanted name, or with a number behind it the first that is free."""
        if self._allowed == "plain":
            wanted = ascii_plain(wanted)
        elif self._allowed == "basic":
            wanted = _BEYOND.sub("_", wanted).rstrip(" ") or "value"
        found, number = self._cut(wanted, ""), 1
        while found.casefold() in self._taken:
            number += 1
            found = self._cut(wanted, f"_{number}")
        self._taken.add(found.casefold())
        return found

    def _cut(self, name: str, ending: str) -> str:
        if self._limit is None:
            return name + ending
        return name.encode()[: self._limit - len(ending)].decode(errors="ignore") + ending


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
            return _join(_said(column.value) or "score", "scored" if kind == "size" else kind)
        case Sequence():
            return _join(*("no_" + step.event if step.no else step.event for step in column.steps))
        case Past(kind=kind):
            return _join(column.definition, column.label or "", kind)
        case ParentValue(parent=parent):
            return _join(parent, _said(column.value) or "value")


def of_field(field: Field | LookupField) -> str:
    return field.name if isinstance(field, Field) else f"{field.field}_{field.name}"


def plain(text: str) -> str:
    """A text as part of a name: letters, digits, underscores."""
    return re.sub(r"\W+", "_", text).strip("_") or "value"


def ascii_plain(text: str) -> str:
    """A text as a name that every engine takes: it starts with a letter."""
    found = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_") or "value"
    return found if found[0].isalpha() else f"c_{found}"


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
