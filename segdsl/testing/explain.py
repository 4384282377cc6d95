"""Why a customer is in or out: a rule taken apart, with the value of every part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from segdsl.catalog import Definition
from segdsl.check import Checker, names
from segdsl.check.arguments import bind
from segdsl.check.constants import is_constant
from segdsl.check.context import BROKEN, Context
from segdsl.functions import AGGREGATES
from segdsl.program import Moment, Node, Output
from segdsl.syntax import tree
from segdsl.syntax.printer import print_expr
from segdsl.types import Kind

MAX_DEPTH = 20


@dataclass(frozen=True)
class Part:
    """A part of a rule: its text, the output that has its value, and what it is made of.

    `role` is `rule` for a condition, `value` for anything else, `label` for a rule of a segmentation.
    """

    text: str
    output: Output
    role: str
    parts: tuple[Part, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Explained:
    """A part with its value for one customer: conditions True or False, None for unknown."""

    text: str
    role: str
    value: Any
    kind: Kind
    parts: tuple[Explained, ...] = ()
    note: str = ""


def parts_of(checker: Checker, name: str) -> Part | None:
    """A definition by its name in the catalog, or a label, taken apart; None where there is none."""
    output = checker.output(name)
    if output is None:
        return None
    definition = checker.catalog.definitions.get(name)
    if definition is None:
        owner = name.rpartition(".")[0]
        definition = checker.catalog.definitions[owner]
    taker = _Taker(checker)
    ctx = Context(definition.scope, definition.entity, Moment())
    children = taker.body(ctx, definition, None, 0)
    return Part(name, output, "rule" if output.type.kind is Kind.BOOL else "value", children)


def outputs_of(part: Part) -> Iterator[Output]:
    """The outputs of a part and everything below it, each once."""
    seen: dict[str, Output] = {}
    stack = [part]
    while stack:
        item = stack.pop()
        seen.setdefault(item.output.name, item.output)
        stack.extend(item.parts)
    yield from seen.values()


def explained(part: Part, values: dict[str, Any]) -> Explained:
    """A part with the values that its outputs have."""
    inner = tuple(explained(item, values) for item in part.parts)
    kind = part.output.type.kind
    return Explained(part.text, part.role, values.get(part.output.name), kind, inner, part.note)


@dataclass
class _Taker:
    """Takes rules apart; each definition is unfolded once, at its first use at each as-of."""

    checker: Checker
    seen: set[tuple[str, Any, Any]] = field(default_factory=set)
    count: int = 0

    def body(
        self, ctx: Context, definition: Definition, args: tuple[tree.Argument, ...] | None, depth: int
    ) -> tuple[Part, ...]:
        """What a definition consists of, in its own scope."""
        bound = bind(self.checker, ctx, definition, args, definition.tree.name.span)
        if bound is None or depth > MAX_DEPTH:
            return ()
        inner = Context(definition.scope, definition.entity, ctx.moment, bound)
        match definition.tree:
            case tree.Segment(value=value) | tree.Trait(value=value):
                return self.part(inner, value, depth + 1)
            case tree.Segmentation() as node:
                return self._segmentation(inner, node, depth + 1)
            case tree.Param():
                return ()

    def _segmentation(self, ctx: Context, node: tree.Segmentation, depth: int) -> tuple[Part, ...]:
        found: list[Part] = []
        if node.among is not None:
            found.extend(self._named(f"among {print_expr(node.among)}", ctx, node.among, depth))
        for rule in node.rules:
            if rule.condition is not None:
                found.extend(
                    self._named(f"{rule.label.text} when {print_expr(rule.condition)}", ctx, rule.condition, depth)
                )
        return tuple(found)

    def _named(self, text: str, ctx: Context, condition: tree.Expr, depth: int) -> tuple[Part, ...]:
        parts = self.part(ctx, condition, depth)
        if len(parts) == 1:
            only = parts[0]
            return (Part(text, only.output, "label", only.parts, only.note),)
        return parts

    def part(self, ctx: Context, node: tree.Expr, depth: int) -> tuple[Part, ...]:
        """The part that an expression is; nothing for a constant."""
        value = self._value(ctx, node)
        if value is None:
            return ()
        output = self._hold(ctx, value)
        role = "rule" if value.type.kind is Kind.BOOL else "value"
        inner, note = self._inside(ctx, node, depth)
        return (Part(print_expr(node), output, role, inner, note),)

    def _value(self, ctx: Context, node: tree.Expr) -> Node | None:
        before = len(self.checker.diagnostics)
        value = self.checker.expr(ctx, node)
        # a label beside its segmentation has no value of its own
        del self.checker.diagnostics[before:]
        return None if value == BROKEN or is_constant(value) else value

    def _hold(self, ctx: Context, value: Node) -> Output:
        self.count += 1
        return self.checker.hold(f"part {self.count}", ctx.entity, value)

    def _inside(self, ctx: Context, node: tree.Expr, depth: int) -> tuple[tuple[Part, ...], str]:
        match node:
            case tree.Name() | tree.Call():
                return self._reference(ctx, node, depth)
            case tree.AsOf(value=value, moment=moment):
                at = self.checker.expr(ctx, moment)
                begin = Moment(at.base, at.steps) if isinstance(at, Moment) else None
                if begin is None:
                    return (), ""
                return self.part(ctx.at(begin), value, depth), ""
            case tree.Operation(args=args):
                return self._all(ctx, args, depth), ""
            case tree.Comparison(args=args):
                return self._all(ctx, args, depth), ""
            case tree.InWindow(subject=subject):
                return self._all(ctx, (subject,), depth), ""
            case tree.Case(branches=branches, otherwise=otherwise):
                conditions = tuple(branch.condition for branch in branches)
                return self._all(ctx, conditions if otherwise is None else (*conditions, otherwise), depth), ""
            case _:
                return (), ""

    def _all(self, ctx: Context, nodes: tuple[tree.Expr, ...], depth: int) -> tuple[Part, ...]:
        return tuple(part for node in nodes for part in self.part(ctx, node, depth))

    def _reference(self, ctx: Context, node: tree.Name | tree.Call, depth: int) -> tuple[tuple[Part, ...], str]:
        """What a name stands for, unfolded once."""
        name = node if isinstance(node, tree.Name) else node.name
        args = node.args if isinstance(node, tree.Call) else None
        if ctx.param(name.parts[0].text) is not None:
            return (), ""
        definition, _ = names.find(self.checker, ctx, name.parts)
        if args is not None and (definition is None or not definition.parameters):
            # of a function or a score its arguments have values; an aggregate reads events
            is_read = name.text not in AGGREGATES
            return (self._all(ctx, tuple(item.value for item in args), depth) if is_read else ()), ""
        if definition is None or definition.is_param or definition.entity != ctx.entity:
            return (), ""
        key = (definition.name, args, ctx.moment)
        if key in self.seen:
            return (), "above"
        self.seen.add(key)
        return self.body(ctx, definition, args, depth), ""
