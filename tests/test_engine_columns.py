"""Columns of engines that are of other types than the model says, or of types that the language does not have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pyarrow
import pytest
from sqlglot import exp

from segdsl.api import load
from segdsl.engines.describe import describe_model
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.engine import Engine
from segdsl.engines.problem import EngineProblem
from segdsl.engines.reading import ROWS, Reading
from segdsl.engines.unseen import unseen_schema
from segdsl.engines.warehouse import Warehouse
from segdsl.model.model import Model
from segdsl.model.schema import PartName
from segdsl.sql import build, sql_text
from segdsl.types import DATE, DECIMAL, INT, LIST, TEXT, TIME, Type
from tests.benches import BENCHES, Benches
from tests.engine import load as model_of

DAY, CLOCK = dt.date(2026, 3, 1), dt.datetime(2026, 3, 1, 10)
UNREAD = "it cannot be read"
TEXTS: list[tuple[Type, str | None, object]] = [
    (INT, "twelve", UNREAD), (INT, "5x", UNREAD), (INT, "", UNREAD), (INT, "9223372036854775808", UNREAD),
    (INT, " 5 ", 5), (INT, "5.7", 6), (INT, "-2.5", -3), (INT, "+5", 5), (INT, None, None),
    (DECIMAL, "5x", UNREAD), (DECIMAL, "1,5", UNREAD), (DECIMAL, "", UNREAD), (DECIMAL, None, None),
    (DECIMAL, " 5.5", Decimal("5.5")), (DECIMAL, "1.23456789015", Decimal("1.2345678902")),
    (DATE, "2026-02-30", UNREAD), (DATE, "soon", UNREAD), (DATE, "", UNREAD), (DATE, None, None),
    (DATE, "2026-03-01", DAY), (DATE, "2026-03-01 10:00", DAY), (DATE, "1850-12-31", dt.date(1850, 12, 31)),
    (TIME, "2026-03-01 25:00:00", UNREAD), (TIME, "2026-13-01 00:00:00", UNREAD), (TIME, "2026-02-30 10:00", UNREAD),
    (TIME, "2026-03-01 10:60:00", UNREAD), (TIME, "", UNREAD), (TIME, None, None),
    (TIME, "2026-03-01", dt.datetime(2026, 3, 1)), (TIME, "2026-03-01 10:00", CLOCK),
    (TIME, "2026-03-01T10:00:00", CLOCK),
    (TIME, "1905-03-01 10:00:00.05", dt.datetime(1905, 3, 1, 10, 0, 0, 50_000)),
]  # fmt: skip


def model_with(type_: Type, timezone: str) -> Model:
    """A model of a table `t`, whose column `v` is stated as a type."""
    rows = {"table": "t", "key": "id", "attributes": {"v": str(type_)}}
    return model_of({"entities": {"customer": rows}, "as_of": "2026-03-31", "timezone": timezone})


def read_of(engine: Engine, model: Model, type_: Type) -> object:
    """What is read of the one row of the table: its column, as a value of a type."""
    part: PartName = ("entity", "customer")
    schema, found = describe_model(model, engine)
    assert not found
    value = Reading(model, schema, engine, dt.datetime(2026, 3, 31)).typed(part, "v", type_)
    select = build.select(build.alias(value, "v")).from_(exp.alias_(schema.tree(part), ROWS, table=True, quoted=True))
    try:
        ((read,),) = engine.fetch(sql_text(select, engine.dialect), "the rows")
    except EngineProblem:
        return UNREAD
    return read


def read_there(benches: Benches, name: str, column: str, value: str, type_: Type, timezone: str = "UTC") -> object:
    """The same of a table of an engine, whose column and value are SQL of that engine."""
    driver = benches(name).driver
    ending = " ENGINE = Memory" if name == "clickhouse" else ""
    driver.execute(f"CREATE TABLE t (id INT, v {column}){ending}")
    try:
        driver.execute(f"INSERT INTO t VALUES (1, {value})")
        return read_of(Warehouse(driver), model_with(type_, timezone), type_)
    finally:
        driver.execute("DROP TABLE t")


def read_unseen(engine: Warehouse, type_: Type) -> object:
    """What the column `v` is read as by SQL of which nobody looked at the types, on the clocks of Berlin."""
    part: PartName = ("entity", "customer")
    model = model_with(type_, "Europe/Berlin")
    schema, _ = unseen_schema(model, Path(), engine.dialect, [part])
    read = Reading(model, schema, engine, dt.datetime(2026, 3, 31)).typed(part, "v", type_)
    select = build.select(build.alias(read, "v")).from_(exp.alias_(schema.tree(part), ROWS, table=True, quoted=True))
    ((found,),) = engine.fetch(sql_text(select, engine.dialect), "the rows")
    return found


@pytest.mark.parametrize(("type_", "text", "expected"), TEXTS)
@pytest.mark.parametrize("name", ["postgres", "clickhouse"])
def test_a_text_is_read_or_it_is_an_error(
    benches: Benches, name: str, type_: Type, text: str | None, expected: object
) -> None:
    if name == "postgres" and (text, type_) in (("5.7", INT), ("-2.5", INT)):
        expected = UNREAD  # a text with a fraction is no whole number there
    column = {"postgres": "TEXT", "clickhouse": "Nullable(String)"}[name]
    value = "NULL" if text is None else f"'{text}'"
    assert read_there(benches, name, column, value, type_) == expected


@pytest.mark.parametrize(
    ("column", "value", "type_", "expected"),
    [
        ("String", "'twelve'", INT, UNREAD),
        ("LowCardinality(String)", "'5'", INT, 5),
        ("Enum('7' = 1)", "'7'", INT, 7),
        ("UInt64", "18446744073709551615", INT, UNREAD),
        ("UInt64", "7", INT, 7),
        ("Int8", "-7", INT, -7),
        ("Int256", "9223372036854775808", INT, UNREAD),
        ("Nullable(UInt64)", "NULL", INT, None),
        ("Decimal(38, 2)", "9223372036854775808", INT, UNREAD),
        ("Decimal(38, 2)", "-2.5", INT, -3),
        ("Float64", "1e30", INT, UNREAD),
        ("Float64", "2.5", INT, 3),
        ("Float64", "nan", INT, None),
        ("Bool", "true", INT, 1),
        ("Decimal(38, 11)", "'1.23456789015'", DECIMAL, Decimal("1.2345678902")),
        ("Float64", "1.1", DECIMAL, Decimal("1.1")),
        ("UInt64", "18446744073709551615", DECIMAL, Decimal(2**64 - 1)),
    ],
)
def test_a_column_of_clickhouse_is_no_other_value(
    benches: Benches, column: str, value: str, type_: Type, expected: object
) -> None:
    assert read_there(benches, "clickhouse", column, value, type_) == expected


OFFSETS: list[tuple[str, Type, object]] = [
    ("2026-03-01T10:00:00+02:00", TIME, dt.datetime(2026, 3, 1, 9)),
    ("2026-03-01T10:00:00Z", TIME, dt.datetime(2026, 3, 1, 11)),
    ("2026-03-01T10:00:00z", TIME, dt.datetime(2026, 3, 1, 11)),
    ("2026-03-01 10:00 Z", TIME, dt.datetime(2026, 3, 1, 11)),
    ("2026-03-01 10:00:00 America/La_Paz", TIME, dt.datetime(2026, 3, 1, 15)),
    ("2026-03-01 10:00:00 US/Pacific", TIME, dt.datetime(2026, 3, 1, 19)),
    ("2026-03-01 10:00:00.5-0330", TIME, dt.datetime(2026, 3, 1, 14, 30, 0, 500_000)),
    ("2026-03-01 10:00:00 +0200", TIME, dt.datetime(2026, 3, 1, 9)),
    ("2026-03-01 10:00+00", TIME, dt.datetime(2026, 3, 1, 11)),
    ("2026-07-01 10:00:00 UTC", TIME, dt.datetime(2026, 7, 1, 12)),
    ("2026-03-01 10:00:00 America/New_York", TIME, dt.datetime(2026, 3, 1, 16)),
    ("2026-03-01T10:00:00", TIME, CLOCK),
    ("2026-03-01", TIME, dt.datetime(2026, 3, 1)),
    ("2026-03-01T23:30:00Z", DATE, dt.date(2026, 3, 2)),
    ("2026-03-01T23:30:00", DATE, DAY),
    ("2026-03-01", DATE, DAY),
]


@pytest.mark.parametrize(("text", "type_", "expected"), OFFSETS)
def test_a_text_with_an_offset_is_turned_into_the_zone(
    benches: Benches, text: str, type_: Type, expected: object
) -> None:
    model = model_with(type_, "Europe/Berlin")
    with DuckDB(model, Path(), {"t": pyarrow.table({"id": [1], "v": [text]})}) as engine:
        assert read_of(engine, model, type_) == expected
    assert read_there(benches, "postgres", "TEXT", f"'{text}'", type_, "Europe/Berlin") == expected


# what a cast of PostgreSQL guesses, by a setting of the session or by the moment
NO_ISO = (
    "01/02/03", "02/03/26", "26-03-29", "999-03-29", "20260331", "2026.03.29", "29-Mar-2026", "2026-Mar-29", "2026-088",
    "J2461129", "today", "now", "2026-03-29 10:00 PM", "2026-03-29 10:00 AM", "2026-03-29 1000", "2026-03-29 allballs",
    "2026-03-29 10:00:60", "2026-03-29Z", "2026-03-29 UTC", "2026-03-29 Sun", "2026-03-29T10:00:00-2", "2026-03-29 BC",
    "2026-03-29t10:00:00z", "2026-03-29 10:00 zz", "2026-03-29 10:00 -", "2026-03-29 10:00 1",
)  # fmt: skip


@pytest.mark.parametrize("text", NO_ISO)
@pytest.mark.parametrize("type_", [DATE, TIME])
def test_a_day_of_another_form_is_never_guessed(benches: Benches, postgres: Warehouse, text: str, type_: Type) -> None:
    model = model_with(type_, "Europe/Berlin")
    with DuckDB(model, Path(), {"t": pyarrow.table({"id": [1], "v": [text]})}) as engine:
        assert read_of(engine, model, type_) == UNREAD
    assert read_there(benches, "postgres", "TEXT", f"'{text}'", type_, "Europe/Berlin") == UNREAD
    with table_of(postgres, "text", f"'{text}'"), pytest.raises(EngineProblem, match="in column v, not in ISO form"):
        read_unseen(postgres, type_)


@pytest.mark.parametrize(("text", "expected"), [
    ("2026/03/01 10:00", CLOCK), ("2026-3-1 10:00", CLOCK), ("2026 03 01", dt.datetime(2026, 3, 1)),
    ("2026-03-01 23:59:59.9999999", dt.datetime(2026, 3, 1, 23, 59, 59, 999_999)),
    ("2026-03-01 08:00:00.123456789 UTC", dt.datetime(2026, 3, 1, 9, 0, 0, 123_456)),
])  # fmt: skip
@pytest.mark.parametrize("style", ["ISO, YMD", "SQL, DMY", "German, MDY", "Postgres, YMD"])
def test_a_time_is_the_same_whatever_the_session_takes_for_a_day(
    benches: Benches, text: str, expected: dt.datetime, style: str
) -> None:
    model = model_with(TIME, "Europe/Berlin")
    with DuckDB(model, Path(), {"t": pyarrow.table({"id": [1], "v": [text]})}) as engine:
        assert read_of(engine, model, TIME) == expected
    driver = benches("postgres").driver
    driver.execute(f"SET DateStyle = '{style}'")
    try:
        for type_, found in ((TIME, expected), (DATE, expected.date())):
            assert read_there(benches, "postgres", "TEXT", f"'{text}'", type_, "Europe/Berlin") == found
            with table_of(Warehouse(driver), "text", f"'{text}'"):
                assert read_unseen(Warehouse(driver), type_) == found
    finally:
        driver.execute("SET DateStyle = 'ISO, YMD'")


def test_an_instant_that_was_not_looked_at_is_no_text_of_the_session(benches: Benches) -> None:
    """In other styles than ISO a time is written with the short name of its zone: IST is read as that of Israel."""
    driver = benches("postgres").driver
    settings = {"DateStyle": "SQL, DMY", "TimeZone": "Asia/Kolkata"}
    before = {"DateStyle": "ISO, YMD", "TimeZone": "UTC"}
    for name, value in settings.items():
        driver.execute(f"SET {name} = '{value}'")
    try:
        with table_of(Warehouse(driver), "timestamptz", "'2026-03-01 09:00+00'"):
            assert read_unseen(Warehouse(driver), TIME) == CLOCK
    finally:
        for name, value in before.items():
            driver.execute(f"SET {name} = '{value}'")


@pytest.mark.parametrize("zone", ["CST", "IST", "EST", "UTC+2", "+2:30"])
def test_a_zone_that_several_places_have_is_an_error_on_postgresql(benches: Benches, zone: str) -> None:
    assert read_there(benches, "postgres", "TEXT", f"'2026-03-29 10:00:00 {zone}'", TIME) == UNREAD


@pytest.mark.parametrize(("text", "type_", "expected"), OFFSETS)
def test_a_text_with_an_offset_is_turned_into_the_zone_on_spark(
    benches: Benches, text: str, type_: Type, expected: object
) -> None:
    if text.endswith("+00"):
        expected = UNREAD  # an offset has minutes there
    driver = benches("sail").driver
    driver.execute(f"CREATE TEMPORARY VIEW t AS SELECT 1 AS id, '{text}' AS v")
    try:
        assert read_of(Warehouse(driver), model_with(type_, "Europe/Berlin"), type_) == expected
    finally:
        driver.execute("DROP VIEW t")


UNSEEN = [
    ("double precision", "'NaN'", DECIMAL, None), ("numeric", "'-Infinity'", INT, None),
    ("double precision", "9007199254740992", DECIMAL, Decimal(2**53)), ("double precision", "0.5", INT, 1),
    ("double precision", "-2.5", INT, -3), ("numeric(10, 1)", "2.5", INT, 3), ("bigint", "7", DECIMAL, Decimal(7)),
    ("text", "'7'", INT, 7), ("timestamp", "'2026-03-01 10:00'", TIME, CLOCK), ("date", "'2026-03-01'", DATE, DAY),
    ("timestamptz", "'2026-03-01 09:00+00'", TIME, CLOCK), ("timestamptz", "'2026-02-28 23:30+00'", DATE, DAY),
    ("text", "'2026-03-01T09:00:00Z'", TIME, CLOCK), ("text", "'2026-03-01T10:00:00'", TIME, CLOCK),
    ("text", "'2026-02-28T23:30:00Z'", DATE, DAY),
]  # fmt: skip


@pytest.mark.parametrize(("column", "value", "type_", "expected"), UNSEEN)
def test_a_column_that_was_not_looked_at_is_no_other_value_on_postgresql(
    postgres: Warehouse, column: str, value: str, type_: Type, expected: object
) -> None:
    with table_of(postgres, column, value):
        assert read_unseen(postgres, type_) == expected


@pytest.mark.parametrize("text", [text for text, _, _ in OFFSETS[:7]])
def test_where_a_zone_cannot_be_read_it_is_an_error(benches: Benches, text: str) -> None:
    assert read_there(benches, "clickhouse", "String", f"'{text}'", TIME, "Europe/Berlin") == UNREAD


@pytest.mark.parametrize(("column", "value"), [
    ("Array(String)", "['a', 'b c']"), ("Array(LowCardinality(String))", "['a', 'b c']"),
    ("String", "'[\"a\",\"b c\"]'"),
])  # fmt: skip
def test_a_list_of_clickhouse_is_a_list(benches: Benches, column: str, value: str) -> None:
    assert read_there(benches, "clickhouse", column, value, LIST) == '["a","b c"]'


@pytest.fixture(scope="module")
def postgres(benches: Benches) -> Iterator[Warehouse]:
    """A session that knows types of the database's own, which a session learns when it begins."""
    from segdsl.engines.drivers.postgres import Postgres

    driver = benches("postgres").driver
    for made in ("TYPE state AS ENUM ('new', 'Gone', '5')", "EXTENSION citext", "DOMAIN mail AS text"):
        driver.execute(f"CREATE {made}")
    try:
        with Warehouse(Postgres(benches("postgres").url)) as engine:
            yield engine
    finally:
        for made in ("TYPE state", "EXTENSION citext", "DOMAIN mail"):
            driver.execute(f"DROP {made}")


