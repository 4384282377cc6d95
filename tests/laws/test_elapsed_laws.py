"""Whole units elapsed, compared with numbers, are told by times as they are told by the units themselves."""

from __future__ import annotations

import calendar
import datetime as dt
import operator as python
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from segdsl.functions import FUNCTIONS
from segdsl.program import Apply, Attribute, Constant, Moment, Node
from segdsl.sql.elapsed import by_times
from segdsl.types import DATE, INT, TIME
from tests.laws.test_meaning_laws import law
from tests.reference.functions import TIMED

_COMPARE = {"<": python.lt, "<=": python.le, ">": python.gt, ">=": python.ge}
_ROWS = {row.name: row for row in FUNCTIONS if row.name.endswith("_since")}


@st.composite
def _times(draw: st.DrawFn) -> dt.datetime:
    """Times of a century, at the ends of months and at the same times of the day more often than by chance."""
    year, month = draw(st.integers(1990, 2090)), draw(st.integers(1, 12))
    last = calendar.monthrange(year, month)[1]
    day = draw(st.one_of(st.integers(1, last), st.sampled_from([28, last])))
    clock = draw(st.sampled_from([dt.time(), dt.time(12), dt.time(12, 0, 0, 1)]))
    return dt.datetime.combine(dt.date(year, month, day), clock)


def _holds(node: Node, value: dt.date) -> bool:
    assert isinstance(node, Apply)
    match node.function.name:
        case "and":
            return all(_holds(arg, value) for arg in node.args)
        case "or":
            return any(_holds(arg, value) for arg in node.args)
        case name:
            limit = node.args[1]
            assert isinstance(limit, Constant)
            assert isinstance(limit.value, dt.date)
            return bool(_COMPARE[name](value, limit.value))


def _meant(op: str, found: int, numbers: list[int]) -> bool:
    match op:
        case "between":
            return numbers[0] <= found <= numbers[1]
        case "in":
            return found in numbers
        case "=":
            return found == numbers[0]
        case _:
            return bool(_COMPARE[op](found, numbers[0]))


@law(8)
@given(
    st.sampled_from(sorted(_ROWS)),
    st.sampled_from(["<", "<=", ">", ">=", "=", "between", "in"]),
    _times(),
    _times(),
    st.booleans(),
    st.integers(-2, 2),
)
def test_units_are_told_by_times(
    name: str, op: str, now: dt.datetime, time: dt.datetime, is_date: bool, beside: int
) -> None:
    value: dt.date = time.date() if is_date else time
    found = int(TIMED[name](now, value))
    # a number at what has elapsed, or next to it
    numbers = [found + beside, found + beside + 1]
    wanted = numbers if op in ("between", "in") else numbers[:1]
    t = Attribute("customer", "t", DATE if is_date else TIME)
    told = by_times(op, Apply(_ROWS[name], (t, Moment()), INT), [Decimal(n) for n in wanted], now, lambda node: node)
    is_last = now.day == calendar.monthrange(now.year, now.month)[1]
    if told is None:
        # only days that the month of as-of lacks cannot be told so
        assert (is_last, is_date, name == "days_since") == (True, False, False)
        return
    assert _holds(told[0], value) == _meant(op, found, wanted)
