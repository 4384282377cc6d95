"""Aggregates over the members of many segments by way of those who are alike: in the same groups at the same moments.

There are fewer sorts of them than customers. What an aggregate adds up is added up once for all who are alike, and a
group's value is put together from these parts. That goes for counts, sums, means, and the least and the greatest; any
other aggregate needs every customer's row, as `groups` has them.

By two moments there are many more sorts of customers than by one. So what looks at today's members alone goes by these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from segdsl.sql import build
from segdsl.sql.groups import (
    GROUP,
    POPULATION,
    Group,
    Measure,
    Words,
    held_words,
    is_held,
    measured,
    measured_names,
    number_of_all,
    numbers,
    outermost,
    population,
)

CUSTOMERS, ALIKE = "customers", "alike"
_KINDS = (exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max)


def has_parts(measure: Measure) -> bool:
    """Whether all aggregates of a measure can be put together from those of customers who are alike."""
    for tree in (measure.tree, measure.base, *measure.populations.values()):
        for node in outermost(tree):
            if isinstance(node, exp.Column):
                if node.name not in measure.populations:
                    return False
            elif _read(node, measure) is None:
                return False
    return True


def alike_select(table: str, groups: Sequence[Group], measures: Sequence[Measure], moments: int) -> exp.Select:
    """A row per group, also of one without anybody: its place, then two columns per measure, how many customers its
    value is of and that (DOUBLE)."""
    by_moments: dict[tuple[int, ...], dict[int, Measure]] = {}
    for number, measure in enumerate(measures, 1):
        by_moments.setdefault(_moments_of(measure), {})[number] = measure
    words, held = held_words(groups, moments)
    values: dict[str, str] = {}
    steps: list[exp.CTE] = []
    found = {
        f"r{place}": (_by_group(words, looked_at, of_them, values, place, len(groups), steps), of_them)
        for place, (looked_at, of_them) in enumerate(by_moments.items(), 1)
    }
    (first, (whole, _)), *others = found.items()
    if others:
        columns = {number: name for name, (_, of_them) in found.items() for number in of_them}
        whole = build.select(
            build.column(GROUP, first),
            *(build.column(column, columns[number]) for number in sorted(columns) for column in measured_names(number)),
        ).from_(_rows_of(whole, first), copy=False)
        for name, (other, _) in others:
            on = build.eq(build.column(GROUP, name), build.column(GROUP, first))
            whole = build.inner_join(whole, _rows_of(other, name), on)
    read = (build.alias(build.column(column, "c"), name) for column, name in values.items())
    customers = _step(CUSTOMERS, build.select(*held, *read).from_(build.table(table, "c"), copy=False))
    # else DuckDB would work it out for each grouping
    customers.set("materialized", len(found) > 1 or None)
    whole.set("with_", exp.With(expressions=[customers, *steps]))
    return whole


def _step(name: str, select: exp.Select) -> exp.CTE:
    return exp.CTE(this=select, alias=exp.TableAlias(this=build.name(name)))


def _rows_of(select: exp.Select, name: str) -> exp.Subquery:
    return build.subquery(select, name)


def _moments_of(measure: Measure) -> tuple[int, ...]:
    """The moments that a measure looks at. Now is always one of them: what looks at an earlier moment is left to few
    measures, and goes with those that look at both."""
    looked_at = {0, *measure.among}
    for tree in (measure.tree, *measure.populations.values()):
        names = {column.name for column in tree.find_all(exp.Column) if not column.table}
        looked_at.update(moment for name, moment in measure.moments.items() if name in names)
    return tuple(sorted(looked_at))


def _by_group(
    words: Words,
    moments: Sequence[int],
    measures: Mapping[int, Measure],
    values: dict[str, str],
    place: int,
    size: int,
    steps: list[exp.CTE],
) -> exp.Select:
    """A row per group, of so many, with what some measures give that look at the same moments. `steps` get what it
    reads, and `values` the columns that this takes of customers, and their names there."""
    alike, of_all = f"{ALIKE}_{place}", f"{POPULATION}_{place}"
    parts = _Parts(of_all)
    columns = {
        number: (parts.value(measure.base, measure), parts.value(measure.tree, measure))
        for number, measure in measures.items()
    }
    for tree in parts.columns.values():
        for column in tree.find_all(exp.Column):
            column.set("this", build.name(values.setdefault(column.name, f"value_{len(values) + 1}")))
    keys = [build.column(name, "c") for (moment, _), name in words.items() if moment in moments]
    sorts = build.select(*keys, *(build.alias(tree, name) for name, tree in parts.columns.items()))
    sorts = sorts.from_(build.table(CUSTOMERS, "c")).group_by(*(key.copy() for key in keys), copy=False)
    held = {moment: is_held(words, moment) for moment in moments}
    rows = build.select(
        build.column(GROUP, "g"),
        *(build.alias(holds, _at(moment)) for moment, holds in held.items()),
        *(build.column(name, "m") for name in parts.columns),
    ).from_(numbers(size), copy=False)
    is_in = build.or_([holds.copy() for holds in held.values()])
    rows = build.left_join(rows, build.table(alike, "m"), is_in)
    steps.append(_step(alike, sorts))
    if parts.of_all:
        steps.append(population(build.table(alike, "r"), parts.of_all, of_all))
    found = build.select(build.column(GROUP, "r"), *measured(columns)).from_(_rows_of(rows, "r"), copy=False)
    return found.group_by(build.column(GROUP, "r"), copy=False)


@dataclass(frozen=True)
class _Aggregate:
    """An aggregate of a value (None: of rows), over those who hold what a row says, and what being in a group says."""

    kind: type[exp.AggFunc]
    value: exp.Expr | None
    of_row: tuple[exp.Expr, ...]
    of_group: tuple[exp.Expr, ...]


def _read(node: exp.Expr, measure: Measure) -> _Aggregate | None:
    """An aggregate, with its filter; None where it has no parts."""
    of_row: list[exp.Expr] = []
    of_group: list[exp.Expr] = []
    if isinstance(node, exp.Filter):
        for condition in _conjuncts(node.expression.this):
            if _is_of_row(condition):
                of_row.append(condition)
            elif _is_of_group(condition, measure.moments):
                of_group.append(condition)
            else:
                return None
        node = node.this
    kind = next((kind for kind in _KINDS if type(node) is kind), None)
    if kind is None or any(part for name, part in node.args.items() if name not in ("this", "big_int")):
        return None
    value = node.this
    if kind is exp.Count and isinstance(value, exp.Star):
        return _Aggregate(kind, None, tuple(of_row), tuple(of_group))
    # DISTINCT and ORDER BY are no conditions
    if not isinstance(value, exp.Condition) or not _is_of_row(value):
        return None
    return _Aggregate(kind, value, tuple(of_row), tuple(of_group))


def _conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    inner = condition.unnest()
    if isinstance(inner, exp.And):
        yield from _conjuncts(inner.this)
        yield from _conjuncts(inner.expression)
    else:
        yield inner


def _is_of_row(node: exp.Expr) -> bool:
    return all(column.table for column in node.find_all(exp.Column))


def _is_of_group(node: exp.Expr, moments: Mapping[str, int]) -> bool:
    return all(not column.table and column.name in moments for column in node.find_all(exp.Column))


def _at(moment: int) -> str:
    return f"is_in_{moment}"


def _is_in(moment: int) -> exp.Expr:
    return build.column(_at(moment), "r")


class _Parts:
    """What is added up of those who are alike, each different part once, and how aggregates are put together of it."""

    def __init__(self, population: str) -> None:
        self.population = population
        self.columns: dict[str, exp.Expr] = {}
        self.of_all: dict[str, exp.Expr] = {}
        self._names: dict[str, str] = {}
        self._of_all: dict[str, str] = {}

    def value(self, tree: exp.Expr, measure: Measure) -> exp.Expr:
        """An expression of a measure over the customers that it goes over."""
        return self._together(tree, measure, [_among(measure)])

    def _together(self, tree: exp.Expr, measure: Measure, among: Sequence[exp.Expr]) -> exp.Expr:
        holder = exp.Paren(this=tree.copy())
        for node in list(outermost(holder.this)):
            if isinstance(node, exp.Column):
                node.replace(self._number_of_all(measure.populations[node.name], measure))
                continue
            read = _read(node, measure)
            assert read is not None
            of_group = [_of_moments(condition, measure.moments) for condition in read.of_group]
            node.replace(build.wrap(self._whole(read, [*among, *of_group])))
        found = holder.this
        assert isinstance(found, exp.Expr)
        found.pop()
        return found

    def _whole(self, read: _Aggregate, held: Sequence[exp.Expr]) -> exp.Expr:
        """An aggregate over the parts that hold a condition."""

        def over(kind: type[exp.AggFunc], part: type[exp.AggFunc]) -> exp.Expr:
            column = self._part(part, read)
            return kind(this=build.case([(build.and_([one.copy() for one in held]), column)]) if held else column)

        if read.kind is exp.Count:
            # a sum of no parts is NULL, a count of nobody is 0
            return build.cast(build.coalesce(over(exp.Sum, exp.Count), build.number(0)), "BIGINT")
        if read.kind is exp.Avg:
            holes = {"sum": over(exp.Sum, exp.Sum), "count": over(exp.Sum, exp.Count)}
            return build.fill("CAST(:sum AS DOUBLE) / NULLIF(:count, 0)", holes)
        return over(read.kind, read.kind)

    def _part(self, kind: type[exp.AggFunc], read: _Aggregate) -> exp.Column:
        value = read.value
        if read.of_row:
            held = build.and_([one.copy() for one in read.of_row])
            value = build.case([(held, build.number(1) if value is None else value.copy())])
        tree = build.count_all() if value is None else kind(this=value.copy())
        text = tree.sql(dialect="duckdb")
        if text not in self._names:
            self._names[text] = f"part_{len(self.columns) + 1}"
            self.columns[self._names[text]] = tree
        return build.column(self._names[text], "r")

    def _number_of_all(self, tree: exp.Expr, measure: Measure) -> exp.Expr:
        text = tree.sql(dialect="duckdb")
        if text not in self._of_all:
            self._of_all[text] = f"number_{len(self.of_all) + 1}"
            self.of_all[self._of_all[text]] = self._together(tree, measure, [])
        return number_of_all(self._of_all[text], self.population)


def _among(measure: Measure) -> exp.Expr:
    return build.or_([_is_in(moment) for moment in measure.among])


def _of_moments(condition: exp.Expr, moments: Mapping[str, int]) -> exp.Expr:
    """A condition with the bits of memberships in place of the names of moments."""
    holder = exp.Paren(this=condition.copy())
    for column in list(holder.find_all(exp.Column)):
        column.replace(exp.Paren(this=_is_in(moments[column.name])))
    found = holder.this
    assert isinstance(found, exp.Expr)
    found.pop()
    return found
