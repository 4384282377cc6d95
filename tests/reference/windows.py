"""Whether a moment lies in a window."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from segdsl.syntax import tree
from tests.reference.moments import Length, Moment, as_time, is_date, period_bounds, shift
from tests.reference.values import Value, compare


def in_window(
    subject: Moment | None, window: tree.Window, value: Callable[[tree.Expr], Value], moment: dt.datetime
) -> bool:
    """Whether a time (or date) lies in a window; `value` evaluates what the window is made of."""
    if subject is None:
        return False
    time = as_time(subject)
    if window.kind == "in":
        (period,) = window.args
        assert isinstance(period, tree.Period)
        start, end = period_bounds(period, moment)
        # the calendar's last moment is in its last period
        return start <= time and (time < end or time == end == dt.datetime.max)
    args = [value(arg) for arg in window.args if not isinstance(arg, tree.Period)]
    if any(arg is None for arg in args):
        return False
    match window.kind:
        case "within":
            return shift(moment, args[0], -1) < time <= moment
        case "within next":
            if is_date(subject):
                return as_time(moment.date()) <= time <= shift(moment, args[0])
            return moment < time <= shift(moment, args[0])
        case "within after":
            anchor = as_time(args[1])
            return anchor < time <= shift(anchor, args[0])
        case "within before":
            anchor = as_time(args[1])
            return shift(anchor, args[0], -1) <= time < anchor
        case "from" if isinstance(args[0], Length):
            return shift(moment, args[0], -1) < time <= as_time(args[1])
        case "from":
            return compare(">=", subject, args[0], moment) and compare("<=", subject, args[1], moment)
        case "since":
            return compare(">=", subject, args[0], moment)
        case "after":
            return compare(">", subject, args[0], moment)
        case "before":
            return compare("<", subject, args[0], moment)
