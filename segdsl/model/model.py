"""The model as frozen pydantic classes: what `segdsl.yaml` says, short forms written out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pydantic
from pydantic import BaseModel, ConfigDict, InstanceOf

from segdsl.diagnostics import Span
from segdsl.model.clocks import clock_time
from segdsl.types import TEXT, Type


class Part(BaseModel):
    """A part of the model that remembers where its keys stand; the places take no part in equality."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spans: Mapping[str, InstanceOf[Span]] = pydantic.Field(default_factory=dict, repr=False, exclude=True)

    def span(self, *keys: str) -> Span | None:
        """Where the value of the first of these keys stands that was written; else where the part's own name does."""
        for key in (*keys, ""):
            if key in self.spans:
                return self.spans[key]
        return None

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Part) and self._said() == other._said()

    def __hash__(self) -> int:
        return hash(repr(self))

    def _said(self) -> dict[str, object]:
        return {name: value for name, value in self if name != "spans"}


class Key(Part):
    """The column that says whose row it is, and its type where the model states one."""

    column: str
    type: InstanceOf[Type] | None = None


class Field(Part):
    """An attribute of an entity, or a field of an event or a lookup.

    The type is the stated one; for a field with a lookup else the lookup key's stated one, else text.
    """

    name: str
    column: str
    type: InstanceOf[Type] = TEXT
    lookup: str | None = None


class Parent(Part):
    """The entity that the rows of this one belong to, and the column here that holds its key."""

    entity: str
    key: Key


class Relational(Part):
    """What has rows: of a named table, or of one SELECT."""

    name: str
    table: str | None = None
    sql: str | None = None
    key: Key


class Entity(Relational):
    """Whom segments hold. Without `table` and `sql` its population is the distinct keys of its events."""

    attributes: dict[str, Field] = {}
    parent: Parent | None = None

    @property
    def from_events(self) -> bool:
        """Whether the population comes from the events, for want of a table."""
        return self.table is None and self.sql is None


class Event(Relational):
    """What happened to an entity, and when."""

    of: str
    time: str
    fields: dict[str, Field] = {}


class Lookup(Relational):
    """A table that fields of events are keys of."""

    fields: dict[str, Field] = {}


class Metrics(Part):
    """How metrics are measured: groups below `min_size` customers are not shown; values for params of metrics, as the
    language writes them, by metric and param."""

    min_size: int = 10
    params: dict[str, dict[str, str]] = {}


class HistoryStore(Part):
    """The schema that runs are saved into, on the engine of a URL or profile, in place of a file beside the catalog."""

    engine: str
    schema_name: str = "segdsl"


class Lint(Part):
    """Which warnings are told: `select` in place of the usual ones (`all`: every one), `extend` beside them, without
    those in `ignore`."""

    select: tuple[str, ...] = ()
    extend: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


class Model(Part):
    """A whole `segdsl.yaml`. Its dates and times are wall-clock times of its time zone."""

    name: str = "catalog"
    timezone: str = "UTC"
    as_of: datetime | date | None = None
    database: str | None = None
    tables: dict[str, str] = {}
    entities: dict[str, Entity]
    events: dict[str, Event] = {}
    lookups: dict[str, Lookup] = {}
    metrics: Metrics = Metrics()
    lint: Lint = Lint()
    history: HistoryStore | None = None

    def clock_time(self, time: datetime) -> datetime:
        """A time as the clocks of the model's zone show it; raises OverflowError outside the years 1 to 9999."""
        return time if time.tzinfo is None else clock_time(time, self.timezone)

    def now(self) -> datetime:
        """What these clocks show now."""
        return self.clock_time(datetime.now(UTC))

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

    def owners(self, entity: str) -> tuple[str, ...]:
        """Whose values the rules of an entity read: its own, and its parent's. With these names a path can begin."""
        parent = self.parent_of(entity)
        return (entity,) if parent is None else (entity, parent.name)

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
