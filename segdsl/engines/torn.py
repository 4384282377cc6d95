"""A CSV that no reader makes rows of: whose bytes are no UTF-8, whose lines end in two ways, whose rows differ, or
whose columns are named further down."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from segdsl.diagnostics import Diagnostic, Span
from segdsl.engines.files import compression_of, format_of
from segdsl.engines.heads import OpenQuoteError, files_at, head_of, names_in, rows_of, words_in
from segdsl.problems.files import named_further_down, no_rows_in_csv, not_utf8, open_quote, two_line_ends

_COLUMNS = re.compile(
    r"CSV Error on Line: (?P<line>\d+)\n.*Expected Number of Columns: (?P<expected>\d+) Found: (?P<found>\d+)\n"
    r".*\n  file = (?P<file>[^\n]+)\n",
    re.DOTALL,
)
_FILE = re.compile(r"(?:\n  file = |Error when sniffing file \")(?P<file>[^\n\"]+)")
_QUOTE = re.compile(r"CSV Error on Line: (?P<line>\d+)\n.*\nValue with unterminated quote", re.DOTALL)
# what DuckDB says of a file that it makes no rows of
_SAID = (
    *("not utf-8 encoded", "Error when sniffing file", "CSV Parser state machine", "Expected Number of Columns"),
    "Value with unterminated quote",
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def file_of(text: str) -> str | None:
    """The file that an error of DuckDB is about, where the whole of it cannot be read."""
    found = _FILE.search(text) if any(words in text for words in _SAID) else None
    return None if found is None else found["file"]


def torn(text: str, file: str, shown: str, span: Span | None) -> Diagnostic:
    """What is told of a file that an error of DuckDB is about."""
    told = torn_file(file, shown, span)
    with suppress(OSError):
        told = told or _odd_row(file, shown, span)
    if told is not None:
        return told
    if (quote := _QUOTE.search(text)) is not None:
        return open_quote(shown, int(quote["line"]), span)
    found = _COLUMNS.search(text)
    return no_rows_in_csv(shown, None if found is None else tuple(map(int, found.group(1, 2, 3))), span)


def torn_files(
    paths: Iterable[str], folder: Path, span: Span | None, columns: Collection[str] = ()
) -> Diagnostic | None:
    """What is told of the first CSV of some paths and globs that has a line further down that names the columns, is no
    text in UTF-8, or has two ends of lines."""
    for file in files_at(paths):
        if format_of(file) == "csv":
            shown = shown_path(file, folder)
            line = names_in(file, columns)
            if line is not None:
                return named_further_down(shown, line, compression_of(file), span)
            told = torn_file(file, shown, span)
            if told is not None:
                return told
    return None


def torn_file(file: str, shown: str, span: Span | None) -> Diagnostic | None:
    """What is told of a file as it is looked at byte by byte; None where nothing is wrong, or it cannot be seen."""
    if compression_of(file) or not Path(file).is_file():
        return None
    ends: dict[bytes, int] = {}
    is_open = False  # a value in quotes may hold ends of lines of its own
    with Path(file).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if number == 1 and line.startswith(_UTF16):
                return not_utf8(shown, None, "UTF-16", span)
            try:
                line.decode()
            except UnicodeDecodeError:
                return not_utf8(shown, number, "WINDOWS-1252", span)
            is_open ^= line.count(b'"') % 2 == 1
            if not is_open and line.endswith(b"\n"):
                ends.setdefault(b"\r\n" if line.endswith(b"\r\n") else b"\n", number)
    if len(ends) < 2:
        return None
    last = max(ends, key=lambda end: ends[end])
    return two_line_ends(shown, ends[last], last == b"\n", span)


def _odd_row(file: str, shown: str, span: Span | None) -> Diagnostic | None:
    """What is told of the first row that has other columns than the file names, or an open quote. Raises OSError."""
    head = head_of(file)
    if head is None or head.form.delimiter is None:
        return None
    rows = rows_of(file, head.form, is_strict=True)
    try:
        expected = len(next(rows)[1])
        for number, (line, row) in enumerate(rows):
            if number == 0 and len(row) == expected + 1 and not row[-1]:
                expected += 1  # DuckDB takes a delimiter at the end, where all rows have it
            if len(row) != expected:
                names = {name.casefold() for name in head.names}
                is_named_again = len(names) > 1 and names <= words_in(head.form.delimiter.join(row))
                return no_rows_in_csv(shown, (line, expected, len(row)), span, is_named_again)
    except OpenQuoteError as found:
        return open_quote(shown, found.line, span)
    return None


def shown_path(file: str, folder: Path) -> str:
    """A path as a model would name it."""
    root = os.path.abspath(folder) + os.sep
    return file.removeprefix(root)
