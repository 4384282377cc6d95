"""What rules take for granted, held against the data at hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from sqlglot import exp

from segdsl.diagnostics import Diagnostic
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.reading import ROWS, Reading
from segdsl.lint.held import SPELLINGS, Column, Literal, future_ages, literals
from segdsl.lint.room import Room
from segdsl.model.model import Field, Model
from segdsl.model.schema import PartName, Schema
from segdsl.problems.lint import future_too, value_not_seen
from segdsl.program import Attribute
from segdsl.program import Field as FieldNode
from segdsl.sql import build
from segdsl.syntax.literals import quoted
from segdsl.types import TEXT, TIME, Kind

# a column of more values than these is no set that a rule could miss
MOST_VALUES = 200
_SPELLINGS: Mapping[str, Callable[[str], str]] = dict(
    zip(SPELLINGS, (str.lower, str.upper, lambda text: text.strip(" ")), strict=True)
)


def unlike_the_data(room: Room, schema: Schema, engine: DuckDB, as_of: dt.datetime) -> Iterator[Diagnostic]:
    """Warnings about rules that the data show to be other than they were likely meant."""
    reading = Reading(room.catalog.model, schema, engine, as_of)
    ahead: dict[Column, int] = {}
    for age in (age for view in room.views for age in future_ages(view)):
        if age.column not in ahead:
            ahead[age.column] = _in_future(reading, age.column, as_of)
        if count := ahead[age.column]:
            yield future_too(age.operand, count, age.is_band, age.span)
    seen: dict[Column, list[str] | None] = {}
    for literal in (literal for view in room.views for literal in literals(view)):
        if literal.column not in seen:
            seen[literal.column] = _values(reading, literal.column)
        values = sorted({_spelled(literal, value) for value in seen[literal.column] or ()})
        if values and literal.value not in values:
            what = f"`{literal.what}`"
            yield value_not_seen(quoted(literal.value), what, [*map(quoted, values)], literal.span)


def _spelled(literal: Literal, value: str) -> str:
    for name in reversed(literal.spellings):
        value = _SPELLINGS[name](value)
    return value


def _place(model: Model, column: Column) -> tuple[PartName, Field]:
    """The part that a column is of, and what the model says about it."""
    if isinstance(column, Attribute):
        return ("entity", column.entity), model.entities[column.entity].attributes[column.name]
    if isinstance(column, FieldNode):
        return ("event", column.event), model.events[column.event].fields[column.name]
    return ("lookup", column.lookup), model.lookups[column.lookup].fields[column.name]


def _in_future(reading: Reading, column: Column, as_of: dt.datetime) -> int:
    """In how many rows a time is after as-of; of events in those that a run sees."""
    part, field = _place(reading.model, column)
    if part not in reading.schema:
        return 0
    now = build.fill("CAST(:s AS TIMESTAMP)", {"s": build.text(as_of.isoformat(sep=" "))}, "duckdb")
    # a date is the midnight that starts it
    value = build.cast(reading.typed(part, field.column, field.type), "TIMESTAMP", "duckdb")
    query = _from(reading, part, exp.Count(this=exp.Star())).where(exp.GT(this=value, expression=now))
    if part[0] == "event":
        time = reading.typed(part, reading.model.events[part[1]].time, TIME)
        query = query.where(exp.LTE(this=time, expression=now.copy()))
    return int(_fetch(reading, part, query)[0][0])


def _values(reading: Reading, column: Column) -> list[str] | None:
    """The values of a column, or of the lists in it, in their order; None where they are too many."""
    part, field = _place(reading.model, column)
    if part not in reading.schema or field.type.kind not in (Kind.TEXT, Kind.LIST):
        return None
    value = reading.typed(part, field.column, TEXT if field.type.kind is Kind.TEXT else field.type)
    if field.type.kind is Kind.LIST:
        value = exp.Unnest(expressions=[value])
    query = _from(reading, part, exp.alias_(value, "value")).distinct().limit(MOST_VALUES + 2)
    found = {text for text in chain.from_iterable(_fetch(reading, part, query)) if text is not None}
    return None if len(found) > MOST_VALUES else sorted(map(str, found))


def _from(reading: Reading, part: PartName, value: exp.Expr) -> exp.Select:
    return exp.select(value).from_(exp.alias_(reading.schema.tree(part), ROWS, table=True))


def _fetch(reading: Reading, part: PartName, query: exp.Select) -> list[tuple[Any, ...]]:
    return reading.engine.fetch(query.sql(dialect="duckdb"), f"{part[0]} `{part[1]}`")
