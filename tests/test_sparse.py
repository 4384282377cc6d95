"""Files whose first rows do not name all columns: empty ones, and JSON with keys that come late."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segdsl.api import SegdslError, load

MODEL = """\
as_of: 2026-03-31
tables: {{raw: {file}}}
entities: {{customer: {{table: customers.csv, key: id}}}}
events: {{order: {{of: customer, {rows}, key: cid, time: at, fields: {{amount: decimal, n: int, tags: list(text)}}}}}}
"""
SELECT = 'sql: "SELECT cid, at, amount, n, tags FROM raw"'
LATE = 20_480  # what DuckDB looks at


def orders(folder: Path, file: str, rows: str = "table: raw") -> list[tuple[Any, ...]]:
    (folder / "customers.csv").write_text("id\n1\n2\n")
    (folder / "segdsl.yaml").write_text(MODEL.format(file=file, rows=rows))
    (folder / "rules.seg").write_text(
        "trait c = count(order)\ntrait a = sum(order.amount)\ntrait m = max(order.n)\n"
        'trait t = count(order where tags has any ("x"))\n'
    )
    with load(folder).run(["c", "a", "m", "t"], layout="wide") as result:
        rows_of = result.wide.sort_by("id").to_pylist()
        return [tuple(row[name] for name in "camt") for row in rows_of]


NOTHING = [(0, 0, None, 0), (0, 0, None, 0)]


@pytest.mark.parametrize("rows", ["table: raw", SELECT, 'sql: "SELECT * FROM raw"'])
@pytest.mark.parametrize(
    ("file", "written"),
    [
        *(("o.csv", written) for written in ("", "\n\n", "cid,at,amount,n,tags")),
        *(("o.json", written) for written in ("", "[]", "{}", "[{ }, {}]", "null", "{}\n{}\n")),
    ],
)
def test_a_file_without_rows_has_no_events(tmp_path: Path, file: str, written: str, rows: str) -> None:
    (tmp_path / file).write_text(written)
    assert orders(tmp_path, file, rows) == NOTHING


@pytest.mark.parametrize("written", ["{}", "[]", "null", ""])
def test_an_entity_without_rows_has_nobody(tmp_path: Path, written: str) -> None:
    (tmp_path / "c.json").write_text(written)
    (tmp_path / "segdsl.yaml").write_text("as_of: 2026-03-31\nentities: {customer: {table: c.json, key: id}}\n")
    (tmp_path / "rules.seg").write_text("segment x = true\n")
    with load(tmp_path).run() as result:
        assert result.sizes[0].members == 0


def test_an_empty_file_beside_others(tmp_path: Path) -> None:
    (tmp_path / "o1.json").write_text("[]")
    (tmp_path / "o2.json").write_text('[{"cid": 1, "at": "2026-03-01", "amount": 2.5, "n": 1, "tags": ["x"]}]')
    assert orders(tmp_path, '"o*.json"') == [(1, 2.5, 1, 1), NOTHING[1]]


@pytest.mark.parametrize("rows", ["table: raw", SELECT, 'sql: "SELECT * REPLACE (amount * 2 / 2 AS amount) FROM raw"'])
def test_keys_of_json_may_come_late(tmp_path: Path, rows: str) -> None:
    early = [{"cid": 1, "at": "2026-03-01"}] * (LATE + 1000)
    late = [{"cid": 2, "at": "2026-03-02", "amount": 8.5, "n": 3, "tags": ["x", "y"]}, {"cid": 2, "at": "2026-03-02"}]
    (tmp_path / "o.json").write_text("\n".join(map(json.dumps, early + late)))
    assert orders(tmp_path, "o.json", rows) == [(len(early), 0, None, 0), (2, 8.5, 3, 1)]


def test_a_key_that_no_row_has_is_told(tmp_path: Path) -> None:
    (tmp_path / "o.json").write_text('[{"cid": 1, "at": "2026-03-01", "amount": 2.5, "tags": ["x"]}]')
    with pytest.raises(SegdslError, match="event `order` has no column `n`"):
        orders(tmp_path, "o.json")


def test_many_keys_are_no_map(tmp_path: Path) -> None:
    row = {"cid": 1, "at": 20260301, "amount": 2, "n": 1, **{f"k{number}": number for number in range(300)}}
    (tmp_path / "o.json").write_text(json.dumps(row))
    (tmp_path / "segdsl.yaml").write_text("as_of: 2026-03-31\nentities: {customer: {table: o.json, key: cid}}\n")
    (tmp_path / "rules.seg").write_text("segment x = true\n")
    with load(tmp_path).run() as result:
        assert result.sizes[0].members == 1
