"""The benchmark's contenders answer the same question; how quickly is not asserted."""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks import planning
from benchmarks.catalogs import segments
from benchmarks.data import generate
from benchmarks.scores import VALUES, connect, statements
from benchmarks.speed import run_floor, run_handwritten, run_segdsl


def test_queries_by_hand_have_the_same_members(tmp_path: Path) -> None:
    generate(tmp_path, 10_000, 200_000, 500_000, "time")
    (tmp_path / "rules.seg").write_text("\n".join(segments(40)) + "\n")
    ours, theirs = run_segdsl(tmp_path, check=True), run_handwritten(tmp_path, check=True)
    assert ours == theirs
    assert len({count for count, _ in ours.values()}) > 15
    run_floor(tmp_path)


def test_a_catalog_is_planned_with_every_sqlglot(tmp_path: Path) -> None:
    generate(tmp_path, 10, 10, 10)
    small, larger = planning.make(tmp_path, 1), planning.make(tmp_path, 20)
    for as_source in (False, True):
        spent = planning.measure(small, larger, as_source)
        assert 0 < spent.without_imports < spent.with_imports


def test_what_a_column_says_tells_nothing_of_another(tmp_path: Path) -> None:
    generate(tmp_path, 5_000, 50_000, 50_000)
    pairs = {
        "orders": ("ln(amount), epoch(at)", "ascii(channel), epoch(at)"),
        "messages": ("ascii(kind), epoch(at)", "ascii(kind), ascii(channel)"),
        "customers": ("ascii(country), visits", "trait_1, trait_2"),
    }
    for table, columns in pairs.items():
        corr = ", ".join(f"corr({pair})".replace("(at)", '("at")') for pair in columns)
        [found] = duckdb.execute(f"SELECT {corr} FROM '{tmp_path / table}.parquet'").fetchall()
        assert all(abs(value) < 0.06 for value in found), (table, found)


def test_scores_by_hand_are_the_same() -> None:
    connection = connect(5_000)
    selects = statements(connection, list(VALUES))
    columns = ", ".join(["id", *VALUES])
    ours, theirs = (
        connection.execute(f"SELECT {columns} FROM ({selects[name]}) ORDER BY id").fetchall()
        for name in ("segdsl", "rank")
    )
    assert ours == theirs
    assert {row[1] for row in ours} == {1, 2, 3, 4, 5}
