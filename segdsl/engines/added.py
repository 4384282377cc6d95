"""The rows of a model with some more beside them, or with those of one member alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from segdsl.model.model import Event, Model
from segdsl.model.schema import PartName, Rows, Schema
from segdsl.sql import build
from segdsl.types import Kind

if TYPE_CHECKING:
    import pyarrow

# types whose values are equal where their texts are
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UINTEGER", "UBIGINT"})


def table_of(event: Event, rows: Sequence[Mapping[str, Any]], key: str) -> pyarrow.Table:
    """Events of one member as a table with the columns of the model: `rows` have fields by their names, and `at`.

    Raises ValueError for a value that is not of its field's type.
    """
    import pyarrow

    kinds = {
        Kind.BOOL: pyarrow.bool_(),
        Kind.INT: pyarrow.int64(),
        Kind.DECIMAL: pyarrow.decimal128(38, 10),
        Kind.DATE: pyarrow.date32(),
        Kind.TIME: pyarrow.timestamp("us"),
        Kind.LIST: pyarrow.list_(pyarrow.string()),
    }
    columns = {event.key.column: pyarrow.array([key] * len(rows), pyarrow.string())}
    columns[event.time] = pyarrow.array([row["at"] for row in rows], pyarrow.timestamp("us"))
    for field in event.fields.values():
        kind = kinds.get(field.type.kind, pyarrow.string())
        values = [row.get(field.name) for row in rows]
        try:
            if field.type.kind is Kind.DECIMAL:
                values = [None if value is None else _decimal(value) for value in values]
            columns[field.column] = pyarrow.array(values, kind)
        except (ValueError, TypeError, ArithmeticError):  # Arrow's errors are such ones
            shown = ", ".join(f"`{value}`" for value in values[:3])
            raise ValueError(f"`{field.name}` has to be {field.type.kind.value}, found {shown}") from None
    return pyarrow.table(columns)


def _decimal(value: Any) -> Any:
    from decimal import Decimal

    return Decimal(str(value)).quantize(Decimal("0.0000000001"))


def with_events(model: Model, schema: Schema, added: Mapping[str, str]) -> Schema:
    """The schema with the rows of tables beside those of events: `added` has the tables by the events' names."""
    parts = dict(schema.parts)
    for name, table in added.items():
        rows = parts.get(("event", name))
        if rows is None:
            continue
        used = _used(model.events[name])
        there = [build.alias(build.column(column, "rows"), column) for column in used]
        here = [
            build.alias(build.cast(build.column(column), rows.type_of(column) or "TEXT"), column) for column in used
        ]
        old = build.select(*there).from_(exp.alias_(rows.tree.copy(), "rows", table=True, quoted=True), copy=False)
        both = exp.Union(this=old, expression=build.select(*here).from_(build.table(table), copy=False), distinct=False)
        parts[("event", name)] = Rows(rows.columns, exp.Subquery(this=both))
    return Schema(parts)


def of_one(model: Model, schema: Schema, entity: str, key: str) -> dict[PartName, exp.Select]:
    """The rows of one member of an entity, and of its events, by their parts. Keys are compared as text."""
    found: dict[PartName, exp.Select] = {}
    for part, rows in schema.parts.items():
        kind, name = part
        if kind == "entity" and name == entity:
            column = model.entities[name].key.column
            wanted: list[exp.Expr] = [exp.Star()]
        elif kind == "event" and model.events[name].of == entity:
            event = model.events[name]
            column = event.key.column
            wanted = [build.alias(build.column(one, "rows"), one) for one in _used(event)]
        else:
            continue
        own = build.column(column, "rows")
        held = [build.eq(build.cast(own, "TEXT"), build.text(key))]
        type_ = rows.type_of(column)
        if type_ in _WHOLE:  # which is compared at once, and tells whole blocks of a file apart
            held.insert(0, build.eq(own.copy(), exp.TryCast(this=build.text(key), to=build.data_type(type_))))
        source = exp.alias_(rows.tree.copy(), "rows", table=True, quoted=True)
        found[part] = build.select(*wanted).from_(source, copy=False).where(build.and_(held), copy=False)
    return found


def _used(event: Event) -> list[str]:
    """The columns of an event that the model names."""
    return list(dict.fromkeys([event.key.column, event.time, *(field.column for field in event.fields.values())]))
