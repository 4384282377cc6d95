"""Functions of a database that stand in the place of DuckDB's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_OF_SCHEMA = """SELECT DISTINCT function_name, function_type = 'table_macro' FROM system.main.duckdb_functions()
WHERE NOT internal AND database_name = ? AND schema_name = ?"""
_INTERNAL = """SELECT DISTINCT function_name, function_type IN ('table', 'table_macro')
FROM system.main.duckdb_functions() WHERE internal"""


def replaced_functions(connection: duckdb.DuckDBPyConnection, database: str, schema: str = "main") -> list[str]:
    """The macros of a schema that are called as DuckDB's own functions. Where it is the one in use, they are found
    first, and whatever rules are made of would mean something else without a word."""
    # put in order here, as a macro may stand for whatever does so there
    macros: list[tuple[str, bool]] = connection.execute(_OF_SCHEMA, [database, schema]).fetchall()
    if not macros:
        return []
    internal = set(connection.execute(_INTERNAL).fetchall())
    return sorted(name for name, is_table in macros if (name.lower(), is_table) in internal)
