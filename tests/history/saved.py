"""Stores filled by plain lists of members, and a plain account of what they should hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache

import pyarrow as pa

from segdsl.history.file_store import FileStore
from segdsl.history.record import Recorded, RunFacts, Saved, record
from segdsl.history.store import Store

TABLES_OF_RUNS = ("runs", "populations", "definitions", "versions", "evaluations", "sizes", "stays", "members")
START = dt.datetime(2026, 1, 1)
# who is in what: (definition, label) -> keys; the label of a segment is empty
Members = Mapping[tuple[str, str], frozenset[str]]
Intervals = set[tuple[str, str, str, dt.datetime, dt.datetime | None, bool]]


@cache
def _kept(number: int) -> Store:
    store = FileStore.in_memory()
    for table in TABLES_OF_RUNS:
        assert store.fetch(f"SELECT COUNT(*) FROM {table}") == [(0,)]
    return store


@contextmanager
def emptied(number: int) -> Iterator[Store]:
    """A store in memory without a run; the same one again for the same number, as making one takes its time."""
    store = _kept(number)
    for table in TABLES_OF_RUNS:
        store.execute(f"DELETE FROM {table}")
    yield store


def day(number: int) -> dt.datetime:
    return START + dt.timedelta(days=number)


def save(store: Store, as_of: dt.datetime, members: Members, rule: str = "1", rewrite: bool = False) -> Saved:
    """Saves a run that evaluated these definitions; `rule` is the meaning of all of them."""
    names = list(dict.fromkeys(name for name, _ in members))
    definitions = [
        Recorded(
            "customer",
            name,
            "segmentation" if all(label for other, label in members if other == name) else "segment",
            tuple(label for other, label in members if other == name and label),
            rule,
            lambda: f"rule {rule}",
        )
        for name in names
    ]
    rows = [(names.index(name), label, key) for (name, label), keys in members.items() for key in sorted(keys)]
    table = pa.table(
        {
            "definition": pa.array([row[0] for row in rows], pa.int32()),
            "label": pa.array([row[1] for row in rows], pa.string()),
            "key": pa.array([row[2] for row in rows], pa.string()),
        }
    )
    facts = RunFacts(as_of, "UTC", 0.1, len(rows), "data", "test", {"customer": 10})
    return record(store, facts, definitions, table.to_reader, rewrite)


def intervals(store: Store) -> Intervals:
    """What the store holds of its memberships."""
    return set(
        store.fetch(
            """SELECT name, label, key, entered_at, left_at, is_first FROM memberships
            JOIN definitions ON definition = id"""
        )
    )


def members_at(store: Store, as_of: dt.datetime, name: str) -> set[tuple[str, str]]:
    """The labels and keys of a definition in a run, as the intervals have them."""
    found = store.fetch(
        """SELECT label, key FROM memberships JOIN definitions ON definition = id
        WHERE name = ? AND entered_at <= ? AND (left_at IS NULL OR left_at > ?)""",
        [name, as_of, as_of],
    )
    assert len(found) == len(set(found))
    return set(found)


# makes the tables of a store what version 2 had, in which every stay has its key
AS_VERSION_2 = (
    """CREATE TABLE of_before (definition INTEGER, label TEXT, key TEXT, entered_at TIMESTAMP, left_at TIMESTAMP,
        is_first BOOLEAN)""",
    "INSERT INTO of_before SELECT definition, label, key, entered_at, left_at, is_first FROM memberships",
    "DROP VIEW history",
    "DROP VIEW segdsl_stays",
    "DROP VIEW memberships",
    "DROP TABLE stays",
    "DROP TABLE members",
    "ALTER TABLE of_before RENAME TO memberships",
    """CREATE VIEW history AS
        SELECT entity, name || CASE WHEN label = '' THEN '' ELSE '.' || label END AS segment, key, entered_at, left_at
        FROM memberships JOIN definitions ON definition = id""",
    """CREATE VIEW segdsl_stays AS
        SELECT entity, name AS definition, label, key, entered_at, left_at, is_first
        FROM memberships JOIN definitions ON definition = id""",
    "UPDATE meta SET value = '2' WHERE name = 'schema'",
)


def contents(store: Store) -> dict[str, Sequence[tuple[object, ...]]]:
    """Everything that a store holds but when it was saved."""
    out: dict[str, Sequence[tuple[object, ...]]] = {}
    for table in (*TABLES_OF_RUNS[:-2], "memberships"):  # numbers of members are the store's own
        columns = "as_of, timezone, seconds, rows_read, fingerprint, segdsl" if table == "runs" else "*"
        out[table] = sorted(store.fetch(f"SELECT {columns} FROM {table}"), key=repr)
    return out
