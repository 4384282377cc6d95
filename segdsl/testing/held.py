"""What rules take for granted, held against the data at hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sqlglot import exp

from segdsl import problems
from segdsl.diagnostics import Diagnostic
from segdsl.engines.duckdb import DuckDB
from segdsl.lint.held import Column, future_ages, literals
from segdsl.lint.room import Room
from segdsl.model.model import Field, Model
from segdsl.model.schema import PartName, Schema
from segdsl.program import Attribute
from segdsl.program import Field as FieldNode
from segdsl.syntax.literals import quoted
from segdsl.types import Kind

# a column of more values than these is no set that a rule could miss
MOST_VALUES = 200


def unlike_the_data(room: Room, schema: Schema, engine: DuckDB, as_of: dt.datetime) -> Iterator[Diagnostic]:
    """Warnings about rules that the data show to be other than they were likely meant."""
    model = room.catalog.model
    ahead: dict[Column, int] = {}
    for age in (age for view in room.views for age in future_ages(view)):
        if age.column not in ahead:
            ahead[age.column] = _in_future(model, schema, engine, age.column, as_of)
        if ahead[age.column]:
            yield problems.future_too(age.operand, ahead[age.column], age.span)
    seen: dict[Column, list[str] | None] = {}
    for literal in (literal for view in room.views for literal in literals(view)):
        if literal.column not in seen:
            seen[literal.column] = _values(model, schema, engine, literal.column)
        values = seen[literal.column]
        if values and literal.value not in values:
            what = f"`{literal.column.name}`"
            yield problems.value_not_seen(quoted(literal.value), what, [*map(quoted, values)], literal.span)


def _place(model: Model, column: Column) -> tuple[PartName, Field]:
    """The part that a column is of, and what the model says about it."""
    if isinstance(column, Attribute):
        return ("entity", column.entity), model.entities[column.entity].attributes[column.name]
    if isinstance(column, FieldNode):
        return ("event", column.event), model.events[column.event].fields[column.name]
    return ("lookup", column.lookup), model.lookups[column.lookup].fields[column.name]


def _in_future(model: Model, schema: Schema, engine: DuckDB, column: Column, as_of: dt.datetime) -> int:
    part, field = _place(model, column)
    if part not in schema:
        return 0
    now = exp.cast(exp.Literal.string(as_of.isoformat(sep=" ")), "TIMESTAMP", dialect="duckdb")
    # a date is the midnight that starts it
    value = exp.cast(exp.column(field.column, quoted=True), "TIMESTAMP", dialect="duckdb")
    query = (
        exp.select(exp.Count(this=exp.Star()))
        .from_(exp.alias_(schema.tree(part), "rows", table=True))
        .where(exp.GT(this=value, expression=now))
    )
    return int(engine.fetch(query.sql(dialect="duckdb"), f"{part[0]} `{part[1]}`")[0][0])


def _values(model: Model, schema: Schema, engine: DuckDB, column: Column) -> list[str] | None:
    """The values of a column, in their order; None where they are too many."""
    part, field = _place(model, column)
    if part not in schema or field.type.kind is not Kind.TEXT:
        return None
    value = exp.cast(exp.column(field.column, quoted=True), "TEXT", dialect="duckdb")
    known = exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))
    query = (
        exp.select(exp.alias_(value, "value"))
        .distinct()
        .from_(exp.alias_(schema.tree(part), "rows", table=True))
        .where(known)
        .limit(MOST_VALUES + 1)
    )
    rows = engine.fetch(query.sql(dialect="duckdb"), f"{part[0]} `{part[1]}`")
    return None if len(rows) > MOST_VALUES else sorted(str(row[0]) for row in rows)
