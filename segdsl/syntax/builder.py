"""The tree of one definition: a method per rule of the grammar, named like it, called with what its parts became."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Source, Span
from segdsl.syntax import tree
from segdsl.syntax.machine import Makers, Token, read
from segdsl.syntax.printer import print_expr
from segdsl.syntax.scanner import on_one_line
from segdsl.syntax.table import Rule, Table, table
from segdsl.syntax.tokens import TokenReader

MAX_DEPTH = 64
MAX_VALUES = 10_000
# the rules of the grammar that nest: each of them is one level (brackets are none, unless in brackets themselves)
_LEVELS = frozenset(
    "or_ and_ not_ comparison between in_values not_in_values is_known contains starts_with ends_with matches has "  # noqa: SIM905
    "in_window operation negative as_of ago call case sequence".split()
)
_BRACKETS = "parenthesis"


class SyntaxProblem(Exception):  # noqa: N818 - it carries one of our problems
    """Ends the reading of one definition; never leaves this package."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Builder(TokenReader):
    """Builds the tree of one definition; small mistakes are collected and leave a stand-in."""

    def __init__(self, source: Source, description: str) -> None:
        super().__init__(source)
        self.description = description
        self.annotations: list[tree.Annotation] = []

    @property
    def _head(self) -> tree.Head:
        return tree.Head(self.description, tuple(self.annotations))

    # ------------------------------------------------------------ definitions

    def _definition(self, *parts: Any) -> tree.Definition:
        return cast(tree.Definition, parts[-1])

    def _annotation(self, name: Token, *values: Any) -> None:
        # the definition's own words are read after its annotations
        built = tuple(value for value in values if value is not None)
        if self._word(name) != "needs":
            built = tuple(map(_as_written, built))
        self.annotations.append(tree.Annotation(self._identifier(name), built, self._span(name)))

    def _annotation_value(self, name: Token | None, value: Any) -> tree.AnnotationValue:
        return tree.AnnotationValue(self._optional_identifier(name), value)

    def _param(self, keyword: Token, name: Token, words: Any, value: Any) -> tree.Param:
        span = self._from(keyword, value.span)
        return tree.Param(self._head, self._identifier(name), words or (), value, span)

    def _words(self, _: Token, left: Token, *nodes: Any) -> tuple[tree.Identifier, ...]:
        self._check_count(list(nodes), left)
        return tuple(self._identifier(node) for node in nodes[:-1])

    def _trait(self, keyword: Token, name: Token, *rest: Any) -> tree.Trait:
        parameters, entity, value = self._signature(rest)
        span = self._from(keyword, value.span)
        return tree.Trait(self._head, self._identifier(name), parameters, entity, value, span)

    def _segment(self, keyword: Token, name: Token, *rest: Any) -> tree.Segment:
        parameters, entity, value = self._signature(rest)
        span = self._from(keyword, value.span)
        return tree.Segment(self._head, self._identifier(name), parameters, entity, value, span)

    def _segmentation(self, keyword: Token, name: Token, *rest: Any) -> tree.Segmentation:
        parameters: tuple[tree.Parameter, ...] = ()
        entity: tree.Identifier | None = None
        among: tree.Expr | None = None
        rules: list[tree.Rule] = []
        span = Span(self.source, keyword[0], name[1])
        for part in rest:
            if isinstance(part, tuple):
                parameters = part
            elif isinstance(part, tree.Identifier):
                entity = part
            elif isinstance(part, tree.Rule):
                rules.append(part)
                span = span.to(part.span)
            else:
                among = part
        return tree.Segmentation(self._head, self._identifier(name), parameters, entity, among, tuple(rules), span)

    def _signature(self, rest: tuple[Any, ...]) -> tuple[tuple[tree.Parameter, ...], tree.Identifier | None, Any]:
        parameters: tuple[tree.Parameter, ...] = ()
        entity: tree.Identifier | None = None
        *head, value = rest
        for part in head:
            if isinstance(part, tuple):
                parameters = part
            else:
                entity = part
        return parameters, entity, value

    def _parameters(self, *nodes: Any) -> tuple[tree.Parameter, ...]:
        return tuple(nodes)

    def _parameter(self, name: Token, default: Any) -> tree.Parameter:
        return tree.Parameter(self._identifier(name), default)

    def _of_entity(self, _: Token, name: Token) -> tree.Identifier:
        return self._identifier(name)

    def _among(self, _: Token, condition: Any) -> Any:
        return condition

    def _rule(self, label: Token, keyword: Token, condition: Any = None) -> tree.Rule:
        span = self._span(label).to(condition.span if condition is not None else self._span(keyword))
        return tree.Rule(self._identifier(label), condition, span)

    def _use(self, keyword: Token, library: Token, *rest: Any) -> tree.Use:
        *args, _, alias = rest
        built = tuple(arg for arg in args if arg is not None)
        last = self._span(alias) if alias is not None else built[-1].span if built else self._span(library)
        return tree.Use(
            self._head,
            self._identifier(library),
            built,
            self._optional_identifier(alias),
            self._span(keyword).to(last),
        )

    def _example(
        self, keyword: Token, negated: Token | None, _: Token, path: tree.Name, given: tuple[tree.Fact, ...]
    ) -> tree.Example:
        span = self._span(keyword).to(given[-1].span if given else path.span)
        return tree.Example(self._head, negated is not None, path, given, span)

    def _expect(self, keyword: Token, condition: Any, _: Token | None, inside: Any) -> tree.Expect:
        return tree.Expect(self._head, condition, inside, self._span(keyword).to((inside or condition).span))

    # ------------------------------------------------------------ a customer

    def _customer(self, key: Token, given: tuple[tree.Fact, ...]) -> tree.Customer:
        identifier = self._identifier(key)
        return tree.Customer(identifier, given, identifier.span.to(given[-1].span if given else identifier.span))

    def _given(self, *nodes: Any) -> tuple[tree.Fact, ...]:
        return tuple(fact for fact in nodes if fact is not None)

    def _fact_as_of(self, as_: Token, _: Token, moment: Any) -> tree.AsOfFact:
        return tree.AsOfFact(moment, self._from(as_, moment.span))

    def _fact_attribute(self, name: Token, value: Any) -> tree.AttributeFact:
        return tree.AttributeFact(self._identifier(name), value, self._from(name, value.span))

    def _fact_event(self, name: Token, _: Token, *nodes: Any) -> tree.EventFact:
        *args, right = nodes
        built = tuple(arg for arg in args if arg is not None)
        return tree.EventFact(self._identifier(name), built, Span(self.source, name[0], right[1]))

    def _fact_argument(self, name: Token | None, value: Any) -> tree.FactArgument:
        identifier = self._optional_identifier(name)
        return tree.FactArgument(identifier, value, identifier.span.to(value.span) if identifier else value.span)

    def _list_value(self, left: Token, *nodes: Any) -> tree.ListValue:
        *items, right = nodes
        self._check_count(items, left)
        built = tuple(item for item in items if item is not None)
        return tree.ListValue(built, Span(self.source, left[0], right[1]))

    def _check_count(self, items: list[Any], left: Token) -> None:
        if len(items) > MAX_VALUES:
            raise SyntaxProblem(problems.too_large("a list", len(items), MAX_VALUES, self._span(left)))

    # ------------------------------------------------------------ conditions

    def _or_(self, *nodes: Any) -> tree.Operation:
        return self._flat("or", nodes[::2])

    def _and_(self, *nodes: Any) -> tree.Operation:
        return self._flat("and", nodes[::2])

    def _flat(self, op: str, nodes: tuple[Any, ...]) -> tree.Operation:
        args: list[tree.Expr] = []
        for built in nodes:
            args.extend(built.args if isinstance(built, tree.Operation) and built.op == op else [built])
        return tree.Operation(op, tuple(args), args[0].span.to(args[-1].span))

    def _not_(self, keyword: Token, node: Any) -> tree.Operation:
        return tree.Operation("not", (node,), self._from(keyword, node.span))

    def _comparison(self, *nodes: Any) -> tree.Comparison:
        args = nodes[::2]
        return tree.Comparison(tuple(map(self._word, nodes[1::2])), args, args[0].span.to(args[-1].span))

    def _between(self, value: Any, _: Token, low: Any, __: Token, high: Any) -> tree.Operation:
        return self._op("between", value, low, high)

    def _in_values(self, value: Any, _: Token, values: Any) -> tree.Operation:
        return self._values_op("in", value, values)

    def _not_in_values(self, value: Any, _: Token, __: Token, values: Any) -> tree.Operation:
        return self._values_op("not in", value, values)

    def _has(self, value: Any, _: Token, which: Token, values: Any) -> tree.Operation:
        return self._values_op(f"has {self._word(which)}", value, values)

    def _is_known(self, value: Any, _: Token, which: Token) -> tree.Operation:
        return tree.Operation(f"is {self._word(which)}", (value,), value.span.to(self._span(which)))

    def _contains(self, value: Any, _: Token, part: Any) -> tree.Operation:
        return self._op("contains", value, part)

    def _starts_with(self, value: Any, _: Token, __: Token, part: Any) -> tree.Operation:
        return self._op("starts with", value, part)

    def _ends_with(self, value: Any, _: Token, __: Token, part: Any) -> tree.Operation:
        return self._op("ends with", value, part)

    def _matches(self, value: Any, _: Token, pattern: Any) -> tree.Operation:
        return self._op("matches", value, pattern)

    def _for_(self, subject: Any, _: Token, length: Any) -> tree.Operation:
        return self._op("for", subject, length)

    def _was(self, subject: Any, _: Token, label: Any) -> tree.Operation:
        return self._op("was", subject, label)

    def _ever(self, keyword: Token, subject: tree.Name) -> tree.Operation:
        return tree.Operation("ever", (subject,), self._from(keyword, subject.span))

    def _op(self, op: str, *args: Any) -> tree.Operation:
        return tree.Operation(op, args, args[0].span.to(args[-1].span))

    def _values_op(self, op: str, value: Any, values: Any) -> tree.Operation:
        items, span = values
        return tree.Operation(op, (value, *items), value.span.to(span))

    def _values(self, left: Token, *nodes: Any) -> tuple[list[Any], Span]:
        *items, right = nodes
        self._check_count(items, left)
        return items, Span(self.source, left[0], right[1])

    # ------------------------------------------------------------ windows

    def _in_window(self, subject: Any, window: Any) -> tree.InWindow:
        return tree.InWindow(subject, window, subject.span.to(window.span))

    def _window(self, kind: str, keyword: Token, *args: Any) -> tree.Window:
        return tree.Window(cast(tree.WindowKind, kind), args, self._from(keyword, args[-1].span))

    def _within(self, keyword: Token, length: Any) -> tree.Window:
        return self._window("within", keyword, length)

    def _within_next(self, keyword: Token, _: Token, length: Any) -> tree.Window:
        return self._window("within next", keyword, length)

    def _within_after(self, keyword: Token, length: Any, _: Token, anchor: Any) -> tree.Window:
        return self._window("within after", keyword, length, anchor)

    def _within_before(self, keyword: Token, length: Any, _: Token, anchor: Any) -> tree.Window:
        return self._window("within before", keyword, length, anchor)

    def _from_to(self, keyword: Token, start: Any, _: Token, end: Any) -> tree.Window:
        return self._window("from", keyword, start, end)

    def _since(self, keyword: Token, moment: Any) -> tree.Window:
        return self._window("since", keyword, moment)

    def _after(self, keyword: Token, moment: Any) -> tree.Window:
        return self._window("after", keyword, moment)

    def _before(self, keyword: Token, moment: Any) -> tree.Window:
        return self._window("before", keyword, moment)

    def _in_period(self, keyword: Token, period: Any) -> tree.Window:
        return self._window("in", keyword, period)

    def _relative_period(self, which: Token, unit: Token) -> tree.Period:
        offset = {"last": -1, "this": 0, "next": 1}[self._word(which)]
        span = Span(self.source, which[0], unit[1])
        return tree.Period(cast(Any, self._word(unit)), None, offset, span)

    def _period(self, period: Token) -> tree.Period:
        return self._absolute_period(period)

    # ------------------------------------------------------------ values

    def _operation(self, left: Any, op: Token, right: Any) -> tree.Operation:
        return self._op(self._word(op), left, right)

    def _negative(self, minus: Token, node: Any) -> tree.Operation:
        return tree.Operation("-", (node,), self._from(minus, node.span))

    def _as_of(self, value: Any, _: Token, __: Token, moment: Any) -> tree.AsOf:
        return tree.AsOf(value, moment, value.span.to(moment.span))

    def _ago(self, length: Any, keyword: Token) -> tree.Operation:
        return tree.Operation("ago", (length,), length.span.to(self._span(keyword)))

    def _path(self, head: Token, *rest: Token) -> tree.Name:
        first = self._identifier(head)
        if not rest:
            return tree.Name((first,), first.span)
        parts = (first, *(self._identifier(part) for part in rest))
        return tree.Name(parts, first.span.to(parts[-1].span))

    def _parenthesis(self, _: Token, inner: Any, __: Token) -> Any:
        return inner

    def _call(self, name: tree.Name, _: Token, *nodes: Any) -> tree.Call:
        *args, right = nodes
        where: tree.Expr | None = None
        among: tree.Expr | None = None
        per: tuple[tree.Expr, ...] = ()
        if args:
            *args, tail = args
            where, among, per = tail
        return tree.Call(name, tuple(args), where, among, per, Span(self.source, name.span.start, right[1]))

    def _tail(
        self, _: Token | None, where: Any, __: Token | None, among: Any, ___: Token | None, *per: Any
    ) -> tuple[tree.Expr | None, tree.Expr | None, tuple[tree.Expr, ...]]:
        return where, among, tuple(key for key in per if key is not None)

    def _argument(self, name: Token | None, value: Any) -> tree.Argument:
        identifier = self._optional_identifier(name)
        return tree.Argument(identifier, value, identifier.span.to(value.span) if identifier else value.span)

    def _case(self, keyword: Token, *nodes: Any) -> tree.Case:
        *branches, _, otherwise, end = nodes
        span = Span(self.source, keyword[0], end[1])
        return tree.Case(tuple(branches), otherwise, span)

    def _case_when(self, _: Token, condition: Any, __: Token, value: Any) -> tree.Branch:
        return tree.Branch(condition, value)

    def _sequence(self, keyword: Token, _: Token, *nodes: Any) -> tree.Sequence:
        *steps, __, same, right = nodes
        # between the steps stand the words `then`
        built = tuple(step for step in steps if isinstance(step, tree.Step))
        span = Span(self.source, keyword[0], right[1])
        return tree.Sequence(built, self._optional_identifier(same), span)

    def _step(
        self, no: Token | None, event: Token, _: Token | None, within: Any, __: Token | None, where: Any
    ) -> tree.Step:
        identifier = self._identifier(event)
        span = (self._span(no) if no is not None else identifier.span).to((where or within or identifier).span)
        return tree.Step(no is not None, identifier, within, where, span)


