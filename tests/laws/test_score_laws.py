"""Scores among more customers than other laws have, of values that are equal, unknown, and many."""

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
_COUNTRIES = ("DE", "FR")
# on both sides of where the values that parts begin behind are no longer looked for, and beside each other
_PARTS = (1, 2, 3, 4, 5, 7, 10, 11, 13, 99, 100, 101, 1000)
_VALUES = ("visits", "credit", "signup", "birth_date", "city", "age(signup)", "visits / 3")
_AMONG = ("", " among newsletter", " among visits > 3", " among birth_date is known", " among visits > 1_000")
_PER = ("", " per country", " per country, newsletter")


@st.composite
def scored(draw: st.DrawFn) -> tuple[World, str, list[str]]:
    """Up to forty customers, and traits that score them."""
    pick = picker(draw)
    different = pick.one((3, 1, 10, 60))
    rows = [_customer(pick, number, different) for number in range(pick.one((0, 1, 2, 5, 12, 25, 40)))]
    lines = []
    for number in range(3):
        rest = f"{pick.one(_VALUES)}{pick.one(_AMONG)}{pick.one(_PER)}"
        lines.append(f"trait part_{number} = quantile({pick.one(_PARTS)}, {rest})")
        if pick.chance(20):  # of the same values
            lines.append(f"trait share_{number} = percentile({rest})")
        for other in range(pick.one((0, 1, 2, 3))):
            lines.append(f"segment upper_{number}_{other} = {_compared(pick, rest)}")
        if pick.chance(25):
            lines.append(f"trait other_{number} = quantile({pick.one(_PARTS)}, {rest}) * 2")
    names = [line.split()[1] for line in lines]
    return World(default_model(), {"customer": rows}, _AS_OF), "\n".join(lines), names


def _compared(pick: Picker, rest: str) -> str:
    """A share against percents, whole ones for the most part, alone or beside another."""
    share = f"percentile({rest})"
    percents = pick.one(("20%", "50%", "1%", "80%", "99%", "25%", "60%", "12.5%", "100%", "0%", "33%"))
    op = pick.one((">=", ">", "<", "<="))
    return pick.one(
        (
            f"{share} {op} {percents}",
            f"{percents} {op} {share}",
            f"not {share} {op} {percents} and not newsletter",
            f"20% <= {share} < {percents}",
            f"{share} {op} {percents} or rank({rest}) = 1",
        )
    )


def _customer(pick: Picker, number: int, different: int) -> Row:
    value = pick.number(0, different)
    return {
        "customer_id": f"c{number}",
        "country": pick.maybe(_COUNTRIES),
        "city": pick.maybe([f"city {pick.number(0, different)}"]),
        "birth_date": pick.maybe([dt.date(2000, 1, 1) + dt.timedelta(days=value)]),
        "signup": pick.maybe([_AS_OF - dt.timedelta(microseconds=pick.number(0, different))]),
        "newsletter": pick.maybe((False, True), 30),
        "visits": pick.maybe([value]),
        "credit": pick.maybe([Decimal(pick.number(0, different)) / 100]),
    }


@law(2)
@given(scored())
def test_a_part_is_told_by_how_many_have_less(found: tuple[World, str, list[str]]) -> None:
    world, text, names = found
    reference = Reference(world, text, {})
    expected = {name: reference.values(name) for name in names}
    assert_alike(expected, Compiled(world, text).run(names), world, text)
