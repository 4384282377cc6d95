"""DuckDB: a connection in memory that sees the model's files, its database, and tables handed to it."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cached_property
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Span
from segdsl.engines.fence import fence_in
from segdsl.engines.files import expand_variables, folder_of
from segdsl.engines.handed import Handed
from segdsl.engines.limits import UNLIMITED, Limits
from segdsl.engines.misread import misread
from segdsl.engines.problem import EngineProblem
from segdsl.engines.replaced import replaced_functions
from segdsl.engines.sources import Relation, Scope, Types, paths_named, relation_tree
from segdsl.engines.spent import PROFILED, Stages
from segdsl.engines.watch import Progress, show_bar, watched
from segdsl.model.model import Model
from segdsl.problems import databases as said
from segdsl.problems import stages
from segdsl.sql import DUCKDB, build, sql_text

if TYPE_CHECKING:
    import duckdb
    import pyarrow

    Tables = Mapping[str, pyarrow.Table] | duckdb.DuckDBPyConnection

# what DuckDB says where a file is open: in another process, and in this one
_LOCKED, _OPEN_HERE = "Could not set lock", "Unique file handle conflict"
# of what rules work out; a column that is read is named behind the words
_OUTGROWN = re.compile(
    r"Overflow (?:in|on) |(?:cast decimal value \S+ to|for the destination) type INT64(?! when casting from)"
)
_DAMAGED = ("Corrupt database file", "Could not read enough bytes")
# the name that the model's database is attached under; its tables need no such name, as it is the one in use
DATABASE = "database"
# connections of this process that can do without a file of segdsl's own that they have attached, by the file
_LENT: WeakValueDictionary[Path, DuckDB] = WeakValueDictionary()
_LENDING = RLock()


class DuckDB:
    """One connection; every failure is an `EngineProblem`."""

    dialect = DUCKDB

    def __init__(
        self,
        model: Model,
        folder: Path,
        data: Tables | None = None,
        progress: Progress | None = None,
        limits: Limits = UNLIMITED,
        is_profiled: bool = False,
        own: Path | None = None,
    ) -> None:
        """Opens the connection and attaches the model's database, read-only; `data` holds tables by name, before any
        other of that name. Nothing else but the model's files can be reached from it. `progress` is told how far
        statements are. `limits` hold for a connection of its own. Where it `is_profiled`, `stages` collect what
        statements take. `own` is a database file, alone in its folder, that is made where it is not there, and can be
        written to under the name that the attribute `own` has.

        Where `data` is an open connection, its tables are the only ones; it is read by a cursor, and stays open.
        """
        import duckdb

        self._model = model
        self._folder = folder
        self._registered: dict[str, pyarrow.Table] = {}
        self._duckdb = duckdb
        self._handed: Handed | None = None
        self._progress = progress
        self._limits = limits
        self.stages: Stages | None = None
        self.own: str | None = None
        self._instead_of_own: list[str] = []
        # a file that was lent is asked for by whatever thread needs it next, maybe amid what another one asks here
        self._turn = RLock()
        # what an evaluation reads, for whoever watches it
        self.reading: tuple[str, ...] = ()
        limits.check()
        if isinstance(data, duckdb.DuckDBPyConnection):
            with self._told("the connection given"):
                self._handed = Handed(data, model)
            self.connection = self._handed.cursor
            self._registered.update(self._handed.own)
            try:
                if own is not None:
                    self._attach_own(own)
                if is_profiled:
                    self._profile()
            except BaseException:
                self.close()
                raise
            return
        self.connection = duckdb.connect(":memory:")
        try:
            # times without a zone stay as they are whatever the machine's zone is
            self.execute("SET TimeZone = 'UTC'")
            show_bar(self.connection, progress is not None)
            limits.set_on(self.connection)
            if is_profiled:
                self._profile()
            if model.database is not None:
                self._attach(model.database, model.span("database"))
            if own is not None:
                self._attach_own(own)
            for name, table in (data or {}).items():
                self.register(name, table)
            self._fence_in([] if own is None else [str(own.parent)])
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> DuckDB:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def scope(self) -> Scope:
        """Where names of tables are looked up on this connection."""
        if self._handed is not None:
            return Scope(self._folder, {}, frozenset(self._registered), self._handed.tables, has_files=False)
        return Scope(self._folder, self._model.tables, frozenset(self._registered), self._tables)

    def register(self, name: str, table: pyarrow.Table) -> None:
        """Makes a table in memory known by a name, before any other of that name."""
        with self._told(f"table `{name}`"):
            self.connection.register(name, table)
        self._registered[name] = table

    @property
    def is_shared(self) -> bool:
        """Whether its tables are those of a connection that somebody else may write to."""
        return self._handed is not None

    def columns_given(self, name: str) -> list[str] | None:
        """The columns of a table in memory as they are written; None of any other table."""
        table = self._registered.get(name)
        return None if table is None else table.column_names

    def describe(
        self, relation: Relation, types: Types = lambda _: None, what: str = "the query", span: Span | None = None
    ) -> dict[str, str]:
        """The columns of a relation, each with its DuckDB type."""
        from sqlglot import exp

        select = exp.select("*").from_(exp.alias_(relation_tree(relation, types), "rows", table=True))
        rows = self.fetch(f"DESCRIBE {select.sql(dialect='duckdb')}", what, span)
        return {row[0]: "NULL" if row[1] == '"NULL"' else row[1] for row in rows}

    def paths(self, patterns: Iterable[str]) -> list[str]:
        """The files that paths and patterns stand for, each once, as DuckDB names them."""
        found: dict[str, None] = {}
        for pattern in patterns:
            rows = build.function_table("GLOB", build.text(pattern))
            named = build.select(build.column("file")).from_(rows, copy=False)
            found.update(dict.fromkeys(path for (path,) in self.fetch(sql_text(named, DUCKDB), "the data")))
        return list(found)

    def execute(self, sql: str, what: str = "the query", span: Span | None = None) -> None:
        """Runs a statement for what it does."""
        self.fetch(sql, what, span)

    def fetch(self, sql: str, what: str = "the query", span: Span | None = None) -> list[tuple[Any, ...]]:
        """Runs a statement; its rows."""
        with self._turn, self._told(what, span), self._watched(what):
            rows = self.connection.execute(sql).fetchall()
            if self.stages is not None:
                self.stages.note()
            return rows

    def arrow(self, sql: str, what: str = "the query", span: Span | None = None) -> pyarrow.Table:
        """Runs a query; its result as an Arrow table."""
        with self._turn, self._told(what, span), self._watched(what):
            table = self.connection.sql(sql).to_arrow_table()
            if self.stages is not None:
                self.stages.note()
            return table

    def stream(self, sql: str, what: str = "the query", span: Span | None = None) -> pyarrow.RecordBatchReader:
        """Runs a query; its result as Arrow batches, of which each is worked out when it is asked for."""
        with self._turn, self._told(what, span):
            return self.connection.sql(sql).to_arrow_reader()

    def lend_own(self, path: Path, instead: Sequence[str]) -> None:
        """Lets whoever needs the file of `own` next in this process have it: after the statements in `instead`, this
        connection needs it no more."""
        self._instead_of_own = list(instead)
        with _LENDING:
            _LENT[path.resolve()] = self

    def _give_back(self, path: Path) -> None:
        """Lets go of the file of `own`. Where that fails, the next one who asks for it goes on with what is left."""
        with self._turn:
            try:
                while self._instead_of_own:
                    self.execute(self._instead_of_own[0])
                    del self._instead_of_own[0]
                self.execute(f"DETACH {self.own}")
            except EngineProblem as error:
                if self.own is None:  # closed meanwhile
                    return
                reason = said.held_by_result(first_line(error.__cause__ or error))
                raise EngineProblem([problems.output_unusable(str(path), reason, said.CLOSE_IT)]) from error
            self.own = None

    def close(self) -> None:
        if self._handed is not None and self.own is not None:
            # the connection given is used further
            with suppress(self._duckdb.Error):
                self.connection.execute(f"DETACH {self.own}")
        self.own = None
        self.connection.close()

    def _profile(self) -> None:
        self.execute(PROFILED)
        self.stages = Stages(self.connection)

    def _fence_in(self, folders: Sequence[str]) -> None:
        paths = [path for _, path in paths_named(self._model.table_names, self.scope)]
        stores = [path for path in paths if "://" in path]
        with self._told("the connection"):
            if stores:
                with suppress(self._duckdb.Error):  # without it, reading tells what is missing
                    self.connection.execute("LOAD httpfs")
            fence_in(
                self.connection,
                (path for path in paths if path not in stores),
                [*map(folder_of, stores), *folders],
                self._limits.folder,
            )

    def _attach(self, database: str, span: Span | None) -> None:
        path = self._folder / expand_variables(database, os.environ, span)
        if not path.is_file():
            raise EngineProblem([problems.database_unusable(database, f"there is no file `{path}`", None, span)])
        try:
            attach(self.connection, path, DATABASE, read_only=True)
            replaced = replaced_functions(self.connection, DATABASE)
            self.connection.execute(f'USE "{DATABASE}"').fetchall()
        except self._duckdb.Error as error:
            raise EngineProblem([problems.database_unusable(database, *why_not(error), span)]) from None
        if replaced:
            raise EngineProblem([problems.database_unusable(database, said.replaced(replaced), said.RENAME, span)])

    def _attach_own(self, path: Path) -> None:
        name = f"segdsl_{uuid.uuid4().hex[:12]}"
        have_back(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                attach(self.connection, path, name)
            except self._duckdb.Error as error:
                if is_in_use(error):
                    raise
                # what it holds can be worked out again
                for file in path.parent.iterdir():
                    file.unlink()
                attach(self.connection, path, name)
        except OSError as error:
            raise EngineProblem([problems.cannot_write(str(path), error.strerror or str(error))]) from None
        except self._duckdb.Error as error:
            raise EngineProblem([problems.output_unusable(str(path), *why_not(error))]) from None
        self.own = name

    @cached_property
    def _tables(self) -> list[tuple[str, str]]:
        """The schemas and names of the tables and views of the model's database."""
        if self._model.database is None:
            return []
        return [
            (row[0], row[1])
            for row in self.fetch(
                f"""SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = '{DATABASE}'
                UNION ALL
                SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = '{DATABASE}' AND NOT internal
                ORDER BY ALL"""
            )
        ]

    def _watched(self, what: str) -> AbstractContextManager[None]:
        if self._progress is None:
            return nullcontext()
        told = stages.reading(self.reading) if what == stages.EVALUATION and self.reading else what
        return watched(told, self.connection.query_progress, self._progress)

    @contextmanager
    def _told(self, what: str, span: Span | None = None) -> Iterator[None]:
        """Turns what DuckDB raises into a diagnostic: the first line of what it says."""
        try:
            yield
        except self._duckdb.Error as error:
            found = misread(error, self._model, Scope(self._folder, self._model.tables))
            # a function or a type that is not there
            is_settled = isinstance(error, self._duckdb.CatalogException)
            raise EngineProblem([found or _failed(what, error, span)], is_settled) from error
        except (RuntimeError, MemoryError) as error:
            if "Query interrupted" in str(error):  # Ctrl-C while DuckDB works
                raise KeyboardInterrupt from None
            raise EngineProblem([_failed(what, error, span)]) from error


