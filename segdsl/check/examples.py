"""Examples: the customers they give, and where these have to be in or out."""

from __future__ import annotations

from collections.abc import Iterator

from segdsl import problems
from segdsl.catalog import CATALOG, Scope
from segdsl.check.comparisons import in_set
from segdsl.check.constants import is_constant
from segdsl.check.context import BROKEN, Checking, Context
from segdsl.check.moments import start
from segdsl.diagnostics import Diagnostic
from segdsl.model.model import Event
from segdsl.program import Attribute, Constant, Example, Field, GivenEvent, Moment, Node, Output
from segdsl.syntax import tree
from segdsl.types import TEXT, TIME, Kind, Type

Value = Constant | Moment
_NOW = Moment()


def example(check: Checking, node: tree.Example, scope: Scope = CATALOG) -> Iterator[Example]:
    """The example, where all of it makes sense; else nothing, and what is wrong is reported."""
    target = _target(check, node, scope)
    if target is None:
        return
    reader = _Reader(check, target.entity, scope)
    for index, fact in enumerate(node.facts):
        reader.read(fact, index)
    if not reader.is_broken:
        attributes = tuple(reader.attributes.items())
        events = tuple(reader.events)
        yield Example(target, node.negated, reader.as_of, attributes, reader.parent, events, node.span)


def _target(check: Checking, node: tree.Example, scope: Scope) -> Output | None:
    head, *rest = (part.text for part in node.target.parts)
    name = ".".join((scope.qualify(head), *rest))
    output = check.output(name)
    if output is not None and output.kind == "segment":
        return output
    if output is not None:
        help = f"name one of its labels: `{name}.{output.labels[0]}`" if output.labels else None
        check.report(
            problems.bad_example(f"`{name}` is a {output.kind}, expected a segment or a label", node.target.span, help)
        )
        return None
    owner = check.output(name.rpartition(".")[0]) if "." in name else None
    if owner is not None and owner.labels:
        label = node.target.parts[-1]
        check.report(problems.unknown_label(label.text, owner.name, owner.labels, label.span))
    elif name not in check.catalog.definitions:
        known = [key for key, item in check.catalog.definitions.items() if not item.is_param]
        check.report(problems.unknown_name(name, known, node.target.span))
    return None


