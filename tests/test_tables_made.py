"""What segdsl makes has names of its own: no two tables share one, and no two columns of a table."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from segdsl import Catalog, load
from segdsl.engines.into import tables_of
from segdsl.options import Layout
from segdsl.sql.dialects import POSTGRES, SQLITE

MODEL = """\
timezone: UTC
as_of: 2026-03-31
entities:
  members: {table: people, key: segment, attributes: {country: text}}
  Members_2: {table: people, key: segment, attributes: {country: text}}
"""
RULES = """\
segment german of members = country = "DE"
segment french of Members_2 = country = "FR"
"""


def _catalog(folder: Path) -> Catalog:
    with sqlite3.connect(folder / "shop.db") as connection:
        connection.execute("CREATE TABLE people (segment INTEGER PRIMARY KEY, country TEXT)")
        connection.execute("INSERT INTO people VALUES (1, 'DE'), (2, 'FR')")
    connection.close()
    (folder / "segdsl.yaml").write_text(MODEL)
    (folder / "rules.seg").write_text(RULES)
    return load(folder)


def test_each_layout_and_entity_has_a_table_of_its_own(tmp_path: Path) -> None:
    catalog, url = _catalog(tmp_path), f"sqlite:///{tmp_path}/shop.db"
    made: list[tuple[str, int]] = []
    asked: list[tuple[str, Layout]] = [("german", "members"), ("german", "wide"), ("french", "wide")]
    for name, layout in asked:
        with catalog.run([name], layout=layout, engine=url) as result:
            made.append(result.write_into("main", layout))
    assert made == [("main.segdsl_members", 1), ("main.segdsl_members_3", 2), ("main.segdsl_Members_2", 2)]
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        assert connection.execute("SELECT * FROM segdsl_members").fetchall() == [("german", 1)]
        assert connection.execute("SELECT * FROM segdsl_members_3").fetchall() == [(1, 1), (2, 0)]
    connection.close()


@pytest.mark.parametrize("engine", ["sqlite", "files"])
def test_a_key_called_segment_is_a_column_of_its_own(tmp_path: Path, engine: str) -> None:
    catalog, url = _catalog(tmp_path), f"sqlite:///{tmp_path}/shop.db"
    data = {"people": pa.table({"segment": [1], "country": ["DE"]})}
    given: dict[str, Any] = {"engine": url} if engine == "sqlite" else {"data": data}
    assert 'AS "segment_2"' in catalog.compile(["german"], **given)
    with catalog.run(["german"], **given) as result:
        assert result.members.to_pydict() == {"segment": ["german"], "segment_2": [1]}
        assert result.write(tmp_path / "members.csv") == 1
        assert (tmp_path / "members.csv").read_text() == "segment,segment_2\ngerman,1\n"
        if engine == "sqlite":
            result.write_into("main")


def test_names_of_tables_never_meet() -> None:
    assert tables_of(["customer", "members"], SQLITE) == {
        None: "segdsl_members",
        "customer": "segdsl_customer",
        "members": "segdsl_members_2",
    }
    long = ["a" * 70, "a" * 71]  # of which PostgreSQL keeps 63 bytes
    assert len({name.casefold() for name in tables_of([*long, "Members", "members"], POSTGRES).values()}) == 5


def test_models_of_dbt_have_no_two_columns_of_one_name(tmp_path: Path) -> None:
    made = _catalog(tmp_path).dbt(by="entity", dialect="postgres")
    assert 'AS "segment",\n  "w"."segment" AS "segment_2"' in made["models/seg_members_members.sql"]
    columns = yaml.safe_load(made["models/seg_members.yml"])["models"][1]["columns"]
    assert [column["name"] for column in columns] == ["segment", "segment_2"]
