"""What a solver found, as values to make customers of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from segdsl.check.constants import ten_digits
from segdsl.exact import EXACT
from segdsl.logic.formula import Formula
from segdsl.logic.reading import Reader
from segdsl.program import Aggregate, Attribute, Node
from segdsl.testing.drafts import Value
from segdsl.testing.making import Hints
from segdsl.types import Kind

# what a sum is parted into, at most
_MOST_PARTS = 24


def solver_hints(formula: Formula, reader: Reader, as_of: dt.datetime, entity: str) -> Hints:
    """The attributes of a customer of whom a formula may hold, and numbers and times for its events; nothing where no
    solver is there, or it finds none."""
    from segdsl.proving.prove import has_prover

    if not has_prover():
        return Hints()
    from segdsl.proving.encode import solution

    found = solution(formula, reader, as_of)
    attributes: list[tuple[str, Value]] = []
    numbers: list[Decimal] = []
    moments: list[dt.datetime] = []
    for term, value in found.items():
        if isinstance(term, Attribute) and term.entity == entity and term.type.kind is not Kind.LIST:
            attributes.append((term.name, _of_kind(term.type.kind, value)))
        elif isinstance(value, dt.datetime):
            moments.append(value)
        elif isinstance(value, dt.timedelta):
            moments.append(as_of - value)
        elif isinstance(value, Decimal):
            numbers.append(value)
    return Hints(tuple(attributes), (*numbers, *_parts(found)), tuple(moments))


def _of_kind(kind: Kind, value: Any) -> Value:
    match kind:
        case Kind.INT:
            return int(value)
        case Kind.DATE:
            return value.date()  # type: ignore[no-any-return]
        case _:
            return value  # type: ignore[no-any-return]


def _parts(found: Mapping[Node, Any]) -> list[Decimal]:
    """Sums as so many equal amounts as there are events."""
    of_kind: dict[str, list[Decimal]] = {
        kind: [value for term, value in found.items() if _is(term, kind) and isinstance(value, Decimal)]
        for kind in ("sum", "count")
    }
    return [
        ten_digits(EXACT.divide(total, count))
        for total in of_kind["sum"]
        for count in of_kind["count"]
        if 1 < count <= _MOST_PARTS
    ]


def _is(term: Node, kind: str) -> bool:
    return isinstance(term, Aggregate) and term.kind == kind
