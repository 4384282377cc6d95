"""Scores: how many have a smaller value, a greater one, and any; worked out row by row, or of the different values.

Few values are different: counts are small numbers, and many have none. Numbering these, and joining them to whoever has
them, costs DuckDB a quarter to three quarters of what a window over all rows does. Where nothing but parts of the
population are asked for, the values that these begin behind are enough: a value has at least n smaller ones where it is
greater than the n-th of all in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from types import MappingProxyType

from sqlglot import exp

from segdsl.exact import EXACT
from segdsl.functions import operator
from segdsl.plan.plan import Leaf, Scores
from segdsl.program import InstanceKey, Node, Quantile, Reaches, Score, ScoreKind
from segdsl.sql import build
from segdsl.sql.expressions import Expressions, Frame, Named
from segdsl.sql.relations import Columns, StageRows
from segdsl.sql.rows import KEY

VALUE, TIMES, ENDS = "value", "times", "ends"
# more parts are more to choose among and to compare with than the different values are to number
MOST_CUTS = 100
# no population is so large that shares with so little between them end at different values, but where one is a whole
# number of it and the other more
_HAIR = EXACT.scaleb(1, -20)


@dataclass(frozen=True)
class ScoresStep:
    """A step that is what the scores of one value are told by, and the stage whose rows it compares."""

    name: str
    relation: Scores
    stage: StageRows


def scores(lower: Expressions, relation: Scores, stage: StageRows, columns: Columns) -> exp.Expr:
    """What is joined to the rows of a stage: ranks of each of them, or of each value, or what parts begin behind."""
    if lower.dialect.scores == "rows":
        return _by_rows(lower, relation, stage, columns)
    if _is_cut(relation):
        return _cuts(lower, relation, stage)
    return _places(lower, relation, stage, columns)


def is_by_ends(lower: Expressions, relation: Scores) -> bool:
    """Whether one list of values, behind which parts of all begin, tells the score of everybody."""
    return lower.dialect.scores != "rows" and _is_cut(relation) and not relation.leaves[0].per


def values(lower: Expressions, relation: Scores, stage: StageRows) -> exp.Select:
    """A row per key among whom the scores are: `key`, and `value`."""
    return _rows(lower, relation, stage, [build.alias(build.column(KEY, "c"), KEY)])


def passed(lower: Expressions, relation: Scores, stage: StageRows, before: str, now: str) -> exp.Select:
    """The keys of those whose value lies between where a part ended and where it ends now, by two tables of such ends:
    nobody else has another score by that, as a score compares a value with these."""
    value = build.column(VALUE, "s")
    between: list[exp.Expr] = []
    for number in range(1, len(_shares(relation)) + 1):
        ends = [
            lower.structure("item", a=build.column(ENDS, table), n=build.number(number)) for table in ("before", "now")
        ]
        low = exp.Least(this=ends[0], expressions=[ends[1]])
        high = exp.Greatest(this=ends[0].copy(), expressions=[ends[1].copy()])
        above = exp.GT(this=value.copy(), expression=low)
        between.append(build.and_([above, exp.LTE(this=value.copy(), expression=high)]))
    query = build.select(build.alias(build.column(KEY, "s"), KEY)).from_(
        build.subquery(values(lower, relation, stage), "s"), copy=False
    )
    for table, alias in ((before, "before"), (now, "now")):
        query = query.join(build.table(table, alias), join_type="cross", copy=False)
    return query.where(exp.or_(*between, copy=False), copy=False)


def joined(
    lower: Expressions, relation: Scores, here: Mapping[Leaf | InstanceKey, exp.Expr | Named], table: str
) -> exp.Expr:
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
    lower: Expressions,
    relation: Scores,
    leaf: Score,
    here: Mapping[Leaf | InstanceKey, exp.Expr | Named],
    table: str,
    name: str,
) -> exp.Expr:
    """The score of a row, of what is joined to it; `name` is its column where it has one."""
    if lower.dialect.scores == "rows" or not _is_cut(relation):
        return build.column(name, table)
    frame = Frame(columns=here)
    value = _value(lower, leaf, frame)
    inside = [] if leaf.among is None else [lower.holds(leaf.among, frame)]
    shares = _shares(relation)

    def end(share: Decimal) -> exp.Expr:
        number = build.number(shares.index(share) + 1)
        return lower.structure("item", a=build.column(ENDS, table), n=number)

    if isinstance(leaf, Reaches):
        is_above = leaf.op in (">=", ">")
        [share] = _shares_of(leaf)
        compared = (exp.GT if is_above else exp.LTE)(this=build.wrap(value), expression=end(share))
        return build.and_([*inside, compared])
    assert isinstance(leaf, Quantile)
    ends = [end(share) for share in _shares_of(leaf)]
    known = build.and_([*inside, build.is_known(value.copy())])
    return lower.cast(build.case([(known, _part(value, ends, 0, leaf.parts - 1))]), leaf.type.kind)


def _part(value: exp.Expr, ends: Sequence[exp.Expr], low: int, high: int) -> exp.Expr:
    """Which part, of some, a value is in, in as many comparisons as these can be halved."""
    if low == high:
        return build.number(low + 1)
    middle = (low + high) // 2
    below = exp.LTE(this=build.wrap(value.copy()), expression=ends[middle].copy())
    return build.case([(below, _part(value, ends, low, middle))], _part(value, ends, middle + 1, high))


def _is_cut(relation: Scores) -> bool:
    parts = [leaf.parts if isinstance(leaf, Quantile) else 2 for leaf in relation.leaves]
    is_asked = all(isinstance(leaf, Quantile | Reaches) for leaf in relation.leaves)
    return is_asked and min(parts) > 1 and max(parts) <= MOST_CUTS


def _shares(relation: Scores) -> list[Decimal]:
    """The shares of all whose ends are wanted, each once."""
    return sorted({share for leaf in relation.leaves for share in _shares_of(leaf)})


def _shares_of(leaf: Score) -> list[Decimal]:
    match leaf:
        case Quantile(parts=parts):
            shares = [EXACT.divide(part, parts).quantize(_HAIR, ROUND_DOWN, EXACT) for part in range(1, parts)]
        case Reaches(percents=percents, op=op):
            # more than a share is what comes after its end and one more
            share = EXACT.scaleb(percents, -2)
            shares = [EXACT.add(share, _HAIR) if op in (">", "<=") else share]
        case _:
            raise AssertionError(leaf)
    return [EXACT.normalize(share) for share in shares]


def _cuts(lower: Expressions, relation: Scores, stage: StageRows) -> exp.Expr:
    """A row, of each group where there are some, with the list of values that shares of all end with."""
    groups = [build.column(name, "s") for name in _groups(relation)]
    shares = exp.Array(expressions=[build.number(share) for share in _shares(relation)])
    ends = build.alias(lower.structure("ends of shares", a=build.column(VALUE, "s"), shares=shares), ENDS)
    query = build.select(*(build.alias(group.copy(), group.name) for group in groups), ends)
    query = query.from_(build.subquery(_rows(lower, relation, stage, []), "s"))
    return query.group_by(*groups, copy=False) if groups else query


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
    if not any(isinstance(leaf, Quantile | Reaches) for leaf in relation.leaves):
        found = [build.alias(counts[leaf.kind].copy(), columns[leaf]) for leaf in relation.leaves]
        return build.select(key, *found).from_(build.subquery(rows, "s"), copy=False).where(known, copy=False)
    # what is worked out of counts reads them as columns: a dialect may say it by a SELECT of its own
    wanted: dict[ScoreKind, None] = {}
    for leaf in relation.leaves:
        wanted.update(dict.fromkeys((leaf.kind,) if leaf.kind in counts else ("below", "size")))
    ranked = build.select(key, *(build.alias(counts[kind], kind) for kind in wanted))
    ranked = ranked.from_(build.subquery(rows, "s")).where(known, copy=False)
    found = [build.alias(build.column(KEY, "r"), KEY)]
    for leaf in relation.leaves:
        if leaf.kind in counts:
            own: exp.Expr = build.column(leaf.kind, "r")
        else:
            own = _of_counts(lower, leaf, build.column("below", "r"), build.column("size", "r"))
        found.append(build.alias(own, columns[leaf]))
    return build.select(*found).from_(build.subquery(ranked, "r"), copy=False)


def _places(lower: Expressions, relation: Scores, stage: StageRows, columns: Columns) -> exp.Expr:
    """A row per different value, of each group where there are some."""
    rows = _rows(lower, relation, stage, [])
    names = [VALUE, *_groups(relation)]
    own = [build.column(name, "s") for name in names]
    counted = build.select(*(column.copy() for column in own), build.alias(build.count_all(), TIMES))
    counted = counted.from_(build.subquery(rows, "s")).where(build.is_known(own[0].copy()), copy=False)
    counted = counted.group_by(*(column.copy() for column in own), copy=False)
    found = [build.alias(column.copy(), column.name) for column in own]
    found.extend(build.alias(_of_values(lower, leaf, own[0], own[1:]), columns[leaf]) for leaf in relation.leaves)
    return build.select(*found).from_(build.subquery(counted, "s"), copy=False)


def _rows(lower: Expressions, relation: Scores, stage: StageRows, columns: list[exp.Expr]) -> exp.Select:
    """Values, and what they are grouped by, of those among whom they are compared."""
    first = relation.leaves[0]
    found = [*columns, build.alias(_value(lower, first, stage.frame), VALUE)]
    for node, name in zip(first.per, _groups(relation), strict=True):
        found.append(build.alias(_group(lower, node, stage.frame), name))
    rows = build.select(*found).from_(build.table(stage.name, "c"), copy=False)
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
    if isinstance(leaf, Quantile | Reaches):
        found = _of_counts(lower, leaf, build.wrap(found), size)
    return found if isinstance(leaf, Reaches) else lower.cast(found, leaf.type.kind)


_COMPARED: Mapping[str, type[exp.Binary]] = MappingProxyType({">=": exp.GTE, ">": exp.GT, "<": exp.LT, "<=": exp.LTE})


def _of_counts(lower: Expressions, leaf: Score, below: exp.Expr, size: exp.Expr) -> exp.Expr:
    """What a score says of how many have less, and of how many there are."""
    if isinstance(leaf, Quantile):
        return lower.filled(operator("quantile"), [build.number(leaf.parts), below, size])
    assert isinstance(leaf, Reaches)
    reached = exp.Mul(this=below, expression=build.number(100))
    wanted = exp.Mul(this=size, expression=build.number(leaf.percents))
    return _COMPARED[leaf.op](this=reached, expression=wanted)
