"""Columns that are of another type, or of another order, than the language has: what comes out is the same."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from click.testing import CliRunner

from segdsl import Catalog, load
from segdsl.cli.commands import segdsl as commands

MODEL = """
as_of: 2026-03-31
entities:
  customer: {table: customers, key: id, attributes: {country: text, visits: int}}
events:
  order: {of: customer, table: orders, key: id, time: t, fields: {pieces: int}}
"""
RULES = """
segment german = country = "DE"
segment first  = country < "a"
trait n = count(order)
trait kinds = distinct(order.pieces)
"""
TABLES = (
    "CREATE TABLE customers (id VARCHAR COLLATE nocase, country VARCHAR COLLATE nocase, visits INTEGER)",
    "INSERT INTO customers VALUES ('a', 'DE', 1), ('b', 'de', 2)",
    "CREATE TABLE orders (id VARCHAR COLLATE nocase, t TIMESTAMP, pieces INTEGER)",
    "INSERT INTO orders VALUES ('a', '2026-01-01', 1), ('A', '2026-01-02', 2), ('b', '2026-01-03', 3)",
)
WIDE = [
    {"id": "a", "german": True, "first": True, "n": 1, "kinds": 1},
    {"id": "b", "german": False, "first": False, "n": 1, "kinds": 1},
]


def catalog(folder: Path, model: str = MODEL, rules: str = RULES) -> Catalog:
    (folder / "segdsl.yaml").write_text(model)
    (folder / "rules.seg").write_text(rules)
    return load(folder)


def database(folder: Path, *more: str) -> None:
    with duckdb.connect(str(folder / "shop.duckdb")) as connection:
        for statement in (*TABLES, *more):
            connection.execute(statement)


def test_columns_of_a_database_with_an_order_of_their_own(tmp_path: Path) -> None:
    database(tmp_path)
    assert catalog(tmp_path, f"database: shop.duckdb\n{MODEL}").run(layout="wide").wide.to_pylist() == WIDE


def test_views_with_an_order_of_their_own(tmp_path: Path) -> None:
    database(tmp_path, "CREATE VIEW seen AS SELECT id, country AS country, visits FROM customers")
    model = MODEL.replace("table: customers", "table: seen")
    assert catalog(tmp_path, f"database: shop.duckdb\n{model}").run(layout="wide").wide.to_pylist() == WIDE


def test_a_query_of_the_model_with_an_order_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("id,country,visits\na,DE,1\nb,de,2\n")
    (tmp_path / "o.csv").write_text("id,t,pieces\na,2026-01-01,1\nA,2026-01-02,2\nb,2026-01-03,3\n")
    sql = "SELECT id COLLATE nocase AS id, country COLLATE nocase AS country, visits FROM c"
    model = MODEL.replace("table: customers", f'sql: "{sql}"').replace("table: orders", "table: o.csv")
    found = catalog(tmp_path, f"tables: {{c: c.csv}}\n{model}").run(layout="wide").wide.to_pylist()
    assert found == WIDE


def test_tables_of_a_connection_and_an_engine(tmp_path: Path) -> None:
    database(tmp_path)
    found = catalog(tmp_path)
    assert found.run(layout="wide", engine=f"duckdb:///{tmp_path}/shop.duckdb").wide.to_pylist() == WIDE
    with duckdb.connect() as connection:
        for statement in TABLES:
            connection.execute(statement)
        assert found.run(layout="wide", data=connection).wide.to_pylist() == WIDE
        session = found.session(data=connection)
        assert session.member("b").segments == ()


def test_sizes_and_counts_on_a_database_as_an_engine_are_whole_numbers(tmp_path: Path) -> None:
    """What DuckDB counts conditions in is wider than 64 bits, which Arrow has for a decimal."""
    database(tmp_path)
    url = f"duckdb:///{tmp_path}/shop.duckdb"
    with catalog(tmp_path).run(engine=url) as result:
        assert {type(count) for size in result.sizes for count in (size.members, size.population)} == {int}
    for command in ("run", "explain"):
        done = CliRunner().invoke(
            commands, ["-C", str(tmp_path), command, "german", "--engine", url, "--format", "json"], prog_name="segdsl"
        )
        assert done.exit_code == 0, done.output
        json.loads(done.output)


@pytest.mark.parametrize("value", [
    "visits * 86_400", "visits + 2_147_483_647", "visits * visits * visits", "-(visits * 100_000)",
    "max(order.pieces) * 86_400", "sum(order.pieces where pieces * pieces > 5)",
])  # fmt: skip
def test_small_whole_numbers_have_all_the_room_of_the_language(tmp_path: Path, value: str) -> None:
    small, large = ({"customers": customers(type_), "orders": orders(type_)} for type_ in (pa.int32(), pa.int64()))
    found = catalog(tmp_path, rules=f"trait x = {value}\n")
    assert (
        found.run(layout="wide", data=small).wide.to_pylist() == found.run(layout="wide", data=large).wide.to_pylist()
    )


def customers(type_: pa.DataType) -> pa.Table:
    return pa.table({"id": ["a"], "country": ["DE"], "visits": pa.array([50_000], type_)})


def orders(type_: pa.DataType) -> pa.Table:
    rows = {"id": ["a"], "t": pa.array(["2026-01-01"]).cast(pa.timestamp("us")), "pieces": pa.array([50_000], type_)}
    return pa.table(rows)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("price * 123_456_789.5", "15241578826733730.24"),
        ("price * 1_000_000_000", "123456789120000000"),
        ("price * price", "15241578779820150.3744"),
        ("rate * price", "12345678912"),
        ("max(order.price) * max(order.price)", "15241578779820150.3744"),
        ("sum(order.price where price * 1_000_000_000 > 5)", "123456789.12"),
    ],
)
def test_short_decimals_have_all_the_room_of_the_language(tmp_path: Path, value: str, expected: str) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("CREATE TABLE customers AS SELECT 'a' AS id, 123456789.12::DECIMAL(12, 2) AS price,"
                           " 100::DECIMAL(18, 8) AS rate")  # fmt: skip
        connection.execute("CREATE TABLE orders AS SELECT 'a' AS id, TIMESTAMP '2026-01-01' AS t, price FROM customers")
    model = (
        "as_of: 2026-03-31\ndatabase: shop.duckdb\n"
        "entities: {customer: {table: customers, key: id, attributes: {price: decimal, rate: decimal}}}\n"
        "events: {order: {of: customer, table: orders, key: id, time: t, fields: {price: decimal}}}\n"
    )
    found = catalog(tmp_path, model, f"trait x = {value}\nsegment same = x = {expected}\n")
    assert found.run(layout="wide").wide["same"].to_pylist() == [True]


@pytest.mark.parametrize(
    "value",
    [
        "case when big > 1 then big else 0.004 end",
        "coalesce(case when big > 1 then big end, 0.004)",
        "case when big > 1 then sum(order.price) else 0.004 end",
        "greatest(sum(order.price where price < 0), 0.004)",
        "case when big > 1 then sum(order.price) else avg(order.price) - 2.996 end",
    ],
)
def test_long_decimals_take_no_digits_of_others(tmp_path: Path, value: str) -> None:
    """A sum of a DECIMAL(18, 2) has 38 digits too, two of them after the point."""
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("CREATE TABLE customers AS SELECT 'a' AS id, 0::DECIMAL(38, 2) AS big")
        connection.execute(
            "CREATE TABLE orders AS SELECT 'a' AS id, TIMESTAMP '2026-01-01' AS t, 3::DECIMAL(18, 2) AS price"
        )
    model = (
        "as_of: 2026-03-31\ndatabase: shop.duckdb\n"
        "entities: {customer: {table: customers, key: id, attributes: {big: decimal}}}\n"
        "events: {order: {of: customer, table: orders, key: id, time: t, fields: {price: decimal}}}\n"
    )
    found = catalog(tmp_path, model, f"trait x = {value}\nsegment same = x = 0.004\n")
    assert found.run(layout="wide").wide.to_pylist() == [{"id": "a", "x": 0.004, "same": True}]


TEXTS = {
    "id": "00000000-0000-0000-0000-00000000000A",
    "code": "2026-01-01T00:00:00Z",
    "day": "2026-3-1",
    "clock": "1:30",
    "mark": "00000000-0000-0000-0000-00000000000B",
}


def test_texts_of_json_stay_what_they_are(tmp_path: Path) -> None:
    row = {**TEXTS, "tags": ["2026-3-1"], "price": 12345678901234567.89, "at": "2026-01-02T00:00:00"}
    text = json.dumps(row).replace("1.2345678901234568e+16", "12345678901234567.89")
    (tmp_path / "c.json").write_text(text + "\n")
    texts = ", ".join(f"{name}: text" for name in TEXTS if name != "id")
    model = (
        "entities: {customer: {table: c.json, key: id,"
        f" attributes: {{{texts}, tags: list(text), price: decimal, at: timestamp}}}}}}"
    )
    values = "\n".join(f"trait v_{name} = {name}" for name in TEXTS if name != "id")
    rules = f"""{values}
trait tag = tags contains "2026-3-1"
trait exact = price = 12_345_678_901_234_567.89
trait later = at >= 2026-01-02
"""
    found = catalog(tmp_path, model, rules).run(layout="wide").wide.to_pylist()[0]
    assert {name: found[f"v_{name}"] for name in TEXTS if name != "id"} == {k: v for k, v in TEXTS.items() if k != "id"}
    assert found["id"] == TEXTS["id"]
    assert (found["tag"], found["exact"], found["later"]) == (True, True, True)
