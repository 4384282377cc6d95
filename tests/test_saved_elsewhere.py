"""Runs that another engine evaluates are saved as those of DuckDB on the same rows are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from segdsl import SegdslError, load
from segdsl.engines.warehouse import Warehouse
from tests.benches import BENCHES, Benches

MODEL = """\
name: shop
entities:
  customer: {table: customers, key: id, attributes: {country: text, signup: date}}
events:
  order: {of: customer, table: orders, key: customer, time: at, fields: {amount: decimal}}
"""
RULES = """\
segment vip = sum(order.amount within 30d) > 50
segmentation tier { gold when orders >= 2  silver when orders = 1 }
segment nobody = country = "XX"
segmentation never { one when country = "XX" }
"""
DAYS = ("2026-03-01", "2026-03-10", "2026-05-01")


def _tables() -> dict[str, pa.Table]:
    days = [dt.datetime(2026, 2, 20, 9), dt.datetime(2026, 3, 5, 12), dt.datetime(2026, 3, 6), dt.datetime(2026, 4, 28)]
    return {
        "customers": pa.table({"id": [1, 2, 3], "country": ["DE", None, "FR"], "signup": [dt.date(2026, 1, 1)] * 3}),
        "orders": pa.table(
            {
                "customer": [1, 2, 2, 3],
                "at": pa.array(days, pa.timestamp("us")),
                "amount": pa.array([Decimal("60.5"), Decimal(40), Decimal(11), Decimal(99)], pa.decimal128(12, 2)),
            }
        ),
    }


@pytest.mark.parametrize("name", list(BENCHES))
def test_saved_runs_are_those_of_duckdb(
    benches: Benches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    bench, tables = benches(name), _tables()
    catalogs = []
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "segdsl.yaml").write_text(MODEL)
        (tmp_path / folder / "rules.seg").write_text(RULES)
        catalogs.append(load(tmp_path / folder))
    here, there = catalogs
    # the session of all tests stays open
    monkeypatch.setattr(Warehouse, "close", lambda _: None)
    for day in DAYS:
        with bench.opened(tables) as warehouse:
            monkeypatch.setattr("segdsl.engines.connect.connect", _giving(warehouse))
            with (
                here.run(as_of=day, save=True, data=tables) as one,
                there.run(as_of=day, save=True, engine="postgresql://there") as two,
            ):
                assert one.saved == two.saved
                two.evaluation.drop()
    assert here.history.every_size() == there.history.every_size()
    assert {size.segment for size in here.history.sizes("tier")} == {"tier.gold", "tier.silver"}
    for key in ("1", "2", "3"):
        assert here.history.member(key) == there.history.member(key) != []
    assert [run.rows for run in there.history.runs] == [7, 7, 7]
    with pytest.raises(SegdslError, match="SEG777"):
        there.run(as_of=DAYS[-1], save=True, incremental=True, engine="postgresql://there")


def _giving(warehouse: Warehouse) -> Callable[[str, Path], Warehouse]:
    return lambda url, root: warehouse
