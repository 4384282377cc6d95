"""Segmentations: the label of the first rule that holds."""

from __future__ import annotations

from segdsl import problems
from segdsl.catalog import Definition
from segdsl.check import names
from segdsl.check.constants import choice
from segdsl.check.context import BROKEN, Checking, Context
from segdsl.program import Case, Constant, Node
from segdsl.syntax import tree
from segdsl.types import Kind, Type


def segmentation(check: Checking, ctx: Context, definition: Definition, node: tree.Segmentation) -> Node:
    """The value of a segmentation: a `case` over its rules, unknown outside of whom it is among."""
    among = None if node.among is None else check.condition(ctx, node.among)
    labels = names.labels(node)
    type_ = Type(Kind.LABEL, labels, definition.name)
    branches: list[tuple[Node, Node]] = []
    otherwise: Node | None = None
    for rule in node.rules:
        label = Constant(rule.label.text, type_)
        if otherwise is not None:
            check.report(problems.rule_never_reached(rule.label.text, rule.span))
        elif rule.condition is None:
            otherwise = label
        else:
            branches.append((check.condition(ctx, rule.condition), label))
    if among == BROKEN or any(condition == BROKEN for condition, _ in branches):
        # its labels stay usable, so that one mistake does not make others
        return Case((), Constant(None, type_), type_)
    value = choice(branches, otherwise, type_)
    return value if among is None else choice([(among, value)], None, type_)
