"""What a run that goes on gives is what a full run gives, also where what was kept takes more than one table or word,
or is of files of which nobody can say whether they are as they were."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from segdsl import load
from segdsl.refresh.refresh import Refreshed

CUSTOMERS = "entities: {customer: {table: customers.parquet, key: id, attributes: {seen: timestamp}}}\n"
ORDERS = "events: {{order: {{of: customer, table: '{}', key: id, time: at, fields: {{{}}}}}}}\n"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write(query: str, path: str) -> None:
    duckdb.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


def _assert_equal(as_of: dt.date) -> Refreshed:
    """Saves a run that goes on, and holds its members against those of a full run."""
    with load(".").run(save=True, incremental=True, as_of=as_of) as result, load(".").run(as_of=as_of) as full:
        found, expected = ({(row["segment"], row["id"]) for row in one.members.to_pylist()} for one in (result, full))
        assert found == expected
        assert result.refreshed is not None
        return result.refreshed


def test_whose_events_have_all_gone_has_none_once_totals_stand_in_front_of_others(shop: Path) -> None:
    (shop / "segdsl.yaml").write_text(CUSTOMERS + ORDERS.format("orders.parquet", "amount: int"))
    (shop / "rules.seg").write_text(
        "segment some = count(order) >= 1\nsegment spent = sum(order.amount within 90d) > 5\n"
    )
    _write("SELECT range AS id, TIMESTAMP '2026-01-01' AS seen FROM range(5000)", "customers.parquet")
    orders = (
        "SELECT * FROM (SELECT range % 5000 AS id, TIMESTAMP '2026-02-01' + INTERVAL (range % 20) DAY AS at, "
        "10 AS amount FROM range(10000)) WHERE "
    )
    for day, left in enumerate(("true", "id <> 7", "id NOT IN (7, 8)", "id NOT IN (7, 8)"), start=1):
        _write(orders + left, "orders.parquet")
        assert (_assert_equal(dt.date(2026, 3, day)).since is None) == (day == 1)


def test_more_conditions_that_change_by_themselves_than_a_number_has_bits(shop: Path) -> None:
    (shop / "segdsl.yaml").write_text(CUSTOMERS + ORDERS.format("orders.parquet", ""))
    rules = [f"segment s{days} = seen < {days}d\n" for days in range(1, 81)]
    (shop / "rules.seg").write_text("".join(("segment some = count(order) >= 1\n", *rules)))
    _write("SELECT range AS id, TIMESTAMP '2026-03-01' - INTERVAL (range) HOUR AS seen FROM range(2000)",
           "customers.parquet")  # fmt: skip
    _write("SELECT range AS id, TIMESTAMP '2026-02-01' AS at FROM range(500)", "orders.parquet")
    _assert_equal(dt.datetime(2026, 3, 1))
    # somebody grows older than each number of days within the hour
    assert _assert_equal(dt.datetime(2026, 3, 1, 1)).evaluated == 80
    _assert_equal(dt.datetime(2026, 3, 2))


def test_events_with_a_column_that_is_called_as_that_of_their_file_names(shop: Path) -> None:
    (shop / "segdsl.yaml").write_text(CUSTOMERS + ORDERS.format("orders/*.parquet", "amount: int, filename: text"))
    (shop / "rules.seg").write_text(
        "segment some = count(order) >= 2\nsegment spent = sum(order.amount within 90d) > 5\n"
        'segment by_a = any(order where filename = "a")\n'
    )
    _write("SELECT range AS id, TIMESTAMP '2026-01-01' AS seen FROM range(100)", "customers.parquet")
    (shop / "orders").mkdir()
    for number in range(3):
        moment = dt.datetime(2026, 3, number + 1)
        _write(
            f"SELECT (range * {number + 1}) % 100 AS id, 3 AS amount, 'a' AS filename, "
            f"TIMESTAMP '{moment}' - INTERVAL 2 HOUR - INTERVAL (range * {number}) HOUR AS at FROM range(50)",
            f"orders/{number}.parquet",
        )
        assert (_assert_equal(moment).since is None) == (number == 0)
