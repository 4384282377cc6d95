"""Engines that hold tables themselves, each with the tables of one case at a time."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pyarrow as pa
from sqlglot import exp

from segdsl.engines.drivers.driver import Driver
from segdsl.engines.warehouse import Warehouse
from segdsl.sql import Dialect, build, sql_text
from segdsl.types import Kind
from tests.engine import Compiled, Opened
from tests.world import World


def kind_of(type_: pa.DataType) -> Kind:
    """The kind of value that a column of a world holds."""
    is_ = pa.types
    for test, kind in (
        (is_.is_boolean, Kind.BOOL),
        (is_.is_integer, Kind.INT),
        (is_.is_decimal, Kind.DECIMAL),
        (is_.is_string, Kind.TEXT),
        (is_.is_date, Kind.DATE),
        (is_.is_timestamp, Kind.TIME),
        (is_.is_list, Kind.LIST),
    ):
        if test(type_):
            return kind
    raise AssertionError(type_)


def statements(dialect: Dialect, tables: Mapping[str, pa.Table], stored: Mapping[Kind, str]) -> Iterator[str]:
    """What makes the tables of a world, and fills them. `stored` are the types of columns that differ from those of
    expressions."""
    types = {**dialect.types, **stored}
    for name, table in tables.items():
        kinds = {field.name: kind_of(field.type) for field in table.schema}
        columns = [
            exp.ColumnDef(this=build.name(column), kind=build.data_type(types[kind], dialect.grammar).copy())
            for column, kind in kinds.items()
        ]
        schema = exp.Schema(this=build.table(name), expressions=columns)
        yield sql_text(exp.Create(this=schema, kind="TABLE"), dialect)
        rows = [
            exp.Tuple(expressions=[_literal(dialect, row[column], kind) for column, kind in kinds.items()])
            for row in table.to_pylist()
        ]
        if rows:
            yield sql_text(exp.Insert(this=build.table(name), expression=exp.Values(expressions=rows)), dialect)


def views(dialect: Dialect, tables: Mapping[str, pa.Table]) -> Iterator[str]:
    """The same as views of the session, for engines on which tables are files."""
    for name, table in tables.items():
        kinds = {field.name: kind_of(field.type) for field in table.schema}
        rows = [
            exp.Tuple(expressions=[_literal(dialect, row[column], kind) for column, kind in kinds.items()])
            for row in table.to_pylist() or [dict.fromkeys(kinds)]
        ]
        cells = [
            build.alias(build.cast(build.column(column), dialect.types[kind], dialect.grammar), column)
            for column, kind in kinds.items()
        ]
        alias = exp.TableAlias(this=build.name("v"), columns=[build.name(column) for column in kinds])
        select = build.select(*cells).from_(exp.Values(expressions=rows, alias=alias), copy=False)
        if not table.num_rows:
            select = select.where(exp.false(), copy=False)
        create = exp.Create(
            this=build.table(name),
            kind="VIEW",
            replace=True,
            expression=select,
            properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
        )
        yield sql_text(create, dialect)


def _literal(dialect: Dialect, value: Any, kind: Kind) -> exp.Expr:
    def structure(name: str, text: str) -> exp.Expr:
        return build.fill(dialect.structures[name], {"s": build.text(text)}, dialect.grammar)

    match value:
        case None:
            return exp.Null()
        case dt.datetime() if dialect.decimals is not None:
            return build.text(value.isoformat(sep=" "))
        case Decimal() | dt.date() if dialect.decimals is not None:
            return build.text(format(value, "f") if isinstance(value, Decimal) else value.isoformat())
        case bool():
            return exp.true() if value else exp.false()
        case int():
            return build.number(value)
        case Decimal():
            text = format(value, "f")
            return structure("decimal", text) if "decimal" in dialect.structures else build.number(value)
        case dt.datetime():
            return structure("timestamp", value.isoformat(sep=" "))
        case dt.date():
            return structure("date", value.isoformat())
        case list():
            return build.cast(_list(dialect, value), dialect.types[kind], dialect.grammar)
        case _:
            return build.text(str(value))


def _list(dialect: Dialect, items: Sequence[str]) -> exp.Expr:
    if "list" in dialect.structures:  # kept as JSON
        return build.text(json.dumps(items))
    return exp.Array(expressions=[build.text(item) for item in items])


class Bench:
    """A driver that is there for as long as the tests run; every case has the tables to itself."""

    url = ""

    def __init__(
        self,
        driver: Driver,
        transactional: bool = True,
        stored: Mapping[Kind, str] | None = None,
        ending: str = "",
        held: bool = False,
        viewed: bool = False,
    ) -> None:
        self.is_viewed = viewed
        self.stored, self.ending, self.held = stored or {}, ending, held
        self.driver = driver
        self.transactional = transactional

    @contextmanager
    def opened(self, tables: dict[str, pa.Table]) -> Iterator[Warehouse]:
        """A session with the tables of a world, which are gone afterwards."""
        made: list[str] = []
        if self.is_viewed:
            for statement in views(self.driver.dialect, tables):
                self.driver.execute(statement)
            yield Warehouse(self.driver)
            return
        if self.transactional:
            self.driver.begin()
        try:
            made.extend(tables)
            for statement in statements(self.driver.dialect, tables, self.stored):
                self.driver.execute(statement + self.ending * statement.startswith("CREATE"))
            yield Warehouse(self.driver)
        finally:
            if self.transactional:
                self.driver.rollback()
            else:
                for name in made:
                    drop = exp.Drop(tables=[build.table(name)], kind="TABLE", exists=True)
                    self.driver.execute(sql_text(drop, self.driver.dialect))

    def __call__(
        self, world: World, rules: str, names: Sequence[str], params: dict[str, str]
    ) -> dict[str, dict[str, Any]]:
        """This engine as what evaluates a case."""
        opened: Opened = self.opened
        return Compiled(world, rules, params).run(names, opened=opened, held=self.held)
