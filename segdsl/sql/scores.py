"""Scores: how many have a smaller value, a greater one, and any; worked out row by row, or of the different values.

Few values are different: counts are small numbers, and many have none. Numbering these, and joining them to whoever has
them, costs DuckDB a quarter to three quarters of what a window over all rows does.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from segdsl.plan.plan import Scores
from segdsl.program import Node, Score
from segdsl.sql import build
from segdsl.sql.expressions import Expressions, Frame
from segdsl.sql.relations import Columns, StageRows, subquery
from segdsl.sql.rows import KEY

VALUE, TIMES = "value", "times"


def scores(lower: Expressions, relation: Scores, stage: StageRows, columns: Columns) -> exp.Expr:
    """A row per key whose value is known: ranks over as few columns as there can be."""
    rows = _rows(lower, relation, stage, [build.alias(build.column(KEY, "c"), KEY)])
    value = build.column(VALUE, "s")
    groups = [build.column(name, "s") for name in _groups(relation)]
    found: list[exp.Expr] = [build.alias(build.column(KEY, "s"), KEY)]
    found.extend(build.alias(_of_rows(leaf, value, groups), columns[leaf]) for leaf in relation.leaves)
    return build.select(*found).from_(subquery(rows, "s")).where(build.is_known(value.copy()), copy=False)


def places(lower: Expressions, relation: Scores, stage: StageRows, columns: Columns) -> exp.Expr:
    """A row per different value, of each group where there are some."""
    rows = _rows(lower, relation, stage, [])
    names = [VALUE, *_groups(relation)]
    own = [build.column(name, "s") for name in names]
    counted = build.select(*(column.copy() for column in own), build.alias(build.count_all(), TIMES))
    counted = counted.from_(subquery(rows, "s")).where(build.is_known(own[0].copy()), copy=False)
    counted = counted.group_by(*(column.copy() for column in own), copy=False)
    found = [build.alias(column.copy(), column.name) for column in own]
    found.extend(build.alias(_of_values(lower, leaf, own[0], own[1:]), columns[leaf]) for leaf in relation.leaves)
    return build.select(*found).from_(subquery(counted, "s"))


def at_place(lower: Expressions, relation: Scores, frame: Frame, table: str) -> exp.Expr:
    """Whether a row of `places` is the one of a row of the stage: of its value, which nobody outside of the population
    has, and of its group, where the unknown ones are a group too."""
    first = relation.leaves[0]
    value = _value(lower, first, frame)
    if first.among is not None:
        value = build.case([(lower.holds(first.among, frame), value)])
    parts: list[exp.Expr] = [build.eq(build.column(VALUE, table), value)]
    for node, name in zip(first.per, _groups(relation), strict=True):
        parts.append(exp.NullSafeEQ(this=build.column(name, table), expression=build.wrap(_group(lower, node, frame))))
    return build.and_(parts)


def _rows(lower: Expressions, relation: Scores, stage: StageRows, columns: list[exp.Expr]) -> exp.Select:
    """Values, and what they are grouped by, of those among whom they are compared."""
    first = relation.leaves[0]
    found = [*columns, build.alias(_value(lower, first, stage.frame), VALUE)]
    for node, name in zip(first.per, _groups(relation), strict=True):
        found.append(build.alias(_group(lower, node, stage.frame), name))
    rows = build.select(*found).from_(build.table(stage.name, "c"))
    return rows if first.among is None else rows.where(lower.holds(first.among, stage.frame), copy=False)


def _groups(relation: Scores) -> list[str]:
    return [f"per_{index}" for index in range(1, len(relation.leaves[0].per) + 1)]


def _value(lower: Expressions, leaf: Score, frame: Frame) -> exp.Expr:
    value = lower.value(leaf.value, frame)
    return lower.compared(lower.ordered(value, leaf.value.type), leaf.value.type)


def _group(lower: Expressions, node: Node, frame: Frame) -> exp.Expr:
    return lower.compared(lower.value(node, frame), node.type)


def _of_rows(leaf: Score, value: exp.Expr, groups: Sequence[exp.Expr]) -> exp.Expr:
    if leaf.kind == "size":
        return build.window(build.count_all(), groups)
    rank = build.window(exp.Rank(), groups, [(value.copy(), leaf.kind == "rank")])
    return rank if leaf.kind == "rank" else exp.Sub(this=rank, expression=build.number(1))


def _of_values(lower: Expressions, leaf: Score, value: exp.Expr, groups: Sequence[exp.Expr]) -> exp.Expr:
    times = build.column(TIMES, "s")
    total = exp.Sum(this=times)
    if leaf.kind == "size":
        found: exp.Expr = build.window(total, groups)
    else:
        # up to this value, which counts itself in
        reached = build.window(total, groups, [(value.copy(), leaf.kind == "rank")])
        found = exp.Sub(this=reached, expression=times.copy())
        if leaf.kind == "rank":
            found = exp.Add(this=found, expression=build.number(1))
    return lower.cast(found, leaf.type.kind)
