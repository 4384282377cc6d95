"""Lint: what is told, what is not, what is allowed, and what is mended."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from segdsl import load
from segdsl.check import Checker
from segdsl.cli.commands import segdsl
from segdsl.diagnostics import Source
from segdsl.lint import truth, unknowns
from segdsl.logic import formula, solver
from segdsl.logic.reading import Reader
from segdsl.program import KeyOf
from segdsl.syntax.formatter import format_source
from segdsl.types import TEXT
from tests import engine
from tests.cases import default_model


def told(rules: str, *codes: str) -> list[tuple[str, str]]:
    """The code of each warning, and the text that it points at."""
    return [
        (item.code, item.span.text if item.span else "") for item in engine.warnings(default_model(), rules, *codes)
    ]


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


# nothing lies in the window, whoever the customer
EMPTY = (
    ("count(order from 30d to 90d ago) >= 1", "from 30d to 90d ago"),
    ("none(order from 30d ago to 90d ago)", "from 30d ago to 90d ago"),
    ("sum(order.amount from 2026-01-31 to 2026-01-01) > 3", "from 2026-01-31 to 2026-01-01"),
    ("last_purchase from 30d to 90d ago", "from 30d to 90d ago"),
    ("signup from 1mo to 90d ago", "from 1mo to 90d ago"),
    ("any(order within -30d)", "within -30d"),
    ("count(order within 0d) = 0", "within 0d"),
    ("last(order.amount within -1mo after first_purchase) > 3", "within -1mo after first_purchase"),
    ("any(order within 0d before birth_date)", "within 0d before birth_date"),
    ("any(order within 3d after 2027-01-01 where amount > 3) as of 2026-01-01", "within 3d after 2027-01-01"),
    ("any(order in next month)", "in next month"),
    ("none(order in next week) as of 90d ago", "in next week"),
    ("avg(order.amount in next day) > 3", "in next day"),
    ("any(order since (-3d) ago)", "since (-3d) ago"),
    ("sequence(order within -1d then view)", "-1d"),
    ("sequence(order then no view within 0d)", "0d"),
)


@pytest.mark.parametrize(("condition", "window"), EMPTY)
def test_a_window_that_no_time_lies_in_is_told(condition: str, window: str) -> None:
    assert told(f"segment s = visits > 3 and not ({condition})", "SEG801", "SEG802") == [("SEG801", window)]


@pytest.mark.parametrize("trait", ["count(order from 30d to 90d ago)", "days(order in next year) / 2"])
def test_a_window_that_no_time_lies_in_is_told_of_a_trait(trait: str) -> None:
    assert [code for code, _ in told(f"trait t = {trait}")] == ["SEG801"]


def test_what_is_asked_of_no_events_is_told_through_a_trait() -> None:
    rules = """
