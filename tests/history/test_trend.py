"""Trends of rules that ask for the history: nobody knows a size of before it began."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from segdsl import SegdslError, load
from tests.history.test_commands import RULES, said, save, shop

__all__ = ["shop"]


def test_sizes_before_the_history_are_unknown(shop: Path) -> None:
    (shop / "rules.seg").write_text(f"{RULES}segment stayed = vip for 1d\nsegment seen = ever tier.silver\n")
    save("2026-01-15")
    said("run", "vip", "stayed", "--save", "--as-of", "2026-01-16")
    catalog = load(shop)
    trend = catalog.trend(["vip", "stayed", "seen"], period="day", periods=4, as_of="2026-01-17")
    assert trend.sizes == {"vip": (1, 1, 1, 1), "stayed": (None, 0, 1, 1), "seen": (None, 0, 0, 0)}
    assert trend.begins == dict.fromkeys(("stayed", "seen"), dt.datetime(2026, 1, 15))
    for place, moment in enumerate(trend.moments[1:], start=1):
        with catalog.run(as_of=moment) as result:
            for size in result.sizes:
                if size.segment in trend.sizes:
                    assert trend.sizes[size.segment][place] == size.members
    words = ("trend", "vip", "stayed", "--period", "day", "--periods", "3", "--as-of", "2026-01-16")
    lines = said(*words).splitlines()
    assert [line.split() for line in lines[1:3]] == [["vip", "1", "1", "1"], ["stayed", "–", "0", "1"]]
    assert lines[3] == "stayed asks for the history, which begins 2026-01-15"
    assert "stayed,2026-01-14T00:00:00,\n" in said(*words, "--format", "csv")
    assert [row["members"] for row in json.loads(said(*words, "--format", "json"))][3:] == [None, 0, 1]
    assert "Of 2 nobody knows" in catalog.report(as_of="2026-01-17", period="day")


def test_where_somebody_was_before_the_history_is_unknown(shop: Path) -> None:
    (shop / "rules.seg").write_text(f"{RULES}segmentation since {{ lately when entered(vip) < 9d  other otherwise }}\n")
    save("2026-01-15", "2026-02-01")
    catalog = load(shop)
    assert catalog.flow("since", "2026-01-15", "2026-02-01").population == 3
    with pytest.raises(SegdslError, match="SEG743"):
        catalog.flow("since", "2026-01-14", "2026-02-01")
    page = catalog.report(["since", "tier"], as_of="2026-02-01")
    assert "flow-tier" in page
    assert "flow-since" not in page
