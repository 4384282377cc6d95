"""Where in a CSV a value stands: looked for once a value is found that cannot be read."""

from __future__ import annotations

import csv
import glob
import gzip
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TextIO

from segdsl.engines.sources import FileRelation

_DELIMITERS = ",;\t|"
_FIRST = 20  # lines, among which there is the one that names the columns


def line_of(files: Iterable[FileRelation], column: str, value: str) -> tuple[str, int] | None:
    """The first file that has a value in a column, and its line, where the row starts; None where it is not found."""
    for relation in files:
        for path in relation.paths if relation.format == "csv" else ():
            for file in sorted(glob.glob(path, recursive=True)) or [path]:
                with suppress(OSError, UnicodeDecodeError, csv.Error):
                    if (line := _line_in(file, column.casefold(), value)) is not None:
                        return file, line
    return None


def _line_in(file: str, column: str, value: str) -> int | None:
    for delimiter in _DELIMITERS:
        with _opened(file) as lines:
            rows = _rows(lines, delimiter)
            for _, names in islice(rows, _FIRST):
                folded = [name.strip().casefold() for name in names]
                if column in folded:
                    place = folded.index(column)
                    return next((line for line, row in rows if place < len(row) and row[place] == value), None)
    return None


def _rows(lines: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of the line that it starts in."""
    reader = csv.reader(lines, delimiter=delimiter)
    start = 1
    for row in reader:
        yield start, row
        start = reader.line_num + 1


def _opened(file: str) -> TextIO:
    if file.endswith(".gz"):
        return gzip.open(file, "rt", encoding="utf-8-sig", newline="")
    return Path(file).open(encoding="utf-8-sig", newline="")
