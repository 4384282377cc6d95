"""Whether keys stand once where they have to, and are what they seem to be."""

from __future__ import annotations

import datetime as dt

from sqlglot import exp

from segdsl import problems
from segdsl.diagnostics import Diagnostic
from segdsl.engines.describe import key_columns, part_of
from segdsl.engines.engine import Engine
from segdsl.engines.reading import ROWS, Reading
from segdsl.model.model import Model
from segdsl.model.schema import PartName, Schema
from segdsl.problems.columns import inexact_keys
from segdsl.sql import build, sql_text
from segdsl.types import Kind

_NO_MOMENT = dt.datetime(1970, 1, 1)  # no key depends on it


# below it each whole number is one that the type has; from it on several are one
_EXACT_BELOW = {"DOUBLE": 2**53, "FLOAT": 2**24}
# what is no number is greater than all numbers for some engines
_GREATEST = 10**37


def wrong_keys(model: Model, schema: Schema, engine: Engine) -> list[Diagnostic]:
    """A finding for each entity and lookup in use in whose table a key stands in several rows, and for each column of
    keys that may be of somebody else, as digits were lost."""
    found: list[Diagnostic | None] = []
    for part in schema.parts:
        if part[0] != "event":
            found.append(_repeated(model, schema, part, engine))
        for column in dict.fromkeys(key_columns(model, part_of(model, part))):
            found.append(_inexact(model, schema, part, column, engine))
    return [item for item in found if item is not None]


def _inexact(model: Model, schema: Schema, part: PartName, column: str, engine: Engine) -> Diagnostic | None:
    """Keys of a floating type that are too great for it to tell them apart: a join would bring together what is not of
    one, whatever the keys of the other side are."""
    native = (schema.type_of(part, column) or "").upper()
    bound = _EXACT_BELOW.get(native)
    if bound is None:
        return None
    rows = schema.parts[part]
    value = exp.column(rows.name_of(column), table=ROWS, quoted=True)
    size = exp.Abs(this=value)
    great = build.and_(
        [
            exp.GTE(this=size, expression=exp.Literal.number(bound)),
            exp.LT(this=size.copy(), expression=exp.Literal.number(_GREATEST)),
        ]
    )
    counted = build.select(build.alias(exp.Count(this=exp.Star()), "keys"))
    counted = counted.from_(exp.alias_(schema.tree(part), ROWS, table=True, quoted=True)).where(great)
    kind, name = part
    what = f"{kind} `{name}`"
    relational = part_of(model, part)
    count = engine.fetch(sql_text(counted, engine.dialect), what, relational.span("table", "sql"))[0][0]
    return inexact_keys(what, column, native, bound, int(count), relational.span("key")) if count else None


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
