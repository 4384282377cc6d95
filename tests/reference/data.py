"""What a world holds, in the types of its model: populations, events, lookups, children."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.reference.moments import as_day, as_time
from tests.reference.numbers import half_away, whole_half_away
from tests.reference.values import Value
from tests.world import World, column_of, key_column, type_of


@dataclass(frozen=True)
class Event:
    """One event: when it was, and its row."""

    at: dt.datetime
    row: Mapping[str, Any]


def read(kind: str | None, value: Any) -> Value:
    """A value of a table, in the type that the model states; decimals keep ten digits."""
    if value is None:
        return None
    match kind:
        case "decimal":
            return half_away(Fraction(Decimal(str(value))))
        case "int":
            return whole_half_away(Fraction(Decimal(str(value))))
        case "date":
            return as_day(value)
        case "timestamp":
            return as_time(value)
        case "list(text)":
            return tuple(str(item) for item in value if item is not None)
        case "bool":
            return bool(value)
        case _:
            return str(value)


class Data:
    """The rows of a world by entity, event and lookup, each by its key as text."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.entities: dict[str, dict[str, Any]] = world.model["entities"]
        self.event_specs: dict[str, dict[str, Any]] = world.model.get("events") or {}
        self.lookup_specs: dict[str, dict[str, Any]] = world.model.get("lookups") or {}
        self.lookups = {name: self._by_key(spec) for name, spec in self.lookup_specs.items()}
        self.events = {name: self._events(spec) for name, spec in self.event_specs.items()}
        self.population = {name: self._population(name, spec) for name, spec in self.entities.items()}
        self.children = {name: self._children(name) for name in self.entities}
        self.kinds: dict[tuple[Any, ...], Any] = {}  # of definitions, once they were asked for

    def owner(self, event: str) -> str:
        """The entity whose events these are."""
        return str(self.event_specs[event].get("of") or next(iter(self.entities)))

    def seen(self, event: str, key: str, until: dt.datetime) -> list[Event]:
        """The events of a customer at or before a moment, in the order of time."""
        return [one for one in self.events[event].get(key, []) if one.at <= until]

    def field(self, event: str, one: Event, path: tuple[str, ...]) -> Value:
        """A field of an event, through lookups where the path goes on."""
        specs = self.event_specs[event].get("fields") or {}
        if path == ("at",) and "at" not in specs:
            return one.at
        return self._field(specs, one.row, path)

    def field_spec(self, event: str, path: tuple[str, ...]) -> tuple[bool, Any]:
        """Whether an event has such a field, and what the model says about it."""
        specs = self.event_specs[event].get("fields") or {}
        if path == ("at",) and "at" not in specs:
            return True, "timestamp"
        spec: Any = None
        for name in path:
            if name not in specs:
                return False, None
            spec = specs[name]
            lookup = spec.get("lookup") if isinstance(spec, dict) else None
            specs = (self.lookup_specs[lookup].get("fields") or {}) if lookup else {}
        return True, spec

    def attribute(self, entity: str, key: str, name: str) -> Value:
        """An attribute of a member of the population."""
        spec = self.entities[entity]["attributes"][name]
        return read(type_of(spec), self.population[entity][key].get(column_of(name, spec)))

    def parent(self, entity: str, key: str) -> str | None:
        """The key of the parent, where it has one that is in its population."""
        link = self.entities[entity]["parent"]
        value = self.population[entity][key].get(key_column(link["key"]))
        return str(value) if value is not None and str(value) in self.population[link["entity"]] else None

    def parent_name(self, entity: str) -> str | None:
        link = self.entities[entity].get("parent")
        return None if link is None else str(link["entity"])

    def _field(self, specs: Mapping[str, Any], row: Mapping[str, Any], path: tuple[str, ...]) -> Value:
        spec = specs[path[0]]
        value = row.get(column_of(path[0], spec))
        if len(path) == 1:
            return read(type_of(spec), value)
        lookup = spec["lookup"]
        found = None if value is None else self.lookups[lookup].get(str(value))
        return None if found is None else self._field(self.lookup_specs[lookup]["fields"], found, path[1:])

    def _by_key(self, spec: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        column = key_column(spec["key"])
        out: dict[str, Mapping[str, Any]] = {}
        for row in self.world.tables.get(spec["table"], []):
            if row.get(column) is not None:
                out.setdefault(str(row[column]), row)
        return out

    def _events(self, spec: Mapping[str, Any]) -> dict[str, list[Event]]:
        key, time = key_column(spec["key"]), key_column(spec["time"])
        out: dict[str, list[Event]] = {}
        for row in self.world.tables.get(spec["table"], []):
            if row.get(key) is not None and row.get(time) is not None:
                out.setdefault(str(row[key]), []).append(Event(as_time(row[time]), row))
        return {owner: sorted(events, key=lambda one: one.at) for owner, events in out.items()}

    def _population(self, name: str, spec: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        if "table" in spec:
            return self._by_key(spec)
        keys: dict[str, Mapping[str, Any]] = {
            key: {}
            for event in self.event_specs
            if self.owner(event) == name
            for key, events in self.events[event].items()
            if events[0].at <= self.world.as_of
        }
        return {key: keys[key] for key in sorted(keys)}

    def _children(self, name: str) -> dict[str, list[str]]:
        out: dict[str, list[str]] = {}
        if self.parent_name(name) is not None:
            for key in self.population[name]:
                parent = self.parent(name, key)
                if parent is not None:
                    out.setdefault(parent, []).append(key)
        return out
