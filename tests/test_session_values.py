"""Values of new events that Python has and the language has not: none becomes another one."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

import segdsl
from segdsl import Catalog, SegdslError

MODEL = """
as_of: 2026-03-31
entities:
  customer: {table: customers, key: id}
events:
  order:
    of: customer
    table: orders
    key: cust
    time: t
    fields: {day: date, sent: timestamp, tags: list(text), n: int, paid: decimal}
"""
RULES = """\
segment dated = max(order.day) is known
segment sent = max(order.sent) is known
segment whale = max(order.paid) >= 999_999_999_999_999_999.123_456_789_1
"""
COLUMNS = {
    "cust": pa.string(),
    "t": pa.timestamp("us"),
    "day": pa.date32(),
    "sent": pa.timestamp("us"),
    "tags": pa.list_(pa.string()),
    "n": pa.int64(),
    "paid": pa.decimal128(38, 10),
}
DATA = {
    "customers": pa.table({"id": ["a"]}),
    "orders": pa.table({name: pa.array([], t) for name, t in COLUMNS.items()}),
}
AT = dt.datetime(2026, 3, 20)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text(RULES)
    return segdsl.load(tmp_path)


def missing() -> Any:
    return pytest.importorskip("pandas").NaT


@pytest.mark.parametrize(
    ("field", "value"),
    [("day", "NaT"), ("sent", "NaT"), ("at", "NaT"), ("day", 5), ("tags", "ab"), ("n", float("nan")), ("paid", 10**28)],
)
def test_what_is_no_value_of_the_field_is_refused(catalog: Catalog, field: str, value: Any) -> None:
    row = {"at": AT, field: missing() if value == "NaT" else value}
    with catalog.session(data=DATA) as session:
        with pytest.raises(SegdslError, match="SEG758") as error:
            session.update("a", {"order": [row]})
        assert f"`{field}` has to be" in str(error.value)
        assert "what is unknown is left out or None" in str(error.value)
        session.update("a", {"order": [{"at": AT, "day": None}]})
        assert session.member("a").segments == ()
        assert session.update("a", {"order": [{"at": AT, "day": AT, "sent": AT.date()}]}).entered == ("dated", "sent")


@pytest.mark.parametrize("paid", [10**18, Decimal(10) ** 27, 10**28 - 1, Decimal("999999999999999999.1234567891")])
def test_decimals_of_all_digits_are_taken_as_a_run_takes_them(catalog: Catalog, paid: int | Decimal) -> None:
    row = {"cust": "a", "t": AT, "day": None, "sent": None, "tags": None, "n": None, "paid": Decimal(paid)}
    orders = pa.Table.from_pylist([row], schema=pa.schema(list(COLUMNS.items())))
    with catalog.run(data={**DATA, "orders": orders}) as result:
        assert result.members.to_pylist() == [{"segment": "whale", "id": "a"}]
    with catalog.session(data=DATA) as session:
        assert session.update("a", {"order": [{"at": AT, "paid": paid}]}).entered == ("whale",)


def test_a_missing_moment_is_none_to_evaluate_at(catalog: Catalog) -> None:
    with pytest.raises(SegdslError, match="SEG714"):
        catalog.run(data=DATA, as_of=missing())
    with catalog.session(data=DATA) as session, pytest.raises(SegdslError, match="SEG714"):
        session.update("a", {}, as_of=missing())


LOOKUP = """
as_of: 2026-03-31
entities:
  customer: {table: customers, key: id}
events:
  order: {of: customer, table: orders, key: cust, time: t, fields: {product: {column: pid, lookup: product}}}
lookups:
  product: {table: products, key: id, fields: {kind: text}}
"""
NUMBER, ID, DAY = 1, uuid.UUID("6b2f6c0e-9a3d-4c7b-8f51-0d8f1f6f3a10"), dt.date(2026, 3, 1)


def with_products(folder: Path, type_: str, value: object, model: str = LOOKUP) -> tuple[Catalog, dict[str, pa.Table]]:
    """A catalog whose orders name products by keys of a type of DuckDB's, and its data: one product, no order."""
    (folder / "segdsl.yaml").write_text(model)
    (folder / "rules.seg").write_text('segment shod = any(order where product.kind = "shoes")')
    with duckdb.connect() as connection:
        products = connection.sql(f"SELECT CAST(? AS {type_}) AS id, 'shoes' AS kind", params=[value]).to_arrow_table()
        asked = f"SELECT 'a' AS cust, TIMESTAMP '2026-03-20' AS t, CAST(NULL AS {type_}) AS pid LIMIT 0"
        orders = connection.sql(asked).to_arrow_table()
    return segdsl.load(folder), {"customers": pa.table({"id": ["a"]}), "orders": orders, "products": products}


@pytest.mark.parametrize(("type_", "value"), [
    ("BIGINT", NUMBER), ("UTINYINT", NUMBER), ("HUGEINT", 2**100), ("VARCHAR", NUMBER), ("DECIMAL(20, 0)", NUMBER),
    ("BIGINT", "1"), ("VARCHAR", "P-1"), ("UUID", ID), ("VARCHAR", ID), ("DATE", DAY), ("DATE", "2026-03-01"),
])  # fmt: skip
def test_a_lookup_is_named_by_its_key_as_the_data_have_it(tmp_path: Path, type_: str, value: Any) -> None:
    catalog, data = with_products(tmp_path, type_, value)
    with catalog.session(data=data) as session:
        assert session.update("a", {"order": [{"at": AT, "product": value}, {"at": AT}]}).entered == ("shod",)


@pytest.mark.parametrize("value", [True, 1.5, ["1"], AT])
def test_what_is_no_key_of_a_lookup_is_refused(tmp_path: Path, value: Any) -> None:
    catalog, data = with_products(tmp_path, "BIGINT", NUMBER)
    with catalog.session(data=data) as session, pytest.raises(SegdslError, match=r"SEG758.*`product` has to be"):
        session.update("a", {"order": [{"at": AT, "product": value}]})


def test_a_lookup_whose_key_is_stated_to_be_text_is_named_by_a_text(tmp_path: Path) -> None:
    stated = LOOKUP.replace("table: products, key: id", "table: products, key: {column: id, type: text}")
    catalog, data = with_products(tmp_path, "VARCHAR", "1", stated)
    with catalog.session(data=data) as session, pytest.raises(SegdslError, match="`product` has to be text, found `1`"):
        session.update("a", {"order": [{"at": AT, "product": 1}]})
