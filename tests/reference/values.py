"""How two values compare, whatever their types."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable
from typing import Any, TypeAlias

from tests.reference.moments import Length, as_day, as_time, is_date, is_moment, shift

Value: TypeAlias = Any  # bool, int, Fraction, str, date, datetime, Length, tuple of str; None is unknown

_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TURNED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def compare(op: str, left: Value, right: Value, moment: dt.datetime) -> bool:
    """One comparison: false with an unknown, except `!=`, which is the exact opposite of `=`."""
    if op == "!=":
        return not compare("=", left, right, moment)
    if left is None or right is None:
        return False
    if isinstance(left, Length) and is_moment(right):
        return compare(_TURNED[op], right, left, moment)
    if is_moment(left) and isinstance(right, Length):
        # an age below a length is a time after the moment that lies so long ago
        return _TESTS[_TURNED[op]](as_time(left), shift(moment, right, -1))
    if is_moment(left) and is_moment(right) and is_date(left) != is_date(right):
        left, right = as_day(left), as_day(right)
    return _TESTS[op](sort_key(left), sort_key(right))


def sort_key(value: Value) -> Any:
    """What values of one type are ordered by."""
    return value.order if isinstance(value, Length) else value
