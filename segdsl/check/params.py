"""The values of params: their own, or the one that a `use` line or `--set` gives."""

from __future__ import annotations

from segdsl import problems
from segdsl.catalog import CATALOG, Definition
from segdsl.check import names
from segdsl.check.context import BROKEN, Checking, Context
from segdsl.program import Constant, Node
from segdsl.syntax import tree
from segdsl.types import Kind, Type, unify


def value_of(check: Checking, ctx: Context, definition: Definition, node: tree.Param) -> Node:
    """The constant that a param is; one with words takes no other, any other keeps its type."""
    inner = Context(definition.scope, ctx.entity, ctx.moment)
    given = check.catalog.settings.get(definition.name)
    outer = Context(CATALOG, ctx.entity, ctx.moment)
    if node.words:
        value = _word(check, inner, definition, node, node.value)
        return value if given is None else _word(check, outer, definition, node, given)
    value = check.constant(inner, node.value, f"the value of the param `{definition.name}`")
    if given is None:
        return value
    set_value = check.constant(outer, given, f"`{definition.name}`")
    if BROKEN not in (value, set_value) and unify(value.type, set_value.type) is None:
        what = f"the param `{definition.name}`"
        return check.report(problems.type_not_possible(what, str(set_value.type), str(value.type), given.span))
    return set_value


def _word(check: Checking, ctx: Context, definition: Definition, node: tree.Param, value: tree.Expr) -> Node:
    """The word that a param is: written as it is, as a text, or by the name of another param."""
    known = tuple(dict.fromkeys(word.text for word in node.words))
    type_ = Type(Kind.LABEL, known, definition.name)
    found: str | None = None
    if isinstance(value, tree.Name) and value.text in known:
        found = value.text
    elif isinstance(value, tree.Text):
        found = value.value
    elif isinstance(value, tree.Name) and names.find(check, ctx, value.parts)[0] is not None:
        other = check.constant(ctx, value, f"the value of the param `{definition.name}`")
        if other == BROKEN:
            return BROKEN
        found = other.value if isinstance(other, Constant) and isinstance(other.value, str) else None
    if found in known:
        return Constant(found, type_)
    check.report(problems.unknown_word(found or value.span.text, definition.name, known, value.span))
    return Constant(known[0], type_)  # what it is compared with is right or wrong whichever word it is
