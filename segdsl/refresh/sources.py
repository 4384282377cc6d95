"""The files that events stand in, and a hash of the bytes of each: where these are as they were, so are the rows.

A file that its system says nobody has touched since its bytes were hashed is not read again. It is asked of Parquet
files on a disk alone: what a row of another file means can depend on the files beside it, as its reader looks at some
of them to find out about all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from hashlib import file_digest, sha256

from segdsl.engines.duckdb import DuckDB
from segdsl.engines.fingerprint import FILE_NAME
from segdsl.engines.problem import EngineProblem
from segdsl.model.schema import Rows

# what the columns are called whose values digests are of
_COLUMNS = ""
# a file's times are told in steps: one that was written so shortly before it was hashed may be written again unseen
_QUIET_NS = 2_000_000_000


def sources(
    engine: DuckDB, rows: Rows, columns: list[str], was: Mapping[str, str] | None = None
) -> dict[str, str] | None:
    """The files that rows stand in, by the names that DuckDB gives them, each with a hash of its bytes and what the
    system says of it, and a hash of the `columns` that digests go over; None where rows are not those of such files.
    `was` is what the last run found."""
    if not rows.files or any(name.casefold() == FILE_NAME for name in rows.columns):
        return None
    found = {_COLUMNS: sha256("\n".join(columns).encode()).hexdigest()}
    try:
        for path in engine.paths(rows.files):
            found[path] = _hashed(path, (was or {}).get(path))
    except (OSError, EngineProblem):
        return None
    return found


def _hashed(path: str, was: str | None) -> str:
    """The hash of a file's bytes, when they were hashed, and what the system said of the file then."""
    with open(path, "rb") as file:
        now, stat = time.time_ns(), os.fstat(file.fileno())
        if os.name == "nt":  # nothing there says when a file was last touched but what anybody can set
            return file_digest(file, sha256).hexdigest()
        told = f"{stat.st_dev} {stat.st_ino} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns}"
        if was is not None and was.count(" ") > 1:
            _, then, told_then = was.split(" ", 2)
            if told_then == told and int(then) - max(stat.st_mtime_ns, stat.st_ctime_ns) > _QUIET_NS:
                return was
        return f"{file_digest(file, sha256).hexdigest()} {now} {told}"


def files(known: Mapping[str, str]) -> list[str]:
    """The names of files of which hashes are known."""
    return [path for path in known if path != _COLUMNS]


def are_all(engine: DuckDB, rows: Rows, known: Mapping[str, str]) -> bool:
    """Whether rows still stand in the files of which hashes are known, and in no others."""
    try:
        return set(engine.paths(rows.files)) == set(files(known))
    except EngineProblem:
        return False


def added_to(was: Mapping[str, str] | None, now: Mapping[str, str] | None) -> list[str] | None:
    """The files that have come, where all others are as they were; None where some are not, or nobody can say."""
    if not was or not now or any(_digest(now.get(path, "")) != _digest(known) for path, known in was.items()):
        return None
    return [path for path in now if path not in was]


def _digest(known: str) -> str:
    return known.partition(" ")[0]
