"""Columns that letter case alone tells apart: none is read for another."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

import segdsl
from segdsl import Catalog, SegdslError

TWINS = pyarrow.table({"id": ["a", "b"], "Country": ["DE", "AT"], "country": ["AT", "DE"], "n": [1, 2], "n_1": [3, 4]})
READERS = {
    "the file": "table: c.{0}",
    "all of a query": "sql: SELECT * FROM raw",
    "a column of a query": "sql: 'SELECT id, upper(country) AS country, n FROM raw'",
}


def catalog(folder: Path, place: str, column: str = "country") -> Catalog:
    customer = f"{{{place}, key: id, attributes: {{land: {{column: {column}, type: text}}, n: int}}}}"
    (folder / "segdsl.yaml").write_text(f"entities: {{customer: {customer}}}\n")
    (folder / "rules.seg").write_text('segment german = land = "DE"\nsegment one = n = 1\n')
    return segdsl.load(folder)


def with_tables(folder: Path, ending: str) -> None:
    with (folder / "segdsl.yaml").open("a") as model:
        model.write(f"tables: {{raw: c.{ending}}}\n")


def write(folder: Path, ending: str, table: pyarrow.Table) -> None:
    rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    if ending == "parquet":
        pyarrow.parquet.write_table(table, folder / "c.parquet")
    elif ending == "csv":
        lines = ["", *(";".join(map(str, row)) for row in [table.column_names, *rows]), ""]
        (folder / "c.csv").write_text("\n".join(lines))
    else:
        lines = [json.dumps(dict(zip(table.column_names, row, strict=True))) for row in rows]
        (folder / "c.json").write_text("\n".join(lines))


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
@pytest.mark.parametrize("reader", READERS)
def test_of_two_columns_of_a_file_the_wrong_one_is_not_read(tmp_path: Path, ending: str, reader: str) -> None:
    write(tmp_path, ending, TWINS)
    catalog(tmp_path, READERS[reader].format(ending))
    with_tables(tmp_path, ending)
    with pytest.raises(SegdslError, match="SEG706") as error:
        segdsl.load(tmp_path).run()
    assert "has `Country` and `country`: which of them is `country`" in str(error.value)


def test_of_two_columns_of_a_frame_the_wrong_one_is_not_read(tmp_path: Path) -> None:
    twice = pyarrow.table([["a"], ["DE"], ["AT"], [1]], names=["id", "country", "country", "n"])
    for table in (TWINS, twice):
        with pytest.raises(SegdslError, match="SEG706"):
            catalog(tmp_path, "table: c").run(data={"c": table})


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_the_first_of_two_columns_is_read_by_its_own_name(tmp_path: Path, ending: str) -> None:
    """And another column whose name DuckDB could have made is nothing unusual."""
    write(tmp_path, ending, TWINS)
    with catalog(tmp_path, f"table: c.{ending}", "Country").run() as result:
        assert [tuple(row.values()) for row in result.members.to_pylist()] == [("german", "a"), ("one", "a")]
    catalog(tmp_path, "sql: 'SELECT id, \"Country\" AS country, n FROM raw'")
    with_tables(tmp_path, ending)
    with segdsl.load(tmp_path).run() as result:
        assert result.members.num_rows == 2


def test_what_is_inside_of_a_column_is_no_column(tmp_path: Path) -> None:
    inside = pyarrow.array([{"n": 1, "N": {"n": 2}}] * 2)
    write(tmp_path, "parquet", TWINS.select(["id", "country", "n", "n_1"]).append_column("more", inside))
    with catalog(tmp_path, "table: c.parquet").run() as result:
        assert result.members.num_rows == 2


def test_twins_of_another_table_of_a_join_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("id,Country,country\n1,DE,AT\n")
    (tmp_path / "c.csv").write_text("id,country,n\n1,DE,1\n2,FR,2\n")
    tables = "tables: {c: c.csv, d: d.csv}\n"
    read = "sql: 'SELECT c.id, c.n, {} AS country FROM c LEFT JOIN d AS other ON other.id = c.id'"
    for column in ("c.country", "other.Country"):
        catalog(tmp_path, read.format(column))
        with (tmp_path / "segdsl.yaml").open("a") as model:
            model.write(tables)
        with segdsl.load(tmp_path).run() as result:
            assert [size.members for size in result.sizes] == [1, 1]
    catalog(tmp_path, read.format("other.country"))
    with (tmp_path / "segdsl.yaml").open("a") as model:
        model.write(tables)
    with pytest.raises(SegdslError, match="SEG706"):
        segdsl.load(tmp_path).run()


@pytest.mark.parametrize(
    "select",
    [
        "WITH x AS (SELECT * FROM raw) SELECT x.id, x.n, x.country AS country FROM x",
        "SELECT s.id, s.n, s.country AS country FROM (SELECT * FROM raw) AS s LEFT JOIN more AS m ON m.id = s.id",
        "WITH y AS (SELECT * FROM more AS c) SELECT c.id, c.n, c.country AS country FROM (SELECT * FROM raw) AS c",
    ],
)
def test_twins_behind_another_name_are_told(tmp_path: Path, select: str) -> None:
    write(tmp_path, "csv", TWINS)
    (tmp_path / "more.csv").write_text("id\na\n")
    catalog(tmp_path, f"sql: '{select}'")
    with (tmp_path / "segdsl.yaml").open("a") as model:
        model.write("tables: {raw: c.csv, more: more.csv}\n")
    with pytest.raises(SegdslError, match="SEG706"):
        segdsl.load(tmp_path).run()
