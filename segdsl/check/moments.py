"""Points in time: midnights, days, and moving by a length."""

from __future__ import annotations

import datetime as dt

from segdsl import problems
from segdsl.check.constants import midnight
from segdsl.check.context import BROKEN, Checking
from segdsl.diagnostics import Span
from segdsl.functions import FUNCTION_ROWS, operator
from segdsl.moment import EARLY, LATE, OutsideCalendar
from segdsl.program import Apply, Bound, Constant, Floor, Length, Moment, Node
from segdsl.types import DATE, INT, TIME, Kind

A_DAY = Length(0, 86_400_000_000)
_LAST = Moment(dt.datetime.max)
_LONG = Length(12 * 1_000, 365_000 * A_DAY.micros)


def start(node: Node) -> Node:
    """A time as it is, a date as the midnight that starts it."""
    if node.type.kind is not Kind.DATE:
        return node
    if isinstance(node, Constant) and isinstance(node.value, dt.date):
        return midnight(node.value)
    return Apply(operator("midnight"), (node,), TIME)


def day(node: Node) -> Node:
    """The day that a time lies in; a date as it is."""
    if node.type.kind is Kind.DATE:
        return node
    if isinstance(node, Moment):
        floored = node.moved(Floor("day"))
        if floored.base is not None:
            return Constant(floored.base.date(), DATE)
        return Moment(None, floored.steps, DATE)
    return Apply(FUNCTION_ROWS["date"][0], (node,), DATE)


def day_start(node: Node) -> Node:
    """The midnight that starts the day of a date or time."""
    if isinstance(node, Moment):
        return Moment(node.base, node.steps).moved(Floor("day"))
    if node.type.kind is Kind.DATE:
        return start(node)
    return Apply(operator("day start"), (node,), TIME)


def move(check: Checking, node: Node, length: Length, span: Span) -> Node:
    """A time moved by a constant length."""
    if length.is_none:
        return node
    if isinstance(node, Moment):
        try:
            moved = node.moved(length)
            if moved.base is None and _is_long(length):
                # no check knows the time; a run as of such a year that fails here fails as of any other of its time
                moved.at(LATE if length.months + length.micros < 0 else EARLY)
        except OutsideCalendar:
            return check.report(problems.no_such_moment(span))
        return moved
    return Apply(operator("shift"), (node, Constant(length.months, INT), Constant(length.micros, INT)), TIME)


def before_end(check: Checking, begin: Node, length: Length, span: Span) -> Bound | None:
    """What a time keeps to that lies before the end of a day or period so long; None where that end makes no sense
    (reported)."""
    if isinstance(begin, Moment) and begin.base is not None:
        try:
            return Bound("<", begin.moved(length))
        except OutsideCalendar:
            # the last day lies in the calendar, the midnight after it does not; an engine's times reach further
            return Bound("<=", _LAST)
    end = move(check, begin, length, span)
    return None if end == BROKEN else Bound("<", end)


def after_end(check: Checking, begin: Node, length: Length, span: Span) -> Bound | None:
    """What a time keeps to that does not lie before that end; None as above."""
    end = before_end(check, begin, length, span)
    return None if end is None else Bound(">=" if end.op == "<" else ">", end.value)


def _is_long(length: Length) -> bool:
    return abs(length.months) >= _LONG.months or abs(length.micros) >= _LONG.micros