@contextmanager
def table_of(engine: Warehouse, column: str, value: str) -> Iterator[None]:
    engine.execute(f"CREATE TABLE t (id INT, v {column})")
    try:
        engine.execute(f"INSERT INTO t VALUES (1, {value})")
        yield
    finally:
        engine.execute("DROP TABLE t")


@pytest.mark.parametrize(
    ("column", "value", "type_", "expected"),
    [
        ("state", "'Gone'", TEXT, "Gone"),
        ("state", "NULL", TEXT, None),
        ("citext", "'Ab'", TEXT, "Ab"),
        ("citext", "'2026-03-01T10:00:00Z'", TIME, CLOCK),
        ("mail", "'Ab'", TEXT, "Ab"),
        ("name", "'Ab'", TEXT, "Ab"),
        ('"char"', "'A'", TEXT, "A"),
        ("char(4)", "'Ab'", TEXT, "Ab"),
        ("uuid", "'00000000-0000-0000-0000-00000000000A'", TEXT, "00000000-0000-0000-0000-00000000000a"),
        ("inet", "'10.0.0.0/8'", TEXT, "10.0.0.0/8"),
        ("jsonb", "'[1]'", TEXT, "[1]"),
        ("state[]", "'{new,Gone}'", LIST, ["new", "Gone"]),
        ("citext[]", "'{Ab}'", LIST, ["Ab"]),
        ("name[]", "'{Ab}'", LIST, ["Ab"]),
        ("money", "2.5", INT, 3),
        ("money", "2.5", DECIMAL, Decimal("2.5")),
        ("real", "123456.78", DECIMAL, Decimal("123456.78125")),
        ("real", "1234567.9", INT, 1234568),
        ("real", "99.99", DECIMAL, Decimal("99.9899978638")),
        ("real", "'NaN'", INT, None),
        ("double precision", "9007199254740992", DECIMAL, Decimal(2**53)),
        ("double precision", "9007199254740992", INT, 2**53),
        ("double precision", "1234567.89", DECIMAL, Decimal("1234567.89")),
        ("double precision", "1e-7", DECIMAL, Decimal("1e-7")),
        ("double precision", "1e17", DECIMAL, Decimal(10**17)),
        ("double precision", "'-Infinity'", DECIMAL, None),
    ],
)
def test_types_of_postgresql_are_read_as_what_they_say(
    postgres: Warehouse, column: str, value: str, type_: Type, expected: object
) -> None:
    with table_of(postgres, column, value):
        assert read_of(postgres, model_with(type_, "UTC"), type_) == expected


