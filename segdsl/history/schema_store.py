"""A history in a schema of PostgreSQL, for runs that have no disk of their own to keep it on.

One session writes at a time: it holds a lock of the server that goes with the session, however that ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from segdsl import problems
from segdsl.engines.connect import connect
from segdsl.engines.drivers.postgres import Postgres
from segdsl.engines.problem import EngineProblem
from segdsl.engines.warehouse import Warehouse
from segdsl.engines.watch import Progress
from segdsl.history import folder
from segdsl.history.schema import TABLES
from segdsl.history.store import WAIT, Store, tries
from segdsl.problems.history import history_of_another_catalog, history_without_name, history_without_rights
from segdsl.sql import build, sql_text
from segdsl.sql.dialects import POSTGRES

if TYPE_CHECKING:
    import pyarrow

_WHAT = "the history"
_TEXT_OR_VALUE = re.compile(r"'(?:[^']|'')*'|\?")


class SchemaStore(Store):
    """A store that is open, over a session of its own."""

    def __init__(
        self, session: Warehouse, root: Path, name: str, wait: float = WAIT, progress: Progress | None = None
    ) -> None:
        assert isinstance(session.driver, Postgres)
        self._session, self._driver, self._root, self._name = session, session.driver, root, name
        self._wait, self._progress = wait, progress

    @staticmethod
    def open(
        engine: str,
        schema: str,
        root: Path,
        name: str,
        *,
        catalog: str | None,
        write: bool = False,
        begin: bool = False,
        wait: float = WAIT,
        progress: Progress | None = None,
    ) -> SchemaStore | None:
        """Opens the store in a schema, of the catalog of a name; makes one, where there is none and one is to `begin`,
        for which the catalog needs a name. Waits while another session writes to it. None where there is none. Raises
        EngineProblem, where it is the history of another catalog too."""
        session = connect(engine, root)
        try:
            if not isinstance(session.driver, Postgres):
                reason = f"it is {session.dialect.name}, and a history lies in a schema of PostgreSQL alone"
                raise EngineProblem(
                    [problems.store_unusable(name, reason, "leave `history:` out to keep it in a file")]
                )
            store = SchemaStore(session, root, name, wait, progress)
            if write:
                store._lock(schema)
            # who may not make schemas may still write into one
            if begin and not store.fetch("SELECT 1 FROM pg_namespace WHERE nspname = ?", [schema]):
                create = exp.Create(this=exp.Table(db=build.name(schema)), kind="SCHEMA", exists=True)
                session.execute(sql_text(create, POSTGRES), _WHAT)
            quoted = sql_text(exp.Table(this=build.name(schema)), POSTGRES)
            session.execute(f"SET search_path = {quoted}", _WHAT)
            if not store.fetch("SELECT 1 FROM pg_tables WHERE schemaname = ? AND tablename = 'meta'", [schema]):
                if not begin:
                    session.close()
                    return None
                if catalog is None:
                    raise EngineProblem([history_without_name(name)])
                with store.transaction():
                    for statement in TABLES:
                        store.make(statement)
            if write:
                store._check_rights(schema)
            store._fit(write)
            store._check_owner(catalog, schema, write)
            if not write:  # all that is asked of it is of one moment
                store.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            return store
        except BaseException:
            session.close()
            raise

    @property
    def name(self) -> str:
        return self._name

    def fetch(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        table = self.arrow(sql, values)
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))

    def arrow(self, sql: str, values: Sequence[Any] = ()) -> pyarrow.Table:
        with self._session.told(_WHAT):
            return self._driver.stream(_numbered(sql), values).read_all()

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        with self._session.told(_WHAT):
            self._driver.execute(_numbered(sql), values)

    @contextmanager
    def rows(self, name: str, reader: pyarrow.RecordBatchReader) -> Iterator[None]:
        with self._session.told(_WHAT):
            self._driver.take(name, reader)
        yield
        self.execute(f"DROP TABLE {name}")

    def rewrite(self) -> None:
        """What the server itself keeps beside its tables, its log and its backups, is for whoever runs it. As long as
        another session may still see what was deleted, its bytes are copied too: until then this waits. Raises
        EngineProblem where that takes too long."""
        with self:
            for table in ("stays", "members", *self.tables("kept_")):
                self._rewrite(table)

    def _rewrite(self, table: str) -> None:
        (now,) = self.fetch("SELECT CAST(CAST(pg_current_xact_id() AS xid) AS TEXT)")[0]
        for is_last in tries(self._wait, self._progress):
            self.execute(f"VACUUM FULL {table}")
            # what was deleted before the oldest transaction that a table still has is gone from it
            asked = "SELECT age(relfrozenxid) <= age(CAST(? AS xid)) FROM pg_class WHERE oid = CAST(? AS regclass)"
            if self.fetch(asked, [now, table])[0][0]:
                return
            if is_last:
                reason = "another session, or a copy of this server, can still see what was deleted from it"
                help = "nobody is told of it any more, but its bytes are there: once that has ended, do the same again"
                raise EngineProblem([problems.store_unusable(self._name, reason, help)])

    def make(self, statement: str) -> None:
        self.execute(_in_code_points(statement))

    @property
    def totals(self) -> Path:
        """They are on the disk of whoever evaluates, so that a run elsewhere has nothing to go on from."""
        return self._root / folder.TOTALS

    def close(self) -> None:
        self._session.close()

    def _check_owner(self, catalog: str | None, schema: str, write: bool) -> None:
        """Refuses the history of another catalog: a schema can be named by several, whose runs would drop and end each
        other's. One that nobody has put their name to is that of the next who writes to it."""
        found = self.fetch("SELECT value FROM meta WHERE name = 'catalog'")
        if found and found[0][0] != catalog:
            renamed = exp.update(
                exp.Table(this=build.name("meta"), db=build.name(schema)),
                {"value": catalog},
                where=build.eq(build.column("name"), build.text("catalog")),
            )
            advice = None if catalog is None else sql_text(renamed, POSTGRES)
            raise EngineProblem([history_of_another_catalog(self._name, str(found[0][0]), catalog, advice)])
        if not found and write and catalog is not None:
            self.execute("INSERT INTO meta VALUES ('catalog', ?)", [catalog])

    def _check_rights(self, schema: str) -> None:
        """Refuses a role that cannot do what each run does, before anything is evaluated: it drops and makes tables."""
        role, may_make = self.fetch("SELECT CAST(current_user AS TEXT), has_schema_privilege(?, 'CREATE')", [schema])[0]
        if not may_make:
            raise EngineProblem([history_without_rights(self._name, role, None)])
        owners = "SELECT CAST(tableowner AS TEXT) FROM pg_tables WHERE schemaname = ?"
        for (owner,) in self.fetch(f"{owners} AND NOT pg_has_role(tableowner, 'USAGE')", [schema]):
            raise EngineProblem([history_without_rights(self._name, role, owner)])

    def _lock(self, schema: str) -> None:
        lock = "SELECT pg_try_advisory_lock(hashtextextended(?, 0))"
        if not any(self.fetch(lock, [f"segdsl history {schema}"])[0][0] for _ in tries(self._wait, self._progress)):
            raise EngineProblem([problems.store_busy(self.name, "another session writes to it")])


def _numbered(sql: str) -> str:
    """Statements of this package have a question mark only for a value, or within a text, as the name of an entity."""
    numbers = count(1)
    return _TEXT_OR_VALUE.sub(lambda found: f"${next(numbers)}" if found[0] == "?" else found[0], sql)


def _in_code_points(statement: str) -> str:
    """Texts are sorted by their code points, as in a file."""
    if not statement.startswith("CREATE TABLE"):
        return statement
    return statement.replace(" TEXT", ' TEXT COLLATE "C"')
