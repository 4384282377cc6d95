"""What a run has read, in two figures: how many rows, and a hash that is another when they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlglot import exp

from segdsl.engines.duckdb import DuckDB
from segdsl.engines.engine import Engine
from segdsl.engines.texts import value_of
from segdsl.model.model import Entity, Event, Lookup, Model
from segdsl.model.schema import PartName, Schema
from segdsl.sql import DUCKDB, build, sql_text
from segdsl.sql.rows import ZONED

# the column in which DuckDB says which file a row is of, unless a file has one of that name
FILE_NAME = "filename"


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a part: its rows, those up to as-of, and the sum of the hashes of these (None where there are none)."""

    rows: int
    seen: int
    total: int | None


def fingerprint(
    model: Model, schema: Schema, engine: Engine, as_of: dt.datetime, known: Mapping[PartName, Figures] | None = None
) -> tuple[int, str, dict[PartName, Figures]]:
    """The rows of all parts of a schema, and the first 16 hex digits of a SHA-256 over each part's name, its rows up to
    as-of, and the sum of DuckDB's hashes of their keys and times: the same in whatever order the rows stand. Other
    engines hash otherwise, or not at all: there it goes over each part's name and rows. With the figures it is made of
    on DuckDB; what is `known` of them is not worked out again."""
    rows, parts, found = 0, [], {}
    for part in sorted(schema.parts):
        if not isinstance(engine, DuckDB):
            counted = build.select(build.count_all()).from_(
                exp.alias_(schema.tree(part), "rows", table=True, quoted=True)
            )
            count = int(engine.fetch(sql_text(counted, engine.dialect), "the data")[0][0])
            rows += count
            parts.append(f"{part[0]} {part[1]}: {count}")
            continue
        figures = (known or {}).get(part)
        if figures is None:
            figures = Figures(*engine.fetch(sql_text(_select(model, schema, part, as_of), DUCKDB), "the data")[0])
        rows += figures.rows
        parts.append(f"{part[0]} {part[1]}: {figures.seen} {figures.total}")
        found[part] = figures
    return rows, sha256("\n".join(parts).encode()).hexdigest()[:16], found


def gone_on(
    model: Model,
    schema: Schema,
    engine: DuckDB,
    event: str,
    was: Figures,
    moments: tuple[dt.datetime, dt.datetime],
    files: tuple[Sequence[str], Sequence[str]],
) -> Figures:
    """The figures of an event as of the later of two moments, from those as of the earlier one: of `files`, which are
    those that were there, and are as they were, and those that have come."""
    part: PartName = ("event", event)
    then, now = (_moment(moment) for moment in moments)
    time = _time(model, schema, event)
    there, added = ([build.text(path) for path in paths] for paths in files)
    file = exp.column(FILE_NAME, quoted=True)
    later = _select(model, schema, part, moments[1]).where(
        exp.In(this=file, expressions=[*there, *added]),
        exp.GT(this=time, expression=then),
        exp.LTE(this=time.copy(), expression=now),
    )
    found = [was, Figures(*engine.fetch(sql_text(later, DUCKDB), "the data")[0])]
    rows = was.rows
    if added:
        fresh = _select(model, schema, part, moments[0]).where(exp.In(this=file.copy(), expressions=added))
        found.append(Figures(*engine.fetch(sql_text(fresh, DUCKDB), "the data")[0]))
        rows += found[-1].rows
    totals = [one.total for one in found if one.total is not None]
    return Figures(rows, sum(one.seen for one in found), sum(totals) if totals else None)


def _moment(moment: dt.datetime) -> exp.Expr:
    return build.fill(DUCKDB.structures["timestamp"], {"s": build.text(moment.isoformat(sep=" "))})


def _time(model: Model, schema: Schema, event: str) -> exp.Expr:
    """When an event happened on the clocks of the model's zone."""
    column = model.events[event].time
    time = exp.column(column, quoted=True)
    if (schema.type_of(("event", event), column) or "").upper() in ZONED:
        return build.fill(DUCKDB.structures["at zone"], {"t": time, "zone": build.text(model.timezone)})
    if schema.type_of(("event", event), column) == "VARCHAR":
        return value_of(column, "TIMESTAMP", model.timezone)
    return exp.cast(time, "TIMESTAMP", dialect="duckdb")


def _select(model: Model, schema: Schema, part: PartName, as_of: dt.datetime) -> exp.Select:
    kind, name = part
    relational: Entity | Event | Lookup
    match kind:
        case "entity":
            relational = model.entities[name]
        case "event":
            relational = model.events[name]
        case "lookup":
            relational = model.lookups[name]
    columns: list[exp.Expr] = [exp.column(relational.key.column, quoted=True)]
    held: exp.Expr = exp.true()
    if kind == "event":
        columns.append(exp.column(model.events[name].time, quoted=True))
        held = exp.LTE(this=_time(model, schema, name), expression=_moment(as_of))
    hashed = exp.cast(exp.Anonymous(this="HASH", expressions=columns), "HUGEINT", dialect="duckdb")
    seen = exp.Case(ifs=[exp.If(this=held.copy(), true=exp.Literal.number(1))])
    total = exp.Case(ifs=[exp.If(this=held.copy(), true=hashed)])
    counts = (exp.Count(this=exp.Star()), exp.Count(this=seen), exp.Sum(this=total))
    return exp.select(*counts).from_(exp.alias_(schema.tree(part), "rows", table=True))
