"""Rows that are lines of something larger, as most exports of orders have them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlglot import exp

from segdsl.draft.commas import number_name
from segdsl.draft.joins import read_values, table_tree
from segdsl.draft.names import is_key_name, is_of_order, stem, thing, usual_event, words_of
from segdsl.draft.profile import Column, Table, aliased, castable, is_one_of_few
from segdsl.engines.duckdb import DuckDB
from segdsl.types import BOOL, LIST

# a key that stands in more rows than its different values make for tells lines of something larger; and of such, those
# that are one member's
_MOST = 0.9
# what an export calls an order by, where its lines tell that there are several
_NUMBERS = (["name"], ["id"], ["number"], ["no"], ["reference"])
# whose keys a line has, rather than an order
_GOODS = frozenset(("product", "item", "article", "sku", "stock", "asin", "variant", "line_item", "lineitem"))


@dataclass(frozen=True)
class Orders:
    """The rows of orders out of those of their lines: the SELECT, those of its columns that are of orders, and how."""

    select: exp.Select
    columns: tuple[str, ...]
    told: str


def is_of_line(column: str) -> bool:
    """Whether a name says that a column is about a line: `Lineitem quantity`, `line_item_price`, `Item Name`, `SKU`."""
    words = words_of(column)
    if (is_key_name(column) and stem(column) in _GOODS) or words in (["sku"], ["asin"], ["product", "name"]):
        return True
    if words[-1:] == ["count"]:  # of an order
        return False
    return words[:1] in (["lineitem"], ["item"]) or words[:2] in (["line", "item"], ["order", "item"])


def whole_of(table: Table, key: str, time: str, engine: DuckDB) -> tuple[Column, int] | None:
    """The column that several rows of a table have in common, as they are lines of one order, and how many orders there
    are; None where rows are orders themselves, or no orders. `key` and `time` say whose and when it was."""
    has_lines = any(is_of_line(column) for column in table.columns)
    if not has_lines and not is_of_order(thing(table.name)):
        return None
    numbers = _numbers(table)
    found = list(numbers)
    if has_lines:
        found.extend(column for column in table.columns.values() if words_of(column.name) in _NUMBERS)
    if not numbers:
        found.extend(
            column for column in table.columns.values() if is_key_name(column.name) and is_of_order(stem(column.name))
        )
    for column in found:
        if column.name not in (key, time) and column.is_like_a_key and not is_one_of_few(column):
            known, different = _counted(table, column, engine)
            is_repeated = 0 < different < _MOST * known
            # `order_id` says what it is; what is called `name` or `id` may be the goods', which several people buy
            if is_repeated and (column in numbers or _is_of_one(table, column, key, engine)):
                return column, different
    return None


def told_bare_lines(table: Table, key: str) -> list[str]:
    """What is to be told where the first line of an order alone says whose it is: rules do not see the others."""
    bare = table.sampled - table.columns[key].known
    numbers = [column for column in _numbers(table) if column.known == table.columns[key].known]
    if not numbers or not bare or not any(is_of_line(column) for column in table.columns):
        return []
    return [
        f"{table.name}: {bare / table.sampled:.0%} of the rows have neither {numbers[0].name} nor {key}: they seem to "
        "be further lines of the order above them, which rules do not see; what is of a line is that of the first"
    ]


def one_of_each(table: Table, whole: Column, used: Collection[str], money: str, engine: DuckDB) -> Orders | None:
    """The rows of a table as one for each order; None where its lines do not have whose it is, when and its money in
    common. `money` is the column as a part's SELECT has it."""
    if table.is_partly_here or any(column.different == table.sampled for column in _numbers(table)):
        return None
    common = _common(table, whole, engine)
    paid = next((column for column in common if _read_name(column) == money), None)
    readable = sum(column.type is not None and castable(column) for column in table.columns.values())
    if paid is None or len(common) == readable:  # lines differ in something; else it is the same row several times
        return None
    own = [column for column in common if not is_of_line(column.name)]
    names = tuple(_read_name(column) for column in own)
    if (lines := _first_lines(table, whole, paid, engine)) is not None:
        return Orders(lines, names, f"one of each has its {paid.name}: events are made of these")
    is_whole = {column.name for column in own}.issuperset((whole.name, *used)) and _is_everywhere(table, whole, engine)
    # how to read a number is told of a SELECT of rows, and not all engines have a greatest of every type
    is_grouped = not any(column.unsure or (table.far and column.type in (BOOL, LIST)) for column in own)
    if not is_whole or not is_grouped:
        return None
    return Orders(_grouped(table, whole, own), names, "events are made of what those of each have in common")


def _numbers(table: Table) -> list[Column]:
    """The columns that say by their names that they hold the numbers of orders."""
    return [
        column for column in table.columns.values()
        if usual_event(stem(column.name)) == "order" and column.is_like_a_key and column.known
    ]  # fmt: skip


