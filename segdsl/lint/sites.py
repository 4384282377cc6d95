"""The expressions of a definition, each with where it stands and what it means there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from segdsl.catalog import Definition
from segdsl.check import Checker
from segdsl.check.arguments import bind
from segdsl.check.context import BROKEN, Context
from segdsl.check.moments import start
from segdsl.functions import AGGREGATES, SCORES
from segdsl.program import Moment, Node
from segdsl.syntax import tree
from segdsl.syntax.walk import names_in
from segdsl.types import Kind

Role = Literal["value", "rule", "where"]
_NOW = Moment()


@dataclass(frozen=True, eq=False)
class Site:
    """An expression in a definition; `value` is what it means, `role` what it is there.

    `rule` is a condition about the entity, `where` one about an event, `value` anything else. `parts` are the
    expressions in it. `open` says that it names a parameter, whose value depends on who calls, `constants` that it
    names a param.
    """

    definition: Definition
    ctx: Context
    node: tree.Expr
    value: Node
    role: Role
    parts: tuple[Site, ...]
    is_open: bool
    has_params: bool

    def walk(self) -> list[Site]:
        """The parts of an expression, each after its own parts, and itself."""
        found: list[Site] = []
        stack = [self]
        while stack:
            site = stack.pop()
            found.append(site)
            stack.extend(site.parts)
        return found[::-1]


class Walker:
    """Finds the sites of definitions; nothing that the checker says about parts by themselves is kept."""

    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self.params = {name for name, item in checker.catalog.definitions.items() if item.is_param}
        self._names_none = False  # of the definition that is being walked

    def sites(self, definition: Definition) -> tuple[Site, ...]:
        """The expressions that a definition is written from; none for one whose parameters have no values."""
        node = definition.tree
        before = len(self.checker.diagnostics)
        self.checker.is_unheard = True
        ctx = Context(definition.scope, definition.entity, _NOW)
        try:
            if isinstance(node, tree.Param):
                return ()
            bound = bind(self.checker, ctx, definition, None, node.name.span)
            if bound is None:
                return ()
            ctx = replace(ctx, params=bound)
            names = {name.parts[0].text for name in definition.names}
            self._names_none = names.isdisjoint(self.params) and names.isdisjoint(name for name, _ in bound)
            match node:
                case tree.Trait(value=value):
                    return self._all(definition, ctx, [value])
                case tree.Segment(value=value):
                    return self._all(definition, ctx, [value], "rule")
                case tree.Segmentation(among=among, rules=rules):
                    conditions = [rule.condition for rule in rules]
                    return self._all(definition, ctx, [among, *conditions], "rule")
        finally:
            self.checker.is_unheard = False
            del self.checker.diagnostics[before:]

    def _all(
        self, definition: Definition, ctx: Context, nodes: list[tree.Expr | None], role: Role = "value"
    ) -> tuple[Site, ...]:
        found = [self._site(definition, ctx, node, role) for node in nodes if node is not None]
        return tuple(site for site in found if site is not None)

    def _site(self, definition: Definition, ctx: Context, node: tree.Expr, role: Role) -> Site | None:
        value = self.checker.value_of(ctx, node)
        parts = self._parts(definition, ctx, node)
        if value == BROKEN and not parts:
            return None
        if role == "value" and value.type.kind is Kind.BOOL and not isinstance(node, tree.Bool):
            role = "where" if ctx.row is not None else "rule"
        is_open, has_params = self._named(ctx, node)
        role = "where" if role == "rule" and ctx.row is not None else role
        return Site(definition, ctx, node, value, role, parts, is_open, has_params)

    def _named(self, ctx: Context, node: tree.Expr) -> tuple[bool, bool]:
        """Whether an expression names a parameter of its definition, and whether it names a param."""
        if self._names_none:
            return False, False
        own = {name for name, _ in ctx.params}
        names = [name.parts[0].text for name in names_in(node)]
        return any(name in own for name in names), any(name in self.params for name in names)

    def _parts(self, definition: Definition, ctx: Context, node: tree.Expr) -> tuple[Site, ...]:
        match node:
            case tree.Operation(op=op, args=args):
                role: Role = "rule" if op in ("and", "or", "not") else "value"
                return self._all(definition, ctx, list(args), role)
            case tree.Comparison(args=args):
                return self._all(definition, ctx, list(args))
            case tree.InWindow(subject=subject, window=window):
                ends = [arg for arg in window.args if not isinstance(arg, tree.Period)]
                return self._all(definition, ctx, [subject, *ends])
            case tree.AsOf(value=value, moment=moment):
                begin = start(self.checker.value_of(ctx, moment))
                return self._all(definition, ctx.at(begin), [value]) if isinstance(begin, Moment) else ()
            case tree.Case(branches=branches, otherwise=otherwise):
                conditions = self._all(definition, ctx, [branch.condition for branch in branches], "rule")
                values = [*(branch.value for branch in branches), otherwise]
                return (*conditions, *self._all(definition, ctx, values))
            case tree.Call():
                return self._of_call(definition, ctx, node)
            case tree.Sequence(steps=steps):
                found: list[Site] = []
                for step in steps:
                    found.extend(self._all(definition, ctx.inside(step.event.text), [step.where], "rule"))
                return tuple(found)
            case _:
                return ()

    def _of_call(self, definition: Definition, ctx: Context, node: tree.Call) -> tuple[Site, ...]:
        name = node.name.text
        if name in AGGREGATES and node.args:
            subject = node.args[-1].value
            subject = subject.subject if isinstance(subject, tree.InWindow) else subject
            subject = subject.name if isinstance(subject, tree.Call) else subject
            head = subject.parts[0].text if isinstance(subject, tree.Name) else ""
            if head in self.checker.model.events:
                return self._all(definition, ctx.inside(head), [node.where], "rule")
            if head in self.checker.model.entities:
                attributes = self.checker.model.entities[head].attributes
                inner = replace(ctx.of(head), params=tuple(item for item in ctx.params if item[0] not in attributes))
                return self._all(definition, inner, [node.where], "rule")
            return ()
        if name in SCORES:
            values = [argument.value for argument in node.args]
            among = self._all(definition, ctx, [node.among], "rule")
            return (*self._all(definition, ctx, [*values, *node.per]), *among)
        return self._all(definition, ctx, [argument.value for argument in node.args])
