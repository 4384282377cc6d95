"""`segdsl run --save --incremental`: what it goes on from, and why it does not where it does not."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest

from segdsl import SegdslError, load
from segdsl.engines.duckdb import DuckDB
from segdsl.history.file_store import FILE, FileStore
from segdsl.problems.databases import CLOSE_IT
from segdsl.refresh.refresh import Refreshed
from tests.history.test_commands import MODEL, ORDERS, RULES, call, said, shop

__all__ = ["shop"]


def go_on(as_of: str, rewrite: bool = False) -> Refreshed:
    with load(".").run(save=True, incremental=True, rewrite=rewrite, as_of=as_of) as result:
        assert result.refreshed is not None
        return result.refreshed


def _change_rule(shop: Path) -> None:
    (shop / "rules.seg").write_text(RULES.replace(">= 100", ">= 50"))


def _add_rule(shop: Path) -> None:
    (shop / "rules.seg").write_text(RULES + "segment later = any(order within 3d)\n")


def _leave_out_rule(shop: Path) -> None:
    (shop / "rules.seg").write_text(RULES.replace("segment vip", "trait vip"))


def _change_model(shop: Path) -> None:
    (shop / "segdsl.yaml").write_text(MODEL.replace("amount: decimal", "amount: int"))


def _change_columns(shop: Path) -> None:
    text = (shop / "orders.csv").read_text().replace(",amount", ",amount,note").replace("0\n", "0,x\n")
    (shop / "orders.csv").write_text(text)


def _forget(shop: Path) -> None:
    said("history", "forget", "--id", "a")


def _save_otherwise(shop: Path) -> None:
    said("run", "--save", "--as-of", "2026-02-01")


def _lose_totals(shop: Path) -> None:
    shutil.rmtree(shop / ".segdsl" / "totals")


def _break_totals(shop: Path) -> None:
    (shop / ".segdsl" / "totals" / "totals.duckdb").write_text("no database")


def _damage_totals(shop: Path) -> None:
    path = shop / ".segdsl" / "totals" / "totals.duckdb"
    content = path.read_bytes()
    path.write_bytes(content[:12_288] + bytes(100) + content[12_388:])


def _lose_digests(shop: Path) -> None:
    with duckdb.connect(str(shop / ".segdsl" / "totals" / "totals.duckdb")) as totals:
        tables = totals.execute("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '%digests%'").fetchall()
        assert len(tables) == 1
        totals.execute(f"DROP TABLE {tables[0][0]}")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_change_rule, "`tier`, `vip` changed"),
        (_change_model, "the model is another than before"),
        (_change_columns, "the columns of `order`, or their types, are others than before"),
        (_add_rule, "`later` is new"),
        (_leave_out_rule, "`vip` is left out"),
        (_forget, "the last run has kept nothing to go on from"),
        (_save_otherwise, "the last run has kept nothing to go on from"),
        (_lose_totals, "what was kept is not complete"),
        (_break_totals, "what was kept is not complete"),
        (_damage_totals, "what was kept is not complete"),
        (_lose_digests, "what was kept is not complete"),
    ],
)
def test_what_does_not_fit_is_a_full_run_that_says_why(shop: Path, change: object, why: str) -> None:
    assert go_on("2026-01-31").why == "the last run has kept nothing to go on from"
    assert callable(change)
    change(shop)
    found = go_on("2026-02-21")
    assert (found.since, found.why) == (None, why)


def test_a_run_of_the_same_moment_or_a_rewritten_one_is_full(shop: Path) -> None:
    go_on("2026-02-01")
    assert go_on("2026-02-01").why == "the last run is of this as-of"
    assert go_on("2026-02-01", rewrite=True).why == "`--rewrite` drops what was kept"
    assert go_on("2026-02-02").since is not None


@pytest.mark.parametrize(
    ("names", "layout", "rules"),
    [((), "members", RULES), (("vip",), "wide", RULES), ((), "wide", RULES + "trait spent = sum(order.amount)\n")],
)
def test_the_same_run_again_saves_nothing_and_gives_the_same(
    shop: Path, names: tuple[str, ...], layout: Any, rules: str
) -> None:
    (shop / "rules.seg").write_text(rules)

    def run(as_of: str) -> tuple[Any, Any, bool]:
        with load(".").run(names, layout=layout, save=True, incremental=True, as_of=as_of) as result:
            assert result.refreshed is not None
            rows = result.wide if layout == "wide" else result.members
            return [(size.segment, size.members) for size in result.sizes], rows, result.refreshed.since is not None

    for day in ("2026-02-01", "2026-02-11"):
        first = run(day)
        again = run(day)
        assert again[:2] == first[:2]
        assert not again[2]
    # nothing of it stands in the way of the next one
    assert run("2026-02-21")[2]


@pytest.mark.parametrize("rules", [RULES, RULES + "trait spent = sum(order.amount)\n"])
def test_results_that_are_open_stand_in_no_ones_way(shop: Path, rules: str) -> None:
    (shop / "rules.seg").write_text(rules)
    catalog = load(".")
    opened = [catalog.run(save=True, incremental=True, as_of=day) for day in ("2026-02-01", "2026-02-02", "2026-02-02")]
    assert [result.refreshed and result.refreshed.since is not None for result in opened] == [False, True, False]
    # the totals go, once by a run that keeps none, once as somebody is to be forgotten
    opened.append(catalog.run(save=True, as_of="2026-02-03"))
    opened.append(catalog.run(save=True, incremental=True, as_of="2026-02-04"))
    catalog.history.forget("a")
    for result in opened:
        with result, load(".").run(as_of=result.as_of) as alone:
            assert list(result.sizes) == list(alone.sizes)
            assert result.members == alone.members


def test_a_result_that_is_being_read_is_told_and_asked_again(shop: Path) -> None:
    catalog = load(".")
    go_on("2026-02-01")
    with catalog.run(save=True, incremental=True, as_of="2026-02-02") as opened:
        rows = opened._engine.stream("SELECT * FROM range(1000000)")
        first = rows.read_next_batch().num_rows
        for _ in range(2):
            with pytest.raises(SegdslError, match="open result of an earlier run") as refused:
                catalog.run(save=True, incremental=True, as_of="2026-02-03")
            (found,) = refused.value.diagnostics
            assert (found.code, found.help) == ("SEG716", CLOSE_IT)
        assert first + sum(batch.num_rows for batch in rows) == 1000000
        # nobody reads any more
        assert go_on("2026-02-03").since == dt.datetime(2026, 2, 2)
        with load(".").run(as_of="2026-02-02") as alone:
            assert opened.members == alone.members


def test_a_result_is_read_while_another_thread_runs_on(shop: Path) -> None:
    go_on("2026-02-01")
    with load(".").run(save=True, incremental=True, as_of="2026-02-02") as opened, ThreadPoolExecutor(1) as pool:
        ran = pool.submit(go_on, "2026-02-03")
        while not ran.done():
            assert opened._engine.fetch("SELECT count(*) FROM range(20000000)") == [(20000000,)]
        assert ran.result().since == dt.datetime(2026, 2, 2)


def test_another_version_begins_anew(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on("2026-02-01")
    monkeypatch.setattr("segdsl.api.catalog.__version__", "another")
    assert go_on("2026-02-02").why == "the version of segdsl is another than before"


def test_hashes_of_an_older_form_are_not_gone_on_from(shop: Path) -> None:
    go_on("2026-02-01")
    with FileStore.open(shop / FILE, write=True) as store:
        ((facts,),) = store.fetch("SELECT facts FROM kept")
        store.execute("UPDATE kept SET facts = ?", [json.dumps({**json.loads(facts), "form": 8})])
    with load(".").session(saved=True) as session:
        assert session.member("a").segments == ("vip", "tier.gold")
    assert go_on("2026-02-02").why == "the last run has kept nothing to go on from"
    assert go_on("2026-02-03").since is not None


def test_each_definition_says_which_way_it_goes(shop: Path) -> None:
    (shop / "rules.seg").write_text(
        RULES + "segment german = country = 'DE'\nsegment best = percentile(spend) >= 50%\n"
        "segment latest = last(order.amount) > 5 and any(order)\n"
    )
    assert {way.definition: (way.way, way.why) for way in go_on("2026-02-01").ways} == {
        "vip": ("differences", ()),
        "tier": ("differences", ()),
        "german": ("attributes", ("it reads no events",)),
        "best": ("partly", ("a score looks at everybody",)),
        "latest": ("partly", ("`last` needs the events in order",)),
    }


def test_ways_are_told_for_people_and_programs(shop: Path) -> None:
    run = ("run", "--save", "--incremental", "--explain")
    assert "this was a full run" in said(*run, "--as-of", "2026-02-01")
    assert "went on from the run as of 2026-02-01;" in said(*run, "--as-of", "2026-02-02")
    found = json.loads(call(*run, "--format", "json", "--as-of", "2026-02-03").stdout)
    assert (found["since"], found["full"]) == ("2026-02-02T00:00:00", None)
    assert found["definitions"][0] == {"definition": "vip", "way": "differences", "why": []}
    assert call(*run, "--format", "csv").exit_code == 2


def test_a_second_run_of_a_moment_leaves_what_the_first_has_saved(shop: Path) -> None:
    with load(".").run(["vip"], save=True, as_of="2026-02-01"):
        pass
    # vip has another answer now, but the history has this moment of it already
    orders = (shop / "orders.csv").read_text()
    (shop / "orders.csv").write_text(orders + "c,2026-01-25 10:00:00,500\n")
    go_on("2026-02-01")
    (shop / "orders.csv").write_text(orders)
    assert go_on("2026-02-02").why == "the last run has kept nothing to go on from"
    assert [size.members for size in load(".").history.sizes("vip")] == [1, 1]


def test_definitions_in_another_order_are_gone_on_from(shop: Path) -> None:
    (shop / "segdsl.yaml").write_text(
        f"{MODEL}  visit: {{of: customer, table: visits.csv, key: customer, time: at_, fields: {{page: text}}}}\n"
    )
    (shop / "visits.csv").write_text("customer,at_,page\nb,2026-01-12 10:00:00,home\n")
    rules = ["segment bought = any(order)\n", "segment came = any(visit)\n", "segment both = bought and came\n"]
    (shop / "rules.seg").write_text("".join(rules))
    go_on("2026-02-01")
    (shop / "rules.seg").write_text("".join(reversed(rules)))
    found = go_on("2026-02-02")
    assert (found.why, found.evaluated) == (None, 0)
    with load(".").run(save=True, incremental=True, as_of="2026-02-03") as result:
        assert {size.segment: size.members for size in result.sizes} == {"bought": 2, "came": 1, "both": 1}


def test_files_are_looked_at_once_in_a_run(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch, seen = DuckDB.fetch, Counter[str]()

    def counted(engine: DuckDB, sql: str, *others: Any) -> list[tuple[Any, ...]]:
        seen[sql] += sql.startswith("DESCRIBE SELECT")
        return fetch(engine, sql, *others)

    monkeypatch.setattr(DuckDB, "fetch", counted)
    go_on("2026-02-01")
    assert max(seen.values()) == 1


def test_many_segments_are_compared_bit_by_bit(shop: Path) -> None:
    def rules(numbers: range, least: int) -> str:
        return "".join(f"segment s{number} = sum(order.amount) >= {number * least}\n" for number in numbers)

    steps = [(range(1, 130), 1), (range(1, 130), 2), (range(60, 190), 2), (range(1, 190), 1), (range(5, 20), 9)]
    for day, (numbers, least) in enumerate(steps, start=10):
        (shop / "rules.seg").write_text(rules(numbers, least))
        with load(".").run(save=True, as_of=f"2026-02-{day}") as result:
            sizes = {size.segment: size.members for size in result.sizes}
        with FileStore.open(shop / FILE) as store:
            open_ones = "memberships JOIN definitions ON definition = id WHERE left_at IS NULL"
            found = store.fetch(f"SELECT name, COUNT(*) FROM {open_ones} GROUP BY 1")
        assert {name: count for name, count in found if name in sizes} == {
            name: count for name, count in sizes.items() if count
        }


@pytest.mark.parametrize("incremental", [False, True])
def test_a_last_stage_that_carries_all_of_the_one_before_is_saved(shop: Path, incremental: bool) -> None:
    rules = ["spent = sum(order.amount) >= 100", "bought = any(order)", "little = bought and not spent"]
    (shop / "rules.seg").write_text("".join(f"segment {rule}\n" for rule in rules))
    with load(".").run(save=True, incremental=incremental, as_of="2026-02-01") as result:
        sizes = {size.segment: size.members for size in result.sizes}
        members = result.members.group_by("segment").aggregate([("segment", "count")]).to_pylist()
    assert {name: size for name, size in sizes.items() if size} == {
        row["segment"]: row["segment_count"] for row in members
    }
    assert sizes["bought"] == sizes["spent"] + sizes["little"] > 0


def test_totals_lie_beside_the_history_and_go_with_whoever_is_forgotten(shop: Path) -> None:
    def tables() -> list[str]:
        with duckdb.connect(str(shop / ".segdsl" / "totals" / "totals.duckdb"), read_only=True) as totals:
            return sorted(name for (name,) in totals.execute("SELECT table_name FROM duckdb_tables()").fetchall())

    go_on("2026-02-01")
    first = tables()
    assert [name.partition("_")[2].partition("_")[2] for name in first] == [
        "answers",
        "conditions",
        "digests_0",
        "totals_0",
    ]
    go_on("2026-02-02")
    # nobody's totals moved far enough for all to be written anew, so that these stay
    stays = {name for name in first if "totals" in name}
    assert set(tables()) & set(first) == stays
    assert len(tables()) == len(first) + len(stays)
    said("history", "forget", "--id", "a")
    assert not (shop / ".segdsl" / "totals").exists()


@pytest.mark.parametrize(
    "rule",
    [
        "sum(order.amount within 30d) * sum(order.amount within 30d) > 3",
        "round(sum(order.amount within 30d) * 50) > 3",
        "sum(order.amount within 30d) / (count(order within 30d) + 1) > 3",
    ],
)
def test_rules_are_not_tried_on_totals_that_never_were(shop: Path, rule: str) -> None:
    (shop / "rules.seg").write_text(f"segment large = {rule}\n")
    (shop / "orders.csv").write_text("customer,at_,amount\na,2026-01-10 10:00:00,2\n")
    go_on("2026-01-31")
    # they are late, and out of the window again: taken away from what never had them, they are far below zero
    late = "a,2026-01-02 10:00:00,100000000000000000\n" * 2
    (shop / "orders.csv").write_text("customer,at_,amount\na,2026-01-10 10:00:00,2\n" + late)
    found = go_on("2026-02-05")
    assert (found.since is not None, found.redone) == (True, 1)


def test_keys_of_another_entity_are_nobody_to_evaluate(shop: Path) -> None:
    (shop / "segdsl.yaml").write_text(
        """
