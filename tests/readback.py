"""SQL of dialects that cannot be run here, read by sqlglot in that dialect and run on DuckDB.

What stands below by name is where the reading itself, and not the SQL, is what differs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot
from sqlglot import exp

from segdsl.engines.unseen import unseen_schema
from segdsl.plan import make_plan
from segdsl.sql import DUCKDB, Dialect, build, make_query, sql_text
from segdsl.sql.lacking import lacking
from tests.engine import Compiled, _value, arrow_tables

# functions that sqlglot leaves as they are, as their vendors' documentation has them
MACROS = (
    "CREATE MACRO from_unixtime_nanos(x) AS make_timestamp(CAST(x / 1000 AS BIGINT))",
    "CREATE MACRO at_timezone(t, zone) AS t AT TIME ZONE zone",
    "CREATE MACRO from_base(digits, base) AS CAST('0x' || digits AS BIGINT)",
    "CREATE MACRO conv(digits, base, other) AS CAST('0x' || digits AS BIGINT)",
    "CREATE MACRO json_quote(x) AS to_json(x)",
    "CREATE MACRO mondays(t) AS isodow(t) - 1",
    "CREATE MACRO datalength(x) AS strlen(CAST(x AS TEXT))",
    "CREATE MACRO arrays_overlap(a, b) AS list_has_any(a, b)",
)


def sql_on_duckdb(sql: str, dialect: Dialect) -> str:
    """What sqlglot makes of a dialect's SQL for DuckDB."""
    tree = sqlglot.parse_one(sql, read=dialect.grammar)
    for node in list(
        tree.find_all(exp.DataType, exp.RegexpInstr, exp.ToNumber, exp.Extract, exp.Collate, exp.Anonymous)
    ):
        match node:
            case exp.DataType() if node.this == exp.DType.ARRAY and not node.expressions:
                # a list of anything, which is written as `[]`
                node.replace(exp.DataType.build("TEXT[]", dialect="duckdb"))
            case exp.DataType() if node.this == exp.DType.BIGDECIMAL:
                # 38 digits after the point, which are left at five; a mean's border has eleven
                node.replace(exp.DataType.build("DECIMAL(38, 11)", dialect="duckdb"))
            case exp.DataType() if node.this == exp.DType.BIT:
                # 0 and 1, which are taken for a row of bits
                node.replace(exp.DataType.build("INT", dialect="duckdb"))
            case exp.DataType() if node.expressions and node.expressions[0].name.upper() == "MAX":
                node.replace(exp.DataType.build("TEXT", dialect="duckdb"))
            case exp.DataType() if (
                node.this == exp.DType.DECIMAL and node.expressions and int(node.expressions[0].name) > 38
            ):
                # DuckDB's decimals end at 38 digits
                node.expressions[0].replace(exp.DataTypeParam(this=exp.Literal.number(38)))
            case exp.DataType() if node.this == exp.DType.CHARACTER_SET:
                node.replace(exp.DataType.build("TEXT", dialect="duckdb"))
            case exp.Anonymous() if node.name == "WEEKDAY":
                # from Monday 0 there, from Sunday 0 on DuckDB
                node.set("this", "MONDAYS")
            case exp.RegexpInstr():
                # flags are dropped with a warning, and an empty pattern is found nowhere
                found = exp.Anonymous(this="REGEXP_MATCHES", expressions=[node.this, node.expression])
                node.replace(exp.cast(found, "INT"))
            case exp.Extract() if node.name == "DAYOFWEEK" and dialect.name == "bigquery":
                # from Sunday 1 there, from Sunday 0 on DuckDB
                node.replace(exp.Paren(this=exp.Add(this=node.copy(), expression=exp.Literal.number(1))))
            case exp.Collate():
                # by codes, as DuckDB compares by itself
                node.replace(node.this)
            case exp.ToNumber():
                # the format (hexadecimal digits) is dropped with a warning
                node.replace(exp.Anonymous(this="FROM_BASE", expressions=[node.this, exp.Literal.number(16)]))
    for upper in list(tree.find_all(exp.Upper)):
        # DuckDB alone has a capital ß
        upper.replace(build.fill(DUCKDB.overrides["upper"], {"s": upper.this}))
    return tree.sql(dialect="duckdb")


class ReadBack:
    """One DuckDB for many cases: the tables of one at a time."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")
        for macro in MACROS:
            self.connection.execute(macro)

    def close(self) -> None:
        self.connection.close()

    def refused(self, compiled: Compiled, names: Sequence[str], dialect: Dialect) -> list[str]:
        """What the dialect lacks of what the definitions use."""
        plan = make_plan(compiled.checker.done().program, [compiled.output(name)[0] for name in names])
        return [construct for _, construct, _ in lacking(plan, dialect)]

    def values(self, compiled: Compiled, names: Sequence[str], dialect: Dialect) -> dict[str, dict[str, Any]]:
        """The values of definitions for every key; the tables are there."""
        wanted = {name: compiled.output(name) for name in names}
        outputs = list({output.name: output for output, _ in wanted.values()}.values())
        plan = make_plan(compiled.checker.done().program, outputs)
        model = compiled.catalog.model
        schema, found = unseen_schema(model, Path(), dialect, plan.parts(model))
        assert not found
        query = make_query(model, schema, plan, dialect, compiled.world.as_of)
        results: dict[str, dict[str, Any]] = {}
        for entity in dict.fromkeys(output.entity for output in outputs):
            of_entity = [output for output in outputs if output.entity == entity]
            sql = sql_text(query.with_steps(query.wide(entity, of_entity, raw=True)), dialect)
            rows = self.connection.execute(sql_on_duckdb(sql, dialect)).fetchall()
            for index, output in enumerate(of_entity, start=1):
                results[output.name] = {str(row[0]): _value(_exact(row[index]), output) for row in rows}
        return {
            name: results[output.name]
            if label is None
            else {key: value == label for key, value in results[output.name].items()}
            for name, (output, label) in wanted.items()
        }

    def load(self, compiled: Compiled, dialect: Dialect) -> None:
        """The tables of a world; lists are JSON where the dialect has them so."""
        for name, found in arrow_tables(compiled.catalog.model, compiled.world.tables).items():
            table = found
            for index, field in enumerate(found.schema):
                if pa.types.is_list(field.type) and not dialect.arrays:
                    texts = [None if items is None else json.dumps(items) for items in table[field.name].to_pylist()]
                    table = table.set_column(index, field.name, pa.array(texts, pa.string()))
            self.connection.register(name, table)


def _exact(value: Any) -> Any:
    """A number to ten digits: DuckDB's ROUND and quotients can be floating where the dialect's are decimals."""
    return Decimal(repr(round(value, 10))) if isinstance(value, float) else value
