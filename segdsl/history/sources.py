"""The files that events stand in, and a hash of the bytes of each: where these are as they were, so are the rows.

It is asked of Parquet files on a disk alone: what a row of another file means can depend on the files beside it, as its
reader looks at some of them to find out about all.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import file_digest, sha256

from segdsl.engines.duckdb import DuckDB
from segdsl.engines.fingerprint import FILE_NAME
from segdsl.engines.problem import EngineProblem
from segdsl.model.schema import Rows
from segdsl.sql import DUCKDB, build, sql_text

# what the columns are called whose values digests are of
_COLUMNS = ""


def sources(engine: DuckDB, rows: Rows, columns: list[str]) -> dict[str, str] | None:
    """The files that rows stand in, by the names that DuckDB gives them, each with a hash of its bytes, and one of the
    `columns` that digests go over; None where rows are not those of such files."""
    if not rows.files or any(name.casefold() == FILE_NAME for name in rows.columns):
        return None
    found = {_COLUMNS: sha256("\n".join(columns).encode()).hexdigest()}
    try:
        for path in _paths(engine, rows):
            with open(path, "rb") as file:
                found[path] = file_digest(file, sha256).hexdigest()
    except (OSError, EngineProblem):
        return None
    return found


def files(known: Mapping[str, str]) -> list[str]:
    """The names of files of which hashes are known."""
    return [path for path in known if path != _COLUMNS]


def are_all(engine: DuckDB, rows: Rows, known: Mapping[str, str]) -> bool:
    """Whether rows still stand in the files of which hashes are known, and in no others."""
    try:
        return set(_paths(engine, rows)) == set(files(known))
    except EngineProblem:
        return False


def _paths(engine: DuckDB, rows: Rows) -> list[str]:
    found: list[str] = []
    for pattern in rows.files:
        named = build.select(build.column("file")).from_(build.function_table("GLOB", build.text(pattern)), copy=False)
        found.extend(path for (path,) in engine.fetch(sql_text(named, DUCKDB), "the data"))
    return found


def added_to(was: Mapping[str, str] | None, now: Mapping[str, str] | None) -> list[str] | None:
    """The files that have come, where all others are as they were; None where some are not, or nobody can say."""
    if not was or not now or any(now.get(path) != digest for path, digest in was.items()):
        return None
    return [path for path in now if path not in was]
