"""Dialects as data: the SQL that is spoken, where it differs from the templates, and what it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from segdsl.types import Kind


@dataclass(frozen=True, slots=True)
class Dialect:
    """One dialect: sqlglot's name for it, its types, and the rows of functions that it writes otherwise."""

    name: str
    types: Mapping[Kind, str]
    overrides: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


DUCKDB = Dialect(
    "duckdb",
    MappingProxyType(
        {
            Kind.BOOL: "BOOLEAN",
            Kind.INT: "BIGINT",
            Kind.DECIMAL: "DECIMAL(38, 10)",
            Kind.TEXT: "TEXT",
            Kind.LABEL: "TEXT",
            Kind.DATE: "DATE",
            Kind.TIME: "TIMESTAMP",
            Kind.LIST: "TEXT[]",
            Kind.DURATION: "BIGINT",
            Kind.DISTANCE: "DECIMAL(38, 3)",
        }
    ),
)
