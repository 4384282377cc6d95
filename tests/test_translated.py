"""The `sql:` of a model on other engines: the rows are DuckDB's, or it is refused (SEG503)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow
import pytest
from sqlglot import exp

from segdsl.engines.describe import describe_model
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.engine import Engine
from segdsl.engines.problem import EngineProblem
from segdsl.engines.reading import ROWS, Reading
from segdsl.engines.warehouse import Warehouse
from segdsl.model.model import Model
from segdsl.model.schema import PartName
from segdsl.sql import build, sql_text
from segdsl.types import STATED, TEXT
from tests.benches import Benches
from tests.engine import load as model_of

PART: PartName = ("entity", "customer")
COLUMNS = {
    "customer": "text", "ts": "timestamp", "day": "date", "amount": "decimal", "chan": "text", "n": "int",
    "flag": "bool", "score": "double", "said": "text",
}  # fmt: skip
# the same columns as each engine usually has them
TYPES = {
    "duckdb": {"text": "VARCHAR", "timestamp": "TIMESTAMP", "date": "DATE", "decimal": "DECIMAL(12, 2)",
               "int": "BIGINT", "bool": "BOOLEAN", "double": "DOUBLE"},
    "postgres": {"text": "TEXT", "timestamp": "TIMESTAMP", "date": "DATE", "decimal": "NUMERIC(12, 2)",
                 "int": "BIGINT", "bool": "BOOLEAN", "double": "DOUBLE PRECISION"},
    "clickhouse": {"text": "Nullable(String)", "timestamp": "Nullable(DateTime64(6))", "date": "Nullable(Date32)",
                   "decimal": "Nullable(Decimal(12, 2))", "int": "Nullable(Int64)", "bool": "Nullable(Bool)",
                   "double": "Nullable(Float64)"},
    "mariadb": {"text": "VARCHAR(50)", "timestamp": "DATETIME(6)", "date": "DATE", "decimal": "DECIMAL(12, 2)",
                "int": "BIGINT", "bool": "BOOLEAN", "double": "DOUBLE"},
    "sqlite": {"text": "TEXT", "timestamp": "DATETIME", "date": "DATE", "decimal": "TEXT", "int": "INTEGER",
               "bool": "BOOLEAN", "double": "REAL"},
}  # fmt: skip
ENDINGS = {"clickhouse": " ENGINE = Memory", "mariadb": " CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"}
# what differs in letter case, in blanks and in accents; halves; fractions of seconds; a sum beyond 32 bits
ROWS_THERE: list[tuple[Any, ...]] = [
    ("a", "2026-01-02 09:00:00", "2026-01-02", "9.95", "web", 3, True, 1.5, "12.345"),
    ("a", "2026-01-02 10:00:00.75", "2026-01-02", "100.00", "Web", 40000, False, 99.5, "0.005"),
    ("a", "2026-02-01 00:00:00", "2026-02-01", "0.25", "web ", 7, None, 0.5, "-1"),
    ("b", "2026-01-02 10:00:00", "2026-01-01", "1000.00", "WEB", 1, True, 100.5, "7"),
    ("b", "2026-01-02 10:00:00", None, "20.10", "app", 2, True, None, None),
    ("b", "2026-03-01 10:00:00", "2026-03-01", "0.30", "äpp", 3000000000, False, 2.0, "0.125"),
    ("c", "2026-01-02 10:00:00", "2026-01-03", "100.01", None, None, None, 5.0, "3.5"),
    ("c", None, "2026-01-05", None, "", 5, True, 6.0, "2.5"),
    ("C", "2026-01-05 10:00:00", "2026-01-06", "777.01", "B", 6, False, 7.0, "1"),
    ("d", "2025-01-05 10:00:00", "2025-01-05", "3.50", "Bb", 6, True, 8.0, "1.5"),
]  # fmt: skip
ALL = ("postgres", "clickhouse", "mariadb", "sqlite")
# what `v` is stated as; the SELECT; where it is refused. On SQLite a text has to say that it is one
CASES: list[tuple[str, str, str]] = [
    # texts, which are compared by code point
    ("int", "SELECT customer AS k, count(*) AS v FROM orders WHERE chan = 'web' GROUP BY ALL", ""),
    ("int", "SELECT customer AS k, count(*) AS v FROM orders WHERE chan IN ('web', 'app') GROUP BY customer", ""),
    ("int", "SELECT customer AS k, sum(n) AS v FROM orders GROUP BY ALL", ""),
    ("int", "SELECT customer AS k, count(DISTINCT chan) AS v FROM orders GROUP BY customer", ""),
    ("text", "SELECT customer AS k, min(chan) AS v FROM orders GROUP BY customer", ""),
    ("text", "SELECT customer AS k, max(CASE WHEN n > 5 THEN 'b' ELSE 'B' END) AS v FROM orders GROUP BY 1", ""),
    ("int", "SELECT customer AS k, count(*) AS v FROM orders WHERE chan < 'b' GROUP BY customer", ""),
    ("int", "SELECT customer AS k, count(*) AS v FROM orders WHERE chan BETWEEN 'B' AND 'web' GROUP BY customer", ""),
    ("text", "SELECT DISTINCT chan AS k, chan AS v FROM orders", ""),
    ("text", "SELECT chan AS k, chan AS v FROM orders UNION SELECT chan, chan FROM orders", ""),
    ("int", "SELECT o.customer AS k, p.n AS v FROM orders o JOIN orders p ON p.customer = o.customer AND p.n = 6", ""),
    ("int", "SELECT k, v FROM (SELECT customer AS k, n AS v, row_number() OVER (PARTITION BY customer ORDER BY n DESC)"
     " AS rn FROM orders) WHERE rn = 1", ""),
    ("int", "SELECT customer AS k, rank() OVER (ORDER BY chan) AS v FROM orders WHERE chan > 'A'", ""),
    ("int", "SELECT customer AS k, n AS v FROM orders o WHERE EXISTS (SELECT 1 FROM orders p WHERE p.chan = 'B'"
     " AND p.customer = o.customer)", ""),
    ("int", "SELECT customer AS k, n AS v FROM orders WHERE customer IN (SELECT customer FROM orders WHERE n = 6)", ""),
    ("text", "WITH x AS (SELECT * FROM orders) SELECT customer AS k, coalesce(chan, 'none') AS v FROM x", ""),
    # a table that is read inside a value, which a template takes
    ("int", "SELECT customer AS k, 1 + CASE WHEN EXISTS (SELECT 1 FROM orders p WHERE p.chan = 'web' AND p.customer ="
     " o.customer) THEN 1 ELSE 2 END AS v FROM orders o", ""),
    # numbers
    ("int", "SELECT customer AS k, count(*) AS v FROM orders WHERE amount > 100 GROUP BY customer", "sqlite"),
    ("int", "SELECT customer AS k, count(*) AS v FROM orders WHERE amount IN (0.3, 7, 100) GROUP BY ALL", "sqlite"),
    ("int", "SELECT customer AS k, count(*) AS v FROM orders WHERE amount * 1.1 > 110 GROUP BY customer", "sqlite"),
    ("decimal", "SELECT customer AS k, sum(n + 0.1) AS v FROM orders GROUP BY customer", "sqlite"),
    ("decimal", "SELECT customer AS k, sum(amount) AS v FROM orders GROUP BY ALL HAVING sum(amount) > 100", "sqlite"),
    ("decimal", "SELECT customer AS k, max(amount) - min(amount) AS v FROM orders GROUP BY customer", "sqlite"),
    ("decimal", "SELECT customer AS k, CAST(amount AS DECIMAL(10, 1)) AS v FROM orders", "sqlite"),
    ("decimal", "SELECT customer AS k, CAST(amount AS DECIMAL(10, 0)) AS v FROM orders", "sqlite"),
    ("decimal", "SELECT customer AS k, sum(CAST(said AS DECIMAL(10, 2))) AS v FROM orders GROUP BY customer", "sqlite"),
    ("decimal", "SELECT customer AS k, coalesce(amount, 0) AS v FROM orders", ""),
    ("int", "SELECT customer AS k, CASE WHEN n > 5 THEN -n WHEN n IS NULL THEN 0 ELSE n * 2 END AS v FROM orders", ""),
    ("int", "SELECT customer AS k, n AS v FROM orders ORDER BY n DESC LIMIT 1", ""),
    ("int", "SELECT customer AS k, n AS v FROM orders WHERE score > 99", "clickhouse sqlite"),
    # days and times
    ("timestamp", "SELECT customer AS k, CAST(ts AS TIMESTAMP) AS v FROM orders", "sqlite"),
    ("date", "SELECT customer AS k, CAST(ts AS DATE) AS v FROM orders", "sqlite"),
    ("int", "SELECT customer AS k, count(*) AS v FROM orders WHERE ts > TIMESTAMP '2026-01-02 10:00:00' GROUP BY ALL",
     "sqlite"),
    ("int", "SELECT customer AS k, count(*) AS v FROM orders WHERE ts >= '2026-01-02 10:00' GROUP BY ALL", "sqlite"),
    ("int", "SELECT customer AS k, count(*) AS v FROM orders WHERE day = ts OR day < DATE '2026-01-01' GROUP BY ALL",
     "sqlite"),
    ("timestamp", "SELECT customer AS k, min(ts) AS v FROM orders GROUP BY ALL", "sqlite"),
    # truths
    ("int", "SELECT customer AS k, count(*) AS v FROM orders WHERE flag GROUP BY customer", ""),
    ("int", "SELECT customer AS k, count(*) AS v FROM orders WHERE NOT flag AND n > 1 GROUP BY customer", ""),
    ("bool", "SELECT customer AS k, chan IN ('web', 'B') AS v FROM orders", ""),
    # what is only handed on
    ("decimal", "SELECT customer AS k, amount AS v FROM orders WHERE chan = 'web'", ""),
    ("timestamp", "SELECT o.customer AS k, o.ts AS v FROM orders o LEFT JOIN orders p ON p.n = o.n + 1"
     " WHERE p.n IS NULL", ""),
    # what nobody translates
    ("text", "SELECT customer AS k, CAST(flag AS TEXT) AS v FROM orders", "all"),
    ("text", "SELECT customer AS k, CAST(amount AS TEXT) AS v FROM orders", "postgres clickhouse mariadb"),
    ("text", "SELECT customer AS k, CAST(ts AS TEXT) AS v FROM orders", "all"),
    ("bool", "SELECT customer AS k, CAST('true' AS BOOLEAN) AS v FROM orders", "all"),
    ("decimal", "SELECT customer AS k, CAST(score AS DECIMAL(10, 1)) AS v FROM orders", "all"),
    ("decimal", "SELECT customer AS k, amount * 1e0 AS v FROM orders", "all"),
    ("decimal", "SELECT customer AS k, score + 0.1 AS v FROM orders", "all"),
    ("int", "SELECT customer AS k, n AS v FROM orders WHERE said > 2", "all"),
    ("int", "SELECT customer AS k, n AS v FROM orders WHERE n = '3'", "all"),
    ("int", "SELECT customer AS k, n AS v FROM orders WHERE day = '2026-01-02 10:00'", "all"),
    ("int", "SELECT customer AS k, n AS v FROM orders WHERE NOT (customer IN (SELECT chan FROM orders))", "all"),
    ("int", "SELECT customer AS k, n AS v FROM orders SEMI JOIN orders AS p ON p.n = orders.n", "all"),
    ("int", "SELECT customer AS k, CASE WHEN n > 5 THEN n ELSE 'none' END AS v FROM orders", "all"),
    ("text", "SELECT customer AS k, chan AS v FROM orders UNION ALL SELECT customer, n FROM orders", "all"),
]  # fmt: skip


@contextmanager
def tables(name: str, execute: Any) -> Iterator[None]:
    columns = ", ".join(f"{column} {TYPES[name][kind]}" for column, kind in COLUMNS.items())
    execute(f"CREATE TABLE orders ({columns}){ENDINGS.get(name, '')}")
    try:
        rows = ", ".join(f"({', '.join(_written(value) for value in row)})" for row in ROWS_THERE)
        execute(f"INSERT INTO orders VALUES {rows}")
        yield
    finally:
        execute("DROP TABLE orders")


def _written(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case str():
            return f"'{value}'"
        case _:
            return str(value)


def model_with(sql: str, stated: str) -> Model:
    entity = {"sql": sql, "key": {"column": "k", "type": "text"}, "attributes": {"v": stated}}
    return model_of({"entities": {"customer": entity}, "as_of": "2026-03-31", "timezone": "UTC"})


def rows_of(engine: Engine, model: Model, stated: str) -> list[tuple[Any, ...]]:
    """The rows of the one part, as rules read them."""
    schema, found = describe_model(model, engine)
    if found:
        raise EngineProblem(found)
    reading = Reading(model, schema, engine, dt.datetime(2026, 3, 31))
    columns = [build.alias(reading.typed(PART, name, of), name) for name, of in (("k", TEXT), ("v", STATED[stated]))]
    select = build.select(*columns).from_(exp.alias_(schema.tree(PART), ROWS, table=True, quoted=True))
    rows = engine.fetch(sql_text(select, engine.dialect), "the rows")
    return sorted(((key, reading.known(value, STATED[stated].kind)) for key, value in rows), key=repr)


@pytest.fixture(scope="module")
def here() -> pyarrow.Table:
    with duckdb.connect() as connection, tables("duckdb", connection.execute):
        return connection.table("orders").to_arrow_table()


@pytest.fixture(scope="module", params=ALL)
def there(request: pytest.FixtureRequest, benches: Benches) -> Iterator[Warehouse]:
    driver = benches(request.param).driver
    with tables(request.param, driver.execute):
        yield Warehouse(driver)


@pytest.mark.parametrize(("stated", "sql", "refused"), CASES)
def test_rows_are_those_of_duckdb(here: pyarrow.Table, there: Warehouse, stated: str, sql: str, refused: str) -> None:
    if there.dialect.name == "sqlite":
        sql = re.sub(r"\b(?:[op]\.)?(customer|chan)\b", r"CAST(\g<0> AS TEXT)", sql)
        sql = sql.replace("SELECT CAST(chan AS TEXT), CAST(chan", "SELECT CAST(chan AS TEXT) AS k, CAST(chan")
    model = model_with(sql, stated)
    if refused == "all" or there.dialect.name in refused.split():
        with pytest.raises(EngineProblem) as problem:
            rows_of(there, model, stated)
        assert [found.code for found in problem.value.diagnostics] == ["SEG503"]
        assert (
            problem.value.diagnostics[0].help
            == f"read a table or view in its place, made in {there.dialect.name} itself"
        )
        return
    with DuckDB(model, Path(), {"orders": here}) as engine:
        expected = rows_of(engine, model, stated)
    assert expected
    assert rows_of(there, model, stated) == expected


@contextmanager
def with_columns(name: str, driver: Any, columns: str, *rows: str) -> Iterator[Warehouse]:
    """A table `t` of an engine, with columns and rows in its own SQL."""
    driver.execute(f"CREATE TABLE t ({columns}){ENDINGS.get(name, '')}")
    try:
        driver.execute(f"INSERT INTO t VALUES {', '.join(rows)}")
        yield Warehouse(driver)
    finally:
        driver.execute("DROP TABLE t")


@pytest.mark.parametrize("value", ["b + b", "b - -b", "b * 2", "sum(b)", "sum(b) OVER ()"])
def test_whole_numbers_do_not_go_round_on_clickhouse(benches: Benches, value: str) -> None:
    """Sums and products beyond 64 bits are an error, as everywhere."""
    driver = benches("clickhouse").driver
    row = "('a', 9000000000000000005)"
    with with_columns("clickhouse", driver, "k String, b Int64", row, row) as engine:
        group = " GROUP BY k" if value == "sum(b)" else ""
        sql = f"SELECT k, {value} AS v FROM (SELECT k, b - 900000000000000000 * 10 AS b FROM t){group}"
        assert {v for _, v in rows_of(engine, model_with(sql, "decimal"), "decimal")} == {10}
        with pytest.raises(EngineProblem, match="Int64"):
            rows_of(engine, model_with(f"SELECT k, {value} AS v FROM t{group}", "int"), "int")


def test_what_clickhouse_has_beside(benches: Benches) -> None:
    driver = benches("clickhouse").driver
    columns = "k FixedString(3), e Enum8('a' = 2, 'bb' = 1), u UInt64, z DateTime('Europe/Berlin'), l Array(String)"
    rows = ("('a', 'a', 18446744073709551615, 0, ['x'])", "('bb', 'bb', 3, 0, [])")
    with with_columns("clickhouse", driver, columns, *rows) as engine:
        for sql, stated, expected in (
            ("SELECT k, u AS v FROM t WHERE e < 'b'", "text", [("a", "18446744073709551615")]),
            ("SELECT min(e) AS k, l AS v FROM t WHERE k = 'a' GROUP BY ALL", "list(text)", None),
            ("SELECT e AS k, count(*) AS v FROM t WHERE u > 5 GROUP BY e", "int", [("a", 1)]),
            ("SELECT k, u AS v FROM t WHERE z > TIMESTAMP '2026-01-01 00:00:00'", "int", None),
        ):
            if expected is None:
                with pytest.raises(EngineProblem, match="cannot be said"):
                    rows_of(engine, model_with(sql, stated), stated)
            else:
                assert rows_of(engine, model_with(sql, stated), stated) == expected


def test_texts_of_any_type_go_by_code_point_on_postgres(benches: Benches) -> None:
    from segdsl.engines.drivers.postgres import Postgres

    owner = benches("postgres").driver
    owner.execute("CREATE EXTENSION citext")
    driver = Postgres(benches("postgres").url)  # a session learns of types when it begins
    try:
        columns = "k CITEXT, d NUMERIC, r REAL"
        with with_columns("postgres", driver, columns, "('c', 'NaN', 1)", "('C', 2, 16777216)") as engine:
            for sql, expected in (
                ("SELECT k, count(*) AS v FROM t GROUP BY k", [("C", 1), ("c", 1)]),
                ("SELECT k, count(*) AS v FROM t WHERE k = 'c' GROUP BY k", [("c", 1)]),
                ("SELECT min(k) AS k, count(*) AS v FROM t", [("C", 2)]),
                ("SELECT t.k, count(*) AS v FROM t JOIN t AS o ON o.k = t.k GROUP BY t.k", [("C", 1), ("c", 1)]),
                # what is no number is unknown
                ("SELECT k, count(*) AS v FROM t WHERE d > 1 GROUP BY k", [("C", 1)]),
            ):
                assert rows_of(engine, model_with(sql, "int"), "int") == expected
            sql = "SELECT 'a' AS k, sum(r) AS v FROM t"
            assert rows_of(engine, model_with(sql, "int"), "int") == [("a", 16777217)]
            with pytest.raises(EngineProblem, match="a floating-point number"):
                rows_of(engine, model_with("SELECT k, r * 2 AS v FROM t", "decimal"), "decimal")
    finally:
        driver.close()
        owner.execute("DROP EXTENSION citext")


def test_a_row_of_sqlite_may_hold_anything(benches: Benches) -> None:
    driver = benches("sqlite").driver
    with with_columns("sqlite", driver, "k TEXT COLLATE NOCASE, n INT", "('a', 3)", "('A', 'x')") as engine:
        sql = "SELECT CAST(k AS TEXT) AS k, count(*) AS v FROM t GROUP BY 1"
        assert rows_of(engine, model_with(sql, "int"), "int") == [("A", 1), ("a", 1)]
        for refused in ("min(k)", "count(DISTINCT k)", "k = '1.50'", "k > '2026-01-01'", "k || 'a'"):
            with pytest.raises(EngineProblem, match=r"say it \(`CAST\(k AS TEXT\)`\)$"):
                rows_of(engine, model_with(f"SELECT {refused} AS k, 1 AS v FROM t", "int"), "int")
        assert rows_of(engine, model_with("SELECT k, 1 AS v FROM t WHERE k = 'a' AND n > 2", "int"), "int") == [
            ("a", 1)
        ]
        with pytest.raises(EngineProblem, match="integer overflow"):  # as where a rule reads it
            rows_of(engine, model_with("SELECT k, 1 AS v FROM t WHERE n > 2", "int"), "int")
