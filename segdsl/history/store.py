"""The file that holds a history, and the one connection to it at a time that writes."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from segdsl import problems
from segdsl.engines.duckdb import attach, why_not
from segdsl.engines.fence import fence_in
from segdsl.engines.limits import UNLIMITED, Limits
from segdsl.engines.problem import EngineProblem
from segdsl.engines.watch import show_bar
from segdsl.history.schema import MIGRATIONS, TABLES, VERSION

if TYPE_CHECKING:
    import duckdb
    import pyarrow

FILE = Path(".segdsl") / "history.duckdb"
# how many seconds one run waits for another to have saved
WAIT = 60.0
_DATABASE = "history"
_BUSY = ("lock", "Unique file handle conflict")


class Store:
    """A store that is open; every failure is an EngineProblem."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path | None) -> None:
        self.connection = connection
        self.path = path

    @staticmethod
    def in_memory() -> Store:
        """A store that lives as long as its connection."""
        import duckdb

        store = Store(duckdb.connect(":memory:"), None)
        fence_in(store.connection)
        with store.transaction():
            for statement in TABLES:
                store.execute(statement)
        return store

    @staticmethod
    def open(path: Path, *, write: bool = False, wait: float = WAIT, limits: Limits = UNLIMITED) -> Store:
        """Opens a store's file, which has to be there. Waits while another process writes to it."""
        import duckdb

        limits.check()
        until = time.monotonic() + wait
        pause = 0.02
        while True:
            connection = duckdb.connect(":memory:")
            try:
                connection.execute("SET TimeZone = 'UTC'")
                show_bar(connection, False)
                limits.set_on(connection)
                attach(connection, path, _DATABASE, read_only=not write)
                connection.execute(f"USE {_DATABASE}")
                fence_in(connection, folders=[str(path.parent)], spill=limits.folder)
                store = Store(connection, path)
                store._fit(write)
                return store
            except duckdb.Error as error:
                connection.close()
                if not any(word in str(error) for word in _BUSY):
                    raise EngineProblem([problems.store_unusable(str(path), *why_not(error))]) from None
                if time.monotonic() > until:
                    raise EngineProblem([problems.store_busy(str(path), why_not(error)[0])]) from None
            except BaseException:
                connection.close()
                raise
            time.sleep(pause)
            pause = min(pause * 1.5, 0.5)

    @staticmethod
    def create(path: Path) -> None:
        """Makes an empty store where none is: whole or not at all, and whoever comes second finds the first one's."""
        import duckdb

        if path.exists():
            return
        made = beside(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.parent.name == FILE.parent.name:
                ignore = path.parent / ".gitignore"  # who is in a segment is nothing for git
                with suppress(FileExistsError), ignore.open("x", encoding="utf-8") as file:
                    file.write("*\n")
            with duckdb.connect(str(made)) as connection:
                connection.execute("BEGIN")
                for statement in TABLES:
                    connection.execute(statement)
                connection.execute("COMMIT")
                connection.execute("CHECKPOINT")
            with suppress(FileExistsError):
                _put(made, path)
        except OSError as error:
            raise EngineProblem([problems.cannot_write(str(path), error.strerror or str(error))]) from None
        except duckdb.Error as error:
            raise EngineProblem([problems.cannot_write(str(path), why_not(error)[0])]) from None
        finally:
            made.unlink(missing_ok=True)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.connection.close()

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Runs a statement for what it does; `?` in it stand for values."""
        self.fetch(sql, values)

    def fetch(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Runs a statement; its rows."""
        with self._told():
            return self.connection.execute(sql, list(values)).fetchall()

    def arrow(self, sql: str, values: Sequence[Any] = ()) -> pyarrow.Table:
        """Runs a query; its result as an Arrow table."""
        with self._told():
            return self.connection.sql(sql, params=list(values)).to_arrow_table()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is done inside is there whole afterwards, or not at all."""
        self.execute("BEGIN")
        try:
            yield
        except BaseException:
            with suppress(Exception):
                self.connection.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    @contextmanager
    def rows(self, name: str, reader: pyarrow.RecordBatchReader) -> Iterator[None]:
        """Rows that can be read once, by a name."""
        with self._told():
            self.connection.register(name, reader)
        try:
            yield
        finally:
            with suppress(Exception):
                self.connection.unregister(name)

    def _fit(self, write: bool) -> None:
        """Brings an older store up to this version; refuses what is no store, or a newer one's."""
        import duckdb

        path = str(self.path)
        try:
            found = self.connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchall()
        except duckdb.CatalogException:
            reason = "it is a database, but no history"
            raise EngineProblem([problems.store_unusable(path, reason, "name another file, or move it away")]) from None
        version = int(found[0][0]) if len(found) == 1 and str(found[0][0]).isdecimal() else 0
        if version > VERSION:
            reason = f"a newer segdsl wrote it, in version {version} of its tables; this one knows {VERSION}"
            raise EngineProblem([problems.store_unusable(path, reason, "install a newer segdsl")])
        steps = [MIGRATIONS.get(number) for number in range(version, VERSION)]
        if None in steps:
            reason = f"its tables are of version {version}, which nothing leads on from"
            raise EngineProblem([problems.store_unusable(path, reason, "move it away, and start a new one")])
        if steps and not write:
            help = "the next `segdsl run --save` brings it up to date"
            raise EngineProblem([problems.store_unusable(path, f"its tables are of version {version}", help)])
        if steps:
            with self.transaction():
                for statement in (statement for step in steps if step is not None for statement in step):
                    self.execute(statement)
                self.execute("UPDATE meta SET value = ? WHERE name = 'schema'", [str(VERSION)])

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turns what DuckDB raises into a diagnostic."""
        import duckdb

        try:
            yield
        except duckdb.Error as error:
            raise EngineProblem([problems.engine_failed("the history", why_not(error)[0])]) from error
        except (RuntimeError, MemoryError) as error:
            if "Query interrupted" in str(error):  # Ctrl-C while DuckDB works
                raise KeyboardInterrupt from None
            raise EngineProblem([problems.engine_failed("the history", str(error))]) from error


def beside(path: Path) -> Path:
    """A file beside a store for what is to take its place."""
    return path.with_name(f"{path.name}.new-{uuid.uuid4().hex[:12]}")


def _put(made: Path, path: Path) -> None:
    """Gives a finished file its name, unless something has it already."""
    try:
        os.link(made, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if not path.exists():
            os.rename(made, path)
