"""The segments of `benchmarks.catalogs` as people write them today: a DuckDB query each, predicates pushed down."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.data import AS_OF

TABLES = {"order": "orders", "message": "messages", "survey": "surveys", "ticket": "tickets", "touch": "touches"}
_AGGREGATE = re.compile(r'(\w+)\((\w+)(?:\.(\w+))?(?: within (\d+)d)?(?: where (\w+) = "(\w+)")?\)')
_AS_OF = f"TIMESTAMP '{AS_OF}'"


@dataclass(frozen=True)
class Aggregate:
    """An aggregate over one table: of a column (or of the rows), within so many days, with one value of one column."""

    kind: str
    table: str
    column: str | None
    days: int | None
    field: str | None
    equals: str | None

    @property
    def where(self) -> str:
        """What its rows have to fulfil."""
        parts = [f'"at" <= {_AS_OF}']
        if self.days is not None:
            parts.append(f'"at" > {_AS_OF} - INTERVAL {self.days} DAY')
        if self.field is not None:
            parts.append(f"{self.field} = '{self.equals}'")
        return " AND ".join(parts)


def aggregate(text: str) -> Aggregate:
    """An aggregate as the catalogs write it."""
    found = _AGGREGATE.fullmatch(text)
    assert found is not None, text
    kind, event, column, days, field, equals = found.groups()
    return Aggregate(kind, TABLES[event], column, None if days is None else int(days), field, equals)


def queries(definitions: Iterable[str]) -> dict[str, str]:
    """A query of `id` for each segment, by its name; those that refer to others read tables of their names."""
    found: dict[str, str] = {}
    for line in definitions:
        name, _, rule = line.removeprefix("segment ").partition(" = ")
        found[name] = _query(rule)
    return found


def _query(rule: str) -> str:
    if found := re.fullmatch(r"(s\d+) and not (s\d+)", rule):
        return f"SELECT id FROM {found[1]} EXCEPT SELECT id FROM {found[2]}"
    if found := re.fullmatch(r"percentile\((.*) among orders > 0\) >= (\d+)%", rule):
        of = aggregate(found[1])
        value = "1" if of.column is None else of.column
        total = f"coalesce(sum(CASE WHEN {of.where} THEN {value} END), 0)"
        values = f'SELECT customer AS id, {total} AS v FROM orders WHERE "at" <= {_AS_OF} GROUP BY customer'
        ranks = f"SELECT id, rank() OVER (ORDER BY v) - 1 AS below, count(*) OVER () AS size FROM ({values})"
        return f"SELECT id FROM ({ranks}) WHERE below * 100 >= {found[2]} * size"
    return f"SELECT id FROM customers WHERE {' AND '.join(_part(part) for part in _parts(rule))}"


def _parts(rule: str) -> list[str]:
    """What `and` joins; that of `between` joins nothing."""
    return re.split(r" and (?![\d]+(?: and |$))", rule)


def _part(part: str) -> str:
    if found := re.fullmatch(r"(\w+\(.*\)) >= (\d+)", part):
        if found[1].startswith("years_since"):
            return f"birth_date + INTERVAL {found[2]} YEAR <= {_AS_OF}"
        of = aggregate(found[1])
        value = "*" if of.column is None else of.column
        having = f"{of.kind}({value}) >= {found[2]}"
        if of.kind == "avg":
            having = f"sum({value}) >= {found[2]} * count({value})"
        return f"id IN (SELECT customer FROM {of.table} WHERE {of.where} GROUP BY customer HAVING {having})"
    if found := re.fullmatch(r"signup < (\d+)d", part):
        return f"signup > {_AS_OF} - INTERVAL {found[1]} DAY"
    return part.replace('"', "'")
