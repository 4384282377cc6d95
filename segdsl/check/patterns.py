"""Regular expressions: constants in the syntax of RE2."""

from __future__ import annotations

from segdsl import problems
from segdsl.check.context import BROKEN, Checking, Context
from segdsl.functions import operator
from segdsl.program import Apply, Constant, Node
from segdsl.syntax import tree
from segdsl.types import BOOL, Kind


def matches(check: Checking, ctx: Context, node: tree.Operation) -> Node:
    """`s matches "pattern"`."""
    value, pattern = (check.expr(ctx, arg) for arg in node.args)
    if BROKEN in (value, pattern):
        return BROKEN
    span = node.args[1].span
    if value.type.kind is not Kind.TEXT or pattern.type.kind is not Kind.TEXT:
        found = [str(value.type), str(pattern.type)]
        return check.report(problems.wrong_operands("matches", found, "two texts", node.span))
    if not isinstance(pattern, Constant):
        return check.report(problems.constant_expected("the pattern of `matches`", span))
    from segdsl.check.re2 import fault  # only for who asks: its own patterns take a while to compile

    message = fault(str(pattern.value))
    if message is not None:
        return check.report(problems.bad_pattern(message, span))
    return Apply(operator("matches"), (value, pattern), BOOL)
