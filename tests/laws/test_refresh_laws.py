"""A run that goes on from the one before saves what a full run saves, whatever came to the data in between."""

from __future__ import annotations

import datetime as dt
import random
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from segdsl import load
from segdsl.evaluator import Evaluator
from segdsl.history.file_store import FILE, FileStore
from segdsl.history.record import drop_kept
from segdsl.program import Output
from segdsl.refresh import totals
from segdsl.refresh.refresh import Refreshed
from segdsl.running import Wanted, run
from tests.engine import arrow_tables, catalog_of
from tests.history.saved import contents
from tests.laws.catalogs import make_catalog
from tests.laws.test_meaning_laws import law
from tests.laws.worlds import Picker, make_world
from tests.world import Tables, World

# windows that begin, end and stand still, over everything that can be brought up to date, and what cannot
_RULES = """
segment some = count(order within 30d) >= 2
segment still = count(order since 2026-01-01) >= 2
segment between_ = count(order from 90d to 7d ago where channel = "web") >= 1
segment spent = sum(order.amount within 30d) > 2
segment items = sum(order.items in this month) >= 3
segment mean = avg(order.amount in last month) >= 1
segment most = max(order.amount within 7d) >= 2.5
segment least_ = min(order.amount within 90d) < 1
segment last_text = max(order.channel within 30d) = "web" or any(order within 1d)
segment kinds = distinct(message.channel within 30d) >= 2
segment newest = last_purchase < 10d
segment weeks_ = weeks(order within 90d) >= 2
segment long_ago = count(order within 30d) >= 1 as of 30d ago
segment gifts = count(order within 1mo where gift and due is known) >= 1
segment late_due = count(order where due < 30d) >= 1
segment of_shoes = count(order within 30d where product.category = "shoes") >= 1
segment after_first = count(order within 30d after first_purchase) >= 2
segment more = count(order where amount > customer.credit) >= 1
segment middle = median(order.amount within 30d) >= 1
segment abandoned = sequence(cart_add within 7d then no order within 24h)
segment best = percentile(sum(order.amount within 30d)) >= 50%
segment none_left = some and not best
trait orders_ = count(order within 90d)
trait each = sum(order.amount within 90d) / orders_
trait lately = count(order within 30d)
segmentation number_ { none when lately = 0  one when lately = 1  two when lately = 2  three when lately = 3
  more otherwise }
trait told = count(message within 7d)
segmentation told_ { none when told = 0  one when told = 1  two when told = 2  more otherwise }
segment by_trait = orders_ between 2 and 3 or each >= 10
segment of_both = count(order within 90d) >= 2 * count(message within 30d)
segment as_visits = count(order within 30d) > visits
segment not_as_many = not count(order within 7d) >= count(order from 90d to 7d ago)
segment told_interests = interests is known and count(order within 30d) < 2
segment silver_or_web = tier.silver or (newsletter and last(order.channel) = "web" and orders_ > 1)
segment big of account = sum(customer.visits) > 3 and any(customer where some)
segmentation tier among any(order) { gold when sum(order.amount within 90d) >= 50
  silver when count(message within 7d) >= 1
  low otherwise }
"""


def _saved(
    evaluator: Evaluator, world: World, as_of: dt.datetime, names: Sequence[str], **how: Any
) -> Refreshed | None:
    root, model = evaluator.catalog.root, evaluator.catalog.model
    assert root is not None
    outputs: list[Output] = [evaluator.named(name) for name in names]
    wanted = Wanted(False, "test", False, save=True, data=arrow_tables(model, world.tables), **how)
    with run(evaluator, outputs, as_of, wanted) as result:
        sizes = [(size.segment, size.members) for size in result.sizes]
        members = {(row["segment"], str(list(row.values())[-1])) for row in result.members.to_pylist()}
    with FileStore.open(root / FILE) as store:
        found = {
            f"{name}.{label}" if label else name: count
            for name, label, count in store.fetch(
                "SELECT name, label, members FROM sizes JOIN definitions ON definition = id WHERE as_of = ?", [as_of]
            )
        }
        open_ones = store.fetch("SELECT segment, key FROM history WHERE left_at IS NULL")
    assert [(name, found[name]) for name, _ in sizes] == sizes
    assert {row for row in open_ones if row[0] in dict(sizes)} == members
    return result.refreshed


