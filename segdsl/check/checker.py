"""Tree to program: every definition of a catalog, resolved and typed, with everything that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import assert_never, cast

from segdsl import library, problems
from segdsl.catalog import CATALOG, Catalog, Definition
from segdsl.check import (
    calls,
    cases,
    comparisons,
    examples,
    expectations,
    guesses,
    history,
    lists,
    names,
    params,
    patterns,
)
from segdsl.check.arguments import bind
from segdsl.check.checked import Checked
from segdsl.check.constants import is_constant, length, logic, quantity
from segdsl.check.context import BROKEN, Context, Read
from segdsl.check.moments import start
from segdsl.check.order import in_order
from segdsl.check.origins import origins
from segdsl.check.segmentations import segmentation
from segdsl.check.sequences import sequence
from segdsl.diagnostics import Diagnostic, Span, sort
from segdsl.functions import operator
from segdsl.garbage import uncollected
from segdsl.moment import NOW
from segdsl.program import (
    Aggregate,
    Apply,
    Attribute,
    Case,
    Constant,
    Example,
    Expectation,
    Field,
    Instance,
    InstanceKey,
    Moment,
    Node,
    Output,
    OutputKind,
    Program,
    Reference,
    date_constant,
    is_condition,
    number_constant,
)
from segdsl.syntax import tree
from segdsl.types import BOOL, TEXT, Kind, Type

_NOW = NOW
MAX_CALLS = 64


def check(catalog: Catalog) -> Checked:
    """The program of a whole catalog."""
    checker = Checker(catalog)
    checker.check_definitions()
    return checker.done()


class Checker:
    """Checks definitions as they are needed; holds what has been found so far.

    What a checker `before` has made of some definitions is taken over where these, and all that they name, are the
    `same` and nothing was wrong with them."""

    def __init__(self, catalog: Catalog, before: Checker | None = None, same: Set[str] = frozenset()) -> None:
        self.catalog = catalog
        self.model = catalog.model
        self.diagnostics: list[Diagnostic] = list(catalog.diagnostics)
        self.instances: dict[InstanceKey, Instance] = {}
        self.outputs: dict[str, Output] = {}
        self.examples: list[Example] = []
        self.expectations: list[Expectation] = []
        # whether nobody will read what is reported: then no guess is made at what was meant
        self.is_unheard = False
        self._open: list[str] = []
        self._waiting: list[tuple[Definition, InstanceKey]] = []
        self._shared: dict[tuple[str, Node], InstanceKey] = {}
        self._read: dict[Aggregate | Attribute | Field, Aggregate | Attribute | Field] = {}
        self._broken: set[InstanceKey] = set()
        self._params = params.Params(self, self._open)
        self.same = same
        # the definitions in which something was wrong
        self.doubted: set[str] = set()
        # what was made of each expression, by identity (the node is held, so that no other gets its place)
        self._made: dict[int, list[tuple[tree.Expr, Context, Node]]] = {}
        if before is not None:
            found = before.instances
            self.instances = {key: found[key] for key in found if key.definition in same or found[key].shared}
            self.outputs = {name: item for name, item in before.outputs.items() if name in same}
            self._shared = dict(before._shared)

    def done(self) -> Checked:
        program = Program(self.instances, self.outputs, tuple(self.examples), tuple(self.expectations))
        return Checked(program, tuple(sort(self.diagnostics)))

    def report(self, diagnostic: Diagnostic) -> Constant:
        self.diagnostics.append(diagnostic)
        return BROKEN

    # ------------------------------------------------------------ definitions

    @uncollected()
    def check_definitions(self) -> None:
        """Every definition that can be evaluated without arguments, the others as far as they can be looked at."""
        self.check_named()
        for example in self.catalog.examples:
            self.examples.extend(examples.example(self, example))
        for number, expectation in enumerate(self.catalog.expectations, start=1):
            self.expectations.extend(expectations.expectation(self, expectation, number))
        self.work_off()

    def check_named(self, give_way: Callable[[], None] | None = None) -> None:
        """Every definition, apart from examples and expectations; `give_way` is called before each."""
        commerce = library.COMMERCE
        for definition in in_order(self.catalog, self.same):
            if give_way is not None:
                give_way()
            before = len(self.diagnostics)
            if definition.is_param:
                self._params.value(Context(CATALOG, definition.entity, _NOW), definition, definition.tree.name.span)
            elif definition.scope.library != commerce:
                self._output(definition)
            self.work_off()
            if len(self.diagnostics) > before:
                self.doubted.add(definition.name)

    def output(self, name: str) -> Output | None:
        """The output of a definition by its name in the catalog, checked now if it was not yet."""
        if name not in self.outputs and name in self.catalog.definitions:
            definition = self.catalog.definitions[name]
            if not definition.is_param:
                self._output(definition)
                self.work_off()
        if name not in self.outputs:
            self._label_output(name)
        return self.outputs.get(name)

    def _label_output(self, name: str) -> None:
        """A label of a segmentation, `tier.gold`, as a segment of its own."""
        for owner, definition in self.catalog.definitions.items():
            label = name.removeprefix(f"{owner}.")
            if label == name or not isinstance(definition.tree, tree.Segmentation):
                continue
            found = self.output(owner)
            if found is None or label not in found.labels:
                continue
            value = self.instances[found.instance].value
            reference = Reference(found.instance, found.entity, value.type, False)
            held = Apply(operator("="), (reference, Constant(label, value.type)), BOOL)
            self.outputs[name] = self.hold(name, found.entity, held)

    def add_expression(self, name: str, node: tree.Expr) -> Output | None:
        """An expression that no file holds, as an output of the default entity; None where it has an error."""
        ctx = Context(CATALOG, self.model.default_entity.name, _NOW)
        value = self.fixed(self.expr(ctx, node), node.span)
        self.work_off()
        if value == BROKEN:
            return None
        if value.type.kind is Kind.BOOL:
            value = self.settled(value)
        self.outputs[name] = self.hold(name, ctx.entity, value)
        return self.outputs[name]

    def hold(self, name: str, entity: str, value: Node) -> Output:
        """A value that no file defines, as an output."""
        key = InstanceKey(name, (), _NOW)
        self.instances[key] = Instance(key, entity, value)
        kind: OutputKind = "segment" if value.type.kind is Kind.BOOL and is_condition(value) else "trait"
        return Output(name, kind, entity, value.type, key)

    def _output(self, definition: Definition) -> None:
        node = definition.tree
        assert not isinstance(node, tree.Param)
        if any(parameter.default is None for parameter in node.parameters):
            self._look_over(definition)
            return
        ctx = Context(CATALOG, definition.entity, _NOW)
        value = self._reference(ctx, definition, None, node.name.span)
        if not isinstance(value, Reference):
            return
        labels: tuple[str, ...] = ()
        kind: OutputKind
        match node:
            case tree.Segment():
                kind = "segment"
            case tree.Segmentation():
                kind, labels = "segmentation", names.labels(node)
            case _:
                kind = "trait"
        self.outputs[definition.name] = Output(
            definition.name, kind, definition.entity, value.type, value.instance, labels
        )

    def _look_over(self, definition: Definition) -> None:
        """Checks a definition whose parameters have no values yet: they fit everywhere."""
        node = definition.tree
        assert not isinstance(node, tree.Param)
        params = tuple((parameter.name.text, BROKEN) for parameter in node.parameters)
        ctx = Context(definition.scope, definition.entity, _NOW, params)
        if definition.name in self._open:
            return
        self._open.append(definition.name)
        self._body(ctx, definition)
        self._open.pop()

    def work_off(self) -> None:
        """Instances at other moments: their types are known, so they can wait and never nest."""
        while self._waiting:
            definition, key = self._waiting.pop()
            if key not in self.instances:
                self._make(definition, key)

    def refer(self, ctx: Context, definition: Definition, args: Sequence[tree.Argument] | None, span: Span) -> Node:
        if definition.is_param:
            if args is not None:
                return self.report(problems.wrong_call(definition.name, f"`{definition.name}` is a param", span))
            return self._params.value(ctx, definition, span)
        found = self._reference(ctx, definition, args, span)
        if not isinstance(found, Reference):
            return found
        key = found.instance
        now = key if key.moment is _NOW else InstanceKey(key.definition, key.args, _NOW)
        value = self.instances[now].value
        # what is always the same is no value of a customer
        return value if isinstance(value, Constant) else found

    def _reference(
        self, ctx: Context, definition: Definition, args: Sequence[tree.Argument] | None, span: Span
    ) -> Reference | Constant:
        bound = bind(self, ctx, definition, args, span)
        if bound is None:
            return BROKEN
        if definition.name in self._open:
            start_at = self._open.index(definition.name)
            return self.report(problems.cycle([*self._open[start_at:], definition.name], span))
        now = InstanceKey(definition.name, bound, _NOW)
        instance = self.instances.get(now)
        if instance is None and now not in self._broken:
            if len(self._open) >= MAX_CALLS:
                return self.report(problems.refers_too_deep(definition.name, MAX_CALLS, span))
            self._make(definition, now)
            instance = self.instances.get(now)
        if instance is None:
            return BROKEN
        # the key that it is kept by, whose hash is known, and which is found again at once
        key = instance.key if ctx.moment is _NOW else InstanceKey(definition.name, bound, ctx.moment)
        if key is not instance.key and key not in self.instances:
            self._waiting.append((definition, key))
        value = instance.value
        return Reference(key, definition.entity, value.type, is_condition(value))

    def is_open(self, definition: Definition) -> bool:
        return definition.name in self._open

    def _make(self, definition: Definition, key: InstanceKey) -> None:
        ctx = Context(definition.scope, definition.entity, key.moment, key.args)
        before = len(self.diagnostics)
        self._open.append(definition.name)
        value = self._body(ctx, definition)
        self._open.pop()
        if len(self.diagnostics) > before:
            self.doubted.add(definition.name)
        if value is BROKEN:
            self._broken.add(key)
        else:
            self.instances[key] = Instance(key, definition.entity, value)

    def _body(self, ctx: Context, definition: Definition) -> Node:
        match definition.tree:
            case tree.Trait(value=value):
                return self.fixed(self.expr(ctx, value), value.span)
            case tree.Segment(value=value):
                found = self.condition(ctx, value)
                return found if found is BROKEN else self.settled(found)
            case tree.Segmentation() as node:
                return segmentation(self, ctx, definition, node)
            case tree.Param():
                return BROKEN

    def constant(self, ctx: Context, node: tree.Expr, what: str) -> Node:
        value = lists.list_of(self, ctx, node) if isinstance(node, tree.ListValue) else self._named_or_expr(ctx, node)
        if value == BROKEN or is_constant(value):
            return value
        return self.report(problems.constant_expected(what, node.span))

    def settled(self, value: Node) -> Node:
        """A bool as a condition: where it is unknown it is false."""
        return value if is_condition(value) else Apply(operator("and"), (value,), BOOL)

    def fixed(self, value: Node, span: Span) -> Node:
        """A value that is kept; a calendar length has none that could be."""
        found = length(value)
        return self.report(problems.calendar_value(span)) if found is not None and not found.is_fixed else value

    def share(self, ctx: Context, node: Node) -> Node:
        if ctx.row is not None or not isinstance(node, Apply | Case):
            return node
        known = self._shared.get((ctx.entity, node))
        if known is None:
            known = InstanceKey(f"shared {len(self._shared) + 1}", (), _NOW)
            self._shared[(ctx.entity, node)] = known
            self.instances[known] = Instance(known, ctx.entity, node, shared=True)
        return Reference(known, ctx.entity, node.type, is_condition(node))

    def one_of_all(self, node: Read) -> Read:
        return cast(Read, self._read.setdefault(node, node))

    # ------------------------------------------------------------ expressions

    def condition(self, ctx: Context, node: tree.Expr) -> Node:
        value = self.expr(ctx.wanting(BOOL) if isinstance(node, tree.Name) else ctx, node)
        if value.type.kind in (Kind.BOOL, Kind.ANY):
            return value if value.type.kind is Kind.BOOL else BROKEN
        help = guesses.condition_help(node, value)
        return self.report(problems.condition_expected(str(value.type), node.span, help, origins(self, value)))

    def _named_or_expr(self, ctx: Context, node: tree.Expr) -> Node:
        """A value; a name may be one of a list, too."""
        return names.resolve(self, ctx, node) if isinstance(node, tree.Name) else self.expr(ctx, node)

    def expr(self, ctx: Context, node: tree.Expr) -> Node:
        value = self._expr(ctx, node)
        self._made.setdefault(id(node), []).append((node, ctx, value))
        return value

    def value_of(self, ctx: Context, node: tree.Expr) -> Node:
        """What `expr` has made of an expression in the same context, or makes of it now."""
        for _, other, value in self._made.get(id(node), ()):
            if other.means_as(ctx):
                return value
        return self.expr(ctx, node)

    def _expr(self, ctx: Context, node: tree.Expr) -> Node:
        match node:  # the usual ones first: each case is tried in turn
            case tree.Name():
                value = names.resolve(self, ctx, node)
                return self.report(problems.list_not_here(node.span)) if lists.is_list(value) else value
            case tree.Comparison():
                return comparisons.comparison(self, ctx, node)
            case tree.Operation():
                return self._operation(ctx, node)
            case tree.Call():
                return calls.call(self, ctx, node)
            case tree.Number(value=value):
                return number_constant(value)
            case tree.Quantity(value=value, unit=unit):
                return quantity(value, unit)
            case tree.Text(value=text):
                return Constant(text, TEXT)
            case tree.Bool(value=flag):
                return Constant(flag, BOOL)
            case tree.Date(value=day):
                return date_constant(day)
            case tree.Time(value=time):
                try:
                    return Moment(self.model.clock_time(time))
                except OverflowError:
                    return self.report(problems.no_such_moment(node.span))
            case tree.InWindow():
                return comparisons.in_window(self, ctx, node)
            case tree.AsOf():
                return self._as_of(ctx, node)
            case tree.Case():
                return cases.case(self, ctx, node)
            case tree.Sequence():
                return sequence(self, ctx, node)
            case tree.ListValue():
                return self.report(problems.list_not_here(node.span))
            case _:
                assert_never(node)

    def _operation(self, ctx: Context, node: tree.Operation) -> Node:
        match node.op:
            case "and" | "or" | "not":
                parts = tuple(self.condition(ctx, arg) for arg in node.args)
                return BROKEN if BROKEN in parts else logic(node.op, parts)
            case "between":
                return comparisons.between(self, ctx, node)
            case "in" | "not in":
                return comparisons.in_values(self, ctx, node)
            case "is known" | "is unknown":
                value = self.expr(ctx, node.args[0])
                return BROKEN if value == BROKEN else Apply(operator(node.op), (value,), BOOL)
            case "ago":
                return calls.ago(self, ctx, self.expr(ctx, node.args[0]), node.span)
            case "ever":
                return history.ever(self, ctx, node)
            case "for":
                return history.lasting(self, ctx, node)
            case "was":
                return history.was(self, ctx, node)
            case "matches":
                return patterns.matches(self, ctx, node)
        several = node.op in ("has any", "has all")
        single = node.args[:1] if several else node.args
        values = [self.expr(self._beside(ctx, node, index), arg) for index, arg in enumerate(single)]
        spans = [arg.span for arg in node.args]
        if several:
            further = lists.values_of(self, ctx, node.args[1:])
            values.extend(value for value, _ in further)
            spans = [spans[0], *(span for _, span in further)]
        if BROKEN not in values and node.op in ("contains", "has any", "has all"):
            for value, span in zip(values[1:], spans[1:], strict=True):
                if not comparisons.in_set(self, value, values[0], span, node.args[0].span.text):
                    return BROKEN
        return calls.apply_operator(self, ctx, node.op, values, spans, node.span)

    def _beside(self, ctx: Context, node: tree.Operation, index: int) -> Context:
        is_name = isinstance(node.args[index], tree.Name)
        if not is_name or node.op not in ("contains", "starts with", "ends with"):
            return ctx
        return ctx.wanting(TEXT if index else Type(Kind.TEXT, ()))

    def _as_of(self, ctx: Context, node: tree.AsOf) -> Node:
        if ctx.row is not None:
            return self.report(problems.not_here("`as of`", "inside `where`", node.span))
        moment = self.expr(ctx, node.moment)
        if moment == BROKEN:
            return BROKEN
        if not moment.type.is_moment:
            help = f"`as of {node.moment.span.text} ago`" if moment.type.kind is Kind.DURATION else None
            found = str(moment.type)
            return self.report(problems.type_not_possible("`as of`", found, "a date or a time", node.moment.span, help))
        if not is_constant(moment):
            return self.report(problems.constant_expected("the moment of `as of`", node.moment.span))
        begin = start(moment)
        assert isinstance(begin, Moment)
        return self.expr(ctx.at(begin), node.value)
