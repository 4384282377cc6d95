"""Several CSV files, of which some do not name the columns without which a row is nothing: all of their rows would be
left out without a word."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from segdsl import problems
from segdsl.diagnostics import Diagnostic, Span
from segdsl.engines.engine import Engine
from segdsl.engines.files import literal
from segdsl.engines.heads import Head
from segdsl.engines.lineage import sources_of
from segdsl.engines.problem import EngineProblem
from segdsl.engines.sources import FileRelation, ReadAs, Relation, SelectRelation
from segdsl.engines.torn import shown_path, torn_files

_AS_TEXT = ReadAs()
_Described = Callable[[FileRelation], Collection[str]]


def keyless(
    relation: Relation, columns: Sequence[str], described: _Described, engine: Engine, span: Span | None
) -> Iterator[Diagnostic]:
    """What is told of those of several CSV files that do not name columns which all of them together have. `described`
    gives the columns of all as DuckDB has them."""
    for files, read in _read_of(relation, columns):
        if not files.many or not read or not files.heads:
            continue
        there = {name.casefold() for name in described(files)}
        needed = [column for column in read if column.casefold() in there]
        for file, head in files.heads:
            try:
                missing = [column for column in needed if column.casefold() not in _names(file, head, needed, engine)]
            except EngineProblem as problem:
                yield from problem.diagnostics
                continue
            if missing:
                further_down = torn_files([literal(file)], engine.scope.folder, span, needed)
                what = f"`{shown_path(file, engine.scope.folder)}`"
                yield further_down or problems.missing_column(missing[0], what, filter(None, head.names), span)


def _read_of(relation: Relation, columns: Sequence[str]) -> Iterator[tuple[FileRelation, Sequence[str]]]:
    """The files of a relation, each with those of their columns that its columns are. Of what a `sql` makes of several
    columns, as `coalesce(id, old_id)` does, each file may have another one."""
    if isinstance(relation, FileRelation):
        yield relation, columns
    elif isinstance(relation, SelectRelation):
        sources = {source for column in columns for source in sources_of(relation.select, column) or ()}
        for table, files in relation.named.items():
            if isinstance(files, FileRelation):
                yield files, sorted(item.column for item in sources if item.is_same and item.table == table)


def _names(file: str, head: Head, needed: Sequence[str], engine: Engine) -> Collection[str]:
    """The names of a file's columns in small letters: as they are written, and where these are not all that are needed
    as DuckDB has them, which gives a column without a name one, and another to the second of a name."""
    names = {name.casefold() for name in head.names}
    if not names:
        return set(map(str.casefold, needed))  # it cannot be looked at
    if names.issuperset(map(str.casefold, needed)):
        return names
    found = engine.describe(FileRelation((literal(file),), "csv"), lambda _: _AS_TEXT, f"file `{file}`")
    return {name.casefold() for name in found}
