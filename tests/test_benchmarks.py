"""The benchmark's contenders answer the same question; how quickly is not asserted."""

from __future__ import annotations

from pathlib import Path

from benchmarks.catalogs import segments
from benchmarks.data import generate
from benchmarks.speed import run_floor, run_handwritten, run_segdsl


def test_queries_by_hand_have_the_same_members(tmp_path: Path) -> None:
    generate(tmp_path, 10_000, 200_000, 500_000, "time")
    (tmp_path / "rules.seg").write_text("\n".join(segments(40)) + "\n")
    ours, theirs = run_segdsl(tmp_path, check=True), run_handwritten(tmp_path, check=True)
    assert ours == theirs
    assert len({count for count, _ in ours.values()}) > 15
    run_floor(tmp_path)
