"""The rows of a model as dbt's sources: a place in the SQL for each table, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from sqlglot import exp

from segdsl.dbt.jinja import Places, Template, literal
from segdsl.engines.describe import part_of
from segdsl.engines.sources import free_tables
from segdsl.model.model import Model
from segdsl.model.schema import PartName, Schema
from segdsl.sql import Dialect
from segdsl.sql.names import Names, ascii_plain

# the schema in which an engine looks for a table that is named without one
_USUAL = {"duckdb": "main", "postgres": "public"}


@dataclass
class _Source:
    """A schema of the warehouse, or the one in which a table is that is named without one (`schema` is empty then)."""

    name: str
    schema: tuple[str, ...]
    tables: dict[str, dict[str, object]] = field(default_factory=dict)
    _names: Names = field(default_factory=Names)

    def take(self, wanted: str, about: Mapping[str, object]) -> str:
        """The name in the source of a table or file that is new to it."""
        name = self._names.take(wanted)
        self.tables[name] = {"name": name, **about}
        return name


@dataclass
class Sources:
    """The sources that have been asked for, by the schemas that they stand for, with their tables."""

    model: Model
    dialect: Dialect
    places: Places
    _sources: dict[tuple[str, ...], _Source] = field(default_factory=dict)
    _names: Names = field(init=False)
    _known: dict[str | tuple[str, ...], tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._names = Names([self.model.name])

    def sourced(self, schema: Schema) -> Schema:
        """The schema with places in which dbt names the tables."""
        return Schema({name: replace(rows, tree=self._tree(name, rows.tree)) for name, rows in schema.parts.items()})

    def _tree(self, part: PartName, tree: exp.Expr) -> exp.Expr:
        # a root of its own, so that a table by itself can be exchanged too
        holder = exp.Paren(this=tree.copy())
        for table in free_tables(holder):
            source, name = self._of_table(tuple(each.name for each in table.parts))
            self._exchange(table, source, name)
        for table in holder.find_all(exp.Table):
            if isinstance(table.this, exp.Anonymous) and table.this.name.startswith("read_"):
                source, name = self._of_file(part, table)
                self._exchange(table, source, name)
        found = holder.this
        assert isinstance(found, exp.Expr)
        found.pop()
        return found

    def _exchange(self, table: exp.Table, source: str, name: str) -> None:
        place = self.places.take(f"source({literal(source)}, {literal(name)})")
        table.set("this", exp.to_identifier(place, quoted=True))
        table.set("db", None)
        table.set("catalog", None)

    def _source(self, schema: tuple[str, ...]) -> _Source:
        """The source of a schema: two are never one, though the catalog be called as a schema is."""
        if schema not in self._sources:
            name = self._names.take(".".join(schema)) if schema else self.model.name
            self._sources[schema] = _Source(name, schema)
        return self._sources[schema]

    def _of_table(self, parts: tuple[str, ...]) -> tuple[str, str]:
        if parts not in self._known:
            *schema, table = parts
            source = self._source(tuple(schema))
            name = source.take(table, {})
            if name != table:
                source.tables[name]["identifier"] = table
            self._known[parts] = source.name, name
        return self._known[parts]

    def _of_file(self, part: PartName, table: exp.Table) -> tuple[str, str]:
        assert isinstance(table.this, exp.Anonymous)
        reader = table.this.sql(dialect=self.dialect.grammar)
        if reader not in self._known:
            stated = part_of(self.model, part).table
            wanted = table.alias or stated or part[1]
            if wanted not in self.model.tables:
                wanted = PurePosixPath(wanted).stem
            meta = {"external_location": reader.replace("$", "$$"), "formatter": "template"}
            source = self._source(())
            self._known[reader] = source.name, source.take(ascii_plain(wanted), {"config": {"meta": meta}})
        return self._known[reader]

    def described(self) -> list[dict[str, object]]:
        """What `sources:` lists. A schema that nothing names is a var, for it is the warehouse's."""
        found: list[dict[str, object]] = []
        for source in self._sources.values():
            entry: dict[str, object] = {"name": source.name}
            if source.schema:
                *database, schema = source.schema
                entry |= {"database": database[0]} if database else {}
                entry["schema"] = schema
            else:
                usual = _USUAL.get(self.dialect.name)
                default = "target.schema" if usual is None else literal(usual)
                entry["schema"] = Template(f"{{{{ var('segdsl_schema', {default}) }}}}")
                entry["description"] = f"What the rules of the catalog {self.model.name} read."
            if self.dialect.folds:
                # names as they are spelled, where the engine would read them in capital letters
                quoted = ("identifier", "schema", "database")[: 1 + len(source.schema)]
                entry["quoting"] = dict.fromkeys(quoted, True)
            entry["tables"] = list(source.tables.values())
            found.append(entry)
        return found
