"""Taking things out of a store: what is too old, and whoever is to be forgotten."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from segdsl.history.record import drop_kept, drop_unevaluated
from segdsl.history.store import Store


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
    store.drop_totals()
    return Erased(int(count))
