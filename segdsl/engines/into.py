"""Members or values as a table of the engine that evaluated them, put in the place of the one before at once."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from uuid import uuid4

from sqlglot import exp

from segdsl import problems
from segdsl.engines.connect import read_url
from segdsl.engines.drivers.duckdb import DuckDBFile
from segdsl.engines.problem import EngineProblem
from segdsl.engines.results import Evaluation
from segdsl.engines.warehouse import Warehouse
from segdsl.model.schema import folded
from segdsl.problems.engines import opened_for_reading
from segdsl.sql import Dialect, build, sql_text
from segdsl.sql.names import Names

# the only tables that are ever replaced
PREFIX = "segdsl_"
MEMBERS = "members"


def write_into(evaluation: Evaluation, schema: str, entity: str | None, entities: Iterable[str]) -> tuple[str, int]:
    """Writes the members (None), or the values of one of the entities there are, into a schema; the table's name, and
    how many rows.

    Readers see the old rows or the new ones, never a half. The tables are `segdsl_members` and `segdsl_ENTITY`.
    Raises EngineProblem.
    """
    engine = evaluation.engine
    if not isinstance(engine, Warehouse) or engine.dialect.replaces is None:
        raise EngineProblem([problems.cannot_write_into(schema, engine.dialect.name)])
    query = evaluation.members_query() if entity is None else evaluation.wide_query(entity)
    place = folded(schema) if engine.dialect.folds else schema
    tables = tables_of(entities, engine.dialect)
    table = exp.Table(this=build.name(tables[entity]), db=build.name(place))
    create = exp.Create(this=table.copy(), kind="TABLE", expression=query)
    what = f"`{schema}.{table.name}`"
    if engine.dialect.replaces == "transaction":
        drop = exp.Drop(tables=[table.copy()], kind="TABLE", exists=True)
        with engine.transaction(what):
            engine.execute(sql_text(drop, engine.dialect), what)
            engine.execute(sql_text(create, engine.dialect), what)
    elif engine.dialect.replaces == "rows":
        _exchanged(engine, table, query, what)
    elif engine.dialect.replaces == "rename":
        _renamed(engine, table, query, what, tables.values())
    else:
        create.set("replace", True)
        if engine.dialect.table_engine:
            order = exp.Order(expressions=[exp.Tuple(expressions=[])])
            keeper = exp.EngineProperty(this=exp.var(engine.dialect.table_engine))
            create.set("properties", exp.Properties(expressions=[keeper, order]))
        engine.execute(sql_text(create, engine.dialect), what)
    counted = build.select(build.count_all()).from_(table, copy=False)
    return f"{schema}.{table.name}", int(engine.fetch(sql_text(counted, engine.dialect), what)[0][0])


def check_into(schema: str, engine: str | None) -> None:
    """Raises EngineProblem where the URL, or the profile, says before anything is done that nothing can be written."""
    if engine is None:
        raise EngineProblem([problems.cannot_write_into(schema, "duckdb")])
    url, scheme = read_url(engine, os.environ)
    if scheme is None:
        return  # whoever connects is told
    driver = scheme.load()
    if driver.dialect.replaces is None:
        raise EngineProblem([problems.cannot_write_into(schema, driver.dialect.name)])
    if driver is DuckDBFile and DuckDBFile.is_for_reading(url):
        raise EngineProblem([opened_for_reading(schema)])


def tables_of(entities: Iterable[str], dialect: Dialect) -> dict[str | None, str]:
    """The table of the members (None), and of the values of each entity: never one for two, so that an entity whose
    name is taken, as `members` is, has a number behind it."""
    names = Names.of(dialect)
    found: dict[str | None, str] = {None: names.take(f"{PREFIX}{MEMBERS}")}
    # whose name is free keeps it, whatever other entities there are
    for entity in sorted(entities, key=lambda entity: entity.casefold() == MEMBERS):
        found[entity] = names.take(f"{PREFIX}{entity}")
    return found


def _exchanged(engine: Warehouse, table: exp.Table, query: exp.Query, what: str) -> None:
    """Puts new rows in the place of the old ones, in a table that stays; one of other columns gives way to another."""
    wanted = list(engine.columns(query, what).items())
    try:
        found = list(engine.columns(exp.select("*").from_(table.copy()), what).items())
    except EngineProblem:  # it is not there; or what is wrong is told when it is made
        found = None
    name = build.text(f"{table.db}.{table.name}")
    lock = sql_text(build.fill(engine.dialect.lock, {"name": name}, engine.dialect.grammar), engine.dialect)
    if found == wanted:
        with engine.transaction(what):
            engine.execute(lock, what)
            engine.execute(sql_text(exp.Delete(this=table.copy()), engine.dialect), what)
            engine.execute(sql_text(exp.Insert(this=table.copy(), expression=query), engine.dialect), what)
        return
    # whoever waits for the old table with a snapshot of before comes to the new one, and has to find its rows: they are
    # there, under another name, before the old table goes
    new = exp.Table(this=build.name(f"{table.name}_{uuid4().hex[:8]}"), db=table.args["db"].copy())
    engine.execute(sql_text(exp.Create(this=new, kind="TABLE", expression=query), engine.dialect), what)
    try:
        with engine.transaction(what):
            engine.execute(lock, what)
            for statement in (
                exp.Drop(tables=[table.copy()], kind="TABLE", exists=True),
                exp.Alter(this=new.copy(), kind="TABLE", actions=[exp.AlterRename(this=exp.Table(this=table.this))]),
            ):
                engine.execute(sql_text(statement, engine.dialect), what)
    except EngineProblem:
        engine.execute(sql_text(exp.Drop(tables=[new.copy()], kind="TABLE", exists=True), engine.dialect), what)
        raise


def _renamed(engine: Warehouse, table: exp.Table, query: exp.Query, what: str, taken: Collection[str]) -> None:
    """Makes the new table beside the old one, under no name that is taken, and gives both their new names by one
    statement."""
    names = Names.of(engine.dialect, taken)
    new, old = (
        exp.Table(this=build.name(names.take(f"{table.name}_{word}")), db=table.args["db"].copy())
        for word in ("new", "old")
    )
    for name in (new, old):  # what a run before was in the middle of
        engine.execute(sql_text(exp.Drop(tables=[name.copy()], kind="TABLE", exists=True), engine.dialect), what)
    empty = exp.Create(
        this=table.copy(), kind="TABLE", exists=True, expression=exp.select("*").from_(query.subquery("t")).limit(0)
    )
    engine.execute(sql_text(empty, engine.dialect), what)
    engine.execute(sql_text(exp.Create(this=new.copy(), kind="TABLE", expression=query), engine.dialect), what)
    pairs = ", ".join(
        f"{sql_text(a, engine.dialect)} TO {sql_text(b, engine.dialect)}" for a, b in ((table, old), (new, table))
    )
    engine.execute(sql_text(exp.Command(this="RENAME", expression=f"TABLE {pairs}"), engine.dialect), what)
    engine.execute(sql_text(exp.Drop(tables=[old], kind="TABLE"), engine.dialect), what)
