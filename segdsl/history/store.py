"""A store that holds a history, wherever it lies: what both kinds of it do.

Its statements are written once, in the SQL that DuckDB and PostgreSQL read alike.
"""

from __future__ import annotations

import datetime as dt
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from segdsl import problems
from segdsl.engines.duckdb import have_back
from segdsl.engines.problem import EngineProblem
from segdsl.engines.watch import Progress
from segdsl.history import folder
from segdsl.history.schema import MIGRATIONS, VERSION
from segdsl.problems.stages import WAITING

if TYPE_CHECKING:
    import pyarrow

# the intervals of those in `gone`
GONE = """WHERE stays.left_at IS NULL AND stays.definition = gone.definition AND stays.label = gone.label
    AND stays.member = gone.member"""
# how many seconds one run waits for another to have saved
WAIT = 60.0


def tries(wait: float, progress: Progress | None = None) -> Iterator[bool]:
    """A turn for each time that a store may be free by now, whether it is the last one; pauses lie between, some
    `wait` seconds of them."""
    until = time.monotonic() + wait
    pause = 0.02
    while time.monotonic() <= until:
        yield False
        if progress is not None:
            progress(WAITING, None)
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)
    yield True


class Store(ABC):
    """A store that is open; every failure is an EngineProblem."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Where it is, as it is told."""

    @abstractmethod
    def fetch(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Runs a statement; its rows. `?` in it stand for values."""

    @abstractmethod
    def arrow(self, sql: str, values: Sequence[Any] = ()) -> pyarrow.Table:
        """Runs a query; its result as an Arrow table."""

    @abstractmethod
    def rows(self, name: str, reader: pyarrow.RecordBatchReader) -> AbstractContextManager[None]:
        """Rows that can be read once, by a name."""

    @abstractmethod
    def rewrite(self) -> None:
        """Leaves no bytes of what was deleted, and closes the store."""

    @property
    @abstractmethod
    def totals(self) -> Path | None:
        """The file of the totals that runs go on from, alone in its folder; None for a store that is in memory alone.
        Whoever holds the store for writing may write to it."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of it."""

    def tables(self, prefix: str) -> list[str]:
        """The names of its tables that begin so."""
        rows = self.fetch(
            """SELECT CAST(table_name AS TEXT) FROM information_schema.tables
            WHERE table_catalog = current_database() AND table_schema = current_schema()"""
        )
        return [name for (name,) in rows if name.startswith(prefix)]

    def drop_totals(self) -> None:
        """Leaves nothing of the totals."""
        if self.totals is not None:
            have_back(self.totals)
            folder.remove(self.totals)

    def end_stays(self, as_of: dt.datetime) -> None:
        """Ends the intervals of those in the table `gone`."""
        self.execute(f"UPDATE stays SET left_at = ? FROM gone {GONE}", [as_of])

    def make(self, statement: str) -> None:
        """Runs a statement that makes a table or a view of its own."""
        self.execute(statement)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Runs a statement for what it does; `?` in it stand for values."""
        self.fetch(sql, values)

    def _fit(self, write: bool) -> None:
        """Brings an older store up to this version; refuses a newer one's."""
        found = self.fetch("SELECT value FROM meta WHERE name = 'schema'")
        version = int(found[0][0]) if len(found) == 1 and str(found[0][0]).isdecimal() else 0
        if version > VERSION:
            reason = f"a newer segdsl wrote it, in version {version} of its tables; this one knows {VERSION}"
            raise EngineProblem([problems.store_unusable(self.name, reason, "install a newer segdsl")])
        steps = [MIGRATIONS.get(number) for number in range(version, VERSION)]
        if None in steps:
            reason = f"its tables are of version {version}, which nothing leads on from"
            raise EngineProblem([problems.store_unusable(self.name, reason, "move it away, and start a new one")])
        if steps and not write:
            help = "the next `segdsl run --save` brings it up to date"
            raise EngineProblem([problems.store_unusable(self.name, f"its tables are of version {version}", help)])
        if steps:
            with self.transaction():
                for statement in (statement for step in steps if step is not None for statement in step):
                    self.make(statement)
                self.execute("UPDATE meta SET value = ? WHERE name = 'schema'", [str(VERSION)])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is done inside is there whole afterwards, or not at all."""
        self.execute("BEGIN")
        try:
            yield
        except BaseException:
            with suppress(Exception):
                self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
