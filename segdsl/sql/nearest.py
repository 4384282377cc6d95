"""Events with the nearest ones of other kinds beside them: by ASOF joins, or by a window over the union of all."""

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

    Earlier and later are meant strictly; only rows of the same key (and value of `same`) count.
    """
    columns = [KEY, AT, _SAME] if same else [KEY, AT]
    if dialect.nearest == "asof":
        return _by_join(rows, name, near, earlier, columns)
    return _by_window(rows, name, near, earlier, columns, dialect.grammar)


def _columns(names: Sequence[str], table: str) -> list[exp.Expr]:
    return [build.alias(build.column(text, table), text) for text in names]


def _by_join(rows: exp.Expr, name: str, near: Sequence[Near], earlier: bool, columns: Sequence[str]) -> Nearest:
    query = build.select(*_columns(columns, name)).from_(rows)
    op = exp.GT if earlier else exp.LT
    for other in near:
        parts: list[exp.Expr] = [
            build.eq(build.column(text, name), build.column(text, other.name)) for text in columns if text != AT
        ]
        parts.append(op(this=build.column(AT, name), expression=build.column(AT, other.name)))
        query = build.asof_join(query, other.source, build.and_(parts), left=not other.must)
    return Nearest(query, build.column(AT, name), {other.name: build.column(AT, other.name) for other in near})


def _by_window(
    rows: exp.Expr, name: str, near: Sequence[Near], earlier: bool, columns: Sequence[str], grammar: str
) -> Nearest:
    """All rows in one order of time; those looked for come after the others of their very time, so that what lies
    before a row is strictly nearer to the start."""
    union: exp.Expr = _numbered(rows, name, columns, 0)
    for number, other in enumerate(near, start=1):
        union = exp.Union(this=union, expression=_numbered(other.source, other.name, columns, number), distinct=False)
    found = _columns(columns, "u")
    found.append(build.alias(build.column(_KIND, "u"), _KIND))
    order = [(build.column(AT, "u"), not earlier), (build.column(_KIND, "u"), False)]
    for number, other in enumerate(near, start=1):
        of_kind = build.eq(build.column(_KIND, "u"), build.number(number))
        time = build.case([(of_kind, build.column(AT, "u"))])
        latest = exp.Max(this=time) if earlier else exp.Min(this=time)
        groups = [build.column(text, "u") for text in columns if text != AT]
        window = build.window(latest, groups)
        window.set("order", build.order_of_known([(node.copy(), desc) for node, desc in order], grammar))
        window.set("spec", exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"))
        found.append(build.alias(window, f"{other.name}_{AT}"))
    inner = build.select(*found).from_(exp.Subquery(this=union, alias=exp.TableAlias(this=build.name("u"))))
    subquery = exp.Subquery(this=inner, alias=exp.TableAlias(this=build.name("w")))
    conditions: list[exp.Expr] = [build.eq(build.column(_KIND, "w"), build.number(0))]
    times = {other.name: build.column(f"{other.name}_{AT}", "w") for other in near}
    conditions.extend(build.is_known(times[other.name].copy()) for other in near if other.must)
    query = build.select(*_columns(columns, "w")).from_(subquery).where(build.and_(conditions), copy=False)
    return Nearest(query, build.column(AT, "w"), times)


def _numbered(rows: exp.Expr, name: str, columns: Sequence[str], number: int) -> exp.Select:
    return build.select(*_columns(columns, name), build.alias(build.number(number), _KIND)).from_(rows)
