"""Why a customer is in or out: a rule taken apart, with the value of every part."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from segdsl.catalog import Definition
from segdsl.check import Checker, names
from segdsl.check.arguments import own_context
from segdsl.check.constants import is_constant
from segdsl.check.context import BROKEN, Context
from segdsl.check.moments import start
from segdsl.functions import AGGREGATES
from segdsl.program import Constant, Length, Moment, Node, Output, ParentValue
from segdsl.syntax import literals, tree
from segdsl.syntax.printer import print_expr
from segdsl.syntax.walk import names_in
from segdsl.types import BOOL, Kind

# what lies deeper, and what comes after so many parts, is left out
MAX_DEPTH = 40
MAX_PARTS = 1_000
_NOW = Moment()


@dataclass(frozen=True)
class Part:
    """A part of a rule: its text, the output that has its value, and what it is made of.

    `role` is `rule` for a condition, `value` for anything else; of a segmentation `among`, and `label` for its rules,
    with the `label` that each gives; `more` where the rest is left out. `names` says that the text names a
    definition, whose body the parts are. A param has no output but its `constant`.
    """

    text: str
    output: Output | None
    role: str
    parts: tuple[Part, ...] = ()
    note: str = ""
    label: str = ""
    names: bool = False
    moment: Moment = _NOW
    node: tree.Expr | None = None
    constant: Constant | Moment | None = None


@dataclass(frozen=True)
class Explained:
    """A part with its value for one customer as of a moment: conditions True or False, None for unknown.

    `note` is `above` where a definition was unfolded before; of a rule of a segmentation `took` where the customer has
    its label, and `would` where it holds, but one before it took the customer; at the top `outside` where the customer
    of an example has no event that makes it one of the population. `entity` is said at the top alone.
    """

    text: str
    role: str
    value: Any
    kind: Kind
    as_of: dt.datetime
    parts: tuple[Explained, ...] = ()
    note: str = ""
    label: str = ""
    names: bool = False
    entity: str = ""


def parts_of(checker: Checker, name: str) -> Part | None:
    """A definition by its name in the catalog, or a label, taken apart; None where there is none."""
    output = checker.output(name)
    if output is None:
        return None
    definition = checker.catalog.definitions.get(name)
    if definition is None:
        owner = name.rpartition(".")[0]
        definition = checker.catalog.definitions[owner]
    taker = _Taker(checker, definition.entity)
    ctx = Context(definition.scope, definition.entity, Moment())
    children = taker.body(ctx, definition, None, 0)
    return Part(name, output, "rule" if output.type.kind is Kind.BOOL else "value", children, names=True)


def outputs_of(part: Part) -> Iterator[Output]:
    """The outputs of a part and everything below it, each once."""
    seen: dict[str, Output] = {}
    stack = [part]
    while stack:
        item = stack.pop()
        if item.output is not None:
            seen.setdefault(item.output.name, item.output)
        stack.extend(item.parts)
    yield from seen.values()


def explained(part: Part, values: Mapping[str, Any], as_of: dt.datetime) -> Explained:
    """A part with the values that its outputs have in a run as of a moment."""
    inner = _taken([explained(item, values, as_of) for item in part.parts])
    at = part.moment.at(as_of)
    kind, value = Kind.ANY, None
    if part.output is not None:
        kind, value = part.output.type.kind, values.get(part.output.name)
        if value is None and part.output.kind == "segment":
            value = False
    elif part.constant is not None:
        kind, value = part.constant.type.kind, _plain(part.constant, at)
    return Explained(part.text, part.role, value, kind, at, inner, part.note, part.label, part.names)


def outside(part: Part, as_of: dt.datetime) -> Explained:
    """A rule of somebody who is in no population, of whom no condition is true or false: only what was asked for."""
    return Explained(part.text, part.role, False, Kind.BOOL, as_of, note="outside", names=part.names)


def _plain(value: Constant | Moment, as_of: dt.datetime) -> Any:
    """A constant as the engine gives such values; a length in months stays what it is."""
    if isinstance(value, Moment):
        return value.at(as_of)
    found = value.value
    return found.micros if isinstance(found, Length) and found.is_fixed else found


def _taken(parts: Sequence[Explained]) -> tuple[Explained, ...]:
    """The rules of a segmentation with what became of each; other parts as they are."""
    is_open = all(item.value is True for item in parts if item.role == "among")
    found: list[Explained] = []
    for item in parts:
        if item.role == "label" and item.value is True:
            item = replace(item, note="took" if is_open else "would")  # noqa: PLW2901
            is_open = False
        found.append(item)
    return tuple(found)


@dataclass
class _Taker:
    """Takes rules apart; each definition is unfolded once, at its first use at each as-of."""

    checker: Checker
    entity: str
    seen: set[tuple[str, Any, Any]] = field(default_factory=set)
    count: int = 0

    def body(
        self, ctx: Context, definition: Definition, args: tuple[tree.Argument, ...] | None, depth: int
    ) -> tuple[Part, ...]:
        """What a definition consists of, in its own scope."""
        inner = own_context(self.checker, ctx, definition, args, definition.tree.name.span)
        if inner is None:
            return ()
        match definition.tree:
            case tree.Segment(value=value) | tree.Trait(value=value):
                return self.part(inner, value, depth)
            case tree.Segmentation() as node:
                return self._segmentation(inner, node, depth)
            case tree.Param():
                return ()

    def _segmentation(self, ctx: Context, node: tree.Segmentation, depth: int) -> tuple[Part, ...]:
        found: list[Part] = []
        if node.among is not None:
            found.append(self._named(f"among {print_expr(node.among)}", "among", "", ctx, node.among, depth))
        for rule in node.rules:
            label = literals.name(rule.label, label=True)
            if rule.condition is None:
                condition = Constant(True, BOOL)
                output = self._hold(ctx, condition)
                found.append(Part(f"{label} otherwise", output, "label", label=rule.label.text, moment=ctx.moment))
                continue
            text = f"{label} when {print_expr(rule.condition)}"
            found.append(self._named(text, "label", rule.label.text, ctx, rule.condition, depth))
        return tuple(found)

    def _named(self, text: str, role: str, label: str, ctx: Context, condition: tree.Expr, depth: int) -> Part:
        """A rule of a segmentation; its text holds that of its condition, so it has the condition's parts itself."""
        parts = self.part(ctx, condition, depth)
        if parts and parts[0].output is not None:
            return replace(parts[0], text=text, role=role, label=label, names=False)
        output = self._hold(ctx, self.checker.condition(ctx, condition))
        return Part(text, output, role, parts, label=label, moment=ctx.moment)

    def part(self, ctx: Context, node: tree.Expr, depth: int) -> tuple[Part, ...]:
        """The part that an expression is; of a constant the params in it."""
        if depth > MAX_DEPTH or self.count >= MAX_PARTS:
            return (Part("…", None, "more", moment=ctx.moment),)
        value = self._value(ctx, node)
        if value == BROKEN:
            return ()
        if is_constant(value):
            return tuple(self._params(ctx, node))
        output = self._hold(ctx, value)
        role = "rule" if value.type.kind is Kind.BOOL else "value"
        inner, note, names = self._inside(ctx, node, depth + 1)
        return (Part(print_expr(node), output, role, inner, note, names=names, moment=ctx.moment, node=node),)

    def _value(self, ctx: Context, node: tree.Expr) -> Node:
        before = len(self.checker.diagnostics)
        value = self.checker.expr(ctx, node)
        # a label beside its segmentation has no value of its own
        del self.checker.diagnostics[before:]
        return value

    def _params(self, ctx: Context, node: tree.Expr) -> Iterator[Part]:
        """The params and parameters that a constant is worked out from."""
        for name in names_in(node):
            value = self._value(ctx, name)
            if isinstance(value, Constant | Moment) and value != BROKEN:
                yield Part(print_expr(name), None, "value", moment=ctx.moment, node=name, constant=value)

    def _hold(self, ctx: Context, value: Node) -> Output:
        """An output for a value; one of a parent is read by the customer that is explained."""
        self.count += 1
        for child, parent in reversed(list(self._up_to(ctx.entity))):
            value = ParentValue(child, parent, value, value.type)
        return self.checker.hold(f".part {self.count}", self.entity, value)

    def _up_to(self, entity: str) -> Iterator[tuple[str, str]]:
        """The way from the entity that is explained up to one of its parents."""
        child = self.entity
        while child != entity and (parent := self.checker.model.parent_of(child)) is not None:
            yield child, parent.name
            child = parent.name

    def _owner(self, ctx: Context, path: Sequence[tree.Identifier]) -> tuple[Context, Sequence[tree.Identifier]]:
        """Whose names a path means, and the path from there: behind `account.` those of the parent."""
        while len(path) > 1 and names.find(self.checker, ctx, path)[0] is None:
            parent = self.checker.model.parent_of(ctx.entity)
            if parent is not None and path[0].text == parent.name:
                ctx = ctx.of(parent.name)
            elif path[0].text != ctx.entity:
                break
            path = path[1:]
        return ctx, path

    def _inside(self, ctx: Context, node: tree.Expr, depth: int) -> tuple[tuple[Part, ...], str, bool]:
        """What is in an expression, a note about it, and whether it names a definition that this is the body of."""
        match node:
            case tree.Name() | tree.Call():
                return self._reference(ctx, node, depth)
            case tree.AsOf(value=value, moment=moment):
                begin = start(self.checker.expr(ctx, moment))
                return (self.part(ctx.at(begin), value, depth) if isinstance(begin, Moment) else ()), "", False
            case tree.Operation(args=args):
                return self._all(ctx, args, depth), "", False
            case tree.Comparison(args=args):
                return self._all(ctx, args, depth), "", False
            case tree.InWindow(subject=subject, window=window):
                return self._all(ctx, (subject, *_ends(window)), depth), "", False
            case tree.Case(branches=branches, otherwise=otherwise):
                nodes = [node for branch in branches for node in (branch.condition, branch.value)]
                return self._all(ctx, tuple(nodes if otherwise is None else (*nodes, otherwise)), depth), "", False
            case _:
                return (), "", False

    def _all(self, ctx: Context, nodes: tuple[tree.Expr, ...], depth: int) -> tuple[Part, ...]:
        found: list[Part] = []
        for node in nodes:
            found.extend(self.part(ctx, node, depth))
            if found and found[-1].role == "more":
                break
        return tuple(found)

    def _reference(self, ctx: Context, node: tree.Name | tree.Call, depth: int) -> tuple[tuple[Part, ...], str, bool]:
        """What a name stands for, unfolded once."""
        name = node if isinstance(node, tree.Name) else node.name
        args = node.args if isinstance(node, tree.Call) else None
        if ctx.param(name.parts[0].text) is not None:
            return (), "", False
        ctx, path = self._owner(ctx, name.parts)
        definition, _ = names.find(self.checker, ctx, path)
        if args is not None and (definition is None or not definition.parameters):
            assert isinstance(node, tree.Call)
            return self._all(ctx, tuple(_inputs(node)), depth), "", False
        if definition is None or definition.is_param or definition.entity != ctx.entity:
            return (), "", False
        key = (definition.name, args, ctx.moment)
        if key in self.seen:
            return (), "above", False
        self.seen.add(key)
        return self.body(ctx, definition, args, depth), "", True


def _inputs(call: tree.Call) -> Iterator[tree.Expr]:
    """What a function or a score is worked out from; of an aggregate, which reads events, the ends of its window."""
    values = [item.value for item in call.args]
    if call.name.text in AGGREGATES:
        for value in values:
            if isinstance(value, tree.InWindow):
                yield from _ends(value.window)
        return
    yield from values
    if call.among is not None:
        yield call.among
    yield from call.per


def _ends(window: tree.Window) -> Iterator[tree.Expr]:
    return (item for item in window.args if not isinstance(item, tree.Period))
