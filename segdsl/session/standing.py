"""The rows that the rules of a session read, as they were when it opened."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sqlglot import exp

from segdsl.engines.files import literal
from segdsl.engines.problem import EngineProblem
from segdsl.engines.torn import shown_path
from segdsl.model.model import Model
from segdsl.model.schema import Rows, Schema
from segdsl.plan import Plan
from segdsl.problems.history import session_data_changed
from segdsl.problems.stages import EVALUATION
from segdsl.sql import build, sql_text

if TYPE_CHECKING:
    from segdsl.engines.duckdb import DuckDB

# what the system says of a file: another one of its name, or one that was written to, has others
_Stamp: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Standing:
    """A schema over rows that stay what they are. `files` are those of Parquet that it reads where they lie: nothing is
    put into such a file, and new ones beside them are not read."""

    schema: Schema
    files: Mapping[str, _Stamp]
    folder: Path

    def check(self) -> None:
        """Raises EngineProblem where a file is gone, or another one than when the session opened."""
        for path, stamp in self.files.items():
            if _stamp(path) != stamp:
                raise EngineProblem([session_data_changed(shown_path(path, self.folder))])


def standing(model: Model, engine: DuckDB, plan: Plan, schema: Schema) -> Standing:
    """The rows of a schema as they are now: of files that are no Parquet, and of the tables of a connection that
    somebody else writes to, copies of the columns that a plan reads. Data frames, and a database that is attached for
    reading, which keeps writers out, stand still by themselves. Raises EngineProblem.
    """
    parts = dict(schema.parts)
    files: dict[str, _Stamp] = {}
    for number, (part, columns) in enumerate(plan.columns(model).items()):
        if part not in schema or not _moves(schema.tree(part), engine):
            continue
        rows = schema.parts[part]
        paths = engine.paths(rows.files)
        # the fence around the connection knows a name that looks like a pattern by the pattern alone
        if paths and all(literal(path) == path for path in paths):
            files.update((path, stamp) for path in paths if (stamp := _stamp(path)) is not None)
            parts[part] = Rows(rows.columns, _of_these(rows.tree, paths), rows.folds, tuple(paths))
            continue
        names = dict.fromkeys(rows.name_of(column) for column, _ in sorted(columns, key=str))
        table = f"segdsl_copy_{number}"
        source = exp.alias_(rows.tree.copy(), "rows", table=True, quoted=True)
        query = build.select(*(build.alias(build.column(name, "rows"), name) for name in names))
        made = build.create(build.table(table), query.from_(source, copy=False), temporary=True, replace=True)
        engine.fetch(sql_text(made, engine.dialect, is_used_up=True), EVALUATION)
        parts[part] = Rows({name: rows.columns[name] for name in names}, build.table(table))
    return Standing(Schema(parts), files, engine.scope.folder)


def _moves(tree: exp.Expr, engine: DuckDB) -> bool:
    """Whether somebody may write to what stands in FROM while the session is open."""
    return any(
        not isinstance(table.this, exp.Identifier) or (engine.is_shared and engine.columns_given(table.name) is None)
        for table in tree.find_all(exp.Table)
    )


def _of_these(tree: exp.Expr, paths: Sequence[str]) -> exp.Expr:
    """The rows of these files, where there were some of patterns."""
    found = tree.copy()
    reader = found.find(exp.Array)
    assert reader is not None
    reader.set("expressions", [build.text(path) for path in paths])
    return found


def _stamp(path: str) -> _Stamp | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