def _is_of_one(table: Table, whole: Column, key: str, engine: DuckDB) -> bool:
    """Whether rows that have a value in common are those of one member, as those of an order are, next to always."""
    value = exp.Lower(this=exp.cast(exp.column(key, quoted=True), "TEXT"))
    number = exp.column(whole.name, quoted=True)
    members = exp.alias_(exp.Count(this=exp.Distinct(expressions=[value])), "members")
    known = exp.Not(this=exp.Is(this=number.copy(), expression=exp.Null()))
    each = exp.select(members).from_(exp.to_identifier(table.sample)).where(known).group_by(number)
    is_one = exp.LTE(this=exp.column("members"), expression=exp.Literal.number(1))
    select = exp.select(exp.Avg(this=exp.Case().when(is_one, exp.Literal.number(1)).else_(exp.Literal.number(0))))
    ((share,),) = engine.fetch(select.from_(each.subquery("each")).sql(dialect="duckdb"), f"table `{table.name}`")
    return share is not None and share >= _MOST


def _counted(table: Table, column: Column, engine: DuckDB) -> tuple[int, int]:
    """How many known and how many different values a column has: in all rows, as a sample has few lines of an order."""
    if table.far is not None or table.sampled == table.rows:
        return column.known, column.different
    value = exp.column(column.name, quoted=True)
    counts = exp.select(exp.Count(this=value), exp.Count(this=exp.Distinct(expressions=[value.copy()])))
    ((known, different),) = engine.fetch(counts.from_(aliased(table.tree)).sql(dialect="duckdb"), table.name)
    return known, different


def _value(column: Column) -> exp.Expr:
    """What a column holds, the number where that is written in a text."""
    return exp.column(column.name, quoted=True) if column.number is None else column.number.copy()


def _read_name(column: Column) -> str:
    """The name that a part's SELECT has a column by."""
    return column.name if column.number is None else number_name(column.name)


def _common(table: Table, whole: Column, engine: DuckDB) -> list[Column]:
    """The columns that have one known value at most in all lines of an order, the order's number among them."""
    columns = [column for column in table.columns.values() if column.type is not None and castable(column)]
    number = exp.column(whole.name, quoted=True)
    ends = [
        exp.alias_(exp.NEQ(this=exp.Min(this=_value(column)), expression=exp.Max(this=_value(column))), f"c{place}")
        for place, column in enumerate(columns)
    ]
    known = exp.Not(this=exp.Is(this=number.copy(), expression=exp.Null()))
    each = exp.select(*ends).from_(aliased(table.tree)).where(known).group_by(number)
    differ = [exp.func("bool_or", exp.column(f"c{place}"), dialect="duckdb") for place in range(len(columns))]
    select = exp.select(*differ).from_(each.subquery("each")).sql(dialect="duckdb")
    (row,) = engine.fetch(select, f"table `{table.name}`")
    return [column for column, differs in zip(columns, row, strict=True) if not differs]


def _first_lines(table: Table, whole: Column, money: Column, engine: DuckDB) -> exp.Select | None:
    """A SELECT of the lines that alone have the money of their order, one of each; None where that is otherwise."""
    value = _value(money)
    number = exp.column(whole.name, quoted=True)
    known = exp.Not(this=exp.Is(this=value, expression=exp.Null()))
    counts = exp.select(
        exp.Count(this=exp.Star()), exp.Count(this=value.copy()), exp.Count(this=exp.Distinct(expressions=[number])),
        exp.Count(this=exp.Distinct(expressions=[exp.Case().when(known.copy(), number.copy())])),
    )  # fmt: skip
    select = counts.from_(aliased(table.tree)).sql(dialect="duckdb")
    ((rows, paid, orders, of_paid),) = engine.fetch(select, f"table `{table.name}`")
    if not paid == orders == of_paid < rows:
        return None
    lines = read_values(table) or exp.select(exp.Star()).from_(table_tree(table))
    return lines.where(known.copy())


def _is_everywhere(table: Table, whole: Column, engine: DuckDB) -> bool:
    """Whether every row has a number of an order."""
    missing = exp.Is(this=exp.column(whole.name, quoted=True), expression=exp.Null())
    select = exp.select("1").from_(aliased(table.tree)).where(missing).limit(1)
    return not engine.fetch(select.sql(dialect="duckdb"), f"table `{table.name}`")


def _grouped(table: Table, whole: Column, columns: Sequence[Column]) -> exp.Select:
    """A SELECT of one row for each order, of the value that is known in any of its lines."""
    values: list[exp.Expr] = []
    for column in columns:
        value = _value(column) if column.clock is None else column.clock.value.copy()
        is_key = column is whole
        values.append(value if is_key else exp.alias_(exp.Max(this=value), _read_name(column), quoted=True))
    return exp.select(*values).from_(table_tree(table)).group_by(exp.column(whole.name, quoted=True))
