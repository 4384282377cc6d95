"""Keys of a floating type: from where it has not every whole number on, they are refused, as a join would bring
together what is not of one."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from segdsl.api import Catalog, SegdslError, load
from segdsl.engines.describe import describe_model
from segdsl.engines.keys import wrong_keys
from segdsl.engines.warehouse import Warehouse
from tests.benches import Benches
from tests.engine import load as model_of

MODEL = """\
as_of: 2026-03-31
entities:
  customer: {table: customers, key: id, parent: {entity: account, key: account}}
  account: {table: accounts, key: id, attributes: {plan: text}}
events:
  order: {of: customer, table: orders, key: customer, time: at, fields: {product: {lookup: product, column: product}}}
lookups:
  product: {table: products, key: KEY, fields: {brand: text}}
"""
RULES = """\
segment pro = account.plan = "pro"
segment buyer = any(order where product.brand = "a")
"""
WHOLE = "BIGINT"


def tables(great: int, floating: dict[str, str]) -> list[str]:
    """Two of each, of which the second's key is one more than the first's, as `great` is; the columns that are
    `floating` have another type."""

    def value(column: str, number: int) -> str:
        return f"CAST({great + number} AS {floating.get(column, WHOLE)})"

    def made(name: str, *rows: str) -> str:
        return f"CREATE TABLE {name} AS " + " UNION ALL ".join(rows)

    def row(table: str, number: int, more: str, *links: str) -> str:
        keys = [f"{value(f'{table}.{key}', number)} AS {key}" for key in links]
        return f"SELECT {', '.join([*keys, more])}"

    return [
        made("accounts", row("accounts", 0, "'pro' AS plan", "id"), row("accounts", 1, "'free' AS plan", "id")),
        made("customers", *(row("customers", n, f"{n} AS n", "id", "account") for n in (0, 1))),
        made("orders", row("orders", 0, "TIMESTAMP '2026-03-01' AS at", "customer", "product")),
        made("products", row("products", 0, "'a' AS brand", "id"), row("products", 1, "'b' AS brand", "id")),
    ]


def catalog(folder: Path, key: str = "id") -> Catalog:
    (folder / "segdsl.yaml").write_text(MODEL.replace("KEY", key))
    (folder / "rules.seg").write_text(RULES)
    return load(folder)


@pytest.mark.parametrize(("native", "bound"), [("DOUBLE", 2**53), ("FLOAT", 2**24)])
@pytest.mark.parametrize(
    ("column", "what"),
    [
        ("accounts.id", "`account`"),
        ("customers.account", "`customer`"),
        ("orders.customer", "`order`"),
        ("orders.product", "`order`"),
        ("products.id", "`product`"),
    ],
)
def test_keys_whose_last_digits_are_lost(tmp_path: Path, column: str, what: str, native: str, bound: int) -> None:
    made = catalog(tmp_path)
    for great, is_exact in ((bound - 3, True), (bound, False), (-bound - 1, False)):
        with duckdb.connect() as connection:
            for statement in tables(great, {column: native}):
                connection.execute(statement)
            if is_exact:
                assert made.check_data(data=connection) == []
                with made.run(data=connection) as result:
                    assert result.members.column("segment").to_pylist() == ["buyer", "pro"]
                continue
            with pytest.raises(SegdslError, match="SEG7") as problem:
                made.run(data=connection)
            told = [item.message for item in problem.value.diagnostics if item.code == "SEG707"]
            assert told
            assert all(what in message and native in message for message in told)
            assert {item.code for item in made.check_data(data=connection)} >= {"SEG707"}


def test_a_type_that_is_stated_brings_no_digits_back(tmp_path: Path) -> None:
    made = catalog(tmp_path, "{column: id, type: int}")
    with duckdb.connect() as connection:
        for statement in tables(2**60 + 1, {"orders.product": "DOUBLE"}):
            connection.execute(statement)
        with pytest.raises(SegdslError, match="SEG707"):
            made.run(data=connection)


def test_what_is_no_number_is_no_key_that_is_too_great(tmp_path: Path) -> None:
    made = catalog(tmp_path)
    with duckdb.connect() as connection:
        for statement in tables(5, {"customers.account": "DOUBLE"}):
            connection.execute(statement)
        connection.execute("INSERT INTO customers VALUES (9, 'nan', 1), (10, 'inf', 1), (11, NULL, 1)")
        with made.run(data=connection) as result:
            assert [size.members for size in result.sizes] == [1, 1]


FLOATS = [("postgres", "double precision"), ("clickhouse", "Float64"), ("mariadb", "double")]


@pytest.mark.parametrize(("name", "native"), FLOATS)
def test_on_engines_too(benches: Benches, name: str, native: str) -> None:
    model = model_of({"entities": {"customer": {"table": "floats", "key": "id"}}, "as_of": "2026-03-31"})
    driver = benches(name).driver
    driver.execute(f"CREATE TABLE floats (id {native}){' ENGINE = Memory' if name == 'clickhouse' else ''}")
    try:
        for number, codes in ((2**53 - 1, []), (2**53, ["SEG707"])):
            driver.execute(f"INSERT INTO floats VALUES ({number})")
            engine = Warehouse(driver)
            schema, found = describe_model(model, engine)
            assert not found
            assert [item.code for item in wrong_keys(model, schema, engine)] == codes
    finally:
        driver.execute("DROP TABLE floats")
