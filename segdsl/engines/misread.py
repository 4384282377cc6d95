"""A value that cannot be read as the type of its column: what DuckDB says of it, and what the model says there."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from segdsl.diagnostics import Diagnostic, Span
from segdsl.engines.lines import line_of
from segdsl.engines.problem import EngineProblem
from segdsl.engines.sources import FileRelation, Scope, files_of, resolve_select, resolve_table
from segdsl.engines.torn import file_of, shown_path, torn
from segdsl.engines.written import remedies, unknown_where
from segdsl.model.columns import columns_of
from segdsl.model.model import Model, Relational
from segdsl.problems.files import Unreadable, unreadable_value
from segdsl.sql import wrong
from segdsl.sql.wrong import WRONG
from segdsl.types import Kind, Type

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
_WORDS = {
    Kind.DECIMAL: "a number",
    Kind.INT: "a whole number",
    Kind.BOOL: "`true` or `false`",
    Kind.DATE: "a day as `2026-03-31`",
    Kind.TIME: "a time as `2026-03-31 18:30`",
}
# what DuckDB tried to make of a value
_TRIED = {
    r"DECIMAL|DOUBLE|FLOAT": Kind.DECIMAL,
    r"U?(?:BIG|HUGE|SMALL|TINY)?INT\d*|U?INTEGER": Kind.INT,
    r"BOOL(?:EAN)?": Kind.BOOL,
    r"DATE": Kind.DATE,
    r"TIMESTAMP.*": Kind.TIME,
}


class _Place(NamedTuple):
    """A column that the model reads: where it says so, of which part, what it is, and its type."""

    span: Span | None
    part: Relational | None
    what: str | None
    type: Type | None


def misread(error: BaseException, model: Model, scope: Scope) -> Diagnostic | None:
    """What is told of a file that makes no rows, and of a value that a file, or a table, has in a column of another
    type; None of anything else."""
    text = str(error)
    if (file := file_of(text)) is not None:
        return torn(text, file, shown_path(file, scope.folder), _place_of(model, scope, file))
    found = WRONG.search(text) or _CAST.search(text) or _MOMENT.search(text)
    if found is None:
        return None
    parts = found.groupdict()
    column, value, why = parts["column"], parts["value"], parts.get("why")
    places = list(_places(model, column))
    if why is None and not places:
        return None  # a column of a query's own
    # of one that a `sql` reads and the model does not name, all files may be its own
    files = [file for part in ([place.part for place in places] or _all_parts(model)) for file in _files(part, scope)]
    at = line_of(files, column, value)
    where = None if at is None else (shown_path(at[0], scope.folder), at[1])
    place = places[0] if len(places) == 1 else _Place(None, None, None, None)
    kind = _kind(parts, place.type)
    is_guessed = why is not None and place.what is None
    is_told = kind is not None and (not is_guessed or kind in (Kind.DATE, Kind.TIME))
    name = None if (place.what or "").startswith("`time`") else f"known_{column}"
    told = Unreadable(
        value,
        column,
        where,
        place.what,
        _expected(parts, kind),
        remedies(column, value, kind) if is_told and kind is not None else (),
        unknown_where(column, value, name),
        is_guessed,
    )
    return unreadable_value(told, place.span)


def _kind(parts: Mapping[str, str | None], type_: Type | None) -> Kind | None:
    """What the value should be: by the model, or else by what DuckDB tried."""
    why = parts.get("why")
    if why == wrong.NO_DAY:
        return Kind.DATE
    if type_ is not None and type_.kind in _WORDS:
        return type_.kind
    if why is not None:
        return Kind.TIME if why == wrong.NO_ISO else Kind.INT if why == wrong.NO_WHOLE else None
    tried = (parts["type"] or "").upper()
    return next((kind for pattern, kind in _TRIED.items() if re.fullmatch(pattern, tried)), None)


def _expected(parts: Mapping[str, str | None], kind: Kind | None) -> str:
    """What should stand there, in the words of people."""
    if parts.get("why") == wrong.NO_WHOLE:
        return "a whole number" + (" without zeros in front" if "0" in (parts["value"] or "")[:2] else "")
    return f"`{(parts['type'] or '').upper()}`" if kind is None else _WORDS[kind]


def _place_of(model: Model, scope: Scope, file: str) -> Span | None:
    """The place of the one part that reads a file."""
    places = [
        part.span("table", "sql")
        for part in _all_parts(model)
        if any(_is_one_of(file, found) for found in _files(part, scope))
    ]
    return places[0] if len(places) == 1 else None


def _all_parts(model: Model) -> list[Relational]:
    return [part for _, part in _parts(model)]


def _parts(model: Model) -> list[tuple[str, Relational]]:
    parts: list[tuple[str, Relational]] = [("entity", item) for item in model.entities.values()]
    parts += [("event", item) for item in model.events.values()]
    return [*parts, *(("lookup", item) for item in model.lookups.values())]


def _places(model: Model, column: str) -> Iterator[_Place]:
    """Where the model speaks of a column of that name."""
    for kind, part in _parts(model):
        for name, span, what, type_ in columns_of(model, part, f"{kind} `{part.name}`"):
            if name.casefold() == column.casefold():
                yield _Place(span, part, what, type_)


def _files(part: Relational | None, scope: Scope) -> list[FileRelation]:
    """The files that a part reads."""
    if part is None:
        return []
    try:
        if part.table is not None:
            return files_of(resolve_table(part.table, scope, part.name))
        return files_of(resolve_select(part.sql or "", scope, part.name))
    except EngineProblem:
        return []


def _is_one_of(file: str, relation: FileRelation) -> bool:
    return any(path == file or file in glob.glob(path, recursive=True) for path in relation.paths)
