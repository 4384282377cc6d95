"""Lint: windows, ages and moments that cannot be meant."""

from __future__ import annotations

import pytest

from tests import engine
from tests.cases import default_model
from tests.lint.told import told

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
