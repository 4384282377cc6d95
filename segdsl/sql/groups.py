"""Aggregates over the members of many segments at once: each customer's row stands once for every group it is in.

A row's values are worked out once per customer, and the groups that it is in are the bits of some numbers; it is joined
to the groups whose bit it has, and everything grouped by these: one pass, however many segments and aggregates there
are. A membership is a number that holds the group and, as bits, whether the customer was in it at each of the moments
asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlglot import exp

from segdsl.sql import build
from segdsl.sql.words import BITS, added_bits

MEMBERSHIP, POPULATION = "membership", "population"
GROUP, WORD, BIT = "group", "word", "bit"
# the columns that hold bits, by moment and place
Words: TypeAlias = Mapping[tuple[int, int], str]


@dataclass(frozen=True)
class Group:
    """Whether a row is in it, as conditions over the evaluated table: one for each moment, now first."""

    held: tuple[exp.Expr, ...]


@dataclass(frozen=True)
class Measure:
    """An aggregate expression over the evaluated table's columns, in which names of `moments` stand for memberships and
    names of `populations` for numbers of everybody. It goes over those who are in a group at one of the moments
    `among`; `base` is how many of these its number is of, as another such expression."""

    tree: exp.Expr
    base: exp.Expr
    moments: Mapping[str, int]
    populations: Mapping[str, exp.Expr]
    among: tuple[int, ...] = (0,)


def groups_select(
    table: str,
    groups: Sequence[Group],
    measures: Sequence[Measure],
    moments: int,
    of_nobody: bool = False,
) -> exp.Select:
    """A row per group that has any at one of so many `moments`: its place, then two columns per measure, how many
    customers its value is of and that (DOUBLE). `of_nobody`: instead one row, with what the measures are of no rows.
    """
    bits = 2**moments if moments > 1 else 1
    among = sorted({moment for measure in measures for moment in measure.among})
    lifted = _Lifted(bits, among)
    columns = [(lifted.value(measure.base, measure), lifted.value(measure.tree, measure)) for measure in measures]
    rows = _memberships(table, groups, among, moments, lifted.values)
    code = build.column(MEMBERSHIP, "r")
    number: exp.Expr = (
        code if bits == 1 else build.fill(":m >> :moments", {"m": code, "moments": build.number(moments)})
    )
    found = build.select(
        build.alias(number, "group"),
        *measured(dict(enumerate(columns, 1))),
    )
    found = found.from_(build.subquery(rows, "r"))
    if of_nobody:
        found.expressions[0].set("this", exp.Null())
        found = found.where(exp.false(), copy=False)
    else:
        found = found.group_by(number.copy(), copy=False)
    if lifted.of_all:
        found.set("with_", exp.With(expressions=[population(build.table(table, "c"), lifted.of_all)]))
    return found


def _memberships(
    table: str, groups: Sequence[Group], among: Sequence[int], moments: int, values: Mapping[str, exp.Expr]
) -> exp.Select:
    """A row per customer and group: the number of the membership, and the values."""
    words, columns = held_words(groups, moments)
    customers = build.select(*(build.alias(value, name) for name, value in values.items()), *columns)
    customers = customers.from_(build.table(table, "c"))
    held = [is_held(words, moment) for moment in range(moments)]
    number: exp.Expr = build.column(GROUP, "g")
    if moments > 1:
        number = exp.Mul(this=number, expression=build.number(2**moments))
        for moment, holds in enumerate(held):
            number = exp.Add(this=number, expression=build.case([(holds, build.number(2**moment))], build.number(0)))
    on = build.or_([held[moment].copy() for moment in among])
    found = build.select(build.alias(number, MEMBERSHIP), *(build.column(name, "m") for name in values))
    found = found.from_(build.subquery(customers, "m"))
    return build.inner_join(found, numbers(len(groups)), on)


def held_words(groups: Sequence[Group], moments: int) -> tuple[Words, list[exp.Expr]]:
    """The groups that a customer is in, as the bits of some columns: their names by moment and place, and these."""
    words: dict[tuple[int, int], str] = {}
    columns: list[exp.Expr] = []
    for moment in range(moments):
        for first in range(0, len(groups), BITS):
            name = words[(moment, first // BITS)] = f"held_{moment}_{first // BITS}"
            columns.append(build.alias(_word(groups[first : first + BITS], moment), name))
    return words, columns


def numbers(size: int) -> exp.Subquery:
    """The numbers of groups as rows `g`, each with the word that it is in, and that word with nothing but its bit."""
    at = {"n": build.column("range", "n"), "bits": build.number(BITS)}
    found = build.select(
        build.alias(at["n"], GROUP),
        build.alias(build.fill(":n // :bits", at), WORD),
        build.alias(build.fill("CAST(1 AS BIGINT) << (:n % :bits)", at), BIT),
    )
    every = exp.Anonymous(this="RANGE", expressions=[build.number(size)])
    found = found.from_(exp.Table(this=every, alias=exp.TableAlias(this=build.name("n"))))
    return build.subquery(found, "g")


def _word(groups: Sequence[Group], moment: int) -> exp.Expr:
    """The groups that hold at a moment, as the bits of one number."""
    return build.cast(added_bits(group.held[moment].copy() for group in groups), "BIGINT")


def is_held(words: Words, moment: int) -> exp.Expr:
    """Whether a customer `m` is in a group `g` at a moment."""
    own = [(word, build.column(name, "m")) for (of, word), name in words.items() if of == moment]
    value: exp.Expr = own[0][1]
    if len(own) > 1:
        at = build.column(WORD, "g")
        value = build.case([(build.eq(at.copy(), build.number(word)), column) for word, column in own])
    return build.fill("(:w & :b) <> 0", {"w": value, "b": build.column(BIT, "g")})


def population(rows: exp.Expr, columns: Mapping[str, exp.Expr], step: str = POPULATION) -> exp.CTE:
    """Numbers of everybody as a step, for those who read them one by one as `number_of_all`."""
    select = build.select(*(build.alias(value, name) for name, value in columns.items())).from_(rows, copy=False)
    return exp.CTE(this=select, alias=exp.TableAlias(this=build.name(step)))


def number_of_all(name: str, step: str = POPULATION) -> exp.Expr:
    number = build.select(build.column(name, "p")).from_(build.table(step, "p"), copy=False)
    return exp.Subquery(this=number)


def measured(columns: Mapping[int, tuple[exp.Expr, exp.Expr]]) -> Iterator[exp.Expr]:
    """Two columns per measure, by its number: how many customers its value is of, and that."""
    for number, (size, value) in columns.items():
        of_size, of_value = measured_names(number)
        yield build.alias(size, of_size)
        yield build.alias(finite(value), of_value)


def measured_names(number: int) -> tuple[str, str]:
    return f"size_{number}", f"measure_{number}"


def finite(value: exp.Expr) -> exp.Expr:
    """A number as DOUBLE; what is none, or infinite, is NULL."""
    number = build.cast(value, "DOUBLE")
    return build.fill("CASE WHEN ISFINITE(:v) THEN :v END", {"v": number})


class _Lifted:
    """Takes what aggregates are of out of them, each different value once; `among` are the moments of which a row is
    held at one."""

    def __init__(self, bits: int, among: Sequence[int]) -> None:
        self.bits = bits
        self.among = tuple(among)
        self.values: dict[str, exp.Expr] = {}
        self.of_all: dict[str, exp.Expr] = {}
        self._names: dict[str, str] = {}
        self._of_all: dict[str, str] = {}

    def value(self, tree: exp.Expr, measure: Measure) -> exp.Expr:
        """An expression of a measure over the rows that it goes over."""
        holder = exp.Paren(this=tree.copy())
        for node in outermost(holder.this):
            if isinstance(node, exp.Column):
                node.replace(self._number_of_all(measure.populations[node.name]))
            else:
                for part in list(node.iter_expressions()):
                    self._lift(part, measure)
                self._narrow(node, measure)
        found = holder.this
        assert isinstance(found, exp.Expr)
        found.pop()
        return found

    def _domain(self, measure: Measure) -> exp.Expr | None:
        """Whether a row is one that a measure goes over; None where all are."""
        if set(measure.among) == set(self.among):
            return None
        return build.or_([self._membership(moment) for moment in measure.among])

    def _narrow(self, node: exp.Expr, measure: Measure) -> None:
        """Keeps an aggregate to the rows of its measure, by a filter, which every aggregate takes."""
        held = self._domain(measure)
        if held is None:
            return
        if isinstance(node, exp.Filter):
            where = node.expression
            where.set("this", build.and_([where.this.copy(), held]))
        else:
            node.replace(exp.Filter(this=node.copy(), expression=exp.Where(this=held)))

    def _lift(self, node: exp.Expr, measure: Measure) -> None:
        columns = list(node.find_all(exp.Column))
        if not columns:
            return
        if isinstance(node, exp.Column) and node.name in measure.moments and not node.table:
            node.replace(self._membership(measure.moments[node.name]))
        elif isinstance(node, exp.Column) and node.name in measure.populations and not node.table:
            node.replace(self._number_of_all(measure.populations[node.name]))
        elif (
            all(column.table for column in columns)
            and isinstance(node, exp.Condition)
            and not isinstance(node, exp.AggFunc)
        ):
            text = node.sql(dialect="duckdb")
            if text not in self._names:
                self._names[text] = f"value_{len(self.values) + 1}"
                self.values[self._names[text]] = node.copy()
            node.replace(build.column(self._names[text], "r"))
        else:
            for part in list(node.iter_expressions()):
                self._lift(part, measure)

    def _membership(self, moment: int) -> exp.Expr:
        if self.bits == 1:
            return exp.true()
        return build.fill("(:m & :bit) <> 0", {"m": build.column(MEMBERSHIP, "r"), "bit": build.number(2**moment)})

    def _number_of_all(self, tree: exp.Expr) -> exp.Expr:
        text = tree.sql(dialect="duckdb")
        if text not in self._of_all:
            self._of_all[text] = f"number_{len(self.of_all) + 1}"
            self.of_all[self._of_all[text]] = tree.copy()
        return number_of_all(self._of_all[text])


def outermost(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The aggregates of an expression, with what filters them, and the names outside of these."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.AggFunc | exp.Filter | exp.Column):
            yield node
        else:
            stack.extend(node.iter_expressions())
