"""How much of the machine an evaluation may take."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from segdsl import problems
from segdsl.engines.problem import EngineProblem

if TYPE_CHECKING:
    import duckdb

# more are slower on any machine, and DuckDB starts as many as it is told
MOST_THREADS = 1_024
_MEMORY = re.compile(r"\d+(\.\d+)?\s*([KMGT]i?B)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Limits:
    """Threads, memory as `4GB`, and the folder for what does not fit into it; None leaves each to DuckDB: all cores,
    four fifths of the memory, the machine's folder for temporary files.
    """

    threads: int | None = None
    memory: str | None = None
    folder: Path | None = None

    def __bool__(self) -> bool:
        return self != Limits()

    def check(self) -> None:
        """Raises EngineProblem for a limit that is none."""
        if self.threads is not None and not 1 <= self.threads <= MOST_THREADS:
            expected = f"a number from 1 to {MOST_THREADS:,}"
            raise EngineProblem([problems.no_such_limit("threads", str(self.threads), expected)])
        if self.memory is not None and _MEMORY.fullmatch(self.memory.strip()) is None:
            raise EngineProblem([problems.no_such_limit("memory-limit", self.memory, "a size as in `4GB` or `500MB`")])
        if self.folder is not None and not self.folder.is_dir():
            raise EngineProblem([problems.no_such_limit("temp-dir", str(self.folder), "a folder that is there")])

    def set_on(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Sets threads and memory on a connection, whose settings are not locked yet."""
        from sqlglot import exp

        if self.threads is not None:
            connection.execute(f"SET threads = {int(self.threads)}")
        if self.memory is not None:
            connection.execute(f"SET memory_limit = {exp.Literal.string(self.memory.strip()).sql(dialect='duckdb')}")
            # the order of rows without one of their own is kept nowhere, and costs memory
            connection.execute("SET preserve_insertion_order = false")


UNLIMITED = Limits()


def limits_of(threads: int | None, memory_limit: str | None, temp_dir: str | Path | None) -> Limits:
    """Limits as users give them."""
    memory = None if memory_limit is None else str(memory_limit)  # of Python a number may come
    return Limits(threads, memory, None if temp_dir is None else Path(temp_dir).resolve())
