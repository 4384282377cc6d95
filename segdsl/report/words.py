"""Numbers, changes and moments as the report writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

MOST_NAMES = 3


def number(value: int) -> str:
    return f"{value:,}"


def percent(share: float | None) -> str:
    """A share with one decimal; what is neither nothing nor all does not look as if it were, unknown is a dash."""
    if share is None:
        return "–"
    if 0 < share < 0.0005:
        return "<0.1%"
    if 0.9995 <= share < 1:
        return ">99.9%"
    return f"{share:.1%}"


def change(before: int, after: int) -> str:
    """`+12.5%`, `−3.0%`, `±0%`; from nothing a dash, as nothing is no measure."""
    if before == after:
        return "±0%"
    if not before:
        return "–"
    ratio = after / before - 1
    return f"{'+' if ratio > 0 else '−'}{abs(ratio):.1%}"


def day(moment: dt.datetime) -> str:
    """`1 January 2018`, with the time of day where it is not midnight."""
    text = f"{moment.day} {moment:%B %Y}"
    return text if moment.time() == dt.time() else f"{text}, {moment:%H:%M}"


def listed(names: Sequence[str], most: int = MOST_NAMES) -> str:
    """`a`, `a and b`, `a, b and c`, `a, b, c and 4 more`."""
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def cell(members: int | None, min_size: int) -> str:
    """A number that may be too small to be told."""
    return f"<{min_size}" if members is None else number(members)
