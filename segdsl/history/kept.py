"""What a run keeps for the next one to go on from: totals, digests of the events, and where everybody was.

Everything is of the last run, in tables of the store that only these facts name. Keys are in there, so that `forget`
drops all of it, and so does a run that keeps nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from segdsl.history.store import Store

if TYPE_CHECKING:
    import datetime as dt

    import pyarrow

# columns that are compared in one statement
_BATCH = 200


@dataclass(frozen=True, slots=True)
class KeptTotals:
    """The table of one step's totals: `key`, and `v0`, `v1` … for the aggregates by their lasting names; and the types
    of all of these."""

    entity: str
    event: str
    table: str
    aggregates: tuple[str, ...]
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """What has to be as it was (`same`, a hash of each by what it is called), and the tables by their entity or event.

    A table of answers has `key`, as text, and `a0`, `a1` … for the `definitions` of its entity, in order.
    """

    name: str
    same: Mapping[str, str]
    definitions: Mapping[str, str]
    totals: tuple[KeptTotals, ...]
    digests: Mapping[str, str]
    answers: Mapping[str, str] = field(default_factory=dict)


def read(store: Store) -> tuple[dt.datetime, Kept] | None:
    """What the last run has kept, and its as-of; None where it has kept nothing."""
    rows = store.fetch(
        """SELECT as_of, facts FROM kept JOIN runs USING (as_of, saved_at)
        WHERE as_of = (SELECT MAX(as_of) FROM runs)"""
    )
    if not rows:
        return None
    found = json.loads(rows[0][1])
    totals = tuple(
        KeptTotals(**{**one, "aggregates": tuple(one["aggregates"]), "types": tuple(one["types"])})
        for one in found.pop("totals")
    )
    return rows[0][0], Kept(totals=totals, **found)


def write(store: Store, as_of: dt.datetime, kept: Kept) -> None:
    """Notes what is kept of a run, which has its row already; the tables are there."""
    store.execute(
        "INSERT INTO kept SELECT as_of, saved_at, ? FROM runs WHERE as_of = ?", [json.dumps(asdict(kept)), as_of]
    )


def fill(store: Store, table: str, rows: pyarrow.RecordBatchReader) -> None:
    """Makes a table of rows."""
    with store.rows("given", rows):
        store.execute(f"CREATE TABLE {table} AS FROM given")


def compare(store: Store, was: str, now: str, places: Sequence[tuple[int, bool]]) -> None:
    """Adds who moved between two tables of answers to the tables `gone` and `come`. `places` are of the definitions in
    the order of their columns: where they stand in the table `saving`, and whether their values are labels."""
    ids = dict(store.fetch("SELECT place, id FROM saving"))
    for start in range(0, len(places), _BATCH):
        batch = [(number, *places[number]) for number in range(start, min(start + _BATCH, len(places)))]
        differ = " OR ".join(f"n.a{number} IS DISTINCT FROM o.a{number}" for number, _, _ in batch)
        values = ", ".join(f"o.a{number} AS o{number}, n.a{number} AS n{number}" for number, _, _ in batch)
        # whoever is in one of the tables alone has NULL in the other
        store.execute(
            f"""CREATE OR REPLACE TEMP TABLE moved AS SELECT COALESCE(n.key, o.key) AS key, {values}
            FROM {now} AS n FULL JOIN {was} AS o ON n.key = o.key WHERE {differ}"""
        )
        for table, old, new in (("gone", "o", "n"), ("come", "n", "o")):
            selects = []
            for number, place, is_labelled in batch:
                label, held = "''", f"{old}{number} AND {new}{number} IS DISTINCT FROM TRUE"
                if is_labelled:
                    label = f"{old}{number}"
                    held = f"{old}{number} IS NOT NULL AND {old}{number} IS DISTINCT FROM {new}{number}"
                selects.append(f"SELECT {ids[place]} AS definition, {label} AS label, key FROM moved WHERE {held}")
            store.execute(f"INSERT INTO {table} {' UNION ALL '.join(selects)}")
    store.execute("DROP TABLE IF EXISTS temp.moved")


def begin(store: Store) -> None:
    """Makes the tables `gone` and `come`, with nobody in them."""
    for table in ("gone", "come"):
        store.execute(f"CREATE OR REPLACE TEMP TABLE {table} (definition INTEGER, label TEXT, key TEXT)")
