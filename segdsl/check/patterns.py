"""Regular expressions: constants in the syntax of RE2."""

from __future__ import annotations

import re

from segdsl import problems
from segdsl.check.context import BROKEN, Checking, Context
from segdsl.functions import operator
from segdsl.program import Apply, Constant, Node
from segdsl.syntax import tree
from segdsl.types import BOOL, Kind

# what Python's syntax has and RE2's has not: look-around, back references, possessive and atomic groups, conditionals
_NOT_RE2 = re.compile(r"\(\?(?:=|!|<=|<!|>|\(|P=|#)|\\[1-9]|\\[gk]|[*+?}]\+|\\Z")


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
    message = _fault(str(pattern.value))
    if message is not None:
        return check.report(problems.bad_pattern(message, span))
    return Apply(operator("matches"), (value, pattern), BOOL)


def _fault(pattern: str) -> str | None:
    """Why a pattern is not RE2's; None where nothing is wrong with it."""
    without_escapes = re.sub(r"\\\\", "", pattern)
    found = _NOT_RE2.search(without_escapes)
    if found:
        return f"`{found.group()}` has no meaning there"
    python = re.sub(r"\\[pP](?:\{\^?\w+\}|\w)|\\[zQEC]|\(\?[imsU-]+[:)]|\[\[:\^?\w+:\]", _stand_in, pattern)
    try:
        re.compile(python)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    repeats = [int(number) for number in re.findall(r"\{(\d+)(?:,\d*)?\}", without_escapes)]
    return "a repetition over 1,000" if any(count > 1000 for count in repeats) else None


def _stand_in(match: re.Match[str]) -> str:
    text = match.group()
    if text.startswith("[["):
        return "[a"
    if text.startswith("("):
        return "(?:" if text.endswith(":") else ""
    return "a" if text[1] in "pP" else ""
