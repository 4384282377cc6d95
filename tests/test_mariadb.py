"""MariaDB by its URL: what its tables hold that others' do not, members as a table, and sessions set otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from segdsl import Catalog, SegdslError, load
from segdsl.engines.drivers.driver import Refused
from tests.benches import Benches
from tests.test_engines import _check_nasty
from tests.warehouses import Bench

MODEL = """\
timezone: Europe/Berlin
as_of: 2026-03-31
entities:
  customer:
    table: customers
    key: id
    attributes: {country: text, signup: timestamp, born: date, note: text, seats: STATED, active: bool}
events:
  order:
    of: customer
    sql: SELECT id, customer, min(at) AS at, sum(amount) AS amount FROM orders GROUP BY ALL
    key: customer
    time: at
    fields: {amount: decimal}
"""
RULES = """\
segment vip = total_spend > 100
segment german = country = "DE"
segment of_this_year = signup in 2026
segment old = born < 2000-01-01
segment on = active
trait spent = total_spend
trait first_day = date(signup)
trait rank_ = rank(note)
trait alike = quantile(4, note)
segmentation tier { gold when orders >= 2  silver otherwise }
"""
# a collation that takes `de ` for `DE`, an instant of 2025 in UTC that is of 2026 in Berlin, days that are none, and
# texts that are told apart by their last letter alone
TABLES = (
    "CREATE TABLE customers (id VARCHAR(9) PRIMARY KEY, country VARCHAR(9), signup TIMESTAMP NULL, born DATE,"
    " note LONGTEXT, seats VARCHAR(9), active TINYINT(1)) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
    "CREATE TABLE orders (id INT, customer VARCHAR(9), at DATETIME, amount NUMERIC(12, 2)) CHARACTER SET latin1",
    "SET SESSION sql_mode = ''",
    "INSERT INTO customers VALUES ('a', 'DE', '2025-12-31 23:30:00', '0000-00-00', REPEAT('x', 3000), '3', 1),"
    " ('B', 'de', '2026-01-02 00:00:00', '1990-00-00', CONCAT(REPEAT('x', 3000), 'b'), ' 4 ', 0),"
    " ('c', 'DE ', NULL, '1990-01-01', CONCAT(REPEAT('x', 3000), 'c'), '5x', 2)",
    "INSERT INTO orders VALUES (1, 'a', '2026-01-01', 60), (1, 'a', '2026-01-01', 50), (2, 'a', '2026-03-01', 0.5),"
    " (3, 'b', '2026-02-01', 2000), (4, 'c', '2026-02-01', 20)",
)


@pytest.fixture(scope="module")
def url(benches: Benches) -> Iterator[str]:
    """A database of its own with the tables."""
    owner = benches("mariadb")
    owner.driver.execute("CREATE DATABASE crm")
    found = owner.url.replace("/shop?", "/crm?")
    with_tables = _driver(found)
    for statement in TABLES:
        with_tables.execute(statement)
    with_tables.close()
    yield found
    owner.driver.execute("DROP DATABASE crm")


def _driver(url: str) -> Any:
    from segdsl.engines.drivers.mariadb import MariaDB

    return MariaDB(url)


def _catalog(folder: Path, stated: str = "text") -> Catalog:
    (folder / "segdsl.yaml").write_text(MODEL.replace("STATED", stated))
    (folder / "rules.seg").write_text(RULES)
    return load(folder)


def test_a_catalog_runs_where_its_tables_are(url: str, tmp_path: Path) -> None:
    catalog = _catalog(tmp_path)
    with catalog.run(engine=url) as result:
        assert [(size.segment, size.members, size.population) for size in result.sizes] == [
            ("vip", 1, 3), ("german", 1, 3), ("of_this_year", 2, 3), ("old", 1, 3), ("on", 2, 3),
            ("tier.gold", 1, 3), ("tier.silver", 2, 3),
        ]  # fmt: skip
        members = result.members.to_pydict()
        assert list(zip(members["segment"], members["id"], strict=True))[:4] == [
            ("german", "a"), ("of_this_year", "B"), ("of_this_year", "a"), ("old", "c")
        ]  # fmt: skip
    with catalog.run(["spent", "first_day", "rank_", "alike", "on"], layout="wide", engine=url) as result:
        found = result.wide.sort_by("id").to_pydict()
        assert [str(field.type) for field in result.wide.schema][2:] == ["date32[day]", "int64", "int64", "bool"]
        assert (found["id"], found["spent"]) == (["B", "a", "c"], [0.0, 110.5, 20.0])
        assert [str(day) for day in found["first_day"]] == ["2026-01-02", "2026-01-01", "None"]
        assert (found["rank_"], found["alike"]) == ([2, 3, 1], [2, 1, 3])
        assert found["on"] == [False, True, True]
        assert result.write(tmp_path / "wide.parquet", "wide") == 3


def test_members_take_the_place_of_those_before(url: str, tmp_path: Path) -> None:
    catalog = _catalog(tmp_path)
    for names, count in ((["vip"], 1), (["vip", "of_this_year"], 3)):
        with catalog.run(names, engine=url) as result:
            assert result.write_into("crm") == ("crm.segdsl_members", count)
    with catalog.run(["spent"], layout="wide", engine=url) as result:
        result.write_into("crm", "wide")
        with pytest.raises(SegdslError, match="SEG710"):
            result.write_into("no_such_schema", "wide")
    there = _driver(url)
    tables = there.stream("SELECT table_name AS t FROM information_schema.tables WHERE table_schema = 'crm'").read_all()
    assert sorted(tables["t"].to_pylist()) == ["customers", "orders", "segdsl_customer", "segdsl_members"]
    there.close()


def test_what_cannot_be_read_is_an_error_and_not_zero(url: str, tmp_path: Path) -> None:
    """A cast would make 5 of `5x`."""
    (tmp_path / "seats").mkdir()
    catalog = _catalog(tmp_path / "seats", "int")
    (tmp_path / "seats" / "rules.seg").write_text("segment many = seats >= 4")
    catalog = load(tmp_path / "seats")
    with pytest.raises(SegdslError, match="SEG710"):
        catalog.run(engine=url)
    there = _driver(url)
    with pytest.raises(there.errors, match="out of range"):
        there.stream(catalog.compile(dialect="mariadb", as_of="2026-03-31").rstrip(";\n")).read_all()
    there.close()


def test_who_may_only_read_is_told_what_is_needed(url: str, tmp_path: Path) -> None:
    """And the way round: the SQL is one SELECT."""
    owner = _driver(url)
    catalog = _catalog(tmp_path)
    reader = url.replace("root@", "reader@")
    try:
        owner.execute("CREATE USER reader@localhost IDENTIFIED BY ''")
        owner.execute("GRANT SELECT ON crm.* TO reader@localhost")
        with pytest.raises(SegdslError) as found:
            catalog.run(["vip"], engine=reader)
        told = found.value.diagnostics[0]
        assert "Access denied for user 'reader'" in told.message
        assert told.help is not None
        assert "GRANT SELECT, CREATE TEMPORARY TABLES" in told.help
        assert "`segdsl compile --engine`" in told.help
        rows = _driver(reader).stream(catalog.compile(["vip"], engine=reader).rstrip(";\n")).read_all()
        assert rows["id"].to_pylist() == ["a"]
        owner.execute("GRANT CREATE TEMPORARY TABLES ON crm.* TO reader@localhost")
        with catalog.run(["vip"], engine=reader) as result:
            assert [size.members for size in result.sizes] == [1]
    finally:
        owner.execute("DROP USER reader@localhost")
        owner.close()


def test_a_zone_that_the_server_does_not_know_is_an_error(url: str, tmp_path: Path) -> None:
    _catalog(tmp_path)
    (tmp_path / "segdsl.yaml").write_text(MODEL.replace("STATED", "text").replace("Europe/Berlin", "Asia/Tokyo"))
    with pytest.raises(SegdslError, match="SEG710"):
        load(tmp_path).run(["of_this_year"], engine=url)


def test_nasty_texts_in_a_hostile_session(benches: Benches) -> None:
    """A server that has every session read quotes and backslashes, and write texts, in its own way."""
    owner = benches("mariadb")
    hostile = {
        "sql_mode": "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,PAD_CHAR_TO_FULL_LENGTH'",
        "time_zone": "'+05:30'",
        "collation_connection": "utf8mb4_general_ci",
        "collation_database": "latin1_swedish_ci",
        "max_sort_length": "64",
        "default_regex_flags": "'DOTALL,EXTENDED'",
        "sql_select_limit": "1",
    }
    rows: Any = owner.driver
    before = {name: rows._rows(f"SELECT @@GLOBAL.{name}")[0][0] for name in hostile}
    for name, value in hostile.items():
        owner.driver.execute(f"SET GLOBAL {name} = {value}")
    try:
        driver = _driver(owner.url)
        try:
            _check_nasty(Bench(driver, False, ending=" ENGINE = MyISAM CHARACTER SET utf8mb4"))
        finally:
            driver.close()
    finally:
        for name, value in before.items():
            owner.driver.execute(f"SET GLOBAL {name} = {value if isinstance(value, int) else repr(value)}")


def test_mysql_is_not_taken_for_mariadb(benches: Benches) -> None:
    from segdsl.engines.drivers.mariadb import MariaDB

    class Other(MariaDB):
        def _rows(self, sql: str) -> list[tuple[Any, ...]]:
            return [("8.4.6",)] if "VERSION" in sql else super()._rows(sql)

    with pytest.raises(Refused, match="it is MySQL") as error:
        Other(benches("mariadb").url)
    assert "compile --dialect mysql" in str(error.value.advice)


def test_a_url_is_what_the_library_is_called_with(monkeypatch: pytest.MonkeyPatch) -> None:
    from segdsl.engines.drivers.mariadb import arguments

    monkeypatch.setenv("MYSQL_PWD", "word")
    assert arguments("mysql://joe@there:3307/crm?ssl_ca=ca.pem&connect_timeout=5") == {
        "host": "there", "port": 3307, "user": "joe", "password": "word", "database": "crm", "ssl_ca": "ca.pem",
        "connect_timeout": 5,
    }  # fmt: skip
