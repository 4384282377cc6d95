"""A value that cannot be read as the type of its column: what DuckDB says of it, and what the model says there."""

from __future__ import annotations

import datetime as dt
import glob
import re
from collections.abc import Iterator

from segdsl.diagnostics import Diagnostic, Span
from segdsl.engines.problem import EngineProblem
from segdsl.engines.sources import FileRelation, Scope, files_of, resolve_select, resolve_table
from segdsl.engines.torn import file_of, shown_path, torn
from segdsl.engines.written import remedies, unknown_where
from segdsl.model.columns import columns_of
from segdsl.model.model import Model, Relational
from segdsl.problems.files import correct_or_read, state_key_as_text, take_as_unknown, unreadable_value

_IN_CSV = re.compile(
    r"CSV Error on Line: (?P<line>\d+)\n.*Error when converting column \"(?P<column>[^\n]*)\"\. "
    r"Could not convert string \"(?P<value>.*?)\" to '(?P<type>[^'\n]+)'.*\n  file = (?P<file>[^\n]+)\n"
    r"(?:.*\n  date_format = (?P<date>[^\n]*) \(Auto-Detected\)\n  timestamp_format = (?P<time>[^\n]*) \(Auto)?",
    re.DOTALL,
)
_CAST = re.compile(
    r"Could not convert string (?P<quote>[\"'])(?P<value>.*)(?P=quote) to (?P<type>[A-Z0-9]+)\S*"
    r" when casting from source column (?P<column>[^\n]+)",
    re.DOTALL,
)
_MOMENT = re.compile(
    r"(?P<type>date|timestamp) field (?:format|value out of range): \"(?P<value>.*)\"(?:, expected format is .*)?"
    r" when casting from source column (?P<column>[^\n]+)",
    re.DOTALL,
)
_MOMENT_SHOWN = dt.datetime(2026, 3, 31, 18, 30)
# as what DuckDB reads a column, in the words of people
_EXPECTED = {
    r"DECIMAL|DOUBLE|FLOAT": "a number",
    r"U?(?:BIG|HUGE|SMALL|TINY)?INT\d*|U?INTEGER": "a whole number",
    r"BOOL(?:EAN)?": "`true` or `false`",
    r"DATE": "a day as `2026-03-31`",
    r"TIMESTAMP.*": "a time as `2026-03-31 18:30`",
}


def misread(error: BaseException, model: Model, scope: Scope) -> Diagnostic | None:
    """What is told of a file that makes no rows, and of a value that a file, or a table, has in a column of another
    type; None of anything else."""
    text = str(error)
    if (file := file_of(text)) is not None:
        return torn(text, file, shown_path(file, scope.folder), _place_of(model, scope, file))
    found = _IN_CSV.search(text) or _CAST.search(text) or _MOMENT.search(text)
    if found is None:
        return None
    parts = found.groupdict()
    file, column = parts.get("file"), parts["column"]
    places = list(_places(model, scope, file, column))
    if file is None and not places:
        return None  # a column of a query's own
    span, what, is_key = places[0] if len(places) == 1 else (None, None, False)
    where = None if file is None else (shown_path(file, scope.folder), int(parts["line"]))
    type_ = parts["type"].upper()
    expected = next((words for pattern, words in _EXPECTED.items() if re.fullmatch(pattern, type_)), f"`{type_}`")
    if form := parts.get("date") if type_ == "DATE" else parts.get("time") if type_ == "TIMESTAMP" else None:
        # of the rows before DuckDB has a format of theirs
        expected = f"{expected.partition(' as ')[0]} as `{_MOMENT_SHOWN.strftime(form)}`, which other rows have"
    is_text = file is None or re.match("DECIMAL", type_) is not None  # a CSV's is read as what other rows have, else
    help = state_key_as_text(column) if is_key else _help(column, parts["value"], what, type_ if is_text else None)
    return unreadable_value(parts["value"], column, where, what, expected, help, span)


def _help(column: str, value: str, what: str | None, type_: str | None) -> str:
    """What to do about a value; `type_` is what texts of its column have to be, None where that is not text."""
    found = remedies(column, value, type_) if type_ is not None else []
    if found:
        return correct_or_read(found)
    is_stated = what is None or not what.startswith("`time`")
    return take_as_unknown(unknown_where(column, value, f"known_{column}" if is_stated else None), is_stated)


def _place_of(model: Model, scope: Scope, file: str) -> Span | None:
    """The place of the one part that reads a file."""
    places = [part.span("table", "sql") for _, part in _parts(model) if _reads(part, scope, file)]
    return places[0] if len(places) == 1 else None


def _parts(model: Model) -> list[tuple[str, Relational]]:
    parts: list[tuple[str, Relational]] = [("entity", item) for item in model.entities.values()]
    parts += [("event", item) for item in model.events.values()]
    return [*parts, *(("lookup", item) for item in model.lookups.values())]


def _places(model: Model, scope: Scope, file: str | None, column: str) -> Iterator[tuple[Span | None, str, bool]]:
    """Where the model speaks of a column of that name: its place, what it is, and whether that is a key."""
    for kind, part in _parts(model):
        if file is not None and not _reads(part, scope, file):
            continue
        for name, span, what, _ in columns_of(model, part, f"{kind} `{part.name}`"):
            if name.casefold() == column.casefold():
                yield span, what, what.startswith("`key`")


def _reads(part: Relational, scope: Scope, file: str) -> bool:
    try:
        if part.table is not None:
            relation = resolve_table(part.table, scope, part.name)
        else:
            relation = resolve_select(part.sql or "", scope, part.name)
    except EngineProblem:
        return False
    return any(_is_one_of(file, found) for found in files_of(relation))


def _is_one_of(file: str, relation: FileRelation) -> bool:
    return any(path == file or file in glob.glob(path, recursive=True) for path in relation.paths)
