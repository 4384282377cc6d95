"""How many members have each combination of values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from segdsl.engines.results import Evaluation
from segdsl.problems.stages import EVALUATION
from segdsl.program import Output
from segdsl.sql import DUCKDB, build, sql_text

_KEY, _N, _PLACE = "key", "n", "place"


def grouped(evaluation: Evaluation, outputs: Sequence[Output]) -> list[tuple[Any, ...]]:
    """A row per combination that somebody has: the values of the outputs, and how many members have them."""
    query = evaluation.query
    values = [build.column(query.columns[output.name]) for output in outputs]
    select = build.select(*(build.alias(value, f"value_{n}") for n, value in enumerate(values)), build.count_all())
    select = select.from_(build.table(query.last[outputs[0].entity]))
    return _fetch(evaluation, _group_by(select, len(values)))


def population(evaluation: Evaluation, entity: str) -> int:
    """How many members the entity has."""
    select = build.select(build.count_all()).from_(build.table(evaluation.query.last[entity]), copy=False)
    return int(_fetch(evaluation, select)[0][0])


def intersections(evaluation: Evaluation, conditions: Sequence[Output], most: int) -> tuple[list[Any], int]:
    """The most frequent combinations of conditions, as the places of those that hold in the list given, each with how
    many members hold just these; and how many combinations there are in all."""
    every = exp.Window(this=build.count_all(), over="OVER")
    select = build.select(build.column(_KEY), build.column(_N), every).from_(_sets(evaluation, conditions), copy=False)
    order = [exp.Ordered(this=build.column(_N), desc=True), exp.Ordered(this=build.column(_KEY))]
    select.set("order", exp.Order(expressions=order))
    rows = _fetch(evaluation, select.limit(most))
    return [(_places(key), count) for key, count, _ in rows], rows[0][2] if rows else 0


def pairs(evaluation: Evaluation, conditions: Sequence[Output]) -> dict[tuple[int, int], int]:
    """How many members hold two conditions at once, by their places in the list given, the smaller first; with a
    condition itself it is how many hold that. Pairs that nobody holds are left out."""
    # a row per combination and condition in it, so that the work grows with memberships and not with all pairs
    split = exp.Anonymous(this="STRING_SPLIT", expressions=[build.column(_KEY), build.text(",")])
    place = build.cast(exp.Unnest(expressions=[split]), "INTEGER")
    held = build.select(build.column(_KEY), build.column(_N), build.alias(place, _PLACE))
    held = held.from_(_sets(evaluation, conditions))
    held = held.where(exp.NEQ(this=build.column(_KEY), expression=build.text("")), copy=False)
    first, second = (build.column(_PLACE, side) for side in ("a", "b"))
    both = build.and_(
        [
            build.eq(build.column(_KEY, "a"), build.column(_KEY, "b")),
            exp.LTE(this=first.copy(), expression=second.copy()),
        ]
    )
    total = build.cast(exp.Sum(this=build.column(_N, "a")), "BIGINT")
    select = build.select(build.alias(first, "one"), build.alias(second, "other"), total)
    select = build.inner_join(select.from_(build.table("held", "a")), build.table("held", "b"), both)
    select.set("with_", exp.With(expressions=[exp.CTE(this=held, alias=exp.TableAlias(this=build.name("held")))]))
    return {(one, other): count for one, other, count in _fetch(evaluation, _group_by(select, 2))}


def _sets(evaluation: Evaluation, conditions: Sequence[Output]) -> exp.Expr:
    """A row per combination of conditions: the places of those that hold as one text, and how many members hold them.

    A text, for as many columns to group by would cost the square of their number.
    """
    query = evaluation.query
    marks = [
        build.case([(build.column(query.columns[output.name]), build.text(str(place)))])
        for place, output in enumerate(conditions)
    ]
    key = exp.ArrayToString(this=exp.Array(expressions=marks), expression=build.text(","))
    select = build.select(build.alias(key, _KEY), build.alias(build.count_all(), _N))
    select = select.from_(build.table(query.last[conditions[0].entity]))
    return _group_by(select, 1).subquery("sets")


def _group_by(select: exp.Select, columns: int) -> exp.Select:
    select.set("group", exp.Group(expressions=[exp.Literal.number(n + 1) for n in range(columns)]))
    return select


def _places(key: str) -> tuple[int, ...]:
    return tuple(map(int, key.split(","))) if key else ()


def _fetch(evaluation: Evaluation, select: exp.Query) -> list[tuple[Any, ...]]:
    return evaluation.engine.fetch(sql_text(select, DUCKDB), EVALUATION)