trait t = {}
segment s = {}
"""
    for trait, condition, code in (
        ("count(order from 30d to 90d ago)", "t >= 1", "SEG801"),
        ("sum(order.amount in next month)", "t < 5", "SEG802"),
        ("last(order.channel within 0d)", 't = "web"', "SEG801"),
        ("max_gap(order from 30d to 90d ago)", "t is unknown", "SEG802"),
    ):
        assert (code, condition) in told(rules.format(trait, condition)), condition


WRITTEN_BACKWARDS = (
    ("from 30d to 90d ago", "`from 90d to 30d ago`"),
    ("from 30d ago to 90d ago", "`from 90d ago to 30d ago`"),
    ("from 2026-01-31 to 2026-01-01", "`from 2026-01-01 to 2026-01-31`"),
    ("within -30d", "longer than nothing"),
    ("in next month", "no event after as-of exists"),
)


@pytest.mark.parametrize(("window", "help"), WRITTEN_BACKWARDS)
def test_a_window_that_no_time_lies_in_is_told_with_what_was_meant(window: str, help: str) -> None:
    (found,) = engine.warnings(default_model(), f"segment s = any(order {window})")
    assert help in (found.help or "")


def test_a_param_can_make_a_window_empty() -> None:
    rules = "param far = {}\nsegment s = any(order from far to 90d ago)"
    assert told(rules.format("30d")) == [("SEG801", "from far to 90d ago")]
    assert told(rules.format("180d")) == []


ARGUED = "segment any_in(far = 180d) = any(order from far to 90d ago)\ntrait n(far) = count(order within far)\n"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("any_in(30d)", [("SEG801", "any_in(30d)")]),
        ("not any_in(far: 30d)", [("SEG801", "any_in(far: 30d)")]),
        ("any_in(120d)", []),
        ("any_in", []),
        ("n(-3d) > 2", [("SEG801", "n(-3d) > 2")]),
        ("n(3d) > 2", []),
    ],
)
def test_an_argument_can_make_a_window_empty(condition: str, expected: list[tuple[str, str]]) -> None:
    assert told(f"{ARGUED}segment s = {condition}", "SEG801", "SEG802") == expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("segment late(delay = 0d) = any(order within delay after first_purchase)", []),
        ("trait due(grace = 0d) = count(order within grace)", []),
        ("trait far(far = 30d) = count(order from far to 90d ago)", []),
        ("segment soon(gap = 0d) = sequence(order then view within gap)", []),
        ("segment new(far = 30d) = signup from far to 90d ago", []),
        ("segment late(delay = 0d) = any(order within delay)\nsegment late3 = late(delay: 3d)", []),
        ("trait due(least = 3) = count(order within 0d where amount > least)", ["within 0d"]),
        ("segment soon(gap = 3d) = sequence(order then view within gap then view within 0d)", ["0d"]),
    ],
)
def test_a_parameter_leaves_the_length_of_a_window_to_who_calls(rules: str, expected: list[str]) -> None:
    assert told(rules, "SEG801", "SEG802") == [("SEG801", window) for window in expected]


def test_what_arguments_do_not_change_is_told_where_it_is_defined() -> None:
    rules = "segment f(least = 3) = visits > least and orders < 0\nsegment s = f(5)"
    assert told(rules, "SEG801") == [("SEG801", "orders < 0")]


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


@pytest.mark.parametrize("condition", ["visits != {n}", "not (visits = {n})"])
def test_a_long_list_of_what_a_value_is_not_is_asked_of_once(condition: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def is_never(*given: Any, **options: Any) -> bool:
        asked.append(given)
        return solver.is_never(*given, **options)

    monkeypatch.setattr(unknowns, "is_never", is_never)
    parts = [condition.format(n=n) for n in range(300)]
    assert len(told(f"segment s = newsletter and {' and '.join(parts)}", "SEG805")) == 300
    assert told(f"segment s = visits is known and {' and '.join(parts)}", "SEG805") == []
    assert len(asked) == 2


UNKNOWNS = (
    ('country != "DE"', 1),
    ('country not in ("DE", "FR")', 1),
    ('not (country = "DE")', 1),
    ('not country contains "D"', 1),
    ("not newsletter", 1),
    ("not (signup within 30d)", 1),
    ('not (country = "DE" or country = "AT")', 1),
    ('not (country = "DE" or (country = "AT" or newsletter))', 1),
    ('not (loyal or country contains "D")', 1),
    ("tier != high", 1),
    ("visits != credit", 1),
    ('country != "DE" and country is known', 0),
    ('country is unknown or country != "DE"', 0),
    ('country != "DE" and country in ("FR", "DE")', 0),
    ("not loyal", 0),
    ("not (loyal or orders > 3)", 0),
    ('not (country is unknown or country = "DE" or country = "AT")', 0),
    ('country is known and not (country = "DE" or country = "AT")', 0),
    ("orders != 3", 0),
    ("not any(order)", 0),
    ("not tier.high", 0),
    ('not (country != "DE")', 0),
    ('count(order where channel != "web") > 3', 0),
    ('coalesce(country, "?") != "DE"', 0),
    ("last(order.at) != first(order.at) and orders > 1", 0),
    ("not (newsletter is known and newsletter)", 0),
    ('last(order.channel) as of 90d ago is known and (last(order.channel) != "web") as of 90d ago', 0),
    ('last(order.channel) as of 60d ago is known and (last(order.channel) != "web") as of 90d ago', 1),
)
TIER = "\nsegment loyal = orders >= 3\nsegmentation tier { high when visits > 10  low when visits <= 10 }"


@pytest.mark.parametrize(("condition", "count"), UNKNOWNS)
def test_what_quietly_holds_for_the_unknown(condition: str, count: int) -> None:
    assert len(told(f"segment s = {condition}{TIER}", "SEG805")) == count


@pytest.mark.parametrize("condition", [condition for condition, count in UNKNOWNS if count])
def test_what_is_advised_of_the_unknown_is_quiet(condition: str) -> None:
    (found,) = engine.warnings(default_model(), f"segment s = {condition}{TIER}", "SEG805")
    advised = re.findall(r"`(.*?)`", found.help or "")
    assert len(advised) == 2
    for rule in advised:
        assert told(f"segment s = {rule}{TIER}", "SEG805", "SEG801", "SEG802") == []


TAKEN_IN = (
    ('country != "DE"', 'country is unknown or country != "DE"'),
    (
        'not (country = "DE" or country = "AT")',
        'country is unknown or not (country = "DE" or country = "AT")',
    ),
    (
        'not (country = "DE" or visits > 3)',
        'not ((country is known and country = "DE") or (visits is known and visits > 3))',
    ),
    (
        'not (country = "DE" or orders > 3 or country = "AT")',
        'not ((country is known and country = "DE") or orders > 3 or (country is known and country = "AT"))',
    ),
    (
        'visits is known and not (loyal or country contains "D" or visits > 3)',
        'not (loyal or (country is known and country contains "D") or visits > 3)',
    ),
)


@pytest.mark.parametrize(("condition", "taken_in"), TAKEN_IN)
def test_what_takes_in_the_unknown_means_the_same(condition: str, taken_in: str) -> None:
    (found,) = engine.warnings(default_model(), f"segment s = {condition}{TIER}", "SEG805")
    assert f"if they are meant, say so: `{taken_in}`" in (found.help or "")
    checker = Checker(engine.catalog_of(default_model(), f"segment a = {condition}\nsegment b = {taken_in}{TIER}"))
    checker.check_definitions()
    instances = checker.done().program.instances
    reader = Reader(instances)
    a, b = (reader.condition(instances[checker.outputs[name].instance].value) for name in "ab")
    if not condition.startswith("visits is known"):
        assert solver.implies(b, a, reader)
    assert solver.implies(a, b, reader)


def test_the_unknown_of_several_tests_is_told_once() -> None:
    rule = 'not (country = "DE" or visits > 3 or signup > 2025-06-01)'
    (found,) = engine.warnings(default_model(), f"segment s = {rule}", "SEG805")
    assert found.message == "this holds for those whose `country`, `visits` or `signup` is unknown too"
    left_out = f"country is known and visits is known and signup is known and {rule}"
    assert f"to leave them out write `{left_out}`" in (found.help or "")


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


@pytest.mark.parametrize(
    ("rule", "brackets"),
    [
        ("visits >= 3 as of 90d ago", "(visits >= 3) as of 90d ago"),
        ("not visits >= 3 as of 90d ago", "(visits >= 3) as of 90d ago"),
        ("visits between 1 and 3 as of 90d ago", "(visits between 1 and 3) as of 90d ago"),
        ("signup within 30d as of 90d ago", "(signup within 30d) as of 90d ago"),
        ('country = "DE" as of (90d ago)', '(country = "DE") as of (90d ago)'),
        ("any(order within 30d as of 90d ago)", "(any(order within 30d)) as of 90d ago"),
    ],
)
def test_an_as_of_that_belongs_to_a_constant(rule: str, brackets: str) -> None:
    (found,) = engine.warnings(default_model(), f"segment s = {rule}", "SEG815")
    assert found.help == (
        "it belongs to the value before it alone, which is the same at whatever moment; "
        f"what it was then stands in brackets: `{brackets}`"
    )
    assert found.fix is None


def test_ages_and_moments() -> None:
    assert told("segment s = signup < 90d or signup < 90d ago") == [("SEG814", "signup < 90d ago")]
    assert told("segment s = signup < 90d or renewal < 90d ago") == []
    assert told('segment s = (country = "DE") as of 90d ago')[0][0] == "SEG815"
    assert told("segment s = (signup < 30d) as of 90d ago") == []
    assert told("trait n = visits\nsegment s = n as of 90d ago > 3", "SEG815") == [("SEG815", "n as of 90d ago")]


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


WINDOWS = (
    ("count(order from 2026-01-01 to 2026-02-01) > 0", True),
    ("signup from 2025-01-01 to 2026-01-01", True),
    ("birth_date between 1990-01-01 and 2000-01-01", True),
    ("any(order from 2025-12-24 to 2026-01-01)", False),
    ("any(order from 2026-01-01 to 2026-01-01)", False),
    ("any(order from 2026-01-01 to 2026-01-31)", False),
    ("any(order from 2026-01-01T00:00 to 2026-02-01T00:00)", False),
    ("signup since 2026-01-01 and signup before 2026-02-01", False),
)


@pytest.mark.parametrize(("condition", "is_told"), WINDOWS)
def test_a_window_a_day_too_long(condition: str, is_told: bool) -> None:
    assert [code for code, _ in told(f"segment s = {condition}", "SEG844")] == ["SEG844"] * is_told
    assert not told(f"# segdsl: allow(SEG844)\nsegment s = {condition}", "SEG844")


def test_comments_allow() -> None:
    rule = 'segment {} = visits > 1 and\n  country != "DE"\n'
    assert told(rule.format("a")) == [("SEG805", 'country != "DE"')]
    assert told(f"# segdsl: allow(SEG805)\n{rule.format('a')}") == []
    assert told(f'# segdsl: allow(SEG805)\n## About it.\n@owner("x")\n{rule.format("a")}') == []
    assert told(rule.format("a").rstrip() + "  # segdsl: allow(SEG805, SEG803)\n") == [
        ("SEG816", "# segdsl: allow(SEG805, SEG803)")
    ]
    assert [code for code, _ in told(f"# segdsl: allow(SEG805)\n{rule.format('a')}\n{rule.format('b')}")] == [
        "SEG811",
        "SEG805",
    ]
    assert told("# segdsl: allow(SEG999)\n# segdsl: alow(SEG801)\nsegment a = visits > 1") == [
        ("SEG817", "# segdsl: allow(SEG999)"),
        ("SEG817", "# segdsl: alow(SEG801)"),
    ]


LONG = (
    "count(order within 90d where amount > 10) > 3 and signup < 2y and visits < 1_000"
    ' and country != "DE" and credit in (1, 2) and visits > 3'
)


@pytest.mark.parametrize(
    "text",
    [
        f"segment a = {LONG} # segdsl: allow(SEG805)\n",
        f'@owner("x") segment a = {LONG} # segdsl: allow(SEG805)\n',
        f"trait a = case when {LONG} then 1 else 2 end # segdsl: allow(SEG805)\n",
        f"segmentation a {{\n  x when {LONG} # segdsl: allow(SEG805)\n  y otherwise\n}}\n",
        f"segmentation a {{\n  # segdsl: allow(SEG805)\n  x when {LONG}\n  y otherwise\n}}\n",
        f"segmentation a {{ y when visits > 1  x when {LONG} }} # segdsl: allow(SEG805)\n",
        f"segmentation a among {LONG} {{ y when visits > 1  x otherwise }} # segdsl: allow(SEG805)\n",
    ],
)
def test_what_a_comment_allows_stays_so_when_formatted(text: str) -> None:
    formatted = format_source(Source("a.seg", text)).text
    assert formatted.count("\n") > text.count("\n")
    assert (told(text, "SEG805", "SEG816"), told(formatted, "SEG805", "SEG816")) == ([], [])


def test_a_comment_within_a_definition_speaks_of_its_line_or_rule() -> None:
    rules = 'x when visits > 1 and{}\n    country != "DE"{}\n  y when visits > 2 and\n    country != "FR"'
    allow = "  # segdsl: allow(SEG805)"
    for first, last, expected in (("", allow, ["SEG805"]), (allow, "", ["SEG805", "SEG805", "SEG816"])):
        found = told(f"segmentation a {{\n  {rules.format(first, last)}\n}}\n", "SEG805", "SEG816")
        assert sorted(code for code, _ in found) == expected


# ---------------------------------------------------------------- the command

MODEL = """\
as_of: 2026-03-31
entities:
  customer:
    table: customers.csv
    key: id
    attributes: {country: text, renewal: date}
