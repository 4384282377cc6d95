"""Whose events are, where no table of those is there: by what several tables of events have in common."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from segdsl.draft.links import Link
from segdsl.draft.names import is_email, is_group, is_key_name, is_thing, is_whom, snake, stem
from segdsl.draft.profile import FEW, Column, Table
from segdsl.draft.times import time_column
from segdsl.engines.duckdb import DuckDB
from segdsl.types import TEXT

_EMAIL = "email"


def shared_keys(tables: Sequence[Table], links: Sequence[Link]) -> tuple[str, float] | None:
    """What tells whose the events of several tables are, the stem of keys or `email`, and how likely that is; None
    where nothing does. Keys that lead to another table, as orders' lines have them, are left out."""
    shares: dict[str, float] = {}
    for table in tables:
        if time_column(table) is None:
            continue
        linked = {link.column.name for link in links if link.table is table and link.nearness >= 2}
        for of in {_whose(column) for column in table.columns.values()} - {""}:
            column = key_of(of, table)
            if column is not None and column.name not in linked and _tells_apart(column, of):
                shares[of] = shares.get(of, 0.0) + (table.share(column) if column.known else 1.0)
    scores = {
        of: 2 * (of == _EMAIL) + 4 * is_whom(of) + 2 * is_group(of) - 5 * is_thing(of) + share
        for of, share in shares.items()
    }
    best = max(scores, key=lambda of: scores[of], default=None)
    return None if best is None or scores[best] <= 0 else (best, scores[best])


def key_of(of: str, table: Table) -> Column | None:
    """The column of a table that holds such keys, of several the one that is known most often."""
    columns = [
        column for column in table.columns.values()
        if column.is_like_a_key and (is_email(column.name) if of == _EMAIL else stem(column.name) == of)
    ]  # fmt: skip
    return max(columns, key=lambda column: column.known, default=None)


def name_of(of: str) -> str:
    """The name of an entity with such keys."""
    return "customer" if of == _EMAIL else snake(of)


def _whose(column: Column) -> str:
    if is_email(column.name):
        return _EMAIL
    return stem(column.name) if is_key_name(column.name) else ""


def _tells_apart(column: Column, of: str) -> bool:
    """Whether its values are of several people, of whom some have several events: a code that is one of few is not."""
    if not column.known:
        return True
    are_few = column.different <= FEW and 4 * column.different < column.known
    return column.different < column.known and (of == _EMAIL or is_whom(of) or not are_few)


def told_letter_case(table: Table, column: Column, engine: DuckDB) -> list[str]:
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
    differ = "differs" if count == 1 else "differ"
    return [
        f"{table.name}: {count:,} {column.name} {differ} from another in letter case alone: "
        f"each is a key of its own, unless `sql:` reads LOWER({exp.to_identifier(column.name, quoted=True).sql()})"
    ]
