"""Times that Python has no value for (infinite, after 9999, before the year 1) are shown by every command, as texts."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from click.testing import CliRunner

import segdsl
from segdsl.cli import commands
from segdsl.engines import cells
from tests.benches import Benches

TIMES = {1: "infinity", 2: "-infinity", 3: "12000-05-01", 4: "0044-03-15 (BC)", 5: "2026-02-01", 6: None}
MODEL = """
entities: {customer: {table: customers, key: id, attributes: {ends: timestamp, born: date}}}
events: {visit: {of: customer, table: visits, key: customer, time: at}}
as_of: 2026-03-31
"""
RULES = """
segment over = ends < 90d
trait last_end = ends
trait birth = born
trait seen = last(visit.at)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    values = ", ".join(
        f"({key}, TIMESTAMP '{time}', DATE '{time}')" if time else f"({key}, NULL, NULL)" for key, time in TIMES.items()
    )
    connection = duckdb.connect()
    connection.execute(f"COPY (SELECT * FROM (VALUES {values}) AS t(id, ends, born)) TO '{tmp_path}/customers.parquet'")
    connection.execute(f"COPY (SELECT id AS customer, ends AS \"at\" FROM '{tmp_path}/customers.parquet' "
                       f"WHERE ends IS NOT NULL) TO '{tmp_path}/visits.parquet'")  # fmt: skip
    tables = "tables: {customers: customers.parquet, visits: visits.parquet}\n"
    (tmp_path / "segdsl.yaml").write_text(tables + MODEL)
    (tmp_path / "rules.seg").write_text(RULES)
    return tmp_path


def told(folder: Path, *arguments: str) -> str:
    found = CliRunner().invoke(commands.segdsl, [*arguments, "-C", str(folder)])
    assert found.exit_code == 0, found.output
    return found.stdout


def test_they_are_printed(folder: Path) -> None:
    rows = {row["id"]: row for row in json.loads(told(folder, "run", "--layout", "wide", "--format", "json"))}
    assert [rows[key]["last_end"] for key in TIMES] == [
        "infinity", "-infinity", "12000-05-01 00:00:00", "-0043-03-15 00:00:00", "2026-02-01T00:00:00", None
    ]  # fmt: skip
    assert [rows[key]["birth"] for key in TIMES] == [
        "infinity", "-infinity", "12000-05-01", "-0043-03-15", "2026-02-01", None
    ]  # fmt: skip
    # what is after as-of has not happened
    assert [rows[key]["seen"] for key in TIMES] == [
        None, "-infinity", None, "-0043-03-15 00:00:00", "2026-02-01T00:00:00", None
    ]  # fmt: skip
    table = told(folder, "run", "--layout", "wide")
    assert "-infinity" in table
    assert "12000-05-01 00:00:00" in table
    assert "infinity" in told(folder, "run", "--layout", "wide", "--format", "csv")
    with segdsl.load(folder).run(["last_end"], layout="wide") as result:
        assert ">infinity</td>" in result._repr_html_()


@pytest.mark.parametrize(
    ("key", "shown"),
    [(1, "ends = infinity"), (2, "ends = -infinity"), (3, "ends = 12000-05-01"), (4, "ends = 0044-03-15 (BC)")],
)
def test_they_are_explained(folder: Path, key: int, shown: str) -> None:
    found = told(folder, "explain", "over", "--id", str(key))
    assert shown in found
    # of these nothing grows older than 90 days within the years that are looked at
    assert "next:" not in found.replace("next: no other answer", "")


def test_they_are_explained_on_an_engine_too(benches: Benches, folder: Path) -> None:
    owner = benches("postgres")
    (folder / "segdsl.yaml").write_text(MODEL)
    owner.driver.execute(
        "CREATE TABLE customers AS SELECT * FROM (VALUES (1, TIMESTAMP 'infinity', DATE '-infinity'), "
        "(2, TIMESTAMP '-infinity', DATE 'infinity')) AS t(id, ends, born)"
    )
    owner.driver.execute('CREATE TABLE visits (customer INTEGER, "at" TIMESTAMP)')
    try:
        for name, key, shown in (
            ("birth", "1", "birth = -infinity"),
            ("birth", "2", "birth = infinity"),
            ("over", "1", "ends = infinity"),
            ("over", "2", "ends = -infinity"),
        ):
            assert shown in told(folder, "explain", name, "--id", key, "--engine", owner.url)
        with segdsl.load(folder).run(["birth"], layout="wide", engine=owner.url) as result:
            assert ">-infinity</td>" in result._repr_html_()
    finally:
        for table in ("customers", "visits"):
            owner.driver.execute(f"DROP TABLE {table}")


def test_values_in_lists() -> None:
    times = pa.array([[2**63 - 1, 0], None, []], pa.list_(pa.timestamp("us")))
    first, second, third = cells.values(times)
    assert [str(value) for value in first] == ["infinity", "1970-01-01 00:00:00"]
    assert (second, third) == (None, [])
