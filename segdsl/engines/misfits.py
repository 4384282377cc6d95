"""Texts that are no number, no day or no time, in columns where the model needs one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlglot import exp

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Span
from segdsl.engines.columns import kind_of
from segdsl.engines.describe import part_of, resolve_part
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.engine import Engine
from segdsl.engines.lines import line_of
from segdsl.engines.problem import EngineProblem
from segdsl.engines.reading import ROWS, Reading
from segdsl.engines.sources import files_of
from segdsl.engines.torn import shown_path
from segdsl.engines.written import remedies
from segdsl.model.columns import columns_of
from segdsl.model.model import Relational
from segdsl.model.schema import PartName
from segdsl.sql import build, sql_text
from segdsl.types import DATE, INT, TIME, Kind, Type

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
        if type_ is not None and is_read(type_)
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
        read = tried(reading.typed(name, column, type_))
        wrong = build.and_([build.is_known(value), build.is_null(read)])
        selected.append(build.count_where(wrong))
        selected.append(exp.Min(this=build.case([(wrong.copy(), value.copy())])))
    if not selected:
        return []
    found = iter(_fetch_one(name, reading, selected)[len(columns) :])
    told: list[tuple[str, Diagnostic]] = []
    for (column, span, what, type_), count, example in zip(texts, found, found, strict=True):
        if count:
            is_stated = not what.startswith("`time`")
            shown = _shown(str(example), column, part_of(reading.model, name), reading.engine)
            ways = remedies(column, str(example), type_.kind)
            told.append((column, problems.not_of_its_type(what, str(type_), is_stated, count, shown, ways, span)))
    return told


def _shown(value: str, column: str, part: Relational, engine: Engine) -> str:
    """A value with its line, where it stands in a CSV."""
    files = files_of(resolve_part(part, engine.scope, part.name, None))
    at = line_of(files, column, value)
    return f"`{value}`" if at is None else f"`{value}` in line {at[1]:,} of `{shown_path(at[0], engine.scope.folder)}`"


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


def is_read(type_: Type) -> bool:
    """Whether a text has to be of some form to be of a type; any text is a text."""
    return type_ in (INT, DATE, TIME) or type_.kind in (Kind.DECIMAL, Kind.BOOL)


def tried(value: exp.Expr) -> exp.Expr:
    """A value of DuckDB, unknown where it cannot be worked out."""
    return exp.Anonymous(this="try", expressions=[value])
