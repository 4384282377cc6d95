"""The data of an example: tables that hold the customers it gives, and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from segdsl.check.constants import ten_digits
from segdsl.model.model import Model, Relational
from segdsl.model.schema import PartName, Rows, Schema
from segdsl.program import Constant, Example, Moment
from segdsl.types import TEXT, TIME, Kind, Type

if TYPE_CHECKING:
    import pyarrow

Given = Constant | Moment | tuple[Constant, ...]


def given_tables(
    model: Model, parts: Iterable[PartName], examples: Mapping[str, Example], as_of: dt.datetime
) -> tuple[Schema, dict[str, pyarrow.Table]]:
    """Tables for parts of the model that hold customers by their keys; each is known by a name of its own."""
    from sqlglot import exp

    rows: dict[PartName, Rows] = {}
    tables: dict[str, pyarrow.Table] = {}
    for number, part in enumerate(parts, start=1):
        columns = _columns(model, part)
        name = f"given_{number}"
        tables[name] = _table(columns, _rows(model, part, examples, as_of))
        types = {column: _ENGINE[type_.kind] for column, type_ in columns.items()}
        rows[part] = Rows(types, exp.Table(this=exp.to_identifier(name, quoted=True)))
    return Schema(rows), tables


# the types of columns as DuckDB writes them
_ENGINE = {
    Kind.BOOL: "BOOLEAN",
    Kind.INT: "BIGINT",
    Kind.DECIMAL: "DECIMAL(38,10)",
    Kind.TEXT: "VARCHAR",
    Kind.DATE: "DATE",
    Kind.TIME: "TIMESTAMP",
    Kind.LIST: "VARCHAR[]",
}


def _columns(model: Model, name: PartName) -> dict[str, Type]:
    kind, _ = name
    part = _part(model, name)
    key_type = part.key.type
    if kind == "event":
        key_type = model.key_type(model.events[part.name].of)
    elif kind == "entity":
        key_type = model.key_type(part.name)
    columns: dict[str, Type] = {part.key.column: key_type or TEXT}
    if kind == "event":
        columns.setdefault(model.events[part.name].time, TIME)
    fields = model.entities[part.name].attributes if kind == "entity" else getattr(part, "fields", {})
    for field in fields.values():
        columns.setdefault(field.column, field.type)
    if kind == "entity":
        parent = model.entities[part.name].parent
        if parent is not None:
            columns.setdefault(parent.key.column, model.key_type(parent.entity) or TEXT)
    return columns


def _part(model: Model, name: PartName) -> Relational:
    kind, own = name
    groups: dict[str, Mapping[str, Relational]] = {
        "entity": model.entities,
        "event": model.events,
        "lookup": model.lookups,
    }
    return groups[kind][own]


def _rows(
    model: Model, name: PartName, examples: Mapping[str, Example], as_of: dt.datetime
) -> Iterable[dict[str, Any]]:
    kind, own = name
    for key, example in examples.items():
        if kind == "entity" and own == example.target.entity:
            yield _customer(model, own, key, example, as_of)
        elif kind == "entity":
            parent = model.entities[example.target.entity].parent
            if parent is not None and parent.entity == own and example.parent is not None:
                yield {model.entities[own].key.column: _plain(example.parent, as_of)}
        elif kind == "event" and model.events[own].of == example.target.entity:
            event = model.events[own]
            for given in example.events:
                if given.event == own:
                    row = {event.fields[field].column: _plain(value, as_of) for field, value in given.fields}
                    yield {**row, event.key.column: key, event.time: given.time.at(as_of)}


def _customer(model: Model, entity: str, key: str, example: Example, as_of: dt.datetime) -> dict[str, Any]:
    part = model.entities[entity]
    row: dict[str, Any] = {
        part.attributes[name].column: _plain(value, as_of, part.attributes[name].type)
        for name, value in example.attributes
    }
    if part.parent is not None and example.parent is not None:
        row[part.parent.key.column] = _plain(example.parent, as_of)
    return {**row, part.key.column: key}


def _plain(value: Given, as_of: dt.datetime, type_: Type | None = None) -> Any:
    if isinstance(value, tuple):
        return [item.value for item in value]
    if isinstance(value, Moment):
        found = value.at(as_of)
        return found.date() if type_ is not None and type_.kind is Kind.DATE else found
    return value.value


def _table(columns: Mapping[str, Type], rows: Iterable[Mapping[str, Any]]) -> pyarrow.Table:
    import pyarrow as pa

    types = {
        Kind.BOOL: pa.bool_(),
        Kind.INT: pa.int64(),
        Kind.DECIMAL: pa.decimal128(38, 10),
        Kind.TEXT: pa.string(),
        Kind.DATE: pa.date32(),
        Kind.TIME: pa.timestamp("us"),
        Kind.LIST: pa.list_(pa.string()),
    }
    held = list(rows)
    arrays = {
        name: pa.array(_cast([row.get(name) for row in held], type_), types[type_.kind])
        for name, type_ in columns.items()
    }
    return pa.table(arrays)


def _cast(values: Sequence[Any], type_: Type) -> list[Any]:
    """Keys are given as texts; where the model states another type they become one."""
    from decimal import Decimal

    match type_.kind:
        case Kind.DECIMAL:
            return [None if value is None else ten_digits(Decimal(str(value))) for value in values]
        case Kind.INT:
            return [None if value is None else int(value) for value in values]
        case Kind.TEXT:
            return [None if value is None else str(value) for value in values]
        case _:
            return list(values)
