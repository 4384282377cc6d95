"""Writing an evaluation to a file: whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlglot import exp

from segdsl import problems
from segdsl.engines.duckdb import attach, first_line, why_not
from segdsl.engines.fence import fence_in
from segdsl.engines.problem import EngineProblem
from segdsl.engines.results import Evaluation
from segdsl.engines.watch import show_bar
from segdsl.problems.stages import EVALUATION
from segdsl.sql import DUCKDB, build, sql_text

if TYPE_CHECKING:
    import duckdb
    import pyarrow

FORMATS = (".csv", ".parquet", ".duckdb", ".json")
_LAYOUTS = ("members", "wide")


def write(evaluation: Evaluation, path: Path, entity: str | None) -> int:
    """Writes the wide layout of an entity (None: the members layout) in the format that the path's ending names.
    Gives the number of rows.

    Raises EngineProblem. A file that is there stays as it is until the new one is complete.
    """
    check_ending(path)
    if entity is None:
        query = sql_text(evaluation.members_query(), evaluation.engine.dialect)
        rows = evaluation.engine.stream(query, EVALUATION)
    else:
        rows = evaluation.wide_rows(entity)
    return write_rows(rows, path, _LAYOUTS[entity is not None], _LAYOUTS)


def check_ending(path: Path) -> None:
    """Raises EngineProblem where the path's ending names no format."""
    if path.suffix.lower() not in FORMATS:
        raise EngineProblem([problems.unknown_ending(str(path))])


def check_target(path: Path, replaceable: Sequence[str] = _LAYOUTS) -> None:
    """Raises EngineProblem where it is known before that nothing can be written there: for the ending, the folder, or
    a database with other tables than those `replaceable`."""
    check_ending(path)
    check_folder(path)
    target = Path(os.path.realpath(path))
    if path.suffix.lower() == ".duckdb" and target.is_file() and target.stat().st_size:
        _check_replaceable(target, replaceable)


def check_folder(path: Path) -> None:
    """Raises EngineProblem where the folder of a file to write is not there, or nothing can be written to it."""
    folder = Path(os.path.realpath(path)).parent
    for why, is_so in ((errno.ENOENT, not folder.is_dir()), (errno.EACCES, not os.access(folder, os.W_OK))):
        if is_so:
            raise EngineProblem([problems.cannot_write(str(path), os.strerror(why))])


def write_rows(rows: pyarrow.RecordBatchReader, path: Path, table: str, replaceable: Sequence[str]) -> int:
    """Writes rows in the format that the path's ending names, in a database as a table of that name. Gives the number
    of rows. A database with other tables than those `replaceable` is left alone.

    Raises EngineProblem. A file that is there stays as it is until the new one is complete.
    """
    import duckdb

    format_ = path.suffix.lower()
    target = Path(os.path.realpath(path))
    try:
        check_target(path, replaceable)
        # beside the target, so that putting it in place is one rename
        with TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent, ignore_cleanup_errors=True) as folder:
            made = Path(folder) / target.name
            count = _make(rows, made, format_, table)
            if target.is_file():
                shutil.copymode(target, made)
            flush(made)
            os.replace(made, target)
            flush(target.parent)
            return count
    except OSError as error:
        raise EngineProblem([problems.cannot_write(str(path), error.strerror or str(error))]) from None
    except duckdb.Error as error:
        raise EngineProblem([problems.cannot_write(str(path), _reason(error))]) from None


def _reason(error: duckdb.Error) -> str:
    """Why DuckDB could not write; without the name of the file beside the target, which is gone."""
    told = first_line(error)
    found = re.search(r'Could not write file "[^"]*": (.+)$', told)
    return told if found is None else found.group(1)


def _make(rows: pyarrow.RecordBatchReader, path: Path, format_: str, table: str) -> int:
    """Writes rows to a new file, over a connection that can reach nothing but the folder it lies in."""
    import duckdb

    select = _as_written(rows.schema, format_)
    with closing(duckdb.connect(":memory:")) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        show_bar(connection, False)
        fence_in(connection, folders=[str(path.parent)])
        connection.register("evaluation", rows)
        if format_ == ".duckdb":
            attach(connection, path, "output")
            name = exp.Table(this=exp.to_identifier(table), db=exp.to_identifier("output"))
            statement: exp.Expr = exp.Create(this=name, kind="TABLE", expression=select)
        else:
            options = {".csv": "HEADER", ".json": "ARRAY"}
            format_name = exp.Var(this=format_[1:].upper())
            statement = exp.Copy(
                this=select.subquery(),
                kind=False,
                files=[exp.Literal.string(str(path))],
                params=[
                    exp.CopyParameter(this=exp.Var(this="FORMAT"), expression=format_name),
                    *(
                        exp.CopyParameter(this=exp.Var(this=option), expression=exp.true())
                        for ending, option in options.items()
                        if ending == format_
                    ),
                ],
            )
        count = connection.execute(sql_text(statement, DUCKDB)).fetchall()[0][0]
        if format_ == ".duckdb":
            connection.execute("CHECKPOINT output")
            connection.execute("DETACH output")
        return int(count)


def _as_written(schema: pyarrow.Schema, format_: str) -> exp.Select:
    """The rows as a format has them: in Parquet durations are microseconds, as its own intervals are of whole
    milliseconds and never negative; in texts a time is `2026-03-31T18:30:00`, where DuckDB would put a space."""
    import pyarrow

    columns: list[exp.Expr] = []
    for field in schema:
        column: exp.Expr = build.column(field.name)
        if format_ == ".parquet" and pyarrow.types.is_interval(field.type):
            column = exp.Anonymous(this="epoch_us", expressions=[column])
        elif format_ in (".csv", ".json") and pyarrow.types.is_timestamp(field.type):
            text = exp.cast(column, exp.DType.VARCHAR)
            column = exp.func("replace", text, exp.Literal.string(" "), exp.Literal.string("T"), dialect="duckdb")
        columns.append(build.alias(column, field.name))
    return exp.select(*columns).from_("evaluation")


def _check_replaceable(path: Path, replaceable: Sequence[str]) -> None:
    """Refuses to put a new database in the place of one that is in use, or that holds what nobody asked to replace."""
    import duckdb

    with closing(duckdb.connect(":memory:")) as connection:
        try:
            # not read-only: what waits in a log beside the file belongs to it, and is written into it here
            attach(connection, path, "output")
            tables = connection.execute(
                "SELECT table_name FROM duckdb_tables() WHERE database_name = 'output' UNION ALL "
                "SELECT view_name FROM duckdb_views() WHERE database_name = 'output' AND NOT internal ORDER BY ALL"
            ).fetchall()
            connection.execute("DETACH output")
        except duckdb.Error as error:
            if "not a valid DuckDB database" in str(error):
                return
            raise EngineProblem([problems.output_unusable(str(path), *why_not(error))]) from None
    others = [str(name) for (name,) in tables if name not in replaceable]
    if others:
        raise EngineProblem([problems.output_holds_tables(str(path), others)])


def flush(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on the disk."""
    if path.is_dir() and os.name == "nt":  # folders cannot be opened there
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