KEYS = [
    ("postgres", "varchar(3)"), ("postgres", "char(3)"), ("clickhouse", "String"), ("clickhouse", "FixedString(3)"),
    ("clickhouse", "LowCardinality(FixedString(3))"), ("clickhouse", "Enum8('a' = 1, 'bb' = 2)"),
    *([("spark", "char(3)"), ("spark", "varchar(3)")] if "spark" in BENCHES else []),
]  # fmt: skip


@pytest.mark.parametrize(("column", "value", "expected"), [
    ("char(5)", "'web'", "web"), ("char(5)", "' a b'", " a b"), ("varchar(5)", "'web '", "web "),
    ("string", "'a '", "a "),
])  # fmt: skip
@pytest.mark.parametrize("name", [name for name in ("spark",) if name in BENCHES])
def test_blanks_that_fill_a_column_are_no_part_of_its_text(
    benches: Benches, name: str, column: str, value: str, expected: str
) -> None:
    engine = Warehouse(benches(name).driver)
    with table_of(engine, column, value):
        assert read_of(engine, model_with(TEXT, "UTC"), TEXT) == expected


@pytest.mark.parametrize(("name", "column"), KEYS)
def test_a_key_is_its_text(benches: Benches, name: str, column: str) -> None:
    part: PartName = ("entity", "customer")
    model = model_of({"entities": {"customer": {"table": "keyed", "key": "id"}}, "as_of": "2026-03-31"})
    driver = benches(name).driver
    driver.execute(f"CREATE TABLE keyed (id {column}){' ENGINE = Memory' if name == 'clickhouse' else ''}")
    try:
        driver.execute("INSERT INTO keyed VALUES ('a'), ('bb')")
        engine = Warehouse(driver)
        schema, found = describe_model(model, engine)
        assert not found
        key = Reading(model, schema, engine, dt.datetime(2026, 3, 31)).key(part, "id", None)
        others = [build.alias(build.eq(key.copy(), build.text(text)), f"is_{text}") for text in ("a", "bb")]
        rows = exp.alias_(schema.tree(part), ROWS, table=True, quoted=True)
        select = build.select(build.alias(key, "v"), *others).from_(rows)
        read = sorted(tuple(row) for row in engine.fetch(sql_text(select, engine.dialect), "the rows"))
        assert read == [("a", True, False), ("bb", False, True)]
    finally:
        driver.execute("DROP TABLE keyed")


