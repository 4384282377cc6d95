"""What earlier runs have seen, as a SELECT over their stays: a row per key, a column per leaf."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from segdsl.plan.plan import Leaf, PastRelation
from segdsl.program import Past
from segdsl.sql import build
from segdsl.sql.expressions import EVALUATIONS, STAYS, Expressions
from segdsl.sql.rows import KEY

__all__ = ["EVALUATIONS", "STAYS", "past"]

_ORDER = "number"


def past(lower: Expressions, relation: PastRelation, columns: Mapping[Leaf, str]) -> exp.Select:
    """The stays that began before a moment, summed up. What ended at that moment or later had not ended yet."""
    first = relation.leaves[0]
    cut = build.wrap(lower.cut(first.moment))
    label: exp.Expr = exp.NEQ(this=build.column("label", "s"), expression=build.text(""))
    if first.label is not None:
        label = build.eq(build.column("label", "s"), build.text(first.label))
    held = build.and_(
        [
            build.eq(build.column("entity", "s"), build.text(first.entity)),
            build.eq(build.column("definition", "s"), build.text(first.definition)),
            label,
            exp.LT(this=build.column("entered_at", "s"), expression=cut),
        ]
    )
    names = ("label", "entered_at", "left_at", "is_first")
    found = [build.alias(build.column(name, "s"), name) for name in (KEY, *names)]
    if any(leaf.kind in ("last", "previous") for leaf in relation.leaves):
        latest = ((build.column("entered_at", "s"), True),)
        number = build.window(exp.RowNumber(), [build.column(KEY, "s")], latest)
        found.append(build.alias(number, _ORDER))
    stays = build.select(*found).from_(build.table(STAYS, "s"), copy=False).where(held, copy=False)
    rows = build.subquery(stays, "s")
    values = [build.alias(_value(leaf, cut), columns[leaf]) for leaf in relation.leaves]
    key = build.column(KEY, "s")
    return build.select(build.alias(key, KEY), *values).from_(rows, copy=False).group_by(key.copy(), copy=False)


def _value(leaf: Past, cut: exp.Expr) -> exp.Expr:
    entered, left, label = (build.column(name, "s") for name in ("entered_at", "left_at", "label"))
    had_ended = exp.LT(this=left.copy(), expression=cut.copy())
    match leaf.kind:
        case "ever":
            return exp.true()
        case "since":
            # at most the last stay has not ended
            return _greatest(exp.Not(this=exp.Coalesce(this=had_ended, expressions=[exp.false()])), entered)
        case "entered":
            return _greatest(exp.Not(this=build.column("is_first", "s")), entered)
        case "left":
            return _greatest(had_ended, left)
        case "last" | "previous":
            number = build.number(1 if leaf.kind == "last" else 2)
            return _greatest(build.eq(build.column(_ORDER, "s"), number), label)


def _greatest(condition: exp.Expr, value: exp.Expr) -> exp.Expr:
    return exp.Max(this=build.case([(condition, value)]))