events:
  order: {of: customer, table: orders.csv, key: id, time: at, fields: {amount: decimal}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    (tmp_path / "customers.csv").write_text("id,country,renewal\n1,DE,2027-01-01\n2,FR,2026-01-01\n")
    (tmp_path / "orders.csv").write_text("id,at,amount\n1,2026-03-01,5\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*args: str) -> Result:
    return CliRunner().invoke(segdsl, ["check", *args], prog_name="segdsl")


def test_warnings_alone_end_with_0_unless_strict(folder: Path) -> None:
    (folder / "a.seg").write_text('segment abroad = country != "DE"\n')
    assert check().exit_code == 0
    assert check("--strict").exit_code == 1
    assert "`segdsl rule SEG805` explains" in check().output
    assert check("--format", "concise").output == (
        "a.seg:1:18: SEG805 this holds for those whose `country` is unknown too\n"
    )


def test_the_model_says_what_is_told(folder: Path) -> None:
    (folder / "a.seg").write_text('segment abroad = country != "DE"\n')
    for lint, codes in (
        ("ignore: [SEG805]", []),
        ("extend: [SEG813]", ["SEG813", "SEG805"]),
        ("select: [SEG812]", ["SEG812"]),
        ("{select: [all], ignore: [SEG812]}", ["SEG813", "SEG805"]),
    ):
        said = lint if lint.startswith("{") else f"{{{lint}}}"
        (folder / "segdsl.yaml").write_text(f"{MODEL}lint: {said}\n")
        assert [item.code for item in load().check()] == codes, lint
    (folder / "segdsl.yaml").write_text(f"{MODEL}lint: {{select: [SEG5]}}\n")
    assert "expected a code as `SEG801` for a member of `select` of `lint`, found `SEG5`" in check().output


def test_the_data_show_more(folder: Path) -> None:
    (folder / "a.seg").write_text('segment s = country = "de" or renewal < 30d\nsegment t = renewal within 30d\n')
    assert check().output.startswith("2 segments: no problems")
    found = load().check_data()
    assert [(item.code, item.span.text if item.span else "") for item in found] == [
        ("SEG807", '"de"'),
        ("SEG806", "renewal < 30d"),
    ]
    assert found[0].help == 'did you mean `"DE"`?'
    # an allowed one is not told, and without the data its comment is not told of as unused
    (folder / "a.seg").write_text("# segdsl: allow(SEG806)\nsegment s = renewal < 30d\n")
    assert load().check_data() == []
    assert load().check() == []


FUTURE = """\
as_of: 2026-03-31
entities:
  customer:
    table: customers.csv
    key: id
    parent: {entity: company, key: company}
    attributes: {country: text, due: date, tags: list(text)}
  company: {table: companies.csv, key: id, attributes: {renewal: date}}
events:
  plan:
    of: customer
    table: plans.csv
    key: id
    time: at
    fields: {ends: date, ended: date, status: text, product: {lookup: product}}
lookups:
  product: {table: products.csv, key: id, fields: {name: text}}
"""


@pytest.fixture
def ahead(folder: Path) -> Path:
    files = {
        "segdsl.yaml": FUTURE,
        "companies.csv": "id,renewal\nc,2027-01-01\n",
        "customers.csv": "id,company,country,due,tags\n1,c,DE,2027-01-01,\"['vip', 'new']\"\n2,c,FR,2026-01-01,\n",
        # the plan that begins later is seen by nobody yet
        "plans.csv": "id,at,ends,ended,status,product\n"
        "1,2026-03-01,2027-03-01,2026-03-03,paid,p\n1,2026-05-01,2026-06-01,2026-06-01,paid,p\n",
        "products.csv": "id,name\np,Basic\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def of_data(folder: Path, rules: str, code: str) -> list[str]:
    """What is told of rules where their data are at hand, of one code: the texts that it points at."""
    (folder / "a.seg").write_text(rules)
    return [item.span.text for item in load().check_data() if item.code == code and item.span is not None]


@pytest.mark.parametrize(
    "condition",
    [
        "company.renewal < 30d",
        "r < 30d",
        "30d > age(due)",
        "any(plan where ends < 30d)",
        "any(plan where customer.due < 30d)",
        "last(plan.ends) < 30d",
        "any(plan where ends < customer_age)",
        "max(plan.ends) < 1y",
        "bands(due, 365d, 30d) = 2",
    ],
)
def test_an_age_in_the_future_is_told_wherever_it_stands(ahead: Path, condition: str) -> None:
    rules = f"trait r = due\nparam customer_age = 30d\nsegment s = {condition}\n"
    (found,) = of_data(ahead, rules, "SEG806")
    assert found in condition


@pytest.mark.parametrize(
    "condition",
    [
        "company.renewal within 30d",
        "any(plan where ends < 30d and ends within 90d)",
        "any(plan where ended < 30d)",
        "last(plan.ended) < 30d",
        "last(plan.at) < 30d",
        "due < 30d and due within 90d",
        "age(due) < 30d and age(due) >= 0d",
    ],
)
def test_an_age_of_the_past_is_told_nowhere(ahead: Path, condition: str) -> None:
    assert of_data(ahead, f"segment s = {condition}\n", "SEG806") == []


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ('lower(country) = "dee"', '"dee"'),
        ('tags contains "VIP"', '"VIP"'),
        ('tags has any ("vip", "New")', '"New"'),
        ('last(plan.status) = "Paid"', '"Paid"'),
        ('first_status in ("paid", "due")', '"due"'),
        ('mode(plan.product.name) != "basic"', '"basic"'),
        ('any(plan where upper(product.name) = "BASE")', '"BASE"'),
    ],
)
def test_a_text_that_no_row_has_is_told_wherever_it_stands(ahead: Path, condition: str, text: str) -> None:
    rules = f"trait first_status = first(plan.status)\nsegment s = {condition}\n"
    assert of_data(ahead, rules, "SEG807") == [text]


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ('country = "dee"', 'no row of `country` has "dee"'),
        ('lower(country) = "DE"', 'no row of `lower(country)` has "DE"'),
        ('upper(trim(country)) in ("de", "FR")', 'no row of `upper(trim(country))` has "de"'),
        ('small = "DE"', 'no row of `lower(country)` has "DE"'),
    ],
)
def test_the_functions_around_a_column_are_told(ahead: Path, condition: str, told: str) -> None:
    (ahead / "a.seg").write_text(f"trait small = lower(country)\nsegment s = {condition}\n")
    assert [item.message for item in load(ahead).check_data() if item.code == "SEG807"] == [told]


