"""Dialects as data: one file for each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from segdsl.sql.dialects.dialect import Dialect, Trust
from segdsl.sql.dialects.duckdb import DUCKDB
from segdsl.sql.dialects.postgres import POSTGRES

DIALECTS: Mapping[str, Dialect] = MappingProxyType({dialect.name: dialect for dialect in (DUCKDB, POSTGRES)})

__all__ = ["DIALECTS", "DUCKDB", "POSTGRES", "Dialect", "Trust"]
