"""A world to evaluate rules in: a model, its tables as rows of Python values, and the moment of the run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from segdsl.diagnostics import Source
from segdsl.syntax import tree
from segdsl.syntax.parser import parse_customer
from tests.reference.moments import Length, length_of, local, shift

Row: TypeAlias = dict[str, Any]
Tables: TypeAlias = dict[str, list[Row]]


@dataclass(frozen=True)
class World:
    """The content of `segdsl.yaml` with a `table` for each entity (unless it comes from its events), event and lookup;
    the rows of these tables; the as-of of the run; and those of the runs that were saved before."""

    model: dict[str, Any]
    tables: Tables
    as_of: dt.datetime
    runs: tuple[dt.datetime, ...] = ()


def column_of(name: str, spec: Any) -> str:
    """The column that holds an attribute or field."""
    return str(spec.get("column", name)) if isinstance(spec, dict) else name


def type_of(spec: Any) -> str | None:
    """The type that the model states, if it does; a lookup's key is text unless it says otherwise."""
    if isinstance(spec, dict):
        stated = spec.get("type")
        return None if stated is None else str(stated)
    return None if spec is None else str(spec)


def key_column(spec: Any) -> str:
    """The column of a key, written as a name or as a mapping."""
    return str(spec["column"]) if isinstance(spec, dict) else str(spec)


def default_entity(model: dict[str, Any]) -> str:
    """The entity that lines of customers describe: `customer`, else the first."""
    entities = model["entities"]
    return "customer" if "customer" in entities else str(next(iter(entities)))


def named_tables(model: dict[str, Any]) -> dict[str, Any]:
    """The model with a table of its own name for each entity, event and lookup that states none."""
    out = dict(model)
    for part in ("entities", "events", "lookups"):
        out[part] = {}
        for name, spec in (model.get(part) or {}).items():
            filled = {key: value for key, value in spec.items() if key != "from_events"}
            if not spec.get("from_events") and "sql" not in filled:
                filled.setdefault("table", name)
            out[part][name] = filled
    return out


def columns_of(spec: dict[str, Any], fields: str) -> dict[str, str | None]:
    """The columns of a table with the types that the model states for them."""
    return {column_of(name, field): type_of(field) for name, field in (spec.get(fields) or {}).items()}


def typed_tables(model: dict[str, Any], tables: dict[str, list[Row]]) -> Tables:
    """Rows as YAML gives them, with their values in the types of the model."""
    columns: dict[str, dict[str, str | None]] = {}
    for part, fields in (("entities", "attributes"), ("events", "fields"), ("lookups", "fields")):
        for spec in model[part].values():
            if "table" in spec:
                known = columns.setdefault(spec["table"], {})
                known.update(columns_of(spec, fields))
                if "time" in spec:
                    known[key_column(spec["time"])] = "timestamp"
    out: Tables = {}
    for name, rows in tables.items():
        known = columns.get(name, {})
        out[name] = [{column: typed(known.get(column), value) for column, value in row.items()} for row in rows]
    return out


def typed(kind: str | None, value: Any) -> Any:
    """A plain value in a type of the model; a date counts as its midnight where a time is meant."""
    if value is None:
        return None
    match kind:
        case "timestamp":
            if isinstance(value, str):
                value = dt.datetime.fromisoformat(value)
            return value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
        case "date":
            if isinstance(value, str):
                value = dt.date.fromisoformat(value)
            return value.date() if isinstance(value, dt.datetime) else value
        case "decimal":
            return Decimal(str(value))
        case "int":
            return int(value)
        case "bool":
            return bool(value)
        case "list(text)":
            return [value] if isinstance(value, str) else [str(item) for item in value]
        case _:
            return str(value)


def read_customer(line: str) -> tree.Customer:
    """A line `ada: country = "DE", order(10d ago)`."""
    customer, diagnostics = parse_customer(Source("customers", line))
    if customer is None or diagnostics:
        raise ValueError(f"{line!r}: {diagnostics[0].message if diagnostics else 'cannot be read'}")
    return customer


def customer_rows(model: dict[str, Any], text_lines: Iterable[str], as_of: dt.datetime) -> Tables:
    """The rows that lines of customers stand for: one of the entity for each, and those of its events."""
    customers = [read_customer(line) for line in text_lines if line.strip()]
    return fact_rows(model, [(customer.key.text, customer.facts) for customer in customers], as_of)