entities:
  customer: {table: customers.csv, key: {column: id, type: int}, parent: {entity: account, key: account}}
  account: {table: accounts.csv, key: {column: id, type: text}}
events:
  order: {of: customer, table: orders.csv, key: customer, time: at_, fields: {amount: decimal}}
  visit: {of: account, table: visits.csv, key: account, time: at_}
"""
    )
    (shop / "customers.csv").write_text("id,account\n1,acme\n2,beta\n3,beta\n")
    (shop / "accounts.csv").write_text("id\nacme\nbeta\n")
    (shop / "orders.csv").write_text("customer,at_,amount\n1,2026-01-10 10:00:00,5\n9,2026-01-10 10:00:00,5\n")
    visits = "account,at_\nacme,2026-01-10 10:00:00\n"
    (shop / "visits.csv").write_text(visits)
    (shop / "rules.seg").write_text(
        "trait visits of account = count(visit within 30d)\n"
        "segment active = account.visits >= 1 or any(order within 30d)\n"
    )
    for day, more, expected, evaluated in (
        ("2026-02-01", "", {1}, None),
        ("2026-02-05", "beta,2026-02-03 10:00:00\nbeta,2026-01-03 10:00:00\n", {1, 2, 3}, 2),
        ("2026-02-15", "", {2, 3}, 1),
    ):
        visits += more
        (shop / "visits.csv").write_text(visits)
        with load(".").run(["active"], save=True, incremental=True, as_of=day) as result:
            assert result.refreshed is not None
            assert {row["id"] for row in result.members.to_pylist()} == expected
            assert result.refreshed.evaluated == evaluated


def test_events_without_rows_are_gone_on_from_whatever_type_their_key_has(shop: Path) -> None:
    """The key of a CSV without rows is a text, where those of the customers and of other events are numbers."""
    visit = "  visit: {of: customer, table: visits.csv, key: customer, time: at_}\n"
    (shop / "segdsl.yaml").write_text(MODEL.replace("{column: id, type: text}", "id") + visit)
    (shop / "customers.csv").write_text("id,country\n1,DE\n2,DE\n")
    (shop / "visits.csv").write_text("customer,at_\n1,2026-01-25 10:00:00\n2,2026-01-31 10:00:00\n")
    (shop / "rules.seg").write_text(
        "segment visited = count(visit within 10d) >= 1\n"
        "segment one = count(order within 10d) >= 1\nsegment spent = sum(order.amount) > 5 or one\n"
        "segment none = not any(order)\nsegment best = percentile(sum(order.amount)) > 60%\n"
    )
    header, first = "customer,at_,amount\n", "1,2026-01-30 10:00:00,9\n"
    days = ("", "", first, f"{first}2,2026-02-03 10:00:00,5\n", f"{first}2,2026-02-03 10:00:00,7\n", "", "")
    for day, rows in enumerate(days, 1):
        (shop / "orders.csv").write_text(header + rows)
        with load(".").run(save=True, incremental=True, as_of=f"2026-02-0{day}") as result:
            assert result.refreshed is not None
            # where it has rows and had none, or the other way round, its columns are of other types
            assert (result.refreshed.since is None) == (day in (1, 3, 6)), result.refreshed.why
            found = {(row["segment"], row["id"]) for row in result.members.to_pylist()}
        with load(".").run(as_of=f"2026-02-0{day}") as full:
            assert {(row["segment"], row["id"]) for row in full.members.to_pylist()} == found


@pytest.mark.parametrize(
    "window", ["within 30d", "within 1mo", "from 30d to 7d ago", "before 30d ago", "in this month", "since 2026-01-02"]
)
def test_events_on_the_borders_of_windows_are_counted_once(shop: Path, window: str) -> None:
    (shop / "rules.seg").write_text(f"""
