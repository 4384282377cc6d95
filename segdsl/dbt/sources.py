"""The rows of a model as dbt's sources: a place in the SQL for each table, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from sqlglot import exp

from segdsl.dbt.jinja import Places, Template, literal
from segdsl.engines.describe import part_of
from segdsl.engines.sources import free_tables
from segdsl.model.model import Model
from segdsl.model.schema import PartName, Rows, Schema
from segdsl.sql import Dialect
from segdsl.sql.names import Names

# the schema in which an engine looks for a table that is named without one
_USUAL = {"duckdb": "main", "postgres": "public"}


@dataclass
class Sources:
    """The sources that have been asked for, by their names, with their tables."""

    model: Model
    dialect: Dialect
    places: Places
    tables: dict[str, dict[str, dict[str, object]]] = field(default_factory=dict)
    _names: Names = field(default_factory=lambda: Names(allowed="plain"))
    _known: dict[str, tuple[str, str]] = field(default_factory=dict)

    def sourced(self, schema: Schema) -> Schema:
        """The schema with places in which dbt names the tables."""
        return Schema({name: Rows(rows.columns, self._tree(name, rows.tree)) for name, rows in schema.parts.items()})

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

    def _of_table(self, parts: tuple[str, ...]) -> tuple[str, str]:
        *around, name = parts
        source = ".".join(around) or self.model.name
        known = self.tables.setdefault(source, {})
        known.setdefault(name, {"name": name})
        return source, name

    def _of_file(self, part: PartName, table: exp.Table) -> tuple[str, str]:
        assert isinstance(table.this, exp.Anonymous)
        reader = table.this.sql(dialect=self.dialect.grammar)
        if reader not in self._known:
            stated = part_of(self.model, part).table
            wanted = table.alias or stated or part[1]
            if wanted not in self.model.tables:
                wanted = PurePosixPath(wanted).stem
            name = self._names.take(wanted)
            self._known[reader] = self.model.name, name
            meta = {"external_location": reader.replace("$", "$$"), "formatter": "template"}
            self.tables.setdefault(self.model.name, {})[name] = {"name": name, "config": {"meta": meta}}
        return self._known[reader]

    def described(self) -> list[dict[str, object]]:
        """What `sources:` lists. A schema that nothing names is a var, for it is the warehouse's."""
        found: list[dict[str, object]] = []
        for source, tables in self.tables.items():
            entry: dict[str, object] = {"name": source}
            if source == self.model.name:
                usual = _USUAL.get(self.dialect.name)
                default = "target.schema" if usual is None else literal(usual)
                entry["schema"] = Template(f"{{{{ var('segdsl_schema', {default}) }}}}")
                entry["description"] = f"What the rules of the catalog {self.model.name} read."
            else:
                *database, schema = source.split(".")
                entry |= {"database": database[0]} if database else {}
                entry["schema"] = schema
            entry["tables"] = list(tables.values())
            found.append(entry)
        return found
