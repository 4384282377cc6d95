"""Lint: limits outside of what a value can be."""

from __future__ import annotations

import pytest

from tests import engine
from tests.cases import default_model
from tests.lint.told import told

THOUSANDS: tuple[tuple[str, list[str]], ...] = (
    ("visits > 50.000", ["50.000"]),
    ("1.000 < visits < 2.000", ["1.000", "2.000"]),
    ("visits in (1.000, 5)", ["1.000"]),
    ("visits between 10.000 and 20_000", ["10.000"]),
    ("count(order where items > 1.000) >= 1.250", ["1.000", "1.250"]),
    ("credit > 50.000", []),
    ("avg(order.items) > 1.125", []),
    ("visits > 0.125", []),
    ("visits > 50.00", []),
    ("visits > credit + 1.000", []),
    ("visits * 1.000 > 3", []),
    ("percentile(visits) > 99.125%", []),
)


@pytest.mark.parametrize(("condition", "places"), THOUSANDS)
def test_a_thousand_with_a_point(condition: str, places: list[str]) -> None:
    assert told(f"segment s = {condition}", "SEG843") == [("SEG843", place) for place in places]


RANGES = (
    ("percentile(visits) <= 10", "SEG802", "`percentile(visits)` goes from 0 up to below 1; did you mean `10%`?"),
    ("90 > percentile(visits)", "SEG802", "did you mean `90%`?"),
    ("percentile(visits) between 0 and 100", "SEG802", "goes from 0 up to below 1"),
    ("percentile(visits) >= 90", "SEG801", "did you mean `90%`?"),
    ("percentile(visits) > 100%", "SEG801", "goes from 0 up to below 1"),
    ("rank(visits) >= 90%", "SEG802", "a share is compared with `percentile(…)`"),
    ("rank(visits) <= 10%", "SEG801", "a share is compared with `percentile(…)`"),
    ("quintile(visits) <= 5", "SEG802", "goes from 1 to 5"),
    ("decile(visits) >= 80%", "SEG802", "goes from 1 to 10"),
    ("month(signup) > 12", "SEG801", "`month(signup)` goes from 1 to 12"),
    ("weekday(signup) <= 7", "SEG802", "goes from 1 to 7"),
    ("length(city) < 0", "SEG801", "goes from 0 on"),
    ("score <= 10", "SEG802", "`score` goes from 0 up to below 1; did you mean `10%`?"),
    ("any(order where hour(at) < 24)", "SEG802", "`hour(at)` goes from 0 to 23"),
)


@pytest.mark.parametrize(("condition", "code", "help"), RANGES)
def test_a_limit_that_no_value_reaches_is_told_with_the_range(condition: str, code: str, help: str) -> None:
    rules = f"trait score = percentile(visits)\nsegment s = visits > 3 and {condition}"
    (found,) = engine.warnings(default_model(), rules)
    assert found.code == code
    assert found.span is not None
    assert found.span.text in condition
    assert help in (found.help or "")


@pytest.mark.parametrize(
    "condition",
    [
        "percentile(visits) <= 10%",
        "percentile(visits) between 0 and 50%",
        "rank(visits) <= 10",
        "quintile(visits) in (4, 5)",
        "quintile(visits) between 1 and 2",
        "month(signup) = 12",
        "visits <= 1_000_000",
        "years_since(birth_date) >= 0",
    ],
)
def test_a_limit_among_the_values_is_not_told(condition: str) -> None:
    assert told(f"segment s = {condition}") == []


BANDS = (
    "segmentation q {{ a when {0} <= 1  b when {0} <= 3  c when {0} <= 5 }}",
    "segmentation q {{ a when {0} <= 1  b when {0} between 1 and 5  c otherwise }}",
    "trait q = case when {0} <= 1 then 1 when {0} <= 5 then 2 end",
    "segment q = case when {0} <= 1 then 1 when {0} <= 5 then 2 else 0 end = 2",
)


@pytest.mark.parametrize("rules", BANDS)
def test_the_last_of_several_bands_can_be_written_out(rules: str) -> None:
    assert told(rules.format("quintile(total_spend)")) == []


def test_a_last_band_that_ends_beyond_all_values_is_told() -> None:
    rules = "segmentation q {{ a when percentile(visits) <= 1%  b when percentile(visits) <= {}  c otherwise }}"
    assert told(rules.format("10")) == [("SEG802", "percentile(visits) <= 10")]
    assert told(rules.format("100%")) == []


@pytest.mark.parametrize(
    "rules", ["segmentation q {{ a when {0}  b otherwise }}", "trait q = case when {0} then 1 end"]
)
def test_a_band_that_is_the_first_to_hold_all_is_told(rules: str) -> None:
    condition = "quintile(total_spend) <= 5"
    assert told(rules.format(condition)) == [("SEG802", condition)]
    assert told(rules.format(f"visits > 3 and {condition}")) == [("SEG802", condition)]
