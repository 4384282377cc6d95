"""SEG722 and on: files that are read and written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote

from segdsl.diagnostics import Diagnostic, Span
from segdsl.problems.remedies import Remedy, how_to_read


def output_is_needed(path: str, what: str) -> Diagnostic:
    help = "name another file for the output"
    return Diagnostic("SEG722", f"cannot write `{path}`: it is {what}", None, help)


@dataclass(frozen=True)
class Unreadable:
    """A value that cannot be read. `where`: the file and its line. `ways` read all values that are written so, and
    `unknown` is a SELECT in which it is unknown. `is_guessed`: nobody states the type of its column, which other rows
    tell."""

    value: str
    column: str
    where: tuple[str, int] | None
    what: str | None
    expected: str
    ways: Sequence[Remedy]
    unknown: str
    is_guessed: bool


def unreadable_value(found: Unreadable, span: Span | None) -> Diagnostic:
    column, what = found.column, found.what
    place = "" if found.where is None else f" in line {found.where[1]:,} of `{found.where[0]}`"
    whose = "" if what is None else f" ({what})"
    shown = found.value if len(found.value) <= 60 else f"{found.value[:57]}…"
    message = f"column `{column}`{whose} has `{shown}`{place}, expected {found.expected}"
    return Diagnostic("SEG723", message, span, _help(found))


def _help(found: Unreadable) -> str:
    what = found.what or ""
    if what.startswith("`key`"):
        return f"state the key as text: `{{column: {found.column}, type: text}}`"
    if found.ways:
        return f"correct it, or {how_to_read(found.ways)}"
    if what.startswith("`time`"):  # whose type is not stated
        return f"correct it; where it means that nothing is known, say so in a `sql`: `{found.unknown}`"
    if found.is_guessed:
        return "other rows tell what the column is; state its type in the model, as a field or an attribute"
    return (
        "correct it, or state `text`; where it means that nothing is known, read another column, which a `sql` makes: "
        f"`{found.unknown}`"
    )


def rounded_when_read(what: str, count: int, example: str, span: Span | None) -> Diagnostic:
    message = (
        f"{what} is stated as `int`, but {count:,} row{'s hold' if count != 1 else ' holds'} a fraction, as {example}"
    )
    help = "it is rounded, halves away from zero; state `decimal` where the fraction matters"
    return Diagnostic("SEG724", message, span, help, "warning")


def not_utf8(file: str, line: int | None, encoding: str, span: Span | None) -> Diagnostic:
    """`encoding` is what it likely is instead."""
    where = f"line {line:,} of `{file}`" if line is not None else f"`{file}`"
    convert = f"iconv -f {encoding} -t UTF-8 {quote(file)} > new.csv"
    help = f"save it as UTF-8 (Excel: “CSV UTF-8”), or convert it: `{convert}`, where {encoding} is a guess"
    return Diagnostic("SEG725", f"{where} is not UTF-8, as CSV has to be", span, help)


def two_line_ends(file: str, line: int, is_short: bool, span: Span | None) -> Diagnostic:
    """`is_short`: the line ends by LF alone."""
    here, before = ("LF", "CRLF") if is_short else ("CRLF", "LF")
    message = f"line {line:,} of `{file}` ends by {here}, those before it by {before}"
    return Diagnostic("SEG726", message, span, f"give all lines one end: `sed -i 's/\\r$//' {quote(file)}`")


_QUOTED = 'a value that holds the delimiter, a quote or an end of line stands in double quotes: `"a, b"`'


def no_rows_in_csv(
    file: str, columns: tuple[int, ...] | None, span: Span | None, is_named_again: bool = False
) -> Diagnostic:
    """`columns`: the line that has others, how many are expected, and how many it has; `is_named_again` says that it
    names columns."""
    if columns is None:
        message = f"`{file}` cannot be read as CSV: its lines make no rows of one form"
        return Diagnostic("SEG727", message, span, _QUOTED)
    line, expected, found = columns
    message = f"line {line:,} of `{file}` has {found:,} column{'s' * (found != 1)}, expected {expected:,}"
    help = _QUOTED
    if is_named_again:
        help = "it names the columns once more: keep the files apart that were joined here, and read them by a glob"
    elif expected == 1:
        help = f"the first line names the columns: delete what stands above them; {_QUOTED}"
    return Diagnostic("SEG727", message, span, help)


def open_quote(file: str, line: int, span: Span | None) -> Diagnostic:
    message = f"line {line:,} of `{file}` has a value that begins with a quote and does not end with one"
    help = 'a quote inside a value in quotes is written twice: `"a ""b"" c"`'
    return Diagnostic("SEG727", message, span, help)


# what reads and writes a compressed file, by the ending of its name
_TOOLS = {".gz": "gzip", ".zst": "zstd"}


def named_further_down(file: str, line: int, compression: str, span: Span | None) -> Diagnostic:
    """`line`: that which names the columns."""
    many = line - 1
    what = "the line above it" if many == 1 else f"the {many:,} lines above it"
    delete = f"sed -i 1,{many}d {quote(file)}"
    if compression:  # lines of compressed bytes are others
        tool = _TOOLS[compression]
        delete = f"{tool} -dc < {quote(file)} | sed 1,{many}d | {tool} > new.csv{compression}"
    help = f"delete {what}: `{delete}`"
    return Diagnostic("SEG727", f"`{file}` names its columns in line {line:,}, expected the first", span, help)
