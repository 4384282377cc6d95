"""Lists of constants: values of params and parameters, that stand for their items wherever several values can."""

from __future__ import annotations

from collections.abc import Sequence

from segdsl import problems
from segdsl.check import names
from segdsl.check.context import BROKEN, Checking, Context
from segdsl.diagnostics import Span
from segdsl.program import Constant, Moment, Node
from segdsl.syntax import tree
from segdsl.types import ANY, Kind, Type, unify


def list_of(check: Checking, ctx: Context, node: tree.ListValue) -> Node:
    """A list as it is written: constants of one type."""
    items = [check.expr(ctx, item) for item in node.items]
    if not items:
        return check.report(problems.list_not_here(node.span, is_empty=True))
    if BROKEN in items:
        return BROKEN
    found: Type = ANY
    kept: list[Constant | Moment] = []
    for value, written in zip(items, node.items, strict=True):
        if not isinstance(value, Constant | Moment):
            return check.report(problems.constant_expected("an item of a list", written.span))
        both = unify(found, value.type)
        if both is None:
            return check.report(problems.branches_differ(str(found), str(value.type), written.span))
        found = both
        kept.append(value)
    return Constant(tuple(kept), Type(Kind.VALUES, of=_item_word(found)))


def _item_word(type_: Type) -> str:
    return "number" if type_.is_number else "time" if type_.is_moment else type_.kind.value


def items_of(check: Checking, ctx: Context, node: tree.Expr) -> tuple[Constant | Moment, ...] | None:
    """The items of the list that a name stands for; None where it stands for no list."""
    if not isinstance(node, tree.Name):
        return None
    value: Node | None = None
    if len(node.parts) == 1:
        if ctx.row is not None and node.text in check.model.events[ctx.row].fields:
            return None
        value = ctx.param(node.text)
    if value is None:
        definition, rest = names.find(check, ctx, node.parts)
        if definition is None or rest or not _may_be_list(definition.tree):
            return None
        value = check.refer(ctx.inside(None), definition, None, node.span)
    return value.value if isinstance(value, Constant) and isinstance(value.value, tuple) else None


def _may_be_list(definition: tree.Definition) -> bool:
    return isinstance(definition, tree.Param) and isinstance(definition.value, tree.ListValue | tree.Name)


def values_of(check: Checking, ctx: Context, nodes: Sequence[tree.Expr]) -> list[tuple[Node, Span]]:
    """Several values, each with its place; lists among them as their items."""
    found: list[tuple[Node, Span]] = []
    for node in nodes:
        items = items_of(check, ctx, node)
        if items is None:
            found.append((check.expr(ctx, node), node.span))
        else:
            found.extend((item, node.span) for item in items)
    return found


def is_list(node: Node) -> bool:
    return node.type.kind is Kind.VALUES
