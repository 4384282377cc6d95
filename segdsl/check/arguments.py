"""The arguments of calls of definitions, and what the text of a definition means with them."""

from __future__ import annotations

from collections.abc import Sequence

from segdsl import problems
from segdsl.catalog import Definition
from segdsl.check.context import BROKEN, Checking, Context
from segdsl.diagnostics import Span
from segdsl.program import Node
from segdsl.syntax import tree
from segdsl.types import unify


def own_context(
    check: Checking, ctx: Context, definition: Definition, args: Sequence[tree.Argument] | None, span: Span
) -> Context | None:
    """How the text of a definition is read where it is called from `ctx`."""
    bound = bind(check, ctx, definition, args, span)
    return None if bound is None else Context(definition.scope, definition.entity, ctx.moment, bound)


def bind(
    check: Checking, ctx: Context, definition: Definition, args: Sequence[tree.Argument] | None, span: Span
) -> tuple[tuple[str, Node], ...] | None:
    """The arguments of a call with the defaults filled in, in the order of the parameters."""
    node = definition.tree
    assert not isinstance(node, tree.Param)
    order = [parameter.name.text for parameter in node.parameters]
    given: dict[str, tree.Argument] = {}
    for index, argument in enumerate(args or ()):
        if argument.name is not None:
            name = argument.name.text
            if name not in order:
                check.report(problems.unknown_argument(name, definition.name, order, argument.name.span))
                return None
        elif index >= len(order):
            check.report(problems.too_many_arguments(definition.name, len(order), len(args or ()), argument.span))
            return None
        else:
            name = order[index]
        if name in given:
            check.report(problems.given_twice(f"`{name}`", argument.span))
            return None
        given[name] = argument
    bound: list[tuple[str, Node]] = []
    for parameter in node.parameters:
        # a default may use the parameters before it
        inner = Context(definition.scope, definition.entity, ctx.moment, tuple(bound))
        value = _argument(check, ctx, inner, definition, parameter, given.get(parameter.name.text), span)
        if value is None:
            return None
        bound.append((parameter.name.text, value))
    return tuple(bound)


def _argument(
    check: Checking,
    ctx: Context,
    inner: Context,
    definition: Definition,
    parameter: tree.Parameter,
    argument: tree.Argument | None,
    span: Span,
) -> Node | None:
    name = parameter.name.text
    default: Node | None = None
    if parameter.default is not None:
        default = check.constant(inner, parameter.default, f"the default of `{name}`")
    if argument is None:
        if default is None:
            check.report(problems.missing_argument(definition.name, name, span))
        return default if default != BROKEN else None
    value = check.constant(ctx, argument.value, f"the argument `{name}`")
    if value == BROKEN:
        # a parameter without a value yet, passed on: it fits everywhere
        return default
    if default is not None and unify(default.type, value.type) is None:
        problem = problems.wrong_argument(definition.name, name, str(default.type), str(value.type), argument.span)
        check.report(problem)
        return None
    return value
