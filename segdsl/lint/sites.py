"""The expressions of a definition, each with where it stands and what it means there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from segdsl.catalog import CATALOG, Definition
from segdsl.check import Checker
from segdsl.check.arguments import own_context
from segdsl.check.context import BROKEN, Context
from segdsl.check.moments import start
from segdsl.functions import AGGREGATES, SCORES
from segdsl.moment import NOW
from segdsl.program import Moment, Node
from segdsl.syntax import tree
from segdsl.syntax.walk import names_in
from segdsl.types import Kind

Role = Literal["value", "rule", "where"]
_LEAVES = (tree.Name, tree.Number, tree.Quantity, tree.Text, tree.Bool, tree.Date, tree.Time)


class Site:
    """An expression in a definition; `value` is what it means, `role` what it is there.

    `rule` is a condition about the entity, `where` one about an event, `value` anything else.
    """

    __slots__ = ("_parts", "_walk", "ctx", "node", "role", "value")

    def __init__(self, walk: _Walk, ctx: Context, node: tree.Expr, value: Node, role: Role) -> None:
        self._walk = walk
        self.ctx = ctx
        self.node = node
        self.value = value
        self.role: Role = role
        self._parts: tuple[Site, ...] | None = None

    @property
    def definition(self) -> Definition:
        return self._walk.definition

    @property
    def parts(self) -> tuple[Site, ...]:
        """The expressions in it; looked for when they are asked for, as those of most are not."""
        if self._parts is None and isinstance(self.node, _LEAVES):
            self._parts = ()
        elif self._parts is None:
            self._parts = self._walk.unheard(lambda: self._walk.parts(self.ctx, self.node))
        return self._parts or ()

    @property
    def is_open(self) -> bool:
        """Whether it names a parameter, whose value depends on who calls."""
        return self.reads_parameter(self.node)

    def reads_parameter(self, node: tree.Expr | tree.Window) -> bool:
        """Whether something in it names a parameter."""
        return self._walk.is_open(self.ctx, node)

    @property
    def has_params(self) -> bool:
        """Whether it names a param."""
        return self._walk.has_params(self.node)

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

    def sites(self, definition: Definition) -> tuple[Site, ...]:
        """The expressions that a definition is written from; none for one whose parameters have no values."""
        walk = _Walk(self, definition)
        return walk.unheard(walk.roots)


class _Walk:
    """The way through one definition."""

    def __init__(self, walker: Walker, definition: Definition) -> None:
        self.definition = definition
        self.checker = walker.checker
        names = {name.parts[0].text for name in definition.names}
        self._params = names & walker.params
        self._parameters = names & {parameter.name.text for parameter in definition.parameters}

    def unheard(self, find: Callable[[], tuple[Site, ...]]) -> tuple[Site, ...]:
        """What is found while nobody hears what the checker says."""
        checker = self.checker
        before, was_unheard = len(checker.diagnostics), checker.is_unheard
        checker.is_unheard = True
        try:
            found = find()
            checker.work_off()
            return found
        finally:
            checker.is_unheard = was_unheard
            del checker.diagnostics[before:]

    def roots(self) -> tuple[Site, ...]:
        definition, node = self.definition, self.definition.tree
        if isinstance(node, tree.Param):
            return ()
        ctx = own_context(self.checker, Context(CATALOG, definition.entity, NOW), definition, None, node.name.span)
        if ctx is None:
            return ()
        match node:
            case tree.Trait(value=value):
                return self._all(ctx, [value])
            case tree.Segment(value=value):
                return self._all(ctx, [value], "rule")
            case tree.Segmentation(among=among, rules=rules):
                conditions = [rule.condition for rule in rules]
                return self._all(ctx, [among, *conditions], "rule")

    def _all(self, ctx: Context, nodes: Sequence[tree.Expr | None], role: Role = "value") -> tuple[Site, ...]:
        found = [self._site(ctx, node, role) for node in nodes if node is not None]
        return tuple([site for site in found if site is not None])

    def _site(self, ctx: Context, node: tree.Expr, role: Role) -> Site | None:
        value = self.checker.value_of(ctx, node)
        if value == BROKEN and not self.parts(ctx, node):
            return None
        if role == "value" and value.type.kind is Kind.BOOL and not isinstance(node, tree.Bool):
            role = "rule"
        return Site(self, ctx, node, value, "where" if role == "rule" and ctx.row is not None else role)

    def is_open(self, ctx: Context, node: tree.Expr | tree.Window) -> bool:
        if not self._parameters:
            return False
        own = {name for name, _ in ctx.params}
        return any(name.parts[0].text in own for name in names_in(node))

    def has_params(self, node: tree.Expr) -> bool:
        return bool(self._params) and any(name.parts[0].text in self._params for name in names_in(node))

    def parts(self, ctx: Context, node: tree.Expr) -> tuple[Site, ...]:
        match node:
            case tree.Operation(op=op, args=args):
                role: Role = "rule" if op in ("and", "or", "not") else "value"
                return self._all(ctx, args, role)
            case tree.Comparison(args=args):
                return self._all(ctx, args)
            case tree.InWindow(subject=subject, window=window):
                return self._all(ctx, [subject, *_ends(window)])
            case tree.AsOf(value=value, moment=moment):
                begin = start(self.checker.value_of(ctx, moment))
                return self._all(ctx.at(begin), [value]) if isinstance(begin, Moment) else ()
            case tree.Case(branches=branches, otherwise=otherwise):
                conditions = self._all(ctx, [branch.condition for branch in branches], "rule")
                values = [*(branch.value for branch in branches), otherwise]
                return (*conditions, *self._all(ctx, values))
            case tree.Call():
                return self._of_call(ctx, node)
            case tree.Sequence(steps=steps):
                found: list[Site] = []
                for step in steps:
                    found.extend(self._all(ctx.inside(step.event.text), [step.where], "rule"))
                return tuple(found)
            case _:
                return ()

    def _of_call(self, ctx: Context, node: tree.Call) -> tuple[Site, ...]:
        name = node.name.text
        if name in AGGREGATES and node.args:
            subject = node.args[-1].value
            ends: list[tree.Expr] = []
            if isinstance(subject, tree.InWindow):
                ends = _ends(subject.window)
                subject = subject.subject
            subject = subject.name if isinstance(subject, tree.Call) else subject
            head = subject.parts[0].text if isinstance(subject, tree.Name) else ""
            if head in self.checker.model.events:
                return (*self._all(ctx, ends), *self._all(ctx.inside(head), [node.where], "rule"))
            if head in self.checker.model.entities:
                attributes = self.checker.model.entities[head].attributes
                inner = replace(ctx.of(head), params=tuple(item for item in ctx.params if item[0] not in attributes))
                return self._all(inner, [node.where], "rule")
            return ()
        if name in SCORES:
            values = [argument.value for argument in node.args]
            among = self._all(ctx, [node.among], "rule")
            return (*self._all(ctx, [*values, *node.per]), *among)
        return self._all(ctx, [argument.value for argument in node.args])


def _ends(window: tree.Window) -> list[tree.Expr]:
    """The lengths and moments that a window is written with."""
    return [arg for arg in window.args if not isinstance(arg, tree.Period)]
