"""The tables that there are to draft from: those of a database, or the files of a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from segdsl import problems
from segdsl.diagnostics import Diagnostic
from segdsl.draft.names import free, snake, without_common_words
from segdsl.engines.duckdb import DuckDB
from segdsl.engines.files import compression_of, format_of
from segdsl.engines.problem import EngineProblem
from segdsl.model.model import Model

MOST = 300  # tables that are looked at
_OTHERS = (".duckdb", ".db", ".xlsx", ".xls", ".orc", ".avro", ".sqlite", ".zip")
_PIECE = re.compile(r"(part|data)[-_]?\d|(part|data)\.|\d{4}|\d+\.")
_PARTITION = re.compile(r"\w+=")
_DIGITS = re.compile(r"\d+([._-]?\d+)*")


@dataclass(frozen=True)
class Found:
    """A table: its name, where it is, and what the model says in `tables` about that (None: in the database)."""

    name: str
    place: str | None = None
    path: str | None = None


@dataclass(frozen=True)
class Origin:
    """Where the tables are: the model's `database`, or files; and what was left aside."""

    tables: tuple[Found, ...]
    database: str | None = None
    database_path: str | None = None
    left: tuple[str, ...] = field(default=())

    @property
    def model(self) -> Model:
        """A model with nothing in it but these tables, for an engine to see them."""
        paths = {table.name: table.path for table in self.tables if table.path is not None}
        return Model(database=self.database_path, tables=paths, entities={})


def find_tables(source: Path, target: Path) -> Origin:
    """The tables of a database file, of a file, or of a folder's files, as a model in the target folder names them.

    Raises EngineProblem.
    """
    if source.is_dir():
        return _of_folder(source, target)
    if format_of(source.name) is not None:
        return Origin((_found(snake(_stem(source)), source, target),))
    return _of_database(source, target)


def seen_from(path: Path, target: Path) -> str:
    """The path as it is written in a model that lies in the target folder."""
    try:
        return Path(os.path.relpath(path.resolve(), target.resolve())).as_posix()
    except ValueError:  # on another drive
        return path.resolve().as_posix()


def told_unread(unread: Mapping[str, Diagnostic]) -> list[str]:
    """What is told of tables that cannot be read, by their names."""
    return [
        f"{name}: cannot be read: {found.message}" + (f"; {found.help}" if found.help else "")
        for name, found in unread.items()
    ]


def _found(name: str, path: Path, target: Path) -> Found:
    return Found(name, seen_from(path, target), path.resolve().as_posix())


def _of_database(source: Path, target: Path) -> Origin:
    path = source.resolve().as_posix()
    with DuckDB(Model(database=path, entities={}), source.resolve().parent) as engine:
        names = [name if schema == "main" else f"{schema}.{name}" for schema, name in engine.scope.database or ()]
    if not names:
        raise EngineProblem([problems.nothing_to_draft(str(source), "the database has no tables")])
    left = [f"only the first {MOST} of {len(names)} tables were looked at"] if len(names) > MOST else []
    return Origin(tuple(Found(name) for name in names[:MOST]), seen_from(source, target), path, tuple(left))


def _of_folder(source: Path, target: Path) -> Origin:
    found: dict[str, Path] = {}
    left: list[str] = []
    others: list[str] = []
    for entry in _entries(source):
        if entry.is_dir():
            _take_folder(entry, found)
        elif format_of(entry.name) is None and entry.suffix in _OTHERS:
            others.append(entry.name)
    files = [entry for entry in _entries(source) if entry.is_file() and format_of(entry.name) is not None]
    for name, places in _series(files).items():
        found[free(name, found)] = _pattern(places)
    if others:
        left.append(f"files that cannot be read as tables: {', '.join(others[:8])}{' …' if len(others) > 8 else ''}")
    if len(found) > MOST:
        left.append(f"only the first {MOST} of {len(found)} tables were looked at")
    if not found:
        reason = "it holds no CSV, Parquet or JSON file"
        if databases := [name for name in others if name.endswith((".duckdb", ".db"))]:
            reason += f"; name the database itself: `--from {source / databases[0]}`"
        raise EngineProblem([problems.nothing_to_draft(str(source), reason)])
    found = dict(zip(without_common_words(list(found)), found.values(), strict=True))
    tables = tuple(_found(name, path, target) for name, path in list(found.items())[:MOST])
    return Origin(tables, left=tuple(left))


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "_")))
    except OSError as error:
        raise EngineProblem([problems.cannot_read(str(folder), error.strerror or str(error))]) from None


