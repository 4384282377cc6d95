"""Customers near a rule: made of the constants that stand in it, tried many at a time, and moved towards a goal."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from segdsl.check import Checker
from segdsl.diagnostics import Source, Span
from segdsl.logic.formula import Atom
from segdsl.logic.truth import condition_of
from segdsl.plan import make_plan
from segdsl.plan.planner import descend, needed
from segdsl.program import Aggregate, Constant, Example, GivenEvent, Length, Moment, Node, Output, Reference
from segdsl.program import Sequence as SequenceNode
from segdsl.syntax import literals
from segdsl.syntax.tree import Identifier
from segdsl.testing.trial import evaluate_given, is_alone_anyway
from segdsl.types import DATE, Kind, Type

Value = bool | int | Decimal | str | dt.date | dt.datetime | tuple[str, ...]
Truth = Mapping[Atom, bool]
Goal = Callable[[Truth], float]  # 1 where a customer is what is looked for

# customers tried at a time, and how often
CROWD = 160
ROUNDS = 14
MOST_EVENTS = 24
_DAY = dt.timedelta(days=1)
_NOWHERE = Span(Source("", ""), 0, 0)


@dataclass(frozen=True)
class Happened:
    """An event of a draft."""

    event: str
    time: dt.datetime
    fields: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True)
class Draft:
    """A customer that has just what stands here."""

    attributes: tuple[tuple[str, Value], ...] = ()
    events: tuple[Happened, ...] = ()

    @property
    def size(self) -> int:
        return len(self.attributes) + sum(1 + len(event.fields) for event in self.events)


class Near:
    """The customers near some conditions of one entity, as of one moment."""

    def __init__(self, checker: Checker, entity: str, atoms: Sequence[Atom], as_of: dt.datetime) -> None:
        self.checker = checker
        self.model = checker.catalog.model
        self.entity = self.model.entities[entity]
        self.as_of = as_of
        self.atoms = list(atoms)
        self.outputs = [
            checker.hold(f".near {number}", entity, condition_of(atom)) for number, atom in enumerate(self.atoms)
        ]
        checker.work_off()
        self.program = checker.done().program
        self.random = random.Random(7)
        nodes = list(_nodes(checker, [output.instance for output in self.outputs]))
        self._pool = _Pool(nodes, as_of)
        self._events = list(
            dict.fromkeys(event for node in nodes for event in _events_of(node) if event in self.model.events)
        )

    @property
    def can_be_tried(self) -> bool:
        """Whether a customer's answer depends on nobody else."""
        return bool(self.outputs) and is_alone_anyway(make_plan(self.program, self.outputs))

    # ------------------------------------------------------------ trying

    def truths(self, drafts: Sequence[Draft]) -> list[dict[Atom, bool]]:
        """Which atoms are true for each customer."""
        given = {f"{number}": self._example(draft) for number, draft in enumerate(drafts)}
        values = evaluate_given(self.model, self.program, self.outputs, given, self.as_of)
        found: list[dict[Atom, bool]] = []
        for number in range(len(drafts)):
            row: Mapping[str, Any] = values.get(f"{number}", {})
            found.append(
                {atom: row.get(output.name) is True for atom, output in zip(self.atoms, self.outputs, strict=True)}
            )
        return found

    def holds(self, output: Output, draft: Draft) -> bool:
        """Whether a condition holds for a customer."""
        values = evaluate_given(
            self.model, self.checker.done().program, [output], {"0": self._example(draft)}, self.as_of
        )
        return values.get("0", {}).get(output.name) is True

    def search(self, goal: Goal, seeds: Iterable[Draft] = ()) -> Draft | None:
        """A customer that fulfils a goal, made small; None where none was come by."""
        crowd = [Draft(), *seeds]
        best: list[tuple[float, int, Draft]] = []
        for _ in range(ROUNDS):
            while len(crowd) < CROWD:
                parent = (
                    best[self.random.randrange(min(len(best), 12))][2] if best and self.random.random() < 0.7 else None
                )
                crowd.append(self._random() if parent is None else self._changed(parent))
            scored = [(goal(truth), -draft.size, draft) for draft, truth in zip(crowd, self.truths(crowd), strict=True)]
            best = sorted(
                {item[2]: item for item in (*best, *scored)}.values(), key=lambda item: item[:2], reverse=True
            )
            best = best[:40]
            if best[0][0] >= 1:
                return self._smaller(best[0][2], goal)
            crowd = []
        return None

    def _smaller(self, draft: Draft, goal: Goal) -> Draft:
        while True:
            fewer = list(dict.fromkeys(_fewer(draft)))[:CROWD]
            kept = (
                [item for item, truth in zip(fewer, self.truths(fewer), strict=True) if goal(truth) >= 1]
                if fewer
                else []
            )
            if not kept:
                return draft
            draft = min(kept, key=lambda item: item.size)

    # ------------------------------------------------------------ making customers

    def _random(self) -> Draft:
        attributes = [
            (name, value)
            for name, field in self.entity.attributes.items()
            if self.random.random() < 0.8 and (value := self._value(field.type)) is not None
        ]
        events: list[Happened] = []
        for event in self._events:
            count = self.random.choice((0, 1, 1, 2, 3, *self._pool.counts))
            template = self._event(event)
            is_alike = self.random.random() < 0.5
            for _ in range(min(count, MOST_EVENTS)):
                made = self._event(event)
                events.append(replace(made, fields=template.fields) if is_alike else made)
        return Draft(tuple(attributes), tuple(events))

    def _changed(self, draft: Draft) -> Draft:
        """The same customer with a change or two."""
        for _ in range(self.random.choice((1, 1, 2, 3))):
            attributes, events = dict(draft.attributes), list(draft.events)
            way = self.random.random()
            if way < 0.35 and self.entity.attributes:
                name = self.random.choice(list(self.entity.attributes))
                value = None if self.random.random() < 0.25 else self._value(self.entity.attributes[name].type)
                attributes.pop(name, None)
                if value is not None:
                    attributes[name] = value
            elif way < 0.6 and self._events:
                made = self._event(self.random.choice(self._events))
                events.append(made)
            elif way < 0.75 and events:
                events.pop(self.random.randrange(len(events)))
            elif events:
                index = self.random.randrange(len(events))
                made = self._event(events[index].event)
                keep = self.random.random()
                if keep < 0.5:
                    made = replace(made, fields=events[index].fields)
                elif keep < 0.8:
                    made = replace(made, time=events[index].time)
                events[index] = made
            draft = Draft(tuple(attributes.items()), tuple(events[:MOST_EVENTS]))
        return draft

    def _event(self, event: str) -> Happened:
        fields = [
            (name, value)
            for name, field in self.model.events[event].fields.items()
            # a field with a lookup is the key there; what the lookup has beside it no example can give
            if self.random.random() < 0.8 and (value := self._value(field.type)) is not None
        ]
        return Happened(event, self.random.choice(self._pool.past), tuple(fields))

    def _value(self, type_: Type) -> Value | None:
        pool = self._pool
        match type_.kind:
            case Kind.BOOL:
                return self.random.random() < 0.5
            case Kind.INT:
                return int(self.random.choice(pool.numbers))
            case Kind.DECIMAL:
                return self.random.choice(pool.numbers)
            case Kind.TEXT:
                return self.random.choice(type_.values or pool.texts)
            case Kind.DATE:
                return self.random.choice(pool.moments).date()
            case Kind.TIME:
                return self.random.choice(pool.moments)
            case Kind.LIST:
                return tuple(text for text in pool.texts if self.random.random() < 0.5)
            case _:
                return None

    # ------------------------------------------------------------ drafts as examples

    def _example(self, draft: Draft) -> Example:
        target = Output("", "segment", self.entity.name, self.outputs[0].type, self.outputs[0].instance)
        attributes = tuple(
            (name, _constant(value, self.entity.attributes[name].type)) for name, value in draft.attributes
        )
        events = []
        for item in draft.events:
            fields = self.model.events[item.event].fields
            given = [(name, _constant(value, fields[name].type)) for name, value in item.fields]
            events.append(GivenEvent(item.event, Moment(item.time), tuple(given)))  # type: ignore[arg-type]
        return Example(target, False, None, attributes, None, tuple(events), _NOWHERE)

    def text(self, draft: Draft) -> str:
        """A customer as an example gives it: `country = "DE", order(10d ago, amount: 30)`."""
        parts = [f"{_name(name)} = {_written(value)}" for name, value in draft.attributes]
        for item in sorted(draft.events, key=lambda item: item.time):
            fields = "".join(f", {_name(name)}: {_written(value)}" for name, value in item.fields)
            parts.append(f"{_name(item.event)}({self._when(item.time)}{fields})")
        return ", ".join(parts)

    def _when(self, time: dt.datetime) -> str:
        back = self.as_of - time
        if back >= dt.timedelta() and not back % _DAY:
            return f"{back // _DAY}d ago"
        return _written(time)


