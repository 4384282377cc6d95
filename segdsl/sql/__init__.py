"""Plan to SQL, as sqlglot trees; dialects are data."""

from segdsl.sql.dialects import DUCKDB, Dialect
from segdsl.sql.query import Query, make_query, sql_text

__all__ = ["DUCKDB", "Dialect", "Query", "make_query", "sql_text"]
