"""A list that is another than before is seen by a run that goes on, also where its hash is not another."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import duckdb
import pytest

from segdsl import load
from segdsl.history.file_store import FILE, FileStore

MODEL = """
entities:
  customer: {table: customers.parquet, key: id, attributes: {country: text, mine: list(text), yours: list(text)}}
events:
  order: {of: customer, table: orders.parquet, key: customer, time: at, fields: {mine: list(text), yours: list(text)}}
"""
RULES = """
segment known    = mine is known
segment nothing  = mine is unknown
segment both     = yours is known and mine has any ("a", "x")
segment tagged   = count(order within 30d where mine is known and yours is known) >= 1
segment no_tag   = any(order where mine is unknown or yours is unknown)
"""
LISTS: tuple[list[str | None] | None, ...] = (
    None,
    [],
    [None],
    [None, None],
    ["a"],
    ["a", None],
    [None, "a"],
    ["a", "b"],
    [""],
)
# what two lists side by side can become
STATES = tuple(product(LISTS, LISTS))
CHANGES = tuple(product(STATES, STATES))


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "segdsl.yaml").write_text(MODEL)
    return tmp_path


def write(keys: list[str], customers: list[tuple[object, ...]], orders: list[tuple[object, ...]]) -> None:
    """Two lists of each customer, and of an order of theirs."""
    for table, named, states in (
        ("customers", "key AS id, 'DE' AS country", customers),
        ("orders", "key AS customer, TIMESTAMP '2026-01-01' AS at", orders),
    ):
        rows = [{"key": key, "mine": mine, "yours": yours} for key, (mine, yours) in zip(keys, states, strict=True)]
        Path("rows.json").write_text("\n".join(map(json.dumps, rows)))
        duckdb.execute(
            f"""COPY (SELECT {named}, mine, yours FROM read_json('rows.json',
                columns = {{key: 'VARCHAR', mine: 'VARCHAR[]', yours: 'VARCHAR[]'}})) TO '{table}.parquet'"""
        )


def apart() -> list[str]:
    """A key for each change, no two of which digests of events look at together."""
    query = "SELECT MIN(range) FROM range(30000) GROUP BY HASH(CAST(range AS VARCHAR)) % 65536"
    found = duckdb.execute(query).fetchall()
    return [str(key) for (key,) in sorted(found)][: len(CHANGES)]


@pytest.mark.parametrize("of", ["customers", "orders"])
def test_whatever_two_lists_become_is_seen(shop: Path, of: str) -> None:
    (shop / "rules.seg").write_text(RULES)
    keys = apart()
    before, after = ([change[side] for change in CHANGES] for side in (0, 1))
    same: list[tuple[object, ...]] = [(None, None)] * len(keys)
    for day, states in (("2026-01-02", before), ("2026-01-03", after)):
        write(keys, *((states, same) if of == "customers" else (same, states)))
        with load(".").run(save=True, incremental=True, as_of=day) as result:
            found = result.refreshed
    assert found is not None
    assert found.since is not None, found.why
    changed = sum(one != other for one, other in CHANGES)
    assert (found.evaluated, found.redone) == (changed, 0 if of == "customers" else changed)
    with load(".").run(as_of="2026-01-03") as full, FileStore.open(shop / FILE) as store:
        members = {(row["segment"], row["id"]) for row in full.members.to_pylist()}
        assert set(store.fetch("SELECT segment, key FROM history WHERE left_at IS NULL")) == members