class _Pool:
    """What customers are made of: the constants of a rule, and what lies beside them."""

    def __init__(self, nodes: Sequence[Node], as_of: dt.datetime) -> None:
        numbers = {Decimal(0), Decimal(1)}
        texts: dict[str, None] = {"": None, "other": None}
        moments = {as_of, as_of - _DAY, as_of - 400 * _DAY, as_of + _DAY}
        for node in nodes:
            for found in (node, *(bound.value for bound in node.bounds)) if isinstance(node, Aggregate) else (node,):
                match found:
                    case Moment():
                        moments.update(_around(found.at(as_of)))
                    case Constant(value=bool()):
                        pass
                    case Constant(value=int() | Decimal() as value):
                        numbers.update((Decimal(value), Decimal(value) + 1, Decimal(value) - 1))
                    case Constant(value=str() as text):
                        texts[text] = None
                    case Constant(value=Length() as length):
                        moments.update(_around((-length).after(as_of)))
                    case Constant(value=dt.date() as day):
                        moments.update(_around(dt.datetime.combine(day, dt.time())))
            if isinstance(node, SequenceNode):
                for step in node.steps:
                    if step.within is not None:
                        moments.update(_around((-step.within).after(as_of)))
        self.numbers = sorted(numbers)
        self.texts = list(texts)
        self.moments = sorted(moment for moment in moments if dt.datetime(2, 1, 1) < moment < dt.datetime(9998, 1, 1))
        self.past = [moment for moment in self.moments if moment <= as_of]
        self.counts = [int(number) for number in self.numbers if 2 <= number <= MOST_EVENTS and number % 1 == 0]


