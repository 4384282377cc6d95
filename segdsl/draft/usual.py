"""The usual names of events and their fields, and what about the events of a table is unusual."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from segdsl.draft.draft import Draft, DraftField, DraftPart
from segdsl.draft.joins import read_values, table_tree
from segdsl.draft.lines import is_of_line, one_of_each, told_bare_lines, whole_of
from segdsl.draft.names import is_amount, is_of_order, usual_event
from segdsl.draft.profile import Table
from segdsl.draft.write import sql_entry
from segdsl.engines.duckdb import DuckDB

# fields that say what kind of event it was
_KINDS = frozenset(("kind", "type", "event", "event_type", "event_name", "action", "name"))


def name_events(draft: Draft, tables: Mapping[str, Table], engine: DuckDB) -> None:
    """Gives events the names that the libraries look for, and the money of orders the name `amount`. Lines of orders
    become orders."""
    for event in draft.events:
        table = tables[event.table or ""]
        money = _money(event)
        are_orders = event.sql is None and _take_whole(draft, event, table, money, engine)
        usual = usual_event(event.name)
        if usual != "order" and (are_orders or (is_of_order(event.name) and _is_alone(draft, event))):
            usual = "order" if money is not None else usual
        taken = {other.name for other in (*draft.entities, *draft.events)}
        if usual is None or (usual != event.name and usual in taken):
            continue
        if usual != "order":
            if usual != event.name:
                event.why.append(f"`{usual}` is the name that the libraries look for")
                event.name = usual
            continue
        if money is None:
            continue
        if usual != event.name:
            event.why.append(f"`order` is the name that the libraries look for; its table is {table.name}")
            event.name = usual
        if money.name != "amount" and all(field.name != "amount" for field in event.fields):
            money.remarks.append("guessed from its name: `amount` is what the libraries look for")
            money.name = "amount"


def _money(event: DraftPart) -> DraftField | None:
    """The field that says by its name that it is the money of an order."""
    numbers = [field for field in event.fields if field.type is not None and field.type.is_number and not field.lookup]
    money = max(numbers, key=lambda field: is_amount(field.name), default=None)
    return money if money is not None and is_amount(money.name) else None


def _is_alone(draft: Draft, event: DraftPart) -> bool:
    """Whether no other event is one of orders."""
    return not any(is_of_order(other.name) for other in draft.events if other is not event)


def _take_whole(draft: Draft, event: DraftPart, table: Table, money: DraftField | None, engine: DuckDB) -> bool:
    """Where the rows of a table are lines of orders, an event for each order, if it can be had; else that is told, and
    orders are counted by their numbers. Gives whether the events are orders."""
    found = whole_of(table, event.key, event.time, engine)
    if found is None:
        draft.open.extend(told_bare_lines(table, event.key))
        return False
    if is_of_line(event.name) or not (is_of_order(event.name) or _is_alone(draft, event)):
        return False
    whole, count = found
    told = f"{table.name}: {count:,} different {whole.name} in {table.rows:,} rows: rows "
    orders = one_of_each(table, whole, (event.key, event.time), money.column, engine) if money is not None else None
    if orders is None:
        event.whole = next((field.name for field in event.fields if field.column == whole.name), None)
        counted = f", and `distinct` of `{event.whole}` counts orders" if event.whole is not None else ""
        draft.open.append(
            f"{told}seem to be lines of orders: a count of events is one of lines{counted}; for one event per order, "
            "sum them up in `sql:` with GROUP BY"
        )
        return False
    event.sql = orders.select.sql(dialect="duckdb", pretty=True)
    event.rows = count
    event.fields = [field for field in event.fields if field.column in orders.columns]
    for field in event.fields:  # what was counted of all lines
        field.remarks = [remark for remark in field.remarks if not remark.startswith("unknown in ")]
    draft.open.append(
        f"{told}are lines of orders, and {orders.told}; for what was in an order, make an event of all rows"
    )
    return True


def tell_kinds(draft: Draft, event: DraftPart, table: Table) -> None:
    """Says so where the events of one table are of several kinds."""
    column = table.columns.get(next(
        (field.column for field in event.fields if field.name in _KINDS and not field.lookup), ""
    ))  # fmt: skip
    select = read_values(table) or exp.select(exp.Star()).from_(table_tree(table))
    is_own = event.sql is None or event.sql == select.sql(dialect="duckdb", pretty=True)
    if column is not None and column.values and is_own and usual_event(event.name) is None:
        is_first = exp.EQ(this=exp.column(column.name, quoted=True), expression=exp.Literal.string(column.values[0]))
        entry = sql_entry(select.where(is_first))
        draft.open.append(
            f"{event.table}: `{column.name}` tells kinds of events apart; for an event of each, write `{entry}` in "
            f"place of `{'table' if event.sql is None else 'sql'}`"
        )
