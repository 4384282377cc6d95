"""Functions of a database that stand in the place of DuckDB's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_MACROS = """SELECT DISTINCT database_name, schema_name, function_name, function_type = 'table_macro'
FROM system.main.duckdb_functions() WHERE NOT internal"""
_INTERNAL = """SELECT DISTINCT function_name, function_type IN ('table', 'table_macro')
FROM system.main.duckdb_functions() WHERE internal"""


def replaced_functions(connection: duckdb.DuckDBPyConnection, database: str, schema: str = "main") -> list[str]:
    """The macros that are called as DuckDB's own functions and found before them where a schema of a database is the
    one in use: whatever rules are made of would mean something else without a word."""
    # compared and put in order here, as a macro may stand for whatever does so there
    macros: list[tuple[str, str, str, bool]] = connection.execute(_MACROS).fetchall()
    # DuckDB looks into `main` too, whichever schema is in use
    places = {(database.lower(), schema.lower()), (database.lower(), "main")}
    found = {(name, is_table) for own, within, name, is_table in macros if (own.lower(), within.lower()) in places}
    if not found:
        return []
    internal = set(connection.execute(_INTERNAL).fetchall())
    return sorted({name for name, is_table in found if (name.lower(), is_table) in internal})
