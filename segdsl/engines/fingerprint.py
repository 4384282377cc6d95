"""What a run has read, in two figures: how many rows, and a hash that is another when they are."""

from __future__ import annotations

import datetime as dt
from hashlib import sha256

from sqlglot import exp

from segdsl.engines.duckdb import DuckDB
from segdsl.engines.engine import Engine
from segdsl.model.model import Entity, Event, Lookup, Model
from segdsl.model.schema import PartName, Schema
from segdsl.sql import DUCKDB, build, sql_text


def fingerprint(model: Model, schema: Schema, engine: Engine, as_of: dt.datetime) -> tuple[int, str]:
    """The rows of all parts of a schema, and the first 16 hex digits of a SHA-256 over each part's name, its rows up to
    as-of, and the sum of DuckDB's hashes of their keys and times: the same in whatever order the rows stand. Other
    engines hash otherwise, or not at all: there it goes over each part's name and rows."""
    rows, parts = 0, []
    for part in sorted(schema.parts):
        if not isinstance(engine, DuckDB):
            counted = build.select(build.count_all()).from_(
                exp.alias_(schema.tree(part), "rows", table=True, quoted=True)
            )
            count = int(engine.fetch(sql_text(counted, engine.dialect), "the data")[0][0])
            rows += count
            parts.append(f"{part[0]} {part[1]}: {count}")
            continue
        count, seen, total = engine.fetch(sql_text(_select(model, schema, part, as_of), DUCKDB), "the data")[0]
        rows += count
        parts.append(f"{part[0]} {part[1]}: {seen} {total}")
    return rows, sha256("\n".join(parts).encode()).hexdigest()[:16]


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
    moment = build.fill(DUCKDB.structures["timestamp"], {"s": build.text(as_of.isoformat(sep=" "))})
    if kind == "event":
        time = exp.column(model.events[name].time, quoted=True)
        columns.append(time)
        held = exp.LTE(this=exp.cast(time.copy(), "TIMESTAMP", dialect="duckdb"), expression=moment)
    hashed = exp.cast(exp.Anonymous(this="HASH", expressions=columns), "HUGEINT", dialect="duckdb")
    seen = exp.Case(ifs=[exp.If(this=held.copy(), true=exp.Literal.number(1))])
    total = exp.Case(ifs=[exp.If(this=held.copy(), true=hashed)])
    counts = (exp.Count(this=exp.Star()), exp.Count(this=seen), exp.Sum(this=total))
    return exp.select(*counts).from_(exp.alias_(schema.tree(part), "rows", table=True))
