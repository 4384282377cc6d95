"""The rows of a model with some more beside them, or with those of one member alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from segdsl.model.model import Event, Model
from segdsl.model.schema import PartName, Rows, Schema
from segdsl.sql import build
from segdsl.sql import rows as columns
from segdsl.types import Kind

if TYPE_CHECKING:
    import pyarrow

_TEN_DIGITS = Decimal("0.0000000001")
# types whose values are equal where their texts are
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UINTEGER", "UBIGINT"})
_TEXT = frozenset({"VARCHAR", "TEXT"})
# types that hold numbers and times as well as they can
_INEXACT = frozenset({"FLOAT", "DOUBLE", "TIMESTAMP_S", "TIMESTAMP_MS"})


@dataclass
class _Column:
    """The values of a column as they are gathered: the field that they are of, and its kind."""

    field: str
    kind: Kind
    values: list[Any]


def table_of(model: Model, event: Event, rows: Sequence[Mapping[str, Any]], key: str) -> pyarrow.Table:
    """Events of one member as a table with the columns of the model: `rows` have fields by their names, and `at`. Times
    with an offset are turned into the model's time zone.

    Raises ValueError for a value that is not of its field's type, and for two of one column that differ.
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
    given = [("at", event.time, Kind.TIME), *((one.name, one.column, one.type.kind) for one in event.fields.values())]
    found = {event.key.column: _Column("the key", Kind.TEXT, [key] * len(rows))}
    for name, column, kind in given:
        own = [None if row.get(name) is None else _value(model, name, kind, row[name]) for row in rows]
        there = found.setdefault(column, _Column(name, kind, [None] * len(rows)))
        if all(value is None for value in there.values):
            there.field, there.kind = name, kind
        there.values = [_one(there, name, *pair) for pair in zip(there.values, own, strict=True)]
    arrays = {}
    for column, gathered in found.items():
        type_ = kinds.get(gathered.kind, pyarrow.string())
        try:
            arrays[column] = pyarrow.array(gathered.values, type_)
        except (ValueError, TypeError, ArithmeticError):  # Arrow's errors are such ones
            shown = next(str(value) for value in gathered.values if value is not None)
            raise ValueError(f"`{gathered.field}` has to be {gathered.kind.value}, found `{shown}`") from None
    return pyarrow.table(arrays)


def _value(model: Model, name: str, kind: Kind, value: Any) -> Any:
    """A value of a field as Arrow takes it."""
    wrong = ValueError(f"`{name}` has to be {kind.value}, found `{value}`")
    match kind:
        case Kind.DECIMAL | Kind.INT:
            try:
                number = Decimal(str(value))
                # to ten digits, as a run brings what it reads
                found = (
                    number.quantize(_TEN_DIGITS, ROUND_HALF_UP) if kind is Kind.DECIMAL else number.to_integral_value()
                )
            except ArithmeticError:
                raise wrong from None
            if not found.is_finite() or (kind is Kind.INT and found != number):
                raise wrong
            return found if kind is Kind.DECIMAL else int(found)
        case Kind.TIME:
            if not isinstance(value, dt.date):
                raise wrong
            if isinstance(value, dt.datetime):
                return model.clock_time(value)
            return dt.datetime.combine(value, dt.time())
        case Kind.DATE:
            return model.clock_time(value).date() if isinstance(value, dt.datetime) else value
    return value


def _one(there: _Column, name: str, old: Any, new: Any) -> Any:
    """The value of a column that two fields have a value for."""
    if old is None or new is None:
        return new if old is None else old
    same = old.date() == new if isinstance(old, dt.datetime) and not isinstance(new, dt.datetime) else old == new
    if not same and not (there.field == "the key" and str(new) == old):
        raise ValueError(f"`{name}` and {there.field} stand in one column, found `{new}` and `{old}`")
    return old


def as_columns(model: Model, event: Event, rows: Rows, given: str) -> exp.Select:
    """The rows of a table of new events in the types of the event's own columns; unknown is what these cannot hold."""
    found = [build.alias(_kept(model, rows, column), column) for column in _used(event)]
    return build.select(*found).from_(build.table(given), copy=False)


