"""Parts whose rows are not those of a table as it is: reached through another table, or one row of several."""

from __future__ import annotations

from functools import partial

from sqlglot import exp

from segdsl.draft.commas import number_name
from segdsl.draft.draft import DraftPart
from segdsl.draft.links import Key, Link
from segdsl.draft.names import free
from segdsl.draft.profile import Column, Table, repeated
from segdsl.engines.columns import kind_of
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.sources import TableRelation


def table_tree(table: Table) -> exp.Expr:
    """A table by the name that the model knows it by."""
    parts = table.relation.parts if isinstance(table.relation, TableRelation) else (table.name,)
    names = [exp.to_identifier(part, quoted=True) for part in parts]
    return exp.Table(**dict(zip(("this", "db", "catalog"), reversed(names), strict=False)))


def star(table: Table) -> exp.Star:
    """All columns of a table, the times in it read as they are written."""
    clocks = [(column.name, column.clock.value) for column in table.columns.values() if column.clock is not None]
    replaced = [exp.alias_(value.copy(), name, quoted=True) for name, value in clocks]
    return exp.Star(replace=replaced) if replaced else exp.Star()


def numbers(table: Table, alias: str | None = None) -> list[exp.Expr]:
    """The numbers of a table that are texts in it, each a column of its own; `alias` is what the table is called."""
    found: list[exp.Expr] = []
    for column in table.columns.values():
        if column.number is not None:
            value = column.number.copy().transform(partial(_of_table, alias))
            found.append(exp.alias_(value, number_name(column.name), quoted=True))
    return found


def read_values(table: Table) -> exp.Select | None:
    """A SELECT of a table that reads its times and numbers; None where they can be read as they are."""
    if all(column.clock is None and column.number is None for column in table.columns.values()):
        return None
    return exp.select(star(table), *numbers(table)).from_(table_tree(table))


def _of_table(alias: str | None, node: exp.Expr) -> exp.Expr:
    """A column as one of a table of that name."""
    return exp.column(node.name, alias, quoted=True) if isinstance(node, exp.Column) else node


def join_through(table: Table, link: Link, through: DraftPart, time: Column | None) -> DraftPart:
    """An event of a table that has no key of the entity, but one of another event's rows."""
    other = link.to.table
    key = free(through.key, table.columns)
    selected: list[exp.Expr] = [
        exp.Column(this=star(table), table=exp.to_identifier("r")),
        *numbers(table, "r"),
        exp.alias_(exp.column(through.key, "o", quoted=True), key, quoted=True),
    ]
    at = time.name if time is not None else free(through.time, [*table.columns, key])
    if time is None:
        moment: exp.Expr = exp.column(through.time, "o", quoted=True)
        clock = other.columns[through.time].clock if through.time in other.columns else None
        if clock is not None:
            moment = clock.value.copy().transform(partial(_of_table, "o"))
        selected.append(exp.alias_(moment, at, quoted=True))
    here: exp.Expr = exp.column(link.column.name, "r", quoted=True)
    there: exp.Expr = exp.column(link.to.column.name, "o", quoted=True)
    if kind_of(link.column.native) != kind_of(link.to.column.native):
        here, there = exp.cast(here, "TEXT"), exp.cast(there, "TEXT")
    select = (
        exp.select(*selected)
        .from_(exp.alias_(table_tree(table), "r", table=True))
        .join(exp.alias_(table_tree(other), "o", table=True), on=exp.EQ(this=there, expression=here))
    )
    part = DraftPart("event", "", table.name, key, table.rows, of=through.of, time=at)
    part.sql = select.sql(dialect="duckdb", pretty=True)
    part.why = [f"reached through {other.name} by `{link.column.name}`"]
    if time is None:
        part.why_time = [f"that of {other.name}, as {table.name} has none"]
    return part


def latest_of_each(key: Key, time: Column | None, engine: DuckDB) -> tuple[str, str]:
    """A SELECT that keeps one row of each key, and the remark about it."""
    count = repeated(key.table, key.column, engine)
    order = [exp.Ordered(this=exp.column(time.name, quoted=True), desc=True, nulls_first=False)] if time else []
    number = exp.Window(
        this=exp.RowNumber(),
        partition_by=[exp.column(key.column.name, quoted=True)],
        order=exp.Order(expressions=order) if order else None,
    )
    kept = f"the latest by `{time.name}`" if time else "any of them"
    rows = f"{count:,} row{'s' * (count != 1)}"
    why = f"{rows} with a key that another row has: `sql` keeps {kept}"
    if key.table.far is not None:  # in words that every dialect has
        place = free("place", key.table.columns)
        numbered = exp.select(exp.Star(), exp.alias_(number, place, quoted=True)).from_(table_tree(key.table))
        first = exp.EQ(this=exp.column(place, quoted=True), expression=exp.Literal.number(1))
        select = exp.select(exp.Star()).from_(numbered.subquery("r")).where(first)
        return select.sql(dialect="duckdb", pretty=True), why
    select = exp.select(star(key.table), *numbers(key.table)).from_(table_tree(key.table))
    select.set("qualify", exp.Qualify(this=exp.EQ(this=number, expression=exp.Literal.number(1))))
    return select.sql(dialect="duckdb", pretty=True), why
