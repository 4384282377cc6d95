"""Aggregates: one value from the events, or the child entities, that were chosen."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from tests.reference.moments import Length, week_of
from tests.reference.numbers import Number, half_away, whole_half_away
from tests.reference.values import Value, sort_key

_OF_ROWS = frozenset({"count", "any", "none"})
_OF_TIMES = frozenset({"days", "weeks", "months", "avg_gap", "max_gap", "last_gap"})
_OF_VALUES = frozenset({"sum", "avg", "min", "max", "median", "distinct", "mode"})
_OF_ORDERED = frozenset({"first", "last", "nth"})
AGGREGATES = _OF_ROWS | _OF_TIMES | _OF_VALUES | _OF_ORDERED


def fold_rows(name: str, count: int) -> Value:
    """`count`, `any` and `none`."""
    return {"count": count, "any": count > 0, "none": count == 0}[name]


def fold_times(name: str, times: list[dt.datetime]) -> Value:
    """The aggregates of the times of events alone; the times are in order."""
    gaps = [(later - earlier) // dt.timedelta(microseconds=1) for earlier, later in pairwise(times)]
    match name:
        case "days":
            return len({time.date() for time in times})
        case "weeks":
            return len({week_of(time.date()) for time in times})
        case "months":
            return len({(time.year, time.month) for time in times})
        case _ if not gaps:
            return None
        case "avg_gap":
            return Length(0, whole_half_away(Fraction(sum(gaps), len(gaps))))
        case "max_gap":
            return Length(0, max(gaps))
        case _:
            return Length(0, gaps[-1])


def fold_values(name: str, values: list[Value]) -> Value:
    """The aggregates of known values whose times do not matter."""
    if name == "distinct":
        return len(set(values))
    if name == "sum":
        return sum(values)
    if not values:
        return None
    match name:
        case "avg":
            return half_away(Fraction(sum(values)) / len(values))
        case "min":
            return min(values, key=sort_key)
        case "max":
            return max(values, key=sort_key)
        case "median":
            return _median(sorted(values))
        case _:
            counts = Counter(values)
            most = max(counts.values())
            return min((value for value, count in counts.items() if count == most), key=sort_key)


def fold_ordered(name: str, nth: int, pairs: list[tuple[dt.datetime, Value]]) -> Value:
    """`first`, `last` and `nth`: known values by their time, then by themselves."""
    ordered = sorted(pairs, key=lambda pair: (pair[0], sort_key(pair[1])))
    index = {"first": 0, "last": len(ordered) - 1, "nth": nth - 1}[name]
    return ordered[index][1] if 0 <= index < len(ordered) else None


def fold(name: str, nth: int, times: list[dt.datetime], field: Callable[[int], Value] | None) -> Value:
    """An aggregate of events in the order of time; `field` gives the field of one of them."""
    if name in _OF_ROWS:
        return fold_rows(name, len(times))
    if name in _OF_TIMES:
        return fold_times(name, times)
    assert field is not None, f"{name} needs a field"
    known = [(time, value) for time, value in ((time, field(i)) for i, time in enumerate(times)) if value is not None]
    if name in _OF_ORDERED:
        return fold_ordered(name, nth, known)
    return fold_values(name, [value for _, value in known])


def _median(ordered: list[Number]) -> Fraction:
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return half_away(ordered[middle])
    return half_away(Fraction(ordered[middle - 1] + ordered[middle]) / 2)
