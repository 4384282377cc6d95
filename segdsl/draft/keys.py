"""What is unusual about keys: those of nobody, and addresses that are typed in letters of either case."""

from __future__ import annotations

from collections.abc import Mapping

import sqlglot
from sqlglot import exp

from segdsl.draft.draft import Draft, DraftPart
from segdsl.draft.joins import table_tree
from segdsl.draft.names import is_email
from segdsl.draft.profile import Column, Table
from segdsl.draft.whom import nobody
from segdsl.engines.duckdb import DuckDB
from segdsl.types import TEXT


def tell_keys(draft: Draft, tables: Mapping[str, Table], engine: DuckDB) -> None:
    """Says so where keys are not what they seem to be, and has addresses read in small letters where no table of people
    has them in others."""
    lowered = [name for entity in draft.entities for name in _lower_addresses(draft, entity, tables, engine)]
    for part in (*draft.entities, *draft.events):
        column = tables[part.table].columns.get(part.key) if part.table is not None else None
        if part.table is not None and column is not None:
            draft.open.extend(_told_letter_case(tables[part.table], column, part.name in lowered, engine))
            draft.open.extend(_told_nobody(tables[part.table], column, engine))


def _lower_addresses(draft: Draft, entity: DraftPart, tables: Mapping[str, Table], engine: DuckDB) -> list[str]:
    """Has the addresses of events read in small letters where one of their tables has others: two that differ in letter
    case alone are one mailbox. Gives the events that are read so."""
    events = [(event, tables[event.table or ""]) for event in draft.events_of(entity.name)]
    if entity.table is not None or not is_email(entity.key) or any(table.far is not None for _, table in events):
        return []
    typed = [event for event, table in events if event.key in table.columns and _has_capitals(table, event.key, engine)]
    joined = [event for event, table in events if event.key not in table.columns]
    lowered = [*typed, *joined] if typed else []
    for event in lowered:
        event.sql = _in_small_letters(event, tables[event.table or ""]).sql(dialect="duckdb", pretty=True)
        event.why_key.append("read in small letters, as an address is the same in any")
    return [event.name for event in lowered]


def _has_capitals(table: Table, key: str, engine: DuckDB) -> bool:
    value = exp.cast(exp.column(key, quoted=True), "TEXT")
    differs = exp.NEQ(this=exp.Lower(this=value), expression=value.copy())
    select = exp.select("1").from_(exp.to_identifier(table.sample)).where(differs).limit(1)
    return bool(engine.fetch(select.sql(dialect="duckdb"), f"table `{table.name}`"))


def _in_small_letters(event: DraftPart, table: Table) -> exp.Select:
    """The rows of an event as the draft has them, with its key in small letters."""
    select = exp.select(exp.Star()).from_(table_tree(table))
    if event.sql is not None:
        select = sqlglot.parse_one(event.sql, dialect="duckdb", into=exp.Select)
    lower = exp.alias_(exp.Lower(this=exp.column(event.key, quoted=True)), event.key, quoted=True)
    if isinstance(star := select.expressions[0], exp.Star) and not select.args.get("joins"):
        star.set("replace", [*(star.args.get("replace") or []), lower])
        return select
    return exp.select(exp.Star(replace=[lower])).from_(select.subquery("r"))


def _told_nobody(table: Table, column: Column, engine: DuckDB) -> list[str]:
    """What is to be told of a key that several rows have as nobody is known there: of one member with all of them."""
    word, count = nobody(table, column, engine)
    if count < 2:
        return []
    shown = f"`{word}`" if word else "empty"
    return [
        f"{table.name}: {column.name} is {shown} in {count / table.sampled:.1%} of the rows, and one member has all of "
        "them; if that stands for guests, leave them out in `sql:`"
    ]


def _told_letter_case(table: Table, column: Column, is_lowered: bool, engine: DuckDB) -> list[str]:
    """What is to be told of keys that differ in letter case alone, as addresses do that people have typed."""
    if column.type is not TEXT:
        return []
    value = exp.Lower(this=exp.cast(exp.column(column.name, quoted=True), "TEXT"))
    counted = exp.Count(this=exp.Distinct(expressions=[value]))
    select = exp.select(counted).from_(exp.to_identifier(table.sample))
    ((different,),) = engine.fetch(select.sql(dialect="duckdb"), f"table `{table.name}`")
    if different == column.different:
        return []
    count = column.different - different
    told = f"{table.name}: {count:,} {column.name} {'differs' if count == 1 else 'differ'} from another in letter case "
    read = f"LOWER({exp.to_identifier(column.name, quoted=True).sql()})"
    if is_lowered:
        return [f"{told}alone: `sql` reads {read}, and takes them for one"]
    return [f"{told}alone: each is a key of its own, unless `sql:` reads {read}"]