def _around(moment: dt.datetime) -> Iterator[dt.datetime]:
    for step in (-_DAY, dt.timedelta(), _DAY):
        try:
            yield moment + step
        except OverflowError:
            continue


def _nodes(checker: Checker, keys: Sequence[Any]) -> Iterator[Node]:
    program = checker.done().program
    for key in needed(program, keys):
        for node in descend(program.instances[key].value):
            if not isinstance(node, Reference):
                yield node


def _events_of(node: Node) -> Iterator[str]:
    if isinstance(node, Aggregate):
        yield node.event
    elif isinstance(node, SequenceNode):
        yield from (step.event for step in node.steps)


def _fewer(draft: Draft) -> Iterator[Draft]:
    """A customer with one thing less."""
    for index in range(len(draft.events)):
        yield replace(draft, events=(*draft.events[:index], *draft.events[index + 1 :]))
    for index in range(len(draft.attributes)):
        yield replace(draft, attributes=(*draft.attributes[:index], *draft.attributes[index + 1 :]))
    for index, event in enumerate(draft.events):
        for field in range(len(event.fields)):
            less = replace(event, fields=(*event.fields[:field], *event.fields[field + 1 :]))
            yield replace(draft, events=(*draft.events[:index], less, *draft.events[index + 1 :]))


def _constant(value: Value, type_: Type) -> Constant | Moment | tuple[Constant, ...]:
    if isinstance(value, tuple):
        return tuple(Constant(item, Type(Kind.TEXT)) for item in value)
    if isinstance(value, dt.datetime):
        return Moment(value)
    return Constant(value, DATE if type_.kind is Kind.DATE else type_)


def _name(name: str) -> str:
    return literals.name(Identifier(name, _NOWHERE))


def _written(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return literals.quoted(value)
        case tuple():
            inner = ", ".join(map(literals.quoted, value))
            return f"({inner}{',' if len(value) == 1 else ''})" if value else "()"
        case dt.datetime():
            return literals.time(value)
        case dt.date():
            return value.isoformat()
        case Decimal():
            return f"{value.normalize():f}"
        case _:
            return str(value)
