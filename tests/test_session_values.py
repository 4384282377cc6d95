"""Values of new events that Python has and the language has not: none becomes another one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

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