def not_held(model: Model, event: Event, rows: Rows, given: str, types: Mapping[str, str]) -> exp.Select:
    """For each column of the event a value of a table of new events that the column cannot hold, as a text. `types` are
    those of the table."""
    found: list[exp.Expr] = []
    for column in _used(event):
        kept, type_ = _kept(model, rows, column), rows.type_of(column)
        is_lost: exp.Expr = exp.And(this=build.is_null(kept), expression=build.is_known(build.column(column)))
        if column != event.key.column and type_ not in _INEXACT:
            back = exp.AtTimeZone(this=kept, zone=build.text(model.timezone)) if type_ in columns.ZONED else kept
            back = exp.TryCast(this=build.wrap(back.copy()), to=build.data_type(types[column]))
            is_lost = exp.NullSafeNEQ(this=back, expression=build.column(column))
        text = build.case([(is_lost, build.cast(build.column(column), "TEXT"))])
        found.append(build.alias(exp.Min(this=text), column))
    return build.select(*found).from_(build.table(given), copy=False)


def _kept(model: Model, rows: Rows, column: str) -> exp.Expr:
    """A column of new events in the type of the event's own."""
    type_ = rows.type_of(column) or "TEXT"
    value = build.column(column)
    if type_ in columns.ZONED:
        # what the clocks of the model's zone show
        clock = exp.TryCast(this=value, to=build.data_type("TIMESTAMP"))
        return build.wrap(exp.AtTimeZone(this=clock, zone=build.text(model.timezone)))
    return exp.TryCast(this=value, to=build.data_type(type_))


def with_events(model: Model, schema: Schema, added: Mapping[str, str]) -> Schema:
    """The schema with the rows of tables beside those of events: `added` has the tables by the events' names, with the
    events' own columns."""
    parts = dict(schema.parts)
    for name, table in added.items():
        rows = parts.get(("event", name))
        if rows is None:
            continue
        used = _used(model.events[name])
        there = [build.alias(build.column(column, "rows"), column) for column in used]
        here = [build.column(column) for column in used]
        old = build.select(*there).from_(exp.alias_(rows.tree.copy(), "rows", table=True, quoted=True), copy=False)
        both = exp.Union(this=old, expression=build.select(*here).from_(build.table(table), copy=False), distinct=False)
        parts[("event", name)] = Rows(rows.columns, exp.Subquery(this=both))
    return Schema(parts)


def of_one(model: Model, schema: Schema, typed: columns.Rows, entity: str, key: str) -> dict[PartName, exp.Select]:
    """The rows of one member of an entity, and of its events, by their parts: those that a run would join. `typed` has
    the columns as a run compares them, `key` is the text of the member's key."""
    found: dict[PartName, exp.Select] = {}
    stated = model.key_type(entity)
    of_entity: PartName = ("entity", entity)
    for part, rows in schema.parts.items():
        if part == of_entity:
            column = model.entities[entity].key.column
            wanted: list[exp.Expr] = [exp.Star()]
        elif part[0] == "event" and model.events[part[1]].of == entity:
            event = model.events[part[1]]
            column = event.key.column
            wanted = [build.alias(build.column(one, "rows"), one) for one in _used(event)]
        else:
            continue
        own = typed.raw_key(part, column, "rows", stated)
        held = [build.eq(build.cast(own, "TEXT"), build.text(key))]
        if stated is None and rows.type_of(column) in _WHOLE:
            # which is compared at once, and tells whole blocks of a file apart
            to = build.data_type(rows.type_of(column) or "")
            held.insert(0, build.eq(own.copy(), exp.TryCast(this=build.text(key), to=to)))
        if part != of_entity and of_entity in schema.parts:
            theirs = model.entities[entity].key.column
            types = {schema.type_of(of_entity, theirs), rows.type_of(column)}
            if not (types <= _TEXT or (types <= _WHOLE and stated is None)):
                held = [_joined(schema, typed, model, entity, key, own)]
        source = exp.alias_(rows.tree.copy(), "rows", table=True, quoted=True)
        found[part] = build.select(*wanted).from_(source, copy=False).where(build.and_(held), copy=False)
    return found


def _joined(schema: Schema, typed: columns.Rows, model: Model, entity: str, key: str, own: exp.Expr) -> exp.Expr:
    """That an event's key is equal to the member's as their types are compared, and not as texts."""
    part: PartName = ("entity", entity)
    of_member = typed.raw_key(part, model.entities[entity].key.column, "member", model.key_type(entity))
    member = build.select(build.alias(of_member, columns.KEY)).from_(
        exp.alias_(schema.tree(part), "member", table=True, quoted=True), copy=False
    )
    return build.is_in(own.copy(), member.where(build.eq(build.cast(of_member.copy(), "TEXT"), build.text(key))))


def _used(event: Event) -> list[str]:
    """The columns of an event that the model names."""
    return list(dict.fromkeys([event.key.column, event.time, *(field.column for field in event.fields.values())]))
