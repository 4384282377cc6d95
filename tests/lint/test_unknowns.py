"""Lint: what quietly holds for the unknown."""

from __future__ import annotations

import re
from typing import Any

import pytest

from segdsl.check import Checker
from segdsl.lint import unknowns
from segdsl.logic import solver
from segdsl.logic.reading import Reader
from tests import engine
from tests.cases import default_model
from tests.lint.told import told


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
