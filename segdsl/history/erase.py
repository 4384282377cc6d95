"""Taking things out of a store: what is too old, and whoever is to be forgotten; and the file after that."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from typing import BinaryIO

from segdsl import problems
from segdsl.engines.duckdb import attach, why_not
from segdsl.engines.problem import EngineProblem
from segdsl.engines.write import flush
from segdsl.history.record import drop_kept, drop_unevaluated
from segdsl.history.store import Store, beside


@dataclass(frozen=True, slots=True)
class Erased:
    """What was taken out: intervals, and runs."""

    intervals: int
    runs: int = 0


def prune(store: Store, before: dt.datetime) -> Erased:
    """Drops the runs before a moment, but for the last run of all, and the intervals that ended by then."""
    with store.transaction():
        last = store.fetch("SELECT MAX(as_of) FROM runs")[0][0]
        if last is None:
            return Erased(0)
        limit = min(before, last)
        runs = store.fetch("SELECT COUNT(*) FROM runs WHERE as_of < ?", [limit])[0][0]
        intervals = store.fetch("SELECT COUNT(*) FROM memberships")[0][0]
        store.execute("DELETE FROM memberships WHERE left_at <= ?", [limit])
        for table in ("runs", "populations", "evaluations", "sizes"):
            store.execute(f"DELETE FROM {table} WHERE as_of < ?", [limit])
        drop_unevaluated(store)
        left = store.fetch("SELECT COUNT(*) FROM memberships")[0][0]
    return Erased(int(intervals - left), int(runs))


def forget(store: Store, key: str, entity: str | None = None) -> Erased:
    """Drops every interval of a key, of all entities or of one."""
    of_entity = "" if entity is None else " AND definition IN (SELECT id FROM definitions WHERE entity = ?)"
    values = [key] if entity is None else [key, entity]
    with store.transaction():
        count = store.fetch(f"SELECT COUNT(*) FROM memberships WHERE key = ?{of_entity}", values)[0][0]
        store.execute(f"DELETE FROM memberships WHERE key = ?{of_entity}", values)
        drop_kept(store)  # which has values of everybody
    return Erased(int(count))


def rewrite_file(store: Store) -> None:
    """Writes the store anew, into a file that holds nothing of what was deleted, puts that in its place, and closes
    the store. The old file stays until the new one is complete; its bytes are overwritten before it goes."""
    import duckdb

    path = store.path
    assert path is not None
    made = beside(path)
    try:
        with store:
            try:
                # nothing waits in a log from here on, so that closing the old file has nothing to do any more
                store.connection.execute("CHECKPOINT history")
                attach(store.connection, made, "fresh")
                store.connection.execute("COPY FROM DATABASE history TO fresh")
                store.connection.execute("CHECKPOINT fresh")
                store.connection.execute("DETACH fresh")
            except duckdb.Error as error:
                raise EngineProblem([problems.cannot_write(str(path), why_not(error)[0])]) from None
            flush(made)
            for interrupted in path.parent.glob(f"{path.name}.new-*"):
                if interrupted != made:
                    interrupted.unlink()
            if os.name == "nt":  # an open file cannot be replaced there
                store.close()
                os.replace(made, path)
                return
            with path.open("r+b") as old:
                # the store is held open for so long, so that nobody begins to write to a file that is about to go
                os.replace(made, path)
                flush(path.parent)
                _overwrite(old)
    except OSError as error:
        raise EngineProblem([problems.cannot_write(str(path), error.strerror or str(error))]) from None
    finally:
        made.unlink(missing_ok=True)


def _overwrite(file: BinaryIO) -> None:
    """Zeros in place of what an open file holds."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    block = bytes(1 << 20)
    for start in range(0, size, len(block)):
        file.write(block[: min(len(block), size - start)])
    file.flush()
    os.fsync(file.fileno())
