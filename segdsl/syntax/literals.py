"""How names and literals are written."""

from __future__ import annotations

import datetime as dt

from segdsl.syntax import tree
from segdsl.syntax.scanner import is_plain_name


def name(identifier: tree.Identifier, label: bool = False) -> str:
    """A name, in backticks where it needs them; the label of a rule needs them a little sooner."""
    text = identifier.text
    return text if is_plain_name(text) and not (label and text == "ago") else f"`{text}`"


def path(name_: tree.Name) -> str:
    """A name or a dotted path."""
    return ".".join(name(part) for part in name_.parts)


def quoted(text: str) -> str:
    """A text in double quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def spelled(number: tree.Number | tree.Quantity) -> str:
    """A number as it was written, or plainly where that is not known."""
    if number.text:
        return number.text
    return f"{number.value:f}{number.unit if isinstance(number, tree.Quantity) else ''}"


def time(moment: dt.datetime) -> str:
    """A time to the minute, second or fraction that it has; an offset of nothing is `Z`."""
    naive = moment.replace(tzinfo=None)
    text = naive.isoformat(timespec="minutes" if not naive.second and not naive.microsecond else "auto")
    if naive.microsecond:
        text = text.rstrip("0")
    if moment.tzinfo is None:
        return text
    return text + (moment.strftime("%z")[:3] + ":" + moment.strftime("%z")[3:] if moment.utcoffset() else "Z")


def period(period_: tree.Period) -> str:
    """A stretch of the calendar."""
    if period_.start is None:
        return f"{('last', 'this', 'next')[period_.offset + 1]} {period_.unit}"
    start = period_.start
    match period_.unit:
        case "year":
            return f"{start.year:04}"
        case "quarter":
            return f"{start.year:04}-Q{(start.month + 2) // 3}"
        case "month":
            return f"{start.year:04}-{start.month:02}"
        case "week":
            year, week, _ = start.isocalendar()
            return f"{year:04}-W{week:02}"
        case "day":
            return start.isoformat()
