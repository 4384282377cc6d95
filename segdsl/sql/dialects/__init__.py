"""Dialects as data: one file for each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from segdsl.sql.dialects.clickhouse import CLICKHOUSE
from segdsl.sql.dialects.dialect import Dialect, Trust
from segdsl.sql.dialects.duckdb import DUCKDB
from segdsl.sql.dialects.postgres import POSTGRES
from segdsl.sql.dialects.spark import DATABRICKS, SAIL, SPARK

DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {dialect.name: dialect for dialect in (DUCKDB, POSTGRES, CLICKHOUSE, SPARK, DATABRICKS, SAIL)}
)

__all__ = ["CLICKHOUSE", "DATABRICKS", "DIALECTS", "DUCKDB", "POSTGRES", "SAIL", "SPARK", "Dialect", "Trust"]
