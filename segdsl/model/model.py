"""The model as frozen classes: what `segdsl.yaml` says, short forms written out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from segdsl.diagnostics import Span
from segdsl.types import TEXT, Type
from segdsl.values import frozen


@frozen(kw_only=True)
class Part:
    """A part of the model that remembers where its keys stand; the places take no part in equality."""

    spans: Mapping[str, Span] = field(default_factory=dict, repr=False, compare=False)

    def span(self, *keys: str) -> Span | None:
        """Where the value of the first of these keys stands that was written; else where the part's own name does."""
        for key in (*keys, ""):
            if key in self.spans:
                return self.spans[key]
        return None


@frozen(kw_only=True)
class Key(Part):
    """The column that says whose row it is, and its type where the model states one."""

    column: str
    type: Type | None = None


@frozen(kw_only=True)
class Field(Part):
    """An attribute of an entity, or a field of an event or a lookup.

    The type is the stated one; for a field with a lookup else the lookup key's stated one, else text.
    """

    name: str
    column: str
    type: Type = TEXT
    lookup: str | None = None


@frozen(kw_only=True)
class Parent(Part):
    """The entity that the rows of this one belong to, and the column here that holds its key."""

    entity: str
    key: Key


@frozen(kw_only=True)
class Relational(Part):
    """What has rows: of a named table, or of one SELECT."""

    name: str
    table: str | None = None
    sql: str | None = None
    key: Key


@frozen(kw_only=True)
class Entity(Relational):
    """Whom segments hold. Without `table` and `sql` its population is the distinct keys of its events."""

    attributes: dict[str, Field] = field(default_factory=dict)
    parent: Parent | None = None

    @property
    def from_events(self) -> bool:
        """Whether the population comes from the events, for want of a table."""
        return self.table is None and self.sql is None


@frozen(kw_only=True)
class Event(Relational):
    """What happened to an entity, and when."""

    of: str
    time: str
    fields: dict[str, Field] = field(default_factory=dict)


@frozen(kw_only=True)
class Lookup(Relational):
    """A table that fields of events are keys of."""

    fields: dict[str, Field] = field(default_factory=dict)


@frozen(kw_only=True)
class Metrics(Part):
    """How metrics are measured: groups below `min_size` customers are not shown; values for params of metrics, as the
    language writes them, by metric and param."""

    min_size: int = 10
    params: dict[str, dict[str, str]] = field(default_factory=dict)


@frozen(kw_only=True)
class Lint(Part):
    """Which warnings are told: `select` in place of the usual ones (`all`: every one), `extend` beside them, without
    those in `ignore`."""

    select: tuple[str, ...] = ()
    extend: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@frozen(kw_only=True)
class Model(Part):
    """A whole `segdsl.yaml`. Its dates and times are wall-clock times of its time zone."""

    name: str = "catalog"
    timezone: str = "UTC"
    as_of: datetime | date | None = None
    database: str | None = None
    tables: dict[str, str] = field(default_factory=dict)
    entities: dict[str, Entity]
    events: dict[str, Event] = field(default_factory=dict)
    lookups: dict[str, Lookup] = field(default_factory=dict)
    metrics: Metrics = field(default_factory=Metrics)
    lint: Lint = field(default_factory=Lint)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def clock_time(self, time: datetime) -> datetime:
        """A time as the clocks of the model's zone show it; raises OverflowError outside the years 1 to 9999."""
        return time if time.tzinfo is None else time.astimezone(self.zone).replace(tzinfo=None)

    @property
    def default_entity(self) -> Entity:
        """The one that definitions are of when they do not say: the first."""
        return next(iter(self.entities.values()))

    @property
    def table_names(self) -> list[str]:
        """Every text that names rows, apart from those within a `sql`: the names of `tables`, and each `table`."""
        parts: list[Relational] = [*self.entities.values(), *self.events.values(), *self.lookups.values()]
        return list(dict.fromkeys((*self.tables, *(part.table for part in parts if part.table is not None))))

    def children_of(self, entity: str) -> list[Entity]:
        """The entities whose parent this one is."""
        return [child for child in self.entities.values() if child.parent and child.parent.entity == entity]

    def parent_of(self, entity: str) -> Entity | None:
        parent = self.entities[entity].parent
        return self.entities[parent.entity] if parent else None

    def events_of(self, entity: str) -> list[Event]:
        return [event for event in self.events.values() if event.of == entity]

    def lookup_of(self, field: Field) -> Lookup | None:
        return self.lookups[field.lookup] if field.lookup is not None else None

    def key_type(self, entity: str) -> Type | None:
        """The type that an entity's key is compared as on every side, where the model states one anywhere."""
        stated = [self.entities[entity].key.type]
        stated.extend(event.key.type for event in self.events_of(entity))
        stated.extend(child.parent.key.type for child in self.children_of(entity) if child.parent)
        return next((type_ for type_ in stated if type_ is not None), None)

    def lookup_key_type(self, lookup: str) -> Type | None:
        """The type that a lookup's key is compared as on both sides, where the model states one."""
        return self.lookups[lookup].key.type
