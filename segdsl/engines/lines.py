"""Where in a CSV a value stands: looked for once a value is found that cannot be read."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from segdsl.engines.heads import Head, rows_of
from segdsl.engines.sources import FileRelation


def line_of(files: Iterable[FileRelation], column: str, value: str) -> tuple[str, int] | None:
    """The first file that has a value in a column, and its line, where the row starts; None where it is not found."""
    for relation in files:
        for file, head in relation.heads:
            with suppress(OSError):
                if (line := _line_in(file, head, column.casefold(), value.strip())) is not None:
                    return file, line
    return None


def _line_in(file: str, head: Head, column: str, value: str) -> int | None:
    names = [name.casefold() for name in head.names]
    if column not in names:
        return None
    place = names.index(column)
    rows = rows_of(file, head.form)
    next(rows, None)
    return next((line for line, row in rows if place < len(row) and row[place].strip() == value), None)
