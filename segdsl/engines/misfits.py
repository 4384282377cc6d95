"""Texts that are no number, no day or no time, in columns where the model needs one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlglot import exp

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Span
from segdsl.engines.columns import kind_of
from segdsl.engines.describe import part_of
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.problem import EngineProblem
from segdsl.engines.reading import ROWS, Reading
from segdsl.engines.written import remedies
from segdsl.model.columns import columns_of
from segdsl.model.schema import PartName
from segdsl.sql import build, sql_text
from segdsl.types import DATE, INT, TEXT, TIME, Kind, Type

# a column as the model reads it: its name, its place, what it is, and its type
_Column = tuple[str, Span | None, str, Type]


def misfits(
    name: PartName, reading: Reading, only: Collection[tuple[str, Type | None]] | None = None
) -> list[tuple[str, Diagnostic]]:
    """The columns of a part that hold values which a run fails of, each with what is told of it; of `only` some, where
    not all matter. The rows are read once, and on engines other than DuckDB again for each column where one fails.

    Raises EngineProblem where the rows cannot be read at all: of a CSV DuckDB makes numbers and times while it reads.
    """
    kind, _ = name
    model, engine = reading.model, reading.engine
    part = part_of(model, name)
    columns: list[tuple[str, Span | None, str, Type | None]] = [
        item
        for item in columns_of(model, part, f"{kind} `{part.name}`")
        if (only is None or (item[0], item[3]) in only) and reading.schema.type_of(name, item[0]) is not None
    ]
    texts: list[_Column] = [
        (column, span, what, type_)
        for column, span, what, type_ in columns
        if type_ is not None and word_of(type_) is not None
        and kind_of(reading.schema.type_of(name, column) or "") == "text"
    ]  # fmt: skip
    if isinstance(engine, DuckDB):
        return _tried_all(name, reading, [column for column, *_ in columns], texts)
    return _read_all(name, reading, texts)


def _tried_all(
    name: PartName, reading: Reading, columns: list[str], texts: list[_Column]
) -> list[tuple[str, Diagnostic]]:
    """On DuckDB what cannot be read is counted."""
    selected: list[exp.Expr] = [exp.Count(this=build.column(column, ROWS)) for column in columns]
    for column, _, _, type_ in texts:
        value = build.column(column, ROWS)
        wrong = build.and_([build.is_known(value), build.is_null(tried(value, word_of(type_) or ""))])
        selected.append(build.count_where(wrong))
        selected.append(exp.Min(this=build.case([(wrong.copy(), value.copy())])))
    if not selected:
        return []
    found = iter(_fetch_one(name, reading, selected)[len(columns) :])
    told: list[tuple[str, Diagnostic]] = []
    for (column, span, what, type_), count, example in zip(texts, found, found, strict=True):
        if count:
            is_stated = not what.startswith("`time`")
            ways = remedies(column, str(example), word_of(type_) or "")
            told.append(
                (column, problems.not_of_its_type(what, str(type_), is_stated, count, str(example), ways, span))
            )
    return told


def _read_all(name: PartName, reading: Reading, texts: list[_Column]) -> list[tuple[str, Diagnostic]]:
    """On other engines it is an error, which is told of the first of them."""
    told: list[tuple[str, Diagnostic]] = []
    read = [
        reading.expressions.extreme(reading.typed(name, column, type_), type_.kind, True)
        for column, _, _, type_ in texts
    ]
    try:
        if read:
            _fetch_one(name, reading, read)
    except EngineProblem:
        for value, (column, span, _, _) in zip(read, texts, strict=True):
            try:
                _fetch_one(name, reading, [value.copy()])
            except EngineProblem as problem:
                found = problem.diagnostics[0]
                told.append((column, replace(found, span=span or found.span)))
    return told


def _fetch_one(name: PartName, reading: Reading, selected: list[exp.Expr]) -> tuple[Any, ...]:
    """The one row of aggregates over all rows of a part."""
    named = [build.alias(value, f"v{number}") for number, value in enumerate(selected)]
    rows = exp.alias_(reading.schema.tree(name), ROWS, table=True, quoted=True)
    select = build.select(*named).from_(rows, copy=False)
    return reading.engine.fetch(sql_text(select, reading.engine.dialect), f"{name[0]} `{name[1]}`")[0]


def word_of(type_: Type) -> str | None:
    """DuckDB's type that a text has to be castable to; None where any text will do."""
    if type_ == TEXT or type_.values is not None:
        return None
    words = {INT: "BIGINT", DATE: "DATE", TIME: "TIMESTAMP"}
    return words.get(type_) or {Kind.DECIMAL: "DECIMAL(38,10)", Kind.BOOL: "BOOLEAN"}.get(type_.kind)


def tried(value: exp.Expr, word: str) -> exp.Expr:
    """A value as a type of DuckDB, unknown where it cannot be one."""
    return exp.TryCast(this=value.copy(), to=exp.DataType.build(word, dialect="duckdb"), safe=True)
