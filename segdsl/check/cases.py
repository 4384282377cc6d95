"""`case when … then … end`."""

from __future__ import annotations

from segdsl import problems
from segdsl.check.constants import choice, length
from segdsl.check.context import BROKEN, Checking, Context
from segdsl.check.moments import start
from segdsl.check.origins import origins
from segdsl.program import Case, Node
from segdsl.syntax import tree
from segdsl.types import ANY, Kind, Type, unify


def case(check: Checking, ctx: Context, node: tree.Case) -> Node:
    """The value of the first branch whose condition holds; branches that never can be taken are left out."""
    branches = [(check.condition(ctx, branch.condition), check.expr(ctx, branch.value)) for branch in node.branches]
    otherwise = None if node.otherwise is None else check.expr(ctx, node.otherwise)
    values = [value for _, value in branches] + ([] if otherwise is None else [otherwise])
    if BROKEN in values or any(condition == BROKEN for condition, _ in branches):
        return BROKEN
    found: Type = ANY
    spans = [branch.value.span for branch in node.branches] + ([node.otherwise.span] if node.otherwise else [])
    for value, span in zip(values, spans, strict=True):
        both = unify(found, value.type)
        if both is None:
            labels = origins(check, value)
            return check.report(problems.branches_differ(str(found), str(value.type), span, labels))
        found = both
    if found.kind is Kind.TIME:
        branches = [(condition, start(value)) for condition, value in branches]
        otherwise = None if otherwise is None else start(otherwise)
    chosen = choice(branches, otherwise, found)
    for value, span in zip(values, spans, strict=True):
        found_length = length(value)
        if isinstance(chosen, Case) and found_length is not None and not found_length.is_fixed:
            return check.report(problems.calendar_length(span))
    return chosen
