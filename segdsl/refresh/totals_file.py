"""Tables of segdsl's own that an evaluation reads and writes: those of the file that its connection has attached, and
temporary ones."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from pathlib import Path

from sqlglot import exp

from segdsl.engines.duckdb import DuckDB, is_in_use
from segdsl.problems.stages import EVALUATION
from segdsl.sql import DUCKDB, build, sql_text


class TotalsFile:
    """The file as one run sees it. Tables that are kept have names that begin with `name`, another one in each run."""

    def __init__(self, engine: DuckDB) -> None:
        self.engine = engine
        self.name = f"kept_{uuid.uuid4().hex[:12]}"

    def own(self, name: str) -> exp.Table:
        """A table that is kept."""
        assert self.engine.own is not None
        return exp.Table(this=build.name(name), db=build.name("main"), catalog=build.name(self.engine.own))

    def tables(self) -> list[str]:
        """The names of all tables that are kept."""
        named = f"SELECT table_name FROM duckdb_tables() WHERE database_name = '{self.engine.own}'"
        return [row[0] for row in self.engine.fetch(named, EVALUATION)]

    def clean(self, but: Collection[str]) -> None:
        """Drops all tables but some."""
        for name in self.tables():
            if name not in but:
                self.execute(exp.Drop(tables=[self.own(name)], kind="TABLE"))

    def create(self, table: str | exp.Table, query: exp.Query) -> None:
        """Makes a table of a query: of this connection alone by its name, or one that is kept. The query is used up."""
        self.execute(self.creation(table, query))

    def creation(self, table: str | exp.Table, query: exp.Query) -> exp.Create:
        """The statement that makes such a table."""
        is_kept = isinstance(table, exp.Table)
        named = table.copy() if isinstance(table, exp.Table) else build.table(table)
        return build.create(named, query, temporary=not is_kept, replace=is_kept)

    def view(self, name: str, query: exp.Query) -> None:
        """Gives a query a name on this connection."""
        self.execute(self.view_of(name, query))

    def view_of(self, name: str, query: exp.Query) -> exp.Create:
        """The statement that gives it one."""
        return build.create(build.table(name), query, "VIEW", temporary=True, replace=True)

    def drop(self, *names: str) -> None:
        """Drops tables of this connection."""
        for name in names:
            table = exp.Table(this=build.name(name), db=build.name("temp"))
            self.execute(exp.Drop(tables=[table], kind="TABLE", exists=True))

    def rows(self, query: exp.Query) -> int:
        """How many rows a query has."""
        counted = build.select(build.count_all()).from_(build.subquery(query, "r"))
        return int(self.engine.fetch(sql_text(counted, DUCKDB, is_used_up=True), EVALUATION)[0][0])

    def types_of(self, query: exp.Query) -> tuple[str, ...]:
        """The types of a query's columns. The query is used up."""
        told = self.engine.fetch(f"DESCRIBE {sql_text(query, DUCKDB, is_used_up=True)}", EVALUATION)
        return tuple(row[1] for row in told)

    def lend(self, path: Path, instead: Iterable[exp.Expr]) -> None:
        """Lets whoever needs the file next have it: with the statements in `instead`, which are used up, the connection
        can do without."""
        self.engine.lend_own(path, [sql_text(statement, DUCKDB, is_used_up=True) for statement in instead])

    def execute(self, statement: exp.Expr) -> None:
        """Runs a statement for what it does. It is used up."""
        self.engine.execute(sql_text(statement, DUCKDB, is_used_up=True), EVALUATION)


def holds(path: Path, name: str) -> bool:
    """Whether a file, where there is one, has tables of a run that begin with `name`, or is in use."""
    import duckdb

    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            rows = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    except duckdb.Error as error:
        return is_in_use(error)
    return bool(name) and any(row[0].startswith(name) for row in rows)
