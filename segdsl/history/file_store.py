"""A history in a file of DuckDB, and the one connection to it at a time that writes."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segdsl import problems
from segdsl.diagnostics import Diagnostic
from segdsl.engines.duckdb import attach, is_in_use, why_not
from segdsl.engines.fence import fence_in
from segdsl.engines.limits import UNLIMITED, Limits
from segdsl.engines.problem import EngineProblem
from segdsl.engines.watch import Progress, show_bar
from segdsl.engines.write import flush
from segdsl.history import folder
from segdsl.history.schema import TABLES
from segdsl.history.store import GONE, WAIT, Store, tries
from segdsl.problems import databases as said

if TYPE_CHECKING:
    import duckdb
    import pyarrow

FILE = folder.FOLDER / "history.duckdb"
_DATABASE = "history"


class FileStore(Store):
    """A store that is open."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path | None) -> None:
        self.connection = connection
        self.path = path

    @property
    def name(self) -> str:
        return str(self.path)

    @staticmethod
    def in_memory() -> FileStore:
        """A store that lives as long as its connection."""
        import duckdb

        store = FileStore(duckdb.connect(":memory:"), None)
        fence_in(store.connection)
        with store.transaction():
            for statement in TABLES:
                store.execute(statement)
        return store

    @staticmethod
    def open(
        path: Path,
        *,
        write: bool = False,
        wait: float = WAIT,
        limits: Limits = UNLIMITED,
        progress: Progress | None = None,
    ) -> FileStore:
        """Opens a store's file, which has to be there. Waits while another process writes to it, and says so."""
        import duckdb

        limits.check()
        for is_last in tries(wait, progress):
            connection = duckdb.connect(":memory:")
            try:
                connection.execute("SET TimeZone = 'UTC'")
                show_bar(connection, False)
                limits.set_on(connection)
                attach(connection, path, _DATABASE, read_only=not write)
                connection.execute(f"USE {_DATABASE}")
                fence_in(connection, folders=[str(path.parent)], spill=limits.folder)
                store = FileStore(connection, path)
                store._fit(write)
                return store
            except duckdb.Error as error:
                connection.close()
                if not is_in_use(error):
                    raise EngineProblem([_unusable(path, error, write)]) from None
                if is_last:
                    raise EngineProblem([problems.store_busy(str(path), why_not(error)[0])]) from None
            except BaseException:
                connection.close()
                raise
        raise AssertionError("the last try opens it or fails")

    @staticmethod
    def create(path: Path) -> None:
        """Makes an empty store where none is: whole or not at all, and whoever comes second finds the first one's."""
        import duckdb

        if path.exists():
            return
        made = beside(path)
        try:
            folder.make(path.parent)
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

    def close(self) -> None:
        self.connection.close()

    def fetch(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._told():
            return self.connection.execute(sql, list(values)).fetchall()

    def arrow(self, sql: str, values: Sequence[Any] = ()) -> pyarrow.Table:
        with self._told():
            return self.connection.sql(sql, params=list(values)).to_arrow_table()

    @contextmanager
    def rows(self, name: str, reader: pyarrow.RecordBatchReader) -> Iterator[None]:
        with self._told():
            self.connection.register(name, reader)
        try:
            yield
        finally:
            with suppress(Exception):
                self.connection.unregister(name)

    @property
    def totals(self) -> Path | None:
        return None if self.path is None else self.path.parent / folder.TOTALS.relative_to(folder.FOLDER)

    def end_stays(self, as_of: dt.datetime) -> None:
        """As other rows: where one value of a column changes, all of that column are written anew."""
        columns = "stays.definition, stays.label, stays.member, stays.entered_at, stays.is_first"
        ended = self.arrow(f"DELETE FROM stays USING gone {GONE} RETURNING {columns}")
        with self.rows("ended", ended.to_reader()):
            self.execute(
                """INSERT INTO stays SELECT definition, label, member, entered_at, CAST(? AS TIMESTAMP), is_first
                FROM ended ORDER BY definition, label, member""",
                [as_of],
            )

    def rewrite(self) -> None:
        """Writes the store anew, into a file that holds nothing of what was deleted, puts that in its place, and closes
        it. The old file stays until the new one is complete; its bytes are overwritten before it goes."""
        import duckdb

        path = self.path
        assert path is not None
        made = beside(path)
        try:
            with self:
                try:
                    # nothing waits in a log from here on, so that closing the old file has nothing to do any more
                    self.connection.execute("CHECKPOINT history")
                    attach(self.connection, made, "fresh")
                    self.connection.execute("COPY FROM DATABASE history TO fresh")
                    self.connection.execute("CHECKPOINT fresh")
                    self.connection.execute("DETACH fresh")
                except duckdb.Error as error:
                    raise EngineProblem([problems.cannot_write(str(path), why_not(error)[0])]) from None
                flush(made)
                for interrupted in path.parent.glob(f"{path.name}.new-*"):
                    if interrupted != made:
                        interrupted.unlink()
                if os.name == "nt":  # an open file cannot be replaced there
                    self.close()
                    os.replace(made, path)
                    return
                with path.open("r+b") as old:
                    # the store is held open for so long, so that nobody begins to write to a file that is about to go
                    os.replace(made, path)
                    flush(path.parent)
                    folder.overwrite(old)
        except OSError as error:
            raise EngineProblem([problems.cannot_write(str(path), error.strerror or str(error))]) from None
        finally:
            made.unlink(missing_ok=True)

    def _fit(self, write: bool) -> None:
        import duckdb

        try:
            self.connection.execute("SELECT 1 FROM meta LIMIT 1")
        except duckdb.CatalogException:
            help = "name another file, or move it away"
            raise EngineProblem(
                [problems.store_unusable(self.name, "it is a database, but no history", help)]
            ) from None
        super()._fit(write)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turns what DuckDB raises into a diagnostic."""
        import duckdb

        try:
            yield
        except duckdb.Error as error:
            reason, help = why_not(error)
            raise EngineProblem([problems.engine_failed("the history", reason, None, help)]) from error
        except (RuntimeError, MemoryError) as error:
            if "Query interrupted" in str(error):  # Ctrl-C while DuckDB works
                raise KeyboardInterrupt from None
            raise EngineProblem([problems.engine_failed("the history", str(error))]) from error


def _unusable(path: Path, error: duckdb.Error, write: bool) -> Diagnostic:
    """What is told of a store that cannot be opened: one that DuckDB does not find fault with may be whole."""
    reason, help = why_not(error)
    if help is None and reason == said.NO_DATABASE:
        help = said.BEGIN_ANEW
    return problems.store_unusable(str(path), reason, help or said.openable(write))


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
