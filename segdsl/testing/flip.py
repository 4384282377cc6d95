"""When an answer would be another by time alone: the same customer, with nothing more happening."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from segdsl.engines import cells
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.reading import ROWS, Reading
from segdsl.model.model import Model
from segdsl.model.schema import PartName, Rows, Schema
from segdsl.plan import Plan
from segdsl.program import Output
from segdsl.sql import DUCKDB, make_query, sql_text
from segdsl.testing.turns import MICRO, midnights, turns
from segdsl.types import DATE, TIME, Type

if TYPE_CHECKING:
    import pyarrow

    from segdsl.engines.engine import Engine

# so many moments are looked at that the rule gives, beside midnights
MOST_MOMENTS = 240
_NATIVE = {DATE: "DATE", TIME: "TIMESTAMP"}
# what is read as such: texts, and times that are no microseconds
_READ_AS = {DATE: ("VARCHAR",), TIME: ("VARCHAR", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")}


@dataclass(frozen=True)
class Alone:
    """The rows of one customer, apart from all others: what happened up to as-of.

    `read` has the types that columns are read as, by the names that the tables have for them. Times that are read as
    nothing else, on no clock of a zone, are of microseconds.
    """

    schema: Schema
    tables: Mapping[str, pyarrow.Table]
    times: tuple[dt.datetime, ...]
    read: Mapping[PartName, Mapping[str, set[Type | None]]]


def rows_of(
    model: Model, schema: Schema, plan: Plan, entity: str, key: str, as_of: dt.datetime, engine: Engine
) -> Alone:
    """The rows that a customer's values are worked out from, copied; lookups whole."""
    parts: dict[PartName, Rows] = {}
    tables: dict[str, pyarrow.Table] = {}
    times: set[dt.datetime] = set()
    reading, read = Reading(model, schema, engine, as_of), _read(model, schema, plan)
    for number, part in enumerate(plan.parts(model), start=1):
        kind, name = part
        # times as the rules read them, which can be moved
        moments = {
            column: type_
            for column, types in read[part].items()
            for type_ in (DATE, TIME)
            if types == {type_} and schema.type_of(part, column) in _READ_AS[type_]
        }
        replaced = [
            exp.alias_(reading.typed(part, column, type_), column, quoted=True) for column, type_ in moments.items()
        ]
        select = exp.select(exp.Star(**({"replace": replaced} if replaced else {})))
        select = select.from_(exp.alias_(schema.tree(part), ROWS, table=True))
        column = ""
        if kind == "entity":
            column = model.entities[name].key.column
        elif kind == "event":
            column = model.events[name].key.column
            now = exp.cast(exp.Literal.string(as_of.isoformat(sep=" ")), "TIMESTAMP", dialect="duckdb")
            select = select.where(exp.LTE(this=reading.typed(part, model.events[name].time, TIME), expression=now))
        if column and (kind == "event" or name == entity):
            text = exp.cast(exp.column(column, ROWS, quoted=True), "TEXT", dialect="duckdb")
            select = select.where(exp.EQ(this=text, expression=exp.Literal.string(key)))
        table = engine.arrow(select.sql(dialect="duckdb"), f"{kind} `{name}`")
        known_as = f"alone_{number}"
        tables[known_as] = table
        natives = {column: _NATIVE[type_] for column, type_ in moments.items()}
        parts[part] = Rows({**schema[part], **natives}, exp.Table(this=exp.to_identifier(known_as, quoted=True)))
        if kind != "lookup":
            times.update(_times(table))
    return Alone(Schema(parts), tables, tuple(sorted(times)), read)


def _read(model: Model, schema: Schema, plan: Plan) -> dict[PartName, dict[str, set[Type | None]]]:
    """The columns that are read of each part, as the engine spells them, with all types that they are read as."""
    found: dict[PartName, dict[str, set[Type | None]]] = {}
    for part, columns in plan.columns(model).items():
        of_part = found.setdefault(part, {})
        for column, type_ in columns:
            of_part.setdefault(schema.parts[part].name_of(column), set()).add(type_)
    return found


def _times(table: pyarrow.Table) -> Iterator[dt.datetime]:
    import pyarrow as pa

    for column in table.slice(0, 2_000).columns:
        kind = column.type
        if pa.types.is_timestamp(kind) and kind.unit == "ns":
            column = column.cast(pa.timestamp("us", kind.tz), safe=False)  # noqa: PLW2901
        for value in cells.values(column):
            if isinstance(value, dt.datetime):
                yield value.replace(tzinfo=None)
            elif isinstance(value, dt.date):
                yield dt.datetime.combine(value, dt.time())


def next_change(
    model: Model,
    plan: Plan,
    alone: Alone,
    output: Output,
    outputs: Sequence[Output],
    as_of: dt.datetime,
    at: dt.datetime | None = None,
) -> tuple[dt.datetime, dict[str, Any]] | None:
    """The next moment at which an output has another value, with the values of all outputs then; None where none was
    found in three years. With `at` it is only seen whether that is such a moment."""
    standing_alone = model.model_copy(update={"database": None, "tables": {}})
    with DuckDB(standing_alone, Path(), dict(alone.tables)) as engine:

        def values(moment: dt.datetime) -> dict[str, Any]:
            query = make_query(model, alone.schema, plan, DUCKDB, moment)
            rows = engine.fetch(sql_text(query.with_steps(query.wide(output.entity, outputs, raw=True)), DUCKDB))
            return dict(zip((item.name for item in outputs), rows[0][1:], strict=True)) if rows else {}

        now, last = said(values(as_of), output), as_of
        if at is not None:
            found = values(at)
            return None if said(found, output) == now else (at, found)
        given = turns(plan.program, outputs, alone.times, as_of)[:MOST_MOMENTS]
        for moment in sorted({*given, *midnights(as_of, is_every_day=False)}):
            if said(values(moment), output) == now:
                last = moment
                continue
            # the moment itself, to the microsecond, lies after the last that was looked at
            while moment - last > MICRO:
                middle = last + (moment - last) // 2
                is_same = said(values(middle), output) == now
                last, moment = (middle, moment) if is_same else (last, middle)  # noqa: PLW2901
            return moment, values(moment)
    return None


def said(values: Mapping[str, Any], output: Output) -> Any:
    """The answer that an output's value is."""
    value = values.get(output.name)
    return value is True if output.kind == "segment" else value
