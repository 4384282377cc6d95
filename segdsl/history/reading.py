"""What definitions read of a model, and what a model says of that: all that their members can depend on beside their
rules and the data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Literal

from segdsl.engines.describe import part_columns
from segdsl.engines.files import format_of
from segdsl.engines.read_as import PartColumns
from segdsl.engines.sources import free_tables
from segdsl.model.columns import fields_of
from segdsl.model.model import Entity, Event, Model, Relational
from segdsl.plan.nodes import nodes_needed
from segdsl.program import (
    Aggregate,
    Attribute,
    Begun,
    ChildAggregate,
    Field,
    InstanceKey,
    LookupField,
    Node,
    Output,
    ParentValue,
    Past,
    Program,
    Reference,
)
from segdsl.program import Sequence as SequenceNode
from segdsl.types import Type
from segdsl.values import frozen


@frozen
class Read:
    """Something of a model that definitions read: the rows of a part, with their keys and times; a field of it; whose
    child a row is. Or what is no part: the time zone, and where the history is."""

    kind: Literal["entity", "event", "lookup", "time zone", "history store"]
    name: str = ""
    what: Literal["rows", "field", "parent"] = "rows"
    field: str = ""

    @property
    def part(self) -> str:
        """The part of the model, as people are told of it: `event order`, `time zone`."""
        return f"{self.kind} {self.name}".rstrip()


ZONE = Read("time zone")
HISTORY = Read("history store")


def reads_of(program: Program, roots: Iterable[InstanceKey]) -> dict[InstanceKey, frozenset[Read]]:
    """What each instance that some need reads, through all that it refers to."""
    found: dict[InstanceKey, frozenset[Read]] = {}
    for key, nodes in nodes_needed(program, roots).items():
        # clocks may be in any value that is not what the model says of it: a cast to text, a `sql`
        own = {ZONE, Read("entity", program.instances[key].entity)}
        for node in nodes:
            own.update(_reads(node))
        below = (found[node.instance] for node in nodes if isinstance(node, Reference))
        found[key] = frozenset(own).union(*below)
    return found


def _reads(node: Node) -> Iterator[Read]:
    match node:
        case Attribute(entity=entity, name=name):
            yield Read("entity", entity, "field", name)
        case ParentValue(child=child, parent=parent):
            yield from (Read("entity", child, "parent"), Read("entity", parent))
        case ChildAggregate(child=child):
            yield from (Read("entity", child, "parent"), Read("entity", child))
        case Aggregate(event=event):
            yield Read("event", event)
        case SequenceNode(steps=steps):
            yield from (Read("event", step.event) for step in steps)
        case Field(event=event, name=name):
            yield Read("event", event, "field", name)
        case LookupField(event=event, field=field, lookup=lookup, name=name):
            yield from (Read("event", event, "field", field), Read("lookup", lookup))
            yield Read("lookup", lookup, "field", name)
        case Past() | Begun():
            yield HISTORY
        case _:
            pass


class Stated:
    """What a model says of what is read of it, as values that are equal where no member can differ. None: nothing."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._known: dict[Read, object] = {}
        self._columns: dict[Read, PartColumns] = {}

    def of(self, read: Read) -> object:
        """What the model says of something; worked out once."""
        if read not in self._known:
            self._known[read] = self._of(read)
        return self._known[read]

    def _of(self, read: Read) -> object:
        model = self.model
        if read == ZONE:
            return model.timezone
        if read == HISTORY:
            kept = model.history
            return kept and (kept.engine, kept.schema_name, model.name, "name" in model.spans)
        groups: dict[str, Mapping[str, Relational]] = {
            "entity": model.entities,
            "event": model.events,
            "lookup": model.lookups,
        }
        part = groups[read.kind].get(read.name)
        if part is None:
            return None
        if read.what == "field":
            field = {item.name: item for item in fields_of(part)}.get(read.field)
            return field and (self._column(read, part, field.column), field.type.kind.value)
        if read.what == "parent":
            parent = part.parent if isinstance(part, Entity) else None
            key_type = parent and _kind(model.key_type(parent.entity))
            return parent and (parent.entity, self._column(read, part, parent.key.column), key_type)
        return self._rows(read, part)

    def _rows(self, read: Read, part: Relational) -> object:
        """Where the rows of a part are, and whose and when they are."""
        model, key = self.model, self._column(read, part, part.key.column)
        match part:
            case Event():
                time = self._column(read, part, part.time)
                return self._source(read, part), part.of, key, _kind(model.key_type(part.of)), time
            case Entity(from_events=True):
                return key, {event.name: self.of(Read("event", event.name)) for event in model.events_of(part.name)}
            case Entity():
                return self._source(read, part), key, _kind(model.key_type(part.name))
            case _:
                return self._source(read, part), key, _kind(model.lookup_key_type(part.name))

    def _source(self, read: Read, part: Relational) -> object:
        """The text that names the rows, and what the names in it stand for."""
        tables = self.model.tables
        if part.table is not None:
            named = {part.table: tables[part.table]} if part.table in tables else {}
            return part.table, named, self._database([named.get(part.table, part.table)])
        from segdsl.model.select import parse_select

        names = [table.name for table in free_tables(parse_select(part.sql or ""))]
        wanted = {name.casefold() for name in names}
        # of names that differ in letter case alone the first counts
        found = [(name, place) for name, place in tables.items() if name.casefold() in wanted]
        known = {name.casefold() for name, _ in found}
        places = [place for _, place in found]
        database = self._database([*places, *(name for name in names if name.casefold() not in known)])
        if all(format_of(place) == "parquet" for place in places):
            return part.sql, found, database
        # as what the columns of a file of texts are read is told by all that the model says of the part
        columns = self._columns_of(read, part)
        stated = [(column, type_.kind.value) for column, type_ in columns.stated.items()]
        return part.sql, found, database, stated, frozenset(columns.read), columns.keys

    def _database(self, places: Iterable[str]) -> str | None:
        """The database, where one of the places may be a table of it."""
        return self.model.database if any(format_of(place) is None for place in places) else None

    def _column(self, read: Read, part: Relational, column: str) -> object:
        """A column, and all that is said of it by whatever field: the reader of a file goes by it."""
        columns, name = self._columns_of(read, part), column.casefold()
        stated = [(other, type_.kind.value) for other, type_ in columns.stated.items() if other.casefold() == name]
        return column, stated, name in {key.casefold() for key in columns.keys}

    def _columns_of(self, read: Read, part: Relational) -> PartColumns:
        rows = Read(read.kind, read.name)
        if rows not in self._columns:
            self._columns[rows] = part_columns(self.model, part, rows.part)
        return self._columns[rows]


