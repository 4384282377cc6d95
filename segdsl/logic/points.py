"""Points on the scales that terms are compared on, and which of two lies before the other in every run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Sequence
from typing import Any

from segdsl.logic.formula import Point
from segdsl.program import DAY, Floor, Length, Moment

# the fewest and most microseconds in so many months, and how far a floor can go back
_SHORTEST = 28 * DAY
_LONGEST = 31 * DAY
_FLOORS = {"day": DAY, "week": 7 * DAY, "month": 31 * DAY, "quarter": 92 * DAY, "year": 366 * DAY}
# how long a period of the calendar is, and which begin in no earlier one
_ONE = {"day": Length(0, DAY), "week": Length(0, 7 * DAY), "month": Length(1), "quarter": Length(3), "year": Length(12)}
_INSIDE = {"year": ("quarter", "month", "day"), "quarter": ("month", "day"), "month": ("day",), "week": ("day",)}
EPOCH = dt.datetime(1970, 1, 1)

# a line on which points have an order, and the place on it
Line = Hashable
Place = tuple[Line, Any]


def moment(node: Moment) -> Moment:
    """A moment as a point: what its type is and what can be seen from it does not matter."""
    steps: list[Length | Floor] = []
    for step in node.steps:
        last = steps[-1] if steps else None
        if isinstance(step, Length) and isinstance(last, Length) and not (step.micros or last.micros):
            before = steps[-2] if len(steps) > 1 else None
            if isinstance(before, Floor) and before.unit in ("month", "quarter", "year"):
                # the first of a month is never clamped: months after it add up
                joined = Length(last.months + step.months)
                steps[-1:] = [joined] if joined.months else []
                continue
        steps.append(step)
    return Moment(node.base, tuple(steps))


def micros(time: dt.datetime) -> int:
    """Microseconds since 1970."""
    return (time - EPOCH) // dt.timedelta(microseconds=1)


def places(point: Point) -> list[Place]:
    """The lines that a point lies on; a moment without a last length lies on two, to be compared with either sort."""
    if not isinstance(point, Moment):
        return [(type(point).__name__, point)]
    if point.base is not None:
        return [("fixed", micros(point.base))]
    steps = point.steps
    last = steps[-1] if steps else None
    if isinstance(last, Length) and not last.months:
        return [(("micros", steps[:-1]), last.micros)]
    if isinstance(last, Length) and not last.micros:
        return [(("months", steps[:-1]), last.months)]
    return [(("micros", steps), 0), (("months", steps), 0)]


def never_after(left: Moment, right: Moment, strictly: bool = False) -> bool:
    """Whether a moment is at or before (or strictly before) another in every run."""
    lines = dict(places(right))
    for line, at in places(left):
        # on one line all start from one moment; a length of more months ends in a later month, whatever its days
        if line in lines:
            return _is_before(at, lines[line], strictly)
    if left.base is not None or right.base is not None:
        return False
    # whatever both begin with is one moment, from which they go on
    same = 0
    while left.steps[same : same + 1] == right.steps[same : same + 1] != ():
        same += 1
    first, second = left.steps[same:], right.steps[same:]
    high, low = _range(first)[1], _range(second)[0]
    if _is_before(high, low, strictly):
        return True
    match first, second:
        case (Floor(unit), *back), (Floor(inner),) if inner in _INSIDE.get(unit, ()):
            # the day of a moment begins in its month
            return _is_before(_range(back)[1], 0, strictly)
        case _, (Floor(unit), Length() as step):
            # the next month begins after all of this one
            return high <= 0 and step.months >= _ONE[unit].months and step.micros >= _ONE[unit].micros
    return False


def _is_before(one: int, other: int, strictly: bool) -> bool:
    return one < other if strictly else one <= other


def _range(steps: Sequence[Length | Floor]) -> tuple[int, int]:
    """The least and the most that a moment is moved by."""
    low = high = 0
    for step in steps:
        if isinstance(step, Floor):
            low -= _FLOORS[step.unit]
        else:
            near, far = sorted((step.months * _SHORTEST, step.months * _LONGEST))
            low, high = low + near + step.micros, high + far + step.micros
    return low, high
