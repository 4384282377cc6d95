"""Dialects as data: one file for each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from segdsl.sql.dialects.bigquery import BIGQUERY
from segdsl.sql.dialects.clickhouse import CLICKHOUSE
from segdsl.sql.dialects.dialect import Dialect, Trust
from segdsl.sql.dialects.duckdb import DUCKDB
from segdsl.sql.dialects.mariadb import MARIADB, MYSQL
from segdsl.sql.dialects.postgres import POSTGRES, POSTGRES_HERE
from segdsl.sql.dialects.redshift import REDSHIFT
from segdsl.sql.dialects.snowflake import SNOWFLAKE
from segdsl.sql.dialects.spark import DATABRICKS, SAIL, SPARK
from segdsl.sql.dialects.sqlite import SQLITE, SQLITE_HERE
from segdsl.sql.dialects.trino import ATHENA, TRINO
from segdsl.sql.dialects.tsql import TSQL

_ALL = (
    DUCKDB, POSTGRES, CLICKHOUSE, MARIADB, MYSQL, SPARK, DATABRICKS, SAIL, SNOWFLAKE, BIGQUERY, TRINO, ATHENA, REDSHIFT,
    TSQL, SQLITE,
)  # fmt: skip
DIALECTS: Mapping[str, Dialect] = MappingProxyType({dialect.name: dialect for dialect in _ALL})

__all__ = [
    "ATHENA",
    "BIGQUERY",
    "CLICKHOUSE",
    "DATABRICKS",
    "DIALECTS",
    "DUCKDB",
    "MARIADB",
    "MYSQL",
    "POSTGRES",
    "POSTGRES_HERE",
    "REDSHIFT",
    "SAIL",
    "SNOWFLAKE",
    "SPARK",
    "SQLITE",
    "SQLITE_HERE",
    "TRINO",
    "TSQL",
    "Dialect",
    "Trust",
]
