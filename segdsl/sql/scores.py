"""Scores: how many have a smaller value, a greater one, and any; worked out row by row, or of the different values.

Few values are different: counts are small numbers, and many have none. Numbering these, and joining them to whoever has
them, costs DuckDB a quarter to three quarters of what a window over all rows does. Where nothing but parts of the
population are asked for, the values that these begin behind are enough: a value has at least n smaller ones where it is
greater than the n-th of all in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Decimal

from sqlglot import exp

from segdsl.functions import operator
from segdsl.plan.plan import Leaf, Scores
from segdsl.program import InstanceKey, Node, Quantile, Score, ScoreKind
from segdsl.sql import build
from segdsl.sql.expressions import Expressions, Frame
from segdsl.sql.relations import Columns, StageRows, subquery
from segdsl.sql.rows import KEY

VALUE, TIMES = "value", "times"
# more parts are more to choose among and to compare with than the different values are to number
MOST_CUTS = 100
# Of a share that is no decimal: rounded down by so little, it is of the same row whatever the population is.
_SHARE = Decimal(1).scaleb(-20)


def scores(lower: Expressions, relation: Scores, stage: StageRows, columns: Columns) -> exp.Expr:
    """What is joined to the rows of a stage: ranks of each of them, or of each value, or what parts begin behind."""
    if lower.dialect.scores == "rows":
        return _by_rows(lower, relation, stage, columns)
    if _is_cut(relation):
        return _cuts(lower, relation, stage, columns)
    return _places(lower, relation, stage, columns)


def joined(lower: Expressions, relation: Scores, here: Mapping[Leaf | InstanceKey, exp.Expr], table: str) -> exp.Expr:
    """What joins it to a row."""
    if lower.dialect.scores == "rows":
        return build.eq(build.column(KEY, table), build.column(KEY, "p"))
    first, frame = relation.leaves[0], Frame(columns=here)
    parts: list[exp.Expr] = []
    if not _is_cut(relation):
        # nobody outside of the population has a value
        parts.append(build.eq(build.column(VALUE, table), _value_inside(lower, first, frame)))
    for node, name in zip(first.per, _groups(relation), strict=True):
        # those whose group is unknown are a group too
        parts.append(exp.NullSafeEQ(this=build.column(name, table), expression=build.wrap(_group(lower, node, frame))))
    return build.and_(parts)


def score(
    lower: Expressions, relation: Scores, leaf: Score, here: Mapping[Leaf | InstanceKey, exp.Expr], column: exp.Expr
) -> exp.Expr:
    """The score of a row, of the column that is joined to it."""
    if lower.dialect.scores == "rows" or not isinstance(leaf, Quantile) or not _is_cut(relation):
        return column
    frame = Frame(columns=here)
    value = _value(lower, leaf, frame)
    parts: list[exp.Expr] = [build.is_known(value.copy())]
    if leaf.among is not None:
        parts.insert(0, lower.holds(leaf.among, frame))
    found = build.case([(build.and_(parts), _part(lower, value, column, 1, leaf.parts))])
    return lower.cast(found, leaf.type.kind)


def _part(lower: Expressions, value: exp.Expr, cuts: exp.Expr, low: int, high: int) -> exp.Expr:
    """Which part, of some, a value is in, in as many comparisons as these can be halved."""
    if low == high:
        return build.number(low)
    middle = (low + high) // 2
    cut = lower.structure("item", a=cuts, n=build.number(middle))
    below = exp.LTE(this=build.wrap(value.copy()), expression=cut)
    return build.case([(below, _part(lower, value, cuts, low, middle))], _part(lower, value, cuts, middle + 1, high))


def _is_cut(relation: Scores) -> bool:
    return all(isinstance(leaf, Quantile) and 1 < leaf.parts <= MOST_CUTS for leaf in relation.leaves)


def _cuts(lower: Expressions, relation: Scores, stage: StageRows, columns: Columns) -> exp.Expr:
    """A row, of each group where there are some, with lists of values: what each part but the first begins behind."""
    groups = [build.column(name, "s") for name in _groups(relation)]
    found: list[exp.Expr] = [build.alias(group.copy(), group.name) for group in groups]
    for leaf in relation.leaves:
        assert isinstance(leaf, Quantile)
        shares = [build.number(_share(part, leaf.parts)) for part in range(1, leaf.parts)]
        cuts = lower.structure("ends of shares", a=build.column(VALUE, "s"), shares=exp.Array(expressions=shares))
        found.append(build.alias(cuts, columns[leaf]))
    query = build.select(*found).from_(subquery(_rows(lower, relation, stage, []), "s"))
    return query.group_by(*groups, copy=False) if groups else query


def _share(part: int, parts: int) -> Decimal:
    return (Decimal(part) / Decimal(parts)).quantize(_SHARE, rounding=ROUND_DOWN).normalize()


def _by_rows(lower: Expressions, relation: Scores, stage: StageRows, columns: Columns) -> exp.Expr:
    """A row per key whose value is known: ranks over as few columns as there can be."""
    rows = _rows(lower, relation, stage, [build.alias(build.column(KEY, "c"), KEY)])
    value = build.column(VALUE, "s")
    groups = [build.column(name, "s") for name in _groups(relation)]
    counts: dict[ScoreKind, exp.Expr] = {
        "below": exp.Sub(this=_rank(value, groups, False), expression=build.number(1)),
        "size": build.window(build.count_all(), groups),
        "rank": _rank(value, groups, True),
    }
    key = build.alias(build.column(KEY, "s"), KEY)
    known = build.is_known(value.copy())
    if not any(isinstance(leaf, Quantile) for leaf in relation.leaves):
        found = [build.alias(counts[leaf.kind].copy(), columns[leaf]) for leaf in relation.leaves]
        return build.select(key, *found).from_(subquery(rows, "s")).where(known, copy=False)
    # what is worked out of counts reads them as columns: a dialect may say it by a SELECT of its own
    wanted: dict[ScoreKind, None] = {}
    for leaf in relation.leaves:
        wanted.update(dict.fromkeys(("below", "size") if isinstance(leaf, Quantile) else (leaf.kind,)))
    ranked = build.select(key, *(build.alias(counts[kind], kind) for kind in wanted))
    ranked = ranked.from_(subquery(rows, "s")).where(known, copy=False)
    found = [build.alias(build.column(KEY, "r"), KEY)]
    for leaf in relation.leaves:
        own: exp.Expr = build.column(leaf.kind, "r")
        if isinstance(leaf, Quantile):
            own = _quantile(lower, leaf, build.column("below", "r"), build.column("size", "r"))
        found.append(build.alias(own, columns[leaf]))
    return build.select(*found).from_(subquery(ranked, "r"))


def _places(lower: Expressions, relation: Scores, stage: StageRows, columns: Columns) -> exp.Expr:
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


def _value_inside(lower: Expressions, leaf: Score, frame: Frame) -> exp.Expr:
    value = _value(lower, leaf, frame)
    return value if leaf.among is None else build.case([(lower.holds(leaf.among, frame), value)])


def _group(lower: Expressions, node: Node, frame: Frame) -> exp.Expr:
    return lower.compared(lower.value(node, frame), node.type)


def _rank(value: exp.Expr, groups: Sequence[exp.Expr], from_greatest: bool) -> exp.Expr:
    return build.window(exp.Rank(), groups, [(value.copy(), from_greatest)])


def _of_values(lower: Expressions, leaf: Score, value: exp.Expr, groups: Sequence[exp.Expr]) -> exp.Expr:
    times = build.column(TIMES, "s")
    total = exp.Sum(this=times)
    size = build.window(total, groups)
    if leaf.kind == "size":
        return lower.cast(size, leaf.type.kind)
    # up to this value, which counts itself in
    reached = build.window(total.copy(), groups, [(value.copy(), leaf.kind == "rank")])
    found: exp.Expr = exp.Sub(this=reached, expression=times.copy())
    if leaf.kind == "rank":
        found = exp.Add(this=found, expression=build.number(1))
    if isinstance(leaf, Quantile):
        found = _quantile(lower, leaf, found, size)
    return lower.cast(found, leaf.type.kind)


def _quantile(lower: Expressions, leaf: Quantile, below: exp.Expr, size: exp.Expr) -> exp.Expr:
    return lower.filled(operator("quantile"), [build.number(leaf.parts), below, size])
