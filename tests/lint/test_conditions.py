"""Lint: conditions that are never or always true, parts that add nothing, names."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from segdsl.lint import truth
from segdsl.logic import formula, solver
from segdsl.program import KeyOf
from segdsl.types import TEXT
from tests.lint.told import check, folder, told

__all__ = ["folder"]


NEVER = (
    "visits > 3 and visits < 4",
    "count(order within 30d) > count(order within 90d)",
    "count(order within 30d) >= 3 and count(order within 90d) <= 2",
    "count(order where amount > 5) > 3 and count(order where amount > 2) < 2",
    "first_purchase < 30d and last_purchase > 30d",
    "last_purchase < 0d",
    "last_purchase < 1mo and last_purchase >= 60d",
    "orders = 0 and last_purchase is known",
    "orders > 0 and last_purchase is unknown",
    "signup in this month and signup in last month",
    "signup in 2025 and signup in 2026-Q1",
    "signup <= 2026-01-31 and signup > 2026-01-31",
    'country = "DE" and country = "FR"',
    "newsletter and not newsletter",
    "newsletter is unknown and newsletter",
    "month(signup) = 13",
    "case when visits > 3 then 1 else 2 end = 3",
    "coalesce(visits, 0) < 0 and visits > 2",
    "visits < credit and credit < visits",
    "least(visits, 3) > 3",
    "90d <= signup < 30d",
    "anniversary(signup) > 30d",
    "anniversary(birth_date) < 2d ago",
    'lower(country) = "DE"',
    'upper(country) in ("de", "At")',
    'trim(country) = "DE "',
    'lower(trim(country)) = "Germany"',
    "birth_date < 2000-01-01 and birth_date >= 2000-01-01",
    "date(signup) = 2026-01-01 and signup >= 2026-01-02",
    "percentile(visits) >= 1",
    "percentile(visits) > 80",
    "rank(visits) <= 10%",
)


@pytest.mark.parametrize("condition", NEVER)
def test_it_is_never_true(condition: str) -> None:
    assert ("SEG801", condition) in told(f"segment s = {condition}", "SEG801", "SEG802")


ALWAYS = (
    "orders >= 0",
    "visits < 3 or visits >= 3 or visits is unknown",
    "count(order within 30d) <= count(order within 90d)",
    "visits is known or visits is unknown",
    'not (country = "DE" and country = "FR")',
)


@pytest.mark.parametrize("condition", ALWAYS)
def test_it_is_always_true(condition: str) -> None:
    found = told(f"segment s = {condition}", "SEG801", "SEG802")
    assert {code for code, _ in found} & {"SEG801", "SEG802"}


ENDS = {"month": (1, 12), "day": (1, 31), "weekday": (1, 7), "hour": (0, 23), "year": (1, 9999)}
QUIET = (
    "count(order from 90d to 30d ago) >= 1",
    "any(order from 1mo to 30d ago)",
    "any(order from first_purchase to first_purchase)",
    "any(order from 2026-01-01 to 2026-01-01)",
    "any(order in this day) and none(order in last year)",
    "any(order within 30d after first_purchase)",
    "any(order since 2999-01-01)",
    "renewal in next month",
    "renewal from 30d to (-7d) ago",
    "sequence(order within 1d then no view within 1h)",
    "visits > 3 and visits < 5",
    "credit > 3 and credit < 4",
    "visits < 3 or visits >= 3",
    "visits is known and visits > 3",
    "last_purchase < 30d and first_purchase > 30d",
    "last_purchase < 1mo and last_purchase >= 30d",
    "signup in this month and signup < 2026-01-31",
    "renewal < 0d",
    'city < "b" and city > "a"',
    "count(order where amount > 5) < count(order where amount > 2)",
    "count(order within 90d where amount > 5) > count(order within 30d)",
    "min(order.amount within 30d) > min(order.amount)",
    "orders > 0 and last(order.amount) is unknown",
    "newsletter or newsletter is unknown",
    "last_purchase < 90d and total_spend > 100",
    "sum(order.amount) < 0",
    "true",
    'country is known and country != "DE"',
    'country is unknown or country != "DE"',
    'country != "DE" and country in ("FR", "IT", "DE")',
    "loyal and not gold",
    "distinct(order.channel) <= 1 and orders > 1",
    "tier.high and visits > 12",
    "(age(signup) < 4_000_000d) as of 2026-01-01",
    "(age(signup) > -4_000_000d) as of 2026-01-01",
    # both ends of what a function can give
    *(f"{function}(signup) = {end}" for function, ends in ENDS.items() for end in ends),
    *(f"{function}(signup) > {first}" for function, (first, _) in ENDS.items()),
    *(f"{function}(signup) < {last}" for function, (_, last) in ENDS.items()),
    "bands(visits, 10, 20) = 1",
    "bands(visits, 10, 20) = 3",
    "bands(visits, 10, 20) <= 2",
    "length(city) = 0",
    "length(city) >= 1",
    "max(order.amount) is known and nth(2, order.amount) is unknown",
    # a week can begin in the month before
    "signup in this week and not signup in this month and signup <= 0d ago",
    # trim takes off blanks alone
    'trim(city) = "\\tx"',
)


AROUND = """
segment loyal = orders >= 3
segment gold = total_spend > 1_000
segmentation tier { high when visits > 10  low otherwise }
"""


@pytest.mark.parametrize("condition", QUIET)
def test_nothing_is_told(condition: str) -> None:
    assert told(f"segment s = {condition}\n{AROUND}") == []


REPEATED = (
    ("last_purchase < 90d and last_purchase < 30d", "last_purchase < 90d"),
    ("visits > 3 or visits > 5", "visits > 5"),
    ('country in ("DE", "FR") and country = "DE"', 'country in ("DE", "FR")'),
    ("visits > 3 and visits > 3", "visits > 3"),
    ("signup >= 2026-01-01 and signup in 2026-02", "signup >= 2026-01-01"),
)


@pytest.mark.parametrize(("condition", "part"), REPEATED)
def test_a_part_that_adds_nothing_is_told(condition: str, part: str) -> None:
    assert told(f"segment s = {condition}", "SEG803") == [("SEG803", part)]


@pytest.mark.parametrize("when", ["visits > {n}", "s{before}.a and visits > {n}"])
def test_a_long_chain_of_segmentations_is_looked_at(when: str) -> None:
    rules = ["segmentation s0 { a when visits > 1  b otherwise }"]
    for n in range(1, 250):
        rule = when.format(n=n, before=n - 1)
        rules.append(f"segmentation s{n} among s{n - 1} = a {{ a when {rule}  b otherwise }}")
    # `visits > 1` again in the second, so that nobody is left
    assert told("\n".join(rules), "SEG804")[0] == ("SEG804", "b")


@pytest.mark.parametrize(("op", "compared"), [("or", "="), ("and", "!=")])
def test_a_long_list_of_values_is_not_held_against_itself(
    op: str, compared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def implies(*given: Any, **options: Any) -> bool:
        asked.append(given)
        return solver.implies(*given, **options)

    monkeypatch.setattr(truth, "implies", implies)
    parts = [f"visits {compared} {n}" for n in range(300)]
    other = "visits > 500 and newsletter" if op == "or" else "(visits < 500 or newsletter)"
    rule = f" {op} ".join([*parts, other, parts[7]])
    assert told(f"segment s = {rule}", "SEG803") == [("SEG803", parts[7])]
    assert len(asked) < 1_000


def test_what_a_value_is_has_only_other_tests_near_it() -> None:
    visits, credit = KeyOf("customer", TEXT), KeyOf("account", TEXT)
    formulas: list[formula.Formula] = [formula.Test(visits, "=", Decimal(n)) for n in range(300)]
    formulas += [formula.Known(credit), formulas[7], formula.Test(credit, "=", Decimal(0))]
    formulas.append(formula.opposite(formulas[0]))
    near = [list(found) for found in truth._near(formulas)]
    assert near[0] == [0, 300, 302, 303]
    assert near[7] == near[301] == [7, 300, 301, 302, 303]
    assert near[300] == near[302] == near[303] == list(range(304))


def test_parts_that_params_and_names_stand_in_are_not_compared() -> None:
    rules = "param recent = 90d\nsegment a = orders > 3\nsegment s = last_purchase < recent and {}"
    assert told(rules.format("last_purchase < 30d and a and orders > 4"), "SEG803") == []


@pytest.mark.parametrize("part", ["a", "tier.high", "visits > p", "renewal is known", "a as of 30d ago"])
def test_what_is_written_twice_is_told_whatever_it_stands_for(part: str) -> None:
    rules = "param p = 3\nsegment a = orders > 3\nsegmentation tier { high when visits > 10  low otherwise }\n"
    found = told(f"{rules}segment s = {part} and country = 'FR' and {part}", "SEG803")
    assert found == [("SEG803", part)]
    assert told(f"{rules}segment s = {part} and country = 'FR' and not {part}", "SEG803") == []


def test_labels_that_nobody_gets() -> None:
    rules = """
