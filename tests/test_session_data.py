"""A session answers out of the data of when it opened, and what was put in: what is told counts once, stored or not."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest

import segdsl
from segdsl import Catalog, SegdslError

MODEL = """
as_of: 2026-03-31
entities:
  customer: {table: PLACE/customers, key: id, attributes: {country: text}}
events:
  order: {of: customer, table: PLACE/orders, key: cust, time: at, fields: {amount: decimal, note: text}}
"""
RULES = """\
segment two = count(order) = 2
segment three = count(order) >= 3
segment best = percentile(sum(order.amount)) >= 50%
segment fresh = last(order.at) < 5d
segment german = country = "DE"
"""
MADE = """
CREATE TABLE customers AS SELECT * FROM (VALUES ('a', 'DE'), ('b', 'AT')) AS t(id, country);
CREATE TABLE orders(cust TEXT, "at" TIMESTAMP, amount DECIMAL(10, 2), note TEXT);
INSERT INTO orders VALUES ('a', '2026-03-01', 5, NULL)
"""
STORED = "INSERT INTO orders VALUES ('a', '2026-03-02', 5, 'x'), ('b', '2026-03-02', 50, 'x')"
TOLD: dict[str, list[dict[str, Any]]] = {"order": [{"at": dt.datetime(2026, 3, 2), "amount": 5, "note": "x"}]}


class Shop:
    """Data in tables of a connection, or in files that are written of these."""

    def __init__(self, folder: Path, ending: str) -> None:
        self.folder, self.ending = folder, ending
        self.connection = duckdb.connect()
        self.connection.execute(MADE)
        place = "" if not ending else f"{folder}/"
        model = MODEL.replace("PLACE/", place).replace("customers,", f"customers{ending},")
        (folder / "segdsl.yaml").write_text(model.replace("orders,", f"orders{ending},"))
        (folder / "rules.seg").write_text(RULES)
        self.change("")

    def change(self, sql: str) -> None:
        if sql:
            self.connection.execute(sql)
        for table in ("customers", "orders") if self.ending else ():
            self.connection.execute(f"COPY {table} TO '{self.folder}/{table}{self.ending}'")

    @property
    def data(self) -> duckdb.DuckDBPyConnection | None:
        return None if self.ending else self.connection

    @property
    def catalog(self) -> Catalog:
        return segdsl.load(self.folder)


@pytest.fixture(params=["", ".csv", ".parquet"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    return Shop(tmp_path, request.param)


@pytest.fixture(params=["", ".csv"])
def copied(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    """Data of which a session holds copies."""
    return Shop(tmp_path, request.param)


@pytest.mark.parametrize("saved", [False, True])
def test_an_event_that_is_stored_and_told_counts_once(copied: Shop, saved: bool) -> None:
    shop = copied
    if saved:
        shop.catalog.run(save=True, data=shop.data).close()
    with shop.catalog.session(data=shop.data, saved=saved) as session:
        shop.change(STORED)
        assert session.update("a", TOLD).entered == ("two",)
        assert set(session.member("a").segments) == {"two", "best", "german"}
        assert set(session.member("b").segments) == set()  # nobody has told of it
        session.update("b", {"order": [{"at": dt.datetime(2026, 3, 2), "amount": 50}]})
        with shop.catalog.run(data=shop.data) as result:
            members = [tuple(row.values()) for row in result.members.to_pylist()]
        for key in "ab":
            assert set(session.member(key).segments) == {segment for segment, other in members if other == key}


def test_whoever_is_deleted_is_answered_for_as_of_the_moment_that_is_told(copied: Shop) -> None:
    shop = copied
    with shop.catalog.session(data=shop.data) as session:
        session.update("b", {"order": [{"at": dt.datetime(2026, 3, 30), "amount": 5}]})
        assert "fresh" in session.member("b").segments
        shop.change("DELETE FROM customers WHERE id = 'b'")
        session.update("a", {}, as_of="2026-04-20")
        assert "fresh" not in session.member("b").segments


def test_a_saved_session_without_data_answers_and_takes_nothing_in(shop: Shop) -> None:
    shop.catalog.run(save=True, data=shop.data).close()
    shop.change("INSERT INTO customers VALUES ('c', 'DE')")
    empty = duckdb.connect()
    if shop.ending:
        (shop.folder / f"orders{shop.ending}").rename(shop.folder / "away")
    with shop.catalog.session(saved=True, data=None if shop.ending else empty) as session:
        assert set(session.member("a").segments) == {"best", "german"}
        if shop.ending:  # what comes later may hold what is told as well
            (shop.folder / "away").rename(shop.folder / f"orders{shop.ending}")
        with pytest.raises(SegdslError, match=r"SEG70[12]"):
            session.update("a", TOLD)
        assert set(session.member("a").segments) == {"best", "german"}


@pytest.mark.parametrize("table", ["orders", "customers"])
def test_tables_may_go(shop: Shop, table: str) -> None:
    with shop.catalog.session(data=shop.data) as session:
        shop.connection.execute(f"DROP TABLE {table}")
        for file in shop.folder.glob(f"{table}{shop.ending}") if shop.ending else ():
            file.unlink()
        if shop.ending == ".parquet":  # which are read where they lie
            with pytest.raises(SegdslError, match="SEG768"):
                session.update("a", TOLD)
            assert "best" in session.member("a").segments
        else:
            assert session.update("a", TOLD).entered == ("two",)


def test_files_of_parquet_that_come_are_not_read(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(MADE)
        connection.execute(f"COPY customers TO '{tmp_path}/customers.parquet'")
        (tmp_path / "orders" / "day=1").mkdir(parents=True)
        (tmp_path / "orders" / "day=2").mkdir()
        connection.execute(f"COPY orders TO '{tmp_path}/orders/day=1/x.parquet'")
        model = MODEL.replace("PLACE/customers", "customers.parquet").replace("PLACE/orders", "'orders/*/x.parquet'")
        (tmp_path / "segdsl.yaml").write_text(model)
        (tmp_path / "rules.seg").write_text(RULES + "segment first = any(order where day = 1)\n")
        (tmp_path / "segdsl.yaml").write_text(model.replace("note: text", "note: text, day: int"))
        with segdsl.load(tmp_path).session() as session:
            assert session.member("a").segments == ("best", "german", "first")
            connection.execute("INSERT INTO orders VALUES ('a', '2026-03-02', 5, 'x')")
            connection.execute(f"COPY (FROM orders LIMIT 1 OFFSET 1) TO '{tmp_path}/orders/day=2/x.parquet'")
            assert session.update("a", {"order": [{"at": dt.datetime(2026, 3, 2), "amount": 5}]}).entered == ("two",)
        with segdsl.load(tmp_path).run() as result:
            assert {row["segment"] for row in result.members.to_pylist()} == {"two", "best", "german", "first"}


def test_a_file_whose_name_looks_like_a_pattern_is_copied(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(MADE)
        connection.execute(f"COPY customers TO '{tmp_path}/customers.parquet'")
        connection.execute(f"COPY orders TO '{tmp_path}/orders [a].parquet'")
        model = MODEL.replace("PLACE/customers", "customers.parquet").replace("PLACE/orders", "'orders*.parquet'")
        (tmp_path / "segdsl.yaml").write_text(model)
        (tmp_path / "rules.seg").write_text(RULES)
        with segdsl.load(tmp_path).session() as session:
            assert session.member("a").segments == ("best", "german")
            connection.execute(f"COPY orders TO '{tmp_path}/orders a.parquet'")
            assert session.update("a", {"order": [{"at": dt.datetime(2026, 3, 2), "amount": 5}]}).entered == ("two",)


def test_what_was_written_anew_is_told(tmp_path: Path) -> None:
    shop = Shop(tmp_path, ".parquet")
    with shop.catalog.session() as session:
        shop.change(STORED)
        with pytest.raises(SegdslError, match=r"SEG768.: `customers.parquet` is not the file"):
            session.update("a", TOLD)
        assert session.member("a").segments == ("best", "german")


def test_a_database_keeps_writers_out_and_needs_no_copy(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute(MADE)
    (tmp_path / "segdsl.yaml").write_text(MODEL.replace("PLACE/", "") + "database: shop.duckdb\n")
    (tmp_path / "rules.seg").write_text(RULES)
    with segdsl.load(tmp_path).session() as session:
        with pytest.raises(duckdb.Error):
            duckdb.connect(str(tmp_path / "shop.duckdb")).execute(STORED)
        assert session.update("a", TOLD).entered == ("two",)


def test_threads_take_turns(shop: Shop) -> None:
    """Each is answered for the key that it asks about, and every event that is told counts once."""
    rows = ", ".join(f"('c{number}', 'DE')" for number in range(40))
    shop.change(f"INSERT INTO customers VALUES {rows}")
    with shop.catalog.session(data=shop.data) as session:
        before = {key: session.member(key) for key in ("a", "b", *(f"c{number}" for number in range(40)))}
        assert len({member.segments for member in before.values()}) > 1
        failed: list[object] = []

        def ask(start: int) -> None:
            try:
                for place in range(60):
                    key = list(before)[(start * 7 + place) % len(before)]
                    found = session.member(key)
                    if key != "a" and found != before[key]:
                        failed.append((found, before[key]))
                    if place % 20 == 0:
                        session.update("a", {"order": [{"at": dt.datetime(2026, 3, 2), "amount": 0}]})
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=ask, args=(start,)) for start in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert "three" in session.member("a").segments
