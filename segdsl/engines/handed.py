"""Data that a caller hands over in place of the model's: data frames by name, or the tables of an open connection."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from sqlglot import exp

from segdsl import problems
from segdsl.engines.problem import EngineProblem
from segdsl.model.model import Model
from segdsl.model.select import SelectError, parse_select
from segdsl.problems.engines import own_order_of_texts

if TYPE_CHECKING:
    import duckdb
    import pyarrow

# the connection by its name, as DuckDB is imported by whoever opens one
Data: TypeAlias = Union[Mapping[str, Any], "duckdb.DuckDBPyConnection"]


def tables_named(model: Model) -> list[str]:
    """The names that rows are read by in a model, those within its `sql` too."""
    names = list(model.table_names)
    for part in (*model.entities.values(), *model.events.values(), *model.lookups.values()):
        if part.sql is not None:
            with suppress(SelectError):  # told where the part is needed
                names.extend(".".join(piece.name for piece in table.parts) for table in _tables(part.sql))
    return list(dict.fromkeys(names))


def _tables(sql: str) -> list[exp.Table]:
    return [table for table in parse_select(sql).find_all(exp.Table) if isinstance(table.this, exp.Identifier)]


def frames(model: Model, data: Mapping[str, Any]) -> dict[str, pyarrow.Table]:
    """Data frames as Arrow tables, which share their memory where they can; raises EngineProblem."""
    known = tables_named(model)
    found: dict[str, pyarrow.Table] = {}
    wrong = [problems.unknown_data(str(name), known) for name in data if name not in known]
    for name, frame in data.items():
        table = _arrow(frame)
        if table is None:
            wrong.append(problems.not_a_frame(str(name), type(frame).__name__))
        else:
            found[name] = table
    if wrong:
        raise EngineProblem(wrong)
    return found


def _arrow(frame: Any) -> pyarrow.Table | None:
    import pyarrow

    if isinstance(frame, pyarrow.Table):
        return frame
    if not hasattr(frame, "__arrow_c_stream__") and not isinstance(frame, pyarrow.RecordBatch):
        return None
    try:
        return pyarrow.table(frame) if not isinstance(frame, type) else None
    except (pyarrow.ArrowException, TypeError, ValueError):
        return None


class Handed:
    """The tables of a connection that stays its owner's: what is asked of them runs on a cursor of its own.

    What only the owner's connection sees (temporary tables, registered data frames) is handed to the cursor.
    """

    def __init__(self, owner: duckdb.DuckDBPyConnection, model: Model) -> None:
        self.cursor = owner.cursor()
        try:
            database, schema, order = owner.sql(
                "SELECT current_database(), current_schema(), current_setting('default_collation')"
            ).fetchall()[0]
            if order:
                raise EngineProblem([own_order_of_texts(str(order))])
            place = exp.Table(this=exp.to_identifier(schema, quoted=True), db=exp.to_identifier(database, quoted=True))
            self.cursor.execute(f"USE {place.sql(dialect='duckdb')}")
            self.cursor.execute("SET TimeZone = 'UTC'")
            self.tables = self._shared(str(schema))
            self.own = self._own(owner, tables_named(model))
            for name, table in self.own.items():
                self.cursor.register(name, table)
        except BaseException:
            self.cursor.close()
            raise

    def _shared(self, schema: str) -> list[tuple[str, str]]:
        """The schemas and names of the tables and views of the database in use; `main` stands for the schema in use."""
        found = self.cursor.execute(
            """SELECT schema_name, table_name FROM duckdb_tables()
            WHERE database_name = current_database() AND NOT temporary
            UNION ALL
            SELECT schema_name, view_name FROM duckdb_views()
            WHERE database_name = current_database() AND NOT temporary AND NOT internal
            ORDER BY ALL"""
        ).fetchall()
        return [("main" if own == schema else own, name) for own, name in found if own == schema or own != "main"]

    @staticmethod
    def _own(owner: duckdb.DuckDBPyConnection, wanted: list[str]) -> dict[str, pyarrow.Table]:
        """What the model needs of the temporary tables and views of the owner's connection."""
        folded = {name.casefold() for name in wanted}
        rows = owner.sql(
            """SELECT table_name FROM duckdb_tables() WHERE temporary
            UNION ALL SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal"""
        ).fetchall()
        names = [str(name) for (name,) in rows if str(name).casefold() in folded]
        return {
            name: owner.sql(f"FROM {exp.to_identifier(name, quoted=True).sql(dialect='duckdb')}").to_arrow_table()
            for name in names
        }