segmentation tier among visits > 0 {
  high   when visits >= 10
  top    when visits >= 20
  middle when visits >= 5
  low    when visits < 5
  none   otherwise
}
segmentation all { a when visits > 1  b when visits > 0  c otherwise }
"""
    assert told(rules) == [("SEG804", "top"), ("SEG804", "none")]


def test_names() -> None:
    rules = """
param a = 3
param b = a
param c = 30d
trait t(x = 1, y = 2) = count(order within c) + y
trait u = count(order)
segment s = t(x: 3) > b
@deprecated("use s")
segment old = t(x: 3) > b
segment uses_old = old and visits > 1
expect disjoint(u > 3, uses_old)
"""
    assert told(rules, "SEG808", "SEG809") == [("SEG808", "x")]
    assert told(rules, "SEG810") == [("SEG810", "old")]
    assert told(rules, "SEG811") == [("SEG811", "old")]
    assert [code for code, _ in told(rules, "all")].count("SEG812") == 8


def test_a_name_for_another_means_the_same_and_is_no_twin(folder: Path) -> None:
    assert told("segment s = visits > 3\nsegment old = s", "SEG811") == []
    assert told("segment s = visits > 3\nsegment one = s\nsegment two = s", "SEG811") == [("SEG811", "two")]
    text = '@deprecated("use s")\nsegment old = s\nsegment s = renewal is known\nsegment user = {} and orders > 1\n'
    (folder / "a.seg").write_text(text.format("old"))
    assert "1 fix made" in check("--fix").output
    assert (folder / "a.seg").read_text() == text.format("s")


def test_what_nobody_reads_gets_or_scores() -> None:
    rules = '@owner("crm") @tagz(email) segment s = visits > 3\nsegmentation tier {}\n@meta(a: 1) trait t = visits'
    assert told(rules, "SEG840", "SEG841") == [("SEG840", "tagz"), ("SEG841", "tier")]
    assert told("segment s = visits > percentile(0.9)", "SEG842") == [("SEG842", "percentile(0.9)")]
    assert told("param p = 3\nsegment s = quintile(p) = 1 or rank(visits) = 1", "SEG842") == [("SEG842", "quintile(p)")]
