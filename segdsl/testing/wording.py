"""Values in words: times with how long ago they were, lengths of time in two units, texts in quotes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from segdsl.exact import EXACT
from segdsl.program import DAY, HOUR, MINUTE, SECOND, Length
from segdsl.syntax.literals import quoted
from segdsl.types import Kind

# kinds whose texts are no texts of the language: labels, and times that Python has none for
_BARE = (Kind.LABEL, Kind.DATE, Kind.TIME)
_UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))


def said(value: Any, kind: Kind, as_of: dt.datetime) -> str:
    """A value of a kind as a person reads it; durations are given in microseconds, distances in metres."""
    match value:
        case None:
            return "unknown"
        case bool():
            return "true" if value else "false"
        case dt.datetime.max | dt.datetime.min:
            # what DuckDB gives for infinity
            return "infinity" if value == dt.datetime.max else "-infinity"
        case dt.datetime():
            return f"{clock(value)}, {_since(value, as_of)}"
        case dt.date():
            return f"{value}, {_days((as_of.date() - value).days)}"
        case list() | tuple():
            return f"({', '.join(said(item, Kind.TEXT, as_of) for item in value)})"
        case Length():
            return _calendar(value)
        case str():
            return value if kind in _BARE else quoted(value)
    if kind is Kind.DURATION:
        return length(int(value))
    if kind is Kind.DISTANCE:
        return f"{number(EXACT.divide(value, 1_000))}km"
    return number(value)


def number(value: int | float | Decimal) -> str:
    """Digits without an exponent, and without zeros at the end."""
    text = format(Decimal(repr(value)) if isinstance(value, float) else value, "f" if value != int(value) else ".0f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def clock(moment: dt.datetime) -> str:
    """`2017-10-11 14:03`, with seconds where there are any."""
    return moment.isoformat(sep=" ", timespec="seconds" if moment.second or moment.microsecond else "minutes")


def length(micros: int, most: int = 2) -> str:
    """`12d 6h`: the largest units of a length of time, what is below them left off."""
    rest = abs(micros)
    index = next((i for i, (size, _) in enumerate(_UNITS) if rest >= size), None)
    if index is None:
        return f"{number(EXACT.divide(micros, SECOND))}s"
    found: list[str] = []
    for size, unit in _UNITS[index : index + most]:
        count, rest = divmod(rest, size)
        if count:
            found.append(f"{count}{unit}")
    return f"{'-' * (micros < 0)}{' '.join(found)}"


def _since(moment: dt.datetime, as_of: dt.datetime) -> str:
    """How long before as-of a moment was."""
    micros = (as_of - moment) // dt.timedelta(microseconds=1)
    if abs(micros) >= DAY:
        return _days(abs(micros) // DAY * (1 if micros > 0 else -1))
    if not micros:
        return "right then"
    return f"{length(micros)} ago" if micros > 0 else f"in {length(-micros)}"


def _days(days: int) -> str:
    if not days:
        return "the same day"
    count = f"{abs(days):,} day{'s' * (abs(days) != 1)}"
    return f"{count} ago" if days > 0 else f"in {count}"


def _calendar(value: Length) -> str:
    years, months = divmod(abs(value.months), 12)
    found = [f"{count}{unit}" for count, unit in ((years, "y"), (months, "mo")) if count]
    text = f"{'-' * (value.months < 0)}{' '.join(found)}"
    return f"{text} {length(value.micros)}" if value.micros else text


def plain(value: Any, kind: Kind) -> Any:
    """A value for programs: times as ISO texts, decimals as numbers, lengths of time as texts, distances in metres."""
    match value:
        case None | bool() | str():
            return value
        case dt.date():
            return value.isoformat()
        case list() | tuple():
            return list(value)
        case Length():
            return _calendar(value)
    if kind is Kind.DURATION:
        return length(int(value), most=len(_UNITS))
    return int(value) if value == int(value) else float(value)
