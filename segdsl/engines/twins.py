"""Columns that letter case alone tells apart: DuckDB, to which they are the same, gives all but the first of them other
names (`Country` and `country_1`), so that one is found under the name of another."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlglot import exp

from segdsl.diagnostics import Diagnostic, Span
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.engine import Engine
from segdsl.engines.sources import FileRelation, Relation, SelectRelation, TableRelation
from segdsl.problems.columns import twin_columns
from segdsl.sql import build

_Described = Callable[[FileRelation], Collection[str]]
_Fetched = Callable[[exp.Select], list[tuple[Any, ...]]]


def twins(
    relation: Relation, columns: Iterable[str], engine: Engine, described: _Described, what: str, span: Span | None
) -> list[Diagnostic]:
    """What is told of columns that are read of a relation, where another one may be meant than is found. `described`
    gives the columns of files as DuckDB has them."""
    if not isinstance(engine, DuckDB):
        return []  # engines with such columns tell them apart
    wanted = dict.fromkeys(columns)
    if isinstance(relation, SelectRelation):
        told: list[Diagnostic] = []
        for name, inner in relation.named.items():
            read = _read_of(relation, name) | (wanted if relation.select.find(exp.Star) else {})
            told += twins(inner, read, engine, described, f"`{name}` of {what}", span)
        return told
    if isinstance(relation, TableRelation):
        names = engine.columns_given(relation.parts[-1])
        return [] if names is None else _told(wanted, names, what, span)  # a table of DuckDB's own has none
    there = described(relation)
    renamed = [column for column in wanted if _is_renamed(column, there)]
    files = _names(relation, there, lambda query: engine.fetch(query.sql(dialect="duckdb"), what, span))
    # the names of files are looked at where DuckDB may have made them others: a second `address_1` is nothing unusual
    return [item for names in (files if renamed else ()) for item in _told(renamed, names, what, span)]


def _read_of(relation: SelectRelation, name: str) -> dict[str, None]:
    """The columns that a SELECT may read of a table: all that are not said to be of another one; what a part of the
    SELECT is called may hand them on."""
    others: set[str] = set()
    own: set[str] = set()
    for table in relation.select.find_all(exp.Table):
        known_as = ".".join(part.name for part in table.parts)
        is_other = known_as in relation.named and known_as != name
        (others if is_other else own).add(table.alias_or_name.casefold())
    own |= {query.alias.casefold() for query in relation.select.find_all(exp.Subquery)}
    return {
        column.name: None
        for column in relation.select.find_all(exp.Column)
        if column.table.casefold() not in others - own
    }


def _told(columns: Iterable[str], names: Sequence[str], what: str, span: Span | None) -> list[Diagnostic]:
    """What is told of columns that are not the first of their name, which DuckDB finds, or not alone."""
    found = []
    for column in columns:
        same = [name for name in names if name.casefold() == column.casefold()]
        if len(same) > 1 and (same[0] != column or same.count(column) > 1):
            found.append(twin_columns(what, column, same, span))
    return found


def _is_renamed(column: str, found: Iterable[str]) -> bool:
    """Whether there is a column that may have been called as another one."""
    pattern = re.compile(rf"{re.escape(column)}_\d+", re.IGNORECASE)
    return any(map(pattern.fullmatch, found))


def _names(relation: FileRelation, there: Collection[str], fetched: _Fetched) -> Iterator[list[str]]:
    """The names of columns as they are written: those of each file, or of all rows where each has its own."""
    paths = exp.Array(expressions=list(map(build.text, relation.paths)))
    if relation.format == "json":
        keys = exp.Explode(this=exp.Anonymous(this="json_keys", expressions=[build.column("json")]))
        rows = build.function_table("read_json_objects", paths)
        found = [str(name) for (name,) in fetched(build.select(keys).from_(rows).distinct())]
        yield sorted(found, key=lambda name: name not in there)  # the first keep their names
        return
    if relation.format == "csv":
        yield from (list(head.names) for _, head in relation.heads)
        return
    for (file,) in fetched(build.select(exp.Star()).from_(build.function_table("glob", paths))):
        yield _of_parquet(file, fetched)


def _of_parquet(file: str, fetched: _Fetched) -> list[str]:
    """The columns of a file, without what is inside of them: a row tells how many of those below are in it."""
    columns = build.select(build.column("name"), build.column("num_children"))
    _, *rows = fetched(columns.from_(build.function_table("parquet_schema", build.text(file))))
    found, inside = [], 0
    for name, children in rows:
        if inside:
            inside -= 1
        else:
            found.append(str(name))
        inside += children or 0
    return found
