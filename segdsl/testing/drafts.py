"""Customers that are made up: attributes and events, and how an example gives them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from segdsl.diagnostics import Source, Span
from segdsl.exact import EXACT
from segdsl.syntax import literals
from segdsl.syntax.tree import Identifier

Value = bool | int | Decimal | str | dt.date | dt.datetime | tuple[str, ...]
_DAY = dt.timedelta(days=1)
NOWHERE = Span(Source("", ""), 0, 0)


@dataclass(frozen=True)
class Happened:
    """An event of a draft."""

    event: str
    time: dt.datetime
    fields: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True)
class Draft:
    """A customer that has just what stands here; the parent is its own, and only the key of it known."""

    attributes: tuple[tuple[str, Value], ...] = ()
    events: tuple[Happened, ...] = ()
    has_parent: bool = False

    @property
    def size(self) -> int:
        items = sum(len(value) if isinstance(value, tuple) else 1 for _, value in self.attributes)
        return items + self.has_parent + sum(1 + len(event.fields) for event in self.events)


def fewer(draft: Draft) -> Iterator[Draft]:
    """A customer with less: without many things at once, and without one."""
    if draft.has_parent:
        yield replace(draft, has_parent=False)
    half = len(draft.events) // 2
    if half > 1:
        yield replace(draft, events=draft.events[:half])
        yield replace(draft, events=draft.events[half:])
    if len(draft.attributes) > 1:
        yield replace(draft, attributes=())
    for name in {name: None for event in draft.events for name, _ in event.fields}:
        yield replace(draft, events=tuple(_without(event, name) for event in draft.events))
    for index in range(len(draft.events)):
        yield replace(draft, events=(*draft.events[:index], *draft.events[index + 1 :]))
    for index, (attribute, value) in enumerate(draft.attributes):
        before, after = draft.attributes[:index], draft.attributes[index + 1 :]
        yield replace(draft, attributes=(*before, *after))
        if isinstance(value, tuple) and len(value) > 1:
            for item in value:
                left: Value = tuple(each for each in value if each != item)
                yield replace(draft, attributes=(*before, (attribute, left), *after))
    for index, event in enumerate(draft.events):
        for name, _ in event.fields:
            yield replace(draft, events=(*draft.events[:index], _without(event, name), *draft.events[index + 1 :]))


def _without(event: Happened, field: str) -> Happened:
    return replace(event, fields=tuple((name, value) for name, value in event.fields if name != field))


def plainer(draft: Draft, as_of: dt.datetime) -> Iterator[Draft]:
    """A customer with one time at a whole number of days before as-of."""
    for index, event in enumerate(draft.events):
        back = as_of - event.time
        for days in (back // _DAY, back // _DAY + 1) if back % _DAY else ():
            moved = replace(event, time=as_of - days * _DAY)
            yield replace(draft, events=(*draft.events[:index], moved, *draft.events[index + 1 :]))


def as_facts(draft: Draft, as_of: dt.datetime, parent: str = "") -> str:
    """A customer as an example gives it: `country = "DE", order(10d ago, amount: 30)`; its parent as `parent` says."""
    parts = [parent] if draft.has_parent else []
    parts += [f"{_name(name)} = {_written(value)}" for name, value in draft.attributes]
    for item in sorted(draft.events, key=lambda item: item.time):
        fields = "".join(f", {_name(name)}: {_written(value)}" for name, value in item.fields)
        parts.append(f"{_name(item.event)}({_when(item.time, as_of)}{fields})")
    return ", ".join(parts)


def _when(time: dt.datetime, as_of: dt.datetime) -> str:
    back = as_of - time
    if back >= dt.timedelta() and not back % _DAY:
        return f"{back // _DAY}d ago"
    return _written(time)


def _name(name: str) -> str:
    return literals.name(Identifier(name, NOWHERE))


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
            return f"{EXACT.normalize(value):f}"
        case _:
            return str(value)
