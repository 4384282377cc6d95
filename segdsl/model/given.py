"""Moments as people and programs give them: as a text, a date or a time."""

from __future__ import annotations

import datetime as dt
import re

from segdsl.diagnostics import Source
from segdsl.model.model import Model
from segdsl.syntax import tree
from segdsl.syntax.parser import parse_value

# a day and a time as they are printed, where the language has a `T`
_PRINTED = re.compile(r"\s*(\d{4}-\d\d-\d\d) +(?=\d\d:)")


def is_day(value: object) -> bool:
    """Whether a value is a day or a time: pandas has a time for those that are missing, which equals nothing."""
    return isinstance(value, dt.date) and bool(value == value)  # noqa: PLR0124


def moment_of(model: Model, given: str | dt.date, *, is_whole_day: bool = False) -> dt.datetime | None:
    """A moment as wall-clock time in the model's time zone; None where it is none, or none that Python has a value for.

    A date is its midnight, or the last moment of its day.
    """
    if isinstance(given, str):
        node, diagnostics = parse_value(Source("--as-of", _PRINTED.sub(r"\1T", given, count=1)))
        if diagnostics or not isinstance(node, tree.Date | tree.Time):
            return None
        given = node.value
    if not is_day(given):
        return None
    if not isinstance(given, dt.datetime):
        return dt.datetime.combine(given, dt.time.max if is_whole_day else dt.time())
    try:
        return model.clock_time(given)
    except OverflowError:
        return None
