"""The rows that the rules of a session read, as they were when it opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from segdsl.model.model import Model
from segdsl.model.schema import Rows, Schema
from segdsl.plan import Plan
from segdsl.problems.stages import EVALUATION
from segdsl.sql import build, sql_text

if TYPE_CHECKING:
    from segdsl.engines.duckdb import DuckDB


def standing(model: Model, engine: DuckDB, plan: Plan, schema: Schema) -> Schema:
    """The schema over rows that stay what they are: of files, and of the tables of a connection that somebody else
    writes to, it has copies of the columns that a plan reads. Data frames, and a database that is attached for reading,
    which keeps writers out, stand still by themselves.
    """
    parts = dict(schema.parts)
    for number, (part, columns) in enumerate(plan.columns(model).items()):
        if part not in schema or not _moves(schema.tree(part), engine):
            continue
        rows = schema.parts[part]
        names = dict.fromkeys(rows.name_of(column) for column, _ in sorted(columns, key=str))
        table = f"segdsl_copy_{number}"
        source = exp.alias_(rows.tree.copy(), "rows", table=True, quoted=True)
        query = build.select(*(build.alias(build.column(name, "rows"), name) for name in names))
        made = build.create(build.table(table), query.from_(source, copy=False), temporary=True, replace=True)
        engine.fetch(sql_text(made, engine.dialect, is_used_up=True), EVALUATION)
        parts[part] = Rows({name: rows.columns[name] for name in names}, build.table(table))
    return Schema(parts)


def _moves(tree: exp.Expr, engine: DuckDB) -> bool:
    """Whether somebody may write to what stands in FROM while the session is open."""
    return any(
        not isinstance(table.this, exp.Identifier) or (engine.is_shared and engine.columns_given(table.name) is None)
        for table in tree.find_all(exp.Table)
    )