def test_texts_of_their_own_type_are_compared_by_code_point(
    benches: Benches, postgres: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / "segdsl.yaml").write_text(
        "as_of: 2026-03-31\nentities:\n  customer: {table: people, key: id, attributes: {s: text, name: text}}\n"
        "events:\n  order: {of: customer, table: orders, key: id, time: at}\n"
    )
    (tmp_path / "rules.seg").write_text(
        'segment gone = s = "Gone"\nsegment before = s < "a"\nsegment ab = name = "Ab"\ntrait n = count(order)\n'
    )
    for statement in (
        "CREATE TABLE people (id citext, s state, name citext)",
        "INSERT INTO people VALUES ('a', 'new', 'Ab'), ('A', 'Gone', 'ab')",
        "CREATE TABLE orders (id citext, at timestamp)",
        "INSERT INTO orders VALUES ('a', '2026-01-01'), ('A', '2026-01-01'), ('A', '2026-01-02')",
    ):
        postgres.execute(statement)
    try:
        with load(tmp_path).run(layout="wide", engine=benches("postgres").url) as result:
            assert sorted(result.wide.to_pylist(), key=lambda row: str(row["id"])) == [
                {"id": "A", "gone": True, "before": True, "ab": False, "n": 2},
                {"id": "a", "gone": False, "before": False, "ab": True, "n": 1},
            ]
    finally:
        postgres.execute("DROP TABLE people, orders")


@pytest.mark.parametrize("column", ["numeric", "numeric(10, 2)", "double precision", "text"])
def test_what_is_not_a_number_is_unknown_on_postgresql(postgres: Warehouse, column: str) -> None:
    with table_of(postgres, column, "'NaN'"):
        for type_ in (DECIMAL, INT) if column != "text" else (DECIMAL,):
            assert read_of(postgres, model_with(type_, "UTC"), type_) is None
        assert postgres.fetch("SELECT id, CAST(v AS NUMERIC) AS v FROM t") == [(1, None)]
    with table_of(postgres, column, "'1.25'"):
        assert read_of(postgres, model_with(DECIMAL, "UTC"), DECIMAL) == Decimal("1.25")


def test_what_is_infinite_is_unknown_on_postgresql(postgres: Warehouse) -> None:
    with table_of(postgres, "numeric", "'-Infinity'"):
        for type_ in (DECIMAL, INT):
            assert read_of(postgres, model_with(type_, "UTC"), type_) is None
        assert postgres.fetch("SELECT v FROM t") == [(None,)]
