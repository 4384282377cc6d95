"""Whether keys stand once where they have to."""

from __future__ import annotations

import datetime as dt

from sqlglot import exp

from segdsl import problems
from segdsl.diagnostics import Diagnostic
from segdsl.engines.engine import Engine
from segdsl.engines.reading import ROWS, Reading
from segdsl.model.model import Model
from segdsl.model.schema import PartName, Schema
from segdsl.sql import build, sql_text
from segdsl.types import Kind

_NO_MOMENT = dt.datetime(1970, 1, 1)  # no key depends on it


def repeated_keys(model: Model, schema: Schema, engine: Engine) -> list[Diagnostic]:
    """A finding for each entity and lookup in use in whose table a key stands in several rows."""
    found: list[Diagnostic] = []
    for part in schema.parts:
        if part[0] != "event":
            diagnostic = _repeated(model, schema, part, engine)
            found.extend([] if diagnostic is None else [diagnostic])
    return found


def _repeated(model: Model, schema: Schema, part: PartName, engine: Engine) -> Diagnostic | None:
    kind, name = part
    relational = model.entities[name] if kind == "entity" else model.lookups[name]
    stated = model.key_type(name) if kind == "entity" else model.lookup_key_type(name)
    # as it is joined: keys that differ for the engine may be one then, and the other way round
    key = Reading(model, schema, engine, _NO_MOMENT).key(part, relational.key.column, stated)
    rows = exp.alias_(schema.tree(part), ROWS, table=True, quoted=True)
    known = exp.Not(this=exp.Is(this=key.copy(), expression=exp.Null()))
    repeated = (
        exp.select(exp.alias_(key.copy(), "key"))
        .from_(rows)
        .where(known)
        .group_by(key.copy())
        .having(exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1)))
    )
    text = build.cast(exp.column("key", quoted=True), engine.dialect.types[Kind.TEXT], engine.dialect.grammar)
    example_of = build.alias(exp.Min(this=text), "example")
    counts = exp.select(build.alias(exp.Count(this=exp.Star()), "keys"), example_of).from_(
        exp.Subquery(this=repeated, alias=exp.TableAlias(this=exp.to_identifier("repeated", quoted=True)))
    )
    what = f"{kind} `{name}`"
    count, example = engine.fetch(sql_text(counts, engine.dialect), what, relational.span("table", "sql"))[0]
    if not count:
        return None
    span = relational.span("key")
    return problems.duplicate_keys(what, relational.key.column, str(example), int(count), span)
