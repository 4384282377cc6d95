"""The model against the data at hand: whether its columns are there, and can be what it says they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, partial

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Span
from segdsl.engines.collations import by_code_point, has_collations, is_collated
from segdsl.engines.columns import can_be, is_empty_column, kind_of, said
from segdsl.engines.engine import Engine
from segdsl.engines.keyless import keyless
from segdsl.engines.problem import EngineProblem
from segdsl.engines.read_as import FileReader, PartColumns
from segdsl.engines.sources import (
    FileRelation,
    Relation,
    Scope,
    TableRelation,
    Types,
    files_of,
    relation_tree,
    resolve_select,
    resolve_table,
)
from segdsl.engines.torn import torn_files
from segdsl.engines.translate import translated
from segdsl.engines.twins import twins
from segdsl.model.columns import columns_of, field_type_of, fields_of, key_type_of
from segdsl.model.model import Entity, Event, Field, Key, Lookup, Model, Relational
from segdsl.model.schema import PartName, Rows, Schema
from segdsl.types import TIME, Type


def describe_model(
    model: Model, engine: Engine, wanted: Iterable[PartName] | None = None
) -> tuple[Schema, list[Diagnostic]]:
    """The rows of the parts that are wanted (all, where it is left out), and what about them is not as the model says.

    An entity whose population comes from its events has no rows of its own, and is left out of the schema.
    """
    description = _Description(model, engine)
    for part in dict.fromkeys(_all_parts(model) if wanted is None else wanted):
        description.add(part)
    description.compare_keys()
    return Schema(description.rows), description.diagnostics


def _all_parts(model: Model) -> list[PartName]:
    entities: list[PartName] = [("entity", name) for name in model.entities]
    events: list[PartName] = [("event", name) for name in model.events]
    return [*entities, *events, *(("lookup", name) for name in model.lookups)]


class _Description:
    """The rows found so far, and the findings."""

    def __init__(self, model: Model, engine: Engine) -> None:
        self.model = model
        self.engine = engine
        self.scope = engine.scope
        self.rows: dict[PartName, Rows] = {}
        self.diagnostics: list[Diagnostic] = []
        self.files = FileReader(engine, model.timezone)
        self.has_collations = cache(lambda: has_collations(engine))

    def add(self, name: PartName) -> None:
        """Resolves and describes a part, and checks its columns one by one."""
        kind, _ = name
        part = part_of(self.model, name)
        if part.table is None and part.sql is None:
            return
        what = f"{kind} `{part.name}`"
        of_part = part_columns(self.model, part, what)
        span = part.span("table", "sql")
        relation: Relation | None = None
        try:
            own = resolve_part(part, self.scope, what, span)
            relation = translated(own, self.engine.dialect, self.model, what, span, self._columns)
            types, columns = self._described(relation, of_part, what, span)
            of_file = partial(self._of_file, relation, columns)
            self.diagnostics.extend(twins(relation, of_part.read, self.engine, of_file, what, span))
        except EngineProblem as problem:
            self.diagnostics.extend(self._torn(relation, of_part, span) or problem.diagnostics)
            return
        tree = relation_tree(relation, types)
        dialect = self.engine.dialect
        if dialect.collated and is_collated(relation, self.has_collations):
            tree = by_code_point(tree, columns, dialect)
        self.rows[name] = Rows(columns, tree, files=_parquet(relation))
        if not all(map(self.rows[name].type_of, of_part.read)) and (torn := self._torn(relation, of_part, span)):
            self.diagnostics.extend(torn)
            return
        needed = [part.key.column, part.time] if isinstance(part, Event) else [part.key.column]
        self.diagnostics.extend(keyless(relation, needed, of_file, self.engine, span))
        for column, spot, spot_what, type_ in columns_of(self.model, part, what):
            found = self.rows[name].type_of(column)
            if found is None:
                self.diagnostics.append(problems.missing_column(column, what, columns, spot))
            elif type_ is not None and not can_be(found, type_):
                self.diagnostics.append(problems.not_castable(spot_what, str(type_), column, said(found), spot))

    def _columns(self, table: TableRelation) -> Mapping[str, str]:
        """The columns of a table that a `sql` reads."""
        return self.engine.describe(table, what=f"table `{'.'.join(table.parts)}`")

    def _torn(self, relation: Relation | None, of_part: PartColumns, span: Span | None) -> list[Diagnostic]:
        """What is wrong with the files of a relation, where DuckDB makes no rows of them, or rows of other columns."""
        columns = of_part.read if isinstance(relation, FileRelation) else ()
        files = [] if relation is None else files_of(relation)
        told = torn_files((path for file in files for path in file.paths), self.scope.folder, span, columns)
        return [] if told is None else [told]

    def compare_keys(self) -> None:
        """Keys that are to meet must be of one kind, or have a stated type."""
        for event in self.model.events.values():
            entity = self.model.entities[event.of]
            here = self._key(("event", event.name), event.key, f"`key` of event `{event.name}`")
            there = self._entity_key(entity, event)
            self._compare(here, there, self.model.key_type(entity.name), f"entity `{entity.name}`", entity.key.column)
            for field in event.fields.values():
                lookup = self.model.lookup_of(field)
                if lookup is not None:
                    self._compare_lookup(event, field, lookup)
        for child in self.model.entities.values():
            if child.parent is not None:
                entity = self.model.entities[child.parent.entity]
                what = f"`key` of the parent of entity `{child.name}`"
                here = self._key(("entity", child.name), child.parent.key, what)
                there = self._entity_key(entity, None)
                self._compare(
                    here, there, self.model.key_type(entity.name), f"entity `{entity.name}`", entity.key.column
                )

    def _compare_lookup(self, event: Event, field: Field, lookup: Lookup) -> None:
        column = Key(column=field.column, spans=field.spans)
        here = self._key(("event", event.name), column, f"field `{field.name}` of event `{event.name}`")
        there = self._key(("lookup", lookup.name), lookup.key, f"`key` of lookup `{lookup.name}`")
        self._compare(here, there, lookup.key.type, f"lookup `{lookup.name}`", lookup.key.column)

    def _entity_key(self, entity: Entity, event: Event | None) -> _KeyColumn | None:
        """The column that an entity's keys come from: its own, or that of its first event."""
        if not entity.from_events:
            return self._key(("entity", entity.name), entity.key, f"`key` of entity `{entity.name}`")
        for other in self.model.events_of(entity.name):
            if other is event:
                return None
            if ("event", other.name) in self.rows:
                return self._key(("event", other.name), other.key, f"`key` of event `{other.name}`")
        return None

    def _key(self, name: PartName, key: Key, what: str) -> _KeyColumn | None:
        rows = self.rows.get(name)
        found = rows.type_of(key.column) if rows else None
        return None if rows is None or found is None else _KeyColumn(what, key, found, rows)

    def _compare(
        self, here: _KeyColumn | None, there: _KeyColumn | None, stated: Type | None, owner: str, column: str
    ) -> None:
        if here is None or there is None or stated is not None:
            return
        kinds = kind_of(here.found), kind_of(there.found)
        if kinds[0] == kinds[1] or None in kinds or self._is_empty(here) or self._is_empty(there):
            return
        advice = f"state the type at {owner}: `key: {{column: {column}, type: text}}`"
        one, other = (here.what, said(here.found)), (there.what, said(there.found))
        self.diagnostics.append(problems.key_kinds_differ(one, other, advice, here.key.span("column")))

    def _is_empty(self, key: _KeyColumn) -> bool:
        """Whether a column holds nothing: then its type is a guess of the reader."""
        try:
            return is_empty_column(self.engine, key.rows.tree, key.key.column)
        except EngineProblem:
            return False

    def _described(
        self, relation: Relation, of_part: PartColumns, what: str, span: Span | None
    ) -> tuple[Types, dict[str, str]]:
        """As what the columns of files are read, and the columns of the relation then; raises EngineProblem."""
        refused: EngineProblem | None = None
        found: tuple[Types, dict[str, str]] | None = None
        read = {column.casefold() for column in of_part.read}
        for types in self.files.choices(relation, of_part):
            try:
                columns = self.engine.describe(relation, types, what, span)
            except EngineProblem as problem:
                if problem.is_settled:
                    raise
                refused = refused or problem
                continue
            found = found or (types, columns)
            if read <= {column.casefold() for column in columns}:
                return types, columns
        if found is not None:
            return found
        assert refused is not None
        raise refused

    def _of_file(self, relation: Relation, columns: Mapping[str, str], file: FileRelation) -> Collection[str]:
        """The columns of a file that a relation is, or reads."""
        return columns if file is relation else [name for name, _ in self.files.sniffed(file)]