@pytest.mark.parametrize(
    "condition",
    [
        'lower(country) = "de"',
        'tags contains "vip"',
        'country contains "D"',
        'last(plan.status) = "paid"',
        'upper(trim(country)) in ("DE", "FR")',
        'coalesce(country, "none") = "none"',
    ],
)
def test_a_text_that_a_row_has_is_not_told(ahead: Path, condition: str) -> None:
    assert of_data(ahead, f"segment s = {condition}\n", "SEG807") == []


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_the_future_begins_by_the_clocks_of_the_model(ahead: Path, zone: str) -> None:
    # 2026-03-31T02:00Z is still the 30th in New York
    (ahead / "segdsl.yaml").write_text(f"timezone: {zone}\n{FUTURE.replace('due: date', 'due: timestamp')}")
    (ahead / "customers.csv").write_text("id,company,country,due,tags\n1,c,DE,2026-03-31T02:00:00Z,\n")
    assert of_data(ahead, "segment s = due < 30d", "SEG806") == (["due < 30d"] if zone == "UTC" else [])


MIXED = (
    (
        "last_purchase between 30d and 90d ago",
        "`last_purchase between 30d and 90d`",
        "`last_purchase from 90d to 30d ago`",
    ),
    (
        "last_purchase between 90d and 30d ago",
        "`last_purchase between 30d and 90d`",
        "`last_purchase from 90d to 30d ago`",
    ),
    ("signup between 3mo ago and 30d", "`signup between 30d and 3mo`", "`signup from 3mo to 30d ago`"),
    ("30d <= last_purchase < 90d ago", "`last_purchase between 30d and 90d`", "`last_purchase from 90d to 30d ago`"),
    ("90d ago > birth_date > 30d", "`birth_date between 30d and 90d`", "`birth_date from 90d to 30d ago`"),
    ("signup between 30d and 2026-01-31", "two ages or two moments", "two ages or two moments"),
)


