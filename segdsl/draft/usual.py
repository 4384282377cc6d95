"""The usual names of events and their fields, and what about the events of a table is unusual."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from segdsl.draft.draft import Draft, DraftField, DraftPart
from segdsl.draft.joins import read_values, table_tree
from segdsl.draft.lines import first_lines, is_of_line, whole_of
from segdsl.draft.names import is_amount, usual_event
from segdsl.draft.profile import Table
from segdsl.draft.write import sql_entry
from segdsl.engines.duckdb import DuckDB

# fields that say what kind of event it was
_KINDS = frozenset(("kind", "type", "event", "event_type", "event_name", "action", "name"))


def name_events(draft: Draft, tables: Mapping[str, Table], engine: DuckDB) -> None:
    """Gives events the names that the libraries look for, and the money of orders the name `amount`."""
    for event in draft.events:
        usual = usual_event(event.name)
        taken = {other.name for other in (*draft.entities, *draft.events)}
        table = tables[event.table or ""]
        if usual is None or (usual != event.name and usual in taken):
            continue
        if usual != "order":
            if usual != event.name:
                event.why.append(f"`{usual}` is the name that the libraries look for")
                event.name = usual
            continue
        money = max(
            (field for field in event.fields if field.type is not None and field.type.is_number and not field.lookup),
            key=lambda field: is_amount(field.name),
            default=None,
        )
        if money is None or not is_amount(money.name):
            continue
        if usual != event.name:
            event.why.append(f"`order` is the name that the libraries look for; its table is {table.name}")
            event.name = usual
        _take_whole(draft, event, table, money, engine)
        if money.name != "amount" and all(field.name != "amount" for field in event.fields):
            money.remarks.append("guessed from its name: `amount` is what the libraries look for")
            money.name = "amount"


def _take_whole(draft: Draft, event: DraftPart, table: Table, money: DraftField, engine: DuckDB) -> None:
    """Where the rows of a table are lines of orders, an event for each order, if it can be had; else that is told."""
    whole = whole_of(table, (event.key, event.time))
    if whole is None:
        return
    told = f"{table.name}: {whole.different:,} different {whole.name} in {table.rows:,} rows: rows "
    select = first_lines(table, whole, money.column, engine) if event.sql is None else None
    if select is None:
        draft.open.append(
            f"{told}seem to be lines of orders; for one event per order, sum them up in `sql:` with GROUP BY"
        )
        return
    event.sql = select.sql(dialect="duckdb", pretty=True)
    event.rows = whole.different
    event.fields = [field for field in event.fields if not is_of_line(field.column)]
    for field in event.fields:  # what was counted of all lines
        field.remarks = [remark for remark in field.remarks if not remark.startswith("unknown in ")]
    draft.open.append(
        f"{told}are lines of orders, and one of each has its {money.column}: `{event.name}` is made of these; for "
        "what was in an order, make an event of all rows"
    )


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
