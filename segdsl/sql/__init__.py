"""Plan to SQL, as sqlglot trees; dialects are data."""

from segdsl.sql.dialects import DIALECTS, DUCKDB, Dialect
from segdsl.sql.query import Query, make_query
from segdsl.sql.text import sql_text

__all__ = ["DIALECTS", "DUCKDB", "Dialect", "Query", "make_query", "sql_text"]
