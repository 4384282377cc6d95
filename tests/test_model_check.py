"""`segdsl model check`: what the data say to the model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from segdsl.cli.commands import segdsl as commands
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.engine import Engine
from segdsl.engines.measure import measure_model
from tests.benches import BENCHES, Benches
from tests.engine import arrow_tables, load
from tests.world import named_tables

MODEL = """\
timezone: Europe/Berlin
as_of: 2026-03-31
entities:
  customer:
    table: customers.csv
    key: id
    attributes:
      country: text
      channel: {type: text, values: [web, store]}
events:
  order:
    of: customer
    table: orders.csv
    key: customer
    time: at
    fields:
      amount: decimal
      product: {column: sku, lookup: product}
lookups:
  product: {table: products.csv, key: sku, fields: {category: text}}
"""
FILES = {
    "customers.csv": "id,country,channel\n1,DE,web\n2,,store\n3,FR,\n",
    "orders.csv": "customer,at,amount,sku\n1,2026-01-01 10:00:00,1.50,a\n2,2026-01-02 11:00:00,2.25,b\n",
    "products.csv": "sku,category\na,x\nb,y\n",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def call(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(commands, ["-C", str(folder), "model", "check", *arguments])


def told(folder: Path, code: str, exit_code: int = 0) -> str:
    """The one finding there is, with its help."""
    done = call(folder, "--format", "json")
    found = json.loads(done.output)["diagnostics"]
    assert [item["code"] for item in found] == [code], done.output
    assert done.exit_code == exit_code
    assert found[0]["severity"] == ("error" if exit_code else "warning")
    return f"{found[0]['message']} {found[0].get('help', '')} at {found[0].get('line')}"


def change(folder: Path, old: str, new: str, name: str = "segdsl.yaml") -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))


def test_all_fine_shows_numbers(shop: Path) -> None:
    done = call(shop)
    assert done.exit_code == 0
    assert [line.split() for line in done.output.splitlines()] == [
        ["rows", "unknown", "type", "column,", "or", "times"],
        ["entity", "customer", "3"],
        ["country", "33.3%", "text"],
        ["channel", "33.3%", "text"],
        ["event", "order", "2", "2026-01-01", "to", "2026-01-02"],
        ["amount", "decimal"],
        ["product", "text", "sku"],
        ["lookup", "product", "2"],
        ["category", "text"],
        [],
        ["no", "problems"],
    ]


def test_the_same_as_json(shop: Path) -> None:
    found = json.loads(call(shop, "--format", "json").output)
    assert found["diagnostics"] == []
    order = next(part for part in found["parts"] if part["kind"] == "event")
    assert order["rows"] == 2
    assert (order["of"], order["strays"], order["after_as_of"]) == ("customer", 0, 0)
    assert (order["first"], order["last"]) == ("2026-01-01 10:00:00", "2026-01-02 11:00:00")
    amount = {"name": "amount", "column": "amount", "type": "decimal", "native": "CSV", "known": 2}
    assert order["fields"][0] == amount


def test_missing_files_and_columns(shop: Path) -> None:
    (shop / "products.csv").unlink()
    change(shop, "country: text", "county: text")
    done = call(shop)
    assert done.exit_code == 1
    assert "SEG701" in done.output
    assert "SEG706" in done.output
    assert "did you mean `country`?" in done.output
    assert "event order         2" in done.output  # what is there is measured all the same


def test_keys_that_stand_twice(shop: Path) -> None:
    change(shop, "3,FR,", "2,FR,", "customers.csv")
    assert "as `2` in `id`" in told(shop, "SEG711", exit_code=1)


def test_strays(shop: Path) -> None:
    change(shop, "2,2026", "9,2026", "orders.csv")
    message = told(shop, "SEG733")
    assert "1 of 2 rows of event `order` belong to no `customer`, such as those of `9`" in message
    assert message.endswith("at 14")


def test_rows_without_a_key_or_a_time(shop: Path) -> None:
    change(shop, "2,2026-01-02 11:00:00", ",2026-01-02 11:00:00", "orders.csv")
    assert "`customer` is unknown in 1 of 2 rows" in told(shop, "SEG734")
    change(shop, ",2026-01-02 11:00:00", "2,", "orders.csv")
    assert "`at` is unknown in 1 of 2 rows" in told(shop, "SEG734")


def test_times_after_as_of(shop: Path) -> None:
    change(shop, "2,2026-01-02", "2,2026-04-02", "orders.csv")
    message = told(shop, "SEG735")
    assert "1 of 2 rows of event `order` are later than as-of 2026-03-31 00:00, up to 2026-04-02 11:00:00" in message


def test_instants_are_seen_on_the_clocks_of_the_model(shop: Path) -> None:
    # 23:30 in Greenwich is half past one on the next day in Berlin
    duckdb.sql(f"COPY (SELECT 1 AS customer, TIMESTAMPTZ '2026-03-30 23:30+00' AS at_, 1 AS amount, 'a' AS sku)"
               f" TO '{shop}/orders.parquet'")  # fmt: skip
    change(shop, "orders.csv", "orders.parquet")
    change(shop, "time: at", "time: at_")
    assert "up to 2026-03-31 01:30:00" in told(shop, "SEG735")


def test_values_outside_a_closed_set(shop: Path) -> None:
    change(shop, "2,,store", "2,,shop", "customers.csv")
    assert "holds `shop` in 1 row, not among its `values`" in told(shop, "SEG736")


def test_money_that_is_double(shop: Path) -> None:
    duckdb.sql(
        f"COPY (SELECT * REPLACE (amount::DOUBLE AS amount) FROM '{shop}/orders.csv') TO '{shop}/orders.parquet'"
    )
    change(shop, "orders.csv", "orders.parquet")
    message = told(shop, "SEG737")
    assert "event `order` reads money that is DOUBLE: `amount`" in message
    assert "CAST(amount AS DECIMAL(18, 2)) AS amount" in message


def test_texts_that_are_not_of_the_stated_type(shop: Path) -> None:
    change(shop, "country: text", "country: date")
    message = told(shop, "SEG738", exit_code=1)
    assert "attribute `country` of entity `customer` is stated as `date`, but 2 rows hold something else" in message


def test_a_type_that_cannot_be_is_told_once(shop: Path) -> None:
    change(shop, "amount: decimal", "amount: date")
    assert "2 rows hold something else, such as `1.50` in line 2 of `orders.csv`" in told(shop, "SEG738", exit_code=1)
    into_parquet = "COPY (FROM '{}') TO '{}' (FORMAT parquet)".format(shop / "orders.csv", shop / "orders.parquet")
    duckdb.sql(into_parquet)
    change(shop, "orders.csv", "orders.parquet")
    told(shop, "SEG708", exit_code=1)


def test_columns_that_know_nothing(shop: Path) -> None:
    change(shop, "DE", "", "customers.csv")
    change(shop, "FR", "", "customers.csv")
    assert "attribute `country` of entity `customer`: not one value is known" in told(shop, "SEG739")


def test_tables_without_rows(shop: Path) -> None:
    (shop / "orders.csv").write_text("customer,at,amount,sku\n")
    assert "event `order` has no rows" in told(shop, "SEG730")


def test_keys_of_two_types(shop: Path) -> None:
    change(shop, "1,2026", "C1,2026", "orders.csv")
    change(shop, "2,2026", "C2,2026", "orders.csv")
    assert "state the type at entity `customer`" in told(shop, "SEG707", exit_code=1)


@pytest.mark.parametrize("type_", ["DOUBLE", "DECIMAL(9, 2)"])
@pytest.mark.parametrize(("stated", "is_told"), [("", True), (", type: text", True), (", type: int", False)])
def test_keys_with_decimal_places(shop: Path, type_: str, stated: str, is_told: bool) -> None:
    duckdb.sql(f"COPY (SELECT * REPLACE (id::{type_} AS id) FROM '{shop}/customers.csv') TO '{shop}/customers.parquet'")
    change(shop, "customers.csv", "customers.parquet")
    change(shop, "key: id", f"key: {{column: id{stated}}}")
    assert ("the keys of entity `customer` are D" in call(shop).output) is is_told
    assert call(shop).exit_code == 0


def test_keys_stated_as_text_find_each_other(shop: Path) -> None:
    change(shop, "key: id", "key: {column: id, type: text}")
    change(shop, "1,DE", "001,DE", "customers.csv")
    change(shop, "1,2026", "001,2026", "orders.csv")
    assert call(shop).exit_code == 0
    assert "no problems" in call(shop).output


def test_an_entity_of_events_has_no_strays(shop: Path) -> None:
    start = MODEL.index("    table: customers.csv")
    end = MODEL.index("events:")
    (shop / "segdsl.yaml").write_text(f"{MODEL[:start]}    key: id\n{MODEL[end:]}")
    found = json.loads(call(shop, "--format", "json").output)
    assert found["diagnostics"] == []
    assert [part["strays"] for part in found["parts"]] == [None, None]


def test_a_model_that_cannot_be_read(shop: Path) -> None:
    change(shop, "entities:", "entites:")
    done = call(shop)
    assert done.exit_code == 1
    assert "did you mean `entities`?" in done.output
    found = json.loads(call(shop, "--format", "json").output)
    assert found["parts"] == []
    assert found["diagnostics"]


def test_no_model(tmp_path: Path) -> None:
    assert call(tmp_path).exit_code == 1


def test_odd_texts_do_no_harm(shop: Path) -> None:
    change(shop, "values: [web, store]", "values: [web, store, \"it's\", 'a\"b', '-- x', '\\']")
    change(shop, "2,,store", '2,,"it\'s; DROP TABLE x --"', "customers.csv")
    assert "it's; DROP TABLE x --" in told(shop, "SEG736")


# ---------------------------------------------------------------- where the tables are

# a key that stands twice, one of nobody, a value that is not listed, a time to come, what is not known
THERE = {
    "entities": {
        "customer": {
            "key": {"column": "id", "type": "text"},
            "attributes": {"channel": {"type": "text", "values": ["web", "store"]}, "born": "date", "active": "bool"},
        }
    },
    "events": {"order": {"of": "customer", "key": "id", "time": "at", "fields": {"amount": "decimal", "note": "text"}}},
    "as_of": "2026-03-31",
}
ROWS: dict[str, list[dict[str, Any]]] = {
    "customer": [
        {"id": "a", "channel": "web", "born": "1990-02-28", "active": True},
        {"id": "b", "channel": "Web", "born": None, "active": False},
        {"id": "b", "channel": None, "born": "2000-02-29", "active": None},
    ],
    "order": [
        {"id": "a", "at": "2026-01-01T10:00:00", "amount": "1.5", "note": None},
        {"id": "A", "at": "2026-04-02T11:00:00.5", "amount": None, "note": None},
        {"id": "zz", "at": None, "amount": "2.25", "note": None},
    ],
}


@pytest.mark.parametrize("name", list(BENCHES))
def test_an_engine_tells_what_duckdb_tells(benches: Benches, name: str) -> None:
    model = load(named_tables(THERE))
    tables = arrow_tables(model, ROWS)

    def seen(engine: Engine) -> tuple[list[Any], list[tuple[str, str]]]:
        found = measure_model(model, Path(), there=engine)
        parts = [replace(part, fields=[replace(item, native="") for item in part.fields]) for part in found.parts]
        return parts, [(item.code, item.message) for item in found.diagnostics]

    with DuckDB(model, Path(), tables) as here:
        expected = seen(here)
    assert {code for code, _ in expected[1]} == {"SEG711", "SEG733", "SEG734", "SEG735", "SEG736", "SEG739"}
    with benches(name).opened(tables) as there:
        assert seen(there) == expected


def test_what_an_engine_cannot_read_is_told_at_its_place(benches: Benches, tmp_path: Path) -> None:
    driver = benches("postgres").driver
    driver.execute("CREATE TABLE customers (id INT, seats TEXT)")
    driver.execute("INSERT INTO customers VALUES (1, '3'), (2, '5x')")
    (tmp_path / "segdsl.yaml").write_text(
        "as_of: 2026-03-31\nentities:\n  customer: {table: customers, key: id, attributes: {seats: int}}\nevents: {}\n"
    )
    try:
        done = call(tmp_path, "--engine", benches("postgres").url, "--format", "json")
        (found,) = json.loads(done.output)["diagnostics"]
        assert (found["code"], found["line"], done.exit_code) == ("SEG710", 3, 1)
        assert "5x" in found["message"]
    finally:
        driver.execute("DROP TABLE customers")
