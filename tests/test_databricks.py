"""Databricks's SQL on Spark, in a session that has the settings of a SQL warehouse: its own, and none of Spark's.

Such a warehouse drops digits of decimals that are too long for their type, and finds variables in texts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from segdsl.engines.drivers.spark import Spark
from segdsl.sql.dialects import DATABRICKS, SPARK
from tests.benches import BENCHES, Benches
from tests.cases import Case, check
from tests.test_engines import CASES, SHARP, _check_nasty
from tests.warehouses import Bench
from tests.world import World, named_tables, typed_tables

pytestmark = pytest.mark.skipif("spark" not in BENCHES, reason="needs a Spark: SEGDSL_SPARK")
# as Spark calls what a warehouse has under names of its own. The rule is what Spark fails at in some sequences, with an
# error; what Databricks has in its place nobody knows here
SETTINGS = MappingProxyType(
    {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.optimizer.excludedRules": SPARK.session["spark.sql.optimizer.excludedRules"],
    }
)
# what asks for history is refused there
MEANT = [
    (title, case)
    for number, (title, case) in enumerate(CASES)
    if not title.startswith("history: ") and (number % 16 == 0 or any(word in title for word in SHARP))
]
MODEL = {
    "entities": {
        "customer": {
            "key": "id", "attributes": {"x": "decimal", "rate": "decimal", "name": "text", "t": "timestamp"},
        }
    },
    "events": {"order": {"of": "customer", "key": "id", "time": "at", "fields": {"amount": "decimal"}}},
}  # fmt: skip
CUSTOMER = {"id": "a", "x": "100", "rate": "0.000000123", "name": "${HOME}", "t": "2026-03-30T23:59:59.999999"}
ORDERS = [
    {"id": "a", "at": "2026-03-01T00:00:00", "amount": amount}
    for amount in ("12345678.9", "0.0000000001", "0.0000000003", "-1")
]
SAID: tuple[tuple[str, Any], ...] = (
    ("x / 3 * 3", Decimal("99.9999999999")),
    ("x * rate", Decimal("0.0000123")),
    ("x + rate", Decimal("100.000000123")),
    ("x - rate / 1000", Decimal("99.9999999999")),
    ("max(order.amount) * max(order.amount)", Decimal("152415787501905.21")),
    ("-999_999_999.9999999999 * 999_999_999", Decimal("-999999998999999999.9000000001")),
    ("median(order.amount)", Decimal("0.0000000002")),
    ("age(t) * 0.4999999999", dt.timedelta(0)),
    ("age(t) * 123_456_789.5", dt.timedelta(microseconds=123_456_790)),
    ("avg(order.amount where amount > 1) > 12_345_678.9", False),
    ('name = "${HOME}" and name starts with "$" and not name in ("$", "${", "${x} ${y}")', True),
)


class OfWarehouse(Spark):
    dialect = replace(DATABRICKS, session=SETTINGS)


@pytest.fixture(scope="module")
def warehouse(benches: Benches) -> Iterator[Bench]:
    driver = OfWarehouse(benches("spark").url)
    yield Bench(driver, viewed=True)
    driver.close()


@pytest.mark.parametrize(("title", "case"), MEANT, ids=[title for title, _ in MEANT])
def test_meaning(warehouse: Bench, title: str, case: Case) -> None:
    check(case, warehouse)


def test_nasty_texts(warehouse: Bench) -> None:
    _check_nasty(warehouse)


def test_no_digit_is_dropped_and_no_variable_found(warehouse: Bench) -> None:
    model = named_tables(MODEL)
    tables = typed_tables(model, {"customer": [CUSTOMER], "order": ORDERS})
    rules = "\n".join(f"trait r{number} = {rule}" for number, (rule, _) in enumerate(SAID))
    names = [f"r{number}" for number in range(len(SAID))]
    found = warehouse(World(model, tables, dt.datetime(2026, 3, 31)), rules, names, {})
    assert {rule: found[name]["a"] for name, (rule, _) in zip(names, SAID, strict=True)} == dict(SAID)
