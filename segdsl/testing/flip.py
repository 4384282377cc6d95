"""When an answer would be another by time alone: the same customer, with nothing more happening."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from segdsl.engines import cells
from segdsl.engines.duckdb import DuckDB
from segdsl.model.model import Model
from segdsl.model.schema import PartName, Rows, Schema
from segdsl.moment import OutsideCalendar
from segdsl.plan import Plan
from segdsl.plan.nodes import descend, needed
from segdsl.program import Constant, Floor, Length, Moment, Output, Program
from segdsl.program import Sequence as SequenceNode
from segdsl.sql import DUCKDB, make_query, sql_text

if TYPE_CHECKING:
    import pyarrow

    from segdsl.engines.engine import Engine

# so many moments are looked at, up to so far ahead
MOST_MOMENTS = 240
_AHEAD = dt.timedelta(days=3 * 366)
MICRO = dt.timedelta(microseconds=1)
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Alone:
    """The rows of one customer, apart from all others: what happened up to as-of."""

    schema: Schema
    tables: Mapping[str, pyarrow.Table]
    times: tuple[dt.datetime, ...]


def rows_of(
    model: Model, schema: Schema, plan: Plan, entity: str, key: str, as_of: dt.datetime, engine: Engine
) -> Alone:
    """The rows that a customer's values are worked out from, copied; lookups whole."""
    parts: dict[PartName, Rows] = {}
    tables: dict[str, pyarrow.Table] = {}
    times: set[dt.datetime] = set()
    for number, part in enumerate(plan.parts(model), start=1):
        kind, name = part
        select = exp.select("*").from_(exp.alias_(schema.tree(part), "rows", table=True))
        column = ""
        if kind == "entity":
            column = model.entities[name].key.column
        elif kind == "event":
            column = model.events[name].key.column
            when = exp.cast(exp.column(model.events[name].time, quoted=True), "TIMESTAMP", dialect="duckdb")
            now = exp.cast(exp.Literal.string(as_of.isoformat(sep=" ")), "TIMESTAMP", dialect="duckdb")
            select = select.where(exp.LTE(this=when, expression=now))
        if column and (kind == "event" or name == entity):
            text = exp.cast(exp.column(column, quoted=True), "TEXT", dialect="duckdb")
            select = select.where(exp.EQ(this=text, expression=exp.Literal.string(key)))
        table = engine.arrow(select.sql(dialect="duckdb"), f"{kind} `{name}`")
        known_as = f"alone_{number}"
        tables[known_as] = table
        parts[part] = Rows(schema[part], exp.Table(this=exp.to_identifier(known_as, quoted=True)))
        if kind != "lookup":
            times.update(_times(table))
    return Alone(Schema(parts), tables, tuple(sorted(times)))


def _times(table: pyarrow.Table) -> Iterator[dt.datetime]:
    for column in table.slice(0, 2_000).columns:
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
    found in three years. With `at` it is
    only seen whether that is such a moment."""
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
        for moment in _moments(plan.program, outputs, alone.times, as_of):
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


def lengths_of(program: Program, outputs: Sequence[Output]) -> set[Length]:
    """The lengths of time in a rule: how old a time is when something may change."""
    return _read(program, outputs)[0]


def ahead(moments: Iterable[dt.datetime], as_of: dt.datetime) -> list[dt.datetime]:
    """Those of some moments that are looked at, in order."""
    return sorted({moment for moment in moments if as_of < moment <= as_of + _AHEAD})


def _moments(
    program: Program, outputs: Sequence[Output], times: Iterable[dt.datetime], as_of: dt.datetime
) -> list[dt.datetime]:
    """The moments at which something may change: when a time that is known grows as old as a length in the rule, when a
    date or a period of the calendar begins."""
    lengths, found, has_calendar = _read(program, outputs)
    for time in times:
        for length in lengths:
            try:
                moment = length.after(time)
            except (OutsideCalendar, OverflowError):
                continue
            found.update((moment, moment + MICRO))
    midnight = dt.datetime.combine(as_of.date(), dt.time())
    found.update(midnight + number * _DAY for number in range(1, 36))
    if has_calendar:
        found.update(Length(number).after(midnight.replace(day=1)) for number in range(1, 37))
    return ahead(found, as_of)[:MOST_MOMENTS]


def _read(program: Program, outputs: Sequence[Output]) -> tuple[set[Length], set[dt.datetime], bool]:
    """The lengths and the moments in a rule, and whether it knows periods of the calendar."""
    lengths: set[Length] = {Length()}
    found: set[dt.datetime] = set()
    has_calendar = False
    for key in needed(program, [output.instance for output in outputs]):
        for node in descend(program.instances[key].value):
            values = [node, *(bound.value for bound in getattr(node, "bounds", ()))]
            for value in values:
                match value:
                    case Moment(base=None, steps=steps):
                        lengths.update(-step for step in steps if isinstance(step, Length))
                        has_calendar |= any(isinstance(step, Floor) for step in steps)
                    case Moment(base=base) if base is not None:
                        found.update((base, base + MICRO))
                    case Constant(value=Length() as length):
                        lengths.update((length, -length))
                    case Constant(value=dt.date() as day):
                        found.add(dt.datetime.combine(day, dt.time()))
                    case Constant(value=int() as number) if not isinstance(number, bool) and 0 < number < 1_000:
                        # of days_since, months_since, years_since
                        lengths.update((Length(0, number * 86_400_000_000), Length(number), Length(12 * number)))
            if isinstance(node, SequenceNode):
                lengths.update(step.within for step in node.steps if step.within is not None)
    return lengths, found, has_calendar