@pytest.mark.parametrize(("condition", "ages", "moments"), MIXED)
def test_an_age_and_a_moment_as_ends_are_told(condition: str, ages: str, moments: str) -> None:
    (found,) = engine.warnings(default_model(), f"segment s = visits > 3 and {condition}")
    assert found.code == "SEG814"
    assert found.span is not None
    assert found.span.text == condition
    assert ages in (found.help or "")
    assert moments in (found.help or "")


@pytest.mark.parametrize(
    "condition",
    [
        "last_purchase between 30d and 90d",
        "last_purchase between 90d ago and 30d ago",
        "30d <= last_purchase < 90d",
        "2026-01-01 <= signup < 30d ago",
        "30d <= signup > 2025-01-01",
        "age(signup) between 30d and 90d",
    ],
)
def test_ends_of_one_kind_are_not_told(condition: str) -> None:
    assert told(f"segment s = {condition}") == []


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


@pytest.mark.parametrize("condition", ["anniversary(signup) < 30d", "1y > anniversary(birth_date)"])
def test_an_anniversary_is_never_past(condition: str) -> None:
    assert told(f"segment s = {condition}") == [("SEG806", condition)]
    assert told(f"segment s = signup is known and ({condition})") == [("SEG806", condition)]


LEFT = (
    "anniversary(birth_date) within 7d",
    "anniversary(birth_date) within 1d",
    "anniversary(signup) in this month",
    "anniversary(signup) in this week",
    "anniversary(birth_date) from 7d to 3d ago",
    "anniversary(birth_date) between 0d and 30d",
    "0d <= anniversary(birth_date) < 30d",
    "anniversary(birth_date) since 7d ago",
)


