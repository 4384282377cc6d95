"""Events with the nearest ones of other kinds beside them: all in one order, and what was last in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from segdsl.sql import build
from segdsl.sql.dialects import Dialect
from segdsl.sql.rows import AT, KEY

_SAME = "same"
_KIND = "kind"


@dataclass(frozen=True)
class Near:
    """Rows that are looked for: what stands in FROM for them, its name, and whether there must be one."""

    source: exp.Expr
    name: str
    must: bool = False


@dataclass(frozen=True)
class Nearest:
    """The query, the rows' own time in it, and the nearest time of each kind by its name; NULL where there is none."""

    query: exp.Select
    at: exp.Expr
    times: Mapping[str, exp.Expr]

    def where(self, conditions: list[exp.Expr]) -> exp.Select:
        return self.query.where(build.and_(conditions), copy=False) if conditions else self.query


def nearest(dialect: Dialect, rows: exp.Expr, name: str, near: Sequence[Near], *, earlier: bool, same: bool) -> Nearest:
    """Rows (key, time, and the value of `same`) with the latest earlier, or the earliest later, of each kind.

    Earlier and later are meant strictly; only rows of the same key (and value of `same`) count. All rows stand in one
    order of time; those looked for come after the others of their very time, so that what lies before a row is strictly
    nearer to the start.
    """
    groups = [KEY, _SAME] if same else [KEY]
    columns = [*groups, AT]
    union: exp.Expr = _numbered(rows, name, columns, 0)
    for number, other in enumerate(near, start=1):
        union = exp.Union(this=union, expression=_numbered(other.source, other.name, columns, number), distinct=False)
    names = [other.name for other in near]
    if dialect.nearest == "sort":
        inner, times = _by_sort(union, names, groups, earlier, dialect.grammar)
    else:
        inner, times = _by_window(union, names, groups, earlier, dialect.grammar)
    conditions: list[exp.Expr] = [build.eq(build.column(_KIND, "w"), build.number(0))]
    conditions.extend(build.is_known(times[other.name].copy()) for other in near if other.must)
    query = build.select(*_columns(columns, "w")).from_(build.subquery(inner, "w"), copy=False)
    return Nearest(query.where(build.and_(conditions), copy=False), build.column(AT, "w"), times)


def _columns(names: Sequence[str], table: str) -> list[exp.Expr]:
    return [build.alias(build.column(text, table), text) for text in names]


def _numbered(rows: exp.Expr, name: str, columns: Sequence[str], number: int) -> exp.Select:
    return build.select(*_columns(columns, name), build.alias(build.number(number), _KIND)).from_(rows, copy=False)


def _by_window(
    union: exp.Expr, names: Sequence[str], groups: Sequence[str], earlier: bool, grammar: str
) -> tuple[exp.Select, dict[str, exp.Expr]]:
    """A window for each key: the greatest or the least time so far of each kind."""
    found = _columns([*groups, AT, _KIND], "u")
    order = [(build.column(AT, "u"), not earlier), (build.column(_KIND, "u"), False)]
    for number, name in enumerate(names, start=1):
        time = _of_kind(number, AT)
        latest = exp.Max(this=time) if earlier else exp.Min(this=time)
        window = build.window(latest, [build.column(text, "u") for text in groups])
        window.set("order", build.order_of_known([(node.copy(), desc) for node, desc in order], grammar))
        found.append(build.alias(_so_far(window), f"{name}_{AT}"))
    inner = build.select(*found).from_(build.subquery(union, "u"), copy=False)
    return inner, {name: build.column(f"{name}_{AT}", "w") for name in names}


def _by_sort(
    union: exp.Expr, names: Sequence[str], groups: Sequence[str], earlier: bool, grammar: str
) -> tuple[exp.Select, dict[str, exp.Expr]]:
    """All rows sorted by key and time, and read once in that order: the last row so far of each kind, which may be of
    another key.

    A window over no partition and without an order of its own takes rows as they come and keeps none of them.
    """
    columns = [*groups, AT, _KIND]
    order = [(build.column(text, "s"), text != _KIND and not earlier) for text in columns]
    rows = build.select(*_columns(columns, "s")).from_(build.subquery(union, "s"), copy=False)
    rows.set("order", build.order_of_known(order, grammar))
    found = _columns(columns, "u")
    times: dict[str, exp.Expr] = {}
    for number, name in enumerate(names, start=1):
        for text in [*groups, AT]:
            last = exp.IgnoreNulls(this=exp.LastValue(this=_of_kind(number, text)))
            found.append(build.alias(_so_far(build.window(last, [])), f"{name}_{text}"))
        alike = [build.eq(build.column(text, "w"), build.column(f"{name}_{text}", "w")) for text in groups]
        times[name] = build.case([(build.and_(alike), build.column(f"{name}_{AT}", "w"))])
    return build.select(*found).from_(build.subquery(rows, "u"), copy=False), times


def _of_kind(number: int, column: str) -> exp.Expr:
    """A column of the rows of one kind, and NULL in the others."""
    of_kind = build.eq(build.column(_KIND, "u"), build.number(number))
    return build.case([(of_kind, build.column(column, "u"))])


def _so_far(window: exp.Expr) -> exp.Expr:
    window.set("spec", exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"))
    return window
