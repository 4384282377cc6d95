"""A column has the type of what it means, whatever engine has worked it out."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segdsl import Catalog, load
from segdsl.cli.rows import cell
from segdsl.engines.kinds import with_lengths

MODEL = """\
timezone: UTC
as_of: 2026-03-31
entities:
  customer: {table: customers, key: id, attributes: {a: timestamp, b: timestamp}}
"""
RULES = """\
trait gap = a - b
trait soon = a
trait day = date(b)
trait late = a > b
segment all_ = true
"""
TABLES = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, a TIMESTAMP, b TIMESTAMP);
INSERT INTO customers VALUES
  (1, '2026-01-06 09:00:00', '2026-01-01 00:00:00'),
  (2, '2026-01-01 00:00:00', '2026-01-06 09:00:00.000001'),
  (3, NULL, NULL),
  (4, '2026-01-01 00:00:00', '2026-01-01 00:00:00.5'),
  (5, '9999-12-31 00:00:00', '0001-01-01 00:00:01');
"""
WANTED = ["gap", "soon", "day", "late"]


def _catalog(folder: Path, tables: str = TABLES) -> tuple[Catalog, str, str]:
    """A catalog, and the same tables on SQLite and DuckDB."""
    with sqlite3.connect(folder / "shop.db") as connection:
        connection.executescript(tables)
    connection.close()
    with duckdb.connect(str(folder / "shop.duckdb")) as database:
        database.execute(tables)
    (folder / "segdsl.yaml").write_text(MODEL)
    (folder / "rules.seg").write_text(RULES)
    return load(folder), f"sqlite:///{folder}/shop.db", f"duckdb:///{folder}/shop.duckdb"


@pytest.mark.parametrize("is_empty", [False, True])
def test_values_are_the_same_whatever_evaluated_them(tmp_path: Path, is_empty: bool) -> None:
    tables = TABLES.partition("INSERT")[0] if is_empty else TABLES
    catalog, *urls = _catalog(tmp_path, tables)
    found = []
    for url in urls:
        with catalog.run(WANTED, layout="wide", engine=url) as result:
            wide = result.wide.drop(["id"])
            files = []
            for ending in ("csv", "json"):
                result.write(tmp_path / f"wide.{ending}", "wide")
                files.append((tmp_path / f"wide.{ending}").read_text())
            result.write(tmp_path / "wide.parquet", "wide")
            values = pq.read_table(tmp_path / "wide.parquet").drop(["id"])
            files.append(f"{values.schema} {values.to_pylist()}")
            found.append((wide.schema.types, wide.to_pylist(), files))
    assert found[0] == found[1]
    if not is_empty:
        assert "5 days 09:00:00" in found[0][2][0]
        assert "-00:00:00.5" in found[0][2][0]


def test_data_frames_reckon_with_durations(tmp_path: Path) -> None:
    catalog, url, _ = _catalog(tmp_path)
    with catalog.run(["gap"], layout="wide", engine=url) as result:
        table = result.wide
        frame = polars.DataFrame(table)
        assert frame.schema["gap"] == polars.Duration("us")
        assert frame.filter(polars.col("gap") > dt.timedelta(days=5))["id"].to_list() == [1, 5]
        # the whole calendar fits, and what is unknown stays so, also in the middle of a table
        ends = dt.datetime(9999, 12, 31) - dt.datetime(1, 1, 1, 0, 0, 1)
        assert table["gap"].to_pylist()[2:] == [None, dt.timedelta(microseconds=-500_000), ends]
        assert with_lengths(table.slice(1, 3)) == table.slice(1, 3)
    with duckdb.connect() as connection:
        micros = [None, 0, 1, -1, 86_400_000_000, -86_400_000_001, 90_061_000_001]
        length = "to_days(CAST(i // 86400000000 AS INTEGER)) + to_microseconds(i % 86400000000)"
        connection.execute(f"CREATE TABLE t AS SELECT i, {length} AS d FROM unnest($1) AS u(i)", [micros])
        told = connection.sql("SELECT d FROM t").to_arrow_reader().read_all()
        assert pa.types.is_interval(told.schema.field("d").type)
        assert with_lengths(told)["d"].cast(pa.int64()).to_pylist() == micros
        assert with_lengths(told.slice(2, 4))["d"].cast(pa.int64()).to_pylist() == micros[2:6]
        texts = [text for (text,) in connection.execute("SELECT CAST(d AS TEXT) FROM t WHERE d IS NOT NULL").fetchall()]
        assert [cell(value) for value in with_lengths(told)["d"].to_pylist()[1:]] == texts


def test_a_sample_has_the_same_types(tmp_path: Path) -> None:
    catalog, *urls = _catalog(tmp_path)
    one, two = (catalog.sample("all_", 10, WANTED, engine=url) for url in urls)
    assert one.drop(["id"]).schema.types == two.drop(["id"]).schema.types
    assert one.to_pylist() == two.to_pylist()
    assert one.schema.field("gap").type == pa.duration("us")