def _take_folder(folder: Path, found: dict[str, Path]) -> None:
    """The files of a folder in the folder. One table in pieces, those to come included, are those of one format and
    with the same columns that are called as pieces are (`part-0`, `2026-03-01`) or lie in partitions (`dt=2026-03-01`);
    all others are tables of their own."""
    parts, inner = _partitions(folder)
    if parts and _is_one(parts):
        found[free(snake(folder.name), found)] = folder / inner / f"*{_ending(parts[0])}"
    elif parts:
        for name in sorted({_DIGITS.sub("*", path.name) for path in parts}):
            found[free(f"{snake(folder.name)}_{snake(_stem(Path(name)))}", found)] = folder / inner / name
    files = _files(folder)
    if files and _is_one(files) and all(_PIECE.match(path.name) for path in files):
        found[free(snake(folder.name), found)] = folder / f"*{_ending(files[0])}"
        return
    series = _series(files)
    if len(files) > 1 and len(series) == 1 and len({_ending(path) for path in files}) == 1:
        found[free(snake(folder.name), found)] = folder / f"*{_ending(files[0])}"
        return
    for name, places in series.items():
        found[free(name if name not in found else f"{snake(folder.name)}_{name}", found)] = _pattern(places)


def _partitions(folder: Path) -> tuple[list[Path], Path]:
    """The files in a folder's partitions, and the pattern of the folders that they lie in."""
    files: dict[Path, int] = {}
    folders, depth = [folder], 0
    while folders:
        folders = [
            entry for place in folders for entry in _entries(place) if entry.is_dir() and _PARTITION.match(entry.name)
        ]
        depth += 1
        files.update((path, depth) for place in folders for path in _files(place))
    depths = set(files.values())
    return list(files), Path(*["*"] * depths.pop()) if len(depths) == 1 else Path("**")


def _is_one(files: Sequence[Path]) -> bool:
    return len({_ending(path) for path in files}) == 1 and _heads_agree(files)


def _files(folder: Path) -> list[Path]:
    return [path for path in _entries(folder) if path.is_file() and format_of(path.name) is not None]


def _ending(path: Path) -> str:
    return "".join(path.suffixes[-2:] if compression_of(path.name) else path.suffixes[-1:])


def _series(files: Sequence[Path]) -> dict[str, list[Path]]:
    """Files by what they hold: those that differ by numbers alone, and whose first lines agree, hold one table."""
    groups: dict[str, list[Path]] = {}
    for path in files:
        groups.setdefault(_DIGITS.sub("*", path.name), []).append(path)
    found: dict[str, list[Path]] = {}
    for pattern, group in groups.items():
        together = len(group) > 1 and _heads_agree(group) and all(
            path in group or not fnmatchcase(path.name, pattern) for path in files
        )  # fmt: skip
        if together:
            found[free(snake(_DIGITS.sub(" ", _stem(group[0]))), found)] = group
        else:
            for path in group:
                found[free(snake(_stem(path)), found)] = [path]
    return found


def _heads_agree(files: Sequence[Path]) -> bool:
    """Whether files start with the same columns, as far as that can be seen: text by its first line. A later Parquet
    file may have more columns."""
    heads: list[set[bytes]] = []
    for path in files:
        try:
            heads.append(_head(path))
        except OSError:
            return False
    widest = max(heads, key=len)
    return all(head <= widest for head in heads)


def _head(path: Path) -> set[bytes]:
    if format_of(path.name) == "parquet":
        from pyarrow import ArrowException
        from pyarrow.parquet import read_schema

        try:
            return {name.encode() for name in read_schema(path).names}
        except ArrowException:
            return set()
    if format_of(path.name) != "csv" or compression_of(path.name):
        return set()
    with path.open("rb") as file:
        return {file.readline(65_536).strip()}


def _pattern(files: Sequence[Path]) -> Path:
    return files[0] if len(files) == 1 else files[0].with_name(_DIGITS.sub("*", files[0].name))


def _stem(path: Path) -> str:
    return path.name.partition(".")[0] or path.name
