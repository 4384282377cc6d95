"""The values of params: their own, or the one that a `use` line or `--set` gives."""

from __future__ import annotations

from segdsl import problems
from segdsl.catalog import CATALOG, Definition
from segdsl.check import names
from segdsl.check.context import BROKEN, Checking, Context
from segdsl.check.order import params_in_order
from segdsl.diagnostics import Span
from segdsl.program import Constant, Moment, Node
from segdsl.syntax import tree
from segdsl.types import Kind, Type, unify

# params within one another while they are worked out: more than one are where they go in a circle
MAX_WITHIN = 32


class Params:
    """What each param is as of a moment, worked out once. `open` are the definitions that are being checked."""

    def __init__(self, check: Checking, open: list[str]) -> None:
        self._check, self._open = check, open
        self._values: dict[Moment, dict[str, Node]] = {}
        self._is_inside = False

    def value(self, ctx: Context, definition: Definition, span: Span) -> Node:
        """The constant that a param is; what is wrong with that is reported, a cycle at `span`."""
        known = self._values.setdefault(ctx.moment, {})
        if definition.name not in known and not self._is_inside:
            # however long a chain of params is, none is worked out inside of another
            self._is_inside = True
            for other in params_in_order(self._check.catalog, definition, known):
                self._make(ctx, other, span if other is definition else other.tree.name.span)
            self._is_inside = False
        return self._make(ctx, definition, span)

    def _make(self, ctx: Context, definition: Definition, span: Span) -> Node:
        known = self._values[ctx.moment]
        if (value := known.get(definition.name)) is not None:
            return value
        if definition.name in self._open:
            start_at = self._open.index(definition.name)
            return self._check.report(problems.cycle([*self._open[start_at:], definition.name], span))
        if len(self._open) >= MAX_WITHIN:
            return self._check.report(problems.refers_too_deep(definition.name, MAX_WITHIN, span))
        node = definition.tree
        assert isinstance(node, tree.Param)
        self._open.append(definition.name)
        value = known[definition.name] = _value_of(self._check, ctx, definition, node)
        self._open.pop()
        return value


def _value_of(check: Checking, ctx: Context, definition: Definition, node: tree.Param) -> Node:
    """The constant that a param is: one with words takes no other, any other keeps its type."""
    inner = Context(definition.scope, definition.entity, ctx.moment)
    given = check.catalog.settings.get(definition.name)
    outer = Context(CATALOG, definition.entity, ctx.moment)
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
