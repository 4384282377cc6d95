"""Writing an evaluation to a file: whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlglot import exp

from segdsl import problems
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.problem import EngineProblem
from segdsl.engines.results import Evaluation
from segdsl.sql import DUCKDB, sql_text

FORMATS = (".csv", ".parquet", ".duckdb")


def write(evaluation: Evaluation, path: Path, entity: str | None) -> int:
    """Writes the wide layout of an entity (None: the members layout) in the format that the path's ending names.
    Gives the number of rows.

    Raises EngineProblem. A file that is there stays as it is until the new one is complete.
    """
    format_ = path.suffix.lower()
    if format_ not in FORMATS:
        raise EngineProblem([problems.unknown_ending(str(path))])
    query = evaluation.members_query() if entity is None else evaluation.wide_query(entity)
    try:
        # beside the target, so that putting it in place is one rename
        with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            made = Path(folder) / path.name
            count = _make(evaluation.engine, query, made, format_, "members" if entity is None else "wide")
            with made.open("rb") as file:
                os.fsync(file.fileno())
            os.replace(made, path)
            return count
    except OSError as error:
        raise EngineProblem([problems.cannot_write(str(path), error.strerror or str(error))]) from None


def _make(engine: DuckDB, query: exp.Query, path: Path, format_: str, table: str) -> int:
    if format_ == ".duckdb":
        quoted = exp.Literal.string(str(path)).sql(dialect="duckdb")
        engine.execute(f"ATTACH {quoted} AS segdsl_output", "the output")
        target = exp.Table(this=exp.to_identifier(table), db=exp.to_identifier("segdsl_output"))
        create = exp.Create(this=target, kind="TABLE", expression=query)
        try:
            return _count(engine.fetch(sql_text(create, DUCKDB), "the output"))
        finally:
            engine.execute("DETACH segdsl_output", "the output")
    copy = exp.Copy(
        this=query.subquery(),
        kind=False,
        files=[exp.Literal.string(str(path))],
        params=[
            exp.CopyParameter(this=exp.Var(this="FORMAT"), expression=exp.Var(this=format_[1:].upper())),
            *([exp.CopyParameter(this=exp.Var(this="HEADER"), expression=exp.true())] if format_ == ".csv" else []),
        ],
    )
    return _count(engine.fetch(sql_text(copy, DUCKDB), "the output"))


def _count(rows: list[tuple[Any, ...]]) -> int:
    """The number of rows written, as DuckDB tells it."""
    return int(rows[0][0])
