"""Expectations: what has to be true of the data, as conditions that are counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations

from segdsl import problems
from segdsl.catalog import CATALOG, Scope
from segdsl.check import names
from segdsl.check.arguments import own_context
from segdsl.check.comparisons import conjunction, negation
from segdsl.check.constants import number
from segdsl.check.context import BROKEN, Checking, Context
from segdsl.diagnostics import Diagnostic
from segdsl.exact import EXACT
from segdsl.functions import operator
from segdsl.program import Apply, Expectation, ExpectationKind, InstanceKey, Moment, Node, Reference, children
from segdsl.syntax import tree
from segdsl.syntax.walk import descend, names_in
from segdsl.types import BOOL

_NONE = Decimal(0)
_LIMIT = "the limit of an expectation"


def expectation(check: Checking, node: tree.Expect, place: int, scope: Scope = CATALOG) -> Iterator[Expectation]:
    """The expectation, where it makes sense; else nothing, and what is wrong is reported."""
    ctx = Context(scope, entity_of(check, node, scope), Moment())
    name = f"expectation {place}"
    condition = node.condition
    if node.inside is not None:
        inner, outer = check.condition(ctx, condition), check.condition(ctx, node.inside)
        if BROKEN not in (inner, outer):
            yield _none(check, ctx, "inside", name, conjunction([inner, negation(outer)]), node)
    elif isinstance(condition, tree.Operation) and condition.op == "between":
        yield from _between(check, ctx, name, condition, node)
    elif isinstance(condition, tree.Call) and condition.name.text == "disjoint" and len(condition.args) > 1:
        parts = [check.condition(ctx, argument.value) for argument in condition.args]
        if BROKEN not in parts:
            both = [conjunction(pair) for pair in combinations(parts, 2)]
            found = both[0] if len(both) == 1 else Apply(operator("or"), tuple(both), BOOL)
            yield _none(check, ctx, "disjoint", name, found, node)
    elif isinstance(condition, tree.Call) and condition.name.text == "covers" and len(condition.args) == 1:
        yield from _covers(check, ctx, name, condition.args[0].value, node)
    else:
        check.report(problems.bad_expectation(condition.span, _how_to_bound(check, ctx, condition)))


def _how_to_bound(check: Checking, ctx: Context, node: tree.Expr) -> str | None:
    """How a size that is compared, as in `vip > 3`, is written between two limits."""
    if not isinstance(node, tree.Comparison) or len(node.args) != 2 or not isinstance(node.args[0], tree.Name):
        return None
    written = node.args[1]
    is_share = isinstance(written, tree.Quantity) and written.unit == "%"
    if not is_share and not isinstance(written, tree.Number):
        return None
    limit = number(check.expr(ctx, written))
    if limit is None or limit < 0:
        return None
    # members are whole, so that `> 3` begins at 4
    step = Decimal(node.ops[0] in ("<", ">") and not is_share and limit == int(limit))
    most = "100%" if is_share else "1_000_000" if limit < 1_000_000 else f"{EXACT.multiply(limit, 10):f}"
    match node.ops[0]:
        case ">" | ">=":
            limits = f"{_written(EXACT.add(limit, step), is_share)} and {most}"
        case "<" | "<=":
            limits = f"{_written(_NONE, is_share)} and {_written(max(EXACT.subtract(limit, step), _NONE), is_share)}"
        case "=":
            limits = f"{_written(limit, is_share)} and {_written(limit, is_share)}"
        case _:
            return None
    return f"a size is expected between two limits: `{node.args[0].span.text} between {limits}`"


def _written(limit: Decimal, is_share: bool) -> str:
    return f"{EXACT.normalize(EXACT.multiply(limit, 100)):f}%" if is_share else f"{EXACT.normalize(limit):f}"


def entity_of(check: Checking, node: tree.Expect | tree.Expr, scope: Scope = CATALOG) -> str:
    """Whose segments it speaks of: those of the first definition named."""
    ctx = Context(scope, check.model.default_entity.name, Moment())
    for name in names_in(node):
        definition, _ = names.find(check, ctx, name.parts)
        if definition is not None and not definition.is_param:
            return definition.entity
    return ctx.entity


def _between(
    check: Checking, ctx: Context, name: str, node: tree.Operation, expect: tree.Expect
) -> Iterator[Expectation]:
    value, *limits = node.args
    condition = check.condition(ctx, value)
    found = [number(check.expr(ctx, limit)) for limit in limits]
    low, high = found
    for limit, written in zip(found, limits, strict=True):
        if limit is None:
            check.report(problems.bad_value(_LIMIT, "a constant number", written.span.text, written.span))
    if low is None or high is None or condition == BROKEN:
        return
    are_shares = [_is_share(check, ctx, limit) for limit in limits]
    is_share = any(are_shares)
    wrong = _wrong_limit(limits, (low, high), are_shares)
    if wrong is not None:
        check.report(wrong)
        return
    output = check.hold(name, ctx.entity, _settled(condition))
    yield Expectation("between", output, low, high, is_share, _named(condition), expect.span)


def _is_share(check: Checking, ctx: Context, limit: tree.Expr) -> bool:
    """Whether a limit is written with `%`, by itself or where its param has its value from."""
    seen: set[str] = set()
    stack: list[tree.Expr] = [limit]
    while stack:
        for node in descend(stack.pop()):
            if isinstance(node, tree.Quantity) and node.unit == "%":
                return True
            if isinstance(node, tree.Name) and node.text not in seen:
                seen.add(node.text)
                definition, _ = names.find(check, ctx, node.parts)
                if definition is not None and isinstance(definition.tree, tree.Param):
                    stack.append(check.catalog.settings.get(definition.name, definition.tree.value))
    return False


def _wrong_limit(
    limits: Sequence[tree.Expr], values: tuple[Decimal, Decimal], are_shares: Sequence[bool]
) -> Diagnostic | None:
    """What cannot be meant: a share beside a number, a limit that no size can have, the higher of the two first."""
    is_share = any(are_shares)
    found = [_shown(*item, is_share) for item in zip(limits, values, strict=True)]
    for index, (limit, value) in enumerate(zip(limits, values, strict=True)):
        # a param of 0.01 may be a share as well
        if is_share and not are_shares[index] and value and (isinstance(limit, tree.Number) or value > 1):
            expected = f"a share as `{limits[1 - index].span.text}` is"
            return problems.bad_value(_LIMIT, expected, limit.span.text, limit.span)
        if value < 0 or (is_share and value > 1):
            return problems.bad_value(_LIMIT, "from 0% to 100%" if is_share else "from 0 on", found[index], limit.span)
    if values[0] > values[1]:
        return problems.bad_value("the upper limit", f"at least `{found[0]}`", found[1], limits[1].span)
    return None


def _shown(limit: tree.Expr, value: Decimal, is_share: bool) -> str:
    is_literal = isinstance(limit, tree.Number | tree.Quantity)
    return limit.span.text if is_literal else _written(value, is_share)


def _covers(check: Checking, ctx: Context, name: str, node: tree.Expr, expect: tree.Expect) -> Iterator[Expectation]:
    definition = names.find(check, ctx, node.parts)[0] if isinstance(node, tree.Name) else None
    if definition is None or not isinstance(definition.tree, tree.Segmentation):
        check.report(problems.bad_expectation(expect.condition.span))
        return
    value = check.expr(ctx, node)
    inner = None if value == BROKEN else own_context(check, ctx, definition, None, node.span)
    if inner is None:
        return
    among = definition.tree.among
    population = None if among is None else check.condition(inner, among)
    if population == BROKEN:
        return
    without: Node = Apply(operator("is unknown"), (value,), BOOL)
    found = without if population is None else conjunction([population, without])
    yield _none(check, ctx, "covers", name, found, expect)


def _none(
    check: Checking, ctx: Context, kind: ExpectationKind, name: str, node: Node, expect: tree.Expect
) -> Expectation:
    """That nobody holds a condition."""
    output = check.hold(name, ctx.entity, _settled(node))
    return Expectation(kind, output, _NONE, _NONE, False, _named(node), expect.span)


def _settled(node: Node) -> Node:
    return Apply(operator("and"), (node,), BOOL)


def _named(node: Node) -> tuple[InstanceKey, ...]:
    out = []
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, Reference):
            out.append(item.instance)
        stack.extend(children(item))
    return tuple(dict.fromkeys(out))
