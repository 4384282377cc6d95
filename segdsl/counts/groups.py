"""How many members have each combination of values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from segdsl.engines.results import Evaluation
from segdsl.problems.stages import EVALUATION
from segdsl.program import Output
from segdsl.sql import DUCKDB, build, sql_text

_KEY, _N, _PLACE, _HELD = "key", "n", "place", "held"
# so many members have their bits in one string: what is compared of two conditions stays in the processor's cache
_CHUNK = 65_536


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


def pairs(evaluation: Evaluation, conditions: Sequence[Output], everybody: int) -> dict[tuple[int, int], int]:
    """How many of `everybody` hold two conditions at once, by their places in the list given, the smaller first; with a
    condition itself it is how many hold that. Pairs that nobody holds are left out."""
    first, second = (build.column(_PLACE, side) for side in ("a", "b"))
    same = build.eq(build.column(_KEY, "a"), build.column(_KEY, "b"))
    both = exp.BitwiseAnd(this=build.column(_HELD, "a"), expression=build.column(_HELD, "b"))
    total = build.cast(exp.Sum(this=exp.BitwiseCount(this=both)), "BIGINT")
    select = build.select(build.alias(first, "one"), build.alias(second, "other"), build.alias(total, _N))
    on = build.and_([same, exp.LTE(this=first.copy(), expression=second.copy())])
    select = build.inner_join(select.from_(build.table(_HELD, "a")), build.table(_HELD, "b"), on)
    held = exp.CTE(this=_held(evaluation, conditions, everybody), alias=exp.TableAlias(this=build.name(_HELD)))
    select.set("with_", exp.With(expressions=[held]))
    return {(one, other): count for one, other, count in _fetch(evaluation, _group_by(select, 2)) if count}


def _held(evaluation: Evaluation, conditions: Sequence[Output], everybody: int) -> exp.Select:
    """A row per condition and so many members: its place, and a bit for each of them that holds it.

    A bit per member, as combinations are nearly as many as members where there are many conditions, and a member of
    hundreds is in ten thousands of pairs.
    """
    width = min(max(everybody, 1), _CHUNK)
    number, values, bits = build.column(_N), [build.alias(build.window(exp.RowNumber(), ()), _N)], []
    for place, output in enumerate(conditions):
        values.append(build.alias(build.column(evaluation.query.columns[output.name]), f"value_{place}"))
        bit = exp.Mod(this=number.copy(), expression=build.number(width))
        holds = build.case([(build.column(f"value_{place}"), bit)])
        ends = build.number(0), build.number(width - 1)
        bits.append(exp.Anonymous(this="BITSTRING_AGG", expressions=[holds, *ends]))
    rows = build.select(*values)
    rows = rows.from_(build.table(evaluation.query.last[conditions[0].entity]), copy=False)
    chunk = exp.IntDiv(this=number.copy(), expression=build.number(width))
    chunks = build.select(build.alias(chunk, _KEY), build.alias(exp.Array(expressions=bits), _HELD))
    chunks = _group_by(chunks.from_(build.subquery(rows, "rows"), copy=False), 1)
    places = exp.Anonymous(this="RANGE", expressions=[build.number(len(conditions))])
    select = build.select(
        build.column(_KEY),
        build.alias(exp.Unnest(expressions=[places]), _PLACE),
        build.alias(exp.Unnest(expressions=[build.column(_HELD)]), _HELD),
    )
    return select.from_(build.subquery(chunks, "chunks"), copy=False)


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