class _Reader:
    """Reads the facts of one example."""

    def __init__(self, check: Checking, entity: str, scope: Scope) -> None:
        self.check = check
        self.entity = check.model.entities[entity]
        self.ctx = Context(scope, entity, _NOW)
        self.is_broken = False
        self.as_of: Moment | None = None
        self.parent: Constant | None = None
        self.attributes: dict[str, Value | tuple[Constant, ...]] = {}
        self.events: list[GivenEvent] = []

    def _broken(self, diagnostic: Diagnostic) -> None:
        self.check.report(diagnostic)
        self.is_broken = True

    def read(self, fact: tree.Fact, index: int) -> None:
        match fact:
            case tree.AsOfFact():
                self._read_as_of(fact, index)
            case tree.AttributeFact():
                self._read_attribute(fact)
            case tree.EventFact():
                self._read_event(fact)

    def _read_as_of(self, fact: tree.AsOfFact, index: int) -> None:
        if index:
            self._broken(problems.bad_example("`as of` leads the list of an example", fact.span))
            return
        value = self._value(fact.moment, TIME, "`as of`")
        if isinstance(value, Moment):
            self.as_of = value

    def _read_attribute(self, fact: tree.AttributeFact) -> None:
        name = fact.name.text
        parent = self.entity.parent
        if name in self.attributes:
            self._broken(problems.given_twice(f"`{name}`", fact.name.span))
        elif name in self.entity.attributes:
            field = self.entity.attributes[name]
            value = self._typed(fact.value, field.type, name, Attribute(self.entity.name, name, field.type))
            if value is not None:
                self.attributes[name] = value
        elif parent is not None and name == parent.key.column:
            key = self._typed(fact.value, parent.key.type or TEXT, name, None)
            if isinstance(key, Constant):
                self.parent = key
        else:
            known = [*self.entity.attributes, *([parent.key.column] if parent else [])]
            self._broken(problems.unknown_name(name, known, fact.name.span, self._what_is_given(name)))

    def _what_is_given(self, name: str) -> str:
        """What an example gives in place of what it cannot: values that are worked out, above all."""
        entity = self.entity.name
        events = [event.name for event in self.check.model.events_of(entity)]
        given = f"an example gives attributes of `{entity}`"
        given += f", and events: `{events[0]}(10d ago)`" if events else ""
        definition = self.check.catalog.definitions.get(name)
        return f"`{name}` is worked out; {given}" if definition is not None and not definition.is_param else given

    def _read_event(self, fact: tree.EventFact) -> None:
        name = fact.event.text
        event = self.check.model.events.get(name)
        if event is None or event.of != self.entity.name:
            known = [item.name for item in self.check.model.events_of(self.entity.name)]
            self._broken(problems.unknown_event(name, known, fact.event.span))
            return
        time: Moment | None = None
        fields: dict[str, Value] = {}
        for index, argument in enumerate(fact.args):
            if argument.name is None:
                if index or time is not None:
                    self._broken(problems.bad_example("only the time of an event stands without a name", argument.span))
                    return
                found = self._typed(argument.value, TIME, "at", None)
                time = found if isinstance(found, Moment) else None
            else:
                self._read_field(event, argument, fields)
        if time is None:
            if not self.is_broken:
                help = f"`{name}(10d ago)` or `{name}(2026-01-31T18:30)`"
                self._broken(problems.bad_example(f"`{name}` needs its time", fact.span, help))
            return
        self.events.append(GivenEvent(name, time, tuple(fields.items())))

    def _read_field(self, event: Event, argument: tree.FactArgument, fields: dict[str, Value]) -> None:
        assert argument.name is not None
        name = argument.name.text
        if name not in event.fields:
            self._broken(problems.unknown_field(event.name, name, event.fields, argument.name.span))
            return
        if name in fields:
            self._broken(problems.given_twice(f"`{name}`", argument.name.span))
            return
        type_ = event.fields[name].type
        value = self._typed(argument.value, type_, name, Field(event.name, name, type_))
        if isinstance(value, Constant | Moment):
            fields[name] = value

    # ------------------------------------------------------------ values

    def _typed(
        self, node: tree.FactValue, type_: Type, name: str, owner: Node | None
    ) -> Value | tuple[Constant, ...] | None:
        """The value of a fact as its type wants it; None where it does not fit (reported)."""
        if type_.kind is Kind.LIST:
            items = node.items if isinstance(node, tree.ListValue) else (node,)
            texts = [self._value(item, TEXT, f"`{name}`") for item in items]
            return None if None in texts else tuple(text for text in texts if isinstance(text, Constant))
        if isinstance(node, tree.ListValue):
            problem = problems.type_not_possible(f"`{name}`", "a list", str(type_), node.span)
            self._broken(problem)
            return None
        value = self._value(node, type_, f"`{name}`")
        if value is not None and owner is not None and not in_set(self.check, value, owner, node.span, name):
            self.is_broken = True
            return None
        return value

    def _value(self, node: tree.Expr, type_: Type, what: str) -> Value | None:
        value = self.check.expr(self.ctx, node)
        if value == BROKEN:
            self.is_broken = True
            return None
        if not is_constant(value) or not _fits(value.type, type_):
            self._broken(problems.type_not_possible(what, str(value.type), f"a constant {type_}", node.span))
            return None
        if type_.kind is Kind.TIME:
            value = start(value)
        assert isinstance(value, Constant | Moment)
        return value


def _fits(found: Type, wanted: Type) -> bool:
    if wanted.is_number:
        return found.is_number
    if wanted.is_moment:
        return found.is_moment
    return found.kind is wanted.kind