trait n = count(order {window})
segmentation counted {{ none when n = 0  one when n = 1  more otherwise }}
trait s = sum(order.amount {window})
segmentation added {{ none when s = 0  one when s = 3  more otherwise }}
segment greatest = max(order.amount {window}) >= 3
segment various = distinct(order.amount {window}) = 1
""")
    days = [dt.datetime(2026, 1, 31), dt.datetime(2026, 2, 1), dt.datetime(2026, 2, 2)]
    times = {
        day - dt.timedelta(days=back, microseconds=micros)
        for day in days
        for back in (0, 7, 30, 31)
        for micros in (-1, 0, 1)
    }
    keys = [f"c{number}" for number in range(len(times))]
    (shop / "customers.csv").write_text("id,country\n" + "".join(f"{key},DE\n" for key in keys))
    rows = [f"{key},{time:%Y-%m-%d %H:%M:%S.%f},3\n" for key, time in zip(keys, sorted(times), strict=True)]
    (shop / "orders.csv").write_text("customer,at_,amount\n" + "".join(rows))
    for number, day in enumerate(days):
        with load(".").run(save=True, incremental=True, as_of=day) as result:
            assert result.refreshed is not None
            assert (result.refreshed.since is None) == (number == 0)
            found = {tuple(row.values()) for row in result.members.to_pylist()}
        with load(".").run(as_of=day) as result:
            assert found == {tuple(row.values()) for row in result.members.to_pylist()}


@pytest.mark.parametrize("ever", ["distinct(order.amount) >= 7", "max(order.amount since 2025-12-01) >= 90"])
def test_values_that_differences_do_not_tell_are_read_from_all_events_that_they_need(shop: Path, ever: str) -> None:
    """Beside others with shorter windows, and with totals that differences do tell."""
    (shop / "rules.seg").write_text(
        f"segment ever = {ever}\nsegment short = max(order.amount within 5d) >= 50\n"
        "segment long = min(order.amount within 40d) < 20\nsegment various = distinct(order.amount within 20d) >= 4\n"
        "segment much = sum(order.amount within 10d) >= 100\n"
    )
    chance = random.Random(5)
    keys = [f"c{number}" for number in range(40)]
    (shop / "customers.csv").write_text("id,country\n" + "".join(f"{key},DE\n" for key in keys))
    begun = dt.datetime(2026, 1, 1)
    rows = [
        f"{chance.choice(keys)},{begun + dt.timedelta(hours=chance.randrange(24 * 100))},{chance.randrange(1, 10)}0\n"
        for _ in range(1_000)
    ]
    (shop / "orders.csv").write_text("customer,at_,amount\n" + "".join(rows))
    for day in range(60, 64):
        with load(".").run(save=True, incremental=True, as_of=begun + dt.timedelta(days=day)) as result:
            assert result.refreshed is not None
            assert (result.refreshed.since is None) == (day == 60)
            assert day == 60 or result.refreshed.redone > 0
            found = {tuple(row.values()) for row in result.members.to_pylist()}
        with load(".").run(as_of=begun + dt.timedelta(days=day)) as result:
            assert found == {tuple(row.values()) for row in result.members.to_pylist()}


def test_a_window_that_no_border_of_went_over_anything(shop: Path) -> None:
    (shop / "rules.seg").write_text("segment last_month = count(order in last month) >= 1\n")
    assert go_on("2026-02-10").since is None
    found = go_on("2026-02-11")
    assert (found.since is not None, found.evaluated) == (True, 0)
    assert load(".").history.sizes("last_month")[-1].members == 2


def test_totals_too_large_for_their_narrow_kind_are_kept_as_they_are(shop: Path) -> None:
    (shop / "rules.seg").write_text("segment huge = sum(order.amount) >= 1000000\n")
    orders = (shop / "orders.csv").read_text()
    for day, amount in enumerate((10**17, 1, 10**17), start=1):
        orders += f"a,2026-02-0{day} 10:00:00,{amount}\n"
        (shop / "orders.csv").write_text(orders)
        assert (go_on(f"2026-02-1{day}").since is None) == (day == 1)
        assert [size.members for size in load(".").history.sizes("huge")][-1] == 1
    assert [run.entered for run in load(".").history.sizes("huge")][1:] == [0, 0]


def test_rules_are_evaluated_for_whoever_may_be_elsewhere(shop: Path) -> None:
    (shop / "rules.seg").write_text(
        "segment big = sum(order.amount within 30d) >= 100\n"
        "segment german = country = 'DE'\n"
        "segment best = percentile(sum(order.amount)) >= 50%\n"
        "segment big_german = big and german\n"
        "expect big inside any(order)\n"
    )
    assert go_on("2026-02-01").evaluated is None
    assert go_on("2026-02-01T00:00:01").evaluated == 0
    customers = (shop / "customers.csv").read_text().splitlines()
    (shop / "customers.csv").write_text("\n".join([*customers, "new,DE"]) + "\n")
    # whoever is new, and b, whom half of all are below now
    assert go_on("2026-02-01T00:00:02").evaluated == 2
    (shop / "customers.csv").write_text("\n".join([*customers, "new,FR"]) + "\n")
    assert go_on("2026-02-01T00:00:03").evaluated == 1
    assert [size.members for size in load(".").history.sizes("german")][-2:] == [
        size.members + more for size, more in zip(load(".").history.sizes("german")[:1] * 2, (1, 0), strict=True)
    ]
    # what is expected is another, so that nothing is known of it
    rules = (shop / "rules.seg").read_text()
    (shop / "rules.seg").write_text(rules.replace("inside any(order)", "inside count(order) >= 1 and any(order)"))
    assert go_on("2026-02-01T00:00:04").evaluated is None


def test_a_comparison_of_two_kinds_of_events_is_watched_by_both(shop: Path) -> None:
    event = "  visit: {of: customer, table: visits.csv, key: customer, time: at_}\n"
    (shop / "segdsl.yaml").write_text(MODEL + event)
    (shop / "rules.seg").write_text("segment looks = count(visit) > count(order)\n")
    texts = {"orders.csv": ORDERS, "visits.csv": "customer,at_,page\nc,2026-01-10 10:00:00,x\n"}
    for day, file, more, expected in (
        ("2026-02-01", "visits.csv", "", {"c"}),
        ("2026-02-05", "visits.csv", "a,2026-02-03 10:00:00,x\na,2026-02-03 11:00:00,x\n", {"a", "c"}),
        ("2026-02-10", "orders.csv", "c,2026-02-08 10:00:00,5\n", {"a"}),
        ("2026-02-15", "visits.csv", "c,2026-02-12 10:00:00,x\n", {"a", "c"}),
        ("2026-02-20", "orders.csv", "a,2026-02-16 10:00:00,5\n", {"c"}),
    ):
        texts[file] += more
        for name, text in texts.items():
            (shop / name).write_text(text)
        with load(".").run(save=True, incremental=True, as_of=day) as result:
            assert result.refreshed is not None
            assert result.refreshed.evaluated == (1 if more else None)
            assert {row["id"] for row in result.members.to_pylist()} == expected


@pytest.mark.parametrize(
    "rule",
    [
        "max(order.at) < 10d",  # changes by itself, and reads no attribute
        "any(order) and country = 'DE'",
        "count(order) = 0",
        "country = 'DE'",
        "segmentation one { new when max(order.at) < 10d  german when country = 'DE'  other otherwise }",
    ],
)
def test_rules_of_each_sort_go_on(shop: Path, rule: str) -> None:
    definition = rule if rule.startswith("segmentation") else f"segment one = {rule}"
    (shop / "rules.seg").write_text(f"{definition}\n")
    for day in ("2026-01-12", "2026-01-25", "2026-01-31"):
        with load(".").run(save=True, incremental=True, as_of=day) as result, load(".").run(as_of=day) as full:
            assert result.members.equals(full.members)
    assert result.refreshed is not None
    assert result.refreshed.evaluated is not None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_after_a_run_that_was_killed_the_next_one_is_right(shop: Path) -> None:
    chance = random.Random(11)
    begun = time.monotonic()
    go_on("2026-01-01")
    usual = time.monotonic() - begun
    for day in range(2, 10):
        child = os.fork()
        if not child:
            try:
                go_on(f"2026-02-{day:02}")
            finally:
                os._exit(0)
        time.sleep(chance.uniform(0.2, 1.2) * usual)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        moment = f"2026-02-{day:02}T12:00"
        with load(".").run(save=True, incremental=True, as_of=moment) as result, load(".").run(as_of=moment) as full:
            assert list(result.sizes) == list(full.sizes)
            assert result.members.equals(full.members)
            saved = {(row["segment"], row[result.members.column_names[1]]) for row in full.members.to_pylist()}
        with FileStore.open(shop / FILE) as store:
            assert set(store.fetch("SELECT segment, key FROM history WHERE left_at IS NULL")) == saved
