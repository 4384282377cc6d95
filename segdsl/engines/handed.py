"""Data that a caller hands over in place of the model's: data frames by name, or the tables of an open connection."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias, Union
from weakref import WeakKeyDictionary

from sqlglot import exp

from segdsl import problems
from segdsl.engines.problem import EngineProblem
from segdsl.engines.replaced import replaced_functions
from segdsl.model.model import Model
from segdsl.model.select import SelectError, parse_select
from segdsl.problems import databases as said
from segdsl.problems.engines import session_refused

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
        try:
            found[name] = _arrow(frame)
        except ValueError as error:
            wrong.append(problems.not_a_frame(str(name), type(frame).__name__, str(error)))
    if wrong:
        raise EngineProblem(wrong)
    return found


# what streams have given that can be read once: a second reading would find them at their end, which is a table of no
# rows, and one question may open several connections
_GIVEN: WeakKeyDictionary[pyarrow.RecordBatchReader, pyarrow.Table] = WeakKeyDictionary()


def _arrow(frame: Any) -> pyarrow.Table:
    """A data frame as a table; raises ValueError with the reason, empty where it is none at all."""
    import pyarrow

    if isinstance(frame, pyarrow.RecordBatchReader):
        if frame not in _GIVEN:
            _GIVEN[frame] = _checked(frame.read_all())
        return _GIVEN[frame]
    if isinstance(frame, pyarrow.Table):
        return _checked(frame)
    has_stream = hasattr(frame, "__arrow_c_stream__") and not isinstance(frame, type)
    if not has_stream and not isinstance(frame, pyarrow.RecordBatch):
        raise ValueError("")
    try:
        return _checked(pyarrow.table(frame))
    except (pyarrow.ArrowException, TypeError, ValueError) as error:
        # Arrow's errors have what was tried in the first place and the column in the last
        raise ValueError(": ".join(str(part) for part in error.args) or type(error).__name__) from None


def _checked(table: pyarrow.Table) -> pyarrow.Table:
    """A table of types that DuckDB has; raises ValueError."""
    import pyarrow.types

    for field in table.schema:
        if pyarrow.types.is_float16(field.type) or pyarrow.types.is_decimal256(field.type):
            raise ValueError(f"column `{field.name}` is {field.type}, which DuckDB cannot read")
    return table


# What changes the meaning of SQL or of what comes back. It is set for the cursor alone, whatever whoever hands a
# connection over has set for the database.
_SETTINGS: Mapping[str, str] = {
    "TimeZone": "UTC",
    "Calendar": "gregorian",
    "default_collation": "",
    "default_order": "ASC",
    "default_null_order": "NULLS_LAST",
    "order_by_non_integer_literal": "false",
    "integer_division": "false",
    "dialect_compatibility_mode": "NONE",
    "ieee_floating_point_ops": "true",
    "scalar_subquery_error_on_multiple_rows": "true",
    "disable_timestamptz_casts": "false",
    "preserve_identifier_case": "preserve_case",
    # a name that is no table's is none of Python's variables either
    "python_enable_replacements": "false",
    "errors_as_json": "false",
    "arrow_large_buffer_size": "false",
    "arrow_output_list_view": "false",
    "arrow_output_version": "1.0",
    "arrow_lossless_conversion": "false",
}


def _in_use(owner: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """The database and the schema that a connection uses, as they were spelled when they were made: DuckDB tells them
    as `USE` had them. Its functions are named in full, as the owner's temporary macros are found before them."""
    used = owner.sql("SELECT system.main.current_database(), system.main.current_schema()").fetchall()[0]
    known = owner.sql("SELECT database_name, schema_name FROM system.main.duckdb_schemas()").fetchall()
    folded = [name.lower() for name in used]
    found = [place for place in known if place == used] or [
        place for place in known if [name.lower() for name in place] == folded
    ]
    return found[0] if found else used


class Handed:
    """The tables of a connection that stays its owner's: what is asked of them runs on a cursor of its own.

    What only the owner's connection sees (temporary tables, registered data frames) is handed to the cursor.
    """

    def __init__(self, owner: duckdb.DuckDBPyConnection, model: Model) -> None:
        self.cursor = owner.cursor()
        try:
            database, schema = _in_use(owner)
            for name, value in _SETTINGS.items():
                self.cursor.execute(f"SET SESSION {name} = '{value}'")
            if replaced := replaced_functions(self.cursor, database, schema):
                raise EngineProblem([session_refused("the connection given", said.replaced(replaced), said.RENAME)])
            place = exp.Table(this=exp.to_identifier(schema, quoted=True), db=exp.to_identifier(database, quoted=True))
            self.cursor.execute(f"USE {place.sql(dialect='duckdb')}")
            self.tables = self._shared(schema)
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
            """SELECT table_name FROM system.main.duckdb_tables() WHERE temporary
            UNION ALL SELECT view_name FROM system.main.duckdb_views() WHERE temporary AND NOT internal"""
        ).fetchall()
        names = [str(name) for (name,) in rows if str(name).casefold() in folded]
        return {
            name: owner.sql(f"FROM {exp.to_identifier(name, quoted=True).sql(dialect='duckdb')}").to_arrow_table()
            for name in names
        }