@pytest.mark.parametrize("condition", LEFT)
def test_a_window_that_looks_back_on_an_anniversary_is_told(condition: str) -> None:
    (found,) = told(f"segment s = visits > 3 and {condition}", "SEG801", "SEG802", "SEG806", "SEG814")
    assert found[0] == ("SEG801" if "3d ago" in condition else "SEG806")
    assert found[1] == condition


@pytest.mark.parametrize(
    ("window", "length", "has_month"),
    [
        ("in this week", "7d", False),
        ("in this month", "30d", True),
        ("in this year", "1y", False),
        ("within 7d", "7d", True),
        ("between 0d and 30d", "30d", True),
    ],
)
def test_what_is_advised_of_an_anniversary_follows_the_window(window: str, length: str, has_month: bool) -> None:
    (found,) = engine.warnings(default_model(), f"segment s = anniversary(birth_date) {window}", "SEG806")
    assert f"`anniversary(birth_date) within next {length}`" in (found.help or "")
    assert ("`month(birth_date) = month(0d ago)`" in (found.help or "")) == has_month


@pytest.mark.parametrize("period", ["last day", "last week", "last month", "last quarter", "last year"])
def test_no_anniversary_lies_in_a_period_that_is_over(period: str) -> None:
    condition = f"anniversary(birth_date) in {period}"
    assert told(f"segment s = {condition}", "SEG801", "SEG806") == [("SEG801", condition)]


