"""Taking things out of a store: what is too old, and whoever is to be forgotten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from segdsl.history import kept as keeping
from segdsl.history.kept import Kept
from segdsl.history.record import drop_kept, drop_unevaluated
from segdsl.history.store import Store


@dataclass(frozen=True, slots=True)
class Erased:
    """What was taken out: intervals, and runs. `is_known` says whether the history had the key that was to be
    forgotten."""

    intervals: int
    runs: int = 0
    is_known: bool = True


def prune(store: Store, before: dt.datetime) -> Erased:
    """Drops the runs before a moment, but for the last run of all, and the intervals that ended by then."""
    with store.transaction():
        last = store.fetch("SELECT MAX(as_of) FROM runs")[0][0]
        if last is None:
            return Erased(0)
        limit = min(before, last)
        runs = store.fetch("SELECT COUNT(*) FROM runs WHERE as_of < ?", [limit])[0][0]
        intervals = store.fetch("SELECT COUNT(*) FROM stays")[0][0]
        store.execute("DELETE FROM stays WHERE left_at <= ?", [limit])
        for table in ("runs", "populations", "evaluations", "sizes"):
            store.execute(f"DELETE FROM {table} WHERE as_of < ?", [limit])
        drop_unevaluated(store)
        left = store.fetch("SELECT COUNT(*) FROM stays")[0][0]
        _drop_unnamed(store)
    return Erased(int(intervals - left), int(runs))


def forget(store: Store, key: str, entity: str | None = None) -> Erased:
    """Drops every interval of a key, of all entities or of one."""
    of_entity = "" if entity is None else " AND entity = ?"
    values = [key] if entity is None else [key, entity]
    # first of all, so that nothing is left of them once the facts that name them are gone
    store.drop_totals()
    own = f"member IN (SELECT number FROM members WHERE key = ?{of_entity})"
    with store.transaction():
        count = store.fetch(f"SELECT COUNT(*) FROM stays WHERE {own}", values)[0][0]
        store.execute(f"DELETE FROM stays WHERE {own}", values)
        known = store.fetch(f"SELECT COUNT(*) FROM members WHERE key = ?{of_entity}", values)[0][0]
        _cut_kept(store, own, values)
        store.execute(f"DELETE FROM members WHERE key = ?{of_entity}", values)
    return Erased(int(count), is_known=bool(known))


def _cut_kept(store: Store, own: str, values: Sequence[str]) -> None:
    """Leaves of what the last run has kept where everybody else was."""
    found = keeping.read(store)
    if found is None:
        drop_kept(store)
        return
    as_of, kept = found
    tables = [layout.table for layout in kept.answers.values()]
    for table in tables:
        store.execute(f"DELETE FROM {table} WHERE {own}", values)
    drop_kept(store, but=tables)
    keeping.write(store, as_of, Kept(kept.name, answers=kept.answers, is_cut=True, reads=kept.reads))


def _drop_unnamed(store: Store) -> None:
    """Forgets the keys of those whom nothing speaks of any more."""
    found = keeping.read(store)
    tables = [] if found is None else [layout.table for layout in found[1].answers.values()]
    named = " UNION ".join(f"SELECT member FROM {table}" for table in ("stays", *tables))
    store.execute(f"DELETE FROM members WHERE number NOT IN ({named})")
