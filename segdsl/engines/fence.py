"""What a connection may reach: the files that it is given, and nothing else."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp

from segdsl.engines.files import literal

if TYPE_CHECKING:
    import duckdb

# nothing is loaded from anywhere, nothing is read from the user's own settings, and no Python variable stands for a
# table that has its name
_CLOSED = (
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET python_enable_replacements = false",
)


def fence_in(
    connection: duckdb.DuckDBPyConnection,
    paths: Iterable[str] = (),
    folders: Iterable[str] = (),
    spill: Path | None = None,
) -> None:
    """Leaves a connection nothing but the paths and the folders given, for as long as it lives.

    A path may be a glob: it is allowed as it is written, together with each file that it stands for now, which may be
    read by itself. What does not fit into memory goes to a folder of the connection's own, in `spill` or the machine's
    for temporary files.
    """
    there = {given: _files(connection, given) for given in paths}
    allowed = list(
        dict.fromkeys(path for given in there for path in (given, *there[given], *map(literal, there[given])))
    )
    own = (spill or Path(tempfile.gettempdir())) / f"segdsl-{uuid.uuid4().hex}"
    for statement in (
        *_CLOSED,
        f"SET temp_directory = {_text(str(own))}",
        f"SET allowed_paths = {_list(allowed)}",
        f"SET allowed_directories = {_list(folders)}",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        connection.execute(statement)


def _files(connection: duckdb.DuckDBPyConnection, path: str) -> list[str]:
    """The files of a glob, as DuckDB finds them; none where it cannot look for them, which reading will tell."""
    import duckdb

    try:
        return [str(row[0]) for row in connection.execute("SELECT file FROM glob($1)", [path]).fetchall()]
    except duckdb.Error:
        return []


def _text(value: str) -> str:
    return exp.Literal.string(value).sql(dialect="duckdb")


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"
