"""What the spec cannot show of the reference evaluator: libraries of one's own, shared work, what a run evaluates."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from tests.cases import AS_OF, default_model
from tests.reference.evaluator import Reference
from tests.reference.moments import Length, add_months, shift
from tests.reference.names import UnresolvedError
from tests.world import World, customer_rows

LOYALTY = """
param least = 3
param long = 90d
trait recent = count(order within long)
segment lively = recent >= least
segmentation loyalty among orders > 0 {
  gold when lively
  silver otherwise
}
"""


def _reference(rules: str, *customers: str, **options: Any) -> Reference:
    model = default_model()
    return Reference(World(model, customer_rows(model, customers, AS_OF), AS_OF), rules, **options)


CUSTOMERS = ("a: order(1d ago), order(2d ago), order(80d ago)", "b: order(1d ago), order(2d ago)", "c:")


def test_a_library_is_used_by_its_name_with_its_params() -> None:
    one = _reference(
        "use loyalty(least: 2)\nsegment s = loyalty = gold and loyalty.recent < 3",
        *CUSTOMERS,
        libraries={"loyalty": LOYALTY},
    )
    assert one.values("loyalty") == {"a": "gold", "b": "gold", "c": None}
    assert one.members("loyalty.gold") == {"a", "b"}
    assert one.members("loyalty.lively") == {"a", "b"}
    assert one.members("s") == {"b"}


def test_a_library_is_used_twice_under_other_names() -> None:
    rules = "use loyalty\nuse loyalty(least: 2, long: 30d) as short\nsegment s = short.gold and not loyalty.gold"
    one = _reference(rules, *CUSTOMERS, libraries={"loyalty": LOYALTY}, params={"loyalty.least": "4"})
    assert one.members("loyalty.gold") == set()
    assert one.members("short.gold") == {"a", "b"}
    assert one.members("s") == {"a", "b"}
    kinds = [("s", "customer", "segment"), ("loyalty.recent", "customer", "trait")]
    assert set(kinds) <= set(one.definitions())
    assert ("short", "customer", "segmentation") in one.definitions()


def test_a_catalogs_own_usual_name_wins_inside_a_library() -> None:
    one = _reference("use loyalty\ntrait orders = count(view)", *CUSTOMERS, libraries={"loyalty": LOYALTY})
    assert set(one.values("loyalty").values()) == {None}


def test_a_library_does_not_see_the_catalogs_other_names() -> None:
    one = _reference("use mine\ntrait secret = visits", *CUSTOMERS, libraries={"mine": "trait mine = secret"})
    with pytest.raises(UnresolvedError):
        one.values("mine")


def test_references_do_not_multiply() -> None:
    rules = "trait t0 = visits\n" + "".join(f"trait t{n} = t{n - 1} + t{n - 1}\n" for n in range(1, 41))
    one = _reference(rules + "segment s = t40 = t39 + t39", "a: visits = 1")
    assert one.values("t40") == {"a": 2**40}
    assert one.members("s") == {"a"}


def test_an_expression_is_evaluated_by_itself() -> None:
    one = _reference("param limit = 2", *CUSTOMERS)
    assert one.evaluate("orders >= limit") == {"a": True, "b": True, "c": False}
    assert one.evaluate("orders / 8") == {"a": Decimal("0.375"), "b": Decimal("0.25"), "c": Decimal(0)}
    assert one.evaluate("interests")["a"] is None


def test_a_length_never_leaves_the_calendar() -> None:
    assert shift(AS_OF, Length(0, 10**18), 1) == dt.datetime.max
    assert shift(AS_OF, Length(12 * 3000, 0), -1) == dt.datetime.min
    assert add_months(dt.datetime(2024, 3, 31), -1) == dt.datetime(2024, 2, 29)
