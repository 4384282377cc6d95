"""Customers made of the constants that stand in a rule, of what lies beside these, and changed in a thing or two."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal

from segdsl.exact import EXACT
from segdsl.model.model import Entity, Model
from segdsl.moment import OutsideCalendar
from segdsl.program import Aggregate, Constant, Length, Moment, Node
from segdsl.program import Sequence as SequenceNode
from segdsl.testing.drafts import Draft, Happened, Value
from segdsl.types import Kind, Type

MOST_EVENTS = 24
_DAY = dt.timedelta(days=1)
# texts of a length are made up to this one
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Hints:
    """Values that somebody else has found to be good ones: a solver."""

    attributes: tuple[tuple[str, Value], ...] = ()
    numbers: tuple[Decimal, ...] = ()
    moments: tuple[dt.datetime, ...] = ()


class Pool:
    """What customers are made of."""

    def __init__(self, nodes: Sequence[Node], as_of: dt.datetime, hints: Hints) -> None:
        numbers = {Decimal(0), Decimal(1), *hints.numbers}
        texts: dict[str, None] = {"": None, "other": None}
        moments = {as_of, as_of - _DAY, as_of - 400 * _DAY, as_of + _DAY, *hints.moments}
        for node in nodes:
            for found in (node, *(bound.value for bound in node.bounds)) if isinstance(node, Aggregate) else (node,):
                match found:
                    case Moment():
                        moments.update(_around(found.at(as_of)))
                    case Constant(value=bool()):
                        pass
                    case Constant(value=int() | Decimal() as value):
                        numbers.update((Decimal(value), EXACT.add(value, 1), EXACT.subtract(value, 1)))
                    case Constant(value=str() as text):
                        texts[text] = None
                    case Constant(value=Length() as length):
                        with suppress(OutsideCalendar):  # an age can be compared with any length
                            moments.update(_around((-length).after(as_of)))
                    case Constant(value=dt.date() as day):
                        moments.update(_around(dt.datetime.combine(day, dt.time())))
            if isinstance(node, SequenceNode):
                for step in node.steps:
                    if step.within is not None:
                        moments.update(_around((-step.within).after(as_of)))
        self.numbers = sorted(numbers)
        whole = [int(number) for number in self.numbers if number == int(number)]
        self.counts = [number for number in whole if 2 <= number <= MOST_EVENTS]
        self.texts = list(texts)
        if any(_measures_texts(node) for node in nodes):
            self.texts += ["x" * number for number in whole if 0 < number <= _LONGEST]
        self.moments = sorted(moment for moment in moments if dt.datetime(2, 1, 1) < moment < dt.datetime(9998, 1, 1))
        self.past = [moment for moment in self.moments if moment <= as_of]


class Maker:
    """Makes customers of an entity out of a pool."""

    def __init__(self, model: Model, entity: Entity, events: Iterable[str], pool: Pool, has_parent: bool) -> None:
        self.model, self.entity, self.pool, self.has_parent = model, entity, pool, has_parent
        self.events = list(events)
        self.random = random.Random(7)

    def any(self) -> Draft:
        """A customer at random. The events of a kind are often alike: a sum or a count takes many of them."""
        attributes = [
            (name, value)
            for name, field in self.entity.attributes.items()
            if self.random.random() < 0.8 and (value := self._value(field.type)) is not None
        ]
        events: list[Happened] = []
        for event in self.events:
            made = [self._event(event) for _ in range(self.random.choice((0, 1, 1, 2, 3, *self.pool.counts)))]
            if made and self.random.random() < 0.5:
                made = [replace(one, fields=made[0].fields) for one in made]
            if self.random.random() < 0.4:
                made = self._ordered(made)
            events.extend(made[:MOST_EVENTS])
        return Draft(tuple(attributes), tuple(events), self._parent())

    def changed(self, draft: Draft) -> Draft:
        """The same customer with a change or two."""
        for _ in range(self.random.choice((1, 1, 2, 3))):
            way = self.random.random()
            if self.has_parent and way > 0.9:
                draft = replace(draft, has_parent=self._parent())
            elif way < 0.35 and self.entity.attributes:
                draft = self._other_attribute(draft)
            elif self.events:
                draft = replace(draft, events=tuple(self._other_events(list(draft.events), way))[:MOST_EVENTS])
        return draft

    def _other_attribute(self, draft: Draft) -> Draft:
        attributes = dict(draft.attributes)
        name = self.random.choice(list(self.entity.attributes))
        value = None if self.random.random() < 0.25 else self._value(self.entity.attributes[name].type)
        attributes.pop(name, None)
        if value is not None:
            attributes[name] = value
        return replace(draft, attributes=tuple(attributes.items()))

    def _other_events(self, events: list[Happened], way: float) -> list[Happened]:
        if not events or way < 0.5:
            return [*events, self._event(self.random.choice(self.events))]
        index = self.random.randrange(len(events))
        one = events[index]
        if way < 0.6:
            return [*events, one if self.random.random() < 0.5 else replace(one, time=self._past())]
        if way < 0.7:
            return [*events[:index], *events[index + 1 :]]
        if way < 0.8:
            # all of a kind at one time, or at equal distances; or with what one of them has
            same = [item for item in events if item.event == one.event]
            others = [item for item in events if item.event != one.event]
            if self.random.random() < 0.4:
                return [*others, *(replace(item, fields=one.fields) for item in same)]
            return [*others, *self._ordered(same)]
        made, keep = self._event(one.event), self.random.random()
        if keep < 0.5:
            made = replace(made, fields=one.fields)
        elif keep < 0.8:
            made = replace(made, time=one.time)
        events[index] = made
        return events

    def _ordered(self, events: list[Happened]) -> list[Happened]:
        """Events moved to one time, or spread evenly from one to another."""
        first, last = sorted((self._past(), self._past()))
        if len(events) < 2 or self.random.random() < 0.5:
            return [replace(one, time=last) for one in events]
        step = (last - first) // (len(events) - 1)
        step -= step % (_DAY if step >= _DAY else dt.timedelta(hours=1))
        return [replace(one, time=last - number * step) for number, one in enumerate(events)]

    def _event(self, event: str) -> Happened:
        fields = [
            (name, value)
            for name, field in self.model.events[event].fields.items()
            # a field with a lookup is the key there; what the lookup has beside it no example can give
            if self.random.random() < 0.8 and (value := self._value(field.type)) is not None
        ]
        return Happened(event, self._past(), tuple(fields))

    def _parent(self) -> bool:
        return self.has_parent and self.random.random() < 0.7

    def _past(self) -> dt.datetime:
        return self.random.choice(self.pool.past)

    def _value(self, type_: Type) -> Value | None:
        pool = self.pool
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


def _measures_texts(node: Node) -> bool:
    return getattr(getattr(node, "function", None), "name", "") == "length"


def _around(moment: dt.datetime) -> Iterator[dt.datetime]:
    for step in (-_DAY, dt.timedelta(), _DAY):
        try:
            yield moment + step
        except OverflowError:
            continue
