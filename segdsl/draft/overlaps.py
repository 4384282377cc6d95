"""Which columns hold keys of other tables, by their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from segdsl.draft.far import shares, some_values
from segdsl.draft.profile import Column, Table, aliased, key_text
from segdsl.engines.columns import kind_of
from segdsl.engines.duckdb import DuckDB
from segdsl.types import INT


def overlaps(tables: Sequence[Table], keys: Sequence[tuple[Table, Column]], engine: DuckDB) -> dict[Any, float]:
    """For each column that could hold keys of others, and each key, the share of its values that are such keys:
    by (table, column, index of the key). Those with nothing in common are left out.
    """
    union: exp.Query | None = None
    for index, (table, column) in enumerate(keys):
        select = exp.select(exp.alias_(exp.Literal.number(index), "k"), exp.alias_(key_text(column), "v")).distinct()
        select = select.from_(aliased(table.tree))
        union = select if union is None else exp.Union(this=union, expression=select, distinct=False)
    if union is None:
        return {}
    create = exp.Create(
        this=exp.Table(this=exp.to_identifier("segdsl_draft_keys")),
        kind="TABLE",
        expression=union,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
    )
    engine.execute(create.sql(dialect="duckdb"), "the keys")
    found: dict[Any, float] = {}
    for table in tables:
        for column in table.columns.values():
            if not column.is_like_a_key or not column.known:
                continue
            values = exp.select(exp.alias_(key_text(column), "v")).distinct()
            values = values.from_(exp.to_identifier(table.sample)).limit(20_000)
            select = (
                exp.select(exp.column("k", "keys"), exp.Count(this=exp.Star()))
                .from_(values.subquery("held"))
                .join(exp.alias_(exp.Table(this=exp.to_identifier("segdsl_draft_keys")), "keys", table=True),
                      on=exp.EQ(this=exp.column("v", "keys"), expression=exp.column("v", "held")))
                .group_by(exp.column("k", "keys"))
            )  # fmt: skip
            for key, count in engine.fetch(select.sql(dialect="duckdb"), f"table `{table.name}`"):
                found[(table.name, column.name, key)] = count / min(column.different, 20_000)
    _ask_there(tables, keys, engine, found)
    return found


def _ask_there(
    tables: Sequence[Table], keys: Sequence[tuple[Table, Column]], engine: DuckDB, found: dict[Any, float]
) -> None:
    """The shares for keys of tables that are not here as a whole: some values of each column are looked for there."""
    far = [(index, table, column) for index, (table, column) in enumerate(keys) if table.is_partly_here]
    if not far:
        return
    columns = [
        (table, column)
        for table in tables
        for column in table.columns.values()
        if column.is_like_a_key and column.known
    ]
    values = {
        (table.name, column.name): some_values(table.sample, key_text(column), engine) for table, column in columns
    }
    for index, owner, key in far:
        assert owner.far is not None
        fitting = [
            ((table.name, column.name), values[table.name, column.name]) for table, column in columns
            if table is not owner and kind_of(column.native) == kind_of(key.native)
        ]  # fmt: skip
        for (table_name, column_name), share in shares(fitting, owner.far, key.name, key.type == INT):
            found[(table_name, column_name, index)] = share
