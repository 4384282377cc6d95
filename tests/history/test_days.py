"""What a history says of runs one after the other over values that are handed over."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import segdsl
from segdsl import Catalog, SegdslError
from segdsl.editor.project import Project

MODEL = """
timezone: America/New_York
entities: {customer: {table: customers, key: id, attributes: {v: int}}}
events: {order: {of: customer, table: orders, key: customer, time: at_}}
"""
IS_IN = "segment is_in = v >= 1\n"
BEGUN = dt.datetime(2026, 1, 1)


def run(folder: Path, rules: str, days: float, values: Sequence[int | None]) -> Catalog:
    """Saves a run so many days after the first of January, over customers 0, 1 … with these values."""
    (folder / "segdsl.yaml").write_text(MODEL)
    (folder / "rules.seg").write_text(rules)
    catalog = segdsl.load(folder)
    table = pa.table({"id": list(range(len(values))), "v": pa.array(values, pa.int64())})
    orders = pa.table({"customer": pa.array([], pa.int64()), "at_": pa.array([], pa.timestamp("us"))})
    as_of = BEGUN + dt.timedelta(days=days)
    catalog.run(save=True, as_of=as_of, data={"customers": table, "orders": orders}).close()
    return catalog


def changes(catalog: Catalog, folder: Path, since: Any) -> list[tuple[str, str, str]]:
    catalog.changes(folder / "changes.json", since=since)
    found = json.loads((folder / "changes.json").read_text())
    return [(row["key"], row["change"], row["as_of"]) for row in found]


@pytest.mark.parametrize("since", ["2026-01-02", dt.date(2026, 1, 2), dt.datetime(2026, 1, 2, 12)])
def test_since_a_day_is_since_its_last_run(tmp_path: Path, since: Any) -> None:
    for days, values in ((0.5, [1, 0]), (1.5, [0, 1]), (2.5, [1, 1])):
        catalog = run(tmp_path, IS_IN, days, values)
    assert changes(catalog, tmp_path, since) == [("0", "entered", "2026-01-03T12:00:00")]
    with pytest.raises(SegdslError, match=r"no run as of 2025-12-31 or before was saved"):
        catalog.changes(tmp_path / "changes.json", since="2025-12-31")


def test_who_left_twice_left_the_last_time(tmp_path: Path) -> None:
    for days, value in enumerate((1, 0, 1, 0, 0)):
        catalog = run(tmp_path, IS_IN, days, [value])
    assert changes(catalog, tmp_path, "2026-01-01") == [("0", "left", "2026-01-04T00:00:00")]


def test_a_label_of_a_new_rule_is_marked_from_its_first_run_on(tmp_path: Path) -> None:
    before = "segmentation tier { gold when v >= 5  silver when v >= 3 }\n"
    for days in range(2):
        run(tmp_path, before, days, [9, 9, 5, 3])
    for days in range(2, 4):
        after = before.replace("{", "{ platinum when v >= 9 ")
        catalog = run(tmp_path, after, days, [9, 9, 5, 3])

    def marks(name: str) -> list[bool]:
        return [size.is_new_rule for size in catalog.history.sizes(name)]

    assert marks("tier.platinum") == [True, False]
    assert marks("tier.gold") == [False, False, True, False]
    # a run keeps its mark when those before it are dropped
    catalog.prune_history("1d", as_of="2026-01-04")
    assert marks("tier.gold") == [True, False]


def test_a_fingerprint_is_of_what_has_happened_on_the_clocks_of_the_model(tmp_path: Path) -> None:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text("segment buyers = any(order)\n")
    catalog = segdsl.load(tmp_path)
    customers = pa.table({"id": [1, 2], "v": [0, 0]})

    def found(orders: dict[str, list[Any]], days: int) -> str:
        table = pa.table(orders, pa.schema([("customer", pa.int64()), ("at_", pa.timestamp("us", "UTC"))]))
        as_of = dt.datetime(2026, 1, 1 + days, 12)
        catalog.run(save=True, as_of=as_of, data={"customers": customers, "orders": table}).close()
        return catalog.history.runs[-1].fingerprint

    def at(hour: int, day: int) -> dt.datetime:
        return dt.datetime(2026, 1, day, hour, tzinfo=dt.UTC)

    # 15:00 in Greenwich is 10:00 in New York, and 17:30 is after noon
    prints = [
        found({"customer": [1], "at_": [at(15, 1)]}, 0),
        found({"customer": [2], "at_": [at(15, 1)]}, 1),
        found({"customer": [], "at_": []}, 2),
    ]
    assert len(set(prints)) == 3
    assert found({"customer": [1], "at_": [at(18, 4)]}, 3) == prints[2]


def test_a_segment_that_is_of_another_entity_now_has_the_sizes_of_that(tmp_path: Path) -> None:
    run(tmp_path, IS_IN, 0, [1, 1, 0])
    model = MODEL.replace("}}}\n", "}}, house: {table: customers, key: id, attributes: {v: int}}}\n", 1)
    (tmp_path / "segdsl.yaml").write_text(model)
    (tmp_path / "rules.seg").write_text(IS_IN.replace("is_in", "is_in of house"))
    catalog = segdsl.load(tmp_path)
    houses = pa.table({"id": [7], "v": [1]})
    catalog.run(save=True, as_of="2026-01-02", data={"customers": houses}).close()
    assert [(size.as_of.day, size.members) for size in catalog.history.sizes("is_in")] == [(2, 1)]
    assert catalog.history.every_size() == {"is_in": [(dt.datetime(2026, 1, 2), 1)]}
    assert catalog.history.every_size({"is_in": "customer"}) == {"is_in": [(dt.datetime(2026, 1, 1), 2)]}


def test_pages_and_the_editor_tell_the_sizes_of_the_entity_that_a_definition_is_of(tmp_path: Path) -> None:
    """Customers were saved, then houses, and again houses; the rule is of customers now, as it was at first."""
    run(tmp_path, IS_IN, 0, [1, 1, 0])
    model = MODEL.replace("}}}\n", "}}, house: {table: customers, key: id, attributes: {v: int}}}\n", 1)
    (tmp_path / "segdsl.yaml").write_text(model)
    for day, houses in ((2, [1] * 61), (3, [1] * 62)):
        (tmp_path / "rules.seg").write_text(IS_IN.replace("is_in", "is_in of house"))
        data = {"customers": pa.table({"id": list(range(len(houses))), "v": houses})}
        segdsl.load(tmp_path).run(save=True, as_of=f"2026-01-0{day}", data=data).close()
    for rule, told in (
        (IS_IN, ["2"]),
        (IS_IN.replace("is_in", "is_in of house"), ["61", "62"]),
    ):
        (tmp_path / "rules.seg").write_text(rule)
        segdsl.load(tmp_path).docs(tmp_path / "site", min_size=0)
        text = (tmp_path / "site" / "definitions" / "is_in.html").read_text()
        cells = re.findall(r'<td class="number">([\d,]+)</td>', text)
        assert cells == told
        project = Project(tmp_path)
        snapshot = project.snapshot()
        assert snapshot is not None
        assert project.check(snapshot).counts["is_in"][1] == int(told[-1])


def test_who_stands_in_what_runs_go_on_from_alone_is_forgotten_too(tmp_path: Path) -> None:
    (tmp_path / "segdsl.yaml").write_text(
        "entities:\n  customer: {table: customers, key: id, parent: {entity: account, key: account}}\n"
        "  account: {table: accounts, key: id}\n"
        "events: {login: {of: account, table: logins, key: account, time: at_}}\n"
    )
    (tmp_path / "rules.seg").write_text("trait logins of account = count(login)\nsegment s = account.logins >= 1\n")
    at = pa.array([BEGUN], pa.timestamp("us"))
    tables = {
        "customers": pa.table({"id": [1], "account": ["other"]}),
        "accounts": pa.table({"id": ["other", "zzz_account"]}),
        "logins": pa.table({"account": ["zzz_account"], "at_": at}),
    }
    catalog = segdsl.load(tmp_path)
    catalog.run(save=True, incremental=True, as_of="2026-02-01", data=tables).close()
    totals = tmp_path / ".segdsl" / "totals" / "totals.duckdb"
    assert b"zzz_account" in totals.read_bytes()
    with pytest.raises(SegdslError, match="SEG753"):
        catalog.history.forget("zzz_account", "account")
    assert not totals.exists()
    with pytest.raises(SegdslError, match="SEG209"):
        catalog.history.forget("zzz_account", "acount")
