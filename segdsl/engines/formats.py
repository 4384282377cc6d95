"""Days and times as people write them, which no cast reads: `31.12.2025 18:30`, `12/31/25`."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

_ISO = "%Y-%m-%d"  # which a cast reads, unless the clock has halves of a day
_DAYS = (
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%Y/%m/%d",
    _ISO,
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%B %d, %Y",
)
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")


def text_formats(full_years: bool) -> list[str]:
    """The ways that are tried, in DuckDB's letters; months come first where both are possible."""
    written = [f"{day}{clock}" for day in _DAYS if ("%Y" in day) is full_years for clock in _CLOCKS]
    return [format_ for format_ in written if "%p" in format_ or not format_.startswith(_ISO)]


def formats_of(text: str) -> list[str]:
    """The ways that a text may be written in: several where its day may be its month as well."""
    found = []
    for format_ in (*text_formats(True), *text_formats(False)):
        with suppress(ValueError):
            dt.datetime.strptime(text.strip(), format_)
            found.append(format_)
    return found
