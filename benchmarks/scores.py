"""What scores of recency, frequency and money cost over a million buyers, against windows written by hand.

    python -m benchmarks.scores [--buyers 1M] [--runs 9] [--json FILE]

Buyers are rows of a table of DuckDB: the time of the latest purchase (to the second, so that nearly every one is
another), how many there were, and what was spent. A statement makes a table of these three values; each contender's
has quintiles beside them. All are run in turns in one process, and what is shown is the CPU of a statement less that
of the one with the values alone: the medians, and the least. `segdsl` is the SQL that it writes for `quintile(…)`;
`rank` the same scores from `rank() OVER (ORDER BY …)` and `count(*) OVER ()`; `ntile` what is usual, which gives equal
values different scores, and so is no answer to the same question. With one of the three, the others are left out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import duckdb

import segdsl
from benchmarks.data import number

Spent = dict[str, tuple[float, float]]
MODEL = """
name: buyers
as_of: 2026-03-31
entities:
  customer: {table: buyers, key: id, attributes: {latest: timestamp, orders: int, spent: decimal}}
"""
VALUES = {"recency": "latest", "frequency": "orders", "money": "spent"}
_RULES = [f"trait {value}_value = {value}" for value in VALUES.values()]
_RULES += [f"trait {score} = quintile({value})" for score, value in VALUES.items()]
_BUYERS = """
CREATE TABLE buyers AS SELECT
  i AS id,
  TIMESTAMP '2026-03-30' - to_seconds((-ln(random()) * 15000000)::BIGINT % 94608000) AS latest,
  1 + (-ln(random()) * 12 * random())::BIGINT AS orders,
  least(12 * random() ** (-0.8), 1000000)::DECIMAL(12, 2) AS spent
FROM range(?) AS t(i)
"""


def connect(buyers: int) -> duckdb.DuckDBPyConnection:
    """A connection with so many buyers, always the same ones."""
    connection = duckdb.connect()
    threads = connection.execute("SELECT current_setting('threads')").fetchall()[0][0]
    connection.execute("SET threads = 1")
    connection.execute("SELECT setseed(0.5)").fetchall()
    connection.execute(_BUYERS, [buyers])
    connection.execute(f"SET threads = {threads}")
    return connection


def statements(connection: duckdb.DuckDBPyConnection, scores: list[str]) -> dict[str, str]:
    """A SELECT of the values alone, and one by each contender of these with some scores."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "segdsl.yaml").write_text(MODEL)
        (Path(folder) / "rules.seg").write_text("\n".join(_RULES))
        catalog = segdsl.load(folder)
        values = [f"{value}_value" for value in VALUES.values()]
        found = {
            name: catalog.compile([*values, *some], layout="wide", data=connection).rstrip().rstrip(";")
            for name, some in (("values", []), ("segdsl", scores))
        }
    for name, form in (
        ("rank", "1 + 5 * (rank() OVER (ORDER BY {value}) - 1) // count(*) OVER ()"),
        ("ntile", "ntile(5) OVER (ORDER BY {value})"),
    ):
        columns = ", ".join(f"{form.format(value=VALUES[score])} AS {score}" for score in scores)
        found[name] = f"SELECT id, latest, orders, spent, {columns} FROM buyers"
    return found


def measure(
    connection: duckdb.DuckDBPyConnection, selects: dict[str, str], runs: int
) -> dict[str, tuple[float, float]]:
    """The median and the least CPU seconds of each beyond those of the values alone."""
    spent: dict[str, list[float]] = {name: [] for name in selects}
    for _ in range(runs):
        for name, select in selects.items():
            started = time.process_time()
            connection.execute(f"CREATE OR REPLACE TEMP TABLE made AS {select}")
            spent[name].append(time.process_time() - started)
    base = spent.pop("values")
    return {
        name: (statistics.median(found) - statistics.median(base), min(found) - min(base))
        for name, found in spent.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--buyers", type=number, default=1_000_000)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    connection = connect(given.buyers)
    found = {}
    print(f"{'CPU s: median, least':24}{'segdsl':>16}{'rank':>16}{'ntile':>16}")
    for scores in (list(VALUES), *([score] for score in VALUES)):
        name = ", ".join(scores)
        found[name] = measure(connection, statements(connection, scores), given.runs)
        print(f"{name:24}" + "".join(f"{median:9.3f} {least:6.3f}" for median, least in found[name].values()))
    if given.json:
        given.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
