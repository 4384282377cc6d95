"""Whole units elapsed since a time, compared with whole numbers: told by a time to compare with, so that a database
reads `birth_date <= DATE '2008-03-31'` instead of working out everybody's age."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from segdsl.functions import operator
from segdsl.program import Apply, Constant, Moment, Node
from segdsl.types import BOOL, Kind

_MONTHS = {"months_since": 1, "years_since": 12}
# days outside these are taken for others by some engines, without a word
_FIRST, _LAST = dt.datetime(1900, 1, 1), dt.datetime(2299, 1, 1)
# so many numbers of a list, each of which takes two comparisons
_LISTED = 4


@dataclass(frozen=True, slots=True)
class _Limit:
    """The last of the times that so many units have elapsed since; the first that they have not, where it is not
    `included`."""

    time: dt.datetime
    included: bool


def by_times(
    op: str, value: Node, numbers: Sequence[Decimal], as_of: dt.datetime | None, seen: Callable[[Node], Node]
) -> tuple[Node, Node] | None:
    """A comparison of a value with numbers as one of times, and the time that is compared, which has to be finite; None
    for anything else, and where one time cannot tell. `seen` gives what a value is that has no column of its own."""
    if not (isinstance(value, Apply) and value.function.name in (*_MONTHS, "days_since")):
        return None
    t, moment = seen(value.args[0]), value.args[1]
    if isinstance(t, Apply) and t.function.name == "midnight":
        t = t.args[0]
    if not isinstance(moment, Moment) or (as_of is None and moment.base is None):
        return None
    if any(number != int(number) for number in numbers) or (op == "in" and len(numbers) > _LISTED):
        return None
    now = moment.at(as_of or dt.datetime(1, 1, 1))
    told = _told(op, value, t, now, [int(number) for number in numbers])
    return None if told is None else (told, t)


def _told(op: str, value: Apply, t: Node, now: dt.datetime, wanted: Sequence[int]) -> Node | None:
    match op:
        case ">=" | ">":
            return _reaches(value, t, now, wanted[0] + (op == ">"))
        case "<" | "<=":
            return _stays_below(value, t, now, wanted[0] + (op == "<="))
        case "between":
            return _within(value, t, now, *wanted)
        case _:
            each = [_within(value, t, now, number, number) for number in wanted]
            known = [part for part in each if part is not None]
            if len(known) < len(each):
                return None
            return known[0] if len(known) == 1 else Apply(operator("or"), tuple(known), BOOL)


def _within(value: Apply, t: Node, now: dt.datetime, low: int, high: int) -> Node | None:
    parts = _reaches(value, t, now, low), _stays_below(value, t, now, high + 1)
    if parts[0] is None or parts[1] is None:
        return None
    return Apply(operator("and"), (parts[0], parts[1]), BOOL)


def _reaches(value: Apply, t: Node, now: dt.datetime, number: int) -> Node | None:
    limit = _limit(value, t, now, number)
    return None if limit is None else _beside(t, "<=" if limit.included else "<", limit)


def _stays_below(value: Apply, t: Node, now: dt.datetime, number: int) -> Node | None:
    limit = _limit(value, t, now, number)
    return None if limit is None else _beside(t, ">" if limit.included else ">=", limit)


def _beside(t: Node, op: str, limit: _Limit) -> Node:
    found: dt.date = limit.time.date() if t.type.kind is Kind.DATE else limit.time
    return Apply(operator(op), (t, Constant(found, t.type)), BOOL)


def _limit(value: Apply, t: Node, now: dt.datetime, number: int) -> _Limit | None:
    limit: _Limit | None
    try:
        if value.function.name == "days_since":
            limit = _Limit(now - dt.timedelta(days=number), True)
        else:
            limit = _months_before(now, number * _MONTHS[value.function.name], t.type.kind is Kind.DATE)
    except (OverflowError, ValueError):  # no calendar goes that far
        return None
    return limit if limit is not None and _FIRST < limit.time < _LAST else None


def _months_before(now: dt.datetime, months: int, is_date: bool) -> _Limit | None:
    """Whoever's day a month does not have is as old at the month's end: days behind the last one count as that."""
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    last, own = calendar.monthrange(year, month + 1)[1], calendar.monthrange(now.year, now.month)[1]
    if now.day == own < last and not is_date:
        return None  # of all days from this one on, times up to that of as-of
    if now.day > last or now.day == own < last:
        return _Limit(dt.datetime(year + (month + 1) // 12, (month + 1) % 12 + 1, 1), False)
    return _Limit(now.replace(year=year, month=month + 1), True)