def stray_rows(model: dict[str, Any], texts: Iterable[str], as_of: dt.datetime) -> Tables:
    """The rows of events that belong to nobody."""
    tables = customer_rows(model, [f"nobody: {text}" for text in texts], as_of)
    table = model["entities"][default_entity(model)].get("table")
    return {name: [] if name == table else rows for name, rows in tables.items()}


def fact_rows(
    model: dict[str, Any], customers: Sequence[tuple[str, Sequence[tree.Fact]]], as_of: dt.datetime
) -> Tables:
    """The rows of customers given by their keys and facts. Every table of the model is there, if empty."""
    name = default_entity(model)
    entity = model["entities"][name]
    tables: Tables = {}
    for part in ("entities", "events", "lookups"):
        for spec in model[part].values():
            if "table" in spec:
                tables.setdefault(spec["table"], [])
    for key, facts in customers:
        row: Row = dict.fromkeys(columns_of(entity, "attributes"))
        if "parent" in entity:
            row[key_column(entity["parent"]["key"])] = None
        row[key_column(entity["key"])] = key
        for fact in facts:
            match fact:
                case tree.AttributeFact():
                    spec = (entity.get("attributes") or {}).get(fact.name.text)
                    column = column_of(fact.name.text, spec)
                    if column not in row:
                        raise ValueError(f"{key}: no attribute {fact.name.text}")
                    row[column] = _fact_value(model, type_of(spec), fact.value, as_of)
                case tree.EventFact():
                    event = model["events"][fact.event.text]
                    tables[event["table"]].append(_event_row(model, event, key, fact, as_of))
                case tree.AsOfFact():
                    pass
        if "table" in entity:
            tables[entity["table"]].append(row)
    return tables


def fact_as_of(model: dict[str, Any], facts: Sequence[tree.Fact], as_of: dt.datetime) -> dt.datetime:
    """The moment that `as of …` states in an example, else the given one."""
    for fact in facts:
        if isinstance(fact, tree.AsOfFact):
            value: dt.datetime = _fact_value(model, "timestamp", fact.moment, as_of)
            return value
    return as_of


def _event_row(model: dict[str, Any], event: dict[str, Any], key: str, fact: tree.EventFact, as_of: dt.datetime) -> Row:
    fields = event.get("fields") or {}
    row: Row = dict.fromkeys(columns_of(event, "fields"))
    time = key_column(event["time"])
    row |= {key_column(event["key"]): key, time: None}
    for argument in fact.args:
        if argument.name is None or (argument.name.text == "at" and "at" not in fields):
            row[time] = _fact_value(model, "timestamp", argument.value, as_of)
            continue
        spec = fields[argument.name.text]
        row[column_of(argument.name.text, spec)] = _fact_value(model, type_of(spec), argument.value, as_of)
    return row


def _fact_value(model: dict[str, Any], kind: str | None, value: tree.FactValue, as_of: dt.datetime) -> Any:
    if isinstance(value, tree.ListValue):
        return [str(_constant(model, item, as_of)) for item in value.items]
    return typed(kind, _constant(model, value, as_of))


def _constant(model: dict[str, Any], value: tree.Expr, as_of: dt.datetime) -> Any:
    match value:
        case tree.Number() | tree.Text() | tree.Bool() | tree.Date():
            return value.value
        case tree.Time():
            return local(value.value, str(model.get("timezone", "UTC")))
        case tree.Quantity(unit="%"):
            return value.value / 100
        case tree.Quantity():
            return length_of(value)
        case tree.Operation(op="-", args=(one,)):
            return -_constant(model, one, as_of)
        case tree.Operation(op="ago", args=(length,)):
            return shift(as_of, _constant(model, length, as_of), -1)
        case tree.Operation(op="+" | "-", args=(left, right)):
            sign = 1 if value.op == "+" else -1
            first, second = _constant(model, left, as_of), _constant(model, right, as_of)
            if isinstance(second, Length):
                return first.plus(second, sign) if isinstance(first, Length) else shift(first, second, sign)
            return first + sign * second
        case _:
            raise ValueError(f"{value.span.text}: no constant")
