"""Whole units elapsed where a time to compare with could say something else than they do."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

import segdsl
from segdsl.functions import FUNCTIONS
from segdsl.program import Apply, Attribute, Moment
from segdsl.sql.elapsed import by_times
from segdsl.types import DATE, INT

_ROWS = {row.name: row for row in FUNCTIONS}
_AS_OF = dt.datetime(2026, 3, 31, 6)
MODEL = """
name: odd
timezone: UTC
entities:
  customer:
    sql: >
      SELECT * FROM (VALUES ('late', DATE 'infinity', TIMESTAMP 'infinity'),
      ('early', DATE '-infinity', TIMESTAMP '-infinity'), ('usual', DATE '1990-01-01', TIMESTAMP '2026-03-31'))
      AS t(id, birth_date, valid_until)
    key: id
    attributes: {birth_date: date, valid_until: timestamp}
"""


def _is_told(op: str, *numbers: int, function: str = "years_since") -> bool:
    value = Apply(_ROWS[function], (Attribute("customer", "t", DATE), Moment()), INT)
    return by_times(op, value, [Decimal(number) for number in numbers], _AS_OF, lambda node: node) is not None


def test_days_that_not_every_engine_can_write_are_left_alone() -> None:
    """ClickHouse up to 25.8 takes 1896 for 1900, and 2400 for 2299."""
    assert _is_told("<", 126)
    assert not _is_told("<", 130)
    assert not _is_told("between", 18, 150)
    assert not _is_told(">=", -200_000, function="days_since")


def test_lists_of_many_numbers_are_left_alone() -> None:
    assert _is_told("in", 1, 2, 3, 4)
    assert not _is_told("in", *range(0, 10, 2))


@pytest.mark.parametrize("as_of", ["2026-04-29", "2026-04-30", "2026-05-01"])
def test_an_infinite_time_has_no_age(tmp_path: Path, as_of: str) -> None:
    """Whatever the day, and whether the age is a column of its own or not."""
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "rules.seg").write_text(
        "trait ag = years_since(birth_date)\n"
        "segment adult = ag >= 18\nsegment young = ag < 18\nsegment alive = years_since(birth_date) < 120\n"
        "segment running = months_since(valid_until) < 3\nsegment other = not years_since(birth_date) >= 18\n"
    )
    catalog = segdsl.load(tmp_path)
    expected = {"adult": ["usual"], "young": [], "alive": ["usual"], "running": ["usual"], "other": ["early", "late"]}
    for names in (list(expected), *([name] for name in expected)):
        with catalog.run(names, as_of=as_of) as result:
            found: dict[str, list[str]] = {name: [] for name in names}
            for row in result.members.to_pylist():
                found[row["segment"]].append(row["id"])
        assert {name: sorted(keys) for name, keys in found.items()} == {name: expected[name] for name in names}
