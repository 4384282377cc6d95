"""Engines that hold tables themselves, each with the tables of one case at a time."""

from __future__ import annotations

import datetime as dt
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


def statements(dialect: Dialect, tables: Mapping[str, pa.Table]) -> Iterator[str]:
    """What makes the tables of a world, and fills them."""
    for name, table in tables.items():
        kinds = {field.name: kind_of(field.type) for field in table.schema}
        columns = [
            exp.ColumnDef(this=build.name(column), kind=build.data_type(dialect.types[kind], dialect.grammar).copy())
            for column, kind in kinds.items()
        ]
        schema = exp.Schema(this=build.table(name), expressions=columns)
        yield f"{sql_text(exp.Create(this=schema, kind='TABLE'), dialect)}{dialect.structures.get('table ending', '')}"
        rows = [
            exp.Tuple(expressions=[_literal(dialect, row[column], kind) for column, kind in kinds.items()])
            for row in table.to_pylist()
        ]
        if rows:
            yield sql_text(exp.Insert(this=build.table(name), expression=exp.Values(expressions=rows)), dialect)


def _literal(dialect: Dialect, value: Any, kind: Kind) -> exp.Expr:
    def structure(name: str, text: str) -> exp.Expr:
        return build.fill(dialect.structures[name], {"s": build.text(text)}, dialect.grammar)

    match value:
        case None:
            return exp.Null()
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
    return exp.Array(expressions=[build.text(item) for item in items])


class Bench:
    """A driver that is there for as long as the tests run; every case has the tables to itself."""

    def __init__(self, driver: Driver, transactional: bool = True) -> None:
        self.driver = driver
        self.transactional = transactional

    @contextmanager
    def opened(self, tables: dict[str, pa.Table]) -> Iterator[Warehouse]:
        """A session with the tables of a world, which are gone afterwards."""
        made: list[str] = []
        if self.transactional:
            self.driver.begin()
        try:
            for statement in statements(self.driver.dialect, tables):
                self.driver.execute(statement)
            made.extend(tables)
            yield Warehouse(self.driver)
        finally:
            if self.transactional:
                self.driver.rollback()
            else:
                for name in made:
                    drop = exp.Drop(this=build.table(name), kind="TABLE", exists=True)
                    self.driver.execute(sql_text(drop, self.driver.dialect))

    def __call__(
        self, world: World, rules: str, names: Sequence[str], params: dict[str, str]
    ) -> dict[str, dict[str, Any]]:
        """This engine as what evaluates a case."""
        opened: Opened = self.opened
        return Compiled(world, rules, params).run(names, opened=opened)