def _later(pick: Picker, world: World, times: Sequence[dt.datetime]) -> World:
    """Some events, customers and products more, less, and changed; or nothing but time."""
    tables: Tables = {name: list(rows) for name, rows in world.tables.items()}
    other = make_world(pick).tables
    for name, rows in tables.items():
        if pick.chance(50):
            continue
        kept = [row for row in rows if not pick.chance(15)]
        if name in ("customer", "account", "product"):
            tables[name] = [{**row, **_changed(pick, row, other[name])} for row in kept] or rows
        else:
            tables[name] = [{**row, **_changed(pick, row, other[name])} for row in kept]
            tables[name] += [_at_one_of(pick, times, row) for row in other[name] if pick.chance(30)]
    return replace(world, tables=tables)


def _at_one_of(pick: Picker, times: Sequence[dt.datetime], row: dict[str, Any]) -> dict[str, Any]:
    """An event, at one of these times, a little beside it, or when it was."""
    if pick.chance(30):
        return row
    at = pick.one(times) + dt.timedelta(microseconds=pick.one((0, 0, 0, 1, -1)))
    return {name: at if name.endswith("_at") else value for name, value in row.items()}


def _changed(pick: Picker, row: dict[str, Any], rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Another value for a field now and then."""
    if not rows or not pick.chance(10):
        return {}
    name = pick.one([name for name in row if name not in ("customer_id", "account_id", "product_id")])
    return {name: pick.one(rows)[name]}


def _follow(pick: Picker, rules: str, names: Sequence[str], world: World) -> int:
    """Runs one after the other over what changes, each against a full run that has nothing but the members saved before
    to tell who moved; how many of them went on from the one before."""
    went_on = 0
    catalog = catalog_of(world.model, rules)
    with TemporaryDirectory() as one, TemporaryDirectory() as other, _written_anew(pick):
        going, full = (Evaluator(replace(catalog, root=Path(folder))) for folder in (one, other))
        as_of = world.as_of - dt.timedelta(days=pick.one((0, 1, 2, 8, 31)))
        before: Sequence[str] = ()
        for number in range(3):
            refreshed = _saved(going, world, as_of, names, incremental=True)
            assert refreshed is not None
            went_on += refreshed.since is not None
            assert (refreshed.since is None) == (set(names) != set(before)), refreshed.why
            if number:
                with FileStore.open(Path(other) / FILE, write=True) as store:
                    drop_kept(store)
                _saved(full, world, as_of, names)
            else:
                shutil.copytree(one, other, dirs_exist_ok=True)
            as_of += pick.one(
                (dt.timedelta(days=1), dt.timedelta(hours=7), dt.timedelta(days=30), dt.timedelta(microseconds=1))
            )
            # on the borders of the next run's windows, which these go over in the one after it
            world = _later(pick, world, [as_of - dt.timedelta(days=days) for days in (0, 1, 7, 30, 90)])
            before = names
            if number and pick.chance(50):
                # definitions come, go, and stand at other places
                names = [name for name in reversed(names) if pick.chance(70)] or names
        with FileStore.open(Path(one) / FILE) as store, FileStore.open(Path(other) / FILE) as whole:
            assert _contents(store) == _contents(whole)
    return went_on


def _written_anew(pick: Picker) -> AbstractContextManager[object]:
    """Totals of those that moved stand in front of the others: never, where they are few, or always."""
    return patch.object(totals, "FRONT_AT_MOST", pick.one((0, totals.FRONT_AT_MOST, 10**6)))


def _contents(store: FileStore) -> dict[str, Sequence[tuple[object, ...]]]:
    found = contents(store)
    found["runs"] = store.fetch("SELECT as_of, timezone, rows_read, fingerprint FROM runs ORDER BY as_of")
    return found


_chances = st.integers(0, 2**32).map(lambda seed: random.Random(seed).randint)


@law(0.01)
@given(_chances)
def test_going_on_equals_a_full_run(chance: Callable[[int, int], int]) -> None:
    pick = Picker(chance)
    names = [line.split()[1] for line in _RULES.splitlines() if line.startswith("segment")]
    if pick.chance(50):
        # of one entity alone, what is held are bits
        names.remove("big")
    assert _follow(pick, _RULES, names, make_world(pick)) >= 1


@law(0.01)
@given(_chances)
def test_random_catalogs_go_on_as_well(chance: Callable[[int, int], int]) -> None:
    pick = Picker(chance)
    world, catalog = make_world(pick), make_catalog(pick)
    names = [one.name for one in catalog.outputs if one.kind != "trait"]
    if names:
        _follow(pick, catalog.text, names, world)


_FILES = """
entities:
  customer: {table: customers.parquet, key: id, attributes: {visits: int}}
events:
  order: {of: customer, table: "orders/*.parquet", key: customer, time: at, fields: {amount: int, channel: text}}
"""
_OF_FILES = """
segment some = count(order within 30d) >= 2
segment spent = sum(order.amount within 90d) > 40
segment most = max(order.amount within 7d) >= 20
segment kinds = distinct(order.channel within 60d) >= 2
segment ever_app = any(order where channel = "app")
segment mean = avg(order.amount) between 10 and 20
"""
_START = dt.datetime(2026, 1, 1)


def _write_orders(pick: Picker, path: Path, first: int, last: int) -> None:
    """Orders of the days from one to another."""
    rows = [
        (number, pick.one(range(12)), _START + dt.timedelta(hours=24 * first + pick.one(range(24 * (last - first)))))
        for number in range(pick.one(range(1, 40)))
    ]
    values = ", ".join(
        f"({key}, TIMESTAMP '{at}', {pick.one(range(30))}, '{pick.one(('web', 'app', 'store'))}')"
        for _, key, at in rows
    )
    path.unlink(missing_ok=True)
    duckdb.execute(f"""COPY (SELECT * FROM (VALUES {values}) AS r(customer, "at", amount, channel)) TO '{path}'""")


@law(0.02)
@given(_chances)
def test_files_that_come_change_and_go(chance: Callable[[int, int], int]) -> None:
    pick = Picker(chance)
    with TemporaryDirectory() as name, TemporaryDirectory() as other, _written_anew(pick):
        folder = Path(name)
        # the same data once more, of which every run is a full one
        (Path(other) / "segdsl.yaml").write_text(
            _FILES.replace("customers.parquet", f"{folder}/customers.parquet").replace("orders/*", f"{folder}/orders/*")
        )
        for root in (folder, Path(other)):
            (root / "rules.seg").write_text(_OF_FILES)
        (folder / "segdsl.yaml").write_text(_FILES)
        (folder / "orders").mkdir()
        duckdb.execute(f"COPY (SELECT range AS id, range AS visits FROM range(10)) TO '{folder}/customers.parquet'")
        _write_orders(pick, folder / "orders" / "0.parquet", 0, 130)
        catalog, full, day = load(folder), load(other), 100
        for number in range(4):
            match pick.one(("day", "day", "late", "changed", "gone", "moved", "nothing")) if number else "nothing":
                case "day":
                    _write_orders(pick, folder / "orders" / f"{day}.parquet", day - 1, day + 3)
                case "late":
                    _write_orders(pick, folder / "orders" / f"late {day}.parquet", 0, day)
                case "changed":
                    _write_orders(pick, pick.one(sorted((folder / "orders").iterdir())), 0, day)
                case "gone":
                    pick.one(sorted((folder / "orders").iterdir())).unlink()
                    _write_orders(pick, folder / "orders" / f"instead {day}.parquet", 0, day)
                case "moved":
                    path = pick.one(sorted((folder / "orders").iterdir()))
                    path.rename(path.with_name(f"moved {day} {path.name}"))
            as_of = _START + dt.timedelta(days=day)
            with catalog.run(as_of=as_of, save=True, incremental=True) as result:
                assert result.refreshed is not None
                assert (result.refreshed.since is None) == (number == 0), result.refreshed.why
            with full.run(as_of=as_of, save=True) as result:
                members = {(row["segment"], str(row["id"])) for row in result.members.to_pylist()}
            with FileStore.open(folder / FILE) as store:
                assert set(store.fetch("SELECT segment, key FROM history WHERE left_at IS NULL")) == members
                found = _contents(store)
            with FileStore.open(Path(other) / FILE) as store:
                assert _contents(store) == found
            day += pick.one((1, 2, 30))
