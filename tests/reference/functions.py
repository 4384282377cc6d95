"""Functions of values: each takes known values, and the moment it is evaluated at."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from tests.reference.moments import (
    Length,
    anniversary,
    as_day,
    as_time,
    between,
    is_date,
    is_moment,
    months_since,
)
from tests.reference.numbers import half_away, round_to, whole_ceil, whole_floor, whole_half_away
from tests.reference.values import Value, sort_key

EARTH_RADIUS = 6_371_008.8


def _pick(choose: Callable[..., Any]) -> Callable[..., Value]:
    """`least` and `greatest`; a date among times is its midnight."""

    def picked(*values: Value) -> Value:
        moments = [value for value in values if is_moment(value)]
        if moments and not all(is_date(value) for value in moments):
            values = tuple(as_time(value) for value in values)
        return choose(values, key=sort_key)

    return picked


def _distance(lat1: Value, lon1: Value, lat2: Value, lon2: Value) -> Fraction:
    """Metres on a sphere, by the haversine, to the millimetre."""
    first, second = math.radians(lat1), math.radians(lat2)
    half_lat, half_lon = (second - first) / 2, math.radians(lon2 - lon1) / 2
    part = math.sin(half_lat) ** 2 + math.cos(first) * math.cos(second) * math.sin(half_lon) ** 2
    return half_away(Fraction(2 * EARTH_RADIUS * math.asin(min(1.0, math.sqrt(part)))), 3)


def _upper(text: str) -> str:
    # one for one; Greek letters with an iota below have a capital of their own where titles begin
    return "".join(next((one for one in (char.upper(), char.title()) if len(one) == 1), char) for char in text)


def _lower(text: str) -> str:
    return "".join("i" if char == "İ" else char.lower() for char in text)


# of the values alone
PLAIN: dict[str, Callable[..., Value]] = {
    "abs": lambda x: Length(abs(x.months), abs(x.micros)) if isinstance(x, Length) else abs(x),
    "round": lambda x, digits=None: whole_half_away(x) if digits is None else round_to(x, digits),
    "floor": whole_floor,
    "ceil": whole_ceil,
    "least": _pick(min),
    "greatest": _pick(max),
    "lower": _lower,
    "upper": _upper,
    "trim": lambda text: text.strip(" "),
    "length": len,
    "year": lambda t: t.year,
    "month": lambda t: t.month,
    "day": lambda t: t.day,
    "weekday": lambda t: t.isoweekday(),
    "hour": lambda t: as_time(t).hour,
    "date": as_day,
    "distance": _distance,
}

# of the values and the moment, which comes first
TIMED: dict[str, Callable[..., Value]] = {
    "age": between,
    "years_since": lambda moment, t: months_since(t, moment) // 12,
    "months_since": lambda moment, t: months_since(t, moment),
    "days_since": lambda moment, t: between(moment, t).micros // 86_400_000_000,
    "anniversary": lambda moment, t: anniversary(t, moment),
}


def apply(name: str, values: list[Value], moment: dt.datetime) -> Value:
    """A function of values; unknown where one of them is."""
    if any(value is None for value in values):
        return None
    return PLAIN[name](*values) if name in PLAIN else TIMED[name](moment, *values)


def sampled(share: Value, seed: str, key: str) -> bool:
    """Whether a key belongs to a fixed share of all keys."""
    digest = hashlib.md5(f"{seed}/{key}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) < Fraction(share) * 2**32


def matches(text: str, pattern: str) -> bool:
    """Whether a regular expression, in what RE2 and Python share, matches somewhere in a text."""
    return re.search(_end_of_text(pattern), text, re.ASCII) is not None


def _end_of_text(pattern: str) -> str:
    """`$` for the very end of the text: Python's would also match before a last line break."""
    out: list[str] = []
    in_class = False
    for part in re.findall(r"\\.|.", pattern, re.DOTALL):
        if part == "[":
            in_class = True
        elif part == "]":
            in_class = False
        out.append(r"\Z" if part == r"\z" or (part == "$" and not in_class) else part)
    return "".join(out)
