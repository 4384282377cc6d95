"""Columns whose values are not quite what the model says they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow
import pytest
from sqlglot import exp

from segdsl.api import SegdslError, load
from segdsl.diagnostics import Diagnostic
from segdsl.engines.describe import describe_model
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.engine import Engine
from segdsl.engines.measure import measure_model
from segdsl.engines.problem import EngineProblem
from segdsl.engines.reading import ROWS, Reading
from segdsl.engines.warehouse import Warehouse
from segdsl.model.model import Model
from segdsl.model.schema import PartName, Rows, Schema
from segdsl.sql import build, sql_text
from segdsl.types import DATE, DECIMAL, INT, LIST, TEXT, TIME, Type
from tests.benches import BENCHES, Benches
from tests.engine import load as model_of

COPIES = {"c.json": "(FORMAT json, ARRAY)", "c.parquet": "(FORMAT parquet)"}


def make(folder: Path, columns: str, type_: str, table: str = "c.csv", rule: str = "trait x = score") -> Path:
    """A catalog that reads an attribute `score` of a file whose lines are given."""
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "c.csv").write_text(columns)
    for name, copied in COPIES.items():
        source, target = folder / "data" / "c.csv", folder / "data" / name
        duckdb.sql(f"COPY (FROM read_csv('{source}', all_varchar = true)) TO '{target}' {copied}")
    (folder / "segdsl.yaml").write_text(
        f"as_of: 2026-01-01\nentities:\n  customer: {{table: data/{table}, key: id, attributes: {{score: {type_}}}}}\n"
    )
    (folder / "rules.seg").write_text(rule)
    return folder


def refused(folder: Path) -> Diagnostic:
    with pytest.raises(SegdslError) as caught:
        load(folder).run(layout="wide")
    (found,) = caught.value.diagnostics
    return found


# ---------------------------------------------------------------- values that cannot be read


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [("decimal", "n/a", "a number"), ("decimal", "a, b", "a number"), ("decimal", "it's", "a number")],
)
def test_a_value_of_a_csv_is_told_with_its_line(tmp_path: Path, type_: str, value: str, expected: str) -> None:
    found = refused(make(tmp_path, f'id,score\n1,3.5\n2,"{value}"\n', type_))
    assert (found.code, found.message) == (
        "SEG723",
        f"column `score` (attribute `score` of entity `customer`) has `{value}` in line 3 of `data/c.csv`, "
        f"expected {expected}",
    )
    assert found.span is not None
    assert found.span.source.text[found.span.start : found.span.end] == type_


def test_a_time_in_a_format_of_its_own_is_told_how_to_be_read(tmp_path: Path) -> None:
    rows = pyarrow.table({"id": [1], "at": ["13.01.2026"]})
    (tmp_path / "segdsl.yaml").write_text(
        "entities: {customer: {key: id, from_events: true}}\n"
        "events: {order: {of: customer, table: orders, key: id, time: at}}\n"
    )
    (tmp_path / "rules.seg").write_text("segment s = any(order)\n")
    with pytest.raises(SegdslError) as error:
        load(tmp_path).run(data={"orders": rows})
    found = error.value.diagnostics[0]
    assert found.code == "SEG723"
    assert "strptime(at, '%d.%m.%Y') AS at" in (found.help or "")


@pytest.mark.parametrize("table", ["c.csv", "c.json", "c.parquet"])
@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("int", "n/a", "a whole number"),
        ("decimal", "n/a", "a number"),
        ("date", "2026-02-31", "a day as `2026-03-31`"),
        ("timestamp", "2026-02-31 10:00", "a time as `2026-03-31 18:30`"),
        ("date", "soon", "a day as `2026-03-31`"),
        ("timestamp", "soon", "a time as `2026-03-31 18:30`"),
        ("bool", "maybe", "`true` or `false`"),
    ],
)
def test_a_value_is_told_with_its_column(tmp_path: Path, type_: str, value: str, expected: str, table: str) -> None:
    found = refused(make(tmp_path, f"id,score\n1,\n2,{value}\n", type_, table))
    place = " in line 3 of `data/c.csv`" if table == "c.csv" and type_ == "decimal" else ""
    assert (found.code, found.message) == (
        "SEG723",
        f"column `score` (attribute `score` of entity `customer`) has `{value}`{place}, expected {expected}",
    )
    assert found.span is not None


def test_what_is_advised_helps(tmp_path: Path) -> None:
    folder = make(tmp_path, "id,score\n1,3.5\n2,n/a\n", "decimal")
    assert "`SELECT *, nullif(score, 'n/a') AS known_score FROM …`" in str(refused(folder).help)
    (folder / "segdsl.yaml").write_text(
        "as_of: 2026-01-01\ntables: {raw: data/c.csv}\nentities:\n  customer:\n"
        "    sql: SELECT *, nullif(score, 'n/a') AS known_score FROM raw\n    key: id\n"
        "    attributes: {score: {column: known_score, type: decimal}}\n"
    )
    with load(folder).run(layout="wide") as result:
        assert result.wide["x"].to_pylist() == [3.5, None]


def test_a_key_behind_the_rows_that_were_looked_at(tmp_path: Path) -> None:
    lines = "".join(f"{number},1\n" for number in range(30_000))
    folder = make(tmp_path, f"id,score\n{lines}x,2\n", "int")
    found = refused(folder)
    assert (found.code, found.message, found.help) == (
        "SEG723",
        "column `id` (`key` of entity `customer`) has `x` in line 30,002 of `data/c.csv`, expected a whole number",
        "state the key as text: `{column: id, type: text}`",
    )
    text = (folder / "segdsl.yaml").read_text()
    (folder / "segdsl.yaml").write_text(text.replace("key: id", "key: {column: id, type: text}"))
    with load(folder).run(layout="wide") as result:
        assert result.wide.num_rows == 30_001


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize(("of_entity", "of_event"), [("UUID", "VARCHAR"), ("VARCHAR", "UUID"), ("UUID", "UUID")])
def test_keys_that_are_uuids_meet_texts(tmp_path: Path, of_entity: str, of_event: str) -> None:
    known, other = "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute(f"CREATE TABLE c AS SELECT unnest(['{known}', '{other}'])::{of_entity} AS id")
        strangers = f"'{known}', 'nobody'" if of_event == "VARCHAR" else f"'{known}'"
        connection.execute(
            f"CREATE TABLE o AS SELECT unnest([{strangers}])::{of_event} AS id, DATE '2026-01-01' AS at,"
            f" '{known}'::UUID AS field"
        )
        if of_entity == "VARCHAR":
            connection.execute("INSERT INTO c VALUES ('nobody')")
    (tmp_path / "segdsl.yaml").write_text(
        "as_of: 2026-01-02\ndatabase: shop.duckdb\nentities:\n"
        "  customer: {table: c, key: id}\n  seen: {key: id, from_events: true}\n"
        "events:\n  order: {of: customer, table: o, key: id, time: at, fields: {field: text}}\n"
        "  visit: {of: seen, table: o, key: id, time: at}\n"
    )
    (tmp_path / "rules.seg").write_text(
        f'segment s = any(order where field = "{known}")\nsegment v of seen = count(visit) >= 1\n'
    )
    catalog = load(tmp_path)
    with catalog.run(["s"], save=True) as result:
        assert result.members.to_pydict() == {"segment": ["s"], "id": [known]}
    with catalog.run(["v"]) as result:
        assert known in result.members["id"].to_pylist()
    assert [stay.segment for stay in catalog.history.member(known)] == ["s"]
    assert catalog.explain("s", known).value is True


# ---------------------------------------------------------------- fractions that are stated as whole numbers

FRACTIONS = "id,score\n1,2.5\n2,3.5\n3,-2.5\n4,1.4\n5,\n6,2.0\n"


@pytest.mark.parametrize("type_", ["DOUBLE", "FLOAT", "DECIMAL(9, 2)", "VARCHAR"])
def test_fractions_are_rounded_as_the_language_does(tmp_path: Path, type_: str) -> None:
    folder = make(tmp_path, FRACTIONS, "int", "typed.parquet", "trait x = score\nsegment s = score >= 3")
    source, target = folder / "data" / "c.csv", folder / "data" / "typed.parquet"
    duckdb.sql(f"COPY (SELECT id, score::{type_} AS score FROM read_csv('{source}')) TO '{target}'")
    with load(folder).run(layout="wide") as result:
        assert result.wide["x"].to_pylist() == [3, 4, -3, 1, None, 2]
        assert str(result.wide.schema.field("x").type) == "int64"
        assert result.wide["s"].to_pylist() == [True, True, False, False, False, False]


def test_fractions_of_a_csv_are_told(tmp_path: Path) -> None:
    folder = make(tmp_path, FRACTIONS, "int")
    with load(folder).run(layout="wide") as result:
        assert result.wide["x"].to_pylist() == [3, 4, -3, 1, None, 2]
    catalog = load(folder)
    (found,) = measure_model(catalog.model, catalog.root).diagnostics
    assert (found.code, found.severity, found.message) == (
        "SEG724",
        "warning",
        "attribute `score` of entity `customer` is stated as `int`, but 4 rows hold a fraction, as -2.5",
    )
    assert found.span is not None
    make(tmp_path, "id,score\n1,2.0\n2,\n3,5\n", "int")
    assert measure_model(catalog.model, catalog.root).diagnostics == ()


# SQLite has no decimals: numbers of tables come there as they are stored
@pytest.mark.parametrize("name", [name for name in BENCHES if name != "sqlite"])
def test_every_engine_rounds_them_so(benches: Benches, name: str) -> None:
    part: PartName = ("entity", "customer")
    rows = {"table": "customer", "key": "id", "attributes": {"score": "int"}}
    model = model_of({"entities": {"customer": rows}, "as_of": "2026-01-01"})
    values = [None if text is None else Decimal(text) for text in ("2.5", "3.5", "-2.5", "1.4", None, "2")]
    table = pyarrow.table({"id": [1, 2, 3, 4, 5, 6], "score": pyarrow.array(values, pyarrow.decimal128(38, 10))})
    with benches(name).opened({"customer": table}) as engine:
        schema, _ = describe_model(model, engine)
        floating = exp.cast(exp.column("score", quoted=True), "DOUBLE")
        columns = (exp.column("id", quoted=True), build.alias(floating, "score"))
        tree = build.select(*columns).from_(schema.tree(part), copy=False).subquery()
        for found in (schema, Schema({part: Rows({"id": "BIGINT", "score": "DOUBLE"}, tree)})):
            reading = Reading(model, found, engine, dt.datetime(2026, 1, 1))
            read = [reading.key(part, "id", INT), reading.typed(part, "score", INT)]
            select = build.select(*(build.alias(value, f"v{n}") for n, value in enumerate(read)))
            select = select.from_(exp.alias_(found.tree(part), ROWS, table=True, quoted=True), copy=False)
            fetched = sorted(engine.fetch(sql_text(select, engine.dialect), "the rows"))
            assert [tuple(row) for row in fetched] == [(1, 3), (2, 4), (3, -3), (4, 1), (5, None), (6, 2)]
        assert [item.code for item in measure_model(model, Path(), there=engine).diagnostics] == ["SEG724"]


# ---------------------------------------------------------------- columns of engines that are of other types

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
    ],
)
def test_types_of_postgresql_are_read_as_what_they_say(
    postgres: Warehouse, column: str, value: str, type_: Type, expected: object
) -> None:
    with table_of(postgres, column, value):
        assert read_of(postgres, model_with(type_, "UTC"), type_) == expected


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