@pytest.mark.parametrize(
    "condition",
    [
        "anniversary(signup) within next 30d",
        "anniversary(signup) < -3d",
        "anniversary(signup) in this day",
        "anniversary(signup) in next month",
        "anniversary(signup) before 2027-01-01",
        "month(birth_date) = month(0d ago)",
    ],
)
def test_an_anniversary_ahead_can_be_asked_for(condition: str) -> None:
    assert told(f"segment s = {condition}") == []


def test_fixes_change_no_meaning(folder: Path) -> None:
    text = (
        "segment a = orders > 1  # one\r\n"
        "# segdsl: allow(SEG801)\r\n"
        "segment b = last_purchase < 180d and last_purchase < 90d ago  # two\r\n"
        'segment c = (country = "DE") as of 90d ago\r\n'
        '@deprecated("use a")\r\nsegment d = orders > 1\r\n'
        "segment e = d and renewal is known\r\n"
    )
    (folder / "a.seg").write_bytes(text.encode())
    done = check("--fix")
    assert "4 fixes made" in done.output
    assert (folder / "a.seg").read_bytes().decode() == (
        "segment a = orders > 1  # one\r\n"
        "segment b = last_purchase < 180d and last_purchase before 90d ago  # two\r\n"
        'segment c = (country = "DE")\r\n'
        '@deprecated("use a")\r\nsegment d = orders > 1\r\n'
        "segment e = a and renewal is known\r\n"
    )
    assert "fix" not in check("--fix").stderr


def test_sarif_is_what_its_standard_says(folder: Path) -> None:
    from tests.sarif import problems_of

    (folder / "a.seg").write_text(
        'segment abroad = country != "DE"\nsegment b = last_purchase < 9d or last_purchase < 9d ago\n'
    )
    found = json.loads(check("--format", "sarif").output)
    assert problems_of(found) == []
    assert [item["ruleId"] for item in found["runs"][0]["results"]] == ["SEG805", "SEG814"]
    place = found["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "a.seg"}
    assert place["region"] == {"startLine": 1, "startColumn": 18, "endLine": 1, "endColumn": 33}
    assert problems_of({"version": "2.1.0"})


@pytest.mark.parametrize("name", ["shop", "journey"])
def test_the_examples_are_clean(name: str) -> None:
    assert load(Path("examples") / name).check() == []
