"""Points on the scales that terms are compared on, and which of two lies before the other in every run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from typing import Any

from segdsl.logic.formula import Point
from segdsl.program import DAY, Floor, Length, Moment

# the fewest and most microseconds in so many months, and how far a floor can go back
_SHORTEST = 28 * DAY
_LONGEST = 31 * DAY
_FLOORS = {"day": DAY, "week": 7 * DAY, "month": 31 * DAY, "quarter": 92 * DAY, "year": 366 * DAY}
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
            return bool(at < lines[line] or (at == lines[line] and not strictly))
    if left.base is not None or right.base is not None:
        return False
    high, low = _range(left)[1], _range(right)[0]
    return high < low if strictly else high <= low


def _range(point: Moment) -> tuple[int, int]:
    """The earliest and the latest that a moment can be, from as-of on."""
    low = high = 0
    for step in point.steps:
        if isinstance(step, Floor):
            low -= _FLOORS[step.unit]
        else:
            near, far = sorted((step.months * _SHORTEST, step.months * _LONGEST))
            low, high = low + near + step.micros, high + far + step.micros
    return low, high
