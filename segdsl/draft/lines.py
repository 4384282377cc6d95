"""Rows that are lines of something larger, as most exports of orders have them."""

from __future__ import annotations

from collections.abc import Collection

from sqlglot import exp

from segdsl.draft.joins import read_values, table_tree
from segdsl.draft.names import stem, usual_event, words_of
from segdsl.draft.profile import Column, Table, aliased
from segdsl.engines.duckdb import DuckDB

# a key that stands in more rows than its different values make for tells lines of something larger
_MOST = 0.9
# what an export calls an order by, where its lines tell that there are several
_NUMBERS = (["name"], ["id"], ["number"], ["no"], ["reference"])


def is_of_line(column: str) -> bool:
    """Whether a name says that a column is about a line: `Lineitem quantity`, `line_item_price`, `Item Name`."""
    words = words_of(column)
    return words[:1] in (["lineitem"], ["item"]) or words[:2] in (["line", "item"], ["order", "item"])


def whole_of(table: Table, used: Collection[str]) -> Column | None:
    """The column that several rows of a table of orders have in common, as they are lines of one; None where rows are
    orders themselves. `used` are the columns that say whose the events are, and when."""
    has_lines = any(is_of_line(name) for name in table.columns)
    for column in table.columns.values():
        words = words_of(column.name)
        is_number = usual_event(stem(column.name)) == "order" or (has_lines and words in _NUMBERS)
        if is_number and column.name not in used and 0 < column.different < _MOST * column.known:
            return column
    return None


def first_lines(table: Table, whole: Column, money: str, engine: DuckDB) -> exp.Select | None:
    """A SELECT of the lines that alone have the money of their order, one of each; None where that is otherwise."""
    if table.is_partly_here:
        return None
    value = exp.column(money, quoted=True)
    number = exp.column(whole.name, quoted=True)
    known = exp.Not(this=exp.Is(this=value, expression=exp.Null()))
    counts = exp.select(
        exp.Count(this=exp.Star()), exp.Count(this=value), exp.Count(this=exp.Distinct(expressions=[number])),
        exp.Count(this=exp.Distinct(expressions=[exp.Case().when(known.copy(), number.copy())])),
    )  # fmt: skip
    select = counts.from_(aliased(table.tree)).sql(dialect="duckdb")
    ((rows, paid, orders, of_paid),) = engine.fetch(select, f"table `{table.name}`")
    if not paid == orders == of_paid < rows:
        return None
    lines = read_values(table) or exp.select(exp.Star()).from_(table_tree(table))
    return lines.where(known.copy())
