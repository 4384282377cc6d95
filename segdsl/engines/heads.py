"""How a CSV is written, as its first lines tell: which of them names the columns, and what stands between values.

DuckDB's sniffer takes as the first line whichever makes most of the others rows of one form, and what stands above it
is gone without a word. So it is told both: a row of another form is then an error that says where it is.
"""

from __future__ import annotations

import csv
import glob
import gzip
import re
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import chain, islice
from os.path import isfile
from pathlib import Path
from typing import TextIO

from segdsl.engines.files import compression_of

_DELIMITERS = ",;\t|"
_FIRST = 20  # lines that are looked at, from the one that names the columns
_LONGEST = 2_097_152  # DuckDB's own limit of a line
# what Excel writes above, and reads
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


@dataclass(frozen=True)
class Form:
    """What stands between the values of a CSV, None where it cannot be looked at, and how many lines stand above the
    one that names the columns: empty ones, and Excel's `sep=;`."""

    delimiter: str | None = None
    skipped: int = 0


@dataclass(frozen=True)
class Head:
    """The form of a CSV, and the names of its columns as they are written."""

    form: Form
    names: tuple[str, ...]


class OpenQuoteError(Exception):
    """A value that begins with a quote, and does not end with one."""

    def __init__(self, line: int) -> None:
        self.line = line


def head_of(file: str) -> Head | None:
    """What the first lines of a file say; None where it has none. Raises OSError."""
    with opened(file) as lines:
        delimiter = None
        for skipped, line in enumerate(lines):
            if (sep := _SEP.fullmatch(line)) is not None:
                delimiter = sep[1]
            elif line.strip():
                first = [line, *islice(iter(lambda: lines.readline(_LONGEST), ""), _FIRST - 1)]
                rows = {one: _fields(first, one) for one in delimiter or _DELIMITERS}
                delimiter = max(rows, key=lambda one: _fit(rows[one]))
                return Head(Form(delimiter, skipped), tuple(name.strip() for name in rows[delimiter][0]))
        return None


def heads_of(paths: Iterable[str]) -> Iterator[tuple[str, Head]]:
    """The CSV files of some paths and globs that have a line, and what their first lines say: nothing, where a file
    cannot be looked at."""
    for file in files_at(paths):
        try:
            head = head_of(file)
        except OSError:
            head = Head(Form(), ())
        if head is not None:
            yield file, head


def files_at(paths: Iterable[str]) -> Iterator[str]:
    """The files that paths and globs stand for, hidden ones too, as DuckDB finds them."""
    for path in paths:
        found = sorted(glob.glob(path, recursive=True, include_hidden=True))
        yield from filter(isfile, found) if found else [path]


def rows_of(file: str, form: Form, is_strict: bool = False) -> Iterator[tuple[int, list[str]]]:
    """The rows of a file from that which names the columns on, each with the number of the line that it starts in; no
    more behind a value that is too long to be looked at. Raises OSError, and OpenQuoteError where it `is_strict`."""
    with opened(file) as lines:
        below = islice(lines, form.skipped, None)
        reader = csv.reader(below, delimiter=form.delimiter or ",", skipinitialspace=True, strict=is_strict)
        start = form.skipped + 1
        try:
            for row in reader:
                if row:
                    yield start, row
                start = form.skipped + reader.line_num + 1
        except csv.Error as error:
            if is_strict and "limit" not in str(error):
                raise OpenQuoteError(start) from None


def names_in(file: str, columns: Collection[str]) -> int | None:
    """The line among the first of a file that names columns, where the first row does not."""
    wanted = {column.casefold() for column in columns}
    with suppress(OSError):
        head = head_of(file)
        if head is None or wanted <= {name.casefold() for name in head.names}:
            return None
        with opened(file) as lines:
            below = islice(enumerate(lines, 1), head.form.skipped + 1, head.form.skipped + _FIRST)
            return next((number for number, line in below if wanted <= words_in(line)), None)
    return None


def words_in(line: str) -> set[str]:
    """The values of a line, by whatever delimiter, in small letters."""
    fields = chain.from_iterable(row for one in _DELIMITERS for row in _fields([line], one))
    return {field.strip().casefold() for field in fields}


@contextmanager
def opened(file: str) -> Iterator[TextIO]:
    """A file as text, whose ends of lines stay as they are. Raises OSError, also where it is damaged."""
    try:
        with _stream(file) as lines:
            yield lines
    except (EOFError, zlib.error) as error:  # what gzip says of a file that is cut off, or changed
        raise OSError(str(error)) from error


def _stream(file: str) -> TextIO:
    compression = compression_of(file)
    if compression == ".gz":
        return gzip.open(file, "rt", encoding="utf-8-sig", errors="replace", newline="")
    if compression == ".zst":
        import pyarrow

        stream = pyarrow.input_stream(file, compression="zstd")
        return TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
    return Path(file).open(encoding="utf-8-sig", errors="replace", newline="")


def _fields(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The rows of lines, without empty ones."""
    rows: list[list[str]] = []
    with suppress(csv.Error):
        rows.extend(filter(None, csv.reader(lines, delimiter=delimiter, skipinitialspace=True)))
    return rows or [[]]


def _fit(rows: Sequence[Sequence[str]]) -> tuple[bool, int, int]:
    """How well a delimiter fits: whether it stands in the first row, or all others have as many, more than one, of its
    columns, as below a title; how many rows have the columns of the first; how many these are."""
    width, *widths = map(len, rows)
    is_title = bool(widths) and widths[0] > 1 and len(set(widths)) == 1
    return width > 1 or is_title, widths.count(width), width
