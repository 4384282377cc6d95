"""Lark's tree to ours: one method per rule of the grammar, named like it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from lark import Token, Tree

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Source, Span
from segdsl.syntax import tree
from segdsl.syntax.tokens import TokenReader

MAX_DEPTH = 64
MAX_VALUES = 10_000
# the rules of the grammar that nest: each of them is one level (brackets are none, unless in brackets themselves)
_LEVELS = frozenset(
    "or_ and_ not_ comparison between in_values not_in_values is_known contains starts_with ends_with matches has "  # noqa: SIM905
    "in_window operation negative as_of ago call case sequence".split()
)

Node = Tree[Token] | Token | None


class SyntaxProblem(Exception):  # noqa: N818 - it carries one of our problems
    """Ends the reading of one definition; never leaves this package."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Builder(TokenReader):
    """Builds the tree of one definition; small mistakes are collected and leave a stand-in."""

    def __init__(self, source: Source, offset: int, description: str) -> None:
        super().__init__(source, offset)
        self.description = description

    def read(self, node: Tree[Token]) -> Any:
        """The tree of what Lark read. Nothing nests deeper than MAX_DEPTH in it, so that this and every later pass can
        recurse into it."""
        stack: list[tuple[Tree[Token], int]] = [(node, 0)]
        while stack:
            inner, depth = stack.pop()
            if depth > MAX_DEPTH:
                raise SyntaxProblem(problems.too_deep(MAX_DEPTH, self._first_span(inner)))
            in_brackets = str.__eq__(inner.data, "parenthesis")
            for child in inner.children:
                if isinstance(child, Tree):
                    deeper = child.data in _LEVELS or (in_brackets and str.__eq__(child.data, "parenthesis"))
                    stack.append((child, depth + deeper))
        return self.build(node)

    def build(self, node: Node) -> Any:
        if node is None:
            return None
        if isinstance(node, Token):
            return node
        while str.__eq__(node.data, "parenthesis"):  # Lark's names of rules are tokens, which compare slowly
            node = cast("Tree[Token]", node.children[1])
        # Lark gives relative_period and the like their alias, everything else its rule's name
        method: Callable[..., Any] = getattr(self, f"_{node.data}")
        return method(*node.children)

    def _all(self, nodes: tuple[Node, ...]) -> list[Any]:
        return list(map(self.build, nodes))

    def _first_span(self, node: Node) -> Span:
        while isinstance(node, Tree):
            node = next((child for child in node.children if child is not None), None)
        return self._span(node) if node is not None else Span(self.source, self.offset, self.offset)

    # ------------------------------------------------------------ definitions

    def _definition(self, *nodes: Node) -> tree.Definition:
        *annotations, body = nodes
        self._head = tree.Head(self.description, tuple(self._all(tuple(annotations))))
        return cast(tree.Definition, self.build(body))

    def _annotation(self, name: Token, *values: Node) -> tree.Annotation:
        built = tuple(value for value in self._all(values) if value is not None)
        return tree.Annotation(self._identifier(name), built, self._span(name))

    def _annotation_value(self, name: Token | None, value: Node) -> tree.AnnotationValue:
        return tree.AnnotationValue(self._optional_identifier(name), self.build(value))

    def _param(self, keyword: Token, name: Token, words: Node, value: Node) -> tree.Param:
        built = self.build(value)
        span = self._span(keyword).to(built.span)
        return tree.Param(self._head, self._identifier(name), self.build(words) or (), built, span)

    def _words(self, _: Token, left: Token, *nodes: Node) -> tuple[tree.Identifier, ...]:
        self._check_count(list(nodes), left)
        return tuple(self._identifier(cast(Token, node)) for node in nodes[:-1])

    def _trait(self, keyword: Token, name: Token, *rest: Node) -> tree.Trait:
        parameters, entity, value = self._signature(rest)
        span = self._span(keyword).to(value.span)
        return tree.Trait(self._head, self._identifier(name), parameters, entity, value, span)

    def _segment(self, keyword: Token, name: Token, *rest: Node) -> tree.Segment:
        parameters, entity, value = self._signature(rest)
        span = self._span(keyword).to(value.span)
        return tree.Segment(self._head, self._identifier(name), parameters, entity, value, span)

    def _segmentation(self, keyword: Token, name: Token, *rest: Node) -> tree.Segmentation:
        parameters: tuple[tree.Parameter, ...] = ()
        entity: tree.Identifier | None = None
        among: tree.Expr | None = None
        rules: list[tree.Rule] = []
        span = self._span(keyword).to(self._span(name))
        for node in rest:
            kind = node.data if isinstance(node, Tree) else ""
            built = self.build(node)
            if kind == "parameters":
                parameters = built
            elif kind == "of_entity":
                entity = built
            elif kind == "among":
                among = built
            else:
                rules.append(built)
                span = span.to(built.span)
        return tree.Segmentation(self._head, self._identifier(name), parameters, entity, among, tuple(rules), span)

    def _signature(self, rest: tuple[Node, ...]) -> tuple[tuple[tree.Parameter, ...], tree.Identifier | None, Any]:
        parameters: tuple[tree.Parameter, ...] = ()
        entity: tree.Identifier | None = None
        *head, value = rest
        for node in head:
            if cast("Tree[Token]", node).data == "parameters":
                parameters = self.build(node)
            else:
                entity = self.build(node)
        return parameters, entity, self.build(value)

    def _parameters(self, *nodes: Node) -> tuple[tree.Parameter, ...]:
        return tuple(self._all(nodes))

    def _parameter(self, name: Token, default: Node) -> tree.Parameter:
        return tree.Parameter(self._identifier(name), self.build(default))

    def _of_entity(self, _: Token, name: Token) -> tree.Identifier:
        return self._identifier(name)

    def _among(self, _: Token, condition: Node) -> Any:
        return self.build(condition)

    def _rule(self, label: Token, keyword: Token, condition: Node = None) -> tree.Rule:
        built = self.build(condition)
        span = self._span(label).to(built.span if built is not None else self._span(keyword))
        return tree.Rule(self._identifier(label), built, span)

    def _use(self, keyword: Token, library: Token, *rest: Node) -> tree.Use:
        *args, _, alias = rest
        built = tuple(arg for arg in self._all(tuple(args)) if arg is not None)
        last = self._span(alias) if isinstance(alias, Token) else built[-1].span if built else self._span(library)
        return tree.Use(
            self._head,
            self._identifier(library),
            built,
            self._optional_identifier(cast("Token | None", alias)),
            self._span(keyword).to(last),
        )

    def _example(self, keyword: Token, negated: Token | None, _: Token, path: Node, given: Node) -> tree.Example:
        target: tree.Name = self.build(path)
        facts: tuple[tree.Fact, ...] = self.build(given)
        span = self._span(keyword).to(facts[-1].span if facts else target.span)
        return tree.Example(self._head, negated is not None, target, facts, span)

    def _expect(self, keyword: Token, condition: Node, _: Token | None, inside: Node) -> tree.Expect:
        built, outer = self.build(condition), self.build(inside)
        return tree.Expect(self._head, built, outer, self._span(keyword).to((outer or built).span))

    # ------------------------------------------------------------ a customer

    def _customer(self, key: Token, given: Node) -> tree.Customer:
        facts: tuple[tree.Fact, ...] = self.build(given)
        identifier = self._identifier(key)
        return tree.Customer(identifier, facts, identifier.span.to(facts[-1].span if facts else identifier.span))

    def _given(self, *nodes: Node) -> tuple[tree.Fact, ...]:
        return tuple(fact for fact in self._all(nodes) if fact is not None)

    def _fact_as_of(self, as_: Token, _: Token, moment: Node) -> tree.AsOfFact:
        built = self.build(moment)
        return tree.AsOfFact(built, self._span(as_).to(built.span))

    def _fact_attribute(self, name: Token, value: Node) -> tree.AttributeFact:
        built = self.build(value)
        return tree.AttributeFact(self._identifier(name), built, self._span(name).to(built.span))

    def _fact_event(self, name: Token, _: Token, *nodes: Node) -> tree.EventFact:
        *args, right = nodes
        built = tuple(arg for arg in self._all(tuple(args)) if arg is not None)
        return tree.EventFact(self._identifier(name), built, self._span(name).to(self._span(cast(Token, right))))

    def _fact_argument(self, name: Token | None, value: Node) -> tree.FactArgument:
        built = self.build(value)
        identifier = self._optional_identifier(name)
        return tree.FactArgument(identifier, built, identifier.span.to(built.span) if identifier else built.span)

    def _list_value(self, left: Token, *nodes: Node) -> tree.ListValue:
        *items, right = nodes
        self._check_count(items, left)
        built = tuple(item for item in self._all(tuple(items)) if item is not None)
        return tree.ListValue(built, self._span(left).to(self._span(cast(Token, right))))

    def _check_count(self, items: list[Node], left: Token) -> None:
        if len(items) > MAX_VALUES:
            raise SyntaxProblem(problems.too_large("a list", len(items), MAX_VALUES, self._span(left)))

    # ------------------------------------------------------------ conditions

    def _value(self, node: Node) -> Any:
        return self.build(node)

    def _or_(self, *nodes: Node) -> tree.Operation:
        return self._flat("or", nodes[::2])

    def _and_(self, *nodes: Node) -> tree.Operation:
        return self._flat("and", nodes[::2])

    def _flat(self, op: str, nodes: tuple[Node, ...]) -> tree.Operation:
        args: list[tree.Expr] = []
        for built in self._all(nodes):
            args.extend(built.args if isinstance(built, tree.Operation) and built.op == op else [built])
        return tree.Operation(op, tuple(args), args[0].span.to(args[-1].span))

    def _not_(self, keyword: Token, node: Node) -> tree.Operation:
        built = self.build(node)
        return tree.Operation("not", (built,), self._span(keyword).to(built.span))

    def _comparison(self, *nodes: Node) -> tree.Comparison:
        args = self._all(nodes[::2])
        return tree.Comparison(tuple(str(op) for op in nodes[1::2]), tuple(args), args[0].span.to(args[-1].span))

    def _between(self, value: Node, _: Token, low: Node, __: Token, high: Node) -> tree.Operation:
        return self._op("between", value, low, high)

    def _in_values(self, value: Node, _: Token, values: Node) -> tree.Operation:
        return self._values_op("in", value, values)

    def _not_in_values(self, value: Node, _: Token, __: Token, values: Node) -> tree.Operation:
        return self._values_op("not in", value, values)

    def _has(self, value: Node, _: Token, which: Token, values: Node) -> tree.Operation:
        return self._values_op(f"has {which}", value, values)

    def _is_known(self, value: Node, _: Token, which: Token) -> tree.Operation:
        built = self.build(value)
        return tree.Operation(f"is {which}", (built,), built.span.to(self._span(which)))

    def _contains(self, value: Node, _: Token, part: Node) -> tree.Operation:
        return self._op("contains", value, part)

    def _starts_with(self, value: Node, _: Token, __: Token, part: Node) -> tree.Operation:
        return self._op("starts with", value, part)

    def _ends_with(self, value: Node, _: Token, __: Token, part: Node) -> tree.Operation:
        return self._op("ends with", value, part)

    def _matches(self, value: Node, _: Token, pattern: Node) -> tree.Operation:
        return self._op("matches", value, pattern)

    def _for_(self, subject: Node, _: Token, length: Node) -> tree.Operation:
        return self._op("for", subject, length)

    def _was(self, subject: Node, _: Token, label: Node) -> tree.Operation:
        return self._op("was", subject, label)

    def _ever(self, keyword: Token, subject: Node) -> tree.Operation:
        name: tree.Name = self.build(subject)
        return tree.Operation("ever", (name,), self._span(keyword).to(name.span))

    def _op(self, op: str, *nodes: Node) -> tree.Operation:
        args = self._all(nodes)
        return tree.Operation(op, tuple(args), args[0].span.to(args[-1].span))

    def _values_op(self, op: str, value: Node, values: Node) -> tree.Operation:
        built = self.build(value)
        items, span = self.build(values)
        return tree.Operation(op, (built, *items), built.span.to(span))

    def _values(self, left: Token, *nodes: Node) -> tuple[list[Any], Span]:
        *items, right = nodes
        self._check_count(items, left)
        return self._all(tuple(items)), self._span(left).to(self._span(cast(Token, right)))

    # ------------------------------------------------------------ windows

    def _in_window(self, subject: Node, window: Node) -> tree.InWindow:
        built = self.build(subject)
        window_: tree.Window = self.build(window)
        return tree.InWindow(built, window_, built.span.to(window_.span))

    def _window(self, kind: str, keyword: Token, *nodes: Node) -> tree.Window:
        args = self._all(nodes)
        return tree.Window(cast(tree.WindowKind, kind), tuple(args), self._span(keyword).to(args[-1].span))

    def _within(self, keyword: Token, length: Node) -> tree.Window:
        return self._window("within", keyword, length)

    def _within_next(self, keyword: Token, _: Token, length: Node) -> tree.Window:
        return self._window("within next", keyword, length)

    def _within_after(self, keyword: Token, length: Node, _: Token, anchor: Node) -> tree.Window:
        return self._window("within after", keyword, length, anchor)

    def _within_before(self, keyword: Token, length: Node, _: Token, anchor: Node) -> tree.Window:
        return self._window("within before", keyword, length, anchor)

    def _from_to(self, keyword: Token, start: Node, _: Token, end: Node) -> tree.Window:
        return self._window("from", keyword, start, end)

    def _since(self, keyword: Token, moment: Node) -> tree.Window:
        return self._window("since", keyword, moment)

    def _after(self, keyword: Token, moment: Node) -> tree.Window:
        return self._window("after", keyword, moment)

    def _before(self, keyword: Token, moment: Node) -> tree.Window:
        return self._window("before", keyword, moment)

    def _in_period(self, keyword: Token, period: Node) -> tree.Window:
        return self._window("in", keyword, period)

    def _relative_period(self, which: Token, unit: Token) -> tree.Period:
        offset = {"last": -1, "this": 0, "next": 1}[str(which)]
        span = self._span(which).to(self._span(unit))
        return tree.Period(cast(Any, str(unit)), None, offset, span)

    def _period(self, period: Node) -> tree.Period:
        if isinstance(period, Tree):
            return cast(tree.Period, self.build(period))
        return self._absolute_period(cast(Token, period))

    # ------------------------------------------------------------ values

    def _operation(self, left: Node, op: Token, right: Node) -> tree.Operation:
        return self._op(str(op), left, right)

    def _negative(self, minus: Token, node: Node) -> tree.Operation:
        built = self.build(node)
        return tree.Operation("-", (built,), self._span(minus).to(built.span))

    def _as_of(self, value: Node, _: Token, __: Token, moment: Node) -> tree.AsOf:
        built, at = self.build(value), self.build(moment)
        return tree.AsOf(built, at, built.span.to(at.span))

    def _ago(self, length: Node, keyword: Token) -> tree.Operation:
        built = self.build(length)
        return tree.Operation("ago", (built,), built.span.to(self._span(keyword)))

    def _path(self, *parts: Token) -> tree.Name:
        identifiers = tuple(self._identifier(part) for part in parts)
        return tree.Name(identifiers, identifiers[0].span.to(identifiers[-1].span))

    def _name(self, path: Node) -> tree.Name:
        return cast(tree.Name, self.build(path))

    def _call(self, path: Node, _: Token, *nodes: Node) -> tree.Call:
        name: tree.Name = self.build(path)
        *args, right = nodes
        where: tree.Expr | None = None
        among: tree.Expr | None = None
        per: tuple[tree.Expr, ...] = ()
        if args:
            *args, tail = args
            where, among, per = self.build(tail)
        built = tuple(self._all(tuple(args)))
        return tree.Call(name, built, where, among, per, name.span.to(self._span(cast(Token, right))))

    def _tail(
        self, _: Token | None, where: Node, __: Token | None, among: Node, ___: Token | None, *per: Node
    ) -> tuple[tree.Expr | None, tree.Expr | None, tuple[tree.Expr, ...]]:
        return self.build(where), self.build(among), tuple(key for key in self._all(per) if key is not None)

    def _argument(self, name: Token | None, value: Node) -> tree.Argument:
        built = self.build(value)
        identifier = self._optional_identifier(name)
        return tree.Argument(identifier, built, identifier.span.to(built.span) if identifier else built.span)

    def _case(self, keyword: Token, *nodes: Node) -> tree.Case:
        *branches, _, otherwise, end = nodes
        span = self._span(keyword).to(self._span(cast(Token, end)))
        return tree.Case(tuple(self._all(tuple(branches))), self.build(otherwise), span)

    def _case_when(self, _: Token, condition: Node, __: Token, value: Node) -> tree.Branch:
        return tree.Branch(self.build(condition), self.build(value))

    def _sequence(self, keyword: Token, _: Token, *nodes: Node) -> tree.Sequence:
        *steps, __, same, right = nodes
        built = tuple(self.build(node) for node in steps if isinstance(node, Tree))
        span = self._span(keyword).to(self._span(cast(Token, right)))
        return tree.Sequence(built, self._optional_identifier(cast("Token | None", same)), span)

    def _step(
        self, no: Token | None, event: Token, _: Token | None, within: Node, __: Token | None, where: Node
    ) -> tree.Step:
        length, condition = self.build(within), self.build(where)
        identifier = self._identifier(event)
        span = (self._span(no) if no is not None else identifier.span).to((condition or length or identifier).span)
        return tree.Step(no is not None, identifier, length, condition, span)
