"""What evaluates: whatever runs the SQL of its dialect and gives Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from segdsl.diagnostics import Span
from segdsl.engines.sources import Relation, Scope, Types
from segdsl.sql import Dialect

if TYPE_CHECKING:
    import pyarrow


class Engine(Protocol):
    """A session on an engine; every failure is an `EngineProblem`."""

    @property
    def dialect(self) -> Dialect:
        """The SQL that it takes."""

    @property
    def scope(self) -> Scope:
        """Where names of tables are looked up."""

    def describe(
        self, relation: Relation, types: Types = ..., what: str = ..., span: Span | None = ...
    ) -> dict[str, str]:
        """The columns of a relation, each with its type as DuckDB writes it."""

    def execute(self, sql: str, what: str = ..., span: Span | None = ...) -> None:
        """Runs a statement for what it does."""

    def fetch(self, sql: str, what: str = ..., span: Span | None = ...) -> list[tuple[Any, ...]]:
        """Runs a query; its rows."""

    def arrow(self, sql: str, what: str = ..., span: Span | None = ...) -> pyarrow.Table:
        """Runs a query; its result as an Arrow table."""

    def stream(self, sql: str, what: str = ..., span: Span | None = ...) -> pyarrow.RecordBatchReader:
        """Runs a query; its result as Arrow batches."""

    def close(self) -> None:
        """Ends the session."""