# what a value of an annotation can be; `@needs` alone has conditions
_SIMPLE = (tree.Name, tree.Text, tree.Number, tree.Quantity, tree.Bool, tree.Date, tree.Time)


def _as_written(item: tree.AnnotationValue) -> tree.AnnotationValue:
    """What reads as a calculation is a text whose quotes were left out: the tag `web-mail`."""
    if isinstance(item.value, _SIMPLE):
        return item
    span = item.value.span
    # brackets around its first or its last part belong to no span
    text = print_expr(item.value) if re.search("[()]", span.text) else span.text
    return tree.AnnotationValue(item.name, tree.Text(on_one_line(text), span))


@cache
def makers(table: Table) -> Makers:
    """What the builder makes of each rule of a table."""
    rules = table.rules
    makes = [getattr(Builder, f"_{rule.name}", _not_made) for rule in rules]
    return Makers(rules, makes, [2 if rule.name == _BRACKETS else int(rule.name in _LEVELS) for rule in rules])


def _not_made(*_: object) -> None:
    """Stands for rules that only hand on what they get, or collect it."""
    raise AssertionError("a rule of the grammar without a method")


# ---------------------------------------------------------------- too deep


@dataclass(frozen=True)
class _Shape:
    """A rule of the grammar with its parts: tokens, shapes and None."""

    rule: Rule
    parts: tuple[Any, ...]

    @property
    def first(self) -> Token:
        """Its first token."""
        node: Any = self
        while isinstance(node, _Shape):
            node = next(part for part in node.parts if part is not None)
        return cast(Token, node)


def _shape(rule: Rule) -> Callable[..., _Shape]:
    return lambda _, *parts: _Shape(rule, parts)


def first_too_deep(text: str, start: int, end: int, goal: str) -> Token:
    """The first token of what nests deeper than MAX_DEPTH in a text. Raises Refused for what is no `goal`."""
    rules = table().rules
    shapes = Makers(rules, [_shape(rule) for rule in rules], [0] * len(rules))
    whole: _Shape = read(table(), shapes, None, text, start, end, goal, len(text))
    stack = [(whole, int(whole.rule.name in _LEVELS))]
    while stack:
        shape, depth = stack.pop()
        if depth > MAX_DEPTH:
            return shape.first
        in_brackets = shape.rule.name == _BRACKETS
        for part in shape.parts:
            if isinstance(part, _Shape):
                deeper = part.rule.name in _LEVELS or (in_brackets and part.rule.name == _BRACKETS)
                stack.append((part, depth + deeper))
    raise AssertionError("nothing nests too deep")