def _kind(type_: Type | None) -> object:
    return type_ and type_.kind.value


def readings(model: Model, program: Program, outputs: Sequence[Output]) -> dict[str, dict[str, str]]:
    """What a model says of all that each definition reads, as a hash by entity and name: where it is the same, the
    same rule gives the same members of the same data, by whichever model."""
    read_by = reads_of(program, [output.instance for output in outputs])
    stated = Stated(model)
    said = {read: json.dumps([_plain(read), _plain(stated.of(read))]) for read in frozenset().union(*read_by.values())}
    found: dict[str, dict[str, str]] = {}
    for output in outputs:
        text = "\n".join(sorted(said[read] for read in read_by[output.instance]))
        digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        found.setdefault(output.entity, {})[output.name] = digest[:16]
    return found


def _plain(value: object) -> object:
    """A value that a model states, as one that has one text in every process: sets and mappings in order."""
    match value:
        case None | str() | bool() | int():
            return value
        case Read():
            return [value.kind, value.name, value.what, value.field]
        case tuple() | list():
            return [_plain(item) for item in value]
        case frozenset() | set():
            return sorted((_plain(item) for item in value), key=json.dumps)
        case Mapping():
            return sorted(([_plain(key), _plain(item)] for key, item in value.items()), key=json.dumps)
    raise TypeError(f"no text for {value!r}")
