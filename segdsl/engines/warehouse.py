"""An engine that holds the model's tables itself: the plan is pushed down to it, only results travel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segdsl import problems
from segdsl.diagnostics import Span
from segdsl.engines.cells import values
from segdsl.engines.drivers.driver import Advising, Driver, Explaining, Holding, Taking
from segdsl.engines.inventory import Declared
from segdsl.engines.problem import EngineProblem
from segdsl.engines.sources import Relation, Scope, Types, relation_tree
from segdsl.sql import Dialect, sql_text

if TYPE_CHECKING:
    import pyarrow
    from sqlglot import exp


class Warehouse:
    """A session on an engine that is reached by a driver; every failure is an `EngineProblem`."""

    def __init__(self, driver: Driver, folder: Path = Path(), secrets: Sequence[str] = ()) -> None:
        """`secrets` are texts that nothing shows."""
        self.driver = driver
        self._secrets = secrets
        self._scope = Scope(folder, {}, frozenset(), None, has_files=False, place=driver.dialect.name)

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def dialect(self) -> Dialect:
        return self.driver.dialect

    @property
    def scope(self) -> Scope:
        """Every name is one of the engine's own tables."""
        return self._scope

    def describe(
        self, relation: Relation, types: Types = lambda _: None, what: str = "the query", span: Span | None = None
    ) -> dict[str, str]:
        """The columns of a relation, each with its type as DuckDB writes it."""
        from sqlglot import exp

        select = exp.select("*").from_(exp.alias_(relation_tree(relation, types), "t", table=True)).limit(0)
        with self.told(what, span):
            return dict(self.driver.columns(sql_text(select, self.dialect)))

    def columns(self, query: exp.Query, what: str) -> dict[str, str]:
        """The columns of a query, each with its type as DuckDB writes it."""
        from sqlglot import exp

        select = exp.select("*").from_(query.subquery("t")).limit(0)
        with self.told(what):
            return dict(self.driver.columns(sql_text(select, self.dialect)))

    def execute(self, sql: str, what: str = "the query", span: Span | None = None) -> None:
        with self.told(what, span):
            self.driver.execute(sql)

    def hold(self, name: str, sql: str, what: str) -> None:
        """Works out a query, and knows its rows by a name until the view of that name is dropped."""
        assert isinstance(self.driver, Holding)
        with self.told(what):
            self.driver.hold(name, sql)

    def register(self, name: str, table: pyarrow.Table) -> None:
        """Brings a table along, known by a name for as long as the session lasts, before any other of that name.
        What a dialect lacks (`history`) says where this is not to be had."""
        assert isinstance(self.driver, Taking)
        with self.told("the history"):
            self.driver.take(name, table.to_reader())

    def fetch(self, sql: str, what: str = "the query", span: Span | None = None) -> list[tuple[Any, ...]]:
        table = self.arrow(sql, what, span)
        return list(zip(*(values(column) for column in table.columns), strict=True))

    def arrow(self, sql: str, what: str = "the query", span: Span | None = None) -> pyarrow.Table:
        with self.told(what, span):
            return self.driver.stream(sql).read_all()

    def stream(self, sql: str, what: str = "the query", span: Span | None = None) -> pyarrow.RecordBatchReader:
        import pyarrow as pa

        with self.told(what, span):
            reader = self.driver.stream(sql)

        def batches() -> Iterator[pyarrow.RecordBatch]:
            with self.told(what, span):  # some engines fail at a row, not at the start
                yield from reader

        return pa.RecordBatchReader.from_batches(reader.schema, batches())

    def declared(self, schema: str | None) -> Declared:
        """The tables of a schema, of the one in use where none is named, and what was declared of them."""
        with self.told("the list of tables"):
            return self.driver.declared(schema)

    def close(self) -> None:
        self.driver.close()

    @contextmanager
    def transaction(self, what: str) -> Iterator[None]:
        """What is done in it is done as a whole, or not at all."""
        with self.told(what):
            self.driver.begin()
        try:
            yield
        except BaseException:
            with self.told(what):
                self.driver.rollback()
            raise
        with self.told(what):
            self.driver.commit()

    @contextmanager
    def told(self, what: str, span: Span | None = None) -> Iterator[None]:
        """Turns what a driver raises into a diagnostic: the engine's reason, or the first line of what is raised."""
        try:
            yield
        except self.driver.errors as error:
            said = self.driver.reason(error) if isinstance(self.driver, Explaining) else str(error)
            text = without_secrets(error, self._secrets, said)
            advice = self.driver.advice(error) if isinstance(self.driver, Advising) else None
            raise EngineProblem([problems.engine_failed(what, text, span, advice)]) from None


def without_secrets(error: BaseException, secrets: Iterable[str], said: str | None = None) -> str:
    """The first line of an error, or of what is said of it, with everything secret blotted out."""
    text = str(error) if said is None else said
    for secret in sorted(secrets, key=len, reverse=True):  # one may have several lines
        text = text.replace(secret, "…")
    return next(iter(text.strip().splitlines()), type(error).__name__).rstrip(".!")
