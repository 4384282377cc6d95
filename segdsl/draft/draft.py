"""A drafted model as values: parts, each with why it was guessed so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from segdsl.types import Type


@dataclass
class DraftField:
    """An attribute or a field: the column, its type (None: that of its lookup's key), and remarks."""

    name: str
    column: str
    type: Type | None
    lookup: str | None = None
    values: tuple[str, ...] = ()  # a closed set
    remarks: list[str] = field(default_factory=list)


@dataclass
class DraftPart:
    """An entity, an event or a lookup; each `why` is a remark for the line that it stands at."""

    kind: Literal["entity", "event", "lookup"]
    name: str
    table: str | None
    key: str
    rows: int = 0
    sql: str | None = None
    key_type: Type | None = None
    of: str = ""
    time: str = ""
    whole: str | None = None  # the field that several events of one order have in common, where they are its lines
    parent: tuple[str, str] | None = None  # entity, column
    fields: list[DraftField] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    why_key: list[str] = field(default_factory=list)
    why_time: list[str] = field(default_factory=list)
    why_parent: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """One line about what was found."""
        rows = f"{self.rows:,} row{'s' * (self.rows != 1)}"
        match self.kind:
            case "entity" if self.table is None:
                return f"entity {self.name}: the keys of its events"
            case "entity":
                return f"entity {self.name}: {self.table}, key {self.key}, {rows}"
            case "event":
                return f"event {self.name} of {self.of}: {self.table}, key {self.key}, time {self.time}, {rows}"
        return f"lookup {self.name}: {self.table}, key {self.key}, {rows}"


@dataclass
class Draft:
    """The whole model, and what is left for somebody who knows the data."""

    name: str
    database: str | None
    tables: dict[str, str]
    entities: list[DraftPart] = field(default_factory=list)
    events: list[DraftPart] = field(default_factory=list)
    lookups: list[DraftPart] = field(default_factory=list)
    as_of: str | None = None
    open: list[str] = field(default_factory=list)

    def events_of(self, entity: str) -> list[DraftPart]:
        return [event for event in self.events if event.of == entity]

    @property
    def parts(self) -> list[DraftPart]:
        return [*self.entities, *self.events, *self.lookups]
