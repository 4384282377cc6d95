"""Means and other quotients by a count, compared with numbers that they are rounded to, or nearly so."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.cases import default_model
from tests.engine import Compiled
from tests.laws.test_meaning_laws import assert_alike, law
from tests.laws.worlds import Picker, picker
from tests.reference.evaluator import Reference
from tests.world import Row, World

_AS_OF = dt.datetime(2026, 3, 31)
_ULP = Decimal("0.0000000001")
_NUMBERS = ("20", "0", "-20", "0.5", "0.3333333333", "-0.0000000001", "0.0000000001", "1.5", "100_000_000")
# among them some that are no quotient by a count, and one that may be divided by none
_VALUES = (
    "avg(order.amount)",
    "avg(order.amount within 30d)",
    "avg(order.items)",
    'avg(order.amount where channel = "web")',
    "count(order within 30d) / count(order)",
    "sum(order.amount) / distinct(order.channel)",
    "credit / count(order)",
    "mean",
    "each",
    "credit / visits",
    "avg(order.amount) / 2",
)


@st.composite
def compared(draw: st.DrawFn) -> tuple[World, str, list[str]]:
    """A few customers whose means lie beside numbers, and conditions of these."""
    pick = picker(draw)
    customers = [_customer(pick, number) for number in range(pick.one((1, 2, 4, 6)))]
    orders = [order for row in customers for order in _orders(pick, str(row["customer_id"]))]
    lines = ["trait mean = avg(order.amount)", "trait each = credit / orders", "trait orders = count(order)"]
    lines += [f"segment s{number} = {_condition(pick)}" for number in range(pick.one((2, 4, 8)))]
    names = [line.split()[1] for line in lines if line.startswith("segment") or pick.chance(30)]
    return World(default_model(), {"customer": customers, "order": orders}, _AS_OF), "\n".join(lines), names


def _customer(pick: Picker, number: int) -> Row:
    credit = Decimal(pick.one(_NUMBERS)) * pick.one((1, 2, 3)) + pick.number(-3, 3) * _ULP
    return {"customer_id": f"c{number}", "visits": pick.maybe((0, 1, 2, -2)), "credit": pick.maybe((credit,))}


def _orders(pick: Picker, customer: str) -> list[Row]:
    """Orders of about the same amount."""
    amount = Decimal(pick.one(_NUMBERS))
    return [
        {
            "customer_id": customer,
            "ordered_at": _AS_OF - dt.timedelta(days=pick.one((1, 2, 40))),
            "amount": pick.maybe((amount, amount + _ULP, amount - _ULP, amount + pick.number(-3, 3) * _ULP)),
            "items": pick.maybe((0, 1, 2, 20, -20)),
            "channel": pick.maybe(("web", "store")),
        }
        for _ in range(pick.one((0, 1, 2, 3, 4, 7)))
    ]


def _condition(pick: Picker) -> str:
    value, number = pick.one(_VALUES), pick.one(_NUMBERS)
    other = pick.one(_NUMBERS)
    op = pick.one((">=", ">", "<", "<=", "=", "!="))
    return pick.one(
        (
            f"{value} {op} {number}",
            f"{number} {op} {value}",
            f"not ({value} {op} {number})",
            f"{value} between {number} and {other}",
            f"not ({value} between {number} and {other} or visits = 1)",
            f"{number} <= {value} < {other}",
            f"{value} in ({number}, {other})",
            f"{value} not in ({number}, {other})",
            f"{value} {op} {number} and {value} != {other}",
            f"case when {value} {op} {number} then visits > 0 else visits = 0 end",
        )
    )


@law(1)
@given(compared())
def test_who_is_beside_a_mean_is_told_from_who_reaches_it(found: tuple[World, str, list[str]]) -> None:
    world, text, names = found
    reference = Reference(world, text, {})
    expected = {name: reference.values(name) for name in names}
    assert_alike(expected, Compiled(world, text).run(names), world, text)