def _failed(what: str, error: BaseException, span: Span | None) -> Diagnostic:
    reason = first_line(error)
    if "Out of Memory" in reason or "could not allocate" in reason or "failed to pin block" in reason:
        # nothing is wrong at the place that was read just then
        return problems.engine_failed(what, reason, None, said.MORE_MEMORY)
    if _OUTGROWN.search(reason):
        return problems.engine_failed(what, said.outgrown(reason), span, said.SMALLER)
    return problems.engine_failed(what, reason, span)


def attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str, read_only: bool = False) -> None:
    """Makes a database file known to a connection by a name; raises what DuckDB raises."""
    from sqlglot import exp

    file = exp.Literal.string(str(path)).sql(dialect="duckdb")
    known_as = exp.to_identifier(name, quoted=True).sql(dialect="duckdb")
    connection.execute(f"ATTACH {file} AS {known_as} (TYPE duckdb{', READ_ONLY' if read_only else ''})")


def have_back(path: Path) -> None:
    """Has a file of segdsl's own let go by whatever of this process was lent it: a result that is still open reads what
    it has evaluated from its own connection then."""
    with _LENDING:
        other = _LENT.get(path.resolve())
        if other is not None and other.own is not None:
            other._give_back(path)
        _LENT.pop(path.resolve(), None)


def first_line(error: BaseException) -> str:
    """What DuckDB says first; of an error inside of another, which it quotes as JSON, that one."""
    text = str(error).strip()
    inner = text.find('{"exception_type"')
    if inner >= 0:
        with suppress(ValueError, KeyError):
            text = str(json.loads(text[inner:])["exception_message"]).strip()
    return text.splitlines()[0].rstrip(".!") if text else type(error).__name__


def is_in_use(error: duckdb.Error) -> bool:
    """Whether a database cannot be attached as this process or another has it open."""
    return any(words in str(error) for words in (_LOCKED, _OPEN_HERE))


def why_not(error: duckdb.Error) -> tuple[str, str | None]:
    """Why a database cannot be attached or read, and what to do."""
    text = str(error)
    if _LOCKED in text:
        return said.locked(text.partition(" is held in ")[2].partition(". See")[0]), said.END_IT
    if _OPEN_HERE in text:
        return said.OPEN_HERE, said.CLOSE_IT
    if "not a valid DuckDB database" in text:
        return said.NO_DATABASE, None
    if any(words in text for words in _DAMAGED):
        return said.damaged(first_line(error)), said.PUT_BACK
    return first_line(error), None