def part_of(model: Model, name: PartName) -> Relational:
    """The part of a model that a name means."""
    match name:
        case ("entity", entity):
            return model.entities[entity]
        case ("event", event):
            return model.events[event]
        case (_, lookup):
            return model.lookups[lookup]


def part_columns(model: Model, part: Relational, what: str) -> PartColumns:
    """What a model says of the columns of a part: as what its files are read goes by it."""
    return PartColumns(
        dict(_stated(model, part)),
        [column for column, *_ in columns_of(model, part, what)],
        frozenset(key_columns(model, part)),
    )


def resolve_part(part: Relational, scope: Scope, what: str, span: Span | None) -> Relation:
    """Where the rows of a part are; raises EngineProblem."""
    if part.table is not None:
        return resolve_table(part.table, scope, what, span)
    return resolve_select(part.sql or "", scope, what, span)


class _KeyColumn:
    """A key column that is there."""

    def __init__(self, what: str, key: Key, found: str, rows: Rows) -> None:
        self.what, self.key, self.found, self.rows = what, key, found, rows


def _stated(model: Model, part: Relational) -> Iterator[tuple[str, Type]]:
    """The types that the model states for columns, or that they need to have."""
    if isinstance(part, Event):
        yield part.time, TIME
    for field in fields_of(part):
        lookup = model.lookup_of(field)
        # a lookup's key is text by itself, but compared as what it is
        if lookup is None or lookup.key.type is not None or "type" in field.spans:
            yield field.column, field_type_of(model, field)
    if isinstance(part, Entity) and part.parent is not None:
        parent_type = model.key_type(part.parent.entity)
        if parent_type is not None:
            yield part.parent.key.column, parent_type
    key_type = key_type_of(model, part)
    if key_type is not None:
        yield part.key.column, key_type


def key_columns(model: Model, part: Relational) -> Iterator[str]:
    """The columns that are keys, of the part or of others."""
    yield part.key.column
    if isinstance(part, Entity) and part.parent is not None:
        yield part.parent.key.column
    yield from (field.column for field in fields_of(part) if model.lookup_of(field) is not None)


def _parquet(relation: Relation) -> tuple[str, ...]:
    """The paths of Parquet files on a disk that a relation is the rows of."""
    if not isinstance(relation, FileRelation) or relation.format != "parquet":
        return ()
    return () if any("://" in path for path in relation.paths) else relation.paths
